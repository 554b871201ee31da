//! A message in a file → [`Message`]: Discord's own JSON (of the API, of a webhook call, or a whole gateway event), as far as
//! readers look at it. What is missing is empty: files are often cut down by hand.

use anyhow::anyhow;
use muster::definitions::Source;
use muster::domain::alert::{Embed, Field, Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, Timestamp, UserId, WebhookId};
use serde::Deserialize;

/// Reads one file.
///
/// # Errors
/// With file, line and column: no JSON, or not of a message's shape.
pub fn parse(file: &Source) -> anyhow::Result<Message> {
    let wrong = |why: serde_json::Error| {
        let right = "write a message as Discord's API shows it, with `content` or `embeds`";
        anyhow!("{}:{}:{}: this is not a message: {why}; {right}", file.file, why.line(), why.column())
    };
    let event: Event = serde_json::from_str(&file.text).map_err(wrong)?;
    let said = match event.d {
        Some(said) => said,
        None => serde_json::from_str(&file.text).map_err(wrong)?,
    };
    if said.content.is_none() && said.embeds.is_none() {
        return Err(anyhow!("{}: this is not a message: it has neither `content` nor `embeds`", file.file));
    }
    Ok(said.into())
}

/// What the gateway sends around a message.
#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    d: Option<Said>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    id: Option<MessageId>,
    channel_id: Option<ChannelId>,
    timestamp: Option<Timestamp>,
    webhook_id: Option<WebhookId>,
    author: Option<Author>,
    /// Of a webhook call.
    username: Option<String>,
    content: Option<String>,
    embeds: Option<Vec<SaidEmbed>>,
    components: Option<Vec<Component>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Author {
    id: Option<UserId>,
    username: Option<String>,
    bot: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidEmbed {
    title: Option<String>,
    description: Option<String>,
    url: Option<String>,
    color: Option<u32>,
    footer: Option<Footer>,
    author: Option<EmbedAuthor>,
    fields: Option<Vec<Field>>,
}

#[derive(Deserialize)]
struct Footer {
    text: Option<String>,
}

#[derive(Deserialize)]
struct EmbedAuthor {
    name: Option<String>,
}

/// A button, or a row of them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Component {
    custom_id: Option<String>,
    components: Vec<Component>,
}

impl From<Said> for Message {
    fn from(said: Said) -> Message {
        let author = said.author.unwrap_or_default();
        let id = author.id.unwrap_or(UserId(0));
        Message {
            id: said.id.unwrap_or(MessageId(0)),
            channel: said.channel_id.unwrap_or(ChannelId(0)),
            at: said.timestamp.unwrap_or_default(),
            author: match said.webhook_id {
                Some(webhook) => MessageAuthor::Webhook(webhook),
                None if author.bot => MessageAuthor::Bot(id),
                None => MessageAuthor::Person(id),
            },
            username: author.username.or(said.username),
            content: said.content.unwrap_or_default(),
            embeds: said.embeds.unwrap_or_default().into_iter().map(Embed::from).collect(),
            custom_ids: custom_ids(said.components.unwrap_or_default()),
        }
    }
}

impl From<SaidEmbed> for Embed {
    fn from(said: SaidEmbed) -> Embed {
        Embed {
            title: said.title,
            description: said.description,
            url: said.url,
            footer: said.footer.and_then(|footer| footer.text),
            author: said.author.and_then(|author| author.name),
            colour: said.color,
            fields: said.fields.unwrap_or_default(),
        }
    }
}

fn custom_ids(components: Vec<Component>) -> Vec<String> {
    components.into_iter().flat_map(|one| one.custom_id.into_iter().chain(custom_ids(one.components))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Message> {
        parse(&Source { file: "it.json".to_owned(), text: text.to_owned() })
    }

    #[test]
    fn an_event_and_its_message_read_the_same() {
        let message = r#"{"id": "900000000000000001", "webhook_id": "900000000000000301", "content": "ALERT", "tts": false,
            "author": {"id": "900000000000000301", "username": "Prometheus", "bot": true},
            "embeds": [{"title": "down", "footer": {"text": "f"}, "fields": [{"name": "a", "value": "b", "inline": true}]}],
            "components": [{"type": 1, "components": [{"type": 2, "custom_id": "key:7"}]}]}"#;
        let plain = read(message).unwrap();
        assert_eq!(plain, read(&format!(r#"{{"op": 0, "t": "MESSAGE_CREATE", "d": {message}}}"#)).unwrap());
        assert_eq!(plain.author, MessageAuthor::Webhook(WebhookId(900_000_000_000_000_301)));
        assert_eq!((plain.username.as_deref(), plain.custom_ids), (Some("Prometheus"), vec!["key:7".to_owned()]));
        assert_eq!(plain.embeds[0].fields[0].value, "b");
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_place() {
        for (text, said) in [
            ("{\n \"content\": 7}", "it.json:2:13: this is not a message: invalid type"),
            ("nothing", "it.json:1:2: this is not a message: expected ident"),
            ("{\"alerts\": []}", "it.json: this is not a message: it has neither"),
        ] {
            let why = read(text).unwrap_err().to_string();
            assert!(why.starts_with(said), "{why}");
        }
    }
}
