//! The limit over all: Discord's 50 requests a second for the whole bot, kept by ourselves, and the stop a global 429 orders.
//!
//! Pure: time comes in, nothing waits here.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Limited;
use super::bucket::Turn;
use super::call::Lane;
use super::error::Scope;

/// Requests a second we allow ourselves: Discord's 50 less a tenth, because the network bunches what we spread.
const PER_SECOND: usize = 45;
/// What everyday calls may use of it: a page always finds a free place.
const EVERYDAY_PER_SECOND: usize = 40;
const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Pace {
    /// When the requests of the last second left; at most `PER_SECOND`.
    left: VecDeque<Instant>,
    closed: Option<(Instant, Scope)>,
}

impl Pace {
    /// `ahead`: calls that wait here before this one.
    pub fn turn(&mut self, lane: Lane, ahead: u32, now: Instant) -> Turn {
        let share = share(lane);
        let queue = SECOND * ahead / share as u32;
        if let Some((until, scope)) = self.closed.filter(|(until, _)| *until > now) {
            return Turn::At(until + queue, scope);
        }
        while self.left.front().is_some_and(|left| *left + SECOND <= now) {
            self.left.pop_front();
        }
        match self.left.len().checked_sub(share) {
            None => Turn::Now,
            Some(blocking) => Turn::At(self.left[blocking] + SECOND + queue, Scope::Own),
        }
    }

    pub fn reserve(&mut self, now: Instant) {
        self.left.push_back(now);
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

    /// Sends as many as may go at once.
    fn burst(pace: &mut Pace, lane: Lane, now: Instant) -> usize {
        std::iter::from_fn(|| (pace.turn(lane, 0, now) == Turn::Now).then(|| pace.reserve(now))).count()
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
    fn a_global_stop_is_never_shortened() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.close(Limited { after: Duration::from_secs(9), scope: Scope::Edge }, now);
        pace.close(Limited { after: Duration::from_secs(1), scope: Scope::Global }, now);
        let end = now + Duration::from_secs(9);
        assert_eq!(pace.turn(Lane::Page, 0, now), Turn::At(end, Scope::Global));
        assert_eq!(pace.turn(Lane::Page, 0, end), Turn::Now);
    }
}
