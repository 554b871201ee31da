//! Counters that any impure room may touch and health, metrics and tests read. Decides nothing, keeps no history.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::domain::id::Timestamp;

/// The counters of this process.
pub static GAUGES: Gauges = Gauges::new();

/// What is counted.
#[derive(Debug)]
pub struct Gauges {
    heard_at_us: AtomicI64,
    connected_at_us: AtomicI64,
    panics: AtomicU64,
    lost_loops: AtomicU64,
    unknown_events: AtomicU64,
    sessions: AtomicU64,
}

impl Gauges {
    const fn new() -> Gauges {
        Gauges {
            heard_at_us: AtomicI64::new(0),
            connected_at_us: AtomicI64::new(0),
            panics: AtomicU64::new(0),
            lost_loops: AtomicU64::new(0),
            unknown_events: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
        }
    }

    /// Something arrived from Discord's gateway.
    pub fn heard(&self, at: Timestamp) {
        self.heard_at_us.fetch_max(at.timestamp_micros(), Ordering::Relaxed);
    }

    /// When something last arrived from the gateway; `None`: nothing yet.
    pub fn heard_at(&self) -> Option<Timestamp> {
        moment(&self.heard_at_us)
    }

    /// The gateway's connection was seen standing.
    pub fn connected(&self, at: Timestamp) {
        self.connected_at_us.fetch_max(at.timestamp_micros(), Ordering::Relaxed);
    }

    /// When the gateway's connection was last seen standing; `None`: never yet.
    pub fn connected_at(&self) -> Option<Timestamp> {
        moment(&self.connected_at_us)
    }

    /// A loop of the worker panicked: the process cannot do its job any more.
    pub fn lost_loop(&self) {
        self.lost_loops.fetch_add(1, Ordering::Relaxed);
    }

    pub fn lost_loops(&self) -> u64 {
        self.lost_loops.load(Ordering::Relaxed)
    }

    /// A handler panicked; what it handled is lost, the process goes on.
    pub fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// An event arrived that cannot be decoded.
    pub fn unknown_event(&self) {
        self.unknown_events.fetch_add(1, Ordering::Relaxed);
    }

    pub fn unknown_events(&self) -> u64 {
        self.unknown_events.load(Ordering::Relaxed)
    }

    /// A new gateway session began; Discord allows 1,000 a day.
    pub fn session(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed)
    }
}

fn moment(us: &AtomicI64) -> Option<Timestamp> {
    let at = us.load(Ordering::Relaxed);
    Timestamp::from_timestamp_micros(at).filter(|_| at > 0)
}
