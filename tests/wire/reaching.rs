//! Who is paged is really notified, or the page has failed and the next way starts.

use std::time::Duration;

use muster::app::courier::{Address, Courier, Delivery, Outgoing, What};
use muster::app::view::{PageView, PagedView};
use muster::domain::id::{ChannelId, GuildId, IncidentId, PageId, PostId, Root, UserId};
use muster::domain::impact::Impact;
use muster_playground::{Fault, Id, Message, Overwrite, permission::bit};
use serde_json::json;

use crate::bench::{ANA, BEN, Bench, CLEO, GUILD, TEAM, button, sample, story, story_in};

/// Ana wakes Ben, who was not engaged when the room was made.
async fn escalate(bench: &Bench, room: Id, page: &Message) {
    let ask = bench.discord.press("Ana", room, page.id, &button(page, "v1:escalate:").unwrap()).await.unwrap();
    let question = ask.reply().await.unwrap();
    let yes = button(&question, "v1:escalate-yes:").unwrap();
    bench.discord.press("Ana", room, question.id, &yes).await.unwrap().reply().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_see_the_channel_is_let_in_before_the_page() {
    // Nobody sees anything but by name.
    story_in(sample().everyone(0), TEAM, async |bench: Bench| {
        let (room, page) = bench.paged().await;
        bench.see(|look| look.pings().iter().any(|ping| ping.message == page.id).then_some(())).await;
        assert_eq!(bench.discord.permissions(BEN, room.id) & bit::VIEW_CHANNEL, 0);
        escalate(&bench, room.id, &page).await;
        bench.see(|look| look.pings().iter().any(|ping| ping.user == BEN).then_some(())).await;
        assert_eq!(bench.discord.calls_to("PUT", "/channels/*/permissions/*").len(), 1);
        assert_eq!(bench.discord.permissions(CLEO, room.id) & bit::VIEW_CHANNEL, 0, "nobody else is let in");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_be_let_in_the_page_has_failed_and_the_fallback_is_called() {
    story_in(sample().everyone(0), TEAM, async |bench: Bench| {
        let (room, page) = bench.paged().await;
        bench.discord.fault(Fault::on("PUT", "/channels/*/permissions/*").refuse(403, 50013, "Missing Permissions"));
        escalate(&bench, room.id, &page).await;
        let called = |message: &Message| button(message, "v1:ack:").is_some() && !message.mention_roles.is_empty();
        bench.see(|look| look.messages(room.id).into_iter().find(called)).await;
        assert_eq!(bench.pinged(), ["Ana"], "a mention of Ben would have reached nobody");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_see_the_thread_is_passed_over_for_the_next() {
    let ops = GUILD + 900;
    let world = sample().private_channel(ops, "ops", &[Overwrite::member(BEN)]);
    let team = TEAM.replace("mode: channel", "mode: thread").replace("900000000000000030", &ops.to_string());
    story_in(world, &team, async |bench: Bench| {
        bench.alert("v0.33.1-single-firing").await;
        bench.see(|look| look.pings().iter().any(|ping| ping.user == BEN).then_some(())).await;
        assert_eq!(bench.pinged(), ["Ben"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_is_passed_over_for_the_next() {
    story(async |bench: Bench| {
        let refused = Fault::on("GET", "/guilds/*/members/900000000000000010").refuse(404, 10007, "Unknown Member");
        bench.discord.fault(refused);
        bench.alert("v0.33.1-single-firing").await;
        bench.room(1).await;
        bench.see(|look| look.pings().iter().any(|ping| ping.name == "Ben").then_some(())).await;
        assert_eq!(bench.pinged(), ["Ben"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_direct_messages_have_failed_at_once() {
    let team = TEAM.replacen("targets: [{channel: here}]", "targets: [{channel: dm}]", 1);
    story_in(sample(), &team, async |bench: Bench| {
        bench.discord.set_dm_open("Ana", false).unwrap();
        bench.alert("v0.33.1-single-firing").await;
        bench.see(|look| look.pings().iter().any(|ping| ping.name == "Ben").then_some(())).await;
        assert_eq!(bench.pinged(), ["Ben"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_no_second_page() {
    story(async |bench: Bench| {
        let paging = |body: &serde_json::Value| body.to_string().contains("v1:ack:");
        let fault = Fault::on("POST", "/channels/*/messages").when(paging).once().applied().drop_connection();
        let fault = bench.discord.fault(fault);
        let (room, page) = bench.paged().await;
        let pressed = button(&page, "v1:ack:").unwrap();
        bench
            .see(|look| {
                (look.calls().iter().filter(|call| call.body.to_string().contains(&pressed)).count() > 1).then_some(())
            })
            .await;
        assert_eq!(bench.discord.hits(fault), 1);
        let pages = bench.discord.messages(room.id).into_iter().filter(|message| message.mentions.contains(&ANA));
        assert_eq!(pages.count(), 1);
        assert_eq!(bench.discord.pings().iter().filter(|ping| ping.name == "Ana").count(), 1);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_pings_nobody_by_itself() {
    story(async |bench: Bench| {
        let mut evil = crate::bench::alert("v0.33.1-single-firing");
        let text = evil["embeds"][0]["title"].as_str().unwrap().to_owned();
        evil["embeds"][0]["title"] = json!(format!("{text} @everyone <@&900000000000000020> <@900000000000000012>"));
        bench.discord.webhook_post(crate::bench::MONITOR, evil).await.unwrap();
        let room = bench.room(1).await;
        bench.page(room.id).await;
        bench.see(|look| (!look.pings().is_empty()).then_some(())).await;
        assert_eq!(bench.pinged(), ["Ana"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sent_before_a_long_absence_is_found_again() {
    story(async |bench: Bench| {
        let first = bench.bot.deliver(page_again(1, Duration::ZERO)).await.unwrap();
        // By now Discord has forgotten the nonce.
        bench.discord.advance(Duration::from_secs(600));
        let second = bench.bot.deliver(page_again(2, Duration::from_secs(600))).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(bench.discord.pings().len(), 1);
        bench.end().await;
    })
    .await;
}

/// The same page to Ana in #general, whichever try it is.
fn page_again(attempt: i64, age: Duration) -> Delivery {
    let ana = PagedView { page: PageId(6), user: UserId(ANA), name: "Ana".to_owned(), open: true, quiet: false };
    let page = PageView {
        post: PostId(5),
        incident: IncidentId(7),
        number: 1,
        impact: Impact::Critical,
        title: "Disk".to_owned(),
        drill: false,
        people: vec![ana],
        why: Vec::new(),
        next: None,
        room: None,
        late_since: None,
        attempt: 1,
        still: None,
        closed: None,
        direct: false,
    };
    let to = Address::Channel(ChannelId(900_000_000_000_000_030));
    let what = What::Send { to, message: Outgoing::Page(Box::new(page)), nonce: "n1".to_owned() };
    Delivery { guild: GuildId(GUILD), root: Some(Root::Incident(IncidentId(7))), attempt, age, what }
}
