//! Connections that are lost, refused, or only look alive.

use std::time::Duration;

use muster::discord::Stopped;
use muster_playground::{Fault, Miss, Playground};

use crate::bench::{Bench, PATIENCE, sample, story_in};
use crate::databases;
use crate::down;

/// Short enough for a test, long enough for a busy machine.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// A bot on SQLite, in a Discord that is prepared first.
async fn begun(prepare: impl FnOnce(&Playground)) -> (Bench, databases::TestStore) {
    let store = databases::sqlite().await;
    let discord = Playground::start(sample()).await.unwrap();
    prepare(&discord);
    (Bench::begin(discord, down::TEAM, &store).await, store)
}

/// The room about this, in which Ana was paged once. There is one.
async fn paged_once(bench: &Bench, what: &str) -> String {
    let room = bench
        .see(|look| {
            let room = down::rooms_about(look, what).into_iter().next()?;
            (down::pings(look, "Ana", room.id) > 0).then_some(room)
        })
        .await;
    bench.see(|look| (!down::asking(look, room.id).is_empty()).then_some(())).await;
    let (rooms, pings) =
        bench.see(|look| Some((down::rooms_about(look, what).len(), down::pings(look, "Ana", room.id)))).await;
    assert_eq!((rooms, pings), (1, 1), "{what}");
    let (_, page) = bench.see(|look| Some((0, down::asking(look, room.id)))).await;
    page[0].0.text()
}

/// Waits until a client has identified or resumed more often than that.
async fn came_back(bench: &Bench, before: u32) {
    let back = async {
        while attempts(bench) <= before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, back).await.unwrap();
    bench.discord.gateway().wait_connected(1, PATIENCE).await.unwrap();
}

fn attempts(bench: &Bench) -> u32 {
    bench.discord.gateway().identifies() + bench.discord.gateway().resumes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_only_looks_alive_is_left_within_two_heartbeats() {
    let (bench, _store) = begun(|discord| discord.gateway().heartbeat_every(HEARTBEAT)).await;
    bench.listening(1).await;
    let gateway = bench.discord.gateway();
    gateway.blackhole(true);
    let (before, beats) = (attempts(&bench), gateway.heartbeats());
    down::fire(&bench.discord, "zombie").await;
    came_back(&bench, before).await;
    // Those of the new connection may be among them: one at its start.
    let beats = gateway.heartbeats() - beats;
    assert!(beats <= 3, "{beats} heartbeats were sent into the void");
    paged_once(&bench, "zombie").await;
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_reconnects_begins_hardly_any_session_and_loses_nothing() {
    let (bench, _store) = begun(|_| ()).await;
    bench.listening(1).await;
    for round in 0..100 {
        let before = attempts(&bench);
        if round % 25 == 10 {
            down::fire(&bench.discord, &format!("storm-{round}")).await;
        }
        bench.discord.gateway().reconnect();
        came_back(&bench, before).await;
    }
    for round in [10, 35, 60, 85] {
        paged_once(&bench, &format!("storm-{round}")).await;
    }
    let identifies = bench.discord.gateway().identifies();
    assert!(identifies <= 10, "{identifies} sessions for 100 reconnects");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_connection_loses_nothing() {
    for (code, identifies) in [(4000, 1), (4009, 2)] {
        let (bench, _store) = begun(|_| ()).await;
        bench.listening(1).await;
        let gateway = bench.discord.gateway();
        gateway.miss(Miss::Replayable);
        down::fire(&bench.discord, "closed").await;
        gateway.miss(Miss::Nothing);
        let before = attempts(&bench);
        gateway.close(code);
        came_back(&bench, before).await;
        paged_once(&bench, "closed").await;
        assert_eq!(gateway.identifies(), identifies, "{code}");
        bench.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_before_a_refused_resume_are_read_and_each_counts_once() {
    story_in(sample(), down::TEAM, async |bench: Bench| {
        let gateway = bench.discord.gateway();
        gateway.refuse_resumes(true);
        gateway.miss(Miss::Lost);
        for n in 0..5 {
            down::fire(&bench.discord, &format!("gap-{n}")).await;
        }
        gateway.miss(Miss::Nothing);
        let before = attempts(&bench);
        gateway.close(4000);
        came_back(&bench, before).await;
        for n in 0..5 {
            paged_once(&bench, &format!("gap-{n}")).await;
        }
        let rooms = bench.see(|look| Some(down::rooms(look).len())).await;
        assert_eq!(rooms, 5);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_refused_for_a_while_is_tried_until_it_is_there() {
    let refused = |discord: &Playground| {
        discord.gateway().refuse_connections(true);
        discord.fault(Fault::on("GET", "/gateway/bot").once().answer(503, "{}"));
    };
    let (bench, _store) = begun(refused).await;
    let asked = |look: &muster_playground::Look<'_>| {
        let asked = look.calls().iter().filter(|call| call.is("GET", "/gateway/bot")).count();
        (asked >= 2).then_some(())
    };
    bench.see(asked).await;
    // The connection itself is refused now, which leaves no trace to wait for.
    tokio::time::sleep(HEARTBEAT).await;
    assert_eq!(bench.discord.gateway().identifies(), 0);
    down::fire(&bench.discord, "refused").await;
    bench.discord.gateway().refuse_connections(false);
    paged_once(&bench, "refused").await;
    assert!(bench.discord.gateway().identifies() <= 2);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_other_try_would_change_ends_the_bot_at_once() {
    for (code, why) in
        [(4013, Stopped::IntentsInvalid), (4014, Stopped::IntentsNotGranted), (4004, Stopped::TokenRefused)]
    {
        let (mut bench, _store) = begun(|discord| discord.gateway().close_identifies(Some(code))).await;
        let ended = tokio::time::timeout(PATIENCE, &mut bench.gateway).await.unwrap().unwrap();
        assert_eq!(ended, Err(why), "{code}");
        assert_eq!(bench.discord.gateway().identifies(), 1, "{code}");
    }
}
