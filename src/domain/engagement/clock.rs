//! A contact's own clock: their stages over their contact channels, one retry series a channel. One clock per contact and engagement.

use serde::{Deserialize, Serialize};

use super::loudness::Hold;
use super::{LAST_STAGE_REST, PAGES_PER_START, Stood};
use crate::domain::contact::{Contact, Way};
use crate::domain::facts::Facts;
use crate::domain::id::{Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::span::Span;
use crate::domain::timeline::Unreached;

/// The nested clock of one contact in one engagement; runs on when the next escalation stage starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub contact: Name,
    pub user: UserId,
    /// What people call them.
    pub display: String,
    /// Some started stage names them as essential: their acknowledgement stops the plan.
    pub essential: bool,
    /// Their engagement plan as it was frozen.
    pub stages: Vec<FrozenStage>,
    /// False until its first stage has started.
    pub started: bool,
    pub stage: usize,
    /// When that stage really started.
    pub since: Timestamp,
    pub series: Vec<Series>,
    /// Their own pages have ended: they acknowledged as non-essential, or handed it up.
    pub answered: Option<OwnAnswer>,
    /// Skipped as a whole: nothing of theirs is used.
    pub skipped: Option<Unreached>,
    /// It is their night and not to be disturbed: the clock stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// What was to be said to them was shown without a ping.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shown: bool,
    /// Since when nothing reaches them any more: a stage goes on from then, and is not late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
}

/// How a contact's own pages ended while the engagement went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnAnswer {
    Acked {
        at: Timestamp,
    },
    /// They pressed "Escalate now": not an acknowledgement, a repeat engages them again.
    Passed {
        at: Timestamp,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenStage {
    pub duration: Span,
    pub targets: Vec<FrozenTarget>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenTarget {
    pub channel: String,
    pub way: Way,
    pub retry_every: Option<Span>,
}

/// Pages through one channel since the clock's start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    pub channel: String,
    pub way: Way,
    pub retry_every: Option<Span>,
    /// When the next repeat is due.
    pub next: Option<Timestamp>,
    pub pages: u32,
    pub failed: Option<Unreached>,
}

impl Clock {
    /// A clock that has not started any stage: `start_stage` does. None where the contact has no known user.
    pub(super) fn new(name: &Name, contact: &Contact, at: Timestamp, facts: &Facts) -> Option<Clock> {
        let user = contact.user()?;
        let freeze = |target: &crate::domain::contact::ChannelTarget| {
            let way = contact.channel(&target.channel)?.way;
            Some(FrozenTarget { channel: target.channel.clone(), way, retry_every: target.retry_every })
        };
        let stages = contact.stages.iter().map(|stage| FrozenStage {
            duration: stage.duration,
            targets: stage.targets.iter().filter_map(freeze).collect(),
        });
        Some(Clock {
            contact: name.clone(),
            user,
            display: contact.display_name.clone(),
            essential: false,
            stages: stages.collect(),
            started: false,
            stage: 0,
            since: at,
            series: Vec::new(),
            answered: None,
            skipped: facts.gone.contains(&user).then_some(Unreached::Gone),
            hold: None,
            shown: false,
            failed_at: None,
        })
    }

    /// Nothing more is sent to them by this clock.
    pub(super) fn silent(&self) -> bool {
        self.answered.is_some() || self.skipped.is_some()
    }

    pub(super) fn last(&self) -> usize {
        self.stages.len().saturating_sub(1)
    }

    /// Own stages are still to come.
    pub(super) fn has_stages_left(&self) -> bool {
        self.stage < self.last()
    }

    /// When the next own stage starts.
    pub(super) fn next_stage_at(&self) -> Option<Timestamp> {
        let current = self.stages.get(self.stage)?;
        (self.started && self.has_stages_left()).then(|| self.since + current.duration.delta())
    }

    /// When their last own stage starts, or started.
    fn last_stage_at(&self) -> Timestamp {
        let left = self.stages.iter().take(self.last()).skip(self.stage);
        left.fold(self.since, |at, stage| at + stage.duration.delta())
    }

    /// The same; of whoever is held, when they were left alone: what waits for their morning keeps no plan from going on.
    fn last_heard_at(&self) -> Timestamp {
        self.hold.as_ref().map_or_else(|| self.last_stage_at(), |hold| hold.quiet_since.max(self.since))
    }

    /// Until when the last stage of a plan waits for them.
    pub(super) fn rests_until(&self) -> Option<Timestamp> {
        if self.failed() { self.failed_at } else { Some(self.last_heard_at() + LAST_STAGE_REST) }
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        if let Some(hold) = &self.hold {
            return Some(hold.until);
        }
        if self.silent() {
            return None;
        }
        let retries = self.series.iter().filter_map(|series| series.next);
        retries.chain(self.next_stage_at()).min()
    }

    /// Every page of the stage has failed. A stage without channels is a delay and cannot fail.
    pub(super) fn stage_failed(&self, stage: usize) -> bool {
        let Some(targets) = self.stages.get(stage).map(|stage| &stage.targets) else { return false };
        !targets.is_empty() && targets.iter().all(|target| self.channel_failed(&target.channel))
    }

    pub(super) fn channel_failed(&self, channel: &str) -> bool {
        self.series.iter().any(|series| series.channel == channel && series.failed.is_some())
    }

    /// All their stages have failed, or they were skipped.
    pub fn failed(&self) -> bool {
        let stages = || (0..self.stages.len()).filter(|stage| !self.stages[*stage].targets.is_empty());
        self.skipped.is_some() || !self.has_stages_left() && stages().all(|stage| self.stage_failed(stage))
    }

    /// Their own plan begins again.
    pub(super) fn restart(&mut self, at: Timestamp) {
        self.started = true;
        self.stage = 0;
        self.since = at;
        self.series.clear();
        self.answered = None;
        (self.hold, self.shown) = (None, false);
    }

    /// The series of a target, made where it is new; the latest stage's `retry_every` counts.
    pub(super) fn series_of(&mut self, target: &FrozenTarget, facts: &Facts) -> &mut Series {
        let known = self.series.iter().position(|series| series.channel == target.channel);
        let index = known.unwrap_or_else(|| {
            self.series.push(Series {
                channel: target.channel.clone(),
                way: target.way,
                retry_every: None,
                next: None,
                pages: 0,
                failed: facts.shut(&self.contact, &target.channel),
            });
            self.series.len() - 1
        });
        let series = &mut self.series[index];
        series.retry_every = target.retry_every;
        series
    }

    /// A page through this channel cannot succeed.
    pub(super) fn fail_channel(&mut self, channel: &str, why: Unreached) {
        for series in self.series.iter_mut().filter(|series| series.channel == channel) {
            series.failed = Some(why);
            series.next = None;
        }
    }

    pub(super) fn shift(&mut self, stood: Stood) {
        if let Some(hold) = &mut self.hold {
            // It stands still anyway; at the end of its own night it goes on, or as soon as everything does.
            hold.until += stood.of(hold.until);
            hold.quiet_since += stood.of(hold.quiet_since);
            return;
        }
        self.go_on(stood);
    }

    /// Moves every instant of the clock later.
    pub(super) fn go_on(&mut self, stood: Stood) {
        self.since += stood.of(self.since);
        for series in &mut self.series {
            let every = series.retry_every.unwrap_or_default().delta();
            series.next = series.next.map(|next| next + stood.of(next - every));
        }
    }
}

impl Series {
    /// One more page goes out at `at`; says which attempt it is, or `None` where the series is over.
    pub(super) fn take(&mut self, at: Timestamp) -> Option<u32> {
        if self.failed.is_some() || self.pages >= PAGES_PER_START {
            self.next = None;
            return None;
        }
        self.pages += 1;
        let more = self.retry_every.filter(|every| !every.is_zero() && self.pages < PAGES_PER_START);
        self.next = more.map(|every| at + every.delta());
        Some(self.pages)
    }

    /// The page due at `at` is left out; the one after it keeps its time.
    pub(super) fn leave_out(&mut self, at: Timestamp) {
        let more = self.retry_every.filter(|every| !every.is_zero() && self.failed.is_none());
        self.next = more.filter(|_| self.pages < PAGES_PER_START).map(|every| at + every.delta());
    }

    /// Drops the repeats that fell due up to `now`; the next one stays on the old grid.
    pub(super) fn skip_until(&mut self, now: Timestamp) {
        let (Some(next), Some(every)) = (self.next, self.retry_every.filter(|every| !every.is_zero())) else { return };
        if next <= now {
            let missed = (now - next).num_seconds() / every.delta().num_seconds() + 1;
            let steps = i32::try_from(missed).unwrap_or(i32::MAX);
            self.next = Some(next + every.delta() * steps);
        }
    }
}
