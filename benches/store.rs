//! How many small writes a second the store takes, alone and together. Prints numbers, asserts nothing.
//!
//! `cargo bench --bench store`; PostgreSQL syncs to disk only with `MUSTER_TEST_FSYNC=on`.

#[path = "../tests/support/databases.rs"]
mod databases;

use std::time::{Duration, Instant};

use muster::domain::id::{GuildId, OutboxId, Timestamp};
use muster::store::outbox::{self, NewRow};
use muster::store::{Store, StoreError, wake};

/// How long each line is measured.
const SPAN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let mut stores = vec![("SQLite", databases::sqlite().await)];
    stores.extend(databases::postgres().await.map(|db| ("PostgreSQL", db)));
    println!("{:<12} {:>8} {:>12} {:>10} {:>10}", "", "at once", "writes/s", "p50 ms", "p99 ms");
    for (name, db) in &stores {
        for at_once in [1, 8, 64, 512] {
            let mut took = measure(&db.store, at_once).await;
            took.sort_unstable();
            let ms = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
            let rate = took.len() as f64 / SPAN.as_secs_f64();
            println!("{name:<12} {at_once:>8} {rate:>12.0} {:>10.2} {:>10.2}", ms(0.5), ms(0.99));
        }
    }
}

/// How long each write took, with so many tasks writing one after the other.
async fn measure(store: &Store, at_once: i64) -> Vec<Duration> {
    let end = Instant::now() + SPAN;
    let tasks = (0..at_once).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut took = Vec::new();
            while Instant::now() < end {
                let began = Instant::now();
                write(&store, (at_once << 40) | (task << 24) | took.len() as i64).await.expect("a write");
                took.push(began.elapsed());
            }
            took
        })
    });
    futures::future::join_all(tasks).await.into_iter().flat_map(|task| task.expect("a task")).collect()
}

/// What most requests write at least: a row to send and a deadline.
async fn write(store: &Store, id: i64) -> Result<(), StoreError> {
    let row = NewRow {
        id: OutboxId(id),
        guild_id: GuildId(1),
        root: None,
        lane: 1,
        kind: "post".to_owned(),
        target: None,
        payload: "{}".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        due_at: Timestamp::UNIX_EPOCH,
        parked_on: None,
    };
    store
        .write(move |tx| {
            Box::pin(async move {
                outbox::put(tx, &row).await?;
                wake::set(tx, "incident", id % 1000, Some(Timestamp::UNIX_EPOCH)).await
            })
        })
        .await
}
