//! The whole way, from an alert in a channel to a person who is really notified, and back: the real bot against the playground,
//! on SQLite and on PostgreSQL. Words are asserted where they are made; here only where somebody decides by what is shown.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "support/databases.rs"]
mod databases;

#[path = "wire/acknowledge.rs"]
mod acknowledge;
#[path = "wire/bench.rs"]
mod bench;
#[path = "wire/calls.rs"]
mod calls;
#[path = "wire/config.rs"]
mod config;
#[path = "wire/doctor.rs"]
mod doctor;
#[path = "wire/endings.rs"]
mod endings;
#[path = "wire/forms.rs"]
mod forms;
#[path = "wire/gap.rs"]
mod gap;
#[path = "wire/look.rs"]
mod look;
#[path = "wire/oncall.rs"]
mod oncall;
#[path = "wire/reaching.rs"]
mod reaching;
#[path = "wire/rooms.rs"]
mod rooms;
#[path = "wire/schedules.rs"]
mod schedules;
#[path = "wire/setup.rs"]
mod setup;
#[path = "wire/stops.rs"]
mod stops;
#[path = "wire/survey.rs"]
mod survey;
#[path = "wire/test_pages.rs"]
mod test_pages;
#[path = "wire/welcome.rs"]
mod welcome;
