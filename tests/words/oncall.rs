//! On call as it is read: who, previews of changes, offers, and every refusal.

use std::fmt::Write;

use muster::app::courier::Outgoing;
use muster::app::view::CoverView;
use muster::discord::draw::{message, reply};
use muster::domain::effect::OnCallNote;
use muster::domain::id::CoverId;
use muster::domain::refusal::{OnCallRefusal, Refusal};
use muster::words::cover::*;
use muster::words::oncall::*;
use muster::words::{Text, refusal};

use super::samples::{ANA, BEN, at, scene, strings};
use super::screen::screen;

fn told(rows: &[(&str, Text)]) -> String {
    let mut said = String::new();
    for (name, text) in rows {
        let say = muster::app::reply::Say { text: text.clone(), controls: Vec::new() };
        writeln!(said, "{name}\n{}\n", reply(&say, scene())["content"].as_str().unwrap()).unwrap();
    }
    said
}

fn standing(schedule: &str, who: &[&str], until: Option<i64>, next: &[&str]) -> Standing {
    Standing { schedule: schedule.to_owned(), who: strings(who), until: until.map(at), next: strings(next) }
}

fn stretch(from: i64, until: i64, who: &[&str]) -> Stretch {
    Stretch { from: at(from), until: at(until), who: strings(who) }
}

fn line(code: &str, rotations: &[&str], who: &[&str], gone: &[&str]) -> OverrideLine {
    OverrideLine {
        code: code.to_owned(),
        schedule: "Payments primary".to_owned(),
        rotations: strings(rotations),
        from: at(60),
        until: at(600),
        who: strings(who),
        by: Some(BEN),
        gone: strings(gone),
    }
}

fn gaps_of(count: i64, intended: bool) -> Gaps {
    let gap = |n: i64| (at(n * 1_440), at(n * 1_440 + 90));
    Gaps { schedule: "Payments primary".to_owned(), gaps: (0..count).map(gap).collect(), intended }
}

fn proposed_change() -> Proposed {
    Proposed {
        schedule: "Payments primary".to_owned(),
        rotation: None,
        from: at(60),
        until: at(600),
        before: vec![stretch(60, 300, &["Ana"]), stretch(300, 600, &["Ben"])],
        after: vec![stretch(60, 600, &["Cleo", "Dan"])],
        new_gaps: vec![],
        intended: false,
        gone: vec![],
    }
}

#[test]
fn who_is_on_call() {
    let rotation = RotationLine {
        name: "weekdays".to_owned(),
        members: strings(&["Ana", "Ben"]),
        rule: "hands off Mon 09:00 (Europe/Dublin) · 2 at once".to_owned(),
    };
    let full = Shown {
        name: "payments-primary".to_owned(),
        standing: standing("Payments primary", &["Ana"], Some(300), &["Ben"]),
        rotations: vec![rotation],
        hand_offs: vec![stretch(300, 2_000, &["Ben"]), stretch(2_000, 4_000, &[])],
        overrides: vec![line("k3x9a", &["weekdays"], &["Cleo"], &[])],
        gaps: gaps_of(1, false),
    };
    let standings = [
        standing("Payments primary", &["Ana", "Ben"], Some(300), &["Cleo"]),
        standing("Web", &["Ana"], None, &[]),
        standing("Nights", &[], Some(900), &["Dan"]),
        standing("Summer", &[], None, &[]),
        standing("**x** @everyone", &["<@200000000000000001>"], Some(300), &[]),
    ];
    let mine_of =
        |schedule: &str, from, until| Mine { schedule: schedule.to_owned(), from: at(from), until: at(until) };
    let rows = [
        ("now", who(&standings, None)),
        ("at another time", who(&standings[..1], Some(at(6_000)))),
        ("no schedule", who(&[], None)),
        ("mine, now", mine(&[mine_of("Payments primary", 0, 300), mine_of("Web", 900, 2_000)], at(0))),
        ("mine, later", mine(&[mine_of("Web", 900, 2_000)], at(0))),
        ("mine, never", mine(&[], at(0))),
        ("a schedule", shown(&full)),
        ("the coming weeks", preview("Web", 2, &[stretch(0, 300, &["Ana"]), stretch(300, 900, &[])])),
        (
            "calendar",
            calendar(&["      Web\nMarch 2026\nTh 05 Ana>Ben `x` @everyone".to_owned()], "Europe/Dublin", false),
        ),
        ("file", ical("Payments primary", 26, 180)),
        ("gaps", gaps(&[gaps_of(0, false), gaps_of(2, true), gaps_of(12, false)])),
        ("overrides", overrides(&[line("k3x9a", &[], &[], &[]), line("b2c4d", &["one", "two"], &["Dan"], &["Dan"])])),
        ("no overrides", overrides(&[])),
    ];
    insta::assert_snapshot!("on_call", told(&rows));
}

#[test]
fn changes_of_who_is_on_call() {
    let gap = Proposed {
        rotation: Some("weekdays".to_owned()),
        after: vec![stretch(60, 600, &[])],
        new_gaps: vec![(at(60), at(600))],
        gone: strings(&["Dan"]),
        ..proposed_change()
    };
    let rows = [
        ("proposed", proposed(&proposed_change())),
        ("a gap, and somebody who left", proposed(&gap)),
        ("a gap that may be", proposed(&Proposed { intended: true, ..gap })),
        ("saved", saved(&proposed_change(), "k3x9a")),
        ("taken back", cancelled("Payments primary", at(60), at(600), &[stretch(60, 600, &["Ana"])])),
        ("whose place", whose_place("Payments primary")),
        ("took", took("Payments primary", Some("Ana"), at(300), &strings(&["Ben"]))),
        ("took nobody's", took("Payments primary", None, at(300), &[])),
    ];
    insta::assert_snapshot!("on_call_changes", told(&rows));
}

#[test]
fn offers_of_shifts() {
    let offer_line = OfferLine {
        by: ANA,
        schedule: "Payments primary".to_owned(),
        stretches: vec![(at(60), at(600)), (at(1_500), at(2_000))],
    };
    let states = [
        ("open", OfferState::Open),
        ("taken", OfferState::Taken { by: BEN, at: at(-5) }),
        ("taken back", OfferState::Back),
        ("over", OfferState::Lapsed),
        ("empty", OfferState::Empty),
    ];
    let shown = |text: Text, open: bool, pings| {
        let cover = CoverView { offer: CoverId(9), text, open, pings };
        screen(&message(&Outgoing::Cover(Box::new(cover)), scene()).body)
    };
    let mut said = String::new();
    for (name, state) in states {
        writeln!(said, "{name}\n{}", shown(offer(&offer_line, state), state == OfferState::Open, None)).unwrap();
    }
    for (name, begins, seen) in [("untaken", 60, true), ("untaken, begun", -5, true), ("nobody can see it", 60, false)]
    {
        writeln!(said, "{name}\n{}", shown(untaken(&offer_line, at(begins), seen, at(0)), false, Some(ANA))).unwrap();
    }
    let rows = [
        ("offered", offered(std::slice::from_ref(&offer_line), false)),
        ("offered, soon", offered(std::slice::from_ref(&offer_line), true)),
        ("yours", covered(&offer_line)),
        ("nothing left", nothing_left(ANA)),
        ("somebody was first", over(OfferState::Taken { by: BEN, at: at(-1) })),
        ("pressed, taken back", over(OfferState::Back)),
        ("pressed, over", over(OfferState::Lapsed)),
        ("taken back by its owner", back()),
    ];
    insta::assert_snapshot!("on_call_offers", said + &told(&rows));
}

#[test]
fn lines_about_who_is_on_call() {
    let schedule = || "Payments primary".to_owned();
    let put = |rotation: Option<&str>, who: &[&str]| OnCallNote::Put {
        schedule: schedule(),
        rotation: rotation.map(str::to_owned),
        by: BEN,
        who: strings(who),
        from: at(60),
        until: at(600),
    };
    let took = |of| OnCallNote::Took { schedule: schedule(), by: BEN, of, until: at(600) };
    let rows = [
        ("put", note(&put(None, &["Ana", "Cleo"]))),
        ("put nobody", note(&put(Some("weekdays"), &[]))),
        ("restored", note(&OnCallNote::Restored { schedule: schedule(), by: BEN, from: at(60), until: at(600) })),
        ("took", note(&took(Some(ANA)))),
        ("took nobody's", note(&took(None))),
    ];
    insta::assert_snapshot!("on_call_lines", told(&rows));
}

#[test]
fn refusals_about_who_is_on_call() {
    let said = || "two".to_owned();
    let schedule = || "Payments primary".to_owned();
    let all = [
        OnCallRefusal::NoSuchRotation { said: said(), known: strings(&["one"]) },
        OnCallRefusal::NoSuchOverride { said: said() },
        OnCallRefusal::Skipped {
            said: "2026-03-29 01:30".to_owned(),
            zone: "Europe/Dublin".to_owned(),
            right: "2026-03-29 02:00".to_owned(),
        },
        OnCallRefusal::Past { from: at(-60), until: at(-30) },
        OnCallRefusal::TooFar { days: 366 },
        OnCallRefusal::TooManyPieces { max: 100 },
        OnCallRefusal::TooManyMembers { max: 30 },
        OnCallRefusal::NotOnCall { from: at(60), until: at(600) },
        OnCallRefusal::NotInPlace { name: "Ana".to_owned() },
        OnCallRefusal::OnCallAlready { schedule: schedule(), until: Some(at(300)) },
        OnCallRefusal::OnCallAlready { schedule: schedule(), until: None },
        OnCallRefusal::OfferedAlready { schedule: schedule() },
        OnCallRefusal::TooManyOffers { max: 20 },
        OnCallRefusal::PreviewGone,
        OnCallRefusal::SavedAlready,
        OnCallRefusal::OfferGone,
        OnCallRefusal::NotYourOffer,
    ];
    let rows: Vec<_> = all.into_iter().map(|why| ("—", refusal(&Refusal::OnCall(why)))).collect();
    insta::assert_snapshot!("on_call_refusals", told(&rows));
}
