//! Words of the scenarios that a person types, as requests, and what a person is shown, as words. Plays nothing.

use chrono::TimeDelta;
use muster::app::courier::Outgoing;
use muster::app::form::NewForm;
use muster::app::press::Pressed;
use muster::app::reply::{Control, Form, Reply, Say};
use muster::app::request::{NewIncident, Which};
use muster::app::{HandOver, contact, page, plan};
use muster::discord::typed::Ahead;
use muster::domain::impact::Impact;
use muster::domain::name::Name;
use muster::domain::span::Span;

use crate::setup;

pub(super) fn told(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Say(Say { text, controls })
        | Reply::Replace(Say { text, controls })
        | Reply::File(Say { text, controls }, _) => Some(setup::named(&text.plain()) + &choices(controls)),
        Reply::Form(form) => Some(format!("form {}{}", form.title, filled(form))),
        Reply::Nothing => None,
    }
}

/// `dm`, `dm until 18:00`, `until 18:00`, `dm for 8h`, nothing.
pub(super) fn mute(said: &str) -> Result<contact::Ask, String> {
    let said = &format!(" {said}");
    let (channel, until) = match (said.split_once(" until "), said.split_once(" for ")) {
        (Some((channel, at)), _) => {
            let at = at.to_owned().try_into().map_err(|_| "a time of day")?;
            (channel, Some(contact::Until::Clock(at)))
        }
        (_, Some((channel, span))) => (channel, Some(contact::Until::For(span.parse().map_err(|_| "a span")?))),
        _ => (said.as_str(), None),
    };
    let channel = Some(channel.trim().to_owned()).filter(|channel| !channel.is_empty());
    Ok(contact::Ask::Mute { channel, until })
}

/// `ana`, `db because It burns`, `db in INC-1`.
pub(super) fn called(said: &str) -> page::Ask {
    let (said, message) = said.split_once(" because ").map_or((said, None), |(who, why)| (who, Some(why.to_owned())));
    let (who, incident) = said.split_once(" in INC-").map_or((said, None), |(who, number)| (who, number.parse().ok()));
    page::Ask::Who { who: who.to_owned(), message, incident }
}

pub(super) fn name(said: &str) -> Result<Name, String> {
    Name::parse(said.trim_start_matches('@')).map_err(|why| why.to_string())
}

pub(super) fn hand_over(outgoing: &Outgoing) -> Option<HandOver> {
    let Outgoing::Line { controls, .. } = outgoing else { return None };
    controls.iter().find_map(|control| match control {
        Control::Button { does: Pressed::HandOver { schedule, at, place }, .. } => {
            Some(HandOver { schedule: *schedule, at: *at, place: *place })
        }
        _ => None,
    })
}

/// The incidents that a question offers.
fn choices(controls: &[Control]) -> String {
    let select = controls.iter().find_map(|control| match control {
        Control::Select {
            options,
            does: Pressed::WhichIncident { .. } | Pressed::DuplicateOf { .. } | Pressed::TakeFrom { .. },
            ..
        } => Some(options),
        _ => None,
    });
    let labels = select.into_iter().flatten().map(|option| option.label.as_str());
    labels.map(|label| format!(" [{label}]")).collect()
}

/// What a form is filled with.
fn filled(form: &Form) -> String {
    let filled = form.inputs.iter().filter(|input| !input.value.is_empty());
    filled.map(|input| format!(" · {}: {}", input.id, input.value)).collect()
}

/// `title Checkout is slow / impact 7`: what is written into the form of a new incident.
pub(super) fn written(said: &str) -> Result<NewForm, String> {
    let mut form = NewForm::default();
    for part in said.split(" / ") {
        let (field, value) = part.split_once(' ').unwrap_or((part, ""));
        let input = match field {
            "title" => &mut form.title,
            "summary" => &mut form.summary,
            "impact" => &mut form.impact,
            "plan" => &mut form.plan,
            other => return Err(format!("no such input: {other}")),
        };
        *input = value.to_owned();
    }
    Ok(form)
}

pub(super) fn numbered(said: &str) -> Result<Which, String> {
    let number = said.strip_prefix("INC-").and_then(|number| number.parse().ok());
    number.map(Which::Number).ok_or_else(|| format!("{said} is no incident"))
}

pub(super) fn new_incident(said: &str) -> Result<NewIncident, String> {
    let mut new = NewIncident::default();
    for part in said.split(", ").filter(|part| !part.is_empty()) {
        let (field, value) = part.split_once(' ').unwrap_or((part, ""));
        match field {
            "plan" => new.plan = Some(name(value)?),
            "title" => new.title = Some(value.to_owned()),
            "impact" => new.impact = Some(impact(value)?),
            "private" => new.private = Some(true),
            "drill" => new.drill = true,
            other => return Err(format!("no such option: {other}")),
        }
    }
    Ok(new)
}

/// `db`, `db at 2026-01-06 09:00`, `db in 2h`.
pub(super) fn preview(said: &str) -> Result<plan::Ask, String> {
    let (name, at) = said.split_once(' ').unwrap_or((said, "now"));
    let at = Ahead::try_from(at.trim_start_matches("at ").to_owned()).map_err(|why| why.to_string())?;
    let at = match at {
        Ahead::Now => plan::At::Now,
        Ahead::In(span) => plan::At::In(span),
        Ahead::Clock(time) => plan::At::Clock(time),
        Ahead::Local(local) => plan::At::Local(local),
    };
    Ok(plan::Ask::Preview { plan: named(name)?, at })
}

pub(super) fn named(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|why| why.to_string())
}

pub(super) fn impact(text: &str) -> Result<Impact, String> {
    let number: u8 = text.parse().map_err(|_| format!("{text} is no impact"))?;
    Impact::try_from(number).map_err(|why| why.to_string())
}

pub(super) fn span(text: &str) -> Result<TimeDelta, String> {
    text.parse::<Span>().map(Span::delta).map_err(|why| why.to_string())
}

pub(super) fn signed(text: &str) -> Result<TimeDelta, String> {
    match text.strip_prefix('-') {
        Some(back) => span(back).map(|by| -by),
        None => span(text.trim_start_matches('+')),
    }
}
