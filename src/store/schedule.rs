//! Overrides of schedules. Does not know who is on call.

use sqlx::FromRow;

use super::column::Us;
use super::db::{Conn, Tx, rows, run};
use super::error::StoreError;
use crate::domain::id::{GuildId, Timestamp, UserId};

/// One override: replaces everyone in [from, until).
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OverrideRow {
    pub id: i64,
    pub guild_id: GuildId,
    pub schedule: String,
    /// `None` = the whole schedule.
    pub rotation: Option<String>,
    #[sqlx(try_from = "Us")]
    pub from_at: Timestamp,
    #[sqlx(try_from = "Us")]
    pub until_at: Timestamp,
    /// JSON list of contact names; empty = nobody.
    pub contacts: String,
    #[sqlx(try_from = "Us")]
    pub created_at: Timestamp,
    /// `None` = the operator, on the host.
    pub created_by: Option<UserId>,
}

/// The guild's overrides, in the order in which they were made: the later wins.
pub async fn overrides(conn: &mut Conn, guild: GuildId) -> Result<Vec<OverrideRow>, StoreError> {
    rows!(
        conn,
        "SELECT id, guild_id, schedule, rotation, from_at, until_at, contacts, created_at, created_by
         FROM setting_override
         WHERE guild_id = $1
         ORDER BY created_at, id",
        guild
    )
}

/// Writes an override.
pub async fn add(tx: &mut Tx, new: &OverrideRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO setting_override (id, guild_id, schedule, rotation, from_at, until_at, contacts, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.guild_id,
        &new.schedule,
        new.rotation.as_deref(),
        Us(new.from_at),
        Us(new.until_at),
        &new.contacts,
        Us(new.created_at),
        new.created_by
    )?;
    Ok(())
}

/// Takes an override back; false: there is none.
pub async fn remove(tx: &mut Tx, guild: GuildId, id: i64) -> Result<bool, StoreError> {
    let removed = run!(tx, "DELETE FROM setting_override WHERE guild_id = $1 AND id = $2", guild, id)?;
    Ok(removed == 1)
}
