//! Coverage: the windows of a week in which a rotation has anybody on call. Edges are wall clock in the rotation's zone.

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;

use super::{Rotation, Window, local};
use crate::domain::contact::Day;
use crate::domain::id::Timestamp;

/// A window that began two dates ago can still be open: one for the night, one for a date that a zone skipped.
const DATES_BACK: u64 = 2;
/// A weekly pattern has an edge within a week; more, for a window that ends the day after and a skipped date.
const DATES_AHEAD: u64 = 9;

/// Whether anybody can be on call at `at`.
pub(super) fn covers(rotation: &Rotation, at: Timestamp) -> bool {
    let Some(days) = &rotation.coverage else { return true };
    let holds = |date: NaiveDate| {
        let windows = days.get(&Day(date.weekday())).map_or(&[][..], Vec::as_slice);
        windows
            .iter()
            .filter_map(|window| edges(rotation.time_zone, date, window))
            .any(|(from, to)| from <= at && at < to)
    };
    dates(rotation.time_zone, at, 1).any(holds)
}

/// The next edge of a window after `after`.
pub(super) fn next_edge(rotation: &Rotation, after: Timestamp) -> Option<Timestamp> {
    let days = rotation.coverage.as_ref()?;
    let next_on = |date: NaiveDate| {
        let windows = days.get(&Day(date.weekday()))?;
        let edges = windows.iter().filter_map(|window| edges(rotation.time_zone, date, window));
        edges.flat_map(|(from, to)| [from, to]).filter(|edge| *edge > after).min()
    };
    dates(rotation.time_zone, after, DATES_AHEAD).filter_map(next_on).min()
}

/// When it is covered in `[from, until)`: in order, without overlaps.
pub(super) fn windows(rotation: &Rotation, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let Some(days) = &rotation.coverage else { return vec![(from, until)] };
    let length = u64::try_from((until - from).num_days()).unwrap_or(0);
    let on = |date: NaiveDate| {
        let windows = days.get(&Day(date.weekday())).map_or(&[][..], Vec::as_slice);
        windows.iter().filter_map(move |window| edges(rotation.time_zone, date, window))
    };
    // Two more: the day that has begun, and a date that a zone skips.
    let open = dates(rotation.time_zone, from, length + 2).flat_map(on);
    let clipped = open.map(|(opens, closes)| (opens.max(from), closes.min(until)));
    let mut open: Vec<_> = clipped.filter(|(opens, closes)| opens < closes).collect();
    open.sort_unstable();
    let mut all: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (opens, closes) in open {
        match all.last_mut().filter(|last| opens <= last.1) {
            Some(last) => last.1 = last.1.max(closes),
            None => all.push((opens, closes)),
        }
    }
    all
}

/// The dates around `at` that matter, in order.
fn dates(zone: Tz, at: Timestamp, ahead: u64) -> impl Iterator<Item = NaiveDate> {
    let today = local::shown(zone, at).date();
    let first = today.checked_sub_days(Days::new(DATES_BACK)).unwrap_or(today);
    first.iter_days().take(usize::try_from(DATES_BACK + 1 + ahead).unwrap_or(usize::MAX))
}

/// When the window of a date opens and closes. `to` ≤ `from` closes on the next date; equal is the whole day round.
fn edges(zone: Tz, date: NaiveDate, window: &Window) -> Option<(Timestamp, Timestamp)> {
    let (from, to) = (window.from.time(), window.to.time());
    let last = if to <= from { date.succ_opt()? } else { date };
    Some((local::instant(zone, date.and_time(from)), local::instant(zone, last.and_time(to))))
}
