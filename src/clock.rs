//! The time: the only room that knows it. Everything else is told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rustix::time::{ClockId, clock_gettime};

use crate::domain::id::Timestamp;

/// Says what time it is, in whole microseconds UTC.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// What a machine has to tell the time by.
pub trait Machine: Send + Sync + 'static {
    /// What its wall clock shows: right mostly, and set by anybody.
    fn wall(&self) -> DateTime<Utc>;
    /// Since some moment before: never set, and does not stop while the machine sleeps.
    fn running(&self) -> TimeDelta;
}

/// This machine's time as it was when the process started, moved on by the clock that nobody sets: a step of the wall clock moves
/// no deadline. Corrected by how far the database is ahead, where the database decides.
#[derive(Debug)]
pub struct SystemClock<M = ThisMachine> {
    machine: M,
    started: TimeDelta,
    started_at: DateTime<Utc>,
    offset_us: AtomicI64,
    /// The step that was told of last, in µs; 0: none.
    told_us: AtomicI64,
}

/// A step larger than this is no drift: somebody set a clock.
pub const STEP_S: i64 = 60;

/// Time goes on from what was written last if that lies no further ahead; further, what was written is wrong, not the clock.
const AHEAD_MAX: TimeDelta = TimeDelta::days(1);

impl SystemClock {
    pub fn new() -> SystemClock {
        SystemClock::of(ThisMachine)
    }
}

impl<M: Machine> SystemClock<M> {
    pub fn of(machine: M) -> SystemClock<M> {
        let (started, started_at) = (machine.running(), machine.wall());
        let (offset_us, told_us) = Default::default();
        SystemClock { machine, started, started_at, offset_us, told_us }
    }

    /// At the start the database's clock decides: `offset_us` is how far it is ahead of this machine's wall clock.
    pub fn begin(&self, offset_us: i64) {
        self.offset_us.store(self.ahead(offset_us), Ordering::Relaxed);
    }

    /// The clock has been set back since something was written: time goes on from there, for else every deadline would wait so much
    /// longer. Returns by how many seconds, where that is worth a word.
    pub fn go_on_from(&self, newest: Timestamp) -> Option<i64> {
        let behind = newest - self.now();
        if behind > TimeDelta::zero() && behind <= AHEAD_MAX {
            let before = self.offset_us.fetch_add(behind.num_microseconds().unwrap_or(0), Ordering::Relaxed);
            self.told_us.store(before - self.offset_us.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        Some(behind.num_seconds()).filter(|behind_s| *behind_s >= STEP_S)
    }

    /// Follows the drift of the clock that decides. A step is not followed: it would fire what is not due, or keep what is.
    ///
    /// Returns by how many seconds a clock was set, once for each time.
    pub fn correct(&self, offset_us: i64) -> Option<i64> {
        let step_us = self.ahead(offset_us) - self.offset_us.load(Ordering::Relaxed);
        let is_step = |us: i64| (us / 1_000_000).abs() >= STEP_S;
        if !is_step(step_us) {
            self.offset_us.fetch_add(step_us, Ordering::Relaxed);
            self.told_us.store(0, Ordering::Relaxed);
            return None;
        }
        let told = self.told_us.load(Ordering::Relaxed);
        if told != 0 && !is_step(step_us - told) {
            return None;
        }
        self.told_us.store(step_us, Ordering::Relaxed);
        Some(step_us / 1_000_000)
    }

    /// How far the clock that decides is ahead of the time that has run here, in µs.
    fn ahead(&self, offset_us: i64) -> i64 {
        let decides = self.machine.wall() + TimeDelta::microseconds(offset_us);
        (decides - self.run()).num_microseconds().unwrap_or(0)
    }

    fn run(&self) -> DateTime<Utc> {
        self.started_at + (self.machine.running() - self.started)
    }
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock::new()
    }
}

impl<M: Machine> Clock for SystemClock<M> {
    fn now(&self) -> Timestamp {
        let offset = TimeDelta::microseconds(self.offset_us.load(Ordering::Relaxed));
        (self.run() + offset).trunc_subsecs(6)
    }
}

/// The machine we run on.
#[derive(Debug, Clone, Copy)]
pub struct ThisMachine;

/// Linux' usual clock for this stops while the machine sleeps; this one does not.
#[cfg(target_os = "linux")]
const RUNNING: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const RUNNING: ClockId = ClockId::Monotonic;

impl Machine for ThisMachine {
    fn wall(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn running(&self) -> TimeDelta {
        let at = clock_gettime(RUNNING);
        TimeDelta::seconds(at.tv_sec) + TimeDelta::nanoseconds(at.tv_nsec)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Wall clock and running time, each moved by hand.
    #[derive(Clone, Default)]
    struct Hands(Arc<Mutex<(TimeDelta, TimeDelta)>>);

    impl Hands {
        fn pass(&self, seconds: i64) {
            self.0.lock().unwrap().1 += TimeDelta::seconds(seconds);
            self.set_wall(seconds);
        }

        /// Somebody sets the wall clock.
        fn set_wall(&self, by_s: i64) {
            self.0.lock().unwrap().0 += TimeDelta::seconds(by_s);
        }
    }

    impl Machine for Hands {
        fn wall(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + self.0.lock().unwrap().0
        }

        fn running(&self) -> TimeDelta {
            self.0.lock().unwrap().1
        }
    }

    fn clock() -> (Hands, SystemClock<Hands>, Timestamp) {
        let hands = Hands::default();
        let clock = SystemClock::of(hands.clone());
        clock.begin(0);
        let now = clock.now();
        (hands, clock, now)
    }

    #[test]
    fn a_clock_that_is_set_moves_no_deadline_and_is_told_of_once() {
        for set_s in [3_600, -3_600, 86_400 * 365] {
            let (hands, clock, began) = clock();
            hands.set_wall(set_s);
            assert_eq!(clock.now(), began, "not before anybody looks");
            assert_eq!(clock.correct(0), Some(set_s));
            assert_eq!(clock.correct(0), None, "once");
            hands.pass(30);
            assert_eq!(clock.correct(0), None);
            assert_eq!(clock.now(), began + TimeDelta::seconds(30), "set by {set_s} s");
            hands.set_wall(-set_s);
            assert_eq!(clock.correct(0), None, "it is right again");
            hands.set_wall(set_s);
            assert_eq!(clock.correct(0), Some(set_s), "and wrong again");
        }
    }

    #[test]
    fn drift_is_followed() {
        let (hands, clock, began) = clock();
        hands.set_wall(2);
        assert_eq!(clock.correct(500_000), None);
        assert_eq!(clock.now(), began + TimeDelta::milliseconds(2_500));
    }

    #[test]
    fn the_databases_clock_decides_whatever_this_machine_shows() {
        let (hands, clock, began) = clock();
        clock.begin(7_200 * 1_000_000);
        assert_eq!(clock.now(), began + TimeDelta::hours(2));
        // This machine's clock is mended; the database is now as far ahead as it should be.
        hands.set_wall(7_200);
        assert_eq!(clock.correct(0), None);
        assert_eq!(clock.now(), began + TimeDelta::hours(2));
    }

    #[test]
    fn time_goes_on_from_what_was_written_last() {
        let (hands, clock, began) = clock();
        assert_eq!(clock.go_on_from(began - TimeDelta::hours(1)), None, "that is how it should be");
        assert_eq!(clock.now(), began);
        let written = began + TimeDelta::hours(1);
        assert_eq!(clock.go_on_from(written), Some(3_600));
        assert_eq!(clock.now(), written, "a page does not wait an hour");
        assert_eq!(clock.correct(0), None, "it was told of");
        hands.pass(30);
        assert_eq!(clock.now(), written + TimeDelta::seconds(30));
    }

    #[test]
    fn what_was_written_in_another_age_is_told_of_and_not_believed() {
        let (_, clock, began) = clock();
        let days = TimeDelta::days(400);
        assert_eq!(clock.go_on_from(began + days), Some(days.num_seconds()));
        assert_eq!(clock.now(), began);
    }
}
