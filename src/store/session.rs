//! Gateway sessions that were begun, so that a process that starts again and again does not use up what Discord allows.
//! Counts; does not know how many are too many.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, row, run};
use super::error::StoreError;
use crate::domain::id::Timestamp;

/// How many sessions were begun, and when the latest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Begun {
    /// Since `hour`, without those before a process was last told to stop.
    pub lately: i64,
    /// Since `day`, all of them.
    pub today: i64,
    #[sqlx(try_from = "MaybeUs")]
    pub latest: Option<Timestamp>,
}

/// One is about to begin.
pub async fn begin(tx: &mut Tx, id: i64, at: Timestamp) -> Result<(), StoreError> {
    run!(tx, "INSERT INTO gateway_session (id, began_at) VALUES ($1, $2)", id, Us(at))?;
    Ok(())
}

/// The process was told to stop: none so far was one of a crash loop.
pub async fn settle(tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
    run!(tx, "UPDATE gateway_session SET settled_at = $1 WHERE settled_at IS NULL", Us(at))?;
    Ok(())
}

/// How many there were since then.
pub async fn begun(conn: &mut Conn, hour: Timestamp, day: Timestamp) -> Result<Begun, StoreError> {
    let begun: Option<Begun> = row!(
        conn,
        "SELECT
             COUNT(CASE WHEN began_at > $1 AND settled_at IS NULL THEN 1 END) AS lately,
             COUNT(*) AS today,
             MAX(began_at) AS latest
         FROM gateway_session
         WHERE began_at > $2",
        Us(hour),
        Us(day)
    )?;
    Ok(begun.unwrap_or_default())
}

/// Forgets those before.
pub async fn clean(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    run!(tx, "DELETE FROM gateway_session WHERE began_at < $1", Us(before))
}
