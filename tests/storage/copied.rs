//! Backups beside a running bot, and copies from one database to another: everything, or nothing.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use muster::store::backup::backup;
use muster::store::copy::{Counts, copy};
use muster::store::{Store, StoreError, install};
use sqlx::{Connection, SqliteConnection};

use crate::databases::{on_both, postgres_url, sqlite};
use crate::scenario::Stage;
use crate::{PLAN, START, says};

/// Something in nearly every table.
const STORY: [&str; 7] = [
    PLAN,
    "alert firing db critical",
    "@ana /contact test",
    "@ana /contact mute: dm for 8h",
    "alert firing web critical",
    "@ana acknowledges",
    "@ana summary: It is “down”; 'quoted', \u{1f525} and more.",
];

fn url_of(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

async fn salt(store: &Store) -> String {
    store.write::<_, StoreError, _>(|tx| Box::pin(install::salt(tx, "another"))).await.unwrap()
}

#[tokio::test]
async fn a_backup_beside_a_running_bot_holds_everything_in_one_file() {
    on_both(async |db| {
        let mut stage = Stage::open(db.store.clone(), START).await;
        stage.play(&STORY).await;
        let shown = stage.play(&["@ana /incident show", "@ana /incident list"]).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("muster.backup");
        backup(&db.url, &file, stage.now()).await.unwrap();
        stage.play(&["@ana title: Changed since"]).await;

        let only: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(only, ["muster.backup"], "one file, and nothing beside it");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let mut wire = SqliteConnection::connect(&url_of(&file)).await.unwrap();
        let backup_at: i64 = sqlx::query_scalar("SELECT backup_at FROM install").fetch_one(&mut wire).await.unwrap();
        assert_eq!(backup_at, stage.now().timestamp_micros());
        wire.close().await.unwrap();

        let copied = Store::open(&url_of(&file)).await.unwrap();
        assert_eq!(salt(&copied).await, salt(&db.store).await);
        let mut again = Stage::open(copied, START).await;
        assert_eq!(again.play(&["@ana elsewhere /incident list"]).await.len(), 2);
        let told = again.play(&["@ana elsewhere /incident list"]).await.join("\n");
        let list = shown.last().unwrap();
        assert!(told.contains(list.as_str()), "{told}\nis not\n{list}");
    })
    .await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    let db = sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("precious");
    std::fs::write(&file, "precious").unwrap();
    let why = backup(&db.url, &file, chrono::DateTime::UNIX_EPOCH).await.unwrap_err().to_string();
    assert!(why.contains("precious is there already"), "{why}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");

    let nowhere = folder.path().join("none/muster.db");
    let why = backup(&url_of(&nowhere), &folder.path().join("new"), chrono::DateTime::UNIX_EPOCH).await.unwrap_err();
    assert!(why.to_string().contains("none/muster.db"), "{why}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only what was there before");
}

#[tokio::test]
async fn a_database_goes_to_postgresql_and_back_whole() {
    let Some(postgres) = postgres_url().await else { return };
    let db = sqlite().await;
    let mut stage = Stage::open(db.store.clone(), START).await;
    stage.play(&STORY).await;
    let salt_before = salt(&db.store).await;
    db.store.close().await;
    let folder = tempfile::tempdir().unwrap();
    let back = url_of(&folder.path().join("back.db"));

    let there: BTreeMap<String, u64> = copy(&db.url, &postgres).await.unwrap().into_iter().collect();
    let again: BTreeMap<String, u64> = copy(&postgres, &back).await.unwrap().into_iter().collect();
    assert_eq!(there, again);
    for table in
        ["incident", "timeline", "outbox", "post", "call", "contact_test", "definition", "seen", "mute", "wake"]
    {
        assert!(there[table] > 0, "{table} is empty: {there:?}");
    }
    assert_eq!(dump(&db.url).await, dump(&back).await, "what came back is not what went");

    // The bot goes on there as if nothing had been.
    let store = Store::open(&postgres).await.unwrap();
    assert_eq!(salt(&store).await, salt_before, "nonces would not be the same");
    let mut moved = Stage::open(store, "2026-01-05T10:01:00Z").await;
    let told = moved.play(&["advance 5m"]).await;
    assert!(says(&told, "> page @ben"), "{told:?}");
}

/// Every row of every table, as text.
async fn dump(url: &str) -> Vec<String> {
    let mut wire = SqliteConnection::connect(url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '_sqlx_migrations' ORDER BY 1",
    )
    .fetch_all(&mut wire)
    .await
    .unwrap();
    let mut all = Vec::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')"
        )))
        .fetch_all(&mut wire)
        .await
        .unwrap();
        let sql = format!("SELECT '{table}: ' || {} FROM {table} ORDER BY 1", columns.join(" || ' ' || "));
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut wire).await.unwrap();
        all.extend(rows);
    }
    all
}

async fn not_copied(from: &str, to: &str) -> String {
    let told: Result<Counts, StoreError> = copy(from, to).await;
    told.unwrap_err().to_string()
}

#[tokio::test]
async fn a_copy_goes_only_into_an_empty_database_that_nobody_uses() {
    let (one, other) = (sqlite().await, sqlite().await);
    salt(&other.store).await;
    let why = not_copied(&one.url, &other.url).await;
    assert!(why.contains("is not empty (install holds 1 rows)") && why.contains("nothing is overwritten"), "{why}");
    let why = not_copied(&one.url, &one.url).await;
    assert!(why.contains("is where it is"), "{why}");

    let folder = tempfile::tempdir().unwrap();
    let fresh = url_of(&folder.path().join("fresh.db"));
    one.store.close().await;
    let bot = Store::open_alone(&one.url).await.unwrap();
    let why = not_copied(&one.url, &fresh).await;
    assert!(why.contains("in use by another `muster run`"), "{why}");
    bot.close().await;
    copy(&one.url, &fresh).await.unwrap();

    let why = not_copied(&url_of(&folder.path().join("none.db")), &fresh).await;
    assert!(why.contains("none.db"), "{why}");
    let notes = folder.path().join("notes.db");
    std::fs::write(&notes, "").unwrap();
    let why = not_copied(&url_of(&notes), &url_of(&folder.path().join("fresh2.db"))).await;
    assert!(why.contains("is no database of Muster"), "{why}");
}
