//! Schedules: counts, hand-offs that exist, coverage that covers something, and no gap that nobody meant.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::Desk;
use crate::domain::contact::DISPLAY_NAME_MAX;
use crate::domain::schedule::{
    EVERY_MAX, Gaps, HAND_OFFS_MAX, HandOff, MEMBERS_MAX, ROTATIONS_MAX, Rotation, Schedule, WINDOWS_MAX, shifts,
};

/// How far ahead gaps are looked for.
const GAPS_AHEAD: TimeDelta = TimeDelta::days(60);

pub(super) fn check(desk: &mut Desk<'_>, schedule: &Schedule) {
    if let Some(name) = &schedule.display_name {
        desk.text("spec.display_name", name, DISPLAY_NAME_MAX);
    }
    desk.count("spec.rotations", schedule.rotations.len(), 1..=ROTATIONS_MAX, "rotations");
    let names = schedule.rotations.iter().enumerate();
    desk.unique(names.map(|(r, rotation)| (format!("spec.rotations[{r}].name"), rotation.name.as_str())), "rotation");
    let before = desk.checked.problems.len();
    for (r, rotation) in schedule.rotations.iter().enumerate() {
        self::rotation(desk, &format!("spec.rotations[{r}]"), rotation);
    }
    if schedule.gaps == Gaps::Warn && desk.checked.problems.len() == before {
        gaps(desk, schedule);
    }
}

fn rotation(desk: &mut Desk<'_>, field: &str, rotation: &Rotation) {
    desk.text(format!("{field}.name"), &rotation.name, DISPLAY_NAME_MAX);
    desk.count(format!("{field}.contacts"), rotation.contacts.len(), 1..=MEMBERS_MAX, "contacts");
    let members: BTreeSet<_> = rotation.contacts.iter().collect();
    let most = u32::try_from(members.len()).unwrap_or(u32::MAX).max(1);
    desk.number(format!("{field}.on_call"), rotation.on_call, 1..=most);
    desk.number(format!("{field}.every"), rotation.every, 1..=EVERY_MAX);
    hand_offs(desk, field, &rotation.hand_off);
    let Some(coverage) = &rotation.coverage else { return };
    if coverage.values().all(Vec::is_empty) {
        desk.wrong(
            format!("{field}.coverage"),
            "no day is covered: nobody is ever on call",
            "name days with windows, or leave `coverage` out",
        );
    }
    for (day, windows) in coverage {
        let field = format!("{field}.coverage.{}", String::from(*day));
        desk.count(field, windows.len(), 0..=WINDOWS_MAX, "windows");
    }
}

fn hand_offs(desk: &mut Desk<'_>, field: &str, hand_off: &HandOff) {
    let (word, count) = match hand_off {
        HandOff::Daily(times) => ("daily", times.len()),
        HandOff::Weekly(days) => ("weekly", days.len()),
        HandOff::Monthly(days) => ("monthly", days.len()),
    };
    desk.count(format!("{field}.hand_off.{word}"), count, 1..=HAND_OFFS_MAX, "hand-offs");
    if let HandOff::Monthly(days) = hand_off {
        for (d, day) in days.iter().enumerate() {
            desk.number(format!("{field}.hand_off.monthly[{d}].day"), day.day, 1..=31);
        }
    }
}

fn gaps(desk: &mut Desk<'_>, schedule: &Schedule) {
    let (from, until) = (desk.facts.now, desk.facts.now + GAPS_AHEAD);
    let pieces = shifts(schedule, &[], from, until);
    let empty: Vec<_> = pieces.iter().filter(|piece| piece.who.is_empty()).collect();
    let (Some(first), Some(zone)) = (empty.first(), schedule.rotations.first().map(|r| r.time_zone)) else { return };
    let shown = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%a %d %b %H:%M");
    let times = if empty.len() == 1 { "once".to_owned() } else { format!("{} times", empty.len()) };
    let what = format!(
        "nobody is on call {times} in the next 60 days, first {} to {} ({zone})",
        shown(first.from),
        shown(first.until)
    );
    desk.warn("spec.rotations", what, "cover it, or write gaps: intended");
}
