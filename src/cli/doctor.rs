//! `muster doctor`: what `/doctor` says, for the operator, of every server; and the link that invites the bot. By REST alone: it
//! runs beside the bot, or before there is one.

use std::fmt::Write;

use muster::app::App;
use muster::config::Config;
use muster::discord::Stopped;
use muster::discord::rest::{Rest, RestError};
use muster::discord::survey;
use muster::domain::id::{GuildId, UserId};
use muster::domain::survey::{Ability, Survey};
use muster::domain::text::one_line;
use muster::words::{self, Piece, Text};

use super::{Doctor, Ended, desk, served, show, token};

/// Missing access, unknown guild: <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>.
const NOT_IN_IT: [i64; 2] = [50001, 10004];

/// Longest name that Discord takes, in characters.
const NAME_MAX: usize = 100;

pub async fn run(args: Doctor) -> Result<(), Ended> {
    let config = Config::read()?;
    let rest = Rest::new(token(&config)?, &config.discord_api_url)?;
    if args.invite {
        show::result(&invite(survey::application(&rest).await.map_err(refused)?));
        return Ok(());
    }
    let examiner = Examiner { me: survey::me(&rest).await.map_err(refused)?, app: desk(&config).await?, rest };
    let guilds = match args.guild {
        Some(guild) => {
            served(&config, guild)?;
            vec![guild]
        }
        None => examiner.served(&config).await?,
    };
    let mut well = true;
    for guild in guilds {
        well &= examiner.examine(guild).await?;
    }
    examiner.app.store().close().await;
    if well { Ok(()) } else { Err(Ended::Unwell) }
}

struct Examiner {
    rest: Rest,
    me: UserId,
    app: App,
}

impl Examiner {
    /// The servers that are served: those the settings name, else all that the bot is in.
    async fn served(&self, config: &Config) -> Result<Vec<GuildId>, Ended> {
        if let Some(named) = &config.guilds {
            return Ok(named.clone());
        }
        let joined = survey::guilds(&self.rest).await.map_err(refused)?;
        if joined.is_empty() {
            return Err(anyhow::anyhow!("the bot is in no server yet: `muster doctor --invite` prints its link").into());
        }
        Ok(joined.into_iter().map(|(guild, _)| guild).collect())
    }

    /// Prints what is found in one server; false: something stops paging.
    async fn examine(&self, guild: GuildId) -> Result<bool, Ended> {
        let wanted = self.app.wanted(guild).await.map_err(|fault| Ended::Failed(fault.into()))?;
        let survey = match survey::read(&self.rest, self.me, guild, &wanted).await {
            Ok(survey) => survey,
            Err(error) if error.code().is_some_and(|code| NOT_IN_IT.contains(&code)) => {
                show::result(&format!(
                    "{guild}\nThe bot is not in this server: `muster doctor --invite` prints its link."
                ));
                return Ok(false);
            }
            Err(error) => return Err(refused(error)),
        };
        let diagnosis = self.app.examine(&survey).await.map_err(|fault| Ended::Failed(fault.into()))?;
        let text = named(&words::diagnosis(&diagnosis, usize::MAX), &survey);
        let name = one_line(&survey.name, NAME_MAX);
        show::result(&format!("{name} ({guild})\n{}\n", text.plain()));
        Ok(!diagnosis.stops_paging())
    }
}

fn refused(error: RestError) -> Ended {
    match error {
        RestError::Rejected { status: 401, .. } => Ended::Stopped(Stopped::TokenRefused),
        error => anyhow::anyhow!("asking Discord: {error}").into(),
    }
}

/// A terminal shows no mentions: names in the place of ids, and nothing in them that a terminal would obey.
fn named(text: &Text, survey: &Survey) -> Text {
    let name = |piece: &Piece| {
        let name = match piece {
            Piece::Said(name) | Piece::SaidStrong(name) => Some(name.clone()),
            Piece::Channel(id) => survey.channel(*id).map(|channel| format!("#{}", channel.name)),
            Piece::Role(id) => survey.role(*id).map(|role| format!("@{}", role.name.trim_start_matches('@'))),
            Piece::User(id) => survey.member(*id).map(|member| member.title().to_owned()),
            _ => None,
        };
        name.map_or_else(|| piece.clone(), |name| Piece::Said(one_line(&name, NAME_MAX)))
    };
    Text(text.0.iter().map(name).collect())
}

fn invite(application: u64) -> String {
    let width = Ability::ALL.iter().map(|one| words::ability(*one).len()).max().unwrap_or(0);
    let mut text = format!("{}\n\n", words::invite_link(application));
    for ability in Ability::ALL {
        let (name, bit) = (words::ability(*ability), ability.bit().trailing_zeros());
        let _infallible = writeln!(text, "{name:width$}  1<<{bit:<2}  {}", words::ability_for(*ability));
    }
    text
}
