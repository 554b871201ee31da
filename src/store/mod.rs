//! SQL and nothing else: rows in, rows out, on SQLite and PostgreSQL alike. Decides nothing, asks no clock, makes no ids.
//!
//! One file a noun, each with its row struct; functions that take `&mut Tx` write, those that take `&mut Conn` read. The kernel:
//! `db` runs a statement, `writer` makes transactions, `dialect` holds all that differs, [`Gate`] lets tests fail anything.
//! Around a SQLite file: `lock` keeps a second bot out, `ballast` keeps room for what was promised. `copy` and `backup` take a database elsewhere.

mod ballast;
mod column;
mod db;
mod dialect;
mod error;
mod gate;
mod lock;
mod root;
mod writer;

pub mod audit;
pub mod backup;
pub mod call;
pub mod code;
pub mod contact;
pub mod copy;
pub mod cover;
pub mod dedupe;
pub mod definition;
pub mod guild;
pub mod incident;
pub mod install;
pub mod oncall;
pub mod outbox;
pub mod post;
pub mod receipt;
pub mod schedule;
pub mod seen;
pub mod session;
pub mod source;
pub mod timeline;
pub mod wake;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use tokio::sync::watch;

pub use db::{Conn, Tx};
pub use error::StoreError;
pub use gate::Gate;
pub use writer::Work;

use ballast::Ballast;
use db::Db;
use dialect::Target;
use lock::Lock;
use writer::Writer;

/// How long one read may take: longer than PostgreSQL's own limit for a statement, so that what comes later comes from nobody.
const READ_LIMIT: Duration = Duration::from_secs(15);

static MIGRATIONS: Migrator = sqlx::migrate!();

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    db: Db,
    writer: Writer,
    /// The pool of the SQLite writer, kept to be closed.
    writing: Option<sqlx::SqlitePool>,
    gate: Arc<Gate>,
    bell: watch::Sender<u64>,
    ballast: Arc<Ballast>,
    /// Held by the bot on its SQLite file until it closes the store.
    lock: Arc<Mutex<Option<Lock>>>,
}

impl Store {
    /// As [`Store::open`], for the bot: a second one is kept out of a SQLite file, and the ballast is laid beside it. Other commands open
    /// the same file beside it.
    ///
    /// # Errors
    /// As [`Store::open`]; `Taken` when another bot runs on that file.
    pub async fn open_alone(url: &str) -> Result<Store, StoreError> {
        let target = Target::parse(url)?;
        let lock = match &target {
            // Before anything else: a newer version that starts must not change the schema under an older one that runs.
            Target::Sqlite(path) => Some(lock::take(path)?),
            Target::Postgres(_) => None,
        };
        let store = ballast::open(url, &target).await?;
        *store.lock.lock().unwrap_or_else(PoisonError::into_inner) = lock;
        Ok(store)
    }

    /// Opens `sqlite://path` (made if missing) or `postgres://…`, and brings its schema up to date.
    ///
    /// # Errors
    /// `Open` when it cannot be reached, read or written, or is damaged; `Newer` when a newer Muster wrote it. Neither names a password.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        Store::open_target(&Target::parse(url)?).await
    }

    async fn open_target(target: &Target) -> Result<Store, StoreError> {
        let place = target.place();
        let refuse = |why: String| StoreError::Open { place: place.clone(), why };
        let (db, writing) = match target {
            Target::Sqlite(path) => {
                let pool = dialect::sqlite_writer(path).await.map_err(|why| refuse(why.to_string()))?;
                dialect::sqlite_is_sound(&pool).await.map_err(refuse)?;
                MIGRATIONS.run(&pool).await.map_err(|why| not_migrated(&place, why))?;
                (Db::Sqlite(dialect::sqlite_readers(path)), Some(pool))
            }
            Target::Postgres(options) => {
                let mut conn = dialect::postgres_migrator(options).await.map_err(|why| refuse(why.to_string()))?;
                MIGRATIONS.run(&mut conn).await.map_err(|why| not_migrated(&place, why))?;
                let pool = dialect::postgres_pool(options).await.map_err(|why| refuse(why.to_string()))?;
                (Db::Postgres(pool), None)
            }
        };
        Ok(Store::over(db, writing))
    }

    fn over(db: Db, writing: Option<sqlx::SqlitePool>) -> Store {
        let gate = Arc::new(Gate::default());
        let bell = watch::Sender::new(0);
        let ballast = Arc::<Ballast>::default();
        let writer = match &writing {
            Some(pool) => Writer::sqlite(pool.clone(), gate.clone(), bell.clone(), ballast.clone()),
            None => Writer::postgres(db.clone(), gate.clone(), bell.clone(), ballast.clone()),
        };
        Store { db, writer, writing, gate, bell, ballast, lock: Arc::default() }
    }

    /// Runs `work` in one transaction and answers after its commit. It is kept whole or not at all.
    ///
    /// On SQLite it may share the commit with others, and runs a second time where the disk was full and the ballast has made room:
    /// hence `Clone`. Once asked, it runs even if nobody waits for the answer any more. `work` runs
    /// statements and awaits nothing else; it must not call `write` (it would wait for itself).
    ///
    /// # Errors
    /// What `work` returns, or the first statement of it that failed; `Panicked`, `TooSlow`, `Closed`. All of these kept nothing;
    /// after `Unknown`, a connection that was lost at the commit, the write may have been kept.
    pub async fn write<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T, E> + Clone + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Runs `work` on a reading connection. Each statement sees what was committed when it began.
    ///
    /// # Errors
    /// What `work` returns; `Statement` when no connection is to be had within 5 s; `TooSlow`.
    pub async fn read<T, E, R>(&self, work: R) -> Result<T, E>
    where
        E: From<StoreError>,
        R: for<'a> FnOnce(&'a mut Conn) -> Work<'a, T, E>,
    {
        let mut conn = self.db.conn(&self.gate).await?;
        let read = tokio::time::timeout(READ_LIMIT, work(&mut conn)).await;
        read.unwrap_or_else(|_| Err(StoreError::TooSlow { limit_s: READ_LIMIT.as_secs() }.into()))
    }

    /// Changes after every commit of this process that gave a worker something to do. Subscribe before you look.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// How far the database's clock is ahead of this machine's, in µs (negative: behind); 0 on SQLite.
    ///
    /// # Errors
    /// `Statement` when the database does not answer.
    pub async fn now_offset(&self) -> Result<i64, StoreError> {
        let mut conn = self.db.conn(&self.gate).await?;
        dialect::now_offset(&mut conn).await
    }

    /// For tests: fails statements.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Closes every connection once what runs has ended, and lets the next bot in. Later calls fail with `Closed`.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite(pool) => pool.close().await,
            Db::Postgres(pool) => pool.close().await,
        }
        if let Some(pool) = &self.writing {
            pool.close().await;
        }
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The newest schema that this version knows.
fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

fn not_migrated(place: &str, why: MigrateError) -> StoreError {
    let known = newest();
    match why {
        MigrateError::VersionMissing(found) if found > known => {
            StoreError::Newer { place: place.to_owned(), found, known }
        }
        why => StoreError::Open { place: place.to_owned(), why: why.to_string() },
    }
}
