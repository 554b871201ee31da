//! What is forgotten, when, and what is not.

use muster::domain::id::OutboxId;
use muster::store::{Store, StoreError, outbox};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::databases::{TestStore, on_both, sqlite};
use crate::scenario::Stage;
use crate::{PLAN, START, says};

/// How many rows a statement counts.
async fn count(db: &TestStore, what: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {what}"));
    if db.is_sqlite() {
        let mut wire = SqliteConnection::connect(&db.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut wire).await.unwrap()
    } else {
        let mut wire = PgConnection::connect(&db.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut wire).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_what_is_needed_is_not() {
    on_both(async |db| {
        let mut stage = Stage::open(db.store.clone(), START).await;
        stage.play(&[PLAN, "alert firing db critical", "@ana acknowledges", "@ana /contact test", "advance 20m"]).await;
        stage.play(&["@ben /contact test", "advance 20m", "@ben /contact test", "advance 20m"]).await;
        stage.play(&["alert firing web critical", "@ana acknowledges", "@ana /incident resolve: done"]).await;
        let (seen, sent) = (count(db, "seen").await, count(db, "outbox").await);
        let (posts, calls) = (count(db, "post").await, count(db, "call").await);

        stage.play(&["down 6d"]).await;
        assert_eq!(stage.app().clean().await.unwrap(), 0, "within a week nothing is forgotten");
        stage.play(&["down 2d"]).await;
        stage.app().clean().await.unwrap();
        assert!(count(db, "outbox").await < sent, "deliveries are kept for ever");
        assert_eq!(count(db, "outbox WHERE state <> 'pending'").await, 0);
        assert_eq!(count(db, "seen").await, seen, "a duplicate of last week is not known any more");

        stage.play(&["down 21d"]).await;
        stage.app().clean().await.unwrap();
        assert_eq!(count(db, "seen").await, 0);
        assert_eq!((count(db, "post").await, count(db, "call").await), (posts, calls));

        stage.play(&["down 70d"]).await;
        stage.app().clean().await.unwrap();
        assert_eq!(count(db, "call").await, calls - 1, "each contact's latest test stays, an older one goes");
        assert!(count(db, "post").await < posts, "receipts are kept for ever");
        let open = "post WHERE incident_id IN (SELECT id FROM incident WHERE over_at IS NULL)";
        assert!(count(db, open).await >= 2, "the open incident's messages stay");
        let told = stage.play(&["@ana /incident list", "@ana /incident show"]).await;
        assert!(says(&told, "INC-1") && !says(&told, "fault"), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn what_waits_to_be_sent_is_never_forgotten() {
    on_both(async |db| {
        let mut stage = Stage::open(db.store.clone(), START).await;
        stage.play(&[PLAN, "fault discord down", "alert firing db critical", "down 400d"]).await;
        let waiting = count(db, "outbox WHERE state = 'pending'").await;
        assert!(waiting > 0);
        stage.app().clean().await.unwrap();
        assert_eq!(count(db, "outbox WHERE state = 'pending'").await, waiting);
    })
    .await;
}

#[tokio::test]
async fn a_storm_of_the_same_alert_leaves_one_edit_to_be_sent() {
    on_both(async |db| {
        let mut stage = Stage::open(db.store.clone(), START).await;
        stage.play(&[PLAN, "alert firing db critical", "@ana acknowledges", "fault discord down"]).await;
        let before = (count(db, "timeline").await, count(db, "outbox WHERE kind = 'update_card'").await);
        for _ in 0..50 {
            stage.play(&["alert firing db critical"]).await;
        }
        let after = (count(db, "timeline").await, count(db, "outbox WHERE kind = 'update_card'").await);
        assert!(after.0 <= before.0 + 1 && after.1 <= before.1 + 1, "{before:?} became {after:?}");
    })
    .await;
}

#[tokio::test]
async fn the_log_of_sqlite_gives_back_what_a_storm_made_of_it() {
    let db = sqlite().await;
    let path = db.url.strip_prefix("sqlite://").unwrap();
    let storm = |from: i64| {
        let store: Store = db.store.clone();
        async move {
            let kept = store.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    for n in from..from + 600 {
                        let payload = "x".repeat(20_000);
                        let at = chrono::DateTime::UNIX_EPOCH;
                        let row = outbox::NewRow {
                            id: OutboxId(n),
                            guild_id: crate::scenario::GUILD,
                            root: None,
                            lane: 1,
                            kind: "line".to_owned(),
                            target: None,
                            payload,
                            created_at: at,
                            due_at: at,
                            parked_on: None,
                        };
                        outbox::put(tx, &row).await?;
                    }
                    Ok(())
                })
            });
            kept.await.unwrap();
        }
    };
    storm(0).await;
    let grown = std::fs::metadata(format!("{path}-wal")).unwrap().len();
    assert!(grown > 8 << 20, "12 MB in one commit made a log of {grown} bytes");
    storm(10_000).await;
    let small = outbox_row(&db.store, 99_999);
    small.await;
    let kept = std::fs::metadata(format!("{path}-wal")).unwrap().len();
    assert!(kept <= 4 << 20, "the log keeps {kept} bytes");
}

async fn outbox_row(store: &Store, id: i64) {
    let kept = store.write::<_, StoreError, _>(move |tx| Box::pin(outbox::done(tx, OutboxId(id), 0)));
    kept.await.unwrap();
    let kept = store.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move { muster::store::seen::first(tx, "small", chrono::DateTime::UNIX_EPOCH).await })
    });
    kept.await.unwrap();
}
