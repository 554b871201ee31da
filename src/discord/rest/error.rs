//! What can become of a call that did not succeed, sorted by what the caller may do next.
//!
//! Nothing here carries a token or the words of a message: `Display` and `Debug` are made for logs.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// Most complaints of one refusal that are listed: enough to repair a definition, short enough for a message.
const DETAILS: usize = 10;
/// How deep a refusal's complaints may nest (components in rows in messages: 8); guards the recursion.
const DEPTH: usize = 16;

/// Why a call has no result. `Debug` prints what `Display` does.
#[derive(thiserror::Error)]
pub enum RestError {
    /// Never reached Discord: safe to repeat at any time.
    #[error("not sent: {0}")]
    NotSent(String),
    /// May have taken effect: a time-out, a lost connection, a 5xx. Repeat only what is harmless twice.
    #[error("no clear answer{}: {cause}", status_text(*status))]
    Ambiguous { status: Option<u16>, cause: String },
    /// Not now: repeat after `after`. It did not take effect.
    #[error("limited for {:.1} s ({scope:?})", after.as_secs_f64())]
    Limited {
        after: Duration,
        /// Everything under the global limit waits, not only this call's bucket.
        global: bool,
        scope: Scope,
    },
    /// Refused for good (4xx): repeating it is useless.
    #[error("refused with {status}, code {code}: {message}{}", codes(errors))]
    Rejected { status: u16, code: i64, message: String, errors: Value },
    /// It took effect, but what Discord answered cannot be read.
    #[error("done, but the answer is unreadable: {0}")]
    Undecodable(String),
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Ours, on one bucket.
    User,
    /// The resource's, used up by others as well; does not count as an invalid request.
    Shared,
    /// Ours, on everything.
    Global,
    /// Cloudflare's, in front of Discord: this address is blocked.
    Edge,
    /// No refusal by Discord: our own accounting says it would be one.
    Own,
}

impl Scope {
    /// One word for the gauges.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Shared => "shared",
            Self::Global => "global",
            Self::Edge => "edge",
            Self::Own => "own",
        }
    }

    pub(super) fn is_global(self) -> bool {
        matches!(self, Self::Global | Self::Edge)
    }
}

impl RestError {
    /// The complaints of a refusal in words, `path: message` a line, at most ten. They may quote what was sent: for the
    /// person who sent it, not for logs.
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Rejected { errors, .. } => flatten(errors, "message"),
            _ => Vec::new(),
        }
    }

    /// Discord's own number for the refusal (10008 unknown message, 50013 missing permission …), if it gave one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Rejected { code, .. } if *code != 0 => Some(*code),
            _ => None,
        }
    }
}

impl fmt::Debug for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn status_text(status: Option<u16>) -> String {
    status.map(|status| format!(" ({status})")).unwrap_or_default()
}

/// Logs get the codes: Discord's messages sometimes quote the value they complain about.
fn codes(errors: &Value) -> String {
    flatten(errors, "code").iter().map(|line| format!("; {line}")).collect()
}

/// Discord nests complaints as the body is nested: `{"embeds": {"0": {"title": {"_errors": [{"code", "message"}]}}}}`.
fn flatten(errors: &Value, field: &str) -> Vec<String> {
    let mut lines = Vec::new();
    collect(errors, field, &mut Vec::new(), &mut lines);
    lines.truncate(DETAILS);
    lines
}

fn collect<'a>(node: &'a Value, field: &str, path: &mut Vec<&'a str>, lines: &mut Vec<String>) {
    let Some(node) = node.as_object().filter(|_| path.len() < DEPTH && lines.len() < DETAILS) else { return };
    for (key, value) in node {
        match value {
            Value::Array(complaints) if key == "_errors" => {
                let texts = complaints.iter().filter_map(|complaint| complaint.get(field)?.as_str());
                lines.extend(texts.map(|text| line(path, text)));
            }
            _ => {
                path.push(key);
                collect(value, field, path, lines);
                path.pop();
            }
        }
    }
}

fn line(path: &[&str], text: &str) -> String {
    if path.is_empty() { text.to_owned() } else { format!("{}: {text}", path.join(".")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rejected(errors: Value) -> RestError {
        RestError::Rejected { status: 400, code: 50035, message: "Invalid Form Body".into(), errors }
    }

    #[test]
    fn nested_complaints_become_lines() {
        let error = rejected(json!({
            "embeds": {"0": {"title": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Too long."}]}}},
            "_errors": [{"code": "EMPTY", "message": "Nothing to send."}],
        }));
        let mut details = error.details();
        details.sort();
        assert_eq!(details, ["Nothing to send.", "embeds.0.title: Too long."]);
    }

    #[test]
    fn logs_see_codes_not_quoted_values() {
        let error = rejected(json!({"url": {"_errors": [{"code": "URL_TYPE", "message": "\"hunter2\" is no URL."}]}}));
        assert_eq!(error.to_string(), "refused with 400, code 50035: Invalid Form Body; url: URL_TYPE");
        assert!(!format!("{error:?}").contains("hunter2"));
        assert_eq!(error.details(), ["url: \"hunter2\" is no URL."]);
    }

    #[test]
    fn endless_or_odd_complaints_are_bounded() {
        let mut deep = json!({"_errors": [{"code": "X", "message": "x"}]});
        for _ in 0..100 {
            deep = json!({ "a": deep });
        }
        assert!(rejected(deep).details().is_empty());
        let many: Vec<Value> = (0..100).map(|_| json!({"message": "x"})).collect();
        assert_eq!(rejected(json!({ "_errors": many })).details().len(), DETAILS);
        for odd in [json!(null), json!([1]), json!("x"), json!({"_errors": 3})] {
            assert!(rejected(odd).details().is_empty());
        }
    }
}
