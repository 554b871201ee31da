//! One bot on one SQLite file: a lock of the operating system on a file beside it. Locks nothing inside the database.
//!
//! The kernel lets go of it when the process ends, however it ends. A row in the database would keep a killed bot out of its own file.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// What is put behind the name of the database.
const SUFFIX: &str = ".lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock goes with the file")] File);

/// Takes the lock of a SQLite file, which need not exist yet.
///
/// # Errors
/// `Taken` when another process has it; `Open` when there cannot be such a file.
pub(super) fn take(database: &Path) -> Result<Lock, StoreError> {
    let path = beside(database, SUFFIX);
    let refuse = |why: String| StoreError::Open { place: database.display().to_string(), why };
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(|why| {
        refuse(format!("{} cannot be written ({why}): give Muster's user that directory and file", path.display()))
    })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Taken { place: database.display().to_string(), lock: path.display().to_string() })
        }
        Err(TryLockError::Error(why)) => Err(refuse(format!("{} cannot be locked: {why}", path.display()))),
    }
}

/// A file that belongs to a database: beside the file itself, whatever links lead to it.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let real = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = real.into_os_string();
    name.push(suffix);
    PathBuf::from(name)
}
