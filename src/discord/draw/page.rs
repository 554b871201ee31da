//! A page: what a lock screen shows first, then why it came, then what happens if nobody answers.

use super::controls::{button, rows};
use super::{Drawn, Pings, Scene, Sound, words};
use crate::app::press::Pressed;
use crate::app::reply::{Control, Style};
use crate::app::show::escalates;
use crate::app::view::{PageView, PagedView};
use crate::discord::markdown::channel_url;
use crate::domain::engagement::PEOPLE_PER_POST;
use crate::domain::id::UserId;
use crate::words::{Piece, Text, still_on_it};

/// Most reasons that are spelled out.
const REASONS_MAX: usize = 5;

pub fn draw_page(page: &PageView, scene: Scene) -> Drawn {
    let asked = |person: &&PagedView| person.open && !person.quiet && page.closed.is_none();
    let open = page.people.iter().take(PEOPLE_PER_POST).filter(asked);
    let mut users: Vec<UserId> = Vec::new();
    for person in open {
        // Two contacts may be one person: Discord refuses a message that names one twice.
        if !users.contains(&person.user) {
            users.push(person.user);
        }
    }
    let pings = Pings { users, roles: Vec::new() };
    let text = first_line(page).join(body(page)).join(way_to_room(page, scene));
    let sound = if pings.users.is_empty() { Sound::Quiet } else { Sound::Loud(pings) };
    words(&text, rows(&buttons(page)), sound, scene)
}

/// Of a direct message the person is its reader: it names nobody.
fn first_line(page: &PageView) -> Text {
    let text = Text::from(if page.drill { "DRILL · " } else { "" });
    let people = page.people.iter().take(PEOPLE_PER_POST).filter(|_| !page.direct);
    let text = people.fold(text, |text, person| text.user(person.user).ours(" "));
    text.strong(page.impact.word()).ours(" · ").said(&page.title).ours(format!(" · INC-{}", page.number))
}

fn body(page: &PageView) -> Text {
    if let Some(closed) = &page.closed {
        return Text::new().line().join(closed.clone());
    }
    if let Some(until) = page.still {
        return Text::new().line().join(still_on_it(until));
    }
    let mut text = reasons(page);
    if let Some(since) = page.late_since {
        text = text.line().ours("Late: it was due ").ago(since).ours(".");
    }
    if page.attempt > 1 {
        text = text.line().ours(format!("Page {}: nobody has answered yet.", page.attempt));
    }
    if let Some((at, names)) = &page.next {
        text = text.line().join(escalates(names, *at));
    }
    text
}

fn reasons(page: &PageView) -> Text {
    let mut distinct: Vec<&Text> = Vec::new();
    for why in &page.why {
        if !distinct.contains(&why) {
            distinct.push(why);
        }
    }
    let left = distinct.len().saturating_sub(REASONS_MAX);
    let text = distinct.into_iter().take(REASONS_MAX).fold(Text::new(), |text, why| text.line().join(why.clone()));
    if left > 0 { text.line().ours(format!("and for {left} more reasons")) } else { text }
}

fn way_to_room(page: &PageView, scene: Scene) -> Text {
    match page.room.filter(|_| page.direct) {
        Some(room) => {
            let url = channel_url(scene, room);
            Text::new().line().piece(Piece::Link { label: format!("Open INC-{}", page.number), url })
        }
        None => Text::new(),
    }
}

fn buttons(page: &PageView) -> Vec<Control> {
    let asks = page.closed.is_none() && page.people.iter().any(|person| person.open);
    let post = page.post;
    if page.still.is_some() {
        let still = button("Still on it", Style::Primary, Pressed::StillOnIt { incident: page.incident });
        return if asks { vec![still] } else { Vec::new() };
    }
    let all = [
        button("Acknowledge", Style::Primary, Pressed::Ack { post }),
        button("Escalate now", Style::Grey, Pressed::EscalateAsk { post }),
    ];
    if asks { all.into() } else { Vec::new() }
}
