//! Deadlines: sleeps until the earliest, claims what is due, has it looked at again.

use tokio_util::sync::CancellationToken;

use super::{after, sleep_until};
use crate::app::{App, Fault};
use crate::gauges::GAUGES;

/// Roots looked at side by side: the connections of a PostgreSQL pool, and enough for a full batch of SQLite's writer.
const SIDE_BY_SIDE: usize = 16;

/// Wakes until stopped.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut commits = app.store().committed();
    while !stop.is_cancelled() {
        commits.mark_unchanged();
        GAUGES.turned("deadlines", app.now());
        match turn(&app, SIDE_BY_SIDE).await {
            Ok(0) => {
                let next = app.next_wake().await.unwrap_or_default();
                tokio::select! {
                    () = sleep_until(&app, next, &mut commits) => {}
                    () = stop.cancelled() => {}
                }
            }
            Ok(_) => {}
            Err(fault) => after(&fault, "wake").await,
        }
    }
}

/// One round: everything that is due now.
pub(super) async fn turn(app: &App, side_by_side: usize) -> Result<usize, Fault> {
    // Deadlines first: no fault of a parked row keeps them waiting.
    let woken = app.wake_up(side_by_side).await?;
    let freed = app.free_parked().await?;
    Ok(woken + freed)
}
