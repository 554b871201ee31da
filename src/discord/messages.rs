//! Messages and reactions: the messages of alert sources, and signs on our own. Never reads the bot itself.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::rest::{Call, Endpoint};
use super::{Discord, channel_id, message_id, shape};
use crate::app::Fault;
use crate::app::request::{Ask, Request};
use crate::domain::alert::{Embed, Field, Message, MessageAuthor};
use crate::domain::id::{ChannelId, GuildId, MessageId, Timestamp, UserId, WebhookId};
use crate::domain::permission::Person;
use crate::domain::snowflake;

/// Reactions that acknowledge.
pub const SIGNS: [&str; 2] = ["✅", "👀"];

/// Waits before a message of ours that is not known yet is looked for again: the first for a receipt that is being saved, the
/// last for one whose sending was not answered and is repeated.
const RECEIPT_PAUSES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// Waits before what met a fault of the store is tried again; the last one stays.
const FAULT_PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];

/// How deep components may nest (a row in a section in a container: 3); guards the recursion.
const DEPTH_MAX: usize = 8;

/// A message as Discord sends it; parts can be missing from an update.
#[derive(Debug, Clone, Deserialize)]
pub struct Said {
    pub id: MessageId,
    pub channel_id: ChannelId,
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    author: Option<shape::User>,
    #[serde(default)]
    webhook_id: Option<WebhookId>,
    #[serde(default)]
    application_id: Option<UserId>,
    content: Option<String>,
    #[serde(default)]
    embeds: Vec<SaidEmbed>,
    #[serde(default)]
    components: Vec<Value>,
    #[serde(default)]
    timestamp: Option<Timestamp>,
    #[serde(default)]
    pub edited_timestamp: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
struct SaidEmbed {
    title: Option<String>,
    description: Option<String>,
    url: Option<String>,
    footer: Option<Footer>,
    author: Option<Author>,
    color: Option<u32>,
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Debug, Clone, Deserialize)]
struct Footer {
    text: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Author {
    name: String,
}

impl Said {
    /// The message, if somebody else said it; `None`: ours, or not all of it is here.
    pub fn by_others(self, me: UserId) -> Option<Message> {
        let author = self.author?;
        let ours = author.id == me || self.application_id == Some(me) || self.webhook_id.is_some_and(|id| id.0 == me.0);
        if ours {
            return None;
        }
        Some(Message {
            id: self.id,
            channel: self.channel_id,
            at: self.timestamp.unwrap_or_else(|| snowflake::made_at(self.id.0)),
            author: match self.webhook_id {
                Some(webhook) => MessageAuthor::Webhook(webhook),
                None if author.bot => MessageAuthor::Bot(author.id),
                None => MessageAuthor::Person(author.id),
            },
            username: Some(author.name()),
            content: self.content?,
            embeds: self.embeds.into_iter().map(embed).collect(),
            custom_ids: custom_ids(&self.components),
        })
    }

    fn complete(&self) -> bool {
        self.author.is_some() && self.content.is_some()
    }
}

fn fault_pauses() -> impl Iterator<Item = Duration> {
    FAULT_PAUSES.into_iter().chain(std::iter::repeat(FAULT_PAUSES[FAULT_PAUSES.len() - 1]))
}

fn embed(said: SaidEmbed) -> Embed {
    Embed {
        title: said.title,
        description: said.description,
        url: said.url,
        footer: said.footer.map(|footer| footer.text),
        author: said.author.map(|author| author.name),
        colour: said.color,
        fields: said.fields,
    }
}

/// The custom ids of a message's components, however they are nested.
pub fn custom_ids(components: &[Value]) -> Vec<String> {
    let mut ids = Vec::new();
    components.iter().for_each(|component| collect_ids(component, DEPTH_MAX, &mut ids));
    ids
}

fn collect_ids(component: &Value, depth: usize, ids: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    ids.extend(component["custom_id"].as_str().map(str::to_owned));
    let inner = component["components"].as_array().into_iter().flatten().chain(component.get("accessory"));
    inner.for_each(|component| collect_ids(component, depth - 1, ids));
}

impl Discord {
    /// A message was said in a guild, or edited.
    pub(super) async fn heard_message(&self, said: Value, edited: bool) {
        let Ok(said) = serde_json::from_value::<Said>(said) else {
            tracing::warn!("a message could not be read");
            return;
        };
        // Discord also updates a message when it unfurls a link: nobody has edited that.
        if edited && said.edited_timestamp.is_none() {
            return;
        }
        let Some(guild) = said.guild_id.filter(|guild| self.serves(*guild)) else { return };
        let Some(said) = self.whole(said).await else { return };
        let edit = said.edited_timestamp.filter(|_| edited).map(|at| at.to_rfc3339());
        let Some(message) = said.by_others(self.me()) else { return };
        // People are no alert sources; in the room of an incident, what they write is a sign of life.
        if let MessageAuthor::Person(user) = message.author {
            if let Err(fault) = self.app().wrote(message.channel, user).await {
                tracing::warn!(%fault, %guild, "who has seen a page was not taken down");
            }
            return;
        }
        self.take_in(guild, message, edit).await;
    }

    /// Takes an alert message in, however long the store needs. Those of the guild wait behind one that could not be taken in, which
    /// the catch-up reads again; an edit it cannot read, and waits here.
    async fn take_in(&self, guild: GuildId, message: Message, edit: Option<String>) {
        if edit.is_none() {
            self.app().expect(guild, &message);
        }
        let mut pauses = fault_pauses();
        while self.0.gates.passed(guild).await {
            match self.app().message(guild, message.clone(), edit.clone()).await {
                Ok(_) => return,
                Err(fault) => {
                    tracing::error!(%fault, %guild, "an alert message was not taken in; it is read again");
                    self.stumble(guild);
                    tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                }
            }
        }
        tracing::warn!(%guild, "too many alert messages wait: this one is read again later");
        if edit.is_none() {
            self.app().expect_no_more(guild, &message);
        }
    }

    /// The message with all its parts; an update may lack some.
    async fn whole(&self, said: Said) -> Option<Said> {
        if said.complete() {
            return Some(said);
        }
        let call = Call::new(Endpoint::message(channel_id(said.channel_id), message_id(said.id)));
        match self.ask::<Said>(call).await {
            Ok(whole) => Some(Said { guild_id: said.guild_id, ..whole }),
            Err(error) => {
                tracing::warn!(%error, "an edited message could not be read");
                None
            }
        }
    }

    /// Somebody reacted to a message. In direct messages Discord says neither guild nor roles.
    pub(super) async fn heard_reaction(&self, reaction: Reacted) {
        if reaction.user == self.me() || reaction.bot || !SIGNS.contains(&reaction.emoji.as_str()) {
            return;
        }
        // Of other people's messages nothing is to be looked up.
        if reaction.author.is_some_and(|author| author != self.me()) {
            return;
        }
        let mut pauses = fault_pauses();
        let mut place = None;
        while let Err(fault) = self.signed_live(&reaction).await {
            place = place.or_else(|| self.0.gates.place());
            tracing::error!(%fault, waits = place.is_some(), "a reaction was not taken in");
            if fault.is_lasting() {
                return;
            }
            if place.is_none() {
                reaction.guild.into_iter().for_each(|guild| self.stumble(guild));
                return;
            }
            tokio::time::sleep(pauses.next().unwrap_or_default()).await;
        }
    }

    async fn signed_live(&self, reaction: &Reacted) -> Result<(), Fault> {
        match self.guild_reacted_in(reaction).await? {
            Some(guild) => self.sign(guild, reaction.clone(), true).await,
            None => Ok(()),
        }
    }

    /// The guild whose page it is. A message of ours that is not known yet may be one whose receipt is still being saved.
    async fn guild_reacted_in(&self, reaction: &Reacted) -> Result<Option<GuildId>, Fault> {
        for pause in RECEIPT_PAUSES {
            match self.app().guild_of_message(reaction.message).await? {
                Some(guild) => {
                    let same = reaction.guild.is_none_or(|said| said == guild);
                    return Ok(Some(guild).filter(|guild| same && self.serves(*guild)));
                }
                None => tokio::time::sleep(pause).await,
            }
        }
        Ok(None)
    }

    /// A reaction on a message of ours, live or caught up: one that counted live does not count again when it is caught up.
    pub(super) async fn sign(&self, guild: GuildId, reaction: Reacted, live: bool) -> Result<(), Fault> {
        let Some(by) = self.signer(guild, &reaction).await else { return Ok(()) };
        let key = format!("r:{}:{}:{}", reaction.message, reaction.user, reaction.emoji);
        let ask = Ask::Sign { message: reaction.message, live };
        let request = Request { guild, by, channel: Some(reaction.channel), key, ask, survey: None };
        self.app().sign(request).await
    }

    async fn signer(&self, guild: GuildId, reaction: &Reacted) -> Option<Person> {
        if let Some(by) = &reaction.by {
            return Some(by.clone());
        }
        match self.member(guild, reaction.user, super::Lane::Reply).await {
            Ok(member) if member.user.bot => None,
            Ok(member) => Some(person(&member)),
            // Whoever is paged may answer, also while Discord does not say which roles they have.
            Err(error) => {
                tracing::warn!(%error, "who reacted is not known; they count without roles");
                let name = reaction.user.to_string();
                Some(Person { user: reaction.user, name, roles: Vec::new(), manages_guild: false })
            }
        }
    }
}

/// A reaction that somebody added.
#[derive(Debug, Clone)]
pub(super) struct Reacted {
    pub guild: Option<GuildId>,
    pub channel: ChannelId,
    pub message: MessageId,
    pub user: UserId,
    /// Who wrote the message, where the event says so.
    pub author: Option<UserId>,
    pub emoji: String,
    pub bot: bool,
    /// Where the event says who it is.
    pub by: Option<Person>,
}

/// A member, as far as a reaction goes: it never needs to manage the guild.
pub(super) fn person(member: &shape::Member) -> Person {
    Person { user: member.user.id, name: member.name(), roles: member.roles.clone(), manages_guild: false }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ME: UserId = UserId(900_000_000_000_000_002);

    fn read(mut said: Value) -> Option<Message> {
        said["id"] = json!("175928847299117063");
        said["channel_id"] = json!("900000000000000031");
        serde_json::from_value::<Said>(said).unwrap().by_others(ME)
    }

    #[test]
    fn trust_is_by_id() {
        let user = |id: &str, bot: bool| json!({ "id": id, "username": "Alertmanager", "bot": bot });
        let rows = [
            (
                json!({ "author": user("900000000000000040", true), "webhook_id": "900000000000000040" }),
                Some(MessageAuthor::Webhook(WebhookId(900_000_000_000_000_040))),
            ),
            (
                json!({ "author": user("900000000000000050", true) }),
                Some(MessageAuthor::Bot(UserId(900_000_000_000_000_050))),
            ),
            (
                json!({ "author": user("900000000000000010", false) }),
                Some(MessageAuthor::Person(UserId(900_000_000_000_000_010))),
            ),
            (json!({ "author": user("900000000000000002", true) }), None),
            (
                json!({ "author": user("900000000000000060", true), "webhook_id": "900000000000000002", "application_id": "900000000000000002" }),
                None,
            ),
        ];
        for (mut said, author) in rows {
            said["content"] = json!("");
            assert_eq!(read(said.clone()).map(|message| message.author), author, "{said}");
        }
    }

    #[test]
    fn everything_in_a_message_is_read() {
        let message = read(json!({
            "author": { "id": "900000000000000040", "username": "monitor", "global_name": null, "bot": true },
            "webhook_id": "900000000000000040",
            "content": "text",
            "embeds": [{ "title": "t", "description": "d", "url": "u", "color": 5, "footer": { "text": "f" },
                "author": { "name": "a" }, "fields": [{ "name": "n", "value": "v", "inline": true }], "type": "rich" }],
            "components": [{ "type": 17, "components": [{ "type": 1, "components": [{ "type": 2, "custom_id": "key" }] }] }],
        }));
        let message = message.unwrap();
        assert_eq!(message.at.to_rfc3339(), "2016-04-30T11:18:25.796+00:00", "the id says when");
        assert_eq!(message.custom_ids, ["key"]);
        let field = Field { name: "n".to_owned(), value: "v".to_owned() };
        let text = |text: &str| Some(text.to_owned());
        let embed = Embed {
            title: text("t"),
            description: text("d"),
            url: text("u"),
            footer: text("f"),
            author: text("a"),
            colour: Some(5),
            fields: vec![field],
        };
        assert_eq!(message.embeds, [embed]);
    }
}
