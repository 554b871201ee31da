//! Stories that chance tells too seldom: what the simulation found, or nearly, as a world of its own each.

use chrono::TimeDelta;
use muster::app::courier::Outgoing;
use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, WebhookId};

use crate::checks::Wrong;
use crate::discord::Bad;
use crate::world::World;

/// More calls than an incident begins with.
const CALLS: u32 = 20;

/// A world in which ana is about to be paged, and the bot dies at the n-th call.
async fn dies_at(nth: u32, bad: Bad) -> World {
    let mut world = World::open(1, None, None).await;
    world.set_up(&["contact ana: 0s here".to_owned(), "plan db: stage 30m @ana".to_owned()]).await;
    world.discord.arm(nth, bad);
    let message = Message {
        id: MessageId(1_450_000_000_000_000_001),
        channel: ChannelId(900_000_000_000_000_030),
        at: world.now(),
        author: MessageAuthor::Webhook(WebhookId(900_000_000_000_000_301)),
        username: None,
        content: "ALERT critical db: db is down".to_owned(),
        embeds: Vec::new(),
        custom_ids: Vec::new(),
    };
    world.hear(message, None).await.expect("it is taken in");
    world
}

fn pages(world: &World) -> usize {
    world.discord.messages().iter().filter(|message| matches!(message.first, Outgoing::Page(_))).count()
}

/// Nobody works for a while; then the bot starts by another clock, and has a minute.
async fn away(world: &mut World, by: TimeDelta, skew: TimeDelta) -> Result<(), Wrong> {
    world.pass(by);
    world.step_the_clock(skew);
    world.start().await?;
    world.advance(TimeDelta::minutes(1)).await
}

/// The bot dies at each of the first calls, the page among them: afterwards it stands there once.
///
/// After more than a moment a page that still waited for its room has failed instead: `must` says whether that counts.
async fn pages_once(bad: Bad, by: TimeDelta, must: bool) {
    for hours in [0, -1] {
        let mut out = 0;
        for nth in 1..=CALLS {
            let mut world = dies_at(nth, bad).await;
            if world.die(TimeDelta::seconds(5)).await.is_err() {
                world.stop().await;
                break;
            }
            let was_out = pages(&world);
            out += was_out;
            let told = away(&mut world, by, TimeDelta::hours(hours)).await;
            told.unwrap_or_else(|why| panic!("call {nth}, {hours} h: {why:?}"));
            let there = pages(&world);
            assert!(there <= 1, "call {nth}, the clock is {hours} h off: {there} pages");
            assert!(there == 1 || !must && was_out == 0, "call {nth}, the clock is {hours} h off: no page");
            world.stop().await;
        }
        assert!(bad == Bad::CrashBefore || out > 0, "the page was not among the calls");
    }
}

#[tokio::test]
async fn a_page_that_may_be_out_is_looked_for_after_the_nonce_is_forgotten() {
    pages_once(Bad::CrashAfter, TimeDelta::minutes(10), false).await;
}

#[tokio::test]
async fn a_page_that_is_not_out_goes_out_at_once_by_whatever_clock() {
    pages_once(Bad::CrashBefore, TimeDelta::seconds(20), true).await;
}
