//! The time: the only room that knows it. Everything else is told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::domain::id::Timestamp;

/// Says what time it is, in whole microseconds UTC.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// This machine's time as it was when the process started, moved on by the monotonic clock, so that a step of the wall
/// clock moves no deadline; corrected by how far the database is ahead, where the database decides.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    started_at: DateTime<Utc>,
    offset_us: AtomicI64,
}

/// A correction larger than this is worth a warning: somebody set a clock.
pub const STEP_S: i64 = 60;

impl SystemClock {
    pub fn new() -> SystemClock {
        SystemClock { started: Instant::now(), started_at: Utc::now(), offset_us: AtomicI64::new(0) }
    }

    /// The database's clock decides: `offset_us` is how far it is ahead of this machine's wall clock.
    ///
    /// Returns by how many seconds this moved the time.
    pub fn correct(&self, offset_us: i64) -> i64 {
        let wall = Utc::now() + TimeDelta::microseconds(offset_us);
        let running = self.started_at + self.elapsed();
        let offset = (wall - running).num_microseconds().unwrap_or(0);
        let before = self.offset_us.swap(offset, Ordering::Relaxed);
        (offset - before) / 1_000_000
    }

    fn elapsed(&self) -> TimeDelta {
        TimeDelta::from_std(self.started.elapsed()).unwrap_or(TimeDelta::MAX)
    }
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let offset = TimeDelta::microseconds(self.offset_us.load(Ordering::Relaxed));
        (self.started_at + self.elapsed() + offset).trunc_subsecs(6)
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct TestClock {
    now: Mutex<Timestamp>,
}

impl TestClock {
    pub fn at(now: Timestamp) -> TestClock {
        TestClock { now: Mutex::new(now) }
    }

    /// Moves it, forwards or (a step of the clock) backwards.
    pub fn advance(&self, by: TimeDelta) {
        *self.lock() += by;
    }

    pub fn set(&self, now: Timestamp) {
        *self.lock() = now;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Timestamp> {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.lock()
    }
}
