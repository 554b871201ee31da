//! Schedules: looked at again when who is on call may have changed. Never decides who that is.

use super::App;
use super::fault::Stop;
use crate::domain::id::GuildId;
use crate::domain::name::Name;
use crate::store::Tx;

impl App {
    /// Its overrides or its definition have changed, in this transaction.
    #[expect(clippy::unused_async, reason = "what follows from a change of a schedule is built beside this")]
    pub(super) async fn schedule_changed(&self, _tx: &mut Tx, _guild: GuildId, _schedule: &Name) -> Result<(), Stop> {
        Ok(())
    }
}
