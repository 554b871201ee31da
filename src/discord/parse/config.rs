//! `/config …` as a request.

use super::super::commands::{Config, Focused};
use crate::app::definition::{Ask, Upload};
use crate::app::request::Completing;
use crate::domain::definition::Kind;
use crate::domain::name::Name;

pub(super) fn read(command: Config) -> Ask {
    match command {
        Config::Apply { file } => Ask::Apply(Upload::There { name: file.filename, url: file.url, bytes: file.size }),
        Config::Export {} => Ask::Export,
        Config::New { kind } => Ask::New(kind),
        Config::Edit { kind, name } => Ask::Edit(kind, name),
        Config::Delete { kind, name } => Ask::Delete(kind, name),
        Config::History { kind, name } => Ask::History(kind, name),
        Config::Rollback { kind, name, version } => Ask::Rollback(kind, name, version.0),
    }
}

/// What an option of `/config` is completed with: names need the kind, versions the name as well.
pub(super) fn completing(focused: &Focused<'_>) -> Option<Completing> {
    let kind = Kind::from_word(focused.given.get("kind")?.as_str()?)?;
    match focused.option {
        "name" => Some(Completing::Definition(kind)),
        "version" => {
            let name = focused.given.get("name")?.as_str()?.to_lowercase();
            Name::parse(&name).ok().map(|name| Completing::Version(kind, name))
        }
        _ => None,
    }
}
