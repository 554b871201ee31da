//! An incident from its form to its end, by what people press: nothing that was written is lost, and what is deleted is gone.

use std::time::Duration;

use muster_playground::{Fault, Id, Look, Message};
use serde_json::{Value, json};

use crate::bench::{Bench, answered, button, story};

/// The input of a form that was opened.
fn value(modal: &Value, id: &str) -> String {
    let inputs = modal["components"].as_array().unwrap().iter().map(|row| &row["components"][0]);
    let input = inputs.into_iter().find(|input| input["custom_id"] == id).unwrap();
    input["value"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_wrong_value_is_corrected_without_typing_it_again() {
    story(async |bench: Bench| {
        let typed = bench.discord.slash("Ana", "general", "incident new", json!({})).await.unwrap();
        assert_eq!(answered(&typed).await, 9, "a form is the first answer");
        assert_eq!(value(&typed.modal().await.unwrap(), "impact"), "3 · Medium: reduced service");
        let written =
            json!({ "title": "Checkout is slow", "summary": "Since the deploy.", "impact": "7", "plan": "db" });
        let sent = bench.discord.submit("Ana", &typed, written).await.unwrap();
        let refused = sent.reply().await.unwrap();
        for quoted in ["“7”", "Checkout is slow", "Since the deploy."] {
            assert!(refused.text().contains(quoted), "{}", refused.text());
        }

        let correct = button(&refused, "v1:correct-new:").unwrap();
        let again = bench.discord.press("Ana", "general", refused.id, &correct).await.unwrap();
        let modal = again.modal().await.unwrap();
        let filled = ["title", "summary", "impact", "plan"].map(|id| value(&modal, id));
        assert_eq!(filled, ["Checkout is slow", "Since the deploy.", "7", "db"]);
        let right = json!({ "title": filled[0], "summary": filled[1], "impact": "high", "plan": "DB" });
        bench.discord.submit("Ana", &again, right).await.unwrap().reply().await.unwrap();
        let room = bench.room(1).await;
        assert_eq!(room.name, "inc-1-checkout-is-slow");
        bench.page(room.id).await;
        bench.end().await;
    })
    .await;
}

/// The card, once it offers this.
async fn card_with(bench: &Bench, room: Id, begins: &str) -> Message {
    let offers = |look: &Look<'_>| look.pins(room).into_iter().next().filter(|card| button(card, begins).is_some());
    bench.see(offers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_alarm_ends_at_the_card_and_is_opened_again_there() {
    story(async |bench: Bench| {
        let (room, page) = bench.paged().await;
        let card = card_with(&bench, room.id, "v1:card-more:").await;
        let more = button(&card, "v1:card-more:").unwrap();
        let opened = bench.discord.select("Ana", room.id, card.id, &more, &["false-alarm"]).await.unwrap();
        assert_eq!(answered(&opened).await, 9);
        let sent = bench.discord.submit("Ana", &opened, json!({ "reason": "A test of the UPS." })).await.unwrap();
        sent.reply().await.unwrap();
        bench.closed(page.id).await;

        let card = card_with(&bench, room.id, "v1:card-reopen:").await;
        let reopen = button(&card, "v1:card-reopen:").unwrap();
        let reopened = bench.discord.press("Ana", room.id, card.id, &reopen).await.unwrap().reply().await.unwrap();
        let start = button(&reopened, "v1:start-plan:").unwrap();
        let before = bench.discord.pings().len();
        bench.discord.press("Ana", room.id, reopened.id, &start).await.unwrap().reply().await.unwrap();
        bench.see(|look| (look.pings().len() > before).then_some(())).await;
        card_with(&bench, room.id, "v1:card-ack:").await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_is_chosen_at_the_card() {
    story(async |bench: Bench| {
        let (room, _) = bench.paged().await;
        let new = json!({ "title": "The same again", "plan": "db" });
        bench.discord.slash("Ana", "general", "incident new", new).await.unwrap().reply().await.unwrap();
        let second = bench.room(2).await;
        let page = bench.page(second.id).await;
        let card = card_with(&bench, second.id, "v1:card-more:").await;
        let more = button(&card, "v1:card-more:").unwrap();
        let asked = bench.discord.select("Ana", second.id, card.id, &more, &["duplicate"]).await.unwrap();
        let question = asked.reply().await.unwrap();
        let which = button(&question, "v1:duplicate-of:").unwrap();
        let options = question.controls()[0]["options"].as_array().unwrap().clone();
        assert_eq!(options.len(), 1, "only the other one: {options:?}");
        let option = options[0]["value"].as_str().unwrap();
        let done = bench.discord.select("Ana", second.id, question.id, &which, &[option]).await.unwrap();
        assert!(done.reply().await.unwrap().text().contains("INC-1"));
        bench.closed(page.id).await;
        let told =
            |look: &Look<'_>| look.messages(room.id).iter().any(|one| one.text().contains("INC-2")).then_some(());
        bench.see(told).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_takes_its_channel_with_it() {
    story(async |bench: Bench| {
        let (room, _) = bench.paged().await;
        let cancel = json!({ "reason": "A test." });
        bench.discord.slash("Ana", room.id, "incident cancel", cancel).await.unwrap().reply().await.unwrap();
        let which = json!({ "incident": "INC-1" });
        let refused = bench.discord.slash("Ana", "general", "incident delete", which.clone()).await.unwrap();
        assert!(button(&refused.reply().await.unwrap(), "v1:delete-yes:").is_none(), "only admins delete");
        let asked = bench.discord.slash("Olga", "general", "incident delete", which).await.unwrap();
        let question = asked.reply().await.unwrap();
        let yes = button(&question, "v1:delete-yes:").unwrap();
        bench.discord.press("Olga", "general", question.id, &yes).await.unwrap().reply().await.unwrap();
        bench.see(|look| look.channels().iter().all(|channel| channel.id != room.id).then_some(())).await;
        bench.discord.press("Olga", "general", question.id, &yes).await.unwrap().reply().await.unwrap();
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_comes_after_the_deletion_goes_too() {
    story(async |bench: Bench| {
        let slow = Fault::on("POST", "/guilds/*/channels").when(|body| body["type"] == 0);
        bench.discord.fault(slow.once().delay_answer(Duration::from_secs(3)));
        let new = json!({ "title": "Typed by mistake", "plan": "db" });
        bench.discord.slash("Ana", "general", "incident new", new).await.unwrap().reply().await.unwrap();
        let room = bench.room(1).await;
        let cancel = json!({ "reason": "A mistake.", "incident": "1" });
        bench.discord.slash("Ana", "general", "incident cancel", cancel).await.unwrap().reply().await.unwrap();
        let delete = json!({ "incident": "1" });
        let asked = bench.discord.slash("Olga", "general", "incident delete", delete).await.unwrap();
        let question = asked.reply().await.unwrap();
        let yes = button(&question, "v1:delete-yes:").unwrap();
        bench.discord.press("Olga", "general", question.id, &yes).await.unwrap().reply().await.unwrap();
        bench.see(|look| look.channels().iter().all(|channel| channel.id != room.id).then_some(())).await;
        bench.end().await;
    })
    .await;
}
