//! Who looks like an alert source is none: trust is by id. The bot never reads itself.

use muster::app::Arrived;
use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, UserId, WebhookId};
use muster_playground::Member;
use serde_json::json;

use crate::authority::World;
use crate::bench::{Bench, MONITOR, TEAM, alert, sample, story_in};
use crate::scenario::GUILD;

/// Another webhook, another bot and a person, each called as the source is.
const WEBHOOK: u64 = 900_000_000_000_000_041;
const BOT: u64 = 900_000_000_000_000_042;
const PERSON: u64 = 900_000_000_000_000_043;

#[tokio::test]
async fn of_all_authors_only_the_one_that_is_named_counts() {
    let world = World::new().await;
    let mut contents = world.contents().await;
    let (alerts, source) = (ChannelId(900_000_000_000_000_030), 900_000_000_000_000_301);
    let message = |n: u64, channel: ChannelId, author: MessageAuthor| Message {
        id: MessageId(1_450_000_000_000_900_000 + n),
        channel,
        at: world.stage.now(),
        author,
        username: Some("homegrown".to_owned()),
        content: "ALERT critical forged: All is lost".to_owned(),
        embeds: Vec::new(),
        custom_ids: Vec::new(),
    };
    let rows = [
        (alerts, MessageAuthor::Webhook(WebhookId(source + 5))),
        // The same number, but an account and no webhook.
        (alerts, MessageAuthor::Bot(UserId(source))),
        (alerts, MessageAuthor::Person(UserId(source))),
        // The right webhook, moved to another channel.
        (ChannelId(alerts.0 + 1), MessageAuthor::Webhook(WebhookId(source))),
    ];
    for (n, (channel, author)) in rows.into_iter().enumerate() {
        let arrived = world.stage.app().message(GUILD, message(n as u64, channel, author), None).await.unwrap();
        assert_eq!(arrived, Arrived::NotASource, "{author:?} in {channel}");
    }
    assert_eq!(contents.changed().await, Vec::<String>::new());
    let real = message(9, alerts, MessageAuthor::Webhook(WebhookId(source)));
    let arrived = world.stage.app().message(GUILD, real, None).await.unwrap();
    assert!(matches!(arrived, Arrived::Opened(_)), "{arrived:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_borrowed_name_and_the_bots_own_words_open_nothing() {
    let world = sample()
        .webhook(WEBHOOK, 900_000_000_000_000_031, "monitor")
        .member(Member::new(BOT, "monitor").bot())
        .member(Member::new(PERSON, "monitor"));
    story_in(world, TEAM, async |bench: Bench| {
        let forged = alert("v0.33.1-grouped-2-firing-partial");
        bench.discord.webhook_post(WEBHOOK, forged.clone()).await.unwrap();
        bench.discord.bot_post(BOT, "alerts", forged.clone()).await.unwrap();
        bench.discord.say(PERSON, "alerts", "**[FIRING:1] InstanceDown**\nAlerts Firing:").await.unwrap();
        let mut named = forged;
        named["username"] = json!("monitor");
        bench.discord.webhook_post(WEBHOOK, named).await.unwrap();
        let (room, page) = bench.paged().await;
        // An answer of ours in the very channel of the source: it carries a webhook's id, ours.
        let typed = bench.discord.slash("Ana", "alerts", "incident list", json!({})).await.unwrap();
        let list = typed.reply().await.unwrap().text();
        assert!(list.contains("INC-1") && !list.contains("INC-2"), "{list}");
        assert_eq!(bench.discord.message(page.id).unwrap().channel, room.id);
        let rooms = bench.discord.channels().into_iter().filter(|one| one.name.starts_with("inc-")).count();
        assert_eq!(rooms, 1);
        // Only the message of the source carries a reaction of ours.
        for message in bench.discord.messages("alerts") {
            assert_eq!(message.author.id == MONITOR, !message.reactions.is_empty(), "{}", message.author.name);
        }
        bench.end().await;
    })
    .await;
}
