//! Events: which sessions get one, by intent and by what the app may see.
//! Never numbers or buffers them; `session` does.

use crate::{
    guild::{Member, Role},
    id::Id,
    message::Message,
    state::State,
    world::intent::{GUILD_MEMBERS, MESSAGE_CONTENT},
};
use serde_json::{Value, json};

/// The intents an event of a channel needs: one bit in guilds, another in direct messages (0: none needed).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Intent {
    Guilds,
    Messages,
    Reactions,
    Typing,
    /// CHANNEL_PINS_UPDATE comes with GUILDS or DIRECT_MESSAGES.
    Pins,
}

impl Intent {
    fn bit(self, direct: bool) -> u64 {
        match (self, direct) {
            (Self::Guilds | Self::Pins, false) => 1,
            (Self::Guilds, true) => 0,
            (Self::Messages, false) => 1 << 9,
            (Self::Messages | Self::Pins, true) => 1 << 12,
            (Self::Reactions, false) => 1 << 10,
            (Self::Reactions, true) => 1 << 13,
            (Self::Typing, false) => 1 << 11,
            (Self::Typing, true) => 1 << 14,
        }
    }
}

impl State {
    /// Tells of something in a channel, if the app sees that channel.
    pub(crate) fn emit(&mut self, name: &str, channel: Id, intent: Intent, data: &Value) {
        let Some(place) = self.channels.get(&channel) else { return };
        let reachable = self.app_sees(place) && place.guild.is_none_or(|guild| self.reports(guild));
        let bit = intent.bit(place.guild.is_none());
        if reachable {
            self.broadcast(name, bit, data);
        }
    }

    /// Tells of something in a guild.
    pub(crate) fn emit_guild(&mut self, name: &str, guild: Id, intent: u64, data: &Value) {
        if self.reports(guild) {
            self.broadcast(name, intent, data);
        }
    }

    /// Does the app get events of this guild: is it a member, and is there no outage?
    fn reports(&self, guild: Id) -> bool {
        self.guilds.get(&guild).is_some_and(|guild| !guild.unavailable && guild.members.contains_key(&self.app.id))
    }

    /// To every session with the intent (0: to all).
    pub(crate) fn broadcast(&mut self, name: &str, bit: u64, data: &Value) {
        for at in 0..self.sessions.list.len() {
            if bit == 0 || self.sessions.list[at].intents & bit != 0 {
                self.sessions.deliver(at, name, data);
            }
        }
    }

    /// MESSAGE_CREATE and MESSAGE_UPDATE: each session sees as much of the content as it may.
    pub(crate) fn emit_message(&mut self, name: &str, message: &Message) {
        let Some(place) = self.channels.get(&message.channel) else { return };
        if !self.app_sees(place) || place.guild.is_some_and(|guild| !self.reports(guild)) {
            return;
        }
        let bit = Intent::Messages.bit(place.guild.is_none());
        let guild = place.guild;
        for at in 0..self.sessions.list.len() {
            let intents = self.sessions.list[at].intents;
            if intents & bit != 0 {
                let event = self.message_event(message, guild, intents & MESSAGE_CONTENT != 0);
                self.sessions.deliver(at, name, &event);
            }
        }
    }

    fn message_event(&self, message: &Message, guild: Option<Id>, content_allowed: bool) -> Value {
        let mut event = self.message_for_app(message, content_allowed);
        if let Some(guild) = guild {
            event["guild_id"] = json!(guild.to_string());
            let member = self.guilds.get(&guild).and_then(|guild| guild.members.get(&message.author.id));
            if let Some(member) = member.filter(|_| !message.author.webhook && message.interaction.is_none()) {
                event["member"] = member.partial_json();
            }
        }
        event
    }

    /// CHANNEL_… and THREAD_… events carry the whole channel.
    pub(crate) fn emit_channel(&mut self, name: &str, channel: Id) {
        let Some(place) = self.channels.get(&channel) else { return };
        let mut data = self.channel_json(place);
        if name == "THREAD_CREATE" {
            data["newly_created"] = json!(true);
        }
        self.emit(name, channel, Intent::Guilds, &data);
    }

    /// GUILD_ROLE_CREATE and …_UPDATE.
    pub(crate) fn emit_role(&mut self, name: &str, guild: Id, role: &Role) {
        self.emit_guild(name, guild, 1, &json!({ "guild_id": guild.to_string(), "role": role.json() }));
    }

    /// GUILD_MEMBER_ADD and …_UPDATE; only with GUILD_MEMBERS.
    pub(crate) fn emit_member(&mut self, name: &str, guild: Id, member: &Member) {
        let mut data = member.json();
        data["guild_id"] = json!(guild.to_string());
        self.emit_guild(name, guild, GUILD_MEMBERS, &data);
    }
}
