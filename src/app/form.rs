//! Forms: what they ask, and what was written into them. One rule for all: what is left empty stays as it is.
//!
//! Only the summary is filled in, for its version comes back with the form: two who edit it at once get a conflict. Title
//! and impact are shown as hints instead, so that a form sent late does not set them back.

use super::press::Pressed;
use super::reply::{Form, FormInput};
use crate::domain::call;
use crate::domain::definition::Set;
use crate::domain::id::{CallId, GuildId, UserId};
use crate::domain::impact::Impact;
use crate::domain::incident::{ENDING_REASON_MAX, Edit, Incident, TITLE_MAX};
use crate::domain::name::Name;
use crate::domain::plan::ResponsePlan;
use crate::domain::refusal::Refusal;
use crate::domain::span::Span;
use crate::domain::text::cut;

pub const TITLE: &str = "title";
pub const IMPACT: &str = "impact";
pub const SUMMARY: &str = "summary";
pub const NEXT_UPDATE: &str = "next_update";
pub const MESSAGE: &str = "message";
pub const PLAN: &str = "plan";
pub const REASON: &str = "reason";
pub const CODE: &str = "code";

/// Longest text that one input of a form takes, in characters:
/// <https://discord.com/developers/docs/components/reference#text-input>.
const INPUT_MAX: usize = 4_000;
/// Longest title of a form, in characters: <https://discord.com/developers/docs/interactions/receiving-and-responding>.
const FORM_TITLE_MAX: usize = 45;
/// Longest hint in an empty input, in characters.
const PLACEHOLDER_MAX: usize = 100;
/// Longest name of a plan that can be typed, in characters: as people call it, or its own.
const PLAN_MAX: usize = 100;
/// Longest code that can be typed, in characters: with what people put between the digits.
const CODE_MAX: usize = 20;
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

/// The form of a false alarm: why nothing had to be done.
pub fn cancel(incident: &Incident) -> Form {
    let reason = input(REASON, "Why was it a false alarm?", true, ENDING_REASON_MAX, "It is kept in the timeline");
    Form {
        title: format!("INC-{} was a false alarm", incident.number),
        does: Pressed::FormCancel { incident: incident.id },
        inputs: vec![FormInput { required: true, ..reason }],
    }
}

/// The form of **Page this person**: one optional sentence.
pub fn page(user: UserId, name: &str) -> Form {
    let label = "What do you need them for?";
    let message = input(MESSAGE, label, true, call::MESSAGE_MAX, "One sentence, shown in the page; it can stay empty");
    let title = cut(&format!("Page {name} now"), FORM_TITLE_MAX);
    Form { title, does: Pressed::FormPage { user }, inputs: vec![message] }
}

/// The form for the code that was sent to an address.
pub fn code(guild: GuildId) -> Form {
    let code = input(CODE, "The code", false, CODE_MAX, "The digits that were sent there");
    let inputs = vec![FormInput { required: true, ..code }];
    Form { title: "Prove an address".to_owned(), does: Pressed::FormCode { guild }, inputs }
}

/// The code that was typed into it.
pub fn read_code(values: Values<'_>) -> String {
    written(values, CODE).unwrap_or_default()
}

/// The form that stops a call: one optional sentence.
pub fn stop_call(of: CallId, title: &str) -> Form {
    let hint = "Shown to those who were paged; it can stay empty";
    let reason = input(REASON, "Why is nobody needed any more?", true, call::REASON_MAX, hint);
    let title = cut(&format!("Stop calling {title}"), FORM_TITLE_MAX);
    Form { title, does: Pressed::FormCallStop { call: of }, inputs: vec![reason] }
}

/// What stands in the form of a new incident, word for word; empty where nothing does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewForm {
    pub title: String,
    pub summary: String,
    pub impact: String,
    pub plan: String,
}

impl NewForm {
    /// As it opens: with the default plan, and its impact with the sentence.
    pub fn fresh(plan: Option<&Name>, impact: Impact) -> NewForm {
        NewForm {
            impact: format!("{} · {}: {}", impact.number(), impact.word(), impact.sentence()),
            plan: plan.map(ToString::to_string).unwrap_or_default(),
            ..NewForm::default()
        }
    }

    /// As it was sent.
    pub fn read(values: Values<'_>) -> NewForm {
        let value = |id| written(values, id).unwrap_or_default();
        NewForm { title: value(TITLE), summary: value(SUMMARY), impact: value(IMPACT), plan: value(PLAN) }
    }

    /// The impact that was chosen; `None`: as the plan says.
    ///
    /// # Errors
    /// A refusal that says what would be right.
    pub fn impact(&self) -> Result<Option<Impact>, Refusal> {
        (!self.impact.is_empty()).then(|| read_impact(&self.impact)).transpose()
    }

    /// The plan that was named, by its name or as people call it; `None`: the server's default plan.
    ///
    /// # Errors
    /// There is no such plan: what there is.
    pub fn plan(&self, set: &Set) -> Result<Option<Name>, Refusal> {
        let said = self.plan.to_lowercase();
        let meant = |(name, plan): &(&Name, &ResponsePlan)| {
            name.as_str() == said || plan.display_name.as_ref().is_some_and(|title| title.to_lowercase() == said)
        };
        if said.is_empty() {
            return Ok(None);
        }
        let found = set.response_plans().find(meant).map(|(name, _)| name.clone());
        let known = || set.response_plans().map(|(name, _)| name.to_string()).collect();
        found.map(Some).ok_or_else(|| Refusal::NoSuchPlan { said: self.plan.clone(), known: known() })
    }

    /// Everything in it that cannot be meant, at once: nobody wants to correct a form twice.
    pub fn wrong(&self, set: &Set) -> Vec<Refusal> {
        self.impact().err().into_iter().chain(self.plan(set).err()).collect()
    }
}

/// The form of a new incident, filled. `known`: the plans there are.
pub fn new(filled: &NewForm, known: &[String]) -> Form {
    let plans = match known {
        [] => "No plan is set up: nobody is paged".to_owned(),
        known => format!("Empty: the default plan. There is: {}", known.join(", ")),
    };
    let fields = [
        (input(TITLE, "What is wrong?", false, TITLE_MAX, "In a few words; empty: as the plan says"), &filled.title),
        (input(SUMMARY, "What do you know so far?", true, INPUT_MAX, "You can change it later"), &filled.summary),
        (
            input(IMPACT, "Impact: 1 (Critical) to 5 (None)", false, PLACEHOLDER_MAX, "Empty: as the plan says"),
            &filled.impact,
        ),
        (input(PLAN, "Response plan: who is paged", false, PLAN_MAX, &plans), &filled.plan),
    ];
    let inputs = fields.into_iter().map(|(input, value)| FormInput { value: value.clone(), ..input });
    Form { title: "Open an incident".to_owned(), does: Pressed::FormNew {}, inputs: inputs.collect() }
}

/// The reason in a form that has only one.
pub fn read_reason(values: Values<'_>) -> String {
    written(values, REASON).unwrap_or_default()
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
