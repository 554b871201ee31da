//! Pages and the messages that carry them: what was wanted is merged, grouped, sent, repeated and closed here.

use serde::{Deserialize, Serialize};

use super::{EngagementId, PEOPLE_PER_POST, Paging, Want};
use crate::domain::contact::Way;
use crate::domain::effect::Effect;
use crate::domain::id::{ChannelId, PageId, PostId, RoleId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::settings::Fallback;
use crate::domain::timeline::{Fact, Unreached};
use crate::domain::turn::Turn;

/// Digits of a code that answers a page outside Discord, and how many codes that makes.
pub const CODE_DIGITS: usize = 6;
const CODES: u64 = 1_000_000;

/// One attempt to reach one contact through one contact channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub id: PageId,
    pub post: PostId,
    pub contact: Name,
    /// What people call the contact.
    pub display: String,
    pub user: UserId,
    pub channel: String,
    pub way: Way,
    pub at: Timestamp,
    /// Why it went out; more than one where engagements or targets named the contact at one moment.
    pub reasons: Vec<Reason>,
    pub state: PageState,
    /// Nothing is to be done about it any more, and why.
    pub closed: Option<Closed>,
    /// Since when it was due, where it came late.
    pub late: Option<Timestamp>,
    /// They wrote, pressed or reacted since.
    pub seen: Option<Timestamp>,
    /// Shown without a ping: their loudness allows no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    /// Of the question whether they are still on it: when paging starts again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<Timestamp>,
}

/// The path that led to a page: engagement → run and stage → schedule → contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub engagement: EngagementId,
    pub run: u32,
    pub stage: u32,
    pub via: Option<Name>,
    pub essential: bool,
    /// Which page of its series it is; 0: asked already by the page that this one repeats.
    pub attempt: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PageState {
    Queued,
    Sent {
        at: Timestamp,
    },
    Failed {
        at: Timestamp,
        why: Unreached,
    },
    /// Not wanted any more when it was its turn.
    Stopped {
        at: Timestamp,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub at: Timestamp,
    pub how: Closing,
}

/// Why a page (or a whole post) needs nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Closing {
    /// A newer message asks the same.
    Repeated,
    /// Somebody has it.
    Acked {
        user: UserId,
    },
    /// Only their own pages ended: they acknowledged as non-essential.
    OwnAcked,
    /// They handed it up.
    Passed,
    /// They are still on it.
    StillOnIt {
        user: UserId,
    },
    /// They were asked whether they are still on it, and said nothing.
    Lapsed,
    /// What it asked does not matter any more.
    Needless,
    Stopped {
        reason: String,
    },
    Resolved {
        user: Option<UserId>,
    },
    /// Its time was up, and nobody had answered.
    Unanswered,
    Cancelled {
        user: UserId,
    },
    /// The incident was a duplicate of this one.
    Duplicate {
        of: i64,
    },
}

/// One message of ours that carries pages, or calls the fallback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub id: PostId,
    pub kind: PostKind,
    pub place: Place,
    pub pages: Vec<PageId>,
    pub at: Timestamp,
    pub sent: Option<Timestamp>,
    /// It may be out: the answer to sending it was lost.
    #[serde(default)]
    pub unsure: bool,
    /// Of a fallback's call: the pages of others carry their own.
    pub closed: Option<Closed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PostKind {
    Pages,
    Fallback { engagement: EngagementId, call: FallbackCall, count: u32 },
}

/// Whom the fallback mentions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum FallbackCall {
    Roles { roles: Vec<RoleId> },
    Person { user: UserId },
    Owner,
}

/// Where a post goes, by our own words; the room's Discord id is looked up when it is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    Room,
    Announcement {
        channel: ChannelId,
    },
    Direct {
        user: UserId,
    },
    /// Outside Discord: a webhook or a mail.
    Outside,
}

impl Closing {
    /// By an acknowledgement or a resolution, which people may take back.
    pub(super) fn can_be_undone(&self) -> bool {
        matches!(self, Closing::Acked { .. } | Closing::OwnAcked | Closing::Resolved { .. })
    }
}

impl Page {
    /// It has yet to be sent.
    pub fn waits(&self) -> bool {
        self.state == PageState::Queued && self.closed.is_none()
    }

    pub fn failed(&self) -> bool {
        matches!(self.state, PageState::Failed { .. })
    }

    /// It is out, and this person has given no sign since.
    pub(super) fn unseen_by(&self, user: UserId) -> bool {
        self.user == user && self.seen.is_none() && matches!(self.state, PageState::Sent { .. })
    }
}

impl Post {
    /// One that is yet to be sent.
    pub(super) fn new(id: PostId, kind: PostKind, place: Place, pages: Vec<PageId>, at: Timestamp) -> Post {
        Post { id, kind, place, pages, at, sent: None, unsure: false, closed: None }
    }

    /// What answers a page outside Discord: `/ack CODE`, by the person it was sent to. `None`: it is in Discord.
    pub fn code(&self) -> Option<String> {
        // Spreads the ids of neighbours over all codes; it need not be secret, because only one person may use it.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let spread = self.id.0.cast_unsigned().wrapping_mul(SPREAD) >> 32;
        (self.place == Place::Outside).then(|| format!("{:0width$}", spread % CODES, width = CODE_DIGITS))
    }

    pub(super) fn calls_person(&self, person: UserId) -> bool {
        matches!(&self.kind, PostKind::Fallback { call: FallbackCall::Person { user }, .. } if *user == person)
    }
}

impl Paging {
    pub fn pages_of<'p>(&'p self, post: &'p Post) -> impl Iterator<Item = &'p Page> {
        post.pages.iter().filter_map(|id| self.page(*id))
    }

    /// The post still asks somebody for something: it has buttons, and is sent if it was not yet.
    pub fn open(&self, post: &Post) -> bool {
        match post.kind {
            PostKind::Pages => self.pages_of(post).any(|page| page.closed.is_none() && !page.failed()),
            PostKind::Fallback { .. } => post.closed.is_none(),
        }
    }

    /// Engagements that a post is about.
    pub fn about(&self, post: &Post) -> Vec<EngagementId> {
        let mut about = match post.kind {
            PostKind::Fallback { engagement, .. } => vec![engagement],
            PostKind::Pages => self.pages_of(post).flat_map(|p| p.reasons.iter().map(|r| r.engagement)).collect(),
        };
        about.sort();
        about.dedup();
        about
    }

    /// Merges what is wanted into one page a contact and channel, closes the pages they repeat, and groups them into posts.
    pub(super) fn issue(&mut self, wants: Vec<Want>, turn: &mut Turn<'_>) {
        let mut merged: Vec<(Want, Vec<Reason>)> = Vec::new();
        for want in wants {
            let same =
                |(known, _): &&mut (Want, Vec<Reason>)| known.contact == want.contact && known.channel == want.channel;
            match merged.iter_mut().find(same) {
                Some((_, reasons)) => reasons.push(want.reason),
                None => merged.push((want.clone(), vec![want.reason])),
            }
        }
        for group in group(merged, turn.home.direct) {
            self.send(group, turn);
        }
    }

    /// One post for pages that share one message.
    fn send(&mut self, group: Vec<(Want, Vec<Reason>)>, turn: &mut Turn<'_>) {
        let Some((first, _)) = group.first() else { return };
        let place = match first.way {
            Way::Mention if turn.home.direct => Place::Direct { user: first.user },
            Way::Mention => Place::Room,
            Way::Dm => Place::Direct { user: first.user },
            Way::Webhook | Way::Email => Place::Outside,
        };
        let post = PostId(turn.mint.id());
        let pages = group.into_iter().map(|(want, reasons)| self.add_page(post, want, reasons, turn)).collect();
        self.posts.push(Post::new(post, PostKind::Pages, place, pages, turn.now));
        turn.ask(Effect::SendPost { post });
    }

    fn add_page(&mut self, post: PostId, want: Want, reasons: Vec<Reason>, turn: &mut Turn<'_>) -> PageId {
        let repeats = |page: &Page| page.contact == want.contact && page.channel == want.channel;
        let still = self.still_asked(&reasons, repeats);
        self.close_pages(Closing::Repeated, turn, repeats);
        let id = PageId(turn.mint.id());
        let clock = self.engagements.iter().flat_map(|e| &e.clocks).find(|clock| clock.contact == want.contact);
        let display = clock.map_or_else(|| want.contact.to_string(), |clock| clock.display.clone());
        self.pages.push(Page {
            id,
            post,
            contact: want.contact,
            display,
            user: want.user,
            channel: want.channel,
            way: want.way,
            at: turn.now,
            reasons: reasons.into_iter().chain(still).collect(),
            state: PageState::Queued,
            closed: None,
            late: want.late,
            seen: None,
            quiet: want.quiet,
            lapses_at: None,
        });
        id
    }

    /// What the open pages that are about to be repeated ask for engagements that the new one is not about.
    fn still_asked(&self, new: &[Reason], repeats: impl Fn(&Page) -> bool) -> Vec<Reason> {
        let waits = |reason: &&Reason| {
            let running = self.engagement(reason.engagement).is_some_and(super::Engagement::runs);
            running && new.iter().all(|known| known.engagement != reason.engagement)
        };
        let repeated = self.pages.iter().filter(|page| page.closed.is_none() && !page.failed() && repeats(page));
        let still = repeated.flat_map(|page| &page.reasons).filter(waits);
        still.map(|reason| Reason { attempt: 0, ..reason.clone() }).collect()
    }

    /// Closes the open pages for which `which` holds; posts that thereby ask nobody anything any more are drawn anew.
    pub(super) fn close_pages(&mut self, how: Closing, turn: &mut Turn<'_>, which: impl Fn(&Page) -> bool) {
        let closed = Closed { at: turn.now, how };
        let mut touched: Vec<PostId> = Vec::new();
        for page in self.pages.iter_mut().filter(|page| page.closed.is_none() && which(page)) {
            page.closed = Some(closed.clone());
            touched.push(page.post);
        }
        self.redraw_closed(touched, turn);
    }

    /// Closes the calls of one engagement's fallback.
    pub(super) fn close_calls(&mut self, of: EngagementId, how: Closing, turn: &mut Turn<'_>) {
        let mut touched = Vec::new();
        for post in self.posts.iter_mut().filter(|post| post.closed.is_none()) {
            if matches!(post.kind, PostKind::Fallback { engagement, .. } if engagement == of) {
                post.closed = Some(Closed { at: turn.now, how: how.clone() });
                touched.push(post.id);
            }
        }
        self.redraw_closed(touched, turn);
    }

    pub(super) fn redraw_closed(&mut self, touched: Vec<PostId>, turn: &mut Turn<'_>) {
        for id in touched {
            let over = self.post(id).is_some_and(|post| post.sent.is_some() && !self.open(post));
            if over {
                turn.redraw(id);
            }
        }
    }

    /// Mentions the fallback in the room and in the announcement channels.
    pub(super) fn call_fallback(&mut self, engagement: EngagementId, turn: &mut Turn<'_>) {
        let count = match self.engagement(engagement).map(|engagement| &engagement.progress) {
            Some(super::Progress::Exhausted { calls, .. }) => *calls,
            _ => return,
        };
        let call = self.fallback_of(turn);
        let places = fallback_places(&call, turn);
        self.close_calls(engagement, Closing::Repeated, turn);
        if places.is_empty() {
            tell_call_failed(Unreached::NoRoom, turn);
        } else {
            turn.note(Fact::FallbackCalled { count });
        }
        for place in places {
            let post = PostId(turn.mint.id());
            let kind = PostKind::Fallback { engagement, call: call.clone(), count };
            self.posts.push(Post::new(post, kind, place, Vec::new(), turn.now));
            turn.ask(Effect::SendPost { post });
        }
    }

    /// Plan, else settings, else admin roles, else the owner.
    fn fallback_of(&self, turn: &Turn<'_>) -> FallbackCall {
        let settings = turn.facts.live.settings();
        match turn.home.fallback.as_ref().or(settings.fallback.as_ref()) {
            Some(Fallback::Role(role)) if role.id().is_some() => {
                FallbackCall::Roles { roles: role.id().into_iter().collect() }
            }
            Some(Fallback::Contact(name)) if turn.facts.live.contact(name).is_some_and(|c| c.user().is_some()) => {
                let user = turn.facts.live.contact(name).and_then(crate::domain::contact::Contact::user);
                user.map_or(FallbackCall::Owner, |user| FallbackCall::Person { user })
            }
            _ => {
                let roles: Vec<RoleId> = settings.roles.admin.iter().filter_map(|role| role.id()).collect();
                if roles.is_empty() { FallbackCall::Owner } else { FallbackCall::Roles { roles } }
            }
        }
    }

    /// It asks nobody any more, and the next one does not wait for it.
    fn close_post(&mut self, post: PostId, turn: &Turn<'_>) {
        for post in self.posts.iter_mut().filter(|known| known.id == post) {
            post.closed = Some(Closed { at: turn.now, how: Closing::Unanswered });
        }
    }

    /// A message of ours can never be sent: each of its pages has failed, or the call of the fallback has.
    pub(super) fn post_failed(&mut self, post: PostId, why: Unreached, turn: &mut Turn<'_>) {
        let Some(failed) = self.post(post) else { return };
        let (call, pages) = (matches!(failed.kind, PostKind::Fallback { .. }), failed.pages.clone());
        if call && failed.closed.is_none() {
            tell_call_failed(why, turn);
            self.close_post(post, turn);
        }
        for page in pages {
            self.page_failed(page, why, turn);
        }
    }
}

/// It is called again in its rhythm; until then people must be able to see that nobody heard it.
fn tell_call_failed(why: Unreached, turn: &mut Turn<'_>) {
    turn.tell(Fact::PageFailed { contact: "The fallback".to_owned(), way: Way::Mention, why });
}

/// The room, or the person where there is none, and the announcement channels.
fn fallback_places(call: &FallbackCall, turn: &Turn<'_>) -> Vec<Place> {
    let near = match (turn.home.direct, call) {
        (false, _) => Some(Place::Room),
        (true, FallbackCall::Person { user }) => Some(Place::Direct { user: *user }),
        (true, FallbackCall::Roles { .. } | FallbackCall::Owner) => None,
    };
    let announce = turn.home.announce.iter().map(|channel| Place::Announcement { channel: *channel });
    near.into_iter().chain(announce).collect()
}

/// Mentions of one moment share a message, up to its limit; every other way carries one page a message.
fn group(merged: Vec<(Want, Vec<Reason>)>, direct: bool) -> Vec<Vec<(Want, Vec<Reason>)>> {
    let shared = |want: &Want| want.way == Way::Mention && !direct;
    let (mentions, others): (Vec<_>, Vec<_>) = merged.into_iter().partition(|(want, _)| shared(want));
    let mut groups: Vec<Vec<(Want, Vec<Reason>)>> = Vec::new();
    for mention in mentions {
        match groups.last_mut().filter(|group| group.len() < PEOPLE_PER_POST) {
            Some(group) => group.push(mention),
            None => groups.push(vec![mention]),
        }
    }
    groups.extend(others.into_iter().map(|other| vec![other]));
    groups
}
