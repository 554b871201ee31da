//! Whether one call is tried again, and after what pause.
//!
//! Never decides about time left: the caller compares the pause with its patience.

use std::time::Duration;

use super::error::RestError;

/// Tries that never reached Discord: after three the network is down, and the outbox waits better than we do.
const UNSENT: u32 = 3;
/// Tries without a clear answer: at an even chance of failure, six leave 1.6 %.
const UNCLEAR: u32 = 6;
/// Times one call is told to wait: more means our accounting is of no use here, and every 429 counts against us.
const LIMITED: u32 = 5;
/// First pause; doubled each time.
const FIRST: Duration = Duration::from_millis(200);
/// Longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// The tries of one call so far.
pub(super) struct Tries {
    repeatable: bool,
    unsent: u32,
    unclear: u32,
    limited: u32,
}

impl Tries {
    pub fn new(repeatable: bool) -> Self {
        Self { repeatable, unsent: 0, unclear: 0, limited: 0 }
    }

    /// The pause before the next try, or `None` when this error is the answer.
    pub fn pause_after(&mut self, error: &RestError) -> Option<Duration> {
        match error {
            RestError::NotSent(_) => count(&mut self.unsent, UNSENT).map(pause),
            RestError::Ambiguous { .. } if self.repeatable => count(&mut self.unclear, UNCLEAR).map(pause),
            // The gate knows how long.
            RestError::Limited { .. } => count(&mut self.limited, LIMITED).map(|_| Duration::ZERO),
            RestError::Ambiguous { .. } | RestError::Rejected { .. } | RestError::Undecodable(_) => None,
        }
    }
}

/// One more try is over; `None` when it was the last.
fn count(tries: &mut u32, most: u32) -> Option<u32> {
    *tries += 1;
    (*tries < most).then_some(*tries)
}

/// Doubling, with half of it left to chance so that many calls do not come back together.
fn pause(tries: u32) -> Duration {
    let full = FIRST.saturating_mul(1 << (tries - 1).min(16)).min(LONGEST);
    full.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discord::rest::Scope;
    use serde_json::Value;

    fn tries(repeatable: bool, error: &RestError) -> u32 {
        let mut tries = Tries::new(repeatable);
        1 + std::iter::from_fn(|| tries.pause_after(error)).count() as u32
    }

    #[test]
    fn each_failure_has_its_number_of_tries() {
        let unclear = RestError::Ambiguous { status: Some(502), cause: String::new() };
        let limited = RestError::Limited { after: FIRST, global: false, scope: Scope::User };
        let rejected = RestError::Rejected { status: 403, code: 50013, message: String::new(), errors: Value::Null };
        let cases = [
            (RestError::NotSent(String::new()), UNSENT, UNSENT),
            (unclear, 1, UNCLEAR),
            (limited, LIMITED, LIMITED),
            (rejected, 1, 1),
            (RestError::Undecodable(String::new()), 1, 1),
        ];
        for (error, once, repeatable) in cases {
            assert_eq!((tries(false, &error), tries(true, &error)), (once, repeatable), "{error}");
        }
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        for (tries, full) in [(1, FIRST), (2, 2 * FIRST), (3, 4 * FIRST), (40, LONGEST)] {
            let pause = pause(tries);
            assert!(pause >= full / 2 && pause <= full, "{tries}: {pause:?}");
        }
    }
}
