//! On-call schedules: the union of rotations, and who is on call at an instant. Every instant comes from wall clock and
//! zone, never from adding 24 hours. Never asks what time it is.
//!
//! [`who`] answers; [`next_change`] says when to ask again; [`pieces`] and [`shifts`] lay a stretch of time out. The arithmetic is in
//! `rotation` (shifts), `handoff` (the local times of hand-offs), `coverage` (windows by weekday) and `local` (wall clock to instant). What follows from a hand-off is in [`duty`].

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contact::DISPLAY_NAME_MAX;
use super::contact::Day;
use super::id::{ChannelId, RoleId, Timestamp};
use super::name::Name;
use super::reference::Ref;
use super::span::TimeOfDay;
use super::written::{WallClock, Zone};

/// Most hand-offs in one period, and windows in one day.
pub const HAND_OFFS_MAX: usize = 31;
pub const WINDOWS_MAX: usize = 24;

mod coverage;
pub mod duty;
#[cfg(test)]
mod duty_tests;
mod handoff;
mod local;
mod overrides;
mod pieces;
mod rotation;
#[cfg(test)]
mod tests;

pub use local::instant;
pub use overrides::{NotAnOverride, Override};
pub use pieces::{Piece, PieceKind, SPAN_MAX, pieces, shifts};

/// Most rotations of a schedule.
pub const ROTATIONS_MAX: usize = 25;
/// Most members of a rotation.
pub const MEMBERS_MAX: usize = 30;
/// Most periods one shift may last.
pub const EVERY_MAX: u32 = 100;

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

/// Who is on call when: the union of its rotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What people call it. Without it: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub display_name: Option<String>,
    /// A role that always holds who is on call. Without it: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discord_role: Option<Ref<RoleId>>,
    /// Where hand-off notices go. Without it: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<Ref<ChannelId>>,
    /// Whether a time with nobody on call is worth a warning.
    #[serde(default)]
    pub gaps: Gaps,
    /// All count together; nobody is on call twice.
    #[schemars(length(min = 1, max = ROTATIONS_MAX))]
    pub rotations: Vec<Rotation>,
}

/// Whether a time with nobody on call is worth a warning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gaps {
    /// It is.
    #[default]
    Warn,
    /// It is meant to be so.
    Intended,
}

/// Contacts who take turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Unique in the schedule.
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub name: String,
    /// When the first shift begins: wall clock in `time_zone`. Before it nobody is on call.
    #[serde(with = "wall_clock")]
    #[schemars(with = "WallClock")]
    pub start: NaiveDateTime,
    /// Of the start, the hand-offs and the coverage.
    #[schemars(with = "Zone")]
    pub time_zone: Tz,
    /// In the order of their shifts.
    #[schemars(length(min = 1, max = MEMBERS_MAX))]
    pub contacts: Vec<Name>,
    /// How many at once; at most as many as there are members.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = MEMBERS_MAX))]
    pub on_call: u32,
    /// How many periods of the hand-offs one shift lasts.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = EVERY_MAX))]
    pub every: u32,
    /// When one shift ends and the next begins; exactly one of the three.
    pub hand_off: HandOff,
    /// Windows by day of the week. Without it: always covered. A day that is not here is not covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<BTreeMap<Day, Vec<Window>>>,
}

fn one() -> u32 {
    1
}

/// Hand-offs of each period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandOff {
    /// At these times, every day.
    Daily(#[schemars(length(min = 1, max = HAND_OFFS_MAX))] Vec<TimeOfDay>),
    /// At these times of these days.
    Weekly(#[schemars(length(min = 1, max = HAND_OFFS_MAX))] Vec<WeeklyHandOff>),
    /// At these times of these days of the month.
    Monthly(#[schemars(length(min = 1, max = HAND_OFFS_MAX))] Vec<MonthlyHandOff>),
}

/// A time of a day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyHandOff {
    pub day: Day,
    pub at: TimeOfDay,
}

/// A time of a day of the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthlyHandOff {
    /// In a shorter month its last day.
    #[schemars(range(min = 1, max = 31))]
    pub day: u32,
    pub at: TimeOfDay,
}

/// A window of coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// When it opens.
    pub from: TimeOfDay,
    /// When it closes. Not later than `from`: the next day; equal to it: after 24 hours.
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
