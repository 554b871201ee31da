//! The books: what is left in each of Discord's buckets, learnt from the headers of its answers.
//!
//! Pure: time comes in, nothing waits here. Which call goes first is the gate's business; a bucket only says whether one
//! more may go now, and if not, when. <https://discord.com/developers/docs/topics/rate-limits>

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serenity::http::LightMethod as Method;
use tokio::time::Instant;

use super::answer::{Limited, News, Window};
use super::endpoint::Major;
use super::error::Scope;

/// Buckets kept before idle ones are dropped: far more than the channels one bot works in within a minute.
const BUCKETS: usize = 4096;

/// What a call is counted by until Discord names the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub method: Method,
    pub template: &'static str,
    pub major: Major,
    /// Under the narrow limit on names and topics, within the wider one on channel edits.
    pub renames: bool,
}

/// One bucket. Named ones are shared by every route that was told the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum BucketId {
    Unnamed(Route),
    Named { name: Arc<str>, major: Major, renames: bool },
}

/// May one more call go?
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Turn {
    Now,
    /// Not before this moment, by what we know.
    At(Instant, Scope),
    /// An answer on its way decides.
    AfterAnswer,
}

/// All buckets, and which route belongs to which.
#[derive(Default)]
pub(super) struct Buckets {
    known: HashMap<BucketId, Bucket>,
    /// The name a route was told for exactly this channel, guild or webhook.
    names: HashMap<Route, Arc<str>>,
    /// The name it was last told anywhere: the best guess for a channel not used yet. One entry a template.
    usual: HashMap<Route, Arc<str>>,
    /// Idle buckets are looked for when there are this many: doubling, so that looking stays cheap.
    sweep_at: usize,
}

impl Buckets {
    pub fn id(&self, route: &Route) -> BucketId {
        let name = self.names.get(route).or_else(|| self.usual.get(&route.anywhere()));
        match name {
            Some(name) => BucketId::Named { name: name.clone(), major: route.major, renames: route.renames },
            None => BucketId::Unnamed(*route),
        }
    }

    /// `ahead`: calls of this bucket that wait before this one.
    pub fn turn(&mut self, id: &BucketId, ahead: u32, now: Instant) -> Turn {
        self.known.get_mut(id).map_or(Turn::Now, |bucket| bucket.turn(ahead, now))
    }

    /// Takes one call's place; only where `turn` said `Now`.
    pub fn reserve(&mut self, id: &BucketId, now: Instant) {
        self.sweep(now);
        self.known.entry(id.clone()).or_default().reserve();
    }

    /// A call that had its place in `id` is over. Without news (cancelled, no answer) its place stays used: it may count.
    pub fn settle(&mut self, id: &BucketId, route: &Route, news: &News, now: Instant) {
        if let Some(bucket) = self.known.get_mut(id) {
            bucket.release();
        }
        if let Some(name) = &news.bucket {
            self.name(route, name);
        }
        let id = self.id(route);
        self.known.entry(id).or_default().learn(news, now);
    }

    /// A call that had its place in `id` never left: the place is free again.
    pub fn give_back(&mut self, id: &BucketId) {
        if let Some(bucket) = self.known.get_mut(id) {
            bucket.give_back();
        }
    }

    fn name(&mut self, route: &Route, name: &str) {
        if self.names.get(route).is_some_and(|known| &**known == name) {
            return;
        }
        let name: Arc<str> = name.into();
        self.names.insert(*route, name.clone());
        self.usual.insert(route.anywhere(), name);
    }

    fn sweep(&mut self, now: Instant) {
        if self.known.len().max(self.names.len()) < self.sweep_at.max(BUCKETS) {
            return;
        }
        self.known.retain(|_, bucket| !bucket.idle(now));
        let mut names = std::mem::take(&mut self.names);
        names.retain(|route, name| {
            let id = BucketId::Named { name: name.clone(), major: route.major, renames: route.renames };
            self.known.contains_key(&id)
        });
        self.names = names;
        self.sweep_at = 2 * self.known.len().max(self.names.len());
    }
}

impl Route {
    fn anywhere(self) -> Self {
        Self { major: Major::default(), ..self }
    }
}

#[derive(Default)]
struct Bucket {
    count: Count,
    in_flight: u32,
    /// A 429 closed it.
    closed: Option<(Instant, Scope)>,
    /// Longest time to a reset seen: about one window, for estimates of long queues.
    period: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Count {
    /// Nothing known: one call at a time goes ahead and asks.
    #[default]
    Unknown,
    /// Discord answered without naming a limit.
    Free,
    /// `resets_at` is `None` at the start of a new window, until its first answer says when it ends.
    Counted { limit: u32, remaining: u32, resets_at: Option<Instant> },
}

impl Bucket {
    fn turn(&mut self, ahead: u32, now: Instant) -> Turn {
        if let Some((until, scope)) = self.closed.filter(|(until, _)| *until > now) {
            return Turn::At(until + self.queue_time(ahead), scope);
        }
        self.roll(now);
        match self.count {
            Count::Free => Turn::Now,
            Count::Unknown if self.in_flight == 0 => Turn::Now,
            Count::Unknown => Turn::AfterAnswer,
            Count::Counted { remaining: 1.., .. } => Turn::Now,
            Count::Counted { resets_at: Some(at), .. } => Turn::At(at + self.queue_time(ahead), Scope::Own),
            Count::Counted { resets_at: None, .. } => Turn::AfterAnswer,
        }
    }

    /// How long `ahead` calls keep the bucket busy after it opens, at the least.
    fn queue_time(&self, ahead: u32) -> Duration {
        match self.count {
            Count::Counted { limit, .. } => self.period * (ahead / limit),
            Count::Unknown | Count::Free => Duration::ZERO,
        }
    }

    /// Starts a new window when the old one is over. Calls still under way may be counted in the new one.
    fn roll(&mut self, now: Instant) {
        if let Count::Counted { limit, resets_at: Some(at), .. } = self.count
            && at <= now
        {
            let remaining = limit.saturating_sub(self.in_flight);
            self.count = Count::Counted { limit, remaining, resets_at: None };
        }
    }

    fn reserve(&mut self) {
        self.in_flight += 1;
        if let Count::Counted { remaining, .. } = &mut self.count {
            *remaining = remaining.saturating_sub(1);
        }
    }

    fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        // Nobody is left who could tell when the window ends: ask anew.
        if let Count::Counted { resets_at: None, .. } = self.count
            && self.in_flight == 0
        {
            self.count = Count::Unknown;
        }
    }

    fn give_back(&mut self) {
        if let Count::Counted { limit, remaining, .. } = &mut self.count {
            *remaining = (*remaining + 1).min(*limit);
        }
        self.release();
    }

    fn learn(&mut self, news: &News, now: Instant) {
        match news.window {
            Some(window) => self.count(window, now),
            None if news.settled && self.count == Count::Unknown => self.count = Count::Free,
            None => {}
        }
        if let Some(Limited { after, scope }) = news.limited {
            let until = self.closed.map_or(now + after, |(until, _)| until.max(now + after));
            self.closed = Some((until, scope));
            // Our count was wrong: when it opens, one call goes ahead and asks.
            self.count = Count::Unknown;
        }
    }

    /// Answers overtake each other: within one window the smaller count and the later end are right. One that tells of a
    /// window long over says nothing about this one.
    fn count(&mut self, window: Window, now: Instant) {
        self.roll(now);
        self.period = self.period.max(window.reset_after);
        let end = now + window.reset_after;
        let (remaining, end) = match self.count {
            Count::Counted { resets_at: Some(at), .. } if end + self.period / 2 < at => return,
            Count::Counted { remaining, resets_at, .. } => {
                (remaining.min(window.remaining), resets_at.map_or(end, |at| at.max(end)))
            }
            Count::Unknown | Count::Free => (window.remaining.saturating_sub(self.in_flight), end),
        };
        self.count = Count::Counted { limit: window.limit.max(1), remaining, resets_at: Some(end) };
    }

    fn idle(&self, now: Instant) -> bool {
        let closed = self.closed.is_some_and(|(until, _)| until > now);
        let counting = matches!(self.count, Count::Counted { resets_at: Some(at), .. } if at > now);
        self.in_flight == 0 && !closed && !counting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discord::rest::Call;
    use crate::discord::rest::endpoint::Endpoint;
    use serenity::model::id::{ChannelId, MessageId};

    fn route(endpoint: Endpoint) -> Route {
        Call::new(endpoint).route()
    }

    fn post(channel: u64) -> Route {
        route(Endpoint::create_message(ChannelId::new(channel)))
    }

    fn edit(channel: u64) -> Route {
        route(Endpoint::edit_message(ChannelId::new(channel), MessageId::new(1)))
    }

    fn news(bucket: &str, remaining: u32, reset_after_s: u64) -> News {
        let window = Window { limit: 5, remaining, reset_after: Duration::from_secs(reset_after_s) };
        News { bucket: Some(bucket.into()), window: Some(window), limited: None, settled: true }
    }

    fn go(buckets: &mut Buckets, route: &Route, now: Instant) -> BucketId {
        let id = buckets.id(route);
        assert_eq!(buckets.turn(&id, 0, now), Turn::Now);
        buckets.reserve(&id, now);
        id
    }

    fn turn(buckets: &mut Buckets, route: &Route, now: Instant) -> Turn {
        let id = buckets.id(route);
        buckets.turn(&id, 0, now)
    }

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn one_call_asks_while_nothing_is_known() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let asked = go(&mut buckets, &post(1), now);
        assert_eq!(turn(&mut buckets, &post(1), now), Turn::AfterAnswer);
        assert_eq!(turn(&mut buckets, &post(2), now), Turn::Now, "another channel asks for itself");
        buckets.settle(&asked, &post(1), &News::default(), now);
        assert_eq!(turn(&mut buckets, &post(1), now), Turn::Now, "no answer: the next one asks");
    }

    #[test]
    fn places_are_taken_before_the_answers_come() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let asked = go(&mut buckets, &post(1), now);
        buckets.settle(&asked, &post(1), &news("m", 4, 5), now);
        for _ in 0..4 {
            go(&mut buckets, &post(1), now);
        }
        assert_eq!(turn(&mut buckets, &post(1), now), Turn::At(now + seconds(5), Scope::Own));
    }

    #[test]
    fn answers_that_overtake_each_other_free_no_place() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let asked = go(&mut buckets, &post(1), now);
        buckets.settle(&asked, &post(1), &news("m", 4, 5), now);
        let ids: Vec<_> = (0..4).map(|_| go(&mut buckets, &post(1), now)).collect();
        for (id, remaining) in ids.iter().zip([0, 3, 1, 2]) {
            buckets.settle(id, &post(1), &news("m", remaining, 5), now);
            assert_eq!(turn(&mut buckets, &post(1), now), Turn::At(now + seconds(5), Scope::Own));
        }
    }

    #[test]
    fn calls_under_way_count_in_the_new_window_too() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let asked = go(&mut buckets, &post(1), now);
        buckets.settle(&asked, &post(1), &news("m", 4, 5), now);
        let slow = [go(&mut buckets, &post(1), now), go(&mut buckets, &post(1), now)];
        let later = now + seconds(5);
        for _ in 0..3 {
            go(&mut buckets, &post(1), later);
        }
        assert_eq!(turn(&mut buckets, &post(1), later), Turn::AfterAnswer);
        // A straggler of the old window must not open the new one a second time.
        buckets.settle(&slow[0], &post(1), &news("m", 0, 0), later);
        assert!(matches!(turn(&mut buckets, &post(1), later), Turn::Now | Turn::AfterAnswer));
        let id = buckets.id(&post(1));
        let open =
            std::iter::from_fn(|| (buckets.turn(&id, 0, later) == Turn::Now).then(|| buckets.reserve(&id, later)));
        assert!(open.count() <= 1, "4 of the 5 places may be used already");
    }

    #[test]
    fn an_answer_about_a_window_long_over_is_ignored() {
        let (mut buckets, start) = (Buckets::default(), Instant::now());
        let asked = go(&mut buckets, &post(1), start);
        buckets.settle(&asked, &post(1), &news("m", 4, 5), start);
        let straggler = go(&mut buckets, &post(1), start);
        let later = start + seconds(5);
        let fresh = go(&mut buckets, &post(1), later);
        buckets.settle(&fresh, &post(1), &news("m", 4, 5), later);
        buckets.settle(&straggler, &post(1), &news("m", 0, 0), later);
        assert_eq!(turn(&mut buckets, &post(1), later), Turn::Now, "3 places of the new window are left");
    }

    #[test]
    fn a_limit_that_appears_counts_the_calls_under_way() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let id = go(&mut buckets, &post(1), now);
        buckets.settle(&id, &post(1), &News { settled: true, ..News::default() }, now);
        let ids: Vec<_> = (0..5).map(|_| go(&mut buckets, &post(1), now)).collect();
        let News { window, .. } = news("", 4, 5);
        buckets.settle(&ids[0], &post(1), &News { window, settled: true, ..News::default() }, now);
        assert_eq!(turn(&mut buckets, &post(1), now), Turn::At(now + seconds(5), Scope::Own));
    }

    #[test]
    fn routes_told_the_same_name_share_one_bucket() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let a = go(&mut buckets, &post(1), now);
        buckets.settle(&a, &post(1), &news("same", 1, 5), now);
        let b = go(&mut buckets, &edit(1), now);
        buckets.settle(&b, &edit(1), &news("same", 0, 5), now);
        assert_eq!(buckets.id(&post(1)), buckets.id(&edit(1)));
        assert!(matches!(turn(&mut buckets, &post(1), now), Turn::At(..)), "the edit used the last place");
        assert_eq!(turn(&mut buckets, &post(2), now), Turn::Now, "another channel is another bucket");
        assert_eq!(buckets.id(&post(2)), buckets.id(&edit(2)), "but the names are known by now");
    }

    #[test]
    fn a_429_closes_the_bucket_and_asks_again_with_one_call() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let id = go(&mut buckets, &post(1), now);
        let limited = Some(Limited { after: seconds(3), scope: Scope::Shared });
        buckets.settle(&id, &post(1), &News { limited, ..news("m", 3, 5) }, now);
        assert_eq!(turn(&mut buckets, &post(1), now), Turn::At(now + seconds(3), Scope::Shared));
        go(&mut buckets, &post(1), now + seconds(3));
        assert_eq!(turn(&mut buckets, &post(1), now + seconds(3)), Turn::AfterAnswer);
    }

    #[test]
    fn a_call_that_never_left_gives_its_place_back() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let id = go(&mut buckets, &post(1), now);
        buckets.settle(&id, &post(1), &news("m", 1, 5), now);
        let id = go(&mut buckets, &post(1), now);
        assert!(matches!(turn(&mut buckets, &post(1), now), Turn::At(..)));
        buckets.give_back(&id);
        assert_eq!(turn(&mut buckets, &post(1), now), Turn::Now);
    }

    #[test]
    fn a_window_whose_only_call_got_lost_does_not_stay_shut() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let one = |remaining| {
            let window = Window { limit: 1, remaining, reset_after: seconds(1) };
            News { bucket: Some("m".into()), window: Some(window), limited: None, settled: true }
        };
        let id = go(&mut buckets, &post(1), now);
        buckets.settle(&id, &post(1), &one(0), now);
        let later = now + seconds(1);
        let id = go(&mut buckets, &post(1), later);
        assert_eq!(turn(&mut buckets, &post(1), later), Turn::AfterAnswer);
        buckets.settle(&id, &post(1), &News::default(), later);
        assert_eq!(turn(&mut buckets, &post(1), later), Turn::Now);
    }

    #[test]
    fn where_discord_names_no_limit_there_is_none() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        let me = route(Endpoint::me());
        let id = go(&mut buckets, &me, now);
        buckets.settle(&id, &me, &News { settled: true, ..News::default() }, now);
        for _ in 0..100 {
            go(&mut buckets, &me, now);
        }
    }

    #[test]
    fn idle_buckets_are_forgotten_and_busy_ones_kept() {
        let (mut buckets, start) = (Buckets::default(), Instant::now());
        let busy = go(&mut buckets, &post(1), start);
        for channel in 2..10_000 {
            let now = start + seconds(channel);
            let id = go(&mut buckets, &post(channel), now);
            buckets.settle(&id, &post(channel), &news("m", 4, 5), now);
        }
        assert!(buckets.known.len() <= BUCKETS + 1, "{}", buckets.known.len());
        assert!(buckets.names.len() <= BUCKETS + 1, "{}", buckets.names.len());
        assert!(buckets.known.contains_key(&busy));
    }
}
