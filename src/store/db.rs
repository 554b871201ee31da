//! Connections and how a statement is run on either database. Knows no table.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

use super::dialect;
use super::error::StoreError;
use super::gate::Gate;

/// How long PostgreSQL may take to begin, commit or roll back: longer than its own limit for a statement, so that what comes later
/// comes from nobody.
const CONTROL_LIMIT: Duration = Duration::from_secs(12);

/// Where reads get their connections from (on PostgreSQL, writes too).
#[derive(Debug, Clone)]
pub(super) enum Db {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// One native connection.
#[derive(Debug)]
pub(super) enum Wire {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A connection to read with. Each statement sees what was committed when it began.
#[derive(Debug)]
pub struct Conn {
    pub(super) wire: Wire,
    gate: Arc<Gate>,
    /// The statement that failed first, and with it the transaction.
    failed: Option<StoreError>,
    /// A statement was sent and its answer has not come: whoever waited may have given up.
    asked: bool,
}

/// A transaction to write in; reads through it see its own writes.
///
/// A failed statement ends it on both databases: later statements are refused with the same
/// reason, and the write fails with it whatever its closure says.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    rings: bool,
}

impl Db {
    pub(super) async fn conn(&self, gate: &Arc<Gate>) -> Result<Conn, StoreError> {
        let wire = match self {
            Db::Sqlite(pool) => pool.acquire().await.map(Wire::Sqlite),
            Db::Postgres(pool) => pool.acquire().await.map(Wire::Postgres),
        };
        let wire = wire.map_err(|why| match why {
            sqlx::Error::PoolClosed => StoreError::Closed,
            why => StoreError::statement("connecting", why),
        })?;
        Ok(Conn { wire, gate: gate.clone(), failed: None, asked: false })
    }
}

impl Conn {
    /// Asks the gate; refuses where an earlier statement failed.
    pub(super) fn pass(&mut self, at: &'static str) -> Result<(), StoreError> {
        if let Some(why) = &self.failed {
            return Err(why.clone());
        }
        self.ask_gate(at).inspect_err(|why| self.failed = Some(why.clone()))?;
        self.asked = true;
        Ok(())
    }

    /// Keeps in mind that a statement failed.
    pub(super) fn note<T>(&mut self, at: &'static str, told: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        self.asked = false;
        if told.as_ref().is_err_and(dialect::is_read_only) {
            self.discard();
        }
        told.map_err(|why| StoreError::statement(at, why)).inspect_err(|why| self.failed = Some(why.clone()))
    }

    /// Whether this connection still owes an answer that nobody waits for any more. SQLite's thread gives every answer.
    pub(super) fn owes(&self) -> bool {
        self.asked && matches!(self.wire, Wire::Postgres(_))
    }

    /// The connection is in an unknown state, or of no use: close it, do not hand it on.
    pub(super) fn discard(&mut self) {
        match &mut self.wire {
            Wire::Sqlite(wire) => wire.close_on_drop(),
            Wire::Postgres(wire) => wire.close_on_drop(),
        }
    }

    fn ask_gate(&self, at: &'static str) -> Result<(), StoreError> {
        if self.gate.lets_pass() { Ok(()) } else { Err(StoreError::Gate { at }) }
    }
}

impl Drop for Conn {
    /// Who waits for the answer before the next statement may wait for ever.
    fn drop(&mut self) {
        if self.owes() {
            self.discard();
        }
    }
}

impl Tx {
    pub(super) fn new(conn: Conn) -> Tx {
        Tx { conn, rings: false }
    }

    /// Workers are to look again once this is committed.
    pub(super) fn ring(&mut self) {
        self.rings = true;
    }

    pub(super) fn rings(&self) -> bool {
        self.rings
    }

    /// Why the transaction cannot be kept any more, if a statement failed.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.conn.failed.clone()
    }

    /// BEGIN, COMMIT, SAVEPOINT and their like: pass the gate, also after a failure.
    pub(super) async fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.conn.ask_gate(sql)?;
        let told = match &mut self.conn.wire {
            Wire::Sqlite(wire) => sqlx::query(sql).execute(&mut **wire).await.map(drop),
            Wire::Postgres(wire) => {
                self.conn.asked = true;
                let asked = tokio::time::timeout(CONTROL_LIMIT, sqlx::query(sql).execute(&mut **wire));
                asked.await.map_err(|_| StoreError::TooSlow { limit_s: CONTROL_LIMIT.as_secs() })?.map(drop)
            }
        };
        self.conn.asked = false;
        told.map_err(|why| StoreError::statement(sql, why))
    }

    /// What was rolled back rings for nobody, and its failure is over: hands that out.
    pub(super) fn forget(&mut self, rings_before: bool) -> Option<StoreError> {
        self.rings = rings_before;
        self.conn.failed.take()
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

/// Runs one call on whichever native connection there is: through the gate, and with the place in the source in its error.
macro_rules! both {
    ($conn:expr, $sql:expr, ($wire:ident, $text:ident) => $call:expr) => {{
        const AT: &str = concat!(module_path!(), ":", line!());
        let conn: &mut $crate::store::db::Conn = $conn;
        match conn.pass(AT) {
            Err(refused) => Err(refused),
            Ok(()) => {
                let told = match &mut conn.wire {
                    $crate::store::db::Wire::Sqlite(wire) => {
                        let ($wire, $text) = (&mut **wire, $sql);
                        $call
                    }
                    $crate::store::db::Wire::Postgres(wire) => {
                        let ($wire, $text) = (&mut **wire, $crate::store::dialect::postgres($sql));
                        $call
                    }
                };
                conn.note(AT, told)
            }
        }
    }};
}

/// Every row of a statement: `rows!(conn, "SELECT …", a, b)` is a `Result<Vec<_>, StoreError>`.
macro_rules! rows {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::both!($conn, $sql, (wire, text) =>
            sqlx::query_as(text)$(.bind($bind))*.fetch_all(wire).await)
    };
}

/// The row of a statement, if there is one: a `Result<Option<_>, StoreError>`.
macro_rules! row {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::both!($conn, $sql, (wire, text) =>
            sqlx::query_as(text)$(.bind($bind))*.fetch_optional(wire).await)
    };
}

/// How many rows a statement touched: a `Result<u64, StoreError>`.
macro_rules! run {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::both!($conn, $sql, (wire, text) =>
            sqlx::query(text)$(.bind($bind))*.execute(wire).await.map(|done| done.rows_affected()))
    };
}

pub(super) use {both, row, rows, run};
