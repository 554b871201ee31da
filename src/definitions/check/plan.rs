//! Response plans: templates that read, people to engage, somebody to fall back on, graphs and links that are complete.

use serde_json::Value;

use super::Desk;
use crate::definitions::explain::nearest;
use crate::domain::contact::DISPLAY_NAME_MAX;
use crate::domain::incident::{SUMMARY_MAX, TITLE_MAX};
use crate::domain::plan::{
    ENGAGEMENTS_MAX, IncidentTemplate, KEY_MAX, LABELS_MAX, LINKS_MAX, METRICS_MAX, Metric, NOTIFY_MAX, REMINDER_MAX,
    REMINDER_MIN, ROOMS_MAX, RUNBOOKS_MAX, Recovery, ResponsePlan, RunbookCall,
};
use crate::domain::runbook::{Parameter, Runbook, ValueType};
use crate::domain::span::{Lapse, Span};

/// What AWS's runbooks may be handed of an incident.
const DYNAMIC: [(&str, ValueType); 2] =
    [("INCIDENT_RECORD_ARN", ValueType::String), ("INVOLVED_RESOURCES", ValueType::StringList)];

pub(super) fn check(desk: &mut Desk<'_>, plan: &ResponsePlan) {
    if let Some(name) = &plan.display_name {
        desk.text("spec.display_name", name, DISPLAY_NAME_MAX);
    }
    incident(desk, &plan.incident);
    counts(desk, plan);
    for (e, engage) in plan.engagements.iter().enumerate() {
        if plan.engagements[..e].contains(engage) {
            desk.wrong(format!("spec.engagements[{e}]"), format!("`{}` is engaged twice", engage.name()), "keep one");
        }
    }
    for (r, call) in plan.runbooks.iter().enumerate() {
        runbook_call(desk, &format!("spec.runbooks[{r}]"), call);
    }
    for (m, metric) in plan.metrics.iter().enumerate() {
        self::metric(desk, &format!("spec.metrics[{m}]"), metric);
    }
    for (l, link) in plan.links.iter().enumerate() {
        desk.text(format!("spec.links[{l}].title"), &link.title, DISPLAY_NAME_MAX);
        desk.link(format!("spec.links[{l}].url"), &link.url);
    }
    for (n, notify) in plan.notify.iter().enumerate() {
        desk.secret(format!("spec.notify[{n}].url_env"), &notify.url_env);
    }
    times(desk, plan);
    aws(desk, plan);
    nobody(desk, plan);
}

fn incident(desk: &mut Desk<'_>, incident: &IncidentTemplate) {
    desk.text("spec.incident.title", &incident.title, TITLE_MAX);
    desk.alert_template("spec.incident.title", &incident.title);
    desk.count("spec.incident.summary", incident.summary.chars().count(), 0..=SUMMARY_MAX, "characters");
    desk.alert_template("spec.incident.summary", &incident.summary);
    desk.count("spec.incident.labels", incident.labels.len(), 0..=LABELS_MAX, "labels");
    for (name, value) in &incident.labels {
        desk.count(format!("spec.incident.labels.{name}"), name.len() + value.len(), 1..=KEY_MAX, "characters");
        desk.alert_template(format!("spec.incident.labels.{name}"), value);
    }
    if let Some(dedupe) = &incident.dedupe {
        desk.text("spec.incident.dedupe", dedupe, KEY_MAX);
        desk.alert_template("spec.incident.dedupe", dedupe);
    }
}

fn counts(desk: &mut Desk<'_>, plan: &ResponsePlan) {
    desk.count("spec.engagements", plan.engagements.len(), 0..=ENGAGEMENTS_MAX, "engagements");
    desk.count("spec.runbooks", plan.runbooks.len(), 0..=RUNBOOKS_MAX, "runbooks");
    desk.count("spec.metrics", plan.metrics.len(), 0..=METRICS_MAX, "metrics");
    desk.count("spec.links", plan.links.len(), 0..=LINKS_MAX, "links");
    desk.count("spec.notify", plan.notify.len(), 0..=NOTIFY_MAX, "webhooks");
    desk.count("spec.announce", plan.announce.as_ref().map_or(0, Vec::len), 0..=ROOMS_MAX, "channels");
    desk.count("spec.channel.roles", plan.channel.roles.as_ref().map_or(0, Vec::len), 0..=ROOMS_MAX, "roles");
}

fn times(desk: &mut Desk<'_>, plan: &ResponsePlan) {
    let reminder = REMINDER_MIN..=REMINDER_MAX;
    let back = Span::ZERO..=REMINDER_MAX;
    if let Some(every) = plan.update_every {
        desk.span("spec.update_every", every, reminder.clone());
    }
    if let Some(Lapse::After(timeout)) = plan.ack_timeout {
        desk.span("spec.ack_timeout", timeout, reminder);
    }
    desk.span("spec.reopen_within", plan.reopen_within, back.clone());
    desk.span("spec.refire_after", plan.refire_after, back.clone());
    if let Recovery::ResolveAfter(after) = plan.recovery {
        desk.span("spec.recovery.resolve_after", after, back);
    }
}

fn aws(desk: &mut Desk<'_>, plan: &ResponsePlan) {
    let Some(aws) = &plan.aws else { return };
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    for (name, value) in [("profile", &aws.profile), ("region", &aws.region)] {
        if let Some(value) = value.as_ref().filter(|value| !word(value) || value.starts_with('-')) {
            desk.wrong(format!("spec.aws.{name}"), format!("`{value}` is not a {name}"), "letters, digits, - _ and .");
        }
    }
    if let Some(arn) = aws.role_arn.as_ref().filter(|arn| !arn.starts_with("arn:aws") || !arn.contains(":role/")) {
        desk.wrong("spec.aws.role_arn", format!("`{arn}` is not a role"), "write arn:aws:iam::ACCOUNT:role/NAME");
    }
}

/// Nobody engaged, or nobody to call when those do not answer.
fn nobody(desk: &mut Desk<'_>, plan: &ResponsePlan) {
    if plan.engagements.is_empty() {
        desk.warn("spec.engagements", "this plan pages nobody", "engage a contact, a schedule or an escalation plan");
    }
    let settings = &desk.facts.settings;
    if plan.fallback.is_none() && settings.fallback.is_none() && settings.roles.admin.is_empty() {
        let right = "write `fallback` here or in the settings, or name admin roles";
        desk.warn("spec.fallback", "there is nobody to fall back on but the server's owner", right);
    }
}

fn metric(desk: &mut Desk<'_>, field: &str, metric: &Metric) {
    let ways = [metric.prometheus.is_some(), metric.cloudwatch.is_some(), metric.image.is_some()];
    if ways.iter().filter(|given| **given).count() != 1 {
        desk.wrong(field, "a metric is exactly one of prometheus, cloudwatch, image", "keep one of them");
        return;
    }
    if let Some(title) = &metric.title {
        desk.text(format!("{field}.title"), title, DISPLAY_NAME_MAX);
    }
    if let Some(image) = &metric.image {
        desk.link(format!("{field}.image"), image);
    }
    if metric.prometheus.is_some() && metric.url_env.is_none() {
        desk.wrong(
            format!("{field}.url_env"),
            "a query to Prometheus needs `url_env`",
            "name the variable that holds its address",
        );
    }
    if metric.prometheus.is_none() && metric.url_env.is_some() {
        desk.wrong(format!("{field}.url_env"), "`url_env` is of prometheus only", "leave it out");
    }
    if metric.cloudwatch.is_some() && metric.header_env.is_some() {
        desk.wrong(format!("{field}.header_env"), "`header_env` is of prometheus and image only", "leave it out");
    }
    for (name, variable) in [("url_env", &metric.url_env), ("header_env", &metric.header_env)] {
        if let Some(variable) = variable {
            desk.secret(format!("{field}.{name}"), variable);
        }
    }
    if let Some(query) = &metric.prometheus {
        desk.text(format!("{field}.prometheus"), query, SUMMARY_MAX);
    }
}

fn runbook_call(desk: &mut Desk<'_>, field: &str, call: &RunbookCall) {
    let facts = desk.facts;
    let Some(runbook) = facts.set.runbook(&call.runbook) else { return };
    for (name, value) in &call.parameters {
        let field = format!("{field}.parameters.{name}");
        match runbook.parameters.get(name) {
            Some(parameter) => argument(desk, &field, parameter, value),
            None => unknown_parameter(desk, &field, name, call, runbook),
        }
    }
    for (name, parameter) in &runbook.parameters {
        if parameter.default.is_none() && !call.parameters.contains_key(name) {
            let what = format!("`{name}` of {} has no default and no value here", call.runbook);
            desk.wrong(format!("{field}.parameters.{name}"), what, format!("write {name}: …"));
        }
    }
}

fn unknown_parameter(desk: &mut Desk<'_>, field: &str, name: &str, call: &RunbookCall, runbook: &Runbook) {
    let names: Vec<&str> = runbook.parameters.keys().map(String::as_str).collect();
    let right = match names.is_empty() {
        true => "leave it out".to_owned(),
        false => nearest(name, &names),
    };
    desk.wrong(field, format!("{} has no parameter `{name}`", call.runbook), right);
}

fn argument(desk: &mut Desk<'_>, field: &str, parameter: &Parameter, value: &Value) {
    let kind = String::from(parameter.kind.clone());
    if let Some(variable) =
        value.get("variable").and_then(Value::as_str).filter(|_| parameter.kind != ValueType::StringMap)
    {
        match DYNAMIC.iter().find(|(name, _)| *name == variable) {
            Some((_, fits)) if *fits == parameter.kind => {}
            Some((_, fits)) => desk.wrong(
                field,
                format!("`{variable}` does not fit the type {kind}"),
                format!("only {}", String::from(fits.clone())),
            ),
            None => desk.wrong(
                field,
                format!("there is no variable `{variable}`"),
                "possible: INCIDENT_RECORD_ARN, INVOLVED_RESOURCES",
            ),
        }
        return;
    }
    if !parameter.kind.holds(value) {
        desk.wrong(field, format!("`{value}` is not of type {kind}"), "there is no conversion between types");
    } else if let Some(text) = value.as_str().filter(|text| text.contains("{{")) {
        desk.alert_template(field, text);
    } else if !parameter.allowed_values.is_empty() && !parameter.allowed_values.contains(value) {
        let allowed: Vec<String> = parameter.allowed_values.iter().map(Value::to_string).collect();
        desk.wrong(field, format!("`{value}` is not allowed"), format!("possible: {}", allowed.join(", ")));
    }
}
