//! How long people wait: interaction → first answer, and alert → page, beside a bare serenity bot that only echoes. One run, one machine,
//! the same local Discord. Prints numbers, asserts nothing.
//!
//! `cargo bench --bench latency`. A page of ours comes after a database commit, a channel that is made, a card and a check of who can see it;
//! the echo does none of that: the difference is what all of it costs.

#[path = "../tests/support/databases.rs"]
mod databases;
#[path = "../tests/support/playing.rs"]
mod playing;

use std::sync::Arc;
use std::time::{Duration, Instant};

use muster::app::courier::Courier;
use muster::app::{App, Apply};
use muster::clock::SystemClock;
use muster::definitions::Source;
use muster::discord::{Discord, gateway};
use muster::domain::id::GuildId;
use muster::store::Store;
use muster::worker;
use muster_playground::Playground;
use rand::SeedableRng;
use serde_json::{Value, json};
use serenity::all::{
    ClientBuilder, Context, CreateInteractionResponse, CreateInteractionResponseMessage, EventHandler, GatewayIntents,
    HttpBuilder, Interaction, Message,
};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 200;
/// Each makes a channel, and a category holds 50.
const PAGES: usize = 45;
const PATIENCE: Duration = Duration::from_secs(20);
const ALERTS: u64 = 900_000_000_000_000_030;
const HOMEGROWN: u64 = 900_000_000_000_000_302;
const HOMEGROWN_CHANNEL: u64 = 900_000_000_000_000_031;

/// Answers at once, and mentions somebody at once: what the library and the wire cost.
struct Echo;

#[serenity::async_trait]
impl EventHandler for Echo {
    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        let Interaction::Command(command) = interaction else { return };
        let message = CreateInteractionResponseMessage::new().content("echo").ephemeral(true);
        let _ = command.create_response(&context.http, CreateInteractionResponse::Message(message)).await;
    }

    async fn message(&self, context: Context, message: Message) {
        if message.author.id.get() == HOMEGROWN {
            let body =
                json!({"content": "<@200000000000000001>", "allowed_mentions": {"users": ["200000000000000001"]}});
            let _ = context.http.send_message(message.channel_id, Vec::new(), &body).await;
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("{:<28} {:>10} {:>10} {:>10}", "", "p50", "p99", "max");
    let discord = playing::team().await;
    let echo = echo(&discord).await?;
    row("echo: answer", answers(&discord).await?);
    row("echo: alert → mention", pages(&discord, |_| true).await?);
    echo.abort();

    let (name, url) = ("SQLite", databases::sqlite().await);
    let discord = playing::team().await;
    let stop = CancellationToken::new();
    muster(&discord, &url.store, &stop).await?;
    row(&format!("Muster ({name}): answer"), answers(&discord).await?);
    let rooms = |channel: &str| channel.starts_with("inc-");
    row(&format!("Muster ({name}): alert → page"), pages(&discord, rooms).await?);
    stop.cancel();
    Ok(())
}

async fn echo(discord: &Playground) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let http = HttpBuilder::new(discord.token()).proxy(discord.url()).ratelimiter_disabled(true).build();
    let intents = GatewayIntents::non_privileged() | GatewayIntents::MESSAGE_CONTENT;
    let mut client = ClientBuilder::new_with_http(http, intents).event_handler(Echo).await?;
    let running = tokio::spawn(async move { drop(client.start().await) });
    discord.gateway().wait_connected(1, PATIENCE).await?;
    Ok(running)
}

async fn muster(discord: &Playground, store: &Store, stop: &CancellationToken) -> anyhow::Result<()> {
    let random = rand::rngs::StdRng::from_os_rng();
    let app = App::open(store.clone(), Arc::new(SystemClock::new()), Box::new(random), Arc::new(|_| true)).await?;
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/team.yaml"))?;
    let sources = vec![Source { file: "team.yaml".to_owned(), text }];
    let apply = Apply { guild: GuildId(playing::GUILD), sources, prune: false, by: None, via: "bench" };
    app.apply(apply).await.map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let bot = Discord::connect(discord.token().into(), discord.url(), app.clone(), None).await?;
    let courier: Arc<dyn Courier> = Arc::new(bot.clone());
    worker::start(&app, &courier, stop).await?;
    tokio::spawn(gateway::run(bot, stop.clone()));
    discord.gateway().wait_connected(1, PATIENCE).await?;
    discord.wait_for(PATIENCE, |look| (!look.commands().is_empty()).then_some(())).await?;
    Ok(())
}

/// From a command's dispatch to its first callback.
async fn answers(discord: &Playground) -> anyhow::Result<Vec<Duration>> {
    let list =
        json!({"id": "1", "name": "incident", "type": 1, "options": [{"name": "list", "type": 1, "options": []}]});
    let mut taken = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let asked = discord.command_unchecked("Kim", ALERTS, list.clone()).await?;
        taken.push(asked.callback().await?.after);
    }
    Ok(taken)
}

/// From an alert's message to the instant when somebody is notified, in a channel whose name fits.
async fn pages(discord: &Playground, fits: impl Fn(&str) -> bool) -> anyhow::Result<Vec<Duration>> {
    let mut taken = Vec::with_capacity(PAGES);
    for round in 0..PAGES {
        let before = notified(discord, &fits);
        let alert: Value = json!({"content": format!("ALERT CRIT db-{round}: db-{round} is down")});
        let said = Instant::now();
        discord.bot_post(HOMEGROWN, HOMEGROWN_CHANNEL, alert).await?;
        discord
            .wait_for(PATIENCE, |look| {
                let rooms: Vec<u64> = look.channels().into_iter().filter(|c| fits(&c.name)).map(|c| c.id).collect();
                (look.pings().iter().filter(|ping| rooms.contains(&ping.channel)).count() > before).then_some(())
            })
            .await?;
        taken.push(said.elapsed());
    }
    Ok(taken)
}

fn notified(discord: &Playground, fits: &impl Fn(&str) -> bool) -> usize {
    let rooms: Vec<u64> = discord.channels().into_iter().filter(|c| fits(&c.name)).map(|c| c.id).collect();
    discord.pings().iter().filter(|ping| rooms.contains(&ping.channel)).count()
}

fn row(what: &str, mut taken: Vec<Duration>) {
    taken.sort();
    let at = |part: usize| taken[(taken.len() - 1) * part / 100];
    println!("{what:<28} {:>10.2?} {:>10.2?} {:>10.2?}", at(50), at(99), at(100));
}
