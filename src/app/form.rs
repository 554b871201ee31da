//! Forms: what they ask, and what was written into them. One rule for all: what is left empty stays as it is.
//!
//! Only the summary is filled in, for its version comes back with the form: two who edit it at once get a conflict. Title
//! and impact are shown as hints instead, so that a form sent late does not set them back.

use super::press::Pressed;
use super::reply::{Form, FormInput};
use crate::domain::impact::Impact;
use crate::domain::incident::{Edit, Incident, TITLE_MAX};
use crate::domain::refusal::Refusal;
use crate::domain::span::Span;
use crate::domain::text::cut;

pub const TITLE: &str = "title";
pub const IMPACT: &str = "impact";
pub const SUMMARY: &str = "summary";
pub const NEXT_UPDATE: &str = "next_update";
pub const MESSAGE: &str = "message";

/// Longest text that one input of a form takes, in characters:
/// <https://discord.com/developers/docs/components/reference#text-input>.
const INPUT_MAX: usize = 4_000;
/// Longest hint in an empty input, in characters.
const PLACEHOLDER_MAX: usize = 100;
/// Longest message of an update or a resolution, in characters.
const MESSAGE_MAX: usize = 1_500;

/// What was written into a form: input id and text, empty where nothing was.
pub type Values<'a> = &'a [(String, String)];

/// The form of an update. A summary that does not fit into an input is left out, and says so.
pub fn update(incident: &Incident) -> Form {
    let version = i64::try_from(incident.summary_version).unwrap_or(i64::MAX);
    Form {
        title: format!("Update INC-{}", incident.number),
        does: Pressed::FormUpdate { incident: incident.id, summary_version: version },
        inputs: vec![message("What is going on now?", "One or two sentences for the channel"), summary(incident)]
            .into_iter()
            .chain([impact(incident), title(incident), next_update()])
            .collect(),
    }
}

/// The form of resolving: one optional sentence. Says how many alerts still fire.
pub fn resolve(incident: &Incident) -> Form {
    let label = match incident.alerts.firing() {
        0 => "What ended it?".to_owned(),
        1 => "1 alert still fires. What ended it?".to_owned(),
        firing => format!("{firing} alerts still fire. What ended it?"),
    };
    Form {
        title: format!("Resolve INC-{}", incident.number),
        does: Pressed::FormResolve { incident: incident.id },
        inputs: vec![message(&label, "One sentence; it can stay empty")],
    }
}

/// What an update asks to change. `summary_version` is the one that the form carried.
///
/// # Errors
/// A refusal that says what would be right, where impact or next update cannot be read.
pub fn read_update(values: Values<'_>, summary_version: i64) -> Result<Edit, Refusal> {
    let summary = written(values, SUMMARY);
    Ok(Edit {
        title: written(values, TITLE),
        impact: written(values, IMPACT).map(|said| read_impact(&said)).transpose()?,
        summary_version: summary.as_ref().and_then(|_| u64::try_from(summary_version).ok()),
        summary,
        next_update: written(values, NEXT_UPDATE).map(|said| read_span(&said)).transpose()?,
        message: written(values, MESSAGE),
        reason: None,
    })
}

/// The sentence of a form that has only one.
pub fn read_message(values: Values<'_>) -> Option<String> {
    written(values, MESSAGE)
}

fn written(values: Values<'_>, id: &str) -> Option<String> {
    let value = values.iter().find(|(input, _)| input == id)?.1.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// `1`, `critical` or `1 · Critical`, as people type it.
fn read_impact(said: &str) -> Result<Impact, Refusal> {
    let lower = said.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let meant = |impact: &Impact| first == impact.number().to_string() || first == impact.word().to_lowercase();
    let right = "a number: 1 (Critical), 2 (High), 3 (Medium), 4 (Low) or 5 (None)".to_owned();
    let refuse = || Refusal::BadValue { field: IMPACT, said: said.to_owned(), right };
    Impact::ALL.into_iter().find(meant).ok_or_else(refuse)
}

fn read_span(said: &str) -> Result<Span, Refusal> {
    let bare: String = said.to_lowercase().split_whitespace().collect();
    let right = "a time from now, such as 30m, 2h or 1h30m".to_owned();
    bare.parse().map_err(|_| Refusal::BadValue { field: NEXT_UPDATE, said: said.to_owned(), right })
}

fn message(label: &str, placeholder: &str) -> FormInput {
    input(MESSAGE, label, true, MESSAGE_MAX, placeholder)
}

fn summary(incident: &Incident) -> FormInput {
    let fits = incident.summary.chars().count() <= INPUT_MAX;
    let (label, placeholder, value) = match fits {
        true => ("Summary", "What is known so far".to_owned(), incident.summary.clone()),
        false => {
            let left_out = format!("Longer than a form can show ({INPUT_MAX} characters). Empty: it stays as it is");
            ("New summary (replaces the long one)", left_out, String::new())
        }
    };
    FormInput { value, ..input(SUMMARY, label, true, INPUT_MAX, &placeholder) }
}

fn impact(incident: &Incident) -> FormInput {
    let impact = incident.impact;
    let now = format!("Now {} · {}: {}", impact.number(), impact.word(), impact.sentence());
    input(IMPACT, "New impact: 1 (Critical) to 5 (None)", false, 20, &now)
}

fn title(incident: &Incident) -> FormInput {
    input(TITLE, "New title", false, TITLE_MAX, &format!("Now: {}", incident.title))
}

fn next_update() -> FormInput {
    input(NEXT_UPDATE, "Next update in", false, 20, "Such as 30m or 2h")
}

fn input(id: &'static str, label: &str, long: bool, max: usize, placeholder: &str) -> FormInput {
    let placeholder = cut(placeholder, PLACEHOLDER_MAX);
    FormInput { id, label: label.to_owned(), value: String::new(), long, required: false, max, placeholder }
}
