//! Discord allows 1,000 sessions a day and resets the token of a bot that needs more. A process that crashes on each start waits longer
//! every time; one that was told to stop does not wait at all.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use muster::app::App;
use muster::clock::SystemClock;
use muster::store::Store;
use muster_playground::{Playground, World};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::bench::PATIENCE;

/// Somebody who runs the real binary.
pub struct Operator {
    pub discord: Playground,
    dir: TempDir,
}

impl Operator {
    async fn new() -> Operator {
        Operator::of(Playground::start(World::sample()).await.unwrap())
    }

    pub fn of(discord: Playground) -> Operator {
        Operator { discord, dir: tempfile::tempdir().unwrap() }
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.dir.path().join("muster.db").display())
    }

    pub fn start(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.current_dir(self.dir.path()).env_clear().env("DATABASE_URL", self.url());
        command.env("DISCORD_TOKEN", self.discord.token()).env("DISCORD_API_URL", self.discord.url());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        command.spawn().unwrap()
    }

    /// So many sessions were begun already.
    async fn begun(&self, count: u32) {
        let store = Store::open(&self.url()).await.unwrap();
        let random = Box::new(StdRng::from_os_rng());
        let app = App::open(store.clone(), Arc::new(SystemClock::new()), random, Arc::new(|_| true)).await.unwrap();
        app.session_begins(count).await.unwrap();
        store.close().await;
    }

    async fn identified(&self, count: u32) {
        let done = async {
            while self.discord.gateway().identifies() < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, done).await.unwrap();
    }

    pub async fn stops(&self, mut bot: Child) {
        let id = bot.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        assert!(timeout(PATIENCE, bot.wait()).await.unwrap().unwrap().success());
    }
}

#[tokio::test]
async fn a_crash_loop_waits_longer_before_every_session() {
    let operator = Operator::new().await;
    operator.begun(9).await;
    let began = Instant::now();
    for session in 1..=4 {
        let mut bot = operator.start();
        operator.identified(session).await;
        bot.kill().await.unwrap();
    }
    // The first is free, then 1, 2 and 4 s; the database counts from the moment before each.
    assert!(began.elapsed() > Duration::from_millis(6_500), "{:?}", began.elapsed());
    assert_eq!(operator.discord.gateway().identifies(), 4);
}

#[tokio::test]
async fn a_planned_restart_waits_for_nothing() {
    let operator = Operator::new().await;
    operator.begun(30).await;
    let bot = operator.start();
    // It knows who it is, and waits for its turn; five minutes, if it is left alone.
    operator
        .discord
        .wait_for(PATIENCE, |look| look.calls().iter().any(|call| call.is("GET", "/users/@me")).then_some(()))
        .await
        .unwrap();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(operator.discord.gateway().identifies(), 0);
    operator.stops(bot).await;
    let bot = operator.start();
    operator.identified(1).await;
    operator.stops(bot).await;
}
