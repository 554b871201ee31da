//! The store on both real databases: every test runs on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "../support/databases.rs"]
mod databases;

mod calls;
mod covers;
mod incidents;
mod opening;
mod outbox;
mod setup;
mod wake;
mod writes;

use chrono::{DateTime, Duration};
use muster::domain::id::{GuildId, IncidentId, OutboxId, Timestamp};
use muster::store::incident::IncidentRow;
use muster::store::outbox::NewRow;
use muster::store::{Store, StoreError, guild, incident};

pub const GUILD: GuildId = GuildId(100_000_000_000_000_001);

/// One write whose body is an expression.
macro_rules! write {
    ($store:expr, |$tx:ident| $body:expr) => {
        $store.write::<_, StoreError, _>(move |$tx| Box::pin(async move { $body })).await
    };
}

/// One read whose body is an expression.
macro_rules! read {
    ($store:expr, |$conn:ident| $body:expr) => {
        $store.read::<_, StoreError, _>(move |$conn| Box::pin(async move { $body })).await.unwrap()
    };
}

pub(crate) use {read, write};

/// So many seconds after the start of the tests' time.
pub fn at(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(1_800_000_000, 123_456_000).unwrap() + Duration::seconds(seconds)
}

pub fn incident_row(id: i64) -> IncidentRow {
    IncidentRow {
        id: IncidentId(id),
        guild_id: GUILD,
        number: id,
        status: "open".to_owned(),
        impact: 2,
        title: "checkout answers 500".to_owned(),
        plan: Some("web".to_owned()),
        source: None,
        channel_id: None,
        drill: false,
        private: false,
        opened_at: at(id),
        over_at: None,
        version: 1,
        state: "{}".to_owned(),
    }
}

/// An incident in the database.
pub async fn opened(store: &Store, id: i64) -> IncidentRow {
    let row = incident_row(id);
    let new = row.clone();
    write!(store, |tx| {
        guild::ensure(tx, GUILD).await?;
        incident::insert(tx, &new).await
    })
    .unwrap();
    row
}

pub fn outbox_row(id: i64) -> NewRow {
    NewRow {
        id: OutboxId(id),
        guild_id: GUILD,
        root: None,
        lane: 1,
        kind: "post".to_owned(),
        target: None,
        payload: format!("{{\"n\":{id}}}"),
        created_at: at(0),
        due_at: at(0),
        parked_on: None,
    }
}
