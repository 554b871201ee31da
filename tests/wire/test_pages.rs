//! Test pages over the whole way: the command, the pings, the answers by button and by reaction, in direct messages too.

use muster_playground::{Message, Overwrite, permission::bit};
use serde_json::json;

use crate::bench::{ANA, BEN, Bench, GUILD, TEAM, button, sample, story, story_in};

/// The test page in a channel, once it is there.
async fn tested(bench: &Bench, channel: &str) -> Message {
    let asks = |message: &Message| button(message, "v1:ack:").is_some();
    bench.see(|look| look.messages(channel).into_iter().find(asks)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_mark_in_a_direct_message_proves_the_way() {
    story(async |bench: Bench| {
        let typed = bench.discord.slash("Ana", "general", "contact test", json!({})).await.unwrap();
        let reply = typed.reply().await.unwrap();
        assert_eq!(reply.only_for, Some(ANA));
        let mention = tested(&bench, "general").await;
        assert_eq!(mention.mentions, [ANA]);
        let direct = bench.see(|look| look.dms("Ana").into_iter().next()).await;
        bench.discord.react("Ana", direct.channel, direct.id, "✅").await.unwrap();
        bench.closed(direct.id).await;
        let mention = bench.closed(mention.id).await;
        assert!(mention.text().contains("Received by"), "{}", mention.text());

        let me = bench.discord.slash("Ana", "general", "contact me", json!({})).await.unwrap();
        let sheet = me.text().await.unwrap();
        assert!(sheet.contains("test answered"), "{sheet}");
        assert_eq!(bench.pinged(), ["Ana"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_answers_a_test_and_somebody_elses_press_does_not() {
    story(async |bench: Bench| {
        bench.discord.slash("Ana", "general", "contact test", json!({})).await.unwrap().reply().await.unwrap();
        let page = tested(&bench, "general").await;
        let ack = button(&page, "v1:ack:").unwrap();
        let other = bench.discord.press("Ben", "general", page.id, &ack).await.unwrap().reply().await.unwrap();
        assert_eq!(other.only_for, Some(BEN));
        assert!(bench.discord.message(page.id).is_some_and(|page| button(&page, "v1:ack:").is_some()));
        bench.discord.press("Ana", "general", page.id, &ack).await.unwrap().reply().await.unwrap();
        bench.closed(page.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_direct_message_the_sheet_tests_and_mutes() {
    story(async |bench: Bench| {
        let dm = bench.discord.open_dm("Ana").unwrap();
        let me = bench.discord.slash("Ana", dm, "contact me", json!({})).await.unwrap();
        let sheet = me.reply().await.unwrap();
        let mute = button(&sheet, "v1:contact-mute:").unwrap();
        let muted = bench.discord.select("Ana", dm, sheet.id, &mute, &["mute:here"]).await.unwrap();
        let muted = muted.reply().await.unwrap();
        let unmute = button(&muted, "v1:contact-unmute:").unwrap();
        bench.discord.press("Ana", dm, muted.id, &unmute).await.unwrap().reply().await.unwrap();

        let test = button(&sheet, "v1:contact-test:").unwrap();
        bench.discord.press("Ana", dm, sheet.id, &test).await.unwrap().reply().await.unwrap();
        let asks = |message: &Message| button(message, "v1:ack:").is_some();
        let page = bench.see(|look| look.dms("Ana").into_iter().find(asks)).await;
        bench.discord.press("Ana", dm, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
        bench.closed(page.id).await;

        let elsewhere = bench.discord.slash("Ana", dm, "contact list", json!({})).await.unwrap();
        assert!(elsewhere.text().await.unwrap().contains("/contact me"), "what works here is said");
        let nobody = bench.discord.open_dm("Cleo").unwrap();
        let nobody = bench.discord.slash("Cleo", nobody, "contact me", json!({})).await.unwrap();
        assert!(nobody.text().await.unwrap().contains("no contact"));
        bench.end().await;
    })
    .await;
}

/// A test is typed anywhere: it opens no door, other than the pages of an incident.
#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_see_the_channel_is_not_let_in_for_a_test() {
    let ops = GUILD + 900;
    let world = sample().private_channel(ops, "ops", &[Overwrite::member(BEN)]);
    let team = TEAM.replace(
        "discord_user: \"900000000000000010\", channels: [{name: here, type: mention}, {name: dm, type: dm}]",
        "discord_user: \"900000000000000010\", channels: [{name: here, type: mention}]",
    );
    story_in(world, &team, async |bench: Bench| {
        let asked = json!({ "contact": "ana" });
        bench.discord.slash("Ben", ops, "contact test", asked.clone()).await.unwrap().reply().await.unwrap();
        let failed = |text: String| text.contains("test failed").then_some(());
        let mut shown = None;
        while shown.is_none() {
            let sheet = bench.discord.slash("Ben", ops, "contact show", asked.clone()).await.unwrap();
            shown = failed(sheet.text().await.unwrap());
        }
        assert_eq!(bench.discord.permissions(ANA, ops) & bit::VIEW_CHANNEL, 0);
        assert_eq!(bench.discord.messages(ops).iter().filter(|message| message.mentions.contains(&ANA)).count(), 0);
        bench.end().await;
    })
    .await;
}
