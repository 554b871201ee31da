//! Whether Discord is out of reach for deliveries (ENGAGEMENT 10): counted from what came of them, kept in memory only.
//!
//! Idle is no outage: only tried deliveries count. A restart forgets it; what stands still then is looked at again by its own deadline.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use chrono::TimeDelta;
use futures::StreamExt;

use super::courier::{Miss, Receipt};
use super::outbox::Work;
use super::{App, Fault};
use crate::domain::contact::Way;
use crate::domain::id::{CallId, IncidentId, OutboxId, Timestamp};
use crate::store::{StoreError, call, incident, outbox};

/// Failing for so long is an outage (ENGAGEMENT 10).
const OUTAGE_AFTER: TimeDelta = TimeDelta::seconds(60);
/// A failure older than that says nothing about now: the longest wait between two tries (30 s), a call that runs into its time
/// limits, and some more.
const STALE_AFTER: TimeDelta = TimeDelta::seconds(90);
/// Rows that are hurried when Discord is back; those beyond wait out their backoff, 30 s at most.
const HURRIED_MAX: usize = 200;
/// Roots looked at side by side when it begins or ends.
const SIDE_BY_SIDE: usize = 16;

/// What deliveries have told so far.
#[derive(Debug, Default)]
pub(super) struct Weather {
    /// First and latest failure since the last success.
    failing: Option<(Timestamp, Timestamp)>,
    /// What was told last: the roots know of the outage.
    told: bool,
    /// Rows that back off because of it.
    waiting: BTreeSet<OutboxId>,
}

/// What a delivery says about Discord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Reached,
    NotReached,
    /// It asked nothing of Discord, or Discord asked for patience.
    Nothing,
}

/// What changed by a delivery.
#[derive(Debug)]
pub(super) enum Turned {
    Began,
    /// These rows may go at once.
    Ended(Vec<OutboxId>),
}

impl Weather {
    fn outage(&self, now: Timestamp) -> Option<Timestamp> {
        let (first, latest) = self.failing?;
        (now - first >= OUTAGE_AFTER && now - latest <= STALE_AFTER).then_some(first)
    }

    fn hear(&mut self, heard: Heard, row: OutboxId, now: Timestamp) -> Option<Turned> {
        match heard {
            Heard::Nothing => return None,
            Heard::Reached => self.failing = None,
            Heard::NotReached => {
                let goes_on = self.failing.filter(|(_, latest)| now - *latest <= STALE_AFTER && now >= *latest);
                self.failing = Some((goes_on.map_or(now, |(first, _)| first), now));
                if self.waiting.len() < HURRIED_MAX {
                    self.waiting.insert(row);
                }
            }
        }
        let outage = self.outage(now).is_some();
        let waiting = if heard == Heard::Reached { std::mem::take(&mut self.waiting) } else { BTreeSet::new() };
        match (std::mem::replace(&mut self.told, outage), outage) {
            (false, true) => Some(Turned::Began),
            // A failure after a long pause begins a new count; that is no answer of Discord's.
            (true, false) if heard == Heard::Reached => Some(Turned::Ended(waiting.into_iter().collect())),
            _ => None,
        }
    }
}

impl App {
    /// There is a mail server here: pages go by mail from now on.
    pub fn carry_mail(&self) {
        self.0.mail.store(true, Ordering::Relaxed);
    }

    /// Ways outside Discord that something carries here.
    pub(super) fn ways_outside(&self) -> BTreeSet<Way> {
        let mail = self.0.mail.load(Ordering::Relaxed).then_some(Way::Email);
        [Way::Webhook].into_iter().chain(mail).collect()
    }

    /// Since when no delivery has got through; `None`: some do, or none was tried.
    pub fn outage(&self) -> Option<Timestamp> {
        self.weather().outage(self.now())
    }

    /// Takes down what a delivery says about Discord; something, where an outage begins or ends by that.
    pub(super) fn hear(&self, work: &Work, told: &Result<Receipt, Miss>) -> Option<Turned> {
        let heard = match told {
            _ if work.outside() => Heard::Nothing,
            Ok(_) | Err(Miss::Never { .. } | Miss::NobodyReached(_) | Miss::Lost { .. }) => Heard::Reached,
            Err(Miss::Down { .. } | Miss::Unsure { .. }) => Heard::NotReached,
            Err(Miss::Retry { .. } | Miss::Limited { .. }) => Heard::Nothing,
        };
        let now = self.now();
        self.weather().hear(heard, work.id(), now)
    }

    /// An outage has begun or ended: everything that may page somebody is looked at again, and what waited goes now.
    pub(super) async fn weather_turned(&self, turned: Turned) -> Result<(), Fault> {
        match &turned {
            Turned::Began => {
                tracing::error!("Discord has taken nothing for a minute: paging waits, or goes other ways")
            }
            Turned::Ended(_) => tracing::warn!("Discord answers again: what waited goes out now"),
        }
        if let Turned::Ended(rows) = turned {
            let now = self.now();
            let hurried = self.store().write(move |tx| Box::pin(async move { outbox::hurry(tx, &rows, now).await }));
            hurried.await.map_err(|why| Fault::new("hurry deliveries", why))?;
        }
        self.look_at_all().await
    }

    /// Looks again at every incident and call that is not over. One that cannot be looked at is logged; its own deadline comes soon.
    async fn look_at_all(&self) -> Result<(), Fault> {
        let found = self
            .store()
            .read(|conn| Box::pin(async move { Ok((incident::live_ids(conn).await?, call::live_ids(conn).await?)) }));
        let (incidents, calls): (Vec<IncidentId>, Vec<CallId>) =
            found.await.map_err(|why: StoreError| Fault::new("look for what is not over", why))?;
        let incidents = futures::stream::iter(incidents).map(|id| self.tick(id));
        incidents.buffered(SIDE_BY_SIDE).for_each(|looked| async { log(looked) }).await;
        let calls = futures::stream::iter(calls).map(|id| self.tick_call(id));
        calls.buffered(SIDE_BY_SIDE).for_each(|looked| async { log(looked) }).await;
        Ok(())
    }

    fn weather(&self) -> MutexGuard<'_, Weather> {
        self.0.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(looked: Result<(), Fault>) {
    if let Err(fault) = looked {
        tracing::error!(%fault, "what an outage changes could not be looked at");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_767_607_200 + second, 0).expect("an instant")
    }

    /// What is heard, at which second, and whether there is an outage after it.
    fn check(rows: &[(i64, Heard, bool)]) {
        let mut weather = Weather::default();
        for (second, heard, outage) in rows {
            weather.hear(*heard, OutboxId(1), at(*second));
            assert_eq!(weather.outage(at(*second)).is_some(), *outage, "second {second} of {rows:?}");
        }
    }

    #[test]
    fn a_minute_of_failures_is_an_outage_and_one_success_ends_it() {
        use Heard::{NotReached, Nothing, Reached};
        check(&[(0, NotReached, false), (30, NotReached, false), (60, NotReached, true), (70, Reached, false)]);
        check(&[(0, NotReached, false), (30, Reached, false), (60, NotReached, false), (119, NotReached, false)]);
        check(&[(0, NotReached, false), (30, Nothing, false), (60, Nothing, true)]);
    }

    #[test]
    fn idle_does_not_count() {
        use Heard::{NotReached, Nothing};
        check(&[(0, NotReached, false), (600, NotReached, false), (630, NotReached, false), (661, NotReached, true)]);
        check(&[(0, NotReached, false), (60, NotReached, true), (151, Nothing, false)]);
    }

    #[test]
    fn a_clock_that_steps_back_begins_anew() {
        use Heard::NotReached;
        check(&[(3_600, NotReached, false), (0, NotReached, false), (30, NotReached, false), (60, NotReached, true)]);
    }

    #[test]
    fn a_failure_after_a_pause_is_not_told_as_an_answer() {
        let mut weather = Weather::default();
        let mut turns = Vec::new();
        for second in [0, 60, 300, 360] {
            turns.extend(weather.hear(Heard::NotReached, OutboxId(second), at(second)));
        }
        assert!(matches!(&turns[..], [Turned::Began, Turned::Began]), "{turns:?}");
    }

    #[test]
    fn the_turns_are_told_once() {
        let mut weather = Weather::default();
        let mut turns = Vec::new();
        for (second, heard) in [(0, false), (60, false), (80, false), (90, true), (91, true)] {
            let heard = if heard { Heard::Reached } else { Heard::NotReached };
            turns.extend(weather.hear(heard, OutboxId(second), at(second)));
        }
        let rows = [0, 60, 80].map(OutboxId).to_vec();
        assert!(matches!(&turns[..], [Turned::Began, Turned::Ended(waited)] if *waited == rows), "{turns:?}");
    }
}
