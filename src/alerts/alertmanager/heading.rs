//! What the title of Alertmanager's message says: the status, and which group. Never trusts the words of a redesigned title for the status.

use std::collections::BTreeSet;

use super::body::Member;
use crate::domain::alert::{Embed, State};
use crate::domain::text;

/// Longest part of a title that makes the key, in characters: Alertmanager cuts titles at 256, and where it cuts depends on the count in
/// front (up to `[FIRING:9999999999999] `); this much of the group is there in all of them.
const GROUP_LIMIT: usize = 230;
/// Alertmanager's colours. Not part of any template, so they tell the state of a message whose title a team has redesigned.
const FIRING_COLOUR: u32 = 10_038_562;
const RESOLVED_COLOUR: u32 = 3_066_993;
/// What teams call a severity, where only the title's bracket can tell.
const SEVERITIES: [&str; 18] = [
    "critical",
    "crit",
    "fatal",
    "disaster",
    "emergency",
    "page",
    "error",
    "major",
    "high",
    "warning",
    "warn",
    "average",
    "medium",
    "minor",
    "low",
    "notice",
    "info",
    "none",
];

/// What the title says.
pub struct Heading {
    pub status: Status,
    /// Without the status, one line.
    text: String,
    /// By the default template: the last `(…)` is not part of the group.
    pub standard: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// So many members fire, where the title counts them.
    Firing(Option<usize>),
    /// The whole group: Alertmanager says it only when the last member has recovered.
    Resolved,
}

impl Status {
    pub fn state(self) -> State {
        match self {
            Status::Firing(_) => State::Firing,
            Status::Resolved => State::Resolved,
        }
    }
}

impl Heading {
    pub fn of(embed: &Embed) -> Option<Heading> {
        let title = embed.title.as_deref().unwrap_or_default();
        Heading::standard(title).or_else(|| Heading::redesigned(title, embed.colour?))
    }

    /// `[FIRING:3] …` or `[RESOLVED] …`
    pub fn standard(title: &str) -> Option<Heading> {
        let title = text::one_line(title, usize::MAX);
        if let Some(rest) = title.strip_prefix("[RESOLVED]") {
            return Some(Heading { status: Status::Resolved, text: rest.trim().to_owned(), standard: true });
        }
        let (count, rest) = title.strip_prefix("[FIRING:")?.split_once(']')?;
        Some(Heading {
            status: Status::Firing(Some(count.parse().ok()?)),
            text: rest.trim().to_owned(),
            standard: true,
        })
    }

    /// A team's template: what it says is theirs, what it is coloured is Alertmanager's.
    fn redesigned(title: &str, colour: u32) -> Option<Heading> {
        let status = match colour {
            FIRING_COLOUR => Status::Firing(None),
            RESOLVED_COLOUR => Status::Resolved,
            _ => return None,
        };
        Some(Heading { status, text: without_status(&text::one_line(title, usize::MAX)).to_owned(), standard: false })
    }

    /// The part of the title that is the same as long as the group lives.
    pub fn group(&self, member: Option<&Member>) -> String {
        let group = if self.standard { self.group_labels(member) } else { self.without_severity() };
        group.chars().take(GROUP_LIMIT).collect()
    }

    /// Where the values in front of the last `(…)` end. Values may have brackets of their own: a member's labels tell which is which.
    fn group_labels(&self, member: Option<&Member>) -> &str {
        let text = self.text.as_str();
        if let Some(group) = member.and_then(|member| split_by_values(text, &member.label_values())) {
            return group;
        }
        last_bracket(text).map_or(text, |at| text[..at].trim_end())
    }

    /// `InstanceDown (warning)` → `InstanceDown`: the severity of a group changes with its members.
    fn without_severity(&self) -> &str {
        let text = self.text.as_str();
        let bracket = last_bracket(text).filter(|at| is_severity(text[*at..].trim_matches(['(', ')'])));
        bracket.map_or(text, |at| text[..at].trim_end())
    }

    /// A title where no label and no annotation gives one.
    pub fn name(&self, group: &str, embed: &Embed) -> Option<String> {
        let first_line =
            embed.description.as_deref().and_then(|text| text.lines().find(|line| !line.trim().is_empty()));
        let text = self.text.trim_matches(['(', ')']);
        [group, text, first_line.map(without_status).unwrap_or_default()]
            .into_iter()
            .find(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// A severity among the values of the last bracket.
    pub fn severity(&self) -> Option<String> {
        let bracket = self.text[last_bracket(&self.text)?..].trim_matches(['(', ')']);
        bracket.split(' ').find(|word| is_severity(word)).map(str::to_owned)
    }
}

fn is_severity(word: &str) -> bool {
    SEVERITIES.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Drops what teams write in front to show the state: symbols, `FIRING: `, `[RESOLVED] `.
fn without_status(title: &str) -> &str {
    let text = title.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (word, rest) = text.split_at(text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len()));
    let status = ["firing", "resolved"].iter().any(|known| known.eq_ignore_ascii_case(word));
    if !status {
        return text;
    }
    let rest = rest.strip_prefix(':').map_or(rest, |count| count.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest.trim_start_matches(|c: char| !c.is_alphanumeric())
}

/// The group's values, where the text is `<values>` or `<values> (<values>)` of these labels; None where it is neither.
fn split_by_values<'a>(text: &'a str, values: &[String]) -> Option<&'a str> {
    if is_join(text, values) {
        return Some(text);
    }
    text.match_indices('(').find_map(|(at, _)| {
        let (group, common) = (text[..at].trim_end(), text[at + 1..].strip_suffix(')')?);
        (is_join(group, values) && is_join(common, values)).then_some(group)
    })
}

/// The text is some of the values, in their order, with blanks between.
fn is_join(text: &str, values: &[String]) -> bool {
    let after = |start: usize, value: &str| {
        let rest = text.get(start..)?.strip_prefix(value)?;
        (rest.is_empty() || rest.starts_with(' ')).then_some(start + value.len() + 1)
    };
    let mut starts = BTreeSet::from([0]);
    for value in values {
        let grown: Vec<usize> = starts.iter().filter_map(|start| after(*start, value)).collect();
        starts.extend(grown);
    }
    text.is_empty() || starts.contains(&(text.len() + 1))
}

/// Where the last `(…)` starts that ends the text; in a text cut by `…`, where the bracket starts that was never closed.
fn last_bracket(text: &str) -> Option<usize> {
    let (mut open, mut closed) = (Vec::new(), None);
    for (at, c) in text.char_indices() {
        match c {
            '(' => open.push(at),
            ')' => closed = open.pop(),
            _ => {}
        }
    }
    match text.chars().last() {
        Some(')') => closed,
        Some('…') => open.first().copied(),
        _ => None,
    }
}
