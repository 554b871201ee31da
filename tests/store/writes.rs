//! Transactions: whole or not at all, alone in their failure, answered after the commit.

use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use muster::store::{Store, StoreError, guild, incident, outbox, seen, timeline, wake};

use crate::databases::{on_both, sqlite};
use crate::{GUILD, at, incident_row, outbox_row, read, write};

/// Whether the key was written down (looks by writing, and takes it back).
async fn was_seen(store: &Store, key: &'static str) -> bool {
    let looked = store.write(move |tx| {
        Box::pin(async move {
            let first = seen::first(tx, key, at(0)).await.map_err(Looked::from)?;
            Err::<(), _>(Looked { first })
        })
    });
    !looked.await.unwrap_err().first
}

#[derive(Debug)]
struct Looked {
    first: bool,
}

impl From<StoreError> for Looked {
    fn from(why: StoreError) -> Looked {
        panic!("{why}")
    }
}

fn panic_on_purpose() -> Result<(), StoreError> {
    panic!("on purpose")
}

#[tokio::test]
async fn a_failed_write_is_rolled_back_alone() {
    on_both(async |db| {
        let store = &db.store;
        let good = async { write!(store, |tx| seen::first(tx, "good", at(0)).await).map(drop) };
        let refusing = async {
            write!(store, |tx| {
                seen::first(tx, "refusing", at(0)).await?;
                Err::<(), _>(StoreError::Conflict { what: "test", id: 1 })
            })
        };
        let swallowing = async {
            write!(store, |tx| {
                seen::first(tx, "swallowing", at(0)).await?;
                let no_such_guild = incident::insert(tx, &incident_row(1)).await;
                assert!(matches!(no_such_guild, Err(StoreError::Statement { .. })));
                assert!(matches!(seen::first(tx, "more", at(0)).await, Err(StoreError::Statement { .. })));
                Ok(())
            })
        };
        let panicking = async {
            write!(store, |tx| {
                seen::first(tx, "panicking", at(0)).await?;
                panic_on_purpose()
            })
        };
        let last = async { write!(store, |tx| seen::first(tx, "last", at(0)).await).map(drop) };
        // Polled together, so that SQLite commits them together.
        let (good, refused, swallowed, panicked, last) = futures::join!(good, refusing, swallowing, panicking, last);

        good.unwrap();
        last.unwrap();
        assert!(matches!(refused, Err(StoreError::Conflict { .. })));
        assert!(matches!(swallowed, Err(StoreError::Statement { .. })), "{swallowed:?}");
        assert!(matches!(panicked, Err(StoreError::Panicked)));
        for (key, kept) in [
            ("good", true),
            ("refusing", false),
            ("swallowing", false),
            ("more", false),
            ("panicking", false),
            ("last", true),
        ] {
            assert_eq!(was_seen(store, key).await, kept, "{key}");
        }
    })
    .await;
}

/// A whole opening: number, incident, event, outbox, deadline.
async fn open_incident(store: &Store, id: i64) -> Result<(), StoreError> {
    write!(store, |tx| {
        let mut row = incident_row(id);
        row.number = guild::take_number(tx, GUILD).await?;
        incident::insert(tx, &row).await?;
        timeline::add(tx, &crate::incidents::event(id, id, "opened")).await?;
        outbox::put(tx, &outbox_row(id)).await?;
        wake::set(tx, "incident", id, Some(at(300))).await
    })
}

/// How many of the parts of that opening are there.
async fn parts(store: &Store, id: i64) -> [bool; 4] {
    let row = incident_row(id);
    read!(store, |conn| {
        let incident = incident::peek(conn, row.id).await?.is_some();
        let event = !timeline::list(conn, row.id, None, 10).await?.is_empty();
        let waits = outbox::get(conn, outbox_row(id).id).await?.is_some();
        let deadline = wake::due(conn, "incident", id).await?.is_some();
        Ok([incident, event, waits, deadline])
    })
}

#[tokio::test]
async fn whichever_statement_fails_nothing_half_is_kept() {
    on_both(async |db| {
        let mut failed = 0;
        for nth in 1.. {
            let ids = [1, 2, 3].map(|n| i64::from(nth) * 10 + n);
            db.store.gate().arm(nth);
            let told = join_all(ids.map(|id| open_incident(&db.store, id))).await;
            let never_came = db.store.gate().open();
            for (id, told) in ids.into_iter().zip(&told) {
                assert_eq!(parts(&db.store, id).await, [told.is_ok(); 4], "statement {nth}, incident {id}: {told:?}");
            }
            if never_came {
                assert!(told.iter().all(Result::is_ok));
                break;
            }
            assert!(told.iter().any(Result::is_err), "statement {nth} failed and nobody was told");
            failed += 1;
        }
        // Per write 6 statements, and what begins and ends it.
        assert!(failed >= 3 * 8, "only {failed} statements passed the gate");
    })
    .await;
}

#[tokio::test]
async fn a_failed_commit_fails_everybody_in_it() {
    let db = sqlite().await;
    // BEGIN, SAVEPOINT, three times INSERT and the next savepoint, then COMMIT.
    db.store.gate().arm(9);
    let db = &db;
    let told =
        join_all(["a", "b", "c"].map(|key| async move { write!(db.store, |tx| seen::first(tx, key, at(0)).await) }))
            .await;
    assert!(!db.store.gate().open());
    assert!(told.iter().all(|told| matches!(told, Err(StoreError::Gate { at: "COMMIT" }))), "{told:?}");
    assert!(!was_seen(&db.store, "a").await);
    write!(db.store, |tx| seen::first(tx, "d", at(0)).await).unwrap();
}

#[tokio::test]
async fn many_at_once_are_all_kept() {
    on_both(async |db| {
        let told = join_all((0..600).map(|n| {
            let store = db.store.clone();
            tokio::spawn(
                async move { write!(store, |tx| guild::take_number(tx, GUILD).await.map(|number| (n, number))) },
            )
        }))
        .await;
        let mut numbers: Vec<i64> = told.into_iter().map(|told| told.unwrap().unwrap().1).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=600).collect::<Vec<_>>(), "each number once, without gaps");
    })
    .await;
}

#[tokio::test]
async fn who_stops_waiting_does_not_undo_the_write() {
    on_both(async |db| {
        let asked = async { write!(db.store, |tx| seen::first(tx, "left", at(0)).await) };
        // Asked once, and never again.
        assert!(asked.now_or_never().is_none());
        for _ in 0..200 {
            if was_seen(&db.store, "left").await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it was never written");
    })
    .await;
}

#[tokio::test]
async fn workers_are_woken_by_what_is_kept_and_by_nothing_else() {
    on_both(async |db| {
        let mut bell = db.store.committed();
        write!(db.store, |tx| seen::first(tx, "silent", at(0)).await).unwrap();
        write!(db.store, |tx| {
            wake::set(tx, "incident", 1, Some(at(5))).await?;
            Err::<(), _>(StoreError::Closed)
        })
        .unwrap_err();
        assert!(!bell.has_changed().unwrap());
        write!(db.store, |tx| wake::set(tx, "incident", 1, Some(at(5))).await).unwrap();
        assert!(bell.has_changed().unwrap());
        bell.mark_unchanged();
        write!(db.store, |tx| outbox::put(tx, &outbox_row(1)).await).unwrap();
        assert!(bell.has_changed().unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_shut_gate_is_a_store_that_is_down() {
    on_both(async |db| {
        db.store.gate().shut();
        assert!(open_incident(&db.store, 1).await.is_err());
        assert!(db.store.read::<_, StoreError, _>(|conn| Box::pin(guild::revision(conn, GUILD))).await.is_err());
        db.store.gate().open();
        open_incident(&db.store, 1).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_backup_tool_with_a_lock_only_delays_writes() {
    use sqlx::{Connection, SqliteConnection};
    let db = sqlite().await;
    let mut tool = SqliteConnection::connect(&db.url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut tool).await.unwrap();
    let held = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sqlx::query("ROLLBACK").execute(&mut tool).await.unwrap();
    });
    write!(db.store, |tx| seen::first(tx, "patient", at(0)).await).unwrap();
    assert!(held.is_finished() || held.await.is_ok());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    on_both(async |db| {
        write!(db.store, |tx| seen::first(tx, "kept", at(0)).await).unwrap();
        db.store.close().await;
        assert!(matches!(write!(db.store, |tx| seen::first(tx, "late", at(0)).await), Err(StoreError::Closed)));
        let again = Store::open(&db.url).await.unwrap();
        assert!(was_seen(&again, "kept").await);
    })
    .await;
}
