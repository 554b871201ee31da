//! What the playground remembers of an interaction: who, where, when, and how it was answered.
//! Never sends anything.

use crate::id::Id;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::time::{Duration, Instant};

/// One interaction.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub id: Id,
    pub token: String,
    /// 2 command, 3 component, 4 autocomplete, 5 modal.
    pub kind: u8,
    /// A context menu rather than a slash command.
    pub menu: bool,
    pub user: Id,
    pub channel: Id,
    pub guild: Option<Id>,
    /// The message whose component was used.
    pub source: Option<Id>,
    /// Command name.
    pub name: String,
    /// The event as dispatched.
    pub event: Value,
    pub at: DateTime<Utc>,
    pub dispatched: Instant,
    pub done: Option<Done>,
    pub original: Option<Id>,
    pub followups: Vec<Id>,
}

/// The first answer.
#[derive(Clone, Debug)]
pub struct Done {
    /// Discord's callback type: 4 message, 5 deferred, 6 deferred update, 7 update, 8 choices, 9 modal.
    pub kind: u8,
    /// Its data as sent.
    pub data: Value,
    /// How long after the dispatch it came.
    pub after: Duration,
}

impl Record {
    /// How old it is by the playground's clock.
    pub fn age(&self, now: DateTime<Utc>) -> Duration {
        (now - self.at).to_std().unwrap_or_default()
    }
}
