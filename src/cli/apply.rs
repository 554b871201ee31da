//! `muster apply`: definitions put in force, all of them or none, beside a running bot if there is one.

use std::sync::Arc;

use muster::app::{self, NotApplied};
use muster::config::Config;
use muster::definitions::{Diff, Source};

use super::check::{Looked, look};
use super::{Apply, Ended, desk, files, served, show};

pub async fn run(args: Apply) -> Result<(), Ended> {
    let config = Arc::new(Config::read()?);
    served(&config, args.guild.id)?;
    let sources = files::read(&args.files.files)?;
    match args.dry_run {
        true => rehearse(&args, &sources, &config).await,
        false => apply(&args, sources, config).await,
    }
}

async fn apply(args: &Apply, sources: Vec<Source>, config: Arc<Config>) -> Result<(), Ended> {
    let app = desk(&config).await?;
    let apply = app::Apply { guild: args.guild.id, sources, prune: args.prune, by: None, via: "cli" };
    let applied = app.apply(apply).await;
    app.store().close().await;
    let applied = applied.map_err(|not| match not {
        NotApplied::Wrong(problems) => Ended::Problems(problems),
        NotApplied::Failed(fault) => Ended::Failed(fault.into()),
    })?;
    show::warnings(&applied.warnings);
    let outcome = if applied.diff.is_empty() { "" } else { "in force: " };
    show::result(&format!("{}\n{outcome}revision {}", applied.diff, applied.revision));
    Ok(())
}

async fn rehearse(args: &Apply, sources: &[Source], config: &Config) -> Result<(), Ended> {
    let app = desk(config).await?;
    let old = app.in_force(args.guild.id).await;
    app.store().close().await;
    let old = old.map_err(anyhow::Error::from)?;
    let Looked { diff, warnings, names } = look(&old, sources, args.prune, config, app.now())?;
    if !names.is_empty() {
        return Err(names.into());
    }
    show::warnings(&warnings);
    show::result(&would(&diff));
    Ok(())
}

fn would(diff: &Diff) -> String {
    let changes = if diff.is_empty() { "" } else { "\na dry run: nothing was changed" };
    format!("{diff}{changes}")
}
