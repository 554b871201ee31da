//! How Muster says no, and how it says that it failed: what is wrong, and what to do instead.

use super::text::{Piece, Text};
use super::{call, contact, oncall};
use crate::domain::id::UserId;
use crate::domain::incident::Status;
use crate::domain::permission::{Act, NotAllowed, Rank};
use crate::domain::refusal::{NoMerge, Refusal};
use crate::domain::text::cut;

/// Most names that a refusal lists.
const KNOWN_MAX: usize = 10;

/// How much is shown of a summary that the person can read elsewhere: theirs, which was not saved, has the room.
const THEIRS_SHOWN: usize = 600;

/// The sentence for the person who is refused; nothing was changed.
pub fn refusal(refusal: &Refusal) -> Text {
    match refusal {
        Refusal::NotAllowed(why) => not_allowed(why),
        Refusal::Over { number, status } => over(*number, *status),
        Refusal::OpenAlready { number, status } => {
            Text::from(format!("INC-{number} is {} and not over: there is nothing to open again.", status.word()))
        }
        Refusal::MitigatedAlready { number } => Text::from(format!(
            "INC-{number} is mitigated already. `/incident update` says what is new, `/incident resolve` ends it."
        )),
        Refusal::NotOver { number, status } => Text::from(format!(
            "INC-{number} is {}: end it first with `/incident resolve` or `/incident cancel`, then delete it.",
            status.word()
        )),
        Refusal::CannotMerge { number, of, why } => cannot_merge(*number, *of, *why),
        Refusal::NothingToAck { number } => {
            Text::from(format!("Nobody is being paged for INC-{number}: there is nothing to acknowledge."))
        }
        Refusal::NotOnIt { number } => Text::from(format!(
            "INC-{number} is not yours, so nobody asks you. To take it, press Acknowledge on its card, or type `/incident ack`."
        )),
        Refusal::NothingToUndo => Text::from("There is nothing of yours to undo here."),
        Refusal::UndoExpired { what, minutes } => undo_expired(what, *minutes),
        Refusal::NobodyToEscalateTo { number } => {
            Text::from(format!("Nobody is left to wake for INC-{number}. Mention who should know in its channel."))
        }
        Refusal::NoSuchIncident { said } => no_such_incident(said.as_deref()),
        Refusal::NoSuchPlan { said, known } => {
            no_such("There is no response plan ", said, known, "No plan is set up yet: leave `plan` empty.")
        }
        Refusal::NoSuchEngagement { said, known } => {
            no_such("Nobody is being paged as ", said, known, "All paging here has ended.")
        }
        Refusal::SummaryConflict { theirs, yours, by } => summary_conflict(theirs, yours, *by),
        Refusal::BadText { field, max, length } => bad_text(field, *max, *length),
        Refusal::BadValue { field, said, right } => {
            Text::from(format!("`{field}` cannot be “")).said(said).ours(format!("”. Write {right}."))
        }
        Refusal::NothingToMergeWith { number } => Text::from(format!(
            "There is no other open incident that INC-{number} could be a duplicate of. `/incident cancel` ends a false alarm."
        )),
        Refusal::FormForgotten => Text::from(
            "Muster has restarted since and does not have what you wrote any more. It stands in the message above: copy it, and \
             type `/incident new`.",
        ),
        Refusal::NothingToChange => Text::from("Nothing to change: fill in at least one field."),
        Refusal::TooManyDeclarations { max, minutes } => Text::from(format!(
            "You have opened {max} incidents in {minutes} minutes. Add to one of them, or ask somebody else to open this one."
        )),
        Refusal::Contact(why) => contact::refused(why),
        Refusal::Call(why) => call::refused(why),
        Refusal::OnCall(why) => oncall::refused(why),
        Refusal::StaleButton => {
            Text::from("This button is out of date. Use the newest message, or type `/incident show`.")
        }
        Refusal::NoSuchDefinition { kind, said, known } => {
            let none = "None of this kind is in force: `/config new` makes one.";
            no_such(&format!("There is no {kind} "), said, known, none)
        }
        Refusal::NoSuchVersion { kind, name, number } => {
            Text::from(format!("{kind} {name} has no version {number}. `/config history` shows those it has."))
        }
        Refusal::ProposalGone => Text::from(
            "This was shown too long ago, or Muster has been restarted since. Nothing was changed: send it again with `/config`.",
        ),
    }
}

/// Something of ours failed. `id` stands in the operator's log.
pub fn fault(id: &str) -> Text {
    Text::from(format!(
        "Not saved, nothing was done. Try again; if it stays like this, tell your operator: fault `{id}`."
    ))
}

/// Something of ours went wrong in the middle: nobody knows how far it came. `id` stands in the operator's log.
pub fn panicked(id: &str) -> Text {
    Text::from(format!(
        "Something went wrong. See whether it was done before you try again, and tell your operator: fault `{id}`."
    ))
}

/// Why nobody is called any more where Muster was removed from.
pub const REMOVED: &str = "Muster was removed from this server";

/// The connection to the database was lost at the last moment, for longer than anybody waits. `id` stands in the operator's log.
pub fn fault_unknown(id: &str) -> Text {
    Text::from(format!(
        "It may have been done or not: the connection to the database was lost while it was saved. Look with `/incident list` \
         before you ask again; your operator knows it as fault `{id}`."
    ))
}

/// The connection was lost at the last moment, and by now it is known what came of it.
pub fn kept_after_all() -> Text {
    Text::from(
        "It is done. The answer was lost on the way: `/incident list` and `/incident show` say how things stand.",
    )
}

/// The database did not take it.
pub fn not_saved() -> Text {
    Text::from("Not saved, nothing was done: Muster cannot write right now. Try again in a minute.")
}

/// The disk is full, and what was promised goes first.
pub fn disk_full() -> Text {
    Text::from(
        "Not saved, nothing was done: Muster's disk is full. Incidents that are open go on, pages and acknowledgements too. \
         Tell your operator to make room.",
    )
}

fn over(number: i64, status: Status) -> Text {
    Text::from(match status {
        Status::Duplicate => format!(
            "INC-{number} is over as a duplicate: it goes on in the other incident. `/incident reopen` opens it again."
        ),
        status => format!(
            "INC-{number} is {} already. `/incident reopen` opens it again, `/incident new` opens another.",
            status.word()
        ),
    })
}

fn cannot_merge(number: i64, of: i64, why: NoMerge) -> Text {
    Text::from(match why {
        NoMerge::Itself => format!("INC-{number} cannot be a duplicate of itself. Name the other incident."),
        NoMerge::Duplicate { of: end } if end == number => {
            format!("INC-{of} is a duplicate of INC-{number} already. INC-{number} is the one that goes on.")
        }
        NoMerge::Duplicate { of: end } => format!("INC-{of} is itself a duplicate. Name INC-{end} instead."),
        NoMerge::Over { status } => format!(
            "INC-{of} is {}: alerts would reach nobody there. Open it again first with `/incident reopen`, or name one \
             that is open.",
            status.word()
        ),
        NoMerge::Leaks => format!(
            "INC-{number} is private and INC-{of} is not: its alerts would be shown to people who may not see them. Name \
             another private one, or make INC-{of} the duplicate."
        ),
    })
}

fn not_allowed(why: &NotAllowed) -> Text {
    let text = Text::from(format!("You may not {} here. ", act(why.act)));
    if why.roles.is_empty() {
        return text.ours(without_roles(why.needs));
    }
    let text = text.ours("Ask somebody with ");
    let roles = why.roles.iter().take(KNOWN_MAX).enumerate();
    let text = roles.fold(text, |text, (index, role)| {
        let text = if index == 0 { text } else { text.ours(" or ") };
        text.piece(Piece::Role(*role))
    });
    text.ours(".")
}

fn without_roles(needs: Rank) -> &'static str {
    match needs {
        Rank::Anyone | Rank::Observer | Rank::Responder => "Ask one of the contacts, or somebody with Manage Server.",
        Rank::Manager | Rank::Admin => "Ask somebody with Manage Server.",
    }
}

fn act(act: Act) -> &'static str {
    match act {
        Act::See => "see this incident",
        Act::Declare => "open incidents",
        Act::Page => "page people",
        Act::Take => "take incidents you are not paged for",
        Act::Escalate => "escalate",
        Act::Stop => "stop paging",
        Act::Edit => "change this incident",
        Act::Resolve => "mitigate, end or reopen this incident",
        Act::Delete => "delete incidents",
        Act::SeeSetup => "see how people are paged",
        Act::HandOver => "hand over shifts",
        Act::Override => "change who is on call",
        Act::TestOthers => "send test pages to others",
        Act::Examine => "have the set-up examined",
        Act::Configure => "change the set-up",
    }
}

fn undo_expired(what: &str, minutes: i64) -> Text {
    let instead = match what {
        "resolution" => "`/incident reopen` opens it again.",
        "answer to a call" => "`/page` calls again.",
        _ => "`/incident unack` still takes it back.",
    };
    Text::from(format!("Too late: the {what} could be undone for {minutes} minutes. {instead}"))
}

fn no_such_incident(said: Option<&str>) -> Text {
    let text = match said {
        Some(said) => Text::from("There is no incident “").said(said).ours("”."),
        None => Text::from("This channel belongs to no incident."),
    };
    text.ours(" Name one, such as INC-42; `/incident list` shows them.")
}

pub(super) fn no_such(what: &str, said: &str, known: &[String], none: &str) -> Text {
    let text = Text::from(what).ours("“").said(said).ours("”. ");
    if known.is_empty() { text.ours(none) } else { text.ours("There is: ").names(known).ours(".") }
}

fn summary_conflict(theirs: &str, yours: &str, by: Option<UserId>) -> Text {
    let who = by.map_or_else(|| Text::from("Somebody else"), |user| Text::new().user(user));
    who.ours(
        " changed the summary while you wrote. Nothing of yours was saved: put the two together and send it again.",
    )
    .line()
    .strong("Yours:")
    .quote(yours)
    .strong("Now:")
    .quote(cut(theirs, THEIRS_SHOWN))
}

fn bad_text(field: &str, max: usize, length: usize) -> Text {
    if length == 0 {
        return Text::from(format!("`{field}` is empty. Write something in it."));
    }
    Text::from(format!("`{field}` has {length} characters, and {max} is the most. Shorten it and send it again."))
}
