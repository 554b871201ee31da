//! What a person is told whose request met a fault is true: nothing was done, or it was done, or nobody knows.

use std::time::Duration;

use muster_playground::{Channel, Message, Ping};

use super::bench::{Bench, button, story};
use super::databases::{self, TestStore, on_both};
use super::desk::{Desk, GUILD};
use super::proxy::{Line, Proxy, Says};

#[tokio::test]
async fn who_is_told_that_nothing_was_done_finds_nothing_done() {
    on_both(async |db: &TestStore| {
        let desk =
            Desk::over(db.store.clone(), std::sync::Arc::new(muster::clock::SystemClock::new()), super::bench::TEAM)
                .await;
        let mut failed = 0;
        // Every statement of the request fails once, BEGIN and COMMIT among them.
        for nth in 1.. {
            db.store.gate().arm(nth);
            let said = desk.declares(&format!("n{nth}")).await;
            if db.store.gate().open() {
                assert!(said.contains("INC-1 is open"), "{said}");
                break;
            }
            assert!(said.starts_with("Not saved, nothing was done."), "{said}");
            assert_eq!(desk.titles().await, Vec::<String>::new(), "statement {nth}: {said}");
            failed += 1;
        }
        assert!(failed > 10, "only {failed} statements passed the gate");
    })
    .await;
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_looked_up_and_not_done_again() {
    let Some((desk, proxy)) = behind_a_proxy().await else { return };
    proxy.cut_at(Says::Database, "COMMIT\0");
    let said = desk.declares("kept").await;
    assert!(!proxy.waits(), "nothing was cut");
    assert!(said.starts_with("It is done."), "{said}");
    assert_eq!(desk.titles().await, ["kept"]);
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_done_again() {
    let Some((desk, proxy)) = behind_a_proxy().await else { return };
    // A fresh connection says the word itself; later it has a number.
    proxy.cut_all();
    proxy.cut_at(Says::Bot, "COMMIT\0");
    let said = desk.declares("again").await;
    assert!(!proxy.waits(), "nothing was cut");
    assert!(said.contains("INC-1 is open"), "{said}");
    assert_eq!(desk.titles().await, ["again"]);
}

#[tokio::test]
async fn a_line_that_is_cut_within_a_transaction_costs_nobody_anything() {
    let Some((desk, proxy)) = behind_a_proxy().await else { return };
    proxy.cut_all();
    proxy.cut_at(Says::Bot, "INSERT INTO incident");
    let said = desk.declares("cut").await;
    assert!(!proxy.waits(), "nothing was cut");
    assert!(said.contains("INC-1 is open"), "{said}");
    assert_eq!(desk.titles().await, ["cut"]);
}

#[tokio::test]
async fn a_database_that_stays_away_is_told_in_time_and_by_its_name() {
    let Some((desk, proxy)) = behind_a_proxy().await else { return };
    proxy.set(Line::Cut);
    let asked = std::time::Instant::now();
    let said = desk.declares("away").await;
    assert!(said.starts_with("Not saved, nothing was done.") && said.contains("fault"), "{said}");
    assert!(asked.elapsed() < Duration::from_secs(15), "it took {:?}", asked.elapsed());
    proxy.set(Line::Good);
    assert_eq!(desk.titles().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_that_fails_is_told_and_counts_when_it_is_pressed_again() {
    story(async |bench: Bench| {
        let (room, page) = recorded(&bench).await;
        let ack = button(&page, "v1:ack:").unwrap();
        bench.app.store().gate().shut();
        let pressed = bench.discord.press("Ana", room.id, page.id, &ack).await.unwrap();
        let reply = pressed.reply().await.unwrap().text();
        assert!(reply.starts_with("Not saved, nothing was done."), "{reply}");
        bench.app.store().gate().open();
        bench.discord.press("Ana", room.id, page.id, &ack).await.unwrap();
        bench.closed(page.id).await;
        let pings: Vec<Ping> = bench.discord.pings();
        assert_eq!(pings.iter().filter(|ping| ping.name == "Ana").count(), 1, "{pings:?}");
        bench.end().await;
    })
    .await;
}

/// A page that is out, and is known to be: nothing about it is still to be written down.
pub async fn recorded(bench: &Bench) -> (Channel, Message) {
    let paged = bench.paged().await;
    while bench.app.open_posts(GUILD).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut calls = 0;
    while calls != bench.discord.calls().len() {
        calls = bench.discord.calls().len();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    paged
}

/// A desk whose line to its database can be cut.
pub async fn behind_a_proxy() -> Option<(Desk, Proxy)> {
    let proxy = Proxy::before(&databases::postgres_url().await?).await;
    Some((Desk::open(&proxy.url).await, proxy))
}
