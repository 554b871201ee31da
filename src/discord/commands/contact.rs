//! `/contact …` as it was typed. Reads nothing itself.

use serde::Deserialize;

/// `/contact …`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Contact {}
