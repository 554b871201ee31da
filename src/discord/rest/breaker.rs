//! The guard against being banned: counts requests Discord holds against us, and stops for good when the token is revoked.
//!
//! 10,000 invalid requests (401, 403, 429 but not `shared`) in 10 minutes get an address banned at Cloudflare, and the
//! pages with it: <https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans>.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::answer::Limited;
use super::call::Lane;
use super::error::{RestError, Scope};

/// Discord's window.
const WINDOW: Duration = Duration::from_secs(600);
/// Everyday calls stop at a tenth of Discord's limit: this many refusals are a fault of ours, and the rest is for pages.
const EVERYDAY: usize = 1_000;
/// Even pages stop here: a banned address delivers none at all.
const BRINK: usize = 9_000;

pub(super) struct Breaker {
    /// When each invalid request of the window was answered; at most `BRINK`.
    invalid: Mutex<VecDeque<Instant>>,
    revoked: watch::Sender<bool>,
}

impl Breaker {
    pub fn new() -> Self {
        Self { invalid: Mutex::default(), revoked: watch::Sender::new(false) }
    }

    /// May a call of this lane touch the network at all?
    pub fn admit(&self, lane: Lane, now: Instant) -> Result<(), RestError> {
        if *self.revoked.borrow() {
            return Err(revoked());
        }
        let most = if lane == Lane::Normal { EVERYDAY } else { BRINK };
        match self.closed_for(most, now) {
            None => Ok(()),
            Some(after) => Err(RestError::Limited { after, global: true, scope: Scope::Own }),
        }
    }

    /// `token_in_path`: a 401 then condemns that token, not the bot's.
    pub fn note(&self, status: u16, limited: Option<Limited>, token_in_path: bool, now: Instant) {
        let shared = limited.is_some_and(|limited| limited.scope == Scope::Shared);
        if matches!(status, 401 | 403 | 429) && !shared {
            self.count_one(now);
        }
        if status == 401 && !token_in_path && !self.revoked.send_replace(true) {
            tracing::error!("Discord refuses the bot's token: nothing is sent until the bot starts with a valid one");
        }
    }

    /// Invalid requests in the last 10 minutes.
    pub fn invalid_count(&self, now: Instant) -> usize {
        self.with_recent(now, |invalid| invalid.len())
    }

    pub fn revoked(&self) -> watch::Receiver<bool> {
        self.revoked.subscribe()
    }

    fn count_one(&self, now: Instant) {
        self.with_recent(now, |invalid| {
            if invalid.len() == BRINK {
                invalid.pop_front();
            }
            invalid.push_back(now);
        });
    }

    /// Until fewer than `most` are left in the window.
    fn closed_for(&self, most: usize, now: Instant) -> Option<Duration> {
        self.with_recent(now, |invalid| {
            let blocking = invalid.len().checked_sub(most)?;
            Some(invalid[blocking] + WINDOW - now)
        })
    }

    fn with_recent<T>(&self, now: Instant, read: impl FnOnce(&mut VecDeque<Instant>) -> T) -> T {
        let mut invalid = self.invalid.lock().unwrap_or_else(PoisonError::into_inner);
        while invalid.front().is_some_and(|at| *at + WINDOW <= now) {
            invalid.pop_front();
        }
        read(&mut invalid)
    }
}

fn revoked() -> RestError {
    let message = "the bot's token was refused before; not asked again".to_owned();
    RestError::Rejected { status: 401, code: 0, message, errors: Value::Null }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(scope: Scope) -> Option<Limited> {
        Some(Limited { after: Duration::from_secs(1), scope })
    }

    #[test]
    fn counts_what_discord_counts_and_forgets_after_ten_minutes() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        let answers = [
            (403, None),
            (401, None),
            (429, limited(Scope::User)),
            (429, limited(Scope::Shared)),
            (404, None),
            (200, None),
        ];
        for (status, limited) in answers {
            breaker.note(status, limited, true, now);
        }
        assert_eq!(breaker.invalid_count(now), 3);
        assert_eq!(breaker.invalid_count(now + WINDOW), 0);
    }

    #[test]
    fn everyday_calls_stop_long_before_pages() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        let refuses = |lane| breaker.admit(lane, now).is_err();
        for _ in 0..EVERYDAY {
            assert!(!refuses(Lane::Normal));
            breaker.note(403, None, false, now);
        }
        assert!(refuses(Lane::Normal) && !refuses(Lane::Page) && !refuses(Lane::Reply));
        let error = breaker.admit(Lane::Normal, now + Duration::from_secs(60)).unwrap_err();
        assert!(matches!(error, RestError::Limited { after, .. } if after == Duration::from_secs(540)), "{error}");
        for _ in EVERYDAY..2 * BRINK {
            breaker.note(403, None, false, now);
        }
        assert!(refuses(Lane::Page) && refuses(Lane::Reply));
        assert_eq!(breaker.invalid_count(now), BRINK);
        assert!(breaker.admit(Lane::Normal, now + WINDOW).is_ok());
    }

    #[test]
    fn a_401_on_the_bots_token_ends_everything() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        breaker.note(401, None, true, now);
        assert!(breaker.admit(Lane::Normal, now).is_ok(), "only that interaction's token is dead");
        breaker.note(401, None, false, now);
        assert!(*breaker.revoked().borrow());
        for lane in [Lane::Page, Lane::Reply, Lane::Normal] {
            assert!(matches!(breaker.admit(lane, now), Err(RestError::Rejected { status: 401, .. })));
        }
    }
}
