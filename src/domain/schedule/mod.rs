//! On-call schedules: the union of rotations, and who is on call at an instant. Every instant comes from wall clock and
//! zone, never from adding 24 hours. Never asks what time it is.
//!
//! [`who`] answers; [`next_change`] says when to ask again. The arithmetic is in `rotation` (shifts), `handoff` (the local
//! times of hand-offs), `coverage` (windows by weekday) and `local` (wall clock to instant).

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::contact::Day;
use super::id::{ChannelId, RoleId, Timestamp};
use super::name::Name;
use super::reference::Ref;
use super::span::TimeOfDay;

mod coverage;
mod handoff;
mod local;
mod overrides;
mod rotation;
#[cfg(test)]
mod tests;

pub use local::instant;
pub use overrides::{NotAnOverride, Override};

/// Most rotations of a schedule.
pub const ROTATIONS_MAX: usize = 25;
/// Most members of a rotation.
pub const MEMBERS_MAX: usize = 30;
/// Most periods one shift may last.
pub const EVERY_MAX: u32 = 100;

/// Most pieces that [`shifts`] cuts a stretch into: two years of half-day shifts.
pub const SHIFTS_MAX: usize = 1_500;

/// Who is on call at `at`: rotations in order, members in order, nobody twice.
pub fn who(schedule: &Schedule, overrides: &[Override], at: Timestamp) -> Vec<Name> {
    let mut names = Vec::new();
    for rotation in &schedule.rotations {
        let members = match overrides::in_force(overrides, &rotation.name, at) {
            Some(replaced) => replaced.contacts.iter().collect(),
            None => rotation::on_call(rotation, at),
        };
        for name in members {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// The next instant after `after` at which the answer of [`who`] may change: a start, a hand-off, an edge of coverage or
/// of an override. `None`: never again.
pub fn next_change(schedule: &Schedule, overrides: &[Override], after: Timestamp) -> Option<Timestamp> {
    let edges = schedule.rotations.iter().filter_map(|rotation| rotation::next_edge(rotation, after));
    edges.chain(overrides::next_edge(overrides, after)).min()
}

/// A stretch of time with the same people on call; `who` may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub from: Timestamp,
    pub until: Timestamp,
    pub who: Vec<Name>,
}

/// `[from, until)` cut where the people change, at most [`SHIFTS_MAX`] pieces (the rest is left out).
pub fn shifts(schedule: &Schedule, overrides: &[Override], from: Timestamp, until: Timestamp) -> Vec<Shift> {
    let mut pieces: Vec<Shift> = Vec::new();
    let mut at = from;
    while at < until && pieces.len() < SHIFTS_MAX {
        let next = next_change(schedule, overrides, at).map_or(until, |next| next.min(until));
        let who = who(schedule, overrides, at);
        match pieces.last_mut().filter(|last| last.who == who) {
            Some(last) => last.until = next,
            None => pieces.push(Shift { from: at, until: next, who }),
        }
        at = next;
    }
    pieces
}

/// The first stretch in `[from, until)` in which somebody is on call, whoever is so with them.
pub fn first_of(
    schedule: &Schedule,
    overrides: &[Override],
    name: &Name,
    from: Timestamp,
    until: Timestamp,
) -> Option<Shift> {
    let mut pieces = shifts(schedule, overrides, from, until).into_iter().skip_while(|piece| !piece.who.contains(name));
    let first = pieces.next()?;
    let until = pieces.take_while(|piece| piece.who.contains(name)).last().map_or(first.until, |last| last.until);
    Some(Shift { until, ..first })
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Always holds who is on call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discord_role: Option<Ref<RoleId>>,
    /// Where hand-off notices go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<Ref<ChannelId>>,
    #[serde(default)]
    pub gaps: Gaps,
    pub rotations: Vec<Rotation>,
}

/// Whether a time with nobody on call is worth a warning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gaps {
    #[default]
    Warn,
    Intended,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    pub name: String,
    /// Wall clock in `time_zone`.
    #[serde(with = "wall_clock")]
    pub start: NaiveDateTime,
    pub time_zone: Tz,
    /// In shift order.
    pub contacts: Vec<Name>,
    /// How many at once.
    #[serde(default = "one")]
    pub on_call: u32,
    /// How many periods one shift lasts.
    #[serde(default = "one")]
    pub every: u32,
    pub hand_off: HandOff,
    /// None: always covered. A day that is not here is not covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<BTreeMap<Day, Vec<Window>>>,
}

fn one() -> u32 {
    1
}

/// Hand-offs of each period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOff {
    Daily(Vec<TimeOfDay>),
    Weekly(Vec<WeeklyHandOff>),
    Monthly(Vec<MonthlyHandOff>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklyHandOff {
    pub day: Day,
    pub at: TimeOfDay,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthlyHandOff {
    /// 1-31; in a shorter month its last day.
    pub day: u32,
    pub at: TimeOfDay,
}

/// A window of coverage: `to` ≤ `from` runs into the next day, equal is 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

/// Local times, `YYYY-MM-DDTHH:MM`.
pub mod wall_clock {
    use chrono::NaiveDateTime;
    use serde::{Deserialize, Deserializer, Serializer, de};

    const FORMAT: &str = "%Y-%m-%dT%H:%M";

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDateTime, D::Error> {
        let text = String::deserialize(from)?;
        NaiveDateTime::parse_from_str(&text, FORMAT)
            .map_err(|_| de::Error::custom(format!("`{text}` is not a local time: write YYYY-MM-DDTHH:MM")))
    }

    pub fn serialize<S: Serializer>(time: &NaiveDateTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&time.format(FORMAT))
    }
}
