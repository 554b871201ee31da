//! What must happen outside: says what, never how it looks. Drawn from the state when it is delivered.

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, CoverId, EventId, MessageId, PostId, RoleId, ScheduleId, Timestamp, UserId};

/// One promise of a save; each becomes an outbox row in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Make the room of the incident.
    OpenRoom {
        how: RoomKind,
    },
    /// Post the card, the first message of the bot in the room.
    /// The room is known now: what was parked for it may go.
    RoomReady,
    PostCard {
        post: PostId,
    },
    PinCard {
        post: PostId,
    },
    UpdateCard {
        post: PostId,
    },
    /// Send the pages of a post (or the fallback's call).
    SendPost {
        post: PostId,
    },
    /// Draw a sent post anew.
    RedrawPost {
        post: PostId,
    },
    /// Say a timeline event in the room as one line.
    Line {
        event: EventId,
    },
    /// Suggest to resolve: all alerts have recovered.
    SuggestResolve {
        event: EventId,
    },
    /// Tell the announcement channels.
    Announce {
        event: EventId,
        channel: ChannelId,
    },
    /// Show on the alert message what became of it.
    React {
        channel: ChannelId,
        message: MessageId,
        sign: Sign,
    },
    /// Say something below a message of a source.
    Answer {
        channel: ChannelId,
        message: MessageId,
        event: SourceNote,
    },
    /// Say once in a new server what to do next.
    Welcome {
        /// What people call the server.
        server: String,
        to: Greeted,
        /// Where it is said if that is refused.
        or: Option<ChannelId>,
    },
    /// Tell an announcement channel what the auditor found.
    Alarm {
        channel: ChannelId,
        alarm: Alarm,
    },
    /// Delete the room that was made for an incident which is no more.
    DeleteRoom {
        channel: ChannelId,
        /// None: it was deleted before it had its room.
        number: Option<i64>,
    },
    /// Offer somebody's shifts to everybody.
    OfferCover {
        offer: CoverId,
    },
    /// Draw the message of an offer anew.
    RedrawCover {
        offer: CoverId,
    },
    /// Tell whoever offered a shift that nobody has taken it.
    CoverUntaken {
        offer: CoverId,
        /// In a direct message: there is no channel for it.
        direct: bool,
    },
    /// Say quietly that somebody else is on call now.
    OnCall {
        channel: ChannelId,
        note: OnCallNote,
    },
    /// Say who is on call now, in the schedule's own channel.
    HandOff {
        schedule: ScheduleId,
        /// Which one: a later one has a notice of its own.
        at: Timestamp,
    },
    /// Give a role to who is on call, and take it from the other contacts.
    SyncRole {
        role: RoleId,
        /// Who held it and should not any more, contacts or not.
        leaving: Vec<UserId>,
    },
    /// Say that a role cannot be kept in sync, and why.
    RoleRefused {
        schedule: ScheduleId,
    },
}

impl Effect {
    /// The word under which it is stored.
    pub fn word(&self) -> &'static str {
        match self {
            Effect::OpenRoom { .. } => "open_room",
            Effect::RoomReady => "room_ready",
            Effect::PostCard { .. } => "post_card",
            Effect::PinCard { .. } => "pin_card",
            Effect::UpdateCard { .. } => "update_card",
            Effect::SendPost { .. } => "send_post",
            Effect::RedrawPost { .. } => "redraw_post",
            Effect::Line { .. } => "line",
            Effect::SuggestResolve { .. } => "suggest_resolve",
            Effect::Announce { .. } => "announce",
            Effect::React { .. } => "react",
            Effect::Answer { .. } => "answer",
            Effect::Welcome { .. } => "welcome",
            Effect::Alarm { .. } => "alarm",
            Effect::DeleteRoom { .. } => "delete_room",
            Effect::OfferCover { .. } => "offer_cover",
            Effect::RedrawCover { .. } => "redraw_cover",
            Effect::CoverUntaken { .. } => "cover_untaken",
            Effect::OnCall { .. } => "on_call",
            Effect::HandOff { .. } => "hand_off",
            Effect::SyncRole { .. } => "sync_role",
            Effect::RoleRefused { .. } => "role_refused",
        }
    }
}

/// The rooms an incident can have, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// A channel of its own.
    Channel,
    /// A thread below an announcement channel; private for a private incident.
    Thread,
    /// The announcement channel itself.
    Announcement,
    /// No room: those engaged get direct messages (private incidents only).
    Direct,
}

/// Who is greeted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Greeted {
    /// The owner of the server, in a direct message.
    Owner(UserId),
    /// Whoever reads this channel.
    Channel(ChannelId),
}

/// What the auditor says of one incident; without a number: of a call or a test page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    pub trouble: Trouble,
    pub number: Option<i64>,
}

/// What should have happened and did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Its deadline has come and nobody has looked.
    Overdue,
    /// A page is due, or in somebody's hands, for longer than can be explained.
    Stuck,
    /// Its deadline was not the one of its state, or it has none although nobody has answered.
    Asleep,
    /// A page waits to be sent and nothing is to send it.
    Lost,
    /// Something waits for a room past its time.
    Parked,
}

impl Trouble {
    /// One word for gauges and logs.
    pub fn word(self) -> &'static str {
        match self {
            Trouble::Overdue => "overdue",
            Trouble::Stuck => "stuck",
            Trouble::Asleep => "asleep",
            Trouble::Lost => "lost",
            Trouble::Parked => "parked",
        }
    }
}

/// What became of an alert message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    Opened,
    Attached,
    Recovered,
    Unrecognised,
}

/// What is said in a source's channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum SourceNote {
    /// A test message: how it was read and what a real one would do.
    Test { title: String, severity: Option<String>, impact: u8, plan: String, pages: Vec<String> },
    /// Nothing recognises this message.
    Unrecognised,
    /// The bot sees neither text nor embeds: the intent is missing.
    Blank,
    /// What fired and recovered while the bot was away.
    MissedAndOver { titles: Vec<String> },
}

/// A change of who is on call, as a line tells it. Names are what people call things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum OnCallNote {
    /// Somebody was put on call; `who` empty: nobody.
    Put { schedule: String, rotation: Option<String>, by: UserId, who: Vec<String>, from: Timestamp, until: Timestamp },
    /// That was taken back.
    Restored { schedule: String, by: UserId, from: Timestamp, until: Timestamp },
    /// Somebody took the place of another; of nobody where nobody was on call.
    Took { schedule: String, by: UserId, of: Option<UserId>, until: Timestamp },
}
