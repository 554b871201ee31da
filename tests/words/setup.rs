//! Every screen of the guided path, as a team lead walks it on a phone; and what it says to answers that go nowhere.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::Weekday;
use chrono_tz::Tz;
use muster::app::setup::{screen as path, zone_form};
use muster::discord::draw::{modal, reply};
use muster::domain::definition::Set;
use muster::domain::id::{ChannelId, UserId};
use muster::domain::name::Name;
use muster::domain::schedule::Gaps;
use muster::domain::setup::{Choice, Chosen, Drill, Handover, Known, Note, Reached, Step, make};
use muster::domain::survey::{Abilities, Ability, Notify, Survey};
use muster::domain::timeline::Unreached;

use super::samples::{ALERTS, ANA, BEN, GUILD, LEADS, ROOM, at, scene, strings};
use super::screen::screen;

const CLEO: UserId = UserId(200_000_000_000_000_003);
const INCIDENTS: ChannelId = ChannelId(900_000_000_000_000_010);

fn survey(abilities: Abilities) -> Survey {
    Survey {
        guild: GUILD,
        name: "Acme".to_owned(),
        owner: ANA,
        me: UserId(900_000_000_000_000_002),
        abilities,
        roles: Vec::new(),
        channels: Vec::new(),
        members: Vec::new(),
        left: Vec::new(),
        unanswered: Vec::new(),
        webhooks: None,
        message_content: Some(true),
        notify: Notify::Mentions,
        two_factor: false,
        system_channel: None,
    }
}

fn known<'a>(set: &'a Set, survey: &'a Survey) -> Known<'a> {
    Known { set, survey: Some(survey), tests: BTreeMap::new(), on_call: Vec::new(), drill: None, now: at(0) }
}

fn answer(set: &mut Set, choice: &Choice) {
    for (name, spec) in make(set, GUILD, choice, at(0)).definitions {
        set.insert(name, spec);
    }
}

fn people(names: &[(&str, UserId)]) -> Choice {
    let chosen = |(name, user): &(&str, UserId)| Chosen { user: *user, name: (*name).to_owned(), bot: false };
    Choice::People(names.iter().map(chosen).collect())
}

fn turns() -> Choice {
    Choice::Turns { people: Vec::new(), at: Handover::default() }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A guild where roles, channels and the zone are chosen.
fn half_way() -> Set {
    let mut set = Set::default();
    let answers = [
        Choice::Responders(vec![LEADS]),
        Choice::Fallback(LEADS),
        Choice::Category(INCIDENTS),
        Choice::Announce(vec![ALERTS]),
        Choice::Zone(Tz::Europe__Berlin),
    ];
    answers.iter().for_each(|choice| answer(&mut set, choice));
    set
}

#[derive(Default)]
struct Screens(String);

impl Screens {
    fn show(&mut self, what: &str, known: &Known<'_>, at: Option<Step>) {
        self.show_with(what, known, at, None, &[]);
    }

    fn show_with(&mut self, what: &str, known: &Known<'_>, at: Option<Step>, shift: Option<Handover>, notes: &[Note]) {
        let body = reply(&path(known, at, shift, notes), scene());
        let buttons =
            body["components"].as_array().unwrap().iter().flat_map(|row| row["components"].as_array().unwrap());
        assert!(buttons.filter(|one| one["style"] == 1).count() <= 1, "{what}: one thing to press");
        assert_ne!(body["content"], "", "{what}: it fits a message");
        writeln!(self.0, "── {what}\n{}", screen(&body)).unwrap();
    }
}

#[test]
fn the_path_reads_well_on_a_phone() {
    let (mut screens, all) = (Screens::default(), survey(Abilities::ALL));
    let empty = Set::default();
    for step in [Step::Responders, Step::Managers, Step::Fallback, Step::Category, Step::Archive, Step::Announce] {
        screens.show(&format!("{step:?}, nothing is there"), &known(&empty, &all), Some(step));
    }
    screens.show("Zone", &known(&empty, &all), Some(Step::Zone));
    screens.show("People, the first", &known(&empty, &all), Some(Step::People));
    let mut set = half_way();
    screens.show("Responders, chosen before", &known(&set, &all), Some(Step::Responders));
    answer(&mut set, &people(&[("Ana", ANA), ("Ben", BEN), ("Cleo", CLEO)]));
    let mut now = known(&set, &all);
    now.tests = [(name("ana"), Reached::Answered), (name("ben"), Reached::Waiting)].into();
    now.tests.insert(name("cleo"), Reached::Failed(Unreached::DmsClosed));
    screens.show("Tests, on their way", &now, Some(Step::Tests));
    now.tests = ["ana", "ben", "cleo"].map(|one| (name(one), Reached::Answered)).into();
    screens.show("Tests, all answered", &now, Some(Step::Tests));
    screens.show("Turns", &now, Some(Step::Turns));
    let friday = Handover { day: Weekday::Fri, hour: 17 };
    screens.show_with("Turns, another day and hour", &now, Some(Step::Turns), Some(friday), &[]);
    let tests = now.tests;
    answer(&mut set, &turns());
    let with_turns = set.clone();
    let now = Known { on_call: strings(&["Ana"]), tests, ..known(&with_turns, &all) };
    screens.show("Plan", &now, Some(Step::Plan));
    answer(&mut set, &Choice::Plan);
    let now = Known { set: &set, ..now };
    screens.show("Drill", &now, Some(Step::Drill));
    let drill = Drill { number: 1, room: Some(ROOM), acknowledged: false, over: false };
    let drilled = |drill| Known { drill: Some(drill), ..now.clone() };
    screens.show("Drill, running", &drilled(drill), Some(Step::Drill));
    screens.show("Drill, answered", &drilled(Drill { acknowledged: true, ..drill }), Some(Step::Drill));
    screens.show("Drill, ended without an answer", &drilled(Drill { over: true, ..drill }), Some(Step::Drill));
    screens.show("the end", &drilled(Drill { acknowledged: true, over: true, ..drill }), None);
    screens.show("the end, left early", &now, None);
    insta::assert_snapshot!("setup", screens.0);
}

#[test]
fn what_is_out_of_the_ordinary_says_what_to_do() {
    let (mut screens, all) = (Screens::default(), survey(Abilities::ALL));
    let few = survey(Abilities::of(&[Ability::See, Ability::Send, Ability::History]));
    let empty = Set::default();
    screens.show("permissions are missing", &known(&empty, &few), Some(Step::Permissions));
    screens.show("Discord did not answer", &Known { survey: None, ..known(&empty, &all) }, Some(Step::Permissions));
    screens.show("permissions, looked at again", &known(&empty, &all), Some(Step::Permissions));
    let typo = Note::NoSuchZone { said: "Dubln".to_owned(), like: Some(Tz::Europe__Dublin) };
    screens.show_with("a zone that does not exist", &known(&empty, &all), Some(Step::Zone), None, &[typo]);
    let mut alone = half_way();
    answer(&mut alone, &people(&[("Ana", ANA)]));
    screens.show("somebody more", &known(&alone, &all), Some(Step::People));
    screens.show("turns of one", &known(&alone, &all), Some(Step::Turns));
    screens.show("a plan of one", &known(&alone, &all), Some(Step::Plan));
    screens.show("no plan without people", &known(&empty, &all), Some(Step::Plan));
    let mut more = alone.clone();
    answer(&mut more, &Choice::Plan);
    answer(&mut more, &people(&[("Ben", BEN)]));
    screens.show("the plan has grown", &known(&more, &all), Some(Step::Plan));
    answer(&mut more, &turns());
    answer(&mut more, &Choice::Plan);
    screens.show("the plan as it is", &known(&more, &all), Some(Step::Plan));
    let (on_call, by_hand) = more.schedules().next().map(|(name, one)| (name.clone(), one.clone())).unwrap();
    more.insert(on_call, muster::domain::schedule::Schedule { gaps: Gaps::Intended, ..by_hand }.into());
    let mut plan = more.escalation_plan(&name("default")).unwrap().clone();
    plan.repeat = 5;
    more.insert(name("default"), plan.into());
    screens.show("turns by hand", &known(&more, &all), Some(Step::Turns));
    screens.show("a plan by hand", &known(&more, &all), Some(Step::Plan));
    insta::assert_snapshot!("setup_corners", screens.0);
}

#[test]
fn every_note_says_what_to_do() {
    let notes = [
        Note::Bots(strings(&["Robo"])),
        Note::Bots(strings(&["Robo", "Hook"])),
        Note::Known(strings(&["Ana", "Ben"])),
        Note::Everyone,
        Note::TooMany(strings(&["zoe"])),
        Note::Alone,
        Note::ScheduleByHand(name("payments-primary")),
        Note::PlanByHand(name("payments")),
        Note::NoPeople,
        Note::NoPlan,
        Note::NoSuchPlan(name("payments")),
        Note::NoSuchZone { said: "Mars".to_owned(), like: None },
        Note::NothingChosen,
        Note::Muted(strings(&["Ana"])),
        Note::Silent(LEADS),
        Note::Lacking { channel: ROOM, abilities: vec![Ability::Send, Ability::Embed] },
        Note::Wrong("settings guild: spec.announce: …".to_owned()),
    ];
    let told = notes.iter().map(|note| {
        // A new note does not compile here until it has a sample above.
        match note {
            Note::Bots(_) | Note::Known(_) | Note::Everyone | Note::TooMany(_) | Note::Alone | Note::NoPlan => {}
            Note::ScheduleByHand(_) | Note::PlanByHand(_) | Note::NoPeople | Note::NoSuchPlan(_) => {}
            Note::Muted(_) => {}
            Note::NoSuchZone { .. } | Note::NothingChosen | Note::Silent(_) | Note::Lacking { .. } | Note::Wrong(_) => {
            }
        }
        muster::words::setup_note(note).plain()
    });
    insta::assert_snapshot!("setup_notes", told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_form_for_a_zone_is_what_discord_takes() {
    insta::assert_json_snapshot!("setup_zone", modal(&zone_form()));
}
