//! Every fact of the timeline, as it is told.

use std::collections::BTreeSet;
use std::fmt::Write;

use muster::discord::markdown::draw;
use muster::domain::contact::Way;
use muster::domain::effect::RoomKind;
use muster::domain::id::EventId;
use muster::domain::impact::Impact;
use muster::domain::incident::Status;
use muster::domain::timeline::{Event, Fact, Late, Unreached};
use muster::words::{Headline, ListRow, announcement, entry, history, line, list, suggest_resolve, unreached};

use super::samples::{ANA, BEN, ROOM, at, scene, strings};

pub fn event(by: Option<muster::domain::id::UserId>, fact: Fact) -> Event {
    Event { id: EventId(1), at: at(0), written_at: at(0), by, fact, count: 1 }
}

/// A new fact does not compile here until it has a number, and the test below fails until it has a sample.
fn number(fact: &Fact) -> usize {
    match fact {
        Fact::Opened { .. } => 0,
        Fact::Reopened { .. } => 1,
        Fact::AlertRepeated { .. } => 2,
        Fact::AlertJoined { .. } => 3,
        Fact::AlertRecovered { .. } => 4,
        Fact::AllRecovered { .. } => 5,
        Fact::NewOccurrence { .. } => 6,
        Fact::PlanStarted => 7,
        Fact::RoomOpened { .. } => 8,
        Fact::RoomFailed { .. } => 9,
        Fact::StageStarted { .. } => 10,
        Fact::StageEmpty { .. } => 11,
        Fact::StageFailed { .. } => 12,
        Fact::OnCall { .. } => 13,
        Fact::Skipped { .. } => 14,
        Fact::Paged { .. } => 15,
        Fact::PageFailed { .. } => 16,
        Fact::PageNotSent { .. } => 17,
        Fact::Acknowledged { .. } => 18,
        Fact::Taken { .. } => 19,
        Fact::AckUndone => 20,
        Fact::AckLapsed { .. } => 21,
        Fact::Escalated { .. } => 22,
        Fact::Stopped { .. } => 23,
        Fact::Exhausted { .. } => 24,
        Fact::FallbackCalled { .. } => 25,
        Fact::CaughtUp { .. } => 26,
        Fact::TitleChanged { .. } => 27,
        Fact::SummaryChanged { .. } => 28,
        Fact::ImpactChanged { .. } => 29,
        Fact::StatusChanged { .. } => 30,
        Fact::ResolveUndone => 31,
        Fact::LeadChanged { .. } => 32,
        Fact::UpdateDue { .. } => 33,
        Fact::Update { .. } => 34,
        Fact::Custom { .. } => 35,
        Fact::NobodyPaged => 36,
        Fact::Untouched => 37,
        Fact::DuplicateOf { .. } => 38,
        Fact::HasDuplicate { .. } => 39,
        Fact::Restored { .. } => 40,
        Fact::Outage { .. } => 41,
        Fact::Held { .. } => 42,
        Fact::Shown { .. } => 43,
        Fact::Rests { .. } => 44,
        Fact::PageAsked { .. } => 45,
        Fact::StillAsked { .. } => 46,
    }
}

const FACTS: usize = 47;

fn by_machines() -> Vec<Fact> {
    let (plan, source) = ("Payments".to_owned(), "alertmanager".to_owned());
    let title = "InstanceDown pay-3:9100".to_owned();
    vec![
        Fact::Restored { backup_at: at(0), until: Some(at(30)) },
        Fact::Restored { backup_at: at(0), until: None },
        Fact::Opened { plan: Some(plan.clone()), source: Some(source.clone()), late: false },
        Fact::Opened { plan: Some(plan.clone()), source: Some(source.clone()), late: true },
        Fact::Reopened { source: Some(source.clone()), reason: None, paging: false },
        Fact::AlertRepeated { source: source.clone(), title: title.clone() },
        Fact::AlertJoined { source: source.clone(), title },
        Fact::AlertRecovered { source: source.clone(), left: 1 },
        Fact::AlertRecovered { source, left: 3 },
        Fact::AllRecovered { paging_held: false },
        Fact::AllRecovered { paging_held: true },
        Fact::NewOccurrence { plan_at: None },
        Fact::NewOccurrence { plan_at: Some(at(10)) },
        Fact::PlanStarted,
        Fact::RoomOpened { how: RoomKind::Channel },
        Fact::RoomFailed { how: RoomKind::Channel, why: "the server has 500 channels".to_owned() },
        Fact::StageStarted { plan: plan.clone(), stage: 1, of: 2, run: 1, contacts: strings(&["ana", "ben"]) },
        Fact::StageStarted { plan: plan.clone(), stage: 2, of: 2, run: 2, contacts: vec![] },
        Fact::StageEmpty { plan: plan.clone(), stage: 1, schedules: strings(&["payments-primary"]) },
        Fact::StageFailed { plan: plan.clone(), stage: 1 },
        Fact::OnCall { schedule: "payments-primary".to_owned(), contacts: strings(&["ana"]) },
        Fact::OnCall { schedule: "payments-primary".to_owned(), contacts: vec![] },
        Fact::Skipped { contact: "Ana".to_owned(), why: Unreached::Muted },
        Fact::Paged { contact: "Ana".to_owned(), way: Way::Mention, attempt: 1 },
        Fact::Paged { contact: "Ana".to_owned(), way: Way::Dm, attempt: 3 },
        Fact::PageFailed { contact: "Ana".to_owned(), way: Way::Dm, why: Unreached::DmsClosed },
        Fact::Held { contact: "Ana".to_owned(), until: at(540) },
        Fact::Shown { contact: "Ana".to_owned() },
        Fact::Rests { plan: plan.clone() },
        Fact::StillAsked { contact: "Ana".to_owned() },
        Fact::PageNotSent { contact: "Ana".to_owned(), way: Way::Webhook },
        Fact::AckLapsed { why: "no sign of life for 30 min".to_owned() },
        Fact::Exhausted { plan: plan.clone() },
        Fact::FallbackCalled { count: 1 },
        Fact::FallbackCalled { count: 3 },
        Fact::CaughtUp { plan: plan.clone(), late_s: 1_260, why: Late::Absence },
        Fact::CaughtUp { plan: plan.clone(), late_s: 1_260, why: Late::Outage },
        Fact::CaughtUp { plan: plan.clone(), late_s: 120, why: Late::AckUndone },
        Fact::CaughtUp { plan, late_s: 240, why: Late::Reopened },
        Fact::Outage { since: at(0), until: at(7) },
        Fact::ImpactChanged { old: Impact::Medium, new: Impact::Critical, reason: None },
        Fact::StatusChanged { old: Status::Open, new: Status::Resolved, message: None },
        Fact::StatusChanged { old: Status::Mitigated, new: Status::Open, message: None },
        Fact::NobodyPaged,
        Fact::Untouched,
    ]
}

fn by_ana() -> Vec<Fact> {
    let (plan, text) = ("Payments".to_owned(), "Rolled back to 4.2.\nWatching it.".to_owned());
    vec![
        Fact::Opened { plan: None, source: None, late: false },
        Fact::Reopened { source: None, reason: None, paging: false },
        Fact::Reopened { source: None, reason: Some("it came back".to_owned()), paging: true },
        Fact::Acknowledged { contact: Some("ana".to_owned()), essential: true, stopped: strings(&["Payments"]) },
        Fact::Acknowledged { contact: Some("ana".to_owned()), essential: false, stopped: vec![] },
        Fact::Taken { from: strings(&["Ana", "Ben"]) },
        Fact::AckUndone,
        Fact::PageAsked { to: "Payments".to_owned(), message: None },
        Fact::PageAsked { to: "Ben".to_owned(), message: Some("We need a database admin".to_owned()) },
        Fact::Escalated { to: strings(&["Ben", "Cleo"]) },
        Fact::Escalated { to: vec![] },
        Fact::Stopped { plan, reason: "known, vendor is on it".to_owned() },
        Fact::TitleChanged { old: "InstanceDown".to_owned(), new: "Payments are down".to_owned() },
        Fact::SummaryChanged { old: String::new(), new: "pay-3 is gone".to_owned() },
        Fact::ImpactChanged { old: Impact::Critical, new: Impact::High, reason: Some("only EU".to_owned()) },
        Fact::StatusChanged { old: Status::Open, new: Status::Mitigated, message: Some(text.clone()) },
        Fact::StatusChanged { old: Status::Open, new: Status::Resolved, message: Some("Disk replaced".to_owned()) },
        Fact::StatusChanged { old: Status::Open, new: Status::Cancelled, message: None },
        Fact::StatusChanged {
            old: Status::Open,
            new: Status::Cancelled,
            message: Some("a test of the UPS".to_owned()),
        },
        Fact::DuplicateOf { number: 41, room: Some(ROOM) },
        Fact::DuplicateOf { number: 41, room: None },
        Fact::HasDuplicate { number: 43, alerts: 2 },
        Fact::HasDuplicate { number: 43, alerts: 0 },
        Fact::ResolveUndone,
        Fact::LeadChanged { old: None, new: Some(ANA) },
        Fact::LeadChanged { old: Some(BEN), new: None },
        Fact::LeadChanged { old: Some(BEN), new: Some(ANA) },
        Fact::LeadChanged { old: Some(ANA), new: Some(BEN) },
        Fact::UpdateDue { at: at(30) },
        Fact::Update { message: text },
        Fact::Custom { text: "Called the data centre.".to_owned() },
    ]
}

#[test]
fn every_fact_has_a_sentence() {
    let machines = by_machines().into_iter().map(|fact| event(None, fact));
    let events: Vec<Event> = machines.chain(by_ana().into_iter().map(|fact| event(Some(ANA), fact))).collect();
    let seen: BTreeSet<usize> = events.iter().map(|event| number(&event.fact)).collect();
    assert_eq!(seen, (0..FACTS).collect(), "a fact has no sample");
    let mut table = String::new();
    for event in &events {
        let told = if line(event).is_some() { "told  " } else { "silent" };
        writeln!(table, "{told} {:16} {}", event.fact.kind(), entry(event).plain().trim_end()).unwrap();
    }
    insta::assert_snapshot!("facts", table);
}

#[test]
fn what_is_told_in_the_channel_is_the_entry() {
    for fact in by_machines().into_iter().chain(by_ana()) {
        let event = event(Some(ANA), fact);
        assert!(line(&event).is_none_or(|line| line == entry(&event)), "{event:?}");
    }
}

#[test]
fn repeats_are_counted() {
    let fact = Fact::AlertRepeated { source: "grafana".to_owned(), title: "Slow".to_owned() };
    let repeated = Event { count: 7, ..event(None, fact) };
    assert_eq!(entry(&repeated).plain(), "The same alert again: Slow (grafana) (×7)");
}

#[test]
fn a_receipt_without_a_discord_user_names_the_contact() {
    let fact = Fact::Acknowledged { contact: Some("ana".to_owned()), essential: true, stopped: vec![] };
    assert_eq!(entry(&event(None, fact)).plain(), "ana acknowledged.");
}

#[test]
fn every_way_to_miss_somebody_has_a_reason() {
    use Unreached::{BadAddress, KeyRefused, Private, Unencrypted, Unverified};
    use Unreached::{DmsClosed, Gone, Limited, Muted, NoAccess, NoCarrier, NoRoom, Rejected, SecretUnset, Unknown};
    let discord = [Limited, Muted, Unverified, Gone, DmsClosed, NoAccess, Unknown, NoRoom, Rejected];
    let outside = [SecretUnset, NoCarrier, BadAddress, Private, KeyRefused, Unencrypted];
    let all: Vec<Unreached> = discord.into_iter().chain(outside).collect();
    let reasons: BTreeSet<&str> = all.iter().copied().map(unreached).collect();
    assert_eq!(reasons.len(), all.len(), "two reasons are alike");
}

#[test]
fn announcements_say_what_the_channel_needs_to_know() {
    let head = |private, drill| Headline {
        number: 42,
        title: "Payments: InstanceDown".to_owned(),
        impact: Impact::Critical,
        private,
        drill,
        room: Some(ROOM),
    };
    let opened =
        event(None, Fact::Opened { plan: Some("Payments".into()), source: Some("grafana".into()), late: false });
    let status = |new| event(Some(ANA), Fact::StatusChanged { old: Status::Open, new, message: None });
    let mut said = String::new();
    let duplicate = event(Some(ANA), Fact::DuplicateOf { number: 41, room: Some(ROOM) });
    let reopened = event(Some(ANA), Fact::Reopened { source: None, reason: None, paging: false });
    for (private, drill) in [(false, false), (false, true), (true, false)] {
        for event in [&opened, &event(None, Fact::Untouched), &status(Status::Resolved), &duplicate, &reopened] {
            writeln!(said, "{}\n", announcement(&head(private, drill), event).plain()).unwrap();
        }
    }
    let recovered = event(None, Fact::AllRecovered { paging_held: true });
    writeln!(said, "{}", suggest_resolve(42, &recovered).plain()).unwrap();
    insta::assert_snapshot!("announcements", said);
}

#[test]
fn lists_and_histories_read_from_top_to_bottom() {
    let row = |number, status, lead, unanswered| ListRow {
        number,
        impact: Impact::High,
        status,
        title: "Checkout is slow".to_owned(),
        drill: number == 41,
        lead,
        opened_at: at(-30),
        unanswered,
        room: Some(ROOM),
    };
    let rows = [row(42, Status::Open, None, true), row(41, Status::Mitigated, Some(ANA), false)];
    let many: Vec<ListRow> = (1..=20).map(|number| row(number, Status::Open, None, false)).collect();
    assert_eq!(list(&many, 3).plain().lines().count(), 13);
    assert!(list(&many, 3).plain().contains("and 11 more"));
    let events: Vec<Event> = by_ana().into_iter().map(|fact| event(Some(ANA), fact)).collect();
    let told = [list(&rows, 0), list(&[], 0), history(42, &events[..3]), history(42, &events)].map(|text| text.plain());
    insta::assert_snapshot!("lists", told.join("\n\n"));
}

#[test]
fn a_long_timeline_ends_with_the_latest_event_in_one_answer() {
    let fact = |n: usize| Fact::TitleChanged { old: "x".repeat(200), new: format!("{n} {}", "y".repeat(190)) };
    let events: Vec<Event> = (0..40).map(|n| event(Some(ANA), fact(n))).collect();
    let drawn = draw(&history(42, &events), scene(), 4_096);
    let last = drawn.lines().last().unwrap();
    assert!(last.contains("to “39 ") && last.ends_with("”."), "{drawn}");
    assert!(drawn.starts_with("**INC-42, the latest ") && drawn.lines().count() > 5, "{drawn}");
}

#[test]
fn a_full_list_fits_into_one_message() {
    let row = ListRow {
        number: 9_999_999,
        impact: Impact::Critical,
        status: Status::Cancelled,
        title: "x".repeat(200),
        drill: true,
        lead: Some(muster::domain::id::UserId(u64::MAX)),
        opened_at: at(0),
        unanswered: true,
        room: Some(muster::domain::id::ChannelId(u64::MAX)),
    };
    let drawn = draw(&list(&vec![row; 20], 0), scene(), 2_000);
    assert_eq!(drawn.lines().count(), 13);
    assert!(drawn.lines().last().unwrap().starts_with("and 8 more"), "{drawn}");
}
