//! Response plans: the template of an incident.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contact::DISPLAY_NAME_MAX;
use super::id::{ChannelId, RoleId};
use super::impact::Impact;
use super::incident::{SUMMARY_MAX, TITLE_MAX};
use super::name::Name;
use super::reference::Ref;
use super::settings::Fallback;
use super::span::{Lapse, Span};
use super::written::{TemplateText, Variable, WebAddress, between};

/// Longest key of an incident, and longest label with its value, in characters.
pub const KEY_MAX: usize = 200;
/// Most labels, announcement channels or roles, runbooks and graphs of a plan.
pub const LABELS_MAX: usize = 50;
pub const ROOMS_MAX: usize = 20;
pub const RUNBOOKS_MAX: usize = 10;
pub const METRICS_MAX: usize = 10;
/// Reminders and time-outs closer than this, or further away, help nobody.
pub const REMINDER_MIN: Span = Span::mins(1);
pub const REMINDER_MAX: Span = Span::secs(30 * 86_400);

pub const ENGAGEMENTS_MAX: usize = 20;
pub const LINKS_MAX: usize = 3;
pub const NOTIFY_MAX: usize = 10;
/// Within this of being resolved the same key re-opens the incident, where the plan does not say.
pub const REOPEN_WITHIN: Span = Span::mins(30);
/// A new occurrence starts the plan again at most this often, where the plan does not say.
pub const REFIRE_AFTER: Span = Span::mins(10);

/// "Still on it?" comes so long after the last sign of life at impact 1 and 2, where the plan does not say.
pub const ACK_TIMEOUT: Span = Span::mins(30);

/// The template of an incident: what it is called, where it is worked on, who is paged and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponsePlan {
    /// What people call it. Without it: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub display_name: Option<String>,
    /// What a new incident begins with.
    pub incident: IncidentTemplate,
    /// Where it is worked on.
    #[serde(default)]
    pub channel: Room,
    /// Channels that hear of it. Without it: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ROOMS_MAX))]
    pub announce: Option<Vec<Ref<ChannelId>>>,
    /// Who is engaged; all start together. None: nobody is paged, and every incident of the plan says so.
    #[serde(default)]
    #[schemars(length(max = ENGAGEMENTS_MAX))]
    pub engagements: Vec<Engage>,
    /// Runbooks that start with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = RUNBOOKS_MAX))]
    pub runbooks: Vec<RunbookCall>,
    /// Graphs that are shown in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = METRICS_MAX))]
    pub metrics: Vec<Metric>,
    /// Links on its card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = LINKS_MAX))]
    pub links: Vec<Link>,
    /// Webhooks that are told when it is opened, updated, mitigated and resolved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = NOTIFY_MAX))]
    pub notify: Vec<Notify>,
    /// The lead is reminded to post an update this often. Without it: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-range" = between(REMINDER_MIN, REMINDER_MAX)))]
    pub update_every: Option<Span>,
    /// Whoever has it is asked "still on it?" after so long without a sign, and ten minutes later paging starts again. `off`: never. Without it: as below for impact 1 and 2, never for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-range" = between(REMINDER_MIN, REMINDER_MAX), "x-default" = ACK_TIMEOUT.to_string()))]
    pub ack_timeout: Option<Lapse>,
    /// The same alert within this of being resolved re-opens the incident; later it is a new one.
    #[serde(default = "reopen_within")]
    #[schemars(extend("x-range" = between(Span::ZERO, REMINDER_MAX)))]
    pub reopen_within: Span,
    /// A new occurrence of an acknowledged incident starts paging again, at most this often.
    #[serde(default = "refire_after")]
    #[schemars(extend("x-range" = between(Span::ZERO, REMINDER_MAX)))]
    pub refire_after: Span,
    /// What happens when all its alerts have recovered.
    #[serde(default)]
    pub recovery: Recovery,
    /// What pages that nobody has acknowledged do meanwhile.
    #[serde(default)]
    pub on_recovery: OnRecovery,
    /// Who is called when nobody answers: a role or a contact. Without it: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// Whether it is reviewed afterwards. Without it: required for impact 1 and 2, offered for 3, none below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// How AWS actions of its runbooks sign in. Without it: as the host does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<Aws>,
}

impl ResponsePlan {
    /// A plan that says nothing but what an incident begins with: everything else as it is where nothing is written.
    pub fn of(incident: IncidentTemplate) -> ResponsePlan {
        ResponsePlan {
            display_name: None,
            incident,
            channel: Room::default(),
            announce: None,
            engagements: Vec::new(),
            runbooks: Vec::new(),
            metrics: Vec::new(),
            links: Vec::new(),
            notify: Vec::new(),
            update_every: None,
            ack_timeout: None,
            reopen_within: REOPEN_WITHIN,
            refire_after: REFIRE_AFTER,
            recovery: Recovery::default(),
            on_recovery: OnRecovery::default(),
            fallback: None,
            analysis: None,
            aws: None,
        }
    }
}

fn reopen_within() -> Span {
    REOPEN_WITHIN
}

fn refire_after() -> Span {
    REFIRE_AFTER
}

/// What a new incident begins with; texts are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentTemplate {
    /// What it is called. Empty after the look-ups: the alert's own title.
    #[schemars(with = "TemplateText", length(min = 1, max = TITLE_MAX))]
    pub title: String,
    /// What is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(with = "TemplateText", length(max = SUMMARY_MAX))]
    pub summary: String,
    /// How bad it is, where neither a person nor the alert's source says.
    pub impact: Impact,
    /// For lists and numbers; values are templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = LABELS_MAX))]
    pub labels: BTreeMap<String, String>,
    /// The key under which alerts are one incident. Without it: the source's name and the alert's own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TemplateText>", length(min = 1, max = KEY_MAX))]
    pub dedupe: Option<String>,
}

/// Where the incident is worked on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Room {
    /// A channel, or a thread below the announcements.
    pub mode: RoomMode,
    /// Seen only by those engaged, its roles and admins.
    pub private: bool,
    /// Who may see it; this never pings them. Without it: the responder roles of the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = ROOMS_MAX))]
    pub roles: Option<Vec<Ref<RoleId>>>,
    /// Make a voice channel with it. Without it: the settings'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<bool>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomMode {
    /// A channel of its own.
    #[default]
    Channel,
    /// A thread.
    Thread,
}

/// Whom a plan (or `/page`) engages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engage {
    /// This contact: one essential stage.
    Contact(Name),
    /// Whoever is on call in this schedule: one essential stage.
    Schedule(Name),
    /// The stages of this escalation plan.
    EscalationPlan(Name),
}

impl Engage {
    pub fn name(&self) -> &Name {
        match self {
            Engage::Contact(name) | Engage::Schedule(name) | Engage::EscalationPlan(name) => name,
        }
    }
}

/// A runbook to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunbookCall {
    /// Its name.
    pub runbook: Name,
    /// Values of its parameters; texts are templates. Those without a default must be here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, serde_json::Value>,
}

/// A graph on the incident: exactly one of `prometheus`, `cloudwatch`, `image`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// What it is called. Without it: the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub title: Option<String>,
    /// A query in PromQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = SUMMARY_MAX))]
    pub prometheus: Option<String>,
    /// Of Prometheus, and needed there: the variable that holds its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Variable>")]
    pub url_env: Option<String>,
    /// Written behind the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Drawn as a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<serde_json::Number>,
    /// A metric of CloudWatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudwatch: Option<CloudWatch>,
    /// An image that a dashboard renders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<WebAddress>")]
    pub image: Option<String>,
    /// Of Prometheus or an image: the variable that holds an `Authorization` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Variable>")]
    pub header_env: Option<String>,
}

/// A metric of CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloudWatch {
    /// Such as `AWS/EC2`.
    pub namespace: String,
    /// Its name there.
    pub metric: String,
    /// Which instance, queue, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// Such as `Average`, `Sum`, `p99`.
    pub statistic: String,
}

/// A link on the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it says.
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub title: String,
    /// Where it leads.
    #[schemars(with = "WebAddress")]
    pub url: String,
}

/// A webhook to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The variable that holds its address.
    #[schemars(with = "Variable")]
    pub url_env: String,
}

/// What happens when every instance of the incident's alerts has recovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// A line in the channel.
    Note,
    /// A line with a button that resolves.
    #[default]
    Suggest,
    /// Resolved by itself after so long, if nothing fires again.
    ResolveAfter(#[schemars(extend("x-range" = between(Span::ZERO, REMINDER_MAX)))] Span),
}

/// What pages that are not yet acknowledged do when every instance has recovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRecovery {
    /// They wait; firing again resumes them with the time that was left.
    #[default]
    Hold,
    /// They go on.
    Keep,
}

/// Whether an incident is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Analysis {
    /// The incident is not done without one.
    Required,
    /// A button offers one.
    Offered,
    /// None.
    None,
}

/// How AWS actions sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// A profile of the host's AWS configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// A region, such as `eu-west-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// A role to assume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}
