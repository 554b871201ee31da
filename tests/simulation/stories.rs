//! Stories that chance tells too seldom: what the simulation found, or nearly, as a world of its own each.

use chrono::TimeDelta;
use muster::app::courier::Outgoing;
use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, WebhookId};

use crate::checks::Wrong;
use crate::discord::Bad;
use crate::world::World;

/// The call that posts the page: the room and the card come first.
const PAGE: u32 = 3;

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

/// Works until the bot has died, is away, starts by another clock, and has a minute.
async fn away(world: &mut World, by: TimeDelta, skew: TimeDelta) -> Result<(), Wrong> {
    world.die(TimeDelta::seconds(3)).await?;
    world.pass(by);
    world.step_the_clock(skew);
    world.start().await?;
    world.advance(TimeDelta::minutes(1)).await
}

#[tokio::test]
async fn a_page_that_may_be_out_is_looked_for_after_the_nonce_is_forgotten() {
    for hours in [0, -1, 1] {
        let mut world = dies_at(PAGE, Bad::CrashAfter).await;
        let told = away(&mut world, TimeDelta::minutes(10), TimeDelta::hours(hours)).await;
        told.unwrap_or_else(|why| panic!("{hours} h: {why:?}"));
        assert_eq!(pages(&world), 1, "the clock is {hours} h off");
        world.stop().await;
    }
}

#[tokio::test]
async fn a_page_that_is_not_out_goes_out_at_once_by_whatever_clock() {
    for hours in [0, -1, 1] {
        let mut world = dies_at(PAGE, Bad::CrashBefore).await;
        let told = away(&mut world, TimeDelta::seconds(20), TimeDelta::hours(hours)).await;
        told.unwrap_or_else(|why| panic!("{hours} h: {why:?}"));
        assert_eq!(pages(&world), 1, "the clock is {hours} h off");
        world.stop().await;
    }
}
