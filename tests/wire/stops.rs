//! When trying again is of no use, the bot stops and says what to do; when it is, it comes back.

use std::time::Duration;

use muster::discord::{Discord, Stopped};
use muster_playground::{Playground, World, world::intent::MESSAGE_CONTENT};

use crate::bench::{Bench, PATIENCE, TEAM, open, sample, story};
use crate::databases::{self};

async fn stops(world: World, trouble: impl FnOnce(&Bench), why: Stopped) {
    let store = databases::sqlite().await;
    let discord = Playground::start(world).await.unwrap();
    let mut bench = Bench::begin(discord, TEAM, &store).await;
    trouble(&bench);
    let ended = tokio::time::timeout(PATIENCE, &mut bench.gateway).await.unwrap().unwrap();
    assert_eq!(ended, Err(why));
    let identifies = bench.discord.gateway().identifies();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bench.discord.gateway().identifies(), identifies, "no further session is begun");
    assert!(identifies <= 2, "{identifies}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_intent_it_stops() {
    stops(sample().without_intents(MESSAGE_CONTENT), |_| {}, Stopped::IntentsNotGranted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_stops_it() {
    let revoked = |bench: &Bench| bench.discord.revoke_token("another");
    stops(sample(), revoked, Stopped::TokenRefused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_before_anything_else() {
    let store = databases::sqlite().await;
    let discord = Playground::start(sample()).await.unwrap();
    let refused = Discord::connect("wrong".to_owned().into(), discord.url(), open(&store).await, None).await;
    let why = refused.err().unwrap().downcast::<Stopped>().unwrap();
    assert_eq!(why, Stopped::TokenRefused);
    assert_eq!(discord.gateway().identifies(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_comes_back() {
    story(async |bench: Bench| {
        bench.discord.gateway().close(4000);
        bench.paged().await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guild_that_is_not_served_is_not_answered() {
    let store = databases::sqlite().await;
    let bench = Bench::for_others(&store).await;
    bench.listening(1).await;
    let typed = bench.discord.slash("Ana", "general", "incident list", serde_json::json!({})).await.unwrap();
    bench.discord.times(|times| times.callback = Duration::from_millis(300));
    assert!(typed.callback().await.is_err());
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 45 s: it waits for the bot to lose patience"]
async fn a_bot_that_is_never_let_in_begins_few_sessions() {
    let discord = Playground::start(sample()).await.unwrap();
    discord.gateway().close_identifies(Some(4012));
    let store = databases::sqlite().await;
    let bench = Bench::begin(discord, TEAM, &store).await;
    tokio::time::sleep(Duration::from_secs(45)).await;
    let identifies = bench.discord.gateway().identifies();
    assert!((1..=12).contains(&identifies), "{identifies}");
    bench.discord.gateway().close_identifies(None);
    bench.alert("v0.33.1-single-firing").await;
    bench.room(1).await;
    bench.end().await;
}
