//! One call of a service, and what its answer means for a page. Shows the host of an address at most: the rest may be secret.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};

use super::guard::{Guard, Refused, refused};
use crate::app::courier::Miss;
use crate::domain::id::Timestamp;
use crate::domain::timeline::Unreached;

/// What is read of an answer, in bytes: those that say something are short.
const ANSWER_MAX: usize = 64 * 1024;
/// Longest wait that a service may ask for: a page waits for nobody longer.
const PATIENCE: Duration = Duration::from_secs(60);

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    /// With its content type.
    pub body: Option<(&'static str, String)>,
}

impl Call {
    pub fn json(url: Url, body: &serde_json::Value) -> Call {
        Call { method: Method::POST, url, headers: Vec::new(), body: Some((JSON, body.to_string())) }
    }

    pub fn form<'a>(mut url: Url, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Call {
        // The library's own encoder of queries is the one of forms.
        let body = {
            let mut written = url.clone();
            written.query_pairs_mut().clear().extend_pairs(fields);
            written.query().unwrap_or_default().to_owned()
        };
        url.set_query(None);
        Call { method: Method::POST, url, headers: Vec::new(), body: Some((FORM, body)) }
    }

    pub fn get(url: Url) -> Call {
        Call { method: Method::GET, url, headers: Vec::new(), body: None }
    }
}

/// Makes a call; the body of an answer that says yes.
///
/// # Errors
/// What is to become of the page.
pub(super) async fn call(guard: &Guard, call: Call, now: Timestamp) -> Result<Vec<u8>, Miss> {
    let host = call.url.host_str().unwrap_or_default().to_owned();
    let mut request = guard.client().request(call.method, call.url);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    if let Some((content, body)) = call.body {
        request = request.header(CONTENT_TYPE, content).body(body);
    }
    let answer = request.send().await.map_err(|error| lost(&host, &error))?;
    let (status, after) = (answer.status(), patience(answer.headers(), now));
    match status {
        yes if yes.is_success() => Ok(body(answer).await),
        status => Err(refusal(&host, status, after)),
    }
}

/// An address that cannot be called at all.
pub(super) fn unusable(why: &Refused) -> Miss {
    let unreached = match why {
        Refused::NoAddress => Unreached::BadAddress,
        Refused::Private { .. } => Unreached::Private,
    };
    Miss::Never { why: unreached, detail: why.to_string() }
}

/// The beginning of an answer; what is lost of it is not needed, for the status has said yes.
async fn body(mut answer: reqwest::Response) -> Vec<u8> {
    let mut read = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        let room = ANSWER_MAX - read.len();
        read.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if read.len() == ANSWER_MAX {
            break;
        }
    }
    read
}

fn lost(host: &str, error: &reqwest::Error) -> Miss {
    if let Some(why) = refused(error) {
        return unusable(&why);
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, _) => Miss::Retry { after: None, why: format!("{host} was not reached") },
        (false, true) => Miss::Unsure { why: format!("{host} did not answer in time") },
        (false, false) => Miss::Unsure { why: format!("the answer of {host} was lost") },
    }
}

fn refusal(host: &str, status: StatusCode, after: Option<Duration>) -> Miss {
    let why = format!("{host} answered {}", status.as_u16());
    match status.as_u16() {
        408 | 425 | 429 | 500.. => Miss::Retry { after, why },
        401 | 403 => Miss::Never { why: Unreached::KeyRefused, detail: why },
        300..=399 => Miss::Never { why: Unreached::Rejected, detail: format!("{why}, and redirects are not followed") },
        _ => Miss::Never { why: Unreached::Rejected, detail: why },
    }
}

/// How long the service asks us to wait, as seconds or as an instant.
fn patience(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = DateTime::parse_from_rfc2822(text).ok()?;
            (at.to_utc() - now).max(TimeDelta::zero()).to_std().ok()?
        }
    };
    Some(wait.min(PATIENCE))
}
