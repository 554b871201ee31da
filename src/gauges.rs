//! Counters that any impure room may touch and health, metrics and tests read. Decides nothing, keeps no history.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::domain::health::Vitals;
use crate::domain::id::Timestamp;

/// The counters of this process.
pub static GAUGES: Gauges = Gauges::new();

/// Upper bounds of how late a page may go out, in seconds; one more bucket takes the rest. A second is what is promised
/// while Discord is idle, a minute is where somebody must look.
pub const LATENESS_S: [f64; 9] = [0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// What is counted.
#[derive(Debug)]
pub struct Gauges {
    started_at_us: AtomicI64,
    heard_at_us: AtomicI64,
    connected_at_us: AtomicI64,
    catching_up: AtomicU64,
    panics: AtomicU64,
    lost_loops: AtomicU64,
    unknown_events: AtomicU64,
    sessions: AtomicU64,
    invalid_answers: AtomicU64,
    lost_lines: AtomicU64,
    pages_failed: AtomicU64,
    lateness: [AtomicU64; LATENESS_S.len() + 1],
    lateness_us: AtomicU64,
    /// When each loop last began a turn.
    turns: Mutex<BTreeMap<&'static str, Timestamp>>,
    calls: Tally,
    limits: Tally,
}

/// A count for each of a few words.
#[derive(Debug)]
struct Tally(Mutex<BTreeMap<&'static str, u64>>);

/// How late the pages that went out were.
#[derive(Debug, Clone, PartialEq)]
pub struct Lateness {
    pub sum_s: f64,
    pub count: u64,
    /// Upper bound in seconds, and how many are in this bucket and in none before it.
    pub buckets: Vec<(f64, u64)>,
}

/// Counts as long as it is held.
#[must_use]
#[derive(Debug)]
pub struct Held(&'static AtomicU64);

impl Gauges {
    const fn new() -> Gauges {
        Gauges {
            started_at_us: AtomicI64::new(0),
            heard_at_us: AtomicI64::new(0),
            connected_at_us: AtomicI64::new(0),
            catching_up: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            lost_loops: AtomicU64::new(0),
            unknown_events: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            invalid_answers: AtomicU64::new(0),
            lost_lines: AtomicU64::new(0),
            pages_failed: AtomicU64::new(0),
            lateness: [const { AtomicU64::new(0) }; LATENESS_S.len() + 1],
            lateness_us: AtomicU64::new(0),
            turns: Mutex::new(BTreeMap::new()),
            calls: Tally::new(),
            limits: Tally::new(),
        }
    }

    /// The process has begun its work.
    pub fn started(&self, at: Timestamp) {
        self.started_at_us.store(at.timestamp_micros(), Ordering::Relaxed);
    }

    /// Something arrived from Discord's gateway.
    pub fn heard(&self, at: Timestamp) {
        self.heard_at_us.store(at.timestamp_micros(), Ordering::Relaxed);
    }

    /// When something last arrived from the gateway; `None`: nothing yet.
    pub fn heard_at(&self) -> Option<Timestamp> {
        moment(&self.heard_at_us)
    }

    /// The gateway's connection was seen standing. The latest look counts, also where a clock was set back in between.
    pub fn connected(&self, at: Timestamp) {
        self.connected_at_us.store(at.timestamp_micros(), Ordering::Relaxed);
    }

    /// When the gateway's connection was last seen standing; `None`: never yet.
    pub fn connected_at(&self) -> Option<Timestamp> {
        moment(&self.connected_at_us)
    }

    /// A server is being read for what was said while nobody listened; until the answer is dropped.
    pub fn catching_up(&'static self) -> Held {
        self.catching_up.fetch_add(1, Ordering::Relaxed);
        Held(&self.catching_up)
    }

    /// A loop begins another turn.
    pub fn turned(&self, which: &'static str, at: Timestamp) {
        lock(&self.turns).insert(which, at);
    }

    /// When each loop last began a turn.
    pub fn turns(&self) -> BTreeMap<&'static str, Timestamp> {
        lock(&self.turns).clone()
    }

    /// A loop of the worker panicked: the process cannot do its job any more.
    pub fn lost_loop(&self) {
        self.lost_loops.fetch_add(1, Ordering::Relaxed);
    }

    pub fn lost_loops(&self) -> u64 {
        self.lost_loops.load(Ordering::Relaxed)
    }

    /// A handler panicked; what it handled is lost, the process goes on.
    pub fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// An event arrived that cannot be decoded.
    pub fn unknown_event(&self) {
        self.unknown_events.fetch_add(1, Ordering::Relaxed);
    }

    pub fn unknown_events(&self) -> u64 {
        self.unknown_events.load(Ordering::Relaxed)
    }

    /// A new gateway session began; Discord allows 1,000 a day.
    pub fn session(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed)
    }

    /// A call to Discord ended like this: `done`, `refused`, `limited`, `unclear` or `not_sent`.
    pub fn called(&self, outcome: &'static str) {
        self.calls.add(outcome);
    }

    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls.all()
    }

    /// Discord asked to wait, for a limit of this scope.
    pub fn limited(&self, scope: &'static str) {
        self.limits.add(scope);
    }

    pub fn limits(&self) -> BTreeMap<&'static str, u64> {
        self.limits.all()
    }

    /// How many calls of the last ten minutes Discord holds against this address.
    pub fn set_invalid_answers(&self, count: usize) {
        self.invalid_answers.store(count as u64, Ordering::Relaxed);
    }

    pub fn invalid_answers(&self) -> u64 {
        self.invalid_answers.load(Ordering::Relaxed)
    }

    /// How many lines of the log nobody read in time.
    pub fn set_lost_lines(&self, count: usize) {
        self.lost_lines.store(count as u64, Ordering::Relaxed);
    }

    pub fn lost_lines(&self) -> u64 {
        self.lost_lines.load(Ordering::Relaxed)
    }

    /// A page went out, this long after it was asked for.
    pub fn page_sent(&self, late: TimeDelta) {
        let late_us = u64::try_from(late.num_microseconds().unwrap_or(0)).unwrap_or(0);
        let late_s = late_us as f64 / 1e6;
        let bucket = LATENESS_S.iter().position(|bound| late_s <= *bound).unwrap_or(LATENESS_S.len());
        self.lateness[bucket].fetch_add(1, Ordering::Relaxed);
        self.lateness_us.fetch_add(late_us, Ordering::Relaxed);
    }

    /// A page can never go out.
    pub fn page_failed(&self) {
        self.pages_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub fn pages_failed(&self) -> u64 {
        self.pages_failed.load(Ordering::Relaxed)
    }

    pub fn lateness(&self) -> Lateness {
        let bounds = LATENESS_S.into_iter().chain([f64::INFINITY]);
        let counts = self.lateness.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        Lateness {
            sum_s: self.lateness_us.load(Ordering::Relaxed) as f64 / 1e6,
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }

    /// What is to be known of the process to say whether it is well.
    pub fn vitals(&self, now: Timestamp) -> Vitals {
        Vitals {
            now,
            started_at: moment(&self.started_at_us).unwrap_or(now),
            connected_at: self.connected_at(),
            catching_up: self.catching_up.load(Ordering::Relaxed),
            lost_loops: self.lost_loops(),
            turns: self.turns(),
        }
    }
}

impl Tally {
    const fn new() -> Tally {
        Tally(Mutex::new(BTreeMap::new()))
    }

    fn add(&self, word: &'static str) {
        *lock(&self.0).entry(word).or_default() += 1;
    }

    fn all(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.0).clone()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn moment(us: &AtomicI64) -> Option<Timestamp> {
    let at = us.load(Ordering::Relaxed);
    Timestamp::from_timestamp_micros(at).filter(|_| at > 0)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_by_how_late_they_were() {
        let gauges = Gauges::new();
        for late_ms in [-5, 250, 251, 999, 3_600_000] {
            gauges.page_sent(TimeDelta::milliseconds(late_ms));
        }
        let lateness = gauges.lateness();
        let counts: Vec<u64> = lateness.buckets.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [2, 1, 1, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((lateness.count, lateness.sum_s), (5, 3_601.5));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_old_connection_look_new() {
        let gauges = Gauges::new();
        let at = |s: i64| Timestamp::from_timestamp_micros(s * 1_000_000).unwrap();
        gauges.connected(at(7_200));
        gauges.connected(at(3_600));
        assert_eq!(gauges.connected_at(), Some(at(3_600)));
    }
}
