//! Somebody is called by hand, over the whole way: `/page`, the user menu, `/ack` in a direct message, the card that shows how it goes.

use muster_playground::{Look, Message, Overwrite, permission::bit};
use serde_json::json;

use crate::bench::{ANA, BEN, Bench, GUILD, TEAM, answered, button, sample, story, story_in};

/// The page of a call in a channel, once it is there.
async fn page(bench: &Bench, channel: &str) -> Message {
    let asks = |message: &Message| button(message, "v1:ack:").is_some();
    bench.see(|look| look.messages(channel).into_iter().find(asks)).await
}

/// The message that shows how the call goes.
async fn card(bench: &Bench, channel: &str) -> Message {
    let steers = |message: &Message| button(message, "v1:call-stop:").is_some();
    bench.see(|look| look.messages(channel).into_iter().find(steers)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_pings_is_escalated_by_a_press_and_ends_with_a_check_mark() {
    story(async |bench: Bench| {
        let asked = json!({ "who": "plan db", "message": "The till does not open" });
        bench.discord.slash("Ana", "general", "page", asked).await.unwrap().reply().await.unwrap();
        let first = page(&bench, "general").await;
        assert_eq!(first.mentions, [ANA]);
        assert!(first.text().contains("The till does not open"), "{}", first.text());
        let shown = card(&bench, "general").await;
        assert_eq!(shown.mentions, Vec::<u64>::new(), "what only shows pings nobody");

        let escalate = button(&shown, "v1:call-escalate:").unwrap();
        let asked = bench.discord.press("Ana", "general", shown.id, &escalate).await.unwrap().reply().await.unwrap();
        let yes = button(&asked, "v1:call-escalate-yes:").unwrap();
        bench.discord.press("Ana", "general", asked.id, &yes).await.unwrap().reply().await.unwrap();
        let second = |look: &Look<'_>| look.messages("general").into_iter().find(|m| m.mentions == [BEN]);
        let second = bench.see(second).await;
        bench.discord.react("Ben", "general", second.id, "✅").await.unwrap();
        bench.closed(second.id).await;
        let over = |look: &Look<'_>| look.message(shown.id).filter(|card| button(card, "v1:call-stop:").is_none());
        let over = bench.see(over).await;
        assert!(over.text().contains("has it since"), "{}", over.text());
        assert_eq!(bench.pinged(), ["Ana", "Ben"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_of_a_person_opens_a_form_and_pages_them_and_stop_ends_it() {
    story(async |bench: Bench| {
        let menu = bench.discord.user_menu("Ana", "general", "Ben", "Page this person").await.unwrap();
        assert_eq!(answered(&menu).await, 9);
        let sent = bench.discord.submit("Ana", &menu, json!({ "message": "Somebody is at the door" })).await.unwrap();
        sent.reply().await.unwrap();
        let called = page(&bench, "general").await;
        assert_eq!(called.mentions, [BEN]);

        let shown = card(&bench, "general").await;
        let stop = button(&shown, "v1:call-stop:").unwrap();
        let form = bench.discord.press("Ana", "general", shown.id, &stop).await.unwrap();
        assert_eq!(answered(&form).await, 9);
        let sent = bench.discord.submit("Ana", &form, json!({ "reason": "They are in" })).await.unwrap();
        sent.reply().await.unwrap();
        let called = bench.closed(called.id).await;
        assert!(called.text().contains("They are in"), "{}", called.text());

        let nobody = bench.discord.user_menu("Ana", "general", "Cleo", "Page this person").await.unwrap();
        assert!(nobody.text().await.unwrap().contains("no contact"));
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_ack_in_a_direct_message_answers_everything_of_theirs() {
    story(async |bench: Bench| {
        let (_, paged) = bench.paged().await;
        let asked = json!({ "who": "ana" });
        bench.discord.slash("Ben", "general", "page", asked).await.unwrap().reply().await.unwrap();
        let called = page(&bench, "general").await;

        let dm = bench.discord.open_dm("Ana").unwrap();
        let said = bench.discord.slash("Ana", dm, "ack", json!({})).await.unwrap().text().await.unwrap();
        assert!(said.contains("INC-1 is yours") && said.contains("The call is yours"), "{said}");
        bench.closed(paged.id).await;
        bench.closed(called.id).await;
        let wrong = bench.discord.slash("Ana", dm, "ack", json!({ "code": "000 000" })).await.unwrap();
        assert!(wrong.text().await.unwrap().contains("not yours, or not known"));
        let stranger = bench.discord.open_dm("Cleo").unwrap();
        let stranger = bench.discord.slash("Cleo", stranger, "ack", json!({})).await.unwrap();
        assert!(stranger.text().await.unwrap().contains("No page of yours is open"));
        bench.end().await;
    })
    .await;
}

/// A call is typed anywhere: it opens no door, other than the pages of an incident, and moves on to who can be reached.
#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_see_the_channel_is_not_let_in_for_a_call() {
    let ops = GUILD + 900;
    let world = sample().private_channel(ops, "ops", &[Overwrite::member(BEN)]);
    story_in(world, TEAM, async |bench: Bench| {
        bench.discord.slash("Ben", ops, "page", json!({ "who": "ana" })).await.unwrap().reply().await.unwrap();
        let fallback = |look: &Look<'_>| {
            let called = look.messages(ops).into_iter();
            called.into_iter().find(|message| message.text().contains("Nobody has answered a call"))
        };
        bench.see(fallback).await;
        assert_eq!(bench.discord.permissions(ANA, ops) & bit::VIEW_CHANNEL, 0);
        assert_eq!(bench.discord.messages(ops).iter().filter(|message| message.mentions.contains(&ANA)).count(), 0);
        bench.end().await;
    })
    .await;
}
