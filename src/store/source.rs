//! Up to where each alert source's channel has been read. Reads no messages.

use sqlx::FromRow;

use super::db::{Conn, Tx, rows, run};
use super::error::StoreError;
use crate::domain::id::{ChannelId, GuildId, MessageId};

/// How far one source has been read in one channel.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SourceMark {
    pub source: String,
    pub channel_id: ChannelId,
    pub last_message_id: MessageId,
}

/// Moves the mark on to `message`; one that is further on stays.
pub async fn advance(
    tx: &mut Tx,
    guild: GuildId,
    source: &str,
    channel: ChannelId,
    message: MessageId,
) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO source_mark (guild_id, source, channel_id, last_message_id)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (guild_id, source, channel_id) DO UPDATE
         SET last_message_id = excluded.last_message_id
         WHERE source_mark.last_message_id < excluded.last_message_id",
        guild,
        source,
        channel,
        message
    )?;
    Ok(())
}

/// All marks of a guild.
pub async fn all(conn: &mut Conn, guild: GuildId) -> Result<Vec<SourceMark>, StoreError> {
    rows!(
        conn,
        "SELECT source, channel_id, last_message_id
         FROM source_mark
         WHERE guild_id = $1
         ORDER BY source, channel_id",
        guild
    )
}
