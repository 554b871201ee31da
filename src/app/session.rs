//! The budget of gateway sessions: written down before each begins, so that the waits between them survive a restart.
//! Opens no connection; `discord` asks before it does.
//!
//! Discord allows 1,000 a day and resets the token of a bot that needs more: nobody would be paged until somebody notices.

use std::time::Duration;

use chrono::TimeDelta;

use super::{App, Fault};
use crate::domain::id::Timestamp;
use crate::store::StoreError;
use crate::store::session::{self, Begun};

/// Sessions an hour that need not wait: a day of updates and a bad network need fewer. A process that was told to stop begins
/// anew with them, so that no planned restart waits.
const FREE_AN_HOUR: i64 = 10;
/// Beyond them each waits twice as long as the one before, at most this long. A process that crashes at once gets to 20 sessions an
/// hour that way, 480 a day: half of what Discord allows.
const LONGEST_WAIT_S: i64 = 300;
/// From here on, planned or not, every session waits: half of the day's budget is gone.
const HALF_A_DAY: i64 = 500;
/// 96 a day: what is left lasts for five days.
const SPARING_WAIT_S: i64 = 900;
const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);

impl App {
    /// How long to wait before a gateway session may be begun; zero: not at all.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn session_wait(&self) -> Result<Duration, Fault> {
        let now = self.now();
        let begun = self
            .store()
            .read(move |conn| Box::pin(async move { session::begun(conn, now - HOUR, now - DAY).await }))
            .await;
        let begun = begun.map_err(|why: StoreError| Fault::new("count the gateway sessions", why))?;
        Ok(wait(begun, now))
    }

    /// So many gateway sessions are about to begin, or have begun by themselves.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn session_begins(&self, count: u32) -> Result<(), Fault> {
        let now = self.now();
        let mut mint = self.mint(now);
        let ids: Vec<i64> = (0..count).map(|_| mint.id()).collect();
        let begins = self.store().write(move |tx| {
            Box::pin(async move {
                session::clean(tx, now - DAY).await?;
                for id in ids {
                    session::begin(tx, id, now).await?;
                }
                Ok(())
            })
        });
        begins.await.map_err(|why: StoreError| Fault::new("write down a gateway session", why))
    }

    /// The process was told to stop: its next start is no crash.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn sessions_settle(&self) -> Result<(), Fault> {
        let now = self.now();
        let settled = self.store().write(move |tx| Box::pin(async move { session::settle(tx, now).await }));
        settled.await.map_err(|why: StoreError| Fault::new("write down that the gateway is left", why))
    }
}

/// What is left of the pause since the latest one.
fn wait(begun: Begun, now: Timestamp) -> Duration {
    let pause = TimeDelta::seconds(pause_s(begun));
    let left = begun.latest.map(|latest| latest + pause - now);
    // A clock that was set back must not stop the bot for longer than the pause itself.
    left.map_or(Duration::ZERO, |left| left.min(pause).to_std().unwrap_or_default())
}

fn pause_s(begun: Begun) -> i64 {
    if begun.today >= HALF_A_DAY {
        return SPARING_WAIT_S;
    }
    let beyond = u32::try_from(begun.lately - FREE_AN_HOUR).ok();
    beyond.map_or(0, |beyond| 2_i64.saturating_pow(beyond).min(LONGEST_WAIT_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Discord allows a day.
    const ALLOWED: usize = 1_000;

    fn begun_at(sessions: &[i64], now_s: i64, settled_s: i64) -> Begun {
        let since = |ago: i64| sessions.iter().filter(move |at| **at > now_s - ago);
        let lately = since(3_600).filter(|at| **at > settled_s).count();
        let latest = sessions.last().and_then(|at| Timestamp::from_timestamp(*at, 0));
        Begun {
            lately: i64::try_from(lately).expect("few"),
            today: i64::try_from(since(86_400).count()).expect("few"),
            latest,
        }
    }

    /// The sessions of three days in which the process starts again `every_s` after each; `planned`: it was told to stop each time.
    fn loop_of(every_s: i64, planned: bool) -> Vec<i64> {
        let (mut sessions, mut now) = (Vec::new(), 1_000_000);
        while now < 1_000_000 + 3 * 86_400 {
            let settled = if planned { now } else { 0 };
            let at = Timestamp::from_timestamp(now, 0).expect("a time");
            now += i64::try_from(wait(begun_at(&sessions, now, settled), at).as_secs()).expect("short");
            sessions.push(now);
            now += every_s;
        }
        sessions
    }

    #[test]
    fn no_loop_of_restarts_uses_up_what_discord_allows() {
        for (every_s, planned) in [(1, false), (5, false), (60, false), (1, true), (30, true)] {
            let sessions = loop_of(every_s, planned);
            let most =
                sessions.iter().map(|end| sessions.iter().filter(|at| **at > end - 86_400 && **at <= *end).count());
            let most = most.max().unwrap_or_default();
            assert!(most < ALLOWED * 3 / 4, "{most} a day, every {every_s} s, planned: {planned}");
        }
    }

    #[test]
    fn the_first_restarts_and_planned_ones_wait_for_nothing() {
        let crashes: Vec<i64> = (0..FREE_AN_HOUR).map(|n| 1_000_000 + n).collect();
        let now = Timestamp::from_timestamp(1_000_010, 0).expect("a time");
        assert_eq!(wait(begun_at(&crashes[1..], 1_000_010, 0), now), Duration::ZERO);
        assert!(wait(begun_at(&[&crashes[..], &[1_000_010]].concat(), 1_000_010, 0), now) > Duration::ZERO);
        let many: Vec<i64> = (0..100).map(|n| 999_000 + n * 10).collect();
        assert_eq!(wait(begun_at(&many, 1_000_010, 1_000_009), now), Duration::ZERO, "it was told to stop");
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nothing_for_long() {
        let latest = Timestamp::from_timestamp(2_000_000, 0);
        let begun = Begun { lately: FREE_AN_HOUR, today: 20, latest };
        let now = Timestamp::from_timestamp(1_000_000, 0).expect("a time");
        assert_eq!(wait(begun, now), Duration::from_secs(1));
    }
}
