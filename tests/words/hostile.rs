//! Words of others stay words, whatever is in them and however long they are (FAULTS 43 to 46).

use muster::app::courier::Outgoing;
use muster::app::press::Pressed;
use muster::app::reply::{Choice, Control, Form, FormInput, Say, Style};
use muster::app::view::{Calls, CardView, EngagedState, EngagedView, FallbackView, PageView, PersonState};
use muster::discord::draw::{Drawn, message, modal, reply};
use muster::discord::markdown::{draw, width};
use muster::domain::id::{IncidentId, RoleId, UserId};
use muster::domain::refusal::Refusal;
use muster::domain::text::one_line;
use muster::domain::timeline::Fact;
use muster::words::{Path, Piece, Text, entry, page_why, refusal};
use proptest::prelude::*;
use serde_json::Value;

use super::facts::event;
use super::literal::visible;
use super::samples::{ANA, BEN, LEADS, at, card, engaged, fallback, page, paged, scene};

/// The id that only hostile text names.
const EVE: &str = "666000000000000666";

/// Pieces of attacks, to be joined in any order.
fn fragments() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "<@666000000000000666>",
            "<@!666000000000000666>",
            "<@&666000000000000666>",
            "<#666000000000000666>",
            "@everyone",
            "@here",
            "<",
            "@",
            ">",
            "&",
            "`",
            "```",
            "```sh\n",
            "*",
            "**",
            "***",
            "_",
            "__",
            "~~",
            "||",
            "|",
            "\\",
            "\\\\",
            "[",
            "]",
            "(",
            ")",
            "](",
            "[ok](https://evil.example)",
            "[ok](<https://evil.example>)",
            "https://run.example/a_b*c",
            "https://",
            "http://x",
            "https://a@evil.example",
            "HTTPS://a.b",
            "steam://run/1",
            "discord://x",
            "://",
            ":",
            ":fire:",
            ":100:",
            "<:x:1>",
            "<a:x:1>",
            "<t:0:R>",
            "</ack:1>",
            "<id:home>",
            "# ",
            "## ",
            "-# ",
            "> ",
            ">>> ",
            "- ",
            "* ",
            "1. ",
            "12.",
            "\n",
            "\r\n",
            "\n\n",
            " ",
            "\t",
            "\u{202e}",
            "\u{200b}",
            "\u{0}",
            "\u{1b}[31m",
            "🔥",
            "👩‍👩‍👧",
            "é",
            "word",
            "InstanceDown",
            "INC-42 is resolved",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
    ]
}

fn hostile() -> impl Strategy<Value = String> {
    proptest::collection::vec(fragments(), 0..12).prop_map(|parts| parts.concat())
}

fn long() -> impl Strategy<Value = String> {
    (hostile(), 0usize..200).prop_map(|(text, times)| text.repeat(times).chars().take(5_000).collect())
}

fn only(piece: Piece, max: usize) -> String {
    draw(&Text(vec![piece]), scene(), max)
}

proptest! {
    #[test]
    fn one_line_of_others_shows_exactly_what_was_said(said in hostile()) {
        prop_assert_eq!(visible(&only(Piece::Said(said.clone()), 100_000)), Ok(one_line(&said, usize::MAX)));
    }

    #[test]
    fn strong_words_of_others_are_strong_and_nothing_else(said in hostile()) {
        let drawn = only(Piece::SaidStrong(said.clone()), 100_000);
        let inside = drawn.strip_prefix("**").and_then(|drawn| drawn.strip_suffix("**")).unwrap_or_default();
        prop_assert_eq!(visible(inside), Ok(one_line(&said, usize::MAX)));
    }

    #[test]
    fn every_line_of_a_quote_is_quoted_words(said in hostile()) {
        let drawn = only(Piece::Quote(said), 100_000);
        for line in drawn.split('\n') {
            let inside = line.strip_prefix("> ");
            prop_assert!(inside.is_some_and(|inside| visible(inside).is_ok()), "{line:?}");
        }
    }

    #[test]
    fn words_that_are_cut_stay_words(said in long(), max in 0usize..300) {
        let drawn = only(Piece::Said(said.clone()), max);
        prop_assert!(width(&drawn) <= max);
        let seen = visible(&drawn);
        prop_assert!(seen.is_ok(), "{seen:?}");
        let kept = seen.unwrap_or_default();
        let whole = one_line(&said, usize::MAX);
        let begins = kept == whole || kept.is_empty() || whole.starts_with(kept.trim_end_matches('…'));
        prop_assert!(begins, "{kept:?} of {whole:?}");
    }

    #[test]
    fn our_own_words_are_never_cut_while_they_fit(said in long(), other in long(), max in 40usize..400) {
        let text = Text::from("before ").said(said).ours(" between ").said_strong(other.clone()).quote(other).ours(" after");
        let drawn = draw(&text, scene(), max);
        prop_assert!(width(&drawn) <= max, "{} > {max}", width(&drawn));
        for ours in ["before ", " between ", " after"] {
            prop_assert!(drawn.contains(ours), "{drawn:?}");
        }
    }

    #[test]
    fn nothing_is_longer_than_asked(words in proptest::collection::vec(long(), 0..4), max in 0usize..100) {
        let text = words.into_iter().fold(Text::new(), |text, words| text.ours("ours").said(words).line().user(ANA));
        prop_assert!(width(&draw(&text, scene(), max)) <= max);
    }

    #[test]
    fn a_link_goes_where_it_says_or_is_none(label in hostile(), url in hostile()) {
        for url in [url.clone(), format!("https://a.example/{url}")] {
            let drawn = only(Piece::Link { label: label.clone(), url }, 2_000);
            let ours = drawn.strip_prefix('[').and_then(|rest| rest.rsplit_once("](<https://a.example/"));
            let ours = ours.or_else(|| drawn.strip_prefix('[').and_then(|rest| rest.rsplit_once("](<http")));
            let label = ours.map_or(drawn.as_str(), |(label, _)| label);
            prop_assert!(visible(label).is_ok(), "{drawn:?}");
            let tail = ours.map_or(">)", |(_, tail)| tail);
            prop_assert!(tail.ends_with(">)") && !tail[..tail.len() - 2].contains(['>', ')', ' ', '\n']), "{drawn:?}");
        }
    }
}

#[test]
fn an_address_of_a_plan_mentions_nobody_and_ends_where_it_ends() {
    let rows = [
        ("https://a.b/@everyone", "[Run](<https://a.b/%40everyone>)"),
        ("https://a.b@evil.example/", "[Run](<https://a.b%40evil.example/>)"),
        ("https://a.b/x)>[y](z", "[Run](<https://a.b/x%29%3E%5By%5D%28z>)"),
        ("https://a.b/é b", "[Run](<https://a.b/%C3%A9%20b>)"),
        ("javascript:alert(1)", "Run"),
        ("HTTPS://a.b", "Run"),
    ];
    for (url, drawn) in rows {
        assert_eq!(only(Piece::Link { label: "Run".to_owned(), url: url.to_owned() }, 2_000), drawn);
    }
}

/// Words for every field of a view.
fn words() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(prop_oneof![3 => hostile(), 1 => long()], 8)
}

fn hostile_page(w: &[String], people: usize, direct: bool) -> PageView {
    let path = |who| Path { who, via: Some(&w[1]), plan: &w[2], stage: 1, of: 2, essential: true };
    let user = |n: usize| UserId(18_000_000_000_000_000_000 + n as u64);
    PageView {
        title: w[0].clone(),
        people: (0..people).map(|n| paged(user(n), &w[3], n % 3 != 0)).collect(),
        why: (0..people).map(|n| page_why(&path(Some(&w[n % 8])))).collect(),
        next: Some((at(5), w.to_vec())),
        late_since: Some(at(-9)),
        attempt: 30,
        direct,
        ..page()
    }
}

fn hostile_fallback(w: &[String], elsewhere: bool, private: bool) -> FallbackView {
    let (title, plan, tried) = (w[0].clone(), w[1].clone(), w.to_vec());
    FallbackView { title, plan, tried, elsewhere, private, count: 9, ..fallback() }
}

fn hostile_card(w: &[String]) -> CardView {
    let people = |count| (0..count).map(|n| (w[n % 8].clone(), PersonState::Paged)).collect();
    let engagement = |n: usize| EngagedView {
        title: w[n % 8].clone(),
        people: people(n),
        state: if n.is_multiple_of(2) {
            EngagedState::Stopped { reason: w[0].clone() }
        } else {
            EngagedState::Exhausted
        },
        ..engaged()
    };
    let update = event(Some(ANA), Fact::Update { message: w[4].clone() });
    CardView {
        title: w[0].clone(),
        summary: w[1].clone(),
        plan: Some(w[2].clone()),
        links: (0..5).map(|n| (w[n].clone(), format!("https://a.example/{}", w[n + 1]))).collect(),
        engaged: (0..25).map(engagement).collect(),
        next: Some((at(1), w.to_vec())),
        update_due: Some(at(2)),
        latest: (0..9).map(|n| (at(n), entry(&update))).collect(),
        ..card()
    }
}

/// Every string that Discord reads markdown in.
fn markdown(body: &Value) -> Vec<String> {
    let embeds = body["embeds"].as_array().cloned().unwrap_or_default();
    let fields = embeds.iter().flat_map(|embed| embed["fields"].as_array().cloned().unwrap_or_default());
    let fields: Vec<Value> = fields.flat_map(|field| [field["name"].clone(), field["value"].clone()]).collect();
    let embeds = embeds.iter().flat_map(|embed| [embed["title"].clone(), embed["description"].clone()]);
    let all = embeds.chain(fields).chain([body["content"].clone()]);
    all.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// As Discord's server finds mentions: no escape counts.
fn mentioned(text: &str) -> Vec<String> {
    let tokens = text.split("<@").skip(1).filter_map(|piece| piece.split_once('>')).map(|(inside, _)| inside);
    let ids = tokens.map(|inside| inside.trim_start_matches(['!', '&']).to_owned());
    ids.filter(|id| id.bytes().all(|b| b.is_ascii_digit())).collect()
}

/// Nobody but these is mentioned anywhere, and `pings` are these and no others.
fn check_mentions(drawn: &Drawn, known: &[String], users: &[UserId], roles: &[RoleId]) {
    assert_eq!((drawn.pings.users.as_slice(), drawn.pings.roles.as_slice()), (users, roles));
    let allowed = serde_json::json!({
        "parse": [],
        "users": users.iter().map(UserId::to_string).collect::<Vec<_>>(),
        "roles": roles.iter().map(RoleId::to_string).collect::<Vec<_>>(),
    });
    assert_eq!(drawn.body["allowed_mentions"], allowed);
    for text in markdown(&drawn.body) {
        assert!(!text.contains("@everyone") && !text.contains("@here"), "{text}");
        for token in
            [format!("<#{EVE}"), "<t:0:R>".to_owned(), "</ack:1>".to_owned(), "<:x:1>".to_owned(), "[ok](".to_owned()]
        {
            let bare = text.match_indices(&token).any(|(at, _)| !text[..at].ends_with('\\'));
            assert!(!bare, "{token} in {text}");
        }
        assert!(mentioned(&text).iter().all(|id| known.contains(id)), "{text}");
    }
}

fn check_limits(body: &Value) {
    let most = |text: &Value, max: usize| {
        let text = text.as_str().unwrap();
        assert!(width(text) <= max && !text.is_empty(), "{} of {max}: {text}", width(text));
    };
    assert!(width(body["content"].as_str().unwrap()) <= 2_000);
    for embed in body["embeds"].as_array().unwrap() {
        if !embed["title"].is_null() {
            most(&embed["title"], 256);
        }
        most(&embed["description"], 4_096);
        let fields = embed["fields"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(fields.len() <= 25);
        for field in fields {
            most(&field["name"], 256);
            most(&field["value"], 1_024);
        }
    }
    let total = markdown(body).iter().map(|text| width(text)).sum::<usize>();
    assert!(total <= 6_000, "{total}");
    check_components(&body["components"]);
}

fn check_components(rows: &Value) {
    let most = |text: &Value, max: usize| assert!(text.as_str().is_some_and(|text| width(text) <= max), "{text}");
    let rows = rows.as_array().unwrap();
    assert!(rows.len() <= 5, "{} rows", rows.len());
    for row in rows {
        let components = row["components"].as_array().unwrap();
        assert!((1..=5).contains(&components.len()));
        for component in components {
            most(&component["custom_id"], 100);
            if component["type"] == 3 {
                assert_eq!(components.len(), 1);
                most(&component["placeholder"], 150);
                let options = component["options"].as_array().unwrap();
                assert!((1..=25).contains(&options.len()));
                options.iter().for_each(|option| most(&option["label"], 100));
                options.iter().for_each(|option| most(&option["value"], 100));
            } else {
                most(&component["label"], 80);
            }
        }
    }
}

fn ids(users: &[UserId]) -> Vec<String> {
    users.iter().map(UserId::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_page_pings_whom_it_asks_and_nobody_else(w in words(), people in 1usize..100, direct: bool) {
        let view = hostile_page(&w, people, direct);
        let named: Vec<UserId> = view.people.iter().map(|person| person.user).collect();
        let open: Vec<UserId> = view.people.iter().take(80).filter(|person| person.open).map(|person| person.user).collect();
        let drawn = message(&Outgoing::Page(Box::new(view)), scene());
        check_mentions(&drawn, &ids(&named), &open, &[]);
        check_limits(&drawn.body);
        if !direct {
            let content = drawn.body["content"].as_str().unwrap();
            prop_assert!(open.iter().all(|user| content.contains(&format!("<@{user}>"))), "{content}");
        }
    }

    #[test]
    fn a_fallback_call_pings_the_fallback_and_nobody_else(w in words(), elsewhere: bool, private: bool) {
        let view = hostile_fallback(&w, elsewhere, private);
        let person = FallbackView { calls: Calls::Person(BEN), ..view.clone() };
        let drawn = message(&Outgoing::Fallback(Box::new(view)), scene());
        check_mentions(&drawn, &[LEADS.to_string()], &[], &[LEADS]);
        check_limits(&drawn.body);
        let drawn = message(&Outgoing::Fallback(Box::new(person)), scene());
        check_mentions(&drawn, &ids(&[BEN]), &[BEN], &[]);
    }

    #[test]
    fn cards_and_lines_ping_nobody(w in words()) {
        let drawn = message(&Outgoing::Card(Box::new(hostile_card(&w))), scene());
        check_mentions(&drawn, &ids(&[ANA]), &[], &[]);
        check_limits(&drawn.body);
        let text = Text::new().names(&w).quote(w[0].clone()).said_strong(w[1].clone());
        let drawn = message(&Outgoing::Line { text, controls: vec![] }, scene());
        check_mentions(&drawn, &[], &[], &[]);
        check_limits(&drawn.body);
    }

    #[test]
    fn answers_and_forms_fit_whatever_is_in_them(w in words(), many in 0usize..40) {
        let does = Pressed::Dismiss {};
        let choice = |n: usize| Choice { label: w[n % 8].clone(), value: n.to_string(), description: Some(w[0].clone()), chosen: false };
        let select = Control::Select { placeholder: w[1].clone(), options: (0..many).map(choice).collect(), does };
        let button = Control::Button { label: w[2].clone(), style: Style::Grey, does };
        let controls = (0..many).map(|n| if n % 7 == 0 { select.clone() } else { button.clone() }).collect();
        let body = reply(&Say { text: Text::new().names(&w), controls }, scene());
        check_limits(&body);
        prop_assert_eq!(&body["allowed_mentions"], &serde_json::json!({ "parse": [], "users": [], "roles": [] }));
        let input = |n: usize| FormInput {
            id: "summary", label: w[n].clone(), value: w[n].clone(), long: true, required: false, max: 9_000, placeholder: w[n].clone(),
        };
        let form = modal(&Form { title: w[0].clone(), does: Pressed::CardUpdate { incident: IncidentId(7) }, inputs: (0..8).map(input).collect() });
        let rows = form["components"].as_array().unwrap();
        prop_assert!(rows.len() <= 5 && width(form["title"].as_str().unwrap()) <= 45);
        for row in rows {
            let drawn = &row["components"][0];
            let fits = |key: &str, max: usize| drawn[key].as_str().is_none_or(|text| width(text) <= max);
            prop_assert!(fits("label", 45) && fits("placeholder", 100) && fits("value", 4_000), "{drawn}");
        }
    }
}

#[test]
fn a_summary_that_was_not_saved_comes_back_whole() {
    let yours = format!("{} end of it", "word ".repeat(600));
    let refused = Refusal::SummaryConflict { theirs: "x".repeat(8_000), yours, by: Some(BEN) };
    let body = reply(&Say { text: refusal(&refused), controls: vec![] }, scene());
    check_limits(&body);
    let said = body["embeds"][0]["description"].as_str().unwrap();
    assert!(said.contains("end of it\n**Now:**\n> xxx"), "{said}");
}

#[test]
fn a_private_call_elsewhere_betrays_nothing() {
    let secret = vec!["SECRET".to_owned(); 8];
    for closed in [None, Some(Text::new().said("SECRET"))] {
        let view = FallbackView { closed, ..hostile_fallback(&secret, true, true) };
        let drawn = message(&Outgoing::Fallback(Box::new(view)), scene());
        assert!(!drawn.body.to_string().contains("SECRET"), "{}", drawn.body);
    }
}
