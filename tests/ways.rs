//! Ways outside Discord, each against a stand-in of its service: what goes out is what the service's reference says, and what
//! comes back becomes of the page what it should.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/fake.rs"]
mod fake;
#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/scenario.rs"]
mod scenario;
#[path = "support/setup.rs"]
mod setup;
#[path = "support/standin.rs"]
mod standin;

#[path = "ways/answers.rs"]
mod answers;
#[path = "ways/mail.rs"]
mod mail;
#[path = "ways/ringing.rs"]
mod ringing;
#[path = "ways/webhooks.rs"]
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster::app::courier::{Courier, Delivery, Miss, Outlet, OutsidePage, Public, Receipt, What};
use muster::carriers::{Guard, Mail, Router, Webhook};
use muster::clock::TestClock;
use muster::discord::Door;
use muster::domain::contact::WebhookPreset;
use muster::domain::id::{GuildId, PageId};
use muster::domain::impact::Impact;
use secrecy::SecretString;

const VARIABLE: &str = "MUSTER_SECRET_ANA";
const KEY: &str = "1a2b3c4dp9zz";

/// The ways out, with these variables set; private networks are closed but for this machine. Discord was never reached.
fn router(secrets: &[(&str, String)], mail: Option<Mail>) -> Router {
    let secrets: BTreeMap<String, String> =
        secrets.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let look = move |name: &str| secrets.get(name).cloned().map(SecretString::from);
    let clock = Arc::new(TestClock::at("2026-01-05T10:00:07Z".parse().unwrap()));
    let guard = Guard::new(&["127.0.0.1".to_owned()]).unwrap();
    Router::new(Arc::new(Door::default()), Webhook::new(guard, Arc::new(look), clock), mail)
}

/// Page of INC-42 at impact 1, wanted at 10:00:00.
fn public() -> Public {
    Public {
        head: "INC-42 · impact 1 · Payments".to_owned(),
        number: Some(42),
        impact: Some(Impact::Critical),
        plan: Some("Payments".to_owned()),
        test: false,
        link: Some("https://discord.com/channels/1/2".to_owned()),
        code: Some("471100".to_owned()),
        at: "2026-01-05T10:00:00Z".parse().unwrap(),
    }
}

fn webhook(preset: WebhookPreset, secret: Option<&str>) -> Outlet {
    Outlet::Webhook { preset, url_env: VARIABLE.to_owned(), secret_env: secret.map(str::to_owned) }
}

fn delivery(what: What) -> Delivery {
    Delivery { guild: GuildId(1), root: None, attempt: 1, age: Duration::ZERO, what }
}

async fn send(router: &Router, outlet: Outlet, public: Public) -> Result<Receipt, Miss> {
    let page = OutsidePage { page: PageId(7), outlet, public, key: KEY.to_owned() };
    router.deliver(delivery(What::Outside(Box::new(page)))).await
}
