//! Guilds: their counters and their own state. Does not know what the state means.

use super::db::{Conn, Tx, row, rows, run};
use super::error::StoreError;
use crate::domain::id::GuildId;

/// Makes the guild's row if there is none.
pub async fn ensure(tx: &mut Tx, guild: GuildId) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO guild (id)
         VALUES ($1)
         ON CONFLICT (id) DO NOTHING",
        guild
    )?;
    Ok(())
}

/// The number of the guild's last apply; 0 before the first.
pub async fn revision(conn: &mut Conn, guild: GuildId) -> Result<i64, StoreError> {
    let found: Option<(i64,)> = row!(conn, "SELECT revision FROM guild WHERE id = $1", guild)?;
    Ok(found.map_or(0, |(revision,)| revision))
}

/// Every known guild with its revision, to notice what another process applied.
pub async fn revisions(conn: &mut Conn) -> Result<Vec<(GuildId, i64)>, StoreError> {
    rows!(conn, "SELECT id, revision FROM guild ORDER BY id")
}

/// The next incident number of the guild: 1, 2, 3 … A number whose transaction fails is given again.
pub async fn take_number(tx: &mut Tx, guild: GuildId) -> Result<i64, StoreError> {
    ensure(tx, guild).await?;
    let taken: Option<(i64,)> = row!(
        tx,
        "UPDATE guild
         SET next_number = next_number + 1
         WHERE id = $1
         RETURNING next_number - 1",
        guild
    )?;
    taken.map(|(number,)| number).ok_or(StoreError::Conflict { what: "guild", id: guild.0.cast_signed() })
}

/// The guild's state as JSON, if it has some.
pub async fn state(conn: &mut Conn, guild: GuildId) -> Result<Option<String>, StoreError> {
    let found: Option<(Option<String>,)> = row!(conn, "SELECT state FROM guild WHERE id = $1", guild)?;
    Ok(found.and_then(|(state,)| state))
}

/// As [`state`], but nobody else changes the guild until this transaction ends.
pub async fn load_state(tx: &mut Tx, guild: GuildId) -> Result<Option<String>, StoreError> {
    ensure(tx, guild).await?;
    let found: Option<(Option<String>,)> = row!(
        tx,
        "SELECT state
         FROM guild
         WHERE id = $1
         /* FOR UPDATE */",
        guild
    )?;
    Ok(found.and_then(|(state,)| state))
}

/// Replaces the guild's state.
pub async fn save_state(tx: &mut Tx, guild: GuildId, state: &str) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO guild (id, state)
         VALUES ($1, $2)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state",
        guild,
        state
    )?;
    Ok(())
}
