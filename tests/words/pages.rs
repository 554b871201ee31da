//! Why a page came, what it says when it is over, what leaves Discord, and what is said to alert sources.

use std::fmt::Write;

use muster::domain::effect::SourceNote;
use muster::domain::engagement::Closing;
use muster::domain::impact::Impact;
use muster::words::{Path, closed, page_why, public_head, public_text, source_note, spoken_page};

use super::samples::{ANA, ana_is_on_call, at, strings};

#[test]
fn a_page_says_why_it_came() {
    let on_call = ana_is_on_call();
    let rows = [
        (on_call, "You are on call for Payments primary · stage 1 of 2"),
        (Path { who: Some("Ana"), ..on_call }, "Ana is on call for Payments primary · stage 1 of 2"),
        (Path { via: None, stage: 2, ..on_call }, "You are called by Payments · stage 2 of 2"),
        (Path { of: 1, ..on_call }, "You are on call for Payments primary"),
        (
            Path { essential: false, of: 1, ..on_call },
            "You are on call for Payments primary · others stay called until one of them answers",
        ),
    ];
    for (path, said) in rows {
        assert_eq!(page_why(&path).plain(), said);
    }
}

#[test]
fn a_closed_page_says_who_has_it() {
    let all = [
        Closing::Repeated,
        Closing::Acked { user: ANA },
        Closing::OwnAcked,
        Closing::Passed,
        Closing::Stopped { reason: "known, vendor is on it".to_owned() },
        Closing::Resolved { user: Some(ANA) },
        Closing::Resolved { user: None },
        Closing::Unanswered,
        Closing::Cancelled { user: ANA },
        Closing::Duplicate { of: 41 },
        Closing::StillOnIt { user: ANA },
        Closing::Lapsed,
        Closing::Needless,
    ];
    let mut said = String::new();
    for how in &all {
        // A new way to close does not compile until it is listed above.
        match how {
            Closing::Repeated | Closing::Acked { .. } | Closing::OwnAcked | Closing::Passed => {}
            Closing::Stopped { .. } | Closing::Resolved { .. } | Closing::Unanswered => {}
            Closing::Cancelled { .. } | Closing::Duplicate { .. } => {}
            Closing::StillOnIt { .. } | Closing::Lapsed | Closing::Needless => {}
        }
        writeln!(said, "{}", closed(how, at(0), &[]).plain()).unwrap();
    }
    writeln!(said, "{}", closed(&Closing::OwnAcked, at(0), &strings(&["Ben"])).plain()).unwrap();
    writeln!(said, "{}", closed(&Closing::OwnAcked, at(0), &strings(&["Ben", "Cleo"])).plain()).unwrap();
    insta::assert_snapshot!("closed", said);
}

#[test]
fn what_leaves_discord_is_public() {
    let head = |plan| public_head(42, Impact::Critical, plan);
    let page = |plan, link, code| public_text(&head(plan), link, code);
    assert_eq!(page(None, None, None), "INC-42 · impact 1");
    assert_eq!(page(Some("Pay\nments"), None, None), "INC-42 · impact 1 · Pay ments");
    let link = Some("https://discord.com/channels/1/2");
    let whole = "INC-42 · impact 1 · Payments\nhttps://discord.com/channels/1/2\n/ack 4711";
    assert_eq!(page(Some("Payments"), link, Some("4711")), whole);
    let long = "x".repeat(500);
    assert!(page(Some(&long), None, None).chars().count() < 160);
    let spoken = "Muster calls. Incident 42. impact 1. Payments. To answer, write slash ack 4 7 1 1 in Discord.";
    assert_eq!(spoken_page(&head(Some("Payments")), Some("4711")), spoken);
}

#[test]
fn sources_are_told_what_became_of_their_message() {
    let test = |severity: Option<&str>, pages: &[&str]| SourceNote::Test {
        title: "InstanceDown".to_owned(),
        severity: severity.map(str::to_owned),
        impact: 1,
        plan: "Payments".to_owned(),
        pages: strings(pages),
    };
    let many: Vec<String> = (1..=12).map(|n| format!("Alert {n}")).collect();
    let notes = [
        test(Some("critical"), &["Ana"]),
        test(None, &[]),
        SourceNote::Unrecognised,
        SourceNote::Blank,
        SourceNote::MissedAndOver { titles: strings(&["InstanceDown"]) },
        SourceNote::MissedAndOver { titles: many },
    ];
    let said: Vec<String> = notes.iter().map(|note| source_note(note).plain()).collect();
    insta::assert_snapshot!("sources", said.join("\n\n"));
}
