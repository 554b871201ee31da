//! Times as people write them, in their own zone. A local time that clocks skip is refused with the one that would be right.

use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::app::plan::At;
use crate::domain::id::Timestamp;
use crate::domain::refusal::{OnCallRefusal, Refusal};
use crate::domain::schedule;

/// How far ahead somebody may plan: further away nobody keeps to it.
const DISTANCE_MAX: TimeDelta = TimeDelta::days(366);

/// The instant that was meant: a span and a time of day count from `base`.
pub(super) fn instant(at: At, zone: Tz, base: Timestamp, now: Timestamp) -> Result<Timestamp, Refusal> {
    let meant = match at {
        At::Now => now,
        At::In(span) => base + span.delta(),
        At::Local(local) => exact(zone, local)?,
        At::Clock(time) => {
            let today = base.with_timezone(&zone).date_naive();
            let first = schedule::instant(zone, today.and_time(time.time()));
            let day = if first > base { Some(today) } else { today.succ_opt() };
            exact(zone, day.unwrap_or(today).and_time(time.time()))?
        }
    };
    if meant - now > DISTANCE_MAX {
        return Err(OnCallRefusal::TooFar { days: DISTANCE_MAX.num_days() }.into());
    }
    Ok(meant)
}

/// A beginning and an end: what has begun already counts from now, what is over is refused.
pub(super) fn stretch((from, until): (At, At), zone: Tz, now: Timestamp) -> Result<(Timestamp, Timestamp), Refusal> {
    let from = instant(from, zone, now, now)?;
    let until = instant(until, zone, from, now)?;
    if until <= from || until <= now {
        return Err(OnCallRefusal::Past { from, until }.into());
    }
    Ok((from.max(now), until))
}

/// In a repeated hour the earlier one.
fn exact(zone: Tz, local: NaiveDateTime) -> Result<Timestamp, Refusal> {
    let found = schedule::instant(zone, local);
    if zone.from_local_datetime(&local).earliest().is_some() {
        return Ok(found);
    }
    let shown = |local: NaiveDateTime| local.format("%Y-%m-%d %H:%M").to_string();
    let right = shown(found.with_timezone(&zone).naive_local());
    Err(OnCallRefusal::Skipped { said: shown(local), zone: zone.name().to_owned(), right }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::{Span, TimeOfDay};

    fn utc(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn local(text: &str) -> At {
        At::Local(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
    }

    fn clock(hour: u32, minute: u32) -> At {
        At::Clock(TimeOfDay::new(hour, minute).unwrap())
    }

    #[test]
    fn an_end_counts_from_the_beginning() {
        let now = utc("2026-07-01T10:00:00Z");
        let rows = [
            ((At::Now, At::In(Span::mins(90))), "2026-07-01T10:00:00Z", "2026-07-01T11:30:00Z"),
            ((clock(18, 0), At::In(Span::mins(60))), "2026-07-01T17:00:00Z", "2026-07-01T18:00:00Z"),
            ((clock(18, 0), clock(9, 0)), "2026-07-01T17:00:00Z", "2026-07-02T08:00:00Z"),
            ((clock(18, 0), clock(18, 0)), "2026-07-01T17:00:00Z", "2026-07-02T17:00:00Z"),
            ((local("2026-06-01 09:00"), local("2026-07-01 12:00")), "2026-07-01T10:00:00Z", "2026-07-01T11:00:00Z"),
            // The hour that comes twice: the first of them.
            ((local("2026-10-25 01:30"), clock(2, 0)), "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"),
        ];
        for (said, from, until) in rows {
            assert_eq!(stretch(said, Tz::Europe__Dublin, now), Ok((utc(from), utc(until))), "{said:?}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_would_be_right() {
        let now = utc("2026-03-28T10:00:00Z");
        let refused = |from, until| match stretch((from, until), Tz::Europe__Dublin, now) {
            Err(Refusal::OnCall(why)) => why,
            other => panic!("{other:?}"),
        };
        let skipped = OnCallRefusal::Skipped {
            said: "2026-03-29 01:30".to_owned(),
            zone: "Europe/Dublin".to_owned(),
            right: "2026-03-29 02:00".to_owned(),
        };
        assert_eq!(refused(local("2026-03-29 01:30"), clock(9, 0)), skipped);
        assert_eq!(refused(At::Now, local("2026-03-29 01:30")), skipped);
        assert_eq!(refused(clock(23, 0), clock(1, 30)), skipped, "a time of day on that day");
        assert!(matches!(refused(local("2026-03-01 09:00"), local("2026-03-02 09:00")), OnCallRefusal::Past { .. }));
        assert!(matches!(refused(At::Now, At::Now), OnCallRefusal::Past { .. }));
        assert!(matches!(refused(At::Now, local("2028-01-01 00:00")), OnCallRefusal::TooFar { .. }));
    }
}
