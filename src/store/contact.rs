//! Contact channels: which are muted, and what their latest tests came to. Pages nobody.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, rows, run};
use super::error::StoreError;
use crate::domain::id::{CallId, GuildId, Timestamp, UserId};

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

/// Forgets every mute of a contact: whoever has its name now has muted nothing.
pub async fn forget_mutes(tx: &mut Tx, guild: GuildId, contact: &str) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM mute WHERE guild_id = $1 AND contact = $2", guild, contact)?;
    Ok(())
}

/// The latest test of one contact channel.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TestRow {
    pub contact: String,
    /// Name of the contact channel.
    pub channel: String,
    /// The test page that says so.
    pub call_id: CallId,
    /// Whom it paged.
    pub user_id: UserId,
    #[sqlx(try_from = "Us")]
    pub tested_at: Timestamp,
    /// delivered, acknowledged, unanswered or failed.
    pub outcome: String,
    /// `None` = not acknowledged by this channel.
    #[sqlx(try_from = "MaybeUs")]
    pub answered_at: Option<Timestamp>,
    /// Why it failed; `None` = it did not.
    pub why: Option<String>,
}

/// The latest test of each of the guild's contact channels; one that is not there was never tested.
pub async fn tests(conn: &mut Conn, guild: GuildId) -> Result<Vec<TestRow>, StoreError> {
    rows!(
        conn,
        "SELECT contact, channel, call_id, user_id, tested_at, outcome, answered_at, why
         FROM contact_test
         WHERE guild_id = $1
         ORDER BY contact, channel",
        guild
    )
}

/// Takes down what a test has come to. Late news of an earlier test does not replace a later one.
pub async fn tested(tx: &mut Tx, guild: GuildId, test: &TestRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO contact_test (guild_id, contact, channel, call_id, user_id, tested_at, outcome, answered_at, why)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (guild_id, contact, channel) DO UPDATE
         SET call_id = excluded.call_id, user_id = excluded.user_id, tested_at = excluded.tested_at,
             outcome = excluded.outcome, answered_at = excluded.answered_at, why = excluded.why
         WHERE contact_test.call_id <= excluded.call_id",
        guild,
        &test.contact,
        &test.channel,
        test.call_id,
        test.user_id,
        Us(test.tested_at),
        &test.outcome,
        test.answered_at.map(Us),
        test.why.as_deref()
    )?;
    Ok(())
}

/// An address that a person added in chat.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ProofRow {
    pub contact: String,
    /// Name of the contact channel.
    pub channel: String,
    /// The channel as it was added, as JSON: a changed one is another address.
    pub address: String,
    /// `None` = nobody has typed its code.
    #[sqlx(try_from = "MaybeUs")]
    pub proved_at: Option<Timestamp>,
}

/// The guild's addresses that came from chat.
pub async fn proofs(conn: &mut Conn, guild: GuildId) -> Result<Vec<ProofRow>, StoreError> {
    rows!(
        conn,
        "SELECT contact, channel, address, proved_at
         FROM contact_proof
         WHERE guild_id = $1
         ORDER BY contact, channel",
        guild
    )
}

/// An address is to be proved, whatever was proved before it.
pub async fn ask_proof(
    tx: &mut Tx,
    guild: GuildId,
    contact: &str,
    channel: &str,
    address: &str,
) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO contact_proof (guild_id, contact, channel, address, proved_at)
         VALUES ($1, $2, $3, $4, NULL)
         ON CONFLICT (guild_id, contact, channel) DO UPDATE
         SET address = excluded.address, proved_at = NULL",
        guild,
        contact,
        channel,
        address
    )?;
    Ok(())
}

/// Its person has typed the code that went to this address. Another that stands there by now is as unproved as it was.
pub async fn proved(
    tx: &mut Tx,
    guild: GuildId,
    (contact, channel, address): (&str, &str, &str),
    at: Timestamp,
) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE contact_proof
         SET proved_at = $4
         WHERE guild_id = $1
         AND contact = $2
         AND channel = $3
         AND address = $5
         AND proved_at IS NULL",
        guild,
        contact,
        channel,
        Us(at),
        address
    )?;
    Ok(())
}

/// The operator says so: it needs no proof.
pub async fn need_no_proof(tx: &mut Tx, guild: GuildId, contact: &str, channel: &str) -> Result<(), StoreError> {
    run!(
        tx,
        "DELETE FROM contact_proof WHERE guild_id = $1 AND contact = $2 AND channel = $3",
        guild,
        contact,
        channel
    )?;
    Ok(())
}
