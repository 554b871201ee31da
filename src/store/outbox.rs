//! What must be sent: written with the state that asks for it, claimed, reported on. Sends nothing and understands no payload.
//!
//! A row is *pending* until it is *done* or *failed*. Pending, it waits for its time, is *parked* until its room exists, or is *in flight*:
//! claimed, and expected back before its lease ends. A claim has a fence; a report with an older fence changes nothing.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::StoreError;
use super::root::Owner;
use crate::domain::id::{GuildId, OutboxId, Root, Timestamp};

/// The end of a claim that was given up: long ago by any clock.
const RUN_OUT: Timestamp = Timestamp::UNIX_EPOCH;

/// A row to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    pub id: OutboxId,
    pub guild_id: GuildId,
    /// What it is about.
    pub root: Option<Root>,
    /// Each lane has its own workers.
    pub lane: i64,
    pub kind: String,
    /// What it redraws; rows of one kind and target are merged while they wait. `None` = never merged.
    pub target: Option<String>,
    /// JSON.
    pub payload: String,
    pub created_at: Timestamp,
    /// Not before. If parked: parked no longer than.
    pub due_at: Timestamp,
    /// The room it waits for.
    pub parked_on: Option<String>,
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OutboxRow {
    pub id: OutboxId,
    pub guild_id: GuildId,
    #[sqlx(flatten, try_from = "Owner")]
    pub root: Option<Root>,
    pub lane: i64,
    pub kind: String,
    pub target: Option<String>,
    pub payload: String,
    #[sqlx(try_from = "Us")]
    pub created_at: Timestamp,
    #[sqlx(try_from = "Us")]
    pub due_at: Timestamp,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    pub fence: i64,
    pub parked_on: Option<String>,
    /// pending, done or failed.
    pub state: String,
    /// Why it failed, or what the last try said.
    pub why: Option<String>,
}

#[derive(FromRow)]
struct Earliest {
    #[sqlx(try_from = "MaybeUs")]
    at: Option<Timestamp>,
}

/// All columns of [`OutboxRow`].
macro_rules! columns {
    () => {
        "id, guild_id, incident_id, call_id, lane, kind, target, payload, created_at, due_at, attempts, fence, parked_on, state, why"
    };
}

/// Writes a row and returns the id of the row that will carry it: its own, or that of the one that waits with the same kind and target.
///
/// The one that waits gets the new payload and keeps its place; if it is backing off after a failed try, it goes on doing so. One in
/// flight does not count: it was drawn already.
pub async fn put(tx: &mut Tx, new: &NewRow) -> Result<OutboxId, StoreError> {
    tx.ring();
    let owner = Owner::from(new.root);
    let carried: Option<(OutboxId,)> = row!(
        tx,
        "INSERT INTO outbox (id, guild_id, incident_id, call_id, lane, kind, target, payload, created_at, due_at,
                             parked_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (kind, target) WHERE state = 'pending' AND lease_until IS NULL AND target IS NOT NULL
         DO UPDATE SET
             payload = excluded.payload,
             parked_on = excluded.parked_on,
             due_at = CASE
                 WHEN outbox.parked_on IS NULL AND excluded.parked_on IS NOT NULL THEN excluded.due_at
                 WHEN outbox.attempts > 0 OR outbox.due_at < excluded.due_at THEN outbox.due_at
                 ELSE excluded.due_at
             END
         RETURNING id",
        new.id,
        new.guild_id,
        owner.incident_id,
        owner.call_id,
        new.lane,
        &new.kind,
        new.target.as_deref(),
        &new.payload,
        Us(new.created_at),
        Us(new.due_at),
        new.parked_on.as_deref()
    )?;
    Ok(carried.map_or(new.id, |(id,)| id))
}

/// Why a row is claimed whose last claim ran out: nobody has said what came of it, so it may be out.
pub const CUT_OFF: &str = "cut off";

/// Claims up to `limit` rows of a lane that are due at `now`, until `lease`; earliest first. An edit waits for the one in flight before it.
pub async fn claim(
    tx: &mut Tx,
    now: Timestamp,
    lane: i64,
    lease: Timestamp,
    limit: i64,
) -> Result<Vec<OutboxRow>, StoreError> {
    let mut claimed: Vec<OutboxRow> = rows!(
        tx,
        concat!(
            "WITH due AS MATERIALIZED (
             SELECT id
             FROM outbox waiting
             WHERE state = 'pending'
             AND parked_on IS NULL
             AND lane = $2
             AND due_at <= $1
             AND (lease_until <= $1 OR lease_until IS NULL AND NOT EXISTS (
                 SELECT 1
                 FROM outbox flying
                 WHERE flying.kind = waiting.kind
                 AND flying.target = waiting.target
                 AND flying.state = 'pending'
                 AND flying.lease_until IS NOT NULL))
             ORDER BY due_at, id
             LIMIT $4
             /* FOR UPDATE SKIP LOCKED */)
         UPDATE outbox
         SET lease_until = $3, attempts = attempts + 1, fence = fence + 1,
             why = CASE WHEN lease_until IS NULL THEN why ELSE $5 END
         WHERE id IN (SELECT id FROM due)
         RETURNING ",
            columns!()
        ),
        Us(now),
        lane,
        Us(lease),
        limit,
        CUT_OFF
    )?;
    // RETURNING promises no order.
    claimed.sort_by_key(|row| (row.due_at, row.id));
    Ok(claimed)
}

/// Lets every claim run out: whoever made them is gone. What was in flight is sent again, with the same nonce, and before a newer edit
/// of the same target that waits behind it: two of them cannot wait at once.
pub async fn forget_claims(tx: &mut Tx) -> Result<u64, StoreError> {
    tx.ring();
    run!(tx, "UPDATE outbox SET lease_until = $1 WHERE state = 'pending' AND lease_until > $1", Us(RUN_OUT))
}

/// What was tried and is not out for certain.
pub async fn tried(conn: &mut Conn) -> Result<Vec<OutboxId>, StoreError> {
    let rows: Vec<(OutboxId,)> = rows!(conn, "SELECT id FROM outbox WHERE state = 'pending' AND attempts > 0")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What is parked stays so until then at least.
pub async fn park_until(tx: &mut Tx, until: Timestamp) -> Result<u64, StoreError> {
    run!(
        tx,
        "UPDATE outbox
         SET due_at = $1
         WHERE state = 'pending'
         AND parked_on IS NOT NULL
         AND due_at < $1",
        Us(until)
    )
}

/// Lets everything of a kind that waits, wait until then at least; what is parked, for its room as long. Says how many rows that are.
pub async fn hold(tx: &mut Tx, kind: &str, until: Timestamp) -> Result<u64, StoreError> {
    run!(
        tx,
        "UPDATE outbox
         SET due_at = $2
         WHERE state = 'pending'
         AND kind = $1
         AND due_at < $2",
        kind,
        Us(until)
    )
}

/// What backs off after a failed try is due now.
pub async fn hurry(tx: &mut Tx, rows: &[OutboxId], now: Timestamp) -> Result<(), StoreError> {
    tx.ring();
    for id in rows {
        run!(
            tx,
            "UPDATE outbox
             SET due_at = $2
             WHERE id = $1
             AND state = 'pending'
             AND parked_on IS NULL
             AND lease_until IS NULL
             AND due_at > $2",
            *id,
            Us(now)
        )?;
    }
    Ok(())
}

/// It was sent. False: the claim was lost meanwhile.
pub async fn done(tx: &mut Tx, id: OutboxId, fence: i64) -> Result<bool, StoreError> {
    end(tx, id, fence, "done", None).await
}

/// It can never be sent. False: the claim was lost meanwhile.
pub async fn fail(tx: &mut Tx, id: OutboxId, fence: i64, why: &str) -> Result<bool, StoreError> {
    end(tx, id, fence, "failed", Some(why)).await
}

async fn end(tx: &mut Tx, id: OutboxId, fence: i64, state: &str, why: Option<&str>) -> Result<bool, StoreError> {
    let ended: Option<(Option<String>,)> = row!(
        tx,
        "UPDATE outbox
         SET state = $3, why = $4, lease_until = NULL
         WHERE id = $1
         AND fence = $2
         AND state = 'pending'
         AND lease_until IS NOT NULL
         RETURNING target",
        id,
        fence,
        state,
        why
    )?;
    if matches!(ended, Some((Some(_),))) {
        // A newer edit of the same target may have waited for this one.
        tx.ring();
    }
    Ok(ended.is_some())
}

/// It was not sent and is to be tried again at `due_at`. False: the claim was lost meanwhile.
///
/// If a newer edit of the same target waits by now, that one is enough, and takes over the delay. On PostgreSQL one that is written at
/// this very moment can make this fail (a unique violation): then the claim ends with its lease.
pub async fn retry(tx: &mut Tx, id: OutboxId, fence: i64, due_at: Timestamp, why: &str) -> Result<bool, StoreError> {
    if hand_over(tx, id, fence, due_at).await? {
        return end(tx, id, fence, "done", Some("a newer edit goes in its place")).await;
    }
    back(tx, id, fence, None, due_at, Some(why)).await
}

/// Its room does not exist: parks it, until at most `until`. False: the claim was lost meanwhile.
pub async fn park(
    tx: &mut Tx,
    id: OutboxId,
    fence: i64,
    parked_on: &str,
    until: Timestamp,
) -> Result<bool, StoreError> {
    if hand_over(tx, id, fence, until).await? {
        return end(tx, id, fence, "done", Some("a newer edit goes in its place")).await;
    }
    back(tx, id, fence, Some(parked_on), until, None).await
}

/// Whether a newer edit waits behind this row; that one backs off in its place until `due_at`, after as many tries.
async fn hand_over(tx: &mut Tx, id: OutboxId, fence: i64, due_at: Timestamp) -> Result<bool, StoreError> {
    let delayed = run!(
        tx,
        "UPDATE outbox
         SET due_at = CASE WHEN parked_on IS NULL AND due_at < $3 THEN $3 ELSE due_at END,
             attempts = (SELECT attempts FROM outbox WHERE id = $1)
         WHERE state = 'pending'
         AND lease_until IS NULL
         AND target IS NOT NULL
         AND (kind, target) = (
             SELECT kind, target
             FROM outbox
             WHERE id = $1
             AND fence = $2
             AND state = 'pending'
             AND lease_until IS NOT NULL)",
        id,
        fence,
        Us(due_at)
    )?;
    Ok(delayed > 0)
}

/// Ends the flight of a row and lets it wait again.
async fn back(
    tx: &mut Tx,
    id: OutboxId,
    fence: i64,
    parked_on: Option<&str>,
    due_at: Timestamp,
    why: Option<&str>,
) -> Result<bool, StoreError> {
    tx.ring();
    let waits = run!(
        tx,
        "UPDATE outbox
         SET lease_until = NULL, parked_on = $3, due_at = $4, why = $5
         WHERE id = $1
         AND fence = $2
         AND state = 'pending'
         AND lease_until IS NOT NULL",
        id,
        fence,
        parked_on,
        Us(due_at),
        why
    )?;
    Ok(waits == 1)
}

/// The room exists: everything parked on it is due at `due_at`. Says how many rows that are.
pub async fn release(tx: &mut Tx, parked_on: &str, due_at: Timestamp) -> Result<u64, StoreError> {
    tx.ring();
    run!(
        tx,
        "UPDATE outbox
         SET parked_on = NULL, due_at = $2
         WHERE state = 'pending'
         AND parked_on = $1",
        parked_on,
        Us(due_at)
    )
}

/// Fails up to `limit` rows that were parked past their time and returns them, so that they can go another way.
pub async fn stop_parked_due(tx: &mut Tx, now: Timestamp, why: &str, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let mut stopped: Vec<OutboxRow> = rows!(
        tx,
        concat!(
            "WITH due AS MATERIALIZED (
             SELECT id
             FROM outbox
             WHERE state = 'pending'
             AND parked_on IS NOT NULL
             AND due_at <= $1
             ORDER BY due_at, id
             LIMIT $3
             /* FOR UPDATE SKIP LOCKED */)
         UPDATE outbox
         SET state = 'failed', why = $2, fence = fence + 1
         WHERE id IN (SELECT id FROM due)
         RETURNING ",
            columns!()
        ),
        Us(now),
        why,
        limit
    )?;
    stopped.sort_by_key(|row| (row.due_at, row.id));
    Ok(stopped)
}

/// Ends everything that waits for a guild, in flight or not, and says how many rows that were: nobody is there to read it.
pub async fn end_guild(tx: &mut Tx, guild: GuildId, why: &str) -> Result<u64, StoreError> {
    run!(
        tx,
        "UPDATE outbox
         SET state = 'failed', why = $2, lease_until = NULL, fence = fence + 1
         WHERE guild_id = $1
         AND state = 'pending'",
        guild,
        why
    )
}

/// What waits for its next try in a guild is due now. Says how many rows that are.
pub async fn hurry_guild(tx: &mut Tx, guild: GuildId, now: Timestamp) -> Result<u64, StoreError> {
    tx.ring();
    run!(
        tx,
        "UPDATE outbox
         SET due_at = $2
         WHERE guild_id = $1
         AND state = 'pending'
         AND parked_on IS NULL
         AND lease_until IS NULL
         AND attempts > 0
         AND due_at > $2",
        guild,
        Us(now)
    )
}

/// One row.
pub async fn get(conn: &mut Conn, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
    row!(conn, concat!("SELECT ", columns!(), " FROM outbox WHERE id = $1"), id)
}

/// When a claim of this lane will next find something: the earliest row that waits for nobody, or end of a claim; a row that is held
/// comes no sooner than it is due, however long ago its claim ended.
pub async fn next_due(conn: &mut Conn, lane: i64) -> Result<Option<Timestamp>, StoreError> {
    let earliest: Option<Earliest> = row!(
        conn,
        "SELECT MIN(at) AS at
         FROM (
             SELECT MIN(due_at) AS at
             FROM outbox waiting
             WHERE state = 'pending'
             AND parked_on IS NULL
             AND lane = $1
             AND lease_until IS NULL
             AND NOT EXISTS (
                 SELECT 1
                 FROM outbox flying
                 WHERE flying.kind = waiting.kind
                 AND flying.target = waiting.target
                 AND flying.state = 'pending'
                 AND flying.lease_until IS NOT NULL)
             UNION ALL
             SELECT MIN(CASE WHEN lease_until < due_at THEN due_at ELSE lease_until END) AS at
             FROM outbox
             WHERE state = 'pending'
             AND lease_until IS NOT NULL
             AND lane = $1) AS times",
        lane
    )?;
    Ok(earliest.and_then(|earliest| earliest.at))
}

/// What is too long for a row that is not parked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Due, or its claim over, since then, and nobody has it.
    pub due: Timestamp,
    /// Written before then, and tried in vain.
    pub tried: Timestamp,
}

/// Up to `limit` rows of a lane that wait for longer than these limits allow, earliest first.
pub async fn stuck(conn: &mut Conn, lane: i64, limits: Limits, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    rows!(
        conn,
        concat!(
            "SELECT ",
            columns!(),
            " FROM outbox
             WHERE state = 'pending'
             AND parked_on IS NULL
             AND lane = $1
             AND (lease_until IS NULL AND due_at <= $2
                 OR lease_until <= $2 AND due_at <= $2
                 OR attempts > 0 AND created_at <= $3)
             ORDER BY due_at, id
             LIMIT $4"
        ),
        lane,
        Us(limits.due),
        Us(limits.tried),
        limit
    )
}

/// Up to `limit` rows that were parked longer than until `due`, earliest first.
pub async fn parked_over(conn: &mut Conn, due: Timestamp, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    rows!(
        conn,
        concat!(
            "SELECT ",
            columns!(),
            " FROM outbox
             WHERE state = 'pending'
             AND parked_on IS NOT NULL
             AND due_at <= $1
             ORDER BY due_at, id
             LIMIT $2"
        ),
        Us(due),
        limit
    )
}

/// Whether a row of this kind and target is still to be sent.
pub async fn waits(conn: &mut Conn, kind: &str, target: &str) -> Result<bool, StoreError> {
    let found: Option<(OutboxId,)> = row!(
        conn,
        "SELECT id FROM outbox WHERE kind = $1 AND target = $2 AND state = 'pending' LIMIT 1",
        kind,
        target
    )?;
    Ok(found.is_some())
}

/// When the claim that lasts longest ends.
pub async fn latest_claim(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let latest: Option<Earliest> = row!(
        conn,
        "SELECT MAX(lease_until) AS at
         FROM outbox
         WHERE state = 'pending'
         AND lease_until IS NOT NULL"
    )?;
    Ok(latest.and_then(|latest| latest.at))
}

/// Ends claims that last longer than until `latest`, as of `now`; whoever made them is not listened to any more.
pub async fn end_claims_beyond(tx: &mut Tx, latest: Timestamp, now: Timestamp) -> Result<Vec<OutboxRow>, StoreError> {
    tx.ring();
    rows!(
        tx,
        concat!(
            "UPDATE outbox
             SET lease_until = $2, due_at = CASE WHEN due_at > $2 THEN $2 ELSE due_at END, fence = fence + 1
             WHERE state = 'pending'
             AND lease_until > $1
             RETURNING ",
            columns!()
        ),
        Us(latest),
        Us(now)
    )
}

/// When [`stop_parked_due`] will next find something.
pub async fn next_parked_due(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let earliest: Option<Earliest> = row!(
        conn,
        "SELECT MIN(due_at) AS at
         FROM outbox
         WHERE state = 'pending'
         AND parked_on IS NOT NULL"
    )?;
    Ok(earliest.and_then(|earliest| earliest.at))
}

/// When the lane's oldest row was written that is due, or was tried, or is parked, and is still to go: how late we are.
pub async fn oldest_undelivered(conn: &mut Conn, lane: i64, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let earliest: Option<Earliest> = row!(
        conn,
        "SELECT MIN(at) AS at
         FROM (
             SELECT MIN(created_at) AS at
             FROM outbox
             WHERE state = 'pending'
             AND parked_on IS NULL
             AND lane = $1
             AND (due_at <= $2 OR attempts > 0)
             UNION ALL
             SELECT MIN(created_at) AS at
             FROM outbox
             WHERE state = 'pending'
             AND parked_on IS NOT NULL
             AND lane = $1) AS waiting",
        lane,
        Us(now)
    )?;
    Ok(earliest.and_then(|earliest| earliest.at))
}

/// Forgets up to `limit` rows that were written before and are done or failed, and says how many that were.
pub async fn clean(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM outbox
         WHERE id IN (
             SELECT id
             FROM outbox
             WHERE state <> 'pending'
             AND created_at < $1
             LIMIT $2)",
        Us(before),
        limit
    )
}
