//! Pages that ring at a gateway: asked after, and stopped, when `app` says so.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::{after, sleep_until};
use crate::app::courier::Courier;
use crate::app::{App, Fault, Ringing};
use crate::gauges::GAUGES;

/// Works until stopped.
pub(super) async fn run(app: App, courier: Arc<dyn Courier>, stop: CancellationToken) {
    let mut commits = app.store().committed();
    while !stop.is_cancelled() {
        commits.mark_unchanged();
        GAUGES.turned("receipts", app.now());
        let turned = tokio::select! {
            turned = turn(&app, &*courier) => turned,
            // What was not taken down is asked again after the start.
            () = stop.cancelled() => return,
        };
        match turned {
            Ok(0) => {
                let next = app.next_ringing().await.unwrap_or_default();
                tokio::select! {
                    () = sleep_until(&app, next, &mut commits) => {}
                    () = stop.cancelled() => {}
                }
            }
            Ok(_) => {}
            Err(fault) => after(&fault, "receipts").await,
        }
    }
}

/// One round: everything that is due now, side by side.
pub(super) async fn turn(app: &App, courier: &dyn Courier) -> Result<usize, Fault> {
    let due = app.ringing().await?;
    let count = due.len();
    let mut all: FuturesUnordered<_> = due.iter().map(|ringing| one(app, courier, ringing)).collect();
    while let Some(done) = all.next().await {
        done?;
    }
    Ok(count)
}

async fn one(app: &App, courier: &dyn Courier, ringing: &Ringing) -> Result<(), Fault> {
    let Some(delivery) = app.prepare_ringing(ringing).await? else { return Ok(()) };
    let told = courier.deliver(delivery).await;
    app.record_ringing(ringing, told).await
}
