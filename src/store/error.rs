//! What can go wrong in the store, said once. Never holds a password: the place of a database is named without one.

use std::sync::Arc;

use super::dialect;

/// A failure of the store. `Clone`, because one failed commit fails everybody who was in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A save that expected another version: somebody else saved first, or the row is gone.
    #[error("{what} {id} was changed by somebody else meanwhile")]
    Conflict { what: &'static str, id: i64 },

    /// A statement for one row touched several. Ours to mend.
    #[error("{what} {id}: {rows} rows were touched where one was meant")]
    TooMany { what: &'static str, id: i64, rows: u64 },

    /// The database refused a statement, or could not be reached. `at` is the place in the source.
    #[error("{at}: {why}")]
    Statement {
        at: &'static str,
        #[source]
        why: Arc<sqlx::Error>,
    },

    /// A test armed the gate for this statement.
    #[error("{at}: refused by the gate")]
    Gate { at: &'static str },

    /// It did not end within its limit; a write was rolled back.
    #[error("it took longer than {limit_s} s and was given up")]
    TooSlow { limit_s: u64 },

    /// The commit was asked for, and its answer was lost: the write may have been kept or not.
    #[error("whether it was kept is not known: {why}")]
    Unknown { why: Box<StoreError> },

    /// A write panicked and was rolled back. What it said is left out: it may quote what people wrote; the log has where it was.
    #[error("a write panicked and was rolled back")]
    Panicked,

    /// The store was closed, or the process is ending.
    #[error("the store is closed")]
    Closed,

    /// The database could not be opened.
    #[error("cannot open the database {place}: {why}")]
    Open { place: String, why: String },

    /// Another bot runs on this SQLite file.
    #[error(
        "the database {place} is in use by another `muster run`, which holds {lock}: stop that one first, \
         or give this one a DATABASE_URL of its own"
    )]
    Taken { place: String, lock: String },

    /// The disk is full and the ballast is spent: this is for whoever would take something new in.
    #[error("the disk is full: nothing new is taken in until there is room")]
    Cramped,

    /// A copy, or a backup, was not made.
    #[error("{0}")]
    Copy(String),

    /// The database was written by a newer Muster.
    #[error(
        "the database {place} has schema {found}, this Muster knows up to {known}: \
         run the newer Muster again, or restore a backup made before the upgrade"
    )]
    Newer { place: String, found: i64, known: i64 },
}

impl StoreError {
    pub(super) fn statement(at: &'static str, why: sqlx::Error) -> StoreError {
        StoreError::Statement { at, why: Arc::new(why) }
    }

    /// Whether the same write may well succeed if it is asked again soon: a lock, a deadlock, a lost connection.
    ///
    /// A lost connection may leave open whether the write was kept ([`StoreError::is_unknown`]): whoever asks again must be told
    /// apart by its key (`seen`).
    pub fn is_transient(&self) -> bool {
        match self {
            StoreError::Statement { why, .. } => dialect::is_transient(why),
            StoreError::TooSlow { .. } => true,
            StoreError::Unknown { why } => why.is_transient(),
            _ => false,
        }
    }

    /// Whether there is no room on the disk.
    pub fn is_full(&self) -> bool {
        match self {
            StoreError::Statement { why, .. } => dialect::is_full(why),
            StoreError::Cramped => true,
            _ => false,
        }
    }

    /// Whether the write may have been kept all the same. Every other failure of a write was rolled back.
    pub fn is_unknown(&self) -> bool {
        matches!(self, StoreError::Unknown { .. })
    }

    /// Whether the fault lies in what was to be written: it fails the same way however well the database is.
    pub fn is_lasting(&self) -> bool {
        match self {
            StoreError::Conflict { .. } | StoreError::TooMany { .. } | StoreError::Panicked => true,
            StoreError::Statement { why, .. } => dialect::is_lasting(why),
            _ => false,
        }
    }

    /// As the end of a write whose commit was asked for: rolled back where the database says so, else unknown.
    pub(super) fn at_commit(self) -> StoreError {
        match &self {
            StoreError::Statement { why, .. } if !dialect::is_rolled_back(why) => {
                StoreError::Unknown { why: Box::new(self) }
            }
            StoreError::TooSlow { .. } => StoreError::Unknown { why: Box::new(self) },
            _ => self,
        }
    }
}

/// Turns the number of rows that a one-row save touched into its answer.
///
/// # Errors
/// `Conflict` for none, `TooMany` for more than one.
pub(super) fn exactly_one(what: &'static str, id: i64, rows: u64) -> Result<(), StoreError> {
    match rows {
        0 => Err(StoreError::Conflict { what, id }),
        1 => Ok(()),
        rows => Err(StoreError::TooMany { what, id, rows }),
    }
}
