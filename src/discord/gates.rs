//! One gate a guild: closed from a new gateway session, or a fault of ours, until what was missed has been read. Waits; reads and
//! decides nothing.
//!
//! Live alert messages wait here, so that the mark "read up to here" never jumps over a gap that is still to be read.

use std::collections::{HashMap, HashSet};

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::domain::id::GuildId;

/// Events that may wait at once, of all guilds together: a few kB each. What comes then is read again by the catch-up instead.
const WAITING_MAX: usize = 2_000;

/// Which guilds are caught up, and in which session.
#[derive(Debug, Clone, Default)]
struct Now {
    /// Counts gateway sessions, so that a catch-up of an earlier one opens nothing.
    session: u64,
    open: HashSet<GuildId>,
    /// Being caught up now, by whom.
    busy: HashMap<GuildId, Ticket>,
    /// Something was missed after the catch-up under way may have looked.
    again: HashSet<GuildId>,
    tickets: u64,
}

/// One catch-up of one guild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What a catch-up that has read everything came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    Yes,
    /// More was missed meanwhile: read again.
    Again,
    /// A later one does it.
    Superseded,
}

#[derive(Debug)]
pub(super) struct Gates {
    now: watch::Sender<Now>,
    places: Semaphore,
}

impl Default for Gates {
    fn default() -> Gates {
        Gates { now: watch::Sender::new(Now::default()), places: Semaphore::new(WAITING_MAX) }
    }
}

impl Gates {
    /// A new session: everything may have been missed. Returns its number.
    pub fn close_all(&self) -> u64 {
        let fresh = |now: &Now| Now { session: now.session + 1, tickets: now.tickets, ..Now::default() };
        self.now.send_modify(|now| *now = fresh(now));
        self.session()
    }

    /// Discord cannot tell us about this guild for a while.
    pub fn close(&self, guild: GuildId) {
        self.now.send_modify(|now| {
            now.open.remove(&guild);
            // A catch-up under way began before the outage: it opens nothing.
            now.busy.remove(&guild);
        });
    }

    /// Something of this guild was not taken in: it is to be read again. Says whether the caller is to begin a catch-up; else one is
    /// under way, or comes with the guild.
    pub fn stumble(&self, guild: GuildId) -> bool {
        self.now.send_if_modified(|now| {
            if now.busy.contains_key(&guild) {
                now.again.insert(guild);
            }
            now.open.remove(&guild)
        })
    }

    pub fn session(&self) -> u64 {
        self.now.borrow().session
    }

    /// A ticket where the caller is the one who is to catch the guild up: it is closed, and nobody else does it.
    pub fn begin(&self, guild: GuildId, session: u64) -> Option<Ticket> {
        let mut begun = None;
        self.now.send_if_modified(|now| {
            if now.session == session && !now.open.contains(&guild) && !now.busy.contains_key(&guild) {
                now.tickets += 1;
                begun = Some(Ticket(now.tickets));
                now.busy.extend(begun.map(|ticket| (guild, ticket)));
            }
            begun.is_some()
        });
        begun
    }

    /// The guild is caught up as of this ticket.
    pub fn open(&self, guild: GuildId, ticket: Ticket) -> Opened {
        let mut opened = Opened::Superseded;
        self.now.send_if_modified(|now| {
            if now.busy.get(&guild) != Some(&ticket) {
                return false;
            }
            if now.again.remove(&guild) {
                opened = Opened::Again;
                return false;
            }
            opened = Opened::Yes;
            now.busy.remove(&guild);
            now.open.insert(guild)
        });
        opened
    }

    /// Returns once the guild is caught up; false where too many wait already: then it is read again by the catch-up.
    pub async fn passed(&self, guild: GuildId) -> bool {
        let Some(_place) = self.place() else { return !self.missed(guild) };
        // The sender lives as long as `self`: waiting cannot fail.
        self.now.subscribe().wait_for(|now| now.open.contains(&guild)).await.is_ok()
    }

    /// A place to wait in, if there is one.
    pub fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.try_acquire().ok()
    }

    /// Has the catch-up under way read again; false where the guild is open.
    fn missed(&self, guild: GuildId) -> bool {
        self.now.send_if_modified(|now| {
            let closed = !now.open.contains(&guild);
            if closed && now.busy.contains_key(&guild) {
                now.again.insert(guild);
            }
            closed
        })
    }

    /// Returns once this catch-up is not the one any more: a later session has begun, or the guild went away.
    pub async fn superseded(&self, guild: GuildId, ticket: Ticket) {
        self.now.subscribe().wait_for(|now| now.busy.get(&guild) != Some(&ticket)).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const GUILD: GuildId = GuildId(1);

    fn passed(gates: &Gates) -> bool {
        gates.passed(GUILD).now_or_never().unwrap_or_default()
    }

    #[test]
    fn a_guild_is_passed_only_when_this_session_caught_it_up() {
        let gates = Gates::default();
        let first = gates.close_all();
        let ticket = gates.begin(GUILD, first).unwrap();
        assert_eq!(gates.begin(GUILD, first), None, "one catch-up at a time");
        assert!(!passed(&gates));
        let second = gates.close_all();
        assert_eq!(gates.open(GUILD, ticket), Opened::Superseded);
        assert!(!passed(&gates), "a catch-up of an earlier session opens nothing");
        assert_eq!(gates.begin(GUILD, first), None, "and begins nothing");
        let ticket = gates.begin(GUILD, second).unwrap();
        assert_eq!(gates.open(GUILD, ticket), Opened::Yes);
        assert!(passed(&gates));
        assert_eq!(gates.begin(GUILD, second), None, "there is nothing to catch up");
        gates.close(GUILD);
        assert!(!passed(&gates));
        assert!(gates.begin(GUILD, second).is_some(), "after an outage there is");
    }

    #[test]
    fn a_fault_closes_the_gate_until_everything_was_read_again() {
        let gates = Gates::default();
        let session = gates.close_all();
        assert!(!gates.stumble(GUILD), "the guild is not here yet: its catch-up is to come");
        let ticket = gates.begin(GUILD, session).unwrap();
        assert_eq!(gates.open(GUILD, ticket), Opened::Yes);
        assert!(gates.stumble(GUILD), "who stumbles first begins a catch-up");
        assert!(!passed(&gates));
        let ticket = gates.begin(GUILD, session).unwrap();
        assert!(!gates.stumble(GUILD), "one is under way");
        assert_eq!(gates.open(GUILD, ticket), Opened::Again, "and may have looked before");
        assert_eq!(gates.open(GUILD, ticket), Opened::Yes);
    }

    #[test]
    fn who_finds_no_place_is_read_again() {
        let gates = Gates::default();
        let session = gates.close_all();
        let ticket = gates.begin(GUILD, session).unwrap();
        let taken = gates.places.try_acquire_many(u32::try_from(WAITING_MAX).unwrap()).unwrap();
        assert_eq!(gates.passed(GUILD).now_or_never(), Some(false), "what waits is bounded");
        assert_eq!(gates.open(GUILD, ticket), Opened::Again);
        assert_eq!(gates.open(GUILD, ticket), Opened::Yes);
        assert!(passed(&gates), "an open gate is passed, full or not");
        drop(taken);
    }
}
