//! A schedule between two looks: who was on call, what was said about it, which role was kept in sync, and when to look again. A look
//! decides; it never sends, and never asks what time it is.
//!
//! A hand-off is told when other people are on call than when anybody last was. So a gap that coverage means is no news, and neither is
//! the same person after it; after an absence there is one notice, of those who are on call now.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Override, Rotation, Schedule, next_change, overrides, rotation};
use crate::domain::id::{RoleId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::reference::Ref;

/// How often a role is put in order by itself: what was changed by hand lasts no longer.
pub const SYNC_EVERY: TimeDelta = TimeDelta::hours(1);

/// What is remembered of a schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Duty {
    /// When to look again; none: there is nothing to be done about it, or nothing will change.
    pub due: Option<Timestamp>,
    /// Something would be said or done at a hand-off, so that none was passed over.
    pub watched: bool,
    /// Who was on call when anybody last was, by rotation.
    pub last: Vec<Lane>,
    /// The latest hand-off.
    pub relay: Option<Relay>,
    /// The role that is kept in sync, who should hold it by the latest look, and when that was asked for.
    pub role: Option<RoleId>,
    pub holders: Vec<UserId>,
    /// Who is to lose a role, until it was taken from them: also those who are no contacts any more, whom nobody else would look at.
    pub leaving: Vec<Leaving>,
    pub synced_at: Option<Timestamp>,
    /// Why Discord refuses the role; that was said.
    pub refused: Option<String>,
}

/// Somebody who is to lose a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    pub role: RoleId,
    pub user: UserId,
}

/// Who is on call in one rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    pub rotation: String,
    pub contacts: Vec<Name>,
}

/// A change of the people on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    pub at: Timestamp,
    /// Who was on call before.
    pub before: Vec<Name>,
    /// Who of them is not any more, and who comes in their place.
    pub moves: Vec<Move>,
}

/// Somebody's place, and who takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    pub from: Name,
    pub to: Name,
}

/// What a look found to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub duty: Duty,
    /// Other people are on call, and are to be named.
    pub told: bool,
    pub syncs: Vec<Sync>,
}

/// A role is to be put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    pub role: RoleId,
    /// Who held it and should not any more, whether they are still contacts or not; until that was done.
    pub leaving: Vec<UserId>,
}

/// What a look looks at.
pub struct Around<'a> {
    /// None: it was removed.
    pub schedule: Option<&'a Schedule>,
    pub overrides: &'a [Override],
    pub user: &'a dyn Fn(&Name) -> Option<UserId>,
    pub now: Timestamp,
    /// Something about it was changed: the role is put in order whatever the time.
    pub changed: bool,
}

impl Duty {
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.due
    }

    /// The role was put in order: these do not hold it any more.
    pub fn left(&mut self, role: RoleId, users: &[UserId]) {
        self.leaving.retain(|one| one.role != role || !users.contains(&one.user));
    }

    /// Whether any of them is to lose the role.
    pub fn waits_for(&self, role: RoleId, users: &[UserId]) -> bool {
        self.leaving.iter().any(|one| one.role == role && users.contains(&one.user))
    }

    fn leaves(&mut self, role: RoleId, users: impl IntoIterator<Item = UserId>) {
        for one in users.into_iter().map(|user| Leaving { role, user }) {
            if !self.leaving.contains(&one) {
                self.leaving.push(one);
            }
        }
    }

    fn leaving(&self, role: RoleId) -> Vec<UserId> {
        self.leaving.iter().filter(|one| one.role == role).map(|one| one.user).collect()
    }
}

/// Looks at a schedule. `old` none: for the first time; then, or where nobody has looked for long, it is no news who is on call.
pub fn look(old: Option<&Duty>, around: &Around<'_>) -> Looked {
    let mut duty = old.cloned().unwrap_or_default();
    let told = relieve(&mut duty, around);
    let syncs = sync(&mut duty, around);
    duty.watched = duty.role.is_some() || around.schedule.is_some_and(|schedule| schedule.announce.is_some());
    duty.due = around.schedule.and_then(|schedule| due(&duty, schedule, around));
    Looked { duty, told, syncs }
}

/// Who is on call at `at`, by rotation; rotations without anybody are left out.
pub fn lanes(schedule: &Schedule, overrides: &[Override], at: Timestamp) -> Vec<Lane> {
    let contacts = |rotation: &Rotation| match overrides::in_force(overrides, &rotation.name, at) {
        Some(by) => by.contacts.clone(),
        None => rotation::on_call(rotation, at).into_iter().cloned().collect(),
    };
    let lanes = schedule.rotations.iter().map(|one| Lane { rotation: one.name.clone(), contacts: contacts(one) });
    lanes.filter(|lane| !lane.contacts.is_empty()).collect()
}

/// Everybody in some lanes, once.
pub fn everybody(lanes: &[Lane]) -> Vec<Name> {
    let mut names = Vec::new();
    for name in lanes.iter().flat_map(|lane| &lane.contacts) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Takes down who is on call; true: they are others than before.
fn relieve(duty: &mut Duty, around: &Around<'_>) -> bool {
    let now_on = around.schedule.map(|schedule| lanes(schedule, around.overrides, around.now)).unwrap_or_default();
    if now_on.is_empty() {
        return false;
    }
    let (before, after) = (everybody(&duty.last), everybody(&now_on));
    let same = before.iter().collect::<BTreeSet<_>>() == after.iter().collect::<BTreeSet<_>>();
    let told = !same && duty.watched;
    if told {
        duty.relay = Some(Relay { at: around.now, moves: moves(&duty.last, &now_on), before });
    }
    duty.last = now_on;
    told
}

/// Who comes for whom: the same place of the same rotation, else its first, else whoever is on call first.
fn moves(before: &[Lane], after: &[Lane]) -> Vec<Move> {
    let stay = everybody(after);
    let place_of = |name: &Name| {
        let lane = before.iter().find(|lane| lane.contacts.contains(name))?;
        let place = lane.contacts.iter().position(|one| one == name)?;
        let next = after.iter().find(|next| next.rotation == lane.rotation);
        next.and_then(|next| next.contacts.get(place).or(next.contacts.first())).or(stay.first()).cloned()
    };
    let leave = everybody(before).into_iter().filter(|name| !stay.contains(name));
    leave.filter_map(|from| Some(Move { to: place_of(&from)?, from })).collect()
}

fn sync(duty: &mut Duty, around: &Around<'_>) -> Vec<Sync> {
    let role = around.schedule.and_then(|schedule| schedule.discord_role.as_ref()).and_then(Ref::id);
    let on_call = around.schedule.map(|schedule| everybody(&lanes(schedule, around.overrides, around.now)));
    let holders: Vec<UserId> = on_call.iter().flatten().filter_map(|name| (around.user)(name)).collect();
    let mut syncs = Vec::new();
    if let Some(other) = duty.role.filter(|other| Some(*other) != role) {
        let before = std::mem::take(&mut duty.holders);
        duty.leaves(other, before);
        syncs.push(Sync { role: other, leaving: duty.leaving(other) });
        duty.refused = None;
    }
    let is_due = duty.synced_at.is_none_or(|last| around.now - last >= SYNC_EVERY || last > around.now);
    if let Some(role) = role {
        let gone: Vec<UserId> = duty.holders.iter().copied().filter(|user| !holders.contains(user)).collect();
        duty.leaves(role, gone);
        duty.left(role, &holders);
    }
    let wanted = role.filter(|_| is_due || around.changed || duty.role != role || duty.holders != holders);
    if let Some(role) = wanted {
        syncs.push(Sync { role, leaving: duty.leaving(role) });
        duty.synced_at = Some(around.now);
    }
    // A role that it no longer names: refused once, it is tried again like its own.
    let named = |one: &RoleId| Some(*one) == role || syncs.iter().any(|sync: &Sync| sync.role == *one);
    let others: BTreeSet<RoleId> = duty.leaving.iter().map(|one| one.role).filter(|one| !named(one)).collect();
    if !others.is_empty() && (is_due || around.changed) {
        syncs.extend(others.into_iter().map(|other| Sync { role: other, leaving: duty.leaving(other) }));
        duty.synced_at = Some(around.now);
    }
    (duty.role, duty.holders) = (role, if role.is_some() { holders } else { Vec::new() });
    syncs
}

/// Where nothing would be said or done, it is not looked at.
fn due(duty: &Duty, schedule: &Schedule, around: &Around<'_>) -> Option<Timestamp> {
    let change = duty.watched.then(|| next_change(schedule, around.overrides, around.now)).flatten();
    let owes = duty.role.is_some() || !duty.leaving.is_empty();
    let sync = duty.synced_at.filter(|_| owes).map(|last| last + SYNC_EVERY);
    change.into_iter().chain(sync).min()
}
