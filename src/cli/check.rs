//! `muster check`: definitions looked at as `apply` would, without a database and without Discord.

use std::path::PathBuf;

use muster::clock::{Clock, SystemClock};
use muster::config::Config;
use muster::definitions::{self, Diff, Problem, Source};
use muster::domain::definition::Set;
use muster::domain::id::Timestamp;

use super::{Ended, files, show};

/// What an apply would do.
pub struct Looked {
    pub diff: Diff,
    pub warnings: Vec<Problem>,
    /// Names of channels, roles and people where `apply`, which does not ask Discord, needs their ids.
    pub names: Vec<Problem>,
}

pub fn run(paths: &[PathBuf]) -> Result<(), Ended> {
    let config = Config::read()?;
    let sources = files::read(paths)?;
    let looked = look(&Set::default(), &sources, false, &config, SystemClock::new().now())?;
    show::warnings(&looked.warnings);
    show::warnings(&looked.names);
    show::result(&format!("{} definitions, nothing wrong", looked.diff.added.len()));
    Ok(())
}

/// Looks at the set that would be in force after an apply of `sources` over `old`.
///
/// # Errors
/// All that is wrong with it.
pub fn look(
    old: &Set,
    sources: &[Source],
    prune: bool,
    config: &Config,
    now: Timestamp,
) -> Result<Looked, Vec<Problem>> {
    let documents = definitions::parse(sources)?;
    let new = definitions::merged(old, &documents, prune);
    let mut checked = definitions::check(&new, &|name| config.has_secret(name), now);
    let mut names = definitions::unresolved(&new);
    for found in [&mut checked.problems, &mut checked.warnings, &mut names] {
        definitions::locate(found, &documents);
    }
    match checked.problems.is_empty() {
        true => Ok(Looked { diff: definitions::diff(old, &new), warnings: checked.warnings, names }),
        false => Err(checked.problems),
    }
}
