//! Documents to typed specs. The header (`kind`, `name`) is read first, then the kind's own struct, so that every error has a
//! position and a field. One error a document (serde stops there), all documents are read.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use miette::NamedSource;
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_path_to_error::Track;
use serde_saphyr::Spanned;

use super::explain;
use super::marks::{Marks, Node, Place};
use super::problem::{Problem, Shared};
use super::text::{Piece, SOURCE_MAX, Source, pieces};
use crate::domain::definition::{Kind, SETTINGS_NAME, Spec};
use crate::domain::name::Name;

/// A definition, and where it is from.
#[derive(Debug, Clone)]
pub struct Document {
    pub file: String,
    /// Of its first field, counted from 1.
    pub line: usize,
    pub kind: Kind,
    pub name: Name,
    pub spec: Spec,
    written: Option<(Marks, Shared)>,
}

impl Document {
    /// A definition that nobody wrote down: made by a command, or an earlier version.
    pub fn made(name: Name, spec: Spec) -> Document {
        Document { file: String::new(), line: 0, kind: spec.kind(), name, spec, written: None }
    }

    /// Where a field stands, or the nearest one around it; `None` where nobody wrote it down.
    pub(super) fn find(&self, field: &str) -> Option<(Shared, Place)> {
        self.written.as_ref().map(|(marks, source)| (Arc::clone(source), marks.value(field)))
    }
}

/// Reads all documents of all sources: YAML with any number of documents, or JSON, one object or a list of them. Two
/// documents of one kind and name are refused, as is nothing at all.
pub fn parse(sources: &[Source]) -> Result<Vec<Document>, Vec<Problem>> {
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for source in sources {
        read(source, &mut documents, &mut problems);
    }
    problems.extend(doubles(&documents));
    if documents.is_empty() && problems.is_empty() {
        let mut nothing =
            Problem::new("", "there is no definition in it").right("a definition is `kind`, `name`, `spec`");
        nothing.file = sources.first().map(|source| source.file.clone()).unwrap_or_default();
        problems.push(nothing);
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn read(source: &Source, documents: &mut Vec<Document>, problems: &mut Vec<Problem>) {
    if source.text.len() > SOURCE_MAX {
        let mut long = Problem::new("", format!("the file has {} bytes", source.text.len()));
        long.file.clone_from(&source.file);
        problems.push(long.right(format!("at most {SOURCE_MAX}: use several files")));
        return;
    }
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let shared = Arc::new(NamedSource::new(&source.file, text.to_owned()));
    for piece in pieces(text) {
        match serde_saphyr::from_str_with_options::<Spanned<Node>>(piece.text, options()) {
            Ok(tree) => {
                for (item, tree) in items(&tree) {
                    match document(&shared, &piece, item, tree) {
                        Ok(document) => documents.push(document),
                        Err(problem) => problems.push(*problem),
                    }
                }
            }
            Err(error) => problems.push(explain::syntax(&error).at(&shared, explain::place(&piece, &error))),
        }
    }
}

/// A list of definitions (JSON has no `---`) is as many definitions.
fn items(tree: &Spanned<Node>) -> Vec<(Option<usize>, &Spanned<Node>)> {
    match &tree.value {
        Node::List(list) => list.iter().enumerate().map(|(index, item)| (Some(index), item)).collect(),
        _ => vec![(None, tree)],
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! { with_snippet: false, strict_booleans: true }
}

fn document(
    source: &Shared,
    piece: &Piece<'_>,
    item: Option<usize>,
    tree: &Spanned<Node>,
) -> Result<Document, Box<Problem>> {
    let marks = Marks::of(piece, tree);
    let kind = header(&tree.value).map_err(|problem| {
        let place = if problem.field.is_empty() { marks.key("kind") } else { marks.value(&problem.field) };
        Box::new(problem.at(source, place))
    })?;
    let name = tree.value.text("name").and_then(|name| Name::parse(name).ok());
    let described = |problem: Problem| match &name {
        Some(name) => problem.of(kind, name),
        None => problem,
    };
    let (name, spec) = typed_as(kind, piece.text, item).map_err(|refused| {
        let (problem, place) = explain::typed(&refused.path, item.is_some(), &refused.error, &marks);
        Box::new(described(problem).at(source, place))
    })?;
    if kind == Kind::Settings && name.as_str() != SETTINGS_NAME {
        let wrong = Problem::new("name", format!("settings are named `{SETTINGS_NAME}`")).right("write name: guild");
        return Err(Box::new(described(wrong).at(source, marks.value("name"))));
    }
    let line = marks.key("kind").line;
    let written = Some((marks, Arc::clone(source)));
    Ok(Document { file: source.name().to_owned(), line, kind, name, spec, written })
}

/// The kind of a document, if it looks like one at all.
fn header(tree: &Node) -> Result<Kind, Box<Problem>> {
    let Node::Map(_) = tree else {
        let wrong = Problem::new("", "this is no definition").right("a definition is `kind`, `name`, `spec`");
        return Err(Box::new(wrong));
    };
    if !tree.has("kind") {
        let wrong = Problem::new("", "`kind` is missing").right(explain::one_of(&Kind::ALL.map(Kind::word)));
        return Err(Box::new(wrong));
    }
    let word = tree.text("kind").unwrap_or_default();
    Kind::from_word(word).ok_or_else(|| {
        let words = Kind::ALL.map(Kind::word);
        Box::new(Problem::new("kind", format!("there is no kind `{word}`")).right(explain::nearest(word, &words)))
    })
}

fn typed_as(kind: Kind, text: &str, item: Option<usize>) -> Result<(Name, Spec), Box<Refused>> {
    match kind {
        Kind::Settings => typed(text, item, Spec::Settings),
        Kind::Contact => typed(text, item, Spec::Contact),
        Kind::Schedule => typed(text, item, Spec::Schedule),
        Kind::EscalationPlan => typed(text, item, Spec::EscalationPlan),
        Kind::ResponsePlan => typed(text, item, Spec::ResponsePlan),
        Kind::AlertSource => typed(text, item, Spec::AlertSource),
        Kind::ChangeSource => typed(text, item, Spec::ChangeSource),
        Kind::Runbook => typed(text, item, Spec::Runbook),
        Kind::AnalysisTemplate => typed(text, item, Spec::AnalysisTemplate),
        Kind::Maintenance => typed(text, item, Spec::Maintenance),
    }
}

/// The field that serde stopped at, and why.
struct Refused {
    path: serde_path_to_error::Path,
    error: serde_saphyr::Error,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    name: Name,
    spec: T,
}

fn typed<T: DeserializeOwned>(
    text: &str,
    item: Option<usize>,
    wrap: fn(T) -> Spec,
) -> Result<(Name, Spec), Box<Refused>> {
    let mut track = Track::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |from| {
        let from = serde_path_to_error::Deserializer::new(from, &mut track);
        match item {
            Some(index) => Pick { index, found: PhantomData }.deserialize(from),
            None => Envelope::<T>::deserialize(from),
        }
    });
    match read {
        Ok(Envelope { name, spec, .. }) => Ok((name, wrap(spec))),
        Err(error) => Err(Box::new(Refused { path: track.path(), error })),
    }
}

/// One element of a list; the others are passed over.
struct Pick<T> {
    index: usize,
    found: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Pick<T> {
    type Value = Envelope<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Envelope<T>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Pick<T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of definitions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Envelope<T>, A::Error> {
        for _ in 0..self.index {
            list.next_element::<IgnoredAny>()?;
        }
        let found = list.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(self.index, &self))?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

fn doubles(documents: &[Document]) -> Vec<Problem> {
    let mut seen: BTreeMap<(Kind, &Name), &Document> = BTreeMap::new();
    let mut problems = Vec::new();
    for document in documents {
        if let Some(first) = seen.insert((document.kind, &document.name), document) {
            let what = format!("it is already defined in {}:{}", first.file, first.line);
            let double = Problem::new("name", what).of(document.kind, &document.name);
            problems.push(double.located(document));
        }
    }
    problems
}
