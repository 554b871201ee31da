//! Plans, timetables and help as they are read on a phone.

use std::fmt::Write;

use chrono::TimeDelta;
use muster::app::reply::Say;
use muster::definitions::{Source, parse};
use muster::discord::draw::reply;
use muster::domain::contact::Way;
use muster::domain::definition::Set;
use muster::domain::engagement::{FallbackCall, Place};
use muster::domain::impact::Impact;
use muster::domain::incident::Status;
use muster::domain::name::Name;
use muster::domain::permission::Rank;
use muster::domain::preview::{Entry, Paged, Preview, What, Why};
use muster::domain::span::Span;
use muster::domain::timeline::Unreached;
use muster::words::{
    Elsewhere, InRoom, Text, help_elsewhere, help_in_private, help_in_room, plan_list, plan_shown, preview,
};

use super::samples::{ALERTS, ANA, LEADS, at, scene, strings};
use super::screen::screen;

fn show(text: Text) -> String {
    screen(&reply(&Say { text, controls: Vec::new() }, scene()))
}

fn set(file: &str) -> Set {
    let path = format!("{}/tests/data/definitions/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let documents = parse(&[Source { file: file.to_owned(), text }]).unwrap();
    documents.into_iter().map(|document| (document.name, document.spec)).collect()
}

fn min(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

fn why(plan: &str, stage: u32, via: Option<&str>) -> Why {
    Why { plan: plan.to_owned(), stage, of: 2, run: 1, via: via.map(str::to_owned), essential: true }
}

fn paged(name: &str, channel: &str, way: Way, attempt: u32, why: Why) -> What {
    What::Page(Paged {
        quiet: false,
        contact: Name::parse(&name.to_lowercase()).unwrap(),
        display: name.to_owned(),
        channel: channel.to_owned(),
        way,
        attempt,
        why: vec![why],
    })
}

fn seen(entries: Vec<(TimeDelta, What)>, cut: bool) -> Preview {
    let entries = entries.into_iter().map(|(after, what)| Entry { after, what }).collect();
    Preview { at: at(0), impact: Impact::High, entries, cut }
}

/// Ana by two ways, one of them over and over; Ben; what cannot be reached; the fallback in two places.
fn usual() -> Preview {
    let primary = || why("Payments", 1, Some("Payments primary"));
    let mut entries = vec![
        (min(0), paged("Ana", "here", Way::Mention, 1, primary())),
        (min(0), paged("Ana", "dm", Way::Dm, 1, primary())),
        (min(2), paged("Ana", "here", Way::Mention, 2, primary())),
        (min(2), paged("Ana", "dm", Way::Dm, 2, primary())),
        (min(3), What::Failed { contact: "Ana".to_owned(), way: Way::Email, why: Unreached::NoCarrier }),
        (min(5), What::Skipped { contact: "Dan".to_owned(), why: Unreached::Gone }),
        (min(5), What::Nobody { plan: "Payments".to_owned(), stage: 2, schedules: strings(&["Payments backup"]) }),
        (min(5), paged("Ben", "here", Way::Mention, 1, Why { essential: false, ..why("Payments", 2, None) })),
    ];
    entries.extend((1..30).map(|n| (min(5 + 5 * n), paged("Ben", "here", Way::Mention, n as u32 + 1, primary()))));
    let places = vec![Place::Room, Place::Announcement { channel: ALERTS }];
    let call = FallbackCall::Roles { roles: vec![LEADS] };
    entries.push((min(20), What::Fallback { plan: "Payments".to_owned(), call, places }));
    entries.sort_by_key(|(after, _)| *after);
    seen(entries, false)
}

fn others() -> Vec<(&'static str, Preview)> {
    let both = seen(
        vec![
            (min(0), paged("Ana", "here", Way::Mention, 1, why("Payments", 1, None))),
            (min(0), paged("Ben", "here", Way::Mention, 1, Why { of: 1, ..why("Ben", 1, None) })),
            (min(7), What::Fallback { plan: "Ben".to_owned(), call: FallbackCall::Owner, places: vec![Place::Room] }),
            (
                min(9),
                What::Fallback {
                    plan: "Payments".to_owned(),
                    call: FallbackCall::Person { user: ANA },
                    places: vec![Place::Room],
                },
            ),
        ],
        true,
    );
    let many =
        (0..40).map(|n| (min(n * n), paged("Ana", "here", Way::Mention, n as u32 + 1, why("Payments", 1, None))));
    vec![
        ("several plans, and it goes on", both),
        ("nobody engaged", seen(Vec::new(), false)),
        (
            "only what fails",
            seen(vec![(min(0), What::Skipped { contact: "Dan".to_owned(), why: Unreached::Gone })], false),
        ),
        ("too long for a phone", seen(many.collect(), false)),
    ]
}

#[test]
fn a_preview_reads_like_a_timetable() {
    let mut screens = format!("usual\n{}\n", show(preview("Payments outage", &usual(), Span::mins(15))));
    for (what, seen) in others() {
        writeln!(screens, "{what}\n{}", show(preview("Payments outage", &seen, Span::mins(15)))).unwrap();
    }
    insta::assert_snapshot!("previews", screens);
}

#[test]
fn plans_are_shown_as_they_are_in_force() {
    let mut screens = String::new();
    for file in ["reference.yaml", "team.yaml"] {
        let set = set(file);
        writeln!(screens, "{file}\n{}", show(plan_list(&set))).unwrap();
        for (name, plan) in set.response_plans() {
            writeln!(screens, "{}", show(plan_shown(name, plan, &set))).unwrap();
        }
    }
    writeln!(screens, "nothing\n{}", show(plan_list(&Set::default()))).unwrap();
    insta::assert_snapshot!("plans", screens);
}

#[test]
fn help_fits_the_place() {
    let room = |status, unanswered, engaged, leads| InRoom {
        number: 42,
        status,
        unanswered,
        held: !unanswered,
        engaged,
        leads,
    };
    let rooms = [
        room(Status::Open, true, true, false),
        room(Status::Open, true, false, false),
        room(Status::Open, false, true, true),
        room(Status::Mitigated, false, false, false),
        room(Status::Resolved, false, true, true),
        InRoom { held: false, ..room(Status::Open, false, false, false) },
    ];
    let mut screens = String::new();
    for room in rooms {
        assert!(room.lines().len() <= 8, "{room:?}");
        writeln!(screens, "{room:?}\n{}", show(help_in_room(&room, &room.lines()))).unwrap();
    }
    let contact = Elsewhere {
        open: 2,
        contact: Some("Ana".to_owned()),
        on_call: strings(&["Payments primary"]),
        rank: Some(Rank::Responder),
        ..Elsewhere::default()
    };
    let places = [
        Elsewhere { contact: Some("Ana".to_owned()), open: 1, ..contact.clone() },
        Elsewhere { on_call: Vec::new(), open: 0, ..contact.clone() },
        Elsewhere { rank: Some(Rank::Admin), bare: true, ..Elsewhere::default() },
        Elsewhere { rank: Some(Rank::Anyone), bare: true, ..Elsewhere::default() },
    ];
    for place in [contact].into_iter().chain(places) {
        writeln!(screens, "{place:?}\n{}", show(help_elsewhere(&place, &place.lines(), true))).unwrap();
    }
    let stranger = Elsewhere { ask: vec![LEADS], rank: Some(Rank::Anyone), ..Elsewhere::default() };
    writeln!(screens, "may do nothing\n{}", show(help_elsewhere(&stranger, &[], true))).unwrap();
    writeln!(screens, "in private\n{}", show(help_in_private())).unwrap();
    insta::assert_snapshot!("help", screens);
}
