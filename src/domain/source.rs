//! Alert sources: which messages are alerts, how they are read, and what they do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, UserId, WebhookId};
use super::impact::Impact;
use super::name::Name;
use super::reference::Ref;
use super::span::Span;

/// How far back a source is read after an absence, where it does not say.
pub const CATCH_UP: Span = Span::secs(24 * 3_600);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertSource {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Ref<ChannelId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// Instead of channel and author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqs: Option<Sqs>,
    /// None: `rules` where rules are given, else `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    #[serde(default)]
    pub mode: Mode,
    #[serde(default)]
    pub unrecognised: Unrecognised,
    pub response_plan: Name,
    /// Severity → impact, case ignored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub impact: BTreeMap<String, Impact>,
    /// First match wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// First match wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storm: Option<Storm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping: Option<Flapping>,
    #[serde(default = "catch_up")]
    pub catch_up: Span,
}

fn catch_up() -> Span {
    CATCH_UP
}

impl AlertSource {
    /// The preset that is in force.
    pub fn preset(&self) -> Preset {
        self.preset.unwrap_or(if self.rules.is_empty() { Preset::Auto } else { Preset::Rules })
    }

    /// The impact a severity stands for at this source.
    pub fn impact_of(&self, severity: &str) -> Option<Impact> {
        self.impact.iter().find(|(word, _)| word.eq_ignore_ascii_case(severity)).map(|(_, impact)| *impact)
    }
}

/// Whose messages count: trust is by id, never by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    Webhook(WebhookId),
    Bot(Ref<UserId>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sqs {
    pub queue_url: String,
    pub region: String,
}

/// Which readers are tried on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    Auto,
    Rules,
    Any,
    Alertmanager,
    Grafana,
    UptimeKuma,
    Gatus,
    Healthchecks,
    Zabbix,
    Netdata,
    Icinga,
    Nagios,
    Checkmk,
    Statuspage,
    Cloudwatch,
    Beszel,
    Sentry,
    Robusta,
    Checkmate,
    Openstatus,
    Coolify,
    Flux,
    Apprise,
    Botkube,
    Benjojo,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Act,
    /// Says what it would do.
    Observe,
}

/// What a message does that nothing recognises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unrecognised {
    /// Opens an incident titled by its first line, at most one an hour.
    #[default]
    Open,
    Warn,
    Ignore,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub when: When,
    #[serde(default, rename = "do")]
    pub action: RouteAction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_plan: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
}

/// All that is given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// A regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteAction {
    #[default]
    Page,
    /// Open the incident, page nobody.
    Channel,
    /// Ask in the source's channel whether to open.
    Ask,
    Ignore,
}

/// One rule: all its patterns must match; groups and templates make the alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub state: RuleState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed: Option<EmbedPatterns>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldPattern>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    Firing,
    Resolved,
    Ignore,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbedPatterns {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldPattern {
    /// The field's exact name.
    pub name: String,
    /// A regular expression over its value.
    pub value: String,
}

/// More new incidents than this → one storm incident takes the rest. Left out: 20 in 5m.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storm {
    At { incidents: u32, within: Span },
    None,
}

/// More changes of state than this are flapping. Left out: 6 in 30m.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flapping {
    At { changes: u32, within: Span },
    None,
}

/// `none`, or a count within a span: the two limits of a source are written alike.
macro_rules! limit_or_none {
    ($type:ident, $raw:ident, $field:ident) => {
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $raw {
            $field: u32,
            within: Span,
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match *self {
                    $type::At { $field, within } => $raw { $field, within }.serialize(to),
                    $type::None => to.serialize_str("none"),
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("none or {", stringify!($field), ": 20, within: 5m}"))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        if text == "none" {
                            return Ok($type::None);
                        }
                        Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$type, A::Error> {
                        let raw = $raw::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                        Ok($type::At { $field: raw.$field, within: raw.within })
                    }
                }
                from.deserialize_any(Visitor)
            }
        }
    };
}

limit_or_none!(Storm, RawStorm, incidents);
limit_or_none!(Flapping, RawFlapping, changes);
