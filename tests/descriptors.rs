//! A host that lets the bot open next to nothing: a burst of alerts with 40 file descriptors, and every page comes all the same.

#![cfg(unix)]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/playing.rs"]
mod playing;

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use muster_playground::{Channel, Fault, Id, Ping, Playground};

const PATIENCE: Duration = Duration::from_secs(90);
/// More incidents than connections could be open at once.
const ALERTS: usize = 16;
/// Descriptors the process may have: standard streams, the database, the runtime and the gateway need some twenty.
const DESCRIPTORS: &str = "40";

struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[ignore = "long: thirty seconds of waiting for connections"]
async fn with_few_descriptors_every_page_comes() {
    let discord = playing::team().await;
    let database = playing::databases().await.swap_remove(0);
    let muster = env!("CARGO_BIN_EXE_muster");
    let with = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script, muster]).current_dir(std::env::temp_dir()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("DISCORD_TOKEN", discord.token()).env("DISCORD_API_URL", discord.url());
        command.env("DATABASE_URL", &database.url).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let team = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/team.yaml");
    let applied = with(&format!("exec $0 apply '{team}' --guild {}", playing::GUILD)).status();
    assert!(applied.expect("the binary runs").success());
    let mut bot = Bot(with(&format!("ulimit -n {DESCRIPTORS}; exec $0 run")).spawn().expect("the binary starts"));
    discord.gateway().wait_connected(1, PATIENCE).await.expect("the bot connects");

    // Slow answers keep connections open.
    discord.fault(Fault::on("*", "/**").delay(Duration::from_millis(700)));
    let alerts = (0..ALERTS).map(|n| format!("ALERT CRIT disk-{n}: disk {n} is full"));
    discord.flood("homegrown", "homegrown", alerts).await.expect("the alerts are said");
    let paged =
        discord.wait_for(PATIENCE, |look| (pages(&look.channels(), look.pings()).len() == ALERTS).then_some(())).await;
    let seen = pages(&discord.channels(), &discord.pings());
    assert!(paged.is_ok(), "of {ALERTS} incidents only these were paged: {:?}", seen.keys());
    assert!(bot.0.try_wait().expect("the process is ours").is_none(), "the bot is still there");
    playing::quiet(&discord).await;
    assert_twice_is_never(&discord);
}

/// Who was pinged for each incident, by its number: in its channel, or in the thread that stands in for one that is slow.
fn pages(channels: &[Channel], pings: &[Ping]) -> BTreeMap<String, Vec<String>> {
    let names: BTreeMap<Id, &str> = channels.iter().map(|channel| (channel.id, channel.name.as_str())).collect();
    let number = |id| {
        let name = names.get(&id)?.to_lowercase();
        Some(name.strip_prefix("inc-")?.split(|c: char| !c.is_ascii_digit()).next()?.to_owned())
    };
    let mut incidents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ping in pings {
        if let Some(number) = number(ping.channel) {
            incidents.entry(number).or_default().push(ping.name.clone());
        }
    }
    incidents
}

fn assert_twice_is_never(discord: &Playground) {
    for (number, mut names) in pages(&discord.channels(), &discord.pings()) {
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "somebody was paged twice for INC-{number}: {names:?}");
    }
}
