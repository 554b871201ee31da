//! What the YAML reader says, in words for people: the field, what is wrong, what would be right.

use chrono_tz::{TZ_VARIANTS, Tz};
use serde_path_to_error::{Path, Segment};
use serde_saphyr::{DefaultMessageFormatter, Error, Location, MessageFormatter};

use super::marks::{Marks, Place, joined};
use super::problem::Problem;
use super::text::Piece;

/// How alike two words are that one may be meant for the other (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;
/// Most words that are listed as possible.
const LISTED_MAX: usize = 12;

/// The text is not YAML.
pub(super) fn syntax(error: &Error) -> Problem {
    match inner(error) {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            Problem::new("", format!("the field `{key}` is there twice")).right("keep one of them")
        }
        other => Problem::new("", format!("not readable as YAML: {}", message(other))),
    }
}

/// Where the reader stopped.
pub(super) fn place(piece: &Piece<'_>, error: &Error) -> Place {
    Place::of(piece, inner(error).location().unwrap_or(Location::UNKNOWN))
}

/// The document is YAML, and not what its kind wants: what, and where in the file.
pub(super) fn typed(path: &Path, in_list: bool, error: &Error, marks: &Marks) -> (Problem, Place) {
    let path = field(path, in_list);
    match inner(error) {
        Error::SerdeUnknownField { field, expected, .. } => {
            let what = format!("unknown field `{field}`");
            (Problem::new(&path, what).right(nearest(field, expected)), marks.key(&path))
        }
        Error::SerdeMissingField { field, .. } => {
            let what = format!("`{field}` is missing");
            (Problem::new(joined(&path, field), what), marks.value(&path))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let what = format!("`{variant}` is not possible here");
            (Problem::new(&path, what).right(nearest(variant, expected)), marks.value(&path))
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            let what = format!("found {}", found(unexpected));
            (Problem::new(&path, what).right(format!("write {}", wanted(expected))), marks.value(&path))
        }
        Error::ExpectedMappingEndAfterEnumVariantValue { .. } => {
            let around = path.rsplit_once('.').map_or(path.as_str(), |(around, _)| around);
            (Problem::new(around, "only one of these fields is possible").right("keep one"), marks.value(around))
        }
        other => (said(&path, &message(other)), marks.value(&path)),
    }
}

fn inner(error: &Error) -> &Error {
    match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => inner(error),
        plain => plain,
    }
}

/// Our own types say "`x` is not a y: write z".
fn said(path: &str, message: &str) -> Problem {
    if let Some(zone) = message.strip_prefix("failed to parse timezone: ") {
        let zone = zone.trim_matches('\'');
        return Problem::new(path, format!("there is no time zone `{zone}`")).right(nearest_zone(zone));
    }
    let told = message.find(" is not a").and_then(|at| {
        let colon = at + message[at..].find(": ")?;
        Some((&message[..colon], &message[colon + 2..]))
    });
    match told {
        Some((what, right)) => Problem::new(path, what).right(right),
        None => Problem::new(path, message),
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::Message { msg, .. } => msg.clone(),
        Error::NullIntoString { .. } => "nothing is written here".to_owned(),
        Error::InvalidBooleanStrict { .. } => "this is neither true nor false".to_owned(),
        Error::InvalidScalar { ty, .. } => format!("this is not {}", wanted(ty)),
        Error::Unexpected { expected, .. } => format!("expected {}", wanted(expected)),
        other => DefaultMessageFormatter.format_message(other).into_owned(),
    }
}

/// What serde found, as people call it.
fn found(unexpected: &str) -> String {
    match unexpected {
        "map" => "fields".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit value" | "null" => "nothing".to_owned(),
        other => ["string ", "integer ", "boolean ", "floating point "]
            .iter()
            .find_map(|kind| other.strip_prefix(kind))
            .map_or_else(|| other.to_owned(), |value| format!("`{}`", value.trim_matches(['"', '`']))),
    }
}

/// What serde wants, as people call it.
fn wanted(expected: &str) -> String {
    match expected {
        "u8" => "a whole number, 0 to 255".to_owned(),
        "u16" | "u32" | "u64" | "i64" | "usize" => "a whole number".to_owned(),
        "a sequence" | "sequence" | "sequence start" => "a list".to_owned(),
        "a map" | "map" | "mapping" | "mapping start" => "fields (`name: value`)".to_owned(),
        "boolean" | "bool" | "a boolean" => "true or false".to_owned(),
        "a string" | "string" | "string scalar" => "a text".to_owned(),
        other if other.starts_with("struct ") => "fields (`name: value`)".to_owned(),
        other if other.starts_with("enum ") => "one word".to_owned(),
        other => other.to_owned(),
    }
}

/// Paths like `spec.stages[1].duration`; the place in a list of definitions is not part of them.
fn field(path: &Path, in_list: bool) -> String {
    path.iter().skip(usize::from(in_list)).fold(String::new(), |path, segment| match segment {
        Segment::Seq { index } => format!("{path}[{index}]"),
        Segment::Map { key } | Segment::Enum { variant: key } => joined(&path, key),
        Segment::Unknown => path,
    })
}

/// "did you mean `retry_every`?", else what is possible.
pub(super) fn nearest(word: &str, possible: &[&str]) -> String {
    let likeness = |candidate: &&&str| strsim::jaro_winkler(&word.to_lowercase(), candidate);
    let best = possible.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match best.filter(|best| likeness(best) >= ALIKE) {
        Some(best) => format!("did you mean `{best}`?"),
        None => one_of(possible),
    }
}

fn nearest_zone(zone: &str) -> String {
    let likeness = |tz: &Tz| strsim::jaro_winkler(zone, tz.name());
    let best = TZ_VARIANTS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match best.filter(|best| likeness(best) >= ALIKE) {
        Some(best) => format!("did you mean `{}`?", best.name()),
        None => "write an IANA zone like Europe/Dublin".to_owned(),
    }
}

pub(super) fn one_of(possible: &[&str]) -> String {
    let listed: Vec<&str> = possible.iter().copied().take(LISTED_MAX).collect();
    let more = if possible.len() > LISTED_MAX { " …" } else { "" };
    format!("possible: {}{more}", listed.join(", "))
}
