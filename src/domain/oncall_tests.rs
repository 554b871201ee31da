//! Replacing one person, gaps and turns: hand-worked cases, and any replacement against asking at every hour.

use proptest::prelude::*;

use super::*;
use crate::domain::schedule::{Gaps, who};

fn at(text: &str) -> Timestamp {
    format!("{text}:00Z").parse().unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A schedule of these rotations, `r0`, `r1` …: what follows `contacts`, in YAML.
fn schedule(rotations: &[&str]) -> Schedule {
    let rotation = |(index, rest): (usize, &&str)| {
        let yaml = format!("{{name: r{index}, start: 2026-01-05T00:00, time_zone: UTC, contacts: {rest}}}");
        serde_saphyr::from_str::<Rotation>(&yaml).unwrap()
    };
    Schedule {
        display_name: None,
        discord_role: None,
        announce: None,
        gaps: Gaps::Warn,
        rotations: rotations.iter().enumerate().map(rotation).collect(),
    }
}

fn as_overrides(pieces: &[Replacement]) -> Vec<Override> {
    let made = |(index, piece): (usize, &Replacement)| Override {
        id: 1_000 + index as i64,
        rotation: Some(piece.rotation.clone()),
        from: piece.from,
        until: piece.until,
        contacts: piece.contacts.clone(),
        created_at: at("2026-01-06T00:00"),
    };
    pieces.iter().enumerate().map(made).collect()
}

fn said(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(" ")
}

const DAILY: &str = "[a, b], hand_off: {daily: ['00:00']}";

#[test]
fn who_is_next_is_whoever_changes_it() {
    let daily = schedule(&[DAILY]);
    let now = standing(&daily, &[], at("2026-01-05T10:00"));
    assert_eq!((said(&now.who), now.until, said(&now.next)), ("a".into(), Some(at("2026-01-06T00:00")), "b".into()));
    let always = standing(&schedule(&["[a], hand_off: {daily: ['00:00']}"]), &[], at("2026-01-05T10:00"));
    assert_eq!((said(&always.who), always.until), ("a".into(), None));
    let before = standing(&daily, &[], at("2026-01-01T10:00"));
    assert_eq!((said(&before.who), before.until), (String::new(), Some(at("2026-01-05T00:00"))));
}

#[test]
fn one_is_replaced_and_the_others_stay() {
    let two = schedule(&["[a, b, c], on_call: 2, hand_off: {daily: ['00:00']}", "[d], hand_off: {daily: ['00:00']}"]);
    // Pairs: a b, c a, b c.
    let pieces = replaced(&two, &[], (&name("a"), &name("z")), at("2026-01-05T10:00"), at("2026-01-08T00:00"));
    let told: Vec<String> = pieces
        .iter()
        .map(|p| format!("{} {}-{} {}", p.rotation, p.from.format("%dT%H"), p.until.format("%dT%H"), said(&p.contacts)))
        .collect();
    assert_eq!(told, ["r0 05T10-06T00 z b", "r0 06T00-07T00 c z"]);
    let overrides = as_overrides(&pieces);
    assert_eq!(said(&who(&two, &overrides, at("2026-01-05T12:00"))), "z b d");
    assert_eq!(said(&who(&two, &overrides, at("2026-01-07T12:00"))), "b c d");
}

#[test]
fn where_nobody_is_one_is_added() {
    let covered = schedule(&["[a], hand_off: {daily: ['00:00']}, coverage: {TUE: [{from: '09:00', to: '17:00'}]}"]);
    let pieces = added(&covered, &[], &name("z"), at("2026-01-06T08:00"), at("2026-01-06T10:00"));
    let who: Vec<String> = pieces.iter().map(|piece| said(&piece.contacts)).collect();
    assert_eq!(who, ["z", "a z"]);
}

#[test]
fn a_shift_ends_with_its_stretch_or_at_the_next_hand_off() {
    let daily = schedule(&[DAILY]);
    assert_eq!(shift_end(&daily, &[], &name("a"), at("2026-01-05T10:00")), at("2026-01-06T00:00"));
    let alone = schedule(&["[a], hand_off: {daily: ['09:00']}"]);
    assert_eq!(shift_end(&alone, &[], &name("a"), at("2026-01-05T10:00")), at("2026-01-06T09:00"));
}

#[test]
fn turns_have_their_real_beginning_and_end() {
    let weekly = schedule(&["[a, b], hand_off: {weekly: [{day: MON, at: '09:00'}]}"]);
    let (from, until) = (at("2026-03-04T10:00"), at("2026-03-10T00:00"));
    let first = turns(&weekly, &[], from, until);
    assert_eq!(first.len(), 2);
    assert_eq!((first[0].from, first[0].until), (at("2026-03-02T09:00"), at("2026-03-09T09:00")));
    assert_eq!((first[1].from, first[1].until), (at("2026-03-09T09:00"), at("2026-03-16T09:00")));
    let later = turns(&weekly, &[], from + TimeDelta::days(2), until);
    assert_eq!(later, first, "a later file brings the same shifts");
    let always = schedule(&["[a], every: 100, hand_off: {monthly: [{day: 1, at: '00:00'}]}"]);
    assert_eq!(turns(&always, &[], from, until)[0].from, at("2026-01-05T00:00"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// With the replacement in force, at every hour the one stands where the other stood, and nobody else has moved.
    #[test]
    fn a_replacement_moves_nobody_else(
        on_call in 1u32..4, hour in 0u32..24, from in 0i64..200, hours in 1i64..120, old in 0usize..4, covered in any::<bool>()
    ) {
        let coverage = if covered { ", coverage: {MON: [{from: '08:00', to: '20:00'}], WED: [{from: '22:00', to: '06:00'}]}" } else { "" };
        let first = format!("[a, b, c, d], on_call: {on_call}, hand_off: {{daily: ['{hour:02}:00']}}{coverage}");
        let spec = schedule(&[&first, "[d, a], hand_off: {daily: ['06:00', '18:00']}"]);
        let everybody = Override {
            id: 1, rotation: None, from: at("2026-01-08T03:00"), until: at("2026-01-08T09:00"),
            contacts: vec![name("a"), name("e")], created_at: at("2026-01-01T00:00"),
        };
        let old = name(["a", "b", "c", "d"][old]);
        let new = name("z");
        let begin = at("2026-01-05T00:00") + TimeDelta::hours(from);
        let end = begin + TimeDelta::hours(hours);
        let before = vec![everybody];
        let mut after = before.clone();
        after.extend(as_overrides(&replaced(&spec, &before, (&old, &new), begin, end)));
        for hour in -3..hours + 3 {
            let at = begin + TimeDelta::hours(hour);
            let was = who(&spec, &before, at);
            let wanted = if (0..hours).contains(&hour) { swapped(&was, &old, &new) } else { was };
            prop_assert_eq!(who(&spec, &after, at), wanted, "{}", at);
        }
    }
}
