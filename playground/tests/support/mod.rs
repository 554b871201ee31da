//! A bare bot on serenity, as the real one uses it (proxy, limiter off): it hands every event to the test.
//! Never decides anything.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure here is a failed test")]
#![allow(dead_code, reason = "every test file uses its own part of this")]

use muster_playground::{Id, Playground, World};
use serde_json::Value;
use serenity::{
    all::{ChannelId, GatewayIntents, Http, HttpBuilder, Interaction, Message, MessageId, ShardManager},
    async_trait,
    client::{ClientBuilder, Context, RawEventHandler},
    http::{HttpError, LightMethod, Request, Route},
    model::event::Event,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex, mpsc};

pub const GUILD: Id = 900_000_000_000_000_001;
pub const APP: Id = 900_000_000_000_000_002;
pub const ANA: Id = 900_000_000_000_000_010;
pub const BEN: Id = 900_000_000_000_000_011;
pub const CLEO: Id = 900_000_000_000_000_012;
pub const OLGA: Id = 900_000_000_000_000_019;
pub const ONCALL: Id = 900_000_000_000_000_020;
pub const GENERAL: Id = 900_000_000_000_000_030;
pub const ALERTS: Id = 900_000_000_000_000_031;
pub const MONITOR: Id = 900_000_000_000_000_040;
pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct Bot {
    pub http: Arc<Http>,
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    shards: Arc<ShardManager>,
    done: tokio::task::JoinHandle<Result<(), serenity::Error>>,
}

struct Ear(mpsc::UnboundedSender<Event>);

#[async_trait]
impl RawEventHandler for Ear {
    async fn raw_event(&self, _: Context, event: Event) {
        self.0.send(event).ok();
    }
}

pub fn http(playground: &Playground) -> Http {
    let http = HttpBuilder::new(playground.token()).proxy(playground.url()).ratelimiter_disabled(true).build();
    http.set_application_id(playground.app_id().into());
    http
}

/// The sample world. With `PLAYGROUND_RECORD=folder` every exchange is written there, for the validator of Discord's OpenAPI.
pub fn sample() -> World {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let world = World::sample();
    match std::env::var_os("PLAYGROUND_RECORD") {
        Some(folder) => {
            let name = format!("{}-{}.jsonl", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            world.record_to(std::path::Path::new(&folder).join(name))
        }
        None => world,
    }
}

/// The sample world with a connected bot.
pub async fn world() -> (Playground, Bot) {
    let playground = Playground::start(sample()).await.unwrap();
    let bot = Bot::connect(&playground, GatewayIntents::all()).await;
    (playground, bot)
}

impl Bot {
    /// Connects and waits for READY and the guild.
    pub async fn connect(playground: &Playground, intents: GatewayIntents) -> Self {
        let bot = Self::begin(playground, intents).await;
        bot.wait(|event| matches!(event, Event::Ready(_)).then_some(())).await;
        bot.wait(|event| matches!(event, Event::GuildCreate(_)).then_some(())).await;
        bot
    }

    /// Connects without waiting.
    pub async fn begin(playground: &Playground, intents: GatewayIntents) -> Self {
        let (ear, events) = mpsc::unbounded_channel();
        let builder = ClientBuilder::new_with_http(http(playground), intents).raw_event_handler(Ear(ear));
        let mut client = builder.await.unwrap();
        let (http, shards) = (client.http.clone(), client.shard_manager.clone());
        let done = tokio::spawn(async move { client.start().await });
        Self { http, events: Mutex::new(events), shards, done }
    }

    /// The first coming event that is wanted; an event serenity could not decode fails the test.
    pub async fn wait<T>(&self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let mut events = self.events.lock().await;
        let seeking = async {
            loop {
                let event = events.recv().await.expect("the bot listens");
                if let Event::Unknown(unknown) = &event {
                    panic!("serenity cannot decode {}: {}", unknown.kind, unknown.value);
                }
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, seeking).await.expect("the event comes")
    }

    /// The events that arrived so far.
    pub async fn drain(&self) -> Vec<Event> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut events = self.events.lock().await;
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }

    pub async fn message(&self) -> Message {
        self.wait(|event| match event {
            Event::MessageCreate(created) => Some(created.message.clone()),
            _ => None,
        })
        .await
    }

    pub async fn interaction(&self) -> Interaction {
        self.wait(|event| match event {
            Event::InteractionCreate(created) => Some(created.interaction.clone()),
            _ => None,
        })
        .await
    }

    pub async fn ready(&self) {
        self.wait(|event| matches!(event, Event::Ready(_)).then_some(())).await;
    }

    /// Answers an interaction.
    pub async fn answer(&self, interaction: &Interaction, body: Value) -> Result<(), serenity::Error> {
        self.http.create_interaction_response(interaction.id(), interaction.token(), &body, vec![]).await
    }

    /// Posts a message.
    pub async fn post(&self, channel: Id, body: Value) -> Result<Message, serenity::Error> {
        self.http.send_message(ChannelId::new(channel), vec![], &body).await
    }

    pub async fn edit(&self, channel: Id, message: Id, body: Value) -> Result<Message, serenity::Error> {
        self.http.edit_message(ChannelId::new(channel), MessageId::new(message), &body, vec![]).await
    }

    /// Any request; status and body.
    pub async fn raw(&self, method: LightMethod, route: Route<'_>, body: Option<Value>) -> (u16, Value) {
        let request = Request::new(route, method).body(body.map(|body| body.to_string().into_bytes()));
        match self.http.request(request).await {
            Ok(response) => (response.status().as_u16(), response.json().await.unwrap_or(Value::Null)),
            Err(error) => (status(&error), Value::Null),
        }
    }

    /// Waits for the client to give up, and says why.
    pub async fn gave_up(self) -> Result<(), serenity::Error> {
        tokio::time::timeout(PATIENCE, self.done).await.expect("the client gives up").unwrap()
    }

    pub async fn stop(&self) {
        self.shards.shutdown_all().await;
    }
}

/// The HTTP status of a refusal; 0 if there was no answer.
pub fn status(error: &serenity::Error) -> u16 {
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) => response.status_code.as_u16(),
        _ => 0,
    }
}

/// The Discord code of a refusal.
pub fn code(error: &serenity::Error) -> i64 {
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) => i64::try_from(response.error.code).unwrap(),
        other => panic!("no refusal: {other}"),
    }
}
