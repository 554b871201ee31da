//! If Discord fails (ENGAGEMENT 10): contacts with another way move on to it, a plan with none left stands still, and what is
//! still wanted when Discord is back goes out as after any absence.
//!
//! A plan stands still only while something of its own waits to be sent: what is due before that is tried, and so finds out by
//! itself whether Discord is back.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::advance::Run;
use super::{Clock, Engagement, EngagementId, Page, PageState, Paging, PostKind, Progress};
use crate::domain::contact::Way;
use crate::domain::escalation::Who;
use crate::domain::id::Timestamp;
use crate::domain::name::Name;
use crate::domain::timeline::{Fact, Late};

/// How often what stands still is looked at: the end of an outage reaches it even if nobody tells (a crash forgets who was to be told).
pub const LOOK_EVERY: TimeDelta = TimeDelta::seconds(30);

/// Discord took nothing when the machine was last looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    pub since: Timestamp,
    /// The latest look: what was due by then and is still there stands still.
    pub looked: Timestamp,
}

/// The call of a fallback that waits to be sent, or when it went out.
#[derive(Debug)]
pub(super) struct Calling {
    engagement: EngagementId,
    sent: Option<Timestamp>,
}

/// A page that waits to be sent, or when it went out.
#[derive(Debug)]
pub(super) struct Underway {
    pub contact: Name,
    pub channel: String,
    way: Way,
    sent: Option<Timestamp>,
    about: Vec<EngagementId>,
}

impl Underway {
    fn of(page: &Page) -> Option<Underway> {
        let sent = match page.state {
            PageState::Queued if page.closed.is_none() => None,
            PageState::Sent { at } => Some(at),
            _ => return None,
        };
        let about = page.reasons.iter().map(|reason| reason.engagement).collect();
        Some(Underway { contact: page.contact.clone(), channel: page.channel.clone(), way: page.way, sent, about })
    }

    pub fn waits(&self) -> bool {
        self.sent.is_none()
    }
}

impl Paging {
    /// Pages and calls of a fallback that are on their way, or went out.
    pub(super) fn underway(&self) -> (Vec<Underway>, Vec<Calling>) {
        let calls = self.posts.iter().filter(|post| post.closed.is_none());
        let calls = calls.filter_map(|post| match post.kind {
            PostKind::Fallback { engagement, .. } => Some(Calling { engagement, sent: post.sent }),
            PostKind::Pages => None,
        });
        (self.pages.iter().filter_map(Underway::of).collect(), calls.collect())
    }

    /// Takes down whether Discord takes anything, as the facts say; the end of an outage makes what is due late by that.
    pub(super) fn follow_outage(&mut self, run: &mut Run<'_, '_>) {
        let now = run.turn.now;
        let known = self.outage;
        self.outage = run.turn.facts.outage.filter(|_| self.unanswered()).map(|since| Outage { since, looked: now });
        match (known, self.outage) {
            (None, Some(_)) => self.mark_late(),
            (Some(was), None) if run.turn.facts.outage.is_none() => {
                run.late = Late::Outage;
                self.mark_late();
                run.turn.note(Fact::Outage { since: was.since, until: now });
            }
            _ => {}
        }
    }

    /// What waits now goes out late.
    fn mark_late(&mut self) {
        for page in self.pages.iter_mut().filter(|page| page.waits() && page.way.in_discord()) {
            page.late.get_or_insert(page.at);
        }
    }
}

impl Engagement {
    /// Discord takes nothing, something of this waits for it, and nobody can be reached by another way.
    pub(super) fn stands_still(&self, run: &Run<'_, '_>) -> bool {
        let waits = |page: &Underway| page.waits() && page.way.in_discord() && page.about.contains(&self.id);
        let calls = |call: &Calling| call.sent.is_none() && call.engagement == self.id;
        let waiting = || run.underway.iter().any(waits) || run.calling.iter().any(calls);
        run.turn.facts.outage.is_some() && waiting() && !self.has_way_outside(run)
    }

    /// A way outside Discord by which this may still reach somebody.
    fn has_way_outside(&self, run: &Run<'_, '_>) -> bool {
        let facts = run.turn.facts;
        if facts.outside.is_empty() {
            return false;
        }
        let ahead = |clock: &Clock| {
            let repeats =
                clock.series.iter().any(|series| series.next.is_some() && facts.outside.contains(&series.way));
            !clock.silent() && (repeats || clock.stage_outside(run).is_some())
        };
        self.clocks.iter().any(ahead) || self.stages_ahead().any(|stage| self.reaches_outside(stage, run))
    }

    /// Stages that have yet to start, in this run or a later one.
    fn stages_ahead(&self) -> impl Iterator<Item = usize> {
        let (from, again) = match self.progress {
            Progress::Stage { run, stage, .. } => (stage + 1, run < self.repeat),
            Progress::Exhausted { .. } | Progress::Resting { .. } | Progress::Done { .. } => (self.stages.len(), false),
        };
        (from..self.stages.len()).chain(0..if again { from.min(self.stages.len()) } else { 0 })
    }

    fn reaches_outside(&self, stage: usize, run: &Run<'_, '_>) -> bool {
        let facts = run.turn.facts;
        let targets = self.stages.get(stage).into_iter().flat_map(|stage| &stage.targets);
        let contacts = targets.flat_map(|target| match &target.who {
            Who::Contact(contact) => vec![contact.clone()],
            Who::Schedule(schedule) => facts.on_call(schedule, run.turn.now),
        });
        contacts.into_iter().any(|name| {
            let known = self.clocks.iter().find(|clock| clock.contact == name);
            let Some(contact) = facts.contact(self.revision, &name) else { return false };
            let mut channels = contact.stages.iter().flat_map(|stage| &stage.targets).map(|target| &target.channel);
            let open = |channel: &String| {
                let failed = known.is_some_and(|clock| clock.silent() || clock.channel_failed(channel));
                let muted = facts.shut(&name, channel).is_some();
                let way = contact.channel(channel).map(|channel| channel.way);
                !failed && !muted && way.is_some_and(|way| facts.outside.contains(&way))
            };
            channels.any(open)
        })
    }

    /// A contact whose pages wait for Discord, and who has a way outside it ahead.
    pub(super) fn who_moves_on(&self, run: &Run<'_, '_>) -> Option<usize> {
        if run.turn.facts.outage.is_none() || self.end.is_some() {
            return None;
        }
        self.clocks.iter().position(|clock| clock.is_held_up(run) && clock.stage_outside(run).is_some())
    }
}

impl Clock {
    /// They were to be paged through Discord, and by nothing else that works.
    fn is_held_up(&self, run: &Run<'_, '_>) -> bool {
        let queued = |page: &Underway| page.waits() && page.way.in_discord() && page.contact == self.contact;
        let wanted = run.wants.iter().any(|want| want.contact == self.contact && want.way.in_discord());
        let outside = self.series.iter().any(|series| !series.way.in_discord() && series.failed.is_none());
        !self.silent() && self.hold.is_none() && !outside && (wanted || run.underway.iter().any(queued))
    }

    /// The next own stage that uses a way outside Discord which may work.
    fn stage_outside(&self, run: &Run<'_, '_>) -> Option<usize> {
        let facts = run.turn.facts;
        let works = |target: &super::FrozenTarget| {
            facts.outside.contains(&target.way)
                && !self.channel_failed(&target.channel)
                && facts.shut(&self.contact, &target.channel).is_none()
        };
        (self.stage + 1..self.stages.len()).find(|stage| self.stages[*stage].targets.iter().any(works))
    }
}

impl Run<'_, '_> {
    /// The fallback's call is on its way, or went out since `due`: a second one is not needed.
    pub(super) fn covers_call(&self, engagement: EngagementId, due: Timestamp) -> bool {
        let fresh = |call: &Calling| call.engagement == engagement && call.sent.is_none_or(|sent| sent >= due);
        self.calling.iter().any(fresh)
    }

    /// A page of this engagement to this contact and channel is on its way, or went out since `due`: a second one is not needed.
    pub(super) fn covers(&self, engagement: EngagementId, contact: &Name, channel: &str, due: Timestamp) -> bool {
        self.underway.iter().any(|page| {
            let fresh = page.sent.is_none_or(|sent| sent >= due);
            fresh && page.contact == *contact && page.channel == channel && page.about.contains(&engagement)
        })
    }
}

#[cfg(test)]
mod tests;
