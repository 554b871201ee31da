//! Set-up in words: what a change would do, what is wrong with it, what there was before. Fits a phone: what is too much is
//! counted, never silently left out.

use super::text::{Piece, Text};
use crate::domain::id::{Timestamp, UserId};
use crate::domain::text::{cut, one_line};

/// What a message holds beside its first and last sentence, in characters, with room for what escaping adds.
const ROOM: usize = 1_500;
/// Longest value of a field, in characters.
const VALUE_MAX: usize = 60;
/// Longest remark, in characters.
const REMARK_MAX: usize = 300;
/// Most warnings: what changes has the room.
const WARNINGS_MAX: usize = 5;
/// Most fields of one definition, and of one version in a history.
const FIELDS_MAX: usize = 12;
const PAST_FIELDS_MAX: usize = 3;

/// What happens to a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Added,
    Changed,
    Removed,
}

/// One definition that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub mark: Mark,
    /// Kind and name.
    pub what: String,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Like `stages[1].duration`.
    pub path: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// Something that is wrong, or unwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// In what was written, from 1.
    pub line: Option<usize>,
    /// Kind and name.
    pub of: Option<String>,
    pub field: String,
    pub what: String,
    pub right: Option<String>,
}

/// One version of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub number: i64,
    pub at: Timestamp,
    /// None: the operator.
    pub by: Option<UserId>,
    pub via: String,
    /// None: this version of Muster cannot read it.
    pub mark: Option<Mark>,
    pub fields: Vec<Field>,
}

/// What would change; buttons stand below. Also says how many lines had no room.
pub fn proposal(
    changes: &[Change],
    warnings: &[Remark],
    overtaken: &[(String, Option<UserId>)],
    again: bool,
) -> (Text, usize) {
    let mut page = Page::new(match again {
        true => Text::from("Something changed since you were asked, so nothing was done yet. Now this would change:"),
        false => Text::from("Nothing is changed yet. This would change:"),
    });
    for (what, by) in overtaken {
        let who = by.map_or_else(|| Text::from("The operator"), |user| Text::new().user(user));
        let told = format!(" changed {what} while you wrote: the lines below say what yours would make of it.");
        page.put(Text::new().strong("Careful:").ours(" ").join(who).ours(told));
    }
    for change in changes {
        page.put(Text::from(verb(change.mark)).ours(" ").strong(&change.what));
        page.put_fields(&change.fields, FIELDS_MAX);
    }
    page.put_warnings(warnings);
    page.end()
}

/// It is in force.
pub fn applied(revision: i64, [added, changed, removed]: [usize; 3]) -> Text {
    let counted = [(added, "added"), (changed, "changed"), (removed, "removed")];
    let told: Vec<String> = counted.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    Text::from(format!(
        "In force as revision {revision}: {}. `/config history` shows what it was before, `/config rollback` goes back.",
        told.join(", ")
    ))
}

/// Everything is in force already.
pub fn nothing(warnings: &[Remark]) -> (Text, usize) {
    let mut page = Page::new(Text::from("Nothing to change: all of this is in force already."));
    page.put_warnings(warnings);
    page.end()
}

/// What is wrong, with lines. Also says how many had no room.
pub fn wrong(problems: &[Remark]) -> (Text, usize) {
    let head = match problems.len() {
        1 => "Nothing was changed: one thing is wrong.".to_owned(),
        many => format!("Nothing was changed: {many} things are wrong."),
    };
    let mut page = Page::new(Text::from(head));
    problems.iter().for_each(|problem| page.put(remark(problem)));
    page.end()
}

/// The versions of a definition, newest first.
pub fn history(what: &str, versions: &[Past]) -> Text {
    let mut page = Page::new(Text::new().strong(what));
    for version in versions {
        let who = version.by.map_or_else(|| Text::from("the operator"), |user| Text::new().user(user));
        let did = match version.mark {
            Some(mark) => format!(" · {} by {}", past(mark), via(&version.via)),
            None => " · this version of Muster cannot read it".to_owned(),
        };
        let told = Text::new().strong(version.number.to_string()).ours(" · ").ago(version.at).ours(" · ").join(who);
        page.put(told.ours(did));
        page.put_fields(&version.fields, PAST_FIELDS_MAX);
    }
    let (text, _) = page.end();
    text.line().ours("To go back to one: `/config rollback`.")
}

/// The file is attached.
pub fn exported(count: usize) -> Text {
    let all = if count == 1 { "The only definition".to_owned() } else { format!("All {count} definitions") };
    Text::from(format!("{all} of this server. `/config apply` takes the file back, whole or in part."))
}

pub fn nothing_to_export() -> Text {
    Text::from("Nothing is set up yet. `/setup` leads through it; `/config new` makes one definition.")
}

/// `max`: characters of a form.
pub fn too_long_to_edit(what: &str, max: usize) -> Text {
    Text::new().strong(what).ours(format!(
        " is longer than a form takes ({max} characters). Use `/config export`, change it in the file, and send it with `/config apply`."
    ))
}

/// A file that was attached could not be read.
pub fn not_fetched(name: &str, why: &str) -> Text {
    Text::from("Nothing was changed: “").said(one_line(name, VALUE_MAX)).ours(format!("” {why}"))
}

fn verb(mark: Mark) -> &'static str {
    match mark {
        Mark::Added => "add",
        Mark::Changed => "change",
        Mark::Removed => "remove",
    }
}

fn past(mark: Mark) -> &'static str {
    match mark {
        Mark::Added => "added",
        Mark::Changed => "changed",
        Mark::Removed => "removed",
    }
}

fn via(via: &str) -> &str {
    match via {
        "cli" => "the command line",
        "chat" => "`/config`",
        "setup" => "`/setup`",
        other => other,
    }
}

fn field(field: &Field) -> Text {
    let value = |value: &String| one_line(value, VALUE_MAX);
    let text = Text::from("• ").said(one_line(&field.path, VALUE_MAX)).ours(": ");
    match (&field.old, &field.new) {
        (Some(old), Some(new)) => text.said(value(old)).ours(" → ").said(value(new)),
        (None, Some(new)) => text.ours("now ").said(value(new)),
        (Some(old), None) => text.ours("no longer ").said(value(old)),
        (None, None) => text.ours("changed"),
    }
}

fn remark(remark: &Remark) -> Text {
    let place: Vec<String> = [remark.line.map(|line| format!("line {line}")), remark.of.clone()]
        .into_iter()
        .flatten()
        .chain(Some(remark.field.clone()).filter(|field| !field.is_empty()))
        .collect();
    let text = match place.is_empty() {
        true => Text::from("• "),
        false => Text::from("• ").said_strong(one_line(&place.join(" · "), REMARK_MAX)).ours(": "),
    };
    let text = text.said(cut(&remark.what, REMARK_MAX)).ours(".");
    match &remark.right {
        Some(right) => {
            text.ours(" ").said(capital(&cut(right, REMARK_MAX))).ours(if right.ends_with('?') { "" } else { "." })
        }
        None => text,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Lines as far as there is room.
struct Page {
    text: Text,
    room: usize,
    left: usize,
}

impl Page {
    fn new(head: Text) -> Page {
        Page { text: head, room: ROOM, left: 0 }
    }

    /// Once a line had no room, none after it has: what is shown has no holes.
    fn put(&mut self, line: Text) {
        let length = length(&line);
        match self.room.checked_sub(length).filter(|_| self.left == 0) {
            Some(room) => {
                self.room = room;
                self.text = std::mem::take(&mut self.text).line().join(line);
            }
            None => self.left += 1,
        }
    }

    fn put_fields(&mut self, fields: &[Field], max: usize) {
        fields.iter().take(max).for_each(|one| self.put(field(one)));
        match fields.len().saturating_sub(max) {
            0 => {}
            1 => self.put(Text::from("• and 1 more field")),
            more => self.put(Text::from(format!("• and {more} more fields"))),
        }
    }

    fn put_warnings(&mut self, warnings: &[Remark]) {
        if warnings.is_empty() {
            return;
        }
        self.put(Text::new().strong("Worth a look:"));
        warnings.iter().take(WARNINGS_MAX).for_each(|warning| self.put(remark(warning)));
        self.left += warnings.len().saturating_sub(WARNINGS_MAX);
    }

    fn end(self) -> (Text, usize) {
        let text = match self.left {
            0 => self.text,
            1 => self.text.line().ours("and 1 more line"),
            left => self.text.line().ours(format!("and {left} more lines")),
        };
        (text, self.left)
    }
}

/// About how many characters a line takes.
fn length(line: &Text) -> usize {
    let of = |piece: &Piece| match piece {
        Piece::Ours(text) | Piece::Strong(text) | Piece::Said(text) | Piece::SaidStrong(text) | Piece::Quote(text) => {
            text.chars().count() + 4
        }
        _ => 26,
    };
    line.0.iter().map(of).sum::<usize>() + 1
}
