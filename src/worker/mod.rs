//! Loops that decide nothing: claim, call, record. What is due is said by the store; what happens by `app`.
//!
//! Each loop subscribes to commits before it looks, so that no wake-up is lost, and ends when the token is cancelled.

mod audit;
mod clean;
mod outbox;
mod receipt;
mod wake;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::courier::Courier;
use crate::app::{App, Fault, Lane};
use crate::domain::id::Timestamp;
use crate::gauges::GAUGES;

/// Longest sleep without looking: a commit of another process is seen this late at most.
const LOOK_AT_LEAST: Duration = Duration::from_millis(500);
/// Pause after a fault of the store, so that a broken database is not hammered.
const AFTER_FAULT: Duration = Duration::from_millis(500);
/// Waits before what met a fault of the store goes on: with the store's own limits less than a claim lasts.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Starts every loop; they end when `stop` is cancelled, each after what it has in hand. One process at a time works on a database.
///
/// # Errors
/// A fault of the store: what an earlier process had in hand could not be taken up.
pub async fn start(app: &App, courier: &Arc<dyn Courier>, stop: &CancellationToken) -> Result<TaskTracker, Fault> {
    app.take_note_of_restore().await?;
    app.take_up().await?;
    app.set_deadlines().await?;
    app.take_up_schedules().await?;
    let tasks = TaskTracker::new();
    for lane in Lane::ALL {
        tasks.spawn(kept(outbox::run(app.clone(), courier.clone(), lane, stop.clone()), stop.clone()));
    }
    tasks.spawn(kept(receipt::run(app.clone(), courier.clone(), stop.clone()), stop.clone()));
    tasks.spawn(kept(wake::run(app.clone(), stop.clone()), stop.clone()));
    tasks.spawn(kept(clean::run(app.clone(), stop.clone()), stop.clone()));
    tasks.spawn(kept(audit::run(app.clone(), stop.clone()), stop.clone()));
    tasks.close();
    Ok(tasks)
}

/// A loop that panics ends the process in good order: half a bot that looks alive is worse than a restart.
async fn kept(run: impl Future<Output = ()>, stop: CancellationToken) {
    if AssertUnwindSafe(run).catch_unwind().await.is_err() {
        tracing::error!("a loop panicked: the process ends, start it again");
        GAUGES.lost_loop();
        stop.cancel();
    }
}

/// Does everything that is due now, one thing after the other, until nothing is: for tests with a clock that stands still.
///
/// Returns how many things were done.
///
/// # Errors
/// The first fault of the store.
pub async fn drain(app: &App, courier: &dyn Courier) -> Result<usize, Fault> {
    let mut all = 0;
    loop {
        let mut done = wake::turn(app, 1).await?;
        for lane in Lane::ALL {
            done += outbox::turn(app, courier, lane).await?;
        }
        done += receipt::turn(app, courier).await?;
        if done == 0 {
            return Ok(all);
        }
        all += done;
    }
}

/// Sleeps until `at`, a commit, or the longest time without looking.
async fn sleep_until(app: &App, at: Option<Timestamp>, commits: &mut tokio::sync::watch::Receiver<u64>) {
    let wait = at.map_or(LOOK_AT_LEAST, |at| (at - app.now()).to_std().unwrap_or(Duration::ZERO).min(LOOK_AT_LEAST));
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        changed = commits.changed() => {
            // An error means that the store is closed: the stop token follows.
            if changed.is_err() {
                tokio::time::sleep(wait).await;
            }
        }
    }
}

async fn after(fault: &Fault, what: &'static str) {
    tracing::error!(%fault, what, "a loop goes on after a fault");
    tokio::time::sleep(AFTER_FAULT).await;
}

/// A fault that passes is waited out while the claim is ours, so that neither the page nor its receipt waits for the claim to end.
async fn wait_out(fault: Fault, pauses: &mut impl Iterator<Item = Duration>) -> Result<(), Fault> {
    match pauses.next().filter(|_| fault.is_transient()) {
        Some(pause) => tokio::time::sleep(pause).await,
        None => return Err(fault),
    }
    Ok(())
}
