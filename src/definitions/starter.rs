//! A short commented example of every kind, to begin a definition with. It names what the guild has already, where it has some.

use crate::domain::definition::{Kind, Set};
use crate::domain::id::UserId;
use crate::domain::name::Name;

/// One document, as YAML. `by`: who asks, and is the first contact.
pub fn starter(kind: Kind, set: &Set, by: UserId) -> String {
    let name = |found: Option<&Name>, else_: &str| found.map_or_else(|| else_.to_owned(), Name::to_string);
    let words = [
        ("USER", by.to_string()),
        ("CONTACT", name(set.contacts().map(|(name, _)| name).next(), "ana")),
        ("ESCALATION", name(set.escalation_plans().map(|(name, _)| name).next(), "default")),
        ("PLAN", name(set.response_plans().map(|(name, _)| name).next(), "default")),
    ];
    words.iter().fold(template(kind).trim_start().to_owned(), |text, (word, value)| text.replace(word, value))
}

/// Words in capitals stand for what the guild has.
fn template(kind: Kind) -> &'static str {
    match kind {
        Kind::Settings => SETTINGS,
        Kind::Contact => CONTACT,
        Kind::Schedule => SCHEDULE,
        Kind::EscalationPlan => ESCALATION_PLAN,
        Kind::ResponsePlan => RESPONSE_PLAN,
        Kind::AlertSource => ALERT_SOURCE,
        Kind::ChangeSource => CHANGE_SOURCE,
        Kind::Runbook => RUNBOOK,
        Kind::AnalysisTemplate => ANALYSIS_TEMPLATE,
        Kind::Maintenance => MAINTENANCE,
    }
}

const SETTINGS: &str = r##"
kind: settings
name: guild
spec:
  time_zone: Europe/Dublin      # how times that people type are read
  # announce: ["#announcements"]  # channels that hear of every incident
  # roles: {responder: ["@responders"], admin: ["@leads"]}
  fallback: {contact: CONTACT}  # called when nobody answers; or {role: "@leads"}
"##;

const CONTACT: &str = r##"
kind: contact
name: new-contact               # a-z, 0-9, _ and -
spec:
  display_name: New contact
  discord_user: "USER"          # or "@name"
  # time_zone: Europe/Dublin
  channels:                     # the ways to reach them
    - {name: here, type: mention}
    - {name: dm, type: dm}
  stages:                       # in this order, until they answer
    - duration: 2m
      targets: [{channel: here}]
    - duration: 0s
      targets: [{channel: dm, retry_every: 5m}]
"##;

const SCHEDULE: &str = r##"
kind: schedule
name: new-schedule
spec:
  display_name: New schedule
  rotations:
    - name: weekly
      start: 2026-01-05T09:00   # a Monday
      time_zone: Europe/Dublin
      contacts: [CONTACT]       # one after the other
      hand_off:                 # or daily: ["09:00"]
        weekly: [{day: MON, at: "09:00"}]
"##;

const ESCALATION_PLAN: &str = r##"
kind: escalation_plan
name: new-escalation
spec:
  stages:
    - duration: 5m              # nobody answers: the next one
      targets: [{contact: CONTACT}]   # or {schedule: …}
  repeat: 1                     # once more from the start
"##;

const RESPONSE_PLAN: &str = r##"
kind: response_plan
name: new-plan
spec:
  display_name: New plan
  incident:
    title: "{{ alert.title }}"
    summary: "{{ alert.description }}"
    impact: 3                   # 1 Critical … 5 None
  engagements:                  # paged at once; also contact, schedule
    - {escalation_plan: ESCALATION}
"##;

const ALERT_SOURCE: &str = r##"
kind: alert_source
name: new-source
spec:
  channel: "#alerts"
  author: {webhook: "id"}       # whose messages count: the number in the webhook's address; or {bot: "@name"}
  preset: auto                  # or alertmanager, grafana, uptime_kuma …
  response_plan: PLAN
  impact: {critical: 1, warning: 3}
"##;

const CHANGE_SOURCE: &str = r##"
kind: change_source
name: new-changes
spec:
  channel: "#deploys"
  author: {webhook: "id"}       # the number in the webhook's address; or {bot: "@name"}
  match: '^Deployed (?P<title>.+)$'
  window: 60m                   # how long before an incident it matters
"##;

const RUNBOOK: &str = r##"
kind: runbook
name: new-runbook
spec:
  schemaVersion: "0.3"
  description: What it is for
  mainSteps:
    - name: First
      action: aws:pause         # somebody does it and presses Done
      description: What to do.
      inputs: {}
"##;

const ANALYSIS_TEMPLATE: &str = r##"
kind: analysis_template
name: new-template
spec:
  sections:
    - title: Detection
      questions:
        - {id: sooner, ask: How could we have known sooner?, answer: text}
"##;

const MAINTENANCE: &str = r##"
kind: maintenance
name: new-window
spec:
  scope: {plan: PLAN}           # or source, labels, title, all: true
  from: 2026-12-04T22:00
  until: 2026-12-05T02:00
  reason: What is done
"##;
