//! What an apply would change: definitions added, changed field by field, removed.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::marks::joined;
use crate::domain::definition::{Kind, Set, Spec};
use crate::domain::name::Name;

/// Longest value shown in a diff, in characters.
const VALUE_MAX: usize = 80;

/// The difference between two sets, each list in order of kind and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    pub added: Vec<(Kind, Name)>,
    pub changed: Vec<Changed>,
    pub unchanged: Vec<(Kind, Name)>,
    pub removed: Vec<(Kind, Name)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub kind: Kind,
    pub name: Name,
    pub fields: Vec<FieldChange>,
}

/// One field; values as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Like `spec.stages[1].duration`.
    pub field: String,
    /// None: it was not there.
    pub old: Option<String>,
    /// None: it is gone.
    pub new: Option<String>,
}

/// What changes from one set to the other.
pub fn diff(old: &Set, new: &Set) -> Diff {
    let keys = |set: &Set| set.iter().map(|(kind, name, _)| (kind, name.clone())).collect::<BTreeSet<_>>();
    let (before, after) = (keys(old), keys(new));
    let mut diff = Diff {
        added: after.difference(&before).cloned().collect(),
        removed: before.difference(&after).cloned().collect(),
        ..Diff::default()
    };
    for (kind, name) in before.intersection(&after) {
        match (old.get(*kind, name), new.get(*kind, name)) {
            (Some(was), Some(is)) if was != is => {
                diff.changed.push(Changed { kind: *kind, name: name.clone(), fields: changes(was, is) });
            }
            _ => diff.unchanged.push((*kind, name.clone())),
        }
    }
    diff
}

/// What changes from one spec to another of its kind, field by field.
pub fn changes(old: &Spec, new: &Spec) -> Vec<FieldChange> {
    let (old, new) = (serde_json::to_value(old).ok(), serde_json::to_value(new).ok());
    let mut changes = Vec::new();
    compare("spec", old.as_ref(), new.as_ref(), &mut changes);
    changes
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                compare(&joined(path, key), old.get(key), new.get(key), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(path, old, new, changes),
        (old, new) if old == new => {}
        (old, new) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            changes.push(FieldChange { field: path.to_owned(), old: old.map(text), new: new.map(text) });
        }
    }
}

/// What is the same at both ends of a list is left out: one item put in or taken out is one change.
fn lists(path: &str, old: &[Value], new: &[Value], changes: &mut Vec<FieldChange>) {
    let begin = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let ends = old[begin..].iter().rev().zip(new[begin..].iter().rev());
    let end = ends.take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    for index in begin..old_end.max(new_end) {
        let (was, is) = (old[..old_end].get(index), new[..new_end].get(index));
        compare(&format!("{path}[{index}]"), was, is, changes);
    }
}

impl Diff {
    /// Nothing would change.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, name) in &self.added {
            writeln!(f, "+ {kind} {name}")?;
        }
        for changed in &self.changed {
            writeln!(f, "~ {} {}", changed.kind, changed.name)?;
            for field in &changed.fields {
                writeln!(f, "    {field}")?;
            }
        }
        for (kind, name) in &self.removed {
            writeln!(f, "- {kind} {name}")?;
        }
        if self.is_empty() { f.write_str("nothing changes") } else { write!(f, "{} unchanged", self.unchanged.len()) }
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = (self.old.as_deref().map(shown), self.new.as_deref().map(shown));
        match (old, new) {
            (Some(old), Some(new)) => write!(f, "{}: {old} → {new}", self.field),
            (None, Some(new)) => write!(f, "{}: + {new}", self.field),
            (Some(old), None) => write!(f, "{}: - {old}", self.field),
            (None, None) => f.write_str(&self.field),
        }
    }
}

/// On one line, cut.
fn shown(value: &str) -> String {
    let mut text: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(VALUE_MAX).collect();
    if value.chars().nth(VALUE_MAX).is_some() {
        text.push('…');
    }
    text
}
