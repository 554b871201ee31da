//! The guild as Discord shows it, for commands that can do more when they know it. Asks by REST with the token alone.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use muster::app::Seen;
use muster::config::Config;
use muster::discord::rest::{Rest, RestError};
use muster::discord::survey;
use muster::domain::id::GuildId;
use muster::domain::survey::{Survey, Wanted};
use secrecy::SecretString;
use tokio::time::timeout;

use super::{Ended, token};

/// How long an operator waits for Discord: all the questions of one survey, and the members' own time.
const WITHIN: Duration = Duration::from_secs(20);

/// The guild, or why it is not known.
pub async fn seen(config: &Config, guild: GuildId, wanted: &Wanted) -> Seen {
    let Some(token) = config.discord_token.clone() else {
        return Seen::Not("without DISCORD_TOKEN Discord cannot be asked".to_owned());
    };
    match read(config, token, guild, wanted).await {
        Ok(survey) => Seen::Survey(Arc::new(survey)),
        Err(why) => Seen::Not(why.to_string()),
    }
}

/// The guild, for a command that is nothing without it.
///
/// # Errors
/// What to do so that Discord answers.
pub async fn needed(config: &Config, guild: GuildId, wanted: &Wanted) -> Result<Survey, Ended> {
    Ok(read(config, token(config)?, guild, wanted).await?)
}

async fn read(config: &Config, token: SecretString, guild: GuildId, wanted: &Wanted) -> anyhow::Result<Survey> {
    let rest = Rest::new(token, &config.discord_api_url)?;
    let asked = async {
        let me = survey::me(&rest).await?;
        survey::read(&rest, me, guild, wanted).await
    };
    match timeout(WITHIN, asked).await {
        Ok(read) => read.map_err(|error| anyhow!(told(&error))),
        Err(_) => Err(anyhow!("Discord did not answer within {} seconds", WITHIN.as_secs())),
    }
}

fn told(error: &RestError) -> String {
    match error {
        RestError::Rejected { status: 401, .. } => {
            "Discord refuses DISCORD_TOKEN: copy it again from the Bot page of your application".to_owned()
        }
        RestError::Rejected { status: 403 | 404, .. } => {
            "the bot is not in this server: `muster doctor --invite` prints its link".to_owned()
        }
        other => format!("Discord could not be asked: {other}"),
    }
}
