//! The ballast: a file beside a SQLite database that is given up when the disk is full, so that what was promised can still be written.

use super::Store;

impl Store {
    /// Whether the disk is full and the ballast is spent: nothing new is taken in, what was promised goes on. Never on PostgreSQL.
    pub fn cramped(&self) -> bool {
        false
    }
}
