//! Events that nobody expects: unknown kinds, broken payloads, the wrong order.

use muster::gauges::GAUGES;
use muster_playground::{Id, Miss};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::bench::{Bench, sample, story_in};
use crate::down;

/// Kinds of events, known and not.
const KINDS: [&str; 16] = [
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_REACTION_ADD",
    "INTERACTION_CREATE",
    "GUILD_CREATE",
    "GUILD_DELETE",
    "GUILD_UPDATE",
    "GUILD_MEMBER_UPDATE",
    "CHANNEL_CREATE",
    "CHANNEL_DELETE",
    "THREAD_CREATE",
    "TYPING_START",
    "RESUMED",
    "VOICE_STATE_UPDATE",
    "SOMETHING_NEW",
];
/// Payloads that are sent of each kind.
const OF_EACH: usize = 25;

/// A payload with something of everything, about a guild that is not there.
fn whole() -> Value {
    json!({
        "id": "77", "guild_id": "78", "channel_id": "79", "message_id": "80", "user_id": "81", "type": 2, "version": 1, "token": "t",
        "application_id": "82", "content": "DOWN fuzz", "timestamp": "2026-11-22T10:00:00Z", "edited_timestamp": null, "tts": false,
        "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [], "pinned": false, "embeds": [{"title": "t"}],
        "author": {"id": "81", "username": "u", "discriminator": "0", "avatar": null, "bot": true}, "webhook_id": "40",
        "emoji": {"id": null, "name": "✅"}, "member": {"user": {"id": "81", "username": "u", "discriminator": "0", "avatar": null},
        "roles": [], "joined_at": "2026-11-22T10:00:00Z", "deaf": false, "mute": false, "flags": 0, "permissions": "0"},
        "data": {"id": "83", "name": "incident", "type": 1, "options": []}, "name": "n", "unavailable": true,
        "locale": "en-US", "entitlements": [], "app_permissions": "0", "channels": [], "roles": [], "members": [], "owner_id": "81",
    })
}

/// One to three fields are something else, or gone.
fn mutated(random: &mut StdRng) -> Value {
    let mut value = whole();
    for _ in 0..random.random_range(1..=3) {
        let fields: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        let field = &fields[random.random_range(0..fields.len())];
        let other = match random.random_range(0..7) {
            0 => Value::Null,
            1 => json!(-1),
            2 => json!("\u{0}𝕏"),
            3 => json!([[], {}]),
            4 => json!({"new": {"deep": [null]}}),
            5 => json!(u64::MAX),
            _ => {
                value.as_object_mut().unwrap().remove(field);
                continue;
            }
        };
        value[field] = other;
    }
    value
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_however_broken_stops_the_bot() {
    story_in(sample(), down::TEAM, async |bench: Bench| {
        let (mut random, unknown) = (StdRng::seed_from_u64(7), GAUGES.unknown_events());
        let gateway = bench.discord.gateway();
        for kind in KINDS {
            for odd in [Value::Null, json!({}), json!([]), json!("text"), json!(1)] {
                gateway.dispatch(kind, &odd);
            }
            (0..OF_EACH).for_each(|_| gateway.dispatch(kind, &mutated(&mut random)));
        }
        down::fire(&bench.discord, "after").await;
        bench
            .see(|look| {
                down::rooms_about(look, "after").iter().any(|room| down::pings(look, "Ana", room.id) == 1).then_some(())
            })
            .await;
        assert!(GAUGES.unknown_events() > unknown, "what is not understood is counted");
        assert_eq!((gateway.identifies(), gateway.resumes()), (1, 0), "the connection stands");
        assert_eq!(bench.see(|look| Some(down::rooms(look).len())).await, 1);
        bench.end().await;
    })
    .await;
}

/// A message as the gateway says it.
async fn event_of(bench: &Bench, channel: Id, message: Id) -> Value {
    let url = format!("{}/api/v10/channels/{channel}/messages/{message}", bench.discord.url());
    let asked = reqwest::Client::new().get(url).header("Authorization", format!("Bot {}", bench.discord.token()));
    let mut event: Value = asked.send().await.unwrap().json().await.unwrap();
    event["guild_id"] = json!(down::GUILD.to_string());
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_overtakes_its_message_is_no_second_incident() {
    story_in(sample(), down::TEAM, async |bench: Bench| {
        let gateway = bench.discord.gateway();
        gateway.miss(Miss::Lost);
        let message = down::fire(&bench.discord, "order").await;
        gateway.miss(Miss::Nothing);
        let said = event_of(&bench, 900_000_000_000_000_031, message).await;
        let mut edit = said.clone();
        edit["edited_timestamp"] = json!("2026-11-22T10:00:05+00:00");
        gateway.dispatch("MESSAGE_UPDATE", &edit);
        bench.see(|look| (!down::rooms_about(look, "order").is_empty()).then_some(())).await;
        gateway.dispatch("MESSAGE_CREATE", &said);
        gateway.dispatch("MESSAGE_CREATE", &said);
        // What follows is taken in after them: the gate of a guild keeps their order in the database.
        down::fire(&bench.discord, "next").await;
        bench
            .see(|look| {
                down::rooms_about(look, "next").iter().any(|room| down::pings(look, "Ana", room.id) == 1).then_some(())
            })
            .await;
        bench
            .see(|look| {
                down::rooms_about(look, "order").iter().any(|room| down::pings(look, "Ana", room.id) == 1).then_some(())
            })
            .await;
        assert_eq!(bench.see(|look| Some(down::rooms(look).len())).await, 2);
        bench.end().await;
    })
    .await;
}
