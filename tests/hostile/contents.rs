//! What a SQLite database holds, whatever the tables are called: to see that nothing was changed.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

/// Which requests were seen, and who looks at what next: that somebody asked may stand there, and changes nothing for anybody.
const NOT_LOOKED_AT: [&str; 2] = ["seen", "wake"];

/// What was there, to be held against what is there.
pub struct Contents {
    wire: SqliteConnection,
    /// SQLite counts the commits of others; where there was none, nothing has to be read.
    version: i64,
    before: BTreeMap<String, String>,
}

impl Contents {
    pub async fn of(url: &str) -> Contents {
        let mut wire = SqliteConnection::connect(url).await.expect("the database opens once more");
        let (version, before) = (version(&mut wire).await, everything(&mut wire).await);
        Contents { wire, version, before }
    }

    /// The tables in which something is not as it was.
    pub async fn changed(&mut self) -> Vec<String> {
        let version = version(&mut self.wire).await;
        if std::mem::replace(&mut self.version, version) == version {
            return Vec::new();
        }
        let after = everything(&mut self.wire).await;
        let differs = |(table, rows): &(String, String)| self.before.get(table) != Some(rows);
        after.into_iter().filter(differs).map(|(table, _)| table).collect()
    }
}

async fn version(wire: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("PRAGMA data_version").fetch_one(wire).await.expect("a number")
}

/// Everything in it, by table.
async fn everything(wire: &mut SqliteConnection) -> BTreeMap<String, String> {
    let tables = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2";
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in sqlx::query(tables).fetch_all(&mut *wire).await.expect("the columns") {
        columns.entry(row.get(0)).or_default().push(format!("quote(\"{}\")", row.get::<String, _>(1)));
    }
    let mut all = BTreeMap::new();
    for (table, columns) in columns.into_iter().filter(|(table, _)| !NOT_LOOKED_AT.contains(&table.as_str())) {
        let line = columns.join(" || ',' || ");
        let rows = format!("SELECT {line} FROM \"{table}\" ORDER BY 1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut *wire).await.expect("the rows");
        all.insert(table, rows.join("\n"));
    }
    all
}
