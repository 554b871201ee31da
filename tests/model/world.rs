//! Random worlds: who there is, what is planned, and what happens on one day. Both the model and the engine are told the same.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Contacts that plans name; [`ZED`] is one whom none names.
pub const CONTACTS: usize = 5;
pub const ZED: usize = CONTACTS;
/// Names of the contact channels; the first is a mention, the second a direct message, the third goes past Discord.
pub const CHANNELS: [&str; 3] = ["here", "dm", "phone"];
const SCHEDULES: usize = 2;
/// How long a world is looked at, in minutes.
pub const MINUTES: i64 = 16 * 60;
const DAY: i64 = 24 * 60;
/// A summer's day, a winter's, and evenings before the clocks change, somewhere.
const STARTS: [&str; 5] = [
    "2026-01-05T10:00:00Z",
    "2026-06-10T20:30:00Z",
    "2026-03-28T20:00:00Z",
    "2026-10-24T21:00:00Z",
    "2026-11-01T01:00:00Z",
];
const ZONES: [Tz; 4] = [Tz::Europe__Dublin, Tz::America__New_York, Tz::Asia__Tokyo, Tz::Australia__Lord_Howe];

#[derive(Debug)]
pub struct World {
    pub start: DateTime<Utc>,
    pub impact: u8,
    pub contacts: Vec<Contact>,
    pub schedules: Vec<Schedule>,
    pub plans: Vec<Plan>,
    /// Of the response plan, in minutes; `Some(None)`: off.
    pub ack_timeout: Option<Option<i64>>,
    pub gone: BTreeSet<usize>,
    pub broken: BTreeSet<(usize, usize)>,
    pub deeds: Vec<(i64, Deed)>,
}

#[derive(Debug)]
pub struct Contact {
    pub stages: Vec<OwnStage>,
    pub zone: Tz,
    /// By impact, from 1.
    pub loudness: Vec<Loudness>,
}

#[derive(Debug, Clone)]
pub struct OwnStage {
    pub minutes: i64,
    pub channels: Vec<(usize, Option<i64>)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loudness {
    Page,
    /// Until this hour.
    Hold(u32),
    Channel,
}

/// How loud somebody may be paged at some minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loud {
    Page,
    Night,
    Show,
}

/// Whoever of `members` has the day, from the day before the start on; and overrides.
#[derive(Debug)]
pub struct Schedule {
    pub members: Vec<usize>,
    pub overrides: Vec<(i64, i64, Vec<usize>)>,
}

#[derive(Debug)]
pub struct Plan {
    /// How it is engaged: an escalation plan, or one contact or schedule by name.
    pub direct: Option<Target>,
    pub stages: Vec<Stage>,
    pub repeat: u32,
}

#[derive(Debug)]
pub struct Stage {
    pub minutes: i64,
    pub targets: Vec<(Target, bool)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    Contact(usize),
    Schedule(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    Ack {
        who: usize,
    },
    /// Zed takes everything.
    Take,
    Write {
        who: usize,
    },
    /// By Zed, as what follows.
    Stop {
        engagement: usize,
    },
    Impact {
        impact: u8,
    },
    Mute {
        who: usize,
        channel: usize,
    },
    Unmute {
        who: usize,
        channel: usize,
    },
    Break {
        who: usize,
        channel: usize,
    },
    /// All alerts recover; they fire again.
    Recover,
    Fire,
}

impl Deed {
    /// Who shows a sign of life by it.
    pub fn by(&self) -> Option<usize> {
        match self {
            Deed::Ack { who } | Deed::Write { who } => Some(*who),
            Deed::Take | Deed::Stop { .. } | Deed::Impact { .. } => Some(ZED),
            _ => None,
        }
    }
}

impl World {
    pub fn random(seed: u64) -> World {
        let mut rng = StdRng::seed_from_u64(seed);
        let rng = &mut rng;
        let start = STARTS.choose(rng).expect("a start").parse().expect("an instant");
        let mut contacts: Vec<Contact> = (0..CONTACTS).map(|_| Contact::random(rng)).collect();
        let only = OwnStage { minutes: 0, channels: vec![(0, None)] };
        contacts.push(Contact { stages: vec![only], zone: Tz::UTC, loudness: vec![Loudness::Page; 5] });
        let gone: BTreeSet<usize> = (0..CONTACTS).filter(|_| rng.random_bool(0.08)).collect();
        let mut broken: BTreeSet<(usize, usize)> = BTreeSet::new();
        for who in 0..CONTACTS {
            let lost = (0..CHANNELS.len()).filter(|_| gone.contains(&who) || rng.random_bool(0.12));
            broken.extend(lost.map(|channel| (who, channel)));
        }
        let plans: Vec<Plan> = (0..rng.random_range(1..=2)).map(|_| Plan::random(rng)).collect();
        World {
            start,
            impact: rng.random_range(1..=4),
            contacts,
            schedules: (0..SCHEDULES).map(|_| Schedule::random(rng)).collect(),
            ack_timeout: *[None, Some(None), Some(Some(20)), Some(Some(75))].choose(rng).expect("a timeout"),
            gone,
            broken,
            deeds: deeds(rng, plans.len()),
            plans,
        }
    }

    /// How loud somebody may be paged: what the clock on their wall shows decides.
    pub fn loud(&self, who: usize, impact: u8, minute: i64) -> Loud {
        let contact = &self.contacts[who];
        let shown = (self.start + TimeDelta::minutes(minute)).with_timezone(&contact.zone).time();
        match contact.loudness[usize::from(impact) - 1] {
            Loudness::Page => Loud::Page,
            Loudness::Channel => Loud::Show,
            Loudness::Hold(until) if shown.hour() >= 22 || shown.hour() < until => Loud::Night,
            Loudness::Hold(_) => Loud::Page,
        }
    }

    pub fn on_call(&self, schedule: usize, minute: i64) -> Vec<usize> {
        let schedule = &self.schedules[schedule];
        let newest = schedule.overrides.iter().rev().find(|(from, until, _)| *from <= minute && minute < *until);
        if let Some((_, _, who)) = newest {
            return who.clone();
        }
        let day = (self.start + TimeDelta::minutes(minute)).date_naive() - self.first_day();
        let day = usize::try_from(day.num_days()).expect("a day after the first");
        schedule.members.get(day % schedule.members.len().max(1)).copied().into_iter().collect()
    }

    /// When rotations begin.
    pub fn first_day(&self) -> chrono::NaiveDate {
        self.start.date_naive() - TimeDelta::days(1)
    }
}

impl Contact {
    fn random(rng: &mut StdRng) -> Contact {
        let every = [None, None, Some(1), Some(3), Some(20)];
        let mut stage = |used: bool| {
            let minutes = *[0, 1, 2, 5, 10].choose(rng).expect("minutes");
            let channels = (0..CHANNELS.len()).filter(|_| rng.random_bool(0.4)).collect::<Vec<_>>();
            let channels =
                if channels.is_empty() && used { vec![rng.random_range(0..CHANNELS.len())] } else { channels };
            let channels = channels.into_iter().map(|channel| (channel, *every.choose(rng).expect("a rhythm")));
            OwnStage { minutes, channels: channels.collect() }
        };
        let first = stage(true);
        let stages = std::iter::once(first).chain((0..2).map(|_| stage(false))).collect::<Vec<_>>();
        let stages = stages.into_iter().take(rng.random_range(1..=3)).collect();
        let loudness = if rng.random_bool(0.5) { [0; 4] } else { [0, 1, 1, 2] };
        let hour = *[7, 9].choose(rng).expect("an hour");
        let loud = |kind: i32| match kind {
            0 => Loudness::Page,
            1 => Loudness::Hold(hour),
            _ => Loudness::Channel,
        };
        let mut levels: Vec<i32> = (0..5).map(|_| *loudness.choose(rng).expect("a loudness")).collect();
        levels.sort_unstable();
        let zone = *ZONES.choose(rng).expect("a zone");
        Contact { stages, zone, loudness: levels.into_iter().map(loud).collect() }
    }
}

impl Schedule {
    fn random(rng: &mut StdRng) -> Schedule {
        let members = (0..rng.random_range(1..=3)).map(|_| rng.random_range(0..CONTACTS)).collect();
        let mut overrides = Vec::new();
        for _ in 0..rng.random_range(0..=2) {
            let from = rng.random_range(-60..MINUTES);
            let who: BTreeSet<usize> = (0..rng.random_range(0..=2)).map(|_| rng.random_range(0..CONTACTS)).collect();
            overrides.push((from, from + rng.random_range(5..DAY), who.into_iter().collect()));
        }
        Schedule { members, overrides }
    }
}

impl Target {
    fn random(rng: &mut StdRng) -> Target {
        match rng.random_bool(0.7) {
            true => Target::Contact(rng.random_range(0..CONTACTS)),
            false => Target::Schedule(rng.random_range(0..SCHEDULES)),
        }
    }
}

impl Plan {
    fn random(rng: &mut StdRng) -> Plan {
        if rng.random_bool(0.15) {
            let target = Target::random(rng);
            let stages = vec![Stage { minutes: 0, targets: vec![(target, true)] }];
            return Plan { direct: Some(target), stages, repeat: 0 };
        }
        let stage = |rng: &mut StdRng| {
            let mut targets: Vec<(Target, bool)> = Vec::new();
            for _ in 0..rng.random_range(0..=3) {
                let target = Target::random(rng);
                if targets.iter().all(|(known, _)| *known != target) {
                    targets.push((target, rng.random_bool(0.7)));
                }
            }
            let minutes = *[0, 1, 5, 10, 15].choose(rng).expect("minutes");
            Stage { minutes: if targets.is_empty() { minutes.max(1) } else { minutes }, targets }
        };
        let stages = (0..rng.random_range(1..=4)).map(|_| stage(rng)).collect();
        Plan { direct: None, stages, repeat: rng.random_range(0..=2) }
    }
}

fn deeds(rng: &mut StdRng, plans: usize) -> Vec<(i64, Deed)> {
    let mut deeds = Vec::new();
    for _ in 0..rng.random_range(2..12) {
        // Most happens in the first hours, while something still runs.
        let until = if rng.random_bool(0.7) { 90 } else { MINUTES };
        let minute = rng.random_range(0..until);
        let (who, channel) = (rng.random_range(0..CONTACTS), rng.random_range(0..CHANNELS.len()));
        let deed = match rng.random_range(0..20) {
            0..=4 => Deed::Ack { who },
            5 => Deed::Take,
            6..=7 => Deed::Write { who },
            8 => Deed::Stop { engagement: rng.random_range(0..plans) },
            9..=12 => Deed::Impact { impact: rng.random_range(1..=5) },
            13 => Deed::Mute { who, channel },
            14 => Deed::Unmute { who, channel },
            15 => Deed::Break { who, channel },
            16..=17 => Deed::Recover,
            _ => Deed::Fire,
        };
        deeds.push((minute, deed));
    }
    deeds.sort_by_key(|(minute, _)| *minute);
    deeds
}
