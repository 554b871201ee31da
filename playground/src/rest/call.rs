//! One request as the routes see it, and what they answer.
//! Never looks at the state.

use super::multipart;
use crate::{file::File, id::Id, refusal::Refusal};
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;

/// A request.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub method: String,
    /// Without `/api/v10` and query, decoded nowhere.
    pub path: String,
    /// Without `/api/v10`, with the query.
    pub full_path: String,
    pub route: &'static str,
    /// The parts of the path the route leaves open, decoded.
    pub args: Vec<String>,
    pub query: HashMap<String, String>,
    pub body: Value,
    /// Files of a multipart request.
    pub uploads: Vec<File>,
    /// The same as attachments, as Discord would return them.
    pub files: Vec<Value>,
    pub reason: Option<String>,
    /// All but `Authorization`.
    pub headers: Vec<(String, String)>,
    pub token: Option<String>,
    pub authorized: bool,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Value,
}

/// What every route returns.
pub(crate) type Outcome = Result<Answer, Refusal>;

impl Answer {
    /// 200 with a body.
    pub fn ok(body: Value) -> Outcome {
        Ok(Self { status: 200, body })
    }

    /// 201 with a body.
    pub fn created(body: Value) -> Outcome {
        Ok(Self { status: 201, body })
    }

    /// 204.
    pub fn empty() -> Outcome {
        Ok(Self { status: 204, body: Value::Null })
    }
}

/// The headers that may be kept.
fn others(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| *name != axum::http::header::AUTHORIZATION);
    kept.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

impl Call {
    /// Reads a request; the second part says what was wrong with its body.
    pub fn read(method: &str, uri: &str, headers: &HeaderMap, bytes: &[u8]) -> (Self, Option<Refusal>) {
        let full_path = without_prefix(uri).to_owned();
        let (path, query) = full_path.split_once('?').unwrap_or((&full_path, ""));
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let kind = header("content-type").unwrap_or_default();
        let (body, uploads, malformed) = body(&kind, bytes);
        let call = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs(query),
            body,
            uploads,
            reason: header("x-audit-log-reason").map(|reason| decode(&reason)),
            headers: others(headers),
            token: header("authorization"),
            full_path: full_path.clone(),
            ..Self::default()
        };
        (call, malformed)
    }

    /// The `n`-th open part of the path as a snowflake.
    pub fn id(&self, n: usize) -> Result<Id, Refusal> {
        let text = self.args.get(n).map(String::as_str).unwrap_or_default();
        text.parse().map_err(|_| Refusal::form("", "NUMBER_TYPE_COERCE", format!("Value \"{text}\" is not snowflake.")))
    }

    /// The body in its envelope.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        crate::body::read(&self.body)
    }

    /// A number from the query, within its range.
    pub fn number(&self, name: &str, default: u64, max: u64) -> Result<u64, Refusal> {
        let Some(text) = self.query.get(name) else { return Ok(default) };
        let fits = text.parse().ok().filter(|number| (1..=max).contains(number));
        fits.ok_or_else(|| Refusal::form(name, "NUMBER_TYPE_MAX", format!("int value should be between 1 and {max}.")))
    }

    /// The id rate limits go by: the first number in the path, webhooks with their token.
    pub fn major(&self) -> &str {
        let mut parts = self.path.split('/').skip(1);
        match (parts.next(), parts.next(), parts.next()) {
            (Some("webhooks"), Some(_), Some(_)) => self.path.as_str(),
            (Some("channels" | "guilds" | "webhooks"), Some(id), _) => id,
            _ => "",
        }
    }
}

fn without_prefix(uri: &str) -> &str {
    let rest = uri.strip_prefix("/api").unwrap_or(uri);
    let Some(versioned) = rest.strip_prefix("/v") else { return rest };
    match versioned.find('/') {
        Some(slash) if versioned[..slash].parse::<u8>().is_ok() => &versioned[slash..],
        _ => rest,
    }
}

fn body(kind: &str, bytes: &[u8]) -> (Value, Vec<File>, Option<Refusal>) {
    if bytes.is_empty() {
        return (Value::Null, Vec::new(), None);
    }
    let (json, files) = match multipart::boundary(kind) {
        Some(boundary) => multipart::read(bytes, &boundary),
        None => (bytes.to_vec(), Vec::new()),
    };
    match serde_json::from_slice(&json) {
        Ok(body) => (body, files, None),
        Err(_) => {
            let text = String::from_utf8_lossy(&json).into_owned();
            (json!(text), files, Some(Refusal::new(400, 50109, "The request body contains invalid JSON.")))
        }
    }
}

fn pairs(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Undoes percent-encoding; what is not UTF-8 becomes replacement characters.
pub(crate) fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(hex);
        out.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_version_and_emoji_are_decoded() {
        assert_eq!(without_prefix("/api/v10/gateway"), "/gateway");
        assert_eq!(without_prefix("/api/gateway"), "/gateway");
        assert_eq!(without_prefix("/gateway"), "/gateway");
        assert_eq!(decode("%E2%9C%85"), "✅");
        assert_eq!(decode("100%"), "100%");
    }
}
