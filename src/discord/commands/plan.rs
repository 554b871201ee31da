//! `/plan …` as it was typed. Reads nothing itself.

use serde::Deserialize;

use super::super::typed::{self, Ahead};
use crate::domain::name::Name;

/// `/plan …`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Plan {
    List {},
    Show {
        #[serde(deserialize_with = "typed::required_name")]
        plan: Name,
    },
    /// Who would be paged, when, by what.
    Preview {
        #[serde(deserialize_with = "typed::required_name")]
        plan: Name,
        /// None: now.
        at: Option<Ahead>,
    },
}
