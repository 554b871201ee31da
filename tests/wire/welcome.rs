//! A server that the bot comes to is told once what to do next; one that is set up, or not served, is told nothing.

use std::time::Duration;

use muster_playground::{Channel, Id, Look, Member, Overwrite, World, permission::bit};

use crate::bench::{Bench, GUILD, TEAM, sample, story_in};
use crate::databases;

const OTHER: Id = GUILD + 7_000;
const LOBBY: Id = OTHER + 1;
const QUIET: Id = OTHER + 2;

/// A second server, whose owner Gita has not invited the bot yet. The bot may not write in its first channel.
fn world(gita: Member) -> World {
    let owner = gita.user.id;
    let mute = Overwrite::role(OTHER).deny(bit::SEND_MESSAGES);
    let second = sample().guild(OTHER, "Side project").member(gita).owner(owner);
    second
        .channel(Channel::text(QUIET, "rules").overwrite(mute))
        .channel(Channel::text(LOBBY, "lobby"))
        .system_channel(QUIET)
        .not_joined()
}

fn gita() -> Member {
    Member::new(OTHER + 9, "Gita")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_told_once_what_to_do_next() {
    story_in(world(gita()), TEAM, async |bench: Bench| {
        bench.discord.gateway().guild_joined(OTHER);
        let said = bench.see(|look| look.dms("Gita").into_iter().next()).await;
        assert!(said.text().contains("/setup") && said.text().contains("Side project"), "{}", said.text());

        bench.discord.gateway().guild_unavailable(OTHER);
        bench.discord.gateway().guild_back(OTHER);
        bench.discord.gateway().invalidate(false);
        bench.listening(2).await;
        // An alert that is handled afterwards shows that the new session has been worked off.
        bench.paged().await;
        assert_eq!(bench.discord.dms("Gita").len(), 1, "neither an outage nor a new session is a new server");
        assert_eq!(bench.discord.dms("Olga").len(), 0, "who is set up knows");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_greets_nobody_again() {
    story_in(world(gita()), TEAM, async |bench: Bench| {
        bench.discord.gateway().guild_joined(OTHER);
        bench.see(|look| look.dms("Gita").into_iter().next()).await;
        let (discord, app) = bench.down().await;
        let again = Bench::with(discord, app).await;
        again.paged().await;
        assert_eq!(again.discord.dms("Gita").len(), 1);
        again.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_takes_no_direct_messages_is_told_where_the_bot_may_write() {
    story_in(world(gita().dms_closed()), TEAM, async |bench: Bench| {
        bench.discord.gateway().guild_joined(OTHER);
        let said = |look: &Look<'_>| look.messages(LOBBY).into_iter().next();
        let said = bench.see(said).await;
        assert!(said.text().contains("/setup"), "{}", said.text());
        assert_eq!(bench.discord.messages(QUIET).len(), 0);
        assert!(bench.pinged().is_empty() && bench.discord.quiet_pings().is_empty());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_served_is_left_alone() {
    let store = databases::sqlite().await;
    let bench = Bench::for_others(&store).await;
    bench.listening(1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bench.discord.dms("Olga").len(), 0);
    assert_eq!(bench.discord.calls_to("POST", "/channels/*/messages").len(), 0);
    bench.end().await;
}
