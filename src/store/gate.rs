//! The one gate every statement passes, so that a test can fail any of them. Never closed outside tests; costs one relaxed load.

use std::sync::atomic::{AtomicI64, Ordering};

/// Nothing is armed.
const OFF: i64 = 0;

/// Every statement is refused, as on a full disk.
const SHUT: i64 = -1;

/// Refuses the n-th statement from now, all from the n-th on, or all of them. Below [`SHUT`] it counts down to it.
#[derive(Debug, Default)]
pub struct Gate(AtomicI64);

impl Gate {
    /// Fails the `nth` statement from now (1 = the next one), once.
    pub fn arm(&self, nth: u32) {
        self.0.store(i64::from(nth), Ordering::SeqCst);
    }

    /// Fails the `nth` statement from now and every one after it until [`Gate::open`]: as when the process dies there.
    pub fn shut_at(&self, nth: u32) {
        self.0.store(SHUT - i64::from(nth), Ordering::SeqCst);
    }

    /// Fails every statement until [`Gate::open`].
    pub fn shut(&self) {
        self.0.store(SHUT, Ordering::SeqCst);
    }

    /// Lets everything pass again. Says whether an armed statement had not come yet.
    pub fn open(&self) -> bool {
        let was = self.0.swap(OFF, Ordering::SeqCst);
        !(SHUT..=OFF).contains(&was)
    }

    /// Whether the next statement may pass.
    pub(super) fn lets_pass(&self) -> bool {
        self.0.load(Ordering::Relaxed) == OFF || self.count()
    }

    /// Counts one statement down; the one that reaches zero is refused.
    fn count(&self) -> bool {
        let step = |left: i64| match left {
            OFF | SHUT => None,
            left => Some(left - left.signum()),
        };
        match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
            Ok(left) => left != 1 && left != SHUT - 1,
            Err(left) => left == OFF,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_armed_statement_alone_is_refused() {
        let gate = Gate::default();
        gate.arm(2);
        assert_eq!([gate.lets_pass(), gate.lets_pass(), gate.lets_pass()], [true, false, true]);
        assert!(!gate.open(), "it had come");
    }

    #[test]
    fn from_the_armed_statement_on_all_are_refused() {
        let gate = Gate::default();
        gate.shut_at(2);
        assert_eq!([gate.lets_pass(), gate.lets_pass(), gate.lets_pass()], [true, false, false]);
        assert!(!gate.open(), "it had come");
        assert!(gate.lets_pass());
        gate.shut_at(2);
        assert!(gate.open(), "it had not come");
    }

    #[test]
    fn shut_refuses_until_opened() {
        let gate = Gate::default();
        gate.shut();
        assert!(!gate.lets_pass() && !gate.lets_pass());
        gate.open();
        assert!(gate.lets_pass());
    }
}
