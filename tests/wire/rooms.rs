//! The room of an incident: who sees it, and what stands in for it where it cannot be made.

use muster_playground::{Channel, Fault, permission::bit};

use crate::bench::{ANA, Bench, CLEO, GUILD, TEAM, bosses, sample, story, story_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_private_incident_is_seen_by_those_engaged() {
    let team = TEAM.replace("private: false", "private: true");
    let world = sample().role(bosses(GUILD + 700));
    story_in(world, &team, async |bench: Bench| {
        let (room, page) = bench.paged().await;
        let sees = |who: u64| bench.discord.permissions(who, room.id) & bit::VIEW_CHANNEL != 0;
        assert!(sees(ANA) && !sees(CLEO) && sees(bench.bot.me().0));
        bench.see(|look| look.pings().iter().any(|ping| ping.message == page.id).then_some(())).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_channel_can_be_made_a_thread_is() {
    story(async |bench: Bench| {
        bench.discord.fill_channels(500);
        bench.alert("v0.33.1-single-firing").await;
        let thread = bench.see(|look| look.channels().into_iter().find(|one| one.thread.is_some())).await;
        assert!(thread.name.starts_with("INC-1 "), "{}", thread.name);
        let page = bench.page(thread.id).await;
        bench.see(|look| look.pings().iter().any(|ping| ping.message == page.id).then_some(())).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_thread_can_be_made_the_announcement_channel_is() {
    story(async |bench: Bench| {
        bench.discord.fill_channels(500);
        bench.discord.fault(Fault::on("POST", "/channels/*/threads").refuse(403, 50013, "Missing Permissions"));
        bench.alert("v0.33.1-single-firing").await;
        let general = bench.discord.channel("general").unwrap();
        let page = bench.page(general.id).await;
        bench.see(|look| look.pings().iter().any(|ping| ping.message == page.id).then_some(())).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_whose_creation_was_not_answered_is_adopted() {
    story(async |bench: Bench| {
        let text = |body: &serde_json::Value| body["type"] == 0;
        let fault = Fault::on("POST", "/guilds/*/channels").when(text).once().applied().drop_connection();
        let fault = bench.discord.fault(fault);
        let (room, _) = bench.paged().await;
        assert_eq!(bench.discord.hits(fault), 1);
        let rooms = bench.discord.channels().into_iter().filter(|one| one.name.starts_with("inc-1-"));
        assert_eq!(rooms.map(|one| one.id).collect::<Vec<_>>(), [room.id]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_category_is_followed_by_another() {
    let full = GUILD + 800;
    let category = Channel::new(full, muster_playground::channel::kind::CATEGORY, "Incidents");
    let children = (1..=50).map(|n| Channel { parent: Some(full), ..Channel::text(full + n, format!("old-{n}")) });
    let world = children.fold(sample().channel(category), |world, child| world.channel(child));
    story_in(world, TEAM, async |bench: Bench| {
        let (room, _) = bench.paged().await;
        let home = bench.discord.channel(room.parent.unwrap()).unwrap();
        assert_eq!(home.name, "Incidents 2");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_that_hides_its_channels_goes_on_hiding_them() {
    let (category, hidden) = (GUILD + 800, muster_playground::Overwrite::role(GUILD).deny(bit::VIEW_CHANNEL));
    let place = Channel::new(category, muster_playground::channel::kind::CATEGORY, "Ops");
    let me = muster_playground::Overwrite::member(900_000_000_000_000_002).allow(bit::VIEW_CHANNEL);
    let world = sample().channel(Channel { overwrites: vec![hidden, me], ..place });
    let team = TEAM.replace("spec: {announce:", &format!("spec: {{incident_category: \"{category}\", announce:"));
    story_in(world, &team, async |bench: Bench| {
        let (room, page) = bench.paged().await;
        assert_eq!(room.parent, Some(category));
        let sees = |who: u64| bench.discord.permissions(who, room.id) & bit::VIEW_CHANNEL != 0;
        assert!(sees(ANA) && !sees(CLEO));
        bench.see(|look| look.pings().iter().any(|ping| ping.message == page.id).then_some(())).await;
        bench.end().await;
    })
    .await;
}
