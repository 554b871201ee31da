//! Calls: the machine as JSON, and the columns that look-ups need. Does not know what the state means.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::{StoreError, exactly_one};
use crate::domain::id::{CallId, GuildId, Timestamp, UserId};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CallRow {
    pub id: CallId,
    pub guild_id: GuildId,
    pub kind: String,
    /// Who asked for it.
    pub by_user: UserId,
    #[sqlx(try_from = "Us")]
    pub opened_at: Timestamp,
    /// `None` = not over.
    #[sqlx(try_from = "MaybeUs")]
    pub over_at: Option<Timestamp>,
    /// Counts saves; 1 when inserted. Set by the store.
    pub version: i64,
    /// JSON.
    pub state: String,
}

/// All columns.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, guild_id, kind, by_user, opened_at, over_at, version, state FROM call ", $rest)
    };
}

/// The call, held by this transaction until it ends.
pub async fn load(tx: &mut Tx, id: CallId) -> Result<Option<CallRow>, StoreError> {
    row!(tx, select!("WHERE id = $1 /* FOR UPDATE */"), id)
}

/// The call as it is now; somebody may change it meanwhile.
pub async fn peek(conn: &mut Conn, id: CallId) -> Result<Option<CallRow>, StoreError> {
    row!(conn, select!("WHERE id = $1"), id)
}

/// Writes a new call, as version 1 whatever the row says.
pub async fn insert(tx: &mut Tx, new: &CallRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO call (id, guild_id, kind, by_user, opened_at, over_at, version, state)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7)",
        new.id,
        new.guild_id,
        &new.kind,
        new.by_user,
        Us(new.opened_at),
        new.over_at.map(Us),
        &new.state
    )?;
    Ok(())
}

/// Saves state and end over the version that was loaded; the saved one is `expected_version + 1`.
///
/// # Errors
/// `Conflict` if somebody saved meanwhile.
pub async fn save(tx: &mut Tx, row: &CallRow, expected_version: i64) -> Result<(), StoreError> {
    let saved = run!(
        tx,
        "UPDATE call
         SET over_at = $3, state = $4, version = version + 1
         WHERE id = $1
         AND version = $2",
        row.id,
        expected_version,
        row.over_at.map(Us),
        &row.state
    )?;
    exactly_one("call", row.id.0, saved)
}

/// The guild's calls that are not over, oldest first.
pub async fn not_over(conn: &mut Conn, guild: GuildId) -> Result<Vec<CallRow>, StoreError> {
    rows!(conn, select!("WHERE guild_id = $1 AND over_at IS NULL ORDER BY id"), guild)
}

/// The ids of all calls that are not over, in every guild, oldest first.
pub async fn live_ids(conn: &mut Conn) -> Result<Vec<CallId>, StoreError> {
    let ids: Vec<(CallId,)> = rows!(conn, "SELECT id FROM call WHERE over_at IS NULL ORDER BY id")?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// How many calls of a kind a person has asked for since then.
pub async fn asked_since(
    conn: &mut Conn,
    guild: GuildId,
    by: UserId,
    kind: &str,
    since: Timestamp,
) -> Result<i64, StoreError> {
    let found: Option<(i64,)> = row!(
        conn,
        "SELECT COUNT(*)
         FROM call
         WHERE guild_id = $1
         AND by_user = $2
         AND opened_at >= $3
         AND kind = $4",
        guild,
        by,
        Us(since),
        kind
    )?;
    Ok(found.map_or(0, |(count,)| count))
}

/// Forgets up to `limit` calls that have been over since before, and says how many that were. One that is somebody's latest test stays,
/// and one with messages that [`post::clean`](super::post::clean) has left.
pub async fn clean(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM call
         WHERE id IN (
             SELECT c.id
             FROM call c
             WHERE c.over_at < $1
             AND NOT EXISTS (SELECT 1 FROM contact_test t WHERE t.call_id = c.id)
             AND NOT EXISTS (SELECT 1 FROM post p WHERE p.call_id = c.id)
             LIMIT $2)",
        Us(before),
        limit
    )
}
