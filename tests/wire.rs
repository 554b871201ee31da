//! The whole way, from an alert in a channel to a person who is really notified, and back: the real bot against the playground,
//! on SQLite and on PostgreSQL. Nothing is asserted about words; that is done where they are made.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "support/databases.rs"]
mod databases;

#[path = "wire/acknowledge.rs"]
mod acknowledge;
#[path = "wire/bench.rs"]
mod bench;
#[path = "wire/endings.rs"]
mod endings;
#[path = "wire/forms.rs"]
mod forms;
#[path = "wire/gap.rs"]
mod gap;
#[path = "wire/reaching.rs"]
mod reaching;
#[path = "wire/rooms.rs"]
mod rooms;
#[path = "wire/stops.rs"]
mod stops;
