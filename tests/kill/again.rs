//! Killed again and again at any moment, while alerts keep coming and people acknowledge. Afterwards everything is as if nothing had
//! happened: one incident an alert, one page an incident, none after an acknowledgement that was answered as done.
//!
//! `MUSTER_KILLS=500` says how often in all, `MUSTER_SEED=7` repeats the moments.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use muster_playground::{Id, Look, Message, Ping, Playground, World};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::Connection;
use tempfile::NamedTempFile;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::databases;
use crate::down;
use crate::{Bot, PATIENCE, apply_file};

/// Kills of the long run, on both databases together.
const KILLS: usize = 50;
/// Kills of one playground: a category of Discord has room for 50 channels.
const KILLS_EACH: usize = 50;
/// Rounds in which an alert comes, in percent.
const ALERTS_IN: u32 = 60;
/// Rounds in which the bot is killed before it has connected, in percent.
const EARLY_IN: u32 = 25;
/// How long somebody waits for the answer to their press.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How long everything may take in the end.
const SETTLED_WITHIN: Duration = Duration::from_secs(90);

/// Lines of the bot's log that are shown where something is wrong.
const LAST_LINES: usize = 40;

/// An acknowledgement that was answered as done: of what, and how many pings there were by then.
struct Answered {
    what: String,
    page: Id,
    pings: usize,
}

/// What came of one playground.
#[derive(Default)]
struct Figures {
    kills: usize,
    alerts: usize,
    answered: usize,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: 50 kills of the real binary take minutes; MUSTER_KILLS=500 by hand"]
async fn killed_at_any_moment_nothing_is_lost_and_nothing_comes_twice() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let seed = number("MUSTER_SEED").unwrap_or_else(|| rand::rng().random());
    let kills = number("MUSTER_KILLS").and_then(|kills| usize::try_from(kills).ok()).unwrap_or(KILLS);
    println!("MUSTER_SEED={seed}");
    let (sqlite, postgres) =
        tokio::join!(campaign(false, kills.div_ceil(2), seed), campaign(true, kills / 2, seed + 1));
    for (name, figures) in [("SQLite", sqlite), ("PostgreSQL", postgres)] {
        let Figures { kills, alerts, answered } = figures;
        println!("{name}: {kills} kills, {alerts} alerts, {answered} acknowledgements answered as done");
    }
}

async fn campaign(on_postgres: bool, kills: usize, seed: u64) -> Figures {
    let (mut all, mut random) = (Figures::default(), StdRng::seed_from_u64(seed));
    while all.kills < kills {
        let database =
            if on_postgres { databases::postgres_url().await.map(|url| (url, None)) } else { Some(sqlite().await) };
        let Some((url, _kept)) = database else { return all };
        let figures = Story::begin(&url).await.told((kills - all.kills).min(KILLS_EACH), &mut random).await;
        all.kills += figures.kills;
        all.alerts += figures.alerts;
        all.answered += figures.answered;
    }
    all
}

async fn sqlite() -> (String, Option<databases::TestStore>) {
    let store = databases::sqlite().await;
    store.store.close().await;
    (store.url.clone(), Some(store))
}

struct Story {
    discord: Arc<Playground>,
    url: String,
    alerts: Vec<String>,
    pressed: Vec<Id>,
    answered: Arc<Mutex<Vec<Answered>>>,
    people: JoinSet<()>,
    /// What the bots said, one after the other.
    log: NamedTempFile,
}

impl Story {
    async fn begin(url: &str) -> Story {
        let discord = Playground::start(World::sample()).await.expect("the playground starts");
        let team = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a file");
        std::fs::write(team.path(), down::TEAM).expect("it can be written");
        apply_file(&discord, url, team.path());
        Story {
            discord: Arc::new(discord),
            url: url.to_owned(),
            alerts: Vec::new(),
            pressed: Vec::new(),
            answered: Arc::default(),
            people: JoinSet::new(),
            log: NamedTempFile::new().expect("a file"),
        }
    }

    async fn told(mut self, kills: usize, random: &mut StdRng) -> Figures {
        for _ in 0..kills {
            self.round(random).await;
        }
        let last = Bot::start_logged(&self.discord, &self.url, self.log.as_file());
        self.settled().await;
        self.people.join_all().await;
        crate::playing::quiet(&self.discord).await;
        drop(last);
        let answered = self.answered.lock().expect("nobody panicked").len();
        Figures { kills, alerts: self.alerts.len(), answered }
    }

    /// The bot starts, something happens, the bot is killed.
    async fn round(&mut self, random: &mut StdRng) {
        let sessions = self.discord.gateway().identifies();
        let bot = Bot::start_logged(&self.discord, &self.url, self.log.as_file());
        if random.random_ratio(EARLY_IN, 100) {
            self.something_happens(random).await;
            sleep(Duration::from_millis(random.random_range(0..600))).await;
        } else {
            self.connected_again(sessions).await;
            self.something_happens(random).await;
            // Now and then long enough that somebody is answered.
            let most = if random.random_ratio(30, 100) { 2_000 } else { 400 };
            sleep(Duration::from_millis(random.random_range(0..most))).await;
        }
        bot.kill();
        self.forget_sessions().await;
    }

    async fn connected_again(&self, sessions: u32) {
        let deadline = Instant::now() + PATIENCE;
        while self.discord.gateway().identifies() == sessions {
            assert!(Instant::now() < deadline, "the bot does not come back: {}", self.last_words());
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn last_words(&self) -> String {
        let said = std::fs::read_to_string(self.log.path()).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }

    async fn something_happens(&mut self, random: &mut StdRng) {
        if random.random_ratio(ALERTS_IN, 100) {
            let what = format!("disk-{:04}", self.alerts.len());
            down::fire(&self.discord, &what).await;
            self.alerts.push(what);
        }
        let pages = self.discord.wait_for(Duration::ZERO, |look| {
            Some(look.channels().into_iter().flat_map(|room| down::asking(look, room.id)).collect::<Vec<_>>())
        });
        let pages: Vec<(Message, String)> = pages.await.unwrap_or_default();
        let fresh = pages.into_iter().find(|(page, _)| !self.pressed.contains(&page.id));
        if let Some((page, button)) = fresh {
            self.pressed.push(page.id);
            self.people.spawn(press(self.discord.clone(), page, button, self.answered.clone()));
        }
    }

    /// The budget of sessions is another story: with it, this one would wait for hours.
    async fn forget_sessions(&self) {
        const FORGET: &str = "DELETE FROM gateway_session";
        if self.url.starts_with("sqlite") {
            let mut conn = sqlx::SqliteConnection::connect(&self.url).await.expect("the database opens");
            sqlx::query(FORGET).execute(&mut conn).await.expect("it is there");
            conn.close().await.expect("it closes");
        } else {
            let mut conn = sqlx::PgConnection::connect(&self.url).await.expect("the database opens");
            sqlx::query(FORGET).execute(&mut conn).await.expect("it is there");
        }
    }

    /// Every alert has its page, wherever: an incident whose room took too long goes on in a thread. Every acknowledgement that was
    /// answered is kept. Then: nothing twice, nothing late.
    async fn settled(&self) {
        for what in &self.alerts {
            let paged = self.discord.wait_for(SETTLED_WITHIN, |look| (!pages(look, what).is_empty()).then_some(()));
            paged.await.unwrap_or_else(|why| panic!("{what} is lost: {why:#}\n{}", self.last_words()));
        }
        let done: Vec<Id> = self.answered.lock().expect("nobody panicked").iter().map(|one| one.page).collect();
        for page in done {
            let closed = self.discord.wait_for(SETTLED_WITHIN, |look| {
                look.message(page).filter(|message| down::control(message, "v1:ack:").is_none()).map(drop)
            });
            closed.await.expect("what was answered as acknowledged is acknowledged");
        }
        crate::playing::quiet(&self.discord).await;
        self.nothing_twice().await;
    }

    async fn nothing_twice(&self) {
        let seen = self.discord.wait_for(Duration::ZERO, |look| {
            for what in &self.alerts {
                assert_eq!(pages(look, what).len(), 1, "one page: {what}");
                assert_eq!(incidents(look, what).len(), 1, "one incident an alert: {what}");
            }
            for one in self.answered.lock().expect("nobody panicked").iter() {
                let late = pages(look, &one.what).into_iter().any(|at| at >= one.pings);
                assert!(!late, "{}: a page after its acknowledgement was answered as done", one.what);
            }
            Some(())
        });
        seen.await.expect("it is looked at");
    }
}

/// The pings by which Ana was really notified of this: which of all pings they are.
fn pages(look: &Look<'_>, what: &str) -> Vec<usize> {
    let about = |ping: &Ping| look.message(ping.message).is_some_and(|message| message.text().contains(what));
    let pings = look.pings().iter().enumerate();
    pings.filter(|(_, ping)| ping.name == "Ana" && about(ping)).map(|(at, _)| at).collect()
}

/// The titles of all cards about this: each begins with the number of its incident.
fn incidents(look: &Look<'_>, what: &str) -> BTreeSet<String> {
    let cards = look.channels().into_iter().flat_map(|channel| down::cards(look, channel.id));
    let about = cards.filter(|card| card.text().contains(what));
    about.filter_map(|card| Some(card.embeds[0]["title"].as_str()?.split(' ').next()?.to_owned())).collect()
}

/// Ana acknowledges, and waits for the answer, which may never come: the bot is being killed.
async fn press(discord: Arc<Playground>, page: Message, button: String, answered: Arc<Mutex<Vec<Answered>>>) {
    let Ok(pressed) = discord.press("Ana", page.channel, page.id, &button).await else { return };
    let Ok(Ok(reply)) = timeout(ANSWER_WITHIN, pressed.reply()).await else { return };
    if down::control(&reply, "v1:undo-ack:").is_some() {
        let pings = discord.pings().len();
        let text = page.text();
        let what = text.split(|c: char| c.is_whitespace() || c == '*').find(|word| word.starts_with("disk-"));
        let what = what.expect("a page says what is down").to_owned();
        answered.lock().expect("nobody panicked").push(Answered { what, page: page.id, pings });
    }
}
