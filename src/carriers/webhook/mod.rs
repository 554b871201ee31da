//! Pages by a call of a web address: one file a service, each exactly as its own reference says. Public text only.
//!
//! The address stands in one variable; the parts of it that a service wants elsewhere (keys, numbers) are taken out of its query
//! and its credentials, so that they are in no log of an address.

mod generic;
mod gotify;
mod ntfy;
mod pushover;
mod twilio;

use std::sync::Arc;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::Secrets;
use super::guard::Guard;
use super::http::{call, unusable};
use crate::app::courier::{Miss, OutsidePage, Receipt, Ring};
use crate::clock::Clock;
use crate::domain::contact::WebhookPreset;
use crate::domain::id::Timestamp;
use crate::domain::timeline::Unreached;

/// The courier of webhooks.
pub struct Webhook {
    guard: Guard,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
}

/// One page on its way to a service.
struct Parcel<'a> {
    page: &'a OutsidePage,
    url: Url,
    /// Signs it.
    secret: Option<SecretString>,
    now: Timestamp,
}

impl Webhook {
    pub fn new(guard: Guard, secrets: Secrets, clock: Arc<dyn Clock>) -> Webhook {
        Webhook { guard, secrets, clock }
    }

    pub(super) async fn page(
        &self,
        page: &OutsidePage,
        (preset, url_env, secret_env): (WebhookPreset, &str, Option<&str>),
    ) -> Result<Receipt, Miss> {
        let now = self.clock.now();
        let secret = secret_env.map(|name| self.secret(name)).transpose()?;
        let parcel = Parcel { page, url: self.address(url_env)?, secret, now };
        let made = match preset {
            WebhookPreset::Generic => Ok(generic::call(parcel)),
            WebhookPreset::Ntfy => ntfy::call(parcel),
            WebhookPreset::Pushover => pushover::call(parcel),
            WebhookPreset::Gotify => Ok(gotify::call(parcel)),
            WebhookPreset::TwilioCall => twilio::voice(parcel),
            WebhookPreset::TwilioSms => twilio::text(parcel),
        };
        let answer = call(&self.guard, made.map_err(|what| lacks(url_env, what))?, now).await?;
        let receipt = if preset == WebhookPreset::Pushover { pushover::receipt(&answer) } else { None };
        Ok(receipt.map_or(Receipt::Done, |receipt| Receipt::Ringing { receipt }))
    }

    /// Stops what rings; whoever answered it just before is heard.
    pub(super) async fn hush(&self, ring: &Ring) -> Result<Receipt, Miss> {
        let made = pushover::cancel(self.address(&ring.url_env)?, ring);
        call(&self.guard, made.map_err(|what| lacks(&ring.url_env, what))?, self.clock.now()).await?;
        if ring.receipt.is_none() {
            return Ok(Receipt::Done);
        }
        match self.ask(ring).await? {
            Receipt::Heard { acknowledged: false, .. } => Ok(Receipt::Done),
            said => Ok(said),
        }
    }

    /// Asks what became of what rings.
    pub(super) async fn ask(&self, ring: &Ring) -> Result<Receipt, Miss> {
        let made = pushover::ask(self.address(&ring.url_env)?, ring);
        let answer = call(&self.guard, made.map_err(|what| lacks(&ring.url_env, what))?, self.clock.now()).await?;
        pushover::heard(&answer)
            .ok_or_else(|| Miss::Retry { after: None, why: "the receipt cannot be read".to_owned() })
    }

    fn address(&self, variable: &str) -> Result<Url, Miss> {
        self.guard.check(self.secret(variable)?.expose_secret()).map_err(|why| unusable(&why))
    }

    fn secret(&self, variable: &str) -> Result<SecretString, Miss> {
        let unset = || Miss::Never { why: Unreached::SecretUnset, detail: format!("{variable} is not set") };
        (self.secrets)(variable).ok_or_else(unset)
    }
}

/// An address that lacks what its service needs.
fn lacks(variable: &str, what: &str) -> Miss {
    Miss::Never { why: Unreached::BadAddress, detail: format!("{variable} has no {what} in it") }
}

/// A part of an address's query.
fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
