//! Definitions: everything a team sets up, as `kind`, `name`, `spec`; and the set of them that is in force in a guild.
//! How they are written and read is `definitions`' business.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::analysis::AnalysisTemplate;
use super::change::ChangeSource;
use super::contact::Contact;
use super::escalation::EscalationPlan;
use super::maintenance::Maintenance;
use super::name::Name;
use super::plan::ResponsePlan;
use super::runbook::Runbook;
use super::schedule::Schedule;
use super::settings::Settings;
use super::source::AlertSource;

/// The name of the only definition of kind `settings`.
pub const SETTINGS_NAME: &str = "guild";

/// What a definition defines. The word is the same in files, SQL and commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Settings,
    Contact,
    Schedule,
    EscalationPlan,
    ResponsePlan,
    AlertSource,
    ChangeSource,
    Runbook,
    AnalysisTemplate,
    Maintenance,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Settings,
        Kind::Contact,
        Kind::Schedule,
        Kind::EscalationPlan,
        Kind::ResponsePlan,
        Kind::AlertSource,
        Kind::ChangeSource,
        Kind::Runbook,
        Kind::AnalysisTemplate,
        Kind::Maintenance,
    ];

    /// As it is written: `escalation_plan`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Settings => "settings",
            Kind::Contact => "contact",
            Kind::Schedule => "schedule",
            Kind::EscalationPlan => "escalation_plan",
            Kind::ResponsePlan => "response_plan",
            Kind::AlertSource => "alert_source",
            Kind::ChangeSource => "change_source",
            Kind::Runbook => "runbook",
            Kind::AnalysisTemplate => "analysis_template",
            Kind::Maintenance => "maintenance",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

macro_rules! specs {
    ($($kind:ident),*) => {
        /// What a definition says.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Spec {
            $($kind($kind),)*
        }

        impl Spec {
            pub fn kind(&self) -> Kind {
                match self {
                    $(Spec::$kind(_) => Kind::$kind,)*
                }
            }
        }

        $(impl From<$kind> for Spec {
            fn from(spec: $kind) -> Spec {
                Spec::$kind(spec)
            }
        })*
    };
}

specs!(
    Settings,
    Contact,
    Schedule,
    EscalationPlan,
    ResponsePlan,
    AlertSource,
    ChangeSource,
    Runbook,
    AnalysisTemplate,
    Maintenance
);

/// All definitions of a guild in force, sorted by kind and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set {
    specs: BTreeMap<(Kind, Name), Spec>,
}

impl Set {
    /// Puts a definition in force; gives back the one it replaces.
    pub fn insert(&mut self, name: Name, spec: Spec) -> Option<Spec> {
        self.specs.insert((spec.kind(), name), spec)
    }

    pub fn remove(&mut self, kind: Kind, name: &Name) -> Option<Spec> {
        self.specs.remove(&(kind, name.clone()))
    }

    pub fn get(&self, kind: Kind, name: &Name) -> Option<&Spec> {
        self.specs.get(&(kind, name.clone()))
    }

    pub fn contains(&self, kind: Kind, name: &Name) -> bool {
        self.get(kind, name).is_some()
    }

    /// In order of kind and name.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &Name, &Spec)> {
        self.specs.iter().map(|((kind, name), spec)| (*kind, name, spec))
    }

    pub fn len(&self) -> usize {
        self.specs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }

    /// The guild's settings; where there are none, the defaults.
    pub fn settings(&self) -> Settings {
        let all = self.iter().find_map(|(_, _, spec)| match spec {
            Spec::Settings(settings) => Some(settings.clone()),
            _ => None,
        });
        all.unwrap_or_default()
    }
}

/// The definition of one name, and all of a kind by name.
macro_rules! getters {
    ($($kind:ident => $one:ident, $all:ident;)*) => {
        impl Set {
            $(
                pub fn $one(&self, name: &Name) -> Option<&$kind> {
                    match self.get(Kind::$kind, name) {
                        Some(Spec::$kind(spec)) => Some(spec),
                        _ => None,
                    }
                }

                /// In order of name.
                pub fn $all(&self) -> impl Iterator<Item = (&Name, &$kind)> {
                    self.iter().filter_map(|(_, name, spec)| match spec {
                        Spec::$kind(spec) => Some((name, spec)),
                        _ => None,
                    })
                }
            )*
        }
    };
}

getters! {
    Contact => contact, contacts;
    Schedule => schedule, schedules;
    EscalationPlan => escalation_plan, escalation_plans;
    ResponsePlan => response_plan, response_plans;
    AlertSource => alert_source, alert_sources;
    ChangeSource => change_source, change_sources;
    Runbook => runbook, runbooks;
    AnalysisTemplate => analysis_template, analysis_templates;
    Maintenance => maintenance, maintenances;
}

impl FromIterator<(Name, Spec)> for Set {
    fn from_iter<I: IntoIterator<Item = (Name, Spec)>>(definitions: I) -> Set {
        Set { specs: definitions.into_iter().map(|(name, spec)| ((spec.kind(), name), spec)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_kinds_are_what_serde_writes() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
    }

    #[test]
    fn a_guild_without_settings_has_the_defaults() {
        assert_eq!(Set::default().settings(), Settings::default());
        let name = Name::parse(SETTINGS_NAME).unwrap();
        let voiced = Settings { voice: true, ..Settings::default() };
        let set: Set = [(name, Spec::Settings(voiced.clone()))].into_iter().collect();
        assert_eq!(set.settings(), voiced);
    }
}
