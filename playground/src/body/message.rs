//! Bodies that write or change a message.
//! Never finds mentions; it only reads what `allowed_mentions` allows.

use super::{Checked, component::components, embed::embeds, present};
use crate::{
    id::Id,
    mention::{Allowed, Scope},
    message::flag,
    refusal::Refusal,
};
use serde::Deserialize;
use serde_json::{Value, json};
use twilight_model::{
    channel::message::{MentionType, MessageFlags},
    id::{
        Id as Snowflake,
        marker::{ChannelMarker, GenericMarker, GuildMarker, MessageMarker, RoleMarker, StickerMarker, UserMarker},
    },
};

/// POST a message: in channels, through webhooks, as an interaction's followup.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CreateMessage {
    pub content: Option<String>,
    pub nonce: Option<Nonce>,
    pub enforce_nonce: Option<bool>,
    pub tts: Option<bool>,
    pub embeds: Option<Vec<Value>>,
    pub allowed_mentions: Option<AllowedMentions>,
    pub message_reference: Option<Reference>,
    pub components: Option<Vec<Value>>,
    pub sticker_ids: Option<Vec<Snowflake<StickerMarker>>>,
    pub attachments: Option<Vec<AttachmentPart>>,
    pub flags: Option<MessageFlags>,
    // Only webhooks take these.
    pub username: Option<String>,
    pub avatar_url: Option<String>,
    pub thread_name: Option<String>,
    pub applied_tags: Option<Vec<Snowflake<GenericMarker>>>,
}

/// PATCH a message.
#[derive(Debug, Default, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct EditMessage {
    #[serde(default, deserialize_with = "present")]
    pub content: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    pub embeds: Option<Option<Vec<Value>>>,
    pub flags: Option<MessageFlags>,
    pub allowed_mentions: Option<AllowedMentions>,
    #[serde(default, deserialize_with = "present")]
    pub components: Option<Option<Vec<Value>>>,
    #[serde(default, deserialize_with = "present")]
    pub attachments: Option<Option<Vec<AttachmentPart>>>,
    pub sticker_ids: Option<Vec<Snowflake<StickerMarker>>>,
}
/// A nonce: up to 25 characters or an integer.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Nonce {
    Text(String),
    Number(i64),
}

impl Nonce {
    pub fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
        }
    }
}

/// `allowed_mentions`, refusing misspelt fields, which Discord would silently ignore.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AllowedMentions {
    pub parse: Vec<MentionType>,
    pub users: Vec<Snowflake<UserMarker>>,
    pub roles: Vec<Snowflake<RoleMarker>>,
    pub replied_user: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct Reference {
    #[serde(rename = "type")]
    pub kind: Option<u8>,
    pub message_id: Snowflake<MessageMarker>,
    pub channel_id: Option<Snowflake<ChannelMarker>>,
    pub guild_id: Option<Snowflake<GuildMarker>>,
    pub fail_if_not_exists: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct AttachmentPart {
    pub id: Value,
    pub filename: Option<String>,
    pub description: Option<String>,
    pub title: Option<String>,
}
/// The parts of a message that were found good.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub attachments: Vec<Value>,
    pub flags: u64,
}

impl CreateMessage {
    /// Checks everything a message can be refused for. `default` is what pings when nothing is said.
    pub fn check(&self, files: &[Value], default: Allowed) -> Checked<(Parts, Allowed)> {
        let flags = self.flags.map_or(0, |flags| flags.bits());
        let parts = Parts {
            content: content(self.content.as_deref())?,
            embeds: embeds(self.embeds.as_deref().unwrap_or_default())?,
            components: components(self.components.as_deref().unwrap_or_default(), flags)?,
            attachments: files.to_vec(),
            flags,
        };
        v2_excludes_text(&parts)?;
        let stickers = self.sticker_ids.as_deref().unwrap_or_default();
        twilight_validate::message::sticker_ids(stickers)
            .map_err(|error| Refusal::form("sticker_ids", "BASE_TYPE_BAD_LENGTH", error.to_string()))?;
        if parts.is_empty() && stickers.is_empty() {
            return Err(Refusal::empty_message());
        }
        if let Some(Nonce::Text(text)) = &self.nonce
            && text.chars().count() > 25
        {
            return Err(Refusal::form("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length."));
        }
        Ok((parts, allowed(self.allowed_mentions.as_ref(), default)?))
    }

    /// Refuses what only webhooks take.
    pub fn not_a_webhook(&self) -> Checked<()> {
        let webhook = self.username.is_some()
            || self.avatar_url.is_some()
            || self.thread_name.is_some()
            || self.applied_tags.is_some();
        if webhook {
            Err(Refusal::form("username", "INVALID_FORM_BODY", "only webhooks take username, avatar_url, thread_name"))
        } else {
            Ok(())
        }
    }

    /// Refuses what webhooks and interactions do not take.
    pub fn no_nonce(&self) -> Checked<()> {
        let has = self.nonce.is_some() || self.enforce_nonce.is_some();
        if has {
            Err(Refusal::form("nonce", "INVALID_FORM_BODY", "there is no nonce on webhooks and interactions"))
        } else {
            Ok(())
        }
    }
}

impl Parts {
    /// Nothing to read at all?
    pub fn is_empty(&self) -> bool {
        self.content.trim().is_empty()
            && self.embeds.is_empty()
            && self.components.is_empty()
            && self.attachments.is_empty()
    }
}

/// `allowed_mentions` into what it lets through; `parse` and ids exclude each other.
pub(crate) fn allowed(given: Option<&AllowedMentions>, default: Allowed) -> Checked<Allowed> {
    let Some(given) = given else { return Ok(default) };
    let users: Vec<Id> = given.users.iter().map(|id| id.get()).collect();
    let roles: Vec<Id> = given.roles.iter().map(|id| id.get()).collect();
    let scope = |name: &str, kind: MentionType, ids: Vec<Id>| match (given.parse.contains(&kind), ids) {
        (true, ids) if !ids.is_empty() => {
            let message = format!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive.");
            Err(Refusal::form("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message))
        }
        (_, ids) if ids.len() > 100 => Err(Refusal::form(
            &format!("allowed_mentions.{name}"),
            "BASE_TYPE_MAX_LENGTH",
            "Must be 100 or fewer in length.",
        )),
        (true, _) => Ok(Scope::All),
        (false, ids) => Ok(Scope::Only(ids)),
    };
    Ok(Allowed {
        everyone: given.parse.contains(&MentionType::Everyone),
        users: scope("users", MentionType::Users, users)?,
        roles: scope("roles", MentionType::Roles, roles)?,
        replied_user: given.replied_user.unwrap_or(false),
    })
}

/// Content up to 2000 characters; Discord trims it.
pub(crate) fn content(text: Option<&str>) -> Checked<String> {
    let text = text.unwrap_or_default();
    twilight_validate::message::content(text)
        .map_err(|_| Refusal::form("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length."))?;
    Ok(text.trim().to_owned())
}

/// Components V2 excludes content and embeds.
pub(crate) fn v2_excludes_text(parts: &Parts) -> Checked<()> {
    let text = !parts.content.is_empty() || !parts.embeds.is_empty();
    if parts.flags & flag::COMPONENTS_V2 != 0 && text {
        return Err(Refusal::form(
            "content",
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "content and embeds cannot be used with Components V2",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::read;

    fn check(body: Value) -> Result<(), Refusal> {
        read::<CreateMessage>(&body)?.check(&[], Allowed::all()).map(|_| ())
    }

    #[test]
    fn good_messages_pass() {
        for body in [
            json!({ "content": "hi" }),
            json!({ "embeds": [{ "title": "t", "fields": [{ "name": "a", "value": "b" }], "url": null }] }),
            json!({ "content": "a", "components": [{ "type": 1, "components": [{ "type": 2, "style": 1, "label": "Go", "custom_id": "go" }] }] }),
            json!({ "flags": 32768, "components": [{ "type": 10, "content": "text" }] }),
            json!({ "content": "x", "allowed_mentions": { "parse": [], "users": ["5"] }, "nonce": "n", "enforce_nonce": true }),
        ] {
            assert_eq!(check(body.clone()), Ok(()), "{body}");
        }
    }

    #[test]
    fn bad_messages_are_refused_where_discord_refuses_them() {
        let row = |button: Value| json!({ "content": "x", "components": [{ "type": 1, "components": [button] }] });
        let button = json!({ "type": 2, "style": 1, "label": "a", "custom_id": "same" });
        for (body, code, at) in [
            (json!({}), 50006, ""),
            (json!({ "content": "   " }), 50006, ""),
            (json!({ "contents": "typo" }), 50035, ""),
            (json!({ "content": "a".repeat(2001) }), 50035, "content"),
            (json!({ "embeds": [{ "title": "a".repeat(257) }] }), 50035, "embeds"),
            (json!({ "embeds": [{ "titel": "typo" }] }), 50035, "embeds"),
            (
                json!({ "embeds": [{ "description": "a".repeat(3001) }, { "description": "a".repeat(3001) }] }),
                50035,
                "embeds",
            ),
            (json!({ "embeds": [{ "fields": [{ "name": "", "value": "b" }] }] }), 50035, "embeds"),
            (row(json!({ "type": 2, "style": 1, "label": "a", "custom_id": "c".repeat(101) })), 50035, "components"),
            (
                json!({ "content": "x", "components": [{ "type": 1, "components": [button, button] }] }),
                50035,
                "components",
            ),
            (json!({ "content": "x", "components": [button] }), 50035, "components"),
            (
                json!({ "content": "x", "flags": 32768, "components": [{ "type": 10, "content": "t" }] }),
                50035,
                "content",
            ),
            (
                json!({ "content": "x", "allowed_mentions": { "parse": ["users"], "users": ["5"] } }),
                50035,
                "allowed_mentions",
            ),
            (json!({ "content": "x", "allowed_mentions": { "user": ["5"] } }), 50035, ""),
            (json!({ "content": "x", "nonce": "n".repeat(26) }), 50035, "nonce"),
        ] {
            let refusal = check(body.clone()).expect_err(&body.to_string());
            assert_eq!(refusal.code, code, "{body}");
            assert!(at.is_empty() || refusal.body()["errors"][at].is_object(), "{body} {refusal:?}");
        }
    }
}
