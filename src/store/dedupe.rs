//! Which incident an alert's key belongs to. Does not know how keys are made.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Tx, row, run};
use super::error::StoreError;
use crate::domain::id::{GuildId, IncidentId, Timestamp};

/// Who has, or last had, a key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DedupeRow {
    pub incident_id: IncidentId,
    /// When the incident was over: the key is free for the next. `None` = held.
    #[sqlx(try_from = "MaybeUs")]
    pub over_at: Option<Timestamp>,
}

/// Who has, or last had, the key. Who must be sure that it stays so holds the incident: its keys change with it.
pub async fn find(tx: &mut Tx, guild: GuildId, key: &str) -> Result<Option<DedupeRow>, StoreError> {
    row!(
        tx,
        "SELECT incident_id, over_at
         FROM dedupe
         WHERE guild_id = $1
         AND key = $2",
        guild,
        key
    )
}

/// Takes the key for the incident if it is free; true if the incident has it now. The incident's row must exist.
///
/// False: another incident, which is not over, has it. It may have come a moment ago: look again with [`find`].
pub async fn claim(tx: &mut Tx, guild: GuildId, key: &str, incident: IncidentId) -> Result<bool, StoreError> {
    let taken = run!(
        tx,
        "INSERT INTO dedupe (guild_id, key, incident_id)
         VALUES ($1, $2, $3)
         ON CONFLICT (guild_id, key) DO UPDATE
         SET incident_id = excluded.incident_id, over_at = NULL
         WHERE dedupe.over_at IS NOT NULL
         OR dedupe.incident_id = excluded.incident_id",
        guild,
        key,
        incident
    )?;
    Ok(taken == 1)
}

/// The incident is over: its keys are free, but remember it.
pub async fn close(tx: &mut Tx, incident: IncidentId, over_at: Timestamp) -> Result<u64, StoreError> {
    run!(tx, "UPDATE dedupe SET over_at = $2 WHERE incident_id = $1 AND over_at IS NULL", incident, Us(over_at))
}

/// The incident is open again: it holds the keys that nobody took meanwhile.
pub async fn reopen(tx: &mut Tx, incident: IncidentId) -> Result<u64, StoreError> {
    run!(tx, "UPDATE dedupe SET over_at = NULL WHERE incident_id = $1", incident)
}

/// Moves every key that one incident holds to another, which is not over: merging, and storms.
pub async fn hand_over(tx: &mut Tx, from: IncidentId, to: IncidentId) -> Result<u64, StoreError> {
    run!(tx, "UPDATE dedupe SET incident_id = $2 WHERE incident_id = $1 AND over_at IS NULL", from, to)
}
