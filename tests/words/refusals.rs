//! Every refusal: what is wrong, and what to do instead.

use std::collections::BTreeSet;
use std::fmt::Write;

use muster::domain::definition::Kind;
use muster::domain::incident::Status;
use muster::domain::name::Name;
use muster::domain::permission::{Act, NotAllowed, Rank};
use muster::domain::refusal::{CallRefusal, ContactRefusal, NoMerge, OnCallRefusal, Refusal};
use muster::words::{disk_full, fault, not_saved, refusal};

use super::samples::{BEN, LEADS, at, strings};

/// A new refusal does not compile here until it has a number, and the test below fails until it has a sample.
fn number(refusal: &Refusal) -> usize {
    match refusal {
        Refusal::NotAllowed(_) => 0,
        Refusal::Over { .. } => 1,
        Refusal::NothingToAck { .. } => 2,
        Refusal::NothingToUndo => 3,
        Refusal::UndoExpired { .. } => 4,
        Refusal::NobodyToEscalateTo { .. } => 5,
        Refusal::NoSuchIncident { .. } => 6,
        Refusal::NoSuchPlan { .. } => 7,
        Refusal::NoSuchEngagement { .. } => 8,
        Refusal::SummaryConflict { .. } => 9,
        Refusal::BadText { .. } => 10,
        Refusal::BadValue { .. } => 11,
        Refusal::NothingToChange => 12,
        Refusal::TooManyDeclarations { .. } => 13,
        Refusal::StaleButton => 14,
        Refusal::Contact(_) => 15,
        Refusal::NoSuchDefinition { .. } => 16,
        Refusal::NoSuchVersion { .. } => 17,
        Refusal::ProposalGone => 18,
        Refusal::OpenAlready { .. } => 19,
        Refusal::MitigatedAlready { .. } => 20,
        Refusal::NotOver { .. } => 21,
        Refusal::CannotMerge { .. } => 22,
        Refusal::NothingToMergeWith { .. } => 23,
        Refusal::FormForgotten => 24,
        Refusal::OnCall(_) => 25,
        Refusal::Call(_) => 27,
        Refusal::NotOnIt { .. } => 26,
    }
}

const REFUSALS: usize = 28;

fn samples() -> Vec<Refusal> {
    let not_allowed = |act, needs, roles| Refusal::NotAllowed(NotAllowed { act, needs, roles });
    let acts = [
        Act::See,
        Act::Declare,
        Act::Take,
        Act::Escalate,
        Act::Stop,
        Act::Edit,
        Act::Resolve,
        Act::SeeSetup,
        Act::TestOthers,
    ];
    let (theirs, yours) = ("pay-3 is gone".to_owned(), "pay-3 is down\nand pay-4".to_owned());
    let mut all: Vec<Refusal> = acts.into_iter().map(|act| not_allowed(act, Rank::Responder, vec![LEADS])).collect();
    all.extend([
        not_allowed(Act::Examine, Rank::Manager, vec![LEADS]),
        not_allowed(Act::Configure, Rank::Admin, vec![]),
        not_allowed(Act::Take, Rank::Responder, vec![]),
        Refusal::Over { number: 42, status: Status::Resolved },
        Refusal::NothingToAck { number: 42 },
        Refusal::NothingToUndo,
        Refusal::NotOnIt { number: 42 },
        Refusal::UndoExpired { what: "acknowledgement", minutes: 2 },
        Refusal::UndoExpired { what: "resolution", minutes: 5 },
        Refusal::NobodyToEscalateTo { number: 42 },
        Refusal::NoSuchIncident { said: None },
        Refusal::NoSuchIncident { said: Some("INC-9000".to_owned()) },
        Refusal::NoSuchPlan { said: "paymnets".to_owned(), known: strings(&["payments", "web"]) },
        Refusal::NoSuchPlan { said: "paymnets".to_owned(), known: vec![] },
        Refusal::NoSuchEngagement { said: "bob".to_owned(), known: strings(&["Payments"]) },
        Refusal::NoSuchEngagement { said: "bob".to_owned(), known: vec![] },
        Refusal::SummaryConflict { theirs, yours, by: Some(BEN) },
        Refusal::BadText { field: "title", max: 200, length: 0 },
        Refusal::BadText { field: "title", max: 200, length: 212 },
        Refusal::BadValue { field: "next_update", said: "soon".to_owned(), right: "1m to 7d".to_owned() },
        Refusal::NothingToChange,
        Refusal::TooManyDeclarations { max: 3, minutes: 10 },
        Refusal::StaleButton,
        // The others of its kind are in `contacts.rs`.
        Refusal::Contact(ContactRefusal::NotAContact),
        Refusal::NoSuchDefinition { kind: Kind::Contact, said: "anna".to_owned(), known: strings(&["ana", "ben"]) },
        Refusal::NoSuchDefinition { kind: Kind::Runbook, said: "db".to_owned(), known: vec![] },
        Refusal::NoSuchVersion { kind: Kind::Contact, name: Name::parse("ana").unwrap(), number: 9 },
        Refusal::ProposalGone,
        not_allowed(Act::Delete, Rank::Admin, vec![]),
        Refusal::Over { number: 42, status: Status::Duplicate },
        Refusal::OpenAlready { number: 42, status: Status::Mitigated },
        Refusal::MitigatedAlready { number: 42 },
        Refusal::NotOver { number: 42, status: Status::Open },
        Refusal::NothingToMergeWith { number: 42 },
        Refusal::FormForgotten,
        // The others of its kind are in `oncall.rs`.
        Refusal::OnCall(OnCallRefusal::PreviewGone),
        not_allowed(Act::HandOver, Rank::Responder, vec![LEADS]),
        not_allowed(Act::Override, Rank::Manager, vec![LEADS]),
    ]);
    let merges = [
        NoMerge::Itself,
        NoMerge::Over { status: Status::Resolved },
        NoMerge::Duplicate { of: 40 },
        NoMerge::Duplicate { of: 42 },
        NoMerge::Leaks,
    ];
    let (said, title) = ("db".to_owned(), "Payments".to_owned());
    all.push(not_allowed(Act::Page, Rank::Responder, vec![LEADS]));
    let calls = [
        CallRefusal::Nobody { said: said.clone(), like: strings(&["contact ana", "plan payments"]) },
        CallRefusal::Nobody { said: said.clone(), like: vec![] },
        CallRefusal::WhichOne { said, like: strings(&["contact db", "schedule db"]) },
        CallRefusal::NoContact { name: "Cleo".to_owned() },
        CallRefusal::CalledAlready { title: title.clone(), since: at(0), number: Some(42) },
        CallRefusal::CalledAlready { title, since: at(0), number: None },
        CallRefusal::CallOver,
        CallRefusal::NobodyToEscalateTo,
        CallRefusal::TooManyPages { max: 10, minutes: 10 },
        CallRefusal::NothingToAnswer,
        CallRefusal::NotYourCode,
        CallRefusal::TooManyCodes { until: at(10) },
    ];
    all.extend(calls.map(Refusal::Call));
    all.push(Refusal::UndoExpired { what: "answer to a call", minutes: 2 });
    all.extend(merges.map(|why| Refusal::CannotMerge { number: 42, of: 41, why }));
    all
}

#[test]
fn every_refusal_says_what_to_do_instead() {
    let all = samples();
    let seen: BTreeSet<usize> = all.iter().map(number).collect();
    assert_eq!(seen, (0..REFUSALS).collect(), "a refusal has no sample");
    let mut said = String::new();
    for refused in &all {
        writeln!(said, "- {}", refusal(refused).plain().trim_end()).unwrap();
    }
    writeln!(said, "- {}\n- {}\n- {}", fault("k3v9").plain(), not_saved().plain(), disk_full().plain()).unwrap();
    insta::assert_snapshot!("refusals", said);
}

#[test]
fn a_refusal_for_want_of_a_role_names_it() {
    let refused = NotAllowed { act: Act::Resolve, needs: Rank::Responder, roles: vec![LEADS] };
    assert!(refusal(&Refusal::NotAllowed(refused)).plain().contains(&format!("@&{LEADS}")));
}
