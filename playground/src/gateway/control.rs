//! The switches of the gateway, for tests: every way a connection can go wrong, on demand.
//! Never changes the world, except where a guild goes away or comes back.

use super::session::{Miss, Session};
use crate::{hub::Hub, id::Id};
use serde_json::{Value, json};
use std::time::Duration;

/// The gateway's switches; from [`crate::Playground::gateway`].
#[derive(Clone)]
pub struct Gateway {
    pub(crate) hub: Hub,
}

impl Gateway {
    /// How often a client identified (whether it was let in or not).
    pub fn identifies(&self) -> u32 {
        self.hub.look(|state| state.sessions.identifies)
    }

    /// How often a client tried to resume.
    pub fn resumes(&self) -> u32 {
        self.hub.look(|state| state.sessions.resumes)
    }

    /// How many heartbeats arrived.
    pub fn heartbeats(&self) -> u32 {
        self.hub.look(|state| state.sessions.heartbeats)
    }

    /// How many sessions have a socket now.
    pub fn connected(&self) -> usize {
        self.hub.look(|state| state.sessions.list.iter().filter(|session| session.connected()).count())
    }

    /// Waits until this many sessions have a socket.
    pub async fn wait_connected(&self, count: usize, patience: Duration) -> anyhow::Result<()> {
        let enough = self.hub.wait_until(patience, |state| {
            (state.sessions.list.iter().filter(|session| session.connected()).count() >= count).then_some(())
        });
        enough.await.ok_or_else(|| anyhow::anyhow!("not {count} gateway sessions after {patience:?}"))
    }

    /// Op 7: please reconnect and resume.
    pub fn reconnect(&self) {
        self.each(|session| session.signal(&json!({ "op": 7, "s": null, "t": null, "d": null })));
    }

    /// Op 9: the session is invalid; `resumable` says whether it may be resumed all the same.
    pub fn invalidate(&self, resumable: bool) {
        self.each(|session| session.signal(&json!({ "op": 9, "s": null, "t": null, "d": resumable })));
        if !resumable {
            self.hub.change(|state| state.sessions.list.clear());
        }
    }

    /// Closes every socket with a code (4000, 4004, 4009, …).
    pub fn close(&self, code: u16) {
        self.each(|session| session.close(code));
    }

    /// Cuts every socket without a close frame.
    pub fn cut(&self) {
        self.each(Session::cut);
    }

    /// Makes the present sockets zombies (open, but no acknowledgement and no event), or wakes them. New sockets are well.
    pub fn blackhole(&self, on: bool) {
        self.each(|session| session.set_deaf(on));
    }

    /// Refuses WebSocket upgrades with 503.
    pub fn refuse_connections(&self, on: bool) {
        self.hub.change(|state| state.sessions.switches.refuse_connections = on);
    }

    /// Answers every RESUME with op 9 `false`.
    pub fn refuse_resumes(&self, on: bool) {
        self.hub.change(|state| state.sessions.switches.refuse_resumes = on);
    }

    /// Closes every IDENTIFY with this code; `None` lets them in again.
    pub fn close_identifies(&self, code: Option<u16>) {
        self.hub.change(|state| state.sessions.switches.close_identify = code);
    }

    /// Sends each of the next `n` events twice.
    pub fn duplicate(&self, n: u32) {
        self.hub.change(|state| state.sessions.switches.duplicate = n);
    }

    /// Lets events be missed from now on; [`Miss::Nothing`] ends it.
    pub fn miss(&self, miss: Miss) {
        self.hub.change(|state| state.sessions.switches.miss = miss);
    }

    /// Delays every event from now on; heartbeats are answered at once.
    pub fn delay(&self, by: Duration) {
        self.hub.change(|state| state.sessions.switches.delay = by);
    }

    /// The heartbeat interval told to sockets that connect from now on.
    pub fn heartbeat_every(&self, interval: Duration) {
        self.hub.change(|state| state.sessions.switches.heartbeat = interval);
    }

    /// Sends any event to every session, as given: unknown types, broken payloads, forged ones.
    pub fn dispatch(&self, name: &str, data: &Value) {
        self.hub.change(|state| state.broadcast(name, 0, data));
    }

    /// An outage: GUILD_DELETE with `unavailable`, no events until [`Gateway::guild_back`].
    pub fn guild_unavailable(&self, guild: Id) {
        self.hub.change(|state| {
            if let Some(guild) = state.guilds.get_mut(&guild) {
                guild.unavailable = true;
            }
            state.broadcast("GUILD_DELETE", 1, &json!({ "id": guild.to_string(), "unavailable": true }));
        });
    }

    /// The outage is over: GUILD_CREATE.
    pub fn guild_back(&self, guild: Id) {
        self.hub.change(|state| {
            let Some(found) = state.guilds.get_mut(&guild) else { return };
            found.unavailable = false;
            let event = state.guild_event(&state.guilds[&guild]);
            state.broadcast("GUILD_CREATE", 1, &event);
        });
    }

    /// Somebody invites the app: GUILD_CREATE, long after READY.
    pub fn guild_joined(&self, guild: Id) {
        self.hub.change(|state| {
            let Some(found) = state.guilds.get_mut(&guild) else { return };
            state.app.join(found);
            let event = state.guild_event(&state.guilds[&guild]);
            state.broadcast("GUILD_CREATE", 1, &event);
        });
    }

    /// The app is thrown out: GUILD_DELETE without `unavailable`; its requests there fail from now on.
    pub fn guild_left(&self, guild: Id) {
        self.hub.change(|state| {
            let me = state.app.id;
            if let Some(found) = state.guilds.get_mut(&guild) {
                found.members.remove(&me);
            }
            state.broadcast("GUILD_DELETE", 1, &json!({ "id": guild.to_string() }));
        });
    }

    fn each(&self, act: impl FnMut(&mut Session)) {
        self.hub.change(|state| state.sessions.list.iter_mut().for_each(act));
    }
}
