//! `muster check`: definitions looked at as `apply` would, without a database and without Discord.

use std::path::PathBuf;

use muster::clock::{Clock, SystemClock};
use muster::config::Config;
use muster::definitions::{self, Around, Proposal};
use muster::domain::definition::Set;

use super::{Ended, files, show};

pub fn run(paths: &[PathBuf]) -> Result<(), Ended> {
    let config = Config::read()?;
    let documents = definitions::parse(&files::read(paths)?)?;
    let count = documents.len();
    let around = Around { guild: None, secrets: &|name| config.has_secret(name), now: SystemClock::new().now() };
    let proposal = Proposal { documents, ..Proposal::default() };
    let reviewed = definitions::review(&Set::default(), proposal, around, None)?;
    show::warnings(&reviewed.warnings);
    show::warnings(&reviewed.names);
    show::result(&format!("{count} definitions, nothing wrong"));
    Ok(())
}
