//! The ways out that are not Discord. Decides nothing about whom, when or what.
//!
//! `router` is the courier that picks one: Discord, `webhook` (one file a service behind it) or `mail`; `http` makes the calls,
//! and `guard` says where they may go. `operator` tells whoever runs Muster how it is.

mod guard;
mod http;
mod mail;
pub mod operator;
mod router;
mod webhook;

pub use guard::{Guard, Refused};
pub use mail::{Mail, MailServer, Security};
pub use router::Router;
pub use webhook::Webhook;

use std::sync::Arc;

use secrecy::SecretString;

/// The value of a variable that a definition names, as it is now.
pub type Secrets = Arc<dyn Fn(&str) -> Option<SecretString> + Send + Sync>;
