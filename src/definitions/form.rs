//! The forms a spec is kept and handed out in: JSON in the store, YAML for people. What is written here reads back the same.

use serde::Serialize;

use crate::domain::definition::{Kind, Set, Spec};
use crate::domain::name::Name;

/// A stored definition cannot be read: written by a newer Muster, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("the stored {kind} cannot be read: {cause}")]
pub struct NotStored {
    pub kind: Kind,
    #[source]
    pub cause: serde_json::Error,
}

/// The form that is stored; equal specs give equal texts.
pub fn to_json(spec: &Spec) -> String {
    serde_json::to_string(spec).expect("specs are maps with text keys, lists, texts and numbers")
}

/// Reads what [`to_json`] wrote.
pub fn from_json(kind: Kind, text: &str) -> Result<Spec, NotStored> {
    let spec = match kind {
        Kind::Settings => serde_json::from_str(text).map(Spec::Settings),
        Kind::Contact => serde_json::from_str(text).map(Spec::Contact),
        Kind::Schedule => serde_json::from_str(text).map(Spec::Schedule),
        Kind::EscalationPlan => serde_json::from_str(text).map(Spec::EscalationPlan),
        Kind::ResponsePlan => serde_json::from_str(text).map(Spec::ResponsePlan),
        Kind::AlertSource => serde_json::from_str(text).map(Spec::AlertSource),
        Kind::ChangeSource => serde_json::from_str(text).map(Spec::ChangeSource),
        Kind::Runbook => serde_json::from_str(text).map(Spec::Runbook),
        Kind::AnalysisTemplate => serde_json::from_str(text).map(Spec::AnalysisTemplate),
        Kind::Maintenance => serde_json::from_str(text).map(Spec::Maintenance),
    };
    spec.map_err(|cause| NotStored { kind, cause })
}

#[derive(Serialize)]
struct Exported<'a> {
    kind: Kind,
    name: &'a Name,
    spec: &'a Spec,
}

/// One YAML document, without a separator.
pub fn to_yaml(kind: Kind, name: &Name, spec: &Spec) -> String {
    let exported = Exported { kind, name, spec };
    serde_saphyr::to_string(&exported).expect("specs are maps with text keys, lists, texts and numbers")
}

/// A whole set as one file of YAML.
pub fn export(set: &Set) -> String {
    let documents: Vec<String> = set.iter().map(|(kind, name, spec)| to_yaml(kind, name, spec)).collect();
    documents.join("---\n")
}
