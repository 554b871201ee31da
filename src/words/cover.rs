//! Offers of shifts as they are read: the message that everybody sees, and what is told to those who press.

use super::text::Text;
use crate::domain::id::{Timestamp, UserId};

/// Most shifts of one offer that are listed.
const SHIFTS_MAX: usize = 8;

/// What an offer says to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferLine {
    pub by: UserId,
    pub schedule: String,
    pub stretches: Vec<(Timestamp, Timestamp)>,
}

/// How an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    Open,
    Taken { by: UserId, at: Timestamp },
    Back,
    Lapsed,
    Empty,
}

/// The message of an offer.
pub fn offer(offer: &OfferLine, state: OfferState) -> Text {
    let text = Text::new().user(offer.by);
    let text = match state {
        OfferState::Open => text.ours(" looks for somebody to be on call for "),
        _ => text.ours(" offered to hand over "),
    };
    let text = shifts(text.said_strong(&offer.schedule).ours(":"), &offer.stretches).line();
    match state {
        OfferState::Open => text.ours("Until somebody takes it, it stays theirs."),
        OfferState::Taken { by, at } => text.ours("✅ Taken by ").user(by).ours(" ").ago(at).ours("."),
        OfferState::Back => text.ours("Taken back: it stays theirs."),
        OfferState::Lapsed => text.ours("Nobody took it: it stayed theirs."),
        OfferState::Empty => text.ours("Nothing to take any more: they are not on call then."),
    }
}

fn shifts(text: Text, all: &[(Timestamp, Timestamp)]) -> Text {
    let text = all
        .iter()
        .take(SHIFTS_MAX)
        .fold(text, |text, (from, until)| text.line().ours("• ").clock(*from).ours(" – ").clock(*until));
    match all.len().saturating_sub(SHIFTS_MAX) {
        0 => text,
        left => text.line().ours(format!("• and {left} more")),
    }
}

/// Tells whoever offered a shift that it is still theirs. `shown`: the offer stands in a channel.
pub fn untaken(offer: &OfferLine, begins: Timestamp, shown: bool, now: Timestamp) -> Text {
    let text = Text::new().user(offer.by).ours(" ");
    let text = match shown {
        true => text.strong("Nobody has taken your shift."),
        false => text.strong("Your offer could not be shown to anybody."),
    };
    let text = text.ours(" You are on call for ").said_strong(&offer.schedule);
    let text = match begins <= now {
        true => text.ours(" now."),
        false => text.ours(" from ").clock(begins).ours("."),
    };
    match shown {
        true => text.ours(" The offer still stands; ask somebody by name."),
        false => text.ours(" Give Muster View Channel and Send Messages there, or ask somebody by name."),
    }
}

/// The private answer to an offer.
pub fn offered(offers: &[OfferLine], soon: bool) -> Text {
    let text = offers.iter().fold(Text::from("Offered to everybody:"), |text, offer| {
        shifts(text.line().said_strong(&offer.schedule), &offer.stretches)
    });
    match soon {
        true => {
            text.line().ours("It begins within the hour: until somebody takes it, you are on call. Ask by name, too.")
        }
        false => text.line().ours("Until somebody takes it, it stays yours; an hour before it begins you are told."),
    }
}

/// The private answer to **I take it**.
pub fn covered(offer: &OfferLine) -> Text {
    let text = Text::from("Yours. You are on call for ").said_strong(&offer.schedule).ours(" in place of ");
    shifts(text.user(offer.by).ours(":"), &offer.stretches)
}

/// An offer that could not be taken, as there is nothing left of it.
pub fn nothing_left(by: UserId) -> Text {
    Text::new().user(by).ours(" is not on call then any more: nothing was left to take, nothing is changed.")
}

/// Somebody was first.
pub fn taken_before(by: UserId, at: Timestamp) -> Text {
    Text::new().user(by).ours(" took it ").ago(at).ours(". Nothing to do for you.")
}

/// An offer was taken back.
pub fn back() -> Text {
    Text::from("Taken back: the shift stays yours.")
}

/// An offer that is over, for whoever presses on it.
pub fn over(state: OfferState) -> Text {
    match state {
        OfferState::Taken { by, at } => taken_before(by, at),
        OfferState::Back => Text::from("It was taken back: nothing to do for you."),
        _ => Text::from("It is over: nothing to do for you."),
    }
}
