//! The members that the text of Alertmanager's message lists. Never makes one of half a label set.

use std::collections::BTreeMap;

use super::heading::Status;
use crate::alerts::limits;
use crate::domain::alert::State;
use crate::domain::text;

pub type Pairs = BTreeMap<String, String>;

/// One alert of the group, as the default text lists it.
#[derive(Debug)]
pub struct Member {
    pub state: State,
    pub labels: Pairs,
    pub annotations: Pairs,
    pub source: Option<String>,
}

impl Member {
    /// As Alertmanager orders them: `alertname` first, then by name.
    pub fn label_values(&self) -> Vec<String> {
        let others = self.labels.iter().filter(|(name, _)| *name != "alertname").map(|(_, value)| value);
        let values = self.labels.get("alertname").into_iter().chain(others);
        values.map(|value| text::one_line(value, usize::MAX)).filter(|value| !value.is_empty()).collect()
    }

    /// All labels and nothing else: what identifies an alert to Alertmanager.
    pub fn key(&self) -> String {
        let pairs = self.labels.iter().map(|(name, value)| format!("{name}={:?}", text::one_line(value, usize::MAX)));
        limits::key(&pairs.collect::<Vec<_>>().join(","))
    }

    pub fn severity(&self) -> Option<String> {
        self.labels
            .get("severity")
            .map(|word| text::one_line(word, limits::SEVERITY_LIMIT))
            .filter(|word| !word.is_empty())
    }

    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// What tells it from the others: its summary, else the values that not all have.
    pub fn title(&self, common: &Pairs) -> Option<String> {
        let own = self.labels.iter().filter(|(name, _)| !common.contains_key(*name)).map(|(_, value)| value.as_str());
        let own = own.collect::<Vec<_>>().join(" ");
        let title = text::one_line(self.annotation("summary").unwrap_or(&own), limits::TITLE_LIMIT);
        (!title.is_empty()).then_some(title)
    }
}

/// The members that the text lists.
#[derive(Debug, Default)]
pub struct Body {
    pub members: Vec<Member>,
    /// The text ends before its end.
    cut: bool,
}

/// A member whose lines are being read.
struct Draft {
    member: Member,
    section: Section,
    /// The pair that a line without `name = ` goes on.
    last: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Labels,
    Annotations,
}

impl Body {
    /// Reads `Labels: … Annotations: … Source: …` again and again. Values may have any lines in them, so a heading counts only where the
    /// template can write it. A member whose labels are cut is dropped: half a label set would be another alert.
    pub fn parse(description: &str, status: Status) -> Body {
        let lines: Vec<&str> = description.lines().map(str::trim_end).collect();
        let (mut body, mut state, mut open) = (Body::default(), status.state(), None::<Draft>);
        for (number, line) in lines.iter().enumerate() {
            match open.as_mut() {
                None if *line == "Alerts Firing:" => state = State::Firing,
                None if *line == "Alerts Resolved:" => state = State::Resolved,
                None if *line == "Labels:" => open = Some(Draft::new(state)),
                None => {}
                Some(draft) if draft.ends_with(line, &lines[number + 1..]) => {
                    draft.member.source = line.strip_prefix("Source:").and_then(limits::url);
                    body.members.extend(open.take().map(|draft| draft.member));
                }
                Some(draft) => draft.take(line),
            }
        }
        body.cut = open.is_some() || description.trim_end().ends_with('…');
        body.members.extend(open.filter(|draft| draft.section == Section::Annotations).map(|draft| draft.member));
        if status == Status::Resolved {
            body.members.iter_mut().for_each(|member| member.state = State::Resolved);
        }
        body
    }

    /// A title that counts one and a text that lists none is one alert, told by a template without a list.
    pub fn lacks_members(&self, status: Status) -> bool {
        let named = self.members.iter().filter(|member| member.state == State::Firing).count();
        let counted = match status {
            Status::Firing(count) => count.unwrap_or(0),
            Status::Resolved => 0,
        };
        self.cut || named.max(1) < counted
    }
}

impl Draft {
    fn new(state: State) -> Draft {
        let member = Member { state, labels: Pairs::new(), annotations: Pairs::new(), source: None };
        Draft { member, section: Section::Labels, last: None }
    }

    /// `Source:` ends a member where the next one, the other list or nothing follows; elsewhere it is a line of an annotation.
    fn ends_with(&self, line: &str, rest: &[&str]) -> bool {
        let next = rest.iter().find(|line| !line.is_empty());
        let last =
            next.is_none_or(|next| ["Labels:", "Alerts Resolved:"].iter().any(|heading| is_start_of(next, heading)));
        self.section == Section::Annotations && line.starts_with("Source:") && last
    }

    fn take(&mut self, line: &str) {
        if self.section == Section::Labels && line == "Annotations:" {
            (self.section, self.last) = (Section::Annotations, None);
            return;
        }
        let pairs = match self.section {
            Section::Labels => &mut self.member.labels,
            Section::Annotations => &mut self.member.annotations,
        };
        match pair(line).filter(|(name, _)| !pairs.contains_key(*name)) {
            Some((name, value)) => {
                pairs.insert(name.to_owned(), value.to_owned());
                self.last = Some(name.to_owned());
            }
            None => {
                if let Some(value) = self.last.as_ref().and_then(|name| pairs.get_mut(name)) {
                    value.push('\n');
                    value.push_str(line);
                }
            }
        }
    }
}

/// The heading, or as much of it as a cut has left.
fn is_start_of(line: &str, heading: &str) -> bool {
    line == heading || line.strip_suffix('…').is_some_and(|start| heading.starts_with(start))
}

/// ` - name = value`; the value may be empty, and have `=` in it.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix(" - ")?;
    let (name, value) = line.split_once(" = ").or_else(|| Some((line.strip_suffix(" =")?, "")))?;
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some((name, value))
}
