//! The example of every kind and field, from the file by which the types are checked.

use std::collections::{BTreeMap, BTreeSet};

use muster::domain::definition::Kind;
use serde_json::Value;

/// Documents by kind, as text and as values.
pub struct Examples {
    texts: BTreeMap<Kind, String>,
    specs: BTreeMap<Kind, Vec<Value>>,
}

impl Examples {
    /// Reads documents between `---` lines; the first of a kind is its example.
    pub fn read(text: &str) -> Examples {
        let mut examples = Examples { texts: BTreeMap::new(), specs: BTreeMap::new() };
        for document in text.split("\n---\n") {
            let value: Value = serde_saphyr::from_str(document).unwrap();
            let kind = Kind::from_word(value["kind"].as_str().unwrap()).unwrap();
            // What comments say is in the table, from the types.
            let written = document.lines().map(|line| line.find("# ").map_or(line, |at| &line[..at]).trim_end());
            let body: Vec<&str> = written.filter(|line| !line.is_empty()).collect();
            examples.texts.entry(kind).or_insert_with(|| body.join("\n"));
            examples.specs.entry(kind).or_default().push(value["spec"].clone());
        }
        examples
    }

    /// A whole definition of the kind.
    pub fn whole(&self, kind: Kind) -> &str {
        self.texts.get(&kind).map_or("", String::as_str)
    }

    /// The first value that stands at a path.
    pub fn at(&self, kind: Kind, path: &str) -> Option<&Value> {
        let specs = self.specs.get(&kind)?;
        specs.iter().find_map(|spec| at(spec, path))
    }

    /// Every path that the examples of a kind use; below what has no fields of its own none are counted.
    pub fn paths(&self, kind: Kind, known: &BTreeSet<String>) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for spec in self.specs.get(&kind).into_iter().flatten() {
            collect(spec, "", known, &mut paths);
        }
        paths
    }
}

fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let inner = |value: &'v Value| if rest.is_empty() { Some(value) } else { at(value, rest) };
    if first == "*" {
        return value.as_object()?.values().find_map(inner);
    }
    match first.strip_suffix("[]") {
        Some(name) => value.get(name)?.as_array()?.iter().find_map(inner),
        None => inner(value.get(first)?),
    }
}

fn collect(value: &Value, path: &str, known: &BTreeSet<String>, paths: &mut BTreeSet<String>) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let below = |step: &str| known.iter().any(|path| path.starts_with(&format!("{here}{step}.")));
        match value {
            Value::Array(items) if below("[]") => {
                items.iter().for_each(|item| collect(item, &format!("{here}[]"), known, paths));
            }
            Value::Object(entries) if below(".*") => {
                entries.values().for_each(|entry| collect(entry, &format!("{here}.*"), known, paths));
            }
            Value::Object(_) if below("") => collect(value, &here, known, paths),
            _ => {}
        }
        paths.insert(here);
    }
}
