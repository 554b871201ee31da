//! No alert and no acknowledgement is lost because the store could not take it at that moment.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use muster::app::{App, Arrived};
use muster::clock::SystemClock;
use muster::domain::alert::{Embed, Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, Timestamp, WebhookId};
use muster::domain::snowflake;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use super::bench::{Bench, TEAM, story};
use super::databases::{TestStore, on_both};
use super::desk::{Desk, GUILD};
use super::people::recorded;

/// Long enough for an event to have met the fault that is there.
const MET: Duration = Duration::from_millis(300);

#[tokio::test]
async fn the_mark_does_not_pass_a_message_that_failed_also_not_over_a_restart() {
    on_both(async |db: &TestStore| {
        let desk = desk(db).await;
        let (first, failed, later) = (message("one", 0), message("two", 1), message("three", 2));
        desk.app.message(GUILD, first.clone(), None).await.unwrap();
        db.store.gate().shut();
        desk.app.message(GUILD, failed.clone(), None).await.unwrap_err();
        db.store.gate().open();
        assert!(matches!(desk.app.message(GUILD, later, None).await.unwrap(), Arrived::Opened(_)));
        assert!(after(&desk.app).await < failed.id, "it is read again");

        let restarted = super::desk::Desk::over(db.store.clone(), Arc::new(SystemClock::new()), TEAM).await;
        assert!(after(&restarted.app).await < failed.id, "also by the next process");
        assert!(after(&restarted.app).await >= first.id, "what has arrived is not read again and again");
        assert!(matches!(restarted.app.message(GUILD, failed, None).await.unwrap(), Arrived::Opened(_)));
    })
    .await;
}

#[tokio::test]
async fn a_message_that_fails_by_itself_does_not_hold_up_those_behind_it_for_ever() {
    on_both(async |db: &TestStore| {
        let desk = desk(db).await;
        let (first, bad, behind) = (message("one", 0), message("two", 1), message("three", 2));
        desk.app.message(GUILD, first, None).await.unwrap();
        // Its number is taken: whatever the database's health, this incident cannot be saved.
        count_from(db, 1).await;
        for _ in 0..2 {
            let fault = desk.app.message(GUILD, bad.clone(), None).await.unwrap_err();
            assert!(fault.is_lasting() && !fault.is_transient(), "{fault}");
        }
        assert!(after(&desk.app).await < bad.id, "it is tried again");
        assert_eq!(desk.app.message(GUILD, bad.clone(), None).await.unwrap(), Arrived::PassedOver);
        count_from(db, 2).await;
        desk.app.message(GUILD, behind.clone(), None).await.unwrap();
        assert_eq!(after(&desk.app).await, behind.id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_and_an_acknowledgement_outlast_a_store_that_is_down() {
    story(async |bench: Bench| {
        let (room, page) = recorded(&bench).await;
        bench.app.store().gate().shut();
        bench.alert("v0.33.1-grouped-2-firing-partial").await;
        bench.discord.react("Ana", room.id, page.id, "✅").await.unwrap();
        tokio::time::sleep(MET).await;
        bench.app.store().gate().open();
        bench.closed(page.id).await;
        let second = bench.room(2).await;
        bench.page(second.id).await;
        let pages = bench.discord.pings().into_iter().filter(|ping| ping.channel == second.id).count();
        assert_eq!(pages, 1, "one page, once");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_outlasts_a_store_that_is_down() {
    story(async |bench: Bench| {
        let said = bench.alert("v0.33.1-single-firing").await;
        bench.room(1).await;
        bench.app.store().gate().shut();
        let other = super::bench::alert("v0.33.1-grouped-2-firing-partial");
        let embeds = other["embeds"].as_array().unwrap().clone();
        bench.discord.edit_embeds(900_000_000_000_000_031, said, embeds).await.unwrap();
        tokio::time::sleep(MET).await;
        bench.app.store().gate().open();
        bench.room(2).await;
        bench.end().await;
    })
    .await;
}

/// The next incident of the guild gets this number.
async fn count_from(db: &TestStore, number: i64) {
    let sql = format!("UPDATE guild SET next_number = {number}");
    match db.is_sqlite() {
        true => {
            let mut by_hand = SqliteConnection::connect(&db.url).await.unwrap();
            sqlx::query(AssertSqlSafe(sql)).execute(&mut by_hand).await.unwrap();
        }
        false => {
            let mut by_hand = PgConnection::connect(&db.url).await.unwrap();
            sqlx::query(AssertSqlSafe(sql)).execute(&mut by_hand).await.unwrap();
        }
    }
}

async fn desk(db: &TestStore) -> Desk {
    Desk::over(db.store.clone(), Arc::new(SystemClock::new()), TEAM).await
}

/// From where the one source is read on.
async fn after(app: &App) -> MessageId {
    app.sources(GUILD).await.unwrap()[0].after
}

/// A firing alert of a key of its own, said `n` ms after the others.
pub fn message(key: &str, n: u64) -> Message {
    let embed = Embed {
        title: Some(format!("[FIRING:1] {key} (critical)")),
        description: Some(format!(
            "Alerts Firing:\nLabels:\n - alertname = {key}\n - instance = {key}\n - severity = critical\nAnnotations:\n - summary = \
             {key} is down\nSource: http://prometheus.example.internal/graph"
        )),
        ..Embed::default()
    };
    let at: Timestamp =
        DateTime::from_timestamp_millis(muster::clock::Clock::now(&SystemClock::new()).timestamp_millis()).unwrap();
    let base = snowflake::at(at) & !0xff_ffff;
    Message {
        id: MessageId(base + (n << 22)),
        channel: ChannelId(900_000_000_000_000_031),
        at,
        author: MessageAuthor::Webhook(WebhookId(super::bench::MONITOR)),
        username: Some("Alertmanager".to_owned()),
        content: String::new(),
        embeds: vec![embed],
        custom_ids: Vec::new(),
    }
}
