//! Opening a database: made once, refused with a clear sentence, never with a password.

use muster::store::{Store, StoreError, guild};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::databases::{TestStore, on_both, sqlite};
use crate::{GUILD, at, read, write};

/// Runs a statement past the store.
async fn outside(db: &TestStore, sql: &'static str) {
    if db.is_sqlite() {
        let mut conn = SqliteConnection::connect(&db.url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    } else {
        let mut conn = PgConnection::connect(&db.url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
}

async fn refused(url: &str) -> StoreError {
    Store::open(url).await.err().expect("it is refused")
}

#[tokio::test]
async fn opening_again_keeps_what_is_there() {
    on_both(async |db| {
        write!(db.store, |tx| guild::take_number(tx, GUILD).await).unwrap();
        let again = Store::open(&db.url).await.unwrap();
        assert_eq!(write!(again, |tx| guild::take_number(tx, GUILD).await).unwrap(), 2);
        assert_eq!(read!(db.store, |conn| guild::revisions(conn).await), [(GUILD, 0)]);
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    on_both(async |db| {
        outside(
            db,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (999, 'from the future', TRUE, '', 0)",
        )
        .await;
        let why = refused(&db.url).await;
        assert!(matches!(why, StoreError::Newer { found: 999, .. }), "{why}");
        assert!(why.to_string().contains("run the newer Muster again"));
    })
    .await;
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_what_to_do() {
    let db = sqlite().await;
    let path = db.url.strip_prefix("sqlite://").unwrap().to_owned();
    write!(db.store, |tx| {
        for n in 0..2000 {
            muster::store::seen::first(tx, &format!("key {n}"), at(n)).await?;
        }
        Ok(())
    })
    .unwrap();
    db.store.close().await;
    // Hundreds of pages, and one in their midst is overwritten.
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let why = refused(&db.url).await.to_string();
    assert!(why.contains("damaged") || why.contains("malformed"), "{why}");
    assert!(why.contains("restore the last backup"), "{why}");
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let not_a_database = folder.path().join("notes.txt");
    std::fs::write(&not_a_database, "not a database, but long enough to have a header ".repeat(100)).unwrap();
    for path in [not_a_database, folder.path().join("no/such/folder/muster.db"), folder.path().to_owned()] {
        let why = refused(&format!("sqlite://{}", path.display())).await;
        assert!(matches!(&why, StoreError::Open { place, .. } if *place == path.display().to_string()), "{why}");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let why = refused("postgres://ana:hunter2@127.0.0.1:1/muster").await.to_string();
    assert!(why.contains("muster on 127.0.0.1"), "{why}");
    assert!(!why.contains("hunter2") && !why.contains("ana"), "{why}");
}

#[tokio::test]
async fn the_clock_of_a_database_on_this_machine_is_ours() {
    on_both(async |db| {
        let offset = db.store.now_offset().await.unwrap();
        assert!(offset.abs() < 1_000_000, "{offset} µs");
        assert!(!db.is_sqlite() || offset == 0);
    })
    .await;
}
