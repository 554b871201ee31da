//! Messages over REST: read, write, edit, delete, typing.
//! Never finds mentions or tells the gateway; `post` does.

use super::{
    call::{Answer, Call, Outcome},
    channels::{may, seen},
};
use crate::{
    body::{
        component::components,
        embed::embeds,
        message::{self as body, CreateMessage, EditMessage, Parts},
    },
    channel::Channel,
    gateway::event::Intent,
    id::Id,
    mention::Allowed,
    message::{Message, flag, kind},
    permission::bit::*,
    post::{Change, Draft},
    refusal::Refusal,
    state::State,
    world::intent::MESSAGE_CONTENT,
};
use serde_json::{Value, json};

/// The message as this app may read it over REST: the portal switch decides, not the session.
fn shown(state: &State, message: &Message) -> Value {
    state.message_for_app(message, state.app.granted_intents & MESSAGE_CONTENT != 0)
}

/// A message of the channel in the path that everyone may see.
pub(super) fn find<'a>(state: &'a State, call: &Call, channel: Id) -> Result<&'a Message, Refusal> {
    let found = state.message(channel, call.id(1)?).filter(|message| message.only_for.is_none());
    found.ok_or_else(Refusal::unknown_message)
}

pub(super) fn list(state: &mut State, call: &Call) -> Outcome {
    let channel = seen(state, call)?;
    if !state.channels[&channel].holds_messages() {
        return Err(Refusal::wrong_channel_type());
    }
    let limit = usize::try_from(call.number("limit", 50, 100)?).unwrap_or(100);
    if state.permissions(channel, state.app.id) & READ_MESSAGE_HISTORY == 0 {
        return Answer::ok(json!([]));
    }
    let all: Vec<&Message> = state
        .messages
        .get(&channel)
        .into_iter()
        .flat_map(|all| all.values())
        .filter(|one| one.only_for.is_none())
        .collect();
    let page = page(&all, call, limit)?;
    Answer::ok(page.into_iter().rev().map(|message| shown(state, message)).collect())
}

/// `after` counts from the oldest, `before` (the default) from the newest, `around` from the middle; all exclusive but `around`.
fn page<'a>(all: &[&'a Message], call: &Call, limit: usize) -> Result<Vec<&'a Message>, Refusal> {
    let key = |name: &str| -> Result<Option<Id>, Refusal> {
        let bad = || Refusal::form(name, "NUMBER_TYPE_COERCE", "Value is not snowflake.");
        call.query.get(name).map(|text| text.parse().map_err(|_| bad())).transpose()
    };
    let at = |id: Id| all.partition_point(|message| message.id < id);
    let (from, to) = match (key("after")?, key("around")?, key("before")?) {
        (Some(after), ..) => {
            let from = all.partition_point(|message| message.id <= after);
            (from, all.len().min(from + limit))
        }
        (None, Some(around), _) => {
            let from = at(around).saturating_sub(limit / 2);
            (from, all.len().min(from + limit))
        }
        (None, None, before) => {
            let to = before.map_or(all.len(), at);
            (to.saturating_sub(limit), to)
        }
    };
    Ok(all[from..to].to_vec())
}

pub(super) fn get(state: &mut State, call: &Call) -> Outcome {
    let channel = may(state, call, READ_MESSAGE_HISTORY)?;
    Answer::ok(shown(state, find(state, call, channel)?))
}

pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let wanted: CreateMessage = call.body()?;
    let channel = sendable(state, call)?;
    wanted.not_a_webhook()?;
    let (parts, allowed) = wanted.check(&call.files, Allowed::all())?;
    check_parts(state, channel, &parts)?;
    let remembered =
        wanted.nonce.as_ref().filter(|_| wanted.enforce_nonce == Some(true)).map(|nonce| nonce.json().to_string());
    if let Some(earlier) = remembered.as_deref().and_then(|key| state.earlier(key)) {
        return Answer::ok(state.message_json(&earlier));
    }
    let reference = reference(state, &wanted, channel)?;
    let draft = Draft {
        kind: if reference.is_some() { kind::REPLY } else { kind::DEFAULT },
        flags: parts.flags & (flag::SUPPRESS_EMBEDS | flag::SUPPRESS_NOTIFICATIONS | flag::COMPONENTS_V2),
        nonce: wanted.nonce.map(|nonce| nonce.json()),
        allowed,
        reference,
        ..Draft::of(channel, state.author(state.app.id, channel), parts)
    };
    let id = state.post(draft);
    if let Some(key) = remembered {
        let now = state.now();
        state.nonces.insert(key, (now, channel, id));
    }
    Answer::ok(state.message_json(&state.messages[&channel][&id]))
}

/// Where the app may write: right permission, thread open, direct messages accepted.
fn sendable(state: &State, call: &Call) -> Result<Id, Refusal> {
    let id = seen(state, call)?;
    let channel = &state.channels[&id];
    if !channel.holds_messages() {
        return Err(Refusal::not_text());
    }
    if let Some(user) = channel.recipient {
        return reachable(state, user).map(|()| id);
    }
    may(state, call, if channel.thread.is_some() { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES })?;
    thread_open(channel)?;
    Ok(id)
}

fn reachable(state: &State, user: Id) -> Result<(), Refusal> {
    let shares = state
        .guilds
        .values()
        .any(|guild| guild.members.contains_key(&user) && guild.members.contains_key(&state.app.id));
    match state.users.get(&user) {
        Some(_) if !shares => Err(Refusal::no_mutual_guild()),
        Some(user) if !user.dm_open => Err(Refusal::dm_closed()),
        Some(_) => Ok(()),
        None => Err(Refusal::unknown_user()),
    }
}

/// A message unarchives a thread unless it is locked.
fn thread_open(channel: &Channel) -> Result<(), Refusal> {
    match &channel.thread {
        Some(thread) if thread.locked && thread.archived => Err(Refusal::archived_thread()),
        _ => Ok(()),
    }
}

/// Files need ATTACH_FILES; embeds need EMBED_LINKS.
fn check_parts(state: &State, channel: Id, parts: &Parts) -> Result<(), Refusal> {
    let bits = state.permissions(channel, state.app.id);
    let refused = !parts.embeds.is_empty() && bits & EMBED_LINKS == 0
        || !parts.attachments.is_empty() && bits & ATTACH_FILES == 0;
    if refused { Err(Refusal::missing_permissions()) } else { Ok(()) }
}

fn reference(state: &State, wanted: &CreateMessage, channel: Id) -> Result<Option<Value>, Refusal> {
    let Some(given) = &wanted.message_reference else { return Ok(None) };
    let exists = state.message(channel, given.message_id.get()).is_some();
    match (exists, given.fail_if_not_exists.unwrap_or(true)) {
        (false, true) => Err(Refusal::form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")),
        (false, false) => Ok(None),
        (true, _) => {
            let guild = state.channels[&channel].guild.map(|id| id.to_string());
            Ok(Some(
                json!({ "type": 0, "message_id": given.message_id.get().to_string(), "channel_id": channel.to_string(), "guild_id": guild }),
            ))
        }
    }
}

impl State {
    /// The message an enforced nonce already made, in whatever channel, while it is remembered.
    fn earlier(&mut self, key: &str) -> Option<Message> {
        let (at, channel, id) = *self.nonces.get(key)?;
        let age = (self.now() - at).to_std().unwrap_or_default();
        self.message(channel, id).filter(|_| age <= self.times.nonce).cloned()
    }
}

pub(super) fn edit(state: &mut State, call: &Call) -> Outcome {
    let wanted: EditMessage = call.body()?;
    let channel = seen(state, call)?;
    let message = find(state, call, channel)?.clone();
    if message.author.id != state.app.id || message.author.webhook {
        return Err(Refusal::not_yours());
    }
    if state.channels[&channel].thread.as_ref().is_some_and(|thread| thread.archived) {
        return Err(Refusal::archived_thread());
    }
    let age = (state.now() - message.at).to_std().unwrap_or_default();
    if state.edits_of_old_refused && age >= state.times.old_message {
        return Err(Refusal::too_many_old_edits());
    }
    let change = change(&wanted, &message, &call.files, Allowed::all())?;
    state.edit(channel, message.id, change);
    Answer::ok(state.message_json(&state.messages[&channel][&message.id]))
}

/// What an edit asks for, checked; the message must not end up empty.
pub(super) fn change(
    wanted: &EditMessage,
    message: &Message,
    files: &[Value],
    default: Allowed,
) -> Result<Change, Refusal> {
    let flags = wanted.flags.map(|flags| flags.bits());
    let v2 = (flags.unwrap_or(0) | message.flags) & flag::COMPONENTS_V2;
    let content = wanted.content.as_ref().map(|text| body::content(text.as_deref())).transpose()?;
    let embeds = wanted.embeds.as_ref().map(|given| embeds(given.as_deref().unwrap_or_default())).transpose()?;
    let components =
        wanted.components.as_ref().map(|given| components(given.as_deref().unwrap_or_default(), v2)).transpose()?;
    let kept: Option<Vec<Value>> = wanted.attachments.as_ref().map(|given| {
        let named: Vec<String> =
            given.iter().flatten().map(|part| part.id.to_string().trim_matches('"').to_owned()).collect();
        message.attachments.iter().filter(|one| named.iter().any(|id| one["id"] == id.as_str())).cloned().collect()
    });
    let mut attachments = kept.unwrap_or_else(|| message.attachments.clone());
    attachments.extend_from_slice(files);
    let after = Parts {
        content: content.clone().unwrap_or_else(|| message.content.clone()),
        embeds: embeds.clone().unwrap_or_else(|| message.embeds.clone()),
        components: components.clone().unwrap_or_else(|| message.components.clone()),
        attachments: attachments.clone(),
        flags: v2,
    };
    body::v2_excludes_text(&after)?;
    if after.is_empty() {
        return Err(Refusal::empty_message());
    }
    let allowed = Some(body::allowed(wanted.allowed_mentions.as_ref(), default)?);
    Ok(Change { content, embeds, components, attachments: Some(attachments), flags, allowed })
}

pub(super) fn delete(state: &mut State, call: &Call) -> Outcome {
    let channel = seen(state, call)?;
    let message = find(state, call, channel)?;
    let (id, own) = (message.id, message.author.id == state.app.id);
    if !own {
        may(state, call, MANAGE_MESSAGES)?;
    }
    state.remove_message(channel, id);
    Answer::empty()
}

pub(super) fn typing(state: &mut State, call: &Call) -> Outcome {
    let channel = sendable(state, call)?;
    let mut event = json!({ "channel_id": channel.to_string(), "user_id": state.app.id.to_string(), "timestamp": state.now().timestamp() });
    if let Some(guild) = state.channels[&channel].guild {
        event["guild_id"] = json!(guild.to_string());
    }
    state.emit("TYPING_START", channel, Intent::Typing, &event);
    Answer::empty()
}
