//! What people type at a shell: one command, one file. Reads files, asks the library, prints; decides nothing.
//!
//! Exit codes: 0 done · 1 something in the input is wrong, or it could not be done · 2 the command line itself is wrong ·
//! 3 Discord will not let the bot in until somebody changes something there: starting it again does not help.

mod alert;
mod apply;
mod backup;
mod check;
mod copy;
mod delete;
mod doctor;
mod export;
mod files;
mod history;
mod init;
mod message;
mod rollback;
mod shifts;
mod show;
mod survey;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use muster::app::App;
use muster::clock::SystemClock;
use muster::config::{Config, Wrong};
use muster::definitions::Problem;
use muster::discord::Stopped;
use muster::domain::definition::Kind;
use muster::domain::id::GuildId;
use muster::domain::name::Name;
use muster::store::Store;
use rand::SeedableRng;
use rand::rngs::StdRng;
use secrecy::{ExposeSecret, SecretString};

/// Incident response where the team already talks: a self-hosted Discord bot.
#[derive(Debug, Parser)]
#[command(version, after_help = "Settings come from the environment or from .env; .env.example lists them.")]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bot; what `muster` does when nothing else is asked
    Run,
    /// Print a first file of definitions, with comments and this server's own ids
    Init(Guild),
    /// Put definitions in force in a server; a running bot has them within a second
    Apply(Apply),
    /// Say what is wrong with definitions; needs no database
    Check(Files),
    /// Print all definitions of a server as YAML
    Export(Guild),
    /// Remove a definition of a server, unless another one names it
    Delete(Delete),
    /// Show the versions of a definition: who changed what and when
    History(Definition),
    /// Put an earlier version of a definition in force again
    Rollback(Rollback),
    /// Say how messages of a sender are read; changes nothing
    Alert(Alert),
    /// Print who is on call when, as JSON: of a schedule in files, or of one in force with its overrides
    Shifts(Shifts),
    /// Say what would keep a page from its person, in one server or all; ends with 1 if something does
    Doctor(Doctor),
    /// Write everything in the database into one new file; the bot may go on running
    Backup(Backup),
    /// Copy a database into another, empty one, such as from SQLite to PostgreSQL; stop the bot first
    Copy(Copy),
}

#[derive(Debug, Args)]
struct Files {
    /// Definitions, as YAML or JSON; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct Guild {
    /// Id of the server (Discord: Developer Mode, right-click the server, Copy Server ID)
    #[arg(long = "guild", value_name = "ID", value_parser = guild)]
    id: GuildId,
}

#[derive(Debug, Args)]
struct Apply {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    guild: Guild,
    /// Remove what is not in the files
    #[arg(long)]
    prune: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Definition {
    /// Like contact or response_plan
    #[arg(value_parser = kind)]
    kind: Kind,
    /// As the definition has it; `muster export` shows all of them
    #[arg(value_parser = name)]
    name: Name,
    #[command(flatten)]
    guild: Guild,
}

#[derive(Debug, Args)]
struct Delete {
    #[command(flatten)]
    definition: Definition,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Rollback {
    #[command(flatten)]
    definition: Definition,
    /// As `muster history` numbers them; of a removal, it is removed again
    #[arg(value_parser = version)]
    version: i64,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Alert {
    /// Messages as JSON, as Discord's API or gateway shows them; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Read as this alert source of the server does; left out: by every sender that is known
    #[arg(long, value_name = "NAME", requires = "guild", value_parser = name)]
    source: Option<Name>,
    /// Id of the server that has the source
    #[arg(long, value_name = "ID", requires = "source", value_parser = guild)]
    guild: Option<GuildId>,
}

#[derive(Debug, Args)]
struct Shifts {
    /// The name of the schedule
    #[arg(long, value_name = "NAME", value_parser = name)]
    schedule: Name,
    /// Where it begins, like 2026-01-31T09:00:00Z; without an offset, as clocks in the zone of the settings show it
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Where it ends, which is not part of it any more
    #[arg(long, value_name = "TIME")]
    to: String,
    /// Definitions, as YAML or JSON, in place of those in force; needs no database, and knows no overrides
    #[arg(long = "file", value_name = "FILE", num_args = 1.., conflicts_with = "guild")]
    files: Vec<PathBuf>,
    /// Id of the server; may be left out where there is only one
    #[arg(long, value_name = "ID", value_parser = guild)]
    guild: Option<GuildId>,
}

#[derive(Debug, Args)]
struct Doctor {
    /// Id of the server; left out: every server that is served
    #[arg(long, value_name = "ID", value_parser = guild)]
    guild: Option<GuildId>,
    /// Print the link that invites the bot with all it needs, and what it needs each permission for
    #[arg(long, conflicts_with = "guild")]
    invite: bool,
}

#[derive(Debug, Args)]
struct Backup {
    /// The new file, a SQLite database whatever the bot runs on; none is overwritten
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Copy {
    /// The database that is read: sqlite://PATH or postgres://…; a password may stand in PGPASSWORD instead
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database that is written, as for --from: an empty one, or a file that is not there yet
    #[arg(long, value_name = "URL")]
    to: String,
}

/// Why a command did not do what it was asked.
pub enum Ended {
    /// It was done, and what it printed is bad news.
    Unwell,
    /// What people wrote is wrong.
    Problems(Vec<Problem>),
    Settings(Vec<Wrong>),
    Failed(anyhow::Error),
    Stopped(Stopped),
}

/// The exit code of [`Ended::Stopped`].
const STOPPED: u8 = 3;

pub fn main() -> ExitCode {
    let line = Line::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a machine that runs programs can start threads");
    let command = line.command.unwrap_or(Command::Run);
    let is_bot = matches!(command, Command::Run);
    let ended = runtime.block_on(run(command));
    // Whatever still runs has had its time.
    runtime.shutdown_background();
    let code = match &ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended::Stopped(_)) => ExitCode::from(STOPPED),
        Err(_) => ExitCode::FAILURE,
    };
    // A person at a shell reads what they asked for; of a bot's log that need not be so, and it must end all the same.
    match is_bot {
        true => crate::log::at_most_a_second(move || last_words(ended)),
        false => last_words(ended),
    }
    code
}

fn last_words(ended: Result<(), Ended>) {
    crate::log::flush();
    if let Err(ended) = ended {
        show::ended(&ended);
    }
}

async fn run(command: Command) -> Result<(), Ended> {
    match command {
        Command::Run => crate::run::run().await,
        Command::Init(guild) => init::run(guild.id).await,
        Command::Apply(args) => apply::run(args).await,
        Command::Check(args) => check::run(&args.files),
        Command::Export(guild) => export::run(guild.id).await,
        Command::Delete(args) => delete::run(args.definition, args.dry_run).await,
        Command::History(args) => history::run(args).await,
        Command::Rollback(args) => rollback::run(args.definition, args.version, args.dry_run).await,
        Command::Alert(args) => alert::run(args).await,
        Command::Shifts(args) => shifts::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Backup(args) => backup::run(&args.file).await,
        Command::Copy(args) => copy::run(args).await,
    }
}

/// The desk of one command, beside a running bot if there is one.
async fn desk(config: &Config) -> Result<App, Ended> {
    crate::log::start(config);
    Ok(open(config).await?.0)
}

/// The desk on the database of the settings, and its clock.
async fn open(config: &Config) -> anyhow::Result<(App, Arc<SystemClock>)> {
    over(Store::open(config.database_url.expose_secret()).await?, config).await
}

/// The same for the bot, of which there is one on a SQLite file.
pub async fn open_alone(config: &Config) -> anyhow::Result<(App, Arc<SystemClock>)> {
    over(Store::open_alone(config.database_url.expose_secret()).await?, config).await
}

async fn over(store: Store, config: &Config) -> anyhow::Result<(App, Arc<SystemClock>)> {
    let clock = Arc::new(SystemClock::new());
    clock.begin(store.now_offset().await.context("cannot ask the database for the time")?);
    if let Some(behind_s) = App::last_written(&store).await?.and_then(|newest| clock.go_on_from(newest)) {
        tracing::error!(
            behind_s,
            "the clock is behind what was written last: somebody has set it back. So that no page waits for it, Muster goes on by the \
             later time (up to a day). Put the clock right, and start Muster again"
        );
    }
    let secrets = {
        let config = config.clone();
        Arc::new(move |name: &str| config.has_secret(name))
    };
    let app = App::open(store, clock.clone(), Box::new(StdRng::from_os_rng()), secrets).await?;
    Ok((app, clock))
}

/// The token, without which Discord says nothing.
pub fn token(config: &Config) -> Result<SecretString, Ended> {
    let right = "copy it from the Bot page of your application, https://discord.com/developers/applications";
    let unset = || {
        let (variable, what) = ("DISCORD_TOKEN".to_owned(), "it is not set".to_owned());
        Ended::Settings(vec![Wrong { variable, what, right: right.to_owned() }])
    };
    config.discord_token.clone().ok_or_else(unset)
}

/// Refuses a server that this installation does not serve: its bot would never look at it.
fn served(config: &Config, guild: GuildId) -> Result<(), Ended> {
    match config.serves(guild) {
        true => Ok(()),
        false => {
            Err(anyhow::anyhow!("server {guild} is not one of MUSTER_GUILDS; add it there, or correct --guild").into())
        }
    }
}

fn version(text: &str) -> Result<i64, String> {
    let number = text.parse().ok().filter(|number| *number >= 1);
    number.ok_or_else(|| "a version is a number from 1 on, as `muster history` shows it".to_owned())
}

fn guild(text: &str) -> Result<GuildId, String> {
    text.parse().map_err(|_| "a server's id is 17 to 20 digits, like 900000000000000001".to_owned())
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::from_word(text).ok_or_else(|| format!("possible: {}", Kind::ALL.map(Kind::word).join(", ")))
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|why| why.to_string())
}

impl From<Vec<Problem>> for Ended {
    fn from(problems: Vec<Problem>) -> Ended {
        Ended::Problems(problems)
    }
}

impl From<Vec<Wrong>> for Ended {
    fn from(wrong: Vec<Wrong>) -> Ended {
        Ended::Settings(wrong)
    }
}

impl From<Stopped> for Ended {
    fn from(why: Stopped) -> Ended {
        Ended::Stopped(why)
    }
}

impl From<anyhow::Error> for Ended {
    fn from(why: anyhow::Error) -> Ended {
        Ended::Failed(why)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Line::command().debug_assert();
    }
}
