//! The main job on one machine, without an account and without a network: a local Discord, the real bot, a real Alertmanager
//! message. Somebody is paged, nobody answers, it escalates, somebody has it, it is resolved. Exit code 0 only if it really was.
//!
//! `cargo run --example demo`

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use muster::app::courier::Courier;
use muster::app::{App, Apply, NotApplied};
use muster::clock::SystemClock;
use muster::definitions::Source;
use muster::discord::{self, Discord};
use muster::domain::id::GuildId;
use muster::store::Store;
use muster::worker;
use muster_playground::{Channel, Member, Paint, Playground, Role, World};
use rand::SeedableRng;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const GUILD: u64 = 900_000_000_000_000_001;
const WEBHOOK: u64 = 900_000_000_000_000_301;
const BEN: u64 = 200_000_000_000_000_002;
/// Longest wait for any one thing to happen.
const PATIENCE: Duration = Duration::from_secs(15);

/// What Alertmanager 0.33 posts to Discord, as recorded from the running program.
const FIRING: &str = include_str!("../tests/data/alerts/alertmanager-real/v0.33.1-single-firing.json");
const RESOLVED: &str = include_str!("../tests/data/alerts/alertmanager-real/v0.33.1-single-resolved.json");

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("a temporary folder for the database")?;
    let server = Playground::start(world()).await?;
    let store = Store::open(&format!("sqlite://{}", folder.path().join("muster.db").display())).await?;
    let random = rand::rngs::StdRng::from_os_rng();
    let app = App::open(store, Arc::new(SystemClock::new()), Box::new(random), Arc::new(|_| false)).await?;
    set_up(&app).await?;

    let token = SecretString::from(server.token().to_owned());
    let bot = Discord::connect(token, server.url(), app.clone(), None).await?;
    let stop = CancellationToken::new();
    let courier: Arc<dyn Courier> = Arc::new(bot.clone());
    let workers = worker::start(&app, &courier, &stop).await?;
    let gateway = tokio::spawn(discord::gateway::run(bot, stop.clone()));
    server.gateway().wait_connected(1, PATIENCE).await?;

    let told = story(&server).await;

    stop.cancel();
    workers.wait().await;
    gateway.await?.context("the gateway stopped")?;
    told
}

/// The server: people, channels, and the webhook that Alertmanager posts to.
fn world() -> World {
    let id = |n: u64| 900_000_000_000_000_000 + n;
    World::new(GUILD, "Payments")
        .app(id(2), "Muster", "demo.token.of-muster")
        .owner(200_000_000_000_000_009)
        .member(Member::new(200_000_000_000_000_009, "Olga"))
        .role(Role::new(id(101), "responders"))
        .role(Role::new(id(102), "leads").mentionable())
        .member(Member::new(200_000_000_000_000_001, "Ana").roles([id(101)]))
        .member(Member::new(BEN, "Ben").roles([id(101)]))
        .channel(Channel::category(id(10), "Incidents"))
        .channel(Channel::text(id(20), "announcements"))
        .channel(Channel::text(id(30), "alerts"))
        .webhook(WEBHOOK, id(30), "Alertmanager")
}

async fn set_up(app: &App) -> Result<()> {
    let text = include_str!("demo.yaml").to_owned();
    let sources = vec![Source { file: "demo.yaml".to_owned(), text }];
    let apply = Apply { sources, ..Apply::new(GuildId(GUILD), None, "demo") };
    match app.apply(apply).await {
        Ok(_) => Ok(()),
        Err(NotApplied::Wrong(problems)) => anyhow::bail!("demo.yaml: {problems:?}"),
        Err(NotApplied::Other(_)) => anyhow::bail!("demo.yaml: somebody else has changed the set-up"),
        Err(NotApplied::Failed(fault)) => Err(fault.into()),
    }
}

/// What happens, and what a reader sees of it.
async fn story(server: &Playground) -> Result<()> {
    scene("03:12 — Alertmanager posts into #alerts. Muster opens an incident and pages who is on call.");
    server.webhook_post(WEBHOOK, posted(FIRING)?).await?;
    let room =
        server.wait_for(PATIENCE, |look| look.channels().into_iter().find(|c| c.name.starts_with("inc-1"))).await?;
    pinged(server, "Ana").await?;
    show(server, "alerts")?;
    show(server, room.id)?;
    scene("Her phone, locked:");
    print!("{}", server.render_dms("Ana", &paint())?);

    scene("Ana sleeps on. Five seconds later (five minutes, in real life) the plan wakes Ben.");
    pinged(server, "Ben").await?;
    show(server, room.id)?;

    scene("Ben reacts with ✅. Nobody is paged any more, and the pages say who has it.");
    let page = server
        .wait_for(PATIENCE, |look| {
            look.messages(room.id).into_iter().rev().find(|m| m.content.contains("<@200000000000000002>"))
        })
        .await?;
    server.react("Ben", room.id, page.id, "✅").await?;
    server.wait_for(PATIENCE, |look| look.message(page.id).filter(|m| m.button("Acknowledge").is_none())).await?;
    let pings = server.pings().len();

    scene("Ben works: an update, a lower impact, a note in the timeline.");
    command(server, "Ben", room.id, "incident update", json!({"message": "Failing over to the replica.", "impact": 2}))
        .await?;
    command(server, "Ben", room.id, "timeline add", json!({"text": "Replica promoted by hand."})).await?;
    settled(server).await;
    show(server, room.id)?;

    scene("Alertmanager says it is over. Ben resolves.");
    server.webhook_post(WEBHOOK, posted(RESOLVED)?).await?;
    server.wait_for(PATIENCE, |look| look.last(room.id).and_then(|m| m.button("Resolve"))).await?;
    command(
        server,
        "Ben",
        room.id,
        "incident resolve",
        json!({"message": "Replica promoted; the old primary is being rebuilt."}),
    )
    .await?;
    command(server, "Ben", room.id, "timeline show", json!({})).await?;
    settled(server).await;
    show(server, room.id)?;
    show(server, "announcements")?;

    judge(server, room.id, pings)
}

/// It really went through: pinged in order, once each, nobody after the answer, and it is resolved.
fn judge(server: &Playground, room: u64, pings_at_answer: usize) -> Result<()> {
    let names: Vec<String> = server.pings().iter().filter(|p| p.channel == room).map(|p| p.name.clone()).collect();
    ensure!(names == ["Ana", "Ben"], "pinged in the channel: {names:?}");
    ensure!(server.pings().len() == pings_at_answer, "somebody was pinged after the acknowledgement");
    let card = server.pins(room).into_iter().next().context("the card is pinned")?;
    ensure!(card.text().contains("resolved"), "the card says: {}", card.text());
    ensure!(server.unknown_routes().is_empty(), "unknown routes: {:?}", server.unknown_routes());
    scene("INC-1 went from the alert to its resolution. That is Muster.");
    Ok(())
}

/// Waits until somebody was really notified.
async fn pinged(server: &Playground, name: &str) -> Result<()> {
    let seen = server.wait_for(PATIENCE, |look| look.pings().iter().any(|ping| ping.name == name).then_some(()));
    seen.await.with_context(|| format!("{name} is paged"))?;
    settled(server).await;
    Ok(())
}

/// A person's command; the private answer stands in the channel as they see it.
async fn command(server: &Playground, who: &str, room: u64, name: &str, options: Value) -> Result<()> {
    server.slash(who, room, name, options).await?.text().await?;
    Ok(())
}

/// Card edits wait a moment so that what happens together is drawn once; so do we.
async fn settled(server: &Playground) {
    let mut calls = usize::MAX;
    while calls != server.calls().len() {
        calls = server.calls().len();
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
}

/// The body that was posted, without what the recording says about it.
fn posted(sample: &str) -> Result<Value> {
    let sample: Value = serde_json::from_str(sample)?;
    Ok(json!({"content": sample["content"], "embeds": sample["embeds"]}))
}

fn show(server: &Playground, channel: impl Into<muster_playground::Key>) -> Result<()> {
    println!("{}", server.render_with(channel, &paint())?);
    Ok(())
}

fn paint() -> Paint {
    Paint { colour: std::io::stdout().is_terminal(), ..Paint::default() }
}

fn scene(title: &str) {
    let (bold, plain) = if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    println!("\n{bold}── {title}{plain}\n");
}
