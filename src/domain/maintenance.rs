//! Maintenance windows: while one is open, alerts in its scope open nothing and page nobody.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::Name;
use super::schedule::wall_clock;
use super::source::PATTERN_MAX;
use super::written::{Pattern, WallClock};

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// A time in which alerts in its scope open nothing and page nobody. What still fires at its end pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// Which alerts; exactly one of these.
    pub scope: Scope,
    /// When it begins: wall clock in the time zone of the settings.
    #[serde(with = "wall_clock")]
    #[schemars(with = "WallClock")]
    pub from: NaiveDateTime,
    /// When it ends; after `from`.
    #[serde(with = "wall_clock")]
    #[schemars(with = "WallClock")]
    pub until: NaiveDateTime,
    /// Why; people see it.
    #[schemars(length(min = 1, max = REASON_MAX))]
    pub reason: String,
}

/// Which alerts a window holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawScope", into = "RawScope")]
pub enum Scope {
    /// Of one alert source.
    Source(Name),
    /// Of one response plan.
    Plan(Name),
    /// With all of these labels.
    Labels(BTreeMap<String, String>),
    /// Whose title matches the regular expression.
    Title(String),
    All,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RawScope {
    /// Of this alert source.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Name>,
    /// Of this response plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Name>,
    /// With all of these labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<String, String>>,
    /// Whose title matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    title: Option<String>,
    /// `true`: all alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<bool>,
}

impl TryFrom<RawScope> for Scope {
    type Error = &'static str;

    fn try_from(raw: RawScope) -> Result<Scope, Self::Error> {
        match (raw.source, raw.plan, raw.labels, raw.title, raw.all) {
            (Some(source), None, None, None, None) => Ok(Scope::Source(source)),
            (None, Some(plan), None, None, None) => Ok(Scope::Plan(plan)),
            (None, None, Some(labels), None, None) => Ok(Scope::Labels(labels)),
            (None, None, None, Some(title), None) => Ok(Scope::Title(title)),
            (None, None, None, None, Some(true)) => Ok(Scope::All),
            _ => Err("a scope is one of {source: …}, {plan: …}, {labels: …}, {title: …}, {all: true}"),
        }
    }
}

impl From<Scope> for RawScope {
    fn from(scope: Scope) -> RawScope {
        match scope {
            Scope::Source(name) => RawScope { source: Some(name), ..RawScope::default() },
            Scope::Plan(name) => RawScope { plan: Some(name), ..RawScope::default() },
            Scope::Labels(labels) => RawScope { labels: Some(labels), ..RawScope::default() },
            Scope::Title(title) => RawScope { title: Some(title), ..RawScope::default() },
            Scope::All => RawScope { all: Some(true), ..RawScope::default() },
        }
    }
}
