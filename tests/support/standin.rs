//! A stand-in for a service on the web: writes down what it is asked, and answers as it is told. Knows no service.

#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// One call that it got.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    /// The fields of a form, by name.
    pub fn form(&self) -> BTreeMap<String, String> {
        assert_eq!(self.header("content-type"), "application/x-www-form-urlencoded");
        let url = reqwest::Url::parse(&format!("http://x/?{}", self.body)).expect("a form");
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    /// `POST /path`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

type Answer = (u16, Vec<(&'static str, String)>, String);

#[derive(Default)]
struct Inner {
    heard: Vec<Heard>,
    /// What is answered next; then the usual.
    answers: VecDeque<Answer>,
    usual: Option<Answer>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct StandIn {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl StandIn {
    pub async fn start() -> StandIn {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Arc::new(Mutex::new(Inner::default()));
        let router = Router::new().fallback(hear).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        StandIn { url, inner }
    }

    /// Answers the next call so.
    pub fn answer(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.lock().answers.push_back((status, headers, body.to_owned()));
    }

    /// Answers every other call so.
    pub fn usually(&self, status: u16, body: &str) {
        self.lock().usual = Some((status, Vec::new(), body.to_owned()));
    }

    /// Takes what it was asked since the last time.
    pub fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut self.lock().heard)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

async fn hear(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a short body");
    let headers = parts.headers.iter();
    let heard = Heard {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").to_owned())).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let mut inner = inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    inner.heard.push(heard);
    let usual = inner.usual.clone().unwrap_or((200, Vec::new(), "{}".to_owned()));
    let (status, headers, body) = inner.answers.pop_front().unwrap_or(usual);
    let mut answer = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    for (name, value) in headers {
        answer.headers_mut().insert(name, value.parse().expect("a header"));
    }
    answer
}
