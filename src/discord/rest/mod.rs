//! Our own layer over Discord's REST API: every request of the bot goes through here, and nowhere else.
//!
//! serenity's limiter cannot be used behind a proxy, keys without the method and lets one rename stop a channel, so the
//! accounting is ours. It sorts failures by what the caller may do next, repeats what is harmless to repeat, and never
//! waits longer than a call's patience. It never decides what is sent, and never logs a token or a message's words
//! (serenity's `Request::build` would put both into a tracing span; requests are therefore built here).
//!
//! Reading order: `call` what is asked · `endpoint` where · `error` what can go wrong · `answer` what Discord says ·
//! `bucket`, `pace` and `connections` what is left · `gate` who goes first · `breaker` when to stop · here: one call from
//! start to end.

mod answer;
mod breaker;
mod bucket;
mod call;
mod connections;
mod endpoint;
mod error;
mod gate;
mod pace;
mod retry;
mod wire;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod queue_tests;
#[cfg(test)]
mod wire_tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub use call::{Call, File, Lane, PATIENCE};
pub use endpoint::{Endpoint, GUILDS_PER_LIST, MESSAGES_PER_LIST, Start, USERS_PER_LIST};
pub use error::{RestError, Scope};

use crate::gauges::GAUGES;
use breaker::Breaker;
use connections::Connections;
use gate::{Ask, Gate, Permit};
use retry::Tries;
use wire::{Failure, Wire};

/// Longest patience honoured: beyond it the outbox, which survives a restart, is the place to wait.
const LONGEST_PATIENCE: Duration = Duration::from_secs(900);

/// The way to Discord. Cheap to clone; clones share limits, connections and the memory of a revoked token.
#[derive(Clone)]
pub struct Rest {
    shared: Arc<Shared>,
}

struct Shared {
    wire: Wire,
    gate: Arc<Gate>,
    breaker: Breaker,
}

impl Rest {
    /// `base`: `https://discord.com`, or a proxy or playground in its place.
    ///
    /// # Errors
    /// When `base` is no address, the token cannot stand in a header, or TLS cannot be set up.
    pub fn new(token: SecretString, base: &str) -> anyhow::Result<Self> {
        Self::with_time_limit(token, base, wire::TOTAL)
    }

    fn with_time_limit(token: SecretString, base: &str, total: Duration) -> anyhow::Result<Self> {
        let connections = Connections::of_this_process();
        let wire = Wire::new(&token, base, total, connections.most())?;
        let gate = Arc::new(Gate::new(connections));
        Ok(Self { shared: Arc::new(Shared { wire, gate, breaker: Breaker::new() }) })
    }

    /// Makes one call and returns Discord's JSON (`Null` where there is none).
    ///
    /// No try starts later than `call.patience` from now; one under way may take its 10 s. Must run inside tokio.
    /// Dropping the future is safe; a request under way may then have taken effect.
    ///
    /// # Errors
    /// Each kind of [`RestError`] says what the caller may do next. It tells of the last try; an earlier one can have taken
    /// effect only where doing it twice is harmless.
    pub async fn call(&self, call: Call) -> Result<Value, RestError> {
        let deadline = Instant::now() + call.patience.min(LONGEST_PATIENCE);
        let ask = self.ask(&call);
        let mut tries = Tries::new(call.repeatable());
        loop {
            self.shared.breaker.admit(call.lane, Instant::now())?;
            let permit = self.shared.gate.enter(ask, deadline).await?;
            let attempted = self.attempt(&call, permit).await;
            GAUGES.called(outcome(&attempted));
            let error = match attempted {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match tries.pause_after(&error) {
                Some(pause) if Instant::now() + pause <= deadline => sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    /// Requests of the last 10 minutes that Discord holds against this address (its limit is 10,000).
    pub fn invalid_count(&self) -> usize {
        self.shared.breaker.invalid_count(Instant::now())
    }

    /// Becomes `true`, for good, when Discord refuses the bot's token.
    pub fn revoked(&self) -> watch::Receiver<bool> {
        self.shared.breaker.revoked()
    }

    fn ask(&self, call: &Call) -> Ask {
        let ticket = self.shared.gate.ticket();
        Ask { route: call.route(), lane: call.lane, exempt: call.endpoint.token_in_path, ticket }
    }

    async fn attempt(&self, call: &Call, permit: Permit) -> Result<Value, RestError> {
        // The wait for the permit may have been long.
        if let Err(refused) = self.shared.breaker.admit(call.lane, Instant::now()) {
            permit.give_back();
            return Err(refused);
        }
        let started = Instant::now();
        let answer = match self.shared.wire.send(call).await {
            Ok(answer) => answer,
            Err(Failure::NotSent(cause)) => {
                permit.give_back();
                return Err(RestError::NotSent(cause));
            }
            Err(Failure::Lost(cause)) => return Err(RestError::Ambiguous { status: None, cause }),
        };
        let news = answer.news();
        self.shared.breaker.note(answer.status, news.limited, call.endpoint.token_in_path, Instant::now());
        if let Some(limited) = news.limited {
            let after_ms = limited.after.as_millis();
            GAUGES.limited(limited.scope.word());
            tracing::warn!(endpoint = %call.endpoint, after_ms, scope = ?limited.scope, "Discord asks to wait");
        }
        permit.settle(&news);
        tracing::debug!(endpoint = %call.endpoint, status = answer.status, took_ms = started.elapsed().as_millis(), "called Discord");
        answer.outcome()
    }
}

/// How a try ended, in one word for the gauges.
fn outcome(attempted: &Result<Value, RestError>) -> &'static str {
    match attempted {
        Ok(_) | Err(RestError::Undecodable(_)) => "done",
        Err(RestError::Rejected { .. }) => "refused",
        Err(RestError::Limited { .. }) => "limited",
        Err(RestError::Ambiguous { .. }) => "unclear",
        Err(RestError::NotSent(_)) => "not_sent",
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("base", &self.shared.wire.base()).finish_non_exhaustive()
    }
}
