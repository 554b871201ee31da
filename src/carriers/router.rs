//! The courier that picks the courier: Discord for what is Discord's, and for a page outside it the carrier of its way. One does
//! not wait for another.

use std::sync::Arc;

use super::mail::Mail;
use super::webhook::Webhook;
use crate::app::courier::{Courier, Delivery, Miss, Outlet, OutsidePage, Receipt, What};
use crate::domain::timeline::Unreached;

/// All ways out.
pub struct Router {
    discord: Arc<dyn Courier>,
    webhook: Webhook,
    /// None: there is no mail server.
    mail: Option<Mail>,
}

impl Router {
    pub fn new(discord: Arc<dyn Courier>, webhook: Webhook, mail: Option<Mail>) -> Router {
        Router { discord, webhook, mail }
    }

    async fn page(&self, page: &OutsidePage) -> Result<Receipt, Miss> {
        match (&page.outlet, &self.mail) {
            (Outlet::Webhook { preset, url_env, secret_env }, _) => {
                self.webhook.page(page, (*preset, url_env, secret_env.as_deref())).await
            }
            (Outlet::Mail { address }, Some(mail)) => mail.page(page, address).await,
            (Outlet::Mail { .. }, None) => {
                Err(Miss::Never { why: Unreached::NoCarrier, detail: "SMTP_URL is not set".to_owned() })
            }
        }
    }
}

#[async_trait::async_trait]
impl Courier for Router {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        match &delivery.what {
            What::Outside(page) => self.page(page).await,
            What::Hush(ring) => self.webhook.hush(ring).await,
            What::AskReceipt(ring) => self.webhook.ask(ring).await,
            _ => self.discord.deliver(delivery).await,
        }
    }
}
