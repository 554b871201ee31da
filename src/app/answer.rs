//! The private answers to people: what their doing did, and the one thing they may want to press next. Decides nothing.

use chrono::TimeDelta;

use super::form::NewForm;
use super::press::{InteractionId, Pressed};
use super::reply::{Choice, Control, Say, Style};
use crate::domain::call;
use crate::domain::id::{ChannelId, EventId, IncidentId, PostId, Timestamp, UserId};
use crate::domain::incident::{Answer, Change, Incident, UNDO_ACK, UNDO_RESOLVE};
use crate::domain::text::one_line;
use crate::words::{self, Piece, Text};

/// Longest label of a choice: <https://discord.com/developers/docs/components/reference#string-select>.
const LABEL_MAX: usize = 100;

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
        Answer::Paged { title, names, fallback } => only(words::called(title, names, *fallback, Some(incident.number))),
        Answer::Changed(changes) => only(changed(incident, changes)),
        Answer::Mitigated => only(mitigated(incident)),
        Answer::Resolved { firing } => resolved(incident, *firing),
        Answer::ResolveUndone => only(resolve_undone(incident)),
        Answer::Cancelled { firing } => cancelled(incident, *firing),
        Answer::Duplicate { of, room, unanswered, called } => duplicate(incident, (*of, *room), *unanswered, called),
        Answer::Reopened { paged, called, alerts_at } => reopened(incident, *paged, called, *alerts_at),
        Answer::PlanStarted { called } => only(plan_started(incident, called)),
        Answer::OfferDelete { room } => offer_delete(incident, *room),
        Answer::StillOnIt { after } => only(still_on_it(incident, *after)),
        Answer::Added => only(Text::from(format!("Added to the timeline of INC-{}.", incident.number))),
    }
}

/// Words and controls for what somebody did about a call.
pub fn say_of_call(state: &call::Call, answer: &call::Answer) -> Say {
    let of = state.id;
    use call::Answer as Call;
    match answer {
        Call::Quiet | Call::OfferStop => Say::default(),
        Call::Opened { name, through, muted, need_room } => {
            only(words::contact::test_sent(Some(name), through, muted, need_room))
        }
        Call::Received { channels, after } => only(words::contact::test_answered(channels, *after)),
        Call::AlreadyReceived { at } => only(words::contact::test_answered_before(*at)),
        Call::Called { title, names, fallback } => only(words::called(title, names, *fallback, None)),
        Call::Acked { ack, own, spared, still } => {
            let undo = undo(UNDO_ACK.num_minutes(), Pressed::CallUndo { call: of, ack: *ack });
            Say { text: words::call_acked(state.by, *own, spared, still), controls: vec![undo] }
        }
        Call::AlreadyAcked { by, at } => only(words::call_acked_before(*by, *at)),
        Call::OfferTake { from } => {
            let take = button("Take", Style::Primary, Pressed::CallTake { call: of });
            Say { text: words::call_offer_take(from), controls: vec![take, leave_it()] }
        }
        Call::Unacked => only(words::call_unacked()),
        Call::OfferEscalate { names, fallback } => {
            let yes = button("Yes", Style::Primary, Pressed::CallEscalateYes { call: of });
            Say { text: wake(names, *fallback), controls: vec![yes, leave_it()] }
        }
        Call::Escalated { names, fallback } => only(words::call_escalated(names, *fallback)),
        Call::Stopped => only(words::call_stopped()),
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

fn still_on_it(incident: &Incident, after: Option<TimeDelta>) -> Text {
    let text = Text::from(format!("INC-{} stays yours.", incident.number));
    match after {
        Some(after) => text.ours(format!(" You are asked again after {} without a sign.", words::lasting(after))),
        None => text,
    }
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
    let does = Pressed::EscalateYes { incident: incident.id, post: post.unwrap_or(ALL_POSTS) };
    Say { text: wake(names, fallback), controls: vec![button("Yes", Style::Primary, does), leave_it()] }
}

fn wake(names: &[String], fallback: bool) -> Text {
    match (names, fallback) {
        ([], _) => Text::from("Nobody is left to wake in the plan. Call the fallback now?"),
        (names, false) => Text::from("Wake ").names(names).ours(" now?"),
        (names, true) => Text::from("Wake ").names(names).ours(" now, and call the fallback?"),
    }
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

fn cancelled(incident: &Incident, firing: usize) -> Say {
    let text = format!("INC-{} is cancelled as a false alarm, and nobody is paged any more.", incident.number);
    let still = match firing {
        0 => String::new(),
        1 => " 1 alert still fires: the next message of it opens a new incident.".to_owned(),
        firing => format!(" {firing} alerts still fire: the next message of them opens a new incident."),
    };
    let reopen = button("Reopen", Style::Grey, Pressed::CardReopen { incident: incident.id });
    Say { text: Text::from(text + &still), controls: vec![reopen] }
}

fn duplicate(incident: &Incident, of: (i64, Option<ChannelId>), unanswered: bool, called: &[String]) -> Say {
    let (number, room) = of;
    let text =
        Text::from(format!("INC-{} is a duplicate of INC-{number}, and pages nobody any more.", incident.number));
    let text = match room {
        Some(room) => text.ours(" It goes on in ").piece(Piece::Channel(room)).ours("."),
        None => text,
    };
    let text = match (unanswered, called) {
        (false, _) => text,
        (true, []) => text.ours(" ").strong(format!("Nobody is being called for INC-{number}.")),
        (true, called) => {
            let text = text.ours(" ").strong(format!("Nobody has acknowledged INC-{number} yet."));
            text.ours(" ").join(words::still_called(called))
        }
    };
    let reopen = button("Reopen", Style::Grey, Pressed::CardReopen { incident: incident.id });
    Say { text, controls: vec![reopen] }
}

fn reopened(incident: &Incident, paged: bool, called: &[String], alerts_at: Option<i64>) -> Say {
    let text = Text::from(format!("INC-{} is open again.", incident.number));
    let text = if paged { called_now(text, called) } else { text.ours(" Nobody is paged.") };
    let text = match alerts_at {
        Some(root) => text.ours(format!(" Its alerts stay with INC-{root}.")),
        None => text,
    };
    let start = button("Start the plan", Style::Grey, Pressed::StartPlan { incident: incident.id });
    let controls = if incident.plan_rests { vec![start] } else { Vec::new() };
    Say { text, controls }
}

fn plan_started(incident: &Incident, called: &[String]) -> Text {
    called_now(Text::from(format!("The plan of INC-{} starts again.", incident.number)), called)
}

fn called_now(text: Text, called: &[String]) -> Text {
    match called {
        [] => text.ours(" ").strong("Nobody is paged").ours(": no plan calls anyone. Mention who should know there."),
        called => text.ours(" Called now: ").names(called).ours("."),
    }
}

fn offer_delete(incident: &Incident, room: Option<ChannelId>) -> Say {
    let text = Text::from(format!("Delete INC-{} for good? Its timeline and its pages go", incident.number));
    let text = match room {
        Some(room) => text.ours(", and its channel ").piece(Piece::Channel(room)).ours(" with everything said there."),
        None => text.ours("."),
    };
    let text = text.ours(" Nothing brings them back; the number is not used again.");
    let yes = button("Delete for good", Style::Danger, Pressed::DeleteYes { incident: incident.id });
    Say { text, controls: vec![yes, leave_it()] }
}

/// It is gone.
pub fn deleted(number: i64, room: bool) -> Say {
    let room = if room { " Its channel goes now." } else { "" };
    only(Text::from(format!("INC-{number} is deleted.{room} The audit log says who did it.")))
}

/// Of which of these is it a duplicate?
pub fn offer_roots(incident: &Incident, options: Vec<(IncidentId, i64, String)>) -> Say {
    let number = incident.number;
    let select = Control::Select {
        placeholder: "Which incident goes on?".to_owned(),
        options: options.into_iter().map(choice).collect(),
        does: Pressed::DuplicateOf { incident: incident.id },
    };
    let text = format!("Of which incident is INC-{number} a duplicate? That one goes on, with the alerts of both.");
    Say { text: Text::from(text), controls: vec![select] }
}

/// An incident to choose.
pub fn choice((id, number, title): (IncidentId, i64, String)) -> Choice {
    let label = one_line(&format!("INC-{number} · {title}"), LABEL_MAX);
    Choice { label, value: id.to_string(), description: None, chosen: false }
}

/// The form could not be carried out: what is wrong, and everything that was written, the longest last.
pub fn to_correct(written: &NewForm, wrong: Text, asked: u64) -> Say {
    let text = wrong.line().ours("Nothing was opened. You wrote:");
    let fields = [
        ("Title:", &written.title),
        ("Impact:", &written.impact),
        ("Plan:", &written.plan),
        ("What you know:", &written.summary),
    ];
    let filled = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let text = filled.fold(text, |text, (label, value)| text.line().strong(label).quote(value));
    let does = Pressed::CorrectNew { asked: InteractionId(asked) };
    Say { text, controls: vec![button("Correct it", Style::Primary, does)] }
}

fn resolve_undone(incident: &Incident) -> Text {
    let status = incident.status.word();
    Text::from(format!("INC-{} is {status} again. Paging goes on where nobody had acknowledged.", incident.number))
}
