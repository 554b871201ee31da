//! A machine's message, as it was said and as it was read. Reading is done in `alerts`; what it does to incidents in `intake`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, MessageId, Timestamp, UserId, WebhookId};

/// A message of a source's channel, freed of Discord's shapes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub channel: ChannelId,
    /// When it was said.
    pub at: Timestamp,
    pub author: MessageAuthor,
    /// The shown name; never trusted.
    pub username: Option<String>,
    pub content: String,
    pub embeds: Vec<Embed>,
    /// Custom ids of its buttons (some senders hide their key there).
    pub custom_ids: Vec<String>,
}

/// Who said it: a webhook's messages have no other identity than the webhook's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageAuthor {
    Webhook(WebhookId),
    Bot(UserId),
    Person(UserId),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Embed {
    pub title: Option<String>,
    pub description: Option<String>,
    pub url: Option<String>,
    pub footer: Option<String>,
    pub author: Option<String>,
    pub colour: Option<u32>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// What a message of a source turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// One alert, or one group of them.
    Alert(Alert),
    /// An acknowledgement, an update, flapping, downtime, an information: recognised, opens nothing.
    Note(NoteKind),
    /// The sender's own test.
    Test(Alert),
    /// Nothing recognises it.
    Unrecognised,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    Update,
    Maintenance,
    Info,
}

/// An alert as a message tells it: one instance, or a group whose members are `instances`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Equal for the firing and the resolved message of one alert (or group), different for others of the same source. Normalised text.
    pub key: String,
    pub title: String,
    pub description: String,
    /// Verbatim, where the sender says one. Of a group: the worst is not known here, so the first firing one's.
    pub severity: Option<String>,
    /// The sender's page about it.
    pub url: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    /// Members that the message names; never empty: an alert without members is its own only instance.
    pub instances: Vec<Instance>,
    /// The message says that the whole group has recovered (only then may members it does not name be taken as recovered).
    pub all_resolved: bool,
    /// Members are missing from the text: cut off, or counted and not named.
    pub truncated: bool,
}

/// One member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Unique in the group, equal when it fires and when it recovers.
    pub key: String,
    pub title: String,
    pub state: State,
    pub severity: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Firing,
    Resolved,
}

impl Alert {
    /// At least one named member fires.
    pub fn firing(&self) -> bool {
        self.instances.iter().any(|instance| instance.state == State::Firing)
    }
}
