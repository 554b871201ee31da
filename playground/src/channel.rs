//! A channel, category, thread or direct message, its overwrites, and how Discord writes each as JSON.
//! Never holds messages (the state does) and checks no permission.

use crate::{id::Id, state::State};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Channel types used here; numbers are Discord's.
pub mod kind {
    /// Text channel of a guild.
    pub const TEXT: u8 = 0;
    /// Direct message.
    pub const DM: u8 = 1;
    /// Voice channel, which has a text chat.
    pub const VOICE: u8 = 2;
    /// Category.
    pub const CATEGORY: u8 = 4;
    /// Announcement channel.
    pub const NEWS: u8 = 5;
    /// Public thread.
    pub const PUBLIC_THREAD: u8 = 11;
    /// Private thread.
    pub const PRIVATE_THREAD: u8 = 12;
    /// Forum: only posts, which are threads.
    pub const FORUM: u8 = 15;
}

/// Any place that may hold messages, and categories.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Snowflake.
    pub id: Id,
    /// The guild; none for a direct message.
    pub guild: Option<Id>,
    /// See [`kind`].
    pub kind: u8,
    /// Shown name.
    pub name: String,
    /// Topic, up to 1024 characters.
    pub topic: Option<String>,
    /// Category, or a thread's channel.
    pub parent: Option<Id>,
    /// Place in the list.
    pub position: u32,
    /// Who may do what here beyond their roles.
    pub overwrites: Vec<Overwrite>,
    /// Seconds between two messages of one person; stored, not enforced (bots are exempt).
    pub slowmode_s: u16,
    /// Age-restricted.
    pub nsfw: bool,
    /// The newest message.
    pub last_message: Option<Id>,
    /// When a message was last pinned.
    pub last_pin: Option<DateTime<Utc>>,
    /// Set for threads.
    pub thread: Option<Thread>,
    /// The user at the other end of a direct message.
    pub recipient: Option<Id>,
}

/// What only threads have.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Who opened it.
    pub owner: Id,
    /// Closed to messages until unarchived.
    pub archived: bool,
    /// Only MANAGE_THREADS may unarchive.
    pub locked: bool,
    /// 60, 1440, 4320 or 10080.
    pub auto_archive_min: u64,
    /// When the archived flag last changed.
    pub changed: DateTime<Utc>,
    /// Members and when they joined.
    pub members: BTreeMap<Id, DateTime<Utc>>,
}

/// A permission overwrite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwrite {
    /// Role or user.
    pub id: Id,
    /// 0 role, 1 member.
    pub kind: u8,
    /// Bits allowed.
    pub allow: u64,
    /// Bits denied.
    pub deny: u64,
}

impl Overwrite {
    /// An empty overwrite for a role (the guild id is @everyone).
    pub fn role(id: Id) -> Self {
        Self { id, kind: 0, allow: 0, deny: 0 }
    }

    /// An empty overwrite for a member.
    pub fn member(id: Id) -> Self {
        Self { id, kind: 1, allow: 0, deny: 0 }
    }

    /// Adds allowed bits.
    pub fn allow(mut self, bits: u64) -> Self {
        self.allow |= bits;
        self
    }

    /// Adds denied bits.
    pub fn deny(mut self, bits: u64) -> Self {
        self.deny |= bits;
        self
    }
}

impl Channel {
    /// A channel of any kind.
    pub fn new(id: Id, kind: u8, name: impl Into<String>) -> Self {
        Self {
            id,
            guild: None,
            kind,
            name: name.into(),
            topic: None,
            parent: None,
            position: 0,
            overwrites: Vec::new(),
            slowmode_s: 0,
            nsfw: false,
            last_message: None,
            last_pin: None,
            thread: None,
            recipient: None,
        }
    }

    /// A text channel.
    pub fn text(id: Id, name: impl Into<String>) -> Self {
        Self::new(id, kind::TEXT, name)
    }

    /// A category.
    pub fn category(id: Id, name: impl Into<String>) -> Self {
        Self::new(id, kind::CATEGORY, name)
    }

    /// Puts it under a category.
    pub fn parent(mut self, category: Id) -> Self {
        self.parent = Some(category);
        self
    }

    /// Sets the topic.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    /// Adds an overwrite.
    pub fn overwrite(mut self, overwrite: Overwrite) -> Self {
        self.overwrites.push(overwrite);
        self
    }

    /// Can people write here?
    pub fn holds_messages(&self) -> bool {
        !matches!(self.kind, kind::CATEGORY | kind::FORUM)
    }
}

/// Discord's way to write a moment.
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, false)
}

impl State {
    /// The channel as REST and events show it.
    pub(crate) fn channel_json(&self, channel: &Channel) -> Value {
        let mut out = json!({
            "id": channel.id.to_string(), "type": channel.kind, "flags": 0,
            "last_message_id": channel.last_message.map(|id| id.to_string()),
        });
        if let Some(at) = channel.last_pin {
            out["last_pin_timestamp"] = json!(stamp(at));
        }
        let more = match (&channel.thread, channel.recipient) {
            (Some(thread), _) => self.thread_fields(channel, thread),
            (None, Some(user)) => json!({ "recipients": [self.user_json(user)] }),
            (None, None) => guild_fields(channel),
        };
        merge(&mut out, more);
        out
    }

    fn thread_fields(&self, channel: &Channel, thread: &Thread) -> Value {
        let count = self.messages.get(&channel.id).map_or(0, |all| all.len());
        let mut fields = json!({
            "guild_id": channel.guild.map(|id| id.to_string()), "name": channel.name, "parent_id": channel.parent.map(|id| id.to_string()),
            "owner_id": thread.owner.to_string(), "message_count": count, "total_message_sent": count,
            "member_count": thread.members.len().min(50), "rate_limit_per_user": channel.slowmode_s,
            "thread_metadata": {
                "archived": thread.archived, "locked": thread.locked, "auto_archive_duration": thread.auto_archive_min,
                "archive_timestamp": stamp(thread.changed), "create_timestamp": stamp(thread.changed), "invitable": true,
            },
        });
        if let Some(joined) = thread.members.get(&self.app.id) {
            fields["member"] = thread_member_json(channel.id, self.app.id, *joined);
        }
        fields
    }
}

/// A thread member.
pub(crate) fn thread_member_json(thread: Id, user: Id, joined: DateTime<Utc>) -> Value {
    json!({ "id": thread.to_string(), "user_id": user.to_string(), "join_timestamp": stamp(joined), "flags": 0 })
}

fn guild_fields(channel: &Channel) -> Value {
    let overwrites = channel.overwrites.iter().map(|one| {
        json!({ "id": one.id.to_string(), "type": one.kind, "allow": one.allow.to_string(), "deny": one.deny.to_string() })
    });
    let mut fields = json!({
        "guild_id": channel.guild.map(|id| id.to_string()), "name": channel.name, "position": channel.position,
        "parent_id": channel.parent.map(|id| id.to_string()), "permission_overwrites": overwrites.collect::<Vec<_>>(), "nsfw": channel.nsfw,
    });
    let more = match channel.kind {
        kind::CATEGORY => json!({}),
        kind::VOICE => {
            json!({ "bitrate": 64_000, "user_limit": 0, "rtc_region": null, "rate_limit_per_user": channel.slowmode_s })
        }
        kind::FORUM => json!({ "topic": channel.topic, "rate_limit_per_user": channel.slowmode_s, "available_tags": [],
            "default_reaction_emoji": null, "default_sort_order": null, "default_forum_layout": 0 }),
        _ => json!({ "topic": channel.topic, "rate_limit_per_user": channel.slowmode_s }),
    };
    merge(&mut fields, more);
    fields
}

/// Puts the fields of the second object into the first.
pub(crate) fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
