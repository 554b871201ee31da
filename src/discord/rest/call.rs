//! One call to Discord, as the caller describes it: where, what, how urgent, how long it may wait.
//!
//! Never sends. `Debug` shows the address and the urgency, never a body: bodies are people's words.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use serenity::http::LightMethod as Method;

use super::bucket::Route;
use super::endpoint::Endpoint;

/// How long a call may wait for its turn unless it says otherwise: longer than one usual window (5 s), shorter than a
/// person's patience.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Who goes first where calls wait for each other. The order of the variants is the order of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Somebody is to be woken: overtakes everything that waits.
    Page,
    /// Somebody looks at the screen and waits for an answer.
    Reply,
    /// Everything else: cards, channels, look-ups.
    #[default]
    Normal,
}

/// A file sent along with the body (`multipart/form-data`), at most 10 MiB by Discord's default.
#[derive(Clone)]
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// One call. A call lasts at most `patience` (waiting for its turn, and between tries) plus one request's time limit.
#[derive(Clone)]
pub struct Call {
    pub endpoint: Endpoint,
    pub body: Option<Value>,
    pub files: Vec<File>,
    /// For the guild's audit log; Discord takes 512 characters, the rest is cut off.
    pub reason: Option<String>,
    pub lane: Lane,
    pub patience: Duration,
}

impl Call {
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, body: None, files: Vec::new(), reason: None, lane: Lane::default(), patience: PATIENCE }
    }

    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub fn file(mut self, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.files.push(File { name: name.into(), bytes });
        self
    }

    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// Zero is allowed: go now or come back as `Limited`.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Is doing it twice the same as doing it once? A POST is, only where Discord tells duplicates by our nonce.
    pub(super) fn repeatable(&self) -> bool {
        match self.endpoint.method {
            Method::Get | Method::Put | Method::Delete | Method::Patch => true,
            Method::Post => self.has_nonce(),
        }
    }

    fn has_nonce(&self) -> bool {
        let Some(body) = &self.body else { return false };
        let enforced = body.get("enforce_nonce").and_then(Value::as_bool) == Some(true);
        enforced && matches!(body.get("nonce"), Some(Value::String(_) | Value::Number(_)))
    }

    pub(super) fn route(&self) -> Route {
        Route {
            method: self.endpoint.method,
            template: self.endpoint.template,
            major: self.endpoint.major,
            renames: self.renames(),
        }
    }

    /// Does it change a channel's name or topic? Discord allows 2 of those in 10 minutes, inside the wider limit on channel edits
    /// (<https://github.com/discord/discord-api-docs/issues/2190>): kept apart, they do not stop the other edits.
    fn renames(&self) -> bool {
        let edits_channel = self.endpoint.method == Method::Patch && self.endpoint.template == "/channels/{channel}";
        let field = |name| self.body.as_ref().is_some_and(|body| body.get(name).is_some());
        edits_channel && (field("name") || field("topic"))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("endpoint", &self.endpoint)
            .field("body", &self.body.is_some())
            .field("files", &self.files.len())
            .field("lane", &self.lane)
            .field("patience", &self.patience)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use serenity::model::id::{ChannelId, GuildId};

    #[test]
    fn only_a_post_with_an_enforced_nonce_is_repeatable() {
        let message = || Call::new(Endpoint::create_message(ChannelId::new(1)));
        let cases = [
            (message(), false),
            (message().body(json!({"content": "x", "nonce": "m-1"})), false),
            (message().body(json!({"content": "x", "enforce_nonce": true})), false),
            (message().body(json!({"nonce": null, "enforce_nonce": true})), false),
            (message().body(json!({"nonce": "m-1", "enforce_nonce": true})), true),
            (message().body(json!({"nonce": 17, "enforce_nonce": true})), true),
            (Call::new(Endpoint::create_channel(GuildId::new(1))), false),
            (Call::new(Endpoint::edit_channel(ChannelId::new(1))), true),
            (Call::new(Endpoint::me()), true),
        ];
        for (call, repeatable) in cases {
            assert_eq!(call.repeatable(), repeatable, "{call:?}");
        }
    }

    #[test]
    fn renames_are_counted_apart_from_other_channel_edits() {
        let edit = |body| Call::new(Endpoint::edit_channel(ChannelId::new(1))).body(body).route();
        assert_eq!(edit(json!({"name": "a"})), edit(json!({"topic": "b"})));
        assert_ne!(edit(json!({"name": "a"})), edit(json!({"parent_id": "1"})));
    }

    #[test]
    fn debug_tells_no_words() {
        let call = Call::new(Endpoint::create_message(ChannelId::new(1)))
            .body(json!({"content": "private words"}))
            .reason("private reason")
            .file("private.txt", b"private".to_vec());
        assert!(!format!("{call:?}").contains("private"), "{call:?}");
    }
}
