//! A server that Muster is new in is told once what to do next. One that is set up is not: somebody knows already.

use super::courier::{Address, Outgoing};
use super::drawing::{Drawn, send};
use super::fault::Stop;
use super::outbox::{Work, base36};
use super::save::GuildState;
use super::{App, Fault};
use crate::domain::effect::{Effect, Greeted};
use crate::domain::id::{ChannelId, GuildId, UserId};
use crate::store::{Conn, Tx, guild};
use crate::words;

/// A server as Discord shows it when the bot comes to it, or back to it.
#[derive(Debug, Clone)]
pub struct Joined {
    pub guild: GuildId,
    pub name: String,
    pub owner: UserId,
    /// Where something can be said that is for nobody in particular; none: nowhere.
    pub place: Option<ChannelId>,
}

impl App {
    /// Discord shows a server. If it is new to us, its owner is told what to do next; it counts as told from then on.
    ///
    /// # Errors
    /// A fault of the store; the server is greeted when it is shown again.
    pub async fn joined(&self, joined: Joined) -> Result<(), Fault> {
        let guild = joined.guild;
        let new = self.store().read(move |conn| Box::pin(async move { is_new(conn, guild).await }));
        let told = |stop: Stop| stop.fault("greet a server");
        if !new.await.map_err(told)? {
            return Ok(());
        }
        let app = self.clone();
        let greeted = self.store().write(move |tx| Box::pin(async move { app.greet(tx, &joined).await }));
        greeted.await.map_err(told)
    }

    async fn greet(&self, tx: &mut Tx, joined: &Joined) -> Result<(), Stop> {
        // Locked: another event, or another process, may be greeting at this moment.
        let mut state = GuildState::read(guild::load_state(tx, joined.guild).await?);
        if !is_new(tx, joined.guild).await? {
            return Ok(());
        }
        let now = self.now();
        state.greeted = Some(now);
        guild::save_state(tx, joined.guild, &state.write()).await?;
        let effect =
            Effect::Welcome { server: joined.name.clone(), to: Greeted::Owner(joined.owner), or: joined.place };
        self.put_for_guild(tx, joined.guild, &effect, now).await
    }

    /// The owner takes no direct messages: it is said in the server.
    pub(super) async fn welcome_in(
        &self,
        tx: &mut Tx,
        guild: GuildId,
        server: &str,
        channel: ChannelId,
    ) -> Result<(), Stop> {
        let effect = Effect::Welcome { server: server.to_owned(), to: Greeted::Channel(channel), or: None };
        self.put_for_guild(tx, guild, &effect, self.now()).await
    }

    /// Nothing, where somebody has begun without being told.
    pub(super) async fn draw_welcome(
        &self,
        conn: &mut Conn,
        work: &Work,
        server: &str,
        to: Greeted,
    ) -> Result<Drawn, Stop> {
        if guild::revision(conn, work.guild()).await? > 0 {
            return Ok(Drawn::Drop(None));
        }
        let (address, private) = match to {
            Greeted::Owner(owner) => (Address::Dm(owner), true),
            Greeted::Channel(channel) => (Address::Channel(channel), false),
        };
        let message = Outgoing::Line { text: words::welcome(server, private), controls: Vec::new() };
        Ok(send(address, message, format!("{}o{}", self.0.salt, base36(work.id().0))))
    }
}

async fn is_new(conn: &mut Conn, guild: GuildId) -> Result<bool, Stop> {
    let state = GuildState::read(guild::state(conn, guild).await?);
    Ok(state.greeted.is_none() && guild::revision(conn, guild).await? == 0)
}
