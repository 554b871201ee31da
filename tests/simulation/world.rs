//! One world of the simulation: a bot on a file, a Discord, two clocks. Moves time, lets the bot work, kills it and starts it again, and
//! looks after every step. What happens is decided in `steps`.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use muster::app::reply::{Reply, Say};
use muster::app::request::Request;
use muster::app::{App, Apply, Arrived, Lane};
use muster::clock::{Clock, TestClock};
use muster::definitions::Source;
use muster::domain::alert::Message;
use muster::domain::id::{GuildId, Timestamp};
use muster::store::Store;
use muster::worker;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::checks::{self, Known, Pending, Print, Scene, Wrong, wrong};
use crate::discord::{Discord, Lie};
use crate::setup::Setup;

pub const GUILD: GuildId = GuildId(500_000_000_000_000_001);

/// Longest claim of a row that was not reported on; after it, what went wrong is made good.
const CLAIM: TimeDelta = TimeDelta::seconds(95);
/// Rounds at one instant: more, and something goes in a circle.
const ROUNDS_MAX: usize = 300;
/// How often it is waited for what is left at the end.
const ENDS_MAX: i32 = 20;
/// Tries of one round that fails.
const TRIES_MAX: usize = 6;

/// The bot that runs now.
struct Life {
    store: Store,
    app: App,
}

pub struct World {
    seed: u64,
    life: Option<Life>,
    lives: u64,
    /// Discord's time, and everybody's.
    real: Arc<TestClock>,
    /// The bot's.
    clock: Arc<TestClock>,
    /// How far the bot's machine is wrong.
    skew: TimeDelta,
    /// How far it was set back at most.
    set_back: TimeDelta,
    pub discord: Arc<Discord>,
    known: Known,
    /// What there was at the latest look: nothing else is looked at twice.
    looked_at: Option<(Print, u64)>,
    url: String,
    looker: SqliteConnection,
    /// The gate is armed; true: the bot dies with the statement.
    armed: Option<bool>,
    /// Everything that happened, for people.
    pub told: Vec<String>,
    pub counts: BTreeMap<&'static str, u64>,
    _folder: TempDir,
}

impl World {
    /// `trigger`: a statement that mutates the database file.
    pub async fn open(seed: u64, trigger: Option<&'static str>, lie: Option<Lie>) -> World {
        let folder = folder();
        let path = folder.path().join("muster.db");
        std::fs::write(&path, template().await).expect("a file in a fresh folder");
        let looker = SqliteConnectOptions::new().filename(&path);
        let mut looker = looker.connect().await.expect("the file opens");
        if let Some(trigger) = trigger {
            sqlx::query(AssertSqlSafe(trigger)).execute(&mut looker).await.expect("the mutation is SQL");
        }
        let start: Timestamp = "2026-01-05T10:00:00Z".parse().expect("an instant");
        let (real, clock) = (Arc::new(TestClock::at(start)), Arc::new(TestClock::at(start)));
        let discord = Arc::new(Discord::new(seed, real.clone(), clock.clone(), lie));
        let mut world = World {
            seed,
            life: None,
            lives: 0,
            real,
            clock,
            skew: TimeDelta::zero(),
            set_back: TimeDelta::zero(),
            discord,
            known: Known::default(),
            looked_at: None,
            url: format!("sqlite://{}", path.display()),
            looker,
            armed: None,
            told: Vec::new(),
            counts: BTreeMap::new(),
            _folder: folder,
        };
        world.start().await.expect("the bot starts on a fresh file");
        world
    }

    pub fn app(&self) -> &App {
        &self.life.as_ref().expect("the bot runs").app
    }

    pub fn store(&self) -> &Store {
        &self.life.as_ref().expect("the bot runs").store
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Definitions, from one line each.
    pub async fn set_up(&mut self, lines: &[String]) {
        let mut setup = Setup::default();
        for line in lines {
            let (kind, said) = line.split_once(' ').expect("KIND NAME: …");
            setup.add(kind, said).expect("it can be set up");
            self.told.push(line.clone());
        }
        let sources = vec![Source { file: "simulation.yaml".to_owned(), text: setup.yaml() }];
        let apply = Apply { sources, prune: true, ..Apply::new(GUILD, None, "test") };
        self.app().apply(apply).await.expect("the definitions are right");
    }

    /// The bot dies where it stands, and starts again.
    pub async fn restart(&mut self) -> Result<(), Wrong> {
        self.stop().await;
        self.start().await
    }

    pub async fn stop(&mut self) {
        if let Some(life) = self.life.take() {
            life.store.gate().open();
            drop(life.app);
            life.store.close().await;
        }
    }

    pub async fn start(&mut self) -> Result<(), Wrong> {
        // As the bot does: time goes on from what was written last, by whatever clock.
        let last_written = self.last_written().await;
        self.clock.set((self.real.now() + self.skew).max(last_written));
        self.discord.revive();
        self.lives += 1;
        let store = Store::open(&self.url).await.or_else(|why| wrong("start", why.to_string()))?;
        let random = Box::new(StdRng::seed_from_u64(self.seed << 10 | self.lives));
        let clock: Arc<dyn Clock> = self.clock.clone();
        let app = App::open(store.clone(), clock, random, Arc::new(|_| true)).await;
        let app = app.or_else(|why| wrong("start", why.to_string()))?;
        app.take_up().await.or_else(|why| wrong("start", why.to_string()))?;
        self.life = Some(Life { store, app });
        Ok(())
    }

    /// The clock of the bot's machine is wrong from its next start on. What it was asked to wait for, it cannot know any more.
    pub fn step_the_clock(&mut self, skew: TimeDelta) {
        self.set_back = self.set_back.max(self.skew - skew);
        self.skew = skew;
        self.discord.forget_waits();
        self.count("step of the clock");
        self.told.push(format!("  fault: the bot's machine is {} h off", skew.num_hours()));
    }

    /// Time passes while nobody works.
    pub fn pass(&mut self, by: TimeDelta) {
        self.real.advance(by);
        self.clock.advance(by);
    }

    /// Time passes, and the bot works at every instant at which it wants to.
    pub async fn advance(&mut self, by: TimeDelta) -> Result<(), Wrong> {
        let until = self.real.now() + by;
        for _ in 0..ROUNDS_MAX * 20 {
            self.settle().await?;
            let left = until - self.real.now();
            match self.next_in().await?.filter(|wait| *wait <= left) {
                Some(wait) => self.pass(wait),
                None => {
                    self.pass(left);
                    return self.settle().await;
                }
            }
        }
        wrong("a circle", format!("something is due all the time at {}", self.now()))
    }

    /// How long until the bot wants to look.
    async fn next_in(&self) -> Result<Option<TimeDelta>, Wrong> {
        let app = self.app();
        let mut next = app.next_wake().await.or_else(|why| wrong("the database", why.to_string()))?;
        for lane in Lane::ALL {
            let due = app.next_delivery(lane).await.or_else(|why| wrong("the database", why.to_string()))?;
            next = next.into_iter().chain(due).min();
        }
        let now = self.now();
        // What is due and was not done is held by a claim, or blocked by one: it comes again.
        Ok(next.map(|at| (at - now).max(TimeDelta::milliseconds(500))))
    }

    /// The bot does what is due now; then everything is looked at, if anything is not as it was.
    pub async fn settle(&mut self) -> Result<(), Wrong> {
        self.work().await?;
        let now = (self.print().await, self.discord.effects());
        if self.looked_at.replace(now.clone()) == Some(now) {
            return Ok(());
        }
        self.look().await
    }

    async fn work(&mut self) -> Result<(), Wrong> {
        self.discord.next_round();
        for _ in 0..TRIES_MAX {
            let (app, discord) = (self.app().clone(), self.discord.clone());
            let told = tokio::select! {
                biased;
                told = worker::drain(&app, &*discord) => Some(told),
                () = discord.killed() => None,
            };
            drop(app);
            match told {
                None => {
                    self.told.push("  (the bot dies during a call)".to_owned());
                    self.restart().await?;
                }
                Some(Ok(_)) => return self.after_gate().await,
                Some(Err(_)) => self.after_gate().await?,
            }
        }
        Ok(())
    }

    /// Lets time pass until a call kills the bot, and leaves it dead.
    pub async fn die(&mut self, within: TimeDelta) -> Result<(), Wrong> {
        let (app, discord, until) = (self.app().clone(), self.discord.clone(), self.real.now() + within);
        while self.real.now() < until {
            let died = tokio::select! {
                biased;
                told = worker::drain(&app, &*discord) => told.is_err(),
                () = discord.killed() => true,
            };
            if died {
                drop(app);
                self.stop().await;
                return Ok(());
            }
            self.pass(TimeDelta::milliseconds(500));
        }
        wrong("the story", "the bot did not die")
    }

    /// The n-th statement from now fails; `dies`: and the bot with it.
    pub fn arm_gate(&mut self, nth: u32, dies: bool) {
        let gate = self.store().gate();
        if dies {
            gate.shut_at(nth)
        } else {
            gate.arm(nth)
        }
        self.armed = Some(dies);
    }

    /// What the gate did to the bot, if it was armed.
    async fn after_gate(&mut self) -> Result<(), Wrong> {
        let Some(dies) = self.armed.take() else { return Ok(()) };
        if self.store().gate().open() {
            return Ok(());
        }
        if !dies {
            self.count("a statement that failed");
            self.told.push("  (a statement failed)".to_owned());
            return Ok(());
        }
        self.count("crash between two statements");
        self.told.push("  (the bot dies between two statements)".to_owned());
        self.restart().await
    }

    /// Looks at everything that must hold at any time.
    pub async fn look(&mut self) -> Result<(), Wrong> {
        if let Some((check, what)) = self.discord.take_wrong() {
            return wrong(check, what);
        }
        let (messages, pending) = (self.discord.messages(), self.pending().await);
        let scene = Scene { messages: &messages, pending: &pending };
        let store = self.store().clone();
        self.known.check(&store, GUILD, &scene).await
    }

    /// The faults are over: after the claims that they left behind, nothing is owed any more.
    pub async fn end(&mut self) -> Result<(), Wrong> {
        self.discord.disarm();
        self.discord.mood(|mood| (mood.down, mood.bad) = (false, false));
        self.advance(CLAIM).await?;
        // Edits settle; what was tried by a clock that has been set back since waits for its time to come again.
        for _ in 0..ENDS_MAX {
            if self.pending().await.is_empty() {
                break;
            }
            self.advance(TimeDelta::seconds(1) + self.set_back / ENDS_MAX).await?;
        }
        let (messages, pending) = (self.discord.messages(), self.pending().await);
        let scene = Scene { messages: &messages, pending: &pending };
        checks::check_drained(self.store(), GUILD, &scene).await
    }

    async fn pending(&mut self) -> Vec<Pending> {
        let sql = "SELECT kind, target, due_at, parked_on, why FROM outbox WHERE state = 'pending' ORDER BY id";
        sqlx::query_as(sql).fetch_all(&mut self.looker).await.expect("the outbox can be read")
    }

    async fn last_written(&mut self) -> Timestamp {
        let newest = sqlx::query_scalar("SELECT COALESCE(MAX(written_at), 0) FROM timeline");
        let newest: i64 = newest.fetch_one(&mut self.looker).await.expect("the timeline can be read");
        Timestamp::from_timestamp_micros(newest).expect("an instant")
    }

    async fn print(&mut self) -> Print {
        sqlx::query_as(Print::SQL).fetch_one(&mut self.looker).await.expect("the tables can be counted")
    }

    /// Somebody asks something. A fault says that nothing was done, and nothing was.
    pub async fn ask(&mut self, request: Request) -> Result<Option<String>, Wrong> {
        let before = self.print().await;
        let reply = self.app().handle(request).await;
        let said = said(&reply);
        let failed = said.as_deref().is_some_and(|said| said.contains("Not saved"));
        if failed && self.print().await != before {
            return wrong("told", format!("{said:?}, and something was done"));
        }
        if failed && self.armed.is_none() {
            return wrong("told", format!("{said:?}, and no statement failed"));
        }
        self.after_gate().await?;
        Ok(said)
    }

    /// The same request comes a second time: nothing happens. `None`: the first one was not carried out.
    pub async fn ask_again(&mut self, request: Request) -> Result<(), Wrong> {
        let before = self.print().await;
        drop(self.app().handle(request.clone()).await);
        if self.print().await == before { Ok(()) } else { wrong("twice", format!("{:?} did it again", request.ask)) }
    }

    /// An alert message comes; whether it was taken in.
    pub async fn hear(&mut self, message: Message, edit: Option<String>) -> Result<bool, Wrong> {
        let before = self.print().await;
        let told = self.app().message(GUILD, message, edit).await;
        if told.is_err() && self.print().await != before {
            return wrong("told", "an alert message failed, and something was done".to_owned());
        }
        self.after_gate().await?;
        Ok(told.is_ok())
    }

    /// The same message comes a second time.
    pub async fn hear_again(&mut self, message: Message, edit: Option<String>) -> Result<(), Wrong> {
        let before = self.print().await;
        let told = self.app().message(GUILD, message, edit).await;
        if !matches!(told, Ok(Arrived::Duplicate)) || self.print().await != before {
            return wrong("twice", format!("an alert message counted twice: {told:?}"));
        }
        Ok(())
    }

    /// Whether something changes between the two.
    pub async fn changes(&mut self, request: Request) -> Result<bool, Wrong> {
        let before = self.print().await;
        let said = self.ask(request).await?;
        self.told.extend(said.map(|said| format!("  = {}", said.replace('\n', " / "))));
        Ok(self.print().await != before)
    }
}

/// What a person reads.
fn said(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Say(Say { text, .. }) | Reply::Replace(Say { text, .. }) | Reply::File(Say { text, .. }, _) => {
            Some(crate::setup::named(&text.plain()))
        }
        Reply::Form(_) | Reply::Nothing => None,
    }
}

/// In memory, where that can be had: nothing of these worlds is to be kept.
fn folder() -> TempDir {
    let made = tempfile::Builder::new().prefix("muster-simulation-").tempdir_in("/dev/shm");
    made.or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

/// A migrated database file: copied, because migrating each world's costs more than the world.
async fn template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let folder = folder();
            let path = folder.path().join("template.db");
            let store = Store::open(&format!("sqlite://{}", path.display())).await.expect("a fresh file opens");
            store.close().await;
            std::fs::read(&path).expect("the file that was just closed")
        })
        .await
}
