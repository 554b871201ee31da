//! Channels over REST: create, read, edit, delete, and permission overwrites.
//! Never creates threads; `threads` does.

use super::{
    call::{Answer, Call, Outcome},
    guilds,
};
use crate::{
    body::channel::{self as body, CreateChannel, EditChannel, PutOverwrite},
    channel::{Channel, Overwrite, kind},
    id::Id,
    permission::{self, bit::*},
    refusal::Refusal,
    state::State,
};
use twilight_model::http::permission_overwrite::{PermissionOverwrite, PermissionOverwriteType};

/// Channels a guild may have; threads do not count.
const CHANNELS_MAX: usize = 500;
/// Channels a category may hold.
const CHILDREN_MAX: usize = 50;

/// The channel in the path, if the app sees it.
pub(super) fn seen(state: &State, call: &Call) -> Result<Id, Refusal> {
    let id = call.id(0)?;
    let channel = state.channels.get(&id).ok_or_else(Refusal::unknown_channel)?;
    if state.app_sees(channel) { Ok(id) } else { Err(Refusal::missing_access()) }
}

/// The channel in the path, if the app sees it and may do this there.
pub(super) fn may(state: &State, call: &Call, bits: u64) -> Result<Id, Refusal> {
    let id = seen(state, call)?;
    if state.permissions(id, state.app.id) & bits == bits { Ok(id) } else { Err(Refusal::missing_permissions()) }
}

pub(super) fn get(state: &mut State, call: &Call) -> Outcome {
    let id = seen(state, call)?;
    Answer::ok(state.channel_json(&state.channels[&id]))
}

pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let wanted: CreateChannel = call.body()?;
    let guild = guilds::guild(state, call)?.id;
    let parent = wanted.parent_id.map(|id| id.get());
    let may_here = permission::in_guild(&state.guilds[&guild], state.app.id) & MANAGE_CHANNELS != 0;
    let may_there = parent.is_some_and(|parent| state.permissions(parent, state.app.id) & MANAGE_CHANNELS != 0);
    if !may_here && !may_there {
        return Err(Refusal::missing_permissions());
    }
    body::channel_name(&wanted.name)?;
    body::topic(wanted.topic.as_deref())?;
    let kind = wanted.kind.unwrap_or(kind::TEXT);
    if !matches!(kind, kind::TEXT | kind::VOICE | kind::CATEGORY | kind::NEWS | kind::FORUM) {
        return Err(Refusal::form("type", "BASE_TYPE_CHOICES", "This channel type cannot be created here."));
    }
    check_room(state, guild, parent)?;
    let overwrites = match &wanted.permission_overwrites {
        Some(given) => overwrites(state, guild, given, &[])?,
        None => parent.map(|parent| state.channels[&parent].overwrites.clone()).unwrap_or_default(),
    };
    let id = state.new_id();
    let position = state.channels.values().filter(|channel| channel.guild == Some(guild)).count();
    let channel = Channel {
        guild: Some(guild),
        topic: wanted.topic,
        parent,
        position: wanted.position.unwrap_or(u32::try_from(position).unwrap_or(0)),
        overwrites,
        slowmode_s: wanted.rate_limit_per_user.unwrap_or(0),
        nsfw: wanted.nsfw.unwrap_or(false),
        ..Channel::new(id, kind, channel_name(&wanted.name, kind))
    };
    state.channels.insert(id, channel);
    state.emit_channel("CHANNEL_CREATE", id);
    Answer::created(state.channel_json(&state.channels[&id]))
}

/// Text channels are lower case, without spaces: Discord writes them so.
fn channel_name(name: &str, kind: u8) -> String {
    match kind {
        kind::TEXT | kind::NEWS => name.trim().to_lowercase().split_whitespace().collect::<Vec<_>>().join("-"),
        _ => name.trim().to_owned(),
    }
}

/// 500 in the guild, 50 in the category.
fn check_room(state: &State, guild: Id, parent: Option<Id>) -> Result<(), Refusal> {
    let of_guild =
        || state.channels.values().filter(|channel| channel.guild == Some(guild) && channel.thread.is_none());
    if of_guild().count() >= CHANNELS_MAX {
        return Err(Refusal::too_many_channels());
    }
    let Some(parent) = parent else { return Ok(()) };
    let category =
        state.channels.get(&parent).filter(|channel| channel.kind == kind::CATEGORY && channel.guild == Some(guild));
    if category.is_none() {
        return Err(Refusal::form("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist"));
    }
    if of_guild().filter(|channel| channel.parent == Some(parent)).count() >= CHILDREN_MAX {
        let message = "Maximum number of channels in category reached (50)";
        return Err(Refusal::form("parent_id", "CHANNEL_PARENT_MAX_CHANNELS", message));
    }
    Ok(())
}

/// Overwrites may hold only bits the app has; MANAGE_ROLES in one needs ADMINISTRATOR. What stood there before may stay.
fn overwrites(
    state: &State,
    guild: Id,
    given: &[PermissionOverwrite],
    before: &[Overwrite],
) -> Result<Vec<Overwrite>, Refusal> {
    let home = &state.guilds[&guild];
    let mine = permission::in_guild(home, state.app.id);
    let grantable = if mine & ADMINISTRATOR != 0 { permission::ALL } else { mine & !MANAGE_ROLES };
    let mut ready: Vec<Overwrite> = Vec::new();
    for one in given {
        let bits = |bits: Option<twilight_model::guild::Permissions>| bits.map_or(0, |bits| bits.bits());
        let kind = u8::from(one.kind == PermissionOverwriteType::Member);
        let one = Overwrite { id: one.id.get(), kind, allow: bits(one.allow), deny: bits(one.deny) };
        if kind == 0 && !home.roles.contains_key(&one.id) {
            return Err(Refusal::unknown_role());
        }
        if ready.iter().any(|other| other.id == one.id) {
            return Err(Refusal::form("permission_overwrites", "BASE_TYPE_DUPLICATE", "two overwrites for one id"));
        }
        let known = before.iter().find(|old| old.id == one.id);
        let (old_allow, old_deny) = known.map_or((0, 0), |old| (old.allow, old.deny));
        if (one.allow ^ old_allow | one.deny ^ old_deny) & !grantable != 0 {
            return Err(Refusal::missing_permissions());
        }
        ready.push(one);
    }
    Ok(ready)
}

pub(super) fn edit(state: &mut State, call: &Call) -> Outcome {
    let wanted: EditChannel = call.body()?;
    let id = seen(state, call)?;
    if let Some(name) = &wanted.name {
        body::channel_name(name)?;
    }
    body::topic(wanted.topic.as_ref().and_then(|topic| topic.as_deref()))?;
    match state.channels[&id].guild {
        None => return Err(Refusal::wrong_channel_type()),
        Some(_) if state.channels[&id].thread.is_some() => edit_thread(state, call, id, &wanted)?,
        Some(guild) => edit_channel(state, call, id, guild, &wanted)?,
    }
    Answer::ok(state.channel_json(&state.channels[&id]))
}

fn edit_channel(state: &mut State, call: &Call, id: Id, guild: Id, wanted: &EditChannel) -> Result<(), Refusal> {
    may(state, call, MANAGE_CHANNELS)?;
    let moved =
        wanted.parent_id.map(|parent| parent.map(|id| id.get())).filter(|parent| *parent != state.channels[&id].parent);
    if let Some(parent) = moved {
        check_category(state, guild, parent)?;
    }
    let mut new_overwrites = None;
    if let Some(given) = &wanted.permission_overwrites {
        may(state, call, MANAGE_ROLES)?;
        new_overwrites = Some(overwrites(state, guild, given, &state.channels[&id].overwrites)?);
    }
    if let (Some(true), Some(Some(parent))) = (wanted.lock_permissions, moved) {
        new_overwrites = Some(state.channels[&parent].overwrites.clone());
    }
    let channel = state.channels.get_mut(&id).expect("the channel was just seen");
    if let Some(name) = &wanted.name {
        channel.name = channel_name(name, channel.kind);
    }
    channel.topic = wanted.topic.clone().unwrap_or(channel.topic.take());
    channel.parent = moved.unwrap_or(channel.parent);
    channel.position = wanted.position.unwrap_or(channel.position);
    channel.nsfw = wanted.nsfw.unwrap_or(channel.nsfw);
    channel.slowmode_s = wanted.rate_limit_per_user.unwrap_or(channel.slowmode_s);
    channel.overwrites = new_overwrites.unwrap_or(std::mem::take(&mut channel.overwrites));
    state.emit_channel("CHANNEL_UPDATE", id);
    Ok(())
}

/// A category to move into: it exists and has room.
fn check_category(state: &State, guild: Id, parent: Option<Id>) -> Result<(), Refusal> {
    match check_room(state, guild, parent) {
        // Moving does not add a channel.
        Err(refusal) if refusal.code == 30013 => Ok(()),
        other => other,
    }
}

fn edit_thread(state: &mut State, call: &Call, id: Id, wanted: &EditChannel) -> Result<(), Refusal> {
    let now = state.now();
    let me = state.app.id;
    let manages = state.permissions(id, me) & MANAGE_THREADS != 0;
    let channel = &state.channels[&id];
    let thread = channel.thread.as_ref().expect("the caller saw a thread");
    let only_wakes = wanted.archived == Some(false) && wanted.locked.is_none() && wanted.name.is_none();
    if thread.locked && !manages {
        return Err(Refusal::locked_thread());
    }
    if thread.archived && wanted.archived != Some(false) {
        return Err(Refusal::archived_thread());
    }
    if !(manages || thread.owner == me && wanted.locked.is_none() || only_wakes) {
        return Err(Refusal::missing_permissions());
    }
    may(state, call, 0)?;
    let channel = state.channels.get_mut(&id).expect("the channel was just seen");
    channel.name = wanted.name.clone().unwrap_or(std::mem::take(&mut channel.name));
    channel.slowmode_s = wanted.rate_limit_per_user.unwrap_or(channel.slowmode_s);
    let thread = channel.thread.as_mut().expect("the caller saw a thread");
    if wanted.archived.is_some_and(|archived| archived != thread.archived) {
        thread.archived = !thread.archived;
        thread.changed = now;
    }
    thread.locked = wanted.locked.unwrap_or(thread.locked);
    thread.auto_archive_min = wanted.auto_archive_duration.unwrap_or(thread.auto_archive_min);
    state.emit_channel("THREAD_UPDATE", id);
    Ok(())
}

pub(super) fn delete(state: &mut State, call: &Call) -> Outcome {
    let id = seen(state, call)?;
    let channel = &state.channels[&id];
    let json = state.channel_json(channel);
    if channel.guild.is_some() {
        may(state, call, if channel.thread.is_some() { MANAGE_THREADS } else { MANAGE_CHANNELS })?;
        state.remove_channel(id);
    }
    Answer::ok(json)
}

pub(super) fn put_overwrite(state: &mut State, call: &Call) -> Outcome {
    let wanted: PutOverwrite = call.body()?;
    let (id, target) = (may(state, call, MANAGE_ROLES)?, call.id(1)?);
    let (guild, kind) = editable(state, id, wanted.kind)?;
    let given = PermissionOverwrite { allow: wanted.allow, deny: wanted.deny, id: target_id(target)?, kind };
    let checked = overwrites(state, guild, &[given], &state.channels[&id].overwrites)?;
    let channel = state.channels.get_mut(&id).expect("the channel was just seen");
    channel.overwrites.retain(|one| one.id != target);
    channel.overwrites.extend(checked);
    state.emit_channel("CHANNEL_UPDATE", id);
    Answer::empty()
}

fn editable(state: &State, id: Id, kind: u8) -> Result<(Id, PermissionOverwriteType), Refusal> {
    let channel = &state.channels[&id];
    let guild = channel.guild.filter(|_| channel.thread.is_none()).ok_or_else(Refusal::wrong_channel_type)?;
    match kind {
        0 => Ok((guild, PermissionOverwriteType::Role)),
        1 => Ok((guild, PermissionOverwriteType::Member)),
        _ => Err(Refusal::form("type", "BASE_TYPE_CHOICES", "Value must be one of (0, 1).")),
    }
}

fn target_id(id: Id) -> Result<twilight_model::id::Id<twilight_model::id::marker::GenericMarker>, Refusal> {
    twilight_model::id::Id::new_checked(id).ok_or_else(Refusal::unknown_overwrite)
}

pub(super) fn delete_overwrite(state: &mut State, call: &Call) -> Outcome {
    let (id, target) = (may(state, call, MANAGE_ROLES)?, call.id(1)?);
    editable(state, id, 0)?;
    let channel = state.channels.get_mut(&id).expect("the channel was just seen");
    let before = channel.overwrites.len();
    channel.overwrites.retain(|one| one.id != target);
    if channel.overwrites.len() == before {
        return Err(Refusal::unknown_overwrite());
    }
    state.emit_channel("CHANNEL_UPDATE", id);
    Answer::empty()
}
