//! Impact: how bad it is, 1 to 5, each with the sentence that is shown wherever the number is chosen.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 1 Critical … 5 None. Smaller is worse, and sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Impact {
    Critical = 1,
    High = 2,
    Medium = 3,
    Low = 4,
    None = 5,
}

/// The number is no impact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not an impact: 1 (Critical) to 5 (None)")]
pub struct NotAnImpact(pub u8);

impl Impact {
    pub const ALL: [Impact; 5] = [Impact::Critical, Impact::High, Impact::Medium, Impact::Low, Impact::None];

    pub fn number(self) -> u8 {
        self as u8
    }

    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Impact::Critical => "Critical",
            Impact::High => "High",
            Impact::Medium => "Medium",
            Impact::Low => "Low",
            Impact::None => "None",
        }
    }

    /// What it means, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Impact::Critical => "full failure, many or all customers",
            Impact::High => "partial failure, many customers",
            Impact::Medium => "reduced service",
            Impact::Low => "customers not affected yet",
            Impact::None => "no customer impact, urgent work needed to avoid it",
        }
    }
}

impl TryFrom<u8> for Impact {
    type Error = NotAnImpact;

    fn try_from(number: u8) -> Result<Impact, NotAnImpact> {
        Impact::ALL.into_iter().find(|impact| impact.number() == number).ok_or(NotAnImpact(number))
    }
}

impl From<Impact> for u8 {
    fn from(impact: Impact) -> u8 {
        impact.number()
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
