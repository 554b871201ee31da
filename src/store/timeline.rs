//! Past facts of incidents. Does not know what a kind means.

use sqlx::FromRow;

use super::column::{self, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::{StoreError, exactly_one};
use crate::domain::id::{self, EventId, IncidentId, Timestamp, UserId};

/// When the newest fact was made, of whatever incident: its id says so.
pub async fn newest(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(Option<i64>,)> = row!(conn, "SELECT MAX(id) FROM timeline")?;
    Ok(found.and_then(|(id,)| id).map(id::made_at))
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EventRow {
    pub id: EventId,
    pub incident_id: IncidentId,
    pub kind: String,
    /// When it happened; of a repeated event, the first time.
    #[sqlx(try_from = "Us")]
    pub at: Timestamp,
    /// When it was written down; of a repeated event, the last time.
    #[sqlx(try_from = "Us")]
    pub written_at: Timestamp,
    /// `None` = a machine did it.
    pub by_user: Option<UserId>,
    /// JSON.
    pub data: String,
    /// How often, in a row.
    pub count: i64,
    /// Events with one key, in a row, are one event.
    pub repeat_key: Option<String>,
}

/// All columns.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, incident_id, kind, at, written_at, by_user, data, count, repeat_key
             FROM timeline ",
            $rest
        )
    };
}

/// Writes a fact down.
pub async fn add(tx: &mut Tx, event: &EventRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO timeline (id, incident_id, kind, at, written_at, by_user, data, count, repeat_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        event.id,
        event.incident_id,
        &event.kind,
        Us(event.at),
        Us(event.written_at),
        event.by_user,
        &event.data,
        event.count,
        event.repeat_key.as_deref()
    )?;
    Ok(())
}

/// If the last fact written down has this key, counts it once more; false: it has not, write a new one.
pub async fn repeat(tx: &mut Tx, incident: IncidentId, repeat_key: &str, at: Timestamp) -> Result<bool, StoreError> {
    let counted = run!(
        tx,
        "UPDATE timeline
         SET count = count + 1, written_at = $3
         WHERE repeat_key = $2
         AND id = (
             SELECT MAX(id)
             FROM timeline
             WHERE incident_id = $1)",
        incident,
        repeat_key,
        Us(at)
    )?;
    Ok(counted == 1)
}

/// Replaces what a fact says: only custom events and notes may be changed, which the caller sees to.
///
/// # Errors
/// `Conflict` if it is gone.
pub async fn edit(tx: &mut Tx, id: EventId, data: &str) -> Result<(), StoreError> {
    let edited = run!(tx, "UPDATE timeline SET data = $2 WHERE id = $1", id, data)?;
    exactly_one("timeline event", id.0, edited)
}

/// One fact.
pub async fn get(conn: &mut Conn, id: EventId) -> Result<Option<EventRow>, StoreError> {
    row!(conn, select!("WHERE id = $1"), id)
}

/// The facts in the order in which they happened, from the start or after the one at `after`.
pub async fn list(
    conn: &mut Conn,
    incident: IncidentId,
    after: Option<(Timestamp, EventId)>,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    let (after_at, after_id) = after.unzip();
    rows!(
        conn,
        select!(
            "WHERE incident_id = $1
             AND ($2 IS NULL OR (at, id) > ($2, $3))
             ORDER BY at, id
             LIMIT $4"
        ),
        incident,
        after_at.map(Us),
        after_id,
        limit
    )
}

/// The latest `limit` facts of other kinds than these, latest first.
pub async fn latest(
    conn: &mut Conn,
    incident: IncidentId,
    limit: i64,
    except_kinds: &[&str],
) -> Result<Vec<EventRow>, StoreError> {
    rows!(
        conn,
        select!(
            "WHERE incident_id = $1
             AND REPLACE($2, ',' || kind || ',', '') = $2
             ORDER BY at DESC, id DESC
             LIMIT $3"
        ),
        incident,
        column::words(except_kinds),
        limit
    )
}
