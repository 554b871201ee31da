//! Schedules: looked at again when who is on call may have changed. Never decides who that is.

use std::sync::Arc;

use super::fault::Stop;
use super::{App, Fault};
use crate::domain::definition::Set;
use crate::domain::id::GuildId;
use crate::domain::name::Name;
use crate::domain::schedule::Override;
use crate::store::{StoreError, Tx, guild as guilds};

impl App {
    /// The definitions in force in a guild, and the overrides of one of its schedules.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn rota(&self, guild: GuildId, schedule: &Name) -> Result<(Arc<Set>, Vec<Override>), Fault> {
        let app = self.clone();
        let read = self.store().read(move |conn| Box::pin(async move { app.facts(conn, guild, None).await }));
        let mut facts = read.await.map_err(|stop: Stop| stop.fault("read a schedule"))?;
        Ok((facts.live, facts.overrides.remove(schedule).unwrap_or_default()))
    }

    /// The guilds that have definitions, or had some.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn guilds(&self) -> Result<Vec<GuildId>, Fault> {
        let read = self.store().read(|conn| Box::pin(async move { guilds::revisions(conn).await }));
        let known = read.await.map_err(|why: StoreError| Fault::new("look for servers", why))?;
        Ok(known.into_iter().filter(|(_, revision)| *revision > 0).map(|(guild, _)| guild).collect())
    }

    /// Its overrides or its definition have changed, in this transaction.
    #[expect(
        dead_code,
        clippy::unused_async,
        reason = "what changes schedules, and what follows from it, is built beside this"
    )]
    pub(super) async fn schedule_changed(&self, _tx: &mut Tx, _guild: GuildId, _schedule: &Name) -> Result<(), Stop> {
        Ok(())
    }
}
