//! Every kind of message in realistic cases, as a screen.

use muster::app::courier::Outgoing;
use muster::app::press::Pressed;
use muster::app::reply::{Control, Style};
use muster::app::view::{Calls, CardView, EngagedState, EngagedView, FallbackView, PageView, PagedView, PersonState};
use muster::discord::draw::message;
use muster::domain::engagement::Closing;
use muster::domain::id::IncidentId;
use muster::domain::impact::Impact;
use muster::domain::incident::Status;
use muster::domain::timeline::Fact;
use muster::words::{Path, closed, line, page_why, suggest_resolve};

use super::facts::event;
use super::samples::{ANA, BEN, ana_is_on_call, at, card, engaged, fallback, page, paged, scene, strings};
use super::screen::screen;

fn shown(outgoing: Outgoing) -> String {
    screen(&message(&outgoing, scene()).body)
}

fn screens(shown: impl Iterator<Item = String>) -> String {
    shown.collect::<Vec<_>>().join("\n")
}

fn all_pages(pages: Vec<(&str, PageView)>) -> String {
    let shown = pages.into_iter().map(|(name, page)| format!("{name}\n{}", shown(Outgoing::Page(Box::new(page)))));
    screens(shown)
}

#[test]
fn pages() {
    let for_ana = Path { who: Some("Ana"), ..ana_is_on_call() };
    let for_ben = Path { who: Some("Ben"), via: None, ..ana_is_on_call() };
    let two = PageView {
        people: vec![paged(ANA, "Ana", true), paged(BEN, "Ben", false)],
        why: vec![page_why(&for_ana), page_why(&for_ben)],
        ..page()
    };
    let taken = closed(&Closing::Acked { user: BEN }, at(1), &[]);
    let hostile =
        "@everyone **[Free](https://evil.example)** <@&900000000000000101> `x` see https://run.example/a_b?q=1";
    let screens = all_pages(vec![
        ("the first page", page()),
        ("for two, one of whom has answered", two),
        ("late, third time, a drill", PageView { drill: true, attempt: 3, late_since: Some(at(-21)), ..page() }),
        ("still on it?", PageView { people: vec![paged(ANA, "Ana", true)], still: Some(at(10)), ..page() }),
        ("no ping for Ana", PageView { people: vec![PagedView { quiet: true, ..paged(ANA, "Ana", true) }], ..page() }),
        ("the fallback is next", PageView { next: Some((at(5), vec![])), ..page() }),
        ("direct", PageView { direct: true, ..page() }),
        ("direct, before there is a room", PageView { direct: true, room: None, ..page() }),
        ("taken by Ben", PageView { closed: Some(taken.clone()), ..page() }),
        ("direct, taken by Ben", PageView { direct: true, closed: Some(taken), ..page() }),
        ("a hostile title", PageView { title: hostile.to_owned(), ..page() }),
    ]);
    insta::assert_snapshot!("pages", screens);
}

#[test]
fn fallback_calls() {
    let taken = Some(closed(&Closing::Acked { user: BEN }, at(1), &[]));
    let private = FallbackView { private: true, elsewhere: true, ..fallback() };
    let calls = [
        ("in the room", fallback()),
        ("in the announcement channel, again", FallbackView { elsewhere: true, count: 3, ..fallback() }),
        ("a person, a drill", FallbackView { calls: Calls::Person(BEN), drill: true, ..fallback() }),
        ("the owner, nobody reached", FallbackView { calls: Calls::Owner, tried: vec![], ..fallback() }),
        ("private, elsewhere", private.clone()),
        ("taken", FallbackView { closed: taken.clone(), ..fallback() }),
        ("private, elsewhere, taken", FallbackView { closed: taken, ..private }),
    ];
    let shown = calls.into_iter().map(|(name, call)| format!("{name}\n{}", shown(Outgoing::Fallback(Box::new(call)))));
    insta::assert_snapshot!(screens(shown));
}

#[test]
fn cards() {
    let acked = EngagedView {
        people: vec![("Ana".to_owned(), PersonState::Acked), ("Ben".to_owned(), PersonState::Seen)],
        state: EngagedState::Acked { by: ANA, at: at(-1) },
        ..engaged()
    };
    let answered = CardView {
        lead: Some(ANA),
        engaged: vec![acked.clone()],
        next: None,
        unanswered: false,
        update_due: Some(at(29)),
        alerts: 4,
        firing: 3,
        latest: vec![(
            at(-1),
            line(&event(Some(ANA), Fact::Update { message: "Rolling back.\nETA 10 min".into() })).unwrap(),
        )],
        ..card()
    };
    let exhausted = EngagedView {
        people: vec![("Ana".to_owned(), PersonState::NotReached)],
        state: EngagedState::Exhausted,
        ..engaged()
    };
    let stopped = EngagedView { state: EngagedState::Stopped { reason: "known".to_owned() }, ..engaged() };
    let bare = CardView {
        summary: String::new(),
        plan: None,
        fired: None,
        links: vec![],
        engaged: vec![],
        next: None,
        alerts: 0,
        firing: 0,
        unanswered: false,
        ..card()
    };
    let over = CardView {
        status: Status::Resolved,
        over_at: Some(at(180)),
        engaged: vec![EngagedView { state: EngagedState::Over, people: vec![], ..engaged() }],
        unanswered: false,
        firing: 0,
        ..card()
    };
    let cards = [
        ("nobody has answered", card()),
        ("Ana has it", answered),
        ("held, a drill, private", CardView { held: true, drill: true, private: true, firing: 0, ..card() }),
        ("exhausted and stopped", CardView { engaged: vec![exhausted, stopped], next: None, ..card() }),
        ("without anything", CardView { impact: Impact::Medium, ..bare }),
        ("resolved", over),
    ];
    let shown = cards.into_iter().map(|(name, card)| format!("{name}\n{}", shown(Outgoing::Card(Box::new(card)))));
    insta::assert_snapshot!(screens(shown));
}

#[test]
fn lines() {
    let recovered = event(None, Fact::AllRecovered { paging_held: true });
    let does = Pressed::CardResolve { incident: IncidentId(7) };
    let resolve = Control::Button { label: "Resolve".to_owned(), style: Style::Primary, does };
    let note = event(Some(ANA), Fact::Custom { text: "# done\n- [x](https://evil.example) 1 < 2".to_owned() });
    let lines = [(suggest_resolve(42, &recovered), vec![resolve]), (line(&note).unwrap(), vec![])];
    let shown = lines.into_iter().map(|(text, controls)| shown(Outgoing::Line { text, controls }));
    insta::assert_snapshot!(screens(shown));
}

#[test]
fn only_open_pages_and_open_calls_make_a_sound() {
    let gone = Some(closed(&Closing::Repeated, at(0), &[]));
    let nobody_open = vec![paged(ANA, "Ana", false)];
    let rows: Vec<(Outgoing, bool)> = vec![
        (Outgoing::Page(Box::new(page())), true),
        (Outgoing::Page(Box::new(PageView { closed: gone.clone(), ..page() })), false),
        (Outgoing::Page(Box::new(PageView { people: nobody_open, ..page() })), false),
        (Outgoing::Fallback(Box::new(fallback())), true),
        (Outgoing::Fallback(Box::new(FallbackView { calls: Calls::Owner, ..fallback() })), true),
        (Outgoing::Fallback(Box::new(FallbackView { closed: gone, ..fallback() })), false),
        (Outgoing::Card(Box::new(card())), false),
        (Outgoing::Line { text: strings(&["hello"])[0].clone().into(), controls: vec![] }, false),
    ];
    for (outgoing, loud) in rows {
        let drawn = message(&outgoing, scene());
        let quiet = drawn.body["flags"].as_u64().unwrap() & (1 << 12) != 0;
        assert_eq!(!quiet, loud, "{outgoing:?}");
    }
}

#[test]
fn only_those_who_are_still_asked_are_pinged() {
    let two = PageView { people: vec![paged(ANA, "Ana", false), paged(BEN, "Ben", true)], ..page() };
    let drawn = message(&Outgoing::Page(Box::new(two)), scene());
    assert_eq!(drawn.pings.users, [BEN]);
    let said = &drawn.body["allowed_mentions"];
    assert_eq!(*said, serde_json::json!({ "parse": [], "users": [BEN.to_string()], "roles": [] }));
}
