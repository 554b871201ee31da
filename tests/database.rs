//! When the database fails, and comes back: nothing that was promised is lost, nothing is done twice, and what people are told is true.
//! FAULTS 10, 11, 20; the store's own behaviour is tested in `tests/store`.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "wire/bench.rs"]
mod bench;
#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/fake.rs"]
mod fake;
#[path = "support/proxy.rs"]
mod proxy;

#[path = "database/alerts.rs"]
mod alerts;
#[path = "database/desk.rs"]
mod desk;
#[path = "database/due.rs"]
mod due;
#[path = "database/failover.rs"]
mod failover;
#[path = "database/people.rs"]
mod people;
