//! Forms come first, completions come fast, and nobody waits for either.

use muster_playground::Look;
use serde_json::json;

use crate::bench::{Bench, answered, button, story};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_the_first_answer_and_what_is_sent_counts() {
    story(async |bench: Bench| {
        let (room, _) = bench.paged().await;
        let card = bench.see(|look| look.pins(room.id).into_iter().next()).await;
        let update = button(&card, "v1:card-update:").unwrap();
        let opened = bench.discord.press("Ana", room.id, card.id, &update).await.unwrap();
        assert_eq!(answered(&opened).await, 9);
        let sent = bench.discord.submit("Ana", &opened, json!({ "summary": "The disk is full." })).await.unwrap();
        sent.reply().await.unwrap();
        bench.see(|look| look.message(card.id)?.text().contains("The disk is full.").then_some(())).await;

        let typed = bench.discord.slash("Ana", room.id, "incident resolve", json!({})).await.unwrap();
        assert_eq!(answered(&typed).await, 9);
        let sent = bench.discord.submit("Ana", &typed, json!({ "message": "Disk grown." })).await.unwrap();
        let reply = sent.reply().await.unwrap();
        assert!(button(&reply, "v1:undo-resolve:").is_some(), "{}", reply.text());
        let over = |look: &Look<'_>| look.message(card.id).filter(|card| button(card, "v1:card-resolve:").is_none());
        let card = bench.see(over).await;
        assert!(button(&card, "v1:card-reopen:").is_some(), "what is over can be opened again");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_a_room_the_person_is_asked_which_incident() {
    story(async |bench: Bench| {
        let (_, page) = bench.paged().await;
        let typed = bench.discord.slash("Ana", "general", "incident ack", json!({})).await.unwrap();
        let question = typed.reply().await.unwrap();
        let which = button(&question, "v1:which:").unwrap();
        let option = question.controls()[0]["options"][0]["value"].as_str().unwrap().to_owned();
        let chosen = bench.discord.select("Ana", "general", question.id, &which, &[&option]).await.unwrap();
        assert!(button(&chosen.reply().await.unwrap(), "v1:undo-ack:").is_some());
        bench.closed(page.id).await;

        let typed = bench.discord.slash("Ana", "general", "incident update", json!({})).await.unwrap();
        let question = typed.reply().await.unwrap();
        let which = button(&question, "v1:which:").unwrap();
        let chosen = bench.discord.select("Ana", "general", question.id, &which, &[&option]).await.unwrap();
        assert_eq!(answered(&chosen).await, 9, "a form can still be the first answer");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_completed() {
    story(async |bench: Bench| {
        let (room, _) = bench.paged().await;
        let typing =
            bench.discord.autocomplete("Ana", room.id, "incident show", json!({ "incident": "inc" }), "incident");
        let choices = typing.await.unwrap().choices().await.unwrap();
        assert_eq!(choices.len(), 1);
        assert_eq!(choices[0].1, json!("INC-1"));
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_offers_more() {
    story(async |bench: Bench| {
        let (room, _) = bench.paged().await;
        let card = bench.see(|look| look.pins(room.id).into_iter().next()).await;
        let more = button(&card, "v1:card-more:").unwrap();
        let chosen = bench.discord.select("Ana", room.id, card.id, &more, &["escalate"]).await.unwrap();
        let question = chosen.reply().await.unwrap();
        let yes = button(&question, "v1:escalate-yes:").unwrap();
        let no = button(&question, "v1:dismiss").unwrap();
        let put_away = bench.discord.press("Ana", room.id, question.id, &no).await.unwrap();
        assert_eq!(answered(&put_away).await, 7, "the question goes, with its buttons");
        bench.discord.press_unchecked("Ana", room.id, question.id, &yes).await.unwrap().reply().await.unwrap();
        bench.see(|look| look.pings().iter().any(|ping| ping.name == "Ben").then_some(())).await;
        bench.end().await;
    })
    .await;
}
