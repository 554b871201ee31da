//! The name of a definition: `[a-z0-9_-]{1,64}`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name of a definition, in characters.
pub const NAME_MAX: usize = 64;

/// A definition's name, unique in its kind and guild.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// The text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: 1 to 64 of a-z, 0-9, _ and -")]
pub struct NotAName(pub String);

impl Name {
    /// Reads a name; everything but `[a-z0-9_-]{1,64}` is refused.
    pub fn parse(text: &str) -> Result<Name, NotAName> {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if text.is_empty() || text.len() > NAME_MAX || !text.bytes().all(good) {
            return Err(NotAName(text.to_owned()));
        }
        Ok(Name(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Name, NotAName> {
        Name::parse(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
