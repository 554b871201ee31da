//! Interactions over REST: the first answer (3 s, once), then the original answer and followups (15 min).
//! Never starts an interaction; people do. <https://docs.discord.com/developers/interactions/receiving-and-responding>

use super::call::{Answer, Call, Outcome};
use crate::{
    body::{
        interaction::{Callback, Choices, Modal},
        message::{CreateMessage, EditMessage},
        read,
    },
    id::Id,
    interaction::record::{Done, Record},
    mention::Allowed,
    message::{Cause, Message, flag, kind},
    post::Draft,
    refusal::Refusal,
    state::State,
};
use serde_json::{Value, json};

/// Interaction types.
const COMMAND: u8 = 2;
const COMPONENT: u8 = 3;
const AUTOCOMPLETE: u8 = 4;
const MODAL: u8 = 5;

/// Flags an answer may carry.
const ANSWER_FLAGS: u64 = flag::EPHEMERAL | flag::SUPPRESS_EMBEDS | flag::SUPPRESS_NOTIFICATIONS | flag::COMPONENTS_V2;

pub(super) fn callback(state: &mut State, call: &Call) -> Outcome {
    let id = call.id(0)?;
    let record = state
        .interactions
        .get(&id)
        .filter(|record| Some(&record.token) == call.args.get(1))
        .ok_or_else(Refusal::unknown_interaction)?;
    if record.done.is_some() {
        return Err(Refusal::already_acknowledged());
    }
    if record.age(state.now()) > state.times.callback {
        return Err(Refusal::unknown_interaction());
    }
    let record = record.clone();
    let given: Callback = call.body()?;
    let original = apply(state, &record, &given, &call.files)?;
    let done = Done { kind: given.kind, data: given.data.unwrap_or(Value::Null), after: record.dispatched.elapsed() };
    let record = state.interactions.get_mut(&id).expect("just read");
    (record.done, record.original) = (Some(done), original);
    if call.query.get("with_response").is_some_and(|value| value == "true" || value == "1") {
        return Answer::ok(callback_json(state, id, given.kind));
    }
    Answer::empty()
}

/// Does what the first answer asks; returns the message that is now the original.
fn apply(state: &mut State, record: &Record, given: &Callback, files: &[Value]) -> Result<Option<Id>, Refusal> {
    let data = given.data.clone().unwrap_or(Value::Null);
    let choices = || {
        Refusal::form("type", "INTERACTION_APPLICATION_COMMAND_CALLBACK_TYPE", "this interaction cannot be answered so")
    };
    match (given.kind, record.kind) {
        (8, AUTOCOMPLETE) => read::<Choices>(&data)?.check().map(|()| None),
        (_, AUTOCOMPLETE) | (8, _) | (9, MODAL) => Err(choices()),
        (4, _) => {
            let wanted: CreateMessage = read(&data)?;
            reply(state, record, &wanted, files).map(Some)
        }
        (5, _) => Ok(Some(thinking(state, record, &data)?)),
        (6 | 7, _) if record.source.is_none() => Err(choices()),
        (6, _) => Ok(record.source),
        (7, _) => update(state, record, &data, files),
        (9, _) => read::<Modal>(&data)?.check().map(|()| None),
        _ => Err(Refusal::form("type", "BASE_TYPE_CHOICES", "Value must be one of (4, 5, 6, 7, 8, 9).")),
    }
}

fn cause(record: &Record) -> Cause {
    Cause { id: record.id, kind: record.kind, user: record.user, name: record.name.clone() }
}

fn draft(state: &State, record: &Record, base: Draft) -> Draft {
    let reference = record.source.filter(|_| record.kind == COMPONENT).map(|message| {
        json!({ "type": 0, "message_id": message.to_string(), "channel_id": record.channel.to_string(), "guild_id": record.guild.map(|id| id.to_string()) })
    });
    let kind = match (record.kind, record.menu) {
        (COMMAND, false) => kind::CHAT_INPUT,
        (COMMAND, true) => kind::CONTEXT_MENU,
        (COMPONENT, _) => kind::REPLY,
        _ => kind::DEFAULT,
    };
    let only_for = (base.flags & flag::EPHEMERAL != 0).then_some(record.user);
    let author = state.author(state.app.id, record.channel);
    Draft { author, channel: record.channel, kind, reference, interaction: Some(cause(record)), only_for, ..base }
}

fn reply(state: &mut State, record: &Record, wanted: &CreateMessage, files: &[Value]) -> Result<Id, Refusal> {
    wanted.no_nonce()?;
    wanted.not_a_webhook()?;
    let (parts, allowed) = wanted.check(files, Allowed::users_only())?;
    let flags = parts.flags & ANSWER_FLAGS;
    let author = state.author(state.app.id, record.channel);
    let base = Draft { allowed, flags, ..Draft::of(record.channel, author, parts) };
    let draft = draft(state, record, base);
    Ok(state.post(draft))
}

/// "… is thinking": only the EPHEMERAL flag may be set.
fn thinking(state: &mut State, record: &Record, data: &Value) -> Result<Id, Refusal> {
    let wanted: CreateMessage = if data.is_null() { CreateMessage::default() } else { read(data)? };
    let flags = wanted.flags.map_or(0, |flags| flags.bits()) & flag::EPHEMERAL;
    let author = state.author(state.app.id, record.channel);
    let base =
        Draft { flags: flags | flag::LOADING, allowed: Allowed::users_only(), ..Draft::new(record.channel, author) };
    let draft = draft(state, record, base);
    Ok(state.post(draft))
}

fn update(state: &mut State, record: &Record, data: &Value, files: &[Value]) -> Result<Option<Id>, Refusal> {
    let wanted: EditMessage = read(data)?;
    let message =
        record.source.and_then(|id| state.message(record.channel, id)).cloned().ok_or_else(Refusal::unknown_message)?;
    let change = super::messages::change(&wanted, &message, files, Allowed::users_only())?;
    state.edit(record.channel, message.id, change);
    Ok(Some(message.id))
}

fn callback_json(state: &State, id: Id, kind: u8) -> Value {
    let record = &state.interactions[&id];
    let message = record.original.and_then(|message| state.message(record.channel, message));
    let mut interaction = json!({ "id": id.to_string(), "type": record.kind });
    let mut resource = json!({ "type": kind });
    if let Some(message) = message {
        interaction["response_message_id"] = json!(message.id.to_string());
        interaction["response_message_loading"] = json!(message.has(flag::LOADING));
        interaction["response_message_ephemeral"] = json!(message.has(flag::EPHEMERAL));
        resource["message"] = state.message_json(message);
    }
    json!({ "interaction": interaction, "resource": resource })
}

/// The interaction of a token that still lives.
fn alive<'a>(state: &'a State, call: &Call) -> Result<&'a Record, Refusal> {
    let token = call.args.get(1).ok_or_else(Refusal::unknown_webhook)?;
    let id: Option<Id> = token.split('-').nth(1).and_then(|id| id.parse().ok());
    let record = id.and_then(|id| state.interactions.get(&id)).filter(|record| record.token == *token);
    let record = record.ok_or_else(Refusal::unknown_webhook)?;
    if record.age(state.now()) > state.times.token {
        return Err(Refusal::invalid_webhook_token());
    }
    if record.done.is_some() { Ok(record) } else { Err(Refusal::unknown_webhook()) }
}

/// The message `@original` or an id means.
pub(super) fn answer<'a>(state: &'a State, call: &Call) -> Result<&'a Message, Refusal> {
    let record = alive(state, call)?;
    let id = match call.args.get(2).map(String::as_str) {
        Some("@original") => record.original,
        _ => Some(call.id(2)?).filter(|id| record.followups.contains(id) || record.original == Some(*id)),
    };
    id.and_then(|id| state.message(record.channel, id)).ok_or_else(Refusal::unknown_message)
}

/// A followup; the first one after a deferred answer becomes that answer.
pub(super) fn followup(state: &mut State, call: &Call) -> Outcome {
    let record = alive(state, call)?.clone();
    let wanted: CreateMessage = call.body()?;
    let waiting =
        record.original.and_then(|id| state.message(record.channel, id)).filter(|message| message.has(flag::LOADING));
    let id = match waiting.map(|message| message.id) {
        Some(id) => {
            let (parts, allowed) = wanted.check(&call.files, Allowed::users_only())?;
            let change = crate::post::Change {
                content: Some(parts.content),
                embeds: Some(parts.embeds),
                components: Some(parts.components),
                attachments: Some(parts.attachments),
                flags: None,
                allowed: Some(allowed),
            };
            state.edit(record.channel, id, change);
            id
        }
        None => reply(state, &record, &wanted, &call.files)?,
    };
    if let Some(record) = state.interactions.get_mut(&record.id).filter(|record| record.original != Some(id)) {
        record.followups.push(id);
    }
    Answer::ok(state.message_json(&state.messages[&record.channel][&id]))
}
