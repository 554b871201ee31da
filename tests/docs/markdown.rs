//! The reference as Markdown: a section a kind, with an example and a table of its fields.

use std::fmt::Write as _;

use muster::domain::definition::Kind;
use serde_json::Value;

use crate::examples::Examples;
use crate::fields::{self, Field, shown};

/// Longest example in a table, in characters: longer ones are in the whole one above.
const EXAMPLE_MAX: usize = 60;

const HEAD: &str = "\
# Definitions

Everything a team sets up is a definition: `kind`, `name`, `spec`. A file holds any number of them, as YAML (with `---` between them) or
as JSON (one object, or a list of them). `muster check FILE` says what is wrong; `muster apply FILE --guild ID`, or
`/config apply` in chat, puts them in force. What is not in the file stays as it is.

This page is generated from the types that read definitions. Editors that know JSON schema complete and check them with
[definitions.schema.json](definitions.schema.json); for YAML put this line on top of a file:

```yaml
# yaml-language-server: $schema=definitions.schema.json
```

In the tables a field is named by its place below `spec`: `a.b` is `b` inside `a`, `a[]` each of a list, `a.*` each of a map.
";

/// The whole page.
pub fn reference(whole: &Value, examples: &Examples) -> String {
    let mut page = HEAD.to_owned();
    values(whole, &mut page);
    page += "\nThe kinds:\n\n";
    for kind in Kind::ALL {
        writeln!(page, "- [{kind}](#{kind}): {}", first_sentence(&fields::about(whole, kind))).unwrap();
    }
    for kind in Kind::ALL {
        section(whole, kind, examples, &mut page);
    }
    page
}

/// What kinds of values are called, and how they are written.
fn values(whole: &Value, page: &mut String) {
    let mut known: Vec<(String, String, String)> = Vec::new();
    collect(whole, &mut known);
    known.sort();
    known.dedup();
    *page += "\n## How values are written\n\n| value | is written | example |\n|---|---|---|\n";
    for (word, meaning, example) in known {
        writeln!(page, "| {} | {} | {} |", cell(&word), cell(&meaning), code(&example)).unwrap();
    }
}

fn collect(value: &Value, known: &mut Vec<(String, String, String)>) {
    match value {
        Value::Object(fields) => {
            if let (Some(word), Some(meaning)) = (fields.get("x-word"), fields.get("x-meaning")) {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let example = fields.get("examples").map(|all| shown(&all[0])).unwrap_or_default();
                known.push((text(word), text(meaning), example));
            }
            fields.values().for_each(|value| collect(value, known));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, known)),
        _ => {}
    }
}

fn section(whole: &Value, kind: Kind, examples: &Examples, page: &mut String) {
    writeln!(page, "\n## {kind}\n\n{}\n", fields::about(whole, kind)).unwrap();
    writeln!(page, "```yaml\n{}\n```\n", examples.whole(kind).trim_end()).unwrap();
    *page += "| field | value | default | meaning | example |\n|---|---|---|---|---|\n";
    for field in fields::of(whole, kind) {
        row(kind, &field, examples, page);
    }
}

fn row(kind: Kind, field: &Field, examples: &Examples, page: &mut String) {
    let example = examples.at(kind, &field.path).filter(|_| !field.parent).map(shown);
    let example = example.filter(|example| example.chars().count() <= EXAMPLE_MAX);
    let default = match (&field.default, field.required) {
        (_, true) => "**required**".to_owned(),
        (Some(default), false) => code(default),
        (None, false) => "–".to_owned(),
    };
    let example = example.map(|example| code(&example)).unwrap_or_default();
    let (value, meaning) = (cell(&field.value), cell(&field.meaning));
    writeln!(page, "| `{}` | {value} | {default} | {meaning} | {example} |", field.path).unwrap();
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}
