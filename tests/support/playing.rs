//! The playground as the server that `team.yaml` describes, and what happens there from outside the bot.
#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::path::Path;
use std::time::Duration;

use muster_playground::{Channel, Member, Playground, Role, World};
use serde_json::{Value, json};

use crate::databases;

pub const GUILD: u64 = 900_000_000_000_000_001;
/// Where Alertmanager posts.
const ALERTS: u64 = 900_000_000_000_000_030;
const HOMEGROWN: u64 = 900_000_000_000_000_031;
const WEBHOOK: u64 = 900_000_000_000_000_301;

pub const ANA: u64 = 200_000_000_000_000_001;
pub const BEN: u64 = 200_000_000_000_000_002;
pub const CLEO: u64 = 200_000_000_000_000_003;

/// A database for a bot in another process.
pub struct Database {
    pub url: String,
    _keep: Option<databases::TestStore>,
}

/// A fresh SQLite, and a fresh PostgreSQL where there is one; closed, so that another process has them for itself.
pub async fn databases() -> Vec<Database> {
    let sqlite = databases::sqlite().await;
    sqlite.store.close().await;
    let mut all = vec![Database { url: sqlite.url.clone(), _keep: Some(sqlite) }];
    if let Some(url) = databases::postgres_url().await {
        all.push(Database { url, _keep: None });
    }
    all
}

/// The server of `team.yaml`: its channels, roles, people and senders, with the ids that it names.
pub fn world() -> World {
    let id = |n: u64| 900_000_000_000_000_000 + n;
    World::new(GUILD, "Payments")
        .app(id(2), "Muster", "playground.token.of-muster")
        .owner(200_000_000_000_000_009)
        .role(Role::new(id(101), "responders"))
        .role(Role::new(id(102), "leads").mentionable())
        .role(Role::new(id(103), "admins"))
        .role(Role::new(id(201), "oncall-payments"))
        .member(Member::new(ANA, "Ana").roles([id(101)]))
        .member(Member::new(BEN, "Ben").roles([id(101)]))
        .member(Member::new(CLEO, "Cleo").roles([id(101)]))
        .member(Member::new(200_000_000_000_000_006, "Kim").roles([id(101)]))
        .member(Member::new(200_000_000_000_000_007, "Rob"))
        .member(Member::new(200_000_000_000_000_008, "Lea").roles([id(102)]))
        .member(Member::new(200_000_000_000_000_009, "Olga"))
        .member(Member::new(id(302), "homegrown").bot())
        .channel(Channel::category(id(10), "Incidents"))
        .channel(Channel::category(id(11), "Incident archive"))
        .channel(Channel::text(id(20), "announcements"))
        .channel(Channel::text(id(21), "oncall"))
        .channel(Channel::text(ALERTS, "alerts"))
        .channel(Channel::text(HOMEGROWN, "homegrown"))
        .webhook(WEBHOOK, ALERTS, "Alertmanager")
}

/// The server, running; `PLAYGROUND_RECORD=folder` keeps its traffic for Discord's own validator.
pub async fn team() -> Playground {
    let world = match std::env::var_os("PLAYGROUND_RECORD") {
        Some(folder) => world().record_to(Path::new(&folder).join(format!("{}.jsonl", unique()))),
        None => world(),
    };
    Playground::start(world).await.expect("the playground starts")
}

fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Alertmanager says that something is down: its own message, as recorded.
pub async fn fire(discord: &Playground) {
    post(discord, "v0.33.1-single-firing").await;
}

/// A recorded message of Alertmanager.
pub async fn post(discord: &Playground, case: &str) {
    let path = format!("{}/tests/data/alerts/alertmanager-real/{case}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a recorded message");
    let sample: Value = serde_json::from_str(&text).expect("JSON");
    let body = json!({"content": sample["content"], "embeds": sample["embeds"]});
    discord.webhook_post(WEBHOOK, body).await.expect("the webhook takes it");
}

/// Nothing more comes for a second.
pub async fn quiet(discord: &Playground) {
    let mut calls = discord.calls().len();
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = discord.calls().len();
        if now == calls {
            return;
        }
        calls = now;
    }
}
