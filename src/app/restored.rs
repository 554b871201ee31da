//! The start on a database that is a backup: what happened since it was made is not known. Every open incident and call says so and asks; pages
//! that wait, wait until people have had time to answer. Decides nothing about an incident: that is `domain`.

use super::fault::Stop;
use super::{App, Fault};
use crate::domain::call::Input;
use crate::domain::id::Timestamp;
use crate::domain::incident::{self as domain, STANDS_FOR};
use crate::store::{Tx, call, incident, install, outbox};

/// The word of the pages in the outbox.
const PAGES: &str = "send_post";

impl App {
    /// At the start, before anything is delivered: takes note that the database is a backup, once. `None`: it is not.
    ///
    /// # Errors
    /// A fault of the store: nothing was noted, the next start does it.
    pub async fn take_note_of_restore(&self) -> Result<Option<Timestamp>, Fault> {
        let app = self.clone();
        let noted = self.store().write(move |tx| Box::pin(async move { app.note_restore(tx).await }));
        noted.await.map_err(|stop: Stop| stop.fault("take note that the database is a backup"))
    }

    async fn note_restore(&self, tx: &mut Tx) -> Result<Option<Timestamp>, Stop> {
        let Some(backup_at) = install::take_backup_at(tx).await? else { return Ok(None) };
        let until = self.now() + STANDS_FOR;
        outbox::hold(tx, PAGES, until).await?;
        let open = incident::live_ids(tx).await?;
        tracing::warn!(%backup_at, open = open.len(), "this database was restored from a backup: open incidents are asked about");
        for id in open {
            match self.change(tx, id, domain::Input::Restored { backup_at }).await {
                // One that cannot be read keeps the others from nothing.
                Err(stop @ Stop::Unreadable { .. }) => {
                    let fault = stop.fault("ask about an incident");
                    tracing::error!(%fault, incident = id.0, "an incident was restored and cannot be read");
                }
                changed => drop(changed?),
            }
        }
        for id in call::live_ids(tx).await? {
            match self.change_call(tx, id, Input::Restored).await {
                Err(stop @ Stop::Unreadable { .. }) => {
                    let fault = stop.fault("ask about a call");
                    tracing::error!(%fault, call = id.0, "a call was restored and cannot be read");
                }
                changed => drop(changed?),
            }
        }
        Ok(Some(backup_at))
    }
}
