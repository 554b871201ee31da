//! Changes of set-up, what is wrong with them and what there was before, with what can be pressed. Decides nothing.

use super::apply::{Applied, Overtaken};
use super::versions::{Difference, Version};
use crate::app::desk::Done;
use crate::app::press::{InteractionId, Pressed};
use crate::app::reply::{Control, File, Say, Style};
use crate::definitions::{Diff, FieldChange, Problem};
use crate::domain::definition::Kind;
use crate::domain::name::Name;
use crate::words::definition::{self as words, Change, Field, Mark, Past, Remark};

/// What would change; a yes does exactly that.
pub(super) fn proposal(applied: &Applied, asked: InteractionId, typed: bool, again: bool) -> Done {
    let overtaken: Vec<_> = applied.overtaken.iter().map(overtaken).collect();
    let (text, left) = words::proposal(&changes(&applied.diff), &remarks(&applied.warnings), &overtaken, again);
    let mut controls = vec![button("Put in force", Style::Primary, Pressed::ConfirmDefinition { asked })];
    if typed {
        controls.push(correct(asked));
    }
    controls.push(leave());
    attached(Say { text, controls }, left, "changes.txt", || whole(&applied.diff, &applied.warnings))
}

/// It is done.
pub(super) fn applied(applied: &Applied) -> Done {
    let Diff { added, changed, removed, .. } = &applied.diff;
    Done::Say(words::applied(applied.revision, [added.len(), changed.len(), removed.len()]).into())
}

/// It is in force already.
pub(super) fn nothing(applied: &Applied) -> Done {
    let (text, left) = words::nothing(&remarks(&applied.warnings));
    attached(text.into(), left, "warnings.txt", || whole(&applied.diff, &applied.warnings))
}

/// What is wrong; what was typed can be corrected.
pub(super) fn wrong(problems: &[Problem], asked: Option<InteractionId>) -> Done {
    let (text, left) = words::wrong(&remarks(problems));
    let controls = asked.map(|asked| vec![correct(asked), leave()]).unwrap_or_default();
    let lines = || problems.iter().map(|problem| format!("{problem}\n")).collect();
    attached(Say { text, controls }, left, "problems.txt", lines)
}

/// The versions of a definition.
pub(super) fn history(kind: Kind, name: &Name, versions: &[Version]) -> Done {
    Done::Say(words::history(&format!("{kind} {name}"), &versions.iter().map(past).collect::<Vec<_>>()).into())
}

/// A version among others, for somebody who chooses one.
pub(super) fn version_label(version: &Version) -> String {
    let did = match &version.did {
        Difference::Added => "added".to_owned(),
        Difference::Removed => "removed".to_owned(),
        Difference::Unreadable => "cannot be read".to_owned(),
        Difference::Changed(fields) => fields.iter().map(|field| short(&field.field)).collect::<Vec<_>>().join(", "),
    };
    let at = version.at.format("%Y-%m-%d %H:%M UTC");
    crate::domain::text::one_line(&format!("{} · {at} · {did}", version.number), 100)
}

/// With the whole of it as a file, where the message shows only a part.
fn attached(say: Say, left: usize, name: &str, text: impl FnOnce() -> String) -> Done {
    match left {
        0 => Done::Say(say),
        _ => Done::File(say, File { name: name.to_owned(), text: text() }),
    }
}

fn whole(diff: &Diff, warnings: &[Problem]) -> String {
    warnings.iter().fold(format!("{diff}\n"), |text, warning| format!("{text}\nwarning: {warning}\n"))
}

fn changes(diff: &Diff) -> Vec<Change> {
    let whole = |mark: Mark| {
        move |(kind, name): &(Kind, Name)| Change { mark, what: format!("{kind} {name}"), fields: Vec::new() }
    };
    let changed = diff.changed.iter().map(|changed| Change {
        mark: Mark::Changed,
        what: format!("{} {}", changed.kind, changed.name),
        fields: changed.fields.iter().map(field).collect(),
    });
    let added = diff.added.iter().map(whole(Mark::Added));
    // What is lost comes first.
    diff.removed.iter().map(whole(Mark::Removed)).chain(changed).chain(added).collect()
}

fn field(change: &FieldChange) -> Field {
    Field { path: short(&change.field).to_owned(), old: change.old.clone(), new: change.new.clone() }
}

fn past(version: &Version) -> Past {
    let (mark, fields) = match &version.did {
        Difference::Added => (Some(Mark::Added), Vec::new()),
        Difference::Removed => (Some(Mark::Removed), Vec::new()),
        Difference::Changed(fields) => (Some(Mark::Changed), fields.iter().map(field).collect()),
        Difference::Unreadable => (None, Vec::new()),
    };
    Past { number: version.number, at: version.at, by: version.by, via: version.via.clone(), mark, fields }
}

fn remarks(problems: &[Problem]) -> Vec<Remark> {
    let remark = |problem: &Problem| Remark {
        line: Some(problem.line).filter(|line| *line > 0),
        of: problem.definition.as_ref().map(|(kind, name)| format!("{kind} {name}")),
        field: short(&problem.field).to_owned(),
        what: problem.what.clone(),
        right: problem.right.clone(),
    };
    problems.iter().map(remark).collect()
}

/// Every field is of the spec: saying so helps nobody.
fn short(field: &str) -> &str {
    field.strip_prefix("spec.").unwrap_or(field)
}

fn overtaken(one: &Overtaken) -> (String, Option<crate::domain::id::UserId>) {
    (format!("{} {}", one.kind, one.name), one.by)
}

fn correct(asked: InteractionId) -> Control {
    button("Correct it", Style::Grey, Pressed::CorrectDefinition { asked })
}

fn leave() -> Control {
    button("Leave it", Style::Grey, Pressed::Dismiss {})
}

fn button(label: &str, style: Style, does: Pressed) -> Control {
    Control::Button { label: label.to_owned(), style, does }
}
