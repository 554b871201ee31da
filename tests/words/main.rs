//! Everything that people read, as they read it: every fact, refusal, answer and kind of message, and that words of others
//! stay words. Snapshots are reviewed as a phone screen at 3 am.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod answers;
mod contacts;
mod definitions;
mod doctor;
mod facts;
mod handoffs;
mod hostile;
mod literal;
mod messages;
mod oncall;
mod pages;
mod plans;
mod refusals;
mod samples;
mod screen;
mod setup;
