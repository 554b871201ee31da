//! The JSON schema of definitions, from the types.

use muster::domain::analysis::AnalysisTemplate;
use muster::domain::change::ChangeSource;
use muster::domain::contact::Contact;
use muster::domain::definition::Kind;
use muster::domain::escalation::EscalationPlan;
use muster::domain::maintenance::Maintenance;
use muster::domain::name::Name;
use muster::domain::plan::ResponsePlan;
use muster::domain::runbook::Runbook;
use muster::domain::schedule::Schedule;
use muster::domain::settings::Settings;
use muster::domain::source::AlertSource;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// A new kind does not compile here until it has its type.
fn spec(kind: Kind, generator: &mut SchemaGenerator) -> Schema {
    match kind {
        Kind::Settings => generator.subschema_for::<Settings>(),
        Kind::Contact => generator.subschema_for::<Contact>(),
        Kind::Schedule => generator.subschema_for::<Schedule>(),
        Kind::EscalationPlan => generator.subschema_for::<EscalationPlan>(),
        Kind::ResponsePlan => generator.subschema_for::<ResponsePlan>(),
        Kind::AlertSource => generator.subschema_for::<AlertSource>(),
        Kind::ChangeSource => generator.subschema_for::<ChangeSource>(),
        Kind::Runbook => generator.subschema_for::<Runbook>(),
        Kind::AnalysisTemplate => generator.subschema_for::<AnalysisTemplate>(),
        Kind::Maintenance => generator.subschema_for::<Maintenance>(),
    }
}

/// One document of any kind, with what only the reference needs (`x-…`).
pub fn whole() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let kinds: Vec<Value> = Kind::ALL
        .into_iter()
        .map(|kind| {
            json!({
                "type": "object",
                "properties": {
                    "kind": { "const": kind.word() },
                    "name": generator.subschema_for::<Name>(),
                    "spec": spec(kind, &mut generator),
                },
                "required": ["kind", "name", "spec"],
                "additionalProperties": false,
            })
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Muster definition",
        "description": "One definition: what a team sets up, as kind, name and spec.",
        "oneOf": kinds,
        "$defs": generator.take_definitions(true),
    })
}

/// The same, as editors take it.
pub fn for_editors() -> String {
    let mut text = serde_json::to_string_pretty(&plain(&whole())).unwrap();
    text.push('\n');
    text
}

/// Without what only the reference needs.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !key.starts_with("x-"));
            kept.map(|(key, value)| (key.clone(), plain(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}
