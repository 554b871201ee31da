//! Contact channels that are muted. Pages nobody.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, rows, run};
use super::error::StoreError;
use crate::domain::id::{GuildId, Timestamp};

/// One contact channel that is not used for a while.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MuteRow {
    pub contact: String,
    /// Name of the contact channel.
    pub channel: String,
    /// `None` = until it is taken back.
    #[sqlx(try_from = "MaybeUs")]
    pub until_at: Option<Timestamp>,
}

/// The guild's mutes, those that have run out included.
pub async fn mutes(conn: &mut Conn, guild: GuildId) -> Result<Vec<MuteRow>, StoreError> {
    rows!(
        conn,
        "SELECT contact, channel, until_at
         FROM mute
         WHERE guild_id = $1
         ORDER BY contact, channel",
        guild
    )
}

/// Mutes a contact channel, or changes until when it is muted.
pub async fn mute(tx: &mut Tx, guild: GuildId, mute: &MuteRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO mute (guild_id, contact, channel, until_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (guild_id, contact, channel) DO UPDATE SET until_at = excluded.until_at",
        guild,
        &mute.contact,
        &mute.channel,
        mute.until_at.map(Us)
    )?;
    Ok(())
}

/// Takes a mute back; false: there is none.
pub async fn unmute(tx: &mut Tx, guild: GuildId, contact: &str, channel: &str) -> Result<bool, StoreError> {
    let removed = run!(
        tx,
        "DELETE FROM mute
         WHERE guild_id = $1
         AND contact = $2
         AND channel = $3",
        guild,
        contact,
        channel
    )?;
    Ok(removed == 1)
}
