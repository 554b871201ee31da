//! Fail the n-th statement, for every n: one story from the alert to the resolution, told again and again, each time with another
//! statement that the database refuses, once or for a while. Whoever asked is told that nothing was done, asks again, and the story ends as
//! if nothing had been: the same pages, once each, the same timeline.

#[path = "support/databases.rs"]
mod databases;
#[path = "support/fake.rs"]
mod fake;
#[path = "support/invariants.rs"]
mod invariants;
#[allow(dead_code, reason = "the scenarios use the rest of it")]
#[path = "support/setup.rs"]
mod setup;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use chrono::TimeDelta;
use muster::app::reply::{Reply, Say};
use muster::app::request::{Ask, Request, Which};
use muster::app::{App, Apply, Lane};
use muster::clock::{Clock, TestClock};
use muster::definitions::Source;
use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, GuildId, MessageId, Timestamp, WebhookId};
use muster::domain::incident::{self, Status};
use muster::domain::permission::Person;
use muster::store::{Store, StoreError, incident as stored, timeline};
use muster::worker;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use crate::fake::Fake;
use crate::setup::Setup;

const GUILD: GuildId = GuildId(500_000_000_000_000_001);
const ALERTS: ChannelId = ChannelId(900_000_000_000_000_030);
/// How often something is tried while the database refuses everything, before it is back.
const REFUSALS: u32 = 3;
/// Longest claim that a statement which failed leaves behind, and a little more.
const CLAIM: TimeDelta = TimeDelta::seconds(100);
/// More statements than the story has.
const STATEMENTS_MAX: u32 = 5_000;

/// How the database fails.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fails {
    Never,
    Once(u32),
    ForAWhile(u32),
}

/// How a story ended.
#[derive(Debug, PartialEq)]
struct End {
    /// What rings, in order.
    rings: Vec<String>,
    /// Everything else that was posted, each once.
    said: Vec<String>,
    answers: Vec<String>,
    /// Kind, data and count of each event.
    timeline: Vec<(String, String, i64)>,
}

struct Story {
    store: Store,
    /// Another process's look at the same database: no gate of ours concerns it.
    looker: Store,
    app: App,
    fake: Fake,
    clock: Arc<TestClock>,
    refusals: u32,
    requests: u64,
    answers: Vec<String>,
    /// What the fake delivered.
    log: Vec<String>,
}

#[tokio::test]
async fn a_story_ends_the_same_whichever_statement_fails_on_sqlite() {
    let (began, template) = (Instant::now(), template().await);
    let untouched = on_sqlite(&template, Fails::Never).await.0;
    believe(&untouched);
    let mut last = 0;
    for nth in (1..STATEMENTS_MAX).step_by(every(29) as usize) {
        let (end, spared) = on_sqlite(&template, Fails::Once(nth)).await;
        assert_eq!(end, untouched, "statement {nth} fails once");
        if spared {
            break;
        }
        if nth % every(4) == 0 {
            assert_eq!(on_sqlite(&template, Fails::ForAWhile(nth)).await.0, untouched, "down from statement {nth} on");
        }
        last = nth;
    }
    println!("SQLite: {last} statements, {:.1} s", began.elapsed().as_secs_f64());
    assert!(last > 100 && last + 29 < STATEMENTS_MAX, "{last} statements");
}

#[tokio::test]
async fn a_story_ends_the_same_whichever_statement_fails_on_postgresql() {
    let (began, mut last) = (Instant::now(), 0);
    let Some((untouched, _)) = on_postgres(Fails::Never).await else { return };
    believe(&untouched);
    for nth in (1..STATEMENTS_MAX).step_by(every(80) as usize) {
        let fails = if (nth / every(80)).is_multiple_of(2) { Fails::Once(nth) } else { Fails::ForAWhile(nth) };
        let (end, spared) = on_postgres(fails).await.expect("it was there");
        assert_eq!(end, untouched, "{fails:?}");
        if spared {
            break;
        }
        last = nth;
    }
    println!("PostgreSQL: up to statement {last}, {:.1} s", began.elapsed().as_secs_f64());
    assert!(last > 60 && last + 81 < STATEMENTS_MAX, "{last} statements");
}

/// All of them in the long run, every k-th else.
fn every(kth: u32) -> u32 {
    if std::env::var_os("MUSTER_LONG").is_some() { 1 } else { kth }
}

/// The untouched story is the one that is meant.
fn believe(end: &End) {
    assert_eq!(end.rings, ["page @ana", "page @ben"], "{end:?}");
    assert_eq!(end.answers.len(), 2, "{end:?}");
    let kinds: Vec<&str> = end.timeline.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert!(["opened", "paged", "acknowledged"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

/// A file with the definitions in it.
async fn template() -> Vec<u8> {
    let folder = folder();
    let path = folder.path().join("muster.db");
    let story = Story::open(&format!("sqlite://{}", path.display())).await;
    story.set_up().await;
    story.looker.close().await;
    story.store.close().await;
    std::fs::read(&path).expect("the file that was just closed")
}

/// The end, and whether no statement failed.
async fn on_sqlite(template: &[u8], fails: Fails) -> (End, bool) {
    let folder = folder();
    let path = folder.path().join("muster.db");
    std::fs::write(&path, template).expect("a file in a fresh folder");
    Story::open(&format!("sqlite://{}", path.display())).await.tell(fails).await
}

async fn on_postgres(fails: Fails) -> Option<(End, bool)> {
    let story = Story::open(&databases::postgres_url().await?).await;
    story.set_up().await;
    Some(story.tell(fails).await)
}

fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

impl Story {
    async fn open(url: &str) -> Story {
        let store = Store::open(url).await.expect("the database opens");
        let looker = Store::open(url).await.expect("the database opens again");
        let start: Timestamp = "2026-01-05T10:00:00Z".parse().expect("an instant");
        let clock = Arc::new(TestClock::at(start));
        let known: Arc<dyn Clock> = clock.clone();
        let app = App::open(store.clone(), known, Box::new(StdRng::seed_from_u64(7)), Arc::new(|_| true)).await;
        let (app, fake) = (app.expect("the application opens"), Fake::default());
        setup::PEOPLE.iter().for_each(|(name, user)| fake.name(*user, name));
        Story { store, looker, app, fake, clock, refusals: 0, requests: 0, answers: Vec::new(), log: Vec::new() }
    }

    async fn set_up(&self) {
        let mut setup = Setup::default();
        setup.add("plan", "db: stage 5m @ana · stage 5m @ben").expect("a plan");
        let sources = vec![Source { file: "nth.yaml".to_owned(), text: setup.yaml() }];
        let told = self.app.apply(Apply { sources, prune: true, ..Apply::new(GUILD, None, "test") }).await;
        told.expect("the definitions are right");
    }

    /// Nobody answers the first page; the second is acknowledged, and the incident resolved.
    async fn tell(mut self, fails: Fails) -> (End, bool) {
        match fails {
            Fails::Never => {}
            Fails::Once(nth) => self.store.gate().arm(nth),
            Fails::ForAWhile(nth) => self.store.gate().shut_at(nth),
        }
        self.alert().await;
        self.advance(TimeDelta::minutes(2)).await;
        self.advance(TimeDelta::minutes(5)).await;
        let post = self.fake.newest(|posted| posted.post.is_some()).and_then(|posted| posted.post).expect("a page");
        self.ask("ben", Ask::On(Which::Post(post), incident::Ask::Ack { post: Some(post), sign: false })).await;
        self.advance(TimeDelta::minutes(2)).await;
        self.ask("ben", Ask::On(Which::Here, incident::Ask::Resolve { message: None })).await;
        self.advance(CLAIM).await;
        let spared = fails != Fails::Never && self.store.gate().open();
        let card = self.fake.card().expect("a card");
        assert_eq!(card.status, Status::Resolved, "{fails:?}: the card");
        self.log = self.fake.take();
        let end =
            End { rings: self.rings(), said: self.said(), answers: self.answers.clone(), timeline: self.facts().await };
        self.looker.close().await;
        self.store.close().await;
        (end, spared)
    }

    /// The alert message comes; what was not taken in is read again.
    async fn alert(&mut self) {
        let message = Message {
            id: MessageId(1_450_000_000_000_000_001),
            channel: ALERTS,
            at: self.clock.now(),
            author: MessageAuthor::Webhook(WebhookId(900_000_000_000_000_301)),
            username: None,
            content: "ALERT critical db: db is down".to_owned(),
            embeds: Vec::new(),
            custom_ids: Vec::new(),
        };
        while let Err(fault) = self.app.message(GUILD, message.clone(), None).await {
            assert_eq!(self.facts().await, [], "{fault}: nothing was kept");
            self.refused();
        }
        assert!(!self.facts().await.is_empty(), "taken in and kept");
    }

    /// Somebody asks until it is done. What was refused left nothing behind; what was not, is kept.
    async fn ask(&mut self, who: &str, ask: Ask) {
        let room = self.fake.newest(|posted| posted.post.is_some()).map(|posted| posted.channel);
        loop {
            self.requests += 1;
            let (_, user) = *setup::PEOPLE.iter().find(|(name, _)| *name == who).expect("somebody is called that");
            let by = Person { user, name: who.to_owned(), roles: setup::roles_of(who), manages_guild: false };
            let key = format!("i:{}", self.requests);
            let before = self.facts().await;
            let reply =
                self.app.handle(Request { guild: GUILD, by, channel: room, key, ask: ask.clone(), survey: None }).await;
            let Reply::Say(Say { text, .. }) = reply else { panic!("{who} was answered {reply:?}") };
            let said = setup::named(&text.plain());
            let after = self.facts().await;
            if !said.contains("Not saved") {
                assert_ne!(before, after, "{who} was told: {said}");
                return self.answers.push(said);
            }
            assert_eq!(before, after, "{who} was told: {said}");
            self.refused();
        }
    }

    /// The database refused; after a few times it is back.
    fn refused(&mut self) {
        self.refusals += 1;
        if self.refusals >= REFUSALS {
            self.store.gate().open();
        }
        assert!(self.refusals < 50, "refused for ever");
        self.clock.advance(TimeDelta::seconds(1));
    }

    async fn advance(&mut self, by: TimeDelta) {
        let until = self.clock.now() + by;
        loop {
            match self.work().await {
                Err(_) => self.refused(),
                Ok(Some(at)) if at <= until => self.clock.set(at.max(self.clock.now())),
                Ok(_) if self.clock.now() >= until => break,
                Ok(_) => self.clock.set(until),
            }
        }
        let told = invariants::check(&self.store).await;
        if let Err(why) = told {
            // The look itself may be what fails.
            assert!(why.contains("refused by the gate"), "{why}");
        }
    }

    /// Does what is due; says when it wants to look again.
    async fn work(&self) -> Result<Option<Timestamp>, muster::app::Fault> {
        worker::drain(&self.app, &self.fake).await?;
        let mut next = self.app.next_wake().await?;
        for lane in Lane::ALL {
            next = next.into_iter().chain(self.app.next_delivery(lane).await?).min();
        }
        Ok(next)
    }

    /// What rings is counted in order.
    fn rings(&self) -> Vec<String> {
        self.log.iter().filter(|line| rings(line)).cloned().collect()
    }

    /// What does not may come in another order; reactions and redrawn messages more than once; and which kind of room there is depends on
    /// how long it took.
    fn said(&self) -> Vec<String> {
        let (again, once): (Vec<String>, Vec<String>) = self
            .log
            .iter()
            .filter(|line| !rings(line) && !is_room(line))
            .cloned()
            .partition(|line| line.starts_with("react") || line.starts_with('~'));
        let again: BTreeSet<String> = again.into_iter().collect();
        let mut said: Vec<String> = once.into_iter().chain(again).map(|line| timeless(&line)).collect();
        said.sort();
        said
    }

    /// The timeline, without the instants: what failed came later.
    async fn facts(&self) -> Vec<(String, String, i64)> {
        let found = self.looker.read(|conn| {
            Box::pin(async move {
                let Some(row) = stored::by_number(conn, GUILD, 1).await? else { return Ok(Vec::new()) };
                timeline::latest(conn, row.id, i64::MAX, &[]).await
            })
        });
        let found: Vec<timeline::EventRow> = found.await.map_err(|why: StoreError| why).expect("a look");
        let found = found.into_iter().filter(|row| !row.kind.starts_with("room_"));
        let mut facts: Vec<_> = found.map(|row| (row.kind, row.data, row.count)).collect();
        facts.sort();
        facts
    }
}

fn is_room(line: &str) -> bool {
    ["channel inc-", "thread inc-"].iter().any(|word| line.starts_with(word))
}

/// Without the room, and without the instant at which somebody answered: who was refused first answered later.
fn timeless(line: &str) -> String {
    let line = &line.replace("#700000000000000002", "#700000000000000001");
    match line.split_once(" since ").map(|(before, rest)| (before, rest.split_once(" UTC"))) {
        Some((before, Some((_, after)))) => format!("{before}{after}"),
        _ => line.to_owned(),
    }
}

fn rings(line: &str) -> bool {
    ["page", "dm", "fallback"].iter().any(|word| line.starts_with(word))
}
