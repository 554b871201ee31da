//! Settings of a guild: one definition named `guild`.

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contact::WeekdayTime;
use super::id::{ChannelId, RoleId};
use super::name::Name;
use super::reference::Ref;
use super::span::{Lapse, SPAN_MAX_S, Span};
use super::written::{Zone, between};

/// Most announcement channels, and roles of one right.
pub const LISTED_MAX: usize = 20;
/// How often the fallback may be called.
pub const FALLBACK_MIN: Span = Span::mins(1);
pub const FALLBACK_MAX: Span = Span::secs(24 * 3_600);
/// How long things are kept, where they are not kept forever.
pub const KEPT_MIN: Span = Span::secs(86_400);
pub const KEPT_MAX: Span = Span::secs(SPAN_MAX_S);

/// How often the fallback is mentioned where the settings do not say.
pub const FALLBACK_EVERY: Span = Span::mins(15);

/// What holds for the whole server. There is one definition of this kind, named `guild`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How times that people type are read when they have no zone of their own.
    #[schemars(with = "Zone")]
    pub time_zone: Tz,
    /// Where incident channels are made. Without it: a category that the bot makes, named Incidents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_category: Option<Ref<ChannelId>>,
    /// Where the channels of finished incidents go. Without it: a category that the bot makes, named Incident archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_category: Option<Ref<ChannelId>>,
    /// Channels that hear of every incident being opened and finished.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = LISTED_MAX))]
    pub announce: Vec<Ref<ChannelId>>,
    /// The response plan of `/incident new` where none is given. Without it: such an incident opens, pages nobody, and says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_plan: Option<Name>,
    /// Which Discord roles stand for which right.
    pub roles: Roles,
    /// Who may open incidents and page. Without it: responders, and contacts until a responder role is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declare: Option<Declare>,
    /// Who is called when nobody answers: a role or a contact. Without it: the admin roles, else the owner of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// How often the fallback is called, until somebody takes the incident.
    #[schemars(extend("x-range" = between(FALLBACK_MIN, FALLBACK_MAX)))]
    pub fallback_every: Span,
    /// An incident's channel is archived after so much quiet once it is over.
    #[schemars(extend("x-range" = between(Span::ZERO, KEPT_MAX)))]
    pub archive_after: Lapse,
    /// An archived channel is deleted after so long.
    #[schemars(extend("x-range" = between(KEPT_MIN, KEPT_MAX)))]
    pub delete_archived_after: Lapse,
    /// Make a voice channel for each incident.
    pub voice: bool,
    /// How long what people said is kept. Without it: forever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain: Option<Retain>,
    /// A weekly summary. Without it: none.
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// May see incidents. Empty: everybody may.
    #[schemars(length(max = LISTED_MAX))]
    pub observer: Vec<Ref<RoleId>>,
    /// May open, take, change and finish incidents. Empty: contacts may.
    #[schemars(length(max = LISTED_MAX))]
    pub responder: Vec<Ref<RoleId>>,
    /// Everything that responders may, and what is kept for those who lead.
    #[schemars(length(max = LISTED_MAX))]
    pub manager: Vec<Ref<RoleId>>,
    /// May change the set-up. Manage Server is always admin.
    #[schemars(length(max = LISTED_MAX))]
    pub admin: Vec<Ref<RoleId>>,
}

/// Who may declare incidents and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Declare {
    /// Those with a responder role; contacts where no such role is set.
    Responders,
    /// Everybody in the server.
    Everyone,
}

/// Who is called when nobody answers: a role or a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawFallback", into = "RawFallback")]
pub enum Fallback {
    Role(Ref<RoleId>),
    Contact(Name),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawFallback {
    /// A Discord role is mentioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Ref<RoleId>>,
    /// A contact is mentioned.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retain {
    /// What people wrote in incidents, and what alerts said.
    #[schemars(extend("x-range" = between(KEPT_MIN, KEPT_MAX)))]
    pub messages: Lapse,
}

/// A summary of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Where it is posted.
    pub channel: Ref<ChannelId>,
    /// When, in `time_zone`.
    pub at: WeekdayTime,
}
