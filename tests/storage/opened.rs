//! Files that cannot be used, or not yet: refused with one line that says what and where, or waited for; never half used.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use muster::store::{Store, StoreError, seen};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio::time::sleep;

use crate::databases::{postgres_url, sqlite};
use crate::{is_root, skip};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Longest wait for another process.
const PATIENCE: Duration = Duration::from_secs(30);

fn muster(url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(args).env_clear().current_dir(std::env::temp_dir());
    // Nobody listens there: what is refused is refused before Discord is asked.
    command.env("DISCORD_TOKEN", "a.token").env("DISCORD_API_URL", "http://127.0.0.1:9").env("DATABASE_URL", url);
    command
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

async fn keep(store: &Store, key: &'static str) -> Result<bool, StoreError> {
    store.write(move |tx| Box::pin(async move { seen::first(tx, key, chrono::DateTime::UNIX_EPOCH).await })).await
}

async fn refused(url: &str) -> String {
    Store::open_alone(url).await.err().expect("it is refused").to_string()
}

#[tokio::test]
async fn a_second_bot_on_a_file_is_refused_and_other_commands_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("muster.db").display());
    let first = Store::open_alone(&url).await.unwrap();

    let second = muster(&url, &["run"]).output().unwrap();
    let told = said(&second);
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(
        told.contains("muster.db is in use by another `muster run`") && told.contains("stop that one first"),
        "{told}"
    );
    assert!(!told.contains("Discord"), "it went on to Discord: {told}");

    let copy = folder.path().join("copy.db");
    let beside = muster(&url, &["backup", copy.to_str().unwrap()]).output().unwrap();
    assert_eq!(beside.status.code(), Some(0), "{}", said(&beside));
    Store::open(&url).await.unwrap().close().await;

    first.close().await;
    Store::open_alone(&url).await.unwrap();
}

/// Killed when dropped.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

#[tokio::test]
async fn a_killed_bot_keeps_nobody_out_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("muster.db").display());
    let bot = muster(&url, &["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let bot = Bot(bot);
    let ballast = folder.path().join("muster.db.ballast");
    tokio::time::timeout(PATIENCE, async {
        while !ballast.exists() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert!(refused(&url).await.contains("in use"));
    drop(bot);
    Store::open_alone(&url).await.unwrap();
}

/// Another process holds the file as tightly as SQLite lets it.
async fn hold(url: &str) -> SqliteConnection {
    let mut tool = SqliteConnection::connect(url).await.unwrap();
    tool.execute("BEGIN EXCLUSIVE").await.unwrap();
    tool
}

#[tokio::test]
async fn a_tool_that_holds_the_file_for_three_seconds_only_delays() {
    let db = sqlite().await;
    let mut tool = hold(&db.url).await;
    let freed = async {
        sleep(Duration::from_secs(3)).await;
        tool.execute("ROLLBACK").await.unwrap();
    };
    let (kept, ()) = tokio::join!(keep(&db.store, "patient"), freed);
    assert!(kept.unwrap());
}

#[tokio::test]
async fn a_tool_that_holds_the_file_too_long_fails_writes_and_breaks_nothing() {
    let db = sqlite().await;
    let mut tool = hold(&db.url).await;
    let why = keep(&db.store, "given up").await.unwrap_err();
    assert!(why.is_transient(), "{why}");
    tool.execute("ROLLBACK").await.unwrap();
    assert!(keep(&db.store, "given up").await.unwrap(), "half of the failed write was kept");
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("muster.db").display());
    let path = folder.path();
    if is_root() && !mount(path, &["-t", "tmpfs", "-o", "size=4m", "tmpfs"]) {
        return skip("a place that cannot be written (as root it needs mounting)");
    }
    let _gone = Unmount(path);
    Store::open(&url).await.unwrap().close().await;
    let shut = if is_root() { mount(path, &["-o", "remount,ro"]) } else { chmod(path, "0555") };
    assert!(shut);
    let why = refused(&url).await;
    assert!(why.contains("muster.db") && why.contains("cannot be written"), "{why}");
    let other = Store::open(&url).await.err().unwrap().to_string();
    assert!(other.contains("cannot open the database") && other.contains("muster.db"), "{other}");
    assert!(is_root() || chmod(path, "0755"));
}

fn mount(at: &Path, args: &[&str]) -> bool {
    Command::new("mount").args(args).arg(at).output().is_ok_and(|done| done.status.success())
}

fn chmod(at: &Path, mode: &str) -> bool {
    Command::new("chmod").arg(mode).arg(at).status().is_ok_and(|done| done.success())
}

struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _none = Command::new("umount").arg("--lazy").arg(self.0).output();
    }
}

/// What a power loss can leave: a log that ends in the middle. Whole commits up to there, none after, none half.
#[tokio::test]
async fn a_log_that_ends_in_the_middle_keeps_whole_commits() {
    let db = sqlite().await;
    let store = db.store.clone();
    for n in 0..60_i64 {
        let pair = store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let at = chrono::DateTime::UNIX_EPOCH;
                seen::first(tx, &format!("{n:02} a {}", "x".repeat(3_000)), at).await?;
                seen::first(tx, &format!("{n:02} b {}", "x".repeat(3_000)), at).await
            })
        });
        pair.await.unwrap();
    }
    let path = db.url.strip_prefix("sqlite://").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let torn = folder.path().join("torn.db");
    std::fs::copy(path, &torn).unwrap();
    let log = std::fs::read(format!("{path}-wal")).unwrap();
    std::fs::write(folder.path().join("torn.db-wal"), &log[..log.len() / 2 + 1_234]).unwrap();

    let url = format!("sqlite://{}", torn.display());
    Store::open_alone(&url).await.unwrap().close().await;
    let mut wire = SqliteConnection::connect(&url).await.unwrap();
    let keys: Vec<String> =
        sqlx::query_scalar("SELECT substr(key, 1, 4) FROM seen ORDER BY 1").fetch_all(&mut wire).await.unwrap();
    let whole = keys.len() / 2;
    let expected: Vec<String> = (0..whole).flat_map(|n| [format!("{n:02} a"), format!("{n:02} b")]).collect();
    assert_eq!(keys, expected);
    assert!((1..60).contains(&whole), "{whole} commits are left of 60");
}

/// In the way of the newest migration's second half; the first half has been carried out by then.
const OBSTACLE: &str = "CREATE INDEX gateway_session_by_age ON seen (seen_at)";
const HALF: &str = "SELECT COUNT(*) FROM gateway_session";

#[tokio::test]
async fn a_migration_that_stops_half_way_has_changed_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.db");
    let mut wire = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
    MIGRATIONS.run_to(2, &mut wire).await.unwrap();
    wire.execute(OBSTACLE).await.unwrap();
    let url = format!("sqlite://{}", file.display());
    let why = Store::open(&url).await.err().unwrap().to_string();
    assert!(why.contains("old.db") && why.contains("gateway_session_by_age"), "{why}");
    assert!(wire.execute(HALF).await.is_err(), "half a migration was kept");
    wire.execute("DROP INDEX gateway_session_by_age").await.unwrap();
    wire.close().await.unwrap();
    assert!(keep(&Store::open(&url).await.unwrap(), "well").await.unwrap());

    let Some(url) = postgres_url().await else { return };
    let mut wire = PgConnection::connect(&url).await.unwrap();
    MIGRATIONS.run_to(2, &mut wire).await.unwrap();
    wire.execute(AssertSqlSafe(OBSTACLE)).await.unwrap();
    let why = Store::open(&url).await.err().unwrap().to_string();
    assert!(why.contains("gateway_session_by_age"), "{why}");
    assert!(wire.execute(HALF).await.is_err(), "half a migration was kept");
    wire.execute("DROP INDEX gateway_session_by_age").await.unwrap();
    assert!(keep(&Store::open(&url).await.unwrap(), "well").await.unwrap());
}
