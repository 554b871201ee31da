//! `/incident …` as it was typed. Reads nothing itself.

use serde::Deserialize;

use super::super::typed::{self, Engaged, IncidentNumber, Label};
use crate::domain::impact::Impact;
use crate::domain::name::Name;
use crate::domain::span::Span;

/// `/incident …`. Where `incident` is none, the one whose channel it was typed in is meant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Incident {
    /// With nothing given, a form opens.
    New {
        #[serde(default, deserialize_with = "typed::name")]
        plan: Option<Name>,
        title: Option<String>,
        impact: Option<Impact>,
        summary: Option<String>,
        /// None: as the plan says.
        private: Option<bool>,
        #[serde(default)]
        drill: bool,
    },
    List {
        /// None: whatever is not over.
        status: Option<Status>,
        impact: Option<Impact>,
        #[serde(default, deserialize_with = "typed::name")]
        plan: Option<Name>,
        since: Option<Span>,
        label: Option<Label>,
    },
    Show {
        incident: Option<IncidentNumber>,
    },
    Engagements {
        incident: Option<IncidentNumber>,
    },
    Ack {
        incident: Option<IncidentNumber>,
    },
    Escalate {
        incident: Option<IncidentNumber>,
    },
    Stop {
        engagement: Engaged,
        reason: String,
    },
    /// With nothing to change in it, a form opens.
    Update {
        title: Option<String>,
        summary: Option<String>,
        impact: Option<Impact>,
        /// From now.
        next_update: Option<Span>,
        message: Option<String>,
        incident: Option<IncidentNumber>,
    },
    Impact {
        level: Impact,
        reason: Option<String>,
        incident: Option<IncidentNumber>,
    },
    Unack {
        incident: Option<IncidentNumber>,
    },
    Mitigate {
        message: Option<String>,
        incident: Option<IncidentNumber>,
    },
    /// Of what is over.
    Reopen {
        reason: Option<String>,
        #[serde(default)]
        page: bool,
        incident: Option<IncidentNumber>,
    },
    Cancel {
        reason: String,
        incident: Option<IncidentNumber>,
    },
    Duplicate {
        of: IncidentNumber,
        incident: Option<IncidentNumber>,
    },
    Delete {
        incident: IncidentNumber,
    },
    /// Without a message, a form opens.
    Resolve {
        message: Option<String>,
        incident: Option<IncidentNumber>,
    },
}

/// The state of the incidents to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Open,
    Mitigated,
    Resolved,
    Cancelled,
    Duplicate,
}
