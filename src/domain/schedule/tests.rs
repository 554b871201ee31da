//! Who is on call: hand-worked cases around changed clocks, and any rotations against a slow, plain reference.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;

const ZONES: [Tz; 8] = [
    Tz::Europe__Dublin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::America__St_Johns,
    Tz::Africa__Casablanca,
    Tz::Asia__Kolkata,
    Tz::America__Nuuk,
    Tz::UTC,
];

fn utc(text: &str) -> Timestamp {
    local(text).and_utc()
}

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
}

/// A schedule of one rotation, its members a, b, c, from the YAML that follows `contacts`.
fn schedule(zone: &str, start: &str, rest: &str) -> Schedule {
    let yaml = format!("{{name: r, start: {start}, time_zone: {zone}, contacts: [a, b, c], {rest}}}");
    let rotation: Rotation = serde_saphyr::from_str(&yaml).unwrap();
    Schedule { display_name: None, discord_role: None, announce: None, gaps: Gaps::Warn, rotations: vec![rotation] }
}

fn named(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(" ")
}

/// What is on call at each of the instants of `zone` (or UTC, ending in Z).
fn check(schedule: &Schedule, overrides: &[Override], cases: &[(&str, &str)]) {
    let zone = schedule.rotations[0].time_zone;
    for (at, expected) in cases {
        let at_utc = match at.strip_suffix('Z') {
            Some(text) => utc(text),
            None => instant(zone, local(at)),
        };
        assert_eq!(named(&who(schedule, overrides, at_utc)), *expected, "at {at} in {zone}");
    }
}

#[test]
fn the_first_shift_runs_from_the_start_to_the_first_hand_off() {
    let weekly = schedule("Europe/Dublin", "2026-01-07T12:00", "hand_off: {weekly: [{day: MON, at: '09:00'}]}");
    check(
        &weekly,
        &[],
        &[
            ("2026-01-07T11:59", ""),
            ("2026-01-07T12:00", "a"),
            ("2026-01-12T08:59", "a"),
            ("2026-01-12T09:00", "b"),
            ("2026-01-19T09:00", "c"),
            ("2026-01-26T09:00", "a"),
            ("2036-01-07T12:00", "a"),
        ],
    );
    let on_the_dot = schedule("Europe/Dublin", "2026-01-05T09:00", "hand_off: {weekly: [{day: MON, at: '09:00'}]}");
    check(&on_the_dot, &[], &[("2026-01-05T09:00", "a"), ("2026-01-12T09:00", "b")]);
}

#[test]
fn every_counts_from_the_period_that_holds_the_start_and_weeks_begin_on_monday() {
    let weeks =
        schedule("Europe/Dublin", "2026-01-11T12:00", "every: 2, hand_off: {weekly: [{day: MON, at: '09:00'}]}");
    // Sunday 11 January is of the week of Monday the 5th: hand-offs on 19 January, 2 February …
    check(
        &weeks,
        &[],
        &[("2026-01-12T09:00", "a"), ("2026-01-19T08:59", "a"), ("2026-01-19T09:00", "b"), ("2026-02-02T09:00", "c")],
    );
    let days = schedule("UTC", "2026-01-01T12:00", "every: 3, hand_off: {daily: ['06:00', '18:00']}");
    check(
        &days,
        &[],
        &[("2026-01-01T18:00", "b"), ("2026-01-02T18:00", "b"), ("2026-01-04T06:00", "c"), ("2026-01-04T18:00", "a")],
    );
    let months = schedule("UTC", "2026-01-31T12:00", "every: 2, hand_off: {monthly: [{day: 1, at: '00:00'}]}");
    check(
        &months,
        &[],
        &[("2026-02-28T00:00", "a"), ("2026-03-01T00:00", "b"), ("2026-04-15T00:00", "b"), ("2026-05-01T00:00", "c")],
    );
}

#[test]
fn several_are_on_call_at_once_and_each_shift_moves_by_as_many() {
    let two = schedule("UTC", "2026-01-01T00:00", "on_call: 2, hand_off: {daily: ['00:00']}");
    check(
        &two,
        &[],
        &[
            ("2026-01-01T00:00", "a b"),
            ("2026-01-02T00:00", "c a"),
            ("2026-01-03T00:00", "b c"),
            ("2026-01-04T00:00", "a b"),
        ],
    );
    let too_many = schedule("UTC", "2026-01-01T00:00", "on_call: 9, hand_off: {daily: ['00:00']}");
    check(&too_many, &[], &[("2026-01-01T00:00", "a b c")]);
}

#[test]
fn days_29_to_31_of_a_short_month_are_its_last_day_and_one_instant_is_one_hand_off() {
    let last = "hand_off: {monthly: [{day: 30, at: '09:00'}, {day: 31, at: '09:00'}]}";
    check(
        &schedule("Europe/Dublin", "2026-01-01T00:00", last),
        &[],
        &[
            ("2026-01-30T09:00", "b"),
            ("2026-01-31T09:00", "c"),
            ("2026-02-28T08:59", "c"),
            ("2026-02-28T09:00", "a"),
            ("2026-03-30T09:00", "b"),
            ("2026-04-30T09:00", "a"),
            ("2028-02-29T09:00", "c"),
        ],
    );
}

#[test]
fn a_skipped_hour_hands_off_at_its_end_and_a_repeated_one_the_first_time() {
    let night = "hand_off: {daily: ['01:30']}";
    let dublin = schedule("Europe/Dublin", "2026-03-28T12:00", night);
    check(
        &dublin,
        &[],
        &[
            ("2026-03-29T00:59Z", "a"),
            ("2026-03-29T01:00Z", "b"),
            ("2026-03-30T00:29Z", "b"),
            ("2026-03-30T00:30Z", "c"),
        ],
    );
    let autumn = schedule("Europe/Dublin", "2026-10-24T12:00", night);
    check(
        &autumn,
        &[],
        &[
            ("2026-10-25T00:29Z", "a"),
            ("2026-10-25T00:30Z", "b"),
            ("2026-10-25T01:30Z", "b"),
            ("2026-10-26T01:30Z", "c"),
        ],
    );
    let new_york = schedule("America/New_York", "2026-03-07T12:00", "hand_off: {daily: ['02:30']}");
    check(&new_york, &[], &[("2026-03-08T06:59Z", "a"), ("2026-03-08T07:00Z", "b"), ("2026-03-09T06:30Z", "c")]);
    let lord_howe = schedule("Australia/Lord_Howe", "2026-10-03T12:00", "hand_off: {daily: ['02:10']}");
    check(
        &lord_howe,
        &[],
        &[
            ("2026-10-03T15:29Z", "a"),
            ("2026-10-03T15:30Z", "b"),
            ("2026-10-04T15:09Z", "b"),
            ("2026-10-04T15:10Z", "c"),
        ],
    );
    let st_johns = schedule("America/St_Johns", "2026-11-01T00:00", "hand_off: {daily: ['01:15']}");
    check(&st_johns, &[], &[("2026-11-01T03:44Z", "a"), ("2026-11-01T03:45Z", "b"), ("2026-11-01T04:45Z", "b")]);
}

#[test]
fn hand_offs_that_a_zone_skips_together_are_one() {
    let three = schedule("Africa/Casablanca", "2026-03-21T12:00", "hand_off: {daily: ['02:10', '02:50', '03:00']}");
    // Morocco leaves its Ramadan time on 22 March 2026: 02:00 becomes 03:00, and the three are one.
    check(
        &three,
        &[],
        &[
            ("2026-03-22T01:59Z", "a"),
            ("2026-03-22T02:00Z", "b"),
            ("2026-03-23T01:10Z", "c"),
            ("2026-03-23T01:50Z", "a"),
        ],
    );
    let nuuk = schedule("America/Nuuk", "2026-03-28T12:00", "hand_off: {daily: ['00:00', '23:30']}");
    // 23:00 on the 28th becomes 00:00 on the 29th: two days' hand-offs meet.
    check(&nuuk, &[], &[("2026-03-29T00:59Z", "a"), ("2026-03-29T01:00Z", "b"), ("2026-03-30T00:30Z", "c")]);
    let apia = schedule("Pacific/Apia", "2011-12-28T12:00", "hand_off: {daily: ['00:00']}");
    check(&apia, &[], &[("2011-12-29T12:00", "b"), ("2011-12-31T00:00", "c"), ("2012-01-01T00:00", "a")]);
}

#[test]
fn coverage_runs_by_the_wall_clock() {
    let office = "hand_off: {weekly: [{day: MON, at: '09:00'}]}, coverage: {MON: [{from: '09:00', to: '17:30'}], FRI: [{from: '22:00', to: '06:00'}], SUN: [{from: '02:00', to: '02:00'}]}";
    let kolkata = schedule("Asia/Kolkata", "2026-01-05T09:00", office);
    check(
        &kolkata,
        &[],
        &[
            ("2026-01-05T08:59", ""),
            ("2026-01-05T09:00", "a"),
            ("2026-01-05T17:29", "a"),
            ("2026-01-05T17:30", ""),
            ("2026-01-06T12:00", ""),
            ("2026-01-10T05:59", "a"),
            ("2026-01-10T06:00", ""),
            ("2026-01-11T02:00", "a"),
            ("2026-01-12T01:59", "a"),
            ("2026-01-12T02:00", ""),
            ("2026-01-12T09:00", "b"),
        ],
    );
    let night = "hand_off: {monthly: [{day: 1, at: '00:00'}]}, coverage: {SUN: [{from: '01:15', to: '01:45'}]}";
    let dublin = schedule("Europe/Dublin", "2026-01-01T00:00", night);
    // In spring the window was skipped whole; in autumn it is the first time round.
    check(
        &dublin,
        &[],
        &[("2026-03-29T01:00Z", ""), ("2026-10-25T00:15Z", "a"), ("2026-10-25T00:45Z", ""), ("2026-10-25T01:20Z", "")],
    );
    let never = schedule("UTC", "2026-01-01T00:00", "hand_off: {daily: ['00:00']}, coverage: {}");
    check(&never, &[], &[("2026-01-02T00:00", "")]);
}

fn replaced(id: i64, rotation: Option<&str>, from: &str, until: &str, contacts: &[&str]) -> Override {
    let contacts = contacts.iter().map(|name| Name::parse(name).unwrap()).collect();
    let created_at = chrono::DateTime::from_timestamp(id, 0).unwrap();
    Override { id, rotation: rotation.map(str::to_owned), from: utc(from), until: utc(until), contacts, created_at }
}

#[test]
fn the_override_created_last_wins_in_its_own_rotations() {
    let mut two = schedule("UTC", "2026-01-01T00:00", "hand_off: {daily: ['00:00']}, coverage: {}");
    let mut second = schedule("UTC", "2026-01-01T00:00", "hand_off: {daily: ['00:00']}").rotations.remove(0);
    second.name = "s".to_owned();
    two.rotations.push(second);
    let overrides = [
        replaced(3, Some("r"), "2026-01-01T10:00", "2026-01-01T11:00", &[]),
        replaced(1, None, "2026-01-01T09:00", "2026-01-01T12:00", &["x", "a"]),
        replaced(2, Some("s"), "2025-12-31T00:00", "2025-12-31T01:00", &["y"]),
        replaced(4, Some("gone"), "2026-01-01T00:00", "2026-01-02T00:00", &["z"]),
        replaced(5, None, "2026-01-01T05:00", "2026-01-01T05:00", &["z"]),
    ];
    let cases = [
        ("2025-12-31T00:59Z", "y"),
        ("2025-12-31T01:00Z", ""),
        ("2026-01-01T05:00Z", "a"),
        ("2026-01-01T08:59Z", "a"),
        ("2026-01-01T09:00Z", "x a"),
        ("2026-01-01T10:30Z", "x a"),
        ("2026-01-01T12:00Z", "a"),
    ];
    check(&two, &overrides, &cases);
    let only_first = Schedule { rotations: two.rotations[..1].to_vec(), ..two.clone() };
    check(
        &only_first,
        &overrides,
        &[("2026-01-01T09:59Z", "x a"), ("2026-01-01T10:30Z", ""), ("2026-01-01T11:00Z", "x a")],
    );
    let edges = ["2025-12-31T00:00", "2025-12-31T01:00", "2026-01-01T00:00", "2026-01-01T09:00", "2026-01-01T10:00"];
    let mut at = utc("2025-01-01T00:00");
    for edge in edges.map(utc) {
        at = next_change(&Schedule { rotations: two.rotations.clone(), ..two.clone() }, &overrides[..3], at).unwrap();
        assert_eq!(at, edge);
    }
}

#[test]
fn an_override_that_means_nothing_is_refused() {
    let daily = schedule("UTC", "2026-01-01T00:00", "hand_off: {daily: ['00:00']}");
    let made = |rotation, from, until| replaced(1, rotation, from, until, &["a"]).check(&daily);
    assert_eq!(made(Some("r"), "2026-01-01T00:00", "2026-01-01T01:00"), Ok(()));
    assert_eq!(made(None, "2026-01-01T00:00", "2026-01-01T01:00"), Ok(()));
    assert_eq!(made(None, "2026-01-01T00:00", "2026-01-01T00:00"), Err(NotAnOverride::Backwards));
    let gone = made(Some("q"), "2026-01-01T00:00", "2026-01-01T01:00");
    assert_eq!(gone.unwrap_err().to_string(), "there is no rotation `q` in this schedule");
    let crowd = replaced(1, None, "2026-01-01T00:00", "2026-01-01T01:00", &["a"; MEMBERS_MAX + 1]);
    assert_eq!(crowd.check(&daily), Err(NotAnOverride::TooMany(31)));
}

#[test]
fn what_check_would_refuse_still_answers() {
    let nothing = schedule("UTC", "2026-01-01T00:00", "on_call: 0, every: 0, hand_off: {monthly: []}");
    check(&nothing, &[], &[("2026-01-05T00:00", "")]);
    assert_eq!(next_change(&nothing, &[], utc("2026-01-05T00:00")), None);
    let mut empty = schedule("UTC", "2026-01-01T00:00", "hand_off: {daily: []}");
    check(&empty, &[], &[("2026-01-05T00:00", "a")]);
    empty.rotations[0].contacts.clear();
    check(&empty, &[], &[("2026-01-05T00:00", "")]);
}

#[test]
fn a_stretch_is_cut_where_the_people_change() {
    let daily = schedule(
        "UTC",
        "2026-01-01T00:00",
        "hand_off: {daily: ['00:00', '12:00']}, coverage: {THU: [{from: '06:00', to: '18:00'}]}",
    );
    let pieces = shifts(&daily, &[], utc("2026-01-01T03:00"), utc("2026-01-02T03:00"));
    let told: Vec<String> =
        pieces.iter().map(|p| format!("{}-{} {}", p.from.format("%H"), p.until.format("%H"), named(&p.who))).collect();
    assert_eq!(told, ["03-06 ", "06-12 a", "12-18 b", "18-03 "]);
}

#[test]
fn skips_are_found_in_every_zone() {
    let (from, until) = (utc("2000-01-01T00:00"), utc("2037-01-01T00:00"));
    for zone in chrono_tz::TZ_VARIANTS {
        let mut daily = 0;
        let mut at = from;
        while at < until {
            let next = at + TimeDelta::days(1);
            daily += usize::from(local::shown(zone, next) - local::shown(zone, at) > TimeDelta::days(1));
            at = next;
        }
        let found = local::skips(zone, from, until);
        assert_eq!(found.len(), daily, "{zone}");
        for skip in found {
            assert_eq!(local::shown(zone, skip.at), skip.to, "{zone}");
            assert_eq!(
                local::shown(zone, skip.at - TimeDelta::microseconds(1)) + TimeDelta::microseconds(1),
                skip.from,
                "{zone}"
            );
            assert_eq!(instant(zone, skip.from), skip.at, "{zone}");
        }
    }
}

#[test]
fn a_year_ahead_of_an_old_rotation_is_counted_and_not_walked() {
    let old = schedule("Europe/Dublin", "1996-01-01T09:00", "hand_off: {daily: ['09:00', '21:00']}");
    assert_eq!(shifts(&old, &[], utc("2026-01-01T00:00"), utc("2027-01-01T00:00")).len(), 731);
}

// The reference: every day from the start, every instant by looking at the clock.

/// The first instant at which a clock in `zone` shows `wanted` or more. Zones change on quarters of an hour here.
fn slow_instant(zone: Tz, wanted: NaiveDateTime) -> Timestamp {
    let mut at = (wanted - TimeDelta::hours(15)).and_utc();
    at -= TimeDelta::minutes((at.minute() % 15).into());
    while at.with_timezone(&zone).naive_local() < wanted {
        at += TimeDelta::minutes(15);
    }
    at -= TimeDelta::minutes(15);
    while at.with_timezone(&zone).naive_local() < wanted {
        at += TimeDelta::minutes(1);
    }
    at
}

fn slow_period(date: NaiveDate, hand_off: &HandOff) -> i64 {
    match hand_off {
        HandOff::Daily(_) => date.num_days_from_ce().into(),
        HandOff::Weekly(_) => (i64::from(date.num_days_from_ce()) - 1).div_euclid(7),
        HandOff::Monthly(_) => i64::from(date.year()) * 12 + i64::from(date.month0()),
    }
}

fn slow_times(date: NaiveDate, hand_off: &HandOff) -> Vec<NaiveDateTime> {
    let last = date.succ_opt().unwrap().day() == 1;
    match hand_off {
        HandOff::Daily(times) => times.iter().map(|at| date.and_time(at.time())).collect(),
        HandOff::Weekly(days) => {
            days.iter().filter(|h| h.day.0 == date.weekday()).map(|h| date.and_time(h.at.time())).collect()
        }
        HandOff::Monthly(days) => {
            let falls = |day: u32| day == date.day() || (last && day > date.day());
            days.iter().filter(|h| falls(h.day)).map(|h| date.and_time(h.at.time())).collect()
        }
    }
}

fn slow_hand_offs(rotation: &Rotation, until: NaiveDate) -> BTreeSet<Timestamp> {
    let first = slow_period(rotation.start.date(), &rotation.hand_off);
    let start = slow_instant(rotation.time_zone, rotation.start);
    let days = rotation.start.date().iter_days().take_while(|date| *date <= until);
    let held = days.filter(|date| (slow_period(*date, &rotation.hand_off) - first) % i64::from(rotation.every) == 0);
    let times = held.flat_map(|date| slow_times(date, &rotation.hand_off));
    times.map(|time| slow_instant(rotation.time_zone, time)).filter(|at| *at > start).collect()
}

fn slow_covers(rotation: &Rotation, at: Timestamp) -> bool {
    let Some(coverage) = &rotation.coverage else { return true };
    let today = at.with_timezone(&rotation.time_zone).date_naive();
    (today - TimeDelta::days(2)).iter_days().take(4).any(|date| {
        coverage.get(&Day(date.weekday())).into_iter().flatten().any(|window| {
            let long = if window.to.time() <= window.from.time() { 1 } else { 0 };
            let from = slow_instant(rotation.time_zone, date.and_time(window.from.time()));
            let to = slow_instant(rotation.time_zone, (date + TimeDelta::days(long)).and_time(window.to.time()));
            from <= at && at < to
        })
    })
}

fn slow_who(rotation: &Rotation, at: Timestamp) -> Vec<Name> {
    let until = at.with_timezone(&rotation.time_zone).date_naive() + TimeDelta::days(1);
    if at < slow_instant(rotation.time_zone, rotation.start) || !slow_covers(rotation, at) {
        return Vec::new();
    }
    let shift = slow_hand_offs(rotation, until).into_iter().filter(|hand_off| *hand_off <= at).count();
    let (n, k) = (rotation.contacts.len(), rotation.on_call as usize);
    (0..k).map(|j| rotation.contacts[(shift * k + j) % n].clone()).collect()
}

fn times_of_day() -> impl Strategy<Value = TimeOfDay> {
    // Most of them around the hours in which clocks change.
    let hour = prop_oneof![3 => 0u32..4, 1 => 0u32..24, 1 => Just(23u32)];
    (hour, prop_oneof![Just(0u32), Just(30), 0u32..60]).prop_map(|(h, m)| TimeOfDay::new(h, m).unwrap())
}

fn days() -> impl Strategy<Value = Day> {
    (0u8..7).prop_map(|day| Day(chrono::Weekday::try_from(day).unwrap()))
}

fn hand_offs() -> impl Strategy<Value = HandOff> {
    let weekly = (days(), times_of_day()).prop_map(|(day, at)| WeeklyHandOff { day, at });
    let monthly = (prop_oneof![1u32..32, 28u32..32], times_of_day()).prop_map(|(day, at)| MonthlyHandOff { day, at });
    prop_oneof![
        prop::collection::vec(times_of_day(), 1..4).prop_map(HandOff::Daily),
        prop::collection::vec(weekly, 1..4).prop_map(HandOff::Weekly),
        prop::collection::vec(monthly, 1..4).prop_map(HandOff::Monthly),
    ]
}

fn coverages() -> impl Strategy<Value = Option<BTreeMap<Day, Vec<Window>>>> {
    let window = (times_of_day(), times_of_day()).prop_map(|(from, to)| Window { from, to });
    prop::option::of(prop::collection::btree_map(days(), prop::collection::vec(window, 0..3), 0..7))
}

fn rotations() -> impl Strategy<Value = Rotation> {
    let start = (0i64..500, times_of_day()).prop_map(|(day, at)| {
        (NaiveDate::from_ymd_opt(2025, 9, 1).unwrap() + TimeDelta::days(day)).and_time(at.time())
    });
    let shape = (prop::sample::select(&ZONES[..]), start, 1usize..6, 1u32..4, hand_offs(), coverages());
    (shape, any::<u8>()).prop_map(|((time_zone, start, n, every, hand_off, coverage), k)| Rotation {
        name: "r".to_owned(),
        start,
        time_zone,
        contacts: (0..n).map(|i| Name::parse(&format!("m{i}")).unwrap()).collect(),
        on_call: u32::from(k) % (n as u32) + 1,
        every,
        hand_off,
        coverage,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn arithmetic_agrees_with_walking(rotation in rotations(), minutes in prop::collection::vec(-2_000i64..300_000, 6)) {
        let start = slow_instant(rotation.time_zone, rotation.start);
        for minute in minutes {
            let at = start + TimeDelta::minutes(minute) + TimeDelta::microseconds(minute % 3);
            let told: Vec<Name> = rotation::on_call(&rotation, at).into_iter().cloned().collect();
            prop_assert_eq!(told, slow_who(&rotation, at), "at {}", at);
        }
    }

    #[test]
    fn nobody_changes_between_two_changes(rotation in rotations(), minute in -3_000i64..300_000, within in 0.0f64..1.0) {
        let at = slow_instant(rotation.time_zone, rotation.start) + TimeDelta::minutes(minute);
        let told = rotation::on_call(&rotation, at);
        let Some(next) = rotation::next_edge(&rotation, at) else { return Ok(()) };
        prop_assert!(next > at);
        let between = at + TimeDelta::microseconds(((next - at).num_microseconds().unwrap() as f64 * within) as i64 - 1).max(TimeDelta::zero());
        prop_assert_eq!(&told, &rotation::on_call(&rotation, between));
        prop_assert_eq!(&told, &rotation::on_call(&rotation, next - TimeDelta::microseconds(1)));
    }
}

#[test]
fn the_first_stretch_of_somebody_runs_through_what_changes_around_them() {
    let daily = schedule("UTC", "2026-01-05T00:00", "on_call: 2, hand_off: {daily: ['00:00']}");
    let first = |name: &str, from: &str| {
        let name = Name::parse(name).unwrap();
        let found = first_of(&daily, &[], &name, utc(from), utc("2026-01-20T00:00"));
        found.map(|shift| (shift.from, shift.until))
    };
    // Pairs: a b, c a, b c, and so on: `a` is on call for two days in a row.
    assert_eq!(first("a", "2026-01-05T10:00"), Some((utc("2026-01-05T10:00"), utc("2026-01-07T00:00"))), "now");
    assert_eq!(first("c", "2026-01-05T10:00"), Some((utc("2026-01-06T00:00"), utc("2026-01-08T00:00"))), "next");
    assert_eq!(first("z", "2026-01-05T10:00"), None);
}
