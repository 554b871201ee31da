//! What was asked over REST and what was answered: in memory, and in a file if wanted, in the form the validator reads.
//! Never keeps the Authorization header, only whether it was right.

use crate::id::Id;
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// One REST exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the request was read, by the playground's clock.
    pub at: DateTime<Utc>,
    /// The same on a clock that never jumps.
    pub since: Instant,
    /// How long until the answer was ready, delays by faults included.
    pub took: Duration,
    /// `GET`, `POST`, …
    pub method: String,
    /// Path without `/api/v10`, with its query.
    pub path: String,
    /// The route, e.g. `/channels/{channel}/messages`; empty if there is none.
    pub route: &'static str,
    /// The body; multipart requests: their `payload_json`.
    pub body: Value,
    /// Status answered; 0 if the connection was dropped.
    pub status: u16,
    /// Body answered.
    pub response: Value,
    /// `X-Audit-Log-Reason` as sent.
    pub reason: Option<String>,
    /// The other headers, all but `Authorization`.
    pub headers: Vec<(String, String)>,
    /// Was the token there and right?
    pub authorized: bool,
    /// Did it change the world? False for refusals and faults that kept it away.
    pub applied: bool,
}

impl Exchange {
    /// Does the method and the route match? `*` in the route stands for one part of the path.
    pub fn is(&self, method: &str, route: &str) -> bool {
        self.method == method && crate::fault::fits(route, self.path.split('?').next().unwrap_or_default())
    }

    /// The `n`-th id in the path.
    pub fn id(&self, n: usize) -> Option<Id> {
        self.path.split(['/', '?']).filter_map(|part| part.parse().ok()).nth(n)
    }

    fn line(&self) -> Value {
        let mut headers = json!({ "authorized": self.authorized });
        if let Some(reason) = &self.reason {
            headers["x-audit-log-reason"] = json!(reason);
        }
        json!({ "method": self.method, "path": format!("/api/v10{}", self.path), "body": self.body, "status": self.status,
            "response": self.response, "headers": headers, "at": self.at.to_rfc3339(), "took_ms": self.took.as_secs_f64() * 1000.0 })
    }
}

/// All exchanges so far.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub calls: Vec<Exchange>,
    pub unknown_routes: Vec<String>,
    file: Option<File>,
}

impl Journal {
    /// Writes from now on to a file, replacing it.
    pub fn record_to(&mut self, path: &Path) -> Result<()> {
        self.file = Some(File::create(path).with_context(|| format!("creating the record {}", path.display()))?);
        Ok(())
    }

    /// Adds an exchange.
    pub fn add(&mut self, exchange: Exchange) {
        if let Some(file) = &mut self.file
            && exchange.status != 0
            && let Err(error) = writeln!(file, "{}", exchange.line())
        {
            tracing::error!(%error, "the record of REST exchanges cannot be written; it stops here");
            self.file = None;
        }
        self.calls.push(exchange);
    }

    /// Notes a route nobody knows, loudly.
    pub fn unknown(&mut self, method: &str, path: &str) {
        eprintln!("playground: UNKNOWN ROUTE {method} {path}");
        self.unknown_routes.push(format!("{method} {path}"));
    }
}
