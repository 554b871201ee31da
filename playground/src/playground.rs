//! The playground: starting and stopping it, looking at it, waiting for it, its clock, limits and faults.
//! Never acts for anyone; `people` and `interaction` do.

use crate::{
    channel::Channel,
    fault::Fault,
    gateway::control::Gateway,
    guild::Guild,
    hub::Hub,
    id::{Id, Key},
    journal::Exchange,
    limit::Limits,
    mention::Ping,
    message::Message,
    net::Cuttable,
    rest,
    state::{State, Times},
    world::World,
};
use anyhow::{Context, Result};
use axum::{Router, routing::any};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};
use tokio::{net::TcpListener, sync::oneshot};

/// How long an act waits for slow sessions to take its events.
const SETTLE: Duration = Duration::from_secs(1);

/// A running local Discord; it stops when dropped.
pub struct Playground {
    pub(crate) hub: Hub,
    url: String,
    stop: Option<oneshot::Sender<()>>,
}

/// What [`Playground::wait_for`] looks at.
pub struct Look<'a> {
    state: &'a State,
}

impl Playground {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When the port or the record file cannot be opened.
    pub async fn start(world: World) -> Result<Self> {
        Self::start_at(world, 0).await
    }

    /// Starts on a port of your choice.
    ///
    /// # Errors
    /// When the port or the record file cannot be opened.
    pub async fn start_at(world: World, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("opening the playground's port")?;
        let url = format!("http://{}", listener.local_addr().context("reading the playground's port")?);
        let mut state = world.build()?;
        state.url.clone_from(&url);
        let hub = Hub::new(state);
        let app = Router::new().fallback(any(rest::serve)).with_state(hub.clone());
        let service = app.into_make_service_with_connect_info::<crate::net::Switch>();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(Cuttable(listener), service).with_graceful_shutdown(async {
            // Dropping the sender is the signal as well.
            stopped.await.ok();
        });
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the playground's server stopped");
            }
        });
        Ok(Self { hub, url, stop: Some(stop) })
    }

    /// `http://127.0.0.1:PORT`: what stands for `https://discord.com`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The app's token.
    pub fn token(&self) -> String {
        self.hub.look(|state| state.app.token.clone())
    }

    /// The app's id, which is also its user id.
    pub fn app_id(&self) -> Id {
        self.hub.look(|state| state.app.id)
    }

    /// The gateway's switches.
    pub fn gateway(&self) -> Gateway {
        Gateway { hub: self.hub.clone() }
    }

    /// The playground's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.hub.look(State::now)
    }

    /// Skips time: timestamps, interaction tokens, nonces and message ages are older at once. Timers of the app are not touched.
    pub fn advance(&self, by: Duration) {
        self.hub.change(|state| state.advance(by));
    }

    /// Changes Discord's deadlines.
    pub fn times(&self, change: impl FnOnce(&mut Times)) {
        self.hub.change(|state| change(&mut state.times));
    }

    /// Replaces the rate limits; counting begins anew.
    pub fn limits(&self, limits: Limits) {
        self.hub.change(|state| state.limits = limits);
    }

    /// How many requests the present limits refused with 429. Faults are not counted; see [`Playground::calls`].
    pub fn refused_by_limits(&self) -> u32 {
        self.hub.look(|state| state.limits.refused())
    }

    /// Refuses edits of messages older than an hour with 30046.
    pub fn refuse_old_edits(&self, on: bool) {
        self.hub.change(|state| state.edits_of_old_refused = on);
    }

    /// Adds a fault and says its number.
    pub fn fault(&self, fault: Fault) -> u64 {
        self.hub.change(|state| state.faults.add(fault))
    }

    /// How many requests a fault has hit.
    pub fn hits(&self, fault: u64) -> u32 {
        self.hub.look(|state| state.faults.hits(fault))
    }

    /// Ends a fault.
    pub fn end_fault(&self, fault: u64) {
        self.hub.change(|state| state.faults.remove(fault));
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.hub.change(|state| state.faults.clear());
    }

    /// Every REST exchange so far.
    pub fn calls(&self) -> Vec<Exchange> {
        self.hub.look(|state| state.journal.calls.clone())
    }

    /// Exchanges of one method and path pattern (`*`: one part).
    pub fn calls_to(&self, method: &str, path: &str) -> Vec<Exchange> {
        self.hub.look(|state| state.journal.calls.iter().filter(|call| call.is(method, path)).cloned().collect())
    }

    /// Forgets the exchanges so far.
    pub fn forget_calls(&self) {
        self.hub.change(|state| state.journal.calls.clear());
    }

    /// Requests to routes the playground does not have. A test asserts that there are none.
    pub fn unknown_routes(&self) -> Vec<String> {
        self.hub.look(|state| state.journal.unknown_routes.clone())
    }

    /// A channel or thread by name or id.
    ///
    /// # Errors
    /// When there is none.
    pub fn channel(&self, channel: impl Into<Key>) -> Result<Channel> {
        self.hub.look(|state| Look { state }.channel(channel))
    }

    /// All channels and threads of all guilds, oldest id first.
    pub fn channels(&self) -> Vec<Channel> {
        self.hub.look(|state| Look { state }.channels())
    }

    /// A guild.
    pub fn guild(&self, id: Id) -> Option<Guild> {
        self.hub.look(|state| state.guilds.get(&id).cloned())
    }

    /// The messages of a channel, oldest first, ephemeral ones included; empty if there is no such channel.
    pub fn messages(&self, channel: impl Into<Key>) -> Vec<Message> {
        self.hub.look(|state| Look { state }.messages(channel))
    }

    /// One message, wherever it is.
    pub fn message(&self, id: Id) -> Option<Message> {
        self.hub.look(|state| Look { state }.message(id))
    }

    /// The newest message of a channel.
    pub fn last(&self, channel: impl Into<Key>) -> Option<Message> {
        self.hub.look(|state| Look { state }.last(channel))
    }

    /// Pinned messages, newest pin first.
    pub fn pins(&self, channel: impl Into<Key>) -> Vec<Message> {
        self.hub.look(|state| Look { state }.pins(channel))
    }

    /// The direct messages between the app and someone, oldest first.
    pub fn dms(&self, user: impl Into<Key>) -> Vec<Message> {
        self.hub.look(|state| Look { state }.dms(user))
    }

    /// Who was really notified, in order.
    pub fn pings(&self) -> Vec<Ping> {
        self.hub.look(|state| state.pings.clone())
    }

    /// Who was mentioned by messages with SUPPRESS_NOTIFICATIONS: shown, not pushed.
    pub fn quiet_pings(&self) -> Vec<Ping> {
        self.hub.look(|state| state.quiet_pings.clone())
    }

    /// The registered commands, global ones first, as Discord returns them.
    pub fn commands(&self) -> Vec<Value> {
        self.hub.look(|state| Look { state }.commands())
    }

    /// Someone's permission bits in a channel; 0 for strangers.
    pub fn permissions(&self, user: impl Into<Key>, channel: impl Into<Key>) -> u64 {
        let (user, channel) = (user.into(), channel.into());
        self.hub.look(|state| {
            state
                .find_user(&user)
                .and_then(|user| Ok(state.permissions(state.find_channel(&channel)?, user)))
                .unwrap_or(0)
        })
    }

    /// Looks after every change until there is something to see. The look holds the world still: ask it, not the playground.
    ///
    /// # Errors
    /// When the patience is over; the error lists the calls since, to see what happened instead.
    pub async fn wait_for<T>(&self, patience: Duration, mut seen: impl FnMut(&Look<'_>) -> Option<T>) -> Result<T> {
        let found = self.hub.wait_until(patience, |state| seen(&Look { state })).await;
        found.with_context(|| format!("not seen within {patience:?}; the last calls were:\n{}", self.last_calls(12)))
    }

    fn last_calls(&self, count: usize) -> String {
        let calls = self.calls();
        let lines = calls
            .iter()
            .rev()
            .take(count)
            .rev()
            .map(|call| format!("  {} {} -> {}", call.method, call.path, call.status));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Waits until every prompt session has been sent what was queued for it; deaf and delayed ones are not waited for.
    pub(crate) async fn settle(&self) {
        let pending = self.hub.look(|state| state.sessions.pending());
        let all = async {
            for (queued, mut written) in pending {
                // A socket that went away has nothing left to write.
                written.wait_for(|count| *count >= queued).await.ok();
            }
        };
        tokio::time::timeout(SETTLE, all).await.ok();
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        self.gateway().cut();
        self.stop.take();
    }
}

impl Look<'_> {
    /// See [`Playground::channel`].
    ///
    /// # Errors
    /// When there is none.
    pub fn channel(&self, channel: impl Into<Key>) -> Result<Channel> {
        let id = self.state.find_channel(&channel.into())?;
        Ok(self.state.channels[&id].clone())
    }

    /// See [`Playground::channels`].
    pub fn channels(&self) -> Vec<Channel> {
        self.state.channels.values().filter(|channel| channel.guild.is_some()).cloned().collect()
    }

    /// See [`Playground::messages`].
    pub fn messages(&self, channel: impl Into<Key>) -> Vec<Message> {
        let found = self.state.find_channel(&channel.into()).ok().and_then(|id| self.state.messages.get(&id));
        found.map(|all| all.values().cloned().collect()).unwrap_or_default()
    }

    /// See [`Playground::message`].
    pub fn message(&self, id: Id) -> Option<Message> {
        self.state.messages.values().find_map(|all: &BTreeMap<Id, Message>| all.get(&id)).cloned()
    }

    /// How many messages a channel holds; cheap even after a storm.
    pub fn count(&self, channel: impl Into<Key>) -> usize {
        let found = self.state.find_channel(&channel.into()).ok().and_then(|id| self.state.messages.get(&id));
        found.map_or(0, BTreeMap::len)
    }

    /// The newest message of a channel; cheap even after a storm.
    pub fn last(&self, channel: impl Into<Key>) -> Option<Message> {
        let found = self.state.find_channel(&channel.into()).ok().and_then(|id| self.state.messages.get(&id));
        found.and_then(|all| all.values().next_back()).cloned()
    }

    /// See [`Playground::pins`].
    pub fn pins(&self, channel: impl Into<Key>) -> Vec<Message> {
        let found = self.state.find_channel(&channel.into()).ok();
        found.map(|id| self.state.pinned(id).into_iter().cloned().collect()).unwrap_or_default()
    }

    /// See [`Playground::dms`].
    pub fn dms(&self, user: impl Into<Key>) -> Vec<Message> {
        let user = self.state.find_user(&user.into()).ok();
        let channel =
            self.state.channels.values().find(|channel| channel.recipient.is_some() && channel.recipient == user);
        channel.map(|channel| self.messages(channel.id)).unwrap_or_default()
    }

    /// See [`Playground::pings`].
    pub fn pings(&self) -> &[Ping] {
        &self.state.pings
    }

    /// See [`Playground::calls`].
    pub fn calls(&self) -> &[Exchange] {
        &self.state.journal.calls
    }

    /// See [`Playground::commands`].
    pub fn commands(&self) -> Vec<Value> {
        let (global, local): (Vec<_>, Vec<_>) = self.state.commands.iter().partition(|command| command.guild.is_none());
        global.into_iter().chain(local).map(|command| command.json.clone()).collect()
    }
}
