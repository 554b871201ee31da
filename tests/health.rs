//! What is said of the bot's health, by whom it is asked and to whom it is told by itself: the probes and the operator,
//! with a clock that stands still and listeners in place of theirs.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

#[path = "support/databases.rs"]
mod databases;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use chrono::TimeDelta;
use muster::app::App;
use muster::app::courier::{Courier, Delivery, Miss, Receipt};
use muster::carriers::operator::{Operator, Pace};
use muster::clock::{Clock, TestClock};
use muster::domain::health::{Health, Vitals};
use muster::domain::id::{GuildId, OutboxId, Timestamp};
use muster::gauges::GAUGES;
use muster::http::Port;
use muster::store::StoreError;
use muster::store::outbox::{self, NewRow};
use muster::worker;
use rand::SeedableRng;
use rand::rngs::StdRng;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(30);

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// A clock that stands still, and panics once where it is asked to: how a loop is lost.
struct Brittle {
    clock: TestClock,
    breaks: AtomicBool,
}

impl Clock for Brittle {
    fn now(&self) -> Timestamp {
        assert!(!self.breaks.swap(false, Ordering::SeqCst), "the clock breaks");
        self.clock.now()
    }
}

/// Nothing is to be delivered in these stories.
struct Nobody;

#[async_trait::async_trait]
impl Courier for Nobody {
    async fn deliver(&self, _: Delivery) -> Result<Receipt, Miss> {
        Ok(Receipt::Done)
    }
}

async fn asked(at: SocketAddr, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{at}{path}")).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// A page that was asked for now and has not gone out.
async fn page_waits(app: &App) {
    let now = app.now();
    let row = NewRow {
        id: OutboxId(1),
        guild_id: GuildId(1),
        root: None,
        lane: 0,
        kind: "page".to_owned(),
        target: None,
        payload: "{}".to_owned(),
        created_at: now,
        due_at: now,
        parked_on: None,
    };
    let put = app.store().write(move |tx| Box::pin(async move { outbox::put(tx, &row).await }));
    put.await.map_err(|why: StoreError| why).unwrap();
}

/// One story, for the gauges are those of the process.
#[tokio::test]
async fn the_probes_tell_the_truth() {
    let clock = Arc::new(Brittle { clock: TestClock::at(noon()), breaks: AtomicBool::new(false) });
    let db = databases::sqlite().await;
    let random = Box::new(StdRng::seed_from_u64(1));
    let app = App::open(db.store.clone(), clock.clone(), random, Arc::new(|_: &str| false)).await.unwrap();
    GAUGES.started(app.now());
    let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let listening = Port::listen(port).await.unwrap();
    tokio::spawn(listening.serve(app.clone(), CancellationToken::new()));

    clock.clock.advance(TimeDelta::seconds(5));
    let never = "Not connected to Discord yet, 5 s after the start.\n".to_owned();
    assert_eq!(asked(port, "/readyz").await, (503, never));
    assert_eq!(asked(port, "/healthz").await, (200, "up\n".to_owned()));

    GAUGES.connected(app.now());
    let reading = GAUGES.catching_up();
    let meanwhile = "Reading what was said meanwhile: 1 server to go.\n".to_owned();
    assert_eq!(asked(port, "/readyz").await, (503, meanwhile));
    drop(reading);
    assert_eq!(asked(port, "/readyz").await, (200, "ready\n".to_owned()));

    page_waits(&app).await;
    clock.clock.advance(TimeDelta::seconds(60));
    GAUGES.connected(app.now());
    assert_eq!(asked(port, "/readyz").await, (200, "ready\n".to_owned()));
    clock.clock.advance(TimeDelta::seconds(31));
    let late =
        "The connection to Discord has been lost for 31 s.\nA page has been waiting to go out for 1 min.\n".to_owned();
    assert_eq!(asked(port, "/readyz").await, (503, late));

    GAUGES.connected(app.now());
    app.store().gate().shut();
    assert_eq!(asked(port, "/readyz").await, (503, "The database does not answer.\n".to_owned()));
    assert_eq!(asked(port, "/healthz").await, (200, "up\n".to_owned()), "a new start mends no database");
    let figures = asked(port, "/metrics").await;
    assert!(figures.0 == 200 && figures.1.contains("muster_database_up 0"), "{figures:?}");
    app.store().gate().open();

    // A loop that panics asks the process to end, and says so as long as it can.
    let stop = CancellationToken::new();
    let courier: Arc<dyn Courier> = Arc::new(Nobody);
    let loops = worker::start(&app, &courier, &stop).await.unwrap();
    clock.breaks.store(true, Ordering::SeqCst);
    timeout(PATIENCE, stop.cancelled()).await.expect("the lost loop ends the process");
    timeout(PATIENCE, loops.wait()).await.expect("the other loops end");
    assert_eq!(GAUGES.lost_loops(), 1);
    let lost = "A part of Muster has failed: the process ends and must be started again.\n".to_owned();
    assert_eq!(asked(port, "/healthz").await, (503, lost));
}

/// Whoever the operator has named: takes down what it is told, and answers as it likes.
#[derive(Clone)]
struct Listener {
    url: String,
    status: Arc<AtomicU16>,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Listener {
    async fn start() -> Listener {
        let socket = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/secret", socket.local_addr().unwrap());
        let listener = Listener { url, status: Arc::new(AtomicU16::new(204)), heard: Arc::default() };
        let router = Router::new().fallback(hear).with_state(listener.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        listener
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn take(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    fn url(&self) -> Option<SecretString> {
        Some(SecretString::from(self.url.clone()))
    }
}

async fn hear(State(listener): State<Listener>, request: Request) -> (StatusCode, [(&'static str, String); 1]) {
    let what = format!("{} {}", request.method(), request.uri().path());
    let body = axum::body::to_bytes(request.into_body(), 4096).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    listener.heard.lock().unwrap().push((what, body));
    let status = StatusCode::from_u16(listener.status.load(Ordering::SeqCst)).unwrap();
    (status, [("location", format!("{}/elsewhere", listener.url))])
}

fn healthy() -> Health {
    Health { database: Some(TimeDelta::milliseconds(1)), ..Health::default() }
}

/// So many seconds after noon; the gateway was last seen then.
fn vitals(now_s: i64, connected_s: i64) -> Vitals {
    let at = |s| noon() + TimeDelta::seconds(s);
    Vitals {
        now: at(now_s),
        started_at: noon(),
        connected_at: Some(at(connected_s)),
        catching_up: 0,
        lost_loops: 0,
        turns: [("pages", at(now_s))].into(),
    }
}

#[tokio::test]
async fn the_operator_is_told_when_discord_is_away_until_it_is_heard_and_when_it_is_back() {
    let listener = Listener::start().await;
    let mut operator = Operator::new(listener.url(), None, Pace::default()).unwrap();
    operator.turn(&healthy(), &vitals(129, 10)).await;
    assert_eq!(listener.take(), []);

    listener.answers(500);
    operator.turn(&healthy(), &vitals(130, 10)).await;
    operator.turn(&healthy(), &vitals(135, 10)).await;
    assert_eq!(listener.take().len(), 1, "not hammered");
    listener.answers(204);
    operator.turn(&healthy(), &vitals(160, 10)).await;
    operator.turn(&healthy(), &vitals(190, 10)).await;
    let down = serde_json::json!({
        "what": "gateway", "state": "down", "since": "2026-11-22T12:00:10Z", "lasting_s": 150,
        "text": "Muster has no connection to Discord for 2 min: pages wait until it is back. See https://discordstatus.com.",
        "version": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!(listener.take(), [("POST /secret".to_owned(), down)]);

    operator.turn(&healthy(), &vitals(1_060, 10)).await;
    operator.turn(&healthy(), &vitals(1_065, 1_064)).await;
    operator.turn(&healthy(), &vitals(1_070, 1_069)).await;
    let said: Vec<Value> = listener.take().into_iter().map(|(_, body)| body).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!((&said[0]["state"], &said[1]["state"]), (&"still_down".into(), &"back".into()));
    assert_eq!(said[1]["since"], "2026-11-22T12:00:10Z");
}

#[tokio::test]
async fn the_heartbeat_goes_out_every_minute_and_only_while_all_is_well() {
    let listener = Listener::start().await;
    let mut operator = Operator::new(None, listener.url(), Pace::default()).unwrap();
    let ill = Health { cramped: true, ..healthy() };
    let beats = [
        (&healthy(), vitals(0, 0), true),
        (&healthy(), vitals(59, 59), false),
        (&healthy(), vitals(60, 60), true),
        (&ill, vitals(120, 120), false),
        (&healthy(), vitals(125, 125), true),
        (&healthy(), vitals(190, 150), false),
        (&Health::default(), vitals(195, 195), false),
        (&healthy(), vitals(200, 200), true),
    ];
    for (health, vitals, beats) in beats {
        operator.turn(health, &vitals).await;
        let heard = listener.take();
        let expected = beats.then(|| ("GET /secret".to_owned(), Value::Null));
        assert_eq!(heard, Vec::from_iter(expected), "at {}", vitals.now);
    }
}

/// Nobody follows a secret address elsewhere, and an address that leads elsewhere has not heard.
#[tokio::test]
async fn a_redirect_is_not_followed_and_counts_as_not_heard() {
    let listener = Listener::start().await;
    let mut operator = Operator::new(listener.url(), listener.url(), Pace::default()).unwrap();
    listener.answers(302);
    operator.turn(&healthy(), &vitals(0, 0)).await;
    operator.turn(&healthy(), &vitals(15, 15)).await;
    assert_eq!(listener.take().len(), 2, "tried again sooner than in a minute");
    operator.turn(&healthy(), &vitals(200, 20)).await;
    operator.turn(&healthy(), &vitals(230, 20)).await;
    let paths: Vec<String> = listener.take().into_iter().map(|(what, _)| what).collect();
    assert_eq!(paths, ["POST /secret", "POST /secret"]);
}
