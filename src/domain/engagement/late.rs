//! What fell due while nobody looked (ENGAGEMENT 19): the late stages collapse into one page a channel, and the stage that
//! is current by the clock starts now.

use std::collections::BTreeMap;

use super::advance::Run;
use super::clock::OwnAnswer;
use super::{Clock, Engaged, Engagement, LAST_STAGE_REST, Progress};
use crate::domain::facts::Facts;
use crate::domain::id::Timestamp;
use crate::domain::name::Name;
use crate::domain::timeline::Fact;

/// A stage that fell due in the absence.
struct Fallen {
    run: u32,
    stage: usize,
    at: Timestamp,
    engaged: Vec<Engaged>,
}

impl Engagement {
    /// Collapses everything that was due since `due` (more than a minute ago) into what is to be done now.
    pub(super) fn catch_up(&mut self, due: Timestamp, run: &mut Run<'_, '_>) {
        let now = run.turn.now;
        let wanted = run.wants.len();
        let woken = self.pass_holds(run);
        let fallen = self.walk(run);
        if let Some(current) = fallen.last() {
            let (number, stage) = (current.run, current.stage);
            self.progress = Progress::Stage { run: number, stage, since: now, engaged: current.engaged.clone() };
            run.turn.note(self.stage_started(number, stage, &current.engaged, run.turn.facts));
        }
        let mut named = self.name_fallen(&fallen, run);
        if self.end.is_some() {
            return;
        }
        for (contact, at) in woken {
            let named_at = named.entry(contact).or_default();
            named_at.push(at);
            named_at.sort_unstable();
        }
        for index in 0..self.clocks.len() {
            let contact = self.clocks[index].contact.clone();
            self.catch_up_clock(index, named.get(&contact).map_or(&[][..], Vec::as_slice), due, run);
        }
        if run.wants.len() > wanted || !fallen.is_empty() {
            let late_s = (now - due).num_seconds();
            run.turn.tell(Fact::CaughtUp { plan: self.title.clone(), late_s, why: run.late });
        }
    }

    /// The stages whose time came in the absence, in order; when the plan would be over, its last stage is the last of them.
    fn walk(&self, run: &mut Run<'_, '_>) -> Vec<Fallen> {
        let Progress::Stage { run: mut number, mut stage, .. } = self.progress else { return Vec::new() };
        let mut fallen: Vec<Fallen> = Vec::new();
        let mut end = self.stage_end();
        while let Some(at) = end.filter(|end| *end <= run.turn.now) {
            let over = stage == self.last_stage() && number == self.repeat;
            if over && !fallen.is_empty() {
                break;
            }
            (number, stage) = match (over, stage == self.last_stage()) {
                (true, _) => (number, stage),
                (false, true) => (number + 1, 0),
                (false, false) => (number, stage + 1),
            };
            let engaged = self.resolve(stage, run.turn.now, run);
            let from = self.held_until(&engaged, at, run).unwrap_or(at);
            end = (!over).then(|| self.virtual_end(stage, from, &engaged, run.turn.facts));
            fallen.push(Fallen { run: number, stage, at, engaged });
        }
        fallen
    }

    /// When a stage that started at `at` would have ended, had somebody looked.
    fn virtual_end(&self, stage: usize, at: Timestamp, engaged: &[Engaged], facts: &Facts) -> Timestamp {
        let Some(current) = self.stages.get(stage) else { return at };
        if engaged.is_empty() && !current.targets.is_empty() {
            return at;
        }
        let end = at + current.duration.delta();
        if stage < self.last_stage() {
            return end;
        }
        let own = |named: &Engaged| {
            let contact = facts.contact(self.revision, &named.contact)?;
            let before_last = contact.stages.iter().rev().skip(1);
            Some(before_last.fold(at, |at, stage| at + stage.duration.delta()) + LAST_STAGE_REST)
        };
        engaged.iter().filter_map(own).fold(end, Timestamp::max)
    }

    /// When each contact was named by the fallen stages; makes clocks for those who are new, and marks who is essential.
    fn name_fallen(&mut self, fallen: &[Fallen], run: &mut Run<'_, '_>) -> BTreeMap<Name, Vec<Timestamp>> {
        let mut named: BTreeMap<Name, Vec<Timestamp>> = BTreeMap::new();
        for stage in fallen {
            for engaged in &stage.engaged {
                let Some(index) = self.clock_for(&engaged.contact, stage.at, run) else { continue };
                self.clocks[index].essential |= engaged.essential;
                if self.ends_by_earlier_answer(index, engaged.essential, run) {
                    return named;
                }
                named.entry(engaged.contact.clone()).or_default().push(stage.at);
            }
        }
        named
    }

    /// Pages a contact once through each channel that fell due; their current own stage starts now, repeats are dropped.
    fn catch_up_clock(&mut self, index: usize, named_at: &[Timestamp], due: Timestamp, run: &mut Run<'_, '_>) {
        let (now, facts) = (run.turn.now, run.turn.facts);
        let clock = &mut self.clocks[index];
        if clock.skipped.is_some() {
            return;
        }
        match clock.answered {
            // A stage that names whoever handed it up engages them again, also when it comes late.
            Some(OwnAnswer::Passed { .. }) if !named_at.is_empty() && run.spare != Some(clock.user) => {
                (clock.answered, clock.started) = (None, false);
            }
            Some(_) => return,
            None => {}
        }
        if let Some(until) = clock.hold.as_ref().map(|hold| hold.until) {
            if !named_at.is_empty() {
                self.hold_back(index, now, until, None, run);
            }
            return;
        }
        // Who is spared is not engaged anew, but their time passes like everyone's.
        let named_at = if run.spare == Some(clock.user) { &[] } else { named_at };
        let channels = clock.fall(named_at, now, facts);
        for series in clock.series.iter_mut() {
            series.skip_until(now);
        }
        if !channels.is_empty() && self.is_late_and_spared(index, run) {
            return;
        }
        let reason = self.reason(None);
        for channel in channels {
            let position = self.clocks[index].series.iter().position(|series| series.channel == channel);
            match position {
                // It went out in the meantime, or is about to.
                Some(position) if run.covers(self.id, &self.clocks[index].contact, &channel, due) => {
                    self.clocks[index].series[position].take(now);
                }
                Some(position) => self.want(index, position, now, reason.clone(), Some(due), run),
                None => {}
            }
        }
    }
}

impl Clock {
    /// Lets the absence pass over this clock: named at these instants, looked at again `now`. Says which channels fell due.
    fn fall(&mut self, named_at: &[Timestamp], now: Timestamp, facts: &Facts) -> Vec<String> {
        let mut due: Vec<String> = Vec::new();
        for at in named_at {
            self.pass_own_stages(*at, &mut due, facts);
            if self.started && self.has_stages_left() {
                due.extend(self.series.iter().map(|series| series.channel.clone()));
            } else {
                self.restart(*at);
                self.open_quietly(&mut due, facts);
            }
        }
        self.pass_own_stages(now, &mut due, facts);
        if !due.is_empty() {
            self.since = self.since.max(now);
        }
        let mut seen = Vec::new();
        due.retain(|channel| {
            !seen.contains(channel) && {
                seen.push(channel.clone());
                true
            }
        });
        due
    }

    /// Own stages whose time comes up to `until`.
    fn pass_own_stages(&mut self, until: Timestamp, due: &mut Vec<String>, facts: &Facts) {
        while let Some(at) = self.next_stage_at().filter(|at| *at <= until) {
            self.stage += 1;
            self.since = at;
            self.open_quietly(due, facts);
        }
    }

    fn open_quietly(&mut self, due: &mut Vec<String>, facts: &Facts) {
        let targets = self.stages.get(self.stage).map(|stage| stage.targets.clone()).unwrap_or_default();
        for target in &targets {
            self.series_of(target, facts);
            due.push(target.channel.clone());
        }
    }
}
