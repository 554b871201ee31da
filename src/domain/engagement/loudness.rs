//! Who is not to be woken (ENGAGEMENT 9): a page waits for the end of somebody's night, or is shown without a ping.
//!
//! Whoever is held has a clock that stands still; a stage whose reachable contacts are all held waits with them. How loud somebody may
//! be paged is never kept: it is read anew from the facts and the incident's impact, so what gets louder is released by the next look.

use serde::{Deserialize, Serialize};

use super::advance::Run;
use super::page::Reason;
use super::{Clock, Engaged, Engagement, Progress, Stood, Want};
use crate::domain::contact::{Manner, Way};
use crate::domain::facts::Facts;
use crate::domain::id::Timestamp;
use crate::domain::name::Name;
use crate::domain::timeline::Fact;

/// A contact's clock stands still until their night is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub since: Timestamp,
    pub until: Timestamp,
    /// The same as `since`, without the time for which everything stood still.
    pub quiet_since: Timestamp,
    /// What a stage has asked of them meanwhile; none: they had been paged before, and only what comes after that waits.
    pub asked: Option<Asked>,
}

/// What a stage asked of somebody who is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Asked {
    /// Their own plan starts.
    Start { via: Option<Name> },
    /// One page through every channel that their plan has started so far.
    Again { via: Option<Name> },
}

impl Asked {
    fn via(self) -> Option<Name> {
        match self {
            Asked::Start { via } | Asked::Again { via } => via,
        }
    }
}

impl Run<'_, '_> {
    fn is_night(&self, contact: &Name, at: Timestamp) -> bool {
        matches!(self.turn.facts.manner(contact, self.turn.home.impact, at), Manner::Hold { .. })
    }

    /// What becomes of a page to a contact now.
    fn manner(&self, contact: &Name) -> Manner {
        self.turn.facts.manner(contact, self.turn.home.impact, self.turn.now)
    }
}

impl Clock {
    /// Everything that the stage asks of them waits.
    fn held_back(&self) -> bool {
        self.hold.as_ref().is_some_and(|hold| hold.asked.is_some())
    }

    /// Some channel of theirs may be used. Whoever muted all is passed over, at night too.
    fn has_open_way(&self, facts: &Facts) -> bool {
        let open = |channel: &str| facts.shut(&self.contact, channel).is_none();
        self.stages.iter().flat_map(|stage| &stage.targets).any(|target| open(&target.channel))
    }

    /// Goes on at `at` with the time that was left.
    fn wake(&mut self, at: Timestamp) -> Option<Asked> {
        let hold = self.hold.take()?;
        self.go_on(Stood { since: hold.since, until: at.max(hold.since) });
        hold.asked
    }

    /// Nothing more happens to them by this clock, until they may be paged more loudly.
    fn go_quiet(&mut self, at: Timestamp) {
        self.hold = None;
        self.since = at;
        self.shown = true;
        self.stage = self.last();
        for series in &mut self.series {
            series.next = None;
        }
    }

    /// Where it could not be shown to them, it could not be shown at all.
    pub(super) fn fail_every_channel(&mut self, why: crate::domain::timeline::Unreached, facts: &Facts) {
        let targets: Vec<_> = self.stages.iter().flat_map(|stage| stage.targets.clone()).collect();
        for target in targets {
            self.series_of(&target, facts);
            self.fail_channel(&target.channel, why);
        }
    }
}

impl Engagement {
    /// Whoever the stage can reach is held, all of them: it waits until the first hold ends.
    pub(super) fn all_held(&self) -> bool {
        let Progress::Stage { engaged, .. } = &self.progress else { return false };
        let clock = |named: &Engaged| self.clocks.iter().find(|clock| clock.contact == named.contact);
        let named = engaged.iter().filter(|named| !named.passed).filter_map(clock);
        let mut reachable = named.filter(|clock| !clock.failed()).peekable();
        reachable.peek().is_some() && reachable.all(Clock::held_back)
    }

    /// A stage names them: holds what it asks, or shows it, where they are not to be woken.
    pub(super) fn is_spared(&mut self, index: usize, at: Timestamp, via: Option<&Name>, run: &mut Run<'_, '_>) -> bool {
        let clock = &self.clocks[index];
        if !clock.has_open_way(run.turn.facts) {
            return false;
        }
        match run.manner(&clock.contact) {
            Manner::Page => false,
            Manner::Hold { until } => {
                self.hold_back(index, at, until, via, run);
                true
            }
            Manner::Show => {
                self.show(index, at, via, run);
                true
            }
        }
    }

    /// Something of their own clock is due at `at`: it waits, or is not said at all, where they are not to be woken.
    pub(super) fn is_put_off(&mut self, index: usize, at: Timestamp, run: &mut Run<'_, '_>) -> bool {
        let clock = &mut self.clocks[index];
        match run.manner(&clock.contact) {
            Manner::Page => return false,
            Manner::Hold { until } => {
                clock.hold = Some(Hold { since: at, until, quiet_since: at, asked: None });
                run.turn.note(Fact::Held { contact: clock.display.clone(), until });
            }
            Manner::Show => clock.go_quiet(at),
        }
        true
    }

    pub(super) fn hold_back(
        &mut self,
        index: usize,
        at: Timestamp,
        until: Timestamp,
        via: Option<&Name>,
        run: &mut Run<'_, '_>,
    ) {
        let clock = &mut self.clocks[index];
        let known = clock.hold.clone();
        let unbegun = matches!(known, Some(Hold { asked: Some(Asked::Start { .. }), .. }));
        let again = clock.started && clock.has_stages_left() && clock.answered.is_none() && !unbegun;
        let via = via.cloned();
        let asked = if again { Asked::Again { via } } else { Asked::Start { via } };
        if !again {
            clock.restart(at);
        }
        let begun = known.as_ref().filter(|_| again).map_or((at, at), |hold| (hold.since, hold.quiet_since));
        clock.hold = Some(Hold { since: begun.0, until, quiet_since: begun.1, asked: Some(asked) });
        if known.is_none_or(|known| known.until != until) {
            run.turn.note(Fact::Held { contact: clock.display.clone(), until });
        }
    }

    /// Shows it to them in the room without a ping, once.
    pub(super) fn show(&mut self, index: usize, at: Timestamp, via: Option<&Name>, run: &mut Run<'_, '_>) {
        let reason = self.reason(via.cloned());
        let clock = &mut self.clocks[index];
        if clock.shown {
            return;
        }
        clock.restart(at);
        clock.go_quiet(at);
        let facts = run.turn.facts;
        let open = |channel: &&String| !facts.muted.contains(&(clock.contact.clone(), (*channel).clone()));
        let mut channels = clock.stages.iter().flat_map(|stage| &stage.targets).map(|target| &target.channel);
        let Some(channel) = channels.find(open).cloned().filter(|_| run.spare != Some(clock.user)) else { return };
        let reason = Reason { essential: clock.essential, ..reason };
        let (contact, user) = (clock.contact.clone(), clock.user);
        run.wants.push(Want { contact, user, channel, way: Way::Mention, reason, late: None, quiet: true });
    }

    /// The nights that end at `at`: what waited for them is said now, and a stage that waited has its full duration.
    pub(super) fn end_holds(&mut self, at: Timestamp, run: &mut Run<'_, '_>) {
        let waited = self.all_held();
        let mut asked: Vec<(usize, Asked)> = Vec::new();
        for (index, clock) in self.clocks.iter_mut().enumerate() {
            if clock.hold.as_ref().is_some_and(|hold| hold.until <= at) {
                let woken = clock.wake(at).filter(|_| !clock.silent());
                asked.extend(woken.map(|asked| (index, asked)));
            }
        }
        self.stage_goes_on(waited, at);
        self.wake_plan(asked.iter().map(|(index, _)| *index).collect(), at);
        for (index, asked) in asked {
            let again = matches!(asked, Asked::Again { .. });
            let reason = self.reason(asked.via());
            match again {
                false => self.open_stage(index, at, reason, run),
                true => {
                    for series in 0..self.clocks[index].series.len() {
                        self.want(index, series, at, reason.clone(), None, run);
                    }
                }
            }
        }
    }

    fn stage_goes_on(&mut self, waited: bool, at: Timestamp) {
        if waited
            && !self.all_held()
            && let Progress::Stage { since, .. } = &mut self.progress
        {
            *since = at;
        }
    }

    /// A plan that rested has pinged somebody after all: they have the time of its last stage.
    fn wake_plan(&mut self, woken: Vec<usize>, at: Timestamp) {
        if woken.is_empty() || !matches!(self.progress, Progress::Resting { .. }) {
            return;
        }
        let engaged = woken.into_iter().map(|index| {
            let clock = &self.clocks[index];
            Engaged { contact: clock.contact.clone(), via: None, essential: clock.essential, passed: false }
        });
        let engaged = engaged.collect();
        self.progress = Progress::Stage { run: 0, stage: self.last_stage(), since: at, engaged };
    }

    /// Loudness and impact are live: who may be paged more loudly than before is paged now.
    pub(super) fn follow_loudness(&mut self, run: &mut Run<'_, '_>) {
        let now = run.turn.now;
        let mut louder = Vec::new();
        let waited = self.all_held();
        for index in 0..self.clocks.len() {
            let clock = &mut self.clocks[index];
            if run.spare == Some(clock.user) {
                continue;
            }
            let silent = clock.silent();
            match (&mut clock.hold, run.manner(&clock.contact)) {
                // A stage may wait for their night although they have answered.
                (Some(hold), Manner::Show) if silent => hold.until = now,
                // Their night may have got longer since; another night is no reason to let pass what this one held.
                (Some(hold), Manner::Hold { until })
                    if until > now && run.is_night(&clock.contact, hold.until.min(now)) =>
                {
                    hold.until = until;
                }
                (Some(hold), Manner::Page | Manner::Hold { .. }) => hold.until = hold.until.min(now),
                // Also where their night ended while all stood still.
                (Some(hold), Manner::Show) if hold.asked.is_some() => {
                    let via = hold.asked.clone().and_then(Asked::via);
                    self.show(index, now, via.as_ref(), run);
                }
                (Some(_), Manner::Show) => clock.go_quiet(now),
                (None, Manner::Page | Manner::Hold { .. }) if clock.shown && !silent => louder.push(index),
                (None, _) => {}
            }
        }
        if !louder.is_empty() {
            self.get_louder(louder, run);
        }
        // Also where the one who is paged now was only shown it beside those whose night it waited for.
        self.stage_goes_on(waited, now);
    }

    /// A plan that rested starts again; otherwise those are paged now who were only shown it.
    fn get_louder(&mut self, who: Vec<usize>, run: &mut Run<'_, '_>) {
        let now = run.turn.now;
        if matches!(self.progress, Progress::Resting { .. }) {
            self.clocks.iter_mut().for_each(|clock| clock.shown = false);
            return self.start_stage(0, 0, now, run);
        }
        for index in who {
            let reason = self.reason(None);
            self.page_or_restart(index, now, reason, run);
        }
    }

    /// Nobody was pinged because of their loudness: it was shown instead, which counts as reached.
    pub(super) fn is_quiet(&self, run: &Run<'_, '_>) -> bool {
        let pings = |want: &Want| want.reason.engagement == self.id && !want.quiet;
        let pinged = |clock: &Clock| clock.series.iter().any(|series| series.pages > 0 && series.failed.is_none());
        let shown = |clock: &Clock| clock.shown && clock.skipped.is_none() && !clock.failed();
        self.fallback
            && !run.wants.iter().any(pings)
            && !self.clocks.iter().any(pinged)
            && self.clocks.iter().any(shown)
    }

    /// Nights that ended in an absence: whom a stage had asked for, and when they would have been paged.
    pub(super) fn pass_holds(&mut self, run: &Run<'_, '_>) -> Vec<(Name, Timestamp)> {
        let mut woken = Vec::new();
        while let Some((index, at)) = self.next_hold_end().filter(|(_, at)| *at <= run.turn.now) {
            let waited = self.all_held();
            let clock = &mut self.clocks[index];
            let asked = clock.wake(at).filter(|_| !clock.silent());
            if matches!(asked, Some(Asked::Start { .. })) && run.spare != Some(clock.user) {
                clock.started = false;
            }
            let contact = clock.contact.clone();
            self.stage_goes_on(waited, at);
            if asked.is_some() {
                self.wake_plan(vec![index], at);
                woken.push((contact, at));
            }
        }
        woken
    }

    fn next_hold_end(&self) -> Option<(usize, Timestamp)> {
        let holds = self.clocks.iter().enumerate();
        holds.filter_map(|(index, clock)| Some((index, clock.hold.as_ref()?.until))).min_by_key(|(_, until)| *until)
    }

    /// What fell due for them in an absence is not said now: it is their night, or it is only shown.
    pub(super) fn is_late_and_spared(&mut self, index: usize, run: &mut Run<'_, '_>) -> bool {
        let now = run.turn.now;
        let clock = &mut self.clocks[index];
        match run.manner(&clock.contact) {
            Manner::Page => return false,
            Manner::Hold { until } => {
                clock.hold =
                    Some(Hold { since: now, until, quiet_since: now, asked: Some(Asked::Again { via: None }) });
                run.turn.note(Fact::Held { contact: clock.display.clone(), until });
            }
            Manner::Show => self.show(index, now, None, run),
        }
        true
    }

    /// When a stage that began at `at` would have gone on, had all whom it names been held then.
    pub(super) fn held_until(&self, engaged: &[Engaged], at: Timestamp, run: &Run<'_, '_>) -> Option<Timestamp> {
        let (facts, impact) = (run.turn.facts, run.turn.home.impact);
        let until = |named: &Engaged| match facts.manner(&named.contact, impact, at) {
            Manner::Hold { until } => Some(until),
            Manner::Page | Manner::Show => None,
        };
        let ends: Option<Vec<Timestamp>> = engaged.iter().map(until).collect();
        ends?.into_iter().min()
    }
}
