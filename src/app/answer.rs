//! The private answers to people: what their doing did, and the one thing they may want to press next. Decides nothing.

use super::press::Pressed;
use super::reply::{Control, Say, Style};
use crate::domain::call;
use crate::domain::id::{EventId, PostId, Timestamp, UserId};
use crate::domain::incident::{Answer, Change, Incident, UNDO_ACK, UNDO_RESOLVE};
use crate::words::{self, Piece, Text};

/// In a custom id: no single post is meant, but all that the incident pages.
pub const ALL_POSTS: PostId = PostId(0);

/// Words and controls for an answer. Empty for what is answered otherwise ([`Answer::Quiet`], [`Answer::Seen`]).
pub fn say(incident: &Incident, answer: &Answer) -> Say {
    match answer {
        Answer::Quiet | Answer::Seen => Say::default(),
        Answer::Opened => only(opened(incident)),
        Answer::Acked { ack, stopped, spared, still, .. } => acked(incident, *ack, !stopped.is_empty(), spared, still),
        Answer::AlreadyAcked { by, at } => only(already_acked(incident, *by, *at)),
        Answer::OfferTake { post, from } => offer_take(incident, *post, from),
        Answer::Unacked => only(unacked(incident)),
        Answer::OfferEscalate { post, names, fallback } => offer_escalate(incident, *post, names, *fallback),
        Answer::Escalated { names, .. } if names.is_empty() => only(Text::from("The fallback is called now.")),
        Answer::Escalated { names, fallback } => only(words::are_called(names, *fallback)),
        Answer::Stopped { plan } => only(stopped(incident, plan)),
        Answer::Changed(changes) => only(changed(incident, changes)),
        Answer::Mitigated => only(mitigated(incident)),
        Answer::Resolved { firing } => resolved(incident, *firing),
        Answer::ResolveUndone => only(resolve_undone(incident)),
        Answer::Added => only(Text::from(format!("Added to the timeline of INC-{}.", incident.number))),
    }
}

/// Words for what somebody did about a call.
pub fn say_of_call(answer: &call::Answer) -> Say {
    match answer {
        call::Answer::Quiet => Say::default(),
        call::Answer::Opened { name, through, muted, need_room } => {
            only(words::contact::test_sent(Some(name), through, muted, need_room))
        }
        call::Answer::Received { channels, after } => only(words::contact::test_answered(channels, *after)),
        call::Answer::AlreadyReceived { at } => only(words::contact::test_answered_before(*at)),
    }
}

pub(super) fn only(text: Text) -> Say {
    Say { text, controls: Vec::new() }
}

pub(super) fn button(label: impl Into<String>, style: Style, does: Pressed) -> Control {
    Control::Button { label: label.into(), style, does }
}

fn leave_it() -> Control {
    button("Leave it", Style::Grey, Pressed::Dismiss {})
}

fn opened(incident: &Incident) -> Text {
    let number = incident.number;
    let text = match incident.room.channel() {
        Some(room) => Text::from(format!("INC-{number} is open: ")).piece(Piece::Channel(room)),
        None => Text::from(format!("INC-{number} is open. Its channel is being made")),
    };
    let engaged: Vec<String> = incident.paging.engagements.iter().map(|engagement| engagement.title.clone()).collect();
    match engaged.is_empty() {
        true => {
            text.ours(". ").strong("Nobody is paged").ours(": no plan calls anyone. Mention who should know there.")
        }
        false => text.ours(". Called now: ").names(&engaged).ours("."),
    }
}

fn acked(incident: &Incident, ack: EventId, essential: bool, spared: &[String], still: &[String]) -> Say {
    let undo = undo(UNDO_ACK.num_minutes(), Pressed::Undo { incident: incident.id, ack });
    if !essential {
        let text = Text::from("Your pages stop. ").join(words::still_called(still));
        return Say { text, controls: vec![undo] };
    }
    let text = Text::from(format!("INC-{} is yours.", incident.number));
    let text = if spared.is_empty() { text } else { text.ours(" ").names(spared).ours(" will not be called.") };
    let text = if still.is_empty() { text } else { text.ours(" ").join(words::still_called(still)) };
    let impacts = Control::impacts(Pressed::ImpactSelect { incident: incident.id }, incident.impact);
    Say { text, controls: vec![impacts, undo] }
}

fn undo(minutes: i64, does: Pressed) -> Control {
    button(format!("Undo ({minutes} min)"), Style::Grey, does)
}

fn already_acked(incident: &Incident, by: UserId, at: Timestamp) -> Text {
    Text::new().user(by).ours(format!(" has INC-{} since ", incident.number)).clock(at).ours(". Nothing to do for you.")
}

fn offer_take(incident: &Incident, post: Option<PostId>, from: &[String]) -> Say {
    let text = Text::from(format!("Take INC-{}?", incident.number));
    let text = match from {
        [] => text.ours(" It becomes yours."),
        from => text.ours(" Paging of ").names(from).ours(" stops."),
    };
    let does = match post {
        Some(post) => Pressed::Take { post },
        None => Pressed::TakeAll { incident: incident.id },
    };
    Say { text, controls: vec![button("Take", Style::Primary, does), leave_it()] }
}

fn unacked(incident: &Incident) -> Text {
    Text::from(format!("Undone. Paging for INC-{} goes on as if you had not acknowledged.", incident.number))
}

fn offer_escalate(incident: &Incident, post: Option<PostId>, names: &[String], fallback: bool) -> Say {
    let text = match (names, fallback) {
        ([], _) => Text::from("Nobody is left to wake in the plan. Call the fallback now?"),
        (names, false) => Text::from("Wake ").names(names).ours(" now?"),
        (names, true) => Text::from("Wake ").names(names).ours(" now, and call the fallback?"),
    };
    let does = Pressed::EscalateYes { incident: incident.id, post: post.unwrap_or(ALL_POSTS) };
    Say { text, controls: vec![button("Yes", Style::Primary, does), leave_it()] }
}

fn stopped(incident: &Incident, plan: &str) -> Text {
    Text::from("Stopped: ").said(plan).ours(format!(" pages nobody for INC-{} any more.", incident.number))
}

fn changed(incident: &Incident, changes: &[Change]) -> Text {
    if changes.is_empty() {
        return Text::from(format!("INC-{} was like that already: nothing changed.", incident.number));
    }
    let words: Vec<&str> = changes.iter().map(|change| change_word(*change)).collect();
    Text::from(format!("INC-{} is updated: {}.", incident.number, words.join(", ")))
}

fn change_word(change: Change) -> &'static str {
    match change {
        Change::Title => "title",
        Change::Impact => "impact",
        Change::Summary => "summary",
        Change::NextUpdate => "next update",
        Change::Message => "message",
    }
}

fn mitigated(incident: &Incident) -> Text {
    Text::from(format!("INC-{} is mitigated. Nobody is paged for it now. Resolve it once it holds.", incident.number))
}

fn resolved(incident: &Incident, firing: usize) -> Say {
    let still = match firing {
        0 => "No alert fires.".to_owned(),
        1 => "1 alert still fires.".to_owned(),
        firing => format!("{firing} alerts still fire."),
    };
    let text = Text::from(format!("INC-{} is resolved, and nobody is paged any more. {still}", incident.number));
    let undo = undo(UNDO_RESOLVE.num_minutes(), Pressed::UndoResolve { incident: incident.id });
    Say { text, controls: vec![undo] }
}

fn resolve_undone(incident: &Incident) -> Text {
    let status = incident.status.word();
    Text::from(format!("INC-{} is {status} again. Whoever had not been answered is called on.", incident.number))
}
