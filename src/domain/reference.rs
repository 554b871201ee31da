//! A reference to something of Discord's in a definition: an id, or a name that `apply` resolves in the guild.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, RoleId, UserId};

/// An id, or a name (`#alerts`, `@leads`, `@ana`) still to be resolved. What is stored holds ids only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Ref<T: Sigil> {
    Id(T),
    Name(String),
}

/// The character that names of this type begin with, and what the type is called.
pub trait Sigil: FromStr + ToString + Copy {
    const SIGIL: char;
    const WORD: &'static str;
}

impl Sigil for ChannelId {
    const SIGIL: char = '#';
    const WORD: &'static str = "channel";
}

impl Sigil for RoleId {
    const SIGIL: char = '@';
    const WORD: &'static str = "role";
}

impl Sigil for UserId {
    const SIGIL: char = '@';
    const WORD: &'static str = "user";
}

/// Neither an id nor a name with its sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {word}: write its id in quotes, or \"{sigil}name\"")]
pub struct NotARef {
    text: String,
    word: &'static str,
    sigil: char,
}

impl<T: Sigil> Ref<T> {
    /// The id, where it is known.
    pub fn id(&self) -> Option<T> {
        match self {
            Ref::Id(id) => Some(*id),
            Ref::Name(_) => None,
        }
    }
}

impl<T: Sigil> TryFrom<String> for Ref<T> {
    type Error = NotARef;

    fn try_from(text: String) -> Result<Ref<T>, NotARef> {
        if let Some(name) = text.strip_prefix(T::SIGIL).filter(|name| !name.is_empty()) {
            return Ok(Ref::Name(name.to_owned()));
        }
        match text.parse() {
            Ok(id) => Ok(Ref::Id(id)),
            Err(_) => Err(NotARef { text, word: T::WORD, sigil: T::SIGIL }),
        }
    }
}

impl<T: Sigil> From<Ref<T>> for String {
    fn from(reference: Ref<T>) -> String {
        match reference {
            Ref::Id(id) => id.to_string(),
            Ref::Name(name) => format!("{}{name}", T::SIGIL),
        }
    }
}
