//! The limit over all: Discord's 50 requests a second for the whole bot, kept by ourselves, and the stop a global 429 orders.
//!
//! Pure: time comes in, nothing waits here.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Limited;
use super::bucket::Turn;
use super::call::Lane;
use super::error::Scope;

/// Requests a second we allow ourselves: Discord's 50, less two.
const PER_SECOND: usize = 48;
/// What everyday calls may use of it: a page always finds a free place.
const EVERYDAY_PER_SECOND: usize = 43;
const SECOND: Duration = Duration::from_secs(1);
/// A request that is not answered by then has long been counted.
const ARRIVES_WITHIN: Duration = Duration::from_millis(500);

/// A request counts for a second from when it arrives, and that is at its answer at the latest: the network, and a busy machine,
/// bunch what we spread.
#[derive(Default)]
pub(super) struct Pace {
    /// Until when a request counts, in the order in which they left.
    counted: BTreeMap<Place, Instant>,
    last: Place,
    closed: Option<(Instant, Scope)>,
}

/// The place of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

impl Pace {
    /// `ahead`: calls that wait here before this one.
    pub fn turn(&mut self, lane: Lane, ahead: u32, now: Instant) -> Turn {
        let share = share(lane);
        let queue = SECOND * ahead / share as u32;
        if let Some((until, scope)) = self.closed.filter(|(until, _)| *until > now) {
            return Turn::At(until + queue, scope);
        }
        self.counted.retain(|_, until| *until > now);
        match self.counted.len().checked_sub(share) {
            None => Turn::Now,
            Some(blocking) => {
                let mut ends: Vec<Instant> = self.counted.values().copied().collect();
                let (_, end, _) = ends.select_nth_unstable(blocking);
                Turn::At(*end + queue, Scope::Own)
            }
        }
    }

    pub fn reserve(&mut self, now: Instant) -> Place {
        self.last = Place(self.last.0 + 1);
        self.counted.insert(self.last, now + ARRIVES_WITHIN + SECOND);
        self.last
    }

    /// The request has arrived: there is an answer.
    pub fn answered(&mut self, place: Place, now: Instant) {
        if let Some(until) = self.counted.get_mut(&place) {
            *until = (*until).min(now + SECOND);
        }
    }

    /// It never left.
    pub fn give_back(&mut self, place: Place) {
        self.counted.remove(&place);
    }

    pub fn close(&mut self, limited: Limited, now: Instant) {
        let until = self.closed.map_or(now + limited.after, |(until, _)| until.max(now + limited.after));
        self.closed = Some((until, limited.scope));
    }
}

fn share(lane: Lane) -> usize {
    match lane {
        Lane::Page | Lane::Reply => PER_SECOND,
        Lane::Normal => EVERYDAY_PER_SECOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as many as may go at once; they are answered at once.
    fn burst(pace: &mut Pace, lane: Lane, now: Instant) -> usize {
        let sent = std::iter::from_fn(|| (pace.turn(lane, 0, now) == Turn::Now).then(|| pace.reserve(now)));
        let sent: Vec<Place> = sent.collect();
        sent.iter().for_each(|place| pace.answered(*place, now));
        sent.len()
    }

    #[test]
    fn everyday_calls_leave_places_for_pages() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(burst(&mut pace, Lane::Normal, now), EVERYDAY_PER_SECOND);
        assert_eq!(burst(&mut pace, Lane::Page, now), PER_SECOND - EVERYDAY_PER_SECOND);
        assert_eq!(pace.turn(Lane::Page, 0, now), Turn::At(now + SECOND, Scope::Own));
    }

    #[test]
    fn no_second_sees_more_than_its_share() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut sent = Vec::new();
        for ms in 0..3000 {
            let now = start + Duration::from_millis(ms);
            sent.extend(std::iter::repeat_n(ms, burst(&mut pace, Lane::Page, now)));
        }
        assert_eq!(sent.len(), 3 * PER_SECOND);
        assert!(sent.windows(PER_SECOND + 1).all(|run| run[PER_SECOND] - run[0] >= 1000));
    }

    #[test]
    fn what_arrives_late_counts_from_then_but_holds_its_place_no_longer_than_a_request_takes() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let slow: Vec<Place> = (0..PER_SECOND).map(|_| pace.reserve(start)).collect();
        let later = start + Duration::from_millis(400);
        pace.answered(slow[0], later);
        assert_eq!(pace.turn(Lane::Page, 0, later), Turn::At(later + SECOND, Scope::Own));
        assert_eq!(burst(&mut pace, Lane::Page, later + SECOND), 1);
        assert_eq!(burst(&mut pace, Lane::Page, start + ARRIVES_WITHIN + SECOND), PER_SECOND - 1);
    }

    #[test]
    fn what_never_left_does_not_count() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let places: Vec<Place> = (0..PER_SECOND).map(|_| pace.reserve(now)).collect();
        assert_ne!(pace.turn(Lane::Page, 0, now), Turn::Now);
        pace.give_back(places[0]);
        assert_eq!(pace.turn(Lane::Page, 0, now), Turn::Now);
    }

    #[test]
    fn a_global_stop_is_never_shortened() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.close(Limited { after: Duration::from_secs(9), scope: Scope::Edge }, now);
        pace.close(Limited { after: Duration::from_secs(1), scope: Scope::Global }, now);
        let end = now + Duration::from_secs(9);
        assert_eq!(pace.turn(Lane::Page, 0, now), Turn::At(end, Scope::Global));
        assert_eq!(pace.turn(Lane::Page, 0, end), Turn::Now);
    }
}
