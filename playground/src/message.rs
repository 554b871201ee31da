//! A message, its reactions, and how Discord writes it as JSON, with and without the MESSAGE_CONTENT intent.
//! Never posts, edits or notifies anyone.

use crate::{channel::stamp, id::Id, state::State};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Message flags by their Discord names.
pub mod flag {
    /// Embeds of links are not shown.
    pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
    /// Only one person sees it.
    pub const EPHEMERAL: u64 = 1 << 6;
    /// A deferred answer: "… is thinking".
    pub const LOADING: u64 = 1 << 7;
    /// No push, no badge.
    pub const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
    /// Components V2: text lives in components.
    pub const COMPONENTS_V2: u64 = 1 << 15;
}

/// Message types used here.
pub mod kind {
    /// An ordinary message.
    pub const DEFAULT: u8 = 0;
    /// "… pinned a message".
    pub const PINNED: u8 = 6;
    /// "… started a thread".
    pub const THREAD_CREATED: u8 = 18;
    /// A reply to a message.
    pub const REPLY: u8 = 19;
    /// An answer to a slash command.
    pub const CHAT_INPUT: u8 = 20;
    /// The first message of a thread made from a message.
    pub const THREAD_STARTER: u8 = 21;
    /// An answer to a context menu command.
    pub const CONTEXT_MENU: u8 = 23;
}

/// A message as the playground keeps it.
#[derive(Clone, Debug)]
pub struct Message {
    /// Snowflake.
    pub id: Id,
    /// Where it stands.
    pub channel: Id,
    /// Who wrote it.
    pub author: Author,
    /// Text, up to 2000 characters.
    pub content: String,
    /// Embeds as Discord would return them.
    pub embeds: Vec<Value>,
    /// Components as Discord would return them.
    pub components: Vec<Value>,
    /// Attachments as Discord would return them.
    pub attachments: Vec<Value>,
    /// See [`flag`].
    pub flags: u64,
    /// See [`kind`].
    pub kind: u8,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// When it was last edited.
    pub edited: Option<DateTime<Utc>>,
    /// Users mentioned and allowed to be.
    pub mentions: Vec<Id>,
    /// Roles mentioned and allowed to be.
    pub mention_roles: Vec<Id>,
    /// Was everyone mentioned, with the right to?
    pub mention_everyone: bool,
    /// Reactions in the order of their first use.
    pub reactions: Vec<Reaction>,
    /// When it was pinned.
    pub pinned: Option<DateTime<Utc>>,
    /// The sender's nonce.
    pub nonce: Option<Value>,
    /// `message_reference` of replies and pin notices.
    pub reference: Option<Value>,
    /// The interaction this answers.
    pub interaction: Option<Cause>,
    /// Ephemeral: the one person who sees it.
    pub only_for: Option<Id>,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// User id, or the webhook's id.
    pub id: Id,
    /// Name at the time of writing.
    pub name: String,
    /// Carries the BOT tag.
    pub bot: bool,
    /// It is a webhook, not an account.
    pub webhook: bool,
}

/// The interaction behind an answer.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Interaction id.
    pub id: Id,
    /// 2 command, 3 component, 5 modal.
    pub kind: u8,
    /// Who acted.
    pub user: Id,
    /// Command name; empty for components and modals.
    pub name: String,
}

/// One emoji under a message.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// Which emoji.
    pub emoji: Emoji,
    /// Who reacted, in order.
    pub users: Vec<Id>,
}

/// A unicode emoji, or a custom one with an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoji {
    /// Custom emoji only.
    pub id: Option<Id>,
    /// The character itself, or the custom emoji's name.
    pub name: String,
}

impl Emoji {
    /// Reads `✅` or `name:id`; plain words are none.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some((name, id)) => Some(Self { id: Some(id.parse().ok()?), name: name.to_owned() }),
            None if text.chars().all(|c| c.is_ascii_alphabetic()) => None,
            None => Some(Self { id: None, name: text.to_owned() }),
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "id": self.id.map(|id| id.to_string()), "name": self.name })
    }
}

impl Message {
    /// Is the flag set?
    pub fn has(&self, flag: u64) -> bool {
        self.flags & flag != 0
    }

    /// Everything a reader could read: content, embed texts and V2 texts, one per line.
    pub fn text(&self) -> String {
        let mut lines = vec![self.content.clone()];
        for embed in &self.embeds {
            let fields = embed["fields"].as_array().cloned().unwrap_or_default();
            let texts = [&embed["title"], &embed["description"], &embed["author"]["name"], &embed["footer"]["text"]];
            lines.extend(
                texts
                    .into_iter()
                    .chain(fields.iter().flat_map(|field| [&field["name"], &field["value"]]))
                    .filter_map(text),
            );
        }
        walk(&self.components, &mut |component| lines.extend(text(&component["content"])));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// Every interactive component with a `custom_id`.
    pub fn controls(&self) -> Vec<Value> {
        let mut found = Vec::new();
        walk(&self.components, &mut |component| {
            if component["custom_id"].is_string() {
                found.push(component.clone());
            }
        });
        found
    }

    /// The `custom_id` of the enabled button with this label.
    pub fn button(&self, label: &str) -> Option<String> {
        let button = self
            .controls()
            .into_iter()
            .find(|one| one["type"] == 2 && one["label"] == label && one["disabled"] != true)?;
        text(&button["custom_id"])
    }

    /// Who reacted with this emoji.
    pub fn reacted(&self, emoji: &str) -> Vec<Id> {
        let wanted = Emoji::parse(emoji);
        self.reactions
            .iter()
            .find(|one| Some(&one.emoji) == wanted.as_ref())
            .map(|one| one.users.clone())
            .unwrap_or_default()
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Visits every component, children and accessories included.
pub(crate) fn walk(components: &[Value], visit: &mut impl FnMut(&Value)) {
    for component in components {
        visit(component);
        if let Some(children) = component["components"].as_array() {
            walk(children, visit);
        }
        for single in ["component", "accessory"] {
            if component[single].is_object() {
                walk(std::slice::from_ref(&component[single]), visit);
            }
        }
    }
}

impl State {
    /// The message as REST shows it to the app.
    pub(crate) fn message_json(&self, message: &Message) -> Value {
        let mut out = json!({
            "id": message.id.to_string(), "channel_id": message.channel.to_string(), "type": message.kind, "content": message.content,
            "timestamp": stamp(message.at), "edited_timestamp": message.edited.map(stamp), "tts": false, "flags": message.flags,
            "author": self.author_json(&message.author), "mention_everyone": message.mention_everyone,
            "mentions": message.mentions.iter().map(|id| self.user_json(*id)).collect::<Vec<_>>(),
            "mention_roles": message.mention_roles.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "attachments": message.attachments, "embeds": message.embeds, "components": message.components,
            "pinned": message.pinned.is_some(),
        });
        if let Some(nonce) = &message.nonce {
            out["nonce"] = nonce.clone();
        }
        if let Some(reference) = &message.reference {
            out["message_reference"] = reference.clone();
            out["referenced_message"] = self.referenced(reference);
        }
        if message.author.webhook {
            out["webhook_id"] = json!(message.author.id.to_string());
        }
        if let Some(cause) = &message.interaction {
            self.add_cause(&mut out, message, cause);
        }
        if !message.reactions.is_empty() {
            out["reactions"] = message.reactions.iter().map(|one| self.reaction_json(one)).collect();
        }
        if self.channels.get(&message.id).is_some_and(|channel| channel.thread.is_some()) {
            out["thread"] = self.channel_json(&self.channels[&message.id]);
        }
        out
    }

    fn author_json(&self, author: &Author) -> Value {
        if author.webhook {
            json!({ "id": author.id.to_string(), "username": author.name, "avatar": null, "discriminator": "0000", "public_flags": 0,
                "flags": 0, "bot": true, "global_name": null, "primary_guild": null })
        } else {
            self.user_json(author.id)
        }
    }

    fn referenced(&self, reference: &Value) -> Value {
        let id = |name: &str| reference[name].as_str().and_then(|id| id.parse::<Id>().ok());
        let found =
            id("channel_id").zip(id("message_id")).and_then(|(channel, message)| self.message(channel, message));
        found.map_or(Value::Null, |found| self.message_json(&Message { reference: None, ..found.clone() }))
    }

    fn add_cause(&self, out: &mut Value, message: &Message, cause: &Cause) {
        let owners = self.channels.get(&message.channel).and_then(|channel| channel.guild);
        let owners =
            owners.map_or_else(|| json!({ "1": cause.user.to_string() }), |guild| json!({ "0": guild.to_string() }));
        out["application_id"] = json!(self.app.id.to_string());
        out["webhook_id"] = json!(self.app.id.to_string());
        let mut metadata = json!({
            "id": cause.id.to_string(), "type": cause.kind, "user": self.user_json(cause.user), "authorizing_integration_owners": owners,
        });
        match cause.kind {
            2 => metadata["name"] = json!(cause.name),
            3 => metadata["interacted_message_id"] = json!(message.id.to_string()),
            _ => {
                metadata["triggering_interaction_metadata"] = json!({
                    "id": cause.id.to_string(), "type": 2, "user": self.user_json(cause.user),
                    "authorizing_integration_owners": metadata["authorizing_integration_owners"], "name": cause.name,
                });
            }
        }
        out["interaction_metadata"] = metadata;
    }

    fn reaction_json(&self, reaction: &Reaction) -> Value {
        let count = reaction.users.len();
        json!({ "emoji": reaction.emoji.json(), "count": count, "count_details": { "burst": 0, "normal": count }, "burst_colors": [],
            "me_burst": false, "burst_me": false, "me": reaction.users.contains(&self.app.id), "burst_count": 0 })
    }

    /// The message as the app may see it: without MESSAGE_CONTENT the content of others' messages is empty, except in
    /// direct messages and where the app is mentioned. <https://docs.discord.com/developers/events/gateway#message-content-intent>
    pub(crate) fn message_for_app(&self, message: &Message, content_allowed: bool) -> Value {
        let mut out = self.message_json(message);
        if content_allowed || self.always_readable(message) {
            return out;
        }
        out["content"] = json!("");
        for list in ["embeds", "attachments", "components"] {
            out[list] = json!([]);
        }
        out
    }

    fn always_readable(&self, message: &Message) -> bool {
        let own = message.author.id == self.app.id;
        let direct = self.channels.get(&message.channel).is_some_and(|channel| channel.guild.is_none());
        own || direct || message.mentions.contains(&self.app.id)
    }
}
