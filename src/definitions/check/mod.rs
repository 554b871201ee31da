//! The whole resulting set, looked at together: ranges, references, templates, patterns, secrets. What is wrong is a problem
//! and refuses the apply; what is unwise is a warning and says what to do. Reads nothing but what it is handed.

use std::fmt::Display;
use std::ops::RangeInclusive;

use regex::{Regex, RegexBuilder};

use super::explain::nearest;
use super::links::links;
use super::problem::Problem;
use crate::domain::definition::{Kind, Set, Spec};
use crate::domain::id::Timestamp;
use crate::domain::name::Name;
use crate::domain::settings::Settings;
use crate::domain::source::PATTERN_MAX;
use crate::domain::span::Span;
use crate::domain::template::{NotATemplate, Template};
use crate::domain::written::SECRET_PREFIX;

mod contact;
mod escalation;
mod plan;
mod rest;
mod runbook;
mod schedule;
mod source;

/// Largest compiled size of one pattern, in bytes: room for any sensible one, none for a bomb.
const PATTERN_SIZE_MAX: usize = 256 * 1024;
/// Most definitions of a guild.
const DEFINITIONS_MAX: usize = 2_000;
/// What templates of plans and runbook calls begin with.
const ALERT_ROOTS: [&str; 1] = ["alert"];
/// What an alert has, beside labels and annotations.
const ALERT_LEAVES: [&str; 6] = ["title", "description", "severity", "source", "url", "state"];

/// What [`check`] found, in order of kind and name.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The set must not come into force.
    pub problems: Vec<Problem>,
    /// It may, and somebody should look.
    pub warnings: Vec<Problem>,
}

/// Looks at all definitions of a guild. `secrets` says whether a variable is set here; `now` begins the 60 days in which
/// schedules are searched for gaps. Problems have no positions in files; [`super::locate`] adds them.
pub fn check(set: &Set, secrets: &dyn Fn(&str) -> bool, now: Timestamp) -> Checked {
    let mut checked = Checked::default();
    let facts = Facts { set, settings: set.settings(), secrets, now };
    for (index, (kind, name, spec)) in set.iter().enumerate() {
        let mut desk = Desk { facts: &facts, kind, name, checked: &mut checked };
        if index == DEFINITIONS_MAX {
            desk.wrong("", format!("the guild has {} definitions", set.len()), format!("at most {DEFINITIONS_MAX}"));
            // Nobody looks at all the others for it.
            return checked;
        }
        references(&mut desk, spec);
        one(&mut desk, spec);
    }
    contact::doubles(&facts, &mut checked);
    source::doubles(&facts, &mut checked);
    checked
}

fn one(desk: &mut Desk<'_>, spec: &Spec) {
    match spec {
        Spec::Settings(settings) => rest::settings(desk, settings),
        Spec::Contact(contact) => contact::check(desk, contact),
        Spec::Schedule(schedule) => schedule::check(desk, schedule),
        Spec::EscalationPlan(plan) => escalation::check(desk, plan),
        Spec::ResponsePlan(plan) => plan::check(desk, plan),
        Spec::AlertSource(source) => source::alerts(desk, source),
        Spec::ChangeSource(source) => source::changes(desk, source),
        Spec::Runbook(runbook) => runbook::check(desk, runbook),
        Spec::AnalysisTemplate(template) => rest::analysis(desk, template),
        Spec::Maintenance(maintenance) => rest::maintenance(desk, maintenance),
    }
}

fn references(desk: &mut Desk<'_>, spec: &Spec) {
    for link in links(spec) {
        if !desk.facts.set.contains(link.kind, &link.name) {
            let right = similar(desk.facts.set, link.kind, &link.name);
            desk.wrong(&link.field, format!("there is no {} `{}`", link.kind, link.name), right);
        }
    }
}

/// What the name was meant to be, or what there is.
fn similar(set: &Set, kind: Kind, name: &Name) -> String {
    let names: Vec<&str> = set.iter().filter(|(k, ..)| *k == kind).map(|(_, name, _)| name.as_str()).collect();
    match names.is_empty() {
        true => format!("define it, with kind: {kind}"),
        false => nearest(name.as_str(), &names),
    }
}

/// What is wrong with a template, and what would be right.
fn said(error: &NotATemplate) -> (String, String) {
    match error {
        NotATemplate::UnknownRoot { path, root, allowed } => {
            let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
            let right = if allowed.is_empty() { "write plain text".to_owned() } else { nearest(root, &allowed) };
            (format!("`{{{{ {path} }}}}`: there is no `{root}` here"), right)
        }
        other => {
            let told = other.to_string();
            let (what, right) = told.rsplit_once(": ").unwrap_or((&told, "write less of them"));
            (what.to_owned(), right.to_owned())
        }
    }
}

/// What all checks may look at.
struct Facts<'a> {
    set: &'a Set,
    settings: Settings,
    secrets: &'a dyn Fn(&str) -> bool,
    now: Timestamp,
}

/// Where one definition is looked at, and what is found in it is written down.
struct Desk<'a> {
    facts: &'a Facts<'a>,
    kind: Kind,
    name: &'a Name,
    checked: &'a mut Checked,
}

impl Desk<'_> {
    fn wrong(&mut self, field: impl Display, what: impl AsRef<str>, right: impl AsRef<str>) {
        let problem = Problem::new(field.to_string(), what).right(right).of(self.kind, self.name);
        self.checked.problems.push(problem);
    }

    fn warn(&mut self, field: impl Display, what: impl AsRef<str>, right: impl AsRef<str>) {
        let problem = Problem::new(field.to_string(), what).right(right).of(self.kind, self.name);
        self.checked.warnings.push(problem);
    }

    /// `count` things, within `range`.
    fn count(&mut self, field: impl Display, count: usize, range: RangeInclusive<usize>, of: &str) {
        if !range.contains(&count) {
            let right = match (*range.start(), *range.end()) {
                (low, usize::MAX) => format!("at least {low}"),
                (0, high) => format!("at most {high}"),
                (low, high) => format!("{low} to {high}"),
            };
            self.wrong(field, format!("{count} {of}"), right);
        }
    }

    /// A number within a range.
    fn number(&mut self, field: impl Display, number: u32, range: RangeInclusive<u32>) {
        if !range.contains(&number) {
            let right = match (range.start(), range.end()) {
                (low, high) if low == high => format!("only {low} is possible"),
                (low, high) => format!("{low} to {high}"),
            };
            self.wrong(field, format!("`{number}` is out of range"), right);
        }
    }

    /// A text of 1 to `max` characters.
    fn text(&mut self, field: impl Display, text: &str, max: usize) {
        match text.chars().count() {
            0 => self.wrong(field, "this is empty", format!("write 1 to {max} characters")),
            long if long > max => self.wrong(field, format!("{long} characters"), format!("1 to {max}")),
            _ if text.trim().is_empty() => self.wrong(field, "this is blank", format!("write 1 to {max} characters")),
            _ => {}
        }
    }

    /// A span within a range.
    fn span(&mut self, field: impl Display, span: Span, range: RangeInclusive<Span>) {
        if !range.contains(&span) {
            self.wrong(field, format!("`{span}` is out of range"), format!("{} to {}", range.start(), range.end()));
        }
    }

    /// Texts that must differ; `of` names them.
    fn unique<'t>(&mut self, items: impl IntoIterator<Item = (String, &'t str)>, of: &str) {
        let mut seen: Vec<&str> = Vec::new();
        for (field, text) in items {
            if seen.contains(&text) {
                self.wrong(field, format!("the {of} `{text}` is there twice"), "give each its own");
            }
            seen.push(text);
        }
    }

    /// The name of a variable that holds a secret.
    fn secret(&mut self, field: impl Display, variable: &str) {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        let rest = variable.strip_prefix(SECRET_PREFIX).unwrap_or_default();
        if rest.is_empty() || !rest.bytes().all(good) {
            let right = format!("name a variable {SECRET_PREFIX}…, of A-Z, 0-9 and _");
            self.wrong(field, format!("`{variable}` must not be read from a definition"), right);
        } else if !(self.facts.secrets)(variable) {
            let what = format!("`{variable}` is not set here: what needs it fails at once");
            self.warn(field, what, "set it in the environment, or as a file in MUSTER_SECRETS_DIR");
        }
    }

    /// The pattern, if it compiles within its bounds.
    fn pattern(&mut self, field: impl Display, text: &str) -> Option<Regex> {
        if text.chars().count() > PATTERN_MAX {
            self.wrong(field, "the pattern is too long", format!("at most {PATTERN_MAX} characters"));
            return None;
        }
        match RegexBuilder::new(text).size_limit(PATTERN_SIZE_MAX).dfa_size_limit(PATTERN_SIZE_MAX).build() {
            Ok(pattern) => Some(pattern),
            Err(regex::Error::CompiledTooBig(_)) => {
                self.wrong(field, "the pattern is too big when compiled", "use smaller repetitions");
                None
            }
            Err(error) => {
                let told = error.to_string();
                let why = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
                self.wrong(field, format!("this is no regular expression: {why}"), "https://docs.rs/regex/#syntax");
                None
            }
        }
    }

    /// A text with look-ups that begin with `roots`.
    fn template(&mut self, field: impl Display, text: &str, roots: &[&str]) -> Option<Template> {
        match Template::parse(text, roots) {
            Ok(template) => Some(template),
            Err(error) => {
                let (what, right) = self::said(&error);
                self.wrong(field, what, right);
                None
            }
        }
    }

    /// A text with look-ups in an alert.
    fn alert_template(&mut self, field: impl Display, text: &str) {
        let Some(template) = self.template(&field, text, &ALERT_ROOTS) else { return };
        for path in template.paths() {
            let known = match path {
                [_, leaf] => ALERT_LEAVES.contains(&leaf.as_str()),
                [_, map, _, ..] => map == "labels" || map == "annotations",
                _ => false,
            };
            if !known {
                let right = "alert.{title,description,severity,source,url,state}, alert.labels.X, alert.annotations.X";
                self.warn(&field, format!("`{}` is always empty", path.join(".")), format!("possible: {right}"));
            }
        }
    }

    /// An address of the web that people open.
    fn link(&mut self, field: impl Display, url: &str) {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let good = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        if !good || url.len() > 2_000 || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.wrong(field, format!("`{url}` is not an address"), "write https://… in full, at most 2000 characters");
        }
    }
}
