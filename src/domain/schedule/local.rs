//! Wall clock and zone to instants. A local time in a skipped hour is the first instant after it; in a repeated hour the
//! earlier one. Never adds a day's worth of hours.

use chrono::{NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

use crate::domain::id::Timestamp;

/// Distance of the probes that look for changes of a zone's offset. Zones change it and back again weeks apart; the
/// shortest time so far was one week (Boa Vista 2000). A test looks at all of them.
const PROBE: TimeDelta = TimeDelta::days(6);
/// Longest stretch a zone has skipped: a whole day, when the date line moved (Kwajalein 1993, Apia 2011).
const SKIP_MAX_MIN: i64 = 24 * 60;

/// The instant at which a clock in `zone` shows `local`, by the rule of this file.
pub fn instant(zone: Tz, local: NaiveDateTime) -> Timestamp {
    let found = zone.from_local_datetime(&local).earliest().or_else(|| after_skip(zone, local));
    found.map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
}

/// What a clock in `zone` shows at `at`.
pub(super) fn shown(zone: Tz, at: Timestamp) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

fn after_skip(zone: Tz, local: NaiveDateTime) -> Option<chrono::DateTime<Tz>> {
    let told = GapInfo::new(&local, &zone).and_then(|gap| gap.end);
    told.or_else(|| {
        let later = |min| local.checked_add_signed(TimeDelta::minutes(min));
        (1..=SKIP_MAX_MIN).filter_map(later).find_map(|local| zone.from_local_datetime(&local).earliest())
    })
}

/// A stretch of wall clock that never was: clocks went from `from` to `to` at `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skip {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
    pub at: Timestamp,
}

/// The skips of `zone` in `(after, until]`, in order.
pub(super) fn skips(zone: Tz, after: Timestamp, until: Timestamp) -> Vec<Skip> {
    let mut found = Vec::new();
    let mut from = Probe::at(zone, after);
    while from.at < until {
        let to = Probe::at(zone, from.at.checked_add_signed(PROBE).map_or(until, |to| to.min(until)));
        search(zone, from, to, &mut found);
        from = to;
    }
    found
}

/// An instant and the zone's offset at it, in seconds east of UTC.
#[derive(Clone, Copy)]
struct Probe {
    at: Timestamp,
    offset: i64,
}

impl Probe {
    fn at(zone: Tz, at: Timestamp) -> Probe {
        let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
        Probe { at, offset: offset.into() }
    }
}

/// Halves `(from, to]` until it holds one second in which the offset changes.
fn search(zone: Tz, from: Probe, to: Probe, found: &mut Vec<Skip>) {
    if from.offset == to.offset {
        return;
    }
    let width = (to.at - from.at).num_seconds();
    if width > 1 {
        let middle = Probe::at(zone, from.at + TimeDelta::seconds(width / 2));
        search(zone, from, middle, found);
        search(zone, middle, to, found);
    } else if to.offset > from.offset {
        let at = first_second(zone, from.at, to);
        let on = |offset| at.naive_utc() + TimeDelta::seconds(offset);
        found.push(Skip { from: on(from.offset), to: on(to.offset), at });
    }
}

/// Offsets change on whole seconds: of the stretch of at most two that is left, the first second with the new offset.
fn first_second(zone: Tz, from: Timestamp, to: Probe) -> Timestamp {
    let whole = |seconds| chrono::DateTime::from_timestamp(from.timestamp() + seconds, 0);
    (1..=2).filter_map(whole).find(|at| Probe::at(zone, *at).offset == to.offset).unwrap_or(to.at)
}
