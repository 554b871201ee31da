//! Nothing said or pressed while the bot did not listen is lost, and nothing that comes twice counts twice.

use muster_playground::Miss;

use crate::bench::{Bench, TEAM, alert, button, open, sample, story};
use crate::databases::{self, TestStore};

#[tokio::test(flavor = "multi_thread")]
async fn alerts_in_a_gap_without_resume_are_read_afterwards() {
    story(async |bench: Bench| {
        bench.discord.gateway().miss(Miss::Lost);
        bench.alert("v0.33.1-single-firing").await;
        bench.alert("v0.33.1-grouped-2-firing-partial").await;
        bench.discord.gateway().miss(Miss::Nothing);
        assert!(bench.discord.channels().iter().all(|one| !one.name.starts_with("inc-")));
        bench.discord.gateway().invalidate(false);
        let (first, second) = (bench.room(1).await, bench.room(2).await);
        bench.page(first.id).await;
        bench.page(second.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_alert_right_after_a_gap_does_not_hide_those_in_it() {
    story(async |bench: Bench| {
        bench.discord.gateway().miss(Miss::Lost);
        bench.alert("v0.33.1-single-firing").await;
        bench.discord.gateway().miss(Miss::Nothing);
        let slow = muster_playground::Fault::on("GET", "/channels/*/messages");
        bench.discord.fault(slow.delay(std::time::Duration::from_millis(500)));
        bench.discord.gateway().invalidate(false);
        bench.discord.gateway().wait_connected(1, crate::bench::PATIENCE).await.unwrap();
        bench.alert("v0.33.1-grouped-2-firing-partial").await;
        bench.room(1).await;
        bench.room(2).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_while_away_counts() {
    databases::on_both(async |store: &TestStore| {
        let bench = Bench::start(sample(), TEAM, store).await;
        let (room, page) = bench.paged().await;
        let (discord, _) = bench.down().await;
        discord.react("Ana", room.id, page.id, "✅").await.unwrap();
        let bench = Bench::with(discord, open(store).await).await;
        bench.closed(page.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_while_away_counts() {
    databases::on_both(async |store: &TestStore| {
        let bench = Bench::start(sample(), TEAM, store).await;
        let (discord, _) = bench.down().await;
        discord.webhook_post(crate::bench::MONITOR, alert("v0.33.1-single-firing")).await.unwrap();
        let bench = Bench::with(discord, open(store).await).await;
        let room = bench.room(1).await;
        bench.page(room.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_counts_once() {
    story(async |bench: Bench| {
        bench.discord.gateway().duplicate(u32::MAX);
        let (room, page) = bench.paged().await;
        let pressed = bench.discord.press("Ana", room.id, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
        let reply = pressed.reply().await.unwrap();
        assert!(button(&reply, "v1:undo-ack:").is_some(), "{}", reply.text());
        bench.closed(page.id).await;
        let rooms = bench.discord.channels().into_iter().filter(|one| one.name.starts_with("inc-")).count();
        assert_eq!(rooms, 1);
        assert_eq!(bench.discord.pings().iter().filter(|ping| ping.name == "Ana").count(), 1);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_session_goes_on() {
    story(async |bench: Bench| {
        bench.discord.gateway().reconnect();
        let resumed = async {
            while bench.discord.gateway().resumes() == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(crate::bench::PATIENCE, resumed).await.unwrap();
        bench.paged().await;
        assert_eq!(bench.discord.gateway().identifies(), 1);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_of_the_guild_its_alerts_are_read() {
    story(async |bench: Bench| {
        let gateway = bench.discord.gateway();
        gateway.guild_unavailable(crate::bench::GUILD);
        gateway.miss(Miss::Lost);
        bench.alert("v0.33.1-single-firing").await;
        gateway.miss(Miss::Nothing);
        gateway.guild_back(crate::bench::GUILD);
        bench.room(1).await;
        bench.end().await;
    })
    .await;
}
