//! `muster history`: every version of a definition, newest first, and what each changed. Changes nothing.

use muster::app::{Difference, Version};
use muster::config::Config;

use super::{Definition, Ended, desk, served, show};

/// Most versions that are shown: more than anybody reads.
const VERSIONS_MAX: usize = 100;

pub async fn run(args: Definition) -> Result<(), Ended> {
    let config = Config::read()?;
    served(&config, args.guild.id)?;
    let app = desk(&config).await?;
    let versions = app.history(args.guild.id, args.kind, &args.name, VERSIONS_MAX).await;
    app.store().close().await;
    let versions = versions.map_err(anyhow::Error::from)?;
    if versions.is_empty() {
        let right = format!("`muster export --guild {}` shows what there is", args.guild.id);
        return Err(anyhow::anyhow!("there never was a {} `{}` here; {right}", args.kind, args.name).into());
    }
    show::result(&versions.iter().map(told).collect::<Vec<_>>().join("\n"));
    Ok(())
}

fn told(version: &Version) -> String {
    let by = version.by.map_or_else(|| "the operator".to_owned(), |user| format!("user {user}"));
    let at = version.at.format("%Y-%m-%d %H:%M UTC");
    let head = format!("{}  {at}  {by} ({})", version.number, version.via);
    match &version.did {
        Difference::Added => format!("{head}\n    added"),
        Difference::Removed => format!("{head}\n    removed"),
        Difference::Unreadable => format!("{head}\n    written by another version of Muster: it cannot be read here"),
        Difference::Changed(fields) => fields.iter().fold(head, |told, field| format!("{told}\n    {field}")),
    }
}
