//! What follows from a hand-off, look by look.

use chrono::TimeDelta;

use super::duty::{Around, Duty, Looked, Move, SYNC_EVERY, Sync, look};
use super::{Override, Schedule};
use crate::domain::id::{RoleId, Timestamp, UserId};
use crate::domain::name::Name;

const ROLE: RoleId = RoleId(900_000_000_000_000_201);
const OTHER: RoleId = RoleId(900_000_000_000_000_202);

/// Two rotations: three people in pairs, and one of two; hand-offs at midnight.
fn schedule(options: &str) -> Schedule {
    let rotation = |name: &str, contacts: &str, on_call: u32| {
        format!(
            "{{name: {name}, start: 2026-01-05T00:00, time_zone: UTC, contacts: [{contacts}], on_call: {on_call}, hand_off: {{daily: ['00:00']}}}}"
        )
    };
    let yaml =
        format!("{{rotations: [{}, {}]{options}}}", rotation("pair", "a, b, c, d", 2), rotation("one", "e, f", 1));
    serde_saphyr::from_str(&yaml).expect("a schedule")
}

fn at(text: &str) -> Timestamp {
    format!("{text}:00Z").parse().expect("an instant")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// Ids as long as Discord's begin here.
const FIRST: u64 = 200_000_000_000_000_001;

/// `a` is the first, `b` the second, and so on; of `d` no user is known.
fn user(name: &Name) -> Option<UserId> {
    let letter = u64::from(name.as_str().as_bytes()[0] - b'a');
    (letter != 3).then_some(UserId(FIRST + letter))
}

fn looked(old: Option<&Duty>, schedule: Option<&Schedule>, overrides: &[Override], now: &str) -> Looked {
    look(old, &Around { schedule, overrides, user: &user, now: at(now), changed: false })
}

fn users(all: &[u64]) -> Vec<UserId> {
    all.iter().map(|number| UserId(FIRST - 1 + number)).collect()
}

#[test]
fn whoever_comes_takes_the_place_of_whoever_leaves() {
    let announced = schedule(", announce: '900000000000000021'");
    let first = looked(None, Some(&announced), &[], "2026-01-05T10:00");
    assert!(!first.told, "nobody is told who is on call already");
    assert_eq!(first.duty.next_deadline(), Some(at("2026-01-06T00:00")));
    let next = looked(Some(&first.duty), Some(&announced), &[], "2026-01-06T00:00");
    let relay = next.duty.relay.clone().expect("a hand-off");
    let moves: Vec<(&str, &str)> = relay.moves.iter().map(|one| (one.from.as_str(), one.to.as_str())).collect();
    assert!(next.told);
    assert_eq!(relay.before, ["a", "b", "e"].map(name));
    assert_eq!(moves, [("a", "c"), ("b", "d"), ("e", "f")]);
    assert_eq!(next.syncs, []);
}

#[test]
fn nobody_on_call_is_no_news_and_neither_is_the_same_person_after_it() {
    let announced = schedule(", announce: '900000000000000021'");
    let over = |from, until, contacts: &[&str]| Override {
        id: 1,
        rotation: None,
        from: at(from),
        until: at(until),
        contacts: contacts.iter().map(|one| name(one)).collect(),
        created_at: at("2026-01-01T00:00"),
    };
    let first = looked(None, Some(&announced), &[], "2026-01-05T10:00").duty;
    let nobody = [over("2026-01-05T12:00", "2026-01-05T14:00", &[])];
    let told = |duty: &Duty, overrides: &[Override], now| looked(Some(duty), Some(&announced), overrides, now);
    let gap = told(&first, &nobody, "2026-01-05T12:00");
    assert!(!gap.told);
    assert!(!told(&gap.duty, &nobody, "2026-01-05T14:00").told);
    let cover = [over("2026-01-05T12:00", "2026-01-05T14:00", &["c"])];
    let covered = told(&first, &cover, "2026-01-05T12:00");
    assert!(covered.told);
    let moves = covered.duty.relay.clone().expect("a hand-off").moves;
    assert_eq!(moves.first(), Some(&Move { from: name("a"), to: name("c") }));
    assert_eq!(covered.duty.next_deadline(), Some(at("2026-01-05T14:00")));
    assert!(told(&covered.duty, &cover, "2026-01-05T14:00").told);
}

#[test]
fn a_role_is_put_in_order_at_changes_and_by_the_hour() {
    let role = |role: RoleId| schedule(&format!(", discord_role: '{role}'"));
    let ours = role(ROLE);
    let first = looked(None, Some(&ours), &[], "2026-01-05T10:00");
    assert_eq!(first.syncs, [Sync { role: ROLE, leaving: vec![] }]);
    assert_eq!(first.duty.holders, users(&[1, 2, 5]));
    assert_eq!(first.duty.next_deadline(), Some(at("2026-01-05T10:00") + SYNC_EVERY));
    let early = looked(Some(&first.duty), Some(&ours), &[], "2026-01-05T10:59");
    assert_eq!(early.syncs, []);
    assert_eq!(early.duty.next_deadline(), first.duty.next_deadline());
    assert_eq!(looked(Some(&first.duty), Some(&ours), &[], "2026-01-05T11:00").syncs.len(), 1);
    let handed = looked(Some(&early.duty), Some(&ours), &[], "2026-01-06T00:00");
    assert_eq!(handed.syncs, [Sync { role: ROLE, leaving: users(&[1, 2, 5]) }]);
    assert!(handed.told, "whether there is a channel for it is another matter");

    let mut refused = Duty { refused: Some("no".to_owned()), ..handed.duty };
    refused.left(ROLE, &users(&[1, 2, 5]));
    let other = looked(Some(&refused), Some(&role(OTHER)), &[], "2026-01-06T00:30");
    let given_back = Sync { role: ROLE, leaving: users(&[3, 6]) };
    assert_eq!(other.syncs, [given_back, Sync { role: OTHER, leaving: vec![] }]);
    assert_eq!(other.duty.refused, None);
    let back = looked(Some(&other.duty), Some(&ours), &[], "2026-01-06T00:35");
    let still = Sync { role: ROLE, leaving: vec![] };
    assert_eq!(back.syncs, [Sync { role: OTHER, leaving: users(&[3, 6]) }, still], "who holds it again does not leave");
    let removed = looked(Some(&other.duty), None, &[], "2026-01-06T00:40");
    assert_eq!(removed.syncs, [Sync { role: OTHER, leaving: users(&[3, 6]) }]);
    assert_eq!(removed.duty.next_deadline(), None);
}

#[test]
fn whoever_is_to_lose_a_role_is_remembered_until_it_was_taken() {
    let ours = schedule(&format!(", discord_role: '{ROLE}'"));
    let first = looked(None, Some(&ours), &[], "2026-01-05T10:00").duty;
    let handed = looked(Some(&first), Some(&ours), &[], "2026-01-06T00:00");
    let later = looked(Some(&handed.duty), Some(&ours), &[], "2026-01-06T01:00");
    assert_eq!(later.syncs, [Sync { role: ROLE, leaving: users(&[1, 2, 5]) }], "nobody has said that it was done");
    let mut done = later.duty;
    done.left(ROLE, &users(&[1, 5]));
    let next = looked(Some(&done), Some(&ours), &[], "2026-01-06T02:00");
    assert_eq!(next.syncs, [Sync { role: ROLE, leaving: users(&[2]) }]);
    // On the third day the first pair comes round: they hold it again.
    let round = looked(Some(&next.duty), Some(&ours), &[], "2026-01-07T00:00");
    assert_eq!(round.syncs, [Sync { role: ROLE, leaving: users(&[3, 6]) }]);
}

#[test]
fn a_role_that_is_named_no_more_is_taken_until_that_was_done() {
    let ours = schedule(&format!(", discord_role: '{ROLE}'"));
    let first = looked(None, Some(&ours), &[], "2026-01-05T10:00").duty;
    let dropped = looked(Some(&first), Some(&schedule("")), &[], "2026-01-05T10:30");
    let take = Sync { role: ROLE, leaving: users(&[1, 2, 5]) };
    assert_eq!(dropped.syncs, std::slice::from_ref(&take));
    assert_eq!(dropped.duty.next_deadline(), Some(at("2026-01-05T11:00")));
    let again = looked(Some(&dropped.duty), Some(&schedule("")), &[], "2026-01-05T11:00");
    assert_eq!(again.syncs, [take], "refused, perhaps");
    assert_eq!(again.duty.next_deadline(), Some(at("2026-01-05T12:00")));
    let mut done = again.duty;
    done.left(ROLE, &users(&[1, 2, 5]));
    let over = looked(Some(&done), Some(&schedule("")), &[], "2026-01-05T12:00");
    assert_eq!((over.syncs, over.duty.next_deadline()), (vec![], None));
}

#[test]
fn a_clock_that_was_set_back_keeps_no_role_waiting() {
    let ours = schedule(&format!(", discord_role: '{ROLE}'"));
    let first = looked(None, Some(&ours), &[], "2026-01-05T22:00").duty;
    let back = looked(Some(&first), Some(&ours), &[], "2026-01-05T10:00");
    assert_eq!(back.syncs.len(), 1);
    assert_eq!(back.duty.next_deadline(), Some(at("2026-01-05T10:00") + TimeDelta::hours(1)));
}

#[test]
fn what_nobody_watches_has_no_deadline_and_no_news() {
    let silent = schedule("");
    let first = looked(None, Some(&silent), &[], "2026-01-05T10:00").duty;
    assert_eq!(first.next_deadline(), None);
    let announced = schedule(", announce: '900000000000000021'");
    let later = looked(Some(&first), Some(&announced), &[], "2026-01-06T10:00");
    assert!(!later.told, "hand-offs that nobody looked at are not told");
    assert!(later.duty.watched);
}

#[test]
fn every_state_that_was_written_reads() {
    assert_eq!(serde_json::from_str::<Duty>("{}").expect("all of it may be missing"), Duty::default());
    let ours = schedule(&format!(", discord_role: '{ROLE}', announce: '900000000000000021'"));
    let mut duty = looked(None, Some(&ours), &[], "2026-01-05T10:00").duty;
    duty = looked(Some(&duty), Some(&ours), &[], "2026-01-06T10:00").duty;
    assert!(duty.relay.is_some() && duty.holders == users(&[3, 6]), "{duty:?}");
    let text = serde_json::to_string(&duty).expect("JSON");
    assert_eq!(serde_json::from_str::<Duty>(&text).expect("it reads"), duty);
}
