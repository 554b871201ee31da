//! Response plans: the template of an incident.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, RoleId};
use super::impact::Impact;
use super::name::Name;
use super::reference::Ref;
use super::settings::Fallback;
use super::span::{Lapse, Span};

pub const ENGAGEMENTS_MAX: usize = 20;
pub const LINKS_MAX: usize = 3;
pub const NOTIFY_MAX: usize = 10;
/// Within this of being resolved the same key re-opens the incident, where the plan does not say.
pub const REOPEN_WITHIN: Span = Span::mins(30);
/// A new occurrence starts the plan again at most this often, where the plan does not say.
pub const REFIRE_AFTER: Span = Span::mins(10);

/// "Still on it?" comes so long after the last sign of life at impact 1 and 2, where the plan does not say.
pub const ACK_TIMEOUT: Span = Span::mins(30);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponsePlan {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    pub incident: IncidentTemplate,
    #[serde(default)]
    pub channel: Room,
    /// None: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<Vec<Ref<ChannelId>>>,
    /// All start together.
    #[serde(default)]
    pub engagements: Vec<Engage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runbooks: Vec<RunbookCall>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Notify>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_every: Option<Span>,
    /// None: 30m for impact 1 and 2, off below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack_timeout: Option<Lapse>,
    #[serde(default = "reopen_within")]
    pub reopen_within: Span,
    #[serde(default = "refire_after")]
    pub refire_after: Span,
    #[serde(default)]
    pub recovery: Recovery,
    #[serde(default)]
    pub on_recovery: OnRecovery,
    /// None: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// None: required for impact 1 and 2, offered for 3, none below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<Aws>,
}

fn reopen_within() -> Span {
    REOPEN_WITHIN
}

fn refire_after() -> Span {
    REFIRE_AFTER
}

/// What a new incident begins with; texts are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentTemplate {
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    pub impact: Impact,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The key under which alerts are one incident; none: the source's name and the alert's own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe: Option<String>,
}

/// Where the incident is worked on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Room {
    pub mode: RoomMode,
    pub private: bool,
    /// Who may see it (never pings); none: `settings.roles.responder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Ref<RoleId>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<bool>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomMode {
    #[default]
    Channel,
    Thread,
}

/// Whom a plan (or `/page`) engages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engage {
    Contact(Name),
    Schedule(Name),
    EscalationPlan(Name),
}

impl Engage {
    pub fn name(&self) -> &Name {
        match self {
            Engage::Contact(name) | Engage::Schedule(name) | Engage::EscalationPlan(name) => name,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunbookCall {
    pub runbook: Name,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, serde_json::Value>,
}

/// A graph on the incident: exactly one of `prometheus`, `cloudwatch`, `image`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<serde_json::Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudwatch: Option<CloudWatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_env: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudWatch {
    pub namespace: String,
    pub metric: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    pub statistic: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub title: String,
    pub url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    pub url_env: String,
}

/// What happens when every instance of the incident's alerts has recovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// A line in the channel.
    Note,
    /// A line with a button that resolves.
    #[default]
    Suggest,
    ResolveAfter(Span),
}

/// What pages that are not yet acknowledged do when every instance has recovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRecovery {
    #[default]
    Hold,
    Keep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analysis {
    Required,
    Offered,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}
