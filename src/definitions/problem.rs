//! What is wrong with a definition: where, which field, what, and what would be right. Prints as one line for the chat and as
//! a labelled excerpt of the file for the terminal.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::marks::Place;
use super::parse::Document;
use crate::domain::definition::Kind;
use crate::domain::name::Name;

/// Longest `what` and `right`, in characters; they quote what people wrote.
const TEXT_MAX: usize = 400;

/// The text of a file, shared by all problems in it.
pub(super) type Shared = Arc<NamedSource<String>>;

/// One thing that is wrong, or in a list of warnings, unwise.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which definition, where that is known.
    pub definition: Option<(Kind, Name)>,
    /// Empty where the definition is not from a file.
    pub file: String,
    /// Counted from 1; 0 where there is no position.
    pub line: usize,
    pub column: usize,
    /// Like `spec.stages[1].duration`; empty: the whole document.
    pub field: String,
    pub what: String,
    /// What would be right.
    pub right: Option<String>,
    excerpt: Option<(Shared, Place)>,
}

impl Problem {
    pub(super) fn new(field: impl Into<String>, what: impl AsRef<str>) -> Problem {
        Problem {
            definition: None,
            file: String::new(),
            line: 0,
            column: 0,
            field: field.into(),
            what: printable(what.as_ref()),
            right: None,
            excerpt: None,
        }
    }

    pub(super) fn right(mut self, right: impl AsRef<str>) -> Problem {
        self.right = Some(printable(right.as_ref()));
        self
    }

    pub(super) fn of(mut self, kind: Kind, name: &Name) -> Problem {
        self.definition = Some((kind, name.clone()));
        self
    }

    pub(super) fn at(mut self, source: &Shared, place: Place) -> Problem {
        self.file = source.name().to_owned();
        (self.line, self.column) = (place.line, place.column);
        self.excerpt = Some((Arc::clone(source), place));
        self
    }
}

impl Problem {
    /// With the place of its field in the document, where that was written down.
    pub(super) fn located(self, document: &Document) -> Problem {
        match document.find(&self.field) {
            Some((source, place)) => self.at(&source, place),
            None => self,
        }
    }
}

/// Gives the problems that [`super::check`] found the positions of the documents they are about.
pub fn locate(problems: &mut [Problem], documents: &[Document]) {
    for problem in problems.iter_mut().filter(|problem| problem.excerpt.is_none()) {
        let about = |document: &&Document| {
            problem.definition.as_ref().is_some_and(|(kind, name)| *kind == document.kind && *name == document.name)
        };
        if let Some(document) = documents.iter().find(about) {
            *problem = problem.clone().located(document);
        }
    }
}

/// Without control characters, cut to a bearable length.
fn printable(text: &str) -> String {
    let clean = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let mut shown: String = text.chars().map(clean).take(TEXT_MAX).collect();
    if text.chars().nth(TEXT_MAX).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        } else if !self.file.is_empty() {
            write!(f, "{}: ", self.file)?;
        }
        if let Some((kind, name)) = &self.definition {
            write!(f, "{kind} {name}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.what)?;
        self.right.as_ref().map_or(Ok(()), |right| write!(f, "; {right}"))
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.right.as_ref().map(|right| Box::new(right) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|(source, _)| source.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, place) = self.excerpt.as_ref()?;
        let label = if self.field.is_empty() { "here".to_owned() } else { self.field.clone() };
        Some(Box::new(std::iter::once(LabeledSpan::new(Some(label), place.offset, place.len))))
    }
}
