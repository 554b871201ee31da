//! Whether the bot can do its job now, and what keeps it from it. Reads nothing itself.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::id::Timestamp;

/// A database that needs longer is slow: a command takes several statements and must be answered in 3 s.
pub const DATABASE_SLOW: TimeDelta = TimeDelta::seconds(1);
/// How long the gateway may be away: a resume takes seconds, a new session rarely more than half a minute.
pub const GATEWAY_AWAY: TimeDelta = TimeDelta::seconds(30);
/// A page that is older and has not gone out is late for everybody.
pub const PAGE_LATE: TimeDelta = TimeDelta::seconds(60);
/// A loop looks twice a second. With a database in trouble one turn may take 200 writes, 16 side by side, of 15 s each.
pub const LOOP_STUCK: TimeDelta = TimeDelta::seconds(200);

/// What the gauges of the process say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    pub now: Timestamp,
    pub started_at: Timestamp,
    /// When the gateway's connection was last seen standing; `None`: never yet.
    pub connected_at: Option<Timestamp>,
    /// Servers that are being read for what was said while nobody listened.
    pub catching_up: u64,
    /// Loops that panicked.
    pub lost_loops: u64,
    /// When each loop last began a turn.
    pub turns: BTreeMap<&'static str, Timestamp>,
}

/// What the desk and its database say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// How long the database took to answer; `None`: it did not.
    pub database: Option<TimeDelta>,
    /// How long ago the oldest page was asked for that has not gone out, is due, and is still to go.
    pub oldest_page: Option<TimeDelta>,
    /// Incidents that are not over.
    pub open_incidents: u64,
    /// Since when no delivery has got through.
    pub outage: Option<Timestamp>,
    /// What the auditor found, by kind.
    pub findings: BTreeMap<&'static str, u64>,
    /// The disk is full: nothing new is taken in.
    pub cramped: bool,
}

/// What keeps the bot from its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A loop has panicked: the process ends.
    LoopLost,
    LoopStuck {
        which: &'static str,
        lasting: TimeDelta,
    },
    DatabaseSilent,
    DatabaseSlow {
        took: TimeDelta,
    },
    /// Since the start.
    NeverConnected {
        lasting: TimeDelta,
    },
    GatewayAway {
        lasting: TimeDelta,
    },
    CatchingUp {
        servers: u64,
    },
    PageLate {
        lasting: TimeDelta,
    },
    Outage {
        lasting: TimeDelta,
    },
    Cramped,
    Found {
        kind: &'static str,
        count: u64,
    },
}

impl Vitals {
    /// Why the process is to be started anew; empty: it lives.
    pub fn deadly(&self) -> Vec<Trouble> {
        let lost = (self.lost_loops > 0).then_some(Trouble::LoopLost);
        let stuck = self.turns.iter().map(|(which, at)| (*which, self.now - *at));
        let stuck = stuck.filter(|(_, lasting)| *lasting > LOOP_STUCK);
        lost.into_iter().chain(stuck.map(|(which, lasting)| Trouble::LoopStuck { which, lasting })).collect()
    }

    /// How long the gateway has been away: since it was last seen, or since the start.
    pub fn gateway_away(&self) -> TimeDelta {
        (self.now - self.connected_at.unwrap_or(self.started_at)).max(TimeDelta::zero())
    }

    fn gateway(&self) -> Option<Trouble> {
        let lasting = self.gateway_away();
        match self.connected_at {
            None => Some(Trouble::NeverConnected { lasting }),
            Some(_) => (lasting > GATEWAY_AWAY).then_some(Trouble::GatewayAway { lasting }),
        }
    }
}

impl Health {
    /// Why the bot is not ready, worst first; empty: all is well.
    pub fn troubles(&self, vitals: &Vitals) -> Vec<Trouble> {
        let database = match self.database {
            None => Some(Trouble::DatabaseSilent),
            Some(took) => (took > DATABASE_SLOW).then_some(Trouble::DatabaseSlow { took }),
        };
        let late = self.oldest_page.filter(|age| *age > PAGE_LATE).map(|lasting| Trouble::PageLate { lasting });
        let outage = self.outage.map(|since| Trouble::Outage { lasting: vitals.now - since });
        let found = self.findings.iter().filter(|(_, count)| **count > 0);
        let mut all = vitals.deadly();
        all.extend(database);
        all.extend(self.cramped.then_some(Trouble::Cramped));
        all.extend(vitals.gateway());
        all.extend(outage);
        all.extend(late);
        all.extend(found.map(|(kind, count)| Trouble::Found { kind, count: *count }));
        let servers = vitals.catching_up;
        all.extend((servers > 0).then_some(Trouble::CatchingUp { servers }));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_timestamp_micros((1_800_000_000 + s) * 1_000_000).unwrap()
    }

    fn vitals() -> Vitals {
        Vitals {
            now: at(1_000),
            started_at: at(0),
            connected_at: Some(at(999)),
            catching_up: 0,
            lost_loops: 0,
            turns: [("pages", at(1_000)), ("wake", at(1_000))].into(),
        }
    }

    fn health() -> Health {
        Health { database: Some(TimeDelta::milliseconds(2)), ..Health::default() }
    }

    #[test]
    fn each_trouble_is_said_and_nothing_else() {
        let s = TimeDelta::seconds;
        assert_eq!(health().troubles(&vitals()), []);
        let of_desk: [(Health, Trouble); 6] = [
            (Health { database: None, ..health() }, Trouble::DatabaseSilent),
            (Health { database: Some(s(2)), ..health() }, Trouble::DatabaseSlow { took: s(2) }),
            (Health { oldest_page: Some(s(61)), ..health() }, Trouble::PageLate { lasting: s(61) }),
            (Health { outage: Some(at(900)), ..health() }, Trouble::Outage { lasting: s(100) }),
            (Health { cramped: true, ..health() }, Trouble::Cramped),
            (
                Health { findings: [("stuck", 2), ("parked", 0)].into(), ..health() },
                Trouble::Found { kind: "stuck", count: 2 },
            ),
        ];
        for (health, expected) in of_desk {
            assert_eq!(health.troubles(&vitals()), [expected]);
        }
        let of_process: [(Vitals, Trouble); 5] = [
            (Vitals { connected_at: None, ..vitals() }, Trouble::NeverConnected { lasting: s(1_000) }),
            (Vitals { connected_at: Some(at(969)), ..vitals() }, Trouble::GatewayAway { lasting: s(31) }),
            (Vitals { catching_up: 3, ..vitals() }, Trouble::CatchingUp { servers: 3 }),
            (Vitals { lost_loops: 1, ..vitals() }, Trouble::LoopLost),
            (
                Vitals { turns: [("wake", at(799))].into(), ..vitals() },
                Trouble::LoopStuck { which: "wake", lasting: s(201) },
            ),
        ];
        for (vitals, expected) in of_process {
            assert_eq!(health().troubles(&vitals), [expected]);
        }
    }

    #[test]
    fn what_is_just_within_its_limit_is_well() {
        let health = Health { database: Some(DATABASE_SLOW), oldest_page: Some(PAGE_LATE), ..health() };
        let turns = [("wake", at(1_000) - LOOP_STUCK)].into();
        let vitals = Vitals { connected_at: Some(at(1_000) - GATEWAY_AWAY), turns, ..vitals() };
        assert_eq!(health.troubles(&vitals), []);
    }

    #[test]
    fn only_what_a_new_start_mends_is_deadly() {
        let vitals = Vitals { connected_at: None, catching_up: 1, ..vitals() };
        assert_eq!(vitals.deadly(), []);
        assert_eq!(Vitals { lost_loops: 2, ..vitals }.deadly(), [Trouble::LoopLost]);
    }
}
