//! The ballast: a file beside a SQLite database that is given up when the disk is full, so that what was promised can still be written.
//!
//! Only the bot keeps one. From the moment it is given up until it could be laid again, with room to spare, the store is *cramped*:
//! whoever takes something new in asks first and refuses. Never made on PostgreSQL, whose disk is its own.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::Store;
use super::dialect::Target;
use super::error::StoreError;
use super::lock;

/// What is put behind the name of the database.
const SUFFIX: &str = ".ballast";

/// Receipts, acknowledgements and ticks of some 10,000 pages: days of paging, hours of a storm.
const SIZE: u64 = 16 * 1024 * 1024;

/// What must be free beside the ballast before something new is taken in: or it would be full again at once.
const TO_SPARE: u64 = SIZE;

/// With less than this free, a database that does not open may well lack room.
const SCARCE: u64 = 1024 * 1024;

/// How much is written at once.
const CHUNK: usize = 64 * 1024;

/// No limit was set.
const NO_LIMIT: u32 = 0;

/// The ballast of one open database.
#[derive(Debug, Default)]
pub(super) struct Ballast {
    /// Unset: this process keeps none.
    path: OnceLock<PathBuf>,
    /// It was given up and could not be laid again.
    spent: AtomicBool,
    /// For tests: the pages that the file may have, in the place of a small disk.
    limit: AtomicU32,
}

impl Store {
    /// Whether the disk is full and the ballast is spent: nothing new is taken in, what was promised goes on. Never on PostgreSQL.
    pub fn cramped(&self) -> bool {
        self.ballast.spent.load(Ordering::Relaxed)
    }

    /// Lays the ballast again if it was spent and there is room by now; says whether the store is cramped still.
    pub async fn lay_ballast(&self) -> bool {
        let ballast = self.ballast.clone();
        let laid = tokio::task::spawn_blocking(move || ballast.lay()).await;
        if let Ok(Err(why)) = laid {
            tracing::error!(%why, "there is no room for the ballast: nothing new is taken in, paging goes on");
        }
        self.cramped()
    }

    /// For tests: from now on the file may grow by so many pages and no more, as on a small disk. Giving up the ballast makes room
    /// for 256 pages.
    ///
    /// # Errors
    /// `Statement` where the database refuses it.
    pub async fn limit_growth(&self, pages: u32) -> Result<(), StoreError> {
        let limit = self.write(move |tx| Box::pin(super::dialect::limit_growth(tx, pages))).await?;
        self.ballast.limit.store(limit, Ordering::SeqCst);
        Ok(())
    }
}

impl Ballast {
    /// From now on this process keeps the ballast of that database.
    pub(super) fn keep(&self, database: &Path) {
        // Set once: a store is opened once.
        let _already = self.path.set(lock::beside(database, SUFFIX));
    }

    /// Gives the ballast up; true if that has made room. From here on the store is cramped.
    pub(super) fn spend(&self) -> bool {
        let Some(path) = self.path.get() else { return false };
        let cramped = self.spent.swap(true, Ordering::SeqCst);
        if !cramped {
            tracing::error!("the disk is full: nothing new is taken in, paging goes on; make room");
        }
        std::fs::remove_file(path).is_ok()
    }

    /// For tests: the limit that was set, if one was.
    pub(super) fn limit(&self) -> Option<u32> {
        Some(self.limit.load(Ordering::SeqCst)).filter(|limit| *limit != NO_LIMIT)
    }

    fn lay(&self) -> std::io::Result<()> {
        let Some(path) = self.path.get() else { return Ok(()) };
        if !is_laid(path) {
            self.spent.store(true, Ordering::SeqCst);
            write(path).inspect_err(|_| drop(std::fs::remove_file(path)))?;
        }
        if self.spent.swap(false, Ordering::SeqCst) {
            tracing::info!("the ballast is laid: there is room on the disk");
        }
        Ok(())
    }
}

/// Opens the bot's own SQLite file. A ballast that an earlier process left is given up where a full disk keeps it shut.
pub(super) async fn open(url: &str, target: &Target) -> Result<Store, StoreError> {
    let Target::Sqlite(path) = target else { return Store::open(url).await };
    let ballast = lock::beside(path, SUFFIX);
    let store = match Store::open(url).await {
        Err(StoreError::Open { .. }) if free(path).is_ok_and(|free| free < SCARCE) && ballast.exists() => {
            tracing::error!("the disk is full: the ballast is given up to open the database");
            drop(std::fs::remove_file(&ballast));
            Store::open(url).await?
        }
        opened => opened?,
    };
    store.ballast.keep(path);
    store.lay_ballast().await;
    Ok(store)
}

fn is_laid(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() == SIZE && file.blocks() * 512 >= SIZE)
}

/// Real blocks: a file with holes would hold no room, nor one of zeros where the disk compresses.
fn write(path: &Path) -> std::io::Result<()> {
    let free = free(path)?;
    if free < SIZE + TO_SPARE {
        let mib = |bytes: u64| bytes / (1024 * 1024);
        let why = format!("{} MiB are free, {} are needed", mib(free), mib(SIZE + TO_SPARE));
        return Err(std::io::Error::new(std::io::ErrorKind::StorageFull, why));
    }
    let mut file = File::create(path)?;
    let mut noise = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..SIZE / CHUNK as u64 {
        let chunk: Vec<u8> = (0..CHUNK / 8).flat_map(|_| next(&mut noise).to_le_bytes()).collect();
        file.write_all(&chunk)?;
    }
    Ok(())
}

/// Xorshift: nothing that a file system could make smaller.
fn next(noise: &mut u64) -> u64 {
    *noise ^= *noise << 13;
    *noise ^= *noise >> 7;
    *noise ^= *noise << 17;
    *noise
}

/// What may still be written beside this file, in bytes.
fn free(path: &Path) -> std::io::Result<u64> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let told = rustix::fs::statvfs(folder)?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}
