//! A team's own rules: patterns over any part of a message, groups and templates that make the alert. Never reads outside the parts a rule
//! names, never runs longer than its text is long (the engine has no back-tracking).

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use super::limits;
use crate::domain::alert::{Alert, Embed, Instance, Message, NoteKind, Reading, State};
use crate::domain::source::{self, EmbedPatterns, RuleState};
use crate::domain::template::{NotATemplate, Template};
use crate::domain::text;

/// Rules of a source, at most: every one may look at the whole message.
pub const RULES_LIMIT: usize = 200;
/// Size of a compiled pattern in bytes, at most: the longest time for a text is its length times this. `\w{1,32}` fits, `\w{1,64}` does
/// not (`\w` is all of Unicode's letters), `[a-z]{1,1000}` does.
pub const PATTERN_SIZE_LIMIT: usize = 2 << 20;
/// Memory for a pattern's cache of states, in bytes; when it is full the engine goes on, slower.
const PATTERN_CACHE_LIMIT: usize = 1 << 20;
/// Shown where a message has no text to be titled by.
const UNTITLED: &str = "Alert without a text";
/// Groups that mean something; all others become labels.
const KNOWN_GROUPS: [&str; 5] = ["state", "key", "title", "severity", "description"];

/// Why a rule cannot be used. Rules are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("{0} rules are too many: a source may have {RULES_LIMIT}")]
    TooMany(usize),
    #[error("rule {rule} has no pattern: give it at least one of content, username, embed, field")]
    NoPattern { rule: usize },
    #[error("rule {rule}, {part}: the pattern {why}")]
    Pattern { rule: usize, part: &'static str, why: String },
    #[error("rule {rule}, {part}: {why}")]
    Template { rule: usize, part: &'static str, why: NotATemplate },
}

/// One rule, ready to use.
#[derive(Debug)]
pub struct Rule {
    state: RuleState,
    patterns: Patterns,
    title: Option<Template>,
    key: Option<Template>,
    severity: Option<Template>,
    description: Option<Template>,
}

/// All that are given must match.
#[derive(Debug)]
struct Patterns {
    content: Option<Regex>,
    username: Option<Regex>,
    embed: Vec<EmbedPattern>,
    /// A field's exact name, and what its value must be like.
    field: Option<(String, Regex)>,
}

/// A pattern over one part of an embed.
#[derive(Debug)]
struct EmbedPattern {
    part: fn(&Embed) -> Option<&str>,
    pattern: Regex,
}

/// What the groups of a rule caught.
type Groups = BTreeMap<String, String>;

/// Errors name the first rule that cannot be used.
pub fn compile(rules: &[source::Rule]) -> Result<Vec<Rule>, RuleError> {
    if rules.len() > RULES_LIMIT {
        return Err(RuleError::TooMany(rules.len()));
    }
    rules.iter().zip(1..).map(|(rule, number)| Rule::new(rule, number)).collect()
}

impl Rule {
    fn new(rule: &source::Rule, number: usize) -> Result<Rule, RuleError> {
        let patterns = Patterns::new(rule, number)?;
        let groups: Vec<&str> = patterns.all().flat_map(Regex::capture_names).flatten().collect();
        let template = |part, text: &Option<String>| {
            let parsed = text.as_deref().map(|text| Template::parse(text, &groups)).transpose();
            parsed.map_err(|why| RuleError::Template { rule: number, part, why })
        };
        Ok(Rule {
            state: rule.state,
            title: template("title", &rule.title)?,
            key: template("key", &rule.key)?,
            severity: template("severity", &rule.severity)?,
            description: template("description", &rule.description)?,
            patterns,
        })
    }

    /// None: the rule does not match.
    pub fn read(&self, message: &Message) -> Option<Reading> {
        let groups = self.patterns.catch(message)?;
        let state = match self.state {
            RuleState::Ignore => return Some(Reading::Note(NoteKind::Info)),
            RuleState::Firing => State::Firing,
            RuleState::Resolved => State::Resolved,
        };
        let state = groups.get("state").and_then(|word| state_of(word)).unwrap_or(state);
        Some(Reading::Alert(self.alert(message, groups, state)))
    }

    /// Each value: its template, else its group, else what the message offers. Without a key of its own the title is the key.
    fn alert(&self, message: &Message, groups: Groups, state: State) -> Alert {
        let value = |template: &Option<Template>, group: &str| {
            let text = template
                .as_ref()
                .map(|template| template.render(&|path| groups.get(&path.join(".")).cloned()))
                .or_else(|| groups.get(group).cloned());
            text.filter(|text| !text::one_line(text, 1).is_empty())
        };
        let title =
            text::one_line(&value(&self.title, "title").unwrap_or_else(|| headline(message)), limits::TITLE_LIMIT);
        let key = limits::key(&value(&self.key, "key").unwrap_or_else(|| title.clone()));
        let severity = value(&self.severity, "severity").map(|word| text::one_line(&word, limits::SEVERITY_LIMIT));
        let description = value(&self.description, "description").unwrap_or_else(|| body(message));
        Alert {
            instances: vec![Instance { key: key.clone(), title: title.clone(), state, severity: severity.clone() }],
            key,
            title,
            description: text::block(&description, limits::DESCRIPTION_LIMIT),
            severity,
            url: message.embeds.iter().find_map(|embed| limits::url(embed.url.as_deref()?)),
            labels: groups.into_iter().filter(|(name, _)| !KNOWN_GROUPS.contains(&name.as_str())).collect(),
            annotations: BTreeMap::new(),
            all_resolved: state == State::Resolved,
            truncated: false,
        }
    }
}

impl Patterns {
    fn new(rule: &source::Rule, number: usize) -> Result<Patterns, RuleError> {
        let pattern = |part, text: &Option<String>| text.as_deref().map(|text| regex(number, part, text)).transpose();
        let field = rule.field.as_ref().map(|field| Ok((field.name.clone(), regex(number, "field", &field.value)?)));
        let patterns = Patterns {
            content: pattern("content", &rule.content)?,
            username: pattern("username", &rule.username)?,
            embed: rule.embed.as_ref().map_or(Ok(Vec::new()), |embed| embed_patterns(number, embed))?,
            field: field.transpose()?,
        };
        let given = patterns.all().next().is_some();
        given.then_some(patterns).ok_or(RuleError::NoPattern { rule: number })
    }

    fn all(&self) -> impl Iterator<Item = &Regex> {
        let embed = self.embed.iter().map(|embed| &embed.pattern);
        self.content.iter().chain(&self.username).chain(embed).chain(self.field.iter().map(|(_, value)| value))
    }

    /// What all of them caught together; None where one does not match.
    fn catch(&self, message: &Message) -> Option<Groups> {
        let mut groups = Groups::new();
        if let Some(pattern) = &self.content {
            catch(pattern, &message.content, &mut groups)?;
        }
        if let Some(pattern) = &self.username {
            catch(pattern, message.username.as_deref()?, &mut groups)?;
        }
        if !self.embed.is_empty() {
            groups = message.embeds.iter().find_map(|embed| self.catch_embed(embed, groups.clone()))?;
        }
        if let Some((name, value)) = &self.field {
            let fields = message.embeds.iter().flat_map(|embed| &embed.fields);
            let mut named = fields.filter(|field| field.name == *name);
            named.find_map(|field| catch(value, &field.value, &mut groups))?;
        }
        Some(groups)
    }

    /// All patterns of `embed` must match the same embed.
    fn catch_embed(&self, embed: &Embed, mut groups: Groups) -> Option<Groups> {
        for EmbedPattern { part, pattern } in &self.embed {
            catch(pattern, part(embed)?, &mut groups)?;
        }
        Some(groups)
    }
}

fn embed_patterns(rule: usize, embed: &EmbedPatterns) -> Result<Vec<EmbedPattern>, RuleError> {
    type Part = fn(&Embed) -> Option<&str>;
    let parts: [(&'static str, &Option<String>, Part); 5] = [
        ("embed.title", &embed.title, |embed| embed.title.as_deref()),
        ("embed.description", &embed.description, |embed| embed.description.as_deref()),
        ("embed.footer", &embed.footer, |embed| embed.footer.as_deref()),
        ("embed.author", &embed.author, |embed| embed.author.as_deref()),
        ("embed.url", &embed.url, |embed| embed.url.as_deref()),
    ];
    let given = parts.into_iter().filter_map(|(name, text, part)| Some((name, text.as_deref()?, part)));
    given.map(|(name, text, part)| Ok(EmbedPattern { part, pattern: regex(rule, name, text)? })).collect()
}

fn regex(rule: usize, part: &'static str, pattern: &str) -> Result<Regex, RuleError> {
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_SIZE_LIMIT).dfa_size_limit(PATTERN_CACHE_LIMIT).build();
    built.map_err(|error| RuleError::Pattern { rule, part, why: explain(&error) })
}

fn explain(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            r"is too big: make its repetitions smaller, or write (?-u:\w) for \w".to_owned()
        }
        error => format!("is not a regular expression: {error}"),
    }
}

/// Adds what the named groups caught; of two groups with one name the first that caught something counts.
fn catch(pattern: &Regex, text: &str, groups: &mut Groups) -> Option<()> {
    let captures = pattern.captures(text)?;
    for name in pattern.capture_names().flatten() {
        let caught = captures.name(name).map_or("", |found| found.as_str());
        let slot = groups.entry(name.to_owned()).or_default();
        if slot.is_empty() {
            caught.clone_into(slot);
        }
    }
    Some(())
}

/// What a group named `state` says, where it says something: it goes before the rule's own state.
fn state_of(word: &str) -> Option<State> {
    const FIRING: [&str; 8] = ["firing", "alert", "alerting", "problem", "down", "triggered", "critical", "open"];
    const RESOLVED: [&str; 9] =
        ["resolved", "ok", "up", "recovered", "recovery", "normal", "cleared", "clear", "closed"];
    let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(word.trim()));
    match () {
        () if is(&FIRING) => Some(State::Firing),
        () if is(&RESOLVED) => Some(State::Resolved),
        () => None,
    }
}

/// The first line that a person sees of the message.
fn headline(message: &Message) -> String {
    let embeds = message.embeds.iter().flat_map(|embed| [embed.title.as_deref(), embed.description.as_deref()]);
    let texts = std::iter::once(message.content.as_str()).chain(embeds.flatten());
    let first = texts.flat_map(str::lines).find(|line| !line.trim().is_empty());
    first.or(message.username.as_deref()).filter(|text| !text.trim().is_empty()).unwrap_or(UNTITLED).to_owned()
}

/// The text of the message: its content, else what its embeds say.
fn body(message: &Message) -> String {
    if !message.content.trim().is_empty() {
        return message.content.clone();
    }
    let texts = message.embeds.iter().filter_map(|embed| embed.description.as_deref().or(embed.title.as_deref()));
    texts.collect::<Vec<_>>().join("\n")
}
