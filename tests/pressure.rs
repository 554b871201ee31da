//! Discord limits, stumbles and dawdles: pages go first, each comes once, and hardly any call is refused.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "wire/bench.rs"]
mod bench;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/down.rs"]
mod down;

use std::collections::BTreeMap;
use std::time::Duration;

use muster_playground::{Exchange, Fault, Id, Limits, Look};
use tokio::time::Instant;

use bench::{Bench, sample};

/// Where it is announced, and where those meet whose channels cannot be made in time.
const ANNOUNCE: Id = 900_000_000_000_000_030;
/// How long a storm may take to be paged.
const STORM_WITHIN: Duration = Duration::from_secs(240);
/// Refusals that Discord may have to say in a storm.
const REFUSED_MAX: u32 = 2;

async fn started() -> (Bench, databases::TestStore) {
    let store = databases::sqlite().await;
    (Bench::start(sample(), down::TEAM, &store).await, store)
}

fn is_long() -> bool {
    std::env::var("MUSTER_LONG").is_ok_and(|value| value == "1")
}

/// What Ana was paged about, one text a page. Where no channel could be made in time, pages share the announcement channel.
fn pages(look: &Look<'_>) -> Vec<String> {
    let ours = look.pings().iter().filter(|ping| ping.name == "Ana");
    ours.filter_map(|ping| look.message(ping.message)).map(|message| message.content).collect()
}

/// About how many incidents Ana was paged. Their titles end in three digits, and are the first thing that a page says.
fn paged(look: &Look<'_>) -> usize {
    let mut first_lines: Vec<String> =
        pages(look).iter().filter_map(|text| text.lines().next().map(str::to_owned)).collect();
    first_lines.sort_unstable();
    first_lines.dedup();
    first_lines.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_is_paged_within_discords_limits_and_pages_go_first() {
    let (bench, _store) = started().await;
    let incidents = if is_long() { 200 } else { 60 };
    bench.discord.limits(Limits::discord());
    let began = Instant::now();
    for n in 0..incidents {
        down::fire(&bench.discord, &format!("storm-{n:03}")).await;
    }
    bench.discord.wait_for(STORM_WITHIN, |look| (paged(look) == incidents).then_some(())).await.unwrap();
    let took = began.elapsed();
    let pages = bench.see(|look| Some(pages(look).len())).await;
    assert_eq!(pages, incidents, "every page comes once");
    let refused = bench.discord.refused_by_limits();
    println!(
        "{incidents} incidents are paged after {took:?}, {} calls, {refused} refused",
        bench.discord.calls().len()
    );
    assert!(refused <= REFUSED_MAX, "{refused} calls were refused");
    pages_before_edits(&bench.discord.calls());
    bench.end().await;
}

/// In each room the page is sent before the card is edited. The announcement channel is the room of several.
fn pages_before_edits(calls: &[Exchange]) {
    let mut edited: BTreeMap<Id, usize> = BTreeMap::new();
    for (at, call) in calls.iter().enumerate().filter(|(_, call)| call.applied) {
        let Some(channel) = call.id(0).filter(|channel| *channel != ANNOUNCE) else { continue };
        if call.is("PATCH", "/channels/*/messages/*") {
            edited.entry(channel).or_insert(at);
        }
        if call.is("POST", "/channels/*/messages") && call.body.to_string().contains("v1:ack:") {
            assert!(!edited.contains_key(&channel), "an edit went before the page of its room");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_all_calls_fail_and_every_page_comes_once() {
    let (bench, _store) = started().await;
    let lasts = Duration::from_secs(if is_long() { 60 } else { 4 });
    let flaky = bench.discord.fault(Fault::on("*", "/**").probability(0.5).answer(502, "<html>Bad Gateway</html>"));
    let (began, mut incidents) = (Instant::now(), 0);
    while began.elapsed() < lasts {
        down::fire(&bench.discord, &format!("flaky-{incidents:03}")).await;
        incidents += 1;
        tokio::time::sleep(lasts / 8).await;
    }
    bench.discord.end_fault(flaky);
    bench.discord.wait_for(STORM_WITHIN, |look| (paged(look) == incidents).then_some(())).await.unwrap();
    let (rooms, pages) = bench.see(|look| Some((down::rooms(look).len(), pages(look).len()))).await;
    assert!(rooms <= incidents, "{rooms} rooms for {incidents} incidents");
    assert_eq!(pages, incidents, "every page comes once");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_channel_delays_no_page_in_another() {
    let (bench, _store) = started().await;
    down::fire(&bench.discord, "slow").await;
    let slow = bench
        .see(|look| down::rooms_about(look, "slow").into_iter().find(|room| down::pings(look, "Ana", room.id) > 0))
        .await;
    const DELAY: Duration = Duration::from_secs(9);
    bench.discord.fault(Fault::on("*", format!("/channels/{}/**", slow.id)).delay(DELAY));
    // What is said in the slow room now waits there.
    for n in 0..5 {
        let message = serde_json::json!({ "message": format!("Still slow, {n}.") });
        bench.discord.slash("Ana", slow.id, "incident update", message).await.ok();
    }
    let began = Instant::now();
    for n in 0..5 {
        down::fire(&bench.discord, &format!("other-{n}")).await;
    }
    bench.see(|look| (paged(look) == 6).then_some(())).await;
    assert!(began.elapsed() < DELAY, "{:?}", began.elapsed());
    bench.discord.clear_faults();
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_without_end_stop_long_before_discord_bans_the_address() {
    let (bench, _store) = started().await;
    bench.discord.limits(Limits::off().ban(100, Duration::from_secs(600), Duration::from_secs(600)));
    bench.discord.fault(Fault::on("*", "/channels/**").refuse(403, 50001, "Missing Access"));
    for n in 0..10 {
        down::fire(&bench.discord, &format!("refused-{n}")).await;
    }
    let made = |look: &Look<'_>| (down::rooms(look).len() == 10).then_some(());
    bench.see(made).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let refused = bench.discord.calls().iter().filter(|call| matches!(call.status, 401 | 403 | 429)).count();
    println!("{refused} calls were refused");
    assert!(refused < 100, "{refused} calls for 10 incidents that nobody may be told of");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_stands_in_one_header_and_nowhere_else() {
    let (bench, _store) = started().await;
    let (room, page) = {
        down::fire(&bench.discord, "secret").await;
        bench
            .see(|look| {
                let room = down::rooms_about(look, "secret").into_iter().next()?;
                Some((room.id, down::asking(look, room.id).pop()?))
            })
            .await
    };
    bench.discord.press("Ana", room, page.0.id, &page.1).await.unwrap().reply().await.unwrap();
    let typed =
        bench.discord.slash("Ana", room, "incident resolve", serde_json::json!({ "message": "Fixed." })).await.unwrap();
    typed.reply().await.unwrap();
    let token = bench.discord.token();
    let calls = bench.discord.calls();
    assert!(calls.len() > 10 && calls.iter().any(|call| call.authorized));
    for call in &calls {
        let shown = format!("{} {} {:?} {:?}", call.path, call.body, call.reason, call.headers);
        assert!(!shown.contains(&token), "{} {} shows the token", call.method, call.route);
    }
    bench.end().await;
}
