//! How an incident stands, in words: what its card and `/incident show` share. Draws nothing, decides nothing.

use super::reply::Say;
use super::view::{CardView, EngagedState, EngagedView, PersonState};
use crate::domain::id::Timestamp;
use crate::domain::text::block;
use crate::words::{self, Piece, Text};

/// How much of the summary is shown, in characters (PRODUCT §6).
const SUMMARY_SHOWN: usize = 300;
/// Most people who are named in one line.
const PEOPLE_MAX: usize = 8;

/// The answer to `/incident show`: the card as a text, without its buttons.
pub fn show(card: &CardView) -> Say {
    let head = Text::new().strong(headline(card)).line().said_strong(&card.title).line().join(standing(card));
    let lead = card.lead.map(|lead| Text::from("Lead: ").user(lead));
    let due = card.update_due.map(|at| Text::from("Next update ").ago(at));
    let summary = Some(summary(card)).filter(|summary| !summary.is_empty()).map(|summary| Text::new().quote(summary));
    let engaged = card.engaged.iter().map(engaged);
    let latest = card.latest.iter().map(|(at, told)| event(*at, told));
    let lines = lead.into_iter().chain(summary).chain(engaged).chain(next(card)).chain(due).chain(latest);
    Say { text: lines.fold(head, |text, line| text.line().join(line)), controls: Vec::new() }
}

/// "INC-42 · Critical: full failure, many or all customers".
pub fn headline(card: &CardView) -> String {
    let drill = if card.drill { "DRILL · " } else { "" };
    let private = if card.private { " · private" } else { "" };
    let impact = card.impact;
    format!("{drill}INC-{} · {}: {}{private}", card.number, impact.word(), impact.sentence())
}

/// Its status, since when, and what fires.
pub fn standing(card: &CardView) -> Text {
    let text = Text::new().strong(card.status.word());
    let text = if card.unanswered { text.ours(" · nobody has acknowledged yet") } else { text };
    let text = match card.over_at {
        Some(over) => text.ours(format!(" after {}", words::lasting(over - card.opened_at))),
        None => text.ours(" · opened ").ago(card.opened_at),
    };
    match (card.alerts, card.firing) {
        (0, _) => text,
        (_, 0) => text.ours(" · all alerts recovered"),
        (1, firing) => text.ours(format!(" · {firing} firing")),
        (alerts, firing) => text.ours(format!(" · {firing} firing, {alerts} messages")),
    }
}

/// The beginning of the summary.
pub fn summary(card: &CardView) -> String {
    block(&card.summary, SUMMARY_SHOWN)
}

/// One engagement: who is called, and who has it.
///
/// Once it has ended, only those are named whom it left behind: who saw it, and who could not be reached.
pub fn engaged(engagement: &EngagedView) -> Text {
    let runs =
        matches!(engagement.state, EngagedState::Running { .. } | EngagedState::Exhausted | EngagedState::Resting);
    let text = Text::new().said_strong(&engagement.title).ours(": ");
    let text = match &engagement.state {
        EngagedState::Running { stage, of } if *of > 1 => text.ours(format!("stage {stage} of {of}")),
        EngagedState::Running { .. } => text.ours("calling"),
        EngagedState::Acked { by, at } => text.user(*by).ours(" has it since ").clock(*at),
        EngagedState::Stopped { reason } => text.ours("stopped: ").said(reason),
        EngagedState::Exhausted => text.ours("nobody answered, the fallback is called"),
        EngagedState::Resting => text.ours("rests, at this impact nobody is pinged"),
        EngagedState::Over => text.ours("ended"),
    };
    let told =
        |(_, state): &&(String, PersonState)| runs || matches!(state, PersonState::Seen | PersonState::NotReached);
    let told: Vec<_> = engagement.people.iter().filter(told).collect();
    let text =
        told.iter().take(PEOPLE_MAX).fold(text, |text, (name, state)| text.ours(" · ").said(name).join(person(*state)));
    match told.len().saturating_sub(PEOPLE_MAX) {
        0 => text,
        left => text.ours(format!(" · {left} more")),
    }
}

fn person(state: PersonState) -> Text {
    Text::from(match state {
        PersonState::Paged => " paged",
        PersonState::Seen => " has seen it",
        PersonState::Acked => " acknowledged",
        PersonState::NotReached => " not reached",
        PersonState::Held { until } => return Text::from(" held until ").clock(until),
        PersonState::Shown => " shown it, no ping",
        PersonState::Waiting => " waiting",
    })
}

/// What paging does next by itself.
pub fn next(card: &CardView) -> Option<Text> {
    if card.over_at.is_some() {
        return None;
    }
    if card.held {
        return Some(Text::from("Paging waits: all alerts have recovered."));
    }
    card.next.as_ref().map(|(at, names)| escalates(names, *at))
}

/// "Escalates to Ben in 5 minutes"; without names it is the fallback that is called.
pub fn escalates(names: &[String], at: Timestamp) -> Text {
    let text = match names {
        [] => Text::from("Calls the fallback "),
        names => Text::from("Escalates to ").names(names).ours(" "),
    };
    text.piece(Piece::Ago(at))
}

/// One of the latest events.
pub fn event(at: Timestamp, told: &Text) -> Text {
    Text::new().clock(at).ours(" ").join(told.clone())
}
