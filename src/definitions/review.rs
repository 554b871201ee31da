//! The one look at a change of set-up, before anything is written: what would be in force, what would change, what is wrong
//! with it. The command line's `check`, every rehearsal and every apply are this.

use super::check::check;
use super::diff::{Diff, diff};
use super::explain::nearest;
use super::links::references_to;
use super::parse::Document;
use super::problem::{Problem, locate};
use super::refs::{self, resolve, unresolved};
use crate::domain::definition::{Kind, Set};
use crate::domain::id::Timestamp;
use crate::domain::name::Name;
use crate::domain::schedule::Schedule;
use crate::domain::survey::Survey;

/// A change of a guild's definitions, not yet looked at.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// What is to be in force beside, or in place of, what is.
    pub documents: Vec<Document>,
    pub remove: Vec<(Kind, Name)>,
    /// Remove everything that is not in the documents.
    pub prune: bool,
}

/// What to look with.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The guild as Discord shows it; none: names stay names.
    pub guild: Option<&'a Survey>,
    /// Whether a variable is set here.
    pub secrets: &'a dyn Fn(&str) -> bool,
    pub now: Timestamp,
    /// Overrides that have not ended: what they name must stay. Empty where no server is known.
    pub overrides: &'a [Standing],
}

/// Overrides of one act that have not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What people type to take it back.
    pub code: String,
    pub schedule: Name,
    /// Those that it names; empty: the whole schedule.
    pub rotations: Vec<String>,
    pub contacts: Vec<Name>,
    pub until: Timestamp,
}

/// A change that may come into force, once no name is left.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// What would be in force.
    pub set: Set,
    pub diff: Diff,
    pub warnings: Vec<Problem>,
    /// Names of Discord's things that nobody could be asked for.
    pub names: Vec<Problem>,
}

/// Looks at a change of what is in force. `unasked` says why the guild is not known, where it should be.
///
/// # Errors
/// All that is wrong with it, with file, line and field where it was written down.
pub fn review(
    old: &Set,
    proposal: Proposal,
    around: Around<'_>,
    unasked: Option<&str>,
) -> Result<Reviewed, Vec<Problem>> {
    let Proposal { mut documents, remove, prune } = proposal;
    let mut problems = Vec::new();
    if let Some(guild) = around.guild {
        for document in &mut documents {
            problems.extend(resolve(&document.name, &mut document.spec, guild));
        }
    }
    let mut set = merged(old, &documents, prune);
    for (kind, name) in &remove {
        if set.remove(*kind, name).is_none() && !old.contains(*kind, name) {
            problems.push(missing(old, *kind, name));
        }
    }
    let diff = diff(old, &set);
    let mut checked = check(&set, around.secrets, around.now);
    problems.extend(dangling(&set, &diff, &mut checked.problems));
    problems.append(&mut checked.problems);
    problems.extend(around.overrides.iter().flat_map(|standing| overridden(old, &set, standing)));
    let mut warnings = checked.warnings;
    if let Some(guild) = around.guild {
        let (wrong, unwise) = refs::check(&set, guild);
        problems.extend(wrong);
        warnings.extend(unwise);
    }
    // A name that the guild does not have is told of already.
    let mut names = if around.guild.is_none() { unresolved(&set, unasked) } else { Vec::new() };
    for found in [&mut problems, &mut warnings, &mut names] {
        locate(found, &documents);
    }
    if problems.is_empty() { Ok(Reviewed { set, diff, warnings, names }) } else { Err(problems) }
}

/// The set that is in force after an apply: what is not in the documents stays, unless `prune`.
pub(super) fn merged(old: &Set, documents: &[Document], prune: bool) -> Set {
    let mut set = if prune { Set::default() } else { old.clone() };
    for document in documents {
        set.insert(document.name.clone(), document.spec.clone());
    }
    set
}

fn missing(set: &Set, kind: Kind, name: &Name) -> Problem {
    let names: Vec<&str> = set.iter().filter(|(k, ..)| *k == kind).map(|(_, name, _)| name.as_str()).collect();
    let right = if names.is_empty() { format!("there is no {kind} at all") } else { nearest(name.as_str(), &names) };
    Problem::new("", "it is not there: nothing to remove").right(right).of(kind, name)
}

/// What would be removed and is still named by something that stays: told once, of what is removed, with all who name it.
/// Takes what `check` found about the same fields out of `checked`.
fn dangling(set: &Set, diff: &Diff, checked: &mut Vec<Problem>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (kind, name) in &diff.removed {
        let referrers = references_to(set, *kind, name);
        if referrers.is_empty() {
            continue;
        }
        checked.retain(|problem| {
            !referrers.iter().any(|by| {
                problem.field == by.field
                    && problem.definition.as_ref().is_some_and(|(k, n)| *k == by.kind && *n == by.name)
            })
        });
        let named: Vec<String> = referrers.iter().map(|by| format!("{} {} ({})", by.kind, by.name, by.field)).collect();
        let still = if named.len() == 1 { "still names it" } else { "still name it" };
        let what = format!("it cannot be removed: {} {still}", named.join(", "));
        let right = "change or remove those first, or in the same apply";
        problems.push(Problem::new("", what).right(right).of(*kind, name));
    }
    problems
}

/// What would be removed and an override that has not ended names: it would put nobody on call, or change nothing any more. What was
/// not there before either is no matter of this change.
fn overridden(old: &Set, new: &Set, standing: &Standing) -> Vec<Problem> {
    let Standing { code, schedule, rotations, contacts, until } = standing;
    let until = until.format("%Y-%m-%d %H:%M UTC");
    let right = format!("`/oncall cancel override:{code}` takes that back; or apply this when it is over");
    let problem = |field: &str, what: String| Problem::new(field, what).right(&right);
    let mut problems = Vec::new();
    let has = |spec: &Schedule, name: &String| spec.rotations.iter().any(|rotation| rotation.name == *name);
    match (old.schedule(schedule), new.schedule(schedule)) {
        (Some(_), None) => {
            let what = format!("it cannot be removed: override `{code}` says who is on call in it until {until}");
            problems.push(problem("", what).of(Kind::Schedule, schedule));
        }
        (Some(was), Some(is)) => {
            for name in rotations.iter().filter(|name| has(was, name) && !has(is, name)) {
                let what = format!(
                    "rotation {name} cannot be removed or renamed: override `{code}` says who is on call in it until {until}"
                );
                problems.push(problem("spec.rotations", what).of(Kind::Schedule, schedule));
            }
        }
        (None, _) => {}
    }
    // An override of what is gone puts nobody on call.
    let counts = old.schedule(schedule);
    let counts = counts.is_some_and(|was| rotations.is_empty() || rotations.iter().any(|name| has(was, name)));
    let contacts = contacts.iter().filter(|_| counts);
    for name in contacts.filter(|name| old.contact(name).is_some() && new.contact(name).is_none()) {
        let what = format!("it cannot be removed: override `{code}` puts them on call for {schedule} until {until}");
        problems.push(problem("", what).of(Kind::Contact, name));
    }
    problems
}
