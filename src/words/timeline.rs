//! The timeline in sentences: who did what, in the past tense, without blame.
//!
//! [`entry`] says every fact (card, `/timeline show`, exports); [`line`] the same, of those that the channel hears.

use chrono::TimeDelta;

use super::span::lasting;
use super::text::{Piece, Text};
use crate::domain::contact::Way;
use crate::domain::effect::RoomKind;
use crate::domain::id::{ChannelId, Timestamp, UserId};
use crate::domain::impact::Impact;
use crate::domain::incident::Status;
use crate::domain::timeline::{Event, Fact, Late, Unreached};

/// The one short line that the channel gets; `None`: the channel stays silent about it.
pub fn line(event: &Event) -> Option<Text> {
    told(&event.fact).then(|| entry(event))
}

/// The sentence of an event; repeats are counted: "… (×7)".
pub fn entry(event: &Event) -> Text {
    let text = sentence(event.by, &event.fact);
    if event.count > 1 { text.ours(format!(" (×{})", event.count)) } else { text }
}

/// Whether the channel hears of it. Deliveries, repeats and what another line says anyway stay silent.
fn told(fact: &Fact) -> bool {
    match fact {
        Fact::Opened { .. } | Fact::PlanStarted | Fact::RoomOpened { .. } | Fact::RoomFailed { .. } => false,
        Fact::AlertRepeated { .. } | Fact::AlertJoined { .. } | Fact::AlertRecovered { .. } => false,
        Fact::StageStarted { .. } | Fact::StageFailed { .. } | Fact::OnCall { .. } | Fact::Skipped { .. } => false,
        Fact::Held { .. } | Fact::Shown { .. } => false,
        Fact::Rests { .. } => true,
        Fact::StillAsked { .. } => false,
        Fact::Paged { .. } | Fact::PageNotSent { .. } | Fact::FallbackCalled { .. } | Fact::Outage { .. } => false,
        // Of who leads first, the line of the acknowledgement tells.
        Fact::LeadChanged { old, new } => old.is_some() && new.is_some(),
        Fact::Taken { .. } => false,
        Fact::Reopened { .. } | Fact::AllRecovered { .. } | Fact::NewOccurrence { .. } | Fact::Untouched => true,
        Fact::StageEmpty { .. } | Fact::PageFailed { .. } | Fact::Exhausted { .. } | Fact::CaughtUp { .. } => true,
        Fact::Acknowledged { .. } | Fact::AckUndone | Fact::AckLapsed { .. } | Fact::NobodyPaged => true,
        Fact::Escalated { .. } | Fact::Stopped { .. } | Fact::ResolveUndone | Fact::StatusChanged { .. } => true,
        Fact::DuplicateOf { .. } | Fact::HasDuplicate { .. } => true,
        Fact::TitleChanged { .. } | Fact::SummaryChanged { .. } | Fact::ImpactChanged { .. } => true,
        Fact::PageAsked { .. } => true,
        Fact::UpdateDue { .. } | Fact::Update { .. } | Fact::Custom { .. } | Fact::Restored { .. } => true,
    }
}

fn sentence(by: Option<UserId>, fact: &Fact) -> Text {
    match fact {
        Fact::Opened { plan, source, late } => opened(by, plan.as_deref(), source.as_deref(), *late),
        Fact::Reopened { source, reason, paging } => reopened(by, source.as_deref(), reason.as_deref(), *paging),
        Fact::AlertRepeated { source, title } => alert("The same alert again: ", title, source),
        Fact::AlertJoined { source, title } => alert("Also firing: ", title, source),
        Fact::AlertRecovered { source, left } => recovered(source, *left),
        Fact::AllRecovered { paging_held } => all_recovered(*paging_held),
        Fact::NewOccurrence { plan_at } => new_occurrence(*plan_at),
        Fact::PlanStarted => Text::from("The response plan started."),
        Fact::RoomOpened { how } => Text::from(format!("The incident is worked on in {}.", room(*how))),
        Fact::RoomFailed { how, why } => room_failed(*how, why),
        Fact::StageStarted { plan, stage, of, run, contacts } => stage_started(plan, (*stage, *of), *run, contacts),
        Fact::StageEmpty { plan, stage, schedules } => stage_empty(plan, *stage, schedules),
        Fact::StageFailed { plan, stage } => stage_failed(plan, *stage),
        Fact::OnCall { schedule, contacts } => on_call(schedule, contacts),
        Fact::Skipped { contact, why } => named(contact).ours(format!(" was passed over: {}.", unreached(*why))),
        Fact::Paged { contact, way, attempt } => paged(contact, *way, *attempt),
        Fact::Held { contact, until } => held(contact, *until),
        Fact::Shown { contact } => named(contact).ours(" was shown it without a ping."),
        Fact::Rests { plan } => rests(plan),
        Fact::PageFailed { contact, way, why } => not_reached(contact, *way, *why),
        Fact::PageNotSent { contact, way } => page_not_sent(contact, *way),
        Fact::Acknowledged { contact, essential, stopped } => {
            acknowledged(doer_or(by, contact.as_deref()), *essential, stopped)
        }
        Fact::Taken { from } => taken(by, from),
        Fact::AckUndone => doer(by).ours(" took the acknowledgement back. Paging goes on."),
        Fact::StillAsked { contact } => named(contact).ours(" was asked: still on it?"),
        Fact::AckLapsed { why } => lapsed(by, why),
        Fact::Escalated { to } => escalated(by, to),
        Fact::Stopped { plan, reason } => stopped(by, plan, reason),
        Fact::Exhausted { plan } => Text::from("Nobody has answered ").said(plan).ours(". The fallback is called now."),
        Fact::FallbackCalled { count } => fallback_called(*count),
        Fact::CaughtUp { plan, late_s, why } => caught_up(plan, *late_s, *why),
        Fact::Outage { since, until } => outage(*since, *until),
        Fact::TitleChanged { old, new } => title_changed(by, old, new),
        Fact::SummaryChanged { .. } => doer(by).ours(" changed the summary."),
        Fact::ImpactChanged { old, new, reason } => impact_changed(by, *old, *new, reason.as_deref()),
        Fact::StatusChanged { new, message, .. } => status_changed(by, *new, message.as_deref()),
        Fact::ResolveUndone => doer(by).ours(" took the resolution back. The incident is open again."),
        Fact::DuplicateOf { number, room } => duplicate_of(by, *number, *room),
        Fact::HasDuplicate { number, alerts } => has_duplicate(*number, *alerts),
        Fact::LeadChanged { old, new } => lead_changed(by, *old, *new),
        Fact::UpdateDue { at } => Text::from("Next update ").ago(*at).ours("."),
        Fact::Update { message } => doer(by).ours(":").quote(message),
        Fact::Custom { text } => doer(by).ours(" noted:").quote(text),
        Fact::NobodyPaged => nobody_paged(),
        Fact::PageAsked { to, message } => page_asked(by, to, message.as_deref()),
        Fact::Untouched => Text::from("All alerts have recovered, and nobody has looked yet. Resolve it or take it."),
        Fact::Restored { backup_at, until } => restored(*backup_at, *until),
    }
}

/// Who did it; what nobody did, Muster did.
fn doer(by: Option<UserId>) -> Text {
    by.map_or_else(|| Text::from("Muster"), |user| Text::new().user(user))
}

/// The same, where a contact is known although no Discord user acted (a gateway's receipt).
fn doer_or(by: Option<UserId>, contact: Option<&str>) -> Text {
    match (by, contact) {
        (None, Some(contact)) => named(contact),
        _ => doer(by),
    }
}

fn named(contact: &str) -> Text {
    Text::new().said(contact)
}

fn opened(by: Option<UserId>, plan: Option<&str>, source: Option<&str>, late: bool) -> Text {
    let text = match source {
        Some(source) => Text::from("Opened by an alert of ").said(source),
        None => Text::from("Opened by ").join(doer(by)),
    };
    let text = match plan {
        Some(plan) => text.ours(" with the plan ").said(plan),
        None => text.ours(" without a response plan"),
    };
    if late { text.ours(", late: the alert came while Muster was away.") } else { text.ours(".") }
}

fn reopened(by: Option<UserId>, source: Option<&str>, reason: Option<&str>, paging: bool) -> Text {
    if let Some(source) = source {
        return Text::from("Open again: ").said(source).ours(" fires again.");
    }
    let rest = if paging { " The plan starts again." } else { " Nobody is paged." };
    let text = doer(by).ours(" opened it again.").ours(rest);
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => text.quote(reason),
        None => text,
    }
}

fn duplicate_of(by: Option<UserId>, number: i64, room: Option<ChannelId>) -> Text {
    let text = doer(by).ours(" marked it as a ").strong("duplicate").ours(format!(" of INC-{number}. It goes on "));
    match room {
        Some(room) => text.ours("in ").piece(Piece::Channel(room)).ours("."),
        None => text.ours("there."),
    }
}

fn has_duplicate(number: i64, alerts: u32) -> Text {
    let alerts = if alerts == 0 { "" } else { " Its alerts come here from now on." };
    Text::from(format!("INC-{number} is a duplicate of this one.{alerts}"))
}

fn alert(what: &str, title: &str, source: &str) -> Text {
    Text::from(what).said(title).ours(" (").said(source).ours(")")
}

fn recovered(source: &str, left: u32) -> Text {
    let verb = if left == 1 { "fires" } else { "fire" };
    Text::from("Some alerts of ").said(source).ours(format!(" recovered; {left} still {verb}."))
}

fn all_recovered(paging_held: bool) -> Text {
    let rest = if paging_held { " Paging waits, and goes on if one fires again." } else { "" };
    Text::from(format!("All alerts have recovered.{rest}"))
}

fn new_occurrence(plan_at: Option<Timestamp>) -> Text {
    match plan_at {
        Some(at) => Text::from("Firing again. If it still fires, paging starts ").ago(at).ours("."),
        None => Text::from("Firing again."),
    }
}

fn room_failed(how: RoomKind, why: &str) -> Text {
    Text::from(format!("Could not use {}: ", room(how))).said(why).ours(".")
}

fn stage_started(plan: &str, (stage, of): (u32, u32), run: u32, contacts: &[String]) -> Text {
    let again = if run > 1 { format!(", run {run}") } else { String::new() };
    let text = Text::new().said(plan).ours(format!(" began stage {stage} of {of}{again}"));
    if contacts.is_empty() { text.ours(": it only waits.") } else { text.ours(": ").names(contacts).ours(".") }
}

fn stage_empty(plan: &str, stage: u32, schedules: &[String]) -> Text {
    let text = Text::from("Nobody is on call");
    let text = if schedules.is_empty() { text } else { text.ours(" in ").names(schedules) };
    text.ours(format!(" for stage {stage} of ")).said(plan).ours(". The next stage is called at once.")
}

fn stage_failed(plan: &str, stage: u32) -> Text {
    Text::from(format!("Nobody could be reached in stage {stage} of "))
        .said(plan)
        .ours(". What comes next was called at once.")
}

fn on_call(schedule: &str, contacts: &[String]) -> Text {
    let text = Text::from("On call in ").said(schedule).ours(": ");
    if contacts.is_empty() { text.ours("nobody.") } else { text.names(contacts).ours(".") }
}

fn paged(contact: &str, way: Way, attempt: u32) -> Text {
    let again = if attempt > 1 { format!(", page {attempt}") } else { String::new() };
    named(contact).ours(format!(" was paged by {}{again}.", way_word(way)))
}

fn lapsed(by: Option<UserId>, why: &str) -> Text {
    let text = match by {
        Some(user) => Text::from("The acknowledgement of ").user(user).ours(" lapsed: "),
        None => Text::from("The acknowledgement lapsed: "),
    };
    text.ours(why.to_owned()).ours(". Paging starts again.")
}

fn held(contact: &str, until: Timestamp) -> Text {
    Text::from("It is night where ").said(contact).ours(" is: their pages wait until ").clock(until).ours(".")
}

fn rests(plan: &str) -> Text {
    let text = Text::from("Nobody is pinged for this impact, and ").said(plan).ours(" rests.");
    text.ours(" If it cannot wait, raise the impact, or escalate.")
}

/// Why a page did not come to its person.
pub fn not_reached(contact: &str, way: Way, why: Unreached) -> Text {
    named(contact).ours(format!(" was not reached by {}: {}.", way_word(way), unreached(why)))
}

fn page_not_sent(contact: &str, way: Way) -> Text {
    Text::from(format!("A page by {} to ", way_word(way))).said(contact).ours(" was not needed any more.")
}

fn acknowledged(who: Text, essential: bool, stopped: &[String]) -> Text {
    match (essential, stopped.is_empty()) {
        (false, _) => who.ours(" acknowledged for themselves. The others are still being called."),
        (true, true) => who.ours(" acknowledged."),
        (true, false) => who.ours(" acknowledged. Paging of ").names(stopped).ours(" stops."),
    }
}

fn taken(by: Option<UserId>, from: &[String]) -> Text {
    let text = doer(by).ours(" took it");
    if from.is_empty() { text.ours(".") } else { text.ours(". Paging of ").names(from).ours(" stops.") }
}

fn escalated(by: Option<UserId>, to: &[String]) -> Text {
    doer(by).ours(" escalated: ").join(are_called(to, false))
}

/// "Ben is called now.", "Ben and Cleo are …"; the fallback where nobody is named.
pub fn are_called(names: &[String], fallback: bool) -> Text {
    let mut all = names.to_vec();
    if fallback || names.is_empty() {
        all.push("the fallback".to_owned());
    }
    Text::new().names(&all).ours(if all.len() == 1 { " is called now." } else { " are called now." })
}

fn stopped(by: Option<UserId>, plan: &str, reason: &str) -> Text {
    doer(by).ours(" stopped paging of ").said(plan).ours(": ").said(reason)
}

fn fallback_called(count: u32) -> Text {
    Text::from(if count > 1 {
        format!("The fallback was called, time {count}.")
    } else {
        "The fallback was called.".into()
    })
}

fn restored(backup_at: Timestamp, until: Option<Timestamp>) -> Text {
    let text = Text::from("Muster was restored from a backup made ").ago(backup_at);
    let text =
        text.ours(": what happened since is not known here. Please confirm: if this is over, type `/incident resolve`");
    match until {
        Some(until) => {
            text.ours("; if somebody has it, acknowledge it again. Else paging goes on ").ago(until).ours(".")
        }
        None => text.ours("."),
    }
}

fn caught_up(plan: &str, late_s: i64, why: Late) -> Text {
    let late = lasting(TimeDelta::try_seconds(late_s).unwrap_or_default());
    let why = match why {
        Late::Absence => "Muster was away",
        Late::Outage => "Discord did not answer",
        Late::AckUndone => "the acknowledgement was taken back",
        Late::Reopened => "it was over in the meantime",
    };
    Text::from("Paging of ").said(plan).ours(format!(" is {late} late: {why}. It goes on now."))
}

fn outage(since: Timestamp, until: Timestamp) -> Text {
    Text::from("Discord did not answer from ").clock(since).ours(" to ").clock(until).ours(".")
}

fn title_changed(by: Option<UserId>, old: &str, new: &str) -> Text {
    doer(by).ours(" changed the title from “").said(old).ours("” to “").said(new).ours("”.")
}

fn impact_changed(by: Option<UserId>, old: Impact, new: Impact, reason: Option<&str>) -> Text {
    let verb = if new < old { "raised" } else { "lowered" };
    let who = by.map_or_else(|| Text::from("An alert"), |user| Text::new().user(user));
    let text = who.ours(format!(" {verb} the impact from {old} to ")).strong(new.word());
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => text.ours(": ").said(reason),
        None => text.ours("."),
    }
}

fn status_changed(by: Option<UserId>, new: Status, message: Option<&str>) -> Text {
    let text = match (by, new) {
        (None, Status::Resolved) => Text::new().strong("Resolved").ours(" by itself: all alerts have recovered."),
        (None, Status::Open) => Text::from("It is ").strong("open").ours(" again."),
        (by, Status::Open) => doer(by).ours(" set it back to ").strong("open").ours("."),
        (by, Status::Cancelled) => doer(by).ours(" ").strong("cancelled").ours(" it: a false alarm."),
        (by, Status::Duplicate) => doer(by).ours(" marked it as a ").strong("duplicate").ours("."),
        (by, new) => doer(by).ours(" ").strong(new.word()).ours(" it."),
    };
    match message.filter(|message| !message.is_empty()) {
        Some(message) => text.quote(message),
        None => text,
    }
}

fn lead_changed(by: Option<UserId>, old: Option<UserId>, new: Option<UserId>) -> Text {
    match (old, new) {
        (Some(old), Some(new)) if by == Some(new) => {
            Text::new().user(new).ours(" leads now, in place of ").user(old).ours(".")
        }
        (Some(old), Some(new)) if by == Some(old) => doer(by).ours(" handed the lead to ").user(new).ours("."),
        (Some(old), Some(new)) => doer(by).ours(" moved the lead from ").user(old).ours(" to ").user(new).ours("."),
        (_, Some(new)) => Text::new().user(new).ours(" leads."),
        (Some(old), None) => Text::new().user(old).ours(" does not lead any more. Nobody does."),
        (None, None) => Text::from("Nobody leads."),
    }
}

fn page_asked(by: Option<UserId>, to: &str, message: Option<&str>) -> Text {
    let text = doer(by).ours(" called ").said(to);
    match message {
        Some(message) => text.ours(": ").said(message),
        None => text.ours("."),
    }
}

fn nobody_paged() -> Text {
    Text::new().strong("Nobody has been paged.").ours(" No plan calls anyone here: mention who should know.")
}

fn way_word(way: Way) -> &'static str {
    match way {
        Way::Mention => "mention",
        Way::Dm => "direct message",
        Way::Webhook => "webhook",
        Way::Email => "e-mail",
    }
}

fn room(how: RoomKind) -> &'static str {
    match how {
        RoomKind::Channel => "its own channel",
        RoomKind::Thread => "a thread",
        RoomKind::Announcement => "the announcement channel",
        RoomKind::Direct => "direct messages",
    }
}

/// Why somebody was not reached, to stand after a colon.
pub fn unreached(why: Unreached) -> &'static str {
    match why {
        Unreached::Muted => "they have muted it",
        Unreached::Unverified => "the address is not verified",
        Unreached::Gone => "they have left the server",
        Unreached::DmsClosed => "they accept no direct messages from here",
        Unreached::NoAccess => "they cannot see the channel",
        Unreached::SecretUnset => "its secret is not set on the host",
        Unreached::NoCarrier => "no mail server is set up on the host",
        Unreached::BadAddress => "its address on the host cannot be used",
        Unreached::Private => "its address is in a private network, and not allowed on the host",
        Unreached::KeyRefused => "the service refused the key or password set on the host",
        Unreached::Unencrypted => "the mail server offers no encryption that can be trusted",
        Unreached::Unknown => "there is no such contact any more",
        Unreached::NoRoom => "there is no channel to say it in",
        Unreached::Limited => "Discord takes no message there for now",
        Unreached::Rejected => "it was refused for good",
    }
}
