//! Shifts of one rotation: which one runs at an instant, who is in it, when the next thing changes, and all of them in order.

use chrono::{NaiveDateTime, TimeDelta};

use super::handoff::Series;
use super::{Rotation, coverage, local};
use crate::domain::id::Timestamp;
use crate::domain::name::Name;

/// Hand-offs further apart than this cannot fall on one instant: no zone has skipped more.
const SKIP_MAX: TimeDelta = TimeDelta::hours(24);

/// Who is on call by the rotation itself: nobody before its start and outside its coverage.
pub(super) fn on_call(rotation: &Rotation, at: Timestamp) -> Vec<&Name> {
    if at < start(rotation) || !coverage::covers(rotation, at) {
        return Vec::new();
    }
    members(rotation, shift(rotation, at))
}

/// The next instant at which the rotation's answer may change.
pub(super) fn next_edge(rotation: &Rotation, after: Timestamp) -> Option<Timestamp> {
    let start = start(rotation);
    if after < start {
        return Some(start);
    }
    next_hand_off(rotation, after).into_iter().chain(coverage::next_edge(rotation, after)).min()
}

fn start(rotation: &Rotation) -> Timestamp {
    local::instant(rotation.time_zone, rotation.start)
}

/// Members `(shift · on_call + j) mod n`, `j < on_call`.
pub(super) fn members(rotation: &Rotation, shift: i64) -> Vec<&Name> {
    let Ok(n @ 1..) = i64::try_from(rotation.contacts.len()) else { return Vec::new() };
    let on_call = i64::from(rotation.on_call);
    let place = |j: i64| usize::try_from((shift.wrapping_mul(on_call).wrapping_add(j)).rem_euclid(n)).ok();
    (0..on_call.min(n)).filter_map(place).filter_map(|place| rotation.contacts.get(place)).collect()
}

/// The number of the shift that runs at `at`: how many hand-offs there were after the start. Those that fall on one
/// instant are one.
fn shift(rotation: &Rotation, at: Timestamp) -> i64 {
    let series = Series::of(rotation);
    let start = start(rotation);
    passed(rotation, &series, at) - passed(rotation, &series, start) - merged(rotation, &series, start, at)
}

/// How many local hand-off times have come by `at`: those the clock shows, and in a repeated hour those it will show again.
fn passed(rotation: &Rotation, series: &Series, at: Timestamp) -> i64 {
    let mut last = local::shown(rotation.time_zone, at);
    while let Some(next) = series.following(last).filter(|next| local::instant(rotation.time_zone, *next) <= at) {
        last = next;
    }
    series.count(last)
}

/// How many local hand-off times in `(start, at]` fell on the instant of another one, because a zone skipped them.
fn merged(rotation: &Rotation, series: &Series, start: Timestamp, at: Timestamp) -> i64 {
    if series.sparser_than(SKIP_MAX) {
        return 0;
    }
    let together = |skip: local::Skip| {
        let just_before = skip.from - TimeDelta::nanoseconds(1);
        (series.count(skip.to) - series.count(just_before) - 1).max(0)
    };
    local::skips(rotation.time_zone, start, at).into_iter().map(together).sum()
}

fn next_hand_off(rotation: &Rotation, after: Timestamp) -> Option<Timestamp> {
    let shown = local::shown(rotation.time_zone, after);
    following(rotation, &Series::of(rotation), shown, after).map(|(_, at)| at)
}

/// The first hand-off of those that the clock shows after `shown` whose instant is after `after`.
fn following(
    rotation: &Rotation,
    series: &Series,
    mut shown: NaiveDateTime,
    after: Timestamp,
) -> Option<(NaiveDateTime, Timestamp)> {
    loop {
        shown = series.following(shown)?;
        let at = local::instant(rotation.time_zone, shown);
        if at > after {
            return Some((shown, at));
        }
    }
}

/// One shift, as far as it is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub from: Timestamp,
    pub until: Timestamp,
    pub shift: i64,
}

/// The rotation's own shifts in `[from, until)`, in order, cut at the edges of coverage.
pub(super) fn runs(rotation: &Rotation, from: Timestamp, until: Timestamp) -> Vec<Run> {
    let from = from.max(start(rotation));
    if from >= until {
        return Vec::new();
    }
    let series = Series::of(rotation);
    let mut shift = shift(rotation, from);
    let mut next = following(rotation, &series, local::shown(rotation.time_zone, from), from);
    let mut runs = Vec::new();
    for (opens, closes) in coverage::windows(rotation, from, until) {
        let mut at = opens;
        loop {
            while let Some((shown, hand_off)) = next.filter(|(_, hand_off)| *hand_off <= at) {
                shift += 1;
                next = following(rotation, &series, shown, hand_off);
            }
            let ends = next.map_or(closes, |(_, hand_off)| hand_off.min(closes));
            runs.push(Run { from: at, until: ends, shift });
            if ends == closes {
                break;
            }
            at = ends;
        }
    }
    runs
}
