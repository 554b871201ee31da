//! Alert sources: which messages are alerts, how they are read, and what they do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{ChannelId, UserId, WebhookId};
use super::impact::Impact;
use super::name::Name;
use super::reference::Ref;
use super::span::Span;
use super::written::{GroupTemplate, Pattern, WebAddress, between};

/// The limits where a source does not say.
pub const STORM: Storm = Storm::At { incidents: 20, within: Span::mins(5) };
pub const FLAPPING: Flapping = Flapping::At { changes: 6, within: Span::mins(30) };
/// Most routes and rules of a source: each message is held against each of them.
pub const ROUTES_MAX: usize = 100;
pub const RULES_MAX: usize = 100;
/// Most severities that are mapped.
pub const SEVERITIES_MAX: usize = 50;
/// Longest text of one pattern, in characters.
pub const PATTERN_MAX: usize = 1_000;
/// Longest template of a rule, in characters.
pub const TEMPLATE_MAX: usize = 1_000;
/// Longest name of a region of AWS, in characters.
pub const REGION_MAX: usize = 40;
/// Most incidents or changes that a limit counts to, and the longest stretch it counts in.
pub const LIMIT_MAX: u32 = 1_000;
pub const WITHIN_MAX: Span = Span::secs(24 * 3_600);
/// Longest way back after an absence.
pub const CATCH_UP_MAX: Span = Span::secs(14 * 86_400);

/// How far back a source is read after an absence, where it does not say.
pub const CATCH_UP: Span = Span::secs(24 * 3_600);

/// Whose messages are alerts, how they are read, and what they do. Either `channel` and `author`, or `sqs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertSource {
    /// Where the messages are posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Ref<ChannelId>>,
    /// Who posts them; one source per channel and author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// A queue of CloudWatch alarms and EventBridge events, instead of `channel` and `author`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqs: Option<Sqs>,
    /// Which reader understands them. Without it: `rules` where rules are given, else `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// Whether alerts do anything.
    #[serde(default)]
    pub mode: Mode,
    /// What a message does that nothing recognises.
    #[serde(default)]
    pub unrecognised: Unrecognised,
    /// The plan of incidents that it opens.
    pub response_plan: Name,
    /// Severity to impact, case ignored. A severity that is not here: the plan's impact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = SEVERITIES_MAX))]
    pub impact: BTreeMap<String, Impact>,
    /// Exceptions; the first that matches wins, else the above holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ROUTES_MAX))]
    pub routes: Vec<Route>,
    /// How to read messages of one's own, with the presets `rules` and `auto`; the first that matches wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = RULES_MAX))]
    pub rules: Vec<Rule>,
    /// More new incidents than this, and one storm incident takes the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = STORM))]
    pub storm: Option<Storm>,
    /// More changes of state than this are flapping: they open nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = FLAPPING))]
    pub flapping: Option<Flapping>,
    /// How far back its channel is read after an absence of the bot.
    #[serde(default = "catch_up")]
    #[schemars(extend("x-range" = between(Span::ZERO, CATCH_UP_MAX)))]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A webhook, by its id.
    Webhook(WebhookId),
    /// A bot, by its user.
    Bot(Ref<UserId>),
}

/// A queue of Amazon SQS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sqs {
    /// Its address.
    #[schemars(with = "WebAddress")]
    pub queue_url: String,
    /// Its region.
    #[schemars(length(min = 1, max = REGION_MAX))]
    pub region: String,
}

/// Which readers are tried on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The rules first, then every sender that is known.
    Auto,
    /// The rules only.
    Rules,
    /// Every message is an alert.
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

/// Whether alerts do anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They open and resolve incidents.
    #[default]
    Act,
    /// Says what it would do.
    Observe,
}

/// What a message does that nothing recognises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unrecognised {
    /// Opens an incident titled by its first line, at most one an hour.
    #[default]
    Open,
    /// Says so below it.
    Warn,
    /// Nothing.
    Ignore,
}

/// Other consequences for some alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Which alerts it is for.
    pub when: When,
    /// What they do.
    #[serde(default, rename = "do")]
    pub action: RouteAction,
    /// Another plan. Without it: the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_plan: Option<Name>,
    /// Another impact. Without it: as the source maps the severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
}

/// All that is given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// The title matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>")]
    pub title: Option<String>,
    /// The severity is this, case ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// All of these labels are there, with these values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What matching alerts do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteAction {
    /// Open the incident and page.
    #[default]
    Page,
    /// Open the incident, page nobody.
    Channel,
    /// Ask in the source's channel whether to open.
    Ask,
    /// Nothing.
    Ignore,
}

/// One rule: all its patterns must match; groups and templates make the alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the message says of the alert.
    pub state: RuleState,
    /// The text of the message matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub content: Option<String>,
    /// The name it is posted under matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub username: Option<String>,
    /// Parts of one of its embeds match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed: Option<EmbedPatterns>,
    /// A field of one of its embeds matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldPattern>,
    /// The alert's title. Without it: the group `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<GroupTemplate>", length(min = 1, max = TEMPLATE_MAX))]
    pub title: Option<String>,
    /// What makes it the same alert next time. Without it: the group `key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<GroupTemplate>", length(min = 1, max = TEMPLATE_MAX))]
    pub key: Option<String>,
    /// Its severity. Without it: the group `severity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<GroupTemplate>", length(min = 1, max = TEMPLATE_MAX))]
    pub severity: Option<String>,
    /// Its description. Without it: the group `description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<GroupTemplate>", length(min = 1, max = TEMPLATE_MAX))]
    pub description: Option<String>,
}

/// What a message says of its alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It fires.
    Firing,
    /// It has recovered.
    Resolved,
    /// Neither: the message is passed over.
    Ignore,
}

/// Patterns over one embed; all that are given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmbedPatterns {
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub title: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub description: Option<String>,
    /// Its footer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub footer: Option<String>,
    /// The name of its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub author: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub url: Option<String>,
}

/// A field of an embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldPattern {
    /// The field's exact name.
    pub name: String,
    /// What its value matches.
    #[schemars(with = "Pattern", length(max = PATTERN_MAX))]
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
    ($type:ident, $raw:ident, $field:ident from $least:literal) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        struct $raw {
            /// So many.
            #[schemars(range(min = $least, max = LIMIT_MAX))]
            $field: u32,
            /// In so long.
            #[schemars(extend("x-range" = between(Span::secs(1), WITHIN_MAX)))]
            within: Span,
        }

        /// How it is written, for the reference.
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let limit = $raw::json_schema(generator);
                schemars::json_schema!({ "oneOf": [{ "const": "none", "description": "No limit." }, limit] })
            }
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

limit_or_none!(Storm, RawStorm, incidents from 1);
limit_or_none!(Flapping, RawFlapping, changes from 2);
