//! Runbooks: steps that exist, parameters that fit their type, look-ups that name something.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Desk;
use crate::definitions::explain::nearest;
use crate::domain::name::Name;
use crate::domain::runbook::{
    ACTIONS, ATTEMPTS_MAX, DESCRIPTION_MAX, Onward, PARAMETERS_MAX, Parameter, Runbook, STEP_NAME_MAX, STEPS_MAX, Step,
    TIMEOUT_MAX_S,
};
use crate::domain::template::{NotATemplate, Template};

/// Deepest nesting of loops: AWS allows none in none.
const DEPTH_MAX: usize = 1;
/// What every runbook may look up.
const GLOBAL: [&str; 7] = [
    "global:ACCOUNT_ID",
    "global:DATE",
    "global:DATE_TIME",
    "global:AWS_PARTITION",
    "global:REGION",
    "automation:EXECUTION_ID",
    "loop",
];

pub(super) fn check(desk: &mut Desk<'_>, runbook: &Runbook) {
    desk.count("spec.parameters", runbook.parameters.len(), 0..=PARAMETERS_MAX, "parameters");
    if let Some(description) = &runbook.description {
        desk.text("spec.description", description, DESCRIPTION_MAX);
    }
    parameters(desk, "spec.parameters", &runbook.parameters);
    parameters(desk, "spec.variables", &runbook.variables);
    let mut roots: Vec<String> = GLOBAL.map(str::to_owned).to_vec();
    roots.extend(runbook.parameters.keys().cloned());
    roots.extend(runbook.variables.keys().map(|name| format!("variable:{name}")));
    names(&runbook.main_steps, &mut roots);
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    steps(desk, "spec.mainSteps", &runbook.main_steps, &roots, 0);
}

/// The names of all steps, nested ones too: each is a root of look-ups.
fn names(steps: &[Step], roots: &mut Vec<String>) {
    for step in steps {
        roots.push(step.name.clone());
        if let Some(Ok(nested)) = step.nested() {
            names(&nested, roots);
        }
    }
}

fn parameters(desk: &mut Desk<'_>, field: &str, parameters: &BTreeMap<String, Parameter>) {
    for (name, parameter) in parameters {
        let field = format!("{field}.{name}");
        if !is_word(name) {
            desk.wrong(&field, format!("`{name}` is not a name"), "letters, digits and _");
        }
        let defaults = parameter.default.iter().map(|value| ("default".to_owned(), value));
        let allowed =
            parameter.allowed_values.iter().enumerate().map(|(a, value)| (format!("allowedValues[{a}]"), value));
        for (which, value) in defaults.chain(allowed) {
            if !parameter.kind.holds(value) {
                let kind = String::from(parameter.kind.clone());
                desk.wrong(
                    format!("{field}.{which}"),
                    format!("`{value}` is not of type {kind}"),
                    "there is no conversion between types",
                );
            }
        }
        if let Some(pattern) = &parameter.allowed_pattern {
            desk.pattern(format!("{field}.allowedPattern"), pattern);
        }
    }
}

fn steps(desk: &mut Desk<'_>, field: &str, steps: &[Step], roots: &[&str], depth: usize) {
    desk.count(field, steps.len(), 1..=STEPS_MAX, "steps");
    let all = steps.iter().enumerate();
    desk.unique(all.map(|(s, step)| (format!("{field}[{s}].name"), step.name.as_str())), "step");
    let mut names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    names.dedup();
    for (s, step) in steps.iter().enumerate() {
        let field = format!("{field}[{s}]");
        self::step(desk, &field, step, &names);
        look_ups(desk, &field, step, roots);
        match step.nested() {
            Some(Ok(_)) if depth >= DEPTH_MAX => desk.wrong(
                format!("{field}.action"),
                "a loop inside a loop",
                "put its steps into a runbook of their own",
            ),
            Some(Ok(nested)) => self::steps(desk, &format!("{field}.inputs.Steps"), &nested, roots, depth + 1),
            Some(Err(error)) => desk.wrong(format!("{field}.inputs.Steps"), error.to_string(), "steps as in mainSteps"),
            None => {}
        }
    }
}

fn step(desk: &mut Desk<'_>, field: &str, step: &Step, names: &[&str]) {
    if !is_word(&step.name) {
        desk.wrong(
            format!("{field}.name"),
            format!("`{}` is not a name", step.name),
            format!("1 to {STEP_NAME_MAX} letters, digits and _"),
        );
    }
    if !ACTIONS.iter().any(|action| action.name == step.action) {
        let right = nearest(&step.action, &ACTIONS.map(|action| action.name));
        desk.wrong(format!("{field}.action"), format!("there is no action `{}`", step.action), right);
    }
    if let Some(description) = &step.description {
        desk.text(format!("{field}.description"), description, DESCRIPTION_MAX);
    }
    desk.number(format!("{field}.maxAttempts"), step.max_attempts, 1..=ATTEMPTS_MAX);
    if step.timeout_seconds.is_some_and(|timeout| !(1..=TIMEOUT_MAX_S).contains(&timeout)) {
        desk.wrong(
            format!("{field}.timeoutSeconds"),
            "the time-out is out of range",
            format!("1 to {TIMEOUT_MAX_S} (30 days)"),
        );
    }
    if step.on_cancel == Onward::Continue {
        desk.wrong(format!("{field}.onCancel"), "`Continue` is not possible here", "write Abort or step:NAME");
    }
    for (where_to, target) in onward(step) {
        if !names.contains(&target.as_str()) {
            desk.wrong(format!("{field}.{where_to}"), format!("there is no step `{target}`"), nearest(&target, names));
        }
    }
    action(desk, field, step);
}

/// What an action cannot do without.
fn action(desk: &mut Desk<'_>, field: &str, step: &Step) {
    let needed: &[&str] = match step.action.as_str() {
        "aws:branch" => &["Choices"],
        "aws:loop" => &["Steps"],
        "aws:updateVariable" => &["Name", "Value"],
        "aws:invokeWebhook" => &["IntegrationName"],
        "aws:executeAutomation" => &["DocumentName"],
        "aws:approve" => &["Approvers"],
        "aws:executeScript" => &["Runtime"],
        "aws:executeAwsApi" => &["Service", "Api"],
        _ => &[],
    };
    for name in needed {
        if !step.inputs.contains_key(*name) {
            desk.wrong(
                format!("{field}.inputs"),
                format!("{} needs `{name}`", step.action),
                format!("write {name}: …"),
            );
        }
    }
    let document =
        step.inputs.get("DocumentName").and_then(Value::as_str).filter(|_| step.action == "aws:executeAutomation");
    if let Some(document) = document.filter(|document| !document.contains("{{")) {
        let known = Name::parse(document).is_ok_and(|name| desk.facts.set.runbook(&name).is_some());
        if !known {
            desk.warn(
                format!("{field}.inputs.DocumentName"),
                format!("there is no runbook `{document}` here: the step will fail"),
                "define it, or name another one",
            );
        }
    }
}

/// The fields of a step that name another one.
fn onward(step: &Step) -> Vec<(String, String)> {
    let mut targets = Vec::new();
    targets.extend(step.next_step.iter().map(|name| ("nextStep".to_owned(), name.clone())));
    for (field, onward) in [("onFailure", &step.on_failure), ("onCancel", &step.on_cancel)] {
        if let Onward::Step(name) = onward {
            targets.push((field.to_owned(), name.clone()));
        }
    }
    if step.action == "aws:branch" {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let choices = step.inputs.get("Choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (c, choice) in choices.iter().enumerate() {
            targets.extend(text(choice.get("NextStep")).map(|name| (format!("inputs.Choices[{c}].NextStep"), name)));
        }
        targets.extend(text(step.inputs.get("Default")).map(|name| ("inputs.Default".to_owned(), name)));
    }
    targets
}

/// Descriptions are Markdown for people: every look-up must read. Inputs may be of another language with braces of its
/// own: only look-ups that read and name nothing are wrong. Scripts are never templates.
fn look_ups(desk: &mut Desk<'_>, field: &str, step: &Step, roots: &[&str]) {
    if let Some(description) = &step.description
        && let Err(error) = Template::parse(description, roots)
    {
        desk.wrong(format!("{field}.description"), short(&error), "name a parameter or an earlier step");
    }
    for (name, value) in step.inputs.iter().filter(|(name, _)| !["Script", "Steps"].contains(&name.as_str())) {
        in_value(desk, &format!("{field}.inputs.{name}"), value, roots);
    }
}

fn in_value(desk: &mut Desk<'_>, field: &str, value: &Value, roots: &[&str]) {
    match value {
        Value::String(text) => {
            if let Err(error @ NotATemplate::UnknownRoot { .. }) = Template::parse(text, roots)
                && !text.contains("ssm:")
            {
                desk.wrong(field, short(&error), "name a parameter or an earlier step");
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                in_value(desk, &format!("{field}[{index}]"), item, roots);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                in_value(desk, &format!("{field}.{name}"), value, roots);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Without the list of everything that is allowed.
fn short(error: &NotATemplate) -> String {
    match error {
        NotATemplate::UnknownRoot { path, root, .. } => format!("`{{{{ {path} }}}}`: there is no `{root}` here"),
        other => other.to_string(),
    }
}

fn is_word(name: &str) -> bool {
    (1..=STEP_NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
