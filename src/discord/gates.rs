//! One gate a guild: closed from a new gateway session until what was missed has been read. Waits; reads and decides nothing.
//!
//! Live alert messages wait here, so that the mark "read up to here" never jumps over a gap that is still to be read.

use std::collections::HashSet;

use tokio::sync::watch;

use crate::domain::id::GuildId;

/// Which guilds are caught up, and in which session.
#[derive(Debug, Clone, Default)]
struct Now {
    /// Counts gateway sessions, so that a catch-up of an earlier one opens nothing.
    session: u64,
    open: HashSet<GuildId>,
    /// Being caught up now.
    busy: HashSet<GuildId>,
}

#[derive(Debug)]
pub(super) struct Gates(watch::Sender<Now>);

impl Default for Gates {
    fn default() -> Gates {
        Gates(watch::Sender::new(Now::default()))
    }
}

impl Gates {
    /// A new session: everything may have been missed. Returns its number.
    pub fn close_all(&self) -> u64 {
        self.0.send_modify(|now| *now = Now { session: now.session + 1, ..Now::default() });
        self.session()
    }

    /// Discord cannot tell us about this guild for a while.
    pub fn close(&self, guild: GuildId) {
        self.0.send_modify(|now| {
            now.open.remove(&guild);
            // A catch-up under way began before the outage: it opens nothing.
            now.busy.remove(&guild);
        });
    }

    pub fn session(&self) -> u64 {
        self.0.borrow().session
    }

    /// Says whether the caller is the one who is to catch the guild up: it is closed, and nobody else does it.
    pub fn begin(&self, guild: GuildId, session: u64) -> bool {
        self.0.send_if_modified(|now| now.session == session && !now.open.contains(&guild) && now.busy.insert(guild))
    }

    /// The guild is caught up as of this session.
    pub fn open(&self, guild: GuildId, session: u64) {
        self.0.send_if_modified(|now| {
            let ours = now.session == session && now.busy.remove(&guild);
            ours && now.open.insert(guild)
        });
    }

    /// Returns once the guild is caught up.
    pub async fn passed(&self, guild: GuildId) {
        // The sender lives as long as `self`: waiting cannot fail.
        self.0.subscribe().wait_for(|now| now.open.contains(&guild)).await.ok();
    }

    /// Returns once there is a later session than this one.
    pub async fn later_than(&self, session: u64) {
        self.0.subscribe().wait_for(|now| now.session > session).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const GUILD: GuildId = GuildId(1);

    #[test]
    fn a_guild_is_passed_only_when_this_session_caught_it_up() {
        let gates = Gates::default();
        let passed = |gates: &Gates| gates.passed(GUILD).now_or_never().is_some();
        let first = gates.close_all();
        assert!(gates.begin(GUILD, first));
        assert!(!gates.begin(GUILD, first), "one catch-up at a time");
        assert!(!passed(&gates));
        let second = gates.close_all();
        gates.open(GUILD, first);
        assert!(!passed(&gates), "a catch-up of an earlier session opens nothing");
        assert!(!gates.begin(GUILD, first), "and begins nothing");
        assert!(gates.begin(GUILD, second));
        gates.open(GUILD, second);
        assert!(passed(&gates));
        assert!(!gates.begin(GUILD, second), "there is nothing to catch up");
        gates.close(GUILD);
        assert!(!passed(&gates));
        assert!(gates.begin(GUILD, second), "after an outage there is");
    }
}
