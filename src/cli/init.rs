//! `muster init`: a first file of definitions with this server's real ids, commented, ready to be changed and applied. Writes to
//! the standard output only.

use muster::config::Config;
use muster::definitions;
use muster::domain::id::GuildId;
use muster::domain::survey::Wanted;

use super::{Ended, served, show, survey};

pub async fn run(guild: GuildId) -> Result<(), Ended> {
    let config = Config::read()?;
    served(&config, guild)?;
    let mut survey = survey::needed(&config, guild, &Wanted::default()).await?;
    // Whom to page first: the owner, who is known only once the server is.
    let owner = Wanted { people: vec![survey.owner], names: Vec::new() };
    survey.members = survey::needed(&config, guild, &owner).await?.members;
    show::result(&definitions::first_file(&survey));
    Ok(())
}
