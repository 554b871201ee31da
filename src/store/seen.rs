//! Keys of what was handled, so that a second delivery changes nothing. Does not know what they are keys of.

use super::column::Us;
use super::db::{Conn, Tx, row, run};
use super::error::StoreError;
use crate::domain::id::Timestamp;

/// Writes the key down; true only the first time.
pub async fn first(tx: &mut Tx, key: &str, at: Timestamp) -> Result<bool, StoreError> {
    let written = run!(
        tx,
        "INSERT INTO seen (key, seen_at)
         VALUES ($1, $2)
         ON CONFLICT (key) DO NOTHING",
        key,
        Us(at)
    )?;
    Ok(written == 1)
}

/// Whether the key was written down. For after a commit whose answer was lost.
pub async fn was(conn: &mut Conn, key: &str) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = row!(conn, "SELECT seen_at FROM seen WHERE key = $1", key)?;
    Ok(found.is_some())
}

/// Forgets what was seen before, and says how many keys that were.
pub async fn clean(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    run!(tx, "DELETE FROM seen WHERE seen_at < $1", Us(before))
}
