//! Setting up by questions: where a guild stands, what is asked next, and what an answer makes. Keeps no state: everything is
//! read from what is in force, so the path can be left, taken up, repeated, and walked by two people at once.
//!
//! Reading order: the [`Step`]s here, `make` (an answer → definitions), `plan` (the plan that is proposed), `handle` (names).

mod handle;
mod make;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use make::{Choice, Chosen, Handover, Made, Note, handover, make, remarks, takers, turns};
pub use plan::{News, Proposal, propose};

use super::definition::Set;
use super::id::{ChannelId, Timestamp};
use super::name::Name;
use super::survey::{Ability, Survey};
use super::timeline::Unreached;

/// One question. In the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// May the bot do what it needs?
    Permissions,
    /// Which roles respond to incidents?
    Responders,
    /// Which roles run things? Only on demand.
    Managers,
    /// Which role is called when nobody answers?
    Fallback,
    /// Where are the channels of incidents made?
    Category,
    /// Where do they go when all is over? Only on demand.
    Archive,
    /// Where is told that there is an incident?
    Announce,
    Zone,
    /// Who can be paged?
    People,
    /// Did the test pages arrive?
    Tests,
    /// Who is on call when?
    Turns,
    /// Who is called, and who after them?
    Plan,
    Drill,
}

impl Step {
    pub const ALL: [Step; 13] = [
        Step::Permissions,
        Step::Responders,
        Step::Managers,
        Step::Fallback,
        Step::Category,
        Step::Archive,
        Step::Announce,
        Step::Zone,
        Step::People,
        Step::Tests,
        Step::Turns,
        Step::Plan,
        Step::Drill,
    ];

    /// Its number in a custom id, from 1; never changes its meaning.
    pub fn number(self) -> i64 {
        match self {
            Step::Permissions => 1,
            Step::Responders => 2,
            Step::Managers => 3,
            Step::Fallback => 4,
            Step::Category => 5,
            Step::Archive => 6,
            Step::Announce => 7,
            Step::Zone => 8,
            Step::People => 9,
            Step::Tests => 10,
            Step::Turns => 11,
            Step::Plan => 12,
            Step::Drill => 13,
        }
    }

    pub fn from_number(number: i64) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.number() == number)
    }

    /// The line of the checklist that it belongs to.
    pub fn part(self) -> Part {
        match self {
            Step::Permissions => Part::Permissions,
            Step::Responders | Step::Managers | Step::Fallback => Part::Roles,
            Step::Category | Step::Archive | Step::Announce => Part::Channels,
            Step::Zone => Part::Zone,
            Step::People | Step::Tests => Part::People,
            Step::Turns => Part::Turns,
            Step::Plan => Part::Plan,
            Step::Drill => Part::Drill,
        }
    }

    fn on_demand(self) -> bool {
        matches!(self, Step::Managers | Step::Archive)
    }
}

/// A line of the checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Permissions,
    Roles,
    Channels,
    Zone,
    People,
    Turns,
    Plan,
    Drill,
}

impl Part {
    pub const ALL: [Part; 8] = [
        Part::Permissions,
        Part::Roles,
        Part::Channels,
        Part::Zone,
        Part::People,
        Part::Turns,
        Part::Plan,
        Part::Drill,
    ];

    fn steps(self) -> impl Iterator<Item = Step> {
        Step::ALL.into_iter().filter(move |step| step.part() == self)
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Done,
    /// Nothing would page, or nobody would know, without it.
    Needed,
    /// It works without; there is a default.
    Optional,
    /// Something else comes first.
    Later,
}

/// What the path is derived from.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    pub set: &'a Set,
    /// None: Discord could not be asked.
    pub survey: Option<&'a Survey>,
    /// The last test page of each contact; who is not here was never tested.
    pub tests: BTreeMap<Name, Reached>,
    /// Who is on call in the first schedule, as people call them.
    pub on_call: Vec<String>,
    /// The latest drill, if there was one.
    pub drill: Option<Drill>,
    pub now: Timestamp,
}

/// What became of a contact's test page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// On its way, or there and not answered yet.
    Waiting,
    Answered,
    /// It arrived, and its time ran out.
    Unanswered,
    /// It reached nobody: why.
    Failed(Unreached),
}

/// A drill, as far as the path goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drill {
    pub number: i64,
    pub room: Option<ChannelId>,
    pub acknowledged: bool,
    pub over: bool,
}

impl Known<'_> {
    /// How every step stands.
    pub fn steps(&self) -> Vec<(Step, Standing)> {
        Step::ALL.into_iter().map(|step| (step, self.standing(step))).collect()
    }

    pub fn standing(&self, step: Step) -> Standing {
        let settings = self.set.settings();
        let chosen = |is: bool| if is { Standing::Done } else { Standing::Optional };
        match step {
            Step::Permissions => match self.lacking() {
                Some(lacking) if lacking.is_empty() => Standing::Done,
                _ => Standing::Needed,
            },
            Step::Responders => chosen(!settings.roles.responder.is_empty()),
            Step::Managers => chosen(!settings.roles.manager.is_empty()),
            Step::Fallback => chosen(settings.fallback.is_some()),
            Step::Category => chosen(settings.incident_category.is_some()),
            Step::Archive => chosen(settings.archive_category.is_some()),
            Step::Announce => chosen(!settings.announce.is_empty()),
            Step::Zone => chosen(settings.time_zone != chrono_tz::Tz::UTC),
            Step::People if self.people() == 0 => Standing::Needed,
            Step::People => Standing::Done,
            Step::Tests if self.people() == 0 => Standing::Later,
            Step::Tests => chosen(self.untested().next().is_none()),
            Step::Turns if self.set.schedules().next().is_some() => Standing::Done,
            // One person is always on call: there is nothing to take turns in.
            Step::Turns if self.people() < 2 => Standing::Later,
            Step::Turns => Standing::Optional,
            Step::Plan => match propose(self.set).map(|proposal| proposal.news) {
                None if settings.default_plan.is_none() => Standing::Later,
                Some(News::New) => Standing::Needed,
                Some(News::Grown { .. }) => Standing::Optional,
                None | Some(News::Same | News::ByHand) => Standing::Done,
            },
            Step::Drill if self.drill.is_some_and(|drill| drill.over && drill.acknowledged) => Standing::Done,
            Step::Drill if settings.default_plan.is_none() => Standing::Later,
            Step::Drill => Standing::Needed,
        }
    }

    /// What the bot needs and may not do in this guild; `None`: Discord could not be asked.
    pub fn lacking(&self) -> Option<Vec<Ability>> {
        self.survey.map(|survey| survey.abilities.lacking(Ability::ALL))
    }

    /// Contacts whose last test page was not answered, or who never had one.
    pub fn untested(&self) -> impl Iterator<Item = &Name> {
        self.set.contacts().map(|(name, _)| name).filter(|name| self.tests.get(*name) != Some(&Reached::Answered))
    }

    fn people(&self) -> usize {
        self.set.contacts().count()
    }

    /// Where somebody begins who types `/setup`: the first thing that is missing. What can be left as it is counts as passed
    /// once something after it is done. None: nothing is missing.
    pub fn first(&self) -> Option<Step> {
        let done = |step: &Step| self.standing(*step) == Standing::Done;
        let furthest = Step::ALL.into_iter().filter(|step| *step != Step::Permissions).filter(done).max();
        let open = |step: &Step| match self.standing(*step) {
            Standing::Needed => true,
            Standing::Optional => !step.on_demand() && furthest.is_none_or(|furthest| *step > furthest),
            Standing::Done | Standing::Later => false,
        };
        Step::ALL.into_iter().find(open)
    }

    /// What is asked after `step` was answered or passed over: the next open one; at the end, what was left out and is needed.
    pub fn after(&self, step: Step) -> Option<Step> {
        let open = |next: &Step| match self.standing(*next) {
            Standing::Needed => true,
            Standing::Optional => !next.on_demand(),
            Standing::Done | Standing::Later => false,
        };
        let needed = |left: &Step| *left != step && self.standing(*left) == Standing::Needed;
        let following = Step::ALL.into_iter().filter(|next| *next > step).find(open);
        following.or_else(|| Step::ALL.into_iter().find(needed))
    }

    /// How a line of the checklist stands, with the question at `at`; None: the path is at its end.
    pub fn line(&self, part: Part, at: Option<Step>) -> Line {
        if at.is_some_and(|at| at.part() == part) {
            return Line::Here;
        }
        let standings: Vec<Standing> = part.steps().map(|step| self.standing(step)).collect();
        let any = |standing: Standing| standings.contains(&standing);
        let passed = at.is_none_or(|at| part < at.part());
        match () {
            () if any(Standing::Needed) && part == Part::Permissions && self.survey.is_none() => Line::Unknown,
            () if any(Standing::Needed) && passed => Line::Missing,
            () if any(Standing::Needed) => Line::Open,
            // Nobody knows yet whether pages arrive.
            () if part == Part::People && !any(Standing::Later) && self.untested().next().is_some() => Line::Left,
            () if any(Standing::Done) => Line::Done,
            () if any(Standing::Later) && self.people() == 0 => Line::Open,
            () if passed => Line::Left,
            () => Line::Open,
        }
    }
}

/// How a line of the checklist stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It is asked now.
    Here,
    Done,
    /// Passed over: it stays as Muster does it by itself.
    Left,
    /// Passed over, and needed.
    Missing,
    /// Nobody could look.
    Unknown,
    /// Still to come.
    Open,
}
