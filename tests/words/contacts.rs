//! Test pages as a screen, how the ways to a person stand, mutes, and every refusal about contacts.

use std::collections::BTreeSet;
use std::fmt::Write;

use chrono::TimeDelta;
use muster::app::courier::Outgoing;
use muster::app::view::CallView;
use muster::discord::draw::message;
use muster::domain::call::TestOutcome;
use muster::domain::contact::{ChannelTarget, ContactStage, Way};
use muster::domain::id::PostId;
use muster::domain::refusal::{ContactRefusal, Refusal};
use muster::domain::span::Span;
use muster::domain::timeline::Unreached;
use muster::words::contact::*;
use muster::words::refusal;

use super::samples::{ANA, BEN, at, paged, scene, strings};
use super::screen::screen;

fn test_page() -> CallView {
    CallView {
        post: PostId(5),
        people: vec![paged(ANA, "Ana", true)],
        why: test_why(None, &strings(&["here"])),
        ends_at: at(15),
        failed: vec![],
        closed: None,
        direct: false,
    }
}

#[test]
fn test_pages() {
    let failed = vec![test_failed("phone", Unreached::KeyRefused), test_failed("dm", Unreached::DmsClosed)];
    let for_ben = test_why(Some(BEN), &strings(&["here", "team"]));
    let received = Some(test_received("Ana", TimeDelta::seconds(12)));
    let direct = CallView { direct: true, ..test_page() };
    let hostile = "@everyone **x** <@&900000000000000101>";
    let pages = [
        ("my own", test_page()),
        ("direct", direct.clone()),
        (
            "asked for by Ben, two channels in one message",
            CallView { people: vec![paged(ANA, "Ana", true), paged(ANA, "Ana", true)], why: for_ben, ..test_page() },
        ),
        ("two ways have failed", CallView { failed: failed.clone(), ..test_page() }),
        ("received", CallView { closed: received.clone(), failed, ..test_page() }),
        ("direct, received", CallView { closed: received, ..direct }),
        ("nobody answered", CallView { closed: Some(test_unanswered()), ..test_page() }),
        ("there is a newer one", CallView { closed: Some(test_replaced()), ..test_page() }),
        ("a hostile channel", CallView { why: test_why(None, &strings(&[hostile])), ..test_page() }),
    ];
    let mut said = String::new();
    for (name, page) in pages {
        writeln!(said, "{name}\n{}", screen(&message(&Outgoing::Call(Box::new(page)), scene()).body)).unwrap();
    }
    insta::assert_snapshot!("test_pages", said);
}

fn line(name: &str, way: Way, muted: Option<Muted>, outcome: Option<TestOutcome>) -> ChannelLine {
    ChannelLine {
        name: name.to_owned(),
        way,
        muted,
        unverified: false,
        test: outcome.map(|outcome| (at(-60), outcome)),
    }
}

fn every_way() -> Vec<ChannelLine> {
    let took = TestOutcome::Acknowledged { after: TimeDelta::seconds(12) };
    vec![
        line("here", Way::Mention, None, Some(took)),
        line("dm", Way::Dm, None, Some(TestOutcome::Delivered)),
        line("phone", Way::Webhook, None, Some(TestOutcome::Failed { why: Unreached::KeyRefused })),
        line("mail", Way::Email, None, Some(TestOutcome::Unanswered)),
        line("spare", Way::Dm, None, None),
        line("night", Way::Dm, Some(Muted::Until(at(300))), Some(took)),
        line("old", Way::Webhook, Some(Muted::Always), None),
    ]
}

fn stages() -> Vec<ContactStage> {
    let target = |channel: &str, retry_every| ChannelTarget { channel: channel.to_owned(), retry_every };
    let again = Some(Span::mins(2));
    vec![
        ContactStage { duration: Span::mins(5), targets: vec![target("here", again), target("dm", None)] },
        ContactStage { duration: Span::mins(5), targets: vec![] },
        ContactStage { duration: Span::ZERO, targets: vec![target("phone", again)] },
    ]
}

#[test]
fn how_a_contact_is_reached() {
    let duty = |schedule: &str, shift| Duty { schedule: schedule.to_owned(), shift };
    let duties = [
        duty("Payments primary", Shift::Now { until: Some(at(600)), next: Some(at(9_000)) }),
        duty("Once", Shift::Now { until: Some(at(600)), next: None }),
        duty("Always", Shift::Now { until: None, next: None }),
        duty("Web", Shift::Next(at(900))),
        duty("Summer", Shift::NotWithin(12)),
    ];
    let (channels, stages) = (every_way(), stages());
    let own = Sheet {
        name: "ana",
        display: "Ana",
        own: true,
        user: Some(ANA),
        gone: false,
        channels: &channels,
        stages: &stages,
        zone: "Europe/Dublin",
        zone_of_server: false,
        duties: &duties,
    };
    let silent = [line("dm", Way::Dm, Some(Muted::Until(at(300))), None)];
    let muted = Sheet { channels: &silent, duties: &[], zone_of_server: true, ..own };
    let left = Sheet { own: false, gone: true, channels: &silent, duties: &[], ..own };
    let sheets = [own, muted, left];
    let said: Vec<String> = sheets.iter().map(|one| sheet(one).plain()).collect();
    insta::assert_snapshot!("sheets", said.join("\n\n"));
}

#[test]
fn all_contacts_are_listed() {
    let one = |n: usize| ListLine {
        name: format!("ana{n}"),
        display: format!("Ana {n}"),
        gone: n == 2,
        channels: every_way(),
    };
    let some: Vec<ListLine> = (1..=2).map(one).collect();
    let many: Vec<ListLine> = (1..=40).map(one).collect();
    assert!(list(&many).plain().contains("and 15 more"));
    insta::assert_snapshot!("contact_list", format!("{}\n\n{}", list(&[]).plain(), list(&some).plain()));
}

#[test]
fn tests_and_mutes_are_answered() {
    let (here, both) = (strings(&["here"]), strings(&["here", "dm"]));
    let all = [
        test_sent(None, &both, &[], &[]),
        test_sent(Some("ana"), &here, &strings(&["phone"]), &[]),
        test_sent(None, &strings(&["dm"]), &[], &here),
        test_answered(&here, TimeDelta::seconds(12)),
        test_answered(&both, TimeDelta::seconds(75)),
        test_answered(&[], TimeDelta::seconds(12)),
        test_answered_before(at(0)),
        muted(&here, at(480), &strings(&["dm"])),
        muted(&both, at(480), &[]),
        unmuted(&[]),
        unmuted(&here),
        unmuted(&both),
    ];
    let said: Vec<String> = all.iter().map(|text| text.plain()).collect();
    insta::assert_snapshot!("contact_answers", said.join("\n\n"));
    assert!(public_test().contains("nothing is wrong"));
}

/// A new refusal does not compile here until it has a number, and the test below fails until it has a sample.
fn number(refused: &ContactRefusal) -> usize {
    match refused {
        ContactRefusal::NoSuchContact { .. } => 0,
        ContactRefusal::NoSuchContactChannel { .. } => 1,
        ContactRefusal::ContactGone { .. } => 2,
        ContactRefusal::NothingToTest { .. } => 3,
        ContactRefusal::NotYourTest { .. } => 4,
        ContactRefusal::TestOver => 5,
        ContactRefusal::TooManyTests { .. } => 6,
        ContactRefusal::NotAContact => 7,
        ContactRefusal::NotHere => 8,
        ContactRefusal::WhichServer { .. } => 9,
        ContactRefusal::NotVerified { .. } => 10,
        ContactRefusal::NothingToVerify => 11,
    }
}

#[test]
fn every_refusal_about_contacts_says_what_to_do_instead() {
    let ana = || "Ana".to_owned();
    let all = [
        ContactRefusal::NoSuchContact { said: "bob".to_owned(), known: strings(&["ana", "ben"]) },
        ContactRefusal::NoSuchContact { said: "bob".to_owned(), known: vec![] },
        ContactRefusal::NoSuchContactChannel { said: "fax".to_owned(), known: strings(&["here", "dm"]) },
        ContactRefusal::ContactGone { name: ana() },
        ContactRefusal::NothingToTest { name: ana(), muted: strings(&["dm"]), need_room: vec![] },
        ContactRefusal::NothingToTest { name: ana(), muted: strings(&["dm"]), need_room: strings(&["here", "team"]) },
        ContactRefusal::NotYourTest { name: ana() },
        ContactRefusal::TestOver,
        ContactRefusal::TooManyTests { max: 10, minutes: 10 },
        ContactRefusal::NotAContact,
        ContactRefusal::NotHere,
        ContactRefusal::WhichServer { known: 0 },
        ContactRefusal::WhichServer { known: 2 },
        ContactRefusal::NotVerified { name: ana(), channels: strings(&["mail"]) },
        ContactRefusal::NothingToVerify,
    ];
    assert_eq!(all.iter().map(number).collect::<BTreeSet<_>>(), (0..12).collect(), "a refusal has no sample");
    let said: Vec<String> =
        all.into_iter().map(|one| format!("- {}", refusal(&Refusal::Contact(one)).plain())).collect();
    insta::assert_snapshot!("contact_refusals", said.join("\n"));
}
