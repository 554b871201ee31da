//! Questions that page nobody: a look ahead, and what one can do here; in the server and in a direct message.

use serde_json::json;

use crate::bench::{Bench, answered, story};

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_answered_privately_and_pages_nobody() {
    story(async |bench: Bench| {
        let typing = bench.discord.autocomplete("Ana", "general", "plan preview", json!({ "plan": "d" }), "plan");
        assert_eq!(typing.await.unwrap().choices().await.unwrap(), [("db".to_owned(), json!("db"))]);
        let asked = bench.discord.slash("Ana", "general", "plan preview", json!({ "plan": "Db", "at": "in 2h" }));
        let reply = asked.await.unwrap().reply().await.unwrap();
        assert!(reply.text().contains("Ana") && reply.text().contains("Ben"), "{}", reply.text());
        assert_eq!(bench.pinged(), Vec::<String>::new());
        let rooms = |name: &str| name.starts_with("inc-");
        let made = bench.see(|look| Some(look.channels().into_iter().any(|channel| rooms(&channel.name)))).await;
        assert!(!made, "a preview opens no channel");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_are_listed_and_shown() {
    story(async |bench: Bench| {
        for (path, options) in [("plan list", json!({})), ("plan show", json!({ "plan": "db" }))] {
            let reply = bench.discord.slash("Ana", "general", path, options).await.unwrap().reply().await.unwrap();
            assert!(reply.text().contains("db"), "{path}: {}", reply.text());
        }
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn help_knows_the_place() {
    story(async |bench: Bench| {
        let ask =
            async |place| bench.discord.slash("Ana", place, "help", json!({})).await.unwrap().reply().await.unwrap();
        let elsewhere = ask("general").await;
        assert!(elsewhere.text().contains("/incident new"), "{}", elsewhere.text());
        let (room, _) = bench.paged().await;
        let typed = bench.discord.slash("Ana", room.id, "help", json!({})).await.unwrap();
        let here = typed.reply().await.unwrap();
        assert!(here.text().contains("/incident ack"), "{}", here.text());

        let private = bench.discord.open_dm("Ana").unwrap();
        let typed = bench.discord.slash("Ana", private, "help", json!({})).await.unwrap();
        assert_eq!(answered(&typed).await, 4, "there is nothing to look up");
        bench.end().await;
    })
    .await;
}
