//! Real databases for tests: SQLite in a temporary folder, PostgreSQL from the installed binaries. Nothing of it outlives the process.
//!
//! One PostgreSQL per test process, one fresh database per test. Where there are no binaries the PostgreSQL half is skipped, loudly; with
//! `CI=true` that is a failure.

#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use muster::store::Store;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

/// Starts a cluster, says where it is, and waits for its stdin to close: that happens when the test process ends, however it ends.
const SERVER: &str = r#"
trap '' INT TERM HUP
dir=$(mktemp -d /tmp/muster-pg-XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
{ initdb -D data -U muster -A trust -E UTF8 --locale=C --no-sync &&
  pg_ctl -D data -w -l log -o "-k $dir -c listen_addresses='' -c fsync=$FSYNC -c synchronous_commit=$FSYNC -c full_page_writes=$FSYNC -c max_connections=400" start
} >setup 2>&1 </dev/null || { echo "failed: $(tail -n 3 setup log 2>/dev/null | tr '\n' ' ')"; exit 1; }
echo "ready $dir"
read -r _
pg_ctl -D data -m immediate -w stop >/dev/null 2>&1 </dev/null
"#;

/// An open store of its own, removed with it.
pub struct TestStore {
    pub store: Store,
    /// To open it a second time.
    pub url: String,
    folder: Option<TempDir>,
}

/// A running PostgreSQL.
struct Server {
    socket: String,
    /// Its stdin stays open as long as this process lives.
    _keeper: Child,
}

/// Runs `check` on a fresh SQLite and on a fresh PostgreSQL.
pub async fn on_both(check: impl AsyncFn(&TestStore)) {
    check(&sqlite().await).await;
    if let Some(postgres) = postgres().await {
        check(&postgres).await;
    }
}

/// PostgreSQL, and one database in it that is emptied for each who wants one: much cheaper than a new one each.
pub struct Emptied {
    url: String,
}

impl Emptied {
    /// None where PostgreSQL is not installed.
    pub async fn new() -> Option<Emptied> {
        Some(Emptied { url: postgres_url().await? })
    }

    /// As it was when it was new; whoever had it before has closed it.
    pub async fn again(&self) -> TestStore {
        let mut admin = PgConnection::connect(&self.url).await.expect("a database of our own");
        sqlx::raw_sql(EMPTY).execute(&mut admin).await.expect("tables that can be emptied");
        admin.close().await.expect("a connection that can be closed");
        open(self.url.clone(), None).await
    }
}

/// Everything but the tables themselves, in whatever order.
const EMPTY: &str = r"
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$";

/// A fresh SQLite file.
pub async fn sqlite() -> TestStore {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("muster.db").display());
    open(url, Some(folder)).await
}

/// A fresh PostgreSQL database, where PostgreSQL is installed.
pub async fn postgres() -> Option<TestStore> {
    Some(open(postgres_url().await?, None).await)
}

/// The URL of a fresh, empty PostgreSQL database, where PostgreSQL is installed.
pub async fn postgres_url() -> Option<String> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let server = server()?;
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&server.url("postgres")).await.expect("the server that was just started");
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    sqlx::query(create).execute(&mut admin).await.expect("a fresh database");
    Some(server.url(&name))
}

impl TestStore {
    /// A store that is open already.
    pub fn over(store: Store, url: String) -> TestStore {
        TestStore { store, url, folder: None }
    }

    pub fn is_sqlite(&self) -> bool {
        self.folder.is_some()
    }
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://muster@localhost/{database}?host={}", self.socket)
    }
}

async fn open(url: String, folder: Option<TempDir>) -> TestStore {
    let store = Store::open(&url).await.expect("a fresh database opens");
    TestStore { store, url, folder }
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| start().map_err(skip).ok()).as_ref()
}

fn start() -> Result<Server, String> {
    let mut keeper = as_somebody_else("sh")
        .args(["-c", SERVER])
        .env("PATH", path_with_postgres()?)
        .env("FSYNC", std::env::var("MUSTER_TEST_FSYNC").unwrap_or("off".to_owned()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| why.to_string())?;
    let mut said = String::new();
    let out = keeper.stdout.take().expect("it is piped");
    BufReader::new(out).read_line(&mut said).map_err(|why| why.to_string())?;
    match said.trim().strip_prefix("ready ") {
        Some(socket) => Ok(Server { socket: socket.to_owned(), _keeper: keeper }),
        None => Err(format!("it did not start: {}", said.trim())),
    }
}

/// `PATH` with the folder of `initdb` in front: Debian keeps it out of the way.
pub fn path_with_postgres() -> Result<String, String> {
    let path = std::env::var("PATH").unwrap_or_default();
    if path.split(':').any(|folder| Path::new(folder).join("initdb").exists()) {
        return Ok(path);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").map_err(|_| "no initdb in PATH".to_owned())?;
    let mut bins: Vec<_> = versions.flatten().map(|version| version.path().join("bin")).collect();
    bins.retain(|bin| bin.join("initdb").exists());
    bins.sort();
    let newest = bins.pop().ok_or("no initdb under /usr/lib/postgresql")?;
    Ok(format!("{}:{path}", newest.display()))
}

/// `initdb` refuses root: as root, the command runs as `postgres`, or else as 65534, nobody.
pub fn as_somebody_else(program: &str) -> Command {
    let asks = |args: &[&str]| Command::new("id").args(args).stderr(Stdio::null()).output().ok();
    let is_root = asks(&["-u"]).is_some_and(|id| id.stdout == b"0\n");
    if !is_root {
        return Command::new(program);
    }
    let has_postgres = asks(&["-u", "postgres"]).is_some_and(|id| id.status.success());
    let user = if has_postgres { "postgres" } else { "65534" };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", program]);
    command
}

/// Says past the capture of the test harness that half of the tests did not run.
fn skip(why: String) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "PostgreSQL is needed here: {why}");
    let said = format!("\n*** PostgreSQL tests SKIPPED: {why} (Debian: apt install postgresql) ***\n\n");
    std::io::stderr().write_all(said.as_bytes()).expect("stderr");
}
