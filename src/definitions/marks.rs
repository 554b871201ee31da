//! Where every field of a document stands. One plain reading of the tree, before the typed one: serde forgets positions.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::text::Piece;

/// A stretch of a file. Lines and columns are counted from 1, offset and length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
    pub offset: usize,
    pub len: usize,
}

impl Place {
    /// Where `location`, counted in the piece, is in the file.
    pub fn of(piece: &Piece<'_>, location: Location) -> Place {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        // The first line of a piece goes on after the separator.
        let shift = if location.line() <= 1 && piece.offset > 0 { 3 } else { 0 };
        let span = location.span();
        Place {
            line: piece.line + number(location.line()).max(1),
            column: number(location.column()).max(1) + shift,
            offset: piece.offset + span.byte_offset().map_or(0, number),
            len: span.byte_len().map_or(0, number),
        }
    }
}

/// What a document looks like before anybody asks what it means.
#[derive(Debug)]
pub(super) enum Node {
    /// `None`: null.
    Leaf(Option<String>),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl Node {
    /// The text of a field of a map.
    pub fn text(&self, key: &str) -> Option<&str> {
        let Node::Map(fields) = self else { return None };
        match &fields.iter().find(|(name, _)| name.value == key)?.1.value {
            Node::Leaf(text) => text.as_deref(),
            _ => None,
        }
    }

    pub fn has(&self, key: &str) -> bool {
        matches!(self, Node::Map(fields) if fields.iter().any(|(name, _)| name.value == key))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Node, D::Error> {
        from.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

macro_rules! leaves {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E: de::Error>(self, value: $type) -> Result<Node, E> {
            Ok(Node::Leaf(Some(value.to_string())))
        })*
    };
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    leaves!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Leaf(None))
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Leaf(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        Node::deserialize(from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(field) = fields.next_entry()? {
            map.push(field);
        }
        Ok(Node::Map(map))
    }
}

/// Where the key and the value of every field stand; paths like `spec.stages[1].duration`.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    whole: Place,
    fields: BTreeMap<String, (Option<Place>, Place)>,
}

impl Marks {
    pub fn of(piece: &Piece<'_>, tree: &Spanned<Node>) -> Marks {
        let mut marks = Marks { whole: Place::of(piece, tree.referenced), fields: BTreeMap::new() };
        marks.enter(piece, "", &tree.value);
        marks
    }

    fn enter(&mut self, piece: &Piece<'_>, path: &str, node: &Node) {
        match node {
            Node::Leaf(_) => {}
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.mark(piece, format!("{path}[{index}]"), None, item);
                }
            }
            Node::Map(fields) => {
                for (key, value) in fields {
                    let place = Place::of(piece, key.referenced);
                    self.mark(piece, joined(path, &key.value), Some(place), value);
                }
            }
        }
    }

    fn mark(&mut self, piece: &Piece<'_>, path: String, key: Option<Place>, value: &Spanned<Node>) {
        self.enter(piece, &path, &value.value);
        self.fields.insert(path, (key, Place::of(piece, value.referenced)));
    }

    /// Where the value of a field stands; of a field that is not there, the nearest one around it.
    pub fn value(&self, path: &str) -> Place {
        self.nearest(path).map_or(self.whole, |(_, value)| *value)
    }

    /// Where the name of a field stands.
    pub fn key(&self, path: &str) -> Place {
        self.nearest(path).map_or(self.whole, |(key, value)| key.unwrap_or(*value))
    }

    fn nearest(&self, path: &str) -> Option<&(Option<Place>, Place)> {
        let mut path = path;
        loop {
            if let Some(found) = self.fields.get(path) {
                return Some(found);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// `path.key`.
pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
