//! Two incidents are one: this one is over as a duplicate, its alerts go on in the other (PRODUCT §3, §6). Pure, like a step, but of two.

use serde::{Deserialize, Serialize};

use super::ending::redraw_card;
use super::step::{Answer, Outcome};
use super::{Alerts, Incident, Status};
use crate::domain::alert::State;
use crate::domain::engagement::Closing;
use crate::domain::facts::Facts;
use crate::domain::id::{IncidentId, Mint, Timestamp};
use crate::domain::permission::{Act, Person};
use crate::domain::refusal::{NoMerge, Refusal};
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// The incident that a duplicate is one with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    pub id: IncidentId,
    pub number: i64,
}

/// One of the two, with what its decision needs.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    pub incident: &'a Incident,
    pub facts: &'a Facts,
    pub mint: Mint,
}

/// What a merge leaves behind in both, to be saved together with the keys or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    pub duplicate: Outcome,
    pub root: Outcome,
}

/// Marks `duplicate` as a duplicate of `root`. `end`: where the chain of duplicates that begins at `root` ends, its own number mostly.
///
/// # Errors
/// The person may not, or the two cannot be one: see [`NoMerge`].
pub fn merge(duplicate: Side<'_>, root: Side<'_>, end: i64, by: &Person, now: Timestamp) -> Result<Merged, Refusal> {
    let (old, into) = (duplicate.incident, root.incident);
    old.may(Act::Resolve, by, duplicate.facts)?;
    into.may(Act::Edit, by, root.facts)?;
    check(old, into, end)?;

    let (mut next, mut other) = (old.clone(), into.clone());
    let (mut turn, mut other_turn) = (turn_of(duplicate, by, now), turn_of(root, by, now));
    next.paging.seen(by.user, now);
    let alerts = next.give_alerts();
    next.duplicate_of = Some(Root { id: into.id, number: into.number });
    let fact = Fact::DuplicateOf { number: into.number, room: into.room.channel() };
    next.end(Status::Duplicate, fact, Closing::Duplicate { of: into.number }, &mut turn);
    other.take_duplicate(old, alerts, &mut other_turn);
    let called = other.paging.still_called();
    // An acknowledgement from before it was opened again says nothing about who has it now.
    let nobody_now = other.plan_rests && called.is_empty();
    let answer = Answer::Duplicate {
        of: into.number,
        room: other.room.channel(),
        unanswered: other.status == Status::Open && (other.paging.acks.is_empty() || nobody_now),
        called,
    };
    redraw_card(old, &next, &mut turn);
    redraw_card(into, &other, &mut other_turn);
    Ok(Merged { duplicate: Outcome::new(next, turn, answer), root: Outcome::new(other, other_turn, Answer::Quiet) })
}

/// Whether the two can be one. Also what a list of candidates is made of.
///
/// # Errors
/// Why they cannot, with what would be right.
pub fn check(duplicate: &Incident, root: &Incident, end: i64) -> Result<(), Refusal> {
    let why = match () {
        () if duplicate.status.over() => {
            return Err(Refusal::Over { number: duplicate.number, status: duplicate.status });
        }
        () if duplicate.id == root.id => NoMerge::Itself,
        () if root.status == Status::Duplicate => NoMerge::Duplicate { of: end },
        () if root.status.over() => NoMerge::Over { status: root.status },
        () if duplicate.private && !root.private => NoMerge::Leaks,
        () => return Ok(()),
    };
    Err(Refusal::CannotMerge { number: duplicate.number, of: root.number, why })
}

fn turn_of<'a>(side: Side<'a>, by: &Person, now: Timestamp) -> Turn<'a> {
    let home = side.incident.home(&side.facts.live.settings());
    Turn::new(now, side.facts, side.mint, Some(by.user), home)
}

impl Incident {
    /// Its alerts leave it: whatever is heard of them next is not about this incident.
    fn give_alerts(&mut self) -> Alerts {
        let left = Alerts { first: self.alerts.first, ..Alerts::default() };
        std::mem::replace(&mut self.alerts, left)
    }

    /// Takes a duplicate's alerts over. What fires there is no new occurrence here: acknowledgements stand; but what waited because
    /// everything had recovered waits no more.
    fn take_duplicate(&mut self, duplicate: &Incident, alerts: Alerts, turn: &mut Turn<'_>) {
        let recovered = self.alerts.firing() == 0;
        let fires = alerts.firing() > 0;
        turn.tell(Fact::HasDuplicate { number: duplicate.number, alerts: alerts.count });
        if alerts.count > 0 {
            self.raise_impact(Some(duplicate.impact), turn);
        }
        self.alerts.count += alerts.count;
        self.alerts.first = self.alerts.first.or(alerts.first);
        for (key, group) in alerts.groups {
            let known = self.alerts.groups.entry(key).or_default();
            known.title = group.title;
            known.url = group.url.or(known.url.take());
            known.unnamed |= group.unnamed;
            for (name, mut member) in group.instances {
                member.fired_when_mitigated = self.status == Status::Mitigated && member.state == State::Firing;
                known.instances.insert(name, member);
            }
        }
        if recovered && fires {
            self.fires_again();
            self.paging.release(turn.now);
        }
        self.tick(turn);
    }
}
