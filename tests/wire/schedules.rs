//! Schedules on the wire: the role that follows who is on call, and the notice of a hand-off.

use std::time::Duration;

use muster::app::Apply;
use muster::definitions::Source;
use muster::domain::id::GuildId;
use muster_playground::message::flag;
use muster_playground::{Fault, Id, Member, Message};

use crate::bench::{ANA, BEN, Bench, CLEO, GUILD, TEAM, button, sample, story_in};
use crate::databases::{self, TestStore};

const ONCALL: Id = GUILD + 19;
const GENERAL: Id = GUILD + 29;
const DAN: Id = GUILD + 12;

/// The team, and a schedule on which this person is alone.
fn with(person: &str) -> String {
    format!("{TEAM}---\n{}", schedule(person))
}

fn schedule(person: &str) -> String {
    format!(
        "kind: schedule\nname: primary\nspec: {{display_name: Payments primary, announce: \"{GENERAL}\", discord_role: \"{ONCALL}\", \
         rotations: [{{name: one, start: '2026-01-05T09:00', time_zone: UTC, contacts: [{person}], hand_off: {{daily: ['09:00']}}}}]}}"
    )
}

async fn now_on(bench: &Bench, person: &str) {
    let sources = vec![Source { file: "schedule.yaml".to_owned(), text: schedule(person) }];
    bench.app.apply(Apply { sources, ..Apply::new(GuildId(GUILD), None, "test") }).await.unwrap();
}

fn holders(bench: &Bench) -> Vec<Id> {
    let guild = bench.discord.guild(GUILD).unwrap();
    guild.members.values().filter(|member| member.roles.contains(&ONCALL)).map(|member| member.user.id).collect()
}

/// Waits until exactly these hold the role.
async fn held_by(bench: &Bench, people: &[Id]) {
    for _ in 0..400 {
        if holders(bench) == people {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(holders(bench), people);
}

fn written(bench: &Bench) -> usize {
    let of = |method| bench.discord.calls_to(method, "/guilds/*/members/*/roles/*").len();
    of("PUT") + of("DELETE")
}

async fn said(bench: &Bench, words: &str) -> Message {
    bench.see(|look| look.messages("general").into_iter().find(|message| message.text().contains(words))).await
}

/// Dan is no contact: what he holds is nobody's business here.
#[tokio::test(flavor = "multi_thread")]
async fn the_role_follows_who_is_on_call_and_nobody_is_pinged() {
    let world = sample().member(Member::new(DAN, "Dan").roles([ONCALL]));
    story_in(world, &with("ana"), async |bench: Bench| {
        held_by(&bench, &[ANA, DAN]).await;
        assert_eq!(written(&bench), 1, "Ben's is taken, and nothing else is written");
        now_on(&bench, "ben").await;
        held_by(&bench, &[BEN, DAN]).await;
        let notice = said(&bench, "Payments primary").await;
        assert!(notice.text().contains(&format!("<@{BEN}> is on call")), "{}", notice.text());
        assert!(notice.has(flag::SUPPRESS_NOTIFICATIONS), "{}", notice.flags);
        assert_eq!(bench.discord.pings().len(), 0);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lead_moves_by_the_button_of_the_notice() {
    story_in(sample(), &with("ana"), async |bench: Bench| {
        let (room, page) = bench.paged().await;
        let ack = button(&page, "v1:ack:").unwrap();
        bench.discord.press("Ana", room.id, page.id, &ack).await.unwrap().reply().await.unwrap();
        now_on(&bench, "ben").await;
        let notice = said(&bench, "still leads").await;
        let moves = button(&notice, "v1:hand-over:").unwrap();
        let stranger = bench.discord.press("Cleo", "general", notice.id, &moves).await.unwrap().reply().await.unwrap();
        assert_eq!(stranger.only_for, Some(CLEO));
        assert!(!stranger.text().contains("leads now"), "{}", stranger.text());
        let reply = bench.discord.press("Ben", "general", notice.id, &moves).await.unwrap().reply().await.unwrap();
        assert!(reply.text().contains("INC-1"), "{}", reply.text());
        let leads = format!("<@{BEN}> leads now, in place of <@{ANA}>");
        bench.see(|look| look.messages(room.id).into_iter().find(|message| message.text().contains(&leads))).await;
        assert_eq!(bench.pinged(), ["Ana"], "by the page alone");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_muster_may_not_give_is_said_once_with_what_to_do() {
    story_in(sample(), &with("ana"), async |bench: Bench| {
        held_by(&bench, &[ANA]).await;
        bench.discord.change_role(ONCALL, |role| role.position = 90).await.unwrap();
        now_on(&bench, "ben").await;
        let refused = said(&bench, "does not follow").await;
        assert!(refused.text().contains("Manage Roles"), "{}", refused.text());
        // Tried again, and refused again: that is no news.
        let tried = written(&bench);
        now_on(&bench, "ana").await;
        now_on(&bench, "ben").await;
        bench
            .see(|look| {
                (look.calls().iter().filter(|call| call.path.contains("/roles/")).count() > tried).then_some(())
            })
            .await;
        let lines = bench.discord.messages("general").into_iter().filter(|one| one.text().contains("does not follow"));
        assert_eq!(lines.count(), 1);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_of_putting_it_right_ends_in_order() {
    databases::on_both(async |store: &TestStore| {
        let discord = muster_playground::Playground::start(sample()).await.unwrap();
        // Ana's is taken; at Ben's, Discord stops answering.
        let fault =
            discord.fault(Fault::on("PUT", "/guilds/*/members/*/roles/*").refuse(500, 0, "Internal Server Error"));
        let bench = Bench::begin(
            discord,
            &with("cleo")
                .replace(
                    "name: ben\nspec: {display_name: Ben, discord_user: \"900000000000000011\"",
                    "name: cleo\nspec: {display_name: Cleo, discord_user: \"900000000000000012\"",
                )
                .replace("{contact: ben}", "{contact: cleo}"),
            store,
        )
        .await;
        for _ in 0..400 {
            if bench.discord.hits(fault) > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(bench.discord.hits(fault) > 0, "it was begun");
        let (discord, app) = bench.down().await;
        discord.clear_faults();
        let bench = Bench::with(discord, app).await;
        held_by(&bench, &[BEN, CLEO]).await;
        bench.end().await;
    })
    .await;
}
