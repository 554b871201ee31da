//! Everything that knows Discord: what people type and press becomes a request, effects become calls. Decides nothing.
//!
//! Reading order: `gateway` hears · `parse` understands · `interaction`, `messages` and `catch_up` hand it to `app` and bring
//! back the reply · `survey` reads the guild · `deliver`, `room`, `access` and `oncall` carry out what the outbox asks for · `draw` says how it
//! looks · `rest` calls · `door` keeps deliveries until Discord was reached.

mod access;
mod catch_up;
mod deliver;
mod door;
mod gates;
pub mod gateway;
mod interaction;
mod messages;
mod oncall;
mod room;
mod shape;
mod upload;
mod welcome;

pub mod commands;
pub mod draw;
pub mod markdown;
pub mod parse;
pub mod rest;
pub mod survey;
pub mod typed;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serenity::model::id as wire;

use crate::app::App;
use crate::domain::id::{ChannelId, GuildId, MessageId, RoleId, Timestamp, UserId};
use draw::Scene;
use gates::Gates;
use rest::{Call, Endpoint, Lane, Rest, RestError};

pub use door::Door;
pub use gateway::Stopped;

/// How long a call for a page may wait for its turn: what does not go out in that time is tried again by the outbox.
const PAGE_PATIENCE: Duration = Duration::from_secs(4);

/// How long an outage of a guild is believed without asking.
const AWAY_TRUSTED: Duration = Duration::from_secs(60);
/// Two events that far apart may have been read in the wrong order; an outage lasts longer.
const JUST_NOW: TimeDelta = TimeDelta::milliseconds(100);

/// The bot as Discord knows it. Cheap to clone; one a process.
#[derive(Clone)]
pub struct Discord(Arc<Inner>);

struct Inner {
    rest: Rest,
    app: App,
    token: SecretString,
    base: String,
    /// The guilds that are served; `None`: all.
    guilds: Option<Vec<GuildId>>,
    me: UserId,
    gates: Gates,
    /// Guilds that Discord cannot serve at present.
    away: Mutex<HashSet<GuildId>>,
    /// When a guild was last said to be served.
    served_at: Mutex<HashMap<GuildId, Timestamp>>,
    /// Kinds of events that could not be decoded, each logged once.
    unknown: Mutex<HashSet<String>>,
    /// Direct channels by person: they never change.
    dms: Mutex<HashMap<UserId, ChannelId>>,
    /// The category that the bot found or made for its channels.
    categories: Mutex<HashMap<GuildId, ChannelId>>,
    rooms: room::Unmade,
    answered: interaction::Answered,
}

impl Discord {
    /// Asks Discord who we are. `base`: `https://discord.com`, or a proxy or playground in its place; `guilds`: which to serve.
    ///
    /// # Errors
    /// [`Stopped`] where the token is refused; otherwise why Discord could not be asked.
    pub async fn connect(
        token: SecretString,
        base: &str,
        app: App,
        guilds: Option<Vec<GuildId>>,
    ) -> anyhow::Result<Discord> {
        let rest = Rest::new(token.clone(), base)?;
        let me = match survey::me(&rest).await {
            Ok(me) => me,
            Err(RestError::Rejected { status: 401, .. }) => return Err(Stopped::TokenRefused.into()),
            Err(error) => return Err(anyhow::anyhow!("asking Discord who the bot is: {error}")),
        };
        Ok(Discord(Arc::new(Inner {
            rest,
            app,
            token,
            base: base.trim_end_matches('/').to_owned(),
            guilds,
            me,
            gates: Gates::default(),
            away: Mutex::default(),
            served_at: Mutex::default(),
            unknown: Mutex::default(),
            dms: Mutex::default(),
            categories: Mutex::default(),
            rooms: room::Unmade::default(),
            answered: interaction::Answered::default(),
        })))
    }

    pub fn rest(&self) -> &Rest {
        &self.0.rest
    }

    /// The bot's own user, which is also its application.
    pub fn me(&self) -> UserId {
        self.0.me
    }

    /// Registers the slash commands where Discord's differ from ours.
    ///
    /// # Errors
    /// Why Discord could not be asked or told.
    pub async fn register_commands(&self) -> Result<bool, RestError> {
        let registered = self.rest().call(Call::new(Endpoint::global_commands(self.application()))).await?;
        let differ = commands::differs(&registered);
        if differ {
            self.rest()
                .call(Call::new(Endpoint::put_global_commands(self.application())).body(commands::all()))
                .await?;
        }
        Ok(differ)
    }

    fn app(&self) -> &App {
        &self.0.app
    }

    fn token(&self) -> &str {
        self.0.token.expose_secret()
    }

    fn application(&self) -> wire::ApplicationId {
        wire::ApplicationId::new(self.me().0.max(1))
    }

    /// Whether a guild is one of those we serve.
    fn serves(&self, guild: GuildId) -> bool {
        self.0.guilds.as_ref().is_none_or(|served| served.contains(&guild))
    }

    /// Whether Discord has said that it cannot serve this guild at present.
    fn is_away(&self, guild: GuildId) -> bool {
        lock(&self.0.away).contains(&guild)
    }

    /// Discord cannot serve a guild. It says so again when it can; but events come in no order, and a guild that is held back for ever
    /// would be the worst of all outages: so Discord is asked, too, until it is served or a new session begins.
    async fn went_away(&self, guild: GuildId) {
        let session = self.0.gates.session();
        lock(&self.0.away).insert(guild);
        loop {
            tokio::time::sleep(AWAY_TRUSTED).await;
            if !self.is_away(guild) || self.0.gates.session() != session {
                return;
            }
            if self.guild(guild, Lane::Page).await.is_ok() {
                self.is_back(guild).await;
                return self.catch_up(guild).await;
            }
        }
    }

    /// The word that it was out of reach may be read after the word that it is back, for events come in no order: who hears it
    /// then asks Discord.
    fn was_just_served(&self, guild: GuildId) -> bool {
        let now = self.app().now();
        lock(&self.0.served_at).get(&guild).is_some_and(|at| now - *at < JUST_NOW)
    }

    /// A guild is served again: what waited for it goes out now.
    async fn is_back(&self, guild: GuildId) {
        lock(&self.0.served_at).insert(guild, self.app().now());
        let was_away = lock(&self.0.away).remove(&guild);
        if was_away && let Err(fault) = self.app().back_in(guild).await {
            tracing::warn!(%fault, %guild, "what waited for a server goes out later");
        }
    }

    fn scene(&self, guild: GuildId) -> Scene {
        Scene { guild, now: self.app().now() }
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, RestError> {
        let answer = self.rest().call(call).await?;
        serde_json::from_value(answer).map_err(|why| RestError::Undecodable(why.to_string()))
    }

    async fn guild(&self, guild: GuildId, lane: Lane) -> Result<shape::Guild, RestError> {
        self.ask(urgent(Endpoint::guild(guild_id(guild)), lane)).await
    }

    async fn member(&self, guild: GuildId, user: UserId, lane: Lane) -> Result<shape::Member, RestError> {
        self.ask(urgent(Endpoint::member(guild_id(guild), user_id(user)), lane)).await
    }

    async fn channel(&self, channel: ChannelId, lane: Lane) -> Result<shape::Channel, RestError> {
        self.ask(urgent(Endpoint::channel(channel_id(channel)), lane)).await
    }

    /// The direct channel with somebody.
    async fn dm(&self, user: UserId) -> Result<ChannelId, RestError> {
        if let Some(known) = lock(&self.0.dms).get(&user) {
            return Ok(*known);
        }
        let call = urgent(Endpoint::create_dm(), Lane::Page).body(json!({ "recipient_id": user }));
        let opened: shape::Channel = self.ask(call).await?;
        lock(&self.0.dms).insert(user, opened.id);
        Ok(opened.id)
    }
}

/// A call whose patience fits its lane.
fn urgent(endpoint: Endpoint, lane: Lane) -> Call {
    let call = Call::new(endpoint).lane(lane);
    if lane == Lane::Page { call.patience(PAGE_PATIENCE) } else { call }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The id of a message that Discord has just taken.
fn message_of(answer: &Value) -> Result<MessageId, RestError> {
    let id = answer["id"].as_str().and_then(|id| id.parse().ok());
    id.ok_or_else(|| RestError::Undecodable("a message without an id".to_owned()))
}

// serenity's ids cannot be zero; ours can, where somebody wrote one. Discord knows nothing with the id 1 either.

fn guild_id(id: GuildId) -> wire::GuildId {
    wire::GuildId::new(id.0.max(1))
}

fn channel_id(id: ChannelId) -> wire::ChannelId {
    wire::ChannelId::new(id.0.max(1))
}

fn message_id(id: MessageId) -> wire::MessageId {
    wire::MessageId::new(id.0.max(1))
}

fn user_id(id: UserId) -> wire::UserId {
    wire::UserId::new(id.0.max(1))
}

fn role_id(id: RoleId) -> wire::RoleId {
    wire::RoleId::new(id.0.max(1))
}
