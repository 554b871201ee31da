//! The one way a message comes into a channel, changes and goes: it finds the mentions, records who was notified and tells the gateway.
//! Never checks permissions; those who call it did.

use crate::{
    body::message::Parts,
    channel::stamp,
    gateway::event::Intent,
    id::Id,
    mention::{Allowed, Ping},
    message::{Author, Cause, Emoji, Message, Reaction, flag, kind},
    state::State,
};
use serde_json::{Value, json};

/// A message about to be written.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub channel: Id,
    pub author: Author,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub attachments: Vec<Value>,
    pub flags: u64,
    pub kind: u8,
    pub allowed: Allowed,
    pub nonce: Option<Value>,
    pub reference: Option<Value>,
    pub interaction: Option<Cause>,
    pub only_for: Option<Id>,
}

impl Draft {
    /// Plain text by someone.
    pub fn new(channel: Id, author: Author) -> Self {
        Self {
            channel,
            author,
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            attachments: Vec::new(),
            flags: 0,
            kind: kind::DEFAULT,
            allowed: Allowed::all(),
            nonce: None,
            reference: None,
            interaction: None,
            only_for: None,
        }
    }
}

impl Draft {
    /// The checked parts of a request body, by someone.
    pub fn of(channel: Id, author: Author, parts: Parts) -> Self {
        Self {
            content: parts.content,
            embeds: parts.embeds,
            components: parts.components,
            attachments: parts.attachments,
            flags: parts.flags,
            ..Self::new(channel, author)
        }
    }
}

/// What an edit changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub content: Option<String>,
    pub embeds: Option<Vec<Value>>,
    pub components: Option<Vec<Value>>,
    pub attachments: Option<Vec<Value>>,
    pub flags: Option<u64>,
    pub allowed: Option<Allowed>,
}

impl State {
    /// Writes a message: it exists, people are notified, the gateway tells.
    pub(crate) fn post(&mut self, draft: Draft) -> Id {
        let id = self.new_id();
        let mentions = self.mentions(draft.channel, &draft.author, &draft.content, &draft.components, &draft.allowed);
        if draft.only_for.is_none() {
            self.join_mentioned(draft.channel, &mentions.users);
        }
        let message = Message {
            id,
            channel: draft.channel,
            author: draft.author,
            content: draft.content,
            embeds: draft.embeds,
            components: draft.components,
            attachments: draft.attachments,
            flags: draft.flags,
            kind: draft.kind,
            at: self.now(),
            edited: None,
            mentions: mentions.users.clone(),
            mention_roles: mentions.roles.clone(),
            mention_everyone: mentions.everyone,
            reactions: Vec::new(),
            pinned: None,
            nonce: draft.nonce,
            reference: draft.reference,
            interaction: draft.interaction,
            only_for: draft.only_for,
        };
        if message.only_for.is_none() {
            let notified = self.notified(message.channel, message.author.id, &mentions);
            self.record_pings(&message, notified);
            self.touch_channel(&message);
            self.emit_message("MESSAGE_CREATE", &message);
        }
        self.messages.entry(message.channel).or_default().insert(id, message);
        id
    }

    /// A mention in a thread makes the mentioned join it, if they see the channel above.
    fn join_mentioned(&mut self, place: Id, users: &[Id]) {
        let Some(parent) =
            self.channels.get(&place).filter(|channel| channel.thread.is_some()).and_then(|channel| channel.parent)
        else {
            return;
        };
        let now = self.now();
        let joining: Vec<Id> = users.iter().copied().filter(|user| self.sees(parent, *user)).collect();
        if let Some(thread) = self.channels.get_mut(&place).and_then(|channel| channel.thread.as_mut()) {
            for user in joining {
                thread.members.entry(user).or_insert(now);
            }
        }
    }

    fn record_pings(&mut self, message: &Message, notified: impl IntoIterator<Item = Id>) {
        for user in notified {
            let name = self.users.get(&user).map(|user| user.name.clone()).unwrap_or_default();
            let ping = Ping { user, name, message: message.id, channel: message.channel, at: message.at };
            if message.has(flag::SUPPRESS_NOTIFICATIONS) { self.quiet_pings.push(ping) } else { self.pings.push(ping) }
        }
    }

    /// Notes the newest message; a message unarchives a thread.
    fn touch_channel(&mut self, message: &Message) {
        let now = self.now();
        let Some(channel) = self.channels.get_mut(&message.channel) else { return };
        channel.last_message = Some(message.id);
        let woke = channel.thread.as_mut().filter(|thread| thread.archived).map(|thread| {
            thread.archived = false;
            thread.changed = now;
        });
        if woke.is_some() {
            self.emit_channel("THREAD_UPDATE", message.channel);
        }
    }

    /// Changes a message. Mentions are found anew, nobody is notified again.
    pub(crate) fn edit(&mut self, channel: Id, id: Id, change: Change) {
        let now = self.now();
        let Some(mut message) = self.message(channel, id).cloned() else { return };
        let was_loading = message.has(flag::LOADING);
        message.content = change.content.unwrap_or(message.content);
        message.embeds = change.embeds.unwrap_or(message.embeds);
        message.components = change.components.unwrap_or(message.components);
        message.attachments = change.attachments.unwrap_or(message.attachments);
        if let Some(flags) = change.flags {
            let fixed = flag::EPHEMERAL | flag::COMPONENTS_V2;
            message.flags = message.flags & fixed | flags & !flag::EPHEMERAL;
        }
        message.flags &= !flag::LOADING;
        let allowed = change.allowed.unwrap_or_else(Allowed::all);
        let mentions = self.mentions(channel, &message.author, &message.content, &message.components, &allowed);
        (message.mentions, message.mention_roles, message.mention_everyone) =
            (mentions.users, mentions.roles, mentions.everyone);
        if !was_loading {
            message.edited = Some(now);
        }
        self.put(message.clone());
        if message.only_for.is_none() {
            self.emit_message("MESSAGE_UPDATE", &message);
        }
    }

    /// Puts a changed message back.
    pub(crate) fn put(&mut self, message: Message) {
        self.messages.entry(message.channel).or_default().insert(message.id, message);
    }

    /// Removes a message; true if it was there.
    pub(crate) fn remove_message(&mut self, channel: Id, id: Id) -> bool {
        let Some(gone) = self.messages.get_mut(&channel).and_then(|all| all.remove(&id)) else { return false };
        if gone.only_for.is_none() {
            let guild = self.channels.get(&channel).and_then(|channel| channel.guild);
            let mut event = json!({ "id": id.to_string(), "channel_id": channel.to_string() });
            if let Some(guild) = guild {
                event["guild_id"] = json!(guild.to_string());
            }
            self.emit("MESSAGE_DELETE", channel, Intent::Messages, &event);
        }
        true
    }

    /// Adds a reaction; false if it was there already.
    pub(crate) fn add_reaction(&mut self, channel: Id, id: Id, user: Id, emoji: Emoji) -> bool {
        let Some(message) = self.messages.get_mut(&channel).and_then(|all| all.get_mut(&id)) else { return false };
        let users = match message.reactions.iter_mut().position(|one| one.emoji == emoji) {
            Some(at) => &mut message.reactions[at].users,
            None => {
                message.reactions.push(Reaction { emoji: emoji.clone(), users: Vec::new() });
                &mut message.reactions.last_mut().expect("just pushed").users
            }
        };
        if users.contains(&user) {
            return false;
        }
        users.push(user);
        let author = message.author.id;
        let mut event = self.reaction_event(channel, id, user, &emoji);
        event["message_author_id"] = json!(author.to_string());
        event["burst_colors"] = json!([]);
        if let Some(member) = self.guild_of(channel).and_then(|guild| guild.members.get(&user)) {
            event["member"] = member.json();
        }
        self.emit("MESSAGE_REACTION_ADD", channel, Intent::Reactions, &event);
        true
    }

    /// Takes a reaction away; false if it was not there.
    pub(crate) fn remove_reaction(&mut self, channel: Id, id: Id, user: Id, emoji: &Emoji) -> bool {
        let Some(message) = self.messages.get_mut(&channel).and_then(|all| all.get_mut(&id)) else { return false };
        let Some(reaction) = message.reactions.iter_mut().find(|one| one.emoji == *emoji && one.users.contains(&user))
        else {
            return false;
        };
        reaction.users.retain(|one| *one != user);
        message.reactions.retain(|one| !one.users.is_empty());
        let event = self.reaction_event(channel, id, user, emoji);
        self.emit("MESSAGE_REACTION_REMOVE", channel, Intent::Reactions, &event);
        true
    }

    fn reaction_event(&self, channel: Id, message: Id, user: Id, emoji: &Emoji) -> Value {
        let mut event = json!({ "user_id": user.to_string(), "channel_id": channel.to_string(), "message_id": message.to_string(),
            "emoji": emoji.json(), "burst": false, "type": 0 });
        if let Some(guild) = self.channels.get(&channel).and_then(|channel| channel.guild) {
            event["guild_id"] = json!(guild.to_string());
        }
        event
    }

    /// Pins or unpins; pinning writes the notice Discord writes.
    pub(crate) fn set_pinned(&mut self, channel: Id, id: Id, by: &Author, pinned: bool) {
        let now = self.now();
        let Some(mut message) = self.message(channel, id).cloned() else { return };
        if message.pinned.is_some() == pinned {
            return;
        }
        message.pinned = pinned.then_some(now);
        self.put(message.clone());
        self.emit_message("MESSAGE_UPDATE", &message);
        if let Some(place) = self.channels.get_mut(&channel).filter(|_| pinned) {
            place.last_pin = Some(now);
        }
        self.emit_pins(channel);
        if pinned {
            let guild = self.channels.get(&channel).and_then(|channel| channel.guild);
            let reference = json!({ "type": 0, "channel_id": channel.to_string(), "message_id": id.to_string(), "guild_id": guild.map(|id| id.to_string()) });
            self.post(Draft { kind: kind::PINNED, reference: Some(reference), ..Draft::new(channel, by.clone()) });
        }
    }

    fn emit_pins(&mut self, channel: Id) {
        let Some(place) = self.channels.get(&channel) else { return };
        let mut event = json!({ "channel_id": channel.to_string(), "last_pin_timestamp": place.last_pin.map(stamp) });
        if let Some(guild) = place.guild {
            event["guild_id"] = json!(guild.to_string());
        }
        self.emit("CHANNEL_PINS_UPDATE", channel, Intent::Pins, &event);
    }
}
