//! The auditor against a database that somebody has tampered with: it sees what was lost, mends it, and says so once.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::databases::{self, TestStore};
use crate::scenario::Stage;

const PLAN: &str = "plan db: stage 5m @ana · stage 5m @ben · stage 1h @cleo";

/// Past the application, by a connection of its own.
async fn sabotage(database: &TestStore, sql: &str) {
    let (sql, changed) = (AssertSqlSafe(sql.to_owned()), "something to sabotage");
    let rows = if database.is_sqlite() {
        let mut wire = SqliteConnection::connect(&database.url).await.expect("the database opens once more");
        sqlx::query(sql).execute(&mut wire).await.expect("it can be changed").rows_affected()
    } else {
        let mut wire = PgConnection::connect(&database.url).await.expect("the database opens once more");
        sqlx::query(sql).execute(&mut wire).await.expect("it can be changed").rows_affected()
    };
    assert_ne!(rows, 0, "{changed}");
}

/// One round; what it found, in words.
async fn audit(stage: &Stage) -> Vec<String> {
    stage.app().audit().await.expect("the auditor looks");
    stage.app().findings().into_iter().map(|found| format!("{} {}", found.kind, found.subject)).collect()
}

/// Plays steps; what happened, without the steps.
async fn play(stage: &mut Stage, steps: &[&str]) -> Vec<String> {
    stage.play(steps).await.into_iter().filter(|line| line.starts_with('>')).collect()
}

async fn opened(database: &TestStore) -> Stage {
    let mut stage = Stage::open(database.store.clone(), "2026-01-05T10:00:00Z").await;
    stage.play(&[PLAN, "alert firing db critical"]).await;
    assert_eq!(audit(&stage).await, Vec::<String>::new(), "all is well before");
    stage
}

const ASLEEP: &str = "> say #20: ⚠ INC-1 had lost its next step. It was put back, and paging goes on. \
                      Check who has been paged, and have somebody look at Muster's log.";
const LOST: &str = "> say #20: ⚠ INC-1 had lost a page. It goes out now, late. \
                    Check who has been paged, and have somebody look at Muster's log.";

#[tokio::test]
async fn a_lost_or_moved_deadline_is_set_again_and_said_once() {
    databases::on_both(async |database| {
        for sql in ["DELETE FROM wake", "UPDATE wake SET due_at = due_at + 7200000000"] {
            sabotage_deadline(database, sql).await;
        }
    })
    .await;
}

async fn sabotage_deadline(database: &TestStore, sql: &str) {
    let fresh = if database.is_sqlite() { Some(databases::sqlite().await) } else { databases::postgres().await };
    let database = fresh.expect("as before");
    let mut stage = opened(&database).await;
    sabotage(&database, sql).await;
    assert_eq!(audit(&stage).await, ["asleep INC-1"], "{sql}");
    assert_eq!(play(&mut stage, &["advance 1s"]).await, [ASLEEP], "{sql}");
    assert_eq!(audit(&stage).await, Vec::<String>::new(), "{sql}: mended");
    assert_eq!(play(&mut stage, &["advance 1s"]).await, Vec::<String>::new(), "{sql}: said once");
    assert_eq!(play(&mut stage, &["advance 5m"]).await, ["> page @ben"], "{sql}: paging goes on");
}

#[tokio::test]
async fn a_page_that_was_lost_or_is_held_for_ever_goes_out_once() {
    databases::on_both(async |database| {
        for sql in [
            "DELETE FROM outbox WHERE kind = 'send_post' AND state = 'pending'",
            "UPDATE outbox SET state = 'failed' WHERE kind = 'send_post' AND state = 'pending'",
            "UPDATE outbox SET lease_until = due_at + 86400000000 WHERE kind = 'send_post' AND state = 'pending'",
        ] {
            sabotage_page(database, sql).await;
        }
    })
    .await;
}

async fn sabotage_page(database: &TestStore, sql: &str) {
    let fresh = if database.is_sqlite() { Some(databases::sqlite().await) } else { databases::postgres().await };
    let database = fresh.expect("as before");
    let mut stage = opened(&database).await;
    stage.play(&["fault discord down", "advance 5m5s"]).await;
    sabotage(&database, sql).await;
    stage.play(&["mend discord down"]).await;
    assert_eq!(audit(&stage).await, ["lost INC-1"], "{sql}");
    let mut said = play(&mut stage, &["advance 40s"]).await;
    said.sort();
    assert_eq!(said, ["> page @ben", LOST], "{sql}");
    assert_eq!(audit(&stage).await, Vec::<String>::new(), "{sql}: mended");
}

#[tokio::test]
async fn a_claim_that_was_made_while_the_audit_ran_is_left_alone() {
    databases::on_both(async |database| {
        let mut stage = opened(database).await;
        stage.play(&["fault discord down", "advance 5m5s"]).await;
        let claim = "SET lease_until = due_at + 100000000 WHERE kind = 'send_post' AND state = 'pending'";
        sabotage(database, &format!("UPDATE outbox {claim}")).await;
        assert_eq!(audit(&stage).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn one_incident_that_cannot_be_read_keeps_the_auditor_from_no_other() {
    databases::on_both(async |database| {
        let stage = opened(database).await;
        sabotage(database, "UPDATE incident SET state = 'nonsense'").await;
        stage.app().audit().await.expect("the auditor looks all the same");
    })
    .await;
}

#[tokio::test]
async fn what_is_overdue_is_said_when_it_is_seen_twice() {
    databases::on_both(async |database| {
        let mut stage = opened(database).await;
        stage.play(&["down 5m11s"]).await;
        assert_eq!(audit(&stage).await, Vec::<String>::new(), "it may pass");
        assert_eq!(audit(&stage).await, ["overdue INC-1"]);
        assert_eq!(audit(&stage).await, ["overdue INC-1"]);
        let said = play(&mut stage, &["advance 1s"]).await;
        let shouted = said.iter().filter(|line| line.contains("⚠ INC-1 is overdue.")).count();
        assert_eq!(shouted, 1, "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn what_an_outage_holds_up_is_not_shouted_about() {
    databases::on_both(async |database| {
        let mut stage = opened(database).await;
        stage.play(&["fault discord down", "advance 20m"]).await;
        assert!(stage.app().outage().is_some());
        for _ in 0..3 {
            assert_eq!(audit(&stage).await, Vec::<String>::new());
        }
    })
    .await;
}
