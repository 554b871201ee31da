//! What an apply would change: definitions added, changed field by field, removed.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::marks::joined;
use super::parse::Document;
use crate::domain::definition::{Kind, Set};
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

/// The set that is in force after an apply: what is not in the documents stays, unless `prune`.
pub fn merged(old: &Set, documents: &[Document], prune: bool) -> Set {
    let mut set = if prune { Set::default() } else { old.clone() };
    for document in documents {
        set.insert(document.name.clone(), document.spec.clone());
    }
    set
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
                let fields = fields(&serde_json::to_value(was), &serde_json::to_value(is));
                diff.changed.push(Changed { kind: *kind, name: name.clone(), fields });
            }
            _ => diff.unchanged.push((*kind, name.clone())),
        }
    }
    diff
}

fn fields<E>(old: &Result<Value, E>, new: &Result<Value, E>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("spec", old.as_ref().ok(), new.as_ref().ok(), &mut changes);
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
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{index}]"), old.get(index), new.get(index), changes);
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            changes.push(FieldChange { field: path.to_owned(), old: old.map(text), new: new.map(text) });
        }
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
