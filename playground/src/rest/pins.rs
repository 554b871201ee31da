//! Pins over REST, new routes and old ones. Pinning needs PIN_MESSAGES since 2026-02-23.
//! Never writes the notice itself; `post` does.

use super::{
    call::{Answer, Call, Outcome},
    channels::{may, seen},
    messages::find,
};
use crate::{
    channel::stamp,
    id::Id,
    message::Message,
    permission::bit::{PIN_MESSAGES, READ_MESSAGE_HISTORY},
    refusal::Refusal,
    state::State,
    world::intent::MESSAGE_CONTENT,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Pins a channel may hold.
const PINS_MAX: usize = 250;

impl State {
    /// Pinned messages, newest pin first.
    pub(crate) fn pinned(&self, channel: Id) -> Vec<&Message> {
        let all = self.messages.get(&channel).into_iter().flat_map(|all| all.values());
        let mut pinned: Vec<&Message> = all.filter(|message| message.pinned.is_some()).collect();
        pinned.sort_by_key(|message| std::cmp::Reverse(message.pinned));
        pinned
    }
}

pub(super) fn list(state: &mut State, call: &Call) -> Outcome {
    let channel = seen(state, call)?;
    let limit = usize::try_from(call.number("limit", 50, 50)?).unwrap_or(50);
    let before = call.query.get("before").and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let pinned = readable(state, channel);
    let older: Vec<&Message> =
        pinned.into_iter().filter(|message| before.is_none_or(|before| message.pinned < Some(before))).collect();
    let items = older
        .iter()
        .take(limit)
        .map(|message| json!({ "pinned_at": message.pinned.map(stamp), "message": shown(state, message) }));
    Answer::ok(json!({ "items": items.collect::<Vec<_>>(), "has_more": older.len() > limit }))
}

pub(super) fn old_list(state: &mut State, call: &Call) -> Outcome {
    let channel = seen(state, call)?;
    Answer::ok(readable(state, channel).into_iter().take(50).map(|message| shown(state, message)).collect())
}

/// Without READ_MESSAGE_HISTORY the list is empty, not refused.
fn readable(state: &State, channel: Id) -> Vec<&Message> {
    let may_read = state.permissions(channel, state.app.id) & READ_MESSAGE_HISTORY != 0;
    if may_read { state.pinned(channel) } else { Vec::new() }
}

fn shown(state: &State, message: &Message) -> Value {
    state.message_for_app(message, state.app.granted_intents & MESSAGE_CONTENT != 0)
}

pub(super) fn pin(state: &mut State, call: &Call) -> Outcome {
    set(state, call, true)
}

pub(super) fn unpin(state: &mut State, call: &Call) -> Outcome {
    set(state, call, false)
}

fn set(state: &mut State, call: &Call, pinned: bool) -> Outcome {
    let channel = may(state, call, PIN_MESSAGES)?;
    let message = find(state, call, channel)?;
    let (id, new) = (message.id, pinned && message.pinned.is_none());
    if new && state.pinned(channel).len() >= PINS_MAX {
        return Err(Refusal::too_many_pins());
    }
    let me = state.author(state.app.id, channel);
    state.set_pinned(channel, id, &me, pinned);
    Answer::empty()
}
