//! Settings of a guild: one definition named `guild`.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::contact::WeekdayTime;
use super::id::{ChannelId, RoleId};
use super::name::Name;
use super::reference::Ref;
use super::span::{Lapse, Span};

/// How often the fallback is mentioned where the settings do not say.
pub const FALLBACK_EVERY: Span = Span::mins(15);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How times that people type are read when they have no zone of their own.
    pub time_zone: Tz,
    /// Where incident channels are made; none: a category that the bot makes, named Incidents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_category: Option<Ref<ChannelId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_category: Option<Ref<ChannelId>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub announce: Vec<Ref<ChannelId>>,
    /// For `/incident new` without a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_plan: Option<Name>,
    pub roles: Roles,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declare: Option<Declare>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    pub fallback_every: Span,
    pub archive_after: Lapse,
    pub delete_archived_after: Lapse,
    pub voice: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain: Option<Retain>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            time_zone: Tz::UTC,
            incident_category: None,
            archive_category: None,
            announce: Vec::new(),
            default_plan: None,
            roles: Roles::default(),
            declare: None,
            fallback: None,
            fallback_every: FALLBACK_EVERY,
            archive_after: Lapse::After(Span::secs(7 * 86_400)),
            delete_archived_after: Lapse::Never,
            voice: false,
            retain: None,
            digest: None,
        }
    }
}

/// Which Discord roles stand for which right. Manage Server is always admin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    pub observer: Vec<Ref<RoleId>>,
    pub responder: Vec<Ref<RoleId>>,
    pub manager: Vec<Ref<RoleId>>,
    pub admin: Vec<Ref<RoleId>>,
}

/// Who may declare incidents and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Declare {
    Responders,
    Everyone,
}

/// Who is called when nobody answers: a role or a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawFallback", into = "RawFallback")]
pub enum Fallback {
    Role(Ref<RoleId>),
    Contact(Name),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFallback {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Ref<RoleId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<Name>,
}

impl TryFrom<RawFallback> for Fallback {
    type Error = &'static str;

    fn try_from(raw: RawFallback) -> Result<Fallback, Self::Error> {
        match (raw.role, raw.contact) {
            (Some(role), None) => Ok(Fallback::Role(role)),
            (None, Some(contact)) => Ok(Fallback::Contact(contact)),
            _ => Err("a fallback is either {role: …} or {contact: …}"),
        }
    }
}

impl From<Fallback> for RawFallback {
    fn from(fallback: Fallback) -> RawFallback {
        match fallback {
            Fallback::Role(role) => RawFallback { role: Some(role), contact: None },
            Fallback::Contact(contact) => RawFallback { role: None, contact: Some(contact) },
        }
    }
}

/// What is kept how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retain {
    pub messages: Lapse,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    pub channel: Ref<ChannelId>,
    pub at: WeekdayTime,
}
