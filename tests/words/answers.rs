//! Every private answer with its controls, and every form with what can be read back from it.

use std::collections::BTreeSet;
use std::fmt::Write;

use muster::app::answer::{deleted, offer_roots, say, to_correct};
use muster::app::form::{self, IMPACT, MESSAGE, NEXT_UPDATE, NewForm, PLAN, SUMMARY, TITLE, read_update};
use muster::app::press::{Pressed, parse};
use muster::app::reply::{Control, Form};
use muster::app::show::show;
use muster::discord::draw::{modal, reply};
use muster::domain::id::{EventId, PostId};
use muster::domain::impact::Impact;
use muster::domain::incident::{Answer, Change, Edit};
use muster::domain::name::Name;
use muster::domain::refusal::Refusal;
use muster::domain::span::Span;

use super::samples::{BEN, ROOM, at, card, incident, scene, strings};
use super::screen::screen;

/// A new answer does not compile here until it has a number, and the test below fails until it has a sample.
fn number(answer: &Answer) -> usize {
    match answer {
        Answer::Quiet => 0,
        Answer::Opened => 1,
        Answer::Acked { .. } => 2,
        Answer::AlreadyAcked { .. } => 3,
        Answer::OfferTake { .. } => 4,
        Answer::Unacked => 5,
        Answer::OfferEscalate { .. } => 6,
        Answer::Escalated { .. } => 7,
        Answer::Stopped { .. } => 8,
        Answer::Changed(_) => 9,
        Answer::Mitigated => 10,
        Answer::Resolved { .. } => 11,
        Answer::ResolveUndone => 12,
        Answer::Added => 13,
        Answer::Seen => 14,
        Answer::Cancelled { .. } => 15,
        Answer::Duplicate { .. } => 16,
        Answer::Reopened { .. } => 17,
        Answer::PlanStarted { .. } => 18,
        Answer::OfferDelete { .. } => 19,
        Answer::StillOnIt { .. } => 20,
        Answer::Paged { .. } => 21,
    }
}

const ANSWERS: usize = 22;

fn acked(stopped: &[&str], spared: &[&str], still: &[&str]) -> Answer {
    let (stopped, spared, still) = (strings(stopped), strings(spared), strings(still));
    Answer::Acked { ack: EventId(3), own: stopped.is_empty(), stopped, spared, still }
}

fn samples() -> Vec<Answer> {
    let (post, names) = (Some(PostId(5)), strings(&["Ben", "Cleo"]));
    vec![
        Answer::Quiet,
        Answer::Opened,
        Answer::Paged { title: "Ana".to_owned(), names: strings(&["Ana"]), fallback: true },
        Answer::Paged { title: "Payments".to_owned(), names: strings(&["Ben", "Cleo"]), fallback: true },
        acked(&["Payments"], &["Ben"], &[]),
        acked(&["Payments"], &[], &["Cleo"]),
        acked(&[], &[], &["Ben"]),
        acked(&[], &[], &[]),
        Answer::AlreadyAcked { by: BEN, at: at(-2) },
        Answer::OfferTake { post, from: strings(&["Ana"]) },
        Answer::OfferTake { post: None, from: vec![] },
        Answer::Unacked,
        Answer::OfferEscalate { post, names: names.clone(), fallback: false },
        Answer::OfferEscalate { post: None, names: names.clone(), fallback: true },
        Answer::OfferEscalate { post, names: vec![], fallback: true },
        Answer::Escalated { names: strings(&["Ben"]), fallback: false },
        Answer::Escalated { names: names.clone(), fallback: false },
        Answer::Escalated { names, fallback: true },
        Answer::Escalated { names: vec![], fallback: true },
        Answer::Stopped { plan: "Payments".to_owned() },
        Answer::Changed(vec![Change::Title, Change::Impact, Change::Summary, Change::NextUpdate, Change::Message]),
        Answer::Changed(vec![]),
        Answer::Mitigated,
        Answer::Resolved { firing: 0 },
        Answer::Resolved { firing: 1 },
        Answer::Resolved { firing: 2 },
        Answer::ResolveUndone,
        Answer::Added,
        Answer::Seen,
        Answer::StillOnIt { after: Some(chrono::TimeDelta::minutes(30)) },
        Answer::StillOnIt { after: None },
        Answer::Cancelled { firing: 0 },
        Answer::Cancelled { firing: 2 },
        Answer::Duplicate { of: 41, room: Some(ROOM), unanswered: false, called: vec![] },
        Answer::Duplicate { of: 41, room: Some(ROOM), unanswered: true, called: strings(&["Ben"]) },
        Answer::Duplicate { of: 41, room: None, unanswered: true, called: vec![] },
        Answer::Reopened { paged: false, called: vec![], alerts_at: None },
        Answer::Reopened { paged: false, called: vec![], alerts_at: Some(41) },
        Answer::Reopened { paged: true, called: strings(&["Payments"]), alerts_at: None },
        Answer::Reopened { paged: true, called: vec![], alerts_at: None },
        Answer::PlanStarted { called: strings(&["Payments"]) },
        Answer::Paged { title: "Payments".to_owned(), names: strings(&["Ana"]), fallback: false },
        Answer::Paged { title: "Ana".to_owned(), names: strings(&["Ana"]), fallback: false },
        Answer::Paged { title: "Payments".to_owned(), names: vec![], fallback: true },
        Answer::Paged { title: "Ana".to_owned(), names: vec![], fallback: false },
        Answer::OfferDelete { room: Some(ROOM) },
        Answer::OfferDelete { room: None },
    ]
}

#[test]
fn every_answer_says_what_happened_and_what_can_be_pressed() {
    let all = samples();
    let seen: BTreeSet<usize> = all.iter().map(number).collect();
    assert_eq!(seen, (0..ANSWERS).collect(), "an answer has no sample");
    let mut screens = String::new();
    for answer in all.iter().filter(|answer| !matches!(answer, Answer::Quiet | Answer::Seen)) {
        writeln!(screens, "{answer:?}\n{}", screen(&reply(&say(&incident(), answer), scene()))).unwrap();
    }
    insta::assert_snapshot!("answers", screens);
}

#[test]
fn the_question_whom_to_wake_carries_the_page_it_was_asked_at() {
    let incident = incident();
    let ids = |post| {
        let asked = say(&incident, &Answer::OfferEscalate { post, names: strings(&["Ben"]), fallback: false });
        let does = asked.controls.into_iter().map(|control| match control {
            Control::Button { does, .. } | Control::Select { does, .. } | Control::Pick { does, .. } => does,
        });
        does.collect::<Vec<Pressed>>()
    };
    let id = incident.id;
    for (post, carried) in [(Some(PostId(5)), PostId(5)), (None, PostId(0))] {
        assert_eq!(ids(post), [Pressed::EscalateYes { incident: id, post: carried }, Pressed::Dismiss {}]);
        assert!(ids(post).iter().all(|does| parse(&does.to_string()) == Ok(*does)));
    }
}

#[test]
fn show_is_the_card_in_words() {
    insta::assert_snapshot!("show", screen(&reply(&show(&card()), scene())));
}

fn values(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect()
}

fn input<'f>(form: &'f Form, id: &str) -> &'f muster::app::reply::FormInput {
    form.inputs.iter().find(|input| input.id == id).unwrap()
}

#[test]
fn forms_are_what_discord_takes() {
    let mut incident = incident();
    incident.summary = "pay-3 is gone".to_owned();
    let filled = NewForm::fresh(Some(&Name::parse("payments").unwrap()), Impact::High);
    let new = form::new(&filled, &strings(&["payments", "web"]));
    let forms =
        [form::update(&incident), form::resolve(&incident), form::cancel(&incident), new].map(|form| modal(&form));
    insta::assert_json_snapshot!("forms", forms);
}

#[test]
fn a_form_sent_as_it_came_changes_at_most_what_it_was_filled_with() {
    let mut incident = incident();
    incident.summary = "pay-3 is gone".to_owned();
    incident.summary_version = 3;
    let form = form::update(&incident);
    let sent: Vec<(String, String)> = form.inputs.iter().map(|i| (i.id.to_owned(), i.value.clone())).collect();
    let edit = read_update(&sent, 3).unwrap();
    let unchanged = Edit { summary: Some("pay-3 is gone".to_owned()), summary_version: Some(3), ..Edit::default() };
    assert_eq!(edit, unchanged);
    assert_eq!(form.does, Pressed::FormUpdate { incident: incident.id, summary_version: 3 });
}

#[test]
fn a_summary_too_long_for_a_form_is_left_out_and_stays() {
    let mut incident = incident();
    incident.summary = "x".repeat(4_001);
    let form = form::update(&incident);
    let summary = input(&form, SUMMARY);
    assert_eq!(summary.value, "");
    assert!(summary.placeholder.contains("stays"), "{}", summary.placeholder);
    assert_eq!(read_update(&values(&[(SUMMARY, ""), (MESSAGE, "on it")]), 0).unwrap().summary, None);
    incident.summary = "x".repeat(4_000);
    assert_eq!(input(&form::update(&incident), SUMMARY).value.len(), 4_000);
}

#[test]
fn what_is_typed_into_a_form_is_read_as_it_is_meant() {
    let impact = |said| read_update(&values(&[(IMPACT, said)]), 0).map(|edit| edit.impact);
    for (said, read) in [
        ("1", Impact::Critical),
        (" 2 ", Impact::High),
        ("medium", Impact::Medium),
        ("4 · Low", Impact::Low),
        ("None", Impact::None),
    ] {
        assert_eq!(impact(said), Ok(Some(read)), "{said}");
    }
    for wrong in ["0", "6", "11", "bad", "-", "P1"] {
        let refused = impact(wrong).unwrap_err();
        let Refusal::BadValue { field, said, right } = refused else { panic!("{refused:?}") };
        assert_eq!((field, said.as_str()), (IMPACT, wrong));
        assert!(right.contains("1 (Critical)"), "{right}");
    }
    let next = |said| read_update(&values(&[(NEXT_UPDATE, said)]), 0).map(|edit| edit.next_update);
    assert_eq!(next("1H 30m"), Ok(Some(Span::mins(90))));
    assert!(matches!(next("soon"), Err(Refusal::BadValue { field: NEXT_UPDATE, .. })));
    let edit = read_update(&values(&[(TITLE, " New "), (SUMMARY, " "), (MESSAGE, "a\nb")]), 1).unwrap();
    let read = Edit { title: Some("New".to_owned()), message: Some("a\nb".to_owned()), ..Edit::default() };
    assert_eq!(edit, read);
    assert_eq!(form::read_message(&values(&[(MESSAGE, "done")])), Some("done".to_owned()));
    assert_eq!(form::read_message(&[]), None);
}

#[test]
fn a_new_incident_is_read_from_its_form_as_it_was_filled() {
    let payments = Name::parse("payments").unwrap();
    let filled = NewForm::fresh(Some(&payments), Impact::High);
    let form = form::new(&filled, &[]);
    let sent: Vec<(String, String)> = form.inputs.iter().map(|i| (i.id.to_owned(), i.value.clone())).collect();
    let read = NewForm::read(&sent);
    assert_eq!(read, filled);
    assert_eq!(read.impact(), Ok(Some(Impact::High)));
    assert!(form.inputs.iter().all(|input| input.value.chars().count() <= input.max), "what is filled in fits");
    assert_eq!(NewForm::read(&values(&[(IMPACT, " ")])).impact(), Ok(None));
    assert!(NewForm::read(&values(&[(IMPACT, "7")])).impact().is_err());
}

#[test]
fn a_plan_is_named_as_people_call_it() {
    use muster::definitions::{Source, parse};
    use muster::domain::definition::Set;
    let text = "kind: response_plan\nname: pay\nspec: {display_name: Payments, incident: {title: t, impact: 2}}";
    let documents = parse(&[Source { file: "a.yaml".to_owned(), text: text.to_owned() }]).unwrap();
    let set: Set = documents.into_iter().map(|document| (document.name, document.spec)).collect();
    let plan = |said| NewForm::read(&values(&[(PLAN, said)])).plan(&set);
    let pay = Name::parse("pay").unwrap();
    for said in ["pay", " PAY ", "payments"] {
        assert_eq!(plan(said), Ok(Some(pay.clone())), "{said}");
    }
    assert_eq!(plan(""), Ok(None));
    let unknown = Refusal::NoSuchPlan { said: "web".to_owned(), known: strings(&["pay"]) };
    assert_eq!(plan("web"), Err(unknown));
}

#[test]
fn whatever_was_written_is_quoted_beside_what_is_wrong() {
    let written = NewForm {
        title: "Checkout is slow".to_owned(),
        summary: "Since the deploy.\np99 is 9 s.".to_owned(),
        impact: "7".to_owned(),
        plan: String::new(),
    };
    let wrong = muster::words::refusal(&written.impact().unwrap_err());
    let mut screens = screen(&reply(&to_correct(&written, wrong, 9), scene()));
    let options = (1..=3).map(|n| (incident().id, n, "Checkout is slow".to_owned())).collect();
    screens += &screen(&reply(&offer_roots(&incident(), options), scene()));
    screens += &screen(&reply(&deleted(42, true), scene()));
    insta::assert_snapshot!("more_answers", screens);
    let long = NewForm { summary: "x".repeat(4_000), title: "y".repeat(200), ..written };
    let drawn = reply(&to_correct(&long, "Wrong.".into(), 9), scene());
    assert!(drawn["embeds"][0]["description"].as_str().unwrap().chars().count() <= 4_096, "Discord takes it");
    assert!(drawn.to_string().contains(&"y".repeat(200)));
}

#[test]
fn resolving_says_how_many_alerts_still_fire() {
    use muster::domain::incident::Group;
    let mut incident = incident();
    assert_eq!(input(&form::resolve(&incident), MESSAGE).label, "What ended it?");
    incident.alerts.groups.insert("a".to_owned(), Group { unnamed: true, ..Group::default() });
    assert_eq!(input(&form::resolve(&incident), MESSAGE).label, "1 alert still fires. What ended it?");
    incident.alerts.groups.insert("b".to_owned(), Group { unnamed: true, ..Group::default() });
    assert_eq!(input(&form::resolve(&incident), MESSAGE).label, "2 alerts still fire. What ended it?");
}
