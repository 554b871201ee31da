//! What a SQLite database holds, whatever the tables are called: to see that nothing was changed.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

/// Which requests were seen, and who looks at what next: that somebody asked may stand there, and changes nothing for anybody.
const NOT_LOOKED_AT: [&str; 2] = ["seen", "wake"];

/// Everything in it, by table.
pub async fn of(url: &str) -> BTreeMap<String, String> {
    let mut wire = SqliteConnection::connect(url).await.expect("the database opens once more");
    let tables = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2";
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in sqlx::query(tables).fetch_all(&mut wire).await.expect("the columns") {
        columns.entry(row.get(0)).or_default().push(format!("quote(\"{}\")", row.get::<String, _>(1)));
    }
    let mut all = BTreeMap::new();
    for (table, columns) in columns.into_iter().filter(|(table, _)| !NOT_LOOKED_AT.contains(&table.as_str())) {
        let line = columns.join(" || ',' || ");
        let rows = format!("SELECT {line} FROM \"{table}\" ORDER BY 1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut wire).await.expect("the rows");
        all.insert(table, rows.join("\n"));
    }
    all
}

/// The tables in which something is not as it was.
pub fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    after.iter().filter(|(table, rows)| before.get(*table) != Some(rows)).map(|(table, _)| table.clone()).collect()
}
