//! Views and words as the bodies of Discord's calls. Draws what it is given; never sends, asks or decides.
//!
//! Every body says whom it may ping ([`Pings`]), and nothing else can: words of others go through [`markdown`](super::markdown)
//! only. Every length is bounded here, so that no state can make a message that Discord refuses.

mod call;
mod called;
mod card;
mod controls;
mod cover;
mod fallback;
mod form;
mod page;
mod room;

use serde_json::{Value, json};

pub use super::markdown::Scene;
use super::markdown::{draw, width};
pub use form::modal;
pub use room::{NAME_MAX, room_name};

use crate::app::courier::Outgoing;
use crate::app::reply::{Control, Say};
use crate::domain::id::{RoleId, UserId};
use crate::words::Text;

/// Longest content of a message: <https://discord.com/developers/docs/resources/message#create-message>.
pub const CONTENT_MAX: usize = 2_000;

/// Longest description of an embed: <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>.
const DESCRIPTION_MAX: usize = 4_096;

/// <https://discord.com/developers/docs/resources/message#message-object-message-flags>
const SUPPRESS_EMBEDS: u32 = 1 << 2;
const SUPPRESS_NOTIFICATIONS: u32 = 1 << 12;

/// A message, ready to be sent or to replace the one that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    pub body: Value,
    pub pings: Pings,
}

/// Whom a message notifies by name or role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pings {
    pub users: Vec<UserId>,
    pub roles: Vec<RoleId>,
}

/// Draws a message of ours.
pub fn message(outgoing: &Outgoing, scene: Scene) -> Drawn {
    match outgoing {
        Outgoing::Card(card) => card::draw_card(card, scene),
        Outgoing::Page(page) => page::draw_page(page, scene),
        Outgoing::Fallback(call) => fallback::draw_fallback(call, scene),
        Outgoing::Call(call) => call::draw_call(call, scene),
        Outgoing::Called(call) => called::draw_called(call, scene),
        Outgoing::Cover(cover) => cover::draw_cover(cover, scene),
        Outgoing::Line { text, controls } => line(text, controls, scene),
    }
}

/// Draws a private answer; whether it is ephemeral is said by whoever sends it. What is too long for a message's content stands
/// in an embed: somebody may need to copy it.
pub fn reply(say: &Say, scene: Scene) -> Value {
    let whole = draw(&say.text, scene, DESCRIPTION_MAX);
    let long = width(&whole) > CONTENT_MAX;
    let body = json!({
        "content": if long { String::new() } else { content(&say.text, scene) },
        "embeds": if long { json!([{ "description": whole }]) } else { json!([]) },
        "components": controls::rows(&say.controls),
    });
    with_mentions(body, &Pings::default())
}

fn line(text: &Text, controls: &[Control], scene: Scene) -> Drawn {
    words(text, controls::rows(controls), Sound::Quiet, scene)
}

/// Whether the arrival of a message makes a sound, and for whom.
enum Sound {
    Quiet,
    Loud(Pings),
}

/// A message of words only.
fn words(text: &Text, components: Value, sound: Sound, scene: Scene) -> Drawn {
    let (flags, pings) = match sound {
        Sound::Quiet => (SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS, Pings::default()),
        Sound::Loud(pings) => (SUPPRESS_EMBEDS, pings),
    };
    let body = json!({
        "content": content(text, scene),
        "embeds": [],
        "components": components,
        "flags": flags,
    });
    Drawn { body: with_mentions(body, &pings), pings }
}

fn content(text: &Text, scene: Scene) -> String {
    let drawn = draw(text, scene, CONTENT_MAX);
    // Discord refuses an empty message.
    if drawn.trim().is_empty() { "Done.".to_owned() } else { drawn }
}

/// Without this Discord pings everything that looks like a mention, also at an edit.
fn with_mentions(mut body: Value, pings: &Pings) -> Value {
    let users: Vec<String> = pings.users.iter().map(UserId::to_string).collect();
    let roles: Vec<String> = pings.roles.iter().map(RoleId::to_string).collect();
    body["allowed_mentions"] = json!({ "parse": [], "users": users, "roles": roles });
    body
}
