//! How writes become transactions. On SQLite one task takes all that wait, runs each in a savepoint and commits once; on PostgreSQL each
//! is a transaction of its own. Nobody is answered before the commit. Knows no table.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot, watch};

use super::ballast::Ballast;
use super::db::{Db, Tx};
use super::dialect;
use super::error::StoreError;
use super::gate::Gate;

/// Writes that one commit carries at most: enough to share the cost of the disk, few enough that the first does not wait long.
const BATCH_MAX: usize = 256;

/// Writes that may wait for the writer; who comes later waits to wait.
const QUEUE_MAX: usize = 1024;

/// How long one write may take. It runs statements, nothing else: longer means that it hangs, and everybody behind it.
const WRITE_LIMIT: Duration = Duration::from_secs(15);

/// What a write's closure gives back.
pub type Work<'a, T, E> = BoxFuture<'a, Result<T, E>>;

/// A write on its way. It can run again: on a full disk it does, once there is room.
pub(super) trait Job: Send {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran>;
    /// Ends it. `committed`: what became of its transaction; an outcome of its own that is bad goes first.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What running a write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ran {
    Good,
    Bad,
    /// There was no room on the disk.
    Full,
}

struct Write<T, E, W> {
    work: W,
    outcome: Option<Result<T, E>>,
    to: oneshot::Sender<Result<T, E>>,
}

/// A write that was tried: what it came to, and what became of its transaction.
struct Tried {
    job: Box<dyn Job>,
    ran: Ran,
    committed: Result<(), StoreError>,
}

/// What every way of writing needs: where to connect, and whom to wake.
pub(super) struct Base {
    db: Db,
    gate: Arc<Gate>,
    bell: watch::Sender<u64>,
    ballast: Arc<Ballast>,
}

/// Takes writes.
#[derive(Clone)]
pub(super) enum Writer {
    /// To the task that owns the writing connection.
    Sqlite(mpsc::Sender<Box<dyn Job>>),
    Postgres(Arc<Base>),
}

impl Writer {
    /// Must be called within a runtime: on SQLite it starts the writing task, which ends with the last `Writer`.
    pub(super) fn sqlite(pool: SqlitePool, gate: Arc<Gate>, bell: watch::Sender<u64>, ballast: Arc<Ballast>) -> Writer {
        let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(write_batches(Base { db: Db::Sqlite(pool), gate, bell, ballast }, waiting));
        Writer::Sqlite(jobs)
    }

    pub(super) fn postgres(db: Db, gate: Arc<Gate>, bell: watch::Sender<u64>, ballast: Arc<Ballast>) -> Writer {
        Writer::Postgres(Arc::new(Base { db, gate, bell, ballast }))
    }

    pub(super) async fn write<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T, E> + Clone + Send + 'static,
    {
        let (to, answer) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Write { work, outcome: None, to });
        match self {
            Writer::Sqlite(jobs) => jobs.send(job).await.map_err(|_| E::from(StoreError::Closed))?,
            // A task of its own: who stops waiting does not leave a transaction open.
            Writer::Postgres(base) => drop(tokio::spawn(write_one(base.clone(), job))),
        }
        // Nobody is left who could tell: the process is ending.
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown { why: Box::new(StoreError::Closed) }.into()))
    }
}

impl<T, E, W> Job for Write<T, E, W>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    W: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T, E> + Clone + Send + 'static,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran> {
        Box::pin(async move {
            let mut outcome = guarded(self.work.clone(), tx).await;
            let failure = tx.failure();
            let full = failure.as_ref().is_some_and(StoreError::is_full);
            if let (Ok(_), Some(why)) = (&outcome, failure) {
                outcome = Err(why.into());
            }
            let good = outcome.is_ok();
            self.outcome = Some(outcome);
            match (good, full) {
                (true, _) => Ran::Good,
                (false, true) => Ran::Full,
                (false, false) => Ran::Bad,
            }
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let told = match (self.outcome, committed) {
            (Some(outcome), committed) => outcome.and_then(|value| committed.map(|()| value).map_err(E::from)),
            (None, Err(why)) => Err(why.into()),
            // It never ran, hence nothing was committed.
            (None, Ok(())) => Err(StoreError::Closed.into()),
        };
        // Who asked may have gone; what was committed stays.
        drop(self.to.send(told));
    }
}

impl Tried {
    fn full(&self) -> bool {
        self.ran == Ran::Full || self.committed.as_ref().is_err_and(StoreError::is_full)
    }

    fn answer(self) {
        self.job.answer(self.committed);
    }
}

/// Runs the closure; a panic and a hang become errors.
async fn guarded<T, E, W>(work: W, tx: &mut Tx) -> Result<T, E>
where
    E: From<StoreError>,
    W: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T, E>,
{
    let running = AssertUnwindSafe(async move { work(tx).await }).catch_unwind();
    match tokio::time::timeout(WRITE_LIMIT, running).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(StoreError::Panicked.into()),
        Err(_) => Err(StoreError::TooSlow { limit_s: WRITE_LIMIT.as_secs() }.into()),
    }
}

/// The writing task of SQLite. Ends when nobody can ask any more.
async fn write_batches(base: Base, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut jobs = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut jobs, BATCH_MAX).await > 0 {
        let (full, done): (Vec<Tried>, Vec<Tried>) =
            batch(&base, std::mem::take(&mut jobs)).await.into_iter().partition(Tried::full);
        done.into_iter().for_each(Tried::answer);
        let full = match !full.is_empty() && base.make_room().await {
            true => batch(&base, full.into_iter().map(|tried| tried.job).collect()).await,
            false => full,
        };
        full.into_iter().for_each(Tried::answer);
    }
}

/// Runs each job in the savepoint, and commits once. Nobody is answered yet.
async fn batch(base: &Base, jobs: Vec<Box<dyn Job>>) -> Vec<Tried> {
    let mut tx = match base.begin().await {
        Ok(tx) => tx,
        Err(why) => return jobs.into_iter().map(|job| refused(job, &why)).collect(),
    };
    let mut tried = Vec::with_capacity(jobs.len());
    let mut so_far = tx.control("SAVEPOINT job").await;
    for mut job in jobs {
        let ran = match &so_far {
            Ok(()) => {
                let (ran, then) = in_savepoint(&mut tx, &mut job).await;
                so_far = then;
                ran
            }
            Err(_) => Ran::Bad,
        };
        tried.push(Tried { job, ran, committed: Ok(()) });
    }
    let told = match so_far {
        Ok(()) => base.commit(tx).await,
        Err(why) => {
            undo(tx).await;
            Err(why)
        }
    };
    tried.iter_mut().for_each(|tried| tried.committed.clone_from(&told));
    tried
}

fn refused(job: Box<dyn Job>, why: &StoreError) -> Tried {
    Tried { job, ran: Ran::Bad, committed: Err(why.clone()) }
}

/// A failed job is rolled back alone; either way the savepoint is open for the next. Every statement is a trip to the thread of the
/// connection, hence two in one. Where this fails, the database has given up the whole transaction, and so do we.
async fn in_savepoint(tx: &mut Tx, job: &mut Box<dyn Job>) -> (Ran, Result<(), StoreError>) {
    let rings_before = tx.rings();
    let ran = job.run(tx).await;
    if ran == Ran::Good {
        return (ran, tx.control("RELEASE SAVEPOINT job; SAVEPOINT job").await);
    }
    // On a full disk SQLite has rolled back everything by itself: what everybody is to hear is the reason for that.
    let cause = tx.forget(rings_before);
    (ran, tx.control("ROLLBACK TO SAVEPOINT job").await.map_err(|why| cause.unwrap_or(why)))
}

/// One write, one transaction.
async fn write_one(base: Arc<Base>, mut job: Box<dyn Job>) {
    let mut tx = match base.begin().await {
        Ok(tx) => tx,
        Err(why) => return job.answer(Err(why)),
    };
    if job.run(&mut tx).await == Ran::Good {
        job.answer(base.commit(tx).await);
    } else {
        undo(tx).await;
        // It answers with its own reason.
        job.answer(Ok(()));
    }
}

impl Base {
    async fn begin(&self) -> Result<Tx, StoreError> {
        let mut tx = Tx::new(self.db.conn(&self.gate).await?);
        let begin = dialect::begin(&tx);
        tx.control(begin).await.inspect_err(|_| tx.discard())?;
        Ok(tx)
    }

    /// The disk is full: gives up the ballast, and says whether it is worth trying again.
    async fn make_room(&self) -> bool {
        let made = self.ballast.spend();
        if let Some(limit) = self.ballast.limit().filter(|_| made)
            && let Ok(mut conn) = self.db.conn(&self.gate).await
        {
            return dialect::loosen(&mut conn, limit).await.is_ok();
        }
        made
    }

    /// Commits, and wakes who waits for what was written.
    async fn commit(&self, mut tx: Tx) -> Result<(), StoreError> {
        if let Err(why) = tx.control("COMMIT").await {
            undo(tx).await;
            return Err(why.at_commit());
        }
        if tx.rings() {
            self.bell.send_modify(|commits| *commits += 1);
        }
        Ok(())
    }
}

/// Rolls back; a connection that cannot even do that is not used again.
async fn undo(mut tx: Tx) {
    if tx.owes() || tx.control("ROLLBACK").await.is_err() {
        tx.discard();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Store, seen};
    use super::*;
    use crate::domain::id::Timestamp;

    async fn limit_pages(store: &Store, limit: &'static str) {
        let limited: Result<(), StoreError> = store.write(move |tx| Box::pin(tx.control(limit))).await;
        limited.unwrap();
    }

    async fn keep(store: &Store, n: usize) -> Result<bool, StoreError> {
        let key = format!("{n}-{}", "x".repeat(20_000));
        store.write(move |tx| Box::pin(async move { seen::first(tx, &key, Timestamp::UNIX_EPOCH).await })).await
    }

    /// The limit belongs to a connection, so only from in here can the writer's be set.
    #[tokio::test]
    async fn a_full_disk_is_told_and_survived() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("full.db").display())).await.unwrap();
        limit_pages(&store, "PRAGMA max_page_count = 100").await;
        // All together: those that fit and those that do not share commits.
        let told = futures::future::join_all((0..40).map(|n| keep(&store, n))).await;
        let full = told.iter().find_map(|told| told.as_ref().err()).expect("the disk was never full");
        assert!(full.to_string().contains("full"), "{full}");
        assert!(!full.is_transient());
        limit_pages(&store, "PRAGMA max_page_count = 100000").await;
        for (n, told) in told.iter().enumerate() {
            assert_eq!(keep(&store, n).await.unwrap(), told.is_err(), "{n}: kept if and only if answered so");
        }
    }
}
