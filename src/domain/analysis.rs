//! Analysis templates: the sections and questions of a blameless review, and the action items that answers recommend.

use super::contact::DISPLAY_NAME_MAX;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest question, and longest choice (Discord's option of a select menu), in characters.
pub const ASK_MAX: usize = 500;
pub const CHOICE_MAX: usize = 100;

/// Most sections of a template.
pub const SECTIONS_MAX: usize = 20;
/// Most questions of a section.
pub const QUESTIONS_MAX: usize = 20;
/// Most choices of a question: what a select menu of Discord holds.
pub const CHOICES_MAX: usize = 25;

/// The sections and questions of a blameless review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalysisTemplate {
    /// In order.
    #[schemars(length(min = 1, max = SECTIONS_MAX))]
    pub sections: Vec<Section>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// What it is about.
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub title: String,
    /// In order.
    #[schemars(length(min = 1, max = QUESTIONS_MAX))]
    pub questions: Vec<Question>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Unique in the template: answers are kept under it.
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub id: String,
    /// The question.
    #[schemars(length(min = 1, max = ASK_MAX))]
    pub ask: String,
    /// How it is answered.
    #[serde(default)]
    pub answer: Answer,
    /// Of `choice` and `choices`, and needed there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = CHOICES_MAX))]
    pub choices: Vec<Choice>,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// In words.
    #[default]
    Text,
    /// One of the choices.
    Choice,
    /// Any of the choices.
    Choices,
    /// Five whys, one after the other.
    Whys,
}

/// One of the answers to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is chosen.
    #[schemars(length(min = 1, max = CHOICE_MAX))]
    pub value: String,
    /// The action item that this answer recommends. Without it: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommend: Option<Recommendation>,
}

/// An action item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    /// What is to be done.
    #[schemars(length(min = 1, max = CHOICE_MAX))]
    pub title: String,
    /// What it is about.
    pub kind: ActionKind,
}

/// What an action item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// The software that failed.
    Application,
    /// Who is called when.
    Plan,
    /// What is to be done.
    Runbook,
    /// What is noticed.
    Alerting,
}
