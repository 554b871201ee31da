//! What the desk knows of its own health: asks the database one question, and the watchers in memory. Changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::outbox::Lane;
use super::{App, Fault};
use crate::domain::health::Trouble;
use crate::store::{StoreError, incident, outbox};
use crate::words;

pub use crate::domain::health::{Health, Vitals};

/// A database that needs longer does not answer: commands must be answered in 3 s.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

impl App {
    /// How the desk and its database are now; never waits longer than two seconds.
    pub async fn health(&self) -> Health {
        let began = self.now();
        let asked = tokio::time::timeout(ANSWERS_WITHIN, self.health_of_the_database()).await;
        let took = self.now() - began;
        let mut health = match asked {
            Ok(Ok(health)) => Health { database: Some(took), ..health },
            Ok(Err(fault)) => {
                tracing::debug!(%fault, "the database does not answer");
                Health::default()
            }
            Err(_) => Health::default(),
        };
        health.outage = self.outage();
        health.cramped = self.store().cramped();
        for finding in self.findings() {
            *health.findings.entry(finding.kind).or_default() += 1;
        }
        health
    }

    /// What only the database knows.
    async fn health_of_the_database(&self) -> Result<Health, Fault> {
        let now = self.now();
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let oldest = outbox::oldest_undelivered(conn, Lane::Page.number(), now).await?;
                let open = incident::live_count(conn).await?;
                Ok((oldest, open))
            })
        });
        let (oldest, open) = found.await.map_err(|why: StoreError| Fault::new("ask after its health", why))?;
        Ok(Health {
            oldest_page: oldest.map(|at| now - at),
            open_incidents: u64::try_from(open).unwrap_or(0),
            findings: BTreeMap::new(),
            ..Health::default()
        })
    }
}

/// Troubles as text, one line each.
pub fn said(troubles: &[Trouble]) -> String {
    troubles.iter().map(|trouble| words::trouble(trouble) + "\n").collect()
}
