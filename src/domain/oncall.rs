//! On call as people ask about it: who now and who next, whose shifts, gaps, the turns of one rotation, and what puts one
//! person in another's place. The rules are those of [`schedule`](super::schedule); nothing here is stored.

use chrono::TimeDelta;

use super::id::Timestamp;
use super::name::Name;
use super::schedule::{self, Override, Rotation, Schedule, Shift};

/// How far ahead gaps and shifts are looked for: as far as `apply` warns.
pub const AHEAD: TimeDelta = TimeDelta::days(60);
/// Most turns of one rotation that are listed: half-day shifts of two years.
const TURNS_MAX: usize = 1_500;
/// How far back the beginning of a running turn is looked for, in days, one after the other: the longest are a hundred months.
const BACK_D: [i64; 5] = [2, 9, 40, 400, 3_100];

/// Who is on call at a moment, and what comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub who: Vec<Name>,
    /// None: nothing changes within [`AHEAD`].
    pub until: Option<Timestamp>,
    /// Empty: nobody.
    pub next: Vec<Name>,
}

/// Who is on call at `at`, until when, and who is next.
pub fn standing(schedule: &Schedule, overrides: &[Override], at: Timestamp) -> Standing {
    let who = schedule::who(schedule, overrides, at);
    let mut change = at;
    while let Some(next) = schedule::next_change(schedule, overrides, change).filter(|next| *next < at + AHEAD) {
        let after = schedule::who(schedule, overrides, next);
        if after != who {
            return Standing { who, until: Some(next), next: after };
        }
        change = next;
    }
    Standing { who, until: None, next: Vec::new() }
}

/// The stretches with nobody on call.
pub fn gaps(schedule: &Schedule, overrides: &[Override], from: Timestamp, until: Timestamp) -> Vec<Shift> {
    let pieces = schedule::shifts(schedule, overrides, from, until);
    pieces.into_iter().filter(|piece| piece.who.is_empty()).collect()
}

/// The stretches in which somebody is on call, whoever is so with them.
pub fn stretches(
    schedule: &Schedule,
    overrides: &[Override],
    name: &Name,
    from: Timestamp,
    until: Timestamp,
) -> Vec<(Timestamp, Timestamp)> {
    let mut found: Vec<(Timestamp, Timestamp)> = Vec::new();
    for piece in schedule::shifts(schedule, overrides, from, until).into_iter().filter(|p| p.who.contains(name)) {
        match found.last_mut().filter(|(_, end)| *end == piece.from) {
            Some((_, end)) => *end = piece.until,
            None => found.push((piece.from, piece.until)),
        }
    }
    found
}

/// One turn in one rotation, cut where its own people may change: at hand-offs, edges of coverage and of overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub rotation: String,
    pub from: Timestamp,
    pub until: Timestamp,
    pub who: Vec<Name>,
}

/// The turns that touch `[from, until)`, rotation by rotation. One that runs at `from` has its real beginning, and the last its
/// real end.
pub fn turns(schedule: &Schedule, overrides: &[Override], from: Timestamp, until: Timestamp) -> Vec<Turn> {
    let of = |rotation| {
        let (alone, own) = alone(schedule, overrides, rotation);
        let mut at = beginning(&alone, &own, from);
        let mut turns = Vec::new();
        while at < until && turns.len() < TURNS_MAX {
            let next = schedule::next_change(&alone, &own, at);
            let end = next.unwrap_or(until);
            let who = schedule::who(&alone, &own, at);
            if !who.is_empty() {
                turns.push(Turn { rotation: rotation.name.clone(), from: at, until: end, who });
            }
            at = end;
        }
        turns
    };
    schedule.rotations.iter().flat_map(of).collect()
}

/// When what runs at `at` began; `at` itself where that is too long ago to matter.
fn beginning(alone: &Schedule, own: &[Override], at: Timestamp) -> Timestamp {
    let last_change = |days: &i64| {
        let edge = |from: &Timestamp| schedule::next_change(alone, own, *from).filter(|next| *next <= at);
        let edges = std::iter::successors(edge(&(at - TimeDelta::days(*days))), edge);
        edges.take(TURNS_MAX).last()
    };
    BACK_D.iter().find_map(last_change).unwrap_or(at)
}

/// When the shift of somebody that runs at `at` ends: with its stretch, or, of somebody who is always on call, at the next
/// hand-off.
pub fn shift_end(schedule: &Schedule, overrides: &[Override], name: &Name, at: Timestamp) -> Timestamp {
    let horizon = at + AHEAD;
    let stretch = schedule::first_of(schedule, overrides, name, at, horizon).map(|shift| shift.until);
    let next = || schedule::next_change(schedule, overrides, at);
    stretch.filter(|end| *end < horizon).or_else(next).unwrap_or(horizon)
}

/// What puts one in the place of another: who is on call in one rotation, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pub rotation: String,
    pub from: Timestamp,
    pub until: Timestamp,
    pub contacts: Vec<Name>,
}

/// Wherever `old` is on call in `[from, until)`, `new` is in their place; the others of each rotation stay.
pub fn replaced(
    schedule: &Schedule,
    overrides: &[Override],
    (old, new): (&Name, &Name),
    from: Timestamp,
    until: Timestamp,
) -> Vec<Replacement> {
    let of = |rotation| {
        let (alone, own) = alone(schedule, overrides, rotation);
        let pieces = schedule::shifts(&alone, &own, from, until).into_iter().filter(|piece| piece.who.contains(old));
        let swapped = |piece: Shift| Replacement {
            rotation: rotation.name.clone(),
            from: piece.from,
            until: piece.until,
            contacts: swapped(&piece.who, old, new),
        };
        pieces.map(swapped).collect::<Vec<_>>()
    };
    schedule.rotations.iter().flat_map(of).collect()
}

/// `new` is on call in the first rotation in `[from, until)`, with whoever is.
pub fn added(
    schedule: &Schedule,
    overrides: &[Override],
    new: &Name,
    from: Timestamp,
    until: Timestamp,
) -> Vec<Replacement> {
    let Some(rotation) = schedule.rotations.first() else { return Vec::new() };
    let (alone, own) = alone(schedule, overrides, rotation);
    let with = |piece: Shift| Replacement {
        rotation: rotation.name.clone(),
        from: piece.from,
        until: piece.until,
        contacts: swapped(&piece.who, new, new)
            .into_iter()
            .chain((!piece.who.contains(new)).then(|| new.clone()))
            .collect(),
    };
    schedule::shifts(&alone, &own, from, until).into_iter().map(with).collect()
}

/// `new` where `old` was, nobody twice.
fn swapped(who: &[Name], old: &Name, new: &Name) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for name in who.iter().map(|name| if name == old { new } else { name }) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// One rotation as a schedule of its own, with the overrides that are about it.
fn alone(schedule: &Schedule, overrides: &[Override], rotation: &Rotation) -> (Schedule, Vec<Override>) {
    let about = |one: &&Override| one.rotation.as_deref().is_none_or(|name| name == rotation.name);
    let own = overrides.iter().filter(about).cloned().collect();
    (Schedule { rotations: vec![rotation.clone()], ..schedule.clone() }, own)
}

#[cfg(test)]
#[path = "oncall_tests.rs"]
mod tests;
