//! A call of a person: its pages, the fallback's, and the card that shows how it goes where it was typed.

use super::controls::{button, rows};
use super::fallback::{pings, summons};
use super::{Drawn, Pings, Scene, Sound, words};
use crate::app::press::Pressed;
use crate::app::reply::{Control, Style};
use crate::app::view::{Asks, CalledView};
use crate::domain::engagement::PEOPLE_PER_POST;
use crate::domain::id::UserId;
use crate::words::Text;

pub fn draw_called(call: &CalledView, scene: Scene) -> Drawn {
    let text = whom(call).join(call.head.clone());
    let text = call.body.iter().fold(text, |text, line| text.line().join(line.clone()));
    let pinged = match &call.calls {
        Some(calls) => pings(calls),
        None => Pings { users: asked(call, true), roles: Vec::new() },
    };
    let asks = !matches!(call.asks, Asks::Nothing | Asks::Steer);
    let sound = if asks { Sound::Loud(pinged) } else { Sound::Quiet };
    words(&text, rows(&buttons(call)), sound, scene)
}

/// Of a direct message the person is its reader: it names nobody.
fn whom(call: &CalledView) -> Text {
    match &call.calls {
        Some(calls) => summons(calls),
        None if call.direct => Text::new(),
        None => asked(call, false).into_iter().fold(Text::new(), |text, user| text.user(user).ours(" ")),
    }
}

/// Two contacts may be one person: Discord refuses a message that names somebody twice.
fn asked(call: &CalledView, only_open: bool) -> Vec<UserId> {
    let mut users: Vec<UserId> = Vec::new();
    for person in call.people.iter().take(PEOPLE_PER_POST).filter(|person| person.open || !only_open) {
        if !users.contains(&person.user) {
            users.push(person.user);
        }
    }
    users
}

fn buttons(call: &CalledView) -> Vec<Control> {
    let of = call.call;
    let steer = [
        button("Escalate now", Style::Grey, Pressed::CallEscalate { call: of }),
        button("Stop", Style::Grey, Pressed::CallStop { call: of }),
    ];
    match (call.asks, call.post) {
        (Asks::Answer, Some(post)) => vec![
            button("Acknowledge", Style::Primary, Pressed::Ack { post }),
            button("Escalate now", Style::Grey, Pressed::EscalateAsk { post }),
        ],
        (Asks::Take, Some(post)) => vec![button("I take it", Style::Primary, Pressed::Ack { post })],
        (Asks::Steer, _) => {
            let acknowledge = button("Acknowledge", Style::Primary, Pressed::CallAck { call: of });
            [acknowledge].into_iter().chain(steer).collect()
        }
        _ => Vec::new(),
    }
}
