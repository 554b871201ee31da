//! The timeline: past facts of an incident, each with when it happened and when it was written down.

use serde::{Deserialize, Serialize};

use super::contact::Way;
use super::effect::RoomKind;
use super::id::{ChannelId, EventId, Timestamp, UserId};
use super::impact::Impact;
use super::incident::Status;

/// One event. Repeats are one event with a count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    pub at: Timestamp,
    pub written_at: Timestamp,
    pub by: Option<UserId>,
    pub fact: Fact,
    pub count: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    Opened {
        plan: Option<String>,
        source: Option<String>,
        late: bool,
    },
    /// By an alert of `source`, or by hand.
    Reopened {
        source: Option<String>,
        #[serde(default)]
        reason: Option<String>,
        /// By hand: the plan starts again.
        #[serde(default)]
        paging: bool,
    },
    /// Alert messages that changed nothing but the count.
    AlertRepeated {
        source: String,
        title: String,
    },
    /// An instance that was not known fires.
    AlertJoined {
        source: String,
        title: String,
    },
    /// Some instances recovered.
    AlertRecovered {
        source: String,
        left: u32,
    },
    /// All instances recovered.
    AllRecovered {
        paging_held: bool,
    },
    NewOccurrence {
        plan_at: Option<Timestamp>,
    },
    PlanStarted,
    RoomOpened {
        how: RoomKind,
    },
    RoomFailed {
        how: RoomKind,
        why: String,
    },
    StageStarted {
        plan: String,
        stage: u32,
        of: u32,
        run: u32,
        contacts: Vec<String>,
    },
    StageEmpty {
        plan: String,
        stage: u32,
        schedules: Vec<String>,
    },
    StageFailed {
        plan: String,
        stage: u32,
    },
    OnCall {
        schedule: String,
        contacts: Vec<String>,
    },
    Skipped {
        contact: String,
        why: Unreached,
    },
    Paged {
        contact: String,
        way: Way,
        attempt: u32,
    },
    /// It is their night: their pages wait for its end.
    Held {
        contact: String,
        until: Timestamp,
    },
    /// Shown to them without a ping.
    Shown {
        contact: String,
    },
    /// The plan is over and has pinged nobody, because of their loudness.
    Rests {
        plan: String,
    },
    PageFailed {
        contact: String,
        way: Way,
        why: Unreached,
    },
    /// Not wanted any more when it was its turn.
    PageNotSent {
        contact: String,
        way: Way,
    },
    Acknowledged {
        contact: Option<String>,
        essential: bool,
        stopped: Vec<String>,
    },
    Taken {
        from: Vec<String>,
    },
    AckUndone,
    /// Asked whether they are still on it.
    StillAsked {
        contact: String,
    },
    AckLapsed {
        why: String,
    },
    Escalated {
        to: Vec<String>,
    },
    Stopped {
        plan: String,
        reason: String,
    },
    Exhausted {
        plan: String,
    },
    FallbackCalled {
        count: u32,
    },
    /// Late stages collapsed into one page.
    CaughtUp {
        plan: String,
        late_s: i64,
        #[serde(default)]
        why: Late,
    },
    /// Discord took nothing for a while, and paging waited for it.
    Outage {
        since: Timestamp,
        until: Timestamp,
    },
    TitleChanged {
        old: String,
        new: String,
    },
    SummaryChanged {
        old: String,
        new: String,
    },
    ImpactChanged {
        old: Impact,
        new: Impact,
        reason: Option<String>,
    },
    StatusChanged {
        old: Status,
        new: Status,
        message: Option<String>,
    },
    ResolveUndone,
    /// It is over: its alerts go on in the other one.
    DuplicateOf {
        number: i64,
        room: Option<ChannelId>,
    },
    /// Another one is over as a duplicate of this: its alerts come here.
    HasDuplicate {
        number: i64,
        alerts: u32,
    },
    LeadChanged {
        old: Option<UserId>,
        new: Option<UserId>,
    },
    UpdateDue {
        at: Timestamp,
    },
    Update {
        message: String,
    },
    Custom {
        text: String,
    },
    /// A person called somebody by hand.
    PageAsked {
        to: String,
        message: Option<String>,
    },
    NobodyPaged,
    /// Recovered, held, and nobody has looked.
    Untouched,
    /// The database is a backup: what happened since is not known. `until`: paging stands still, where nobody had answered.
    Restored {
        backup_at: Timestamp,
        until: Option<Timestamp>,
    },
}

/// Why paging is late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// Nobody looked: Muster was not running, or its clock was set.
    #[default]
    Absence,
    /// Discord took nothing.
    Outage,
    /// It was acknowledged meanwhile, and that was taken back.
    AckUndone,
    /// It was over meanwhile, and that was taken back.
    Reopened,
}

/// Why somebody was not reached through a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    Muted,
    /// Not verified.
    Unverified,
    /// Left the server.
    Gone,
    DmsClosed,
    /// Cannot see the channel, and access could not be given.
    NoAccess,
    SecretUnset,
    /// There is no mail server here.
    NoCarrier,
    /// Its address, on the host, is none, or lacks something.
    BadAddress,
    /// Its address leads into a private network that nobody allowed.
    Private,
    /// The service does not take our key or password.
    KeyRefused,
    /// The mail server cannot be talked to so that nobody listens.
    Unencrypted,
    /// The contact is not defined any more and never was in the frozen set.
    Unknown,
    /// There is no place left to say it.
    NoRoom,
    /// Discord takes nothing there for longer than a page can wait.
    Limited,
    /// Refused for good, for another reason.
    Rejected,
}

impl Fact {
    /// Kinds that a person would not tell (deliveries, repeats): they are kept off the card.
    pub const SILENT: [&str; 11] = [
        "still_asked",
        "paged",
        "shown",
        "page_not_sent",
        "alert_repeated",
        "on_call",
        "room_opened",
        "fallback_called",
        "stage_started",
        "plan_started",
        "skipped",
    ];

    /// Events with one key, one after the other, are one event with a count.
    pub fn repeat_key(&self) -> Option<String> {
        match self {
            Fact::AlertRepeated { source, .. } => Some(format!("alert:{source}")),
            Fact::FallbackCalled { .. } => Some("fallback".to_owned()),
            _ => None,
        }
    }

    /// The word under which it is stored.
    pub fn kind(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.get("kind").and_then(|kind| kind.as_str()).unwrap_or("unknown").to_owned()
    }
}

/// What a person may add by hand.
pub const CUSTOM_MAX: usize = 2_000;
