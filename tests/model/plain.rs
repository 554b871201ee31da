//! The rules of ENGAGEMENT.md once more, slow and plain: a minute after the other, everything counts down, and what stands at nothing
//! happens. Knows neither deadlines nor instants, and calls nothing of the engine.
//!
//! It covers rules 1 to 5, 7 to 9, 12 to 15, 17 (stop), 18, 20, 21 and 23 (what is live).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::world::{Deed, Loud, Target, World, ZED};

/// What people got to see at one minute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    Page {
        who: usize,
        channel: usize,
    },
    /// Without a ping.
    Shown {
        who: usize,
    },
    Fallback {
        engagement: usize,
    },
    StillOnIt {
        who: usize,
    },
}

/// The fallback is called this often, in minutes: what the settings say where they say nothing.
const FALLBACK_EVERY: i64 = 15;
/// Most pages of one series.
const PAGES: u32 = 30;
/// The last stage lasts at least so long after the last own stage of its contacts.
const REST: i64 = 5;
/// Acknowledgements lapse so long after the question.
const LAPSE: i64 = 10;

pub struct Model<'w> {
    world: &'w World,
    now: i64,
    impact: u8,
    recovered: bool,
    held: bool,
    engagements: Vec<Engagement>,
    muted: BTreeSet<(usize, usize)>,
    broken: BTreeSet<(usize, usize)>,
    gone: BTreeSet<usize>,
    /// When whoever acknowledged was last heard of, and when they were asked.
    signs: BTreeMap<usize, (i64, Option<i64>)>,
    /// What this turn asks, in order.
    asks: Vec<Ask>,
    /// About which engagements the latest page through a channel is.
    open: BTreeMap<(usize, usize), BTreeSet<usize>>,
    said: BTreeSet<Said>,
}

#[derive(Debug, Clone)]
struct Engagement {
    state: State,
    people: Vec<(usize, Own)>,
    acked_by: Option<usize>,
    stopped: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Stage { run: u32, stage: usize, left: i64, waited: bool, named: Vec<Named> },
    Exhausted { left: i64 },
    Resting,
}

#[derive(Debug, Clone, PartialEq)]
struct Named {
    who: usize,
    essential: bool,
    passed: bool,
}

/// A contact's own plan.
#[derive(Debug, Clone, Default)]
struct Own {
    essential: bool,
    begun: bool,
    stage: usize,
    /// Minutes since that stage began.
    age: i64,
    series: BTreeMap<usize, Series>,
    acked: bool,
    gone: bool,
    /// Nothing of it counts down: it is their night.
    asleep: Option<Wanted>,
    /// For how many minutes.
    asleep_for: i64,
    shown: bool,
}

/// What a stage wants of somebody who sleeps.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    Nothing,
    Start,
    Again,
}

#[derive(Debug, Clone, Default)]
struct Series {
    every: Option<i64>,
    left: Option<i64>,
    pages: u32,
    failed: bool,
}

struct Ask {
    who: usize,
    channel: usize,
    quiet: bool,
    about: BTreeSet<usize>,
}

impl<'w> Model<'w> {
    pub fn open(world: &'w World) -> Model<'w> {
        let blank = || Engagement { state: State::Resting, people: Vec::new(), acked_by: None, stopped: false };
        let mut model = Model {
            world,
            now: 0,
            impact: world.impact,
            recovered: false,
            held: false,
            engagements: world.plans.iter().map(|_| blank()).collect(),
            muted: BTreeSet::new(),
            broken: world.broken.clone(),
            gone: world.gone.clone(),
            signs: BTreeMap::new(),
            asks: Vec::new(),
            open: BTreeMap::new(),
            said: BTreeSet::new(),
        };
        for e in 0..model.engagements.len() {
            model.start_stage(e, 0, 0);
        }
        model.settle();
        model
    }

    pub fn said(&mut self) -> BTreeSet<Said> {
        std::mem::take(&mut self.said)
    }

    /// A minute passes.
    pub fn minute(&mut self) {
        self.now += 1;
        if !self.held {
            for e in 0..self.engagements.len() {
                self.count_down(e);
            }
        }
        self.watch();
        self.settle();
    }

    fn count_down(&mut self, e: usize) {
        let waits = self.all_asleep(e);
        let engagement = &mut self.engagements[e];
        match &mut engagement.state {
            State::Stage { waited, .. } if waits => *waited = true,
            State::Stage { left, .. } | State::Exhausted { left } => *left -= 1,
            State::Resting => {}
        }
        for (_, own) in &mut engagement.people {
            own.asleep_for += 1;
            if own.asleep.is_some() {
                continue;
            }
            own.age += 1;
            for series in own.series.values_mut() {
                series.left = series.left.map(|left| left - 1);
            }
        }
    }

    /// Somebody does something, after everything of this minute has happened.
    pub fn deed(&mut self, deed: &Deed) {
        if let Some(who) = deed.by() {
            self.sign(who);
        }
        match deed {
            Deed::Ack { who } => self.acknowledge(*who),
            Deed::Take => self.take(),
            Deed::Write { .. } => {}
            Deed::Stop { engagement } => self.engagements[*engagement].stopped |= self.runs(*engagement),
            Deed::Impact { impact } => self.impact = *impact,
            Deed::Mute { who, channel } => drop(self.muted.insert((*who, *channel))),
            Deed::Unmute { who, channel } => drop(self.muted.remove(&(*who, *channel))),
            Deed::Break { who, channel } => drop(self.broken.insert((*who, *channel))),
            Deed::Recover => {
                self.recovered = true;
                self.held |= (0..self.engagements.len()).any(|e| self.runs(e));
            }
            Deed::Fire => (self.recovered, self.held) = (false, false),
        }
        self.watch();
        self.settle();
    }

    fn runs(&self, e: usize) -> bool {
        self.engagements[e].acked_by.is_none() && !self.engagements[e].stopped
    }

    fn acknowledge(&mut self, who: usize) {
        let (mut stopped, mut own) = (BTreeSet::new(), BTreeSet::new());
        for e in 0..self.engagements.len() {
            let Some((_, theirs)) = self.engagements[e].people.iter().find(|(known, _)| *known == who) else {
                continue;
            };
            match (self.runs(e), theirs.essential, theirs.acked) {
                (true, true, _) => stopped.insert(e),
                (true, false, false) => own.insert(e),
                _ => continue,
            };
        }
        for e in &own {
            self.engagements[*e]
                .people
                .iter_mut()
                .filter(|(known, _)| *known == who)
                .for_each(|(_, own)| own.acked = true);
        }
        for e in &stopped {
            self.engagements[*e].acked_by = Some(who);
        }
        if !stopped.is_empty() || !own.is_empty() {
            self.heard(who);
        }
        let ended: BTreeSet<usize> = (0..self.engagements.len()).filter(|e| !self.runs(*e)).collect();
        self.open
            .retain(|(user, _), about| *user != who || about.iter().any(|e| !ended.contains(e) && !own.contains(e)));
    }

    fn take(&mut self) {
        for e in 0..self.engagements.len() {
            if self.runs(e) {
                self.engagements[e].acked_by = Some(ZED);
                self.heard(ZED);
            }
        }
    }

    /// They have acknowledged just now.
    fn heard(&mut self, who: usize) {
        self.signs.insert(who, (self.now, None));
    }

    fn sign(&mut self, who: usize) {
        if let Some(known) = self.signs.get_mut(&who) {
            *known = (self.now, None);
        }
    }

    /// Rule 18.
    fn watch(&mut self) {
        let timeout = match self.world.ack_timeout {
            Some(minutes) => minutes,
            None if self.impact <= 2 => Some(30),
            None => None,
        };
        let holders: BTreeSet<usize> = self.engagements.iter().filter_map(|e| e.acked_by).collect();
        for who in holders {
            let (last, asked) = self.signs.get(&who).copied().expect("whoever acknowledged was heard of");
            let next = match (timeout.filter(|_| !self.recovered), asked) {
                (None, _) => (last, None),
                (Some(_), Some(asked)) if self.now >= asked + LAPSE => {
                    self.lapse(who);
                    continue;
                }
                (Some(timeout), None) if self.now >= last + timeout => {
                    self.said.insert(Said::StillOnIt { who });
                    (last, Some(self.now))
                }
                (Some(_), asked) => (last, asked),
            };
            self.signs.insert(who, next);
        }
    }

    fn lapse(&mut self, who: usize) {
        for e in 0..self.engagements.len() {
            if self.engagements[e].acked_by == Some(who) {
                self.engagements[e].acked_by = None;
                self.engagements[e].people.clear();
                self.start_stage(e, 0, 0);
            }
        }
    }

    /// Everything that is due happens, and what follows from it at once.
    fn settle(&mut self) {
        if !self.held {
            for e in 0..self.engagements.len() {
                self.settle_one(e);
            }
        }
        let mut queue = self.merged();
        while let Some(ask) = queue.pop_front() {
            if self.deliver(&ask) {
                continue;
            }
            for e in ask.about {
                self.fail(e, ask.who, ask.channel, ask.quiet);
            }
            if !self.held {
                for e in 0..self.engagements.len() {
                    self.settle_one(e);
                }
            }
            queue.extend(self.merged());
        }
    }

    /// One page a contact and channel, mentions before the others.
    fn merged(&mut self) -> VecDeque<Ask> {
        let mut merged: Vec<Ask> = Vec::new();
        for mut ask in std::mem::take(&mut self.asks) {
            // A plan that ended in the same moment sends nothing any more.
            ask.about.retain(|e| self.runs(*e));
            if ask.about.is_empty() {
                continue;
            }
            match merged.iter_mut().find(|known| (known.who, known.channel) == (ask.who, ask.channel)) {
                Some(known) => known.about.extend(ask.about),
                None => merged.push(ask),
            }
        }
        for ask in &mut merged {
            let before = self.open.get(&(ask.who, ask.channel)).cloned().unwrap_or_default();
            let before: Vec<usize> = before.into_iter().filter(|e| self.runs(*e)).collect();
            ask.about.extend(before);
            self.open.insert((ask.who, ask.channel), ask.about.clone());
        }
        let (mentions, others): (Vec<Ask>, Vec<Ask>) =
            merged.into_iter().partition(|ask| ask.quiet || ask.channel == 0);
        mentions.into_iter().chain(others).collect()
    }

    fn deliver(&mut self, ask: &Ask) -> bool {
        if self.broken.contains(&(ask.who, ask.channel)) {
            self.open.remove(&(ask.who, ask.channel));
            return false;
        }
        self.said.insert(match ask.quiet {
            true => Said::Shown { who: ask.who },
            false => Said::Page { who: ask.who, channel: ask.channel },
        });
        true
    }

    fn fail(&mut self, e: usize, who: usize, channel: usize, quiet: bool) {
        let stages = &self.world.contacts[who].stages;
        let all: Vec<usize> =
            stages.iter().flat_map(|stage| stage.channels.iter().map(|(channel, _)| *channel)).collect();
        let channels = if quiet { all } else { vec![channel] };
        let Some((_, own)) = self.engagements[e].people.iter_mut().find(|(known, _)| *known == who) else { return };
        for channel in channels {
            if quiet {
                own.series.entry(channel).or_default();
            }
            if let Some(series) = own.series.get_mut(&channel) {
                (series.failed, series.left) = (true, None);
            }
        }
    }

    fn loud(&self, who: usize) -> Loud {
        self.world.loud(who, self.impact, self.now)
    }

    fn settle_one(&mut self, e: usize) {
        if !self.runs(e) {
            return;
        }
        self.follow_loudness(e);
        while self.runs(e) && self.step(e) {}
    }

    /// One thing that is due; false: nothing is.
    fn step(&mut self, e: usize) -> bool {
        let count = self.engagements[e].people.len();
        if let Some(person) = (0..count).find(|p| self.own_stage_is_lost(e, *p)) {
            self.own_stage(e, person);
        } else if self.is_hopeless(e) {
            self.next_stage(e);
        } else if matches!(self.engagements[e].state, State::Exhausted { left } if left <= 0) {
            self.engagements[e].state = State::Exhausted { left: FALLBACK_EVERY };
            self.said.insert(Said::Fallback { engagement: e });
        } else if (0..count).any(|p| self.wakes(e, p)) {
            self.wake(e);
        } else if self.stage_is_over(e) {
            self.next_stage(e);
        } else if let Some((person, channel)) = (0..count).find_map(|p| self.own_due(e, p)) {
            match channel {
                None => self.own_stage(e, person),
                Some(channel) => self.repeat(e, person, channel),
            }
        } else {
            return false;
        }
        true
    }

    fn stages(&self, who: usize) -> usize {
        self.world.contacts[who].stages.len()
    }

    fn silent(own: &Own) -> bool {
        own.acked || own.gone
    }

    fn stage_lost(&self, who: usize, own: &Own, stage: usize) -> bool {
        let channels = &self.world.contacts[who].stages[stage].channels;
        !channels.is_empty() && channels.iter().all(|(channel, _)| own.series.get(channel).is_some_and(|s| s.failed))
    }

    fn own_stage_is_lost(&self, e: usize, p: usize) -> bool {
        let (who, own) = &self.engagements[e].people[p];
        let more = own.stage + 1 < self.stages(*who);
        !Self::silent(own) && own.asleep.is_none() && more && self.stage_lost(*who, own, own.stage)
    }

    fn person_lost(&self, who: usize, own: &Own) -> bool {
        let last = own.stage + 1 >= self.stages(who);
        let used = |stage: &usize| !self.world.contacts[who].stages[*stage].channels.is_empty();
        own.gone || last && (0..self.stages(who)).filter(used).all(|stage| self.stage_lost(who, own, stage))
    }

    fn own(&self, e: usize, who: usize) -> Option<&Own> {
        self.engagements[e].people.iter().find(|(known, _)| *known == who).map(|(_, own)| own)
    }

    fn is_hopeless(&self, e: usize) -> bool {
        let State::Stage { stage, named, .. } = &self.engagements[e].state else { return false };
        if self.world.plans[e].stages[*stage].targets.is_empty() {
            return false;
        }
        let essential = named.iter().any(|named| named.essential);
        let lost =
            |named: &&Named| named.passed || self.own(e, named.who).is_some_and(|own| self.person_lost(named.who, own));
        named.iter().filter(|named| named.essential || !essential).all(|named| lost(&named))
    }

    fn all_asleep(&self, e: usize) -> bool {
        let State::Stage { named, .. } = &self.engagements[e].state else { return false };
        let own =
            named.iter().filter(|named| !named.passed).filter_map(|named| Some((named.who, self.own(e, named.who)?)));
        let reachable: Vec<&Own> = own.filter(|(who, own)| !self.person_lost(*who, own)).map(|(_, own)| own).collect();
        let waits = |own: &&Own| matches!(own.asleep, Some(Wanted::Start | Wanted::Again));
        !reachable.is_empty() && reachable.iter().all(waits)
    }

    fn stage_is_over(&self, e: usize) -> bool {
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

    fn next_stage(&mut self, e: usize) {
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

    fn start_stage(&mut self, e: usize, run: u32, stage: usize) {
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
    fn name(&mut self, e: usize, named: &mut Named) {
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
    fn call(&mut self, e: usize, p: usize) {
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

    fn show(&mut self, e: usize, p: usize, channel: usize) {
        let who = self.engagements[e].people[p].0;
        let last = self.stages(who) - 1;
        let own = &mut self.engagements[e].people[p].1;
        if !own.shown {
            own.begin();
            (own.shown, own.stage) = (true, last);
            self.asks.push(Ask { who, channel, quiet: true, about: BTreeSet::from([e]) });
        }
    }

    fn page_all(&mut self, e: usize, p: usize) {
        let channels: Vec<usize> = self.engagements[e].people[p].1.series.keys().copied().collect();
        for channel in channels {
            self.page(e, p, channel);
        }
    }

    fn open_stage(&mut self, e: usize, p: usize) {
        let (who, stage) = (self.engagements[e].people[p].0, self.engagements[e].people[p].1.stage);
        for (channel, every) in self.world.contacts[who].stages[stage].channels.clone() {
            let muted = self.muted.contains(&(who, channel));
            let own = &mut self.engagements[e].people[p].1;
            let series = own.series.entry(channel).or_insert(Series { failed: muted, ..Series::default() });
            series.every = every;
            self.page(e, p, channel);
        }
    }

    fn page(&mut self, e: usize, p: usize, channel: usize) {
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
    fn own_due(&self, e: usize, p: usize) -> Option<(usize, Option<usize>)> {
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

    fn own_stage(&mut self, e: usize, p: usize) {
        if self.is_put_off(e, p) {
            return;
        }
        let own = &mut self.engagements[e].people[p].1;
        (own.stage, own.age) = (own.stage + 1, 0);
        self.open_stage(e, p);
    }

    fn repeat(&mut self, e: usize, p: usize, channel: usize) {
        if !self.is_put_off(e, p) {
            self.page(e, p, channel);
        }
    }

    fn is_put_off(&mut self, e: usize, p: usize) -> bool {
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

    fn wakes(&self, e: usize, p: usize) -> bool {
        let (who, own) = &self.engagements[e].people[p];
        own.asleep.is_some() && self.loud(*who) != Loud::Night
    }

    /// Nights are over: what waited for them is said, and a stage that waited has its time.
    fn wake(&mut self, e: usize) {
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

    fn stage_has_its_time(&mut self, e: usize, waited: bool) {
        if !waited || self.all_asleep(e) {
            return;
        }
        if let State::Stage { stage, left, .. } = &mut self.engagements[e].state {
            *left = self.world.plans[e].stages[*stage].minutes;
        }
    }

    fn follow_loudness(&mut self, e: usize) {
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

impl Own {
    fn begin(&mut self) {
        let Own { essential, gone, .. } = *self;
        *self = Own { essential, gone, begun: true, ..Own::default() };
    }

    fn go_quiet(&mut self, last: usize) {
        (self.asleep, self.shown, self.stage, self.age) = (None, true, last, 0);
        self.series.values_mut().for_each(|series| series.left = None);
    }
}
