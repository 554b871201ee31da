//! A bug of ours that panics in the middle of a request: the person is told, the operator finds it, the bot goes on. In a process of its
//! own, for panics are counted by process.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "wire/bench.rs"]
mod bench;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/down.rs"]
mod down;

use std::sync::Arc;

use muster::app::App;
use muster::clock::SystemClock;
use muster::gauges::GAUGES;
use muster_playground::Playground;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;

use bench::{Bench, open, sample};

/// A definition for which the doctor must ask whether a variable is set.
const HOOK: &str = r#"
---
kind: contact
name: cleo
spec: {display_name: Cleo, discord_user: "900000000000000012", channels: [{name: hook, type: webhook, url_env: MUSTER_SECRET_HOOK}], stages: [{duration: 0s, targets: [{channel: hook}]}]}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_is_counted_and_answered() {
    let store = databases::sqlite().await;
    let team = format!("{}{HOOK}", down::TEAM);
    let sources = vec![muster::definitions::Source { file: "team.yaml".to_owned(), text: team }];
    let guild = muster::domain::id::GuildId(bench::GUILD);
    let apply = muster::app::Apply { sources, ..muster::app::Apply::new(guild, None, "test") };
    open(&store).await.apply(apply).await.unwrap();

    let (clock, random) = (Arc::new(SystemClock::new()), Box::new(StdRng::from_os_rng()));
    let broken = App::open(store.store.clone(), clock, random, Arc::new(|_| panic!("a bug of ours"))).await.unwrap();
    let bench = Bench::with(Playground::start(sample()).await.unwrap(), broken).await;
    bench.listening(1).await;

    let typed = bench.discord.slash("Olga", "general", "doctor", json!({})).await.unwrap();
    let said = typed.reply().await.unwrap().text();
    assert!(said.contains("Something went wrong") && said.contains("fault `"), "{said}");
    assert_eq!(GAUGES.panics(), 1);

    down::fire(&bench.discord, "after").await;
    bench
        .see(|look| {
            down::rooms_about(look, "after").iter().any(|room| down::pings(look, "Ana", room.id) == 1).then_some(())
        })
        .await;
}
