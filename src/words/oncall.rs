//! On call for those who ask and those who change it: who, when, gaps, and what a change would do before it is made.

use super::refusal::no_such;
use super::span::lasting;
use super::text::{Piece, Text};
use crate::domain::id::{Timestamp, UserId};
use crate::domain::oncall::AHEAD;
use crate::domain::refusal::OnCallRefusal;

/// Most lines of a list: a few screens of a phone.
const LINES_MAX: usize = 30;
/// Most stretches of each half of a preview.
const STRETCHES_MAX: usize = 6;
/// Most gaps of one schedule, and most schedules of one list: together a long answer.
const GAPS_MAX: usize = 8;

/// Who is on call in one schedule at a moment, by the names people know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub schedule: String,
    pub who: Vec<String>,
    /// None: nothing changes for as far as anybody looks.
    pub until: Option<Timestamp>,
    pub next: Vec<String>,
}

/// A stretch of time with the same people; nobody in it is a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub from: Timestamp,
    pub until: Timestamp,
    pub who: Vec<String>,
}

/// One's own shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    pub schedule: String,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// A rotation in the words of its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationLine {
    pub name: String,
    pub members: Vec<String>,
    /// "2 at once · hands off daily at 09:00 (UTC)".
    pub rule: String,
}

/// One override, or several that were made in one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideLine {
    /// What is typed to take it back.
    pub code: String,
    pub schedule: String,
    /// Empty: the whole schedule.
    pub rotations: Vec<String>,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Empty: nobody.
    pub who: Vec<String>,
    pub by: Option<UserId>,
    /// Of those in it, who has left the server.
    pub gone: Vec<String>,
}

/// The gaps of one schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gaps {
    pub schedule: String,
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// They are meant.
    pub intended: bool,
}

/// A schedule in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub name: String,
    pub standing: Standing,
    pub rotations: Vec<RotationLine>,
    pub hand_offs: Vec<Stretch>,
    pub overrides: Vec<OverrideLine>,
    pub gaps: Gaps,
}

/// A change that waits for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    pub schedule: String,
    pub rotation: Option<String>,
    pub from: Timestamp,
    pub until: Timestamp,
    pub before: Vec<Stretch>,
    pub after: Vec<Stretch>,
    /// Gaps that were not there before.
    pub new_gaps: Vec<(Timestamp, Timestamp)>,
    pub intended: bool,
    pub gone: Vec<String>,
}

/// Nobody is ever on call here.
pub fn no_schedules() -> Text {
    Text::from("No schedule is set up yet: an admin types `/setup`, or `/config new`.")
}

/// Who is on call. `at`: asked of another moment than now.
pub fn who(standings: &[Standing], at: Option<Timestamp>) -> Text {
    if standings.is_empty() {
        return no_schedules();
    }
    let head = at.map(|at| Text::from("At ").clock(at).ours(":"));
    lines(head, standings.iter().map(standing))
}

/// "**Payments primary**: Ana until 18:00, then Ben".
fn standing(standing: &Standing) -> Text {
    let text = Text::new().said_strong(&standing.schedule).ours(": ");
    let text = people(text, &standing.who);
    match standing.until {
        None if standing.who.is_empty() => text.ours(format!(" in the next {} days", AHEAD.num_days())),
        None => text.ours(", always"),
        Some(until) => people(text.ours(" until ").clock(until).ours(", then "), &standing.next),
    }
}

fn people(text: Text, who: &[String]) -> Text {
    if who.is_empty() { text.ours("⚠️ nobody") } else { text.names(who) }
}

/// One's own shifts, those that run first.
pub fn mine(shifts: &[Mine], now: Timestamp) -> Text {
    if shifts.is_empty() {
        return Text::from(format!("You are not on call in the next {} days.", AHEAD.num_days()));
    }
    let line = |shift: &Mine| {
        let text = Text::new().said_strong(&shift.schedule);
        match shift.from <= now {
            true => text.ours(": you, now, until ").clock(shift.until),
            false => text.ours(": ").clock(shift.from).ours(" – ").clock(shift.until),
        }
    };
    let on_call = shifts.iter().any(|shift| shift.from <= now);
    let head =
        if on_call { Text::new().strong("You are on call.") } else { Text::from("You are not on call now. Next:") };
    lines(Some(head), shifts.iter().map(line))
}

/// A schedule: who, its rotations in words, what comes.
pub fn shown(shown: &Shown) -> Text {
    let text = standing(&shown.standing).line().ours("Its name in commands: ").said(&shown.name);
    let text = shown.rotations.iter().fold(text, |text, rotation| {
        let text = text.line().ours("Rotation ").said_strong(&rotation.name).ours(": ").names(&rotation.members);
        text.ours(" · ").ours(rotation.rule.clone())
    });
    let text = match shown.hand_offs.is_empty() {
        true => text,
        false => shown
            .hand_offs
            .iter()
            .fold(text.line().strong("Next:"), |text, next| people(text.line().clock(next.from).ours(" "), &next.who)),
    };
    let text = match shown.overrides.is_empty() {
        true => text,
        false => shown
            .overrides
            .iter()
            .take(GAPS_MAX)
            .fold(text.line().strong("Overrides:"), |text, one| text.line().join(override_line(one, false))),
    };
    text.line().join(gaps_of(&shown.gaps))
}

/// The shifts of the coming weeks.
pub fn preview(schedule: &str, weeks: u32, stretches: &[Stretch]) -> Text {
    let weeks = if weeks == 1 { "week".to_owned() } else { format!("{weeks} weeks") };
    let head = Text::new().said_strong(schedule).ours(format!(", the next {weeks}:"));
    lines(Some(head), stretches.iter().map(|one| people(Text::new().clock(one.from).ours(" "), &one.who)))
}

/// Tables of who is on call, day by day, for people in this zone.
pub fn calendar(tables: &[String], zone: &str, complete: bool) -> Text {
    let text = Text::from(format!("Days in {zone}; `-` is nobody, `>` a hand-off."));
    let text = tables.iter().fold(text, |text, table| text.piece(Piece::Table(table.clone())));
    if complete { text } else { text.ours("The file has all of it.") }
}

/// What goes with a file for calendar applications.
pub fn ical(title: &str, events: usize, days: i64) -> Text {
    let text = Text::new().said_strong(title).ours(format!(": {events} shifts of the next {days} days, as a file."));
    text.ours(" Import it into a calendar of its own. A later file does not take back what has changed: delete that calendar first.")
}

/// Where nobody is on call.
pub fn gaps(all: &[Gaps]) -> Text {
    if all.is_empty() {
        return no_schedules();
    }
    lines(None, all.iter().map(gaps_of))
}

fn gaps_of(one: &Gaps) -> Text {
    let text = Text::new().said_strong(&one.schedule);
    let days = AHEAD.num_days();
    let count = one.gaps.len();
    if count == 0 {
        return text.ours(format!(": somebody is on call all the time for {days} days."));
    }
    let mark = if one.intended { "" } else { "⚠️ " };
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let meant = if one.intended { ", as intended" } else { "" };
    let text = text.ours(format!(": {mark}nobody is on call {times} in {days} days{meant}:"));
    stretched(text, &one.gaps, GAPS_MAX)
}

fn stretched(text: Text, gaps: &[(Timestamp, Timestamp)], max: usize) -> Text {
    let text = gaps.iter().take(max).fold(text, |text, (from, until)| {
        text.line().ours("• ").clock(*from).ours(format!(", for {}", lasting(*until - *from)))
    });
    match gaps.len().saturating_sub(max) {
        0 => text,
        left => text.line().ours(format!("• and {left} more")),
    }
}

/// Overrides that are not over.
pub fn overrides(all: &[OverrideLine]) -> Text {
    if all.is_empty() {
        return Text::from("No override is in force or to come: everybody is on call by the rotations.");
    }
    lines(None, all.iter().map(|one| override_line(one, true))).line().ours("`/oncall cancel` takes one back.")
}

fn override_line(one: &OverrideLine, named: bool) -> Text {
    let text = Text::from(format!("`{}` · ", one.code));
    let text = if named { text.said_strong(&one.schedule).ours(" · ") } else { text };
    let text = text.clock(one.from).ours(" – ").clock(one.until).ours(" · ");
    let text = people(text, &one.who);
    let text = if one.rotations.is_empty() { text } else { text.ours(" in rotation ").names(&one.rotations) };
    let text = match one.by {
        Some(user) => text.ours(" · by ").user(user),
        None => text.ours(" · by the operator"),
    };
    left_server(text, &one.gone)
}

fn left_server(text: Text, gone: &[String]) -> Text {
    match gone {
        [] => text,
        gone => text.line().ours("⚠️ ").names(gone).ours(" left the server: no page reaches them."),
    }
}

/// What an override would do; nothing is changed yet.
pub fn proposed(change: &Proposed) -> Text {
    let text = Text::new().said_strong(&change.schedule);
    let text = match &change.rotation {
        Some(rotation) => text.ours(", rotation ").said(rotation),
        None => text,
    };
    let text = text.ours(", ").clock(change.from).ours(" – ").clock(change.until);
    let text = stretches(text.line().strong("Now:").ours(" "), &change.before);
    let text = stretches(text.line().strong("Then:").ours(" "), &change.after);
    let text = left_server(text, &change.gone);
    let text = match (change.new_gaps.as_slice(), change.intended) {
        ([], _) => text,
        (gaps, true) => {
            stretched(text.line().ours("Nobody would be on call (gaps are intended here):"), gaps, STRETCHES_MAX)
        }
        (gaps, false) => stretched(text.line().ours("⚠️ Nobody would be on call:"), gaps, STRETCHES_MAX),
    };
    text.line().ours("Nothing is changed yet.")
}

/// "Ana", or "Ana until 18:00, then Ben".
fn stretches(text: Text, all: &[Stretch]) -> Text {
    let shown = all.iter().take(STRETCHES_MAX).enumerate();
    let text = shown.fold(text, |text, (index, one)| match index {
        0 => people(text, &one.who),
        _ => people(text.ours(", from ").clock(one.from).ours(" "), &one.who),
    });
    match all.len().saturating_sub(STRETCHES_MAX) {
        0 => text,
        left => text.ours(format!(", then {left} more changes")),
    }
}

/// An override is in force. `code` takes it back.
pub fn saved(change: &Proposed, code: &str) -> Text {
    let text = Text::from("Saved. ").said_strong(&change.schedule).ours(", ").clock(change.from).ours(" – ");
    let text = stretches(text.clock(change.until).ours(": "), &change.after);
    let text = text.ours(format!(". `/oncall cancel override:{code}` takes it back."));
    left_server(text, &change.gone)
}

/// An override was taken back.
pub fn cancelled(schedule: &str, from: Timestamp, until: Timestamp, after: &[Stretch]) -> Text {
    let text = Text::from("Taken back. ").said_strong(schedule).ours(", ").clock(from).ours(" – ").clock(until);
    stretches(text.ours(" again: "), after).ours(".")
}

/// "Whose place?"
pub fn whose_place(schedule: &str) -> Text {
    Text::from("Several are on call for ").said_strong(schedule).ours(". Whose place do you take?")
}

/// Somebody took a place.
pub fn took(schedule: &str, of: Option<&str>, until: Timestamp, others: &[String]) -> Text {
    let text = Text::new().strong("You are on call").ours(" for ").said_strong(schedule).ours(" until ").clock(until);
    let text = match of {
        Some(name) => text.ours(", in place of ").said(name),
        None => text.ours("; nobody was"),
    };
    let text = if others.is_empty() { text } else { text.ours(", with ").names(others) };
    text.ours(". Pages that start now come to you.")
}

/// The line of a change that somebody else made.
pub fn note(note: &crate::domain::effect::OnCallNote) -> Text {
    use crate::domain::effect::OnCallNote::{Put, Restored, Took};
    match note {
        Put { schedule, rotation, by, who, from, until } => {
            let text = Text::new().user(*by).ours(" put ");
            let text = if who.is_empty() { text.ours("nobody") } else { text.names(who) };
            let text = text.ours(" on call for ").said_strong(schedule);
            let text = match rotation {
                Some(rotation) => text.ours(", rotation ").said(rotation),
                None => text,
            };
            text.ours(", ").clock(*from).ours(" – ").clock(*until)
        }
        Restored { schedule, by, from, until, who } => {
            let text = Text::new().user(*by).ours(" took back a change of ").said_strong(schedule).ours(", ");
            people(text.clock(*from).ours(" – ").clock(*until).ours(". On call again: "), who)
        }
        Took { schedule, by, of, until } => {
            let text = Text::new().user(*by).ours(" is on call for ").said_strong(schedule);
            let text = match of {
                Some(of) => text.ours(" in place of ").user(*of),
                None => text,
            };
            text.ours(" until ").clock(*until)
        }
    }
}

fn lines(head: Option<Text>, all: impl ExactSizeIterator<Item = Text>) -> Text {
    let left = all.len().saturating_sub(LINES_MAX);
    let text = all.take(LINES_MAX).fold(head.unwrap_or_default(), |text, line| {
        let text = if text.is_empty() { text } else { text.line() };
        text.join(line)
    });
    if left > 0 { text.line().ours(format!("… and {left} more")) } else { text }
}

/// Why not, and what to do instead.
pub(super) fn refused(why: &OnCallRefusal) -> Text {
    match why {
        OnCallRefusal::NoSuchRotation { said, known } => {
            no_such("This schedule has no rotation ", said, known, "Leave `rotation` empty.")
        }
        OnCallRefusal::NoSuchOverride { said } => Text::from("There is no override “")
            .said(said)
            .ours("”. `/oncall overrides` lists those in force and to come."),
        OnCallRefusal::Skipped { said, zone, right } => Text::from("There is no ")
            .said(said)
            .ours(format!(" in {zone}: clocks skip it. Write {right}, or another time.")),
        OnCallRefusal::Past { from, until } => Text::from("From ")
            .clock(*from)
            .ours(" to ")
            .clock(*until)
            .ours(" is nothing to come. Write an end that is later than the beginning and than now."),
        OnCallRefusal::TooFar { days } => {
            Text::from(format!("That is too far ahead. Write times within {days} days from now."))
        }
        OnCallRefusal::TooManyPieces { max } => {
            Text::from(format!("That would be more than {max} shifts at once. Write a shorter time."))
        }
        OnCallRefusal::TooManyMembers { max } => {
            Text::from(format!("At most {max} people are on call at once. Name fewer."))
        }
        OnCallRefusal::NotOnCall { from, until } => Text::from("You are not on call from ")
            .clock(*from)
            .ours(" to ")
            .clock(*until)
            .ours(". `/oncall mine` shows your shifts."),
        OnCallRefusal::NotInPlace { name } => {
            Text::new().said(name).ours(" is not on call now. Type `/oncall take` again: it shows who is.")
        }
        OnCallRefusal::OnCallAlready { schedule, until } => {
            let text = Text::from("You are on call for ").said_strong(schedule).ours(" already");
            match until {
                Some(until) => text.ours(", until ").clock(*until).ours(". `/oncall cover` offers it to others."),
                None => text.ours(". `/oncall cover` offers it to others."),
            }
        }
        OnCallRefusal::OfferedAlready { schedule } => Text::from("You have offered a part of this for ")
            .said_strong(schedule)
            .ours(" already. Press **I take it** on that offer to take it back, then offer it anew."),
        OnCallRefusal::TooManyOffers { max } => {
            Text::from(format!("{max} offers of yours are open. Take one back first: press **I take it** on it."))
        }
        OnCallRefusal::PreviewGone => Text::from(
            "This was shown too long ago, or Muster has been restarted since. Nothing was changed: type the command again.",
        ),
        OnCallRefusal::SavedAlready => Text::from("This is saved already. `/oncall overrides` shows it."),
        OnCallRefusal::OfferGone => Text::from("This offer is not known any more. `/oncall who` shows who is on call."),
        OnCallRefusal::NotYourOffer => Text::from("Only whose shift it is can take the offer back."),
    }
}
