//! What people live through when storage fails: a full disk, a second bot, files that cannot be used, a backup put back; and what is
//! forgotten, and what is not, as the years go by.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/fake.rs"]
mod fake;
#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/scenario.rs"]
mod scenario;
#[path = "support/setup.rs"]
mod setup;

#[path = "storage/copied.rs"]
mod copied;
#[path = "storage/full.rs"]
mod full;
#[path = "storage/growth.rs"]
mod growth;
#[path = "storage/opened.rs"]
mod opened;
#[path = "storage/restored.rs"]
mod restored;

/// When the stories begin.
pub const START: &str = "2026-01-05T10:00:00Z";

/// Ana is paged first, then Ben.
pub const PLAN: &str = "plan db: stage 5m @ana · stage 5m @ben";

/// Whether one of the lines holds all of these words.
pub fn says(told: &[String], words: &str) -> bool {
    told.iter().any(|line| line.contains(words))
}

/// Says past the capture of the test harness what was not tested.
pub fn skip(what: &str) {
    use std::io::Write;
    let said = format!("\n*** SKIPPED: {what} ***\n\n");
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}

/// Whether this is root, for whom no permission bits hold.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
