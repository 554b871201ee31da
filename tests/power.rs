//! The power goes: whatever was not synced is not on the disk, and still nothing that was answered as kept is lost.
//!
//! The test runs itself as a second process on a disk that forgets (`power/disk.c`), kills it in the middle of its writing,
//! and puts what had been synced by then in the place of the database.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use muster::domain::id::Timestamp;
use muster::store::{Store, StoreError, seen};
use tempfile::TempDir;

/// Names the database to the process that writes until it is killed.
const WRITES_TO: &str = "MUSTER_POWER_WRITES_TO";
/// Power cuts in one run, and how many answers each waits for: some before the first checkpoint of the log, some after.
const CUTS: [usize; 5] = [1, 7, 40, 150, 500];
/// Bytes a write: so that a checkpoint (at 4 MB) comes within a few hundred.
const FILLER: usize = 8_000;

#[tokio::test]
async fn what_was_answered_as_kept_survives_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power/disk.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&disk).args([source, "-ldl"]).status();
    assert!(built.unwrap().success(), "the disk that forgets is built");
    for answers in CUTS {
        let place = in_memory();
        let kept = write_until_cut(place.path(), &disk, answers);
        assert!(kept.len() >= answers, "it wrote as long as it should");
        forget_what_was_not_synced(place.path());
        let store = Store::open(&url(place.path())).await.unwrap();
        for n in kept {
            let was_there = !first(&store, key(&n)).await.unwrap();
            assert!(was_there, "write {n} was answered as kept and is lost, after {answers} answers");
        }
        store.close().await;
    }
}

/// The other process: writes, and says each key once the store has answered. Does nothing in an ordinary run.
#[tokio::test]
async fn writes_until_the_power_goes() {
    let Ok(url) = std::env::var(WRITES_TO) else { return };
    let store = Store::open(&url).await.unwrap();
    for n in 0.. {
        first(&store, key(&n.to_string())).await.unwrap();
        let mut out = std::io::stderr();
        writeln!(out, "kept {n}").unwrap();
        out.flush().unwrap();
    }
}

/// What is on the disk is decided by the disk that forgets: a folder in memory is as good, and quick.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn write_until_cut(place: &Path, disk: &Path, answers: usize) -> Vec<String> {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writes_until_the_power_goes", "--nocapture"])
        .env(WRITES_TO, url(place))
        .env("LD_PRELOAD", disk)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(writer.stderr.take().unwrap()).lines();
    let numbers = said.map_while(Result::ok).filter_map(|line| line.strip_prefix("kept ").map(str::to_owned));
    let kept: Vec<String> = numbers.take(answers).collect();
    writer.kill().unwrap();
    writer.wait().unwrap();
    kept
}

fn forget_what_was_not_synced(place: &Path) {
    for file in ["muster.db", "muster.db-wal"] {
        let (file, kept) = (place.join(file), place.join(format!("{file}.kept")));
        let _ = std::fs::remove_file(&file);
        if kept.exists() {
            std::fs::rename(kept, file).unwrap();
        }
    }
    // Only an index into the log: never synced, always made anew.
    let _ = std::fs::remove_file(place.join("muster.db-shm"));
}

fn key(n: &str) -> String {
    format!("{n}-{}", "x".repeat(FILLER))
}

fn url(place: &Path) -> String {
    format!("sqlite://{}", place.join("muster.db").display())
}

async fn first(store: &Store, key: String) -> Result<bool, StoreError> {
    store.write(move |tx| Box::pin(async move { seen::first(tx, &key, Timestamp::UNIX_EPOCH).await })).await
}
