//! `/config …` as it was typed. Reads nothing itself.

use serde::Deserialize;

use crate::discord::typed;
use crate::domain::definition::Kind;
use crate::domain::name::Name;

/// `/config …`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Config {
    Apply {
        file: Attachment,
    },
    Export {},
    New {
        kind: Kind,
    },
    Edit {
        kind: Kind,
        #[serde(deserialize_with = "typed::required_name")]
        name: Name,
    },
    Delete {
        kind: Kind,
        #[serde(deserialize_with = "typed::required_name")]
        name: Name,
    },
    History {
        kind: Kind,
        #[serde(deserialize_with = "typed::required_name")]
        name: Name,
    },
    Rollback {
        kind: Kind,
        #[serde(deserialize_with = "typed::required_name")]
        name: Name,
        version: Version,
    },
}

/// A file that came with the command, as Discord describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Attachment {
    pub filename: String,
    pub url: String,
    /// In bytes, as Discord says.
    pub size: u64,
}

/// The number of a version, as it was chosen or typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Version(pub i64);

/// The text is not the number of a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version: write its number, such as 3, or choose one from the list")]
pub struct NotAVersion(pub String);

impl TryFrom<String> for Version {
    type Error = NotAVersion;

    fn try_from(text: String) -> Result<Version, NotAVersion> {
        let number = text.trim().parse().ok().filter(|number| *number >= 1);
        number.map(Version).ok_or(NotAVersion(text))
    }
}
