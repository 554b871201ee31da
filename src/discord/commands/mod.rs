//! The slash commands: the data that Discord shows, and what a person typed as a type. Answers none of them.
//!
//! `commands/*.json` holds one command a file, exactly as Discord takes it, and is the only place with names, limits and
//! descriptions. To add one: write it there, give it a type in a file of its own and a
//! variant below; `tests/commands.rs` says where the two disagree.

mod config;
mod contact;
mod incident;
mod oncall;
mod page;
mod plan;
mod timeline;

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub use config::{Attachment, Config, Version};
pub use contact::Contact;
pub use incident::{Incident, Status};
pub use oncall::Oncall;
pub use page::{Ack, Page};
pub use plan::Plan;
pub use timeline::Timeline;

/// Every command as an array: the body of Discord's bulk overwrite.
pub fn all() -> Value {
    COMMANDS.clone()
}

/// The words of every command that can be typed: `incident ack`, `help`.
pub fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    for command in COMMANDS.as_array().into_iter().flatten().filter(|command| command["type"] == SLASH) {
        put_paths("", command, &mut paths);
    }
    paths
}

fn put_paths(above: &str, entry: &Value, paths: &mut Vec<String>) {
    let path = format!("{above}{}", entry["name"].as_str().unwrap_or_default());
    let options = options_of(entry);
    if options.iter().any(nests) {
        options.iter().for_each(|option| put_paths(&format!("{path} "), option, paths));
    } else {
        paths.push(path);
    }
}

/// Whether Discord's answer to "which commands are registered" is anything else than [`all`].
///
/// Compares what can be set; ids, versions, order of the commands and defaults that Discord spells out do not count.
pub fn differs(registered: &Value) -> bool {
    settled(registered) != settled(&COMMANDS)
}

/// Reads a slash command from an interaction's `data.name` and `data.options`, as Discord sends them.
///
/// # Errors
/// [`BadCommand`], a sentence for the person who typed.
pub fn parse(name: &str, options: &[Value]) -> Result<Command, BadCommand> {
    let typed = Typed::new(name, options);
    let declared = leaf(&typed.path).ok_or_else(|| BadCommand::Unknown(typed.words()))?;
    let given = typed.values();
    check(&typed, declared, &given)?;
    let tree = typed.path.iter().rev().fold(Value::Object(given), |inner, word| json!({ *word: inner }));
    serde_json::from_value(tree).map_err(|why| BadCommand::Value(why.to_string()))
}

/// The option somebody is typing into; `None` where none is marked.
pub fn focused<'a>(name: &'a str, options: &'a [Value]) -> Option<Focused<'a>> {
    let typed = Typed::new(name, options);
    let option = typed.options.iter().find(|option| option["focused"] == true)?;
    let partial = match &option["value"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        number => number.to_string(),
    };
    Some(Focused { path: typed.words(), option: option["name"].as_str()?, partial, given: typed.values() })
}

/// An option being completed.
#[derive(Debug, Clone, PartialEq)]
pub struct Focused<'a> {
    /// The words of the command, `incident show`.
    pub path: String,
    pub option: &'a str,
    /// As typed so far, may be empty.
    pub partial: String,
    /// All options so far.
    pub given: Map<String, Value>,
}

/// A command that cannot be carried out as typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    /// Discord still shows an older or newer list of commands than ours.
    #[error("`/{0}` is not known to this version of Muster. Reload Discord and choose the command again.")]
    Unknown(String),
    #[error("`/{path}` needs `{option}`. Send it again with `{option}` filled in.")]
    Missing { path: String, option: String },
    #[error("`{option}` has {len} characters, and {max} is the most. Shorten it and send it again.")]
    TooLong { option: String, len: usize, max: u64 },
    /// A value that reads as nothing; the sentence quotes it and says what to write.
    #[error("{0}.")]
    Value(String),
}

/// What was typed. Variants and fields have the names of `commands/*.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    Ack(Ack),
    Config(Config),
    Contact(Contact),
    Doctor {},
    Help {},
    Incident(Incident),
    Oncall(Oncall),
    Page(Page),
    Plan(Plan),
    Setup {},
    Timeline(Timeline),
}

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/commands");

static COMMANDS: LazyLock<Value> = LazyLock::new(|| {
    let read =
        |text| serde_json::from_slice(text).expect("every file of commands/ is JSON: tests/commands.rs reads them all");
    FILES.files().map(|file| read(file.contents())).collect::<Vec<Value>>().into()
});

/// Discord's number for a command that is typed, not chosen from a menu.
const SLASH: u64 = 1;

/// Discord's numbers for the options that hold other options: sub command, sub command group.
const NESTING: [u64; 2] = [1, 2];

fn nests(option: &Value) -> bool {
    option["type"].as_u64().is_some_and(|kind| NESTING.contains(&kind))
}

fn options_of(value: &Value) -> &[Value] {
    value["options"].as_array().map_or(&[], Vec::as_slice)
}

/// A command as it arrives: its words, and the options of the last of them.
struct Typed<'a> {
    path: Vec<&'a str>,
    options: &'a [Value],
}

impl<'a> Typed<'a> {
    fn new(name: &'a str, options: &'a [Value]) -> Typed<'a> {
        let mut typed = Typed { path: vec![name], options };
        while let Some(inner) = typed.options.first().filter(|option| nests(option)) {
            typed.path.push(inner["name"].as_str().unwrap_or_default());
            typed.options = options_of(inner);
        }
        typed
    }

    fn words(&self) -> String {
        self.path.join(" ")
    }

    /// Option → value. Text is trimmed, and text of blanks only is as good as not given.
    fn values(&self) -> Map<String, Value> {
        let value = |option: &Value| match option["value"].as_str().map(str::trim) {
            Some("") => None,
            Some(text) => Some(text.into()),
            None => Some(option["value"].clone()),
        };
        let named = |option: &Value| Some((option["name"].as_str()?.to_owned(), value(option)?));
        self.options.iter().filter_map(named).collect()
    }
}

/// The options declared for the command of these words; `None` where there is none, or more words would follow.
fn leaf(path: &[&str]) -> Option<&'static [Value]> {
    let (name, words) = path.split_first()?;
    let command = COMMANDS.as_array()?.iter().find(|command| command["type"] == SLASH && command["name"] == *name)?;
    let mut level = options_of(command);
    for word in words {
        level = level.iter().find(|option| nests(option) && option["name"] == *word).map(options_of)?;
    }
    (!level.iter().any(nests)).then_some(level)
}

/// Discord does not promise that what arrives keeps to what we declared.
fn check(typed: &Typed<'_>, declared: &[Value], given: &Map<String, Value>) -> Result<(), BadCommand> {
    if given.keys().any(|name| declared.iter().all(|option| option["name"] != **name)) {
        return Err(BadCommand::Unknown(typed.words()));
    }
    for option in declared {
        let name = option["name"].as_str().unwrap_or_default();
        match given.get(name) {
            None if option["required"] == true => {
                return Err(BadCommand::Missing { path: typed.words(), option: name.to_owned() });
            }
            None => {}
            Some(value) => check_length(option, name, value)?,
        }
    }
    Ok(())
}

fn check_length(option: &Value, name: &str, value: &Value) -> Result<(), BadCommand> {
    let max = option["max_length"].as_u64().unwrap_or(u64::MAX);
    let len = value.as_str().map_or(0, |text| text.chars().count());
    if len as u64 > max {
        return Err(BadCommand::TooLong { option: name.to_owned(), len, max });
    }
    Ok(())
}

/// The fields of commands, options and choices that can be set; Discord's answers hold more.
/// <https://discord.com/developers/docs/interactions/application-commands#application-command-object>
const SETTABLE: [&str; 20] = [
    "autocomplete",
    "channel_types",
    "choices",
    "contexts",
    "default_member_permissions",
    "description",
    "description_localizations",
    "handler",
    "integration_types",
    "max_length",
    "max_value",
    "min_length",
    "min_value",
    "name",
    "name_localizations",
    "nsfw",
    "options",
    "required",
    "type",
    "value",
];

/// Commands without what Discord adds and without what is default anyway, in a fixed order.
fn settled(commands: &Value) -> Value {
    let mut commands: Vec<Value> = commands.as_array().into_iter().flatten().map(settled_entry).collect();
    commands.sort_by_cached_key(|command| (command["type"].as_u64(), command["name"].to_string()));
    commands.into()
}

fn settled_entry(entry: &Value) -> Value {
    match entry {
        Value::Object(fields) => {
            let kept =
                fields.iter().filter(|(name, value)| SETTABLE.contains(&name.as_str()) && !is_default(name, value));
            kept.map(|(name, value)| (name.clone(), settled_entry(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(entries) => entries.iter().map(settled_entry).collect(),
        plain => plain.clone(),
    }
}

fn is_default(name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(entries) => entries.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        // A command without a type is a slash command.
        _ => name == "type" && *value == SLASH,
    }
}
