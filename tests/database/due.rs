//! Many deadlines at one instant, FAULTS 20: each is met, none twice. How fast is measured by `benches/due.rs`.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use muster::app::Arrived;
use muster::app::courier::Courier;
use muster::clock::{Clock, SystemClock, TestClock};
use muster::domain::id::UserId;
use muster::worker;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::alerts::message;
use super::bench::{ANA, BEN, PATIENCE, TEAM};
use super::databases::{TestStore, on_both};
use super::desk::{Desk, GUILD};
use super::fake::Fake;

const DUE: usize = 100;
const DUE_LONG: usize = 200;
/// Alerts on their way in at once; those of one guild wait for each other.
const AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deadlines_at_one_instant_none_is_skipped() {
    let due = if std::env::var_os("MUSTER_LONG").is_some() { DUE_LONG } else { DUE };
    on_both(async |db: &TestStore| {
        let clock = Arc::new(TestClock::at(SystemClock::new().now()));
        let desk = Desk::over(db.store.clone(), clock.clone(), TEAM).await;
        let fake = Arc::new(Fake::default());
        fake.name(UserId(ANA), "ana");
        fake.name(UserId(BEN), "ben");
        let opened =
            futures::stream::iter(0..due as u64).map(|n| desk.app.message(GUILD, message(&format!("db-{n}"), n), None));
        let opened: Vec<_> = opened.buffer_unordered(AT_ONCE).collect().await;
        assert!(opened.iter().all(|one| matches!(one, Ok(Arrived::Opened(_)))), "{opened:?}");

        let (courier, stop): (Arc<dyn Courier>, _) = (fake.clone(), CancellationToken::new());
        let loops = worker::start(&desk.app, &courier, &stop).await.unwrap();
        assert_eq!(counted(&fake, "page @ana", due).await, due);
        clock.advance(TimeDelta::minutes(5));
        assert_eq!(counted(&fake, "page @ben", due).await, due);
        stop.cancel();
        loops.wait().await;
    })
    .await;
}

/// How often this is said, once it was said often enough.
async fn counted(fake: &Fake, wanted: &str, often: usize) -> usize {
    let (began, mut count) = (Instant::now(), 0);
    while count < often && began.elapsed() < 3 * PATIENCE {
        sleep(Duration::from_millis(20)).await;
        count += fake.take().iter().filter(|said| *said == wanted).count();
    }
    count
}
