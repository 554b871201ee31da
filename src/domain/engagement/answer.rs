//! Answers to paging: acknowledge, take, undo, escalate now, stop (ENGAGEMENT 12 to 17).

use super::advance::Run;
use super::clock::OwnAnswer;
use super::page::{Closing, FallbackCall, PostKind};
use super::{Ack, End, Engaged, Engagement, EngagementId, Origin, Paging, Progress};
use crate::domain::contact::Manner;
use crate::domain::facts::Facts;
use crate::domain::id::{EventId, PostId, RoleId, Timestamp, UserId};
use crate::domain::timeline::{Fact, Late};
use crate::domain::turn::Turn;

/// What an acknowledgement did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It counts. `stopped` engagements send nothing any more; in `own` only this person's pages ended.
    Acked { ack: EventId, stopped: Vec<EngagementId>, own: Vec<EngagementId> },
    /// Somebody was first.
    Already { by: UserId, at: Timestamp },
    /// They were not engaged: they could take these engagements.
    NotEngaged { takeable: Vec<EngagementId> },
}

/// What "Escalate now" would do in one engagement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Escalation {
    Stage {
        engagement: EngagementId,
        run: u32,
        stage: usize,
        names: Vec<String>,
    },
    Fallback {
        engagement: EngagementId,
    },
    /// After an acknowledgement: that one stage anew, and the acknowledgement stands.
    Anew {
        engagement: EngagementId,
        stage: usize,
        names: Vec<String>,
    },
}

/// How the next stage comes to be called.
#[derive(Debug, Clone, Copy)]
enum Call {
    /// Somebody asks for it: they are not woken themself.
    Wake(UserId),
    /// Its time comes.
    ByItself,
}

impl Paging {
    /// A person says "I have it". Counts in every engagement that has engaged them, or whose fallback called them.
    pub fn acknowledge(&mut self, by: UserId, roles: &[RoleId], post: Option<PostId>, turn: &mut Turn<'_>) -> Answered {
        let (stopped, own) = self.asked_of(by, roles);
        if stopped.is_empty() && own.is_empty() {
            return self.no_answer(by, post);
        }
        self.answer(by, stopped, own, turn)
    }

    /// An acknowledgement of theirs would count now: something open pages them, or its fallback calls them.
    pub fn asks(&self, by: UserId, roles: &[RoleId]) -> bool {
        let (stopped, own) = self.asked_of(by, roles);
        !stopped.is_empty() || !own.is_empty()
    }

    /// The engagements that their acknowledgement would end, and those in which only their own pages would.
    fn asked_of(&self, by: UserId, roles: &[RoleId]) -> (Vec<EngagementId>, Vec<EngagementId>) {
        let summoned = self.summoned(by, roles);
        let (mut stopped, mut own) = (Vec::new(), Vec::new());
        for engagement in self.engagements.iter().filter(|engagement| engagement.end.is_none()) {
            let waits = |clock: &super::Clock| !matches!(clock.answered, Some(OwnAnswer::Acked { .. }));
            if engagement.clocks_of(by).any(|clock| clock.essential) || summoned.contains(&engagement.id) {
                stopped.push(engagement.id);
            } else if engagement.clocks_of(by).any(waits) {
                own.push(engagement.id);
            }
        }
        (stopped, own)
    }

    /// Engagements that still run and that somebody who is not engaged could take: those of a post, or all.
    pub fn takeable(&self, post: Option<PostId>) -> Vec<EngagementId> {
        let about = post.and_then(|post| self.post(post)).map(|post| self.about(post));
        let runs = self.engagements.iter().filter(|engagement| engagement.runs()).map(|engagement| engagement.id);
        runs.filter(|id| about.as_ref().is_none_or(|about| about.contains(id))).collect()
    }

    /// A responder who was not engaged takes it: an essential acknowledgement of these engagements.
    pub fn take(&mut self, by: UserId, engagements: &[EngagementId], turn: &mut Turn<'_>) -> Answered {
        let runs = |id: &&EngagementId| self.engagement(**id).is_some_and(|engagement| engagement.end.is_none());
        let stopped: Vec<EngagementId> = engagements.iter().filter(runs).copied().collect();
        if stopped.is_empty() {
            return self.no_answer(by, None);
        }
        let names = stopped.iter().filter_map(|id| self.engagement(*id));
        let from = names.flat_map(|e| e.clocks.iter().map(|clock| clock.display.clone())).collect();
        turn.note(Fact::Taken { from });
        self.answer(by, stopped, Vec::new(), turn)
    }

    fn answer(
        &mut self,
        by: UserId,
        stopped: Vec<EngagementId>,
        own: Vec<EngagementId>,
        turn: &mut Turn<'_>,
    ) -> Answered {
        let at = turn.now;
        for engagement in self.engagements.iter_mut().filter(|engagement| stopped.contains(&engagement.id)) {
            engagement.end = Some(End::Acked { by, at });
        }
        for engagement in self.engagements.iter_mut().filter(|engagement| own.contains(&engagement.id)) {
            for clock in engagement.clocks.iter_mut().filter(|clock| clock.user == by) {
                clock.answered = Some(OwnAnswer::Acked { at });
            }
        }
        self.close_answered(by, &own, Closing::OwnAcked, turn);
        let contact = turn.facts.contact_of(by).map(ToString::to_string);
        let titles = stopped.iter().filter_map(|id| self.engagement(*id)).map(|e| e.title.clone()).collect();
        let ack = turn.tell(Fact::Acknowledged { contact, essential: !stopped.is_empty(), stopped: titles });
        self.acks.push(Ack {
            id: ack,
            by,
            at,
            stopped: stopped.clone(),
            own: own.clone(),
            made_lead: false,
            sign: None,
        });
        Answered::Acked { ack, stopped, own }
    }

    /// Ends pages after an answer: this person's own in `own`, and everyone's whose engagements have all ended.
    fn close_answered(&mut self, by: UserId, own: &[EngagementId], how: Closing, turn: &mut Turn<'_>) {
        self.close_ended(turn);
        let ended = self.ended();
        let theirs = |page: &super::Page| {
            page.user == by && page.reasons.iter().all(|r| ended.contains(&r.engagement) || own.contains(&r.engagement))
        };
        self.close_pages(how, turn, theirs);
    }

    /// Closes pages and calls of engagements that an acknowledgement has ended.
    pub(super) fn close_ended(&mut self, turn: &mut Turn<'_>) {
        let ended = self.ended();
        for engagement in &ended {
            let how = match self.engagement(*engagement).and_then(|engagement| engagement.end.clone()) {
                Some(End::Acked { by, .. }) => Closing::Acked { user: by },
                Some(End::Stopped { reason, .. }) => Closing::Stopped { reason },
                _ => continue,
            };
            let all_ended = |page: &super::Page| {
                let mut reasons = page.reasons.iter();
                reasons.any(|r| r.engagement == *engagement)
                    && page.reasons.iter().all(|r| ended.contains(&r.engagement))
            };
            self.close_pages(how.clone(), turn, all_ended);
            self.close_calls(*engagement, how, turn);
        }
    }

    fn ended(&self) -> Vec<EngagementId> {
        self.engagements.iter().filter(|engagement| engagement.end.is_some()).map(|engagement| engagement.id).collect()
    }

    /// Engagements whose fallback calls this person, by name or by role.
    fn summoned(&self, by: UserId, roles: &[RoleId]) -> Vec<EngagementId> {
        let called = |call: &FallbackCall| match call {
            FallbackCall::Person { user } => *user == by,
            FallbackCall::Roles { roles: called } => called.iter().any(|role| roles.contains(role)),
            FallbackCall::Owner => false,
        };
        let of = |post: &super::Post| match &post.kind {
            PostKind::Fallback { engagement, call, .. } if called(call) => Some(*engagement),
            _ => None,
        };
        self.posts.iter().filter_map(of).collect()
    }

    /// The person is called by a fallback, by name or by role.
    pub fn summons(&self, by: UserId, roles: &[RoleId]) -> bool {
        !self.summoned(by, roles).is_empty()
    }

    /// Nothing of theirs to answer: somebody was first, or this is for others to answer.
    fn no_answer(&self, by: UserId, post: Option<PostId>) -> Answered {
        let acked = |engagement: &Engagement| match engagement.end {
            Some(End::Acked { by, at }) => Some((at, by)),
            _ => None,
        };
        let takeable = self.takeable(post);
        let own = self.acks.iter().rev().find(|ack| ack.by == by).map(|ack| (ack.at, ack.by));
        let engaged = self.engages(by);
        // Somebody else is called by what this person has no part in: they are asked whether they take that.
        let without = |engagement: &Engagement| engagement.clocks_of(by).next().is_none();
        let others = takeable.iter().any(|id| self.engagement(*id).is_some_and(without));
        match own.or_else(|| self.engagements.iter().filter_map(acked).max()) {
            Some((at, by)) if takeable.is_empty() || engaged && post.is_none() && !others => {
                Answered::Already { by, at }
            }
            _ => Answered::NotEngaged { takeable },
        }
    }

    /// The latest acknowledgement of a person that can be undone.
    pub fn ack_of(&self, by: UserId) -> Option<&Ack> {
        self.acks.iter().rev().find(|ack| ack.by == by)
    }

    /// As if never acknowledged, by the old clock; whoever undid it is not paged by that.
    pub fn undo(&mut self, ack: EventId, turn: &mut Turn<'_>) -> Option<Ack> {
        let index = self.acks.iter().position(|known| known.id == ack)?;
        let ack = self.acks.remove(index);
        for engagement in &mut self.engagements {
            if engagement.end == Some(End::Acked { by: ack.by, at: ack.at }) {
                engagement.end = None;
            }
            for clock in engagement.clocks.iter_mut().filter(|clock| clock.user == ack.by) {
                if clock.answered == Some(OwnAnswer::Acked { at: ack.at }) {
                    clock.answered = None;
                }
            }
        }
        turn.tell(Fact::AckUndone);
        self.reopen_unsent(ack.at, Some(ack.by), turn);
        self.go_on(Late::AckUndone, Some(ack.by), turn);
        Some(ack)
    }

    /// Ends one engagement with a reason.
    pub fn stop(&mut self, engagement: EngagementId, reason: &str, turn: &mut Turn<'_>) -> bool {
        let Some(stopped) = self.engagement_mut(engagement).filter(|engagement| engagement.end.is_none()) else {
            return false;
        };
        stopped.end = Some(End::Stopped { by: turn.by, at: turn.now, reason: reason.to_owned() });
        let plan = stopped.title.clone();
        turn.tell(Fact::Stopped { plan, reason: reason.to_owned() });
        self.close_ended(turn);
        true
    }

    /// Ends every engagement that is not over, with a reason.
    pub fn stop_all(&mut self, reason: &str, turn: &mut Turn<'_>) {
        let open = self.engagements.iter().filter(|engagement| engagement.end.is_none());
        let open: Vec<EngagementId> = open.map(|engagement| engagement.id).collect();
        for engagement in open {
            self.stop(engagement, reason, turn);
        }
    }

    /// What "Escalate now" would do, in the engagements of a post or in all: those that run, else those acknowledged.
    pub fn escalations(&self, post: Option<PostId>, by: UserId, turn: &mut Turn<'_>) -> Vec<Escalation> {
        let about: Option<Vec<EngagementId>> = post.and_then(|post| self.post(post)).map(|post| self.about(post));
        let about = about.map(|about| about.into_iter().map(|id| self.plan_of(id)).collect::<Vec<_>>());
        let scope = |e: &&Engagement| about.as_ref().is_none_or(|about| about.contains(&e.id));
        let plans = || self.engagements.iter().filter(|e| e.origin.whole()).filter(scope);
        let running: Vec<&Engagement> = plans().filter(|e| e.runs()).collect();
        if !running.is_empty() {
            return running.into_iter().map(|engagement| engagement.escalation(Call::Wake(by), turn)).collect();
        }
        let acked = plans().filter(|e| matches!(e.end, Some(End::Acked { .. })));
        acked.filter_map(|e| e.anew(self.last_anew(e.id), by, turn)).collect()
    }

    /// The engagement of the plan that an engagement is a stage of; itself, if it is one.
    fn plan_of(&self, id: EngagementId) -> EngagementId {
        match self.engagement(id).map(|engagement| &engagement.origin) {
            Some(Origin::Escalated { of, .. }) => *of,
            _ => id,
        }
    }

    /// The latest stage of an engagement that was called anew after its acknowledgement.
    fn last_anew(&self, id: EngagementId) -> Option<usize> {
        let stages = self.engagements.iter().map(|engagement| match &engagement.origin {
            Origin::Escalated { of, stage, .. } if *of == id => Some(*stage),
            _ => None,
        });
        stages.max().flatten()
    }

    /// Names of those whom these engagements would have called next, had nobody answered.
    pub fn next_called(&self, engagements: &[EngagementId], by: UserId, turn: &mut Turn<'_>) -> Vec<String> {
        let engagements = engagements.iter().filter_map(|id| self.engagement(*id));
        let next = engagements.map(|engagement| engagement.escalation(Call::Wake(by), turn));
        let mut names: Vec<String> = next.flat_map(|escalation| escalation.names()).collect();
        names.dedup();
        names
    }

    /// When the engagements of a post (or all) move on by themselves, and to whom.
    pub fn next_escalation(&self, turn: &mut Turn<'_>, post: Option<PostId>) -> Option<(Timestamp, Vec<String>)> {
        let about = post.and_then(|post| self.post(post)).map(|post| self.about(post));
        let scope = |e: &&Engagement| e.runs() && e.fallback && about.as_ref().is_none_or(|a| a.contains(&e.id));
        let ends = self.engagements.iter().filter(scope).filter_map(|e| Some((e.stage_end()?, e)));
        let (at, engagement) = ends.min_by_key(|(at, _)| *at)?;
        Some((at, engagement.escalation(Call::ByItself, turn).names()))
    }

    /// When one engagement moves on by itself and to whom; without names it is the fallback that is called.
    pub fn next_of(&self, id: EngagementId, turn: &mut Turn<'_>) -> Option<(Timestamp, Vec<String>)> {
        let engagement = self.engagement(id).filter(|engagement| engagement.runs() && !self.holds(engagement))?;
        match engagement.progress {
            Progress::Exhausted { next_call, .. } => Some((next_call, Vec::new())),
            _ => Some((engagement.stage_end()?, engagement.escalation(Call::ByItself, turn).names())),
        }
    }

    /// Does it; the presser's own pages end.
    pub fn escalate(&mut self, what: Vec<Escalation>, by: UserId, turn: &mut Turn<'_>) {
        let own: Vec<EngagementId> = self.pass(by, &what, turn.now);
        self.close_answered(by, &own, Closing::Passed, turn);
        let names = what.iter().flat_map(Escalation::names).collect();
        turn.tell(Fact::Escalated { to: names });
        let mut run = Run::new(turn, Some(by));
        for escalation in what {
            match escalation {
                Escalation::Stage { engagement, run: number, stage, .. } => {
                    let at = run.turn.now;
                    if let Some(engagement) = self.engagement_mut(engagement) {
                        engagement.start_stage(number, stage, at, &mut run);
                    }
                }
                Escalation::Fallback { engagement } => {
                    let at = run.turn.now;
                    if let Some(engagement) = self.engagement_mut(engagement) {
                        engagement.call_now(at, &mut run);
                    }
                }
                Escalation::Anew { engagement, stage, .. } => {
                    let id = EngagementId(run.turn.mint.id());
                    let anew = self.engagement(engagement).and_then(|e| e.one_stage(id, stage, by, run.turn.now));
                    self.start_in(anew.into_iter().collect(), &mut run);
                }
            }
        }
        self.walk(&mut run);
        self.finish(run);
    }

    /// Ends the presser's own pages in the engagements that move on.
    fn pass(&mut self, by: UserId, what: &[Escalation], at: Timestamp) -> Vec<EngagementId> {
        let moved: Vec<EngagementId> = what.iter().map(Escalation::engagement).collect();
        let moved = |engagement: &Engagement| match &engagement.origin {
            Origin::Plan | Origin::Paged { .. } => moved.contains(&engagement.id),
            Origin::Escalated { of, .. } => moved.contains(of),
        };
        let mut left = Vec::new();
        for engagement in self.engagements.iter_mut().filter(|e| e.end.is_none() && moved(e)) {
            for clock in engagement.clocks.iter_mut().filter(|clock| clock.user == by && clock.answered.is_none()) {
                clock.answered = Some(OwnAnswer::Passed { at });
            }
            left.push(engagement.id);
        }
        left
    }

    /// A new occurrence: acknowledgements lapse and the plan starts again, where it does not run anyway.
    pub fn start_again(&mut self, turn: &mut Turn<'_>) {
        self.release(turn.now);
        let idle = |e: &Engagement| e.end.is_some() || !matches!(e.progress, Progress::Stage { .. });
        let (again, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.engagements)
            .into_iter()
            .partition(|engagement| engagement.origin == Origin::Plan && idle(engagement));
        self.engagements = kept;
        let again_too = |id: &EngagementId| again.iter().any(|engagement| engagement.id == *id);
        for ack in &mut self.acks {
            ack.stopped.retain(|id| !again_too(id));
            ack.own.retain(|id| !again_too(id));
        }
        self.acks.retain(|ack| !ack.stopped.is_empty() || !ack.own.is_empty());
        let reset =
            |engagement: Engagement| Engagement { clocks: Vec::new(), end: None, started_at: turn.now, ..engagement };
        let again = again.into_iter().map(reset).collect();
        self.start(again, turn);
    }
}

impl Engagement {
    /// The first later stage that reaches somebody else; after the last, the next run; else the fallback.
    fn escalation(&self, call: Call, turn: &mut Turn<'_>) -> Escalation {
        let engagement = self.id;
        let Progress::Stage { run, stage, .. } = self.progress else { return Escalation::Fallback { engagement } };
        let this_run = (stage + 1..self.stages.len()).map(|stage| (run, stage));
        let next_run = (0..self.stages.len()).map(|stage| (run + 1, stage)).filter(|(run, _)| *run <= self.repeat);
        for (run, stage) in this_run.chain(next_run) {
            let names = self.reachable(stage, call, turn);
            if !names.is_empty() {
                return Escalation::Stage { engagement, run, stage, names };
            }
        }
        Escalation::Fallback { engagement }
    }

    /// The first stage after the one that was answered, and after the one that was called anew last.
    fn anew(&self, last: Option<usize>, by: UserId, turn: &mut Turn<'_>) -> Option<Escalation> {
        let Progress::Stage { stage, .. } = self.progress else { return None };
        let from = last.map_or(stage, |last| last.max(stage)) + 1;
        let named = (from..self.stages.len()).map(|stage| (stage, self.reachable(stage, Call::Wake(by), turn)));
        let (stage, names) = named.into_iter().find(|(_, names)| !names.is_empty())?;
        Some(Escalation::Anew { engagement: self.id, stage, names })
    }

    /// Names of those whom a stage would call now. Who is woken by hand: neither the presser, nor who would only be held or shown it.
    fn reachable(&self, stage: usize, call: Call, turn: &mut Turn<'_>) -> Vec<String> {
        let by = match call {
            Call::Wake(by) => Some(by),
            Call::ByItself => None,
        };
        let impact = turn.home.impact;
        let mut run = Run::new(turn, by);
        let at = run.turn.now;
        let engaged = self.resolve(stage, at, &mut run);
        let facts = turn.facts;
        let reach = |named: &Engaged| {
            let contact = facts.contact(self.revision, &named.contact)?;
            contact.user().filter(|user| by != Some(*user) && !facts.gone.contains(user))?;
            let woken = by.is_none() || facts.manner(&named.contact, impact, at) == Manner::Page;
            let clock = self.clocks.iter().find(|clock| clock.contact == named.contact);
            let has_it = clock.is_some_and(|clock| matches!(clock.answered, Some(OwnAnswer::Acked { .. })));
            let failed = has_it || clock.is_some_and(super::Clock::failed);
            (woken && !failed && has_open_channel(&contact, &named.contact, facts)).then_some(contact.display_name)
        };
        engaged.iter().filter_map(reach).collect()
    }

    fn one_stage(&self, id: EngagementId, stage: usize, by: UserId, at: Timestamp) -> Option<Engagement> {
        Some(Engagement {
            id,
            stages: vec![self.stages.get(stage)?.clone()],
            repeat: 0,
            fallback: false,
            origin: Origin::Escalated { user: by, of: self.id, stage },
            started_at: at,
            progress: Progress::Stage { run: 0, stage: 0, since: at, engaged: Vec::new() },
            clocks: Vec::new(),
            end: None,
            ..self.clone()
        })
    }

    /// The fallback is called now: for the first time, or once more before its time.
    fn call_now(&mut self, at: Timestamp, run: &mut Run<'_, '_>) {
        match &mut self.progress {
            Progress::Exhausted { next_call, .. } => *next_call = at,
            _ => self.exhaust(at, run),
        }
        self.advance_calls(run);
    }
}

fn has_open_channel(
    contact: &crate::domain::contact::Contact,
    name: &crate::domain::name::Name,
    facts: &Facts,
) -> bool {
    let targets = contact.stages.iter().flat_map(|stage| &stage.targets);
    targets.into_iter().any(|target| facts.shut(name, &target.channel).is_none())
}

impl Escalation {
    pub fn names(&self) -> Vec<String> {
        match self {
            Escalation::Stage { names, .. } | Escalation::Anew { names, .. } => names.clone(),
            Escalation::Fallback { .. } => Vec::new(),
        }
    }

    fn engagement(&self) -> EngagementId {
        match self {
            Escalation::Stage { engagement, .. }
            | Escalation::Fallback { engagement }
            | Escalation::Anew { engagement, .. } => *engagement,
        }
    }
}
