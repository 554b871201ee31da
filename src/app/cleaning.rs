//! What is kept only for a time, and for how long. Forgets no incident, no definition and nothing of who did what.

use chrono::TimeDelta;

use super::{App, Fault};
use crate::domain::id::Timestamp;
use crate::store::{StoreError, Tx, call, code, cover, outbox, post, seen};

/// Twice as long as a source is read back (`CATCH_UP_MAX`): what is read again then is still known.
const SEEN_KEPT: TimeDelta = TimeDelta::days(28);
/// What was sent, and why it was not: for whoever looks into it within the week.
const DELIVERIES_KEPT: TimeDelta = TimeDelta::days(7);
/// Pages of what is over: within this time a reaction to one still finds its incident.
const RECEIPTS_KEPT: TimeDelta = TimeDelta::days(90);
/// Rows of one transaction: some milliseconds, so that no page waits.
const BATCH: i64 = 500;

/// What is forgotten by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Old {
    Seen,
    Deliveries,
    Posts,
    Calls,
    Codes,
    Covers,
}

impl Old {
    /// In this order: a call goes after its messages.
    const ALL: [Old; 6] = [Old::Seen, Old::Deliveries, Old::Posts, Old::Calls, Old::Codes, Old::Covers];

    fn kept(self) -> TimeDelta {
        match self {
            Old::Seen => SEEN_KEPT,
            Old::Deliveries => DELIVERIES_KEPT,
            Old::Posts | Old::Calls | Old::Covers => RECEIPTS_KEPT,
            Old::Codes => super::ack::TRIES_IN,
        }
    }

    async fn clean(self, tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
        match self {
            Old::Seen => seen::clean(tx, before, BATCH).await,
            Old::Deliveries => outbox::clean(tx, before, BATCH).await,
            Old::Posts => post::clean(tx, before, BATCH).await,
            Old::Calls => call::clean(tx, before, BATCH).await,
            Old::Codes => code::clean(tx, before, BATCH).await,
            Old::Covers => cover::clean(tx, before, BATCH).await,
        }
    }
}

impl App {
    /// Forgets what has been kept long enough, in many small transactions; returns how many rows that were.
    ///
    /// # Errors
    /// A fault of the store; what was forgotten before it stays so.
    pub async fn clean(&self) -> Result<u64, Fault> {
        let mut all = 0;
        for old in Old::ALL {
            let before = self.now() - old.kept();
            loop {
                let cleaned = self.store().write(move |tx| Box::pin(old.clean(tx, before)));
                let rows = cleaned.await.map_err(|why: StoreError| Fault::new("forget what is old", why))?;
                all += rows;
                if rows == 0 {
                    break;
                }
            }
        }
        Ok(all)
    }
}
