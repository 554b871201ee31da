//! The auditor's rhythm: has it look every ten seconds. What it looks for is said by `app`.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::after;
use crate::app::App;
use crate::gauges::GAUGES;

/// Between two rounds; the first comes after one, when what was overdue at the start has been worked off.
const EVERY: Duration = Duration::from_secs(10);

/// Audits until stopped.
pub(super) async fn run(app: App, stop: CancellationToken) {
    while timeout(EVERY, stop.cancelled()).await.is_err() {
        GAUGES.turned("audit", app.now());
        if let Err(fault) = app.audit().await {
            after(&fault, "audit").await;
        }
    }
}
