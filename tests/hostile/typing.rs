//! Somebody leans on the keyboard: texts as long as Discord lets them be, a completion for every key.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::bench::{Bench, TEAM, button, sample, story};
use crate::databases;

/// Keys pressed in about a second.
const KEYS: usize = 200;
/// Most choices that Discord takes.
const CHOICES_MAX: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_for_every_key_keeps_nobody_from_acknowledging() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        let mut typing = Vec::new();
        for n in 0..KEYS {
            let typed = if n % 2 == 0 { "inc".to_owned() } else { "x".repeat(6_000) };
            let asked =
                bench.discord.autocomplete("Ben", room.id, "incident show", json!({ "incident": typed }), "incident");
            typing.push(asked.await.unwrap());
        }
        let began = Instant::now();
        let pressed = bench.discord.press("Ana", room.id, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
        assert!(button(&pressed.reply().await.unwrap(), "v1:undo-ack:").is_some());
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        for one in typing {
            assert!(one.choices().await.unwrap().len() <= CHOICES_MAX);
        }
        bench.end().await;
    })
    .await;
}

/// The database stands still; who types is not kept waiting for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_completion_that_takes_too_long_is_empty() {
    let Some(database) = databases::postgres().await else { return };
    let bench = Bench::start(sample(), TEAM, &database).await;
    let (room, _) = bench.paged().await;
    let mut lock = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query("BEGIN").execute(&mut lock).await.unwrap();
    sqlx::query("LOCK TABLE incident IN ACCESS EXCLUSIVE MODE").execute(&mut lock).await.unwrap();
    let began = Instant::now();
    let typed = bench.discord.autocomplete("Ana", room.id, "incident show", json!({ "incident": "inc" }), "incident");
    let choices = typed.await.unwrap().choices().await.unwrap();
    assert!(choices.is_empty() && began.elapsed() < Duration::from_millis(2_900), "{:?}", began.elapsed());
    sqlx::query("ROLLBACK").execute(&mut lock).await.unwrap();
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_as_long_as_discord_takes_are_kept_or_refused_with_the_limit() {
    story(async |bench: Bench| {
        let (room, _) = bench.paged().await;
        let huge = "👩‍👩‍👧".repeat(700);
        let raw = |word: &str, name: &str| {
            json!({ "id": "1", "name": "incident", "type": 1,
            "options": [{ "name": word, "type": 1, "options": [{ "name": name, "type": 3, "value": huge }] }] })
        };
        for (word, name) in [
            ("update", "summary"),
            ("update", "title"),
            ("update", "message"),
            ("cancel", "reason"),
            ("show", "incident"),
        ] {
            let sent = bench.discord.command_unchecked("Ana", room.id, raw(word, name)).await.unwrap();
            let reply = sent.reply().await.unwrap();
            assert!(reply.only_for.is_some() && !reply.text().is_empty(), "{word} {name}");
        }
        let refused = bench.discord.calls().into_iter().filter(|call| call.status == 400).count();
        assert_eq!(refused, 0, "Discord took everything that was said about it");
        bench.end().await;
    })
    .await;
}
