//! All that differs between the two databases: how they are opened, locks, clocks, error codes. Knows no table but its own bookkeeping.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, SqlSafeStr, SqlStr, SqlitePool};

use super::db::row;
use super::db::{Conn, Wire};
use super::error::StoreError;

/// How long a statement waits for another process's lock on the SQLite file (a backup tool, the CLI).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Readers of one SQLite file: they never wait for the writer, and two cores gain nothing from more.
const SQLITE_READERS: u32 = 4;

/// Connections of one instance to PostgreSQL; a server allows 100 by default and several instances share it.
const POSTGRES_CONNECTIONS: u32 = 16;

/// How long anybody waits for a free connection. Discord wants an answer in 3 s; a healthy pool answers in milliseconds.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may take to say that it is there: a healthy one needs a round trip.
const PING_WITHIN: Duration = Duration::from_secs(1);

/// Limits that PostgreSQL itself enforces, in milliseconds: below the limit of a write, so that its lock is gone before we are.
const POSTGRES_LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "10000"), ("lock_timeout", "5000"), ("idle_in_transaction_session_timeout", "30000")];

/// What the URL points to, understood.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Target {
    /// Reads `sqlite://path` or `postgres://…`.
    ///
    /// # Errors
    /// `Open`, without a word of the URL: it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Target, StoreError> {
        let refuse = |why: &str| StoreError::Open { place: "in DATABASE_URL".to_owned(), why: why.to_owned() };
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') || path.contains('?') {
                return Err(refuse("write sqlite://path/to/muster.db, a plain path"));
            }
            return Ok(Target::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = url.parse().map_err(|_| refuse("this is not a postgres:// URL that can be read"))?;
            return Ok(Target::Postgres(Box::new(options)));
        }
        Err(refuse("it must begin with sqlite:// or postgres://"))
    }

    /// Where it is, for people; never with user or password.
    pub(super) fn place(&self) -> String {
        match self {
            Target::Sqlite(path) => path.display().to_string(),
            Target::Postgres(at) => format!("{} on {}", at.get_database().unwrap_or("(default)"), at.get_host()),
        }
    }
}

/// A pool of writing connections to one file: one connection, replaced when it breaks.
pub(super) async fn sqlite_writer(path: &PathBuf) -> Result<SqlitePool, sqlx::Error> {
    let options = sqlite(path).create_if_missing(true);
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

/// A pool of reading connections to the same file; a write through them fails.
pub(super) fn sqlite_readers(path: &PathBuf) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_lazy_with(sqlite(path).pragma("query_only", "ON"))
}

fn sqlite(path: &PathBuf) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL may lose the last commits on power loss; a page that was promised must not be lost.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

/// One connection without limits on time, for migrations.
pub(super) async fn postgres_migrator(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect_with(options).await
}

/// sqlx waits without limit for the answer to its own tests of a connection, and sets none on the socket: one whose other end has
/// gone without a word would be held for the quarter of an hour that TCP tries. So the tests are ours, with a limit.
pub(super) async fn postgres_pool(options: &PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|conn, _| Box::pin(answers(conn)))
        .after_release(|conn, _| Box::pin(answers(conn)))
        .connect_with(options.clone().options(POSTGRES_LIMITS))
        .await
}

/// Whether somebody is still there at the other end.
async fn answers(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(PING_WITHIN, conn.ping()).await {
        Ok(told) => told.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Refuses a SQLite file that is damaged or may not be written, before anything depends on it.
pub(super) async fn sqlite_is_sound(pool: &SqlitePool) -> Result<(), String> {
    let said: Result<String, _> = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(pool).await;
    let said = said.unwrap_or_else(|why| why.to_string());
    if said != "ok" {
        return Err(format!("the file is damaged ({said}): restore the last backup"));
    }
    let mut conn = pool.acquire().await.map_err(|why| why.to_string())?;
    for probe in ["BEGIN IMMEDIATE", "ROLLBACK"] {
        sqlx::query(probe).execute(&mut *conn).await.map_err(|why| format!("it cannot be written: {why}"))?;
    }
    Ok(())
}

/// How a writing transaction begins.
pub(super) fn begin(conn: &Conn) -> &'static str {
    match conn.wire {
        Wire::Sqlite(_) => "BEGIN IMMEDIATE",
        Wire::Postgres(_) => "BEGIN ISOLATION LEVEL READ COMMITTED",
    }
}

/// The text as PostgreSQL gets it: row locks, which SQLite neither has nor needs, stand in comments and are uncovered here.
pub(super) fn postgres(sql: &'static str) -> SqlStr {
    if !sql.contains("/* FOR UPDATE") {
        return sql.into_sql_str();
    }
    let text =
        sql.replace("/* FOR UPDATE */", "FOR UPDATE").replace("/* FOR UPDATE SKIP LOCKED */", "FOR UPDATE SKIP LOCKED");
    AssertSqlSafe(text).into_sql_str()
}

/// How far the database's clock is ahead of this machine's, in µs (negative: behind). 0 on SQLite: it has no other clock.
pub(super) async fn now_offset(conn: &mut Conn) -> Result<i64, StoreError> {
    if matches!(conn.wire, Wire::Sqlite(_)) {
        return Ok(0);
    }
    let before = local_us();
    let told: Option<(i64,)> = row!(conn, "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")?;
    let middle = before + (local_us() - before) / 2;
    Ok(told.map_or(0, |(theirs,)| theirs - middle))
}

fn local_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Whether asking again may well succeed.
pub(super) fn is_transient(why: &sqlx::Error) -> bool {
    match why {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(told) => told.code().is_some_and(|code| passes(&code)),
        _ => false,
    }
}

/// Whether a failed COMMIT has certainly kept nothing: the database itself refused it, and was not just going away (57, 08).
pub(super) fn is_rolled_back(why: &sqlx::Error) -> bool {
    match why {
        sqlx::Error::Database(told) => told.code().is_some_and(|code| !lost(&code)),
        _ => false,
    }
}

/// Whether the statement itself is wrong, so that it fails however often it is asked.
pub(super) fn is_lasting(why: &sqlx::Error) -> bool {
    match why {
        sqlx::Error::Database(told) => told.code().is_some_and(|code| lasts(&code)),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => false,
        sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => false,
        _ => true,
    }
}

/// PostgreSQL went away while it was asked: shut down (57P01 to 57P03), or no connection (08). SQLite is in this process: what it
/// says holds.
fn lost(code: &str) -> bool {
    code.starts_with("08") && code.len() == 5 || code.starts_with("57P")
}

/// PostgreSQL: data that does not fit (22), a broken rule (23), SQL that is wrong (42). SQLite: ERROR (1), TOOBIG (18), CONSTRAINT
/// (19), MISMATCH (20), MISUSE (21), RANGE (25).
fn lasts(code: &str) -> bool {
    match code.len() {
        5 => matches!(&code[..2], "22" | "23" | "42"),
        _ => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 1 | 18 | 19 | 20 | 21 | 25)),
    }
}

/// Whether a connection may only read any more: its server is no primary now, and another connection may find the new one.
pub(super) fn is_read_only(why: &sqlx::Error) -> bool {
    matches!(why, sqlx::Error::Database(told) if told.code().is_some_and(|code| code == "25006"))
}

/// SQLite: SQLITE_BUSY (5) and its kin, as extended codes. PostgreSQL: lost connections (08), serialisation and deadlock (40),
/// resources (53), a lock not got (55P03), shutdown and time-outs (57), a primary that became read-only (25006).
fn passes(code: &str) -> bool {
    match code.len() {
        5 => matches!(&code[..2], "08" | "40" | "53" | "57") || matches!(code, "55P03" | "25006"),
        _ => code.parse::<u32>().is_ok_and(|code| code & 0xff == 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_refused_is_not_repeated() {
        for url in ["mysql://ana:hunter2@db/x", "postgres://ana:hunter2@db:port/x", "sqlite::memory:", "hunter2"] {
            let said = Target::parse(url).unwrap_err().to_string();
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_place_names_neither_user_nor_password() {
        let place = Target::parse("postgres://ana:hunter2@db.local/muster").unwrap().place();
        assert_eq!(place, "muster on db.local");
    }

    #[test]
    fn locks_are_uncovered() {
        assert_eq!(postgres("SELECT 1 /* FOR UPDATE */").as_str(), "SELECT 1 FOR UPDATE");
        assert_eq!(postgres("x /* FOR UPDATE SKIP LOCKED */").as_str(), "x FOR UPDATE SKIP LOCKED");
    }

    #[test]
    fn busy_and_deadlock_pass() {
        assert!(passes("5") && passes("517") && passes("40P01") && passes("57P01"));
        assert!(!passes("13") && !passes("23505"), "a full disk and a broken rule do not pass by themselves");
    }

    #[test]
    fn only_who_says_so_has_rolled_back() {
        assert!(!lost("40001") && !lost("13") && !lost("57014"), "a refused commit has kept nothing");
        assert!(lost("57P01") && lost("08006"), "one whose server went away may have");
    }

    #[test]
    fn what_is_wrong_in_itself_is_told_from_a_database_that_is_unwell() {
        assert!(lasts("22021") && lasts("23505") && lasts("1555"));
        assert!(!lasts("53100") && !lasts("13") && !lasts("57P03") && !lasts("10"));
    }
}
