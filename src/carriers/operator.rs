//! Tells whoever runs Muster how it is: an alarm while Discord is out of reach, a heartbeat while all is well.
//! Never says anything of incidents or people, and never shows the two addresses, which are secrets.

mod alarm;

use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::domain::health::{Health, Vitals};
use crate::domain::id::Timestamp;
use crate::gauges::GAUGES;
use crate::words;

pub use alarm::{Alarm, Notice, Pace, State};

/// How often it is looked at whether something is to be said.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often the heartbeat goes out: whoever watches it is usually set to minutes.
const BEAT_EVERY: TimeDelta = TimeDelta::seconds(60);
/// One that was not heard is repeated sooner, so that a lost packet is no alarm.
const BEAT_AGAIN: TimeDelta = TimeDelta::seconds(15);
/// Longest wait for a connection, and for the whole of one call.
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);

/// Who is told, and what they were told last.
pub struct Operator {
    client: Client,
    alarm_url: Option<SecretString>,
    heartbeat_url: Option<SecretString>,
    alarm: Alarm,
    /// When the next heartbeat is due; `None`: at once.
    beat_at: Option<Timestamp>,
}

/// Why somebody was not told. Holds no address: libraries put them into their errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Untold {
    #[error("it did not answer in time")]
    TooSlow,
    #[error("it was not reached")]
    NotReached,
    #[error("it answered {0}")]
    Refused(u16),
}

impl Operator {
    /// Nobody is told where both addresses are `None`.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(
        alarm_url: Option<SecretString>,
        heartbeat_url: Option<SecretString>,
        pace: Pace,
    ) -> anyhow::Result<Operator> {
        // A proxy or a redirect would show the addresses to somebody who has no business with them.
        let client = Client::builder()
            .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .context("setting up the HTTP client")?;
        Ok(Operator { client, alarm_url, heartbeat_url, alarm: Alarm::new(pace), beat_at: None })
    }

    /// Looks every few seconds until stopped.
    pub async fn run(mut self, app: App, stop: CancellationToken) {
        if self.alarm_url.is_none() && self.heartbeat_url.is_none() {
            return;
        }
        while timeout(LOOK_EVERY, stop.cancelled()).await.is_err() {
            let health = app.health().await;
            let vitals = GAUGES.vitals(app.now());
            tokio::select! {
                () = self.turn(&health, &vitals) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// One look: says what is due.
    pub async fn turn(&mut self, health: &Health, vitals: &Vitals) {
        let now = vitals.now;
        if let Some(url) = &self.alarm_url
            && let Some(notice) = self.alarm.look(vitals, health.outage)
        {
            let call = self.client.post(url.expose_secret()).json(&body(&notice, now));
            let told = said("the alarm", call).await;
            self.alarm.told(now, &notice, told);
        }
        let due = self.beat_at.is_none_or(|at| now >= at);
        if let Some(url) = &self.heartbeat_url
            && due
            && health.troubles(vitals).is_empty()
        {
            let heard = said("the heartbeat", self.client.get(url.expose_secret())).await;
            self.beat_at = Some(now + if heard { BEAT_EVERY } else { BEAT_AGAIN });
        }
    }
}

/// Says it, and whether it was heard.
async fn said(what: &'static str, call: RequestBuilder) -> bool {
    let untold = match call.send().await {
        Ok(answer) if answer.status().is_success() => return true,
        Ok(answer) => Untold::Refused(answer.status().as_u16()),
        Err(why) if why.is_timeout() => Untold::TooSlow,
        Err(_) => Untold::NotReached,
    };
    tracing::warn!(why = %untold, "{what} was not heard");
    false
}

/// What the alarm carries. `text` is what chat webhooks show; the rest is for programs.
fn body(notice: &Notice, now: Timestamp) -> Value {
    let lasting = now - notice.since;
    let gateway = notice.what == alarm::What::Gateway;
    let text = match notice.state {
        State::Down | State::StillDown => words::alarm_down(gateway, lasting),
        State::Back => words::alarm_over(lasting),
    };
    json!({
        "what": if gateway { "gateway" } else { "deliveries" },
        "state": match notice.state {
            State::Down => "down",
            State::StillDown => "still_down",
            State::Back => "back",
        },
        "since": notice.since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "lasting_s": lasting.num_seconds(),
        "text": text,
        "version": env!("CARGO_PKG_VERSION"),
    })
}
