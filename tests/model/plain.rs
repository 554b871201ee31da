//! The rules of ENGAGEMENT.md once more, slow and plain: a minute after the other, everything counts down, and what stands at nothing
//! happens. Knows neither deadlines nor instants, and calls nothing of the engine.
//!
//! It covers rules 1 to 5, 7 to 9, 12 to 15, 17 (stop), 18, 20, 21 and 23 (what is live).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::world::{Deed, Loud, World, ZED};

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
pub(super) const PAGES: u32 = 30;
/// The last stage lasts at least so long after the last own stage of its contacts.
pub(super) const REST: i64 = 5;
/// Acknowledgements lapse so long after the question.
const LAPSE: i64 = 10;

pub struct Model<'w> {
    pub(super) world: &'w World,
    pub(super) now: i64,
    pub(super) impact: u8,
    pub(super) recovered: bool,
    pub(super) held: bool,
    pub(super) engagements: Vec<Engagement>,
    pub(super) muted: BTreeSet<(usize, usize)>,
    pub(super) broken: BTreeSet<(usize, usize)>,
    pub(super) gone: BTreeSet<usize>,
    /// When whoever acknowledged was last heard of, and when they were asked.
    pub(super) signs: BTreeMap<usize, (i64, Option<i64>)>,
    /// What this turn asks, in order.
    pub(super) asks: Vec<Ask>,
    /// About which engagements the latest page through a channel is.
    pub(super) open: BTreeMap<(usize, usize), BTreeSet<usize>>,
    pub(super) said: BTreeSet<Said>,
}

#[derive(Debug, Clone)]
pub(super) struct Engagement {
    pub(super) state: State,
    pub(super) people: Vec<(usize, Own)>,
    pub(super) acked_by: Option<usize>,
    pub(super) stopped: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    Stage { run: u32, stage: usize, left: i64, waited: bool, named: Vec<Named> },
    Exhausted { left: i64 },
    Resting,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) who: usize,
    pub(super) essential: bool,
    pub(super) passed: bool,
}

/// A contact's own plan.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    pub(super) essential: bool,
    pub(super) begun: bool,
    pub(super) stage: usize,
    /// Minutes since that stage began.
    pub(super) age: i64,
    pub(super) series: BTreeMap<usize, Series>,
    pub(super) acked: bool,
    pub(super) gone: bool,
    /// Nothing of it counts down: it is their night.
    pub(super) asleep: Option<Wanted>,
    /// For how many minutes.
    pub(super) asleep_for: i64,
    pub(super) shown: bool,
}

/// What a stage wants of somebody who sleeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wanted {
    Nothing,
    Start,
    Again,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Series {
    pub(super) every: Option<i64>,
    pub(super) left: Option<i64>,
    pub(super) pages: u32,
    pub(super) failed: bool,
}

pub(super) struct Ask {
    pub(super) who: usize,
    pub(super) channel: usize,
    pub(super) quiet: bool,
    pub(super) about: BTreeSet<usize>,
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
        // Who had answered for themselves may answer for the plan by the stage that begins now.
        self.settle();
        self.watch();
        self.settle();
    }

    pub(super) fn count_down(&mut self, e: usize) {
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

    pub(super) fn runs(&self, e: usize) -> bool {
        self.engagements[e].acked_by.is_none() && !self.engagements[e].stopped
    }

    pub(super) fn acknowledge(&mut self, who: usize) {
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

    pub(super) fn take(&mut self) {
        for e in 0..self.engagements.len() {
            if self.runs(e) {
                self.engagements[e].acked_by = Some(ZED);
                self.heard(ZED);
            }
        }
    }

    /// They have acknowledged just now.
    pub(super) fn heard(&mut self, who: usize) {
        self.signs.insert(who, (self.now, None));
    }

    pub(super) fn sign(&mut self, who: usize) {
        if let Some(known) = self.signs.get_mut(&who) {
            *known = (self.now, None);
        }
    }

    /// Rule 18.
    pub(super) fn watch(&mut self) {
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

    pub(super) fn lapse(&mut self, who: usize) {
        for e in 0..self.engagements.len() {
            if self.engagements[e].acked_by == Some(who) {
                self.engagements[e].acked_by = None;
                self.engagements[e].people.clear();
                self.start_stage(e, 0, 0);
            }
        }
    }

    /// Everything that is due happens, and what follows from it at once.
    pub(super) fn settle(&mut self) {
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
    pub(super) fn merged(&mut self) -> VecDeque<Ask> {
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

    pub(super) fn deliver(&mut self, ask: &Ask) -> bool {
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

    pub(super) fn fail(&mut self, e: usize, who: usize, channel: usize, quiet: bool) {
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

    pub(super) fn loud(&self, who: usize) -> Loud {
        self.world.loud(who, self.impact, self.now)
    }

    pub(super) fn settle_one(&mut self, e: usize) {
        if !self.runs(e) {
            return;
        }
        self.follow_loudness(e);
        while self.runs(e) && self.step(e) {}
    }

    /// One thing that is due; false: nothing is.
    pub(super) fn step(&mut self, e: usize) -> bool {
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
}

impl Own {
    pub(super) fn begin(&mut self) {
        let Own { essential, gone, .. } = *self;
        *self = Own { essential, gone, begun: true, ..Own::default() };
    }

    pub(super) fn go_quiet(&mut self, last: usize) {
        (self.asleep, self.shown, self.stage, self.age) = (None, true, last, 0);
        self.series.values_mut().for_each(|series| series.left = None);
    }
}
