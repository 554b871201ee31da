//! Wrong codes that people typed: when, and who. Never the code.

use super::column::Us;
use super::db::{Conn, Tx, rows, run};
use super::error::StoreError;
use crate::domain::id::{Timestamp, UserId};

/// Takes down that a person typed a code that is not theirs.
pub async fn tried(tx: &mut Tx, id: i64, user: UserId, at: Timestamp) -> Result<(), StoreError> {
    run!(tx, "INSERT INTO code_try (id, user_id, tried_at) VALUES ($1, $2, $3)", id, user, Us(at))?;
    Ok(())
}

/// When they did since then, oldest first.
pub async fn tries_since(conn: &mut Conn, user: UserId, since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
    let tries: Vec<(Us,)> = rows!(
        conn,
        "SELECT tried_at
         FROM code_try
         WHERE user_id = $1
         AND tried_at > $2
         ORDER BY tried_at",
        user,
        Us(since)
    )?;
    Ok(tries.into_iter().map(|(at,)| at.0).collect())
}

/// Forgets up to `limit` tries from before, and says how many that were.
pub async fn clean(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM code_try
         WHERE id IN (SELECT id FROM code_try WHERE tried_at < $1 LIMIT $2)",
        Us(before),
        limit
    )
}
