//! State of a person's call → view: its pages, the fallback's call, and the card that shows how it goes. Decides nothing.

use super::draw::{engaged, lost, paged};
use super::show;
use super::view::{Asks, CalledView, Calls};
use crate::domain::call::{CALL_LASTS, Call, Kind};
use crate::domain::engagement::{Closed, Closing, End, FallbackCall, Page, Place, Post, PostKind, Progress};
use crate::domain::facts::Facts;
use crate::domain::id::{Mint, Timestamp};
use crate::domain::turn::Turn;
use crate::words::{self, Text};

/// A page of it, or the fallback's call.
pub(super) fn post(state: &Call, post: &Post, facts: &Facts, mint: Mint, now: Timestamp) -> CalledView {
    match &post.kind {
        PostKind::Pages => page(state, post, facts, mint, now),
        PostKind::Fallback { call, count, .. } => fallback(state, post, call, *count),
    }
}

/// What shows how it goes, where it was typed.
pub(super) fn card(state: &Call, facts: &Facts, mint: Mint, now: Timestamp) -> CalledView {
    let mut turn = turn(state, facts, mint, now);
    let live = state.over_at.is_none();
    let engaged = state.paging.engagements.iter().map(|engagement| show::engaged(&engaged(&state.paging, engagement)));
    let standing = match (state.stands_until, state.paging.engagements.first().map(|e| &e.progress)) {
        (Some(until), _) => Some(words::call_restored(until)),
        (None, Some(Progress::Exhausted { next_call, .. })) => Some(words::call_fallback_next(*next_call)),
        _ => state.paging.next_escalation(&mut turn, None).map(|(at, names)| show::escalates(&names, at)),
    };
    let ended = (state.over_at.is_some() && unanswered(state)).then(|| words::call_unanswered(CALL_LASTS.num_hours()));
    CalledView {
        call: state.id,
        post: None,
        people: Vec::new(),
        calls: None,
        head: words::call_card_head(state.by, &state.title(), message(state)),
        body: engaged.chain(standing.filter(|_| live)).chain(ended).collect(),
        asks: if live { Asks::Steer } else { Asks::Nothing },
        direct: state.room.is_none(),
    }
}

fn unanswered(state: &Call) -> bool {
    state.paging.engagements.iter().all(|engagement| matches!(engagement.end, Some(End::Over { .. })))
}

fn page(state: &Call, post: &Post, facts: &Facts, mint: Mint, now: Timestamp) -> CalledView {
    let mut turn = turn(state, facts, mint, now);
    let pages: Vec<&Page> = state.paging.pages_of(post).collect();
    let open = state.paging.open(post);
    let closed = pages.iter().rev().find_map(|page| page.closed.as_ref());
    let still = state.paging.still_called();
    let closed = closed.map(|closed| ended(closed, &still)).or_else(|| lost(&pages)).filter(|_| !open);
    let next = state.paging.next_escalation(&mut turn, Some(post.id)).map(|(at, names)| show::escalates(&names, at));
    let body = match closed {
        Some(closed) => vec![closed],
        None => {
            super::draw::whys(&state.paging, &pages, false, facts).into_iter().chain(late(&pages)).chain(next).collect()
        }
    };
    CalledView {
        call: state.id,
        post: Some(post.id),
        people: pages.iter().map(|page| paged(page)).collect(),
        calls: None,
        head: words::call_head(state.by, message(state), &state.title()),
        body,
        asks: if open { Asks::Answer } else { Asks::Nothing },
        direct: matches!(post.place, Place::Direct { .. }),
    }
}

/// Why it asks nobody any more.
fn ended(closed: &Closed, still: &[String]) -> Text {
    match closed.how {
        Closing::Unanswered => words::call_unanswered(CALL_LASTS.num_hours()),
        _ => words::closed(&closed.how, closed.at, still),
    }
}

/// It comes late, or once more.
fn late(pages: &[&Page]) -> Vec<Text> {
    let late =
        pages.iter().find_map(|page| page.late).map(|since| Text::from("Late: it was due ").ago(since).ours("."));
    let attempt = pages.iter().flat_map(|page| page.reasons.iter().map(|reason| reason.attempt)).max().unwrap_or(1);
    let again = (attempt > 1).then(|| Text::from(format!("Page {attempt}: nobody has answered yet.")));
    late.into_iter().chain(again).collect()
}

fn fallback(state: &Call, post: &Post, call: &FallbackCall, count: u32) -> CalledView {
    let calls = match call {
        FallbackCall::Roles { roles } => Calls::Roles(roles.clone()),
        FallbackCall::Person { user } => Calls::Person(*user),
        FallbackCall::Owner => Calls::Owner,
    };
    let tried = state.paging.engagements.iter().flat_map(|e| e.clocks.iter().map(|clock| clock.display.clone()));
    let tried: Vec<String> = tried.collect();
    let elsewhere = state.room.filter(|_| post.place != Place::Room);
    let closed = post.closed.as_ref().map(|closed| ended(closed, &[]));
    CalledView {
        call: state.id,
        post: Some(post.id),
        people: Vec::new(),
        calls: Some(calls),
        head: words::call_for_fallback(state.by, &state.title(), &tried, count, elsewhere),
        asks: if closed.is_some() { Asks::Nothing } else { Asks::Take },
        body: closed.into_iter().collect(),
        direct: matches!(post.place, Place::Direct { .. }),
    }
}

fn message(state: &Call) -> Option<&str> {
    match &state.kind {
        Kind::Page { message, .. } => message.as_deref(),
        Kind::Test { .. } => None,
    }
}

fn turn<'f>(state: &Call, facts: &'f Facts, mint: Mint, now: Timestamp) -> Turn<'f> {
    Turn::new(now, facts, mint, None, state.home(&facts.live.settings()))
}
