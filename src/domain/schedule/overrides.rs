//! Overrides: for a while, other people than the rotation says. The newest one wins, in its own rotations.

use super::{MEMBERS_MAX, Schedule};
use crate::domain::id::Timestamp;
use crate::domain::name::Name;

/// Replaces everyone of one rotation, or of the whole schedule, in `[from, until)`, also outside coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub id: i64,
    /// None: every rotation of the schedule.
    pub rotation: Option<String>,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Empty: nobody.
    pub contacts: Vec<Name>,
    pub created_at: Timestamp,
}

impl Override {
    fn applies(&self, rotation: &str, at: Timestamp) -> bool {
        self.from <= at && at < self.until && self.rotation.as_deref().is_none_or(|own| own == rotation)
    }
}

/// The override that decides for a rotation at `at`: of those that apply, the one created last (the higher id, of two made
/// in one instant).
pub(super) fn in_force<'a>(overrides: &'a [Override], rotation: &str, at: Timestamp) -> Option<&'a Override> {
    overrides.iter().filter(|o| o.applies(rotation, at)).max_by_key(|o| (o.created_at, o.id))
}

/// The next beginning or end of an override after `after`.
pub(super) fn next_edge(overrides: &[Override], after: Timestamp) -> Option<Timestamp> {
    let real = overrides.iter().filter(|o| o.from < o.until);
    real.flat_map(|o| [o.from, o.until]).filter(|edge| *edge > after).min()
}

/// Those that mean this rotation at any time in `[from, until)`.
pub(super) fn within<'a>(
    overrides: &'a [Override],
    rotation: &str,
    from: Timestamp,
    until: Timestamp,
) -> Vec<&'a Override> {
    let ours = |o: &&Override| o.rotation.as_deref().is_none_or(|own| own == rotation);
    let here = |o: &&Override| o.from < o.until && o.from < until && o.until > from;
    overrides.iter().filter(|o| ours(o) && here(o)).collect()
}

/// `[from, until)` cut at their edges, with the one that decides in each part; all of them mean one rotation.
pub(super) fn segments<'a>(
    overrides: &[&'a Override],
    from: Timestamp,
    until: Timestamp,
) -> Vec<(Timestamp, Timestamp, Option<&'a Override>)> {
    let inside = |edge: &Timestamp| from < *edge && *edge < until;
    let mut edges: Vec<Timestamp> = overrides.iter().flat_map(|o| [o.from, o.until]).filter(inside).collect();
    edges.extend([from, until]);
    edges.sort_unstable();
    edges.dedup();
    let decides = |at: Timestamp| {
        let applying = overrides.iter().filter(|o| o.from <= at && at < o.until);
        applying.max_by_key(|o| (o.created_at, o.id)).copied()
    };
    edges.windows(2).map(|edge| (edge[0], edge[1], decides(edge[0]))).collect()
}

/// An override that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOverride {
    #[error("it ends before it begins")]
    Backwards,
    #[error("there is no rotation `{0}` in this schedule")]
    NoRotation(String),
    #[error("{0} people at once; at most {MEMBERS_MAX}")]
    TooMany(usize),
}

impl Override {
    /// Refuses what could never mean anything in this schedule.
    pub fn check(&self, schedule: &Schedule) -> Result<(), NotAnOverride> {
        if self.until <= self.from {
            return Err(NotAnOverride::Backwards);
        }
        if self.contacts.len() > MEMBERS_MAX {
            return Err(NotAnOverride::TooMany(self.contacts.len()));
        }
        let missing = self.rotation.as_ref().filter(|name| schedule.rotations.iter().all(|own| own.name != **name));
        missing.map_or(Ok(()), |name| Err(NotAnOverride::NoRotation(name.clone())))
    }
}
