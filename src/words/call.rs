//! A call of a person: what the page says, what shows how it goes, what the fallback is told, and the private answers.

use super::page::still_called;
use super::text::{Piece, Text};
use super::timeline::are_called;
use crate::domain::id::{ChannelId, Timestamp, UserId};
use crate::domain::refusal::CallRefusal;

/// Most things that a refusal lists.
const LIKE_MAX: usize = 10;

/// The first words of a page, as a lock screen shows them: who needs them, and what for.
pub fn call_head(by: UserId, message: Option<&str>, title: &str) -> Text {
    let text = Text::new().strong("Call").ours(" from ").user(by);
    match message {
        Some(message) => text.ours(": ").said(message),
        None => text.ours(" · ").said(title),
    }
}

/// Why a page by hand came, in an incident.
pub fn asked_by(by: UserId, message: Option<&str>) -> Text {
    let text = Text::new().user(by).ours(" asks for you");
    match message {
        Some(message) => text.ours(": ").said(message),
        None => text,
    }
}

/// What the card of a call begins with.
pub fn call_card_head(by: UserId, title: &str, message: Option<&str>) -> Text {
    let text = Text::new().strong("Call").ours(" for ").said_strong(title).ours(" by ").user(by);
    match message {
        Some(message) => text.ours(": ").said(message),
        None => text,
    }
}

pub fn call_fallback_next(at: Timestamp) -> Text {
    Text::new().strong("Nobody has answered.").ours(" The fallback is called, again ").ago(at).ours(".")
}

pub fn call_unanswered(hours: i64) -> Text {
    Text::new()
        .strong(format!("Nobody answered for {hours} hours."))
        .ours(" The call has ended: reach somebody another way, or type `/page` again.")
}

/// After the database was restored: it may be answered already.
pub fn call_restored(until: Timestamp) -> Text {
    Text::from("Muster was restored from a backup and does not know whether this was answered. If so, acknowledge or stop it; else paging goes on ")
        .ago(until)
        .ours(".")
}

/// What the fallback is told. `tried`: who was called; `elsewhere`: it stands outside the room, and says nothing of what was written there.
pub fn call_for_fallback(by: UserId, title: &str, tried: &[String], count: u32, elsewhere: Option<ChannelId>) -> Text {
    let text =
        Text::new().strong("Nobody has answered a call").ours(" of ").user(by).ours(" for ").said(title).ours(".");
    let text = if tried.is_empty() {
        text.ours(" Nobody could be reached.")
    } else {
        text.ours(" Tried: ").names(tried).ours(".")
    };
    let text = if count > 1 { text.ours(format!(" This is call {count}.")) } else { text };
    match elsewhere {
        Some(room) => text.line().ours("It was made in ").piece(Piece::Channel(room)).ours("."),
        None => text,
    }
}

/// The answer to whoever paged. `number`: of the incident; `here`: it can be followed in this channel.
pub fn called(title: &str, names: &[String], fallback: bool, number: Option<i64>) -> Text {
    let text = match (names, fallback) {
        ([], true) => {
            Text::from("Nobody of ").said(title).ours(" can be reached now: ").strong("the fallback is called.")
        }
        ([], false) => Text::from("Nobody of ")
            .said(title)
            .ours(" is pinged now: this impact does not wake them, or waits for their morning."),
        (names, _) => {
            Text::from("Calling ").names(names).ours(if names.len() == 1 && names[0] == title { "." } else { " for " })
        }
    };
    let text = match names {
        [] => text,
        [name] if name == title => text,
        _ => text.said(title).ours("."),
    };
    match number {
        Some(number) if names.is_empty() && !fallback => text
            .ours(format!(" They see it in INC-{number}. To wake somebody now, raise the impact: `/incident impact`.")),
        Some(number) => text.ours(format!(" It goes on in INC-{number} until somebody acknowledges.")),
        None => text.ours(" The message here shows how it goes; there you can escalate or stop it."),
    }
}

/// The private answer to an acknowledgement. `own`: only their own pages end.
pub fn call_acked(by: UserId, own: bool, spared: &[String], still: &[String]) -> Text {
    if own {
        return Text::from("Your pages stop. ").join(still_called(still));
    }
    let text = Text::from("The call is yours. ").user(by).ours(" sees that you have it.");
    let text = if spared.is_empty() { text } else { text.ours(" ").names(spared).ours(" will not be called.") };
    if still.is_empty() { text } else { text.ours(" ").join(still_called(still)) }
}

pub fn call_acked_before(by: UserId, at: Timestamp) -> Text {
    Text::new().user(by).ours(" has this call since ").clock(at).ours(". Nothing to do for you.")
}

pub fn call_offer_take(from: &[String]) -> Text {
    let text = Text::from("Take this call?");
    if from.is_empty() { text.ours(" It becomes yours.") } else { text.ours(" Paging of ").names(from).ours(" stops.") }
}

pub fn call_unacked() -> Text {
    Text::from("Undone. The call goes on as if you had not acknowledged.")
}

pub fn call_escalated(names: &[String], fallback: bool) -> Text {
    if names.is_empty() { Text::from("The fallback is called now.") } else { are_called(names, fallback) }
}

pub fn call_stopped() -> Text {
    Text::from("The call is stopped. Nobody is paged for it any more.")
}

/// No code of theirs, and a bare `/ack` that found one thing or another.
pub(super) fn refused(why: &CallRefusal) -> Text {
    match why {
        CallRefusal::Nobody { said, like } if like.is_empty() => {
            Text::from("There is nobody to call as ").said(said).ours(". `/setup` makes the first contacts.")
        }
        CallRefusal::Nobody { said, like } => one_of(
            Text::from("There is no contact, schedule or escalation plan “").said(said).ours("”. "),
            "There is: ",
            like,
        ),
        CallRefusal::WhichOne { said, like } => {
            one_of(Text::from("Several are called “").said(said).ours("”. "), "Write one of: ", like)
        }
        CallRefusal::NoContact { name } => Text::new()
            .said(name)
            .ours(" is no contact here, so Muster cannot page them. Mention them, or have them added with `/setup`."),
        CallRefusal::CalledAlready { title, since, number } => {
            let text = Text::new()
                .said(title)
                .ours(" is being called since ")
                .clock(*since)
                .ours(", and nobody has answered yet.");
            match number {
                Some(number) => text.ours(format!(
                    " Nothing was sent twice. To wake the next one now, type `/incident escalate` in INC-{number}."
                )),
                None => text.ours(" Nothing was sent twice. To wake the next one now, press **Escalate now** there."),
            }
        }
        CallRefusal::CallOver => Text::from("This call has ended. `/page` makes another."),
        CallRefusal::NobodyToEscalateTo => Text::from("Nobody is left to wake. Mention who should know."),
        CallRefusal::TooManyPages { max, minutes } => Text::from(format!(
            "You have paged {max} times in {minutes} minutes. Escalate what runs already, or ask somebody else to page."
        )),
        CallRefusal::NothingToAnswer => {
            Text::from("No page of yours is open. To take an incident, type `/incident ack` with its number.")
        }
        CallRefusal::NotYourCode => Text::from(
            "This code is not yours, or not known. Check the digits; each code is for the person it was sent to. Without a code, `/ack` \
             answers all your open pages.",
        ),
        CallRefusal::TooManyCodes { until } => Text::from("Too many wrong codes. Try again ")
            .ago(*until)
            .ours("; without a code, `/ack` answers all your open pages at once."),
    }
}

fn one_of(text: Text, before: &str, like: &[String]) -> Text {
    let text = like.iter().take(LIKE_MAX).enumerate().fold(text.ours(before), |text, (index, said)| {
        let text = if index == 0 { text } else { text.ours(", ") };
        text.said(said)
    });
    match like.len().saturating_sub(LIKE_MAX) {
        0 => text.ours("."),
        left => text.ours(format!(", and {left} more.")),
    }
}
