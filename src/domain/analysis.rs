//! Analysis templates: the sections and questions of a blameless review, and the action items that answers recommend.

use serde::{Deserialize, Serialize};

/// Most sections of a template.
pub const SECTIONS_MAX: usize = 20;
/// Most questions of a section.
pub const QUESTIONS_MAX: usize = 20;
/// Most choices of a question: what a select menu of Discord holds.
pub const CHOICES_MAX: usize = 25;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisTemplate {
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub title: String,
    pub questions: Vec<Question>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Unique in the template.
    pub id: String,
    pub ask: String,
    #[serde(default)]
    pub answer: Answer,
    /// Of `choice` and `choices`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    #[default]
    Text,
    /// One of the choices.
    Choice,
    /// Any of the choices.
    Choices,
    /// Five whys, one after the other.
    Whys,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    /// The action item that this answer recommends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommend: Option<Recommendation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    pub title: String,
    pub kind: ActionKind,
}

/// What an action item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    Application,
    Plan,
    Runbook,
    Alerting,
}
