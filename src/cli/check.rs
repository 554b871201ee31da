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
    let around =
        Around { guild: None, secrets: &|name| config.has_secret(name), now: SystemClock::new().now(), overrides: &[] };
    let proposal = Proposal { documents, ..Proposal::default() };
    let reviewed = definitions::review(&Set::default(), proposal, around, None)?;
    show::warnings(&reviewed.warnings);
    match reviewed.names.len() {
        0 => {}
        1 => show::note("1 name of Discord's is looked up when it is applied, not by check"),
        names => show::note(&format!("{names} names of Discord's are looked up when they are applied, not by check")),
    }
    let definitions = if count == 1 { "definition" } else { "definitions" };
    show::result(&format!("{count} {definitions}, nothing wrong"));
    Ok(())
}
