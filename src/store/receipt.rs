//! Pages that ring at a gateway outside Discord until they are answered or stopped there. Asks no gateway anything.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::StoreError;
use super::root::Owner;
use crate::domain::id::{GuildId, PostId, Root, Timestamp};

/// One page that rings, or may.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReceiptRow {
    pub post_id: PostId,
    pub guild_id: GuildId,
    #[sqlx(flatten, try_from = "Owner")]
    pub root: Root,
    /// The variable with the gateway's address.
    pub url_env: String,
    /// What we call the page there.
    pub key: String,
    /// What the gateway calls it; `None`: its answer never came.
    pub receipt: Option<String>,
    /// When the gateway is asked next, or told to stop.
    #[sqlx(try_from = "Us")]
    pub ask_at: Timestamp,
    /// By then it has stopped ringing by itself.
    #[sqlx(try_from = "Us")]
    pub until_at: Timestamp,
}

#[derive(FromRow)]
struct Earliest {
    #[sqlx(try_from = "MaybeUs")]
    at: Option<Timestamp>,
}

/// A page is about to go out that will ring; another try at it replaces what is known.
pub async fn expect(tx: &mut Tx, new: &ReceiptRow) -> Result<(), StoreError> {
    let owner = Owner::from(Some(new.root));
    run!(
        tx,
        "INSERT INTO gateway_receipt (post_id, guild_id, incident_id, call_id, url_env, key, receipt, ask_at, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (post_id) DO UPDATE
         SET url_env = excluded.url_env, ask_at = excluded.ask_at, until_at = excluded.until_at",
        new.post_id,
        new.guild_id,
        owner.incident_id,
        owner.call_id,
        &new.url_env,
        &new.key,
        new.receipt.as_deref(),
        Us(new.ask_at),
        Us(new.until_at)
    )?;
    Ok(())
}

/// The gateway has it, and calls it so.
pub async fn rings(tx: &mut Tx, post: PostId, receipt: &str, ask_at: Timestamp) -> Result<(), StoreError> {
    tx.ring();
    run!(
        tx,
        "UPDATE gateway_receipt
         SET receipt = $2, ask_at = $3
         WHERE post_id = $1",
        post,
        receipt,
        Us(ask_at)
    )?;
    Ok(())
}

/// Something has changed about the page: it is looked at now.
pub async fn hurry(tx: &mut Tx, post: PostId, now: Timestamp) -> Result<(), StoreError> {
    tx.ring();
    run!(
        tx,
        "UPDATE gateway_receipt
         SET ask_at = $2
         WHERE post_id = $1",
        post,
        Us(now)
    )?;
    Ok(())
}

/// Everything is looked at now: whoever had some in hand is gone.
pub async fn forget_claims(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    run!(tx, "UPDATE gateway_receipt SET ask_at = $1 WHERE ask_at > $1", Us(now))?;
    Ok(())
}

/// It is looked at then, unless something has changed about it since `row` was read. Whether nothing has.
pub async fn later(tx: &mut Tx, row: &ReceiptRow, ask_at: Timestamp) -> Result<bool, StoreError> {
    let moved = run!(
        tx,
        "UPDATE gateway_receipt
         SET ask_at = $2
         WHERE post_id = $1 AND ask_at = $3",
        row.post_id,
        Us(ask_at),
        Us(row.ask_at)
    )?;
    Ok(moved > 0)
}

/// Nothing rings any more, unless something has changed about it since `row` was read.
pub async fn forget(tx: &mut Tx, row: &ReceiptRow) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM gateway_receipt WHERE post_id = $1 AND ask_at = $2", row.post_id, Us(row.ask_at))?;
    Ok(())
}

/// Up to `limit` pages to be looked at by now, earliest first.
pub async fn due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<ReceiptRow>, StoreError> {
    rows!(
        conn,
        "SELECT post_id, guild_id, incident_id, call_id, url_env, key, receipt, ask_at, until_at
         FROM gateway_receipt
         WHERE ask_at <= $1
         ORDER BY ask_at, post_id
         LIMIT $2",
        Us(now),
        limit
    )
}

/// When [`due`] will next find something.
pub async fn next_due(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let earliest: Option<Earliest> = row!(conn, "SELECT MIN(ask_at) AS at FROM gateway_receipt")?;
    Ok(earliest.and_then(|earliest| earliest.at))
}
