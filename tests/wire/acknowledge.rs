//! Every way to say "I have it", and that it counts once.

use std::time::{Duration, Instant};

use muster_playground::{Fault, Key};
use serde_json::json;

use crate::bench::{ANA, Bench, TEAM, alert, answered, button, crowd, sample, story, story_in};

/// Well before Muster gives up a request that nobody answers.
const SOON: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_becomes_a_channel_a_pinned_card_and_a_page_that_pings() {
    story(async |bench: Bench| {
        let message = bench.alert("v0.33.1-single-firing").await;
        let room = bench.room(1).await;
        let page = bench.page(room.id).await;
        assert_eq!(page.mentions, [ANA]);
        bench.see(|look| (look.pings().iter().any(|ping| ping.message == page.id)).then_some(())).await;
        let card = bench.see(|look| look.pins(room.id).into_iter().next()).await;
        assert!(button(&card, "v1:card-update:").is_some());
        assert!(card.id < page.id, "the card is the bot's first message");
        let category = bench.discord.channel(room.parent.unwrap()).unwrap();
        assert_eq!(category.name, "Incidents");
        bench.see(|look| look.message(message)?.reactions.iter().any(|one| one.emoji.name == "🚨").then_some(())).await;
        assert_eq!(bench.pinged(), ["Ana"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_acknowledges() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        let pressed = bench.discord.press("Ana", room.id, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
        assert_eq!(answered(&pressed).await, 5, "answered before anything is done");
        let reply = pressed.reply().await.unwrap();
        assert_eq!(reply.only_for, Some(ANA));
        assert!(button(&reply, "v1:undo-ack:").is_some(), "{}", reply.text());
        bench.closed(page.id).await;
        pressed.again();
        let card = bench.discord.pins(room.id).remove(0);
        bench.see(|look| button(&look.message(card.id)?, "v1:card-ack:").is_none().then_some(())).await;
        assert_eq!(bench.pinged(), ["Ana"]);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_mark_on_the_page_acknowledges_and_a_strangers_does_not() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        bench.discord.react("Cleo", room.id, page.id, "✅").await.unwrap();
        bench.discord.react("Ana", room.id, page.id, "🎉").await.unwrap();
        let shown = bench.discord.slash("Ana", room.id, "incident show", json!({})).await.unwrap();
        shown.reply().await.unwrap();
        let still = bench.discord.message(page.id).unwrap();
        assert!(button(&still, "v1:ack:").is_some(), "neither counts");
        bench.discord.react("Ana", room.id, page.id, "✅").await.unwrap();
        bench.closed(page.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_acknowledges() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        let typed = bench.discord.slash("Ana", room.id, "incident ack", json!({})).await.unwrap();
        assert_eq!(answered(&typed).await, 5);
        let reply = typed.reply().await.unwrap();
        assert!(button(&reply, "v1:undo-ack:").is_some(), "{}", reply.text());
        bench.closed(page.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_are_one_acknowledgement() {
    let (world, people) = crowd(sample(), 20);
    story_in(world, &everybody(&people), async |bench: Bench| {
        let (room, page) = bench.paged().await;
        assert_eq!(page.mentions.len(), 20);
        let all: Vec<Key> = page.mentions.iter().map(|id| Key::from(*id)).collect();
        let ack = button(&page, "v1:ack:").unwrap();
        let pressed = bench.discord.press_together(&all, room.id, page.id, &ack).await.unwrap();
        let mut first = 0;
        for one in &pressed {
            let reply = one.reply().await.unwrap();
            first += usize::from(button(&reply, "v1:undo-ack:").is_some());
        }
        assert_eq!(first, 1, "one has it, the others are told who");
        bench.closed(page.id).await;
        bench.end().await;
    })
    .await;
}

/// A team in which all of these are called at once.
fn everybody(people: &[u64]) -> String {
    let contact = |(n, id): (usize, &u64)| {
        format!(
            "---\nkind: contact\nname: c{n}\nspec: {{display_name: C{n}, discord_user: \"{id}\", \
             channels: [{{name: here, type: mention}}], stages: [{{duration: 0s, targets: [{{channel: here}}]}}]}}\n"
        )
    };
    let contacts: String = people.iter().enumerate().map(contact).collect();
    let targets: Vec<String> = (0..people.len()).map(|n| format!("{{contact: c{n}}}")).collect();
    let plan = format!("[{{duration: 5m, targets: [{}]}}]", targets.join(", "));
    TEAM.replace("[{duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ben}]}]", &plan)
        + &contacts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_message_is_answered_in_the_direct_message() {
    let team = TEAM.replacen("targets: [{channel: here}]", "targets: [{channel: dm}]", 1);
    story_in(sample(), &team, async |bench: Bench| {
        bench.alert("v0.33.1-single-firing").await;
        let page = bench.see(|look| look.dms("Ana").into_iter().next()).await;
        let pressed =
            bench.discord.press("Ana", page.channel, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
        let reply = pressed.reply().await.unwrap();
        assert!(button(&reply, "v1:undo-ack:").is_some(), "{}", reply.text());
        bench.closed(page.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_mark_in_a_direct_message_acknowledges() {
    let team = TEAM.replacen("targets: [{channel: here}]", "targets: [{channel: dm}]", 1);
    story_in(sample(), &team, async |bench: Bench| {
        bench.alert("v0.33.1-single-firing").await;
        let page = bench.see(|look| look.dms("Ana").into_iter().next()).await;
        bench.discord.react("Ana", page.channel, page.id, "👀").await.unwrap();
        bench.closed(page.id).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_foreign_buttons_are_refused_in_private() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        for forged in ["v1:ack:1", "v1:card-ack:1", "v0:ack:5", "v1:delete:5", "v1:ack:x"] {
            let pressed = bench.discord.press_unchecked("Cleo", room.id, page.id, forged).await.unwrap();
            let reply = pressed.reply().await.unwrap();
            assert!(reply.only_for.is_some() && !reply.text().is_empty(), "{forged}");
        }
        let still = bench.discord.message(page.id).unwrap();
        assert!(button(&still, "v1:ack:").is_some());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pressed_counts_though_the_answer_came_too_late() {
    for (status, code) in [(404, 10062), (400, 40060)] {
        story(async |bench: Bench| {
            let (room, page) = bench.paged().await;
            let late = Fault::on("POST", "/interactions/*/*/callback").refuse(status, code, "Too late.");
            let late = bench.discord.fault(late);
            bench.discord.press("Ana", room.id, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
            bench.closed(page.id).await;
            assert_eq!(bench.discord.hits(late), 1, "it is not tried again");
            bench.end().await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_is_taken_down_while_discord_takes_its_time_over_the_first_answer() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        bench.discord.fault(Fault::on("POST", "/interactions/*/*/callback").hang());
        let pressed = Instant::now();
        bench.discord.press("Ana", room.id, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
        bench.closed(page.id).await;
        assert!(pressed.elapsed() < SOON, "it waited for the first answer");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_alert_is_read_again() {
    story(async |bench: Bench| {
        let message = bench.alert("v0.33.1-single-firing").await;
        let room = bench.room(1).await;
        bench.page(room.id).await;
        let resolved = alert("v0.33.1-single-resolved")["embeds"].as_array().unwrap().clone();
        bench.discord.edit_embeds("alerts", message, resolved).await.unwrap();
        bench.see(|look| look.message(message)?.reactions.iter().any(|one| one.emoji.name == "✅").then_some(())).await;
        bench.end().await;
    })
    .await;
}
