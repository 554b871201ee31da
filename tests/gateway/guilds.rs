//! Guilds that Discord cannot serve for a while, and guilds that have removed the bot.

use std::time::Duration;

use chrono::TimeDelta;
use muster::app::INCIDENT;
use muster::domain::id::{GuildId, IncidentId, Timestamp};
use muster::store::{StoreError, audit, incident, outbox, wake};
use muster_playground::Id;

use crate::bench::{Bench, GUILD, sample, story_in};
use crate::down;

/// Ana is called, and Ben so much later that an outage of the guild has arrived by then.
fn quick() -> String {
    down::TEAM.replacen("duration: 30m, targets: [{contact: ana}]", "duration: 6s, targets: [{contact: ana}]", 1)
}

/// When the page lane, and the other one, have something to do.
async fn next_deliveries(bench: &Bench) -> [Option<Timestamp>; 2] {
    let found = bench.app.store().read(|conn| {
        Box::pin(
            async move { Ok::<_, StoreError>([outbox::next_due(conn, 0).await?, outbox::next_due(conn, 1).await?]) },
        )
    });
    found.await.unwrap()
}

/// Asks until it is so.
async fn until(mut so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::bench::PATIENCE, asking).await.unwrap();
}

async fn room_of(bench: &Bench, what: &str) -> Id {
    let room = bench.see(|look| {
        let room = down::rooms_about(look, what).into_iter().next()?;
        (down::pings(look, "Ana", room.id) > 0).then_some(room.id)
    });
    room.await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_a_guild_in_an_outage_waits_and_goes_out_when_it_is_back() {
    story_in(sample(), &quick(), async |bench: Bench| {
        down::fire(&bench.discord, "outage").await;
        let room = room_of(&bench, "outage").await;
        bench.discord.gateway().guild_unavailable(GUILD);
        let held = async || {
            let [pages, _] = next_deliveries(&bench).await;
            // A page that is on its way is looked at again after 90 s; one that is held is tried again after 30 s.
            let wait = pages.map(|due| due - bench.app.now());
            wait.is_some_and(|wait| wait > TimeDelta::seconds(10) && wait < TimeDelta::seconds(40))
        };
        until(held).await;
        assert_eq!(bench.see(|look| Some(down::pings(look, "Ben", room))).await, 0, "the guild is not there");
        bench.discord.gateway().guild_back(GUILD);
        bench.see(|look| (down::pings(look, "Ben", room) == 1).then_some(())).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_called_any_more_in_a_guild_that_has_removed_the_bot() {
    story_in(sample(), down::TEAM, async |bench: Bench| {
        down::fire(&bench.discord, "removed").await;
        room_of(&bench, "removed").await;
        until(async || next_deliveries(&bench).await == [None, None]).await;
        assert!(deadline(&bench).await.is_some(), "Ben is next");
        bench.discord.gateway().guild_left(GUILD);
        until(async || audited(&bench).await).await;
        assert_eq!(deadline(&bench).await, None, "nobody is next");
        assert_eq!(next_deliveries(&bench).await, [None, None], "and nothing waits to be said");

        let pings = bench.discord.pings().len();
        let calls = bench.discord.calls().len();
        bench.discord.gateway().guild_joined(GUILD);
        // Caught up: the guild's sources have been read.
        bench
            .see(|look| look.calls()[calls..].iter().any(|call| call.is("GET", "/channels/*/messages")).then_some(()))
            .await;
        assert_eq!(
            (deadline(&bench).await, bench.discord.pings().len()),
            (None, pings),
            "invited again, nobody is called"
        );
        let open =
            bench.app.store().read(|conn| Box::pin(async move { incident::not_over(conn, GuildId(GUILD)).await }));
        assert_eq!(open.await.unwrap().len(), 1, "what becomes of it is for people to say");
        bench.end().await;
    })
    .await;
}

/// When the guild's only incident is looked at again.
async fn deadline(bench: &Bench) -> Option<Timestamp> {
    let found = bench.app.store().read(|conn| {
        Box::pin(async move {
            let open: Vec<IncidentId> = incident::live_ids(conn).await?;
            wake::due(conn, INCIDENT, open[0].0).await
        })
    });
    found.await.unwrap_or_else(|why: StoreError| panic!("{why}"))
}

async fn audited(bench: &Bench) -> bool {
    let list =
        bench.app.store().read(|conn| Box::pin(async move { audit::list(conn, GuildId(GUILD), None, 10).await }));
    list.await.unwrap().iter().any(|entry| entry.what == "removed" && entry.by_user.is_none())
}
