//! What Discord answers when it says no: status, code, message and, for forms, the nested `errors` object.
//! Never decides when to refuse. Codes: <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>

use serde_json::{Value, json};

/// One refusal, ready to be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Discord's JSON error code.
    pub code: u64,
    /// Discord's sentence.
    pub message: String,
    /// The nested `errors` object of code 50035.
    pub errors: Option<Value>,
}

impl Refusal {
    /// A refusal without field errors.
    pub fn new(status: u16, code: u64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), errors: None }
    }

    /// 50035 for one field; `path` is dotted (`embeds.0.title`), empty for the body itself.
    pub fn form(path: &str, code: &str, message: impl Into<String>) -> Self {
        let leaf = json!({ "_errors": [{ "code": code, "message": message.into() }] });
        let errors =
            path.split('.').filter(|part| !part.is_empty()).rev().fold(leaf, |inner, part| json!({ part: inner }));
        Self { errors: Some(errors), ..Self::new(400, 50035, "Invalid Form Body") }
    }

    /// The body Discord would send.
    pub fn body(&self) -> Value {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        if self.status == 429 {
            body["retry_after"] = json!(60.0);
            body["global"] = json!(false);
        }
        body
    }
}

macro_rules! refusals {
    ($($name:ident $status:literal $code:literal $text:literal)*) => {
        impl Refusal { $(
            #[doc = concat!($status, " / ", $code, ": ", $text)]
            pub fn $name() -> Self { Self::new($status, $code, $text) }
        )* }
    };
}

refusals! {
    unauthorized 401 0 "401: Unauthorized"
    not_found 404 0 "404: Not Found"
    unknown_application 404 10002 "Unknown Application"
    unknown_channel 404 10003 "Unknown Channel"
    unknown_guild 404 10004 "Unknown Guild"
    unknown_member 404 10007 "Unknown Member"
    unknown_message 404 10008 "Unknown Message"
    unknown_overwrite 404 10009 "Unknown Overwrite"
    unknown_role 404 10011 "Unknown Role"
    unknown_user 404 10013 "Unknown User"
    unknown_emoji 400 10014 "Unknown Emoji"
    unknown_webhook 404 10015 "Unknown Webhook"
    unknown_interaction 404 10062 "Unknown interaction"
    unknown_command 404 10063 "Unknown application command"
    too_many_pins 400 30003 "Maximum number of pins reached for the channel (250)"
    too_many_reactions 400 30010 "Maximum number of reactions reached (20)"
    too_many_channels 400 30013 "Maximum number of server channels reached (500)"
    too_many_webhooks 400 30007 "Maximum number of webhooks reached (15)"
    too_many_old_edits 429 30046 "Maximum number of edits to messages older than 1 hour reached. Try again later"
    already_acknowledged 400 40060 "Interaction has already been acknowledged."
    overloaded 503 130000 "API resource is currently overloaded. Try again a little later"
    missing_access 403 50001 "Missing Access"
    not_yours 403 50005 "Cannot edit a message authored by another user"
    empty_message 400 50006 "Cannot send an empty message"
    dm_closed 403 50007 "Cannot send messages to this user"
    not_text 400 50008 "Cannot send messages in a non-text channel"
    missing_permissions 403 50013 "Missing Permissions"
    wrong_channel_type 400 50024 "Cannot execute action on this channel type"
    invalid_webhook_token 401 50027 "Invalid Webhook Token"
    archived_thread 400 50083 "Thread is archived"
    no_mutual_guild 403 50278 "Cannot send messages to this user due to having no mutual guilds"
    thread_exists 400 160004 "A thread has already been created for this message"
    locked_thread 403 160005 "Thread is locked"
}
