//! What this installation is. Makes no randomness: the salt comes from the caller.

use super::db::{Tx, row, run};
use super::error::StoreError;

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
