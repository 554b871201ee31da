//! Whether Discord is out of reach for deliveries (ENGAGEMENT 10): counted from what came of them, kept in memory only.

use super::App;
use crate::domain::id::Timestamp;

impl App {
    /// Since when no delivery has got through; `None`: some do, or none was tried.
    pub fn outage(&self) -> Option<Timestamp> {
        None
    }
}
