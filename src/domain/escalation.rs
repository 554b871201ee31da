//! Escalation plans: stages over contacts and schedules.

use serde::{Deserialize, Serialize};

use super::name::Name;
use super::span::Span;

/// Most stages of an escalation plan.
pub const STAGES_MAX: usize = 20;
/// Most targets of one stage; more people than share one message.
pub const TARGETS_MAX: usize = 50;
/// Most repeats of an escalation plan after its first run.
pub const REPEAT_MAX: u8 = 9;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationPlan {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    pub stages: Vec<Stage>,
    /// How often the plan runs again after its first run.
    #[serde(default)]
    pub repeat: u8,
}

/// A stage lasts `duration` from when it really started; its targets are engaged together. No targets: a pure delay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub duration: Span,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<StageTarget>,
}

/// A contact or a schedule, and whether their acknowledgement stops the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTarget", into = "RawTarget")]
pub struct StageTarget {
    pub who: Who,
    pub essential: bool,
}

/// Whom a target names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Contact(Name),
    Schedule(Name),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTarget {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schedule: Option<Name>,
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
