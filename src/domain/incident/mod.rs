//! An incident: one unplanned interruption, from the first alert to its resolution.
//!
//! [`open`] makes it, [`step`] changes it; both are pure. Reading order: `open`, `step`, `answering`, `page`, `alerts`, `sign`, `room`, `edit`, `ending`, `restored`; [`merge`] makes
//! two of them one.

mod alerts;
mod answering;
mod edit;
mod ending;
mod merge;
mod open;
mod page;
mod restored;
mod room;
mod sign;
mod step;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use alerts::{Group, Intake, decide};
pub use edit::{Change, Edit};
pub use ending::{Deletion, ENDING_REASON_MAX};
pub use merge::{Merged, Root, Side, check as check_merge, merge};
pub use open::{DEFAULT_IMPACT, Draft, Opening, dedupe_key, open};
pub use restored::STANDS_FOR;
pub use room::{CardSite, Room};
pub use step::{Answer, Ask, Input, Outcome, step};

use super::effect::RoomKind;
use super::engagement::Paging;
use super::facts::Revision;
use super::id::{ChannelId, GuildId, IncidentId, MessageId, Timestamp, UserId};
use super::impact::Impact;
use super::name::Name;
use super::plan::{self, ResponsePlan};
use super::turn::Home;

/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest summary, in characters.
pub const SUMMARY_MAX: usize = 8_000;
/// How long an acknowledgement can be undone by its button.
pub const UNDO_ACK: TimeDelta = TimeDelta::minutes(2);
/// How long a resolution can be undone.
pub const UNDO_RESOLVE: TimeDelta = TimeDelta::minutes(5);

/// The state of one incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub guild: GuildId,
    /// What people see: `INC-42`.
    pub number: i64,
    pub title: String,
    pub summary: String,
    /// Counts changes of the summary: two editors at once are a conflict.
    pub summary_version: u64,
    pub summary_by: Option<UserId>,
    pub impact: Impact,
    /// A person chose the impact: alerts do not raise it any more.
    pub impact_by_person: bool,
    pub status: Status,
    pub labels: BTreeMap<String, String>,
    /// The response plan, frozen.
    pub plan: Option<FrozenPlan>,
    /// Definitions as of this revision are frozen for it.
    pub revision: Revision,
    pub origin: Origin,
    pub drill: bool,
    pub private: bool,
    pub opened_at: Timestamp,
    pub lead: Option<UserId>,
    pub update_due: Option<Timestamp>,
    pub mitigated_at: Option<Timestamp>,
    pub over_at: Option<Timestamp>,
    pub over_by: Option<UserId>,
    /// It was opened again by hand and paged nobody: the plan can be started.
    #[serde(default)]
    pub plan_rests: bool,
    /// Where its alerts went when it was marked as a duplicate.
    #[serde(default)]
    pub duplicate_of: Option<Root>,
    /// It was restored from a backup and may be out of date: nothing is due before, unless an alert fires anew.
    #[serde(default)]
    pub stands_until: Option<Timestamp>,
    pub alerts: Alerts,
    pub paging: Paging,
    pub room: Room,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Mitigated,
    Resolved,
    Cancelled,
    Duplicate,
}

impl Status {
    pub const ALL: [Status; 5] =
        [Status::Open, Status::Mitigated, Status::Resolved, Status::Cancelled, Status::Duplicate];

    /// Resolved, cancelled or duplicate.
    pub fn over(self) -> bool {
        matches!(self, Status::Resolved | Status::Cancelled | Status::Duplicate)
    }

    pub fn word(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Mitigated => "mitigated",
            Status::Resolved => "resolved",
            Status::Cancelled => "cancelled",
            Status::Duplicate => "duplicate",
        }
    }

    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// The plan as it was when the incident opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenPlan {
    pub name: Name,
    pub spec: ResponsePlan,
}

impl FrozenPlan {
    pub fn title(&self) -> &str {
        self.spec.display_name.as_deref().unwrap_or(self.name.as_str())
    }
}

/// What opened it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Origin {
    Alert { source: Name, late: bool },
    Person { user: UserId },
}

/// The alerts of an incident and which of their instances fire.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// By the alert's own key.
    pub groups: BTreeMap<String, Group>,
    /// Alert messages that were attached, the first included.
    pub count: u32,
    /// The message that fired first.
    pub first: Option<MessageLink>,
    pub recovered_at: Option<Timestamp>,
    /// Resolve by itself then, if nothing fires again.
    pub resolve_at: Option<Timestamp>,
    /// When the plan was last started.
    pub plan_started_at: Option<Timestamp>,
    /// A new occurrence came too soon: the plan starts then, if it still fires.
    pub refire_at: Option<Timestamp>,
    /// Recovered and held, nobody has looked: the fallback is told then, once, without a ping.
    pub tell_untouched_at: Option<Timestamp>,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageLink {
    pub channel: ChannelId,
    pub message: MessageId,
}

impl Incident {
    /// When it must be looked at again; saved with it, so it survives a crash and cannot go stale.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let room = self.room.next_deadline();
        let alerts = [self.alerts.resolve_at, self.alerts.refire_at, self.alerts.tell_untouched_at, self.next_sign()];
        let open = alerts.into_iter().flatten().chain(self.paging.next_deadline()).filter(|_| !self.status.over());
        let open = open.min().map(|at| self.stands_until.map_or(at, |until| at.max(until)));
        open.into_iter().chain(room).min()
    }

    /// Whom and where to call when nobody answers.
    pub fn home(&self, settings: &super::settings::Settings) -> Home {
        let plan = self.plan.as_ref();
        let announce = plan.and_then(|plan| plan.spec.announce.as_ref()).unwrap_or(&settings.announce);
        Home {
            fallback: plan.and_then(|plan| plan.spec.fallback.clone()),
            announce: announce.iter().filter_map(super::reference::Ref::id).collect(),
            impact: Some(self.impact),
            direct: self.room.site.is_some_and(|site| site.kind == RoomKind::Direct),
        }
    }

    fn reopen_within(&self) -> TimeDelta {
        self.plan.as_ref().map_or(plan::REOPEN_WITHIN, |plan| plan.spec.reopen_within).delta()
    }

    fn refire_after(&self) -> TimeDelta {
        self.plan.as_ref().map_or(plan::REFIRE_AFTER, |plan| plan.spec.refire_after).delta()
    }
}
