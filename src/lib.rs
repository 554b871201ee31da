//! Muster: the life of an incident, run where the team already talks.
//!
//! ```text
//!       in                        decide                        out
//!  discord ─┐                                           ┌─> outbox ─> courier ─> Discord, webhook, mail
//!  http    ─┼─> Request ─> app ─> domain::step ─> app ──┤
//!  worker  ─┘             load    (pure)          save  └─> Reply (to the person who asked)
//!    ▲ wake_at              └───────── store ────────┘
//!    └────────────── state + timeline + outbox + wake_at, in one transaction
//! ```
//!
//! Modules in reading order: the rules first, what carries them out after.

pub mod domain;

pub mod alerts;
pub mod definitions;
pub mod words;

pub mod export;

pub mod clock;
pub mod gauges;

pub mod app;
pub mod store;

pub mod worker;

pub mod discord;

pub mod carriers;

pub mod config;
pub mod http;
