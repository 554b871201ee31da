//! The auditor: what should have happened by now against what did. Looks and says; what it finds is mended elsewhere.

use super::App;

/// Something that should have happened and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing, one word for gauges and logs: `overdue`, `stuck`, `asleep`, `parked`.
    pub kind: &'static str,
    /// What it is about, such as `INC-42`.
    pub subject: String,
}

impl App {
    /// What the latest audit found, and still holds.
    pub fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
}
