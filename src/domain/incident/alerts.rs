//! What alerts do to an incident: attach, recover, occur anew, re-open (PRODUCT §3, ENGAGEMENT 20). Never a silent attach.

use std::collections::BTreeMap;

use chrono::{TimeDelta, TimeZone};
use serde::{Deserialize, Serialize};

use super::{Alerts, Incident, MessageLink, Status};
use crate::domain::alert::{Alert, State};
use crate::domain::effect::{Effect, Sign};
use crate::domain::engagement::Closing;
use crate::domain::id::Timestamp;
use crate::domain::impact::Impact;
use crate::domain::name::Name;
use crate::domain::plan::{OnRecovery, Recovery};
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// Most instances that are kept apart in one incident; more than that count as one that fires until the whole group recovers.
const INSTANCES_MAX: usize = 1_000;
/// The hour at which the fallback hears of an incident that recovered and that nobody has looked at.
const MORNING_HOUR: u32 = 9;

/// One alert of the incident: its members, and whether some of them are not known by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub title: String,
    pub url: Option<String>,
    pub instances: BTreeMap<String, Member>,
    /// Members fire that no message has named.
    pub unnamed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub title: String,
    pub state: State,
    /// It fired when the incident was mitigated.
    pub fired_when_mitigated: bool,
}

impl Group {
    pub fn firing(&self) -> usize {
        let named = self.instances.values().filter(|member| member.state == State::Firing).count();
        named + usize::from(self.unnamed)
    }

    /// The message that opened the incident.
    pub(super) fn first(&mut self, alert: &Alert) {
        self.take_in(alert);
    }

    /// Takes in what a message says; returns titles of members that did not fire before and do now.
    fn take_in(&mut self, alert: &Alert) -> Vec<(String, String)> {
        let mut started = Vec::new();
        self.title.clone_from(&alert.title);
        self.url = alert.url.clone().or(self.url.take());
        if alert.all_resolved {
            self.unnamed = false;
            self.instances.values_mut().for_each(|member| member.state = State::Resolved);
        } else {
            self.unnamed |= alert.truncated && alert.firing();
        }
        for instance in &alert.instances {
            if self.instances.len() >= INSTANCES_MAX && !self.instances.contains_key(&instance.key) {
                self.unnamed |= instance.state == State::Firing;
                continue;
            }
            let fresh =
                || Member { title: instance.title.clone(), state: State::Resolved, fired_when_mitigated: false };
            let member = self.instances.entry(instance.key.clone()).or_insert_with(fresh);
            let state = if alert.all_resolved { State::Resolved } else { instance.state };
            if member.state == State::Resolved && state == State::Firing {
                started.push((instance.key.clone(), instance.title.clone()));
            }
            member.state = state;
        }
        started
    }
}

impl Alerts {
    /// How many instances fire.
    pub fn firing(&self) -> usize {
        self.groups.values().map(Group::firing).sum()
    }
}

/// What an alert message does, seen from the incident that last had its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    Open,
    Attach,
    Reopen,
    /// It recovered and no incident waits for that.
    Nothing,
}

/// Decides what an alert does to the incident that holds its key, if one does.
pub fn decide(alert: &Alert, holder: Option<&Incident>, now: Timestamp) -> Intake {
    let firing = alert.firing() && !alert.all_resolved;
    match holder {
        Some(incident) if !incident.status.over() => Intake::Attach,
        Some(incident) if firing && incident.reopens(now) => Intake::Reopen,
        _ if firing => Intake::Open,
        _ => Intake::Nothing,
    }
}

/// An alert message on its way into an incident.
pub(super) struct Arrival<'a> {
    pub source: &'a Name,
    pub alert: &'a Alert,
    pub impact: Option<Impact>,
    pub message: MessageLink,
}

impl Incident {
    /// The same key within `reopen_within` of being resolved re-opens.
    fn reopens(&self, now: Timestamp) -> bool {
        self.status == Status::Resolved && self.over_at.is_some_and(|over| now - over <= self.reopen_within())
    }

    /// Takes an alert message in: the incident is not over, or is re-opened by it.
    pub(super) fn take_alert(&mut self, arrival: &Arrival<'_>, turn: &mut Turn<'_>) {
        let reopened = self.status.over();
        if reopened {
            self.reopen();
            turn.tell(Fact::Reopened { source: Some(arrival.source.to_string()), reason: None, paging: false });
        }
        let fired = self.alerts.firing() > 0;
        let group = self.alerts.groups.entry(arrival.alert.key.clone()).or_default();
        let started = group.take_in(arrival.alert);
        let surprising =
            |(key, _): &&(String, String)| group.instances.get(key).is_some_and(|member| !member.fired_when_mitigated);
        let new_since_mitigated = self.status == Status::Mitigated && started.iter().any(|s| surprising(&s));
        self.alerts.count += 1;
        self.raise_impact(arrival.impact, turn);
        let fires = self.alerts.firing() > 0;
        if !started.is_empty() {
            // It is so now, whatever happened since a backup.
            self.stands_until = None;
        }
        let sign = if fires { Sign::Attached } else { Sign::Recovered };
        turn.ask(Effect::React { channel: arrival.message.channel, message: arrival.message.message, sign });
        match (fired, fires) {
            (true, false) => self.all_recovered(turn),
            _ if fires && (reopened || !fired || new_since_mitigated) => self.new_occurrence(reopened, turn),
            (true, true) if !started.is_empty() => self.joined(arrival, &started, turn),
            _ => self.repeated(arrival, turn),
        }
    }

    fn joined(&mut self, arrival: &Arrival<'_>, started: &[(String, String)], turn: &mut Turn<'_>) {
        for (_, title) in started {
            turn.note(Fact::AlertJoined { source: arrival.source.to_string(), title: title.clone() });
        }
    }

    fn repeated(&mut self, arrival: &Arrival<'_>, turn: &mut Turn<'_>) {
        let source = arrival.source.to_string();
        let some_resolved = arrival.alert.instances.iter().any(|instance| instance.state == State::Resolved);
        if some_resolved {
            let left = self.alerts.firing() as u32;
            turn.note(Fact::AlertRecovered { source, left });
        } else {
            turn.note(Fact::AlertRepeated { source, title: arrival.alert.title.clone() });
        }
    }

    /// Every instance has recovered: what is not acknowledged waits, and the plan says what else happens.
    fn all_recovered(&mut self, turn: &mut Turn<'_>) {
        let recovery = self.plan.as_ref().map(|plan| plan.spec.recovery).unwrap_or_default();
        let hold = self.holds() && self.paging.unanswered();
        self.alerts.recovered_at = Some(turn.now);
        self.alerts.refire_at = None;
        if hold {
            self.paging.hold(turn.now);
            self.alerts.tell_untouched_at = self.next_morning(turn);
        }
        let fact = Fact::AllRecovered { paging_held: hold };
        match recovery {
            Recovery::Note => {
                turn.tell(fact);
            }
            Recovery::Suggest => {
                let event = turn.note(fact);
                turn.ask(Effect::SuggestResolve { event });
            }
            Recovery::ResolveAfter(after) => {
                self.alerts.resolve_at = Some(turn.now + after.delta());
                turn.tell(fact);
            }
        }
    }

    pub(super) fn holds(&self) -> bool {
        self.plan.as_ref().map(|plan| plan.spec.on_recovery).unwrap_or_default() == OnRecovery::Hold
    }

    /// What is about to be unanswered again would have waited since everything recovered, had nobody answered.
    pub(super) fn hold_recovered(&mut self) {
        if let Some(at) = self.alerts.recovered_at.filter(|_| self.holds()) {
            self.paging.hold(at);
        }
    }

    /// The next 09:00 of the guild.
    fn next_morning(&self, turn: &Turn<'_>) -> Option<Timestamp> {
        let zone = turn.facts.live.settings().time_zone;
        let local = turn.now.with_timezone(&zone);
        let mornings = (0..3).filter_map(|days| {
            let day = local.date_naive() + TimeDelta::days(days);
            zone.from_local_datetime(&day.and_hms_opt(MORNING_HOUR, 0, 0)?).earliest()
        });
        mornings.map(|morning| morning.to_utc()).find(|morning| *morning > turn.now)
    }

    /// Firing again: what was held goes on; what was acknowledged lapses, what was stopped was stopped for the time before, and the
    /// plan starts again, but not too often.
    fn new_occurrence(&mut self, reopened: bool, turn: &mut Turn<'_>) {
        self.fires_again();
        if self.status == Status::Mitigated {
            self.set_status(Status::Open, None, turn);
            self.mitigated_at = None;
        }
        self.paging.release(turn.now);
        if !self.paging.starts_again() {
            if !reopened {
                turn.tell(Fact::NewOccurrence { plan_at: None });
            }
            return self.paging.advance(turn, None);
        }
        let allowed = self.alerts.plan_started_at.map(|started| started + self.refire_after());
        match allowed.filter(|at| *at > turn.now) {
            Some(at) => {
                self.alerts.refire_at = Some(at);
                turn.tell(Fact::NewOccurrence { plan_at: Some(at) });
            }
            None => {
                if !reopened {
                    turn.tell(Fact::NewOccurrence { plan_at: None });
                }
                self.start_plan_again(turn);
            }
        }
    }

    /// What was to happen because everything had recovered does not.
    pub(super) fn fires_again(&mut self) {
        (self.alerts.recovered_at, self.alerts.resolve_at, self.alerts.tell_untouched_at) = (None, None, None);
    }

    pub(super) fn start_plan_again(&mut self, turn: &mut Turn<'_>) {
        self.plan_rests = false;
        self.alerts.refire_at = None;
        self.alerts.plan_started_at = Some(turn.now);
        turn.note(Fact::PlanStarted);
        self.paging.start_again(turn);
    }

    /// A later alert with a worse mapped impact raises it, unless a person chose it.
    pub(super) fn raise_impact(&mut self, impact: Option<Impact>, turn: &mut Turn<'_>) {
        if let Some(new) = impact.filter(|impact| *impact < self.impact && !self.impact_by_person) {
            turn.tell(Fact::ImpactChanged { old: self.impact, new, reason: None });
            self.impact = new;
            turn.home.impact = Some(new);
        }
    }

    /// What time alone brings about: the delayed start, the resolution after recovery, the morning word.
    pub(super) fn alerts_due(&mut self, turn: &mut Turn<'_>) {
        let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= turn.now);
        let (refire, resolve, tell) =
            (due(self.alerts.refire_at), due(self.alerts.resolve_at), due(self.alerts.tell_untouched_at));
        if refire {
            self.start_plan_again(turn);
        }
        if tell {
            self.alerts.tell_untouched_at = None;
            let event = turn.note(Fact::Untouched);
            turn.announce(event);
            turn.ask(Effect::Line { event });
        }
        if resolve {
            self.alerts.resolve_at = None;
            self.finish(Status::Resolved, None, Closing::Resolved { user: None }, turn);
        }
    }
}
