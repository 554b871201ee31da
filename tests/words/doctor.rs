//! What the doctor says of every trouble, and how much of it fits a phone.

use std::collections::BTreeSet;
use std::fmt::Write;

use muster::discord::draw;
use muster::domain::doctor::uses::Use;
use muster::domain::doctor::{Diagnosis, Finding, NeededBy, Sender, Severity, Trouble};
use muster::domain::id::WebhookId;
use muster::domain::name::Name;
use muster::domain::survey::Ability;
use muster::domain::timeline::Unreached;
use muster::words::{self, FITS_A_MESSAGE, Text};

use super::samples::{ALERTS, ANA, BEN, LEADS, ROOM, scene, strings};

/// A new trouble does not compile here until it has a number, and the test below fails until it has a sample.
fn number(trouble: &Trouble) -> usize {
    match trouble {
        Trouble::NoContacts => 0,
        Trouble::NoPlans => 1,
        Trouble::NoSources => 2,
        Trouble::NoMessageContent => 3,
        Trouble::LacksInGuild { .. } => 4,
        Trouble::LacksIn { .. } => 5,
        Trouble::NowhereToPage => 6,
        Trouble::ChannelGone { .. } => 7,
        Trouble::WrongKind { .. } => 8,
        Trouble::RoleGone { .. } => 9,
        Trouble::NotMentionable { .. } => 10,
        Trouble::NotAssignable { .. } => 11,
        Trouble::SenderGone { .. } => 12,
        Trouble::SenderElsewhere { .. } => 13,
        Trouble::CategoryFull { .. } => 14,
        Trouble::ChannelsFull { .. } => 15,
        Trouble::ContactLeft { .. } => 16,
        Trouble::ContactMuted { .. } => 17,
        Trouble::WayFailed { .. } => 18,
        Trouble::NeverTested { .. } => 19,
        Trouble::SecretUnset { .. } => 20,
        Trouble::NoFallback => 21,
        Trouble::EveryMessageNotifies => 22,
        Trouble::TwoFactor => 23,
        Trouble::PeopleUnknown { .. } => 24,
    }
}

const TROUBLES: usize = 25;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn samples() -> Vec<Trouble> {
    let monitor = || name("monitor");
    let alerts = || vec![Use::Alerts(monitor())];
    let ana = || "Ana".to_owned();
    let secret = |needed_by| Trouble::SecretUnset { variable: "MUSTER_SECRET_ANA_PHONE".to_owned(), needed_by };
    let failed = |channel: &str, why| Trouble::WayFailed { contact: ana(), channel: channel.to_owned(), why };
    let many = vec![
        Use::Announcements,
        Use::AnnouncementsOf(name("db")),
        Use::Threads { plan: name("db"), private: false },
        Use::Digest,
        Use::HandOffs(name("primary")),
    ];
    vec![
        Trouble::NoContacts,
        Trouble::NoPlans,
        Trouble::NoSources,
        Trouble::NoMessageContent,
        Trouble::LacksInGuild { abilities: vec![Ability::ManageChannels, Ability::MentionRoles] },
        Trouble::LacksIn { channel: ALERTS, abilities: vec![Ability::See], uses: alerts() },
        Trouble::LacksIn { channel: ROOM, abilities: vec![Ability::Send], uses: many },
        Trouble::NowhereToPage,
        Trouble::ChannelGone { channel: ALERTS, uses: alerts() },
        Trouble::WrongKind { channel: ROOM, uses: vec![Use::Rooms, Use::Archive] },
        Trouble::WrongKind { channel: ROOM, uses: vec![Use::Changes(name("deploys"))] },
        Trouble::RoleGone { role: LEADS, uses: vec![Use::Rank("responders"), Use::Access(name("db"))] },
        Trouble::NotMentionable { role: LEADS, uses: vec![Use::Fallback] },
        Trouble::NotMentionable { role: LEADS, uses: vec![Use::FallbackOf(name("db"))] },
        Trouble::NotAssignable { role: LEADS, managed: false, uses: vec![Use::OnCall(name("primary"))] },
        Trouble::NotAssignable { role: LEADS, managed: true, uses: vec![Use::OnCall(name("primary"))] },
        Trouble::SenderGone { sender: Sender::Bot(BEN), source: monitor() },
        Trouble::SenderGone { sender: Sender::Webhook(WebhookId(900_000_000_000_000_301)), source: monitor() },
        Trouble::SenderElsewhere {
            webhook: WebhookId(900_000_000_000_000_301),
            source: monitor(),
            channel: ROOM,
            expected: ALERTS,
        },
        Trouble::CategoryFull { category: ROOM, children: 47 },
        Trouble::ChannelsFull { count: 463 },
        Trouble::ContactLeft { contact: ana(), user: ANA },
        Trouble::ContactMuted { contact: ana() },
        failed("dm", Unreached::DmsClosed),
        failed("here", Unreached::NoAccess),
        failed("mail", Unreached::NoCarrier),
        failed("phone", Unreached::Rejected),
        Trouble::NeverTested { contacts: strings(&["Ana"]) },
        Trouble::NeverTested { contacts: strings(&["Ana", "Ben", "Cleo", "Dora", "Eve", "Finn", "Gus"]) },
        secret(NeededBy::Way { contact: ana(), channel: "phone".to_owned() }),
        secret(NeededBy::Notify { plan: "Payments".to_owned() }),
        secret(NeededBy::Metric { plan: "Payments".to_owned() }),
        Trouble::NoFallback,
        Trouble::EveryMessageNotifies,
        Trouble::TwoFactor,
        Trouble::PeopleUnknown { count: 1 },
        Trouble::PeopleUnknown { count: 12 },
    ]
}

fn found(severity: Severity, trouble: Trouble) -> Finding {
    Finding { severity, trouble }
}

fn drawn(text: &Text) -> String {
    let say = muster::app::reply::Say { text: text.clone(), controls: Vec::new() };
    let body = draw::reply(&say, scene());
    assert_eq!(body["embeds"], serde_json::json!([]), "it fits a plain message");
    body["content"].as_str().unwrap().to_owned()
}

#[test]
fn every_trouble_says_what_where_and_what_to_do() {
    let mut said = String::new();
    for trouble in samples() {
        writeln!(said, "{}", drawn(&words::finding(&found(Severity::Advice, trouble)))).unwrap();
    }
    insta::assert_snapshot!("troubles", said);
    let numbers: BTreeSet<usize> = samples().iter().map(number).collect();
    assert_eq!(numbers.len(), TROUBLES, "every trouble has a sample");
}

#[test]
fn the_worst_comes_first_and_under_its_heading() {
    let findings = vec![
        found(Severity::StopsPaging, Trouble::NoMessageContent),
        found(Severity::StopsPaging, Trouble::ContactLeft { contact: "Ana".to_owned(), user: ANA }),
        found(Severity::Degrades, Trouble::NoFallback),
        found(Severity::Advice, Trouble::TwoFactor),
    ];
    let all = Diagnosis { findings, channels: 3, roles: 1, people: 2 };
    let calm = Diagnosis { findings: Vec::new(), ..all.clone() };
    let screens = [words::diagnosis(&all, FITS_A_MESSAGE), words::diagnosis(&calm, FITS_A_MESSAGE), words::no_survey()];
    insta::assert_snapshot!("diagnosis", screens.iter().map(drawn).collect::<Vec<_>>().join("\n\n---\n\n"));
}

/// Whatever names people choose: one plain message, and what does not fit is counted.
#[test]
fn a_diagnosis_fits_a_message() {
    let rude = "*_~`|@everyone<#1>".repeat(10);
    let long = |_| found(Severity::Degrades, Trouble::ContactMuted { contact: rude.clone() });
    let kinds = samples().into_iter().map(|trouble| found(Severity::StopsPaging, trouble));
    for findings in [kinds.collect::<Vec<_>>(), (0..200).map(long).collect()] {
        let count = findings.len();
        let said = drawn(&words::diagnosis(&Diagnosis { findings, ..Diagnosis::default() }, FITS_A_MESSAGE));
        assert!(said.encode_utf16().count() <= draw::CONTENT_MAX, "{said}");
        let shown = said.lines().filter(|line| line.starts_with("• ")).count();
        assert!(shown >= 5, "{said}");
        assert!(said.ends_with(&format!("… and {} more. Mend these first, then look again.", count - shown)), "{said}");
    }
}

#[test]
fn a_new_server_is_told_the_one_thing_to_do_next() {
    let said = [words::welcome("Acme *Payments*", true), words::welcome("Acme *Payments*", false)];
    insta::assert_snapshot!("welcome", said.iter().map(drawn).collect::<Vec<_>>().join("\n\n---\n\n"));
}

#[test]
fn the_readme_asks_for_what_the_bot_needs() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let link = words::invite_link(0).replace("client_id=0&", "client_id=ID&");
    assert!(readme.contains(&link), "the link is {link}");
    for ability in Ability::ALL {
        let bit = format!("1<<{}", ability.bit().trailing_zeros());
        let mut rows = readme.lines().filter(|line| line.trim_start().starts_with('|'));
        let listed = rows.any(|row| row.contains(words::ability(*ability)) && row.contains(&bit));
        assert!(listed, "the table of permissions lacks {} ({bit})", words::ability(*ability));
    }
}
