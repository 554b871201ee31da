//! Files: what people attach to commands and what the app uploads, kept and served at the playground's own address.
//! Never looks into one.

use crate::{Playground, id::Id, state::State};
use axum::{
    body::Body,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Where files are served: `/attachments/{id}/{name}`.
pub(crate) const PATH: &str = "/attachments/";

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl State {
    /// Keeps a file and gives it an id.
    pub(crate) fn keep_file(&mut self, name: &str, bytes: Vec<u8>) -> Id {
        let id = self.new_id();
        self.files.insert(id, File { name: name.to_owned(), bytes });
        id
    }

    /// A file as Discord describes it.
    pub(crate) fn attachment_json(&self, id: Id) -> Option<Value> {
        let file = self.files.get(&id)?;
        let url = format!("{}{PATH}{id}/{}", self.url, file.name);
        Some(
            json!({ "id": id.to_string(), "filename": file.name, "size": file.bytes.len(), "url": url, "proxy_url": url,
            "content_type": "text/plain; charset=utf-8" }),
        )
    }

    /// The file that is served at an address or path of the playground's.
    pub(crate) fn file_at(&self, url: &str) -> Option<&File> {
        let (_, rest) = url.split_once(PATH)?;
        let id: Id = rest.split('/').next()?.parse().ok()?;
        self.files.get(&id)
    }
}

impl Playground {
    /// What is in a file that a message or command carries, by its `url`. None: there is no such file.
    pub fn file(&self, url: &str) -> Option<Vec<u8>> {
        self.hub.look(|state| state.file_at(url).map(|file| file.bytes.clone()))
    }
}

/// Answers a download.
pub(crate) fn serve(state: &State, path: &str) -> Response {
    match state.file_at(path) {
        Some(file) => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from(file.bytes.clone())).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
