//! The desk: load → decide → save. The only caller of `domain` and `store` for writes.
//!
//! [`request`] and [`reply`] are the conversation with people; [`courier`] and [`view`] the seam to the outside.
//! Reading order: `desk` (people), with `again` (faults that pass), `opening` (the form of a new incident), `ending` (duplicates,
//! deletion) and `listing` (reads); `intake` (alert messages; `arriving`: which are under way), `waking` (deadlines), `session` (of
//! the gateway), `leaving` (a server is lost), `outbox` (deliveries and their receipts; `drawing`: what each says now; `outage`: what
//! they say about Discord; `receipt`: what rings at a gateway outside it), `audit` (what should have happened), `cleaning` and `restored`
//! (what becomes of what is old), `definition` (set-up), then the other nouns: `plan`; `schedule`, with `handoff` (what is said and done at
//! the start of a shift) and `oncall` (what people ask of it); `contact`, with `sheet`, `mute`, `tested` and `call` (test pages);
//! the guided ways in (`welcome`, `setup`, `doctor`, `help`). What they share: `facts` (load), `places` and `survey` (what
//! Discord is asked first), `save`, `draw` (state → view), `fault`.
//! How well all of it is: `health`.
//! Words with something to press are here: [`press`], [`answer`], [`form`], [`show`].

mod ack;
mod again;
mod arriving;
mod audit;
mod call;
mod calling;
mod cleaning;
mod desk;
mod doctor;
mod draw;
mod drawing;
mod ending;
mod engagements;
mod facts;
mod fault;
mod handoff;
pub mod help;
mod intake;
mod leaving;
mod listing;
mod mute;
mod opening;
mod outage;
mod outbox;
mod places;
mod receipt;
mod restored;
mod save;
mod schedule;
mod session;
mod sheet;
mod survey;
mod tested;
mod verify;
mod waking;
mod welcome;

pub mod answer;
pub mod contact;
pub mod courier;
pub mod definition;
pub mod form;
pub mod health;
pub mod oncall;
pub mod page;
pub mod plan;
pub mod press;
pub mod reply;
pub mod request;
pub mod setup;
pub mod show;
pub mod view;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rand_core::RngCore;

pub use audit::Finding;
pub use call::{CALL, TestPage};
pub use definition::{Applied, Apply, Difference, NotApplied, Overtaken, Seen, Version};
pub use fault::Fault;
pub use handoff::HandOver;
pub use intake::{Arrived, SourcePlace};
pub use oncall::COVER;
pub use outbox::{Lane, Prepared, Work};
pub use places::OpenPost;
pub use receipt::{RINGS_FOR, Ringing};
pub use save::INCIDENT;
pub use schedule::SCHEDULE;
pub use tested::Tests;
pub use welcome::Joined;

use crate::clock::Clock;
use crate::domain::definition::Set;
use crate::domain::facts::Revision;
use crate::domain::id::{GuildId, IDS_PER_TURN, Mint, OutboxId, Timestamp, compose};
use crate::store::{Store, StoreError, install};
use request::Request;

/// Requests that wait for the answer to "which incident?"; more than that are forgotten, oldest first.
const WAITING_MAX: usize = 1_000;

/// Says whether a variable that definitions may name is set here.
pub type Secrets = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The application: cheap to clone, one a process.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    /// When this process opened it.
    opened_at: Timestamp,
    /// Deliveries that an earlier process tried, by whatever clock it had.
    inherited: Mutex<HashSet<OutboxId>>,
    random: Mutex<Box<dyn RngCore + Send>>,
    secrets: Secrets,
    /// Where the ids of the latest turn begin.
    last_mint: AtomicI64,
    /// Makes our nonces different from those of any other database on the same token.
    salt: String,
    sets: Mutex<HashMap<(GuildId, Revision), Arc<Set>>>,
    waiting: Mutex<Vec<(u64, Request)>>,
    /// Changes of set-up that were shown and wait for a yes.
    proposals: Mutex<Vec<definition::Proposed>>,
    weather: Mutex<outage::Weather>,
    /// There is a mail server.
    mail: AtomicBool,
    audited: Mutex<audit::Audited>,
    /// Alert messages on their way in.
    arriving: arriving::Arriving,
}

impl App {
    /// Opens the desk on a store; the install salt is made at the first time.
    ///
    /// # Errors
    /// A fault where the store cannot be written.
    pub async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        random: Box<dyn RngCore + Send>,
        secrets: Secrets,
    ) -> Result<App, Fault> {
        let mut random = random;
        let proposed = format!("{:08x}", random.next_u32());
        let salt = store
            .write(move |tx| Box::pin(async move { install::salt(tx, &proposed).await }))
            .await
            .map_err(|why| Fault::new("read the install salt", why))?;
        Ok(App(Arc::new(Inner {
            store,
            opened_at: clock.now(),
            inherited: Mutex::default(),
            clock,
            random: Mutex::new(random),
            secrets,
            last_mint: AtomicI64::new(0),
            salt,
            sets: Mutex::default(),
            waiting: Mutex::default(),
            proposals: Mutex::default(),
            weather: Mutex::default(),
            mail: AtomicBool::default(),
            audited: Mutex::default(),
            arriving: arriving::Arriving::default(),
        })))
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Whether the disk is full: nothing new is taken in, paging goes on.
    pub fn cramped(&self) -> bool {
        self.0.store.cramped()
    }

    /// Refuses what is new while the disk is full: as a fault, so that what came from Discord is read again later.
    fn room_for_more(&self) -> Result<(), StoreError> {
        if self.cramped() { Err(StoreError::Cramped) } else { Ok(()) }
    }

    /// Ids for one turn: they sort by time, and after those of every earlier turn of this process.
    fn mint(&self, at: Timestamp) -> Mint {
        let random = self.0.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next_u32();
        let fresh = compose(at, random);
        let first = |last: i64| fresh.max(last.saturating_add(IDS_PER_TURN));
        let last = self.0.last_mint.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(first(last)));
        Mint::new(first(last.unwrap_or_else(|last| last)))
    }
}
