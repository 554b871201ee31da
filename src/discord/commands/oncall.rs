//! `/oncall …` as it was typed. Reads nothing itself.

use serde::Deserialize;

use super::super::typed::{self, Ahead, Members};
use crate::domain::name::Name;

/// `/oncall …`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Oncall {
    Who {
        /// None: all.
        #[serde(default, deserialize_with = "typed::name")]
        schedule: Option<Name>,
        /// None: now.
        at: Option<Ahead>,
    },
    Mine {},
    Show {
        #[serde(deserialize_with = "typed::required_name")]
        schedule: Name,
    },
    Preview {
        #[serde(deserialize_with = "typed::required_name")]
        schedule: Name,
        weeks: Option<u32>,
    },
    Calendar {
        #[serde(default, deserialize_with = "typed::name")]
        schedule: Option<Name>,
        /// None: a month.
        weeks: Option<u32>,
    },
    Ical {
        #[serde(default, deserialize_with = "typed::name")]
        schedule: Option<Name>,
    },
    Gaps {
        #[serde(default, deserialize_with = "typed::name")]
        schedule: Option<Name>,
    },
    Override {
        #[serde(deserialize_with = "typed::required_name")]
        schedule: Name,
        from: Ahead,
        /// Counted from the beginning.
        to: Ahead,
        members: Members,
        /// None: all of them.
        rotation: Option<String>,
    },
    Overrides {
        #[serde(default, deserialize_with = "typed::name")]
        schedule: Option<Name>,
    },
    Cancel {
        r#override: String,
    },
    Cover {
        from: Ahead,
        /// Counted from the beginning.
        to: Ahead,
        /// None: all in which the person has shifts then.
        #[serde(default, deserialize_with = "typed::name")]
        schedule: Option<Name>,
    },
    Take {
        #[serde(deserialize_with = "typed::required_name")]
        schedule: Name,
        /// None: until their shift ends.
        until: Option<Ahead>,
    },
}
