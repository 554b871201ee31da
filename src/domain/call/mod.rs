//! A call: an engagement outside any incident. It pages by the rules of every engagement, and has neither room nor timeline.
//!
//! [`open`] makes it, [`step`] changes it; both are pure. `who`: whom a name means; `answering`: what people do about a call of
//! a person; `test`: what a test page has proved.

mod answering;
mod open;
mod step;
mod test;
mod who;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use answering::REASON_MAX;
pub use open::{MESSAGE_MAX, Opening, find, no_such_channel, open};
pub use step::{Answer, Ask, Input, Outcome, step};
pub use test::{TestOutcome, Tested};
pub use who::{all, contact_of, may_be_called, who, written};

use super::engagement::Paging;
use super::facts::Revision;
use super::id::{CallId, ChannelId, GuildId, PostId, Timestamp, UserId};
use super::name::Name;
use super::plan::Engage;
use super::settings::Settings;
use super::turn::Home;

/// How long a test page may be answered (ENGAGEMENT 22).
pub const TEST_LASTS: TimeDelta = TimeDelta::minutes(15);
/// How long a call of a person goes on while nobody answers: by then whoever called has found another way, and the fallback was
/// called again and again.
pub const CALL_LASTS: TimeDelta = TimeDelta::hours(24);

/// The state of one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub id: CallId,
    pub guild: GuildId,
    pub kind: Kind,
    /// Who asked for it.
    pub by: UserId,
    /// Where it was typed, and so where mentions go; none: in a direct message.
    pub room: Option<ChannelId>,
    /// The message that shows how it goes; none: a test page needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<PostId>,
    /// Definitions as of this revision are frozen for it.
    pub revision: Revision,
    pub opened_at: Timestamp,
    /// Nobody is asked any more from then on.
    pub ends_at: Timestamp,
    pub over_at: Option<Timestamp>,
    /// It was restored from a backup and may be out of date: nothing is due before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_until: Option<Timestamp>,
    /// The message by which it was answered.
    pub answered: Option<PostId>,
    pub paging: Paging,
}

/// What it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Does this contact hear us? Through all their contact channels at once, or through one.
    Test { contact: Name, channel: Option<String> },
    /// Somebody is needed: `/page` outside any incident.
    Page { target: Engage, message: Option<String> },
}

impl Kind {
    /// The word under which it is stored.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Test { .. } => Kind::TEST,
            Kind::Page { .. } => "page",
        }
    }

    pub const TEST: &str = "test";
}

impl Call {
    /// When it must be looked at again; saved with it, so it survives a crash and cannot go stale.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let open = self.paging.next_deadline().into_iter().chain([self.ends_at]).min();
        let open = open.map(|at| self.stands_until.map_or(at, |until| at.max(until)));
        open.filter(|_| self.over_at.is_none())
    }

    /// Whom and where to call when nobody answers: of a test page nobody.
    pub fn home(&self, settings: &Settings) -> Home {
        let direct = self.room.is_none();
        match self.kind {
            Kind::Test { .. } => Home { direct, ..Home::default() },
            Kind::Page { .. } => {
                let announce = settings.announce.iter().filter_map(super::reference::Ref::id);
                // Where it was typed in an announcement channel, it is said there once.
                Home {
                    fallback: None,
                    impact: None,
                    announce: announce.filter(|channel| self.room != Some(*channel)).collect(),
                    direct,
                }
            }
        }
    }

    /// Whether it tests this contact and may still be answered.
    pub fn tests(&self, name: &Name) -> bool {
        matches!(&self.kind, Kind::Test { contact, .. } if contact == name) && self.over_at.is_none()
    }

    /// Whether it calls these for the same person, or in the same room, and nobody has answered.
    pub fn repeats(&self, of: &Call) -> bool {
        let (Kind::Page { target, .. }, Kind::Page { target: other, .. }) = (&self.kind, &of.kind) else {
            return false;
        };
        target == other && (self.by == of.by || self.room.is_some() && self.room == of.room) && self.over_at.is_none()
    }

    /// What people call whom it calls.
    pub fn title(&self) -> String {
        let first = self.paging.engagements.first();
        first.map_or_else(String::new, |engagement| engagement.title.clone())
    }
}
