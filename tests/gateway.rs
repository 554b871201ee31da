//! Whatever happens to the gateway: no alert is lost, none counts twice, and Discord's budget of sessions is not used up.
//! The real bot against the playground; `budget` runs the real binary.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "wire/bench.rs"]
mod bench;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/down.rs"]
mod down;

#[path = "gateway/budget.rs"]
mod budget;
#[path = "gateway/guilds.rs"]
mod guilds;
#[path = "gateway/lost.rs"]
mod lost;
#[path = "gateway/strange.rs"]
mod strange;
