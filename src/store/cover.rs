//! Offers of shifts: the state as JSON, and the columns that look-ups need. Does not know what the state means.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::{StoreError, exactly_one};
use crate::domain::id::{CoverId, GuildId, Timestamp, UserId};

/// One offer.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CoverRow {
    pub id: CoverId,
    pub guild_id: GuildId,
    /// Whose shifts they are.
    pub by_user: UserId,
    #[sqlx(try_from = "Us")]
    pub offered_at: Timestamp,
    /// `None` = nobody has taken it yet.
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
        concat!("SELECT id, guild_id, by_user, offered_at, over_at, version, state FROM cover ", $rest)
    };
}

/// The offer, held by this transaction until it ends.
pub async fn load(tx: &mut Tx, id: CoverId) -> Result<Option<CoverRow>, StoreError> {
    row!(tx, select!("WHERE id = $1 /* FOR UPDATE */"), id)
}

/// The offer as it is now; somebody may change it meanwhile.
pub async fn peek(conn: &mut Conn, id: CoverId) -> Result<Option<CoverRow>, StoreError> {
    row!(conn, select!("WHERE id = $1"), id)
}

/// Writes a new offer, as version 1 whatever the row says.
pub async fn insert(tx: &mut Tx, new: &CoverRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO cover (id, guild_id, by_user, offered_at, over_at, version, state)
         VALUES ($1, $2, $3, $4, $5, 1, $6)",
        new.id,
        new.guild_id,
        new.by_user,
        Us(new.offered_at),
        new.over_at.map(Us),
        &new.state
    )?;
    Ok(())
}

/// Saves state and end over the version that was loaded; the saved one is `expected_version + 1`.
///
/// # Errors
/// `Conflict` if somebody saved meanwhile.
pub async fn save(tx: &mut Tx, row: &CoverRow, expected_version: i64) -> Result<(), StoreError> {
    let saved = run!(
        tx,
        "UPDATE cover
         SET over_at = $3, state = $4, version = version + 1
         WHERE id = $1
         AND version = $2",
        row.id,
        expected_version,
        row.over_at.map(Us),
        &row.state
    )?;
    exactly_one("cover", row.id.0, saved)
}

/// The guild's offers that nobody has taken yet, oldest first.
pub async fn not_over(conn: &mut Conn, guild: GuildId) -> Result<Vec<CoverRow>, StoreError> {
    rows!(conn, select!("WHERE guild_id = $1 AND over_at IS NULL ORDER BY id"), guild)
}

/// The ids of all offers that nobody has taken yet, in every guild, oldest first.
pub async fn live_ids(conn: &mut Conn) -> Result<Vec<CoverId>, StoreError> {
    let ids: Vec<(CoverId,)> = rows!(conn, "SELECT id FROM cover WHERE over_at IS NULL ORDER BY id")?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Forgets up to `limit` offers that have been over since before, and says how many that were.
pub async fn clean(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM cover
         WHERE id IN (SELECT id FROM cover WHERE over_at < $1 LIMIT $2)",
        Us(before),
        limit
    )
}
