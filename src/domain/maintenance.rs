//! Maintenance windows: while one is open, alerts in its scope open nothing and page nobody.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::name::Name;
use super::schedule::wall_clock;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    pub scope: Scope,
    /// Wall clock in the guild's zone.
    #[serde(with = "wall_clock")]
    pub from: NaiveDateTime,
    #[serde(with = "wall_clock")]
    pub until: NaiveDateTime,
    pub reason: String,
}

/// Which alerts a window holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawScope {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
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
