//! `muster delete`: one definition removed, unless something else names it.

use muster::app;
use muster::config::Config;

use super::{Definition, Ended, apply, desk, served};

pub async fn run(args: Definition, dry_run: bool) -> Result<(), Ended> {
    let config = Config::read()?;
    served(&config, args.guild.id)?;
    let app = desk(&config).await?;
    let remove = vec![(args.kind, args.name)];
    let delete = app::Apply { remove, dry_run, ..app::Apply::new(args.guild.id, None, "cli") };
    apply::done(app, delete).await
}
