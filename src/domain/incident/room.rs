//! The room of an incident: where it is worked on, and what happens when it cannot be made. Paging never waits for it long.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Incident;
use crate::domain::effect::{Effect, RoomKind};
use crate::domain::engagement::Place;
use crate::domain::id::{ChannelId, PostId, Timestamp};
use crate::domain::plan::RoomMode;
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// How long each way to make a room may take: a channel, then a thread, and the announcement channel within 30 s of opening.
const PATIENCE: TimeDelta = TimeDelta::seconds(13);

/// Where the incident is worked on, or what is being tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// What is there.
    pub site: Option<Site>,
    /// What is being tried, until when.
    pub trying: Option<Trying>,
    pub card: CardSite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    pub kind: RoomKind,
    /// None: there is no room, those engaged get direct messages.
    pub channel: Option<ChannelId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trying {
    pub kind: RoomKind,
    pub until: Timestamp,
}

/// The pinned card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSite {
    pub post: PostId,
    /// It has been posted once.
    pub posted: bool,
}

impl Room {
    pub fn channel(&self) -> Option<ChannelId> {
        self.site.and_then(|site| site.channel)
    }

    /// The channel or thread that was made for this incident, and is nobody else's.
    pub fn own(&self) -> Option<ChannelId> {
        self.site.filter(|site| matches!(site.kind, RoomKind::Channel | RoomKind::Thread))?.channel
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.trying.map(|trying| trying.until)
    }
}

impl Incident {
    /// Asks for the first kind of room that the plan wants.
    pub(super) fn open_room(&mut self, turn: &mut Turn<'_>) {
        let mode = self.plan.as_ref().map(|plan| plan.spec.channel.mode).unwrap_or_default();
        let kind = match mode {
            RoomMode::Channel => RoomKind::Channel,
            RoomMode::Thread => RoomKind::Thread,
        };
        self.try_room(kind, turn);
    }

    fn try_room(&mut self, kind: RoomKind, turn: &mut Turn<'_>) {
        self.room.trying = Some(Trying { kind, until: turn.now + PATIENCE });
        turn.ask(Effect::OpenRoom { how: kind });
    }

    /// A room was made. One that comes late is better than the stand-in that was taken meanwhile.
    pub(super) fn room_made(&mut self, kind: RoomKind, channel: ChannelId, turn: &mut Turn<'_>) {
        if self.room.site.is_some_and(|site| site.kind <= kind) {
            return;
        }
        self.settle_room(kind, Some(channel), turn);
    }

    /// A way to make a room has failed for good, or took too long: the next way.
    pub(super) fn room_failed(&mut self, kind: RoomKind, why: &str, turn: &mut Turn<'_>) {
        if self.room.trying.is_none_or(|trying| trying.kind != kind) {
            return;
        }
        turn.note(Fact::RoomFailed { how: kind, why: why.to_owned() });
        let announce = turn.home.announce.first().copied();
        match (kind, self.private, announce) {
            (RoomKind::Channel, _, _) => self.try_room(RoomKind::Thread, turn),
            (RoomKind::Thread, false, Some(channel)) => {
                self.settle_room(RoomKind::Announcement, Some(channel), turn);
            }
            _ => self.settle_room(RoomKind::Direct, None, turn),
        }
    }

    pub(super) fn room_overdue(&mut self, turn: &mut Turn<'_>) {
        if let Some(trying) = self.room.trying.filter(|trying| trying.until <= turn.now) {
            self.room_failed(trying.kind, "it took too long", turn);
        }
    }

    fn settle_room(&mut self, kind: RoomKind, channel: Option<ChannelId>, turn: &mut Turn<'_>) {
        self.room.trying = None;
        self.room.site = Some(super::room::Site { kind, channel });
        turn.note(Fact::RoomOpened { how: kind });
        turn.ask(Effect::RoomReady);
        if channel.is_some() {
            turn.ask(Effect::PostCard { post: self.room.card.post });
        } else {
            turn.home.direct = true;
            self.paging.send_directly(turn);
        }
        // Direct messages that went out before there was a room get its link.
        let sent = self.paging.posts.iter().filter(|post| post.sent.is_some());
        for post in sent.filter(|post| matches!(post.place, Place::Direct { .. })) {
            turn.redraw(post.id);
        }
    }
}
