//! What is due now: stages that end, own stages that start, repeats, fallback calls.

use super::clock::{OwnAnswer, Series};
use super::outage::{Calling, Underway};
use super::page::Reason;
use super::{End, Engaged, Engagement, LATE_AFTER, Paging, Progress, Want};
use crate::domain::escalation::{Stage, Who};
use crate::domain::facts::Facts;
use crate::domain::id::{Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::timeline::{Fact, Late, Unreached};
use crate::domain::turn::Turn;

/// What a turn of one engagement gathers.
pub(super) struct Run<'t, 'f> {
    pub turn: &'t mut Turn<'f>,
    pub wants: Vec<Want>,
    /// Nobody who just undid or handed on an acknowledgement is paged by that.
    pub spare: Option<UserId>,
    /// The fallback is to be called for these engagements.
    pub calls: Vec<super::EngagementId>,
    /// Plans that a contact's earlier acknowledgement ended.
    pub ended: Vec<super::EngagementId>,
    /// Why what is late is late.
    pub late: Late,
    /// Pages on their way: nobody is paged again on top of one.
    pub underway: Vec<Underway>,
    /// Calls of a fallback on their way.
    pub calling: Vec<Calling>,
}

/// What is due in an engagement.
enum Due {
    HoldEnds,
    StageEnd,
    OwnStage(usize),
    Repeat { clock: usize, series: usize },
    Call,
}

impl Paging {
    /// Does everything that is due, and what follows from it at once. Nothing due: nothing changes.
    pub fn advance(&mut self, turn: &mut Turn<'_>, spare: Option<UserId>) {
        self.go_on(Late::Absence, spare, turn);
    }

    /// The same, of what stood still until now for another reason than that nobody looked.
    pub(super) fn go_on(&mut self, late: Late, spare: Option<UserId>, turn: &mut Turn<'_>) {
        let mut run = Run::new(turn, spare);
        run.late = late;
        self.walk(&mut run);
        self.finish(run);
    }

    /// Starts the engagements that were just added, together.
    pub fn start(&mut self, added: Vec<Engagement>, turn: &mut Turn<'_>) {
        let mut run = Run::new(turn, None);
        self.start_in(added, &mut run);
        self.walk(&mut run);
        self.finish(run);
    }

    pub(super) fn start_in(&mut self, added: Vec<Engagement>, run: &mut Run<'_, '_>) {
        for mut engagement in added {
            engagement.start_stage(0, 0, run.turn.now, run);
            self.engagements.push(engagement);
        }
    }

    /// Everything that is due in every engagement that runs; what stands still stays.
    pub(super) fn walk(&mut self, run: &mut Run<'_, '_>) {
        let held = self.held_since.is_some();
        if held && self.engagements.iter().all(|engagement| self.holds(engagement) || !engagement.runs()) {
            return;
        }
        self.follow_outage(run);
        (run.underway, run.calling) = self.underway();
        let goes_on =
            |engagement: &&mut Engagement| engagement.runs() && !(held && engagement.origin.waits_for_alerts());
        for engagement in self.engagements.iter_mut().filter(goes_on) {
            engagement.advance(run);
        }
    }

    /// Turns what was gathered into pages and calls.
    pub(super) fn finish(&mut self, run: Run<'_, '_>) {
        let Run { turn, wants, calls, ended, .. } = run;
        self.issue(wants, turn);
        for engagement in calls {
            self.call_fallback(engagement, turn);
        }
        if !ended.is_empty() {
            self.close_ended(turn);
        }
    }
}

impl<'t, 'f> Run<'t, 'f> {
    pub(super) fn new(turn: &'t mut Turn<'f>, spare: Option<UserId>) -> Run<'t, 'f> {
        Run {
            turn,
            wants: Vec::new(),
            spare,
            calls: Vec::new(),
            ended: Vec::new(),
            late: Late::Absence,
            underway: Vec::new(),
            calling: Vec::new(),
        }
    }
}

impl Engagement {
    fn advance(&mut self, run: &mut Run<'_, '_>) {
        self.follow_loudness(run);
        self.settle(run.turn.now, run);
        if self.stands_still(run) {
            return;
        }
        while let Some((at, due)) = self.earliest().filter(|(at, _)| *at <= run.turn.now) {
            let late = run.turn.now - at > LATE_AFTER;
            match due {
                Due::Call => self.call_due(at, late, run),
                _ if late => self.catch_up(at, run),
                Due::HoldEnds => self.end_holds(at, run),
                Due::StageEnd => self.next_stage(at, run),
                Due::OwnStage(clock) => self.own_stage(clock, at, run),
                Due::Repeat { clock, series } => self.repeat_page(clock, series, at, run),
            }
            self.settle(if late { run.turn.now } else { at }, run);
        }
    }

    fn earliest(&self) -> Option<(Timestamp, Due)> {
        if !self.runs() {
            return None;
        }
        let call = match &self.progress {
            Progress::Exhausted { next_call, .. } => Some((*next_call, Due::Call)),
            _ => None,
        };
        let stage = self.stage_end().map(|at| (at, Due::StageEnd));
        let hold = self.clocks.iter().filter_map(|clock| Some(clock.hold.as_ref()?.until)).min();
        let hold = hold.map(|at| (at, Due::HoldEnds));
        let clocks = self.clocks.iter().enumerate().filter(|(_, clock)| !clock.silent() && clock.hold.is_none());
        let own = clocks.flat_map(|(index, clock)| {
            let stage = clock.next_stage_at().map(|at| (at, Due::OwnStage(index)));
            let repeats = clock.series.iter().enumerate();
            let repeats =
                repeats.filter_map(move |(s, series)| Some((series.next?, Due::Repeat { clock: index, series: s })));
            stage.into_iter().chain(repeats)
        });
        call.into_iter().chain(hold).chain(stage).chain(own).min_by_key(|(at, _)| *at)
    }

    /// Moves on at once from what cannot reach anybody (ENGAGEMENT 8), until something may.
    pub(super) fn settle(&mut self, at: Timestamp, run: &mut Run<'_, '_>) {
        loop {
            self.note_failures(at);
            let stuck = |clock: &super::Clock| {
                let goes_on = !clock.silent() && clock.hold.is_none();
                goes_on && clock.has_stages_left() && clock.stage_failed(clock.stage)
            };
            if let Some(index) = self.clocks.iter().position(stuck).filter(|_| self.end.is_none()) {
                self.own_stage(index, at, run);
            } else if let Some(index) = self.who_moves_on(run) {
                self.own_stage(index, at, run);
            } else if self.hopeless() {
                self.leave_hopeless(at, run);
            } else {
                return;
            }
        }
    }

    fn note_failures(&mut self, at: Timestamp) {
        for clock in &mut self.clocks {
            clock.failed_at = clock.failed().then(|| clock.failed_at.unwrap_or(at));
        }
    }

    /// Nobody whose answer would count can be reached by the stage that runs.
    fn hopeless(&self) -> bool {
        let Progress::Stage { stage, engaged, .. } = &self.progress else { return false };
        if self.end.is_some() || self.stages.get(*stage).is_none_or(|stage| stage.targets.is_empty()) {
            return false;
        }
        let any_essential = engaged.iter().any(|e| e.essential);
        let counts = |e: &&Engaged| e.essential || !any_essential;
        let lost =
            |e: &Engaged| e.passed || self.clocks.iter().any(|clock| clock.contact == e.contact && clock.failed());
        engaged.iter().filter(counts).all(lost)
    }

    fn leave_hopeless(&mut self, at: Timestamp, run: &mut Run<'_, '_>) {
        if let Progress::Stage { stage, engaged, .. } = &self.progress
            && !engaged.is_empty()
        {
            run.turn.note(Fact::StageFailed { plan: self.title.clone(), stage: *stage as u32 + 1 });
        }
        self.next_stage(at, run);
    }

    /// The current stage is over: the next one, the next run, or the end of the plan.
    fn next_stage(&mut self, at: Timestamp, run: &mut Run<'_, '_>) {
        let Progress::Stage { run: number, stage, .. } = self.progress else { return };
        if stage < self.last_stage() {
            self.start_stage(number, stage + 1, at, run);
        } else if self.is_quiet(run) {
            self.progress = Progress::Resting { since: at };
            run.turn.tell(Fact::Rests { plan: self.title.clone() });
        } else if number < self.repeat && self.reached_somebody(run) {
            self.start_stage(number + 1, 0, at, run);
        } else {
            self.exhaust(at, run);
        }
    }

    /// Somebody was pinged, or is about to be: no use in repeating a plan that reaches nobody.
    fn reached_somebody(&self, run: &Run<'_, '_>) -> bool {
        let wanted = run.wants.iter().any(|want| want.reason.engagement == self.id);
        let paged = |clock: &super::Clock| clock.series.iter().any(|s| s.pages > 0 && s.failed.is_none());
        wanted || self.clocks.iter().any(|clock| clock.skipped.is_none() && paged(clock))
    }

    pub(super) fn exhaust(&mut self, at: Timestamp, run: &mut Run<'_, '_>) {
        if self.fallback {
            run.turn.tell(Fact::Exhausted { plan: self.title.clone() });
            self.progress = Progress::Exhausted { since: at, next_call: at, calls: 0 };
        } else {
            self.progress = Progress::Done { since: at };
        }
    }

    /// Calls the fallback if it is due.
    pub(super) fn advance_calls(&mut self, run: &mut Run<'_, '_>) {
        if let Progress::Exhausted { next_call, .. } = self.progress
            && next_call <= run.turn.now
        {
            self.call_due(next_call, false, run);
        }
    }

    fn call_due(&mut self, at: Timestamp, late: bool, run: &mut Run<'_, '_>) {
        let every = run.turn.facts.live.settings().fallback_every.delta();
        let base = if late { run.turn.now } else { at };
        let covered = late && run.covers_call(self.id, at);
        if let Progress::Exhausted { next_call, calls, .. } = &mut self.progress {
            *next_call = base + every;
            if !covered {
                *calls += 1;
                run.calls.push(self.id);
            }
        }
    }

    /// Starts a stage: its targets are resolved now and engaged together.
    pub(super) fn start_stage(&mut self, number: u32, stage: usize, at: Timestamp, run: &mut Run<'_, '_>) {
        let engaged = self.resolve(stage, at, run);
        self.progress = Progress::Stage { run: number, stage, since: at, engaged: Vec::new() };
        self.report_stage(number, stage, &engaged, run);
        for mut named in engaged {
            self.engage(&mut named, at, run);
            if self.end.is_some() {
                return;
            }
            if let Progress::Stage { engaged, .. } = &mut self.progress {
                engaged.push(named);
            }
        }
    }

    /// Whom a stage names: contacts, and who is on call in its schedules. One entry each, essential if any target is.
    pub(super) fn resolve(&self, stage: usize, at: Timestamp, run: &mut Run<'_, '_>) -> Vec<Engaged> {
        let mut named: Vec<Engaged> = Vec::new();
        let Some(stage) = self.stages.get(stage) else { return named };
        for target in &stage.targets {
            let (contacts, via) = match &target.who {
                Who::Contact(contact) => (vec![contact.clone()], None),
                Who::Schedule(schedule) => (run.turn.facts.on_call(schedule, at), Some(schedule.clone())),
            };
            for contact in contacts {
                match named.iter_mut().find(|known| known.contact == contact) {
                    Some(known) => known.essential |= target.essential,
                    None => {
                        named.push(Engaged { contact, via: via.clone(), essential: target.essential, passed: false })
                    }
                }
            }
        }
        named
    }

    fn report_stage(&self, number: u32, stage: usize, engaged: &[Engaged], run: &mut Run<'_, '_>) {
        let facts = run.turn.facts;
        let plan = self.title.clone();
        let schedules = self.stages.get(stage).map(schedules_of).unwrap_or_default();
        for schedule in &schedules {
            let on_call = engaged.iter().filter(|e| e.via.as_ref() == Some(*schedule));
            let contacts = on_call.map(|e| facts.contact_title(&e.contact)).collect();
            run.turn.note(Fact::OnCall { schedule: facts.schedule_title(schedule), contacts });
        }
        let has_targets = self.stages.get(stage).is_some_and(|stage| !stage.targets.is_empty());
        if engaged.is_empty() && has_targets {
            let schedules = schedules.into_iter().map(|schedule| facts.schedule_title(schedule)).collect();
            run.turn.tell(Fact::StageEmpty { plan, stage: stage as u32 + 1, schedules });
        } else {
            run.turn.note(self.stage_started(number, stage, engaged, facts));
        }
    }

    pub(super) fn stage_started(&self, number: u32, stage: usize, engaged: &[Engaged], facts: &Facts) -> Fact {
        Fact::StageStarted {
            plan: self.title.clone(),
            stage: stage as u32 + 1,
            of: self.stages.len() as u32,
            run: number + 1,
            contacts: engaged.iter().map(|e| facts.contact_title(&e.contact)).collect(),
        }
    }

    /// Engages one contact by a stage: pages now, or passes them over.
    fn engage(&mut self, named: &mut Engaged, at: Timestamp, run: &mut Run<'_, '_>) {
        let Some(index) = self.clock_for(&named.contact, at, run) else {
            run.turn.note(Fact::Skipped { contact: named.contact.to_string(), why: Unreached::Unknown });
            named.passed = true;
            return;
        };
        let clock = &mut self.clocks[index];
        clock.essential |= named.essential;
        if self.ends_by_earlier_answer(index, named.essential, run) {
            return;
        }
        let clock = &self.clocks[index];
        if matches!(clock.answered, Some(OwnAnswer::Acked { .. })) || run.spare == Some(clock.user) {
            named.passed = true;
            return;
        }
        let reason = self.reason(named.via.clone());
        self.page_or_restart(index, at, reason, run);
    }

    /// Own stages still to come: paged now through the channels started so far. Otherwise their plan starts (again).
    pub(super) fn page_or_restart(&mut self, index: usize, at: Timestamp, reason: Reason, run: &mut Run<'_, '_>) {
        let clock = &mut self.clocks[index];
        if clock.skipped.is_some() {
            return;
        }
        if self.is_spared(index, at, reason.via.as_ref(), run) {
            return;
        }
        let clock = &mut self.clocks[index];
        if !clock.started || !clock.has_stages_left() || clock.answered.is_some() {
            clock.restart(at);
            self.open_stage(index, at, reason, run);
            return;
        }
        for series in 0..clock.series.len() {
            self.want(index, series, at, reason.clone(), None, run);
        }
    }

    /// They had acknowledged as non-essential, and now a stage names them as essential: the plan ends (ENGAGEMENT 14).
    pub(super) fn ends_by_earlier_answer(&mut self, index: usize, essential: bool, run: &mut Run<'_, '_>) -> bool {
        let clock = &self.clocks[index];
        let Some(OwnAnswer::Acked { at }) = clock.answered.filter(|_| essential) else { return false };
        self.end = Some(End::Acked { by: clock.user, at });
        run.ended.push(self.id);
        let (user, contact) = (clock.user, Some(clock.display.clone()));
        let fact = Fact::Acknowledged { contact, essential: true, stopped: vec![self.title.clone()] };
        run.turn.tell_of(user, fact);
        true
    }

    pub(super) fn clock_for(&mut self, contact: &Name, at: Timestamp, run: &mut Run<'_, '_>) -> Option<usize> {
        if let Some(index) = self.clocks.iter().position(|clock| clock.contact == *contact) {
            return Some(index);
        }
        let facts = run.turn.facts;
        let clock = super::Clock::new(contact, &facts.contact(self.revision, contact)?, at, facts)?;
        if let Some(why) = clock.skipped {
            run.turn.note(Fact::Skipped { contact: clock.display.clone(), why });
        }
        self.clocks.push(clock);
        Some(self.clocks.len() - 1)
    }

    fn own_stage(&mut self, index: usize, at: Timestamp, run: &mut Run<'_, '_>) {
        if self.is_put_off(index, at, run) {
            return;
        }
        let clock = &mut self.clocks[index];
        clock.stage += 1;
        clock.since = at;
        let reason = self.reason(None);
        self.open_stage(index, at, reason, run);
    }

    /// Pages through every channel of the own stage that has just started.
    pub(super) fn open_stage(&mut self, index: usize, at: Timestamp, reason: Reason, run: &mut Run<'_, '_>) {
        let clock = &mut self.clocks[index];
        let targets = clock.stages.get(clock.stage).map(|stage| stage.targets.clone()).unwrap_or_default();
        for target in &targets {
            let clock = &mut self.clocks[index];
            let series = clock.series_of(target, run.turn.facts);
            if let Some(why) = series.failed.filter(|_| series.pages == 0) {
                let contact = clock.display.clone();
                run.turn.note(Fact::PageFailed { contact, way: target.way, why });
                continue;
            }
            let position = clock.series.iter().position(|series| series.channel == target.channel);
            if let Some(position) = position {
                self.want(index, position, at, reason.clone(), None, run);
            }
        }
    }

    fn repeat_page(&mut self, index: usize, series: usize, at: Timestamp, run: &mut Run<'_, '_>) {
        if self.is_put_off(index, at, run) {
            return;
        }
        let clock = &mut self.clocks[index];
        let channel = &clock.series[series].channel;
        let before = |page: &Underway| page.waits() && page.contact == clock.contact && page.channel == *channel;
        if run.underway.iter().any(before) {
            // The page before it is still on its way: a second one on top would arrive with it.
            let every = clock.series[series].retry_every;
            clock.series[series].next = every.map(|every| at + every.delta());
            return;
        }
        let reason = self.reason(None);
        self.want(index, series, at, reason, None, run);
    }

    /// One page through one series, if the series has any left; who is to be spared misses it.
    pub(super) fn want(
        &mut self,
        index: usize,
        series: usize,
        at: Timestamp,
        reason: Reason,
        late: Option<Timestamp>,
        run: &mut Run<'_, '_>,
    ) {
        let clock = &mut self.clocks[index];
        if run.spare == Some(clock.user) {
            return clock.series[series].leave_out(at);
        }
        if self.shut_meanwhile(index, series, run) {
            return;
        }
        let clock = &mut self.clocks[index];
        let essential = clock.essential;
        let Some(attempt) = clock.series[series].take(at) else { return };
        let Series { channel, way, .. } = clock.series[series].clone();
        let reason = Reason { essential, attempt, ..reason };
        let (contact, user) = (clock.contact.clone(), clock.user);
        run.wants.push(Want { contact, user, channel, way, reason, late, quiet: false });
    }

    /// Mutes and addresses are live (ENGAGEMENT 23): a channel that was shut since it was first used has failed now.
    fn shut_meanwhile(&mut self, index: usize, series: usize, run: &mut Run<'_, '_>) -> bool {
        let clock = &mut self.clocks[index];
        let Series { channel, way, failed, .. } = clock.series[series].clone();
        let Some(why) = run.turn.facts.shut(&clock.contact, &channel).filter(|_| failed.is_none()) else {
            return false;
        };
        clock.fail_channel(&channel, why);
        let contact = clock.display.clone();
        run.turn.note(Fact::PageFailed { contact, way, why });
        true
    }

    /// Why a page of this engagement goes out now.
    pub(super) fn reason(&self, via: Option<Name>) -> Reason {
        let (run, stage) = match &self.progress {
            Progress::Stage { run, stage, .. } => (*run, *stage as u32),
            _ => (self.repeat, self.last_stage() as u32),
        };
        Reason { engagement: self.id, run, stage, via, essential: false, attempt: 1 }
    }
}

fn schedules_of(stage: &Stage) -> Vec<&Name> {
    let schedules = stage.targets.iter().filter_map(|target| match &target.who {
        Who::Schedule(name) => Some(name),
        Who::Contact(_) => None,
    });
    schedules.collect()
}
