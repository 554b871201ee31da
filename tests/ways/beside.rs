//! What goes past Discord does not wait for it: not in the loops of the worker either.

use std::sync::Arc;
use std::time::Duration;

use muster::app::courier::{Courier, Delivery, Miss, Receipt};
use muster::app::request::{Ask, NewIncident, Request};
use muster::domain::id::UserId;
use muster::domain::name::Name;
use muster::domain::permission::Person;
use muster::worker;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::scenario::{GUILD, Stage};
use super::standin::StandIn;
use super::{VARIABLE, databases, router, setup};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Discord that takes every call and never answers.
struct Stuck(muster::carriers::Router);

#[async_trait::async_trait]
impl Courier for Stuck {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        match delivery.what.is_outside() {
            true => self.0.deliver(delivery).await,
            false => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn a_page_goes_out_past_a_discord_that_never_answers() {
    let (made, gateway) = (databases::sqlite().await, StandIn::start().await);
    let mut stage = Stage::open(made.store.clone(), "2026-01-05T10:00:00Z").await;
    stage.play(&["contact ana: 0s here phone", "plan db: stage 5m @ana"]).await;
    let roads = router(&[(VARIABLE, format!("{}/hook", gateway.url))], None);
    let courier: Arc<dyn Courier> = Arc::new(Stuck(roads));
    let stop = CancellationToken::new();
    let _loops = worker::start(stage.app(), &courier, &stop).await.unwrap();

    let new = NewIncident { plan: Some(Name::parse("db").unwrap()), ..NewIncident::default() };
    let (roles, user) = (setup::roles_of("kim"), UserId(200_000_000_000_000_006));
    let by = Person { user, name: "kim".to_owned(), roles, manages_guild: true };
    let ask = Ask::New(new);
    let key = "i:new".to_owned();
    stage.app().handle(Request { guild: GUILD, by, channel: None, key, ask, survey: None }).await;

    let heard = timeout(PATIENCE, async {
        loop {
            match gateway.take().pop() {
                Some(heard) => return heard,
                None => sleep(Duration::from_millis(20)).await,
            }
        }
    });
    let heard = heard.await.expect("the page goes out");
    assert_eq!(heard.json()["incident"], 1);
    assert_eq!(heard.json()["link"], serde_json::Value::Null, "there is no channel yet");
    stop.cancel();
}
