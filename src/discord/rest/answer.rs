//! What Discord answered: the news it carries about limits, and what became of the call.
//!
//! Pure: no clock, no network. Headers and bodies come from outside and are never trusted to be whole or sane.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::error::{RestError, Scope};

/// A 429 that does not say how long: one usual window of Discord's.
const USUAL_WAIT: Duration = Duration::from_secs(5);
/// Cloudflare that does not say how long: its blocks last minutes, and hammering prolongs them.
const EDGE_WAIT: Duration = Duration::from_secs(60);
/// Longest wait we believe (Cloudflare's longest blocks); beyond it we look again.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Shortest wait after a 429: "retry after 0" must not become a loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// Discord's own sentences are shorter; anything longer is not for a log line.
const MESSAGE_LIMIT: usize = 200;

/// One answer, read to its end.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// `Err`: the status arrived, the body did not.
    pub body: Result<Vec<u8>, String>,
}

/// What an answer teaches about limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct News {
    /// The name of the bucket the call was counted in.
    pub bucket: Option<String>,
    pub window: Option<Window>,
    pub limited: Option<Limited>,
    /// It came from Discord itself (below 500): where it names no limit, there is none.
    pub settled: bool,
}

/// The state of a bucket as Discord's headers tell it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub limit: u32,
    pub remaining: u32,
    pub reset_after: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limited {
    pub after: Duration,
    pub scope: Scope,
}

impl From<Limited> for RestError {
    fn from(Limited { after, scope }: Limited) -> Self {
        Self::Limited { after, global: scope.is_global(), scope }
    }
}

impl Answer {
    pub fn news(&self) -> News {
        News {
            bucket: self.header("x-ratelimit-bucket").map(str::to_owned),
            window: self.window(),
            limited: (self.status == 429).then(|| self.limited()),
            settled: self.status < 500,
        }
    }

    pub fn outcome(self) -> Result<Value, RestError> {
        match self.status {
            200..=299 => self.decode(),
            429 => Err(self.limited().into()),
            500.. => Err(RestError::Ambiguous { status: Some(self.status), cause: "server error".to_owned() }),
            _ => Err(self.rejection()),
        }
    }

    fn decode(self) -> Result<Value, RestError> {
        let bytes = self.body.map_err(RestError::Undecodable)?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        // serde_json's message for a syntax error gives a place, not the text.
        serde_json::from_slice(&bytes).map_err(|error| RestError::Undecodable(error.to_string()))
    }

    fn rejection(&self) -> RestError {
        let mut body = self.json().unwrap_or_default();
        let message = body.get("message").and_then(Value::as_str).unwrap_or("no reason given");
        RestError::Rejected {
            status: self.status,
            code: body.get("code").and_then(Value::as_i64).unwrap_or(0),
            message: message.chars().take(MESSAGE_LIMIT).collect(),
            errors: body.get_mut("errors").map(Value::take).unwrap_or_default(),
        }
    }

    fn limited(&self) -> Limited {
        let body = self.json();
        let scope = self.scope(body.as_ref());
        let unsaid = if scope == Scope::Edge { EDGE_WAIT } else { USUAL_WAIT };
        let said = body.as_ref().and_then(|body| number(body.get("retry_after")?));
        let after = said
            .or_else(|| self.seconds("retry-after"))
            .or_else(|| self.seconds("x-ratelimit-reset-after"))
            .unwrap_or(unsaid);
        Limited { after: after.clamp(SHORTEST_WAIT, LONGEST_WAIT), scope }
    }

    fn scope(&self, body: Option<&Value>) -> Scope {
        let says_global = body.and_then(|body| body.get("global")?.as_bool()) == Some(true);
        match self.header("x-ratelimit-scope") {
            Some("shared") => Scope::Shared,
            Some("global") => Scope::Global,
            _ if says_global || self.headers.contains_key("x-ratelimit-global") => Scope::Global,
            _ if body.is_none() && self.has_text() && !self.names_limits() => Scope::Edge,
            _ => Scope::User,
        }
    }

    fn has_text(&self) -> bool {
        self.body.as_ref().is_ok_and(|body| !body.is_empty())
    }

    /// Discord's limiter signs its refusals with headers; Cloudflare's page has none of them.
    fn names_limits(&self) -> bool {
        self.headers.keys().any(|name| name.as_str().starts_with("x-ratelimit-"))
    }

    fn window(&self) -> Option<Window> {
        Some(Window {
            limit: self.header("x-ratelimit-limit")?.parse().ok()?,
            remaining: self.header("x-ratelimit-remaining")?.parse().ok()?,
            reset_after: self.seconds("x-ratelimit-reset-after")?.min(LONGEST_WAIT),
        })
    }

    fn json(&self) -> Option<Value> {
        let body = self.body.as_ref().ok()?;
        serde_json::from_slice(body).ok().filter(Value::is_object)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    fn seconds(&self, name: &str) -> Option<Duration> {
        duration(self.header(name)?.parse().ok()?)
    }
}

/// Seconds as a number, or as a string that holds one.
fn number(value: &Value) -> Option<Duration> {
    duration(value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?)
}

/// `None` for what no clock can wait: negative, not a number, infinite.
fn duration(seconds: f64) -> Option<Duration> {
    if !seconds.is_finite() || seconds < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers<'a> = &'a [(&'static str, &'a str)];

    fn answer(status: u16, headers: Headers, body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Answer { status, headers, body: Ok(body.as_bytes().to_vec()) }
    }

    #[test]
    fn every_way_to_say_wait_is_understood() {
        let html = "<html><title>Error 1015</title></html>";
        let json = |wait: &str| format!(r#"{{"message":"You are being rate limited.","retry_after":{wait}}}"#);
        let global = r#"{"retry_after":2.5,"global":true}"#;
        let cases: &[(Headers, &str, f64, Scope)] = &[
            (&[], &json("1.337"), 1.337, Scope::User),
            (&[], &json("\"0.75\""), 0.75, Scope::User),
            (&[("retry-after", "2")], &json("null"), 2.0, Scope::User),
            (&[("retry-after", "2")], &json("1.2"), 1.2, Scope::User),
            (&[("x-ratelimit-reset-after", "3.5")], "", 3.5, Scope::User),
            (&[], "", 5.0, Scope::User),
            (&[], &json("-4"), 5.0, Scope::User),
            (&[("retry-after", "NaN")], &json("\"soon\""), 5.0, Scope::User),
            (&[("retry-after", "inf")], "", 5.0, Scope::User),
            (&[], &json("0"), 0.1, Scope::User),
            (&[], &json("1e300"), 3600.0, Scope::User),
            (&[], &json("90000"), 3600.0, Scope::User),
            (&[("x-ratelimit-scope", "shared")], &json("7"), 7.0, Scope::Shared),
            (&[("x-ratelimit-scope", "global")], &json("7"), 7.0, Scope::Global),
            (&[("x-ratelimit-global", "true")], &json("7"), 7.0, Scope::Global),
            (&[], global, 2.5, Scope::Global),
            (&[], html, 60.0, Scope::Edge),
            (&[("retry-after", "1800")], html, 1800.0, Scope::Edge),
            (&[], "error code: 1015", 60.0, Scope::Edge),
            (&[("x-ratelimit-bucket", "abc")], "oops", 5.0, Scope::User),
        ];
        for (headers, body, seconds, scope) in cases {
            let expected = Limited { after: Duration::from_secs_f64(*seconds), scope: *scope };
            assert_eq!(answer(429, headers, body).news().limited, Some(expected), "{headers:?} {body}");
        }
    }

    #[test]
    fn a_window_is_learnt_whole_or_not_at_all() {
        let whole = [
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "4"),
            ("x-ratelimit-reset-after", "1.25"),
            ("x-ratelimit-bucket", "abc"),
        ];
        let news = answer(200, &whole, "{}").news();
        let window = Window { limit: 5, remaining: 4, reset_after: Duration::from_millis(1250) };
        assert_eq!(news, News { bucket: Some("abc".into()), window: Some(window), limited: None, settled: true });
        for broken in 0..3 {
            let mut headers = whole;
            headers[broken].1 = "-x";
            assert_eq!(answer(200, &headers, "{}").news().window, None);
        }
    }

    #[test]
    fn the_status_decides_what_the_caller_may_do() {
        let text = |status, body: &str| match answer(status, &[], body).outcome() {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        let cases = [
            (200, r#"{"id":"1"}"#, r#"{"id":"1"}"#),
            (204, "", "null"),
            (302, "", "refused with 302, code 0: no reason given"),
            (403, r#"{"code":50013,"message":"Missing Permissions"}"#, {
                "refused with 403, code 50013: Missing Permissions"
            }),
            (404, "<html>", "refused with 404, code 0: no reason given"),
            (429, r#"{"retry_after":1}"#, "limited for 1.0 s (User)"),
            (500, "{}", "no clear answer (500): server error"),
            (504, "", "no clear answer (504): server error"),
        ];
        for (status, body, expected) in cases {
            assert_eq!(text(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_unreadable_success_took_effect() {
        assert!(matches!(answer(200, &[], "{\"id").outcome(), Err(RestError::Undecodable(_))));
        let lost = Answer { status: 201, headers: HeaderMap::new(), body: Err("connection reset".into()) };
        assert!(matches!(lost.outcome(), Err(RestError::Undecodable(_))));
    }
}
