//! The fallback's call: nobody answered. Of a private incident it says nothing more outside its room.

use super::controls::{button, rows};
use super::{Drawn, Pings, Scene, Sound, words};
use crate::app::press::Pressed;
use crate::app::reply::Style;
use crate::app::view::{Calls, FallbackView};
use crate::words::{Piece, Text};

/// Most roles that are mentioned: <https://discord.com/developers/docs/resources/message#allowed-mentions-object> takes 100,
/// and so many leave room for the text.
const ROLES_MAX: usize = 20;

pub fn draw_fallback(call: &FallbackView, scene: Scene) -> Drawn {
    let drill = Text::from(if call.drill { "DRILL · " } else { "" });
    let hidden = call.private && call.elsewhere;
    let text = drill.join(summons(&call.calls)).join(if hidden { discreet(call) } else { open(call) });
    let take = button("I take it", Style::Primary, Pressed::Ack { post: call.post });
    match call.closed {
        None => words(&text, rows(&[take]), Sound::Loud(pings(&call.calls)), scene),
        Some(_) => words(&text, rows(&[]), Sound::Quiet, scene),
    }
}

pub(super) fn summons(calls: &Calls) -> Text {
    match calls {
        Calls::Roles(roles) => {
            let roles = roles.iter().take(ROLES_MAX);
            roles.fold(Text::new(), |text, role| text.piece(Piece::Role(*role)).ours(" "))
        }
        Calls::Person(user) => Text::new().user(*user).ours(" "),
        Calls::Owner => Text::from("To the owner of this server: "),
    }
}

pub(super) fn pings(calls: &Calls) -> Pings {
    match calls {
        Calls::Roles(roles) => Pings { users: Vec::new(), roles: roles.iter().take(ROLES_MAX).copied().collect() },
        Calls::Person(user) => Pings { users: vec![*user], roles: Vec::new() },
        Calls::Owner => Pings::default(),
    }
}

/// Who took it, or why it was stopped, is not for everybody either.
fn discreet(call: &FallbackView) -> Text {
    let number = call.number;
    match call.closed {
        None => Text::from(format!("INC-{number} needs somebody.")),
        Some(_) => Text::from(format!("INC-{number} needed somebody. Nothing to do any more.")),
    }
}

fn open(call: &FallbackView) -> Text {
    let text = Text::new().strong(call.impact.word()).ours(" · ").said(&call.title);
    if let Some(closed) = &call.closed {
        return text.ours(format!(" · INC-{}", call.number)).line().join(closed.clone());
    }
    let text = text.line().strong(format!("Nobody has answered INC-{}.", call.number));
    let text = match call.tried.as_slice() {
        [] => text.ours(" ").said(&call.plan).ours(" reached nobody."),
        tried => text.ours(" ").said(&call.plan).ours(" tried ").names(tried).ours("."),
    };
    let text = if call.count > 1 { text.ours(format!(" This is call {}.", call.count)) } else { text };
    match call.room.filter(|_| call.elsewhere) {
        Some(room) => text.line().ours("It is worked on in ").piece(Piece::Channel(room)).ours("."),
        None => text,
    }
}
