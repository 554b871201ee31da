//! Custom ids that we did not write, or not for this: nothing follows but a private sentence.

use muster::app::press::{self, LEN_MAX, Pressed};
use muster::app::reply::{Picked, Reply};
use muster::app::request::Ask;
use muster::discord::parse::{self, Press};
use muster::domain::id::{ChannelId, GuildId};
use muster::domain::permission::Person;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::authority::{World, person};
use crate::bench::{ANA, Bench, button, story};
use crate::cases;

/// What somebody may make of a custom id: nearly right, far from it, much too long.
fn forged() -> impl Strategy<Value = String> {
    let verb = prop_oneof![9 => proptest::sample::select(Pressed::VERBS.to_vec()).prop_map(str::to_owned), 1 => "[a-z-]{0,20}"];
    // `I`, `O` and `P` stand for an open incident, one that is over, and a page.
    let real = proptest::sample::select(vec!["I", "O", "P", "0", "1", "9"]).prop_map(str::to_owned);
    let odd =
        proptest::sample::select(vec!["-1", "+7", "007", "9223372036854775807", "18446744073709551615", "", " 1"]);
    let number = prop_oneof![
        8 => real,
        1 => odd.prop_map(str::to_owned),
        1 => Just("9".repeat(80)),
        1 => any::<u64>().prop_map(|n| n.to_string()),
        1 => "\\PC{0,6}",
    ];
    let version = proptest::sample::select(vec!["v1", "v1", "v1", "v1", "v1", "v1", "v1", "v1", "v0", ""]);
    let made = (version, verb, parts(number))
        .prop_map(|(version, verb, parts)| [vec![version.to_owned(), verb], parts].concat().join(":"));
    prop_oneof![4 => made, 1 => any::<String>(), 1 => "v1:[a-z-]{1,12}(:[0-9]{1,3}){0,3}"]
}

/// Mostly as many as most verbs have.
fn parts(number: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = Vec<String>> {
    let some = |count| proptest::collection::vec(number.clone(), count);
    prop_oneof![5 => some(1..2), 2 => some(2..3), 1 => some(0..4)]
}

fn written() -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof![
        Just("mitigate".to_owned()),
        Just("impact:1".to_owned()),
        Just("1".to_owned()),
        Just("db".to_owned()),
        Just("mute:here".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(value, 0..3)
}

/// What it would ask, pressed or sent as a form.
fn asks(id: &str, values: &[String]) -> Vec<Ask> {
    let Ok(pressed) = press::parse(id) else { return Vec::new() };
    let form: Vec<(String, String)> = ["title", "summary", "message", "reason", "definition", "impact", "zone"]
        .iter()
        .zip(values.iter().cycle())
        .map(|(id, value)| ((*id).to_owned(), value.clone()))
        .collect();
    let pressed_on = match parse::press(pressed, &Picked::Values(values.to_vec())) {
        Ok(Press::Ask(ask)) => Some(ask),
        _ => None,
    };
    pressed_on.into_iter().chain(parse::form(pressed, &form)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn an_id_is_one_of_ours_to_the_letter_or_none(id in forged()) {
        if let Ok(pressed) = press::parse(&id) {
            prop_assert_eq!(pressed.to_string(), id.clone());
            prop_assert!(id.len() <= LEN_MAX);
        }
    }
}

/// A stranger here, and the admin of another server, send whatever they like.
#[tokio::test]
async fn what_strangers_forge_changes_nothing() {
    let mut world = World::new().await;
    let mut contents = world.contents().await;
    let nobody = person(7, "rob", &[]);
    let mallory = Person { manages_guild: true, ..person(66, "mallory", &[]) };
    let here = crate::scenario::GUILD;
    let elsewhere = GuildId(here.0 + 8);
    let mut runner = TestRunner::deterministic();
    let mut asked = 0;
    // Half of them read as nothing.
    for _ in 0..2 * cases() {
        let (id, values) = (forged(), written()).new_tree(&mut runner).unwrap().current();
        for ask in asks(&world.filled(&id), &values) {
            asked += 1;
            let reply = world.ask(&nobody, here, Some(ChannelId(1)), ask.clone()).await;
            assert_ne!(reply, Reply::Nothing, "{id} says why not");
            // What is about no incident is theirs to do at home.
            if !matches!(ask, Ask::Setup(_) | Ask::Config(_) | Ask::NewWritten(_) | Ask::FormNew) {
                world.ask(&mallory, elsewhere, Some(ChannelId(1)), ask).await;
            }
        }
    }
    assert!(asked > cases() / 10, "only {asked} were well-formed");
    assert_eq!(contents.changed().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn old_foreign_and_endless_ids_are_answered_in_private() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        let ack = button(&page, "v1:ack:").unwrap();
        let pressed = bench.discord.press("Ana", room.id, page.id, &ack).await.unwrap();
        pressed.reply().await.unwrap();
        bench.closed(page.id).await;
        let endless = format!("v1:ack:{}", "9".repeat(5_000));
        let alert = bench.discord.messages("alerts").remove(0);
        // The button of a page that is over, by others and elsewhere; what never was a button of ours.
        let rows = [
            ("Cleo", room.id, page.id, ack.as_str()),
            ("Cleo", alert.channel, alert.id, ack.as_str()),
            ("Cleo", room.id, page.id, endless.as_str()),
            ("Cleo", room.id, page.id, "v1:ack:\u{0}"),
            ("Cleo", room.id, page.id, ""),
        ];
        for (who, channel, message, id) in rows {
            let pressed = bench.discord.press_unchecked(who, channel, message, id).await.unwrap();
            let reply = pressed.reply().await.unwrap();
            assert!(reply.only_for.is_some() && !reply.text().is_empty(), "{id}");
            assert!(button(&reply, "v1:undo-ack:").is_none(), "{id}");
        }
        let shown = bench.discord.slash("Ana", room.id, "incident show", json!({})).await.unwrap();
        assert!(shown.reply().await.unwrap().text().contains(&ANA.to_string()), "it is still hers");
        assert_eq!(bench.pinged(), ["Ana"]);
        bench.end().await;
    })
    .await;
}
