//! Application commands over REST: list, replace all, add one, remove one.
//! Never runs a command; people do.

use super::call::{Answer, Call, Outcome};
use crate::{
    body,
    id::Id,
    refusal::Refusal,
    state::{Command, State},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Commands per scope: slash, user menu, message menu.
const MOST: &[(u8, usize)] = &[(1, 100), (2, 15), (3, 15)];

/// The app in the path must be the one whose token came; the guild is none for global commands.
fn scope(state: &State, call: &Call) -> Result<Option<Id>, Refusal> {
    if call.id(0)? != state.app.id {
        return Err(Refusal::unknown_application());
    }
    if !call.route.contains("/guilds/") {
        return Ok(None);
    }
    let guild = call.id(1)?;
    let joined = state.guilds.get(&guild).is_some_and(|guild| guild.members.contains_key(&state.app.id));
    if joined { Ok(Some(guild)) } else { Err(Refusal::missing_access()) }
}

pub(super) fn list(state: &mut State, call: &Call) -> Outcome {
    let scope = scope(state, call)?;
    Answer::ok(
        state.commands.iter().filter(|command| command.guild == scope).map(|command| command.json.clone()).collect(),
    )
}

pub(super) fn get(state: &mut State, call: &Call) -> Outcome {
    let (scope, id) = (scope(state, call)?, call.id(1)?);
    let found = state.commands.iter().find(|command| command.guild == scope && command.id == id);
    Answer::ok(found.ok_or_else(Refusal::unknown_command)?.json.clone())
}

pub(super) fn delete(state: &mut State, call: &Call) -> Outcome {
    let (scope, id) = (scope(state, call)?, call.id(1)?);
    let before = state.commands.len();
    state.commands.retain(|command| command.guild != scope || command.id != id);
    if state.commands.len() == before { Err(Refusal::unknown_command()) } else { Answer::empty() }
}

/// Replaces all commands of the scope, of every type; a command that keeps its name keeps its id.
pub(super) fn overwrite(state: &mut State, call: &Call) -> Outcome {
    let scope = scope(state, call)?;
    let Some(given) = call.body.as_array() else {
        return Err(Refusal::form("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"));
    };
    let mut ready = Vec::new();
    for (at, one) in given.iter().enumerate() {
        ready.push(command(state, scope, one, &at.to_string())?);
    }
    check_counts(&ready)?;
    state.commands.retain(|command| command.guild != scope);
    state.commands.extend(ready.iter().cloned());
    Answer::ok(ready.into_iter().map(|command| command.json).collect())
}

pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let scope = scope(state, call)?;
    let new = command(state, scope, &call.body, "")?;
    let known = state.commands.iter().any(|old| old.id == new.id);
    state.commands.retain(|old| old.id != new.id);
    state.commands.push(new.clone());
    let scoped: Vec<Command> = state.commands.iter().filter(|one| one.guild == scope).cloned().collect();
    check_counts(&scoped)?;
    if known { Answer::ok(new.json) } else { Answer::created(new.json) }
}

fn check_counts(all: &[Command]) -> Result<(), Refusal> {
    for (kind, most) in MOST {
        let names: Vec<&str> =
            all.iter().filter(|command| command.kind == *kind).map(|command| command.name.as_str()).collect();
        if names.len() > *most {
            return Err(Refusal::new(400, 30032, format!("Maximum number of application commands reached ({most})")));
        }
        if names.iter().collect::<BTreeSet<_>>().len() != names.len() {
            return Err(Refusal::form(
                "",
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            ));
        }
    }
    Ok(())
}

/// Checks one and writes it as Discord returns it.
fn command(state: &mut State, guild: Option<Id>, given: &Value, path: &str) -> Result<Command, Refusal> {
    let model = body::command::command(given, path)?;
    let kind = u8::from(model.kind);
    let known = state
        .commands
        .iter()
        .find(|old| old.guild == guild && old.kind == kind && old.name == model.name)
        .map(|old| old.id);
    let id = known.unwrap_or_else(|| state.new_id());
    let version = state.new_id();
    let mut json = json!({
        "id": id.to_string(), "application_id": state.app.id.to_string(), "version": version.to_string(), "type": kind,
        "name": model.name, "description": model.description, "default_member_permissions": null, "name_localizations": null,
        "description_localizations": null, "dm_permission": true, "contexts": null, "integration_types": [0], "nsfw": false,
    });
    let given = given.as_object().cloned().unwrap_or_default();
    crate::channel::merge(
        &mut json,
        given.into_iter().filter(|(name, value)| name != "id" && !value.is_null()).collect(),
    );
    json["type"] = json!(kind);
    if let Some(guild) = guild {
        json["guild_id"] = json!(guild.to_string());
    }
    if let Some(options) = json.get_mut("options").and_then(Value::as_array_mut) {
        options.iter_mut().for_each(tidy_option);
    }
    Ok(Command { id, guild, kind, name: model.name, json })
}

/// Discord returns options without nulls.
fn tidy_option(option: &mut Value) {
    if let Some(fields) = option.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        if let Some(children) = fields.get_mut("options").and_then(Value::as_array_mut) {
            children.iter_mut().for_each(tidy_option);
        }
    }
}
