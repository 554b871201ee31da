//! Migrations over sample data: what a bot of each version left behind is still read and worked on by this one, on both databases.
//!
//! `tests/data/migrations/NNNN.sql` holds the rows of a busy database of schema NNNN; into a fresh database of its own it goes right after
//! that migration, and the later ones run over it. A migration without such a file fails here. `UPDATE_SAMPLES=1` writes the newest one
//! from a story.

#[path = "support/databases.rs"]
mod databases;
#[path = "support/fake.rs"]
mod fake;
#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/scenario.rs"]
mod scenario;
#[path = "support/setup.rs"]
mod setup;

use std::path::PathBuf;

use muster::store::Store;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

/// Every table, those that others refer to first, and the migration that made it.
const TABLES: [(&str, i64); 23] = [
    ("install", 1),
    ("guild", 1),
    ("definition", 1),
    ("apply", 1),
    ("seen", 1),
    ("wake", 1),
    ("outbox", 1),
    ("incident", 1),
    ("dedupe", 1),
    ("timeline", 1),
    ("call", 2),
    ("contact_test", 2),
    ("post", 1),
    ("source_mark", 1),
    ("audit", 1),
    ("setting_override", 1),
    ("mute", 1),
    ("gateway_session", 3),
    ("gateway_receipt", 4),
    ("code_try", 4),
    ("contact_proof", 4),
    ("cover", 4),
    ("oncall", 4),
];

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The story whose rows are the sample: every kind of state at once.
const STORY: &str = "schedule primary: @ana @ben
contact cleo: 2m here/2m dm · 0s phone
contact dan: 0s pager
plan db: stage 5m #primary · stage 5m @ben @cleo? · repeat 1 · also @dan
alert firing db critical
@ana acknowledges
@ana title: Primary database down
@ana summary: It is down.
@ana /timeline add: looked at it
alert firing web warning
group firing web-1,web-2
advance 21m
alert firing disk critical
@ana /incident resolve: done
@ana /contact mute: phone
@ana /contact test
@ana ✅
chat contact eve: 0s mail · 0s here
@ana /oncall cover: from 2026-01-07 08:00 to 2026-01-07 20:00
@kim in the office /page: ben because The till does not open
@eve /ack: 000000
say nobody reads this
fault discord down
alert firing cache critical
@ben /contact test";

fn sample(version: i64) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/migrations/{version:04}.sql"))
}

#[tokio::test]
async fn what_every_version_left_behind_still_works() {
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        write_sample().await;
    }
    for version in versions() {
        from_version(version).await;
    }
}

/// A database that a bot of this version left behind.
async fn from_version(version: i64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("old.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut sqlite = SqliteConnection::connect(&url).await.expect("a fresh file");
    MIGRATIONS.run_to(version, &mut sqlite).await.expect("the schema of that version");
    sqlite.execute(AssertSqlSafe(rows(version))).await.expect("its rows go in");
    sqlite.close().await.expect("it closes");
    goes_on(&format!("sqlite://{}", path.display())).await;
    if let Some(url) = databases::postgres_url().await {
        let mut postgres = PgConnection::connect(&url).await.expect("a fresh database");
        MIGRATIONS.run_to(version, &mut postgres).await.expect("the schema of that version");
        postgres.execute(AssertSqlSafe(rows(version))).await.expect("its rows go in");
        postgres.close().await.expect("it closes");
        goes_on(&url).await;
    }
}

fn versions() -> Vec<i64> {
    MIGRATIONS.iter().map(|migration| migration.version).collect()
}

/// The rows of a version; every table that it has, has some.
fn rows(version: i64) -> String {
    let text =
        std::fs::read_to_string(sample(version)).unwrap_or_else(|_| panic!("migration {version} has no sample rows"));
    let known = TABLES.iter().filter(|(_, since)| *since <= version).map(|(table, _)| *table);
    for table in known.filter(|table| !matches!(*table, "setting_override" | "mute" | "gateway_session")) {
        assert!(text.contains(&format!("INSERT INTO {table} ")), "{version}: no rows of {table}");
    }
    text
}

/// Today's application reads all of it, and what was in the middle of something is finished.
async fn goes_on(url: &str) {
    let store = Store::open(url).await.expect("today's version opens it");
    let mut stage = scenario::Stage::open(store.clone(), "2026-01-05T10:25:00Z").await;
    stage.app().set_deadlines().await.expect("every state reads");
    invariants::check(&store).await.expect("and wakes at its deadline");
    let told = stage.play(&["advance 1m"]).await;
    assert!(told.iter().any(|line| line.starts_with("> page")), "what waited for Discord is sent now: {told:#?}");
    invariants::check(&store).await.expect("and goes on by the rules");
}

async fn write_sample() {
    let made = databases::sqlite().await;
    let mut stage = scenario::Stage::open(made.store.clone(), "2026-01-05T10:00:00Z").await;
    stage.play(&STORY.lines().collect::<Vec<_>>()).await;
    made.store.close().await;
    let mut sqlite = SqliteConnection::connect(&made.url).await.expect("the file is there");
    let mut text = String::from(
        "-- Rows of a busy database of this schema, written by UPDATE_SAMPLES=1; never edited afterwards.\n",
    );
    for (table, _) in TABLES {
        text += &dump(&mut sqlite, table).await;
    }
    let newest = versions().into_iter().max().expect("a migration");
    std::fs::write(sample(newest), text).expect("the sample can be written");
}

/// The rows of a table as statements that both databases take.
async fn dump(sqlite: &mut SqliteConnection, table: &str) -> String {
    let columns: Vec<(String,)> =
        sqlx::query_as(AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')")))
            .fetch_all(&mut *sqlite)
            .await
            .expect("the table");
    let names: Vec<String> = columns.into_iter().map(|(name,)| name).collect();
    let literal = |name: &String| match name.as_str() {
        "drill" | "private" => format!("CASE {name} WHEN 0 THEN 'FALSE' ELSE 'TRUE' END"),
        name => format!("quote({name})"),
    };
    let values: Vec<String> = names.iter().map(literal).collect();
    let sql = format!("SELECT {} FROM {table} ORDER BY 1", values.join(" || ', ' || "));
    let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *sqlite).await.expect("its rows");
    let insert = |(values,): (String,)| format!("INSERT INTO {table} ({}) VALUES ({values});\n", names.join(", "));
    rows.into_iter().map(insert).collect()
}
