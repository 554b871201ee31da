//! FAULTS 69: a database that was wiped, or a second one on the same token, counts from the same numbers. Discord remembers nonces for
//! minutes: a repeated one would return the old message and post nothing.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use muster::app::courier::{Courier, Delivery, Miss, Receipt, What};
use muster::app::{App, Apply};
use muster::clock::TestClock;
use muster::definitions::Source;
use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, GuildId, MessageId, Timestamp, WebhookId};
use muster::store::Store;
use muster::worker;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::bench::{GUILD, MONITOR};
use crate::{databases, pings};

const ROOM: ChannelId = ChannelId(900_000_000_000_000_099);

/// Writes down the nonces and what else must be unlike.
#[derive(Default)]
struct Nonces(Mutex<BTreeSet<String>>);

#[async_trait::async_trait]
impl Courier for Nonces {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        let mut all = self.0.lock().unwrap();
        Ok(match delivery.what {
            What::OpenRoom(plan) => {
                all.insert(plan.marker);
                Receipt::Room { channel: ROOM }
            }
            What::Send { nonce, .. } => {
                all.insert(nonce);
                Receipt::Message { channel: ROOM, message: MessageId(ROOM.0 + all.len() as u64), failed: Vec::new() }
            }
            _ => Receipt::Done,
        })
    }
}

/// The bot is installed with chance of its own; from then on, both draw the same numbers at the same time.
async fn nonces(store: &Store, chance: u64) -> BTreeSet<String> {
    let at: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let open = async |seed| {
        let (clock, rng) = (Arc::new(TestClock::at(at)), Box::new(StdRng::seed_from_u64(seed)));
        App::open(store.clone(), clock, rng, Arc::new(|_| true)).await.unwrap()
    };
    open(chance).await;
    let app = open(9).await;
    let sources = vec![Source { file: "team.yaml".to_owned(), text: pings::TEAM.replace("NAME", "Ana") }];
    app.apply(Apply { sources, ..Apply::new(GuildId(GUILD), None, "test") }).await.unwrap();
    let message = Message {
        id: MessageId(1_450_000_000_000_000_000),
        channel: ChannelId(pings::ALERTS),
        at,
        author: MessageAuthor::Webhook(WebhookId(MONITOR)),
        username: None,
        content: "ALERT db The database is down".to_owned(),
        embeds: Vec::new(),
        custom_ids: Vec::new(),
    };
    app.message(GuildId(GUILD), message, None).await.unwrap();
    let courier = Nonces::default();
    worker::drain(&app, &courier).await.unwrap();
    courier.0.into_inner().unwrap()
}

#[tokio::test]
async fn two_databases_on_one_token_share_no_nonce() {
    let (one, other, again) = (databases::sqlite().await, databases::sqlite().await, databases::sqlite().await);
    let first = nonces(&one.store, 1).await;
    assert!(first.len() >= 3, "{first:?}");
    assert_eq!(nonces(&again.store, 1).await, first, "the numbers are the same indeed");
    let second = nonces(&other.store, 2).await;
    assert!(first.is_disjoint(&second), "{first:?} {second:?}");
    assert!(first.iter().chain(&second).filter(|nonce| !nonce.starts_with("muster:")).all(|nonce| nonce.len() <= 25));
}
