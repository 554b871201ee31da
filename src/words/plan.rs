//! Response plans for those who ask: the list, and one plan as a person reads it.

use chrono::TimeDelta;

use super::span::exactly;
use super::text::{Piece, Text};
use crate::domain::definition::Set;
use crate::domain::escalation::{EscalationPlan, Stage, StageTarget, Who};
use crate::domain::id::{ChannelId, RoleId};
use crate::domain::impact::Impact;
use crate::domain::name::Name;
use crate::domain::plan::{Analysis, Engage, OnRecovery, Recovery, ResponsePlan, RoomMode};
use crate::domain::reference::Ref;
use crate::domain::settings::{Fallback, Settings};
use crate::domain::span::{Lapse, Span};
use crate::domain::text::one_line;

/// Most plans in one list.
const PLANS_MAX: usize = 20;
/// How much is shown of a text that may be long, in characters.
const TEXT_SHOWN: usize = 200;
/// Most labels, links and the like that are named.
const NAMED_MAX: usize = 8;

/// All plans, one a line: its title, the name to type, whom it calls.
pub fn plan_list(set: &Set) -> Text {
    let default = set.settings().default_plan;
    let count = set.response_plans().count();
    if count == 0 {
        return Text::from(
            "No response plan is set up yet: an incident opened now pages nobody. An admin types `/setup`.",
        );
    }
    let shown = set.response_plans().take(PLANS_MAX).enumerate();
    let text = shown.fold(Text::new(), |text, (index, (name, plan))| {
        let text = if index == 0 { text } else { text.line() };
        text.join(list_row(name, plan, default.as_ref() == Some(name), set))
    });
    match count.saturating_sub(PLANS_MAX) {
        0 => text,
        left => text.line().ours(format!("and {left} more.")),
    }
}

fn list_row(name: &Name, plan: &ResponsePlan, default: bool, set: &Set) -> Text {
    let text = head(name, plan, default).ours(format!(" · impact {}", plan.incident.impact.number()));
    let called: Vec<String> = plan.engagements.iter().map(|engage| title(engage, set)).collect();
    match called.is_empty() {
        true => text.ours(" · ").strong("pages nobody"),
        false => text.ours(" · calls ").names(&called),
    }
}

/// "**Payments outage** · payments-outage · the default".
fn head(name: &Name, plan: &ResponsePlan, default: bool) -> Text {
    let text = Text::new().said_strong(plan.display_name.as_deref().unwrap_or(name.as_str()));
    let text = if plan.display_name.is_some() { text.ours(" · ").said(name.as_str()) } else { text };
    if default { text.ours(" · the default") } else { text }
}

/// What people call whom a plan engages.
fn title(engage: &Engage, set: &Set) -> String {
    let name = engage.name();
    let shown = match engage {
        Engage::Contact(_) => set.contact(name).map(|contact| contact.display_name.clone()),
        Engage::Schedule(_) => set.schedule(name).and_then(|schedule| schedule.display_name.clone()),
        Engage::EscalationPlan(_) => set.escalation_plan(name).and_then(|plan| plan.display_name.clone()),
    };
    shown.unwrap_or_else(|| name.to_string())
}

/// The whole plan, a line a thing; what is left to the settings is said as it is in force.
pub fn plan_shown(name: &Name, plan: &ResponsePlan, set: &Set) -> Text {
    let settings = set.settings();
    let default = settings.default_plan.as_ref() == Some(name);
    let lines = [opens(plan), labels(plan), Some(one_incident(plan)), Some(room(plan, &settings))];
    let lines = lines.into_iter().flatten().chain(announced(plan, &settings));
    let lines = lines.chain(calls(plan, set)).chain([fallback(plan, &settings, set)]);
    let lines = lines.chain(named("Links: ", plan.links.iter().map(|link| &link.title)));
    let lines = lines.chain([recovery(plan), again(plan), still(plan)]).chain(not_yet(plan));
    lines.fold(head(name, plan, default), |text, line| text.line().join(line))
}

fn opens(plan: &ResponsePlan) -> Option<Text> {
    let template = &plan.incident;
    let impact = template.impact;
    let text = Text::from("Opens as “").said(one_line(&template.title, TEXT_SHOWN)).ours("” · ");
    let text = text.strong(format!("{} {impact}", impact.number())).ours(format!(": {}", impact.sentence()));
    match template.summary.is_empty() {
        true => Some(text),
        false => Some(text.line().ours("Summary: “").said(one_line(&template.summary, TEXT_SHOWN)).ours("”")),
    }
}

fn labels(plan: &ResponsePlan) -> Option<Text> {
    let labels = &plan.incident.labels;
    let said: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    (!said.is_empty()).then(|| Text::from("Labels: ").names(&said))
}

fn one_incident(plan: &ResponsePlan) -> Text {
    match &plan.incident.dedupe {
        Some(key) => Text::from("Alerts with one key are one incident: “").said(one_line(key, TEXT_SHOWN)).ours("”"),
        None => Text::from("Alerts of one source with one key of their own are one incident"),
    }
}

fn room(plan: &ResponsePlan, settings: &Settings) -> Text {
    let room = &plan.channel;
    let kind = match (room.mode, room.private) {
        (RoomMode::Channel, false) => "Worked on in its own channel",
        (RoomMode::Channel, true) => "Worked on in its own private channel",
        (RoomMode::Thread, false) => "Worked on in a thread",
        (RoomMode::Thread, true) => "Worked on in a private thread",
    };
    let roles = room.roles.as_ref().unwrap_or(&settings.roles.responder);
    let text = Text::from(kind);
    let text = if roles.is_empty() { text } else { listed(text.ours(", seen by "), roles, role) };
    if room.voice.unwrap_or(settings.voice) { text.ours(", with a voice channel") } else { text }
}

fn announced(plan: &ResponsePlan, settings: &Settings) -> Option<Text> {
    let channels = plan.announce.as_ref().unwrap_or(&settings.announce);
    (!channels.is_empty()).then(|| listed(Text::from("Announced in "), channels, channel))
}

fn listed<T>(text: Text, items: &[T], put: impl Fn(Text, &T) -> Text) -> Text {
    let text = items
        .iter()
        .take(NAMED_MAX)
        .enumerate()
        .fold(text, |text, (index, item)| put(if index == 0 { text } else { text.ours(", ") }, item));
    match items.len().saturating_sub(NAMED_MAX) {
        0 => text,
        left => text.ours(format!(" and {left} more")),
    }
}

fn role(text: Text, role: &Ref<RoleId>) -> Text {
    match role {
        Ref::Id(role) => text.piece(Piece::Role(*role)),
        Ref::Name(name) => text.said(format!("@{name}")),
    }
}

fn channel(text: Text, channel: &Ref<ChannelId>) -> Text {
    match channel {
        Ref::Id(channel) => text.piece(Piece::Channel(*channel)),
        Ref::Name(name) => text.said(format!("#{name}")),
    }
}

/// Whom it calls: escalation plans stage by stage.
fn calls(plan: &ResponsePlan, set: &Set) -> Vec<Text> {
    if plan.engagements.is_empty() {
        return vec![Text::new().strong("Pages nobody")];
    }
    plan.engagements.iter().flat_map(|engage| call(engage, set)).collect()
}

fn call(engage: &Engage, set: &Set) -> Vec<Text> {
    let text = Text::from("Calls ").said_strong(title(engage, set));
    match engage {
        Engage::Contact(_) => vec![text],
        Engage::Schedule(_) => vec![text.ours(": whoever is on call")],
        Engage::EscalationPlan(name) => match set.escalation_plan(name) {
            Some(plan) => std::iter::once(text.ours(repeated(plan))).chain(stages(plan, set)).collect(),
            None => vec![text],
        },
    }
}

fn repeated(plan: &EscalationPlan) -> String {
    match plan.repeat {
        0 => ":".to_owned(),
        1 => ", once more where nobody answers:".to_owned(),
        times => format!(", {times} times more where nobody answers:"),
    }
}

fn stages(plan: &EscalationPlan, set: &Set) -> Vec<Text> {
    let last = plan.stages.len().saturating_sub(1);
    plan.stages.iter().enumerate().map(|(index, stage)| self::stage(index, stage, index == last, set)).collect()
}

fn stage(index: usize, stage: &Stage, last: bool, set: &Set) -> Text {
    let text = Text::from(format!("{}. ", index + 1));
    let wait = exactly(stage.duration.delta());
    if stage.targets.is_empty() {
        return text.ours(format!("wait {wait}"));
    }
    let text = listed(text, &stage.targets, |text, target| who(text, target, set));
    match (stage.duration.is_zero(), last) {
        (true, true) => text,
        (true, false) => text.ours(" · next at once"),
        (false, true) => text.ours(format!(" · ends after {wait}")),
        (false, false) => text.ours(format!(" · next after {wait}")),
    }
}

fn who(text: Text, target: &StageTarget, set: &Set) -> Text {
    let text = match &target.who {
        Who::Contact(name) => text.said(title(&Engage::Contact(name.clone()), set)),
        Who::Schedule(name) => text.ours("on call for ").said(title(&Engage::Schedule(name.clone()), set)),
    };
    if target.essential { text } else { text.ours(" (others stay called)") }
}

/// Plan, else settings, else admin roles, else the owner.
fn fallback(plan: &ResponsePlan, settings: &Settings, set: &Set) -> Text {
    let text = Text::from("Nobody answers: ");
    let text = match plan.fallback.as_ref().or(settings.fallback.as_ref()) {
        Some(Fallback::Role(named)) => role(text, named),
        Some(Fallback::Contact(name)) => text.said(title(&Engage::Contact(name.clone()), set)),
        None if settings.roles.admin.is_empty() => text.ours("the owner of this server"),
        None => listed(text, &settings.roles.admin, role),
    };
    text.ours(format!(", every {} until somebody takes it", exactly(settings.fallback_every.delta())))
}

/// What the plan asks for and this version does not do: whoever reads the plan must not count on it.
fn not_yet(plan: &ResponsePlan) -> Vec<Text> {
    let runbooks: Vec<String> = plan.runbooks.iter().map(|call| call.runbook.to_string()).collect();
    let graphs = plan
        .metrics
        .iter()
        .filter_map(|metric| metric.title.as_ref().or(metric.prometheus.as_ref()).or(metric.image.as_ref()));
    let webhooks = match plan.notify.len() {
        0 => None,
        1 => Some(Text::from("Tells 1 webhook of its course")),
        count => Some(Text::from(format!("Tells {count} webhooks of its course"))),
    };
    let update = plan.update_every.map(|every| Text::from(format!("Asks for an update every {}", said(every))));
    let lines =
        [named("Runbooks: ", runbooks.iter()), named("Graphs: ", graphs), webhooks, update, Some(analysis(plan))];
    let head = Text::new().strong("Written down, and not done by this version yet:");
    std::iter::once(head).chain(lines.into_iter().flatten()).collect()
}

/// None where there are none.
fn named<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Option<Text> {
    let names: Vec<String> = names.map(|name| one_line(name, TEXT_SHOWN)).collect();
    (!names.is_empty()).then(|| Text::from(what).names(&names))
}

fn recovery(plan: &ResponsePlan) -> Text {
    let end = match plan.recovery {
        Recovery::Note => "says so".to_owned(),
        Recovery::Suggest => "offers to resolve".to_owned(),
        Recovery::ResolveAfter(after) => format!("resolves after {}", said(after)),
    };
    let pages = match plan.on_recovery {
        OnRecovery::Hold => "pages that nobody has answered wait",
        OnRecovery::Keep => "paging goes on",
    };
    Text::from(format!("All alerts recovered: {end}; {pages}"))
}

fn again(plan: &ResponsePlan) -> Text {
    let (reopen, refire) = (said(plan.reopen_within), said(plan.refire_after));
    Text::from(format!("A new alert re-opens it within {reopen}, and pages again after {refire}"))
}

/// What follows an acknowledgement.
fn still(plan: &ResponsePlan) -> Text {
    Text::from(match plan.ack_timeout {
        Some(Lapse::After(after)) => format!("Asks “still on it?” after {} without a sign", said(after)),
        Some(Lapse::Never) => "Never asks “still on it?”".to_owned(),
        None => format!(
            "Asks “still on it?” after {} without a sign at impact {} and {}",
            said(crate::domain::plan::ACK_TIMEOUT),
            Impact::Critical.number(),
            Impact::High.number()
        ),
    })
}

/// What follows the end.
fn analysis(plan: &ResponsePlan) -> Text {
    Text::from(match plan.analysis {
        Some(Analysis::Required) => "Analysis required",
        Some(Analysis::Offered) => "Analysis offered",
        Some(Analysis::None) => "No analysis",
        None => "Analysis by impact",
    })
}

fn said(span: Span) -> String {
    let time: TimeDelta = span.delta();
    exactly(time)
}
