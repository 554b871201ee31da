//! Tells the service manager that the bot works, still works, and ends (systemd's `sd_notify`). Says nothing where there is
//! none, and never waits for it.
//!
//! It works once its loops run on an open database: Discord may be away, and a bot that waits for it must not be killed.

use std::time::Duration;

use muster::app::App;
use muster::domain::health::Vitals;
use muster::gauges::GAUGES;
use sd_notify::NotifyState;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Fed this often within what the service manager allows, so that one late turn of the machine is no death.
const FEEDS: u32 = 3;
/// How often there is a look where nobody watches.
const IDLE: Duration = Duration::from_secs(60);

/// The loops run, the database is open.
pub fn works() {
    spawn_blocking(|| tell(NotifyState::Ready));
}

/// Feeds the watchdog while every loop turns, until stopped; then says that it ends.
pub async fn watch(app: App, stop: CancellationToken) {
    let every = sd_notify::watchdog_enabled().map_or(IDLE, |within| within / FEEDS);
    while timeout(every, stop.cancelled()).await.is_err() {
        if let Some(fed) = feed(&GAUGES.vitals(app.now())) {
            // Awaited: where nobody reads, one telling waits, not many.
            let _ended = spawn_blocking(|| tell(fed)).await;
        }
    }
    let _ended = spawn_blocking(|| tell(NotifyState::Stopping)).await;
}

fn feed(vitals: &Vitals) -> Option<NotifyState<'static>> {
    let deadly = vitals.deadly();
    if !deadly.is_empty() {
        tracing::error!(?deadly, "a loop stands still: the watchdog is not fed");
    }
    deadly.is_empty().then_some(NotifyState::Watchdog)
}

fn tell(state: NotifyState<'static>) {
    if let Err(why) = sd_notify::notify(&[state]) {
        tracing::warn!(%why, "the service manager was not told");
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use muster::domain::health::LOOP_STUCK;

    use super::*;

    #[test]
    fn a_loop_that_stands_still_starves_the_watchdog() {
        let now = DateTime::from_timestamp_micros(1_800_000_000_000_000).unwrap();
        let vitals = |last| Vitals {
            now,
            started_at: now - TimeDelta::hours(1),
            connected_at: None,
            catching_up: 0,
            lost_loops: 0,
            turns: [("deadlines", now), ("pages", last)].into(),
        };
        assert!(matches!(feed(&vitals(now - LOOP_STUCK)), Some(NotifyState::Watchdog)), "Discord may be away");
        assert!(feed(&vitals(now - LOOP_STUCK - TimeDelta::seconds(1))).is_none());
    }
}
