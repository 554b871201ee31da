//! Documents to typed specs. The header (`kind`, `name`) is read first, then the kind's own struct, so that every error has a
//! position and a field. One error a document (serde stops there), all documents are read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use miette::NamedSource;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_path_to_error::Track;
use serde_saphyr::Spanned;

use super::explain;
use super::marks::{Marks, Node, Place};
use super::problem::{Problem, Shared};
use super::text::{Piece, SOURCE_MAX, Source, pieces};
use crate::domain::definition::{Kind, SETTINGS_NAME, Spec};
use crate::domain::name::Name;

/// Most problems that are looked for: nobody mends more at once, and each may cost a reading of its list.
const PROBLEMS_MAX: usize = 20;
/// How deep fields stand in fields: a reading takes a stretch of the stack for each. What a runbook needs is a third of it.
const DEPTH_MAX: usize = 32;
/// Most events that aliases of one document repeat: a file of a few lines can stand for millions.
const REPLAYED_MAX: usize = 10_000;

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
    let cut_off = problems.len() >= PROBLEMS_MAX;
    problems.extend(doubles(&documents).into_iter().take(PROBLEMS_MAX));
    if cut_off {
        problems.push(Problem::new("", "reading stopped there: more may be wrong").right("mend these first"));
    }
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
        if problems.len() >= PROBLEMS_MAX {
            return;
        }
        match serde_saphyr::from_str_with_options::<Spanned<Node>>(piece.text, options()) {
            Ok(tree) => Reader { source: &shared, piece: &piece, tree: &tree }.read(documents, problems),
            Err(error) => problems.push(explain::syntax(&error).at(&shared, explain::place(&piece, &error))),
        }
    }
}

/// One document of a file, which holds a definition or a list of them.
struct Reader<'a> {
    source: &'a Shared,
    piece: &'a Piece<'a>,
    tree: &'a Spanned<Node>,
}

impl Reader<'_> {
    /// Reads the list as a whole: an element at a time would read it as often as it has elements. After an error it is read
    /// once more without the element that is wrong.
    fn read(&self, documents: &mut Vec<Document>, problems: &mut Vec<Problem>) {
        let items = self.items();
        let (mut kinds, mut wrong): (Vec<Option<Kind>>, Vec<(usize, Problem)>) = (Vec::new(), Vec::new());
        let room = PROBLEMS_MAX.saturating_sub(problems.len());
        for (index, item) in items.iter().enumerate() {
            let kind = self.header(item);
            kinds.push(kind.as_ref().ok().copied());
            wrong.extend(kind.err().filter(|_| wrong.len() < room).map(|problem| (index, *problem)));
        }
        while wrong.len() < room && kinds.iter().any(Option::is_some) {
            match self.typed(&kinds) {
                Ok(found) => {
                    for (index, found) in found {
                        match self.document(items[index], found) {
                            Ok(document) => documents.push(document),
                            Err(problem) => wrong.push((index, *problem)),
                        }
                    }
                    break;
                }
                Err(refused) => {
                    let Some(kind) = kinds.get_mut(refused.item).and_then(Option::take) else { break };
                    wrong.push((refused.item, self.explained(items[refused.item], kind, &refused)));
                }
            }
        }
        wrong.sort_by_key(|(index, _)| *index);
        problems.extend(wrong.into_iter().map(|(_, problem)| problem).take(room));
    }

    /// A list of definitions (JSON has no `---`) is as many definitions.
    fn items(&self) -> Vec<&Spanned<Node>> {
        match &self.tree.value {
            Node::List(list) => list.iter().collect(),
            _ => vec![self.tree],
        }
    }

    fn is_list(&self) -> bool {
        matches!(self.tree.value, Node::List(_))
    }

    fn header(&self, item: &Spanned<Node>) -> Result<Kind, Box<Problem>> {
        header(&item.value).map_err(|problem| {
            let marks = Marks::of(self.piece, item);
            let place = if problem.field.is_empty() { marks.key("kind") } else { marks.value(&problem.field) };
            Box::new(problem.at(self.source, place))
        })
    }

    /// What the elements with a kind say.
    fn typed(&self, kinds: &[Option<Kind>]) -> Result<Vec<Read>, Box<Refused>> {
        let (mut track, mut at) = (Track::new(), 0);
        let read = serde_saphyr::with_deserializer_from_str_with_options(self.piece.text, options(), |from| {
            let from = serde_path_to_error::Deserializer::new(from, &mut track);
            match kinds {
                [Some(kind)] if !self.is_list() => Typed(*kind).deserialize(from).map(|found| vec![(0, found)]),
                _ => from.deserialize_seq(All { kinds, at: &mut at }),
            }
        });
        read.map_err(|error| Box::new(Refused { item: at, path: track.path(), error }))
    }

    fn explained(&self, item: &Spanned<Node>, kind: Kind, refused: &Refused) -> Problem {
        let marks = Marks::of(self.piece, item);
        let (problem, place) = explain::typed(&refused.path, self.is_list(), &refused.error, &marks);
        let name = item.value.text("name").and_then(|name| Name::parse(name).ok());
        let problem = match &name {
            Some(name) => problem.of(kind, name),
            None => problem,
        };
        problem.at(self.source, place)
    }

    fn document(&self, item: &Spanned<Node>, (name, spec): (Name, Spec)) -> Result<Document, Box<Problem>> {
        let (marks, kind) = (Marks::of(self.piece, item), spec.kind());
        if kind == Kind::Settings && name.as_str() != SETTINGS_NAME {
            let wrong =
                Problem::new("name", format!("settings are named `{SETTINGS_NAME}`")).right("write name: guild");
            return Err(Box::new(wrong.of(kind, &name).at(self.source, marks.value("name"))));
        }
        let line = marks.key("kind").line;
        let written = Some((marks, Arc::clone(self.source)));
        Ok(Document { file: self.source.name().to_owned(), line, kind, name, spec, written })
    }
}

fn options() -> serde_saphyr::Options {
    let aliases = serde_saphyr::alias_limits! { max_total_replayed_events: REPLAYED_MAX };
    let budget = serde_saphyr::budget! { max_depth: DEPTH_MAX };
    serde_saphyr::options! { with_snippet: false, strict_booleans: true, alias_limits: aliases, budget: budget }
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

/// The place of an element in its list, and what it says.
type Read = (usize, (Name, Spec));

/// The element and the field that serde stopped at, and why.
struct Refused {
    item: usize,
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

/// A definition of this kind.
struct Typed(Kind);

impl<'de> DeserializeSeed<'de> for Typed {
    type Value = (Name, Spec);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(Name, Spec), D::Error> {
        match self.0 {
            Kind::Settings => typed(from, Spec::Settings),
            Kind::Contact => typed(from, Spec::Contact),
            Kind::Schedule => typed(from, Spec::Schedule),
            Kind::EscalationPlan => typed(from, Spec::EscalationPlan),
            Kind::ResponsePlan => typed(from, Spec::ResponsePlan),
            Kind::AlertSource => typed(from, Spec::AlertSource),
            Kind::ChangeSource => typed(from, Spec::ChangeSource),
            Kind::Runbook => typed(from, Spec::Runbook),
            Kind::AnalysisTemplate => typed(from, Spec::AnalysisTemplate),
            Kind::Maintenance => typed(from, Spec::Maintenance),
        }
    }
}

fn typed<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
    wrap: fn(T) -> Spec,
) -> Result<(Name, Spec), D::Error> {
    Envelope::<T>::deserialize(from).map(|Envelope { name, spec, .. }| (name, wrap(spec)))
}

/// The elements of a list that have a kind; the others are passed over.
struct All<'a> {
    kinds: &'a [Option<Kind>],
    /// The element that is read.
    at: &'a mut usize,
}

impl<'de> Visitor<'de> for All<'_> {
    type Value = Vec<(usize, (Name, Spec))>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of definitions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        for (index, kind) in self.kinds.iter().enumerate() {
            *self.at = index;
            match kind {
                Some(kind) => found.extend(list.next_element_seed(Typed(*kind))?.map(|one| (index, one))),
                None => drop(list.next_element::<IgnoredAny>()?),
            }
        }
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
