//! A bot in 1,000 guilds starts: its memory stays small, and whoever types a command meanwhile is answered in time.

use std::time::Duration;

use muster_playground::{Channel, Id, Playground, World};
use serde_json::json;

use crate::bench::PATIENCE;
use crate::budget::Operator;

const GUILDS: Id = 1_000;
const CHANNELS_EACH: Id = 50;
/// Measured: 60 MB with debug information, most of it the decoded guilds of the moment.
const MEMORY_MAX_KB: u64 = 300_000;
/// How long the flood may take to be worked off.
const FLOOD: Duration = Duration::from_secs(20);

fn crowded() -> World {
    (1..=GUILDS).fold(World::sample(), |world, n| {
        let guild = 1_000_000_000_000_000_000 + n * 1_000;
        let world = world.guild(guild, format!("Guild {n}"));
        (1..=CHANNELS_EACH).fold(world, |world, c| world.channel(Channel::text(guild + c, format!("channel-{n}-{c}"))))
    })
}

fn memory_kb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: 1,000 guilds with 50 channels each"]
async fn a_thousand_guilds_at_the_start_delay_no_answer() {
    let operator = Operator::of(Playground::start(crowded()).await.unwrap());
    let bot = operator.start();
    operator.discord.wait_for(PATIENCE, |look| (!look.commands().is_empty()).then_some(())).await.unwrap();
    for _ in 0..5 {
        // The playground takes no answer after 3 s, as Discord does.
        let typed = operator.discord.slash("Ana", "general", "incident list", json!({})).await.unwrap();
        typed.reply().await.unwrap();
    }
    tokio::time::sleep(FLOOD).await;
    let memory = memory_kb(bot.id().unwrap());
    println!("{memory} kB at most");
    assert!(memory < MEMORY_MAX_KB, "{memory} kB");
    operator.stops(bot).await;
}
