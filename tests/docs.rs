//! The reference of definitions and the schema for editors are what the types say, and every field of the example by which
//! the types are checked is in them. With `UPDATE_DOCS=1` both are written anew.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

#[path = "docs/examples.rs"]
mod examples;
#[path = "docs/faults.rs"]
mod faults;
#[path = "docs/fields.rs"]
mod fields;
#[path = "docs/markdown.rs"]
mod markdown;
#[path = "docs/schema.rs"]
mod schema;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use muster::domain::definition::Kind;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn examples() -> examples::Examples {
    let text = std::fs::read_to_string(root().join("tests/data/definitions/reference.yaml")).unwrap();
    examples::Examples::read(&text)
}

/// The file says this, or is made to.
fn check(file: &str, wanted: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let first = written.lines().zip(wanted.lines()).position(|(is, wanted)| is != wanted);
    assert!(written == wanted, "{file} is not what the types say, first at line {first:?}: UPDATE_DOCS=1 writes it");
}

#[test]
fn the_reference_is_what_the_types_say() {
    check("docs/definitions.md", &markdown::reference(&schema::whole(), &examples()));
}

#[test]
fn the_schema_is_what_the_types_say() {
    check("docs/definitions.schema.json", &schema::for_editors());
}

/// The example by which the types are checked uses every field: each is in the reference, and the other way round.
#[test]
fn every_field_of_the_example_is_in_the_reference() {
    let (whole, examples) = (schema::whole(), examples());
    for kind in Kind::ALL {
        let known: BTreeSet<String> = fields::of(&whole, kind).into_iter().map(|field| field.path).collect();
        let used = examples.paths(kind, &known);
        let unknown: Vec<&String> = used.iter().filter(|path| !known.contains(*path)).collect();
        assert!(unknown.is_empty(), "{kind}: {unknown:?} are not in the reference");
        assert!(!used.is_empty(), "{kind} has no example");
    }
}

#[test]
fn every_field_says_what_it_means() {
    let whole = schema::whole();
    for kind in Kind::ALL {
        for field in fields::of(&whole, kind) {
            assert!(!field.meaning.is_empty(), "{kind} {}: no meaning", field.path);
            assert!(!field.value.is_empty(), "{kind} {}: no type", field.path);
        }
    }
}

/// What the user guide points at is there.
#[test]
fn links_of_the_guide_lead_somewhere() {
    let docs = root().join("docs");
    for entry in std::fs::read_dir(&docs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let target = if file.is_empty() { path.clone() } else { docs.join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            assert!(anchor.is_empty() || has_heading(&target, anchor), "{}: no heading {link}", path.display());
        }
    }
}

/// As GitHub makes anchors of headings.
fn has_heading(file: &Path, anchor: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap();
    let made = |heading: &str| {
        let kept = heading.trim().to_lowercase();
        let kept: String = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect();
        kept.replace(' ', "-")
    };
    text.lines().filter(|line| line.starts_with('#')).any(|line| made(line.trim_start_matches('#')) == anchor)
}
