//! `/page` and `/ack` as they were typed. Reads nothing itself.

use serde::Deserialize;

use super::super::typed::IncidentNumber;

/// `/page`. Whom `who` means is found out where the names are known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub who: String,
    pub message: Option<String>,
    /// None: the one of this channel, else a call.
    pub incident: Option<IncidentNumber>,
}

/// `/ack`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// None: all that is mine.
    pub code: Option<String>,
}
