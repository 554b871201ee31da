//! What `docs/operating.md` says about deleting a person is done, and then nothing of them is left.

use std::path::PathBuf;

use muster::app::Apply;
use muster::definitions::Source;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use crate::{databases, scenario};

const ANA: &str = "kind: contact\nname: ana\nspec: {display_name: Ana, discord_user: \"200000000000000001\", channels: [{name: here, type: mention}], \
     stages: [{duration: 0s, targets: [{channel: here}]}]}";

#[tokio::test]
async fn a_person_can_be_deleted_as_the_guide_says() {
    let database = databases::sqlite().await;
    let mut stage = scenario::Stage::open(database.store.clone(), "2026-01-05T10:00:00Z").await;
    stage.play(&["schedule primary: @ana @ben · announce · role 201", "plan db: stage 5m @ana"]).await;
    let sources = vec![Source { file: "ana.yaml".to_owned(), text: ANA.to_owned() }];
    let apply = Apply { sources, ..Apply::new(scenario::GUILD, None, "test") };
    stage.app().apply(apply).await.expect("the contact is applied");
    let steps = [
        "@ana /oncall cover: from now to 2h",
        "@ben takes the shift",
        "@cleo /oncall take: primary",
        "@cleo /oncall cover: from now to 2h",
        "@ana takes the shift",
        "@ana /contact test",
        "@ana acknowledges",
        "@ana /contact mute: here",
        "alert firing db critical",
        "@ana ✅",
        "@ana title: Mine now",
        "advance 14h",
        "@ben moves them",
        "@ana /incident resolve: Done",
    ];
    stage.play(&steps).await;

    let mut wire = SqliteConnection::connect(&database.url).await.expect("the database opens once more");
    assert_ne!(left(&mut wire).await, Vec::<String>::new(), "nothing was stored in the first place");
    for statement in statements() {
        sqlx::query(AssertSqlSafe(statement.clone()))
            .execute(&mut wire)
            .await
            .unwrap_or_else(|why| panic!("{statement}: {why}"));
    }
    assert_eq!(left(&mut wire).await, Vec::<String>::new());
    // What is left of the incident can still be read.
    let shown = stage.play(&["@kim /incident list"]).await;
    assert!(shown.iter().all(|line| !line.contains("fault")), "{shown:?}");
}

/// The statements of the guide.
fn statements() -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md");
    let guide = std::fs::read_to_string(path).expect("the guide");
    let (_, sql) = guide.split_once("```sql\n").expect("statements");
    let (sql, _) = sql.split_once("```").expect("their end");
    sql.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// Columns that hold the person's id or display name.
async fn left(wire: &mut SqliteConnection) -> Vec<String> {
    let tables = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2";
    let columns = sqlx::query(tables).fetch_all(&mut *wire).await.expect("the columns");
    let mut found = Vec::new();
    for row in columns {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let text = format!("CAST(\"{column}\" AS TEXT)");
        let held = format!(
            "SELECT COUNT(*) FROM \"{table}\" WHERE instr({text}, '200000000000000001') > 0 OR instr({text}, '\"Ana\"') > 0"
        );
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(held)).fetch_one(&mut *wire).await.expect("a count");
        if count > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}
