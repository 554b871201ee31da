//! A server that Muster was removed from, and one that Discord cannot serve for a while. Neither is told anything.

use super::fault::Stop;
use super::{App, Fault};
use crate::domain::call;
use crate::domain::id::{CallId, GuildId, IncidentId};
use crate::domain::incident::Input;
use crate::store::audit::AuditRow;
use crate::store::{Tx, audit, call as calls, incident as incidents, outbox};
use crate::words;

impl App {
    /// Muster was removed from a server: nobody there is called any more, and nothing waits to be said there. What is open stays open;
    /// should Muster be invited again, people decide what becomes of it.
    ///
    /// # Errors
    /// A fault of the store, after everything was tried; what could not be stopped fails at Discord, delivery by delivery.
    pub async fn removed_from(&self, guild: GuildId) -> Result<(), Fault> {
        let (open, asking) = self.live_in(guild).await?;
        let mut first = Ok(());
        for incident in &open {
            first = first.and(self.stop_incident(*incident).await);
        }
        for call in &asking {
            first = first.and(self.stop_call(*call).await);
        }
        let app = self.clone();
        let ended = self.store().write(move |tx| Box::pin(async move { app.nothing_is_said_in(tx, guild).await }));
        let ended: u64 = ended.await.map_err(|stop: Stop| stop.fault("end the deliveries to a lost server"))?;
        let (incidents, calls) = (open.len(), asking.len());
        tracing::warn!(%guild, incidents, calls, deliveries = ended, "Muster was removed from a server: nobody is called there");
        first
    }

    /// A server is back after an outage at Discord: what waited for it is due now.
    ///
    /// # Errors
    /// A fault of the store; what waits goes out when its own wait is over.
    pub async fn back_in(&self, guild: GuildId) -> Result<(), Fault> {
        let now = self.now();
        let due = self.store().write(move |tx| Box::pin(async move { outbox::hurry_guild(tx, guild, now).await }));
        let due = due.await.map_err(|why| Fault::new("send what waited for a server", why))?;
        tracing::info!(%guild, deliveries = due, "a server is back after an outage at Discord");
        Ok(())
    }

    async fn live_in(&self, guild: GuildId) -> Result<(Vec<IncidentId>, Vec<CallId>), Fault> {
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let open = incidents::not_over(conn, guild).await?;
                let asking = calls::not_over(conn, guild).await?;
                Ok((open.iter().map(|row| row.id).collect(), asking.iter().map(|row| row.id).collect()))
            })
        });
        found.await.map_err(|stop: Stop| stop.fault("look for what is open in a lost server"))
    }

    async fn stop_incident(&self, id: IncidentId) -> Result<(), Fault> {
        let (app, reason) = (self.clone(), words::REMOVED.to_owned());
        let stopped = self
            .store()
            .write(move |tx| Box::pin(async move { app.change(tx, id, Input::Removed { reason }).await.map(drop) }));
        stopped.await.map_err(|stop: Stop| stop.fault("stop calling for a lost server"))
    }

    async fn stop_call(&self, id: CallId) -> Result<(), Fault> {
        let (app, reason) = (self.clone(), words::REMOVED.to_owned());
        let stopped = self.store().write(move |tx| {
            Box::pin(async move { app.change_call(tx, id, call::Input::Removed { reason }).await.map(drop) })
        });
        stopped.await.map_err(|stop: Stop| stop.fault("stop a call in a lost server"))
    }

    async fn nothing_is_said_in(&self, tx: &mut Tx, guild: GuildId) -> Result<u64, Stop> {
        let now = self.now();
        self.drop_offers(tx, guild).await?;
        let ended = outbox::end_guild(tx, guild, words::REMOVED).await?;
        let entry = AuditRow {
            id: self.mint(now).id(),
            guild_id: guild,
            at: now,
            by_user: None,
            via: "discord".to_owned(),
            what: "removed".to_owned(),
            subject: "server".to_owned(),
            old: None,
            new: Some(format!("{ended} deliveries were given up")),
        };
        audit::add(tx, &entry).await?;
        Ok(ended)
    }
}
