//! Deliveries of one lane: claimed in order, those of one root one after the other, those of others beside them.

use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{PAUSES, after, sleep_until, wait_out};
use crate::app::courier::{Courier, Miss, Receipt};
use crate::app::{App, Fault, Lane, Prepared, Work};
use crate::domain::id::Root;
use crate::gauges::GAUGES;

/// Rows claimed at once.
const BATCH: i64 = 32;
/// Rows in hand at most; more would only lengthen what a restart has to wait for.
const IN_HAND_MAX: usize = 128;

/// Works of one lane until stopped. What has begun then is finished; the rest is claimed again after the restart.
pub(super) async fn run(app: App, courier: Arc<dyn Courier>, lane: Lane, stop: CancellationToken) {
    let mut commits = app.store().committed();
    let mut hands = Hands { app: app.clone(), courier, lane, waiting: BTreeMap::new(), busy: FuturesUnordered::new() };
    loop {
        commits.mark_unchanged();
        GAUGES.turned(name(lane), app.now());
        if stop.is_cancelled() && hands.busy.is_empty() {
            return;
        }
        if hands.busy.len() < IN_HAND_MAX && !stop.is_cancelled() {
            match app.claim(lane, BATCH).await {
                Ok(works) => works.into_iter().for_each(|work| hands.take(work)),
                Err(fault) => after(&fault, "outbox").await,
            }
        }
        let next = app.next_delivery(lane).await.unwrap_or_default();
        tokio::select! {
            Some(done) = hands.busy.next(), if !hands.busy.is_empty() => hands.next_of(done.unwrap_or_default(), &stop),
            () = sleep_until(&app, next, &mut commits), if !stop.is_cancelled() => {}
            () = stop.cancelled(), if !stop.is_cancelled() => {}
            // Told to stop in the meantime, with nothing in hand: the next round ends.
            else => {}
        }
    }
}

/// What is being delivered, and what waits for its turn behind that.
struct Hands {
    app: App,
    courier: Arc<dyn Courier>,
    lane: Lane,
    /// Works of a root that is busy, in order.
    waiting: BTreeMap<Root, VecDeque<Work>>,
    busy: FuturesUnordered<JoinHandle<Option<Root>>>,
}

impl Hands {
    /// Pages go out side by side; what decorates one root keeps its order.
    fn take(&mut self, work: Work) {
        match work.root().filter(|_| self.lane == Lane::Normal) {
            None => self.begin(work, None),
            Some(root) => match self.waiting.get_mut(&root) {
                Some(queue) => queue.push_back(work),
                None => {
                    self.waiting.insert(root, VecDeque::new());
                    self.begin(work, Some(root));
                }
            },
        }
    }

    fn begin(&self, mut work: Work, root: Option<Root>) {
        let (app, courier) = (self.app.clone(), self.courier.clone());
        self.busy.push(tokio::spawn(async move {
            // Either way the claim runs out and the row is delivered again, with the same nonce.
            match AssertUnwindSafe(deliver(&app, &*courier, &mut work)).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => {
                    tracing::error!(%fault, kind = work.kind(), root = ?root, "a delivery was not taken down");
                }
                Err(_) => tracing::error!(kind = work.kind(), root = ?root, "a delivery panicked"),
            }
            root
        }));
    }

    /// One delivery has ended: the next of its root.
    fn next_of(&mut self, root: Option<Root>, stop: &CancellationToken) {
        let Some(root) = root else { return };
        let next = self.waiting.get_mut(&root).and_then(VecDeque::pop_front).filter(|_| !stop.is_cancelled());
        match next {
            Some(work) => self.begin(work, Some(root)),
            None => drop(self.waiting.remove(&root)),
        }
    }
}

/// One round of a lane, for tests: claims, delivers and records one after the other.
pub(super) async fn turn(app: &App, courier: &dyn Courier, lane: Lane) -> Result<usize, Fault> {
    let claimed = app.claim(lane, BATCH).await?;
    let count = claimed.len();
    for mut work in claimed {
        deliver(app, courier, &mut work).await?;
    }
    Ok(count)
}

async fn deliver(app: &App, courier: &dyn Courier, work: &mut Work) -> Result<(), Fault> {
    let mut pauses = PAUSES.into_iter();
    let prepared = loop {
        match app.prepare(work).await {
            Ok(prepared) => break prepared,
            Err(fault) => wait_out(fault, &mut pauses).await?,
        }
    };
    let Prepared::Deliver(delivery) = prepared else { return Ok(()) };
    let told = courier.deliver(*delivery).await;
    if let Err(Miss::Retry { why, .. } | Miss::Down { why, .. } | Miss::Unsure { why }) = &told {
        tracing::info!(kind = work.kind(), root = ?work.root(), why, "a delivery is tried again");
    }
    if work.pages() {
        count(app, work, &told);
    }
    let mut pauses = PAUSES.into_iter();
    while let Err(fault) = app.record(work, told.clone()).await {
        wait_out(fault, &mut pauses).await?;
    }
    Ok(())
}

fn count(app: &App, work: &Work, told: &Result<Receipt, Miss>) {
    match told {
        Ok(_) => GAUGES.page_sent(app.now() - work.created_at()),
        Err(Miss::Retry { .. } | Miss::Down { .. } | Miss::Unsure { .. }) => {}
        Err(_) => GAUGES.page_failed(),
    }
}

/// A lane's loop, as health and metrics call it.
fn name(lane: Lane) -> &'static str {
    match lane {
        Lane::Page => "pages",
        Lane::Normal => "other_deliveries",
    }
}
