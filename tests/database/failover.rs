//! FAULTS 10 and 11 on a real PostgreSQL: it crashes, goes silent, may only be read, is locked. What was answered is kept, once.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use muster::app::courier::Courier;
use muster::store::Store;
use muster::worker;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, PATIENCE, TEAM, button, sample};
use super::cluster::Cluster;
use super::databases;
use super::desk::Desk;
use super::fake::Fake;
use super::people::behind_a_proxy;
use super::proxy::Line;

/// Who asks during a crash; more than the pool has connections.
const ASKED: usize = 40;
/// What Discord waits for a first answer.
const DEFERRED_WITHIN: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_under_load_loses_nothing_and_pages_once() {
    let Some(mut cluster) = Cluster::start() else { return };
    let desk = Arc::new(Desk::open(&cluster.url()).await);
    let (fake, stop) = (Arc::new(Fake::default()), CancellationToken::new());
    let courier: Arc<dyn Courier> = fake.clone();
    let loops = worker::start(&desk.app, &courier, &stop).await.unwrap();
    let asked: Vec<_> = (0..ASKED)
        .map(|n| {
            let (desk, title) = (desk.clone(), format!("{n:02}"));
            tokio::spawn(async move {
                sleep(Duration::from_millis(n as u64 * 10)).await;
                let said = desk.declares(&title).await;
                (title, said)
            })
        })
        .collect();
    sleep(Duration::from_millis(ASKED as u64 * 5)).await;
    let _cluster = tokio::task::spawn_blocking(move || {
        cluster.kill();
        cluster.start_again();
        cluster
    })
    .await
    .unwrap();
    let told: Vec<(String, String)> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
    let titles = desk.titles().await;
    for (title, said) in &told {
        let kept = titles.iter().filter(|one| *one == title).count();
        match () {
            () if said.contains("is open") || said.starts_with("It is done.") => assert_eq!(kept, 1, "{title}: {said}"),
            () if said.starts_with("Not saved, nothing was done.") => assert_eq!(kept, 0, "{title}: {said}"),
            () => assert!(said.starts_with("It may have been done or not") && kept <= 1, "{title}, {kept}: {said}"),
        }
    }
    assert!(titles.len() >= ASKED / 2, "the crash came too early to say anything: {told:?}");
    let pages = paged(&fake, titles.len()).await;
    assert_eq!(pages, titles.len(), "each is paged once");
    stop.cancel();
    loops.wait().await;
}

/// Waits until so many pages have gone out, and a little longer: how many there are.
async fn paged(fake: &Fake, wanted: usize) -> usize {
    let began = Instant::now();
    let mut pages = 0;
    while pages < wanted && began.elapsed() < 3 * PATIENCE {
        sleep(Duration::from_millis(50)).await;
        pages += fake.take().iter().filter(|said| said.starts_with("page ")).count();
    }
    sleep(Duration::from_millis(300)).await;
    pages + fake.take().iter().filter(|said| said.starts_with("page ")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_goes_silent_is_noticed_and_nothing_is_done_twice() {
    let Some((desk, proxy)) = behind_a_proxy().await else { return };
    // Connections that were good a moment ago lie in the pool.
    join_all((0..8).map(|n| desk.declares(if n == 0 { "before" } else { "too" }))).await;
    proxy.set(Line::Silent);
    let desk = Arc::new(desk);
    let asked: Vec<_> = (0..8)
        .map(|n| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.declares(&format!("silent-{n}")).await })
        })
        .collect();
    sleep(Duration::from_millis(500)).await;
    proxy.set(Line::Good);
    let began = Instant::now();
    for said in join_all(asked).await {
        let said = said.unwrap();
        assert!(said.contains("is open"), "{said}");
    }
    assert!(began.elapsed() < Duration::from_secs(12), "it took {:?}", began.elapsed());
    let silent: Vec<String> = desk.titles().await.into_iter().filter(|title| title.starts_with("silent")).collect();
    assert_eq!(silent, (0..8).map(|n| format!("silent-{n}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_a_database_that_may_only_be_read_are_replaced() {
    let Some(url) = databases::postgres_url().await else { return };
    let desk = Arc::new(Desk::open(&url).await);
    desk.declares("before").await;
    let name = url.split('?').next().and_then(|url| url.rsplit('/').next()).unwrap();
    let mut admin = PgConnection::connect(&url.replace(&format!("/{name}?"), "/postgres?")).await.unwrap();
    let mut run = async |sql: String| {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    };
    run(format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    run(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
    let asked = tokio::spawn({
        let desk = desk.clone();
        async move { desk.declares("demoted").await }
    });
    // Connections are made that may only read; what changes then is true of new ones only.
    sleep(Duration::from_millis(500)).await;
    assert!(!asked.is_finished());
    run(format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await;
    let said = asked.await.unwrap();
    assert!(said.contains("is open"), "{said}");
    assert_eq!(desk.titles().await, ["before", "demoted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_keeps_people_waiting_and_nothing_else() {
    let Some(url) = databases::postgres_url().await else { return };
    let store = databases::TestStore::over(Store::open(&url).await.unwrap(), url.clone());
    let bench = Bench::start(sample(), TEAM, &store).await;
    let (room, page) = bench.paged().await;
    let mut admin = PgConnection::connect(&url).await.unwrap();
    let mut lock = admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE seen, timeline IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    // More than there are connections.
    let desk = Arc::new(Desk { app: bench.app.clone(), store: store.store.clone() });
    let asked: Vec<_> = (0..ASKED)
        .map(|n| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.declares(&format!("{n:02}")).await })
        })
        .collect();
    sleep(Duration::from_millis(300)).await;
    let pressed = bench.discord.press("Ana", room.id, page.id, &button(&page, "v1:ack:").unwrap()).await.unwrap();
    let first = pressed.callback().await.unwrap();
    assert!(first.after < DEFERRED_WITHIN, "it was answered after {:?}", first.after);
    sleep(Duration::from_secs(1)).await;
    assert!(bench.discord.gateway().identifies() == 1 && !asked.iter().any(|one| one.is_finished()));
    lock.rollback().await.unwrap();
    bench.closed(page.id).await;
    for said in join_all(asked).await {
        let said = said.unwrap();
        assert!(said.contains("is open"), "{said}");
    }
    assert_eq!(bench.discord.gateway().identifies(), 1, "the gateway went on");
    bench.end().await;
}
