//! The plan that the path proposes: who is on call, then everyone, then the fallback. Replaces only what it could have made.

use super::handle::unique;
use super::make::Made;
use crate::domain::definition::{Kind, Set};
use crate::domain::escalation::{EscalationPlan, Stage, StageTarget, TARGETS_MAX, Who};
use crate::domain::impact::Impact;
use crate::domain::name::Name;
use crate::domain::plan::{Engage, IncidentTemplate, ResponsePlan};
use crate::domain::span::Span;

/// Whoever is on call has this long to answer.
const ON_CALL: Span = Span::mins(5);
/// Everyone has this long, before the fallback is called.
const EVERYONE: Span = Span::mins(10);
/// What the definitions are named, where the name is free.
const NAME: &str = "default";
const TITLE: &str = "Default";

/// What a default plan would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub plan: EscalationPlan,
    /// How it differs from what is there.
    pub news: News,
}

/// What pressing **Make it** does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// There is no default plan: this becomes it.
    New,
    /// The default plan is one that the path made, and people or a schedule have come since.
    Grown { escalation: Name },
    /// The default plan is like this already.
    Same,
    /// The default plan was written by hand, and stays.
    ByHand,
}

/// The plan for the people and schedules that are there. `None`: nobody is there.
pub fn propose(set: &Set) -> Option<Proposal> {
    let plan = planned(set)?;
    let Some(default) = set.settings().default_plan else { return Some(Proposal { plan, news: News::New }) };
    let news = match made_before(set, &default) {
        Some((_, was)) if *was == plan => News::Same,
        Some((escalation, _)) => News::Grown { escalation: escalation.clone() },
        None => News::ByHand,
    };
    Some(Proposal { plan, news })
}

/// The definitions of what is proposed.
pub(super) fn make(set: &Set, made: &mut Made) {
    let Some(Proposal { plan, news }) = propose(set) else { return };
    match news {
        News::New => {
            let escalation = unique(set, Kind::EscalationPlan, NAME);
            let response = unique(set, Kind::ResponsePlan, NAME);
            let engage = vec![Engage::EscalationPlan(escalation.clone())];
            made.definitions.push((escalation, plan.into()));
            made.definitions.push((response.clone(), response_plan(engage).into()));
            made.change(&set.settings(), |settings| settings.default_plan = Some(response));
        }
        News::Grown { escalation } => made.definitions.push((escalation, plan.into())),
        News::Same | News::ByHand => {}
    }
}

fn planned(set: &Set) -> Option<EscalationPlan> {
    let contact = |(name, _): (&Name, _)| Who::Contact(name.clone());
    let everyone: Vec<Who> = set.contacts().map(contact).take(TARGETS_MAX).collect();
    let on_call = set.schedules().map(|(name, _)| Who::Schedule(name.clone())).next();
    let (stages, repeat) = match (on_call, everyone.as_slice()) {
        (_, []) => return None,
        (Some(on_call), _) => (vec![stage(ON_CALL, vec![on_call]), stage(EVERYONE, everyone)], 0),
        // Nobody takes turns: whoever there is, twice.
        (None, [_]) => (vec![stage(ON_CALL, everyone)], 1),
        (None, _) => (vec![stage(EVERYONE, everyone)], 1),
    };
    Some(EscalationPlan { display_name: Some(TITLE.to_owned()), stages, repeat })
}

fn stage(duration: Span, who: Vec<Who>) -> Stage {
    Stage { duration, targets: who.into_iter().map(|who| StageTarget { who, essential: true }).collect() }
}

/// The escalation plan behind the default plan, if it says nothing that the path would not have said.
fn made_before<'a>(set: &'a Set, default: &Name) -> Option<(&'a Name, &'a EscalationPlan)> {
    let response = set.response_plan(default)?;
    let [Engage::EscalationPlan(name)] = response.engagements.as_slice() else { return None };
    let (name, plan) = set.escalation_plans().find(|(one, _)| *one == name)?;
    let whole = plan.display_name.as_deref() == Some(TITLE) && plan.repeat <= 1;
    let usual = |stage: &Stage| {
        [ON_CALL, EVERYONE].contains(&stage.duration) && stage.targets.iter().all(|target| target.essential)
    };
    (whole && plan.stages.len() <= 2 && plan.stages.iter().all(usual)).then_some((name, plan))
}

fn response_plan(engagements: Vec<Engage>) -> ResponsePlan {
    let incident = IncidentTemplate {
        title: "{{ alert.title }}".to_owned(),
        summary: "{{ alert.description }}".to_owned(),
        impact: Impact::Medium,
        labels: Default::default(),
        dedupe: None,
    };
    ResponsePlan { display_name: Some(TITLE.to_owned()), engagements, ..ResponsePlan::of(incident) }
}
