//! `/oncall …` in the words of the scenarios: `/oncall override: primary from 18:00 to 2h ana ben in one`.

use muster::app::oncall::Ask as OnCall;
use muster::app::press::Pressed;
use muster::app::reply::{Control, Picked};
use muster::app::request::Ask;
use muster::discord::parse::{self, Press};
use serde_json::{Value, json};

use crate::fake::Posted;
use muster::app::courier::Outgoing;

/// Reads the words as the options of the command, the way Discord sends them.
pub fn typed(verb: &str, said: &str) -> Result<Ask, String> {
    let word = verb.trim_start_matches("/oncall ");
    let mut options: Vec<(&str, Value)> = Vec::new();
    let mut rest = said;
    if let Some((before, rotation)) = rest.rsplit_once(" in rotation ") {
        options.push(("rotation", json!(rotation)));
        rest = before;
    }
    match word {
        "override" | "cover" => {
            let (schedule, times) = rest.split_once("from ").ok_or("from TIME to TIME")?;
            let (from, times) = times.split_once(" to ").ok_or("to TIME")?;
            let (to, members) = times.split_once(" with ").unwrap_or((times, ""));
            options.extend([("schedule", json!(schedule)), ("from", json!(from)), ("to", json!(to))]);
            options.extend((word == "override").then(|| ("members", json!(members))));
        }
        "cancel" => options.push(("override", json!(rest))),
        "take" => {
            let (schedule, until) = rest.split_once(" until ").unwrap_or((rest, ""));
            options.extend([("schedule", json!(schedule)), ("until", json!(until))]);
        }
        "who" => {
            let (schedule, at) = rest.split_once("at ").unwrap_or((rest, ""));
            options.extend([("schedule", json!(schedule)), ("at", json!(at))]);
        }
        "preview" | "calendar" => {
            let (schedule, weeks) = rest.split_once(" weeks ").unwrap_or((rest, ""));
            options.push(("schedule", json!(schedule)));
            options.extend(weeks.parse::<u32>().ok().map(|weeks| ("weeks", json!(weeks))));
        }
        "mine" => {}
        _ => options.push(("schedule", json!(rest))),
    }
    let kind = |value: &Value| if value.is_number() { 4 } else { 3 };
    let options: Vec<Value> =
        options.iter().map(|(name, value)| json!({ "name": name, "type": kind(value), "value": value })).collect();
    let sent = [json!({ "name": word, "type": 1, "options": options })];
    parse::command("oncall", &sent).map_err(|why| why.to_string())
}

/// A button below the latest answer.
pub fn pressed(verb: &str, offered: &[Control]) -> Result<Ask, String> {
    let fits = |pressed: &Pressed| match verb {
        "saves" => matches!(pressed, Pressed::OverrideSave { .. }),
        _ => matches!(pressed, Pressed::CoverBack { .. }),
    };
    let button = offered.iter().find_map(|control| match control {
        Control::Button { does, .. } if fits(does) => Some(*does),
        _ => None,
    });
    let pressed = button.ok_or("there is no such button")?;
    match parse::press(pressed, &Picked::Values(Vec::new())) {
        Ok(Press::Ask(ask)) => Ok(ask),
        other => Err(format!("{other:?}")),
    }
}

/// **I take it**.
pub fn take(offer: Option<Posted>) -> Result<Ask, String> {
    match offer.ok_or("nothing is offered")?.outgoing {
        Outgoing::Cover(cover) => Ok(Ask::OnCall(OnCall::CoverTake(cover.offer))),
        _ => Err("nothing is offered".to_owned()),
    }
}

/// The answer to "whose place?".
pub fn place(asked: u64, value: &str) -> Result<Ask, String> {
    let contact = muster::domain::name::Name::parse(value).map_err(|why| why.to_string())?;
    Ok(Ask::OnCall(OnCall::TakeFrom { asked, contact }))
}

/// Codes of overrides are of one run only: they are told as CODE. Returns the last one, to take it back.
pub fn masked(said: &str) -> (String, Option<String>) {
    let (mut text, mut last) = (String::new(), None);
    for part in said.split_inclusive('`') {
        let word = part.trim_end_matches('`');
        let code =
            word.rsplit_once(':').filter(|(before, _)| before.ends_with("override")).map_or(word, |(_, code)| code);
        let fits = code.len() == 5 && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        match fits && part.ends_with('`') {
            true => {
                last = Some(code.to_owned());
                text += &part.replace(code, "CODE");
            }
            false => text += part,
        }
    }
    (text, last)
}
