//! What is remembered of schedules, as JSON. Does not know what it means, nor who is on call.

use sqlx::FromRow;

use super::db::{Conn, Tx, row, rows, run};
use super::error::{StoreError, exactly_one};
use crate::domain::id::{GuildId, ScheduleId};

/// One schedule.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OncallRow {
    pub id: ScheduleId,
    pub guild_id: GuildId,
    /// Name of the definition.
    pub schedule: String,
    /// JSON.
    pub state: String,
}

/// All columns.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, guild_id, schedule, state FROM oncall ", $rest)
    };
}

/// The schedule, held by this transaction until it ends.
pub async fn load(tx: &mut Tx, id: ScheduleId) -> Result<Option<OncallRow>, StoreError> {
    row!(tx, select!("WHERE id = $1 /* FOR UPDATE */"), id)
}

/// The schedule as it is now; somebody may change it meanwhile.
pub async fn peek(conn: &mut Conn, id: ScheduleId) -> Result<Option<OncallRow>, StoreError> {
    row!(conn, select!("WHERE id = $1"), id)
}

/// The same by its name, held.
pub async fn load_named(tx: &mut Tx, guild: GuildId, schedule: &str) -> Result<Option<OncallRow>, StoreError> {
    row!(tx, select!("WHERE guild_id = $1 AND schedule = $2 /* FOR UPDATE */"), guild, schedule)
}

/// The guild's schedules, by name.
pub async fn all(conn: &mut Conn, guild: GuildId) -> Result<Vec<OncallRow>, StoreError> {
    rows!(conn, select!("WHERE guild_id = $1 ORDER BY schedule"), guild)
}

/// Writes a new one.
pub async fn insert(tx: &mut Tx, new: &OncallRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO oncall (id, guild_id, schedule, state)
         VALUES ($1, $2, $3, $4)",
        new.id,
        new.guild_id,
        &new.schedule,
        &new.state
    )?;
    Ok(())
}

/// Replaces the state of one that [`load`] holds.
pub async fn save(tx: &mut Tx, id: ScheduleId, state: &str) -> Result<(), StoreError> {
    let saved = run!(tx, "UPDATE oncall SET state = $2 WHERE id = $1", id, state)?;
    exactly_one("schedule", id.0, saved)
}

/// Forgets one.
pub async fn delete(tx: &mut Tx, id: ScheduleId) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM oncall WHERE id = $1", id)?;
    Ok(())
}
