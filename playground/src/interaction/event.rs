//! INTERACTION_CREATE: the event in the shape Discord sends it, and the record of what was sent.
//! Never checks what the person may do; the module above did.

use super::record::Record;
use crate::{
    id::Id,
    message::Message,
    state::{Command, State},
};
use serde_json::{Value, json};
use std::time::Instant;

/// An interaction about to be dispatched.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub kind: u8,
    pub menu: bool,
    pub user: Id,
    pub channel: Id,
    pub data: Value,
    pub source: Option<Id>,
    pub name: String,
}

impl Start {
    pub fn new(kind: u8, user: Id, channel: Id, data: Value) -> Self {
        Self { kind, menu: false, user, channel, data, source: None, name: String::new() }
    }
}

/// A slash command with its nested options.
pub(super) fn command(state: &State, user: Id, channel: Id, command: &Command, options: &[Value]) -> Start {
    let mut data = json!({ "id": command.id.to_string(), "name": command.name, "type": command.kind });
    if !options.is_empty() {
        data["options"] = json!(options);
    }
    let resolved = super::options::resolved(state, channel, options);
    if resolved != json!({}) {
        data["resolved"] = resolved;
    }
    add_guild(&mut data, command);
    Start { name: full_name(&command.name, options), ..Start::new(2, user, channel, data) }
}

/// The name with subcommands, as interaction metadata shows it.
fn full_name(name: &str, options: &[Value]) -> String {
    match options.first().filter(|first| first["type"] == 1 || first["type"] == 2) {
        Some(sub) => {
            let inner = sub["options"].as_array().cloned().unwrap_or_default();
            format!("{name} {}", full_name(sub["name"].as_str().unwrap_or_default(), &inner))
        }
        None => name.to_owned(),
    }
}

/// A context menu command on a user or message.
pub(super) fn menu(user: Id, channel: Id, command: &Command, target: Id, resolved: Value) -> Start {
    let mut data = json!({ "id": command.id.to_string(), "name": command.name, "type": command.kind, "target_id": target.to_string(), "resolved": resolved });
    add_guild(&mut data, command);
    Start { menu: true, name: command.name.clone(), ..Start::new(2, user, channel, data) }
}

fn add_guild(data: &mut Value, command: &Command) {
    if let Some(guild) = command.guild {
        data["guild_id"] = json!(guild.to_string());
    }
}

/// A component of a message, with the values of a select.
pub(super) fn component(
    state: &State,
    user: Id,
    channel: Id,
    message: &Message,
    component: &Value,
    values: Option<Vec<String>>,
) -> Start {
    let mut data =
        json!({ "component_type": component["type"], "custom_id": component["custom_id"], "id": component["id"] });
    if let Some(values) = values {
        let mut resolved = json!({});
        for id in values.iter().filter_map(|value| value.parse::<Id>().ok()) {
            super::options::resolve(
                state,
                channel,
                component["type"].as_u64().map_or(0, select_to_option),
                id,
                &mut resolved,
            );
        }
        data["values"] = json!(values);
        if component["type"] != 3 {
            data["resolved"] = resolved;
        }
    }
    Start { source: Some(message.id), ..Start::new(3, user, channel, data) }
}

/// Select types 5 to 8 choose what option types 6, 8, 9, 7 choose.
fn select_to_option(kind: u64) -> u64 {
    match kind {
        5 => 6,
        6 => 8,
        7 => 9,
        8 => 7,
        _ => 0,
    }
}

impl State {
    /// Sends the event to every session and remembers it.
    pub(super) fn dispatch(&mut self, start: Start) -> Id {
        let id = self.new_id();
        let token = format!("interaction-{id}-{:032x}", u128::from(id) * 0x9E37_79B9_7F4A_7C15);
        let event = self.interaction_event(id, &token, &start);
        let guild = self.channels[&start.channel].guild;
        let record = Record {
            id,
            token,
            kind: start.kind,
            menu: start.menu,
            user: start.user,
            channel: start.channel,
            guild,
            source: start.source,
            name: start.name,
            event: event.clone(),
            at: self.now(),
            dispatched: Instant::now(),
            done: None,
            original: None,
            followups: Vec::new(),
        };
        self.interactions.insert(id, record);
        self.broadcast("INTERACTION_CREATE", 0, &event);
        id
    }

    fn interaction_event(&self, id: Id, token: &str, start: &Start) -> Value {
        let channel = &self.channels[&start.channel];
        let mut place = self.channel_json(channel);
        place["permissions"] = json!(self.permissions(start.channel, start.user).to_string());
        let mut event = json!({
            "id": id.to_string(), "application_id": self.app.id.to_string(), "type": start.kind, "token": token, "version": 1,
            "channel_id": channel.id.to_string(), "channel": place, "data": start.data, "locale": "en-GB", "entitlements": [],
            "entitlement_sku_ids": [], "app_permissions": self.permissions(start.channel, self.app.id).to_string(),
            "attachment_size_limit": 10_485_760,
        });
        self.add_person(&mut event, channel.guild, start);
        if let Some(message) = start.source.and_then(|id| self.messages.values().find_map(|all| all.get(&id))) {
            event["message"] = self.message_json(message);
        }
        event
    }

    /// In a guild a member with computed permissions, in a direct message a user.
    fn add_person(&self, event: &mut Value, guild: Option<Id>, start: &Start) {
        let member = guild.and_then(|guild| self.guilds.get(&guild)).and_then(|guild| guild.members.get(&start.user));
        match (guild, member) {
            (Some(guild), Some(member)) => {
                let mut member = member.json();
                member["permissions"] = json!(self.permissions(start.channel, start.user).to_string());
                event["member"] = member;
                event["guild_id"] = json!(guild.to_string());
                event["guild"] = json!({ "id": guild.to_string(), "locale": "en-US", "features": [] });
                event["guild_locale"] = json!("en-US");
                event["context"] = json!(0);
                event["authorizing_integration_owners"] = json!({ "0": guild.to_string() });
            }
            _ => {
                event["user"] = self.user_json(start.user);
                event["context"] = json!(1);
                event["authorizing_integration_owners"] = json!({ "0": "0" });
            }
        }
    }
}
