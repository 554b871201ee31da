//! Housekeeping: forgets by the hour what is old, and lays the ballast again once there is room.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::gauges::GAUGES;

/// How soon after room was made something new is taken in again.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(30);
/// Every so many looks for room it is cleaned, first at the first: by the hour, for what is kept for days need not go by the minute.
const CLEAN_EVERY: u64 = 120;

/// Works until stopped.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut looks = 0_u64;
    while timeout(LOOK_FOR_ROOM, stop.cancelled()).await.is_err() {
        GAUGES.turned("cleaning", app.now());
        app.store().lay_ballast().await;
        looks += 1;
        if looks % CLEAN_EVERY != 1 {
            continue;
        }
        match app.clean().await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "what was old is forgotten"),
            // What is old can wait: nothing depends on its being gone.
            Err(fault) => tracing::warn!(%fault, "what is old stays for now"),
        }
    }
}
