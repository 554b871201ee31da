//! Something is broken in the server, `/doctor` says so; it is mended, and `/doctor` says no more of it.

use muster_playground::{Fault, Message, Overwrite, permission::bit};
use serde_json::json;

use crate::bench::{Bench, GUILD, TEAM, sample, story_in};

const ALERTS: u64 = GUILD + 30;
/// The heading of what is worst.
const STOPS: &str = "Stops paging";

async fn doctor(bench: &Bench, who: &str) -> Message {
    bench.discord.slash(who, "general", "doctor", json!({})).await.unwrap().reply().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_found_and_what_is_mended_is_not() {
    story_in(sample().mentions_only(), TEAM, async |bench: Bench| {
        let well = doctor(&bench, "Olga").await;
        assert!(!well.text().contains(STOPS), "{}", well.text());
        assert!(well.only_for.is_some(), "only who asked sees it");

        let alerts = format!("<#{ALERTS}>");
        bench.discord.overwrite(ALERTS, Overwrite::role(GUILD).deny(bit::VIEW_CHANNEL)).await.unwrap();
        let ill = doctor(&bench, "Olga").await.text();
        let line = ill.lines().find(|line| line.contains(&alerts)).unwrap();
        assert!(ill.contains(STOPS) && line.contains("View Channels") && line.contains("monitor"), "{ill}");

        bench.discord.overwrite(ALERTS, Overwrite::role(GUILD)).await.unwrap();
        assert!(!doctor(&bench, "Olga").await.text().contains(&alerts));

        bench.discord.leave("Ana").await.unwrap();
        let left = doctor(&bench, "Olga").await.text();
        assert!(left.contains(STOPS) && left.contains("Ana"), "{left}");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_costs_discord_nothing() {
    story_in(sample(), TEAM, async |bench: Bench| {
        bench.discord.forget_calls();
        let refused = doctor(&bench, "Cleo").await.text();
        assert!(refused.contains("Manage Server"), "{refused}");
        assert_eq!(bench.discord.calls_to("GET", "/guilds/*").len(), 0);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guild_that_cannot_be_looked_at_is_not_called_well() {
    story_in(sample(), TEAM, async |bench: Bench| {
        bench.discord.fault(Fault::on("GET", "/guilds/*/channels").refuse(403, 50001, "Missing Access"));
        let said = doctor(&bench, "Olga").await.text();
        assert!(said.contains("nothing could be examined"), "{said}");
        bench.end().await;
    })
    .await;
}
