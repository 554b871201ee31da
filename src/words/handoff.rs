//! Hand-offs of a schedule: who is on call now, what comes along, and the role that follows.

use super::text::{Piece, Text};
use crate::domain::id::{ChannelId, RoleId, Timestamp, UserId};
use crate::domain::text::one_line;

/// People in one list, and incidents of one lead; more are counted.
const LIST_MAX: usize = 8;
/// How much of a title is shown.
const TITLE_ROOM: usize = 80;
/// Longest label of a button, and longest reason in the log of a server:
/// <https://discord.com/developers/docs/components/reference#button>.
const LABEL_MAX: usize = 80;
const REASON_MAX: usize = 400;

/// Somebody, as people know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnCall {
    User(UserId),
    /// Nobody of Discord's: the contact was removed, say.
    Named(String),
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Of the schedule.
    pub title: String,
    pub on_call: Vec<OnCall>,
    /// None: not in the weeks to come.
    pub until: Option<Timestamp>,
    /// Who was on call when anybody last was.
    pub before: Vec<OnCall>,
    pub led: Vec<Led>,
}

/// What somebody leads whose shift has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    pub lead: OnCall,
    pub incidents: Vec<LedIncident>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedIncident {
    pub number: i64,
    pub title: String,
    pub room: Option<ChannelId>,
}

/// A shift has begun. Pings nobody.
pub fn notice(notice: &Notice) -> Text {
    let text = Text::from("🔁 ").said_strong(&notice.title).ours(" · ");
    let text = match notice.on_call.is_empty() {
        true => text.strong("Nobody").ours(" is on call"),
        false => {
            people(text, &notice.on_call).ours(if notice.on_call.len() == 1 { " is" } else { " are" }).ours(" on call")
        }
    };
    let text = match notice.until {
        Some(until) => text.ours(" until ").clock(until).ours("."),
        None => text.ours("."),
    };
    let text = match notice.before.is_empty() {
        true => text,
        false => people(text.ours(" Before: "), &notice.before).ours("."),
    };
    notice.led.iter().fold(text, |text, led| leads(text.line(), led))
}

fn leads(text: Text, led: &Led) -> Text {
    let mut text = person(text, &led.lead).ours(" still leads ");
    for (place, incident) in led.incidents.iter().take(LIST_MAX).enumerate() {
        text = text.ours(if place > 0 { ", " } else { "" }).strong(format!("INC-{}", incident.number)).ours(" ");
        text = text.said(one_line(&incident.title, TITLE_ROOM));
        text = match incident.room {
            Some(room) => text.ours(" ").piece(Piece::Channel(room)),
            None => text,
        };
    }
    match led.incidents.len().saturating_sub(LIST_MAX) {
        0 => text.ours("."),
        more => text.ours(format!(" and {more} more.")),
    }
}

/// The button below it. `what`: `INC-42`, or `them`.
pub fn button(what: &str, to: &str) -> String {
    one_line(&format!("Move {what} to {to}"), LABEL_MAX)
}

/// What came of pressing it.
pub fn moved(numbers: &[i64], from: &str, to: &str) -> Text {
    if numbers.is_empty() {
        return Text::new().said(from).ours(" leads no open incident any more: there is nothing to move.");
    }
    let named: Vec<String> = numbers.iter().map(|number| format!("INC-{number}")).collect();
    let text = Text::new().said(to).ours(" leads now: ").names(&named).ours(". ");
    text.ours("Each channel was told; nobody was pinged.")
}

/// A role does not follow who is on call. `why`: what Discord said, and what to do.
pub fn role_refused(schedule: &str, role: RoleId, why: &str) -> Text {
    let text =
        Text::from("⚠ ").piece(Piece::Role(role)).ours(" does not follow who is on call for ").said_strong(schedule);
    text.ours(": ").said(why).ours(". Muster tries again every hour; pages are not affected.")
}

/// Why a role was given or taken, in the server's own log.
pub fn role_reason(schedules: &[String]) -> String {
    let named =
        if schedules.is_empty() { "no schedule names this role any more".to_owned() } else { schedules.join(", ") };
    one_line(&format!("Muster: who is on call ({named})"), REASON_MAX)
}

fn people(text: Text, all: &[OnCall]) -> Text {
    let shown = all.iter().take(LIST_MAX).enumerate();
    let text = shown.fold(text, |text, (place, one)| {
        let last = place > 0 && place + 1 == all.len();
        let between = if place == 0 {
            ""
        } else if last {
            " and "
        } else {
            ", "
        };
        person(text.ours(between), one)
    });
    match all.len().saturating_sub(LIST_MAX) {
        0 => text,
        more => text.ours(format!(" and {more} more")),
    }
}

fn person(text: Text, one: &OnCall) -> Text {
    match one {
        OnCall::User(user) => text.user(*user),
        OnCall::Named(name) => text.said(name),
    }
}
