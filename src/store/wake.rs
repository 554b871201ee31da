//! Deadlines: one row says when a root of state is to be looked at again. Decides nothing when it is.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::StoreError;
use crate::domain::id::Timestamp;

/// A root of state whose time has come, claimed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Woken {
    pub noun: String,
    pub id: i64,
    #[sqlx(try_from = "Us")]
    pub due_at: Timestamp,
    /// Held as long as the row has this fence.
    pub fence: i64,
}

#[derive(FromRow)]
struct Earliest {
    #[sqlx(try_from = "MaybeUs")]
    at: Option<Timestamp>,
}

/// The root's next deadline; `None` = it has none. Ends any claim: what was saved supersedes what somebody was about to do.
pub async fn set(tx: &mut Tx, noun: &str, id: i64, due: Option<Timestamp>) -> Result<(), StoreError> {
    let Some(due) = due else {
        run!(tx, "DELETE FROM wake WHERE noun = $1 AND id = $2", noun, id)?;
        return Ok(());
    };
    tx.ring();
    run!(
        tx,
        "INSERT INTO wake (noun, id, due_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (noun, id) DO UPDATE
         SET due_at = excluded.due_at, lease_until = NULL, fence = wake.fence + 1",
        noun,
        id,
        Us(due)
    )?;
    Ok(())
}

/// Claims up to `limit` roots that are due at `now` and that nobody has, until `lease`; earliest first.
pub async fn claim(tx: &mut Tx, now: Timestamp, lease: Timestamp, limit: i64) -> Result<Vec<Woken>, StoreError> {
    let mut woken: Vec<Woken> = rows!(
        tx,
        "WITH due AS MATERIALIZED (
             SELECT noun AS due_noun, id AS due_id
             FROM wake
             WHERE due_at <= $1
             AND (lease_until IS NULL OR lease_until <= $1)
             ORDER BY due_at, id
             LIMIT $3
             /* FOR UPDATE SKIP LOCKED */)
         UPDATE wake
         SET lease_until = $2, fence = fence + 1
         FROM due
         WHERE noun = due_noun
         AND id = due_id
         RETURNING noun, id, due_at, fence",
        Us(now),
        Us(lease),
        limit
    )?;
    // RETURNING promises no order.
    woken.sort_by_key(|woken| (woken.due_at, woken.id));
    Ok(woken)
}

/// Up to `limit` roots that were due at `due`, or before, and that nobody has at `now`; earliest first.
pub async fn overdue(conn: &mut Conn, due: Timestamp, now: Timestamp, limit: i64) -> Result<Vec<Woken>, StoreError> {
    rows!(
        conn,
        "SELECT noun, id, due_at, fence
         FROM wake
         WHERE due_at <= $1
         AND (lease_until IS NULL OR lease_until <= $2)
         ORDER BY due_at, id
         LIMIT $3",
        Us(due),
        Us(now),
        limit
    )
}

/// When the claim that lasts longest ends.
pub async fn latest_claim(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let latest: Option<Earliest> = row!(conn, "SELECT MAX(lease_until) AS at FROM wake WHERE lease_until IS NOT NULL")?;
    Ok(latest.and_then(|latest| latest.at))
}

/// Ends claims that last longer than until `latest`; whoever made them has lost them.
pub async fn end_claims_beyond(tx: &mut Tx, latest: Timestamp) -> Result<Vec<Woken>, StoreError> {
    tx.ring();
    rows!(
        tx,
        "UPDATE wake
         SET lease_until = NULL, fence = fence + 1
         WHERE lease_until > $1
         RETURNING noun, id, due_at, fence",
        Us(latest)
    )
}

/// Ends every claim: whoever made them is gone.
pub async fn forget_claims(tx: &mut Tx) -> Result<u64, StoreError> {
    tx.ring();
    run!(tx, "UPDATE wake SET lease_until = NULL WHERE lease_until IS NOT NULL")
}

/// Whether a claim still holds: nobody claimed or saved the root since.
pub async fn holds(conn: &mut Conn, claim: &Woken) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = row!(
        conn,
        "SELECT fence
         FROM wake
         WHERE noun = $1
         AND id = $2
         AND lease_until IS NOT NULL",
        &claim.noun,
        claim.id
    )?;
    Ok(found == Some((claim.fence,)))
}

/// When a claim will next find something: the earliest deadline, or end of a claim.
pub async fn next_due(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let earliest: Option<Earliest> = row!(
        conn,
        "SELECT MIN(at) AS at
         FROM (
             SELECT MIN(due_at) AS at FROM wake WHERE lease_until IS NULL
             UNION ALL
             SELECT MIN(CASE WHEN lease_until < due_at THEN due_at ELSE lease_until END) AS at
             FROM wake
             WHERE lease_until IS NOT NULL) AS times"
    )?;
    Ok(earliest.and_then(|earliest| earliest.at))
}

/// Whether any root has a deadline that is not of this noun.
pub async fn any_but(conn: &mut Conn, noun: &str) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = row!(conn, "SELECT id FROM wake WHERE noun <> $1 LIMIT 1", noun)?;
    Ok(found.is_some())
}

/// The root's deadline as it is stored: for checking that it is the one of its state.
pub async fn due(conn: &mut Conn, noun: &str, id: i64) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(Us,)> = row!(conn, "SELECT due_at FROM wake WHERE noun = $1 AND id = $2", noun, id)?;
    Ok(found.map(|(us,)| us.0))
}
