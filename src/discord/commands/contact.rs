//! `/contact …` as it was typed. Reads nothing itself.

use serde::Deserialize;

use crate::discord::typed::{self, End};
use crate::domain::name::Name;

/// `/contact …`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Contact {
    Me {},
    Show {
        #[serde(deserialize_with = "typed::one_name")]
        contact: Name,
    },
    List {},
    /// Prove an address of my own.
    Verify {},
    Test {
        /// None: my own.
        #[serde(default, deserialize_with = "typed::name")]
        contact: Option<Name>,
    },
    Mute {
        /// None: all of mine.
        channel: Option<String>,
        until: Option<End>,
    },
}
