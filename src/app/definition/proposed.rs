//! What was shown and waits for a yes, or for a correction: kept in memory, a bounded number for a bounded time. What is lost
//! is asked for again; nothing is in force that nobody agreed to.

use std::sync::{MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::apply::Apply;
use crate::app::App;
use crate::domain::facts::Revision;
use crate::domain::id::{GuildId, Timestamp, UserId};
use crate::domain::refusal::Refusal;

/// Proposals that wait at the same time, and the bytes of all their files; more than that are forgotten, oldest first.
const PROPOSALS_MAX: usize = 200;
const BYTES_MAX: usize = 16 << 20;
/// How long one waits: an afternoon's interruption, not a week.
const WAITS: TimeDelta = TimeDelta::hours(1);

/// One proposal of one person.
#[derive(Debug, Clone)]
pub(in crate::app) struct Proposed {
    pub asked: u64,
    pub by: UserId,
    pub guild: GuildId,
    pub at: Timestamp,
    /// None: it is wrong, and can only be corrected.
    pub apply: Option<Apply>,
    /// As it was typed into a form.
    pub text: Option<String>,
    /// What was in force when it was shown.
    pub since: Revision,
}

impl Proposed {
    fn bytes(&self) -> usize {
        let sources = self.apply.iter().flat_map(|apply| &apply.sources).map(|source| source.text.len());
        sources.sum::<usize>() + self.text.as_ref().map_or(0, String::len)
    }
}

impl App {
    /// Keeps a proposal; whoever proposed before keeps theirs too, as long as there is room.
    pub(super) fn keep_proposed(&self, proposed: Proposed) {
        let mut kept = self.proposals();
        kept.retain(|one| proposed.at - one.at < WAITS);
        kept.push(proposed);
        while kept.len() > PROPOSALS_MAX || kept.iter().map(Proposed::bytes).sum::<usize>() > BYTES_MAX {
            kept.remove(0);
        }
    }

    /// What somebody proposed. Only they may go on with it, in the same guild.
    pub(super) fn proposed(&self, asked: u64, by: UserId, guild: GuildId) -> Result<Proposed, Refusal> {
        let now = self.now();
        let own = |one: &&Proposed| one.asked == asked && one.by == by && one.guild == guild && now - one.at < WAITS;
        self.proposals().iter().find(own).cloned().ok_or(Refusal::ProposalGone)
    }

    pub(super) fn drop_proposed(&self, asked: u64) {
        self.proposals().retain(|one| one.asked != asked);
    }

    fn proposals(&self) -> MutexGuard<'_, Vec<Proposed>> {
        self.0.proposals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
