//! The path from nothing to the end, and what it never touches.

use chrono::{TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::definition::{Kind, Spec};
use crate::domain::escalation::Who;
use crate::domain::id::{GuildId, RoleId, UserId};
use crate::domain::reference::Ref;
use crate::domain::schedule;
use crate::domain::settings::{Fallback, Settings};
use crate::domain::span::Span;
use crate::domain::survey::{Abilities, Channel, ChannelKind, Notify, Role};

const GUILD: GuildId = GuildId(900);
const AT: Handover = Handover { day: Weekday::Mon, hour: 9 };

fn wednesday() -> Timestamp {
    // A Wednesday.
    Utc.with_ymd_and_hms(2026, 3, 4, 12, 34, 56).unwrap()
}

fn survey(abilities: Abilities) -> Survey {
    let role = |id: u64, mentionable: bool| Role {
        id: RoleId(id),
        name: format!("r{id}"),
        position: 1,
        managed: false,
        mentionable,
        assignable: true,
    };
    let channel = |id: u64, abilities: Abilities| Channel {
        id: ChannelId(id),
        name: format!("c{id}"),
        kind: ChannelKind::Text,
        parent: None,
        abilities,
    };
    Survey {
        guild: GUILD,
        name: "Acme".to_owned(),
        owner: UserId(2),
        me: UserId(3),
        abilities,
        roles: vec![role(20, true), role(21, false)],
        channels: vec![channel(30, Abilities::ALL), channel(31, Abilities::of(&[Ability::See]))],
        members: Vec::new(),
        left: Vec::new(),
        unanswered: Vec::new(),
        webhooks: None,
        message_content: None,
        notify: Notify::Mentions,
        two_factor: false,
        system_channel: None,
    }
}

fn known<'a>(set: &'a Set, survey: &'a Survey) -> Known<'a> {
    Known { set, survey: Some(survey), tests: BTreeMap::new(), on_call: Vec::new(), drill: None, now: wednesday() }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn person(user: u64, name: &str) -> Chosen {
    Chosen { user: UserId(user), name: name.to_owned(), bot: false }
}

/// Puts an answer in force; gives its notes.
fn answer(set: &mut Set, choice: &Choice) -> Vec<Note> {
    let made = make(set, GUILD, choice, wednesday());
    for (name, spec) in made.definitions {
        set.insert(name, spec);
    }
    made.notes
}

fn people(set: &mut Set, names: &[&str]) {
    let chosen = names.iter().zip(10..).map(|(name, user)| person(user, name)).collect();
    assert_eq!(answer(set, &Choice::People(chosen)), []);
}

fn turns_of_all() -> Choice {
    Choice::Turns { people: Vec::new(), at: AT }
}

#[test]
fn the_path_asks_one_thing_after_the_other() {
    let (mut set, survey) = (Set::default(), survey(Abilities::ALL));
    assert_eq!(known(&set, &survey).first(), Some(Step::Responders), "permissions are there");
    let answers = [
        (Choice::Responders(vec![RoleId(20)]), Step::Fallback),
        (Choice::Fallback(RoleId(20)), Step::Category),
        (Choice::Category(ChannelId(30)), Step::Announce),
        (Choice::Announce(vec![ChannelId(30)]), Step::Zone),
        (Choice::Zone(Tz::Europe__Dublin), Step::People),
        (Choice::People(vec![person(10, "Ana"), person(11, "Ben")]), Step::Tests),
    ];
    for (choice, next) in answers {
        assert_eq!(answer(&mut set, &choice), []);
        assert_eq!(known(&set, &survey).after(choice.step()), Some(next), "{choice:?}");
        assert_eq!(known(&set, &survey).first(), Some(next), "who comes back goes on there, {choice:?}");
    }
    let tests: BTreeMap<_, _> = [(name("ana"), Reached::Answered), (name("ben"), Reached::Answered)].into();
    let tested = |set: &Set, after: Step| Known { tests: tests.clone(), ..known(set, &survey) }.after(after);
    assert_eq!(tested(&set, Step::Tests), Some(Step::Turns));
    assert_eq!(answer(&mut set, &turns_of_all()), []);
    assert_eq!(tested(&set, Step::Turns), Some(Step::Plan));
    assert_eq!(answer(&mut set, &Choice::Plan), []);
    assert_eq!(tested(&set, Step::Plan), Some(Step::Drill));
    let mut known = Known { tests: tests.clone(), ..known(&set, &survey) };
    let ran = Drill { number: 1, room: None, acknowledged: true, over: false };
    known.drill = Some(ran);
    assert_eq!(known.standing(Step::Drill), Standing::Needed, "it is not over");
    known.drill = Some(Drill { acknowledged: false, over: true, ..ran });
    assert_eq!(known.standing(Step::Drill), Standing::Needed, "nobody has answered");
    known.drill = Some(Drill { over: true, ..ran });
    assert_eq!((known.after(Step::Drill), known.first()), (None, None));
    let lines: Vec<Line> = Part::ALL.into_iter().map(|part| known.line(part, None)).collect();
    assert_eq!(lines, [Line::Done; 8]);
}

#[test]
fn whatever_can_be_skipped_is_asked_once() {
    let (mut set, survey) = (Set::default(), survey(Abilities::ALL));
    let asked = |set: &Set| {
        let known = known(set, &survey);
        let mut steps = vec![known.first().unwrap()];
        while steps.len() < 20 {
            match known.after(*steps.last().unwrap()) {
                Some(step) if !steps.contains(&step) => steps.push(step),
                _ => break,
            }
        }
        steps
    };
    use Step::{Announce, Category, Fallback, People, Plan, Responders, Tests, Zone};
    assert_eq!(asked(&set), [Responders, Fallback, Category, Announce, Zone, People], "the rest needs people");
    people(&mut set, &["Ana"]);
    assert_eq!(asked(&set), [Tests, Plan], "alone nobody takes turns; what was skipped is not asked again");
    assert_eq!(known(&set, &survey).line(Part::Roles, Some(Tests)), Line::Left);
    assert_eq!(known(&set, &survey).line(Part::Plan, None), Line::Missing);
    assert_eq!(known(&set, &survey).line(Part::Plan, Some(Tests)), Line::Open);
}

#[test]
fn what_the_bot_may_not_do_comes_first() {
    let set = Set::default();
    let broken = survey(Abilities::of(&[Ability::See, Ability::Send]));
    let mut known = known(&set, &broken);
    assert_eq!(known.first(), Some(Step::Permissions));
    assert_eq!(known.after(Step::Permissions), Some(Step::Responders), "one can go on all the same");
    assert!(known.lacking().unwrap().contains(&Ability::Pin));
    known.survey = None;
    assert_eq!((known.first(), known.lacking()), (Some(Step::Permissions), None));
    assert_eq!(known.line(Part::Permissions, Some(Step::People)), Line::Unknown);
}

#[test]
fn numbers_of_steps_never_change() {
    let numbers: Vec<i64> = Step::ALL.into_iter().map(Step::number).collect();
    assert_eq!(numbers, (1..=13).collect::<Vec<_>>());
    assert!(Step::ALL.into_iter().all(|step| Step::from_number(step.number()) == Some(step)));
    assert_eq!(Step::from_number(0), None);
    assert!(Step::ALL.is_sorted());
}

#[test]
fn people_become_contacts_who_are_called_in_two_ways_at_once() {
    let mut set = Set::default();
    let bot = Chosen { bot: true, ..person(13, "Robo") };
    let chosen = vec![person(10, "Zoë"), person(11, "zoe"), bot];
    let made = make(&set, GUILD, &Choice::People(chosen), wednesday());
    assert_eq!(made.contacts, [name("zoe"), name("zoe-2")]);
    assert_eq!(made.notes, [Note::Bots(vec!["Robo".to_owned()])]);
    people(&mut set, &["Zoë"]);
    let zoe = set.contact(&name("zoe")).unwrap();
    assert_eq!((zoe.display_name.as_str(), zoe.user()), ("Zoë", Some(UserId(10))));
    let targets: Vec<_> = zoe.stages.iter().flat_map(|stage| &stage.targets).collect();
    assert!(targets.len() == 2 && targets.iter().all(|target| target.retry_every == Some(Span::mins(2))));

    let again = make(&set, GUILD, &Choice::People(vec![person(10, "Somebody Else")]), wednesday());
    assert_eq!((again.definitions.len(), &again.notes[..]), (0, &[Note::Known(vec!["Zoë".to_owned()])][..]));
    assert!(!again.refused(), "they can be tested all the same");
    let only_bots = make(&set, GUILD, &Choice::People(vec![Chosen { bot: true, ..person(9, "B") }]), wednesday());
    assert!(only_bots.refused());
}

#[test]
fn everyone_is_no_role() {
    let set = Set::default();
    let everyone = RoleId(GUILD.0);
    for choice in [Choice::Responders(vec![everyone]), Choice::Fallback(everyone), Choice::Managers(vec![everyone])] {
        let made = make(&set, GUILD, &choice, wednesday());
        assert!(made.refused(), "{choice:?}");
        assert_eq!(made.notes, [Note::Everyone]);
    }
    let made = make(&set, GUILD, &Choice::Responders(vec![everyone, RoleId(20)]), wednesday());
    assert!(!made.refused());
    let [(_, Spec::Settings(settings))] = made.definitions.as_slice() else { panic!("{made:?}") };
    assert_eq!(settings.roles.responder, [Ref::Id(RoleId(20))]);
}

#[test]
fn the_guild_says_what_will_not_work() {
    let survey = survey(Abilities::ALL);
    let lacking = |abilities: &[Ability]| Note::Lacking { channel: ChannelId(31), abilities: abilities.to_vec() };
    let rows = [
        (Choice::Fallback(RoleId(20)), vec![]),
        (Choice::Fallback(RoleId(21)), vec![Note::Silent(RoleId(21))]),
        (Choice::Announce(vec![ChannelId(30), ChannelId(31)]), vec![lacking(&[Ability::Send])]),
        (Choice::Category(ChannelId(31)), vec![lacking(&[Ability::ManageChannels, Ability::ManageRoles])]),
        (Choice::Category(ChannelId(99)), vec![]),
    ];
    for (choice, notes) in rows {
        assert_eq!(remarks(&choice, &survey), notes, "{choice:?}");
    }
}

#[test]
fn somebody_is_on_call_from_the_first_minute() {
    let mut set = Set::default();
    answer(&mut set, &Choice::Zone(Tz::Asia__Kolkata));
    people(&mut set, &["Ana", "Ben"]);
    let at = Handover { day: Weekday::Fri, hour: 17 };
    let ben_first = vec![person(11, "Ben"), person(10, "Ana"), person(12, "Cleo")];
    let made = make(&set, GUILD, &Choice::Turns { people: ben_first, at }, wednesday());
    assert_eq!(
        (made.contacts.as_slice(), made.notes.as_slice()),
        (&[name("cleo")][..], &[][..]),
        "who was no contact is one"
    );
    for (name, spec) in made.definitions {
        set.insert(name, spec);
    }
    let (called, on_call) = set.schedules().next().unwrap();
    assert_eq!((called.as_str(), handover(&set)), ("on-call", at));
    let who = |at: Timestamp| schedule::who(on_call, &[], at);
    assert_eq!(who(wednesday()), [name("ben")]);
    let friday = Utc.with_ymd_and_hms(2026, 3, 6, 11, 30, 0).unwrap();
    assert_eq!((who(friday - TimeDelta::seconds(1)), who(friday)), (vec![name("ben")], vec![name("ana")]));
    assert_eq!(who(friday + TimeDelta::days(7)), [name("cleo")]);
    assert_eq!(takers(&set), [name("ben"), name("ana"), name("cleo")]);
}

#[test]
fn turns_are_made_anew_only_where_the_path_made_them() {
    let mut set = Set::default();
    people(&mut set, &["Ana"]);
    assert_eq!(make(&set, GUILD, &turns_of_all(), wednesday()).notes, [Note::Alone]);
    answer(&mut set, &Choice::People(vec![person(11, "Ben"), person(12, "Cleo")]));
    assert_eq!(answer(&mut set, &turns_of_all()), []);
    let later = Choice::Turns { people: Vec::new(), at: Handover { day: Weekday::Tue, hour: 8 } };
    assert_eq!(answer(&mut set, &later), []);
    assert_eq!((set.schedules().count(), handover(&set).day), (1, Weekday::Tue));

    let mut by_hand = set.schedules().next().unwrap().1.clone();
    by_hand.rotations[0].every = 2;
    set.insert(name("on-call"), by_hand.clone().into());
    let made = make(&set, GUILD, &turns_of_all(), wednesday());
    assert_eq!((made.definitions.len(), made.notes), (0, vec![Note::ScheduleByHand(name("on-call"))]));
}

#[test]
fn the_plan_calls_who_is_on_call_then_everyone() {
    let stages = |set: &Set| {
        let plan = propose(set).unwrap().plan;
        let who = |who: &Who| match who {
            Who::Contact(name) | Who::Schedule(name) => name.to_string(),
        };
        let told = plan.stages.iter().map(|stage| {
            let targets: Vec<String> = stage.targets.iter().map(|target| who(&target.who)).collect();
            format!("{} {}", stage.duration, targets.join(" "))
        });
        (told.collect::<Vec<_>>(), plan.repeat)
    };
    let mut set = Set::default();
    assert_eq!(propose(&set), None);
    assert_eq!(answer(&mut set, &Choice::Plan), [Note::NoPeople]);
    people(&mut set, &["Ana"]);
    assert_eq!(stages(&set), (vec!["5m ana".to_owned()], 1));
    assert_eq!(answer(&mut set, &Choice::Plan), []);
    assert_eq!(set.settings().default_plan, Some(name("default")));
    assert_eq!(propose(&set).unwrap().news, News::Same);

    answer(&mut set, &Choice::People(vec![person(11, "Ben")]));
    assert_eq!(stages(&set), (vec!["10m ana ben".to_owned()], 1), "nobody takes turns");
    assert_eq!(propose(&set).unwrap().news, News::Grown { escalation: name("default") });
    answer(&mut set, &turns_of_all());
    assert_eq!(stages(&set), (vec!["5m on-call".to_owned(), "10m ana ben".to_owned()], 0));
    assert_eq!(answer(&mut set, &Choice::Plan), []);
    assert_eq!((set.escalation_plans().count(), propose(&set).unwrap().news), (1, News::Same), "it grew in place");
    let again = make(&set, GUILD, &Choice::Plan, wednesday());
    assert_eq!(again, Made::default(), "two who press at once make one plan");

    let mut by_hand = set.escalation_plan(&name("default")).unwrap().clone();
    by_hand.stages[0].duration = Span::mins(7);
    set.insert(name("default"), by_hand.into());
    assert_eq!(answer(&mut set, &Choice::Plan), [Note::PlanByHand(name("default"))]);
}

#[test]
fn names_that_are_taken_are_left_alone() {
    let mut set = Set::default();
    people(&mut set, &["Ana"]);
    let taken = propose(&set).unwrap().plan;
    set.insert(name("default"), crate::domain::escalation::EscalationPlan { repeat: 9, ..taken }.into());
    assert_eq!(answer(&mut set, &Choice::Plan), []);
    assert_eq!(set.escalation_plan(&name("default")).unwrap().repeat, 9);
    assert!(
        set.contains(Kind::EscalationPlan, &name("default-2")) && set.contains(Kind::ResponsePlan, &name("default"))
    );
}

fn choices() -> impl Strategy<Value = Choice> {
    let people = || {
        proptest::collection::vec((10_u64..14, "[A-Ca-c]{1,2}"), 0..4)
            .prop_map(|chosen| chosen.into_iter().map(|(user, name)| person(user, &name)).collect::<Vec<_>>())
    };
    prop_oneof![
        Just(Choice::Responders(vec![RoleId(20)])),
        Just(Choice::Fallback(RoleId(21))),
        Just(Choice::Category(ChannelId(30))),
        Just(Choice::Zone(Tz::Asia__Tokyo)),
        Just(Choice::Plan),
        people().prop_map(Choice::People),
        (people(), 0_u32..24).prop_map(|(people, hour)| Choice::Turns { people, at: Handover { hour, ..AT } }),
    ]
}

proptest! {
    /// Whatever is answered, in whatever order: what somebody wrote by hand stays as it was.
    #[test]
    fn nothing_written_by_hand_is_ever_replaced(choices in proptest::collection::vec(choices(), 0..12)) {
        let mut set = Set::default();
        people(&mut set, &["A", "B"]);
        answer(&mut set, &turns_of_all());
        answer(&mut set, &Choice::Plan);
        let mut ana = set.contact(&name("a")).unwrap().clone();
        ana.channels.truncate(1);
        let mut on_call = set.schedule(&name("on-call")).unwrap().clone();
        on_call.gaps = schedule::Gaps::Intended;
        let mut plan = set.escalation_plan(&name("default")).unwrap().clone();
        plan.repeat = 5;
        let settings = Settings { voice: true, fallback: Some(Fallback::Contact(name("a"))), ..set.settings() };
        let by_hand: [(Name, Spec); 3] =
            [(name("a"), ana.into()), (name("on-call"), on_call.into()), (name("default"), plan.into())];
        for (name, spec) in by_hand.iter().cloned().chain([(name("guild"), settings.clone().into())]) {
            set.insert(name, spec);
        }
        for choice in &choices {
            answer(&mut set, choice);
        }
        for (name, spec) in &by_hand {
            prop_assert_eq!(set.get(spec.kind(), name), Some(spec));
        }
        let after = set.settings();
        prop_assert!(after.voice && after.default_plan == settings.default_plan);
        prop_assert!(after.fallback == settings.fallback || choices.contains(&Choice::Fallback(RoleId(21))));
        let users: Vec<_> = set.contacts().map(|(_, contact)| contact.user()).collect();
        let distinct: std::collections::BTreeSet<_> = users.iter().collect();
        prop_assert_eq!(users.len(), distinct.len(), "nobody is two contacts");
    }
}
