//! Guilds over REST: the guild itself, its channels, roles and members.
//! Never creates channels; `channels` does.

use super::call::{Answer, Call, Outcome};
use crate::{
    guild::{Guild, Member, Role},
    id::Id,
    permission::{self, bit::MANAGE_ROLES},
    refusal::Refusal,
    state::State,
    world::intent::GUILD_MEMBERS,
};

/// The guild in the path, if the app is in it.
pub(super) fn guild<'a>(state: &'a State, call: &Call) -> Result<&'a Guild, Refusal> {
    let guild = state.guilds.get(&call.id(0)?).ok_or_else(Refusal::unknown_guild)?;
    if guild.members.contains_key(&state.app.id) { Ok(guild) } else { Err(Refusal::missing_access()) }
}

pub(super) fn get(state: &mut State, call: &Call) -> Outcome {
    let found = guild(state, call)?;
    if found.unavailable {
        return Err(Refusal::overloaded());
    }
    Answer::ok(state.guild_json(found))
}

pub(super) fn channels(state: &mut State, call: &Call) -> Outcome {
    let guild = guild(state, call)?.id;
    let listed = state.channels.values().filter(|channel| channel.guild == Some(guild) && channel.thread.is_none());
    Answer::ok(listed.map(|channel| state.channel_json(channel)).collect())
}

pub(super) fn roles(state: &mut State, call: &Call) -> Outcome {
    Answer::ok(guild(state, call)?.roles.values().map(Role::json).collect())
}

pub(super) fn member(state: &mut State, call: &Call) -> Outcome {
    let user = call.id(1)?;
    let found = guild(state, call)?.members.get(&user);
    let unknown = || if state.users.contains_key(&user) { Refusal::unknown_member() } else { Refusal::unknown_user() };
    Answer::ok(found.ok_or_else(unknown)?.json())
}

pub(super) fn members(state: &mut State, call: &Call) -> Outcome {
    if state.app.granted_intents & GUILD_MEMBERS == 0 {
        return Err(Refusal::missing_access());
    }
    let limit = usize::try_from(call.number("limit", 1, 1000)?).unwrap_or(1000);
    let after: Id = call.query.get("after").and_then(|id| id.parse().ok()).unwrap_or(0);
    let listed = guild(state, call)?.members.values().filter(|member| member.user.id > after);
    Answer::ok(listed.take(limit).map(Member::json).collect())
}

pub(super) fn search(state: &mut State, call: &Call) -> Outcome {
    let limit = usize::try_from(call.number("limit", 1, 1000)?).unwrap_or(1000);
    let query = call.query.get("query").map(|text| text.to_lowercase()).unwrap_or_default();
    let begins = |member: &&Member| {
        let nick = member.nick.as_ref().is_some_and(|nick| nick.to_lowercase().starts_with(&query));
        nick || member.user.name.to_lowercase().starts_with(&query)
    };
    Answer::ok(guild(state, call)?.members.values().filter(begins).take(limit).map(Member::json).collect())
}

pub(super) fn give_role(state: &mut State, call: &Call) -> Outcome {
    change_role(state, call, |member, role| {
        member.roles.insert(role);
    })
}

pub(super) fn take_role(state: &mut State, call: &Call) -> Outcome {
    change_role(state, call, |member, role| {
        member.roles.remove(&role);
    })
}

/// MANAGE_ROLES, and only roles below the app's highest that no bot owns.
fn change_role(state: &mut State, call: &Call, change: impl FnOnce(&mut Member, Id)) -> Outcome {
    let (user, role) = (call.id(1)?, call.id(2)?);
    let home = guild(state, call)?;
    let id = home.id;
    if !home.members.contains_key(&user) {
        return Err(Refusal::unknown_member());
    }
    let wanted = home.roles.get(&role).ok_or_else(Refusal::unknown_role)?;
    let me = state.app.id;
    let allowed = permission::in_guild(home, me) & MANAGE_ROLES != 0;
    if !allowed || wanted.position >= home.height(me) || wanted.bot.is_some() {
        return Err(Refusal::missing_permissions());
    }
    state.change_member(id, user, |member| change(member, role));
    Answer::empty()
}
