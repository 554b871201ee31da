//! Deadlines that have come: claimed roots are looked at again. A tick carries no decision.

use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;

use super::call::{CALL, read};
use super::facts::read_state;
use super::oncall::COVER;
use super::save::{INCIDENT, PARKED_FOR};
use super::schedule::SCHEDULE;
use super::{App, Fault};
use crate::domain::id::{CallId, CoverId, IncidentId, ScheduleId, Timestamp};
use crate::store::{Store, StoreError, Tx, call as calls, incident as incidents, outbox, receipt, timeline, wake};

/// How long a claimed deadline is ours: looking at an incident again takes milliseconds.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// Waits before a root that met a fault of the store is looked at again: together less than the claim lasts.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
/// Roots claimed at once.
const BATCH: i64 = 200;

impl App {
    /// Looks again at every root whose deadline has come, `side_by_side` at a time; returns how many.
    ///
    /// # Errors
    /// A fault of the claim. One root that cannot be looked at is logged, and tried again when its lease ends.
    pub async fn wake_up(&self, side_by_side: usize) -> Result<usize, Fault> {
        let now = self.now();
        let claimed =
            self.store().write(move |tx| Box::pin(async move { wake::claim(tx, now, now + LEASE, BATCH).await }));
        let woken = claimed.await.map_err(|why| Fault::new("claim deadlines", why))?;
        let count = woken.len();
        let looks = futures::stream::iter(woken).map(|woken| self.look_again(woken));
        looks.buffer_unordered(side_by_side).for_each(|()| async {}).await;
        Ok(count)
    }

    async fn look_again(&self, woken: wake::Woken) {
        let mut pauses = PAUSES.into_iter();
        while let Err(fault) = self.look_once(&woken).await {
            tracing::error!(%fault, noun = woken.noun, id = woken.id, "a deadline could not be looked at");
            match pauses.next().filter(|_| fault.is_transient()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return,
            }
        }
    }

    async fn look_once(&self, woken: &wake::Woken) -> Result<(), Fault> {
        match woken.noun.as_str() {
            INCIDENT => self.tick(IncidentId(woken.id)).await,
            CALL => self.tick_call(CallId(woken.id)).await,
            COVER => self.tick_cover(CoverId(woken.id)).await,
            SCHEDULE => self.tick_schedule(ScheduleId(woken.id)).await,
            other => Err(Fault::new("look at a root again", format!("this version knows no {other}"))),
        }
    }

    /// The latest moment at which something was written down, as far as anything still has a deadline: time has got that far.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn last_written(store: &Store) -> Result<Option<Timestamp>, Fault> {
        let found = store.read(move |conn| {
            Box::pin(async move {
                // Nobody waits for a schedule as for a page: alone, it is no reason to distrust a clock.
                let live = wake::any_but(conn, SCHEDULE).await?;
                Ok(timeline::newest(conn).await?.filter(|_| live))
            })
        });
        found.await.map_err(|why: StoreError| Fault::new("look for what was written last", why))
    }

    /// At the start, before anything is claimed: what an earlier process had in hand when it ended is taken up at once, and what
    /// waits for its room waits for as long as if it had been asked for now: nobody made rooms in the meantime.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn take_up(&self) -> Result<(), Fault> {
        let now = self.now();
        let until = now + PARKED_FOR;
        let taken = self.store().write(move |tx| {
            Box::pin(async move {
                let inherited = outbox::tried(tx).await?;
                outbox::forget_claims(tx).await?;
                outbox::park_until(tx, until).await?;
                receipt::forget_claims(tx, now).await?;
                wake::forget_claims(tx).await?;
                Ok(inherited)
            })
        });
        let inherited =
            taken.await.map_err(|why: crate::store::StoreError| Fault::new("take up what was in hand", why))?;
        self.inherits(inherited);
        Ok(())
    }

    /// At the start: what an earlier version wrote down wakes by the rules of this one. A state that cannot be read keeps nothing else
    /// from it: whoever looks at that says so.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn set_deadlines(&self) -> Result<(), Fault> {
        let set = self.store().write(|tx| {
            Box::pin(async move {
                for id in incidents::live_ids(tx).await? {
                    let state = incidents::peek(tx, id).await?.and_then(|row| read_state(&row).ok());
                    if let Some(state) = state {
                        set(tx, INCIDENT, id.0, state.next_deadline()).await?;
                    }
                }
                for id in calls::live_ids(tx).await? {
                    let state = calls::peek(tx, id).await?.and_then(|row| read(&row).ok());
                    if let Some(state) = state {
                        set(tx, CALL, id.0, state.next_deadline()).await?;
                    }
                }
                Ok(())
            })
        });
        set.await.map_err(|why: StoreError| Fault::new("set the deadlines of what is open", why))
    }

    /// When the next deadline comes, or something parked has waited long enough.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, Fault> {
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let (wake, parked) = (wake::next_due(conn).await?, outbox::next_parked_due(conn).await?);
                Ok(wake.into_iter().chain(parked).min())
            })
        });
        found.await.map_err(|why: crate::store::StoreError| Fault::new("look for deadlines", why))
    }
}

/// One that is right already stays as it is, with whoever holds it.
async fn set(tx: &mut Tx, noun: &'static str, id: i64, due: Option<Timestamp>) -> Result<(), StoreError> {
    if wake::due(tx, noun, id).await? == due { Ok(()) } else { wake::set(tx, noun, id, due).await }
}
