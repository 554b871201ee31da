//! How stages call contacts: who is named, own plans, nights, and what is only shown.

use std::collections::BTreeSet;

use super::plain::{Ask, Model, Named, Own, PAGES, REST, Series, State, Wanted};
use super::world::{Loud, Target};

impl Model<'_> {
    pub(super) fn stages(&self, who: usize) -> usize {
        self.world.contacts[who].stages.len()
    }

    pub(super) fn silent(own: &Own) -> bool {
        own.acked || own.gone
    }

    pub(super) fn stage_lost(&self, who: usize, own: &Own, stage: usize) -> bool {
        let channels = &self.world.contacts[who].stages[stage].channels;
        !channels.is_empty() && channels.iter().all(|(channel, _)| own.series.get(channel).is_some_and(|s| s.failed))
    }

    pub(super) fn own_stage_is_lost(&self, e: usize, p: usize) -> bool {
        let (who, own) = &self.engagements[e].people[p];
        let more = own.stage + 1 < self.stages(*who);
        !Self::silent(own) && own.asleep.is_none() && more && self.stage_lost(*who, own, own.stage)
    }

    pub(super) fn person_lost(&self, who: usize, own: &Own) -> bool {
        let last = own.stage + 1 >= self.stages(who);
        let used = |stage: &usize| !self.world.contacts[who].stages[*stage].channels.is_empty();
        own.gone || last && (0..self.stages(who)).filter(used).all(|stage| self.stage_lost(who, own, stage))
    }

    pub(super) fn own(&self, e: usize, who: usize) -> Option<&Own> {
        self.engagements[e].people.iter().find(|(known, _)| *known == who).map(|(_, own)| own)
    }

    pub(super) fn is_hopeless(&self, e: usize) -> bool {
        let State::Stage { stage, named, .. } = &self.engagements[e].state else { return false };
        if self.world.plans[e].stages[*stage].targets.is_empty() {
            return false;
        }
        let essential = named.iter().any(|named| named.essential);
        let lost =
            |named: &&Named| named.passed || self.own(e, named.who).is_some_and(|own| self.person_lost(named.who, own));
        named.iter().filter(|named| named.essential || !essential).all(|named| lost(&named))
    }

    pub(super) fn all_asleep(&self, e: usize) -> bool {
        let State::Stage { named, .. } = &self.engagements[e].state else { return false };
        let own =
            named.iter().filter(|named| !named.passed).filter_map(|named| Some((named.who, self.own(e, named.who)?)));
        let reachable: Vec<&Own> = own.filter(|(who, own)| !self.person_lost(*who, own)).map(|(_, own)| own).collect();
        let waits = |own: &&Own| matches!(own.asleep, Some(Wanted::Start | Wanted::Again));
        !reachable.is_empty() && reachable.iter().all(waits)
    }

    pub(super) fn stage_is_over(&self, e: usize) -> bool {
        let State::Stage { stage, left, named, .. } = &self.engagements[e].state else { return false };
        if *left > 0 || self.all_asleep(e) {
            return false;
        }
        if stage + 1 < self.world.plans[e].stages.len() {
            return true;
        }
        // The last one lasts until five minutes after its contacts' last own stage.
        named.iter().filter(|named| !named.passed).all(|named| {
            let Some(own) = self.own(e, named.who) else { return true };
            let stages = &self.world.contacts[named.who].stages;
            let ahead: i64 = stages[own.stage..stages.len() - 1].iter().map(|stage| stage.minutes).sum();
            let over = match own.asleep {
                Some(_) => own.asleep_for >= REST,
                None => own.age >= ahead + REST,
            };
            over || self.person_lost(named.who, own)
        })
    }

    pub(super) fn next_stage(&mut self, e: usize) {
        let State::Stage { run, stage, .. } = self.engagements[e].state else { return };
        let plan = &self.world.plans[e];
        if stage + 1 < plan.stages.len() {
            return self.start_stage(e, run, stage + 1);
        }
        let people = &self.engagements[e].people;
        let pinged = people.iter().any(|(_, own)| own.series.values().any(|s| s.pages > 0 && !s.failed));
        let shown = people.iter().any(|(who, own)| own.shown && !self.person_lost(*who, own));
        let reached = people.iter().any(|(_, own)| !own.gone && own.series.values().any(|s| s.pages > 0 && !s.failed));
        if !pinged && shown {
            self.engagements[e].state = State::Resting;
        } else if run < plan.repeat && reached {
            self.start_stage(e, run + 1, 0);
        } else {
            self.engagements[e].state = State::Exhausted { left: 0 };
        }
    }

    pub(super) fn start_stage(&mut self, e: usize, run: u32, stage: usize) {
        let plan = &self.world.plans[e].stages[stage];
        let mut named: Vec<Named> = Vec::new();
        for (target, essential) in &plan.targets {
            let who = match target {
                Target::Contact(who) => vec![*who],
                Target::Schedule(schedule) => self.world.on_call(*schedule, self.now),
            };
            for who in who {
                match named.iter_mut().find(|known| known.who == who) {
                    Some(known) => known.essential |= essential,
                    None => named.push(Named { who, essential: *essential, passed: false }),
                }
            }
        }
        let stage_of = |named| State::Stage { run, stage, left: plan.minutes, waited: false, named };
        self.engagements[e].state = stage_of(Vec::new());
        for mut one in named {
            self.name(e, &mut one);
            if !self.runs(e) {
                return;
            }
            if let State::Stage { named, .. } = &mut self.engagements[e].state {
                named.push(one);
            }
        }
    }

    /// A stage names a contact.
    pub(super) fn name(&mut self, e: usize, named: &mut Named) {
        let gone = self.gone.contains(&named.who);
        let people = &mut self.engagements[e].people;
        let p = people.iter().position(|(who, _)| *who == named.who).unwrap_or_else(|| {
            people.push((named.who, Own { gone, ..Own::default() }));
            people.len() - 1
        });
        let own = &mut people[p].1;
        own.essential |= named.essential;
        if own.acked && named.essential {
            self.engagements[e].acked_by = Some(named.who);
            return;
        }
        if own.acked {
            named.passed = true;
            return;
        }
        if !own.gone {
            self.call(e, p);
        }
    }

    /// They are to be paged now: their plan begins, or goes on.
    pub(super) fn call(&mut self, e: usize, p: usize) {
        let who = self.engagements[e].people[p].0;
        let stages = &self.world.contacts[who].stages;
        let channels: Vec<usize> = stages.iter().flat_map(|stage| stage.channels.iter().map(|(c, _)| *c)).collect();
        let open = channels.iter().copied().find(|channel| !self.muted.contains(&(who, *channel)));
        let loud = self.loud(who);
        let own = &mut self.engagements[e].people[p].1;
        let more = own.begun && own.stage + 1 < stages.len() && own.asleep != Some(Wanted::Start);
        match (loud, open) {
            (Loud::Night, Some(_)) if more => {
                own.asleep_for = own.asleep.map_or(0, |_| own.asleep_for);
                own.asleep = Some(Wanted::Again);
            }
            (Loud::Night, Some(_)) => {
                own.begin();
                own.asleep = Some(Wanted::Start);
            }
            (Loud::Show, Some(channel)) => self.show(e, p, channel),
            _ if more => self.page_all(e, p),
            _ => {
                own.begin();
                self.open_stage(e, p);
            }
        }
    }

    pub(super) fn show(&mut self, e: usize, p: usize, channel: usize) {
        let who = self.engagements[e].people[p].0;
        let last = self.stages(who) - 1;
        let own = &mut self.engagements[e].people[p].1;
        if !own.shown {
            own.begin();
            (own.shown, own.stage) = (true, last);
            self.asks.push(Ask { who, channel, quiet: true, about: BTreeSet::from([e]) });
        }
    }

    pub(super) fn page_all(&mut self, e: usize, p: usize) {
        let channels: Vec<usize> = self.engagements[e].people[p].1.series.keys().copied().collect();
        for channel in channels {
            self.page(e, p, channel);
        }
    }

    pub(super) fn open_stage(&mut self, e: usize, p: usize) {
        let (who, stage) = (self.engagements[e].people[p].0, self.engagements[e].people[p].1.stage);
        for (channel, every) in self.world.contacts[who].stages[stage].channels.clone() {
            let muted = self.muted.contains(&(who, channel));
            let own = &mut self.engagements[e].people[p].1;
            let series = own.series.entry(channel).or_insert(Series { failed: muted, ..Series::default() });
            series.every = every;
            self.page(e, p, channel);
        }
    }

    pub(super) fn page(&mut self, e: usize, p: usize, channel: usize) {
        let who = self.engagements[e].people[p].0;
        let muted = self.muted.contains(&(who, channel));
        let Some(series) = self.engagements[e].people[p].1.series.get_mut(&channel) else { return };
        series.failed |= muted;
        series.left = None;
        if series.failed || series.pages >= PAGES {
            return;
        }
        series.pages += 1;
        series.left = series.every.filter(|_| series.pages < PAGES);
        self.asks.push(Ask { who, channel, quiet: false, about: BTreeSet::from([e]) });
    }

    /// The next own stage, or the next repeat, is due.
    pub(super) fn own_due(&self, e: usize, p: usize) -> Option<(usize, Option<usize>)> {
        let (who, own) = &self.engagements[e].people[p];
        if Self::silent(own) || own.asleep.is_some() || !own.begun {
            return None;
        }
        let stages = &self.world.contacts[*who].stages;
        if own.stage + 1 < stages.len() && own.age >= stages[own.stage].minutes {
            return Some((p, None));
        }
        let due = |(channel, series): (&usize, &Series)| series.left.filter(|left| *left <= 0).map(|_| Some(*channel));
        own.series.iter().find_map(due).map(|channel| (p, channel))
    }

    pub(super) fn own_stage(&mut self, e: usize, p: usize) {
        if self.is_put_off(e, p) {
            return;
        }
        let own = &mut self.engagements[e].people[p].1;
        (own.stage, own.age) = (own.stage + 1, 0);
        self.open_stage(e, p);
    }

    pub(super) fn repeat(&mut self, e: usize, p: usize, channel: usize) {
        if !self.is_put_off(e, p) {
            self.page(e, p, channel);
        }
    }

    pub(super) fn is_put_off(&mut self, e: usize, p: usize) -> bool {
        let who = self.engagements[e].people[p].0;
        let last = self.stages(who) - 1;
        let loud = self.loud(who);
        let own = &mut self.engagements[e].people[p].1;
        match loud {
            Loud::Page => return false,
            Loud::Night => (own.asleep, own.asleep_for) = (Some(Wanted::Nothing), 0),
            Loud::Show => own.go_quiet(last),
        }
        true
    }

    pub(super) fn wakes(&self, e: usize, p: usize) -> bool {
        let (who, own) = &self.engagements[e].people[p];
        own.asleep.is_some() && self.loud(*who) != Loud::Night
    }

    /// Nights are over: what waited for them is said, and a stage that waited has its time.
    pub(super) fn wake(&mut self, e: usize) {
        let waited = self.all_asleep(e);
        let mut woken = Vec::new();
        for p in 0..self.engagements[e].people.len() {
            if self.wakes(e, p) {
                let own = &mut self.engagements[e].people[p].1;
                let wanted = own.asleep.take();
                if !Self::silent(own) {
                    woken.extend(wanted.filter(|wanted| *wanted != Wanted::Nothing).map(|wanted| (p, wanted)));
                }
            }
        }
        self.stage_has_its_time(e, waited);
        if self.engagements[e].state == State::Resting && !woken.is_empty() {
            let people = &self.engagements[e].people;
            let named = |(p, _): &(usize, Wanted)| Named {
                who: people[*p].0,
                essential: people[*p].1.essential,
                passed: false,
            };
            let (named, stage) = (woken.iter().map(named).collect(), self.world.plans[e].stages.len() - 1);
            let left = self.world.plans[e].stages[stage].minutes;
            self.engagements[e].state = State::Stage { run: 0, stage, left, waited: false, named };
        }
        for (p, wanted) in woken {
            match wanted {
                Wanted::Start => self.open_stage(e, p),
                _ => self.page_all(e, p),
            }
        }
    }

    pub(super) fn stage_has_its_time(&mut self, e: usize, waited: bool) {
        if !waited || self.all_asleep(e) {
            return;
        }
        if let State::Stage { stage, left, .. } = &mut self.engagements[e].state {
            *left = self.world.plans[e].stages[*stage].minutes;
        }
    }

    pub(super) fn follow_loudness(&mut self, e: usize) {
        let waited = self.all_asleep(e);
        let mut louder = Vec::new();
        for p in 0..self.engagements[e].people.len() {
            let who = self.engagements[e].people[p].0;
            let (loud, last) = (self.loud(who), self.stages(who) - 1);
            let own = &mut self.engagements[e].people[p].1;
            if Self::silent(own) {
                continue;
            }
            match (own.asleep, loud) {
                (Some(Wanted::Nothing), Loud::Show) => own.go_quiet(last),
                (Some(_), Loud::Show) => {
                    let channels =
                        self.world.contacts[who].stages.iter().flat_map(|s| s.channels.iter().map(|(c, _)| *c));
                    let open = channels.into_iter().find(|channel| !self.muted.contains(&(who, *channel)));
                    match open {
                        Some(channel) => self.show(e, p, channel),
                        None => {
                            own.begin();
                            own.go_quiet(last);
                        }
                    }
                }
                (None, Loud::Page | Loud::Night) if own.shown => louder.push(p),
                _ => {}
            }
        }
        self.stage_has_its_time(e, waited);
        if louder.is_empty() {
            return;
        }
        if self.engagements[e].state == State::Resting {
            self.engagements[e].people.iter_mut().for_each(|(_, own)| own.shown = false);
            return self.start_stage(e, 0, 0);
        }
        for p in louder {
            self.call(e, p);
        }
    }
}
