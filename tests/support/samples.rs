//! The recorded messages of real senders (`tests/data/alerts`), as the bot would get them. Never changes a sample; what each should be read
//! as stands in its `_meta.expect`.
#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};

use muster::domain::alert::{Embed, Field, Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, Timestamp, UserId, WebhookId};
use serde_json::Value;

pub struct Sample {
    pub sender: String,
    pub case: String,
    pub message: Message,
    /// `_meta.expect`
    pub expect: Value,
}

/// One sample: `load("alertmanager-real", "v0.25.0-single-firing")`.
pub fn load(sender: &str, case: &str) -> Sample {
    let path = folder().join(sender).join(format!("{case}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let sample: Value = serde_json::from_str(&text).unwrap();
    Sample {
        sender: sender.to_owned(),
        case: case.to_owned(),
        message: message(&sample),
        expect: sample["_meta"]["expect"].clone(),
    }
}

/// All samples of all senders, in order of their paths.
pub fn all() -> Vec<Sample> {
    let folders = entries(&folder()).into_iter().filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| entries(&folder));
    files.map(|file| load(&name(file.parent().unwrap()), &name(&file))).collect()
}

/// A message with nothing in it, for tests that say the rest.
pub fn empty() -> Message {
    Message {
        id: MessageId(1_300_000_000_000_000_001),
        channel: ChannelId(900_000_000_000_000_030),
        at: Timestamp::UNIX_EPOCH,
        author: MessageAuthor::Webhook(WebhookId(900_000_000_000_000_301)),
        username: None,
        content: String::new(),
        embeds: Vec::new(),
        custom_ids: Vec::new(),
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alerts")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy();
    name.strip_suffix(".json").unwrap_or(&name).to_owned()
}

/// From the shape at the gateway, which is the sample's top level.
fn message(sample: &Value) -> Message {
    let bot = sample["_meta"]["posted_via"] == "bot";
    let author = if bot {
        MessageAuthor::Bot(UserId(900_000_000_000_000_302))
    } else {
        MessageAuthor::Webhook(WebhookId(900_000_000_000_000_301))
    };
    Message {
        author,
        username: text(&sample["username"]),
        content: text(&sample["content"]).unwrap_or_default(),
        embeds: list(&sample["embeds"]).iter().map(embed).collect(),
        custom_ids: buttons(&sample["components"]),
        ..empty()
    }
}

fn embed(embed: &Value) -> Embed {
    let field = |field: &Value| Field {
        name: text(&field["name"]).unwrap_or_default(),
        value: text(&field["value"]).unwrap_or_default(),
    };
    Embed {
        title: text(&embed["title"]),
        description: text(&embed["description"]),
        url: text(&embed["url"]),
        footer: text(&embed["footer"]["text"]),
        author: text(&embed["author"]["name"]),
        colour: embed["color"].as_u64().map(|colour| u32::try_from(colour).unwrap()),
        fields: list(&embed["fields"]).iter().map(field).collect(),
    }
}

fn buttons(rows: &Value) -> Vec<String> {
    list(rows).iter().flat_map(|row| list(&row["components"])).filter_map(|button| text(&button["custom_id"])).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
