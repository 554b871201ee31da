//! Pages that ring at a gateway: asked after, and stopped, when `app` says so. One that hangs keeps no other waiting.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{PAUSES, after, sleep_until, wait_out};
use crate::app::courier::Courier;
use crate::app::{App, Fault, Ringing};
use crate::gauges::GAUGES;

/// Calls at once, at most.
const SIDE_BY_SIDE: usize = 32;

/// Works until stopped. What has begun then is given up, and done again after the start.
pub(super) async fn run(app: App, courier: Arc<dyn Courier>, stop: CancellationToken) {
    let mut commits = app.store().committed();
    let mut busy = JoinSet::new();
    while !stop.is_cancelled() {
        commits.mark_unchanged();
        GAUGES.turned("receipts", app.now());
        match due(&app, SIDE_BY_SIDE - busy.len()).await {
            Ok(due) => due.into_iter().for_each(|ringing| {
                let (app, courier) = (app.clone(), courier.clone());
                busy.spawn(async move { one(&app, &*courier, ringing).await });
            }),
            Err(fault) => after(&fault, "receipts").await,
        }
        let next = app.next_ringing().await.unwrap_or_default();
        let full = busy.len() == SIDE_BY_SIDE;
        tokio::select! {
            Some(done) = busy.join_next() => if let Err(why) = done {
                tracing::error!(%why, "a page that rings is looked at again");
            },
            () = sleep_until(&app, next, &mut commits), if !full => {}
            () = stop.cancelled() => {}
        }
    }
}

/// One round: everything that is due now, one after the other, for tests.
pub(super) async fn turn(app: &App, courier: &dyn Courier) -> Result<usize, Fault> {
    let due = due(app, SIDE_BY_SIDE).await?;
    let count = due.len();
    for ringing in due {
        one(app, courier, ringing).await;
    }
    Ok(count)
}

async fn due(app: &App, room: usize) -> Result<Vec<Ringing>, Fault> {
    app.ringing(i64::try_from(room).unwrap_or_default()).await
}

/// A fault of one page is not that of another: it is looked at again, by and by.
async fn one(app: &App, courier: &dyn Courier, ringing: Ringing) {
    if let Err(fault) = follow(app, courier, &ringing).await {
        tracing::error!(%fault, "a page that rings is looked at again");
    }
}

async fn follow(app: &App, courier: &dyn Courier, ringing: &Ringing) -> Result<(), Fault> {
    let mut pauses = PAUSES.into_iter();
    let prepared = loop {
        match app.prepare_ringing(ringing).await {
            Ok(prepared) => break prepared,
            Err(fault) => wait_out(fault, &mut pauses).await?,
        }
    };
    let Some(delivery) = prepared else { return Ok(()) };
    let told = courier.deliver(delivery).await;
    let mut pauses = PAUSES.into_iter();
    while let Err(fault) = app.record_ringing(ringing, told.clone()).await {
        wait_out(fault, &mut pauses).await?;
    }
    Ok(())
}
