//! Escalation plans: stages that reach somebody, and personal stages that start before the stage is over.

use super::Desk;
use crate::domain::contact::{Contact, DISPLAY_NAME_MAX, STAGE_MAX};
use crate::domain::definition::Set;
use crate::domain::escalation::{EscalationPlan, REPEAT_MAX, STAGES_MAX, Stage, TARGETS_MAX, Who};
use crate::domain::name::Name;
use crate::domain::span::Span;

pub(super) fn check(desk: &mut Desk<'_>, plan: &EscalationPlan) {
    if let Some(name) = &plan.display_name {
        desk.text("spec.display_name", name, DISPLAY_NAME_MAX);
    }
    desk.count("spec.stages", plan.stages.len(), 1..=STAGES_MAX, "stages");
    desk.number("spec.repeat", plan.repeat.into(), 0..=REPEAT_MAX.into());
    for (s, stage) in plan.stages.iter().enumerate() {
        self::stage(desk, &format!("spec.stages[{s}]"), stage);
        if s + 1 < plan.stages.len() {
            overrun(desk, &format!("spec.stages[{s}]"), stage);
        }
    }
    if !plan.stages.is_empty() && plan.stages.iter().all(|stage| stage.targets.is_empty()) {
        desk.wrong(
            "spec.stages",
            "no stage has a target: the plan reaches nobody",
            "name a contact or a schedule in one",
        );
    }
}

fn stage(desk: &mut Desk<'_>, field: &str, stage: &Stage) {
    desk.span(format!("{field}.duration"), stage.duration, Span::ZERO..=STAGE_MAX);
    desk.count(format!("{field}.targets"), stage.targets.len(), 0..=TARGETS_MAX, "targets");
    if stage.targets.is_empty() {
        if stage.duration.is_zero() {
            desk.wrong(
                format!("{field}.duration"),
                "a stage without targets is a delay, and this one is 0s",
                "give it a duration or a target",
            );
        }
        return;
    }
    for (t, target) in stage.targets.iter().enumerate() {
        if stage.targets[..t].iter().any(|earlier| earlier.who == target.who) {
            desk.wrong(format!("{field}.targets[{t}]"), "this target is there twice", "keep one");
        }
    }
    if stage.targets.iter().all(|target| !target.essential) {
        let right = "leave out `essential: false` for one of them";
        desk.warn(
            format!("{field}.targets"),
            "no target is essential: no answer from this stage stops the plan",
            right,
        );
    }
}

/// Warns of personal channels that start only after the stage that engages their contact has ended.
fn overrun(desk: &mut Desk<'_>, field: &str, stage: &Stage) {
    for (t, target) in stage.targets.iter().enumerate() {
        for name in engaged(desk.facts.set, &target.who) {
            let Some((channel, after)) =
                desk.facts.set.contact(name).and_then(|contact| latest(contact, stage.duration))
            else {
                continue;
            };
            let what = format!(
                "`{channel}` of {name} starts {after} after they are engaged, this stage ends after {}",
                stage.duration
            );
            let right = format!("make the stage last {after}, or start `{channel}` earlier");
            desk.warn(format!("{field}.targets[{t}]"), what, right);
        }
    }
}

/// Everybody whom a target can mean, nobody twice.
fn engaged<'a>(set: &'a Set, who: &'a Who) -> Vec<&'a Name> {
    match who {
        Who::Contact(name) => vec![name],
        Who::Schedule(name) => {
            let rotations = set.schedule(name).map_or(&[][..], |schedule| &schedule.rotations);
            let mut names: Vec<&Name> = rotations.iter().flat_map(|rotation| &rotation.contacts).collect();
            names.sort();
            names.dedup();
            names
        }
    }
}

/// The channel that is first used last, where that is later than `ends`.
fn latest(contact: &Contact, ends: Span) -> Option<(&str, Span)> {
    let mut starts = Vec::new();
    let mut at = 0;
    for stage in &contact.stages {
        for target in &stage.targets {
            if !starts.iter().any(|(name, _)| *name == target.channel.as_str()) {
                starts.push((target.channel.as_str(), at));
            }
        }
        at += stage.duration.as_secs();
    }
    let last = starts.into_iter().max_by_key(|(_, at)| *at)?;
    (last.1 > ends.as_secs()).then_some((last.0, Span::secs(last.1)))
}
