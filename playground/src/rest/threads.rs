//! Threads over REST: from a message, from nothing, as a forum post, and their members.
//! Never edits or deletes a thread; `channels` does.

use super::{
    call::{Answer, Call, Outcome},
    channels::{may, seen},
    guilds,
    messages::find,
};
use crate::{
    body::channel::{self as body, CreateThread},
    channel::{Channel, Thread, kind, thread_member_json},
    id::Id,
    mention::Allowed,
    message::kind as message_kind,
    permission::bit::*,
    post::Draft,
    refusal::Refusal,
    state::State,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ARCHIVE_MINUTES: &[u64] = &[60, 1440, 4320, 10080];

fn wanted(call: &Call) -> Result<CreateThread, Refusal> {
    let wanted: CreateThread = call.body()?;
    body::channel_name(&wanted.name)?;
    let minutes = wanted.auto_archive_duration.unwrap_or(1440);
    if !ARCHIVE_MINUTES.contains(&minutes) {
        return Err(Refusal::form(
            "auto_archive_duration",
            "BASE_TYPE_CHOICES",
            "Value must be one of (60, 1440, 4320, 10080).",
        ));
    }
    Ok(wanted)
}

pub(super) fn from_message(state: &mut State, call: &Call) -> Outcome {
    let wanted = wanted(call)?;
    let parent = may(state, call, CREATE_PUBLIC_THREADS)?;
    let message = find(state, call, parent)?.id;
    if state.channels.contains_key(&message) {
        return Err(Refusal::thread_exists());
    }
    open(state, message, parent, kind::PUBLIC_THREAD, &wanted);
    state.emit_channel("THREAD_CREATE", message);
    Answer::created(state.channel_json(&state.channels[&message]))
}

pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let wanted = wanted(call)?;
    let parent = seen(state, call)?;
    match state.channels[&parent].kind {
        kind::FORUM => forum_post(state, call, parent, &wanted),
        kind::TEXT | kind::NEWS => plain(state, call, parent, &wanted),
        _ => Err(Refusal::wrong_channel_type()),
    }
}

/// Without a message; the type defaults to private.
fn plain(state: &mut State, call: &Call, parent: Id, wanted: &CreateThread) -> Outcome {
    let kind = wanted.kind.unwrap_or(kind::PRIVATE_THREAD);
    let needs = match kind {
        kind::PUBLIC_THREAD => CREATE_PUBLIC_THREADS,
        kind::PRIVATE_THREAD => CREATE_PRIVATE_THREADS,
        _ => return Err(Refusal::form("type", "BASE_TYPE_CHOICES", "Value must be one of (10, 11, 12).")),
    };
    may(state, call, needs)?;
    let id = state.new_id();
    open(state, id, parent, kind, wanted);
    state.emit_channel("THREAD_CREATE", id);
    if kind == kind::PUBLIC_THREAD {
        let reference = json!({ "type": 0, "channel_id": id.to_string(), "guild_id": state.channels[&parent].guild.map(|id| id.to_string()) });
        let author = state.author(state.app.id, parent);
        let notice = Draft {
            kind: message_kind::THREAD_CREATED,
            content: wanted.name.clone(),
            reference: Some(reference),
            ..Draft::new(parent, author)
        };
        state.post(notice);
    }
    Answer::created(state.channel_json(&state.channels[&id]))
}

fn forum_post(state: &mut State, call: &Call, parent: Id, wanted: &CreateThread) -> Outcome {
    may(state, call, SEND_MESSAGES)?;
    let first = wanted
        .message
        .as_ref()
        .ok_or_else(|| Refusal::form("message", "BASE_TYPE_REQUIRED", "This field is required"))?;
    let (parts, allowed) = first.check(&call.files, Allowed::all())?;
    let id = state.new_id();
    open(state, id, parent, kind::PUBLIC_THREAD, wanted);
    state.emit_channel("THREAD_CREATE", id);
    let author = state.author(state.app.id, id);
    let message = state.post(Draft { allowed, ..Draft::of(id, author, parts) });
    let mut answer = state.channel_json(&state.channels[&id]);
    answer["message"] = state.message_json(&state.messages[&id][&message]);
    Answer::created(answer)
}

fn open(state: &mut State, id: Id, parent: Id, kind: u8, wanted: &CreateThread) {
    let now = state.now();
    let me = state.app.id;
    let thread = Thread {
        owner: me,
        archived: false,
        locked: false,
        auto_archive_min: wanted.auto_archive_duration.unwrap_or(1440),
        changed: now,
        members: BTreeMap::from([(me, now)]),
    };
    let guild = state.channels[&parent].guild;
    let slowmode_s = wanted.rate_limit_per_user.unwrap_or(0);
    let channel = Channel {
        guild,
        parent: Some(parent),
        thread: Some(thread),
        slowmode_s,
        ..Channel::new(id, kind, &wanted.name)
    };
    state.channels.insert(id, channel);
}

pub(super) fn active(state: &mut State, call: &Call) -> Outcome {
    let guild = guilds::guild(state, call)?.id;
    let open = |channel: &&Channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived);
    let seen = state.channels.values().filter(|channel| channel.guild == Some(guild) && state.app_sees(channel));
    let threads: Vec<&Channel> = seen.filter(open).collect();
    let joined = |channel: &&Channel| {
        channel.thread.as_ref().and_then(|thread| Some((channel.id, *thread.members.get(&state.app.id)?)))
    };
    let members: Vec<Value> =
        threads.iter().filter_map(joined).map(|(id, at)| thread_member_json(id, state.app.id, at)).collect();
    Answer::ok(
        json!({ "threads": threads.iter().map(|one| state.channel_json(one)).collect::<Vec<_>>(), "members": members, "has_more": false }),
    )
}

/// The thread in the path.
fn thread<'a>(state: &'a State, call: &Call) -> Result<(Id, &'a Thread), Refusal> {
    let id = seen(state, call)?;
    state.channels[&id].thread.as_ref().map(|thread| (id, thread)).ok_or_else(Refusal::wrong_channel_type)
}

pub(super) fn members(state: &mut State, call: &Call) -> Outcome {
    let (id, thread) = thread(state, call)?;
    Answer::ok(thread.members.iter().map(|(user, at)| thread_member_json(id, *user, *at)).collect())
}

/// Who the last part of the path means: `@me` or a user.
fn who(state: &State, call: &Call) -> Result<Id, Refusal> {
    if call.args.get(1).is_some_and(|text| text == "@me") { Ok(state.app.id) } else { call.id(1) }
}

pub(super) fn add_member(state: &mut State, call: &Call) -> Outcome {
    let user = who(state, call)?;
    let (id, thread) = thread(state, call)?;
    if thread.archived {
        return Err(Refusal::archived_thread());
    }
    let parent = state.channels[&id].parent.ok_or_else(Refusal::unknown_channel)?;
    if !state.sees(parent, user) {
        return Err(Refusal::missing_access());
    }
    let now = state.now();
    change_members(state, id, |thread| {
        thread.members.entry(user).or_insert(now);
    });
    Answer::empty()
}

pub(super) fn remove_member(state: &mut State, call: &Call) -> Outcome {
    let user = who(state, call)?;
    let (id, thread) = thread(state, call)?;
    if user != state.app.id && thread.owner != state.app.id {
        may(state, call, MANAGE_THREADS)?;
    }
    change_members(state, id, |thread| {
        thread.members.remove(&user);
    });
    Answer::empty()
}

fn change_members(state: &mut State, id: Id, change: impl FnOnce(&mut Thread)) {
    let thread = state.channels.get_mut(&id).and_then(|channel| channel.thread.as_mut());
    change(thread.expect("the caller saw a thread"));
}
