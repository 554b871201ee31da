//! The engagement machine (ENGAGEMENT.md): who is paged when, until who has acknowledged. Pure.
//!
//! [`Paging`] is the whole state of it, held by an incident or a call. An [`Engagement`] runs its escalation
//! stages; each contact it engages has a [`Clock`] over their own stages; what they want said becomes a [`Page`] in a [`Post`].
//!
//! Reading order: `advance` (what is due), `late` (what was due while nobody looked), `clock` (a contact's own stages),
//! `page` (wants → pages → posts), `elsewhere` (posts that cannot go there), `answer` (acknowledge, take, undo, escalate, stop),
//! `reopen` (what an undone answer had kept back), `told` (receipts), `outage` (while Discord takes nothing), `loudness` (who is not to be woken), `sign` (of life); `made` (engagements as
//! definitions say), `once` (test pages).

mod advance;
mod answer;
mod clock;
mod elsewhere;
mod late;
mod loudness;
mod made;
mod once;
mod outage;
mod page;
mod reopen;
mod sign;
mod told;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use answer::{Answered, Escalation};
pub use clock::{Clock, FrozenStage, FrozenTarget, OwnAnswer, Series};
pub use loudness::{Asked, Hold};
pub use outage::Outage;
pub use page::{CODE_DIGITS, Closed, Closing, FallbackCall, Page, PageState, Place, Post, PostKind, Reason};
pub use sign::{LAPSE_AFTER, Lapsed};
pub use told::Told;

use super::escalation::Stage;
use super::facts::Revision;
use super::id::{EngagementId, EventId, PageId, PostId, Timestamp, UserId};
use super::name::Name;
use super::plan::Engage;
use super::timeline::Late;
use super::turn::Turn;

/// What is up to this late fires normally, and the next counts from its due time; what is later collapses (ENGAGEMENT 19).
pub const LATE_AFTER: TimeDelta = TimeDelta::seconds(60);
/// The last stage lasts at least until this long after the last stage of its contacts has started (ENGAGEMENT 3).
pub const LAST_STAGE_REST: TimeDelta = TimeDelta::minutes(5);
/// Most pages of one retry series per start (ENGAGEMENT 5).
pub const PAGES_PER_START: u32 = 30;
/// Most people mentioned in one message (ENGAGEMENT 6): 80 mentions of 22 characters leave room for the text.
pub const PEOPLE_PER_POST: usize = 80;

/// Everything about paging in one incident.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Paging {
    pub engagements: Vec<Engagement>,
    pub pages: Vec<Page>,
    pub posts: Vec<Post>,
    pub acks: Vec<Ack>,
    /// All alerts have recovered and nobody had acknowledged: clocks stand still since then (ENGAGEMENT 20).
    pub held_since: Option<Timestamp>,
    /// Discord takes nothing: what has no other way stands still (ENGAGEMENT 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<Outage>,
}

/// One contact, schedule or escalation plan pulled into the incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engagement {
    pub id: EngagementId,
    pub target: Engage,
    /// What people call it.
    pub title: String,
    /// Definitions as of this revision are frozen for it.
    pub revision: Revision,
    pub origin: Origin,
    pub stages: Vec<Stage>,
    pub repeat: u32,
    /// Whether nobody answering calls the fallback.
    pub fallback: bool,
    pub started_at: Timestamp,
    pub progress: Progress,
    pub clocks: Vec<Clock>,
    pub end: Option<End>,
}

/// Why the engagement is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Origin {
    /// The response plan.
    Plan,
    /// "Escalate now" after an acknowledgement: one stage of another engagement, anew.
    Escalated { user: UserId, of: EngagementId, stage: usize },
    /// A person: `/page`. Nobody's alerts hold it back, and no new occurrence starts it again.
    Paged { user: UserId, message: Option<String> },
}

impl Origin {
    /// It has a plan of its own to go through, and is not one stage of another.
    pub fn whole(&self) -> bool {
        matches!(self, Origin::Plan | Origin::Paged { .. })
    }

    /// It waits while all alerts have recovered (ENGAGEMENT 20): what a person asked for does not.
    fn waits_for_alerts(&self) -> bool {
        !matches!(self, Origin::Paged { .. })
    }
}

/// Where an engagement stands; kept through an acknowledgement, so that an undo finds the old clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Progress {
    Stage {
        run: u32,
        stage: usize,
        since: Timestamp,
        engaged: Vec<Engaged>,
    },
    /// Nobody answered: the fallback is called until somebody takes it.
    Exhausted {
        since: Timestamp,
        next_call: Timestamp,
        calls: u32,
    },
    /// The plan is over and has pinged nobody, because of their loudness: nothing more happens by itself (ENGAGEMENT 9).
    Resting {
        since: Timestamp,
    },
    /// Ran out without a fallback.
    Done {
        since: Timestamp,
    },
}

/// A contact that the current stage named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engaged {
    pub contact: Name,
    /// The schedule that led to them.
    pub via: Option<Name>,
    pub essential: bool,
    /// Passed over when the stage started: they had answered already, or asked for the escalation.
    pub passed: bool,
}

/// Why an engagement sends nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum End {
    Acked {
        by: UserId,
        at: Timestamp,
    },
    Stopped {
        by: Option<UserId>,
        at: Timestamp,
        reason: String,
    },
    /// The incident was over.
    Over {
        at: Timestamp,
    },
}

/// One acknowledgement, so that it can be undone as one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub id: EventId,
    pub by: UserId,
    pub at: Timestamp,
    /// Engagements it stopped.
    pub stopped: Vec<EngagementId>,
    /// Engagements in which only the own pages ended.
    pub own: Vec<EngagementId>,
    pub made_lead: bool,
    /// When they were last heard of in the incident since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<Timestamp>,
}

/// Something that a contact should be told now, before it is merged into pages.
#[derive(Debug, Clone)]
struct Want {
    contact: Name,
    user: UserId,
    channel: String,
    way: super::contact::Way,
    reason: Reason,
    /// Since when it was due, where it comes late.
    late: Option<Timestamp>,
    /// Shown without a ping.
    quiet: bool,
}

impl Engagement {
    /// Nobody has answered yet and something may still happen by itself.
    pub fn runs(&self) -> bool {
        let goes_on = || match self.progress {
            // The plan is over; pages are repeated until somebody answers, or thirty times (ENGAGEMENT 5).
            Progress::Done { .. } => self.clocks.iter().any(|clock| clock.next_deadline().is_some()),
            Progress::Stage { .. } | Progress::Exhausted { .. } | Progress::Resting { .. } => true,
        };
        self.end.is_none() && goes_on()
    }

    /// The clocks of a person: one, unless two contacts are the same person.
    pub fn clocks_of(&self, user: UserId) -> impl Iterator<Item = &Clock> {
        self.clocks.iter().filter(move |clock| clock.user == user)
    }

    fn last_stage(&self) -> usize {
        self.stages.len().saturating_sub(1)
    }

    /// When the stage that runs now ends by itself; none while it waits for somebody's night to end.
    fn stage_end(&self) -> Option<Timestamp> {
        let Progress::Stage { stage, since, engaged, .. } = &self.progress else { return None };
        if self.all_held() {
            return None;
        }
        let end = *since + self.stages.get(*stage)?.duration.delta();
        if *stage < self.last_stage() {
            return Some(end);
        }
        let named = |clock: &&Clock| engaged.iter().any(|e| e.contact == clock.contact && !e.passed);
        Some(self.clocks.iter().filter(named).filter_map(Clock::rests_until).fold(end, Timestamp::max))
    }

    /// The earliest instant at which something of this engagement is due.
    fn next_deadline(&self) -> Option<Timestamp> {
        if !self.runs() {
            return None;
        }
        let own = match &self.progress {
            Progress::Exhausted { next_call, .. } => Some(*next_call),
            _ => self.stage_end(),
        };
        own.into_iter().chain(self.clocks.iter().filter_map(Clock::next_deadline)).min()
    }
}

impl Paging {
    pub fn engagement(&self, id: EngagementId) -> Option<&Engagement> {
        self.engagements.iter().find(|engagement| engagement.id == id)
    }

    fn engagement_mut(&mut self, id: EngagementId) -> Option<&mut Engagement> {
        self.engagements.iter_mut().find(|engagement| engagement.id == id)
    }

    pub fn page(&self, id: PageId) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    pub fn post(&self, id: PostId) -> Option<&Post> {
        self.posts.iter().find(|post| post.id == id)
    }

    /// The post goes out of Discord, where it may ring until somebody stops it.
    pub fn is_outside(&self, id: PostId) -> bool {
        self.post(id).is_some_and(|post| post.place == Place::Outside)
    }

    /// Everything that a post is about has started again since it was issued: an answer to it may be older than that.
    pub fn outdated(&self, post: &Post) -> bool {
        let about = self.about(post);
        if about.is_empty() {
            // A question to whoever acknowledged: it stands while it is open.
            return !self.open(post);
        }
        about.iter().filter_map(|id| self.engagement(*id)).all(|engagement| engagement.started_at > post.at)
    }

    /// When the machine must be looked at again; derived, so that it cannot go stale.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.held_since.is_some() && self.engagements.iter().all(|e| self.holds(e) || !e.runs()) {
            return None;
        }
        let goes_on = |engagement: &&Engagement| !self.holds(engagement);
        let deadlines = self.engagements.iter().filter(goes_on).filter_map(Engagement::next_deadline);
        match self.outage {
            None => deadlines.min(),
            Some(Outage { looked, .. }) => {
                deadlines.filter(|at| *at > looked).chain([looked + outage::LOOK_EVERY]).min()
            }
        }
    }

    /// The engagement stands still because all alerts have recovered.
    pub(super) fn holds(&self, engagement: &Engagement) -> bool {
        self.held_since.is_some() && engagement.origin.waits_for_alerts()
    }

    /// What calls this target now: neither waits for alerts to fire again, nor rests because nobody is to be pinged.
    pub fn calls(&self, target: &Engage) -> Option<&Engagement> {
        let rests = |e: &Engagement| matches!(e.progress, Progress::Resting { .. });
        self.engagements.iter().find(|e| e.target == *target && e.runs() && !self.holds(e) && !rests(e))
    }

    /// Nobody has answered, nothing holds it, and something must happen by itself (ARCHITECTURE, invariant 5).
    pub fn must_go_on(&self) -> bool {
        let rests = |e: &&Engagement| matches!(e.progress, Progress::Resting { .. });
        self.engagements.iter().filter(|e| e.runs() && !self.holds(e)).any(|e| !rests(&e))
    }

    /// Nobody has answered in at least one engagement that still runs.
    pub fn unanswered(&self) -> bool {
        self.engagements.iter().any(Engagement::runs)
    }

    /// An engagement of the plan has been answered, or was over with the incident.
    pub fn answered(&self) -> bool {
        let answered = |end: &End| matches!(end, End::Acked { .. } | End::Over { .. });
        self.engagements.iter().any(|e| e.origin == Origin::Plan && e.end.as_ref().is_some_and(answered))
    }

    /// An engagement of the plan has ended, answered or stopped: a new occurrence starts it again.
    pub fn starts_again(&self) -> bool {
        self.engagements.iter().any(|e| e.origin == Origin::Plan && e.end.is_some())
    }

    /// Names of those who are being called by what nobody has answered.
    pub fn still_called(&self) -> Vec<String> {
        let clocks = self.engagements.iter().filter(|e| e.runs()).flat_map(|e| &e.clocks);
        let mut names: Vec<String> = Vec::new();
        for clock in clocks.filter(|clock| !clock.silent()) {
            if !names.contains(&clock.display) {
                names.push(clock.display.clone());
            }
        }
        names
    }

    /// The person was engaged, in whichever engagement, or is called by a fallback as a person.
    pub fn engages(&self, user: UserId) -> bool {
        self.engagements.iter().any(|engagement| engagement.clocks_of(user).next().is_some())
            || self.posts.iter().any(|post| post.calls_person(user))
    }

    /// All alerts recovered: what nobody has acknowledged waits from now on.
    pub fn hold(&mut self, now: Timestamp) {
        self.held_since.get_or_insert(now);
    }

    /// Firing again: everything goes on with the time that was left; by an undo also what was answered meanwhile.
    pub fn release(&mut self, now: Timestamp) {
        let Some(since) = self.held_since.take() else { return };
        let stood = Stood { since, until: now };
        for engagement in self.engagements.iter_mut().filter(|engagement| engagement.origin.waits_for_alerts()) {
            engagement.shift(stood);
        }
    }

    /// Ends every engagement because the incident is over.
    ///
    /// What was held stays held: should this be undone, nobody is paged for what has recovered.
    pub fn end_all(&mut self, closing: Closing, turn: &mut Turn<'_>) {
        let at = turn.now;
        self.outage = None;
        for engagement in self.engagements.iter_mut().filter(|engagement| engagement.end.is_none()) {
            engagement.end = Some(End::Over { at });
        }
        self.close_pages(closing.clone(), turn, |_| true);
        let all: Vec<EngagementId> = self.engagements.iter().map(|engagement| engagement.id).collect();
        for engagement in all {
            self.close_calls(engagement, closing.clone(), turn);
        }
    }

    /// Takes the end at `over_at` back: what was unanswered goes on by the old clock.
    pub fn reopen_unanswered(&mut self, over_at: Timestamp, turn: &mut Turn<'_>) {
        for engagement in &mut self.engagements {
            if engagement.end == Some(End::Over { at: over_at }) {
                engagement.end = None;
            }
        }
        self.reopen_unsent(over_at, None, turn);
        self.go_on(Late::Reopened, None, turn);
    }
}

/// The time for which everything stood still.
#[derive(Debug, Clone, Copy)]
struct Stood {
    since: Timestamp,
    until: Timestamp,
}

impl Stood {
    /// How much of it fell on what began at `began`, perhaps in the middle of it.
    fn of(self, began: Timestamp) -> TimeDelta {
        self.until - began.clamp(self.since, self.until)
    }
}

impl Engagement {
    /// Moves every instant of the clock later.
    fn shift(&mut self, stood: Stood) {
        match &mut self.progress {
            Progress::Stage { since, .. } => *since += stood.of(*since),
            Progress::Exhausted { since, next_call, .. } => *next_call += stood.of(*since),
            Progress::Resting { .. } | Progress::Done { .. } => {}
        }
        for clock in &mut self.clocks {
            clock.shift(stood);
        }
    }
}

/// Names of those whom these engagements would page first, at this instant: the same resolution as the machine's own.
pub fn first_called(engagements: &[Engage], facts: &super::facts::Facts, at: Timestamp) -> Vec<String> {
    let on_call = |name: &Name| facts.on_call(name, at);
    let contacts = engagements.iter().flat_map(|engage| match engage {
        Engage::Contact(name) => vec![name.clone()],
        Engage::Schedule(name) => on_call(name),
        Engage::EscalationPlan(name) => {
            let first = facts.live.escalation_plan(name).and_then(|plan| plan.stages.first());
            let targets = first.into_iter().flat_map(|stage| &stage.targets);
            targets
                .flat_map(|target| match &target.who {
                    super::escalation::Who::Contact(name) => vec![name.clone()],
                    super::escalation::Who::Schedule(name) => on_call(name),
                })
                .collect()
        }
    });
    let mut names: Vec<String> = contacts.map(|name| facts.contact_title(&name)).collect();
    names.dedup();
    names
}
