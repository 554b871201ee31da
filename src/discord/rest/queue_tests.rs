//! The gate against a Discord of paper: time stands still and jumps, so every figure is exact.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serenity::model::id::{ChannelId, InteractionId, MessageId};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::answer::{Limited, News};
use super::call::{Call, Lane};
use super::connections::Connections;
use super::endpoint::Endpoint;
use super::error::Scope;
use super::fake::Bucket;
use super::gate::{Ask, Gate, Permit};

const PATIENT: Duration = Duration::from_secs(600);

fn post(channel: u64) -> Endpoint {
    Endpoint::create_message(ChannelId::new(channel))
}

fn edit(channel: u64) -> Endpoint {
    Endpoint::edit_message(ChannelId::new(channel), MessageId::new(1))
}

fn callback() -> Endpoint {
    Endpoint::callback(InteractionId::new(1), "token")
}

fn ask(gate: &Gate, endpoint: Endpoint, lane: Lane) -> Ask {
    let exempt = endpoint.token_in_path;
    Ask { route: Call::new(endpoint).route(), lane, exempt, ticket: gate.ticket() }
}

async fn enter(gate: &Arc<Gate>, endpoint: Endpoint, lane: Lane, patience: Duration) -> Result<Permit, Limited> {
    gate.enter(ask(gate, endpoint, lane), Instant::now() + patience).await
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn unlimited() -> News {
    News { settled: true, ..News::default() }
}

fn told_to_wait(seconds: u64, scope: Scope) -> News {
    News { limited: Some(Limited { after: Duration::from_secs(seconds), scope }), ..unlimited() }
}

/// Goes through the gate, to Discord and back, `there` and `back` on the way; returns when Discord saw it.
async fn travel(gate: Arc<Gate>, ask: Ask, discord: Arc<Mutex<Bucket>>, there: Duration, back: Duration) -> Instant {
    let permit = gate.enter(ask, Instant::now() + PATIENT).await.expect("patience outlasts the queue");
    sleep(there).await;
    let at = Instant::now();
    let news = discord.lock().unwrap().take("b", at);
    sleep(back).await;
    permit.settle(&news);
    at
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_20_into_5_per_5_s_takes_the_ideal_time_and_no_429() {
    let (gate, start) = (Arc::<Gate>::default(), Instant::now());
    let discord = Arc::new(Mutex::new(Bucket::new(5, ms(5000))));
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        calls.spawn(travel(gate.clone(), ask(&gate, post(1), Lane::Normal), discord.clone(), ms(40), ms(40)));
    }
    calls.join_all().await;
    assert_eq!(discord.lock().unwrap().refused, 0);
    let took = start.elapsed();
    assert!(took >= ms(15_000) && took <= ms(15_400), "3 windows and a few ways to Discord, but {took:?}");
}

#[tokio::test(start_paused = true)]
async fn no_latency_makes_it_overshoot() {
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let (gate, start) = (Arc::<Gate>::default(), Instant::now());
        let limit = random.random_range(1..=10);
        let slowest = random.random_range(2..8000);
        let discord = Arc::new(Mutex::new(Bucket::new(limit, ms(5000))));
        let mut calls = JoinSet::new();
        for _ in 0..40 {
            // Slower than a window, in the worst case: answers come in any order and tell of windows long over.
            let (there, back) = (ms(random.random_range(1..slowest)), ms(random.random_range(1..slowest)));
            calls.spawn(travel(gate.clone(), ask(&gate, post(1), Lane::Normal), discord.clone(), there, back));
        }
        calls.join_all().await;
        assert_eq!(discord.lock().unwrap().refused, 0, "seed {seed}, limit {limit}");
        let windows = 40_u32.div_ceil(limit);
        assert!(
            start.elapsed() <= windows * ms(5000 + 2 * slowest),
            "seed {seed}, limit {limit}: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_overtakes_50_queued_edits() {
    let gate = Arc::<Gate>::default();
    let discord = Arc::new(Mutex::new(Bucket::new(5, ms(5000))));
    let mut edits = JoinSet::new();
    for _ in 0..50 {
        edits.spawn(travel(gate.clone(), ask(&gate, edit(1), Lane::Normal), discord.clone(), ms(40), ms(40)));
    }
    sleep(ms(500)).await;
    let mut pages = JoinSet::new();
    for _ in 0..2 {
        pages.spawn(travel(gate.clone(), ask(&gate, edit(1), Lane::Page), discord.clone(), ms(40), ms(40)));
    }
    let asked = Instant::now();
    pages.join_all().await;
    assert!(asked.elapsed() <= ms(5000), "pages waited for more than one window: {:?}", asked.elapsed());
    let edited = edits.join_all().await;
    assert_eq!(edited.iter().filter(|at| **at < asked).count(), 5, "45 edits were waiting");
    assert_eq!(discord.lock().unwrap().refused, 0);
}

#[tokio::test(start_paused = true)]
async fn an_everyday_probe_delays_a_page_by_one_request_only() {
    let gate = Arc::<Gate>::default();
    let probe = enter(&gate, post(1), Lane::Normal, PATIENT).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for (name, lane) in
        [("edit 1", Lane::Normal), ("edit 2", Lane::Normal), ("page 1", Lane::Page), ("page 2", Lane::Page)]
    {
        let (order, waiting) = (order.clone(), gate.clone());
        let ask = ask(&gate, post(1), lane);
        calls.spawn(async move {
            let permit = waiting.enter(ask, Instant::now() + PATIENT).await.unwrap();
            order.lock().unwrap().push(name);
            sleep(ms(100)).await;
            drop(permit);
        });
    }
    sleep(ms(100)).await;
    assert!(order.lock().unwrap().is_empty(), "one asks, the others wait for its answer");
    drop(probe);
    calls.join_all().await;
    assert_eq!(*order.lock().unwrap(), ["page 1", "page 2", "edit 1", "edit 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_storm_over_many_channels_keeps_the_pace_with_pages_first() {
    let (gate, start) = (Arc::<Gate>::default(), Instant::now());
    let sent = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for channel in 1..=500 {
        let lane = if channel > 400 { Lane::Page } else { Lane::Normal };
        let (sent, waiting) = (sent.clone(), gate.clone());
        let ask = ask(&gate, post(channel), lane);
        calls.spawn(async move {
            let permit = waiting.enter(ask, Instant::now() + PATIENT).await.unwrap();
            sent.lock().unwrap().push((start.elapsed(), lane));
            sleep(ms(100)).await;
            permit.settle(&unlimited());
        });
    }
    calls.join_all().await;
    let sent = sent.lock().unwrap();
    assert!(sent.windows(49).all(|run| run[48].0 - run[0].0 >= ms(1000)), "never more than 48 a second");
    let last_page = sent.iter().filter(|(_, lane)| *lane == Lane::Page).map(|(at, _)| *at).max().unwrap();
    assert!(last_page <= ms(3100), "100 pages behind 43 early edits: {last_page:?}");
    assert!(start.elapsed() <= ms(12_500), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_global_429_stops_all_but_interactions() {
    for scope in [Scope::Global, Scope::Edge] {
        let (gate, start) = (Arc::<Gate>::default(), Instant::now());
        enter(&gate, post(1), Lane::Normal, PATIENT).await.unwrap().settle(&told_to_wait(2, scope));
        for lane in [Lane::Page, Lane::Normal] {
            let refused = enter(&gate, post(2), lane, ms(500)).await.err();
            assert_eq!(refused, Some(Limited { after: ms(2000), scope }));
        }
        enter(&gate, callback(), Lane::Reply, Duration::ZERO).await.unwrap().settle(&unlimited());
        assert_eq!(start.elapsed(), Duration::ZERO);
        enter(&gate, post(2), Lane::Normal, PATIENT).await.unwrap();
        assert!(start.elapsed() >= ms(2000) && start.elapsed() < ms(2010));
    }
}

#[tokio::test(start_paused = true)]
async fn a_blocked_address_stops_the_interaction_that_met_it_too() {
    let gate = Arc::<Gate>::default();
    enter(&gate, callback(), Lane::Reply, PATIENT).await.unwrap().settle(&told_to_wait(60, Scope::Edge));
    for endpoint in [callback(), post(1)] {
        let refused = enter(&gate, endpoint, Lane::Reply, ms(500)).await.err();
        assert_eq!(refused, Some(Limited { after: ms(60_000), scope: Scope::Edge }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_429_closes_its_bucket_only() {
    let (gate, start) = (Arc::<Gate>::default(), Instant::now());
    enter(&gate, post(1), Lane::Normal, PATIENT).await.unwrap().settle(&told_to_wait(9, Scope::Shared));
    let refused = enter(&gate, post(1), Lane::Page, ms(500)).await.err();
    assert_eq!(refused, Some(Limited { after: ms(9000), scope: Scope::Shared }));
    enter(&gate, post(2), Lane::Normal, Duration::ZERO).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_served_in_time_hears_it_at_once() {
    let (gate, start) = (Arc::<Gate>::default(), Instant::now());
    let mut discord = Bucket::new(5, ms(5000));
    enter(&gate, edit(1), Lane::Normal, PATIENT).await.unwrap().settle(&discord.take("b", start));
    let mut calls = JoinSet::new();
    for _ in 0..30 {
        let ask = ask(&gate, edit(1), Lane::Normal);
        let waiting = gate.clone();
        calls.spawn(async move {
            let entered = waiting.enter(ask, start + ms(12_000)).await;
            entered.map(std::mem::forget).map_err(|limited| (start.elapsed(), limited.after))
        });
    }
    sleep(ms(1)).await;
    let mut refused = Vec::new();
    while let Some(answer) = calls.try_join_next() {
        refused.extend(answer.unwrap().err());
    }
    // 4 go at once, 5 after 5 s, 5 after 10 s; the rest would go after 15 s and later.
    assert_eq!(refused.len(), 16);
    assert!(refused.iter().all(|(at, after)| *at <= ms(1) && *after >= ms(15_000)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn those_sent_home_are_not_counted_ahead_of_the_patient() {
    let (gate, start) = (Arc::<Gate>::default(), Instant::now());
    let discord = Arc::new(Mutex::new(Bucket::new(1, ms(5000))));
    travel(gate.clone(), ask(&gate, edit(1), Lane::Normal), discord.clone(), ms(0), ms(0)).await;
    let first = ask(&gate, edit(1), Lane::Normal);
    let first = tokio::spawn(travel(gate.clone(), first, discord.clone(), ms(0), ms(0)));
    sleep(ms(1)).await;
    // All of these look at the queue in one go.
    let hasty = (0..30).map(|_| enter(&gate, edit(1), Lane::Normal, ms(6000)));
    let patient = enter(&gate, edit(1), Lane::Normal, ms(12_000));
    let (hasty, patient) = tokio::join!(futures::future::join_all(hasty), patient);
    assert!(hasty.iter().all(Result::is_err));
    assert!(patient.is_ok(), "third in line: after 10 s");
    assert!(start.elapsed() < ms(10_100), "{:?}", start.elapsed());
    first.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_429_sends_home_those_who_cannot_wait_for_its_end() {
    let (gate, start) = (Arc::<Gate>::default(), Instant::now());
    let probe = enter(&gate, post(1), Lane::Normal, PATIENT).await.unwrap();
    let hasty = tokio::spawn({
        let gate = gate.clone();
        async move { enter(&gate, post(1), Lane::Normal, ms(10_000)).await.err() }
    });
    sleep(ms(300)).await;
    probe.settle(&told_to_wait(540, Scope::User));
    let refused = hasty.await.unwrap();
    assert_eq!(refused, Some(Limited { after: ms(540_000), scope: Scope::User }));
    assert_eq!(start.elapsed(), ms(300));
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_blocks_nobody() {
    let (gate, start) = (Arc::<Gate>::default(), Instant::now());
    let probe = enter(&gate, post(1), Lane::Normal, PATIENT).await.unwrap();
    let quitters: Vec<_> = (0..10)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move { enter(&gate, post(1), Lane::Page, PATIENT).await.is_ok() })
        })
        .collect();
    sleep(ms(1)).await;
    quitters.iter().for_each(|quitter| quitter.abort());
    let late = enter(&gate, post(1), Lane::Normal, ms(700)).await.err();
    assert_eq!(late.map(|limited| limited.scope), Some(Scope::Own), "patience ends while the probe is out");
    assert_eq!(start.elapsed(), ms(701));
    drop(probe);
    enter(&gate, post(1), Lane::Normal, Duration::ZERO).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_and_pages_still_find_room() {
    let gate = Arc::<Gate>::default();
    let _probe = enter(&gate, post(1), Lane::Normal, PATIENT).await.unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..2500 {
        let (waiting, ask) = (gate.clone(), ask(&gate, post(1), Lane::Normal));
        calls.spawn(async move { waiting.enter(ask, Instant::now() + PATIENT).await.is_ok() });
    }
    sleep(ms(1)).await;
    let refused = std::iter::from_fn(|| calls.try_join_next()).count();
    assert_eq!(refused, 500);
    let page = enter(&gate, post(2), Lane::Page, ms(0)).await;
    assert!(page.is_ok());
}

#[tokio::test(start_paused = true)]
async fn few_connections_leave_one_for_a_page_and_each_end_makes_room() {
    let gate = Arc::new(Gate::new(Connections::within(0)));
    let mut everyday = Vec::new();
    for channel in 1..=3 {
        everyday.push(enter(&gate, post(channel), Lane::Normal, ms(0)).await.unwrap());
    }
    let refused = enter(&gate, post(4), Lane::Normal, ms(0)).await.err();
    assert_eq!(refused.map(|limited| limited.scope), Some(Scope::Own));
    let page = enter(&gate, post(5), Lane::Page, ms(0)).await.unwrap();
    assert!(enter(&gate, callback(), Lane::Reply, ms(0)).await.is_err(), "all four are under way");

    let (waiting, ask) = (gate.clone(), ask(&gate, post(4), Lane::Normal));
    let waits = tokio::spawn(async move { waiting.enter(ask, Instant::now() + PATIENT).await.is_ok() });
    sleep(ms(1)).await;
    page.settle(&unlimited());
    sleep(ms(1)).await;
    assert!(!waits.is_finished(), "the last one is not for an everyday call");
    let mut ends = everyday.into_iter();
    ends.next().unwrap().give_back();
    assert!(waits.await.unwrap());
    drop(ends.next());
    enter(&gate, post(6), Lane::Normal, ms(0)).await.unwrap();
}
