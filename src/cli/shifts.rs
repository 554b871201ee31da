//! `muster shifts`: who is on call in each rotation of a schedule, as JSON: from files without a database, or of a server with its
//! overrides. Changes nothing.

use std::path::PathBuf;

use chrono::{NaiveDate, NaiveDateTime, SecondsFormat};
use chrono_tz::Tz;
use muster::app::App;
use muster::clock::{Clock, SystemClock};
use muster::config::Config;
use muster::definitions::{self, Around, Proposal};
use muster::domain::definition::Set;
use muster::domain::id::{GuildId, Timestamp};
use muster::domain::name::Name;
use muster::domain::schedule::{self, Override, Piece, PieceKind, SPAN_MAX};
use serde::Serialize;

use super::{Ended, Shifts, desk, files, served, show};

/// How a time may be written beside RFC 3339; in the zone of the settings.
const LOCAL: [&str; 2] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];

pub async fn run(args: Shifts) -> Result<(), Ended> {
    let (set, overrides) = match args.files.is_empty() {
        true => of_server(args.guild, &args.schedule).await?,
        false => (of_files(&args.files)?, Vec::new()),
    };
    let Some(schedule) = set.schedule(&args.schedule) else {
        return Err(unknown(&set, &args.schedule).into());
    };
    let zone = set.settings().time_zone;
    let (from, until) = (instant("--from", &args.from, zone)?, instant("--to", &args.to, zone)?);
    if until <= from {
        return Err(
            anyhow::anyhow!("--to is not after --from: nothing lies between {} and {}", args.from, args.to).into()
        );
    }
    if until - from > SPAN_MAX {
        let years = SPAN_MAX.num_days() / 366;
        return Err(anyhow::anyhow!("{} to {} is too long: ask for {years} years at most", args.from, args.to).into());
    }
    let pieces = schedule::pieces(schedule, &overrides, from, until);
    show::result(&told(&pieces)?);
    Ok(())
}

/// What the files define. They carry no overrides.
fn of_files(paths: &[PathBuf]) -> Result<Set, Ended> {
    let config = Config::read()?;
    let documents = definitions::parse(&files::read(paths)?)?;
    let around =
        Around { guild: None, secrets: &|name| config.has_secret(name), now: SystemClock::new().now(), overrides: &[] };
    let proposal = Proposal { documents, ..Proposal::default() };
    Ok(definitions::review(&Set::default(), proposal, around, None)?.set)
}

/// What is in force in a server, and the schedule's overrides.
async fn of_server(guild: Option<GuildId>, schedule: &Name) -> Result<(Set, Vec<Override>), Ended> {
    let config = Config::read()?;
    if let Some(guild) = guild {
        served(&config, guild)?;
    }
    let app = desk(&config).await?;
    let found = found(&app, &config, guild, schedule).await;
    app.store().close().await;
    found
}

async fn found(
    app: &App,
    config: &Config,
    guild: Option<GuildId>,
    schedule: &Name,
) -> Result<(Set, Vec<Override>), Ended> {
    let guild = match guild {
        Some(guild) => guild,
        None => only(app, config).await?,
    };
    let (set, overrides) = app.rota(guild, schedule).await.map_err(anyhow::Error::from)?;
    Ok(((*set).clone(), overrides))
}

/// The server that is meant where none is named: there must be one.
async fn only(app: &App, config: &Config) -> Result<GuildId, Ended> {
    let mut guilds = app.guilds().await.map_err(anyhow::Error::from)?;
    guilds.retain(|guild| config.serves(*guild));
    match guilds[..] {
        [guild] => Ok(guild),
        [] => {
            Err(anyhow::anyhow!("no server has definitions here: `muster apply` some, or name a file with --file")
                .into())
        }
        _ => Err(anyhow::anyhow!("{} servers have definitions here: say which with --guild", guilds.len()).into()),
    }
}

fn unknown(set: &Set, name: &Name) -> anyhow::Error {
    let known: Vec<&str> = set.schedules().map(|(name, _)| name.as_str()).collect();
    match known.is_empty() {
        true => anyhow::anyhow!("there is no schedule `{name}`: none is defined at all"),
        false => anyhow::anyhow!("there is no schedule `{name}`: there is {}", known.join(", ")),
    }
}

/// RFC 3339; or a local time or date of `zone`.
fn instant(option: &str, said: &str, zone: Tz) -> anyhow::Result<Timestamp> {
    if let Ok(at) = chrono::DateTime::parse_from_rfc3339(said) {
        return Ok(at.to_utc());
    }
    let time = LOCAL.iter().find_map(|format| NaiveDateTime::parse_from_str(said, format).ok());
    let date = || NaiveDate::parse_from_str(said, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let local = time.or_else(date);
    local.map(|local| schedule::instant(zone, local)).ok_or_else(|| {
        let right = format!("2026-01-31T09:00:00Z, or 2026-01-31T09:00 as clocks in {zone} show it");
        anyhow::anyhow!("{option} {said} is not a time: write it like {right}")
    })
}

/// As it is printed.
#[derive(Serialize)]
struct Line<'a> {
    start: String,
    end: String,
    contacts: &'a [&'a Name],
    rotation: Option<&'a str>,
    kind: &'static str,
}

/// A list with one piece a line.
fn told(pieces: &[Piece<'_>]) -> anyhow::Result<String> {
    let at = |at: Timestamp| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let line = |piece: &Piece<'_>| {
        serde_json::to_string(&Line {
            start: at(piece.from),
            end: at(piece.until),
            contacts: &piece.contacts,
            rotation: piece.rotation,
            kind: match piece.kind {
                PieceKind::Regular => "regular",
                PieceKind::Override => "override",
            },
        })
    };
    let lines = pieces.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    Ok(if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", lines.join(",\n")) })
}
