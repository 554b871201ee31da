//! The one door: who may send now, who waits, who goes first.
//!
//! A call enters only when its bucket, the pace over all and the connections have a place for it, all taken in one step:
//! nothing is held while waiting for another. Places are given in the order of the queue, pages first, first come first served within
//! a lane. The lock is never held across an await. The gate never sends and never decides what is sent again.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::answer::{Limited, News};
use super::bucket::{BucketId, Buckets, Route, Turn};
use super::call::Lane;
use super::connections::Connections;
use super::error::Scope;
use super::pace::{Pace, Place};

/// Most calls that wait at once; beyond, everyday calls come back as limited. At 43 a second this is 47 s of work.
const WAITING: usize = 2000;
/// The same for pages and replies, who find the queue full of everyday calls.
const WAITING_URGENT: usize = 4000;
/// When only an answer under way can tell how long to wait: a little more than one request takes.
const GUESS: Duration = Duration::from_secs(1);
/// Even a caller without patience lets the task that serves the queue have a look; it needs microseconds.
const HAND_OVER: Duration = Duration::from_millis(20);
/// The queue is looked through at least this often while somebody waits, to drop those who gave up.
const LOOK: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Gate {
    books: Mutex<Books>,
    changed: Notify,
    tickets: AtomicU64,
}

/// What the gate has to know of a call.
#[derive(Clone, Copy)]
pub(super) struct Ask {
    pub route: Route,
    pub lane: Lane,
    /// Interactions and webhook tokens are not under the global limit.
    pub exempt: bool,
    /// The place in the lane, kept over all tries of a call.
    pub ticket: u64,
}

/// The right to send one request. Dropped without a word, its place
/// under the limits stays used, because the request may have counted; its connection is free.
pub(super) struct Permit {
    gate: Arc<Gate>,
    bucket: BucketId,
    /// Of calls that are under the global limit.
    place: Option<Place>,
    ask: Ask,
    over: bool,
}

#[derive(Default)]
struct Books {
    buckets: Buckets,
    pace: Pace,
    connections: Connections,
    queue: BTreeMap<(Lane, u64), Waiter>,
    /// A task serves the queue; there is one exactly while somebody waits.
    served: bool,
}

struct Waiter {
    ask: Ask,
    deadline: Instant,
    answer: oneshot::Sender<Result<Permit, Limited>>,
}

/// What one look through the queue left to do.
#[derive(Default)]
struct Round {
    /// When the next place opens, as far as known.
    due: Option<Instant>,
    /// For callers who left in this very moment: to be dropped without the lock.
    undelivered: Vec<Result<Permit, Limited>>,
    idle: bool,
}

/// How many stay waiting before the next one, in its bucket and for the pace.
#[derive(Default)]
struct Ahead {
    bucket: HashMap<BucketId, u32>,
    pace: u32,
}

impl Ahead {
    fn add(&mut self, bucket: BucketId, paced: bool) {
        *self.bucket.entry(bucket).or_default() += 1;
        self.pace += u32::from(paced);
    }
}

impl Gate {
    pub fn new(connections: Connections) -> Self {
        let books = Books { connections, ..Books::default() };
        Self { books: Mutex::new(books), ..Self::default() }
    }

    pub fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits for a place, but not past `deadline`: what surely takes longer comes back at once.
    pub async fn enter(self: &Arc<Self>, ask: Ask, deadline: Instant) -> Result<Permit, Limited> {
        let (answer, place) = oneshot::channel();
        self.line_up(Waiter { ask, deadline, answer })?;
        match timeout_at(deadline.max(Instant::now() + HAND_OVER), place).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(self.books().outlook(&ask, Instant::now())),
        }
    }

    /// Where nobody waits, the caller serves itself; else the task that serves the queue is told.
    fn line_up(self: &Arc<Self>, waiter: Waiter) -> Result<(), Limited> {
        let mut books = self.books();
        let room = if waiter.ask.lane == Lane::Normal { WAITING } else { WAITING_URGENT };
        if books.queue.len() >= room {
            return Err(Limited { after: GUESS, scope: Scope::Own });
        }
        books.queue.insert((waiter.ask.lane, waiter.ask.ticket), waiter);
        if books.served {
            self.changed.notify_one();
            return Ok(());
        }
        let round = books.serve(self, Instant::now());
        books.served = !round.idle;
        drop(books);
        if !round.idle {
            tokio::spawn(self.clone().serve_until_empty());
        }
        Ok(())
    }

    async fn serve_until_empty(self: Arc<Self>) {
        loop {
            let now = Instant::now();
            let due = {
                let round = self.serve_or_leave(now);
                if round.idle {
                    return;
                }
                round.due
            };
            tokio::select! {
                () = self.changed.notified() => {}
                () = sleep_until(due.unwrap_or(now + LOOK).min(now + LOOK)) => {}
            }
        }
    }

    /// "Nobody waits" and "nobody serves" become true together.
    fn serve_or_leave(self: &Arc<Self>, now: Instant) -> Round {
        let mut books = self.books();
        let round = books.serve(self, now);
        books.served = !round.idle;
        round
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// Goes through the queue once, in order.
    fn serve(&mut self, gate: &Arc<Gate>, now: Instant) -> Round {
        self.queue.retain(|_, waiter| !waiter.answer.is_closed());
        let mut round = Round::default();
        let mut ahead = Ahead::default();
        let waiting: Vec<_> = self.queue.iter().map(|(key, waiter)| (*key, waiter.ask, waiter.deadline)).collect();
        for (key, ask, deadline) in waiting {
            let bucket = self.buckets.id(&ask.route);
            let (turn, paced) = self.turn(&ask, &bucket, &ahead, now);
            let answer = match turn {
                Turn::Now => Ok(self.admit(gate, ask, bucket, now)),
                Turn::At(at, scope) if at > deadline => Err(Limited { after: at - now, scope }),
                Turn::At(at, _) => {
                    round.due = Some(round.due.map_or(at, |due| due.min(at)));
                    ahead.add(bucket, paced);
                    continue;
                }
                Turn::AfterAnswer => {
                    ahead.add(bucket, paced);
                    continue;
                }
            };
            if let Some(waiter) = self.queue.remove(&key)
                && let Err(undelivered) = waiter.answer.send(answer)
            {
                round.undelivered.push(undelivered);
            }
        }
        round.idle = self.queue.is_empty();
        round
    }

    /// May it go, and is it the pace over all that decides?
    fn turn(&mut self, ask: &Ask, bucket: &BucketId, ahead: &Ahead, now: Instant) -> (Turn, bool) {
        let before = ahead.bucket.get(bucket).copied().unwrap_or(0);
        match self.buckets.turn(bucket, before, now) {
            Turn::Now if !self.connections.has_room(ask.lane) => (Turn::AfterAnswer, false),
            Turn::Now if !ask.exempt => (self.pace.turn(ask.lane, ahead.pace, now), true),
            turn => (turn, false),
        }
    }

    fn admit(&mut self, gate: &Arc<Gate>, ask: Ask, bucket: BucketId, now: Instant) -> Permit {
        self.buckets.reserve(&bucket, now);
        self.connections.take();
        let place = (!ask.exempt).then(|| self.pace.reserve(now));
        Permit { gate: gate.clone(), bucket, place, ask, over: false }
    }

    /// What to tell a caller whose patience ended here.
    fn outlook(&mut self, ask: &Ask, now: Instant) -> Limited {
        let bucket = self.buckets.id(&ask.route);
        match self.turn(ask, &bucket, &Ahead::default(), now).0 {
            Turn::At(at, scope) => Limited { after: at - now, scope },
            Turn::Now | Turn::AfterAnswer => Limited { after: GUESS, scope: Scope::Own },
        }
    }

    fn settle(&mut self, permit: &Permit, news: &News, now: Instant) {
        if let Some(place) = permit.place {
            self.pace.answered(place, now);
        }
        if let Some(limited) = news.limited.filter(|limited| limited.scope.is_global()) {
            self.pace.close(limited, now);
        }
        self.buckets.settle(&permit.bucket, &permit.ask.route, news, now);
    }
}

impl Permit {
    /// Discord answered.
    pub fn settle(mut self, news: &News) {
        self.finish(|books, permit| books.settle(permit, news, Instant::now()));
    }

    /// It never left.
    pub fn give_back(mut self) {
        self.finish(|books, permit| {
            books.buckets.give_back(&permit.bucket);
            if let Some(place) = permit.place {
                books.pace.give_back(place);
            }
        });
    }

    fn finish(&mut self, write: impl FnOnce(&mut Books, &Self)) {
        let mut books = self.gate.books();
        write(&mut books, self);
        books.connections.give_back();
        drop(books);
        self.over = true;
        self.gate.changed.notify_one();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.over {
            self.finish(|books, permit| {
                books.buckets.settle(&permit.bucket, &permit.ask.route, &News::default(), Instant::now());
            });
        }
    }
}
