//! 10,000 deadlines that come at one instant: how long until each of their pages is out, and how long somebody who asks for something
//! waits meanwhile. The goal is 5 s for all. Prints numbers, asserts nothing.
//!
//! `cargo bench --bench due`; `DUE=1000` for fewer. PostgreSQL syncs to disk only with `MUSTER_TEST_FSYNC=on`.

#[path = "../tests/support/databases.rs"]
mod databases;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures::StreamExt;
use muster::app::courier::{Address, Courier, Delivery, Miss, Outgoing, Receipt, What};
use muster::app::request::{Ask, Filter, NewIncident, Request};
use muster::app::{App, Apply};
use muster::clock::{Clock, TestClock};
use muster::definitions::Source;
use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, GuildId, MessageId, Timestamp, UserId, WebhookId};
use muster::domain::name::Name;
use muster::domain::permission::Person;
use muster::domain::snowflake;
use muster::store::Store;
use muster::worker;
use rand::SeedableRng;
use tokio_util::sync::CancellationToken;

/// Ids as long as Discord's begin here.
const MANY: u64 = 100_000_000_000_000_000;
const GUILD: GuildId = GuildId(MANY);
/// Requests on their way at once while the incidents are opened.
const AT_ONCE: usize = 256;

const TEAM: &str = r#"
kind: contact
name: ana
spec: {display_name: Ana, discord_user: "100000000000000010", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: escalation_plan
name: db
spec: {stages: [{duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ana}]}]}
---
kind: response_plan
name: db
spec: {incident: {title: "db", impact: 2}, engagements: [{escalation_plan: db}]}
---
kind: alert_source
name: monitor
spec: {channel: "100000000000000031", author: {webhook: "100000000000000040"}, response_plan: db, rules: [{state: firing, content: '^DOWN (?P<key>\S+): (?P<title>.+)$'}]}
"#;

/// Delivers at once, and writes down when each page came.
#[derive(Default)]
struct Instantly {
    next: AtomicU64,
    pages: Mutex<Vec<Instant>>,
}

#[async_trait::async_trait]
impl Courier for Instantly {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        let id = 2 * MANY + self.next.fetch_add(1, Ordering::Relaxed);
        Ok(match delivery.what {
            What::OpenRoom(_) => Receipt::Room { channel: ChannelId(id) },
            What::Send { to, message, .. } => {
                if matches!(message, Outgoing::Page(_)) {
                    self.pages.lock().expect("nobody panics").push(Instant::now());
                }
                let channel = match to {
                    Address::Channel(channel) => channel,
                    Address::Dm(user) => ChannelId(user.0),
                };
                Receipt::Message { channel, message: MessageId(id), failed: Vec::new() }
            }
            _ => Receipt::Done,
        })
    }
}

#[tokio::main]
async fn main() {
    let due = std::env::var("DUE").ok().and_then(|due| due.parse().ok()).unwrap_or(10_000);
    let mut stores = vec![("SQLite", databases::sqlite().await)];
    stores.extend(databases::postgres().await.map(|db| ("PostgreSQL", db)));
    println!(
        "{:<12} {:>8} {:>10} {:>10} {:>10} {:>14} {:>14}",
        "", "due", "p50 s", "p99 s", "all s", "asked p50 ms", "asked max ms"
    );
    for (name, db) in &stores {
        measure(name, &db.store, due).await;
    }
}

async fn measure(name: &str, store: &Store, due: usize) {
    let clock = Arc::new(TestClock::at(Timestamp::from_timestamp(1_800_000_000, 0).expect("a time")));
    let random = Box::new(rand::rngs::StdRng::seed_from_u64(7));
    let app = App::open(store.clone(), clock.clone(), random, Arc::new(|_| true)).await.expect("it opens");
    let sources = vec![Source { file: "team.yaml".to_owned(), text: TEAM.to_owned() }];
    app.apply(Apply { sources, ..Apply::new(GUILD, None, "bench") }).await.expect("it applies");
    let opened = futures::stream::iter(0..due as u64).map(|n| app.message(GUILD, alert(n, clock.now()), None));
    opened.buffer_unordered(AT_ONCE).for_each(|_| async {}).await;

    let (fast, stop) = (Arc::new(Instantly::default()), CancellationToken::new());
    let courier: Arc<dyn Courier> = fast.clone();
    let loops = worker::start(&app, &courier, &stop).await.expect("it starts");
    quiet(&fast, due).await;

    let began = Instant::now();
    clock.advance(TimeDelta::minutes(5));
    let asking = tokio::spawn(ask(app.clone(), stop.clone()));
    while pages(&fast) < 2 * due {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    let mut asked = asking.await.expect("it ends");
    loops.wait().await;
    let mut late: Vec<Duration> =
        fast.pages.lock().expect("nobody panics")[due..].iter().map(|at| *at - began).collect();
    late.sort_unstable();
    asked.sort_unstable();
    let s = |share: f64| late[((late.len() - 1) as f64 * share) as usize].as_secs_f64();
    let ms = |share: f64| asked[((asked.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "{name:<12} {due:>8} {:>10.2} {:>10.2} {:>10.2} {:>14.1} {:>14.1}",
        s(0.5),
        s(0.99),
        s(1.0),
        ms(0.5),
        ms(1.0)
    );
}

/// Every first page is out, and everything else that belongs to it.
async fn quiet(fast: &Instantly, due: usize) {
    let mut last = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = fast.next.load(Ordering::Relaxed);
        if now == last && pages(fast) >= due {
            return;
        }
        last = now;
    }
}

/// Somebody asks for the open incidents, again and again.
async fn ask(app: App, stop: CancellationToken) -> Vec<Duration> {
    let mut took = Vec::new();
    while !stop.is_cancelled() {
        let began = Instant::now();
        app.handle(request(1, Ask::List(Filter::default()))).await;
        app.handle(declaration(1_000_000 + took.len() as u64)).await;
        took.push(began.elapsed() / 2);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    took
}

fn pages(fast: &Instantly) -> usize {
    fast.pages.lock().expect("nobody panics").len()
}

fn alert(n: u64, at: Timestamp) -> Message {
    Message {
        id: MessageId(snowflake::at(at) + n),
        channel: ChannelId(MANY + 31),
        at,
        author: MessageAuthor::Webhook(WebhookId(MANY + 40)),
        username: None,
        content: format!("DOWN db-{n}: db-{n} is down"),
        embeds: Vec::new(),
        custom_ids: Vec::new(),
    }
}

fn declaration(n: u64) -> Request {
    let new = NewIncident { plan: Name::parse("db").ok(), title: Some(format!("{n}")), ..NewIncident::default() };
    request(1_000 + n, Ask::New(new))
}

fn request(n: u64, ask: Ask) -> Request {
    let by = Person { user: UserId(MANY + n), name: format!("Person {n}"), roles: Vec::new(), manages_guild: true };
    Request { guild: GUILD, by, channel: None, key: format!("i:{n}"), ask, survey: None }
}
