//! A monitor that says what is down, one person who is called, and what a room looks like from outside.
#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use muster_playground::{Channel, Id, Look, Message, Playground};
use serde_json::{Value, json};

pub const GUILD: Id = 900_000_000_000_000_001;
pub const MONITOR: Id = 900_000_000_000_000_040;

/// For the sample world: Ana is called, and nobody else for half an hour. The title of an alert is its key.
pub const TEAM: &str = r#"
kind: settings
name: guild
spec: {announce: ["900000000000000030"], fallback: {role: "900000000000000020"}}
---
kind: contact
name: ana
spec: {display_name: Ana, discord_user: "900000000000000010", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: contact
name: ben
spec: {display_name: Ben, discord_user: "900000000000000011", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: escalation_plan
name: db
spec: {stages: [{duration: 30m, targets: [{contact: ana}]}, {duration: 30m, targets: [{contact: ben}]}]}
---
kind: response_plan
name: db
spec: {incident: {title: "{{ alert.title }}", impact: 2}, engagements: [{escalation_plan: db}], channel: {mode: channel, private: false}}
---
kind: alert_source
name: monitor
spec: {channel: "900000000000000031", author: {webhook: "900000000000000040"}, response_plan: db, rules: [{state: firing, content: '^DOWN (?P<title>.+)$'}]}
"#;

/// What the monitor posts.
pub fn down(what: &str) -> Value {
    json!({ "content": format!("DOWN {what}") })
}

/// The monitor says that this is down.
pub async fn fire(discord: &Playground, what: &str) -> Id {
    discord.webhook_post(MONITOR, down(what)).await.expect("the webhook takes it")
}

/// The rooms of incidents.
pub fn rooms(look: &Look<'_>) -> Vec<Channel> {
    look.channels().into_iter().filter(|channel| channel.name.starts_with("inc-")).collect()
}

/// The rooms of incidents about this; a room's name ends with the title.
pub fn rooms_about(look: &Look<'_>, what: &str) -> Vec<Channel> {
    let ending = format!("-{what}");
    rooms(look).into_iter().filter(|room| room.name.ends_with(&ending)).collect()
}

/// How often somebody was really notified in a channel.
pub fn pings(look: &Look<'_>, name: &str, channel: Id) -> usize {
    look.pings().iter().filter(|ping| ping.channel == channel && ping.name == name).count()
}

/// The custom id of a message's control that begins so.
pub fn control(message: &Message, begins: &str) -> Option<String> {
    let ids = message.controls().into_iter().filter_map(|one| Some(one["custom_id"].as_str()?.to_owned()));
    ids.into_iter().find(|id| id.starts_with(begins))
}

/// The pages in a channel that still ask.
pub fn asking(look: &Look<'_>, channel: Id) -> Vec<(Message, String)> {
    let all = look.messages(channel).into_iter();
    all.filter_map(|message| control(&message, "v1:ack:").map(|id| (message, id))).collect()
}

/// Cards in a channel: messages of ours with one embed that is about an incident.
pub fn cards(look: &Look<'_>, channel: Id) -> Vec<Message> {
    let is_card = |message: &Message| {
        let title = message.embeds.first().and_then(|embed| embed["title"].as_str());
        title.is_some_and(|title| title.contains("INC-"))
    };
    look.messages(channel).into_iter().filter(is_card).collect()
}
