//! Every version of every definition. Does not know what a definition says.

use sqlx::FromRow;

use super::column::Us;
use super::db::{Conn, Tx, row, rows, run};
use super::error::StoreError;
use super::guild;
use crate::domain::id::{GuildId, Timestamp, UserId};

/// One version of one definition.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DefinitionRow {
    pub kind: String,
    pub name: String,
    /// 1, 2, 3 … per kind and name.
    pub version: i64,
    /// The apply that wrote it.
    pub revision: i64,
    /// JSON; `None` = this version removes the definition.
    pub spec: Option<String>,
    /// `None` = the operator, on the host.
    pub applied_by: Option<UserId>,
    #[sqlx(try_from = "Us")]
    pub applied_at: Timestamp,
}

/// A version, and where the apply that wrote it came from.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct VersionRow {
    #[sqlx(flatten)]
    pub definition: DefinitionRow,
    pub via: String,
}

/// What one apply does to one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub kind: String,
    pub name: String,
    /// JSON; `None` removes it.
    pub spec: Option<String>,
}

/// One apply.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ApplyRow {
    pub revision: i64,
    pub applied_by: Option<UserId>,
    #[sqlx(try_from = "Us")]
    pub applied_at: Timestamp,
    pub via: String,
}

/// All columns of a version, from `definition` or an alias of it called `d`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.kind, d.name, d.version, d.revision, d.spec, d.applied_by, d.applied_at FROM definition d ",
            $rest
        )
    };
}

/// What is in force, or was after the apply `at_revision`; by kind and name.
pub async fn in_force(
    conn: &mut Conn,
    guild: GuildId,
    at_revision: Option<i64>,
) -> Result<Vec<DefinitionRow>, StoreError> {
    rows!(
        conn,
        select!(
            "WHERE d.guild_id = $1
             AND d.spec IS NOT NULL
             AND d.version = (
                 SELECT MAX(newest.version)
                 FROM definition newest
                 WHERE newest.guild_id = d.guild_id
                 AND newest.kind = d.kind
                 AND newest.name = d.name
                 AND ($2 IS NULL OR newest.revision <= $2))
             ORDER BY d.kind, d.name"
        ),
        guild,
        at_revision
    )
}

/// The first version there ever was of a name.
pub async fn first_version(
    conn: &mut Conn,
    guild: GuildId,
    kind: &str,
    name: &str,
) -> Result<Option<DefinitionRow>, StoreError> {
    version(conn, guild, kind, name, 1).await
}

/// One version of one definition.
pub async fn version(
    conn: &mut Conn,
    guild: GuildId,
    kind: &str,
    name: &str,
    version: i64,
) -> Result<Option<DefinitionRow>, StoreError> {
    row!(
        conn,
        select!(
            "WHERE d.guild_id = $1
             AND d.kind = $2
             AND d.name = $3
             AND d.version = $4"
        ),
        guild,
        kind,
        name,
        version
    )
}

/// The versions of one name, newest first.
pub async fn history(
    conn: &mut Conn,
    guild: GuildId,
    kind: &str,
    name: &str,
    limit: i64,
) -> Result<Vec<VersionRow>, StoreError> {
    rows!(
        conn,
        "SELECT d.kind, d.name, d.version, d.revision, d.spec, d.applied_by, d.applied_at, a.via
         FROM definition d
         JOIN apply a ON a.guild_id = d.guild_id AND a.revision = d.revision
         WHERE d.guild_id = $1
         AND d.kind = $2
         AND d.name = $3
         ORDER BY d.version DESC
         LIMIT $4",
        guild,
        kind,
        name,
        limit
    )
}

/// The guild's applies, newest first.
pub async fn applies(conn: &mut Conn, guild: GuildId, limit: i64) -> Result<Vec<ApplyRow>, StoreError> {
    rows!(
        conn,
        "SELECT revision, applied_by, applied_at, via
         FROM apply
         WHERE guild_id = $1
         ORDER BY revision DESC
         LIMIT $2",
        guild,
        limit
    )
}

/// Writes one apply and returns the guild's new revision. Two at once come one after the other.
///
/// Names each definition at most once. Nothing to change is no apply: the revision stays.
pub async fn record(
    tx: &mut Tx,
    guild: GuildId,
    changes: &[Change],
    by: Option<UserId>,
    at: Timestamp,
    via: &str,
) -> Result<i64, StoreError> {
    if changes.is_empty() {
        return guild::revision(tx, guild).await;
    }
    let revision = next_revision(tx, guild).await?;
    run!(
        tx,
        "INSERT INTO apply (guild_id, revision, applied_by, applied_at, via)
         VALUES ($1, $2, $3, $4, $5)",
        guild,
        revision,
        by,
        Us(at),
        via
    )?;
    for change in changes {
        add_version(tx, guild, change, revision, by, at).await?;
    }
    Ok(revision)
}

/// Counts the guild's row up, which also holds it: a second apply waits here until this one is committed.
async fn next_revision(tx: &mut Tx, guild: GuildId) -> Result<i64, StoreError> {
    let counted: Option<(i64,)> = row!(
        tx,
        "INSERT INTO guild (id, revision)
         VALUES ($1, 1)
         ON CONFLICT (id) DO UPDATE SET revision = guild.revision + 1
         RETURNING revision",
        guild
    )?;
    counted.map(|(revision,)| revision).ok_or(StoreError::Conflict { what: "guild", id: guild.0.cast_signed() })
}

async fn add_version(
    tx: &mut Tx,
    guild: GuildId,
    change: &Change,
    revision: i64,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO definition (guild_id, kind, name, version, revision, spec, applied_by, applied_at)
         SELECT $1, $2, $3, COALESCE(MAX(version), 0) + 1, $4, $5, $6, $7
         FROM definition
         WHERE guild_id = $1
         AND kind = $2
         AND name = $3",
        guild,
        &change.kind,
        &change.name,
        revision,
        change.spec.as_deref(),
        by,
        Us(at)
    )?;
    Ok(())
}
