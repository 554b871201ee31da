//! `muster export`: all definitions of a server as YAML that `apply` reads back.

use muster::config::Config;
use muster::definitions;
use muster::domain::id::GuildId;

use super::{Ended, desk, served, show};

pub async fn run(guild: GuildId) -> Result<(), Ended> {
    let config = Config::read()?;
    served(&config, guild)?;
    let app = desk(&config).await?;
    let set = app.in_force(guild).await;
    app.store().close().await;
    let set = set.map_err(anyhow::Error::from)?;
    if set.is_empty() {
        let right = "`muster apply` some, or correct --guild or DATABASE_URL";
        return Err(anyhow::anyhow!("server {guild} has no definitions here; {right}").into());
    }
    show::result(&definitions::export(&set));
    Ok(())
}
