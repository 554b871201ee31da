//! Which definition names which other one, and in which field.

use crate::domain::definition::{Kind, Set, Spec};
use crate::domain::escalation::{EscalationPlan, Who};
use crate::domain::maintenance::{Maintenance, Scope};
use crate::domain::name::Name;
use crate::domain::plan::{Engage, ResponsePlan};
use crate::domain::schedule::Schedule;
use crate::domain::settings::{Fallback, Settings};
use crate::domain::source::AlertSource;

/// A definition that names another one: why it cannot be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub kind: Kind,
    pub name: Name,
    pub field: String,
}

/// Who names this definition, in order of kind and name.
pub fn references_to(set: &Set, kind: Kind, name: &Name) -> Vec<Reference> {
    let of = |(from, by, spec): (Kind, &Name, &Spec)| {
        let own = links(spec).into_iter().filter(|link| link.kind == kind && link.name == *name);
        own.map(|link| Reference { kind: from, name: by.clone(), field: link.field }).collect::<Vec<_>>()
    };
    set.iter().flat_map(of).collect()
}

/// A field of a spec that names a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub field: String,
    pub kind: Kind,
    pub name: Name,
}

fn link(field: impl Into<String>, kind: Kind, name: &Name) -> Link {
    Link { field: field.into(), kind, name: name.clone() }
}

/// Everything a spec names.
pub(super) fn links(spec: &Spec) -> Vec<Link> {
    match spec {
        Spec::Settings(settings) => of_settings(settings),
        Spec::Schedule(schedule) => of_schedule(schedule),
        Spec::EscalationPlan(plan) => of_escalation_plan(plan),
        Spec::ResponsePlan(plan) => of_response_plan(plan),
        Spec::AlertSource(source) => of_alert_source(source),
        Spec::Maintenance(maintenance) => of_maintenance(maintenance),
        Spec::Contact(_) | Spec::ChangeSource(_) | Spec::Runbook(_) | Spec::AnalysisTemplate(_) => Vec::new(),
    }
}

fn of_settings(settings: &Settings) -> Vec<Link> {
    let plan = settings.default_plan.iter().map(|plan| link("spec.default_plan", Kind::ResponsePlan, plan));
    plan.chain(of_fallback(settings.fallback.as_ref())).collect()
}

fn of_fallback(fallback: Option<&Fallback>) -> Option<Link> {
    match fallback {
        Some(Fallback::Contact(name)) => Some(link("spec.fallback.contact", Kind::Contact, name)),
        Some(Fallback::Role(_)) | None => None,
    }
}

fn of_schedule(schedule: &Schedule) -> Vec<Link> {
    let mut links = Vec::new();
    for (r, rotation) in schedule.rotations.iter().enumerate() {
        for (c, contact) in rotation.contacts.iter().enumerate() {
            links.push(link(format!("spec.rotations[{r}].contacts[{c}]"), Kind::Contact, contact));
        }
    }
    links
}

fn of_escalation_plan(plan: &EscalationPlan) -> Vec<Link> {
    let mut links = Vec::new();
    for (s, stage) in plan.stages.iter().enumerate() {
        for (t, target) in stage.targets.iter().enumerate() {
            let field = format!("spec.stages[{s}].targets[{t}]");
            links.push(match &target.who {
                Who::Contact(name) => link(format!("{field}.contact"), Kind::Contact, name),
                Who::Schedule(name) => link(format!("{field}.schedule"), Kind::Schedule, name),
            });
        }
    }
    links
}

fn of_response_plan(plan: &ResponsePlan) -> Vec<Link> {
    let mut links = Vec::new();
    for (e, engage) in plan.engagements.iter().enumerate() {
        let kind = match engage {
            Engage::Contact(_) => Kind::Contact,
            Engage::Schedule(_) => Kind::Schedule,
            Engage::EscalationPlan(_) => Kind::EscalationPlan,
        };
        links.push(link(format!("spec.engagements[{e}].{kind}"), kind, engage.name()));
    }
    for (r, call) in plan.runbooks.iter().enumerate() {
        links.push(link(format!("spec.runbooks[{r}].runbook"), Kind::Runbook, &call.runbook));
    }
    links.extend(of_fallback(plan.fallback.as_ref()));
    links
}

fn of_alert_source(source: &AlertSource) -> Vec<Link> {
    let mut links = vec![link("spec.response_plan", Kind::ResponsePlan, &source.response_plan)];
    for (r, route) in source.routes.iter().enumerate() {
        let plan = route.response_plan.iter();
        links.extend(plan.map(|plan| link(format!("spec.routes[{r}].response_plan"), Kind::ResponsePlan, plan)));
    }
    links
}

fn of_maintenance(maintenance: &Maintenance) -> Vec<Link> {
    match &maintenance.scope {
        Scope::Source(name) => vec![link("spec.scope.source", Kind::AlertSource, name)],
        Scope::Plan(name) => vec![link("spec.scope.plan", Kind::ResponsePlan, name)],
        Scope::Labels(_) | Scope::Title(_) | Scope::All => Vec::new(),
    }
}
