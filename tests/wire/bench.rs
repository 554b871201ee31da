//! A running bot and the people around it. Asserts only what holds in every test.
#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use muster::app::{App, Apply};
use muster::clock::SystemClock;
use muster::definitions::Source;
use muster::discord::{Discord, Stopped, gateway};
use muster::domain::id::GuildId;
use muster::worker;
use muster_playground::{Channel, Id, Interaction, Look, Member, Message, Playground, Role, World, permission::bit};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::databases::{self, TestStore};

pub const GUILD: Id = 900_000_000_000_000_001;
pub const ANA: Id = 900_000_000_000_000_010;
pub const BEN: Id = 900_000_000_000_000_011;
pub const CLEO: Id = 900_000_000_000_000_012;
pub const MONITOR: Id = 900_000_000_000_000_040;
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Ana is called, five minutes later Ben.
pub const TEAM: &str = r##"
kind: settings
name: guild
spec: {announce: ["900000000000000030"], fallback: {role: "900000000000000020"}}
---
kind: contact
name: ana
spec: {display_name: Ana, discord_user: "900000000000000010", channels: [{name: here, type: mention}, {name: dm, type: dm}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: contact
name: ben
spec: {display_name: Ben, discord_user: "900000000000000011", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: escalation_plan
name: db
spec: {stages: [{duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ben}]}]}
---
kind: response_plan
name: db
spec: {incident: {title: "{{ alert.title }}", impact: 2}, engagements: [{escalation_plan: db}], channel: {mode: channel, private: false}}
---
kind: alert_source
name: monitor
spec: {channel: "900000000000000031", author: {webhook: "900000000000000040"}, preset: alertmanager, response_plan: db}
"##;

/// The bot, its database, and Discord.
pub struct Bench {
    pub discord: Playground,
    pub app: App,
    pub bot: Discord,
    pub gateway: JoinHandle<Result<(), Stopped>>,
    stop: CancellationToken,
    workers: tokio_util::task::TaskTracker,
}

/// Runs a story on SQLite and on PostgreSQL, in the sample world, with [`TEAM`].
pub async fn story(told: impl AsyncFn(Bench)) {
    story_in(sample(), TEAM, told).await;
}

/// The same in another world, with another team.
pub async fn story_in(world: World, team: &str, told: impl AsyncFn(Bench)) {
    databases::on_both(async |store: &TestStore| {
        let bench = Bench::start(recorded(world.clone()), team, store).await;
        told(bench).await;
    })
    .await;
}

/// Runs a story on SQLite and on PostgreSQL, in a world where nothing is set up.
pub async fn story_from_nothing(world: World, told: impl AsyncFn(Bench)) {
    databases::on_both(async |store: &TestStore| {
        let discord = Playground::start(recorded(world.clone())).await.unwrap();
        let bench = Bench::with(discord, open(store).await).await;
        bench.listening(1).await;
        told(bench).await;
    })
    .await;
}

/// The sample world, whose `oncall` role may be mentioned.
pub fn sample() -> World {
    World::sample()
}

/// With `PLAYGROUND_RECORD=folder` every exchange is written there, for the validator of Discord's OpenAPI.
fn recorded(world: World) -> World {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    match std::env::var_os("PLAYGROUND_RECORD") {
        Some(folder) => {
            let name = format!("wire-{}-{}.jsonl", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            world.record_to(PathBuf::from(folder).join(name))
        }
        None => world,
    }
}

impl Bench {
    /// Starts everything, and waits until the bot listens and is caught up.
    pub async fn start(world: World, team: &str, store: &TestStore) -> Bench {
        let discord = Playground::start(world).await.unwrap();
        let bench = Bench::begin(discord, team, store).await;
        bench.listening(1).await;
        bench
    }

    /// Starts everything, and waits for nothing.
    pub async fn begin(discord: Playground, team: &str, store: &TestStore) -> Bench {
        let app = open(store).await;
        let sources = vec![Source { file: "team.yaml".to_owned(), text: team.to_owned() }];
        let apply = Apply { sources, ..Apply::new(GuildId(GUILD), None, "test") };
        app.apply(apply).await.unwrap();
        Bench::with(discord, app).await
    }

    /// A bot that serves other guilds only.
    pub async fn for_others(store: &TestStore) -> Bench {
        let discord = Playground::start(sample()).await.unwrap();
        Bench::serving(discord, open(store).await, Some(vec![GuildId(GUILD + 1)])).await
    }

    /// A bot on a database that is set up.
    pub async fn with(discord: Playground, app: App) -> Bench {
        Bench::serving(discord, app, None).await
    }

    async fn serving(discord: Playground, app: App, guilds: Option<Vec<GuildId>>) -> Bench {
        let bot = Discord::connect(discord.token().into(), discord.url(), app.clone(), guilds).await.unwrap();
        let stop = CancellationToken::new();
        let courier: Arc<dyn muster::app::courier::Courier> = Arc::new(bot.clone());
        let workers = worker::start(&app, &courier, &stop).await.expect("nothing is in hand");
        let gateway = tokio::spawn(gateway::run(bot.clone(), stop.clone()));
        Bench { discord, app, bot, gateway, stop, workers }
    }

    /// The bot has connected so often, has registered its commands and is caught up.
    pub async fn listening(&self, sessions: u32) {
        self.discord.gateway().wait_connected(1, PATIENCE).await.unwrap();
        let registered = |look: &Look<'_>| (!look.commands().is_empty()).then_some(());
        self.discord.wait_for(PATIENCE, registered).await.unwrap();
        assert_eq!(self.discord.gateway().identifies(), sessions);
    }

    /// Everything stops; Discord stays. What was asked of Discord was known to it, and nothing panicked.
    pub async fn down(self) -> (Playground, App) {
        self.stop.cancel();
        self.workers.wait().await;
        assert_eq!(self.gateway.await.unwrap(), Ok(()));
        assert_eq!(self.discord.unknown_routes(), Vec::<String>::new());
        assert_eq!(muster::gauges::GAUGES.panics(), 0);
        (self.discord, self.app)
    }

    pub async fn end(self) {
        self.down().await;
    }

    /// A real message of Alertmanager.
    pub async fn alert(&self, case: &str) -> Id {
        self.discord.webhook_post(MONITOR, alert(case)).await.unwrap()
    }

    /// Waits for something to see.
    pub async fn see<T>(&self, seen: impl FnMut(&Look<'_>) -> Option<T>) -> T {
        self.discord.wait_for(PATIENCE, seen).await.unwrap()
    }

    /// The n-th incident's channel.
    pub async fn room(&self, number: u32) -> Channel {
        let name = format!("inc-{number}-");
        self.see(|look| look.channels().into_iter().find(|channel| channel.name.starts_with(&name))).await
    }

    /// The message in a channel that carries a page, once it is there.
    pub async fn page(&self, channel: Id) -> Message {
        self.see(|look| look.messages(channel).into_iter().find(|message| button(message, "v1:ack:").is_some())).await
    }

    /// Whoever was really notified so far, each once, by name.
    pub fn pinged(&self) -> Vec<String> {
        let mut names: Vec<String> = self.discord.pings().into_iter().map(|ping| ping.name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Waits until a message has lost its buttons.
    pub async fn closed(&self, message: Id) -> Message {
        self.see(|look| look.message(message).filter(|message| message.controls().is_empty())).await
    }

    /// An alert, its room, and the page in it.
    pub async fn paged(&self) -> (Channel, Message) {
        self.alert("v0.33.1-single-firing").await;
        let room = self.room(1).await;
        let page = self.page(room.id).await;
        (room, page)
    }
}

pub async fn open(store: &TestStore) -> App {
    App::open(store.store.clone(), Arc::new(SystemClock::new()), Box::new(StdRng::from_os_rng()), Arc::new(|_| true))
        .await
        .unwrap()
}

/// A real message of Alertmanager, as its webhook posts it.
pub fn alert(case: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/alerts/alertmanager-real");
    let text = std::fs::read_to_string(folder.join(format!("{case}.json"))).unwrap();
    let sample: Value = serde_json::from_str(&text).unwrap();
    json!({ "content": sample["content"], "embeds": sample["embeds"] })
}

/// The custom id of a message's control that begins so.
pub fn button(message: &Message, begins: &str) -> Option<String> {
    let ids = message.controls().into_iter().filter_map(|one| Some(one["custom_id"].as_str()?.to_owned()));
    ids.into_iter().find(|id| id.starts_with(begins))
}

/// How an interaction was answered, as its kind.
pub async fn answered(interaction: &Interaction) -> u8 {
    interaction.callback().await.unwrap().kind
}

/// Many more members who are on call.
pub fn crowd(world: World, count: u64) -> (World, Vec<Id>) {
    let ids: Vec<Id> = (0..count).map(|n| GUILD + 1_000 + n).collect();
    let join = |world: World, id: &Id| world.member(Member::new(*id, format!("Member {id}")));
    (ids.iter().fold(world, join), ids)
}

/// A role that sees everything.
pub fn bosses(id: Id) -> Role {
    Role::new(id, "bosses").permissions(bit::ADMINISTRATOR)
}
