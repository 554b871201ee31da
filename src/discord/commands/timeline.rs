//! `/timeline …` as it was typed. Reads nothing itself.

use serde::Deserialize;

use super::super::typed::{IncidentNumber, Moment};

/// `/timeline …`. Where `incident` is none, the one whose channel it was typed in is meant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Timeline {
    Add {
        text: String,
        /// None: now.
        at: Option<Moment>,
        incident: Option<IncidentNumber>,
    },
    Show {
        incident: Option<IncidentNumber>,
    },
}
