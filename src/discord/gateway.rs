//! The gateway: connects, listens, hands each event on, and comes back when it is lost. Decides nothing about events.
//!
//! Discord allows 1,000 new sessions a day and resets the token of a bot that needs more. serenity reconnects by itself every few
//! seconds; this room watches it, ends what does not get anywhere, and waits longer each time. `app` writes down every session
//! that begins, and says how long the next one waits: that survives a restart. Handlers run one task each and
//! in no order: they commute, by keys and by the gates.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt};
use serde_json::Value;
use serenity::Client;
use serenity::client::{ClientBuilder, Context, RawEventHandler};
use serenity::gateway::{ConnectionStage, GatewayError, ShardManager};
use serenity::http::{Http, HttpBuilder};
use serenity::model::channel::{Reaction, ReactionType};
use serenity::model::event::Event;
use serenity::model::gateway::{GatewayIntents, Ready};
use serenity::model::id::ApplicationId;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::messages::Reacted;
use super::rest::{Call, Endpoint, Lane, RestError};
use super::{Discord, lock};
use crate::domain::id::{ChannelId, GuildId, MessageId, RoleId, UserId};
use crate::domain::permission::Person;
use crate::gauges::GAUGES;

/// Why the bot cannot listen to Discord until somebody changes something. Trying again would only use up sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    #[error(
        "Discord refuses the bot's token. Make a new one under Bot at https://discord.com/developers/applications, \
         put it into DISCORD_TOKEN, and start again."
    )]
    TokenRefused,
    #[error(
        "Discord does not let the bot read messages (close code 4014). Switch on Message Content Intent under Bot at \
         https://discord.com/developers/applications, and start again."
    )]
    IntentsNotGranted,
    #[error("Discord does not know the intents that this version asks for (close code 4013). Update Muster.")]
    IntentsInvalid,
    #[error("The bot is in too many servers for one connection (close code 4011): remove it from some.")]
    TooManyGuilds,
}

/// Longest wait for Discord to let us in, and longest silence after a connection was lost.
const LET_IN_WITHIN: Duration = Duration::from_secs(30);
/// How often the connection is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Waits between connections, doubling; a connection that lasted sets them back. Short: a try that begins no session costs nothing,
/// and one that does waits for its turn as well.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often Discord is asked again whether it allows another session.
const ALLOWED_EVERY: Duration = Duration::from_secs(900);
const LASTED: Duration = Duration::from_secs(600);
/// New sessions within [`LASTED`] before a connection counts as getting nowhere.
const SESSIONS_MAX: u64 = 8;
/// Sessions that serenity may have tried to begin while it was not let in: one every 5 s.
const TRIED_UNSEEN: u32 = 6;
/// Sessions that are kept back of what Discord allows a day.
const SESSIONS_SPARE: u64 = 5;
/// Longest wait of serenity for the address of the gateway, which we know already.
const HTTP_TIMEOUT: Duration = Duration::from_secs(10);
/// Guilds that are caught up at the same time.
const CATCHING_UP_MAX: usize = 4;
/// Kinds of unknown events that are remembered, for each is logged once.
const UNKNOWN_MAX: usize = 100;
/// How long shards of a client that was ended may still appear.
const STRAGGLERS_FOR: u32 = 120;

/// How often a message that overtook its READY looks again; that is one turn of the scheduler.
const NOTICE_EVERY: Duration = Duration::from_millis(5);

/// Stands for "this session has been noticed"; no application has this id. See [`Ears::noticed`].
const NOTICED: ApplicationId = ApplicationId::new(1);

/// Listens until told to stop.
///
/// # Errors
/// [`Stopped`], with what is to be done; everything else is tried again for as long as it takes.
pub async fn run(discord: Discord, stop: CancellationToken) -> Result<(), Stopped> {
    let mut pause = FIRST_PAUSE;
    loop {
        let began = Instant::now();
        match open_and_listen(&discord, &stop).await {
            Ended::Asked => {
                settle(&discord).await;
                return Ok(());
            }
            Ended::For(why) => return Err(why),
            Ended::Lost(why) => tracing::warn!(why, pause_s = pause.as_secs(), "the gateway is lost"),
        }
        if began.elapsed() > LASTED {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = stop.cancelled() => {
                settle(&discord).await;
                return Ok(());
            }
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// How a connection ended.
enum Ended {
    /// We were asked to stop.
    Asked,
    /// For a reason that no other try would change.
    For(Stopped),
    Lost(String),
}

async fn open_and_listen(discord: &Discord, stop: &CancellationToken) -> Ended {
    let opened = tokio::select! {
        () = stop.cancelled() => return Ended::Asked,
        opened = open(discord) => opened,
    };
    match opened {
        Ok(client) => listen(discord, client, stop).await,
        Err(ended) => ended,
    }
}

async fn open(discord: &Discord) -> Result<Client, Ended> {
    my_turn(discord).await;
    let url = match door(discord).await {
        Ok(url) => url,
        Err(RestError::Rejected { status: 401, .. }) => return Err(Ended::For(Stopped::TokenRefused)),
        Err(error) => return Err(Ended::Lost(error.to_string())),
    };
    let client = client(discord, url).await.map_err(|error| Ended::Lost(error.to_string()))?;
    begins(discord, 1).await;
    Ok(client)
}

/// Waits until another session may be begun.
async fn my_turn(discord: &Discord) {
    let wait = discord.app().session_wait().await.unwrap_or_else(|fault| {
        // Discord's own count is asked next; without it nobody would be heard as long as the database is away.
        tracing::error!(%fault, "how many gateway sessions were begun is not known");
        Duration::ZERO
    });
    if !wait.is_zero() {
        tracing::warn!(
            wait_s = wait.as_secs(),
            "too many gateway sessions were begun lately: the next one waits. A wait of up to 300 s ends when Muster is stopped and started"
        );
        sleep(wait).await;
    }
}

/// Writes sessions down: a process that crashes on each must not use up what Discord allows.
async fn begins(discord: &Discord, count: u32) {
    if let Err(fault) = discord.app().session_begins(count).await {
        tracing::error!(%fault, "a gateway session is not written down");
    }
}

/// Told to stop: the next start waits for nothing. Where a loop of ours asked for it by a panic, it is a crash like any other.
async fn settle(discord: &Discord) {
    if GAUGES.lost_loops() > 0 {
        return;
    }
    if let Err(fault) = discord.app().sessions_settle().await {
        tracing::warn!(%fault, "that the gateway is left on purpose is not written down");
    }
}

/// The gateway's address. serenity asks only once and falls back to a fixed one for good, so it is asked here before.
///
/// Waits where Discord has few sessions left for us today.
async fn door(discord: &Discord) -> Result<String, RestError> {
    loop {
        let door = discord.rest().call(Call::new(Endpoint::gateway_bot())).await?;
        let limit = &door["session_start_limit"];
        if limit["remaining"].as_u64().is_none_or(|left| left > SESSIONS_SPARE) {
            let url = door["url"].as_str().map(str::to_owned);
            return url.ok_or_else(|| RestError::Undecodable("the gateway has no address".to_owned()));
        }
        let reset = Duration::from_millis(limit["reset_after"].as_u64().unwrap_or(0)).clamp(LOOK_EVERY, ALLOWED_EVERY);
        tracing::error!(wait_s = reset.as_secs(), "Discord has hardly any gateway session left for this bot today");
        sleep(reset).await;
    }
}

async fn client(discord: &Discord, url: String) -> Result<Client, serenity::Error> {
    let timeouts = reqwest::Client::builder().timeout(HTTP_TIMEOUT).build()?;
    // With serenity's own limiter the proxy would be ignored and the token sent to discord.com.
    let http = HttpBuilder::new(discord.token()).client(timeouts).proxy(&discord.0.base).ratelimiter_disabled(true);
    let intents = GatewayIntents::GUILDS
        | GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::GUILD_MESSAGE_REACTIONS
        | GatewayIntents::DIRECT_MESSAGES
        | GatewayIntents::DIRECT_MESSAGE_REACTIONS
        | GatewayIntents::MESSAGE_CONTENT;
    let ears = Ears { discord: discord.clone(), counted: AtomicBool::new(true) };
    let client = ClientBuilder::new_with_http(http.build(), intents).raw_event_handler(ears).await?;
    *client.ws_url.lock().await = url;
    Ok(client)
}

/// Runs serenity's client, and watches it.
async fn listen(discord: &Discord, mut client: Client, stop: &CancellationToken) -> Ended {
    let shards = client.shard_manager.clone();
    let mut revoked = discord.rest().revoked();
    let sessions = discord.0.gates.session();
    let running: JoinHandle<Result<(), serenity::Error>> = tokio::spawn(async move { client.start().await });
    let ended = tokio::select! {
        () = stop.cancelled() => Ended::Asked,
        _ = revoked.wait_for(|revoked| *revoked) => Ended::For(Stopped::TokenRefused),
        why = watch(discord, &shards) => Ended::Lost(why),
        ended = ended(running) => ended,
    };
    let tried = !shards.runners.lock().await.is_empty();
    if matches!(ended, Ended::Lost(_)) && tried && discord.0.gates.session() == sessions {
        begins(discord, TRIED_UNSEEN).await;
    }
    hang_up(shards).await;
    ended
}

async fn ended(running: JoinHandle<Result<(), serenity::Error>>) -> Ended {
    match running.await {
        Ok(Err(serenity::Error::Gateway(why))) => match why {
            GatewayError::InvalidAuthentication | GatewayError::NoAuthentication => Ended::For(Stopped::TokenRefused),
            GatewayError::DisallowedGatewayIntents => Ended::For(Stopped::IntentsNotGranted),
            GatewayError::InvalidGatewayIntents => Ended::For(Stopped::IntentsInvalid),
            GatewayError::OverloadedShard => Ended::For(Stopped::TooManyGuilds),
            other => Ended::Lost(other.to_string()),
        },
        Ok(Err(other)) => Ended::Lost(other.to_string()),
        Ok(Ok(())) => Ended::Lost("serenity's client has ended".to_owned()),
        Err(_) => Ended::Lost("serenity's client has panicked".to_owned()),
    }
}

/// Returns when serenity gets nowhere: it is not let in, or it begins session after session.
async fn watch(discord: &Discord, shards: &ShardManager) -> String {
    let sessions = || discord.0.gates.session();
    let mut lost_at = Some(Instant::now());
    let mut recent = (Instant::now(), sessions());
    loop {
        sleep(LOOK_EVERY).await;
        let connected = shards.runners.lock().await.values().any(|shard| shard.stage == ConnectionStage::Connected);
        if connected {
            GAUGES.connected(discord.app().now());
        }
        lost_at = if connected { None } else { lost_at.or(Some(Instant::now())) };
        if lost_at.is_some_and(|at| at.elapsed() > LET_IN_WITHIN) {
            return format!("Discord has not let us in for {} s", LET_IN_WITHIN.as_secs());
        }
        if recent.0.elapsed() > LASTED {
            recent = (Instant::now(), sessions());
        }
        if sessions() - recent.1 > SESSIONS_MAX {
            return format!("{SESSIONS_MAX} sessions ended within minutes");
        }
    }
}

/// Ends the client's shards; also one that it was about to start, for two would hear everything twice.
async fn hang_up(shards: Arc<ShardManager>) {
    if !shards.runners.lock().await.is_empty() {
        return shards.shutdown_all().await;
    }
    tokio::spawn(async move {
        for _ in 0..STRAGGLERS_FOR {
            sleep(LOOK_EVERY).await;
            if !shards.runners.lock().await.is_empty() {
                return shards.shutdown_all().await;
            }
        }
    });
}

/// Hears serenity's events, one task each.
struct Ears {
    discord: Discord,
    /// The session that the next READY begins is written down already; those that serenity begins by itself are not.
    counted: AtomicBool,
}

#[serenity::async_trait]
impl RawEventHandler for Ears {
    async fn raw_event(&self, context: Context, event: Event) {
        GAUGES.heard(self.discord.app().now());
        if AssertUnwindSafe(self.hear(&context.http, event)).catch_unwind().await.is_err() {
            GAUGES.panicked();
            tracing::error!("the handler of a gateway event panicked");
        }
    }
}

impl Ears {
    async fn hear(&self, http: &Http, event: Event) {
        let discord = &self.discord;
        match event {
            Event::Ready(ready) => self.began(http, ready.ready).await,
            Event::GuildCreate(created) => {
                self.noticed(http).await;
                let guild = GuildId(created.guild.id.get());
                discord.is_back(guild).await;
                discord.greet(&created.guild).await;
                discord.catch_up(guild).await;
            }
            Event::GuildDelete(gone) => {
                self.noticed(http).await;
                self.is_gone(GuildId(gone.guild.id.get()), gone.guild.unavailable).await;
            }
            Event::MessageCreate(said) => {
                self.noticed(http).await;
                discord.heard_message(json(&said.message), false).await;
            }
            Event::MessageUpdate(said) => {
                self.noticed(http).await;
                discord.heard_message(json(&said), true).await;
            }
            Event::ReactionAdd(added) => {
                if let Some(reacted) = reacted(added.reaction) {
                    discord.heard_reaction(reacted).await;
                }
            }
            Event::InteractionCreate(begun) => discord.heard_interaction(begun.interaction).await,
            Event::Unknown(unknown) => {
                GAUGES.unknown_event();
                self.say_once(&unknown.kind);
            }
            _ => {}
        }
    }

    /// A guild that Discord cannot serve for a while keeps everything; one that has removed us calls nobody any more.
    async fn is_gone(&self, guild: GuildId, outage: bool) {
        let discord = &self.discord;
        discord.0.gates.close(guild);
        tracing::info!(%guild, outage, "a guild is out of reach");
        if outage && discord.was_just_served(guild) && discord.guild(guild, Lane::Page).await.is_ok() {
            discord.catch_up(guild).await;
        } else if outage {
            discord.went_away(guild).await;
        } else if let Err(fault) = discord.app().removed_from(guild).await {
            tracing::error!(%fault, %guild, "not everything was stopped in a server that Muster was removed from");
        }
    }

    /// A kind of event that nobody knows is worth one line, not one for each.
    fn say_once(&self, kind: &str) {
        let mut known = lock(&self.discord.0.unknown);
        if known.len() < UNKNOWN_MAX && known.insert(kind.to_owned()) {
            tracing::warn!(kind, "events of a kind that cannot be decoded are left out");
        }
    }

    /// A new session: nothing is replayed, so everything is read again.
    async fn began(&self, http: &Http, ready: Ready) {
        GAUGES.session();
        let session = self.discord.0.gates.close_all();
        // Which guilds are away is said anew in a new session.
        lock(&self.discord.0.away).clear();
        http.set_application_id(NOTICED);
        if !self.counted.swap(false, Ordering::Relaxed) {
            begins(&self.discord, 1).await;
        }
        tracing::info!(guilds = ready.guilds.len(), session, "connected to Discord");
        let (known, discord) = (ready.guilds, &self.discord);
        let commands = async {
            if let Err(error) = discord.register_commands().await {
                tracing::error!(%error, "the slash commands could not be registered");
            }
        };
        let guilds = futures::stream::iter(known).map(|guild| GuildId(guild.id.get()));
        let caught_up = guilds.for_each_concurrent(CATCHING_UP_MAX, |guild| {
            let discord = discord.clone();
            async move { discord.catch_up(guild).await }
        });
        tokio::join!(commands, caught_up);
    }

    /// Waits until the task of the latest READY has closed the gates, for tasks keep no order and a message that overtakes it
    /// would move the mark over the gap. serenity writes the application's id the moment READY is read, before any task of
    /// that session exists; we overwrite it once the gates are closed. So: any other id means that a READY is still to be noticed.
    async fn noticed(&self, http: &Http) {
        while http.application_id() != Some(NOTICED) {
            sleep(NOTICE_EVERY).await;
        }
    }
}

fn json(said: &impl serde::Serialize) -> Value {
    serde_json::to_value(said).unwrap_or_default()
}

fn reacted(reaction: Reaction) -> Option<Reacted> {
    let ReactionType::Unicode(emoji) = reaction.emoji else { return None };
    let member = reaction.member.as_ref();
    let user = UserId(reaction.user_id?.get());
    let roles = |member: &serenity::model::guild::Member| member.roles.iter().map(|role| RoleId(role.get())).collect();
    let by = member.map(|member| Person {
        user,
        name: member.display_name().to_owned(),
        roles: roles(member),
        manages_guild: false,
    });
    Some(Reacted {
        guild: reaction.guild_id.map(|guild| GuildId(guild.get())),
        channel: ChannelId(reaction.channel_id.get()),
        message: MessageId(reaction.message_id.get()),
        user,
        author: reaction.message_author_id.map(|author| UserId(author.get())),
        emoji,
        bot: member.is_some_and(|member| member.user.bot),
        by,
    })
}
