//! `/plan …` as it was typed. Reads nothing itself.

use serde::Deserialize;

/// `/plan …`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Plan {}
