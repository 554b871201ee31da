//! `muster rollback`: a definition as it was in an earlier version, with all the checks of an apply.

use anyhow::anyhow;
use muster::app;
use muster::config::Config;

use super::{Definition, Ended, apply, desk, served};

pub async fn run(args: Definition, version: i64, dry_run: bool) -> Result<(), Ended> {
    let config = Config::read()?;
    served(&config, args.guild.id)?;
    let app = desk(&config).await?;
    let found = app.version(args.guild.id, args.kind, &args.name, version).await.map_err(anyhow::Error::from)?;
    let Definition { kind, name, guild } = args;
    let back = app::Apply { dry_run, ..app::Apply::new(guild.id, None, "cli") };
    let back = match found {
        Some(Some(spec)) => app::Apply { specs: vec![(name, spec)], ..back },
        Some(None) => app::Apply { remove: vec![(kind, name)], ..back },
        None => {
            app.store().close().await;
            let right = format!("`muster history {kind} {name} --guild {}` shows them", guild.id);
            return Err(anyhow!("{kind} {name} has no version {version}; {right}").into());
        }
    };
    apply::done(app, back).await
}
