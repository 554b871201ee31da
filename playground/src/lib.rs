//! A local Discord: the REST v10 routes, the gateway and the people of a server, in one process, on one port of 127.0.0.1.
//! It knows nothing of any bot; a bot reaches it by using its [`Playground::url`] for `https://discord.com`. For demos and tests.
//!
//! It refuses what Discord refuses, with Discord's codes, and is loud about routes it does not have
//! ([`Playground::unknown_routes`]). It never sleeps on its own and never opens a connection.
//!
//! ```
//! use muster_playground::{Fault, Limits, Playground, World};
//! use serde_json::{Value, json};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! // Members Ana, Ben, Cleo and the owner Olga; channels general and alerts; a webhook on alerts; the bot.
//! let discord = Playground::start(World::sample()).await?;
//!
//! // People act …
//! let question = discord.say("Ana", "general", "is the database down?").await?;
//! discord.react("Ben", "general", question, "✅").await?;
//! discord.webhook_post(900_000_000_000_000_040, json!({ "embeds": [{ "title": "CPU high" }] })).await?;
//!
//! // … the bot answers over REST (here by hand; a gateway session would have got the events) …
//! let message = json!({ "content": "<@900000000000000010> it is", "allowed_mentions": { "users": ["900000000000000010"] } });
//! let post = reqwest::Client::new().post(format!("{}/api/v10/channels/900000000000000030/messages", discord.url()));
//! let post = post.header("authorization", format!("Bot {}", discord.token())).json(&message);
//! assert_eq!(post.try_clone().expect("a plain body").send().await?.status(), 200);
//!
//! // … and the test looks: at messages, at who was really notified, at a channel as a reader sees it.
//! assert_eq!(discord.last("general").expect("the answer").content, "<@900000000000000010> it is");
//! assert_eq!(discord.pings()[0].name, "Ana");
//! assert!(discord.render("general")?.contains("@Ana it is"));
//!
//! // Anything may fail, as often as told.
//! let fault = discord.fault(Fault::on("POST", "/channels/*/messages").once().applied().drop_connection());
//! assert!(post.send().await.is_err());
//! assert_eq!((discord.hits(fault), discord.messages("general").len()), (1, 3));
//! discord.limits(Limits::discord());
//! assert!(discord.unknown_routes().is_empty());
//! # Ok(()) }
//! ```
//!
//! # The parts
//!
//! | to | use |
//! |---|---|
//! | build a world | [`World`] with [`Member`], [`Role`], [`Channel`], [`Overwrite`]; [`World::sample`] for a small one |
//! | start, reach | [`Playground::start`], [`Playground::start_at`], [`Playground::url`], [`Playground::token`] |
//! | speak as people | [`Playground::say`], [`Playground::reply`], [`Playground::webhook_post`], [`Playground::bot_post`], [`Playground::flood`], [`Playground::react`], [`Playground::unreact`], [`Playground::edit_message`], [`Playground::delete_message`], [`Playground::set_pinned`] |
//! | act on the bot | [`Playground::slash`], [`Playground::autocomplete`], [`Playground::press`], [`Playground::press_together`], [`Playground::select`], [`Playground::submit`], [`Playground::message_menu`], [`Playground::user_menu`]; unchecked: [`Playground::command_unchecked`], [`Playground::press_unchecked`] |
//! | see its answer | [`Interaction::callback`], [`Interaction::reply`], [`Interaction::text`], [`Interaction::original`], [`Interaction::followups`], [`Interaction::modal`], [`Interaction::choices`], [`Interaction::again`] |
//! | administer | [`Playground::create_channel`], [`Playground::change_channel`], [`Playground::overwrite`], [`Playground::delete_channel`], [`Playground::fill_channels`], [`Playground::change_member`], [`Playground::join`], [`Playground::leave`], [`Playground::set_dm_open`], [`Playground::change_role`], [`Playground::delete_role`], [`Playground::revoke_token`] |
//! | look | [`Playground::channel`], [`Playground::channels`], [`Playground::messages`], [`Playground::last`], [`Playground::message`], [`Playground::pins`], [`Playground::dms`], [`Playground::pings`], [`Playground::quiet_pings`], [`Playground::commands`], [`Playground::permissions`], [`Playground::calls`], [`Playground::calls_to`] |
//! | wait | [`Playground::wait_for`]: looks after every change, sleeps never |
//! | draw | [`Playground::render`], [`Playground::render_with`], [`Playground::render_dms`], [`Playground::render_message`], [`Playground::render_form`] |
//! | let time pass | [`Playground::advance`], [`Playground::times`] |
//! | make trouble | [`Playground::fault`] with [`Fault`], [`Playground::limits`] with [`Limits`], [`Playground::refuse_old_edits`], [`Playground::gateway`] with [`Gateway`] |
//!
//! Users, channels and roles are named by id or name ([`Key`]): `"Ana"`, `"#alerts"`, `900_000_000_000_000_030`, `"900000000000000030"`.
//! Acts return when the event is written to every connected session, unless the gateway was told to be deaf or slow.
//!
//! # What it leaves out
//!
//! Voice, stickers, polls, scheduled events, auto-moderation, invites, bans and other admin routes; ETF and compression on the
//! gateway (JSON text is always right); several shards. `@here` reaches everybody: nobody is ever offline.

pub mod channel;
pub mod gateway;
pub mod guild;
pub mod message;
pub mod permission;
pub mod world;

mod body;
mod fault;
mod file;
mod hub;
mod id;
mod interaction;
mod journal;
mod limit;
mod mention;
mod net;
mod people;
mod playground;
mod post;
mod refusal;
mod render;
mod rest;
mod state;

pub use channel::{Channel, Overwrite};
pub use fault::Fault;
pub use gateway::{control::Gateway, session::Miss};
pub use guild::{Guild, Member, Role, User};
pub use id::{Id, Key};
pub use interaction::{Done, Interaction};
pub use journal::Exchange;
pub use limit::Limits;
pub use mention::Ping;
pub use message::Message;
pub use playground::{Look, Playground};
pub use render::Paint;
pub use state::{App, Times};
pub use world::World;
