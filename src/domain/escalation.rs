//! Escalation plans: stages over contacts and schedules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contact::{DISPLAY_NAME_MAX, STAGE_MAX};
use super::name::Name;
use super::span::Span;
use super::written::between;

/// Most stages of an escalation plan.
pub const STAGES_MAX: usize = 20;
/// Most targets of one stage; more people than share one message.
pub const TARGETS_MAX: usize = 50;
/// Most repeats of an escalation plan after its first run.
pub const REPEAT_MAX: u8 = 9;

/// Stages over contacts and schedules: who is called first, and who after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationPlan {
    /// What people call it. Without it: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub display_name: Option<String>,
    /// One after the other. At least one has a target.
    #[schemars(length(min = 1, max = STAGES_MAX))]
    pub stages: Vec<Stage>,
    /// How often the plan runs again after its first run, while nobody answers.
    #[serde(default)]
    #[schemars(range(max = REPEAT_MAX))]
    pub repeat: u8,
}

/// A stage lasts `duration` from when it really started; its targets are engaged together. No targets: a pure delay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// How long it lasts, from when it really started. `0s`: the next one starts at once.
    #[schemars(extend("x-range" = between(Span::ZERO, STAGE_MAX)))]
    pub duration: Span,
    /// Who is engaged, all together. None: a pure delay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = TARGETS_MAX))]
    pub targets: Vec<StageTarget>,
}

/// A contact or a schedule, and whether their acknowledgement stops the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawTarget", into = "RawTarget")]
pub struct StageTarget {
    pub who: Who,
    pub essential: bool,
}

/// Whom a target names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Contact(Name),
    Schedule(Name),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawTarget {
    /// This contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<Name>,
    /// Whoever is on call in this schedule when the stage starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schedule: Option<Name>,
    /// Whether their acknowledgement stops the plan; otherwise only their own pages end.
    #[serde(default = "yes")]
    essential: bool,
}

fn yes() -> bool {
    true
}

impl TryFrom<RawTarget> for StageTarget {
    type Error = &'static str;

    fn try_from(raw: RawTarget) -> Result<StageTarget, Self::Error> {
        let who = match (raw.contact, raw.schedule) {
            (Some(contact), None) => Who::Contact(contact),
            (None, Some(schedule)) => Who::Schedule(schedule),
            _ => return Err("a target is either {contact: …} or {schedule: …}"),
        };
        Ok(StageTarget { who, essential: raw.essential })
    }
}

impl From<StageTarget> for RawTarget {
    fn from(target: StageTarget) -> RawTarget {
        let (contact, schedule) = match target.who {
            Who::Contact(name) => (Some(name), None),
            Who::Schedule(name) => (None, Some(name)),
        };
        RawTarget { contact, schedule, essential: target.essential }
    }
}
