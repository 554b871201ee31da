//! The fields of a kind, flat, in the order of the types: what may be written, what holds where nothing is, what it means.

use muster::domain::definition::Kind;
use serde_json::{Map, Value};

/// One field.
pub struct Field {
    /// Below `spec`: `channels[].name`; `[]` is each of a list, `*` each of a map.
    pub path: String,
    pub value: String,
    pub required: bool,
    pub default: Option<String>,
    pub meaning: String,
    /// It has fields of its own.
    pub parent: bool,
}

/// The fields of a kind's `spec`.
pub fn of(whole: &Value, kind: Kind) -> Vec<Field> {
    let mut walk = Walk { whole, fields: Vec::new() };
    walk.object(&walk.spec(kind), "");
    walk.fields
}

/// What a kind is.
pub fn about(whole: &Value, kind: Kind) -> String {
    let walk = Walk { whole, fields: Vec::new() };
    text(&walk.spec(kind), "description")
}

const ONE_OF_ITS_FIELDS: &str = "exactly one of its fields";

struct Walk<'a> {
    whole: &'a Value,
    fields: Vec<Field>,
}

type Node = Map<String, Value>;

impl Walk<'_> {
    fn spec(&self, kind: Kind) -> Node {
        let kinds = self.whole["oneOf"].as_array().unwrap();
        let found = kinds.iter().find(|one| one["properties"]["kind"]["const"] == kind.word()).unwrap();
        self.settled(&found["properties"]["spec"])
    }

    /// Without references and `null`; what is said at the field counts before what is said of the type.
    fn settled(&self, node: &Value) -> Node {
        let Value::Object(node) = node else { return Map::new() };
        let mut node = node.clone();
        if let Some(Value::String(to)) = node.remove("$ref") {
            return over(self.settled(self.whole.pointer(to.trim_start_matches('#')).unwrap()), node);
        }
        if let Some(Value::Array(of)) = node.get("anyOf") {
            let real: Vec<&Value> = of.iter().filter(|one| one["type"] != "null").collect();
            let [one] = real[..] else { return node };
            let inner = self.settled(one);
            node.remove("anyOf");
            return over(inner, node);
        }
        if let Some(Value::Array(types)) = node.get("type") {
            let real = types.iter().find(|one| **one != "null").cloned();
            node.insert("type".to_owned(), real.unwrap());
        }
        node
    }

    fn object(&mut self, node: &Node, path: &str) {
        let required = strings(node.get("required"));
        let Some(Value::Object(properties)) = node.get("properties") else { return };
        for (name, property) in properties {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.field(&self.settled(property), path, required.contains(name));
        }
    }

    fn field(&mut self, node: &Node, path: String, required: bool) {
        let (value, inner) = self.value(node);
        let mut meaning = text(node, "description");
        let said = text(node, "x-meaning");
        if meaning.is_empty() {
            meaning = said;
        }
        for (word, what) in self.words(node) {
            meaning += &format!(" `{word}`: {what}");
        }
        let default = node.get("x-default").or(node.get("default")).filter(|value| !value.is_null()).map(shown);
        let parent = !inner.is_empty();
        self.fields.push(Field { path: path.clone(), value, required, default, meaning, parent });
        for (step, inner) in inner {
            let path = format!("{path}{step}");
            self.object(&inner, &path);
            self.alternatives(&inner, &path);
        }
    }

    /// Of what is one of several objects with one field each, those fields.
    fn alternatives(&mut self, node: &Node, path: &str) {
        for one in list(node.get("oneOf")) {
            let one = self.settled(&one);
            let Some(Value::Object(properties)) = one.get("properties") else { continue };
            let said = text(&one, "description");
            for (name, property) in properties {
                let mut inner = self.settled(property);
                if !said.is_empty() && properties.len() == 1 {
                    inner.insert("description".to_owned(), said.clone().into());
                }
                self.field(&inner, format!("{path}.{name}"), false);
            }
        }
    }

    /// What may be written, in words, and the objects inside with the step to them.
    fn value(&self, node: &Node) -> (String, Vec<(&'static str, Node)>) {
        if let Some(word) = node.get("x-word").and_then(Value::as_str) {
            return (format!("{word}{}", range(node)), Vec::new());
        }
        if node.contains_key("oneOf") {
            return self.one_of(node);
        }
        if let Some(words) = node.get("enum") {
            return (one_of_words(&strings(Some(words))), Vec::new());
        }
        match node.get("type").and_then(Value::as_str) {
            Some("array") => {
                let item = self.settled(node.get("items").unwrap_or(&Value::Bool(true)));
                let (of, inner) = self.value(&item);
                let inner = inner.into_iter().map(|(_, inner)| ("[]", inner)).collect();
                (format!("list of {}{}", plural(&of), range(node)), inner)
            }
            Some("object") if node.contains_key("properties") => ("fields".to_owned(), vec![("", node.clone())]),
            Some("object") => self.map(node),
            Some("integer") => (format!("whole number{}", range(node)), Vec::new()),
            Some("number") => (format!("number{}", range(node)), Vec::new()),
            Some("boolean") => ("`true` or `false`".to_owned(), Vec::new()),
            Some("string") => (format!("text{}", range(node)), Vec::new()),
            _ => ("anything".to_owned(), Vec::new()),
        }
    }

    fn map(&self, node: &Node) -> (String, Vec<(&'static str, Node)>) {
        let patterns = node.get("patternProperties").and_then(Value::as_object).and_then(|all| all.values().next());
        let of = node.get("additionalProperties").filter(|of| of.is_object() || **of == true).or(patterns);
        let item = self.settled(of.unwrap_or(&Value::Bool(true)));
        let (of, inner) = self.value(&item);
        let inner = inner.into_iter().map(|(_, inner)| (".*", inner)).collect();
        (format!("map to {of}{}", range(node)), inner)
    }

    fn one_of(&self, node: &Node) -> (String, Vec<(&'static str, Node)>) {
        let mut words: Vec<String> = self.words(node).into_iter().map(|(word, _)| word).collect();
        let mut names = Vec::new();
        for one in list(node.get("oneOf")) {
            let one = self.settled(&one);
            words.extend(strings(one.get("enum")));
            let fields = one.get("properties").and_then(Value::as_object);
            names.extend(fields.into_iter().map(|fields| fields.keys().cloned().collect::<Vec<_>>().join(" and ")));
        }
        words.sort_by_key(|word| position(node, word));
        words.dedup();
        let names: Vec<String> = names.iter().map(|name| format!("fields {name}")).collect();
        let inner = if names.is_empty() { Vec::new() } else { vec![("", node.clone())] };
        match (words.is_empty(), names.is_empty()) {
            (false, true) => (one_of_words(&words), inner),
            (false, false) => (format!("{}, or {}", one_of_words(&words), names.join(" or ")), inner),
            (true, _) => (ONE_OF_ITS_FIELDS.to_owned(), inner),
        }
    }

    /// Words that have a meaning of their own.
    fn words(&self, node: &Node) -> Vec<(String, String)> {
        let node = match node.get("items") {
            Some(items) => &self.settled(items),
            None => node,
        };
        let said = list(node.get("oneOf")).into_iter().filter_map(|one| {
            let word = one["const"].as_str()?.to_owned();
            Some((word, text(one.as_object()?, "description")))
        });
        said.filter(|(_, what)| !what.is_empty()).collect()
    }
}

/// The fields of `node`, with those of `above` before them.
fn over(node: Node, above: Node) -> Node {
    let mut node = node;
    node.extend(above);
    node
}

/// Where in its list of alternatives a word stands.
fn position(node: &Node, word: &str) -> usize {
    let has = |one: &Value| one["const"] == word || strings(one.get("enum")).iter().any(|known| known == word);
    list(node.get("oneOf")).iter().position(has).unwrap_or(usize::MAX)
}

fn list(value: Option<&Value>) -> Vec<Value> {
    value.and_then(Value::as_array).cloned().unwrap_or_default()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    list(value).iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

fn text(node: &Node, key: &str) -> String {
    let text = node.get(key).and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn one_of_words(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// "names", "times of day".
fn plural(word: &str) -> String {
    if word == ONE_OF_ITS_FIELDS {
        return "fields, each exactly one of them".to_owned();
    }
    let (first, rest) = word.find([' ', ',']).map_or((word, ""), |end| word.split_at(end));
    let whole = first.ends_with(['s', '`']) || first == "anything";
    if whole { word.to_owned() } else { format!("{first}s{rest}") }
}

/// ", 1 to 80 characters".
fn range(node: &Node) -> String {
    let number = |key: &str| node.get(key).and_then(Value::as_u64);
    let said = |least: Option<u64>, most: Option<u64>, of: &str| match (least.filter(|least| *least > 0), most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{of}")),
        (Some(least), None) => Some(format!("at least {least}{of}")),
        (None, Some(most)) => Some(format!("at most {most}{of}")),
        (None, None) => None,
    };
    let time = node.get("x-range").and_then(Value::as_str).map(str::to_owned);
    let text = said(number("minLength"), number("maxLength"), " characters");
    let items =
        said(number("minItems"), number("maxItems"), "").or(said(number("minProperties"), number("maxProperties"), ""));
    let size = said(number("minimum"), number("maximum"), "").filter(|_| !node.contains_key("x-word"));
    time.or(text).or(items).or(size).map(|range| format!(", {range}")).unwrap_or_default()
}

/// A value as it is written in YAML, on one line.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if bare(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{key}: {}", shown(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether a text needs no quotes in YAML, and is a text without them.
fn bare(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-./ ".contains(c);
    let word = text.chars().next().is_some_and(char::is_alphabetic);
    let lapse = text.chars().next().is_some_and(|c| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_alphabetic());
    (word || lapse) && text.chars().all(plain)
}
