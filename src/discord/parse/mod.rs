//! What somebody typed, pressed, chose or sent, as a request. Pure: looks nothing up and answers nothing.

mod config;
mod contact;
mod incident;
mod oncall;
mod plan;
mod setup;

use super::commands::{self, Ack, BadCommand, Command, Focused, Page, Timeline};
use super::typed::{IncidentNumber, Moment};
use crate::app::oncall::Ask as OnCall;
use crate::app::press::{BadId, More, Pressed};
use crate::app::reply::{Chosen, Picked};
use crate::app::request::{Ask, Completing, When, Which};
use crate::app::{HandOver, definition, form, page};
use crate::domain::call;
use crate::domain::id::{CallId, IncidentId, PostId};
use crate::domain::impact::Impact;
use crate::domain::incident::{Ask as Change, Edit};
use crate::domain::name::Name;
use crate::domain::refusal::Refusal;

/// What is to be done about a press.
#[derive(Debug, Clone, PartialEq)]
pub enum Press {
    Ask(Ask),
    /// The question is put away; nothing changes.
    Dismiss,
}

/// Why there is no request: a sentence for the person.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unread {
    #[error(transparent)]
    Command(#[from] BadCommand),
    #[error(transparent)]
    Id(#[from] BadId),
    #[error("what was sent cannot be carried out")]
    Refused(Refusal),
}

/// Reads a slash command.
///
/// # Errors
/// [`BadCommand`], a sentence for the person who typed.
pub fn command(name: &str, options: &[serde_json::Value]) -> Result<Ask, BadCommand> {
    Ok(match commands::parse(name, options)? {
        Command::Ack(Ack { code }) => Ask::Ack(code),
        Command::Config(command) => Ask::Config(config::read(command)),
        Command::Contact(command) => Ask::Contact(contact::read(command)),
        Command::Doctor {} => Ask::Doctor,
        Command::Help {} => Ask::Help { known: commands::paths() },
        Command::Incident(command) => incident::read(command),
        Command::Page(Page { who, message, incident }) => {
            Ask::Page(page::Ask::Who { who, message, incident: incident.map(IncidentNumber::get) })
        }
        Command::Oncall(command) => Ask::OnCall(oncall::read(command)),
        Command::Plan(command) => Ask::Plan(plan::read(command)),
        Command::Setup {} => Ask::Setup(crate::app::setup::Ask::Begin),
        Command::Timeline(Timeline::Add { text, at, incident }) => {
            Ask::AddToTimeline { which: which(incident), text, at: at.map(when) }
        }
        Command::Timeline(Timeline::Show { incident }) => Ask::Timeline(which(incident)),
    })
}

/// Reads a command of the user menu: what is to be done about this person.
///
/// # Errors
/// [`BadCommand`], a sentence for the person who chose it.
pub fn about_person(name: &str, person: Chosen) -> Result<Ask, BadCommand> {
    match name {
        PAGE_THIS_PERSON => Ok(Ask::Page(page::Ask::Form { user: person.user, name: person.name })),
        other => Err(BadCommand::Unknown(other.to_owned())),
    }
}

/// The name of the user menu's command, as in `commands/`.
const PAGE_THIS_PERSON: &str = "Page this person";

/// Reads a press on a button, or a choice in a select.
///
/// # Errors
/// Why it cannot be carried out: stale, forged, or nothing chosen.
pub fn press(pressed: Pressed, picked: &Picked) -> Result<Press, Unread> {
    let on = |incident: IncidentId, change: Change| Press::Ask(Ask::On(Which::Id(incident), change));
    let at = |post: PostId, change: Change| Press::Ask(Ask::On(Which::Post(post), change));
    let call = |call: CallId, ask: call::Ask| Press::Ask(Ask::Page(page::Ask::On { call, ask }));
    let first = || picked.first().ok_or(BadId::BadParts);
    Ok(match pressed {
        Pressed::Ack { post } => at(post, Change::Ack { post: Some(post), sign: false }),
        Pressed::EscalateAsk { post } => at(post, Change::EscalateAsk { post: Some(post) }),
        Pressed::EscalateYes { incident, post } => on(incident, Change::Escalate { post: some_post(post) }),
        Pressed::Take { post } => at(post, Change::Take { post: Some(post) }),
        Pressed::TakeAll { incident } => on(incident, Change::Take { post: None }),
        Pressed::Undo { incident, ack } => on(incident, Change::Unack { ack: Some(ack) }),
        Pressed::StillOnIt { incident } => on(incident, Change::StillOnIt),
        Pressed::Dismiss {} => Press::Dismiss,
        Pressed::CardAck { incident } => on(incident, Change::Ack { post: None, sign: false }),
        Pressed::CardUpdate { incident } => Press::Ask(Ask::FormUpdate(Which::Id(incident))),
        Pressed::CardResolve { incident } => Press::Ask(Ask::FormResolve(Which::Id(incident))),
        Pressed::CardMore { incident } => match More::parse(first()?)? {
            More::Escalate => on(incident, Change::EscalateAsk { post: None }),
            More::Mitigate => on(incident, Change::Mitigate { message: None }),
            More::FalseAlarm => Press::Ask(Ask::FormCancel(Which::Id(incident))),
            More::Duplicate => Press::Ask(Ask::Duplicate { which: Which::Id(incident), of: None }),
            More::Impact(impact) => on(incident, set_impact(impact)),
        },
        Pressed::ImpactSelect { incident } => on(incident, set_impact(impact(first()?)?)),
        Pressed::WhichIncident { asked } => {
            let incident = first()?.parse().map(IncidentId).map_err(|_| BadId::BadParts)?;
            Press::Ask(Ask::Chosen { asked: asked.0, incident })
        }
        Pressed::CallAck { call: id } => call(id, call::Ask::Ack { post: None, sign: false }),
        Pressed::CallTake { call: id } => call(id, call::Ask::Take),
        Pressed::CallUndo { call: id, ack } => call(id, call::Ask::Unack { ack }),
        Pressed::CallEscalate { call: id } => call(id, call::Ask::EscalateAsk),
        Pressed::CallEscalateYes { call: id } => call(id, call::Ask::Escalate),
        Pressed::CallStop { call: id } => call(id, call::Ask::StopAsk),
        Pressed::UndoResolve { incident } => on(incident, Change::UndoResolve),
        Pressed::ContactTest { .. } => Press::Ask(Ask::Contact(contact::Ask::Test { contact: None })),
        Pressed::ContactMute { .. } => {
            Press::Ask(Ask::Contact(crate::app::contact::chosen(first()?).ok_or(BadId::UnknownVerb)?))
        }
        Pressed::ContactVerify { .. } => Press::Ask(Ask::Contact(contact::Ask::FormVerify)),
        Pressed::ContactUnmute { .. } => Press::Ask(Ask::Contact(contact::Ask::Unmute { channel: None })),
        Pressed::ConfirmDefinition { asked } => Press::Ask(Ask::Config(definition::Ask::Confirm(asked.0))),
        Pressed::CorrectDefinition { asked } => Press::Ask(Ask::Config(definition::Ask::Correct(asked.0))),
        Pressed::HandOver { schedule, at, place } => Press::Ask(Ask::HandOver(HandOver { schedule, at, place })),
        Pressed::CorrectNew { asked } => Press::Ask(Ask::CorrectNew { asked: asked.0 }),
        Pressed::DuplicateOf { incident } => {
            let of = first()?.parse().map(IncidentId).map_err(|_| BadId::BadParts)?;
            Press::Ask(Ask::Duplicate { which: Which::Id(incident), of: Some(Which::Id(of)) })
        }
        Pressed::CardReopen { incident } => on(incident, Change::Reopen { reason: None, page: false }),
        Pressed::StartPlan { incident } => on(incident, Change::StartPlan),
        Pressed::DeleteYes { incident } => Press::Ask(Ask::Delete(Which::Id(incident))),
        Pressed::OverrideSave { asked } => Press::Ask(Ask::OnCall(OnCall::Save { asked: asked.0 })),
        Pressed::TakeFrom { asked } => {
            let contact = Name::parse(first()?).map_err(|_| BadId::BadParts)?;
            Press::Ask(Ask::OnCall(OnCall::TakeFrom { asked: asked.0, contact }))
        }
        Pressed::CoverTake { offer } => Press::Ask(Ask::OnCall(OnCall::CoverTake(offer))),
        Pressed::CoverBack { offer } => Press::Ask(Ask::OnCall(OnCall::CoverBack(offer))),
        // Forms are sent, never pressed.
        Pressed::FormNew {}
        | Pressed::FormUpdate { .. }
        | Pressed::FormResolve { .. }
        | Pressed::FormCancel { .. }
        | Pressed::FormCallStop { .. }
        | Pressed::FormPage { .. }
        | Pressed::FormCode { .. }
        | Pressed::FormDefinition { .. } => {
            return Err(BadId::OldOrForged.into());
        }
        Pressed::SetupAt { .. }
        | Pressed::SetupPast { .. }
        | Pressed::SetupChange {}
        | Pressed::SetupRoles { .. }
        | Pressed::SetupPlaces { .. }
        | Pressed::SetupZone {}
        | Pressed::SetupZoneOther {}
        | Pressed::SetupZoneTyped {}
        | Pressed::SetupPeople {}
        | Pressed::SetupTest {}
        | Pressed::SetupDay { .. }
        | Pressed::SetupHour { .. }
        | Pressed::SetupTurnsAll { .. }
        | Pressed::SetupTurns { .. }
        | Pressed::SetupPlan {}
        | Pressed::SetupDefault {}
        | Pressed::SetupDrill {} => Press::Ask(Ask::Setup(setup::press(pressed, picked)?)),
    })
}

/// Reads a form that was sent: input id and text.
///
/// # Errors
/// Why it cannot be carried out, with what would be right.
pub fn form(pressed: Pressed, values: &[(String, String)]) -> Result<Ask, Unread> {
    match pressed {
        Pressed::FormUpdate { incident, summary_version } => {
            let edit = form::read_update(values, summary_version).map_err(Unread::Refused)?;
            Ok(Ask::On(Which::Id(incident), Change::Edit(edit)))
        }
        Pressed::FormNew {} => Ok(Ask::NewWritten(form::NewForm::read(values))),
        Pressed::FormCancel { incident } => {
            Ok(Ask::On(Which::Id(incident), Change::Cancel { reason: form::read_reason(values) }))
        }
        Pressed::FormResolve { incident } => {
            Ok(Ask::On(Which::Id(incident), Change::Resolve { message: form::read_message(values) }))
        }
        Pressed::FormCode { .. } => Ok(Ask::Ack(Some(form::read_code(values)))),
        Pressed::FormPage { user } => Ok(Ask::Page(page::Ask::Written { user, message: form::read_message(values) })),
        Pressed::FormCallStop { call } => {
            let reason = Some(form::read_reason(values)).filter(|reason| !reason.is_empty());
            Ok(Ask::Page(page::Ask::On { call, ask: call::Ask::Stop { reason } }))
        }
        Pressed::SetupZoneTyped {} => Ok(Ask::Setup(setup::form(values))),
        Pressed::FormDefinition { since } => {
            let written = values.iter().find(|(input, _)| input == definition::DEFINITION);
            let text = written.map(|(_, text)| text.clone()).unwrap_or_default();
            Ok(Ask::Config(definition::Ask::Written { text, since }))
        }
        _ => Err(BadId::OldOrForged.into()),
    }
}

/// Whether the answer stands in place of the message that was pressed on.
pub fn replaces(ask: &Ask) -> bool {
    matches!(ask, Ask::Setup(_))
}

/// Whether the answer may be a form, which must be the first answer: it cannot follow "thinking …".
pub fn may_open_a_form(ask: &Ask) -> bool {
    match ask {
        // What was asked before "which incident?" may have been a form.
        Ask::FormUpdate(_) | Ask::FormResolve(_) | Ask::FormCancel(_) | Ask::Chosen { .. } => true,
        Ask::FormNew | Ask::CorrectNew { .. } => true,
        Ask::Page(ask) => ask.may_open_a_form(),
        Ask::Config(ask) => ask.may_open_a_form(),
        Ask::Contact(ask) => ask.may_open_a_form(),
        Ask::Setup(ask) => ask.may_open_a_form(),
        _ => false,
    }
}

/// Whether this can be asked in a direct message, where there is no server around it.
pub fn fits_direct_messages(ask: &Ask) -> bool {
    matches!(ask, Ask::Ack(_) | Ask::Contact(contact::Ask::Me) | Ask::OnCall(OnCall::Mine) | Ask::Help { .. })
}

/// What an option is completed with.
pub fn completing(focused: &Focused<'_>) -> Option<Completing> {
    match focused.option {
        "incident" | "of" => Some(Completing::Incident),
        "plan" => Some(Completing::Plan),
        "engagement" => Some(Completing::Engagement),
        "who" if focused.path == "page" => Some(Completing::Who),
        "contact" => Some(Completing::Contact),
        "channel" if focused.path == "contact mute" => Some(Completing::OwnChannel),
        _ if focused.path.starts_with("oncall ") => oncall::completing(focused),
        _ if focused.path.starts_with("config ") => config::completing(focused),
        _ => None,
    }
}

fn which(incident: Option<IncidentNumber>) -> Which {
    incident.map_or(Which::Here, |number| Which::Number(number.get()))
}

fn when(at: Moment) -> When {
    match at {
        Moment::Ago(span) => When::Ago(span),
        Moment::Clock(time) => When::Clock(time),
        Moment::Local(at) => When::Local(at),
    }
}

fn set_impact(impact: Impact) -> Change {
    Change::Edit(Edit { impact: Some(impact), ..Edit::default() })
}

fn impact(number: &str) -> Result<Impact, BadId> {
    Impact::ALL.into_iter().find(|impact| impact.number().to_string() == number).ok_or(BadId::BadParts)
}

/// 0 in a custom id: no single post is meant.
fn some_post(post: PostId) -> Option<PostId> {
    Some(post).filter(|post| post.0 != 0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::app::request::NewIncident;

    const INCIDENT: IncidentId = IncidentId(7);

    fn nothing() -> Picked {
        Picked::Values(Vec::new())
    }

    fn typed(word: &str, options: Value) -> Ask {
        command("incident", &[json!({ "name": word, "type": 1, "options": options })]).unwrap()
    }

    #[test]
    fn what_is_typed_is_what_is_asked() {
        let here = Which::Here;
        let nothing = json!([]);
        let rows = [
            ("ack", nothing.clone(), Ask::On(here, Change::Ack { post: None, sign: false })),
            ("escalate", nothing.clone(), Ask::On(here, Change::EscalateAsk { post: None })),
            ("show", json!([{ "name": "incident", "type": 3, "value": "INC-42" }]), Ask::Show(Which::Number(42))),
            ("update", nothing.clone(), Ask::FormUpdate(here)),
            ("update", json!([{ "name": "incident", "type": 3, "value": "42" }]), Ask::FormUpdate(Which::Number(42))),
            ("resolve", nothing.clone(), Ask::FormResolve(here)),
            ("new", nothing.clone(), Ask::FormNew),
            (
                "new",
                json!([{ "name": "impact", "type": 4, "value": 1 }]),
                Ask::New(NewIncident { impact: Some(Impact::Critical), ..NewIncident::default() }),
            ),
            ("unack", nothing.clone(), Ask::On(here, Change::Unack { ack: None })),
            ("mitigate", nothing.clone(), Ask::On(here, Change::Mitigate { message: None })),
            ("reopen", nothing, Ask::On(here, Change::Reopen { reason: None, page: false })),
            (
                "cancel",
                json!([{ "name": "reason", "type": 3, "value": "A test." }]),
                Ask::On(here, Change::Cancel { reason: "A test.".to_owned() }),
            ),
            (
                "duplicate",
                json!([{ "name": "of", "type": 3, "value": "inc 41" }]),
                Ask::Duplicate { which: here, of: Some(Which::Number(41)) },
            ),
            (
                "delete",
                json!([{ "name": "incident", "type": 3, "value": "42" }]),
                Ask::On(Which::Number(42), Change::DeleteAsk),
            ),
            (
                "resolve",
                json!([{ "name": "message", "type": 3, "value": "Rolled back." }]),
                Ask::On(here, Change::Resolve { message: Some("Rolled back.".to_owned()) }),
            ),
        ];
        for (word, options, ask) in rows {
            assert_eq!(typed(word, options), ask, "{word}");
        }
    }

    #[test]
    fn what_is_pressed_is_what_is_asked() {
        let post = PostId(5);
        let rows = [
            ("v1:ack:5", vec![], Ask::On(Which::Post(post), Change::Ack { post: Some(post), sign: false })),
            ("v1:card-ack:7", vec![], Ask::On(Which::Id(INCIDENT), Change::Ack { post: None, sign: false })),
            ("v1:escalate-yes:7:0", vec![], Ask::On(Which::Id(INCIDENT), Change::Escalate { post: None })),
            ("v1:escalate-yes:7:5", vec![], Ask::On(Which::Id(INCIDENT), Change::Escalate { post: Some(post) })),
            ("v1:card-more:7", vec!["escalate"], Ask::On(Which::Id(INCIDENT), Change::EscalateAsk { post: None })),
            ("v1:card-more:7", vec!["impact:1"], Ask::On(Which::Id(INCIDENT), set_impact(Impact::Critical))),
            ("v1:impact:7", vec!["1"], Ask::On(Which::Id(INCIDENT), set_impact(Impact::Critical))),
            ("v1:card-update:7", vec![], Ask::FormUpdate(Which::Id(INCIDENT))),
            ("v1:card-more:7", vec!["mitigate"], Ask::On(Which::Id(INCIDENT), Change::Mitigate { message: None })),
            ("v1:card-more:7", vec!["false-alarm"], Ask::FormCancel(Which::Id(INCIDENT))),
            ("v1:card-more:7", vec!["duplicate"], Ask::Duplicate { which: Which::Id(INCIDENT), of: None }),
            (
                "v1:duplicate-of:7",
                vec!["8"],
                Ask::Duplicate { which: Which::Id(INCIDENT), of: Some(Which::Id(IncidentId(8))) },
            ),
            ("v1:card-reopen:7", vec![], Ask::On(Which::Id(INCIDENT), Change::Reopen { reason: None, page: false })),
            ("v1:start-plan:7", vec![], Ask::On(Which::Id(INCIDENT), Change::StartPlan)),
            ("v1:delete-yes:7", vec![], Ask::Delete(Which::Id(INCIDENT))),
            ("v1:correct-new:9", vec![], Ask::CorrectNew { asked: 9 }),
            ("v1:which:9", vec!["7"], Ask::Chosen { asked: 9, incident: INCIDENT }),
        ];
        for (id, chosen, ask) in rows {
            let chosen: Vec<String> = chosen.into_iter().map(str::to_owned).collect();
            let picked = Picked::Values(chosen);
            assert_eq!(press(crate::app::press::parse(id).unwrap(), &picked), Ok(Press::Ask(ask)), "{id}");
        }
    }

    #[test]
    fn a_select_without_a_known_choice_is_refused() {
        let chosen = |value: &str| Picked::Values(vec![value.to_owned()]);
        for id in ["v1:card-more:7", "v1:impact:7", "v1:which:9"] {
            let pressed = crate::app::press::parse(id).unwrap();
            for picked in [nothing(), chosen(""), chosen("6"), chosen("delete"), chosen("-1")] {
                let read = press(pressed, &picked);
                let harmless = matches!(read, Ok(Press::Ask(Ask::Chosen { .. })));
                assert!(read.is_err() || harmless, "{id} {picked:?}");
            }
        }
    }

    #[test]
    fn what_is_sent_is_what_is_asked() {
        let sent = |id: &str, values: &[(&str, &str)]| {
            let values: Vec<_> = values.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect();
            form(crate::app::press::parse(id).unwrap(), &values).unwrap()
        };
        let reason = Change::Cancel { reason: "A test.".to_owned() };
        assert_eq!(sent("v1:form-cancel:7", &[("reason", " A test. ")]), Ask::On(Which::Id(INCIDENT), reason));
        let written = form::NewForm { impact: "7".to_owned(), ..form::NewForm::default() };
        assert_eq!(sent("v1:form-new", &[("impact", "7"), ("title", " ")]), Ask::NewWritten(written));
    }

    #[test]
    fn a_form_is_not_pressed_and_a_button_is_not_sent() {
        let form_id = crate::app::press::parse("v1:form-resolve:7").unwrap();
        assert_eq!(press(form_id, &nothing()), Err(BadId::OldOrForged.into()));
        let button = crate::app::press::parse("v1:ack:5").unwrap();
        assert_eq!(form(button, &[]), Err(BadId::OldOrForged.into()));
    }

    #[test]
    fn forms_come_first() {
        let firsts = ["v1:card-update:7", "v1:card-resolve:7", "v1:correct-new:9"];
        for id in firsts {
            let Ok(Press::Ask(ask)) = press(crate::app::press::parse(id).unwrap(), &nothing()) else { panic!("{id}") };
            assert!(may_open_a_form(&ask), "{id}");
        }
        assert!(may_open_a_form(&typed("new", json!([]))));
        assert!(!may_open_a_form(&typed("ack", json!([]))));
    }
}
