//! What an answer makes: definitions that are added, or settings with one more field. What somebody wrote by hand is never
//! replaced; what cannot be made is a [`Note`] for the person.

use chrono::{NaiveDateTime, Timelike, Weekday};
use chrono_tz::Tz;

use super::handle::unique;
use super::{Step, plan};
use crate::domain::contact::{
    ChannelTarget, Contact, ContactChannel, ContactStage, DISPLAY_NAME_MAX, Day, Way, WeekdayTime,
};
use crate::domain::definition::{Kind, SETTINGS_NAME, Set, Spec};
use crate::domain::id::{ChannelId, GuildId, RoleId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::schedule::{Gaps, HandOff, MEMBERS_MAX, Rotation, Schedule, WeeklyHandOff};
use crate::domain::settings::{Fallback, Settings};
use crate::domain::span::{Span, TimeOfDay};
use crate::domain::survey::{Ability, Survey};
use crate::domain::text::one_line;

/// A page is repeated this often until somebody answers.
const RETRY: Span = Span::mins(2);
/// The names of a contact's two ways.
const HERE: &str = "here";
const DM: &str = "dm";
/// What the schedule is named and called, where the name is free; and its rotation.
const SCHEDULE: &str = "on-call";
const SCHEDULE_TITLE: &str = "On call";
const WEEKLY: &str = "weekly";

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    Responders(Vec<RoleId>),
    Managers(Vec<RoleId>),
    Fallback(RoleId),
    Category(ChannelId),
    Archive(ChannelId),
    Announce(Vec<ChannelId>),
    Zone(Tz),
    People(Vec<Chosen>),
    /// Who takes turns, in this order; none named: every contact.
    Turns {
        people: Vec<Chosen>,
        at: Handover,
    },
    /// The plan that is proposed.
    Plan,
    /// A plan that is there becomes the default.
    DefaultPlan(Name),
}

/// A member who was chosen, as Discord shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub user: UserId,
    pub name: String,
    pub bot: bool,
}

/// When one week ends and the next begins: the hour of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handover {
    pub day: Weekday,
    /// 0 to 23.
    pub hour: u32,
}

impl Default for Handover {
    fn default() -> Handover {
        Handover { day: Weekday::Mon, hour: 9 }
    }
}

impl Handover {
    fn weekly(self) -> WeekdayTime {
        let at = TimeOfDay::new(self.hour, 0).or(TimeOfDay::new(0, 0)).expect("midnight is a time of day");
        WeekdayTime { day: Day(self.day), at }
    }
}

/// What an answer came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Made {
    /// To be put in force, each whole.
    pub definitions: Vec<(Name, Spec)>,
    /// New contacts, who get a test page at once.
    pub contacts: Vec<Name>,
    pub notes: Vec<Note>,
}

/// What the person should know about their answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Bots cannot be paged.
    Bots(Vec<String>),
    /// They were contacts before.
    Known(Vec<String>),
    /// @everyone was chosen as a role.
    Everyone,
    /// More people than one rotation takes; these were left out.
    TooMany(Vec<String>),
    /// Nobody can take turns alone.
    Alone,
    /// There is a schedule that this did not make.
    ScheduleByHand(Name),
    /// There is a plan that this did not make.
    PlanByHand(Name),
    NoPeople,
    /// A drill needs a default plan.
    NoPlan,
    NoSuchPlan(Name),
    NoSuchZone {
        said: String,
        like: Option<Tz>,
    },
    NothingChosen,
    /// No test page was sent to them: they muted all that could be tested.
    Muted(Vec<String>),
    /// A mention of this role would notify nobody.
    Silent(RoleId),
    /// What the bot may not do in a channel it was given.
    Lacking {
        channel: ChannelId,
        abilities: Vec<Ability>,
    },
    /// The definitions refuse it: what is wrong, and what would be right.
    Wrong(String),
}

impl Choice {
    /// The question that it answers.
    pub fn step(&self) -> Step {
        match self {
            Choice::Responders(_) => Step::Responders,
            Choice::Managers(_) => Step::Managers,
            Choice::Fallback(_) => Step::Fallback,
            Choice::Category(_) => Step::Category,
            Choice::Archive(_) => Step::Archive,
            Choice::Announce(_) => Step::Announce,
            Choice::Zone(_) => Step::Zone,
            Choice::People(_) => Step::People,
            Choice::Turns { .. } => Step::Turns,
            Choice::Plan | Choice::DefaultPlan(_) => Step::Plan,
        }
    }
}

impl Made {
    /// Nothing came of the answer: the question stays.
    pub fn refused(&self) -> bool {
        self.definitions.is_empty() && self.notes.iter().any(|note| !matches!(note, Note::Known(_)))
    }
}

/// What the guild says about an answer: it counts all the same, and may not work.
pub fn remarks(choice: &Choice, survey: &Survey) -> Vec<Note> {
    let lacking = |id: &ChannelId, needed: &[Ability]| {
        let abilities = survey.channel(*id)?.abilities.lacking(needed);
        (!abilities.is_empty()).then_some(Note::Lacking { channel: *id, abilities })
    };
    match choice {
        Choice::Fallback(role) => {
            let silent = survey.role(*role).is_some_and(|role| !role.mentionable);
            silent.then_some(Note::Silent(*role)).into_iter().collect()
        }
        Choice::Category(id) | Choice::Archive(id) => {
            lacking(id, &[Ability::See, Ability::ManageChannels, Ability::ManageRoles]).into_iter().collect()
        }
        Choice::Announce(ids) => ids.iter().filter_map(|id| lacking(id, &[Ability::See, Ability::Send])).collect(),
        _ => Vec::new(),
    }
}

/// What an answer makes of what is in force.
pub fn make(set: &Set, guild: GuildId, choice: &Choice, now: Timestamp) -> Made {
    let mut made = Made::default();
    let was = set.settings();
    match choice {
        Choice::Responders(roles) => {
            let responder = made.roles(guild, roles);
            made.change(&was, |settings| settings.roles.responder = responder.unwrap_or(was.roles.responder.clone()));
        }
        Choice::Managers(roles) => {
            let manager = made.roles(guild, roles);
            made.change(&was, |settings| settings.roles.manager = manager.unwrap_or(was.roles.manager.clone()));
        }
        Choice::Fallback(role) => {
            let chosen = made.roles(guild, &[*role]).and_then(|roles| roles.into_iter().next());
            made.change(&was, |settings| settings.fallback = chosen.map(Fallback::Role).or(was.fallback.clone()));
        }
        Choice::Category(id) => made.change(&was, |settings| settings.incident_category = Some(Ref::Id(*id))),
        Choice::Archive(id) => made.change(&was, |settings| settings.archive_category = Some(Ref::Id(*id))),
        Choice::Announce(ids) => made.change(&was, |settings| {
            settings.announce = ids.iter().copied().map(Ref::Id).collect();
        }),
        Choice::Zone(zone) => made.change(&was, |settings| settings.time_zone = *zone),
        Choice::People(people) => {
            made.people(set, people);
        }
        Choice::Turns { people, at } => made.turns(set, people, *at, now),
        Choice::Plan => made.plan(set),
        Choice::DefaultPlan(name) if set.response_plan(name).is_none() => {
            made.notes.push(Note::NoSuchPlan(name.clone()));
        }
        Choice::DefaultPlan(name) => made.change(&was, |settings| settings.default_plan = Some(name.clone())),
    }
    made
}

/// The schedule of weekly turns that the path made, if it is still as the path makes them: then it may be made anew.
pub fn turns(set: &Set) -> Option<(&Name, &Rotation)> {
    set.schedules().find_map(|(name, schedule)| {
        let [rotation] = schedule.rotations.as_slice() else { return None };
        let plain = weekly(rotation.clone());
        (*schedule == plain && simple(rotation)).then_some((name, rotation))
    })
}

/// Who would take turns, in order: those who do, then whoever has come since.
pub fn takers(set: &Set) -> Vec<Name> {
    let mut names = turns(set).map(|(_, rotation)| rotation.contacts.clone()).unwrap_or_default();
    let others = set.contacts().map(|(name, _)| name).filter(|name| !names.contains(*name));
    let others: Vec<Name> = others.cloned().collect();
    names.extend(others);
    names
}

/// When the week changes hands: as it is, else on Monday morning.
pub fn handover(set: &Set) -> Handover {
    let hand_off = turns(set).map(|(_, rotation)| &rotation.hand_off);
    match hand_off {
        Some(HandOff::Weekly(days)) => {
            days.first().map(|weekly| Handover { day: weekly.day.0, hour: weekly.at.time().hour() })
        }
        _ => None,
    }
    .unwrap_or_default()
}

/// A rotation that says nothing but who and when.
fn simple(rotation: &Rotation) -> bool {
    let one_hand_off =
        matches!(&rotation.hand_off, HandOff::Weekly(days) if days.len() == 1 && days[0].at.time().minute() == 0);
    rotation.name == WEEKLY
        && rotation.on_call == 1
        && rotation.every == 1
        && rotation.coverage.is_none()
        && one_hand_off
}

fn weekly(rotation: Rotation) -> Schedule {
    Schedule {
        display_name: Some(SCHEDULE_TITLE.to_owned()),
        discord_role: None,
        announce: None,
        gaps: Gaps::Warn,
        rotations: vec![rotation],
    }
}

impl Made {
    /// The roles that were chosen. @everyone is not one: nobody is said to have it. None: nothing is left.
    fn roles(&mut self, guild: GuildId, chosen: &[RoleId]) -> Option<Vec<Ref<RoleId>>> {
        let roles: Vec<_> = chosen.iter().filter(|role| role.0 != guild.0).copied().map(Ref::Id).collect();
        if roles.len() < chosen.len() {
            self.notes.push(Note::Everyone);
        } else if roles.is_empty() {
            self.notes.push(Note::NothingChosen);
        }
        (!roles.is_empty()).then_some(roles)
    }

    pub(super) fn change(&mut self, was: &Settings, change: impl FnOnce(&mut Settings)) {
        let mut settings = was.clone();
        change(&mut settings);
        if settings != *was {
            self.definitions.push((Name::parse(SETTINGS_NAME).expect("a name of ours"), settings.into()));
        }
    }

    /// Everybody who was chosen and is a person, as contacts, in the order chosen; gives their names.
    fn people(&mut self, set: &Set, chosen: &[Chosen]) -> Vec<Name> {
        let (bots, people): (Vec<&Chosen>, Vec<&Chosen>) = chosen.iter().partition(|one| one.bot);
        let mut grown = set.clone();
        let (mut names, mut known) = (Vec::new(), Vec::new());
        for person in people {
            let there = grown.contacts().find(|(_, contact)| contact.user() == Some(person.user));
            if let Some((name, contact)) = there {
                names.push(name.clone());
                known.push(contact.display_name.clone());
                continue;
            }
            let name = unique(&grown, Kind::Contact, &person.name);
            let spec = Spec::Contact(contact(person, &name));
            grown.insert(name.clone(), spec.clone());
            self.definitions.push((name.clone(), spec));
            self.contacts.push(name.clone());
            names.push(name);
        }
        if !bots.is_empty() {
            self.notes.push(Note::Bots(bots.into_iter().map(|bot| bot.name.clone()).collect()));
        }
        if !known.is_empty() {
            self.notes.push(Note::Known(known));
        }
        names
    }

    fn turns(&mut self, set: &Set, chosen: &[Chosen], at: Handover, now: Timestamp) {
        let own = turns(set).map(|(name, _)| name.clone());
        if let (None, Some((name, _))) = (&own, set.schedules().next()) {
            self.notes.push(Note::ScheduleByHand(name.clone()));
            return;
        }
        let mut members = match chosen {
            [] => takers(set),
            chosen => self.people(set, chosen),
        };
        self.notes.retain(|note| !matches!(note, Note::Known(_)));
        if members.len() < 2 {
            self.notes.push(Note::Alone);
            return;
        }
        if members.len() > MEMBERS_MAX {
            let left_out = members.split_off(MEMBERS_MAX);
            self.notes.push(Note::TooMany(left_out.iter().map(Name::to_string).collect()));
        }
        let zone = set.settings().time_zone;
        let name = own.unwrap_or_else(|| unique(set, Kind::Schedule, SCHEDULE));
        self.definitions.push((name, weekly(rotation(members, zone, at, now)).into()));
    }

    fn plan(&mut self, set: &Set) {
        match plan::propose(set) {
            None => self.notes.push(Note::NoPeople),
            Some(plan::Proposal { news: plan::News::ByHand, .. }) => {
                let name = set.settings().default_plan;
                self.notes.extend(name.map(Note::PlanByHand));
            }
            Some(_) => plan::make(set, self),
        }
    }
}

/// From now on, so that somebody is on call at once; the first hand-off is the first of its day and hour.
fn rotation(contacts: Vec<Name>, zone: Tz, at: Handover, now: Timestamp) -> Rotation {
    let WeekdayTime { day, at } = at.weekly();
    Rotation {
        name: WEEKLY.to_owned(),
        start: minute(now.with_timezone(&zone).naive_local()),
        time_zone: zone,
        contacts,
        on_call: 1,
        every: 1,
        hand_off: HandOff::Weekly(vec![WeeklyHandOff { day, at }]),
        coverage: None,
    }
}

/// Definitions know no seconds.
fn minute(time: NaiveDateTime) -> NaiveDateTime {
    time.with_second(0).and_then(|time| time.with_nanosecond(0)).unwrap_or(time)
}

/// Paged in the incident's channel and by direct message at once, again and again until they answer.
fn contact(person: &Chosen, name: &Name) -> Contact {
    let shown = one_line(&person.name, DISPLAY_NAME_MAX);
    let channel = |name: &str, way: Way| ContactChannel {
        name: name.to_owned(),
        way,
        preset: None,
        url_env: None,
        secret_env: None,
        address: None,
    };
    let target = |channel: &str| ChannelTarget { channel: channel.to_owned(), retry_every: Some(RETRY) };
    Contact {
        display_name: if shown.is_empty() { name.to_string() } else { shown },
        discord_user: Ref::Id(person.user),
        time_zone: None,
        channels: vec![channel(HERE, Way::Mention), channel(DM, Way::Dm)],
        stages: vec![ContactStage { duration: Span::ZERO, targets: vec![target(HERE), target(DM)] }],
        loudness: Default::default(),
    }
}
