//! Reactions over REST.
//! Never reacts as anyone but the app.

use super::{
    call::{Answer, Call, Outcome},
    channels::may,
    messages::find,
};
use crate::{
    id::Id,
    message::Emoji,
    permission::bit::{ADD_REACTIONS, MANAGE_MESSAGES, READ_MESSAGE_HISTORY},
    refusal::Refusal,
    state::State,
};

/// Distinct emoji a message may carry.
const EMOJI_MAX: usize = 20;

fn emoji(call: &Call) -> Result<Emoji, Refusal> {
    call.args.get(2).and_then(|text| Emoji::parse(text)).ok_or_else(Refusal::unknown_emoji)
}

pub(super) fn add(state: &mut State, call: &Call) -> Outcome {
    let channel = may(state, call, READ_MESSAGE_HISTORY)?;
    let (message, emoji) = (find(state, call, channel)?, emoji(call)?);
    let id = message.id;
    if state.channels[&channel].thread.as_ref().is_some_and(|thread| thread.archived) {
        return Err(Refusal::archived_thread());
    }
    if !message.reactions.iter().any(|one| one.emoji == emoji) {
        if message.reactions.len() >= EMOJI_MAX {
            return Err(Refusal::too_many_reactions());
        }
        may(state, call, ADD_REACTIONS)?;
    }
    let me = state.app.id;
    state.add_reaction(channel, id, me, emoji);
    Answer::empty()
}

pub(super) fn remove_own(state: &mut State, call: &Call) -> Outcome {
    let me = state.app.id;
    remove(state, call, me, READ_MESSAGE_HISTORY)
}

pub(super) fn remove_other(state: &mut State, call: &Call) -> Outcome {
    remove(state, call, call.id(3)?, MANAGE_MESSAGES)
}

fn remove(state: &mut State, call: &Call, user: Id, needs: u64) -> Outcome {
    let channel = may(state, call, needs)?;
    let (message, emoji) = (find(state, call, channel)?.id, emoji(call)?);
    state.remove_reaction(channel, message, user, &emoji);
    Answer::empty()
}

pub(super) fn clear(state: &mut State, call: &Call) -> Outcome {
    let channel = may(state, call, MANAGE_MESSAGES)?;
    let message = find(state, call, channel)?;
    let id = message.id;
    let all: Vec<(Emoji, Vec<Id>)> =
        message.reactions.iter().map(|one| (one.emoji.clone(), one.users.clone())).collect();
    for (emoji, users) in all {
        for user in users {
            state.remove_reaction(channel, id, user, &emoji);
        }
    }
    Answer::empty()
}

pub(super) fn users(state: &mut State, call: &Call) -> Outcome {
    let channel = may(state, call, READ_MESSAGE_HISTORY)?;
    let (message, emoji) = (find(state, call, channel)?, emoji(call)?);
    let limit = usize::try_from(call.number("limit", 25, 100)?).unwrap_or(100);
    let after: Id = call.query.get("after").and_then(|id| id.parse().ok()).unwrap_or(0);
    let found = message.reactions.iter().find(|one| one.emoji == emoji);
    let mut users: Vec<Id> =
        found.into_iter().flat_map(|one| one.users.iter().copied()).filter(|id| *id > after).collect();
    users.sort_unstable();
    Answer::ok(users.into_iter().take(limit).map(|id| state.user_json(id)).collect())
}
