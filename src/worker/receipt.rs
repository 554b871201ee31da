//! Pages that ring at a gateway: asked after, and stopped, when `app` says so. One that hangs keeps no other waiting.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::{after, sleep_until};
use crate::app::courier::Courier;
use crate::app::{App, Fault, Ringing};
use crate::gauges::GAUGES;

/// Calls at once, at most.
const SIDE_BY_SIDE: usize = 32;

/// Works until stopped.
pub(super) async fn run(app: App, courier: Arc<dyn Courier>, stop: CancellationToken) {
    let mut commits = app.store().committed();
    let mut working = FuturesUnordered::new();
    while !stop.is_cancelled() {
        commits.mark_unchanged();
        GAUGES.turned("receipts", app.now());
        match due(&app, SIDE_BY_SIDE - working.len()).await {
            Ok(due) => working.extend(due.into_iter().map(|ringing| one(&app, &*courier, ringing))),
            Err(fault) => after(&fault, "receipts").await,
        }
        let next = app.next_ringing().await.unwrap_or_default();
        let full = working.len() == SIDE_BY_SIDE;
        tokio::select! {
            Some(()) = working.next() => {}
            () = sleep_until(&app, next, &mut commits), if !full => {}
            // What was not taken down is asked again after the start.
            () = stop.cancelled() => {}
        }
    }
}

/// One round: everything that is due now, side by side.
pub(super) async fn turn(app: &App, courier: &dyn Courier) -> Result<usize, Fault> {
    let due = due(app, SIDE_BY_SIDE).await?;
    let count = due.len();
    let all: FuturesUnordered<_> = due.into_iter().map(|ringing| one(app, courier, ringing)).collect();
    all.collect::<()>().await;
    Ok(count)
}

async fn due(app: &App, room: usize) -> Result<Vec<Ringing>, Fault> {
    app.ringing(i64::try_from(room).unwrap_or_default()).await
}

/// A fault of one page is not that of another: it is looked at again, by and by.
async fn one(app: &App, courier: &dyn Courier, ringing: Ringing) {
    let done = async {
        let Some(delivery) = app.prepare_ringing(&ringing).await? else { return Ok(()) };
        let told = courier.deliver(delivery).await;
        app.record_ringing(&ringing, told).await
    };
    let done: Result<(), Fault> = done.await;
    if let Err(fault) = done {
        tracing::error!(%fault, "a page that rings is looked at again");
    }
}
