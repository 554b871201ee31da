//! Who is on call in a year of 8 rotations of 30 people: laid out in pieces and in shifts. The goal is less than 10 ms for either. Prints
//! numbers, asserts nothing.
//!
//! `cargo bench --bench schedule`

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use muster::domain::definition::Kind;
use muster::domain::definition::Spec;
use muster::domain::id::Timestamp;
use muster::domain::name::Name;
use muster::domain::schedule::{Override, Schedule, pieces, shifts};

const ROTATIONS: usize = 8;
const PEOPLE: usize = 30;
const ROUNDS: u32 = 50;
/// Each in its own zone; they began years ago.
const ZONES: [Tz; ROTATIONS] = [
    Tz::Europe__Dublin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::America__St_Johns,
    Tz::Africa__Casablanca,
    Tz::Asia__Kolkata,
    Tz::America__Los_Angeles,
    Tz::Pacific__Auckland,
];

fn main() {
    let (from, until) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    println!("{:<44} {:>8} {:>10} {:>10}", "a year of 8 rotations of 30 people", "pieces", "pieces ms", "shifts ms");
    let weekly = "weekly: [{day: MON, at: '09:00'}]";
    let twice = "daily: ['08:00', '20:00']";
    let hours: Vec<String> = (0..24).map(|hour| format!("'{hour:02}:00'")).collect();
    let hourly = format!("daily: [{}]", hours.join(", "));
    let office = "coverage: {MON: [{from: '09:00', to: '17:30'}], TUE: [{from: '09:00', to: '17:30'}], WED: [{from: '22:00', to: '06:00'}]}";
    let all = [
        ("weekly", weekly.to_owned(), 0),
        ("twice a day", twice.to_owned(), 0),
        ("twice a day, office hours", format!("{twice}, {office}"), 0),
        ("twice a day, 200 overrides", twice.to_owned(), 200),
        ("every hour", hourly, 0),
    ];
    for (name, hand_off, overridden) in all {
        let (hand_off, coverage) = hand_off.split_once(", coverage").map_or((hand_off.as_str(), ""), |parts| parts);
        let schedule = schedule(hand_off, coverage);
        let overrides = overrides(from, overridden);
        let count = pieces(&schedule, &overrides, from, until).len();
        let cut = measure(|| pieces(&schedule, &overrides, from, until).len());
        let shared = measure(|| shifts(&schedule, &overrides, from, until).len());
        let ms = |took: Duration| took.as_secs_f64() * 1_000.0;
        println!("{name:<44} {count:>8} {:>10.2} {:>10.2}", ms(cut), ms(shared));
    }
}

/// The median.
fn measure(work: impl Fn() -> usize) -> Duration {
    let once = || {
        let began = Instant::now();
        black_box(work());
        began.elapsed()
    };
    let mut took: Vec<Duration> = (0..ROUNDS).map(|_| once()).collect();
    took.sort_unstable();
    took[took.len() / 2]
}

fn schedule(hand_off: &str, coverage: &str) -> Schedule {
    let people: Vec<String> = (0..PEOPLE).map(|number| format!("person-{number}")).collect();
    let coverage = if coverage.is_empty() { String::new() } else { format!(", coverage{coverage}") };
    let rotation = |(number, zone): (usize, &Tz)| {
        format!(
            "{{name: r{number}, start: '2019-01-07T09:00', time_zone: {zone}, contacts: [{}], on_call: 2, hand_off: {{{hand_off}}}{coverage}}}",
            people.join(", ")
        )
    };
    let rotations: Vec<String> = ZONES.iter().enumerate().map(rotation).collect();
    let text = format!("kind: schedule\nname: all\nspec: {{rotations: [{}]}}", rotations.join(", "));
    let source = muster::definitions::Source { file: "bench".to_owned(), text };
    let mut documents = muster::definitions::parse(&[source]).expect("a schedule");
    let document = documents.remove(0);
    assert_eq!(document.kind, Kind::Schedule);
    match document.spec {
        Spec::Schedule(schedule) => schedule,
        other => panic!("{other:?} is no schedule"),
    }
}

fn overrides(from: Timestamp, count: i64) -> Vec<Override> {
    let one = |number: i64| Override {
        id: number,
        rotation: (number % 3 > 0).then(|| format!("r{}", number % 8)),
        from: from + chrono::TimeDelta::hours(number * 40),
        until: from + chrono::TimeDelta::hours(number * 40 + 60),
        contacts: vec![Name::parse("person-7").expect("a name")],
        created_at: from,
    };
    (0..count).map(one).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
