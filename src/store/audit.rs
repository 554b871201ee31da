//! Who changed what, from where. Only ever added to.

use sqlx::FromRow;

use super::column::Us;
use super::db::{Conn, Tx, rows, run};
use super::error::StoreError;
use crate::domain::id::{GuildId, Timestamp, UserId};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditRow {
    pub id: i64,
    pub guild_id: GuildId,
    #[sqlx(try_from = "Us")]
    pub at: Timestamp,
    /// `None` = the operator on the host, or the bot itself.
    pub by_user: Option<UserId>,
    /// Command, button, cli …
    pub via: String,
    /// The verb.
    pub what: String,
    /// What it was done to.
    pub subject: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// Writes one change down.
pub async fn add(tx: &mut Tx, entry: &AuditRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO audit (id, guild_id, at, by_user, via, what, subject, old, new)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        entry.id,
        entry.guild_id,
        Us(entry.at),
        entry.by_user,
        &entry.via,
        &entry.what,
        &entry.subject,
        entry.old.as_deref(),
        entry.new.as_deref()
    )?;
    Ok(())
}

/// The guild's changes, latest first, from the end or before the one at `before`.
pub async fn list(
    conn: &mut Conn,
    guild: GuildId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    rows!(
        conn,
        "SELECT id, guild_id, at, by_user, via, what, subject, old, new
         FROM audit
         WHERE guild_id = $1
         AND ($2 IS NULL OR id < $2)
         ORDER BY id DESC
         LIMIT $3",
        guild,
        before,
        limit
    )
}
