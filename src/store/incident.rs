//! Incidents: the machine as JSON, and the columns that lists and look-ups need. Does not know what the state means.

use sqlx::FromRow;

use super::column::{self, MaybeUs, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::{StoreError, exactly_one};
use crate::domain::id::{ChannelId, GuildId, IncidentId, Timestamp};

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct IncidentRow {
    pub id: IncidentId,
    pub guild_id: GuildId,
    /// What people see: INC-42.
    pub number: i64,
    pub status: String,
    /// 1 to 5.
    pub impact: i64,
    pub title: String,
    pub plan: Option<String>,
    pub source: Option<String>,
    /// `None` until its room is made.
    pub channel_id: Option<ChannelId>,
    pub drill: bool,
    pub private: bool,
    #[sqlx(try_from = "Us")]
    pub opened_at: Timestamp,
    /// `None` = not over.
    #[sqlx(try_from = "MaybeUs")]
    pub over_at: Option<Timestamp>,
    /// Counts saves; 1 when inserted. Set by the store.
    pub version: i64,
    /// JSON.
    pub state: String,
}

/// Which incidents a list is of. `Default` = the newest of all, none at all until `limit` is set.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    /// Empty = any.
    pub statuses: &'a [&'a str],
    pub impact: Option<i64>,
    pub plan: Option<&'a str>,
    /// Opened then or later.
    pub since: Option<Timestamp>,
    /// Only older than this one: the next page.
    pub before: Option<IncidentId>,
    pub limit: i64,
}

/// All columns.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, guild_id, number, status, impact, title, plan, source, channel_id, drill, private,
                    opened_at, over_at, version, state
             FROM incident ",
            $rest
        )
    };
}

/// The incident, held by this transaction until it ends.
pub async fn load(tx: &mut Tx, id: IncidentId) -> Result<Option<IncidentRow>, StoreError> {
    row!(tx, select!("WHERE id = $1 /* FOR UPDATE */"), id)
}

/// The incident as it is now; somebody may change it meanwhile.
pub async fn peek(conn: &mut Conn, id: IncidentId) -> Result<Option<IncidentRow>, StoreError> {
    row!(conn, select!("WHERE id = $1"), id)
}

/// The incident people call by this number.
pub async fn by_number(conn: &mut Conn, guild: GuildId, number: i64) -> Result<Option<IncidentRow>, StoreError> {
    row!(conn, select!("WHERE guild_id = $1 AND number = $2"), guild, number)
}

/// The incident whose room this is; the newest, should there be several.
pub async fn by_channel(conn: &mut Conn, channel: ChannelId) -> Result<Option<IncidentRow>, StoreError> {
    row!(conn, select!("WHERE channel_id = $1 ORDER BY id DESC LIMIT 1"), channel)
}

/// Writes a new incident, as version 1 whatever the row says.
pub async fn insert(tx: &mut Tx, new: &IncidentRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO incident (id, guild_id, number, status, impact, title, plan, source, channel_id, drill, private,
                               opened_at, over_at, version, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14)",
        new.id,
        new.guild_id,
        new.number,
        &new.status,
        new.impact,
        &new.title,
        new.plan.as_deref(),
        new.source.as_deref(),
        new.channel_id,
        new.drill,
        new.private,
        Us(new.opened_at),
        new.over_at.map(Us),
        &new.state
    )?;
    Ok(())
}

/// Saves over the version that was loaded; the saved one is `expected_version + 1`. Guild and number never change.
///
/// # Errors
/// `Conflict` if somebody saved meanwhile.
pub async fn save(tx: &mut Tx, row: &IncidentRow, expected_version: i64) -> Result<(), StoreError> {
    let saved = run!(
        tx,
        "UPDATE incident
         SET status = $3, impact = $4, title = $5, plan = $6, source = $7, channel_id = $8, drill = $9,
             private = $10, opened_at = $11, over_at = $12, state = $13, version = version + 1
         WHERE id = $1
         AND version = $2",
        row.id,
        expected_version,
        &row.status,
        row.impact,
        &row.title,
        row.plan.as_deref(),
        row.source.as_deref(),
        row.channel_id,
        row.drill,
        row.private,
        Us(row.opened_at),
        row.over_at.map(Us),
        &row.state
    )?;
    exactly_one("incident", row.id.0, saved)
}

/// Removes an incident with all that is only about it; its number is not given again.
pub async fn delete(tx: &mut Tx, id: IncidentId) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM outbox WHERE incident_id = $1", id)?;
    run!(tx, "DELETE FROM post WHERE incident_id = $1", id)?;
    run!(tx, "DELETE FROM dedupe WHERE incident_id = $1", id)?;
    run!(tx, "DELETE FROM timeline WHERE incident_id = $1", id)?;
    let deleted = run!(tx, "DELETE FROM incident WHERE id = $1", id)?;
    exactly_one("incident", id.0, deleted)
}

/// The guild's incidents that pass the filter, newest first.
pub async fn list(conn: &mut Conn, guild: GuildId, filter: &Filter<'_>) -> Result<Vec<IncidentRow>, StoreError> {
    let statuses = (!filter.statuses.is_empty()).then(|| column::words(filter.statuses));
    rows!(
        conn,
        select!(
            "WHERE guild_id = $1
             AND ($2 IS NULL OR REPLACE($2, ',' || status || ',', '') <> $2)
             AND ($3 IS NULL OR impact = $3)
             AND ($4 IS NULL OR plan = $4)
             AND ($5 IS NULL OR opened_at >= $5)
             AND ($6 IS NULL OR id < $6)
             ORDER BY id DESC
             LIMIT $7"
        ),
        guild,
        statuses.as_deref(),
        filter.impact,
        filter.plan,
        filter.since.map(Us),
        filter.before,
        filter.limit
    )
}

/// The guild's incidents that are not over, newest first.
pub async fn not_over(conn: &mut Conn, guild: GuildId) -> Result<Vec<IncidentRow>, StoreError> {
    rows!(conn, select!("WHERE guild_id = $1 AND over_at IS NULL ORDER BY id DESC"), guild)
}

/// How many incidents are not over, in every guild.
pub async fn live_count(conn: &mut Conn) -> Result<i64, StoreError> {
    let count: Option<(i64,)> = row!(conn, "SELECT COUNT(*) FROM incident WHERE over_at IS NULL")?;
    Ok(count.map_or(0, |(count,)| count))
}

/// Up to `limit` incidents that are not over, in every guild, from after this one on, oldest first.
pub async fn live_after(conn: &mut Conn, after: IncidentId, limit: i64) -> Result<Vec<IncidentRow>, StoreError> {
    rows!(conn, select!("WHERE over_at IS NULL AND id > $1 ORDER BY id LIMIT $2"), after, limit)
}

/// The ids of all incidents that are not over, in every guild, oldest first.
pub async fn live_ids(conn: &mut Conn) -> Result<Vec<IncidentId>, StoreError> {
    let ids: Vec<(IncidentId,)> = rows!(conn, "SELECT id FROM incident WHERE over_at IS NULL ORDER BY id")?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}
