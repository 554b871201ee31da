//! A test page. Nobody who reads it half asleep may take it for a real one.

use super::controls::{button, rows};
use super::{Drawn, Pings, Scene, Sound, words};
use crate::app::press::Pressed;
use crate::app::reply::{Control, Style};
use crate::app::view::CallView;
use crate::domain::engagement::PEOPLE_PER_POST;
use crate::domain::id::UserId;
use crate::words::{Text, contact};

pub fn draw_call(call: &CallView, scene: Scene) -> Drawn {
    let asked = call.people.iter().take(PEOPLE_PER_POST).filter(|person| person.open && call.closed.is_none());
    let pings = Pings { users: once(asked.map(|person| person.user)), roles: Vec::new() };
    let text = first_line(call).join(body(call));
    let text = call.failed.iter().fold(text, |text, failed| text.line().join(failed.clone()));
    let sound = if pings.users.is_empty() { Sound::Quiet } else { Sound::Loud(pings) };
    words(&text, rows(&buttons(call)), sound, scene)
}

/// Of a direct message the person is its reader: it names nobody.
fn first_line(call: &CallView) -> Text {
    let people = once(call.people.iter().take(PEOPLE_PER_POST).filter(|_| !call.direct).map(|person| person.user));
    let text = people.into_iter().fold(Text::new(), |text, user| text.user(user).ours(" "));
    text.join(contact::test_title())
}

/// Two contact channels of one person may share the message: Discord refuses one that names somebody twice.
fn once(users: impl Iterator<Item = UserId>) -> Vec<UserId> {
    let mut known: Vec<UserId> = Vec::new();
    for user in users {
        if !known.contains(&user) {
            known.push(user);
        }
    }
    known
}

fn body(call: &CallView) -> Text {
    match &call.closed {
        Some(closed) => Text::new().line().join(closed.clone()),
        None => Text::new().line().join(call.why.clone()).line().join(contact::test_asks(call.ends_at)),
    }
}

fn buttons(call: &CallView) -> Vec<Control> {
    let asks = call.closed.is_none() && call.people.iter().any(|person| person.open);
    let acknowledge = || button("Acknowledge", Style::Primary, Pressed::Ack { post: call.post });
    asks.then(acknowledge).into_iter().collect()
}
