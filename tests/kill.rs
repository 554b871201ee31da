//! The real binary, killed for real: between the commit of a page and its post, and between the post and its receipt.
//! One page, once, on both databases. `again`: at any moment, many times.

#[path = "support/databases.rs"]
mod databases;
#[path = "support/down.rs"]
mod down;
#[path = "support/playing.rs"]
mod playing;

#[path = "kill/again.rs"]
mod again;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use muster_playground::{Fault, Playground};

/// Longest wait for anything in these stories.
const PATIENCE: Duration = Duration::from_secs(30);
const MESSAGES: &str = "/channels/*/messages";

/// A running bot; killed when dropped.
struct Bot(Child);

impl Bot {
    fn start(discord: &Playground, database: &str) -> Bot {
        let child = muster(discord, database).arg("run").spawn().expect("the binary starts");
        Bot(child)
    }

    /// The same, with what it says at the end of a file.
    fn start_logged(discord: &Playground, database: &str, log: &File) -> Bot {
        let to = || log.try_clone().expect("a file can be had twice");
        let mut command = muster(discord, database);
        let child = command.arg("run").stdout(to()).stderr(to()).spawn().expect("the binary starts");
        Bot(child)
    }

    /// SIGKILL: no destructor, no flush, nothing.
    fn kill(mut self) {
        self.0.kill().expect("the process is ours");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn muster(discord: &Playground, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    let folder = std::env::temp_dir();
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("DISCORD_TOKEN", discord.token()).env("DISCORD_API_URL", discord.url()).env("DATABASE_URL", database);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn apply(discord: &Playground, database: &str) {
    apply_file(discord, database, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/team.yaml")));
}

fn apply_file(discord: &Playground, database: &str, file: &Path) {
    let told = muster(discord, database).arg("apply").arg(file).args(["--guild", &playing::GUILD.to_string()]).status();
    assert!(told.expect("the binary runs").success(), "the team applies");
}

/// Pings in the server's channels, not in DMs: who is on call this week is paged in the incident's channel, once.
fn pages(discord: &Playground) -> Vec<String> {
    let channels = discord.channels();
    let in_guild = |id| channels.iter().any(|channel| channel.id == id);
    discord.pings().iter().filter(|ping| in_guild(ping.channel)).map(|ping| ping.name.clone()).collect()
}

/// A call for a page in the channel: the fault waits for this one, not for the card or the DM.
fn is_page(body: &serde_json::Value) -> bool {
    let mentions = body["allowed_mentions"]["users"].as_array().is_some_and(|users| !users.is_empty());
    mentions && body["components"].as_array().is_some_and(|rows| !rows.is_empty())
}

/// The bot is in the middle of the call.
async fn reached(discord: &Playground, fault: u64) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while discord.hits(fault) == 0 {
        assert!(tokio::time::Instant::now() < deadline, "the page is never on its way");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn killed_at(fault: Fault, database: &str) {
    let discord = playing::team().await;
    apply(&discord, database);
    let bot = Bot::start(&discord, database);
    discord.gateway().wait_connected(1, PATIENCE).await.expect("the bot connects");
    let fault = discord.fault(fault);
    playing::fire(&discord).await;
    reached(&discord, fault).await;
    bot.kill();
    discord.clear_faults();
    let _bot = Bot::start(&discord, database);
    discord
        .wait_for(PATIENCE, |look| {
            let room = look.channels().into_iter().find(|channel| channel.name.starts_with("inc-1"))?;
            look.pings().iter().find(|ping| ping.channel == room.id).map(drop)
        })
        .await
        .expect("the page comes, before or after the restart");
    discord.gateway().wait_connected(1, PATIENCE).await.expect("the bot connects");
    playing::quiet(&discord).await;
    // Who is on call depends on the hour at which this runs: on weekdays Cleo is called in the same message.
    let names = pages(&discord);
    let people: BTreeSet<&String> = names.iter().collect();
    assert_eq!(people.len(), names.len(), "one page each, once: {names:?}");
    assert_eq!(discord.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn killed_between_commit_and_post_the_page_comes_once() {
    for database in playing::databases().await {
        killed_at(Fault::on("POST", MESSAGES).when(is_page).hang(), &database.url).await;
    }
}

#[tokio::test]
async fn killed_between_post_and_receipt_the_page_comes_once() {
    for database in playing::databases().await {
        killed_at(Fault::on("POST", MESSAGES).when(is_page).applied().hang(), &database.url).await;
    }
}
