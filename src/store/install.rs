//! What this installation is. Makes no randomness: the salt comes from the caller.

use super::column::Us;
use super::db::{Tx, row, run};
use super::error::StoreError;
use crate::domain::id::Timestamp;

/// The install salt: `proposed` the first time, the first one ever after.
pub async fn salt(tx: &mut Tx, proposed: &str) -> Result<String, StoreError> {
    run!(
        tx,
        "INSERT INTO install (id, salt)
         VALUES (1, $1)
         ON CONFLICT (id) DO NOTHING",
        proposed
    )?;
    let kept: Option<(String,)> = row!(tx, "SELECT salt FROM install WHERE id = 1")?;
    Ok(kept.map_or_else(|| proposed.to_owned(), |(salt,)| salt))
}

/// Of what time this database is a backup that nobody has taken note of; from now on somebody has.
pub async fn take_backup_at(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(Us,)> = row!(tx, "SELECT backup_at FROM install WHERE id = 1 AND backup_at IS NOT NULL")?;
    if found.is_some() {
        run!(tx, "UPDATE install SET backup_at = NULL WHERE id = 1")?;
    }
    Ok(found.map(|(us,)| us.0))
}
