//! Any one call to Discord fails, in any way: an alert, its room, its card, a page, an acknowledgement, a resolution. Whichever call it is,
//! in the end everything looks as if none had.
//!
//! The n-th call fails, for n = 1, 2 … until a run completes untouched. The short run takes every fifth; `MUSTER_LONG=1` takes them all.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "wire/bench.rs"]
mod bench;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/down.rs"]
mod down;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::StreamExt;
use muster_playground::{Fault, Look, Playground};
use serde_json::json;

use bench::{Bench, sample};

/// How a call can fail.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// 500, and nothing was done.
    Refused,
    /// It was done, and the answer is a 500.
    AnswerLost,
    /// The connection breaks before anything was done.
    Broken,
    /// It was done, and the connection breaks before the answer.
    BrokenAfter,
}

const KINDS: [Kind; 4] = [Kind::Refused, Kind::AnswerLost, Kind::Broken, Kind::BrokenAfter];
/// Stories that are told at the same time: each mostly waits.
const AT_ONCE: usize = 8;
/// Calls of the short run: every fifth.
const STEP: u32 = 5;
/// More calls than the story makes.
const CALLS_MAX: u32 = 200;
/// How long a story may wait for one of its turns: a room whose making was lost is looked for twice.
const PATIENCE: Duration = Duration::from_secs(60);

impl Kind {
    fn fault(self, nth: u32) -> Fault {
        let fault = Fault::on("*", "/**").skip(nth - 1).once();
        match self {
            Kind::Refused => fault.answer(500, "{}"),
            Kind::AnswerLost => fault.applied().answer(500, "{}"),
            Kind::Broken => fault.drop_connection(),
            Kind::BrokenAfter => fault.applied().drop_connection(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_call_fails_the_end_is_the_same() {
    let long = std::env::var("MUSTER_LONG").is_ok_and(|value| value == "1");
    for kind in KINDS {
        let untouched = AtomicU32::new(u32::MAX);
        let numbers = (1..=CALLS_MAX).filter(|nth| long || (nth - 1) % STEP == 0);
        let stories = futures::stream::iter(numbers).map(|nth| {
            let untouched = &untouched;
            async move {
                if nth < untouched.load(Ordering::Relaxed) && !told(kind, nth).await {
                    untouched.fetch_min(nth, Ordering::Relaxed);
                }
            }
        });
        stories.buffer_unordered(AT_ONCE).collect::<()>().await;
        let untouched = untouched.into_inner();
        println!("{kind:?}: {} calls", untouched.wrapping_sub(1));
        assert!(
            (11..CALLS_MAX).contains(&untouched),
            "{kind:?}: the story makes a dozen calls and more, and ends: {untouched}"
        );
    }
}

/// Tells the story with the n-th call failing; whether there was such a call.
async fn told(kind: Kind, nth: u32) -> bool {
    let store = databases::sqlite().await;
    let bench = Bench::start(sample(), down::TEAM, &store).await;
    let discord = &bench.discord;
    let fault = discord.fault(kind.fault(nth));
    down::fire(discord, "disk").await;
    let room = seen(discord, kind, nth, "page", |look| {
        let room = down::rooms_about(look, "disk").into_iter().next()?;
        (down::pings(look, "Ana", room.id) > 0).then_some(room)
    });
    let room = room.await;
    // Whoever gets no answer presses again, on what they see.
    let (page, button) = seen(discord, kind, nth, "button", |look| down::asking(look, room.id).pop()).await;
    let pressed = discord.press("Ana", room.id, page.id, &button).await.unwrap();
    drop(pressed.callback().await);
    seen(discord, kind, nth, "acknowledgement", |look| down::asking(look, room.id).is_empty().then_some(())).await;
    let typed = discord.slash("Ana", room.id, "incident resolve", json!({ "message": "Fixed." })).await.unwrap();
    drop(typed.callback().await);
    seen(discord, kind, nth, "card", |look| {
        let card = look.pins(room.id).into_iter().next()?;
        down::control(&card, "v1:card-reopen:").map(drop)
    })
    .await;
    until_all_is_said(&bench).await;
    same_end(discord, kind, nth, room.id).await;
    let hit = discord.hits(fault) > 0;
    bench.end().await;
    hit
}

async fn seen<T>(discord: &Playground, kind: Kind, nth: u32, what: &str, see: impl FnMut(&Look<'_>) -> Option<T>) -> T {
    discord.wait_for(PATIENCE, see).await.unwrap_or_else(|why| panic!("call {nth}, {kind:?}: no {what}: {why:#}"))
}

/// Nothing waits to be delivered, and nothing is on its way.
async fn until_all_is_said(bench: &Bench) {
    use muster::app::Lane;
    let said = async {
        for lane in Lane::ALL {
            while bench.app.next_delivery(lane).await.unwrap().is_some() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    tokio::time::timeout(PATIENCE, said).await.expect("everything is delivered in the end");
}

/// One room, one card that shows the end, one page that asks nobody any more.
async fn same_end(discord: &Playground, kind: Kind, nth: u32, room: u64) {
    let end = seen(discord, kind, nth, "end", |look| {
        let cards = down::cards(look, room);
        let over = cards.iter().filter(|card| down::control(card, "v1:card-reopen:").is_some()).count();
        let pinned = look.pins(room).len();
        let asking = down::asking(look, room).len();
        Some((
            down::rooms(look).len(),
            cards.len(),
            over,
            pinned,
            down::pings(look, "Ana", room),
            asking,
            look.pings().len(),
        ))
    });
    assert_eq!(
        end.await,
        (1, 1, 1, 1, 1, 0, 1),
        "call {nth}, {kind:?}: rooms, cards, over, pins, pages of Ana, asking, pings"
    );
    assert_eq!(discord.unknown_routes(), Vec::<String>::new());
}
