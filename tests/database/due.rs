//! Many deadlines at one instant, FAULTS 20: each is met, none twice. How fast is measured by `benches/due.rs`.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use muster::app::courier::Courier;
use muster::clock::TestClock;
use muster::domain::id::{Timestamp, UserId};
use muster::worker;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::bench::{ANA, BEN, PATIENCE, TEAM};
use super::databases::{TestStore, on_both};
use super::desk::Desk;
use super::fake::Fake;

const DUE: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deadlines_at_one_instant_none_is_skipped() {
    on_both(async |db: &TestStore| {
        let clock = Arc::new(TestClock::at(Timestamp::from_timestamp(1_800_000_000, 0).unwrap()));
        let desk = Desk::over(db.store.clone(), clock.clone(), TEAM).await;
        let fake = Arc::new(Fake::default());
        fake.name(UserId(ANA), "ana");
        fake.name(UserId(BEN), "ben");
        let titles: Vec<String> = (0..DUE).map(|n| n.to_string()).collect();
        let told = join_all(titles.iter().map(|title| desk.declares(title))).await;
        assert!(told.iter().all(|said| said.contains("is open")), "{told:?}");

        let (courier, stop): (Arc<dyn Courier>, _) = (fake.clone(), CancellationToken::new());
        let loops = worker::start(&desk.app, &courier, &stop).await.unwrap();
        assert_eq!(counted(&fake, "page @ana").await, DUE);
        clock.advance(TimeDelta::minutes(5));
        assert_eq!(counted(&fake, "page @ben").await, DUE);
        stop.cancel();
        loops.wait().await;
    })
    .await;
}

/// How often this is said, once it was said often enough.
async fn counted(fake: &Fake, wanted: &str) -> usize {
    let (began, mut count) = (Instant::now(), 0);
    while count < DUE && began.elapsed() < 3 * PATIENCE {
        sleep(Duration::from_millis(20)).await;
        count += fake.take().iter().filter(|said| *said == wanted).count();
    }
    count
}
