//! Who is on call, against a second telling of PRODUCT §5 that shares nothing with the first: it walks through time a quarter of an
//! hour at a time with one clock on the wall, and does what the text says when the clock reaches a mark.
//!
//! `MUSTER_LONG=1` for many more schedules.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};
use chrono_tz::Tz;
use muster::domain::contact::Day;
use muster::domain::id::Timestamp;
use muster::domain::name::Name;
use muster::domain::schedule::duty::{everybody, lanes};
use muster::domain::schedule::{
    Gaps, HandOff, MonthlyHandOff, Override, PieceKind, Rotation, Schedule, WeeklyHandOff, Window, next_change, pieces,
    shifts, who,
};
use muster::domain::span::TimeOfDay;
use proptest::prelude::*;

/// Zones, and days around which their clocks change. All change on quarters of an hour.
const PLACES: [(Tz, &str); 19] = [
    (Tz::Europe__Dublin, "2026-03-29"),
    (Tz::Europe__Dublin, "2026-10-25"),
    (Tz::America__New_York, "2026-03-08"),
    (Tz::America__New_York, "2026-11-01"),
    (Tz::Australia__Lord_Howe, "2026-04-05"),
    (Tz::Australia__Lord_Howe, "2026-10-04"),
    (Tz::America__St_Johns, "2026-03-08"),
    (Tz::America__St_Johns, "2026-11-01"),
    (Tz::Africa__Casablanca, "2026-02-15"),
    (Tz::Africa__Casablanca, "2026-03-22"),
    (Tz::Pacific__Apia, "2011-12-30"),
    (Tz::Asia__Kolkata, "2026-02-28"),
    (Tz::America__Nuuk, "2026-03-28"),
    (Tz::America__Santiago, "2026-04-04"),
    (Tz::America__Santiago, "2026-09-06"),
    (Tz::Antarctica__Troll, "2026-03-29"),
    (Tz::Antarctica__Troll, "2026-10-25"),
    (Tz::Africa__Cairo, "2026-04-24"),
    (Tz::UTC, "2028-02-29"),
];
/// One step of the walk.
const STEP: TimeDelta = TimeDelta::minutes(15);
/// How long a story is; it begins some days before the first rotation does.
const STEPS: i64 = 50 * 96;
const BEFORE: TimeDelta = TimeDelta::days(3);
/// Schedules in the short run: some seconds.
const CASES: u32 = 60;
const CASES_LONG: u32 = 3_000;

/// Who decides for a rotation at an instant, and for whom: nobody, the rotation itself, an override of it or of all.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Nobody,
    Own(Vec<Name>),
    Override { whole: bool, contacts: Vec<Name> },
}

/// The wall clock of a zone as people use it: it is never turned back, it waits until the time it shows comes again.
fn wall(zone: Tz, at: Timestamp, before: NaiveDateTime) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local().max(before)
}

/// Whether a hand-off is written down for this minute on the wall.
fn hands_off(rotation: &Rotation, minute: NaiveDateTime) -> bool {
    let (date, start) = (minute.date(), rotation.start.date());
    let at = |time: &TimeOfDay| time.time() == minute.time();
    let monday = |date: NaiveDate| date - TimeDelta::days(date.weekday().num_days_from_monday().into());
    let is_last = (date + TimeDelta::days(1)).month() != date.month();
    let (period, written) = match &rotation.hand_off {
        HandOff::Daily(times) => ((date - start).num_days(), times.iter().any(at)),
        HandOff::Weekly(days) => {
            let weeks = (monday(date) - monday(start)).num_days() / 7;
            (weeks, days.iter().any(|one| one.day.0 == date.weekday() && at(&one.at)))
        }
        HandOff::Monthly(days) => {
            let months =
                i64::from(date.year() - start.year()) * 12 + i64::from(date.month()) - i64::from(start.month());
            let falls = |day: u32| day == date.day() || is_last && day > date.day();
            (months, days.iter().any(|one| falls(one.day) && at(&one.at)))
        }
    };
    written && period >= 0 && period % i64::from(rotation.every) == 0
}

/// Whether a window is open while the wall shows this.
fn covered(rotation: &Rotation, shows: NaiveDateTime) -> bool {
    let Some(coverage) = &rotation.coverage else { return true };
    (-3..=0).any(|back| {
        let date = shows.date() + TimeDelta::days(back);
        let windows = coverage.get(&Day(date.weekday())).cloned().unwrap_or_default();
        windows.iter().any(|window| {
            let opens = date.and_time(window.from.time());
            let mut closes = date.and_time(window.to.time());
            if closes <= opens {
                closes += TimeDelta::days(1);
            }
            opens <= shows && shows < closes
        })
    })
}

/// A rotation by itself, step by step.
fn walk(rotation: &Rotation, from: Timestamp) -> Vec<Told> {
    let zone = rotation.time_zone;
    let mut shows = wall(zone, from - STEP, NaiveDateTime::MIN);
    let (mut begun, mut shift) = (false, 0);
    let mut told = Vec::new();
    for step in 0..STEPS {
        let (before, was_begun) = (shows, begun);
        shows = wall(zone, from + STEP * i32::try_from(step).unwrap(), before);
        let mut passed =
            std::iter::successors(Some(before + STEP), |minute| Some(*minute + STEP)).take_while(|m| *m <= shows);
        // Whatever the clock passes at one instant is one hand-off.
        if was_begun && passed.any(|minute| hands_off(rotation, minute)) {
            shift += 1;
        }
        begun = shows >= rotation.start;
        let (n, k) = (rotation.contacts.len(), rotation.on_call as usize);
        told.push(match begun && covered(rotation, shows) {
            true => Told::Own((0..k).map(|j| rotation.contacts[(shift * k + j) % n].clone()).collect()),
            false => Told::Nobody,
        });
    }
    told
}

/// A schedule step by step: for each rotation who decides.
fn reference(schedule: &Schedule, overrides: &[Override], from: Timestamp) -> Vec<Vec<Told>> {
    let mut lanes: Vec<Vec<Told>> = schedule.rotations.iter().map(|rotation| walk(rotation, from)).collect();
    for (rotation, lane) in schedule.rotations.iter().zip(&mut lanes) {
        for (step, told) in lane.iter_mut().enumerate() {
            let at = from + STEP * i32::try_from(step).unwrap();
            let mut newest: Option<&Override> = None;
            for one in overrides {
                let means = one.rotation.is_none() || one.rotation.as_ref() == Some(&rotation.name);
                let newer = newest.is_none_or(|newest| (one.created_at, one.id) > (newest.created_at, newest.id));
                if means && one.from <= at && at < one.until && newer {
                    newest = Some(one);
                }
            }
            if let Some(one) = newest {
                *told = Told::Override { whole: one.rotation.is_none(), contacts: one.contacts.clone() };
            }
        }
    }
    lanes
}

fn on_call(lanes: &[Vec<Told>], step: usize) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for lane in lanes {
        let (Told::Own(contacts) | Told::Override { contacts, .. }) = &lane[step] else { continue };
        for contact in contacts {
            if !names.contains(contact) {
                names.push(contact.clone());
            }
        }
    }
    names
}

/// Steps with the same answer, as one; where there is none, nothing.
fn merged<T: PartialEq + Clone>(of: impl Fn(usize) -> Option<T>) -> Vec<(i64, i64, T)> {
    let mut all: Vec<(i64, i64, T)> = Vec::new();
    for step in 0..STEPS {
        let Some(now) = of(usize::try_from(step).unwrap()) else { continue };
        match all.last_mut().filter(|(_, until, last)| *until == step && *last == now) {
            Some((_, until, _)) => *until = step + 1,
            None => all.push((step, step + 1, now)),
        }
    }
    all
}

/// What `pieces` must say: by step, 0 for the whole schedule and then its rotations.
type Lines = Vec<(i64, usize, i64, Vec<Name>, PieceKind)>;

fn expected_pieces(lanes: &[Vec<Told>]) -> Lines {
    let mut lines = Lines::new();
    let whole = merged(|step| {
        lanes.iter().find_map(|lane| match &lane[step] {
            Told::Override { whole: true, contacts } => Some(contacts.clone()),
            _ => None,
        })
    });
    lines.extend(whole.into_iter().map(|(from, until, contacts)| (from, 0, until, contacts, PieceKind::Override)));
    for (place, lane) in lanes.iter().enumerate() {
        let own = merged(|step| match &lane[step] {
            Told::Own(contacts) => Some((contacts.clone(), PieceKind::Regular)),
            Told::Override { whole: false, contacts } => Some((contacts.clone(), PieceKind::Override)),
            _ => None,
        });
        lines.extend(own.into_iter().map(|(from, until, (contacts, kind))| (from, place + 1, until, contacts, kind)));
    }
    lines.sort_by_key(|line| (line.0, line.1));
    lines
}

fn times() -> impl Strategy<Value = TimeOfDay> {
    // Most of them around the hours in which clocks change.
    let hour = prop_oneof![3 => 0u32..4, 1 => 0u32..24, 1 => Just(23u32)];
    (hour, 0u32..4).prop_map(|(hour, quarter)| TimeOfDay::new(hour, quarter * 15).unwrap())
}

fn days() -> impl Strategy<Value = Day> {
    (0u8..7).prop_map(|day| Day(Weekday::try_from(day).unwrap()))
}

fn hand_offs() -> impl Strategy<Value = HandOff> {
    let weekly = (days(), times()).prop_map(|(day, at)| WeeklyHandOff { day, at });
    let monthly = (prop_oneof![1u32..32, 28u32..32], times()).prop_map(|(day, at)| MonthlyHandOff { day, at });
    prop_oneof![
        prop::collection::vec(times(), 1..4).prop_map(HandOff::Daily),
        prop::collection::vec(weekly, 1..4).prop_map(HandOff::Weekly),
        prop::collection::vec(monthly, 1..4).prop_map(HandOff::Monthly),
    ]
}

fn coverages() -> impl Strategy<Value = Option<BTreeMap<Day, Vec<Window>>>> {
    // Overnight and whole days come by themselves.
    let window = prop_oneof![
        4 => (times(), times()).prop_map(|(from, to)| Window { from, to }),
        1 => times().prop_map(|at| Window { from: at, to: at }),
    ];
    prop::option::of(prop::collection::btree_map(days(), prop::collection::vec(window, 0..3), 1..7))
}

fn person(number: usize) -> Name {
    Name::parse(&format!("p{number}")).unwrap()
}

fn rotations() -> impl Strategy<Value = Rotation> {
    let start = (prop::sample::select(&PLACES[..]), 0i64..45, times());
    (start, 1usize..6, any::<u8>(), 1u32..4, hand_offs(), coverages()).prop_map(
        |((place, back, at), n, k, every, hand_off, coverage)| Rotation {
            name: String::new(),
            start: (place.1.parse::<NaiveDate>().unwrap() - TimeDelta::days(back)).and_time(at.time()),
            time_zone: place.0,
            contacts: (0..n).map(person).collect(),
            on_call: u32::from(k) % u32::try_from(n).unwrap() + 1,
            every,
            hand_off,
            coverage,
        },
    )
}

/// From which step to which, of which rotation (none beyond the last), for whom, made when.
type Replaced = (i64, i64, usize, Vec<usize>, i64);

fn schedules() -> impl Strategy<Value = (Schedule, Vec<Replaced>)> {
    let overrides = (0..STEPS, 1i64..800, 0usize..5, prop::collection::vec(0usize..8, 0..3), 0i64..4);
    (prop::collection::vec(rotations(), 1..4), prop::collection::vec(overrides, 0..6)).prop_map(
        |(mut all, overrides)| {
            // In one story, all of them around the same change of clocks.
            let first = all[0].start.date();
            for (number, rotation) in all.iter_mut().enumerate() {
                rotation.name = format!("r{number}");
                let apart = (rotation.start.date() - first).num_days();
                rotation.start -= TimeDelta::days(apart - apart.rem_euclid(30));
            }
            let schedule =
                Schedule { display_name: None, discord_role: None, announce: None, gaps: Gaps::Warn, rotations: all };
            (schedule, overrides)
        },
    )
}

fn made(replaced: &[Replaced], schedule: &Schedule, from: Timestamp) -> Vec<Override> {
    let at = |step: i64| from + STEP * i32::try_from(step).unwrap();
    let one = |(id, (first, length, rotation, contacts, created)): (usize, &Replaced)| Override {
        id: i64::try_from(id).unwrap(),
        rotation: schedule.rotations.get(*rotation).map(|rotation| rotation.name.clone()),
        from: at(*first),
        until: at(*first + *length),
        contacts: contacts.iter().map(|number| person(*number)).collect(),
        created_at: DateTime::from_timestamp(*created, 0).unwrap(),
    };
    replaced.iter().enumerate().map(one).collect()
}

/// The walk begins on a quarter of an hour before the earliest start.
fn beginning(schedule: &Schedule) -> Timestamp {
    let earliest = schedule.rotations.iter().map(|rotation| rotation.start).min().unwrap();
    let date = (earliest - BEFORE).date();
    date.and_time(NaiveTime::MIN).and_utc()
}

fn check(schedule: &Schedule, replaced: &[Replaced], looks: &[(i64, i64)]) -> Result<(), TestCaseError> {
    let from = beginning(schedule);
    let at = |step: i64| from + STEP * i32::try_from(step).unwrap();
    let overrides = made(replaced, schedule, from);
    let told = reference(schedule, &overrides, from);
    let changes = merged(|step| Some(on_call(&told, step)));

    let cut = shifts(schedule, &overrides, from, at(STEPS));
    let cut: Vec<_> = cut.into_iter().map(|shift| (shift.from, shift.until, shift.who)).collect();
    let expected: Vec<_> = changes.iter().map(|(a, b, who)| (at(*a), at(*b), who.clone())).collect();
    prop_assert_eq!(cut, expected, "shifts");

    let place = |name: Option<&str>| match name {
        None => 0,
        Some(name) => 1 + schedule.rotations.iter().position(|rotation| rotation.name == name).unwrap(),
    };
    let found: Vec<_> = pieces(schedule, &overrides, from, at(STEPS))
        .into_iter()
        .map(|piece| {
            let contacts: Vec<Name> = piece.contacts.into_iter().cloned().collect();
            (piece.from, place(piece.rotation), piece.until, contacts, piece.kind)
        })
        .collect();
    let expected: Vec<_> = expected_pieces(&told).into_iter().map(|(a, p, b, c, k)| (at(a), p, at(b), c, k)).collect();
    prop_assert_eq!(found, expected, "pieces");

    // At each change, just before it, and wherever else.
    let instants = changes.iter().flat_map(|(first, _, _)| [(*first, 0), (*first - 1, 899_999_999)]);
    for (step, rest_us) in instants.chain(looks.iter().copied()).filter(|(step, _)| *step >= 0) {
        let instant = at(step) + TimeDelta::microseconds(rest_us);
        let expected = on_call(&told, usize::try_from(step).unwrap());
        prop_assert_eq!(&who(schedule, &overrides, instant), &expected, "who at {}", instant);
        prop_assert_eq!(everybody(&lanes(schedule, &overrides, instant)), expected, "lanes at {}", instant);
    }

    let mut edge = from;
    for (first, _, _) in &changes[1..] {
        while edge < at(*first) {
            let next = next_change(schedule, &overrides, edge).expect("something is still to change");
            prop_assert!(next > edge, "next_change stands still at {}", edge);
            prop_assert!(next <= at(*first), "next_change from {} passes over {}", edge, at(*first));
            edge = next;
        }
    }
    Ok(())
}

#[test]
fn each_instant_belongs_to_whom_the_walk_says() {
    let long = std::env::var_os("MUSTER_LONG").is_some();
    let cases = if long { CASES_LONG } else { CASES };
    let looks = prop::collection::vec((0..STEPS, 0i64..900_000_000), 12);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let told = runner.run(&(schedules(), looks), |((schedule, replaced), looks)| check(&schedule, &replaced, &looks));
    told.unwrap_or_else(|why| panic!("{why}"));
}

fn rotation(zone: Tz, start: &str, hand_off: HandOff) -> Schedule {
    let rotation = Rotation {
        name: "r".to_owned(),
        start: NaiveDateTime::parse_from_str(start, "%Y-%m-%dT%H:%M").unwrap(),
        time_zone: zone,
        contacts: (0..3).map(person).collect(),
        on_call: 1,
        every: 1,
        hand_off,
        coverage: None,
    };
    Schedule { display_name: None, discord_role: None, announce: None, gaps: Gaps::Warn, rotations: vec![rotation] }
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn clock(hour: u32, minute: u32) -> TimeOfDay {
    TimeOfDay::new(hour, minute).unwrap()
}

#[test]
fn a_hand_over_on_monday_at_nine_stays_there_all_year_in_every_zone() {
    for (zone, _) in PLACES {
        let nine = WeeklyHandOff { day: Day(Weekday::Mon), at: clock(9, 0) };
        let weekly = rotation(zone, "2026-01-05T09:00", HandOff::Weekly(vec![nine]));
        let cut = pieces(&weekly, &[], utc("2026-01-03T00:00:00Z"), utc("2027-01-04T00:00:00Z"));
        assert!((51..=53).contains(&cut.len()), "{zone}: {}", cut.len());
        for (week, piece) in cut.iter().enumerate() {
            let local = piece.from.with_timezone(&zone);
            assert_eq!((local.weekday(), local.hour(), local.minute()), (Weekday::Mon, 9, 0), "{zone}");
            assert_eq!(piece.contacts, [&person(week % 3)], "{zone}");
        }
    }
}

/// Zone, start, the time of the daily hand-off, and instants of hand-offs.
type Famous = (Tz, &'static str, (u32, u32), [&'static str; 3]);

/// Zone, start, the time of the daily hand-off, and the instants of the hand-offs around the day when clocks change.
const FAMOUS: [Famous; 9] = [
    // Summer time begins: 01:30 was skipped, the first instant after it is 02:00 summer time.
    (
        Tz::Europe__Dublin,
        "2026-03-27T12:00",
        (1, 30),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
    ),
    // It ends: 01:30 comes twice, the earlier one counts.
    (
        Tz::Europe__Dublin,
        "2026-10-23T12:00",
        (1, 30),
        ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    ),
    (
        Tz::America__New_York,
        "2026-03-06T12:00",
        (2, 30),
        ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
    ),
    (
        Tz::America__New_York,
        "2026-10-30T12:00",
        (1, 0),
        ["2026-10-31T05:00:00Z", "2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"],
    ),
    // Half an hour.
    (
        Tz::Australia__Lord_Howe,
        "2026-10-02T12:00",
        (2, 15),
        ["2026-10-02T15:45:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
    ),
    (
        Tz::America__St_Johns,
        "2026-10-30T12:00",
        (1, 15),
        ["2026-10-31T03:45:00Z", "2026-11-01T03:45:00Z", "2026-11-02T04:45:00Z"],
    ),
    // Ramadan begins, and clocks go back.
    (
        Tz::Africa__Casablanca,
        "2026-02-13T12:00",
        (2, 30),
        ["2026-02-14T01:30:00Z", "2026-02-15T01:30:00Z", "2026-02-16T02:30:00Z"],
    ),
    // The 30th never was: what it would have handed off falls together with the 31st, at its first instant.
    (
        Tz::Pacific__Apia,
        "2011-12-28T12:00",
        (0, 0),
        ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
    ),
    (
        Tz::Asia__Kolkata,
        "2026-03-27T12:00",
        (1, 30),
        ["2026-03-27T20:00:00Z", "2026-03-28T20:00:00Z", "2026-03-29T20:00:00Z"],
    ),
];

#[test]
fn hand_overs_on_the_days_when_clocks_change() {
    for (zone, start, (hour, minute), expected) in FAMOUS {
        let daily = rotation(zone, start, HandOff::Daily(vec![clock(hour, minute)]));
        let first = utc(expected[0]) - TimeDelta::hours(1);
        let found: Vec<_> = pieces(&daily, &[], first, first + TimeDelta::days(4)).into_iter().skip(1).collect();
        let expected = expected.map(utc);
        let starts: Vec<_> = found.iter().take(3).map(|piece| piece.from).collect();
        assert_eq!(starts, expected, "{zone}, {start}");
    }
}

#[test]
fn the_last_days_of_months() {
    let at = |day| MonthlyHandOff { day, at: clock(9, 0) };
    let last = rotation(Tz::UTC, "2028-01-01T00:00", HandOff::Monthly(vec![at(29), at(31)]));
    let cut = pieces(&last, &[], utc("2028-01-01T00:00:00Z"), utc("2028-05-01T00:00:00Z"));
    let starts: Vec<String> = cut.iter().map(|piece| piece.from.format("%m-%d").to_string()).collect();
    // In February of a leap year both are the 29th; in April the 31st is the 30th.
    assert_eq!(starts, ["01-01", "01-29", "01-31", "02-29", "03-29", "03-31", "04-29", "04-30"]);
    let people: Vec<&str> = cut.iter().map(|piece| piece.contacts[0].as_str()).collect();
    assert_eq!(people, ["p0", "p1", "p2", "p0", "p1", "p2", "p0", "p1"]);
}
