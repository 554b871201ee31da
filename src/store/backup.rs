//! A backup: one SQLite file with everything of one moment, made while the bot runs, that says of itself what it is.
//! Overwrites nothing, and leaves nothing half done under the name it was asked for.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sqlx::{Connection, SqliteConnection};

use super::copy::pour;
use super::dialect::{self, Target};
use super::error::StoreError;
use crate::domain::id::Timestamp;

/// What is put behind the name as long as it is not complete.
const PART: &str = ".part";

/// Only its owner reads it: it holds what people wrote.
const MODE: u32 = 0o600;

/// Writes a backup of the database at `url`, as of `at`, into a new file.
///
/// # Errors
/// `Copy` when there is such a file already, or it cannot be made; then there is none.
pub async fn backup(url: &str, file: &Path, at: Timestamp) -> Result<(), StoreError> {
    let from = Target::parse(url)?;
    is_free(file)?;
    let part = PathBuf::from(format!("{}{PART}", file.display()));
    forget(&part);
    let made = make(&from, &part, at).await.and_then(|()| put_in_place(&part, file));
    if made.is_err() {
        forget(&part);
    }
    made
}

async fn make(from: &Target, part: &Path, at: Timestamp) -> Result<(), StoreError> {
    let created = OpenOptions::new().write(true).create_new(true).mode(MODE).open(part);
    created.map_err(|why| failed(part, &why))?;
    match from {
        Target::Sqlite(path) => vacuum(path, part).await.map_err(|why| unreadable(path, &why))?,
        Target::Postgres(_) => drop(pour(from, &Target::Sqlite(part.to_owned())).await?),
    }
    mark(part, at).await?;
    File::open(part).and_then(|file| file.sync_all()).map_err(|why| failed(part, &why))
}

/// SQLite's own way: one reading transaction, which keeps no writer waiting.
async fn vacuum(path: &Path, part: &Path) -> Result<(), sqlx::Error> {
    let mut wire = SqliteConnection::connect_with(&dialect::sqlite_plain(path)).await?;
    let kept = sqlx::query("VACUUM INTO $1").bind(part.display().to_string()).execute(&mut wire).await;
    wire.close().await?;
    kept.map(drop)
}

/// Says in the copy that it is one, and looks whether all of it can be read.
async fn mark(part: &Path, at: Timestamp) -> Result<(), StoreError> {
    let told = async {
        let mut wire = SqliteConnection::connect_with(&dialect::sqlite_single(part)).await?;
        sqlx::query("UPDATE install SET backup_at = $1").bind(at.timestamp_micros()).execute(&mut wire).await?;
        let said: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut wire).await?;
        wire.close().await?;
        Ok::<_, sqlx::Error>(said)
    };
    match told.await.map_err(|why| failed(part, &why))?.as_str() {
        "ok" => Ok(()),
        said => Err(failed(part, &format!("the copy is damaged: {said}"))),
    }
}

fn put_in_place(part: &Path, file: &Path) -> Result<(), StoreError> {
    is_free(file)?;
    std::fs::rename(part, file).map_err(|why| failed(file, &why))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| failed(folder, &why))
}

fn is_free(file: &Path) -> Result<(), StoreError> {
    match file.symlink_metadata() {
        Ok(_) => {
            Err(StoreError::Copy(format!("{} is there already: name a new file, none is overwritten", file.display())))
        }
        Err(_) => Ok(()),
    }
}

/// Removes what an attempt has left.
fn forget(part: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        // Most of them never were.
        let _none = std::fs::remove_file(format!("{}{suffix}", part.display()));
    }
}

fn unreadable(path: &Path, why: &sqlx::Error) -> StoreError {
    StoreError::Copy(format!("no backup was made of {}: {why}", path.display()))
}

fn failed(at: &Path, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Copy(format!("no backup was made, {}: {why}", at.display()))
}
