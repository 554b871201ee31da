//! A call: an engagement outside any incident. It pages by the rules of every engagement, and has neither card nor timeline.
//!
//! [`open`] makes it, [`step`] changes it; both are pure. `test`: what a test page has proved.

mod open;
mod step;
mod test;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use open::{Opening, find, no_such_channel, open};
pub use step::{Answer, Ask, Input, Outcome, step};
pub use test::{TestOutcome, Tested};

use super::engagement::Paging;
use super::facts::Revision;
use super::id::{CallId, ChannelId, GuildId, PostId, Timestamp, UserId};
use super::name::Name;
use super::turn::Home;

/// How long a test page may be answered (ENGAGEMENT 22).
pub const TEST_LASTS: TimeDelta = TimeDelta::minutes(15);

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
    /// Definitions as of this revision are frozen for it.
    pub revision: Revision,
    pub opened_at: Timestamp,
    /// Nobody is asked any more from then on.
    pub ends_at: Timestamp,
    pub over_at: Option<Timestamp>,
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
}

impl Kind {
    /// The word under which it is stored.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Test { .. } => "test",
        }
    }
}

impl Call {
    /// When it must be looked at again; saved with it, so it survives a crash and cannot go stale.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let open = self.paging.next_deadline().into_iter().chain([self.ends_at]).min();
        open.filter(|_| self.over_at.is_none())
    }

    /// Whom and where to call when nobody answers: of a test page nobody.
    pub fn home(&self) -> Home {
        match self.kind {
            Kind::Test { .. } => Home { direct: self.room.is_none(), ..Home::default() },
        }
    }

    /// Whether it tests this contact and may still be answered.
    pub fn tests(&self, name: &Name) -> bool {
        let Kind::Test { contact, .. } = &self.kind;
        contact == name && self.over_at.is_none()
    }
}
