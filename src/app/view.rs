//! What a message shows, freed of how: drawn by `discord` (and by the tests' fake) from the state at delivery time.

use crate::domain::id::{
    CallId, ChannelId, CoverId, EngagementId, IncidentId, MessageId, PageId, PostId, RoleId, Timestamp, UserId,
};
use crate::domain::impact::Impact;
use crate::domain::incident::Status;
use crate::words::Text;

/// The pinned card of an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct CardView {
    pub incident: IncidentId,
    pub number: i64,
    pub impact: Impact,
    pub title: String,
    pub status: Status,
    pub drill: bool,
    pub private: bool,
    /// As it is kept; the card shows its first 300 characters.
    pub summary: String,
    pub plan: Option<String>,
    /// What fired first.
    pub fired: Option<(ChannelId, MessageId)>,
    /// Up to 3 of the plan.
    pub links: Vec<(String, String)>,
    pub lead: Option<UserId>,
    pub opened_at: Timestamp,
    pub over_at: Option<Timestamp>,
    pub engaged: Vec<EngagedView>,
    /// When paging moves on by itself, and to whom.
    pub next: Option<(Timestamp, Vec<String>)>,
    pub update_due: Option<Timestamp>,
    /// Alert messages so far, instances that fire now.
    pub alerts: u32,
    pub firing: usize,
    /// The latest that a person would tell, newest first.
    pub latest: Vec<(Timestamp, Text)>,
    /// Nobody has acknowledged yet.
    pub unanswered: bool,
    /// Paging waits because all alerts have recovered.
    pub held: bool,
}

/// One engagement on the card.
#[derive(Debug, Clone, PartialEq)]
pub struct EngagedView {
    pub id: EngagementId,
    pub title: String,
    pub people: Vec<(String, PersonState)>,
    pub state: EngagedState,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EngagedState {
    Running {
        stage: u32,
        of: u32,
    },
    Acked {
        by: UserId,
        at: Timestamp,
    },
    Stopped {
        reason: String,
    },
    /// Nobody answered; the fallback is called.
    Exhausted,
    /// At this impact nobody is pinged.
    Resting,
    Over,
}

/// How far paging of one person has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonState {
    Paged,
    Seen,
    Acked,
    NotReached,
    /// It is their night: their pages wait until then.
    Held {
        until: Timestamp,
    },
    /// Shown to them without a ping.
    Shown,
    Waiting,
}

/// A page: one message for everyone who is paged in one place at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct PageView {
    pub post: PostId,
    pub incident: IncidentId,
    pub number: i64,
    pub impact: Impact,
    pub title: String,
    pub drill: bool,
    /// Whom it pings, in order. Only while it asks them for something.
    pub people: Vec<PagedView>,
    /// Why this person: "You are on call for Payments primary · stage 1 of 2".
    pub why: Vec<Text>,
    /// "escalates to @Ben in 5 minutes".
    pub next: Option<(Timestamp, Vec<String>)>,
    /// Of a direct message: the room, where it is known.
    pub room: Option<ChannelId>,
    pub late_since: Option<Timestamp>,
    /// Which repeat it is; 1 = the first.
    pub attempt: u32,
    /// It asks who has it whether they are still on it: when paging starts again otherwise.
    pub still: Option<Timestamp>,
    /// Nothing is to be done any more: who has it since when. No buttons then.
    pub closed: Option<Text>,
    pub direct: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PagedView {
    pub page: PageId,
    pub user: UserId,
    pub name: String,
    /// Still asked for an answer.
    pub open: bool,
    /// Named without a ping.
    pub quiet: bool,
}

/// A call for the fallback: nobody answered.
#[derive(Debug, Clone, PartialEq)]
pub struct FallbackView {
    pub post: PostId,
    pub incident: IncidentId,
    pub number: i64,
    pub impact: Impact,
    pub title: String,
    pub private: bool,
    pub drill: bool,
    pub calls: Calls,
    pub count: u32,
    pub plan: String,
    pub tried: Vec<String>,
    pub room: Option<ChannelId>,
    /// It stands outside the room.
    pub elsewhere: bool,
    pub closed: Option<Text>,
}

/// A message of a test page: it says in its first words that nothing is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct CallView {
    pub post: PostId,
    /// Whom it pings. Only while it asks them for something.
    pub people: Vec<PagedView>,
    /// Who asked for it, and what it is to prove.
    pub why: Text,
    /// Until when it can be answered.
    pub ends_at: Timestamp,
    /// The other contact channels that did not work, one line each.
    pub failed: Vec<Text>,
    /// How it ended. No buttons then.
    pub closed: Option<Text>,
    pub direct: bool,
}

/// A message of a person's call: a page, the fallback's call, or the card that shows how it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct CalledView {
    pub call: CallId,
    /// None: the card.
    pub post: Option<PostId>,
    /// Whom it pings. Only while it asks them for something.
    pub people: Vec<PagedView>,
    /// Of the fallback.
    pub calls: Option<Calls>,
    pub head: Text,
    /// One line each.
    pub body: Vec<Text>,
    pub asks: Asks,
    pub direct: bool,
}

/// What can be pressed on a message of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Nothing,
    /// Of who is paged.
    Answer,
    /// Of the fallback.
    Take,
    /// Of everybody who follows it.
    Steer,
}

/// The offer of a shift, or what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverView {
    pub offer: CoverId,
    pub text: Text,
    /// It can still be taken.
    pub open: bool,
    /// Whoever it tells something.
    pub pings: Option<UserId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calls {
    Roles(Vec<RoleId>),
    Person(UserId),
    /// The owner of the server, whoever that is.
    Owner,
}
