//! What a person fills in, turned into what Discord sends: command options, chosen values, form fields, and what they resolve to.
//! Never sends anything; what a client would refuse is an error here.

use crate::{
    id::{Id, Key},
    state::State,
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

const SUB: u64 = 1;
const STRING: u64 = 3;
const INTEGER: u64 = 4;
const BOOLEAN: u64 = 5;
const USER: u64 = 6;
const CHANNEL: u64 = 7;
const ROLE: u64 = 8;
const MENTIONABLE: u64 = 9;
const NUMBER: u64 = 10;
const ATTACHMENT: u64 = 11;

fn kind(option: &Value) -> u64 {
    option["type"].as_u64().unwrap_or(0)
}

/// Nested options from a path of subcommands and an object of values. `focused`: completion is asked for this option.
pub(super) fn nested(
    state: &State,
    level: &Value,
    path: &[String],
    given: &Value,
    focused: Option<&str>,
) -> Result<Vec<Value>> {
    let empty = Vec::new();
    let options = level["options"].as_array().unwrap_or(&empty);
    if let Some((name, rest)) = path.split_first() {
        let known: Vec<&Value> = options.iter().map(|option| &option["name"]).collect();
        let sub = options.iter().find(|option| option["name"] == name.as_str() && kind(option) <= 2);
        let sub = sub.with_context(|| format!("no subcommand {name:?}; there are {known:?}"))?;
        let inner = nested(state, sub, rest, given, focused)?;
        return Ok(vec![json!({ "name": name, "type": sub["type"], "options": inner })]);
    }
    ensure!(
        options.iter().all(|option| kind(option) > 2),
        "a subcommand is missing: {:?}",
        options.iter().map(|option| &option["name"]).collect::<Vec<_>>()
    );
    let given = match given {
        Value::Null => serde_json::Map::new(),
        Value::Object(map) => map.clone(),
        other => bail!("options are an object or an array, not {other}"),
    };
    if let Some(odd) = given.keys().find(|name| !options.iter().any(|option| option["name"] == name.as_str())) {
        bail!("no option {odd:?}; there are {:?}", options.iter().map(|option| &option["name"]).collect::<Vec<_>>());
    }
    let filled = options.iter().filter_map(|option| fill(state, option, &given, focused).transpose());
    filled.collect()
}

fn fill(
    state: &State,
    option: &Value,
    given: &serde_json::Map<String, Value>,
    focused: Option<&str>,
) -> Result<Option<Value>> {
    let name = option["name"].as_str().unwrap_or_default();
    let value = given.get(name).filter(|value| !value.is_null());
    if focused == Some(name) {
        ensure!(option["autocomplete"] == true, "the option {name:?} offers no completion");
        let typed =
            value.map_or(String::new(), |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        return Ok(Some(json!({ "name": name, "type": option["type"], "value": typed, "focused": true })));
    }
    let Some(value) = value else {
        ensure!(option["required"] != true || focused.is_some(), "the option {name:?} is required");
        return Ok(None);
    };
    let value = value_of(state, option, value).with_context(|| format!("option {name:?}"))?;
    Ok(Some(json!({ "name": name, "type": option["type"], "value": value })))
}

fn value_of(state: &State, option: &Value, value: &Value) -> Result<Value> {
    let key = || Key::from(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let value = match kind(option) {
        STRING => json!(value.as_str().context("is a text")?),
        INTEGER => json!(value.as_i64().context("is an integer")?),
        NUMBER => json!(value.as_f64().context("is a number")?),
        BOOLEAN => json!(value.as_bool().context("is a yes or no")?),
        USER => json!(state.find_user(&key())?.to_string()),
        CHANNEL => json!(state.find_channel(&key())?.to_string()),
        ROLE => json!(state.find_role(&key())?.1.to_string()),
        MENTIONABLE => {
            json!(state.find_user(&key()).or_else(|_| state.find_role(&key()).map(|(_, role)| role))?.to_string())
        }
        ATTACHMENT => {
            let id = value.as_str().and_then(|id| id.parse().ok()).filter(|id| state.files.contains_key(id));
            json!(id.context("is a file: an object of `filename` and `content`")?.to_string())
        }
        other => bail!("options of type {other} cannot be filled in here"),
    };
    check_limits(option, &value)?;
    Ok(value)
}

/// Choices, lengths and ranges, as a client checks them.
fn check_limits(option: &Value, value: &Value) -> Result<()> {
    if let Some(choices) = option["choices"].as_array().filter(|choices| !choices.is_empty()) {
        ensure!(choices.iter().any(|choice| choice["value"] == *value), "{value} is none of the choices");
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        ensure!(length <= option["max_length"].as_u64().unwrap_or(6000), "{length} characters are too many");
        ensure!(length >= option["min_length"].as_u64().unwrap_or(0), "{length} characters are too few");
    }
    if let Some(number) = value.as_f64() {
        ensure!(option["max_value"].as_f64().is_none_or(|max| number <= max), "{number} is too large");
        ensure!(option["min_value"].as_f64().is_none_or(|min| number >= min), "{number} is too small");
    }
    Ok(())
}

/// What ids in options stand for.
pub(super) fn resolved(state: &State, channel: Id, options: &[Value]) -> Value {
    let mut found = json!({});
    fn visit(state: &State, channel: Id, options: &[Value], found: &mut Value) {
        for option in options {
            match (kind(option), option["value"].as_str().and_then(|id| id.parse().ok())) {
                (SUB | 2, _) => visit(state, channel, option["options"].as_array().map_or(&[], Vec::as_slice), found),
                (kind, Some(id)) => resolve(state, channel, kind, id, found),
                _ => {}
            }
        }
    }
    visit(state, channel, options, &mut found);
    found
}

/// Keeps the files among the options' values, objects of `filename` and `content` (a text), and puts their ids in place.
pub(super) fn with_files(state: &mut State, mut options: Value) -> Value {
    for value in options.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if let (Some(name), Some(content)) = (value["filename"].as_str(), value["content"].as_str()) {
            *value = json!(state.keep_file(name, content.as_bytes().to_vec()).to_string());
        }
    }
    options
}

/// Adds what one id stands for, by option type.
pub(super) fn resolve(state: &State, channel: Id, kind: u64, id: Id, into: &mut Value) {
    let key = id.to_string();
    if matches!(kind, USER | MENTIONABLE) && state.users.contains_key(&id) {
        into["users"][&key] = state.user_json(id);
        if let Some(member) = state.member_in(channel, id) {
            let mut member = member.partial_json();
            member["permissions"] = json!(state.permissions(channel, id).to_string());
            into["members"][&key] = member;
        }
    }
    let role = state.guild_of(channel).and_then(|guild| guild.roles.get(&id));
    if let Some(role) = role.filter(|_| matches!(kind, ROLE | MENTIONABLE)) {
        into["roles"][&key] = role.json();
    }
    if let Some(mut file) = state.attachment_json(id).filter(|_| kind == ATTACHMENT) {
        file["ephemeral"] = json!(true);
        into["attachments"][&key] = file;
    }
    if let Some(place) = state.channels.get(&id).filter(|_| kind == CHANNEL) {
        let mut place = state.channel_json(place);
        place["permissions"] = json!(state.permissions(id, state.app.id).to_string());
        place["app_permissions"] = place["permissions"].clone();
        into["channels"][&key] = place;
    }
}

/// Checks what was chosen in a select menu; entities become ids.
pub(super) fn chosen(state: &State, menu: &Value, values: &[&str]) -> Result<Vec<String>> {
    let bound = |name: &str| menu[name].as_u64().unwrap_or(1);
    let count = values.len() as u64;
    ensure!(
        (bound("min_values")..=bound("max_values")).contains(&count),
        "{count} values, {} to {} wanted",
        bound("min_values"),
        bound("max_values")
    );
    let one = |value: &&str| -> Result<String> {
        let key = Key::from(*value);
        Ok(match menu["type"].as_u64() {
            Some(3) => {
                let options = menu["options"].as_array().context("a string select has options")?;
                let known: Vec<&Value> = options.iter().map(|option| &option["value"]).collect();
                ensure!(known.iter().any(|known| **known == *value), "no option {value:?}; there are {known:?}");
                (*value).to_owned()
            }
            Some(5) => state.find_user(&key)?.to_string(),
            Some(6) => state.find_role(&key)?.1.to_string(),
            Some(7) => state.find_user(&key).or_else(|_| state.find_role(&key).map(|(_, role)| role))?.to_string(),
            Some(8) => {
                let id = state.find_channel(&key)?;
                let (kind, offered) = (state.channels[&id].kind, menu["channel_types"].as_array());
                ensure!(
                    offered.is_none_or(|kinds| kinds.contains(&json!(kind))),
                    "channels of type {kind} are not offered"
                );
                id.to_string()
            }
            other => bail!("{other:?} is no select menu"),
        })
    };
    values.iter().map(one).collect()
}

/// A form's fields with what was typed, in Discord's shape.
pub(super) fn filled(form: &Value, values: &Value) -> Result<Vec<Value>> {
    let rows = form["components"].as_array().context("a form has components")?;
    let mut used = Vec::new();
    let mut filled = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let field = if row["type"] == 18 { &row["component"] } else { &row["components"][0] };
        let Some(custom_id) = field["custom_id"].as_str() else { continue };
        used.push(custom_id);
        let done = fill_field(field, values.get(custom_id)).with_context(|| format!("the field {custom_id:?}"))?;
        filled.push(match row["type"].as_u64() {
            Some(18) => json!({ "type": 18, "id": at * 2 + 1, "component": done }),
            _ => json!({ "type": 1, "id": at * 2 + 1, "components": [done] }),
        });
    }
    let odd = values.as_object().into_iter().flat_map(|map| map.keys()).find(|name| !used.contains(&name.as_str()));
    ensure!(odd.is_none(), "no field {odd:?}; there are {used:?}");
    Ok(filled)
}

fn fill_field(field: &Value, given: Option<&Value>) -> Result<Value> {
    let kind = field["type"].clone();
    if kind != 4 {
        let values = given.cloned().unwrap_or_else(|| json!([]));
        ensure!(values.is_array(), "is a list of values");
        return Ok(json!({ "type": kind, "custom_id": field["custom_id"], "values": values }));
    }
    let text = given.or(field.get("value")).and_then(Value::as_str).unwrap_or_default();
    let length = text.chars().count() as u64;
    ensure!(field["required"] == false || length > 0, "is required");
    ensure!(length <= field["max_length"].as_u64().unwrap_or(4000), "{length} characters are too many");
    ensure!(length == 0 || length >= field["min_length"].as_u64().unwrap_or(0), "{length} characters are too few");
    Ok(json!({ "type": 4, "custom_id": field["custom_id"], "value": text }))
}
