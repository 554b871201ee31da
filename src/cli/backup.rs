//! `muster backup`: the whole database into one new file, beside a running bot.

use std::path::Path;

use muster::clock::{Clock, SystemClock};
use muster::config::Config;
use muster::store::backup;
use secrecy::ExposeSecret;

use super::{Ended, show};

pub async fn run(file: &Path) -> Result<(), Ended> {
    let config = Config::read()?;
    let at = SystemClock::new().now();
    backup::backup(config.database_url.expose_secret(), file, at).await.map_err(anyhow::Error::from)?;
    let kib = std::fs::metadata(file).map_or(0, |file| file.len().div_ceil(1024));
    show::result(&format!(
        "{} holds everything as of {} ({kib} KiB).\nTo restore it: stop the bot, put this file in the place of its database, start it.",
        file.display(),
        at.format("%F %T UTC"),
    ));
    Ok(())
}
