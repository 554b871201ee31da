//! Components: what may stand where, unique ids, and the shape Discord returns.
//! Never presses one; people do.

use super::{Checked, detail};
use crate::{
    message::{flag, walk},
    refusal::Refusal,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use twilight_model::channel::message::Component;

/// Message components with ids given, checked as V1 or V2 by the flag.
pub(crate) fn components(given: &[Value], flags: u64) -> Checked<Vec<Value>> {
    let models: Vec<Component> = models(given)?;
    let v2 = flags & flag::COMPONENTS_V2 != 0;
    let checked = twilight_validate::message::components(&models, v2);
    checked.map_err(|error| Refusal::form("components", "BASE_TYPE_BAD_LENGTH", detail(&error)))?;
    unique_ids(given)?;
    Ok(numbered(given))
}

pub(super) fn models(given: &[Value]) -> Checked<Vec<Component>> {
    let read = |(at, one): (usize, &Value)| {
        serde_json::from_value(one.clone())
            .map_err(|error| Refusal::form(&format!("components.{at}"), "UNION_TYPE_CHOICES", error.to_string()))
    };
    given.iter().enumerate().map(read).collect()
}

pub(super) fn unique_ids(given: &[Value]) -> Checked<()> {
    let mut seen = BTreeSet::new();
    let mut refusal = None;
    walk(given, &mut |component| {
        if let Some(id) = component["custom_id"].as_str()
            && !seen.insert(id.to_owned())
        {
            refusal = Some(Refusal::form(
                "components",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            ));
        }
    });
    refusal.map_or(Ok(()), Err)
}

/// Gives every component the `id` Discord would give it, and drops nulls.
fn numbered(given: &[Value]) -> Vec<Value> {
    fn number(component: &mut Value, next: &mut u64) {
        let Some(fields) = component.as_object_mut() else { return };
        fields.retain(|_, value| !value.is_null());
        fields.entry("id").or_insert_with(|| {
            *next += 1;
            json!(*next)
        });
        let kind = fields["type"].as_u64().unwrap_or(0);
        if matches!(kind, 3 | 5..=8) {
            for (name, default) in [("min_values", json!(1)), ("max_values", json!(1)), ("disabled", json!(false))] {
                fields.entry(name).or_insert(default);
            }
        }
        for name in ["component", "accessory"] {
            if let Some(child) = fields.get_mut(name) {
                number(child, next);
            }
        }
        if let Some(children) = fields.get_mut("components").and_then(Value::as_array_mut) {
            children.iter_mut().for_each(|child| number(child, next));
        }
    }
    let mut ready = given.to_vec();
    let mut next = 0;
    ready.iter_mut().for_each(|component| number(component, &mut next));
    ready
}
