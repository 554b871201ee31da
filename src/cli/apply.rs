//! `muster apply`: definitions put in force, all of them or none, beside a running bot if there is one. The other commands that
//! change set-up end here too.

use muster::app::{self, App, Applied, NotApplied};
use muster::config::Config;
use muster::definitions;

use super::{Apply, Ended, desk, files, served, show, survey};

pub async fn run(args: Apply) -> Result<(), Ended> {
    let config = Config::read()?;
    served(&config, args.guild.id)?;
    let sources = files::read(&args.files.files)?;
    // What cannot be read needs no Discord.
    let documents = definitions::parse(&sources)?;
    let seen = match definitions::wanted(&documents) {
        Some(wanted) => survey::seen(&config, args.guild.id, &wanted).await,
        None => app::Seen::Unasked,
    };
    if let app::Seen::Not(why) = &seen
        && config.discord_token.is_some()
    {
        show::note(&format!("names cannot be resolved and ids are taken as they are: {why}"));
    }
    let app = desk(&config).await?;
    let apply = app::Apply {
        sources,
        prune: args.prune,
        seen,
        dry_run: args.dry_run,
        ..app::Apply::new(args.guild.id, None, "cli")
    };
    done(app, apply).await
}

/// Applies, or rehearses, and prints what became of it.
pub async fn done(app: App, apply: app::Apply) -> Result<(), Ended> {
    let rehearsed = apply.dry_run;
    let applied = app.apply(apply).await;
    app.store().close().await;
    let applied = applied.map_err(|not| match not {
        NotApplied::Wrong(problems) => Ended::Problems(problems),
        NotApplied::Failed(fault) => Ended::Failed(fault.into()),
        NotApplied::Other(applied) => Ended::Failed(anyhow::anyhow!("something else would change:\n{}", applied.diff)),
    })?;
    show::warnings(&applied.warnings);
    show::result(&told(&applied, rehearsed));
    Ok(())
}

fn told(applied: &Applied, rehearsed: bool) -> String {
    let Applied { revision, diff, .. } = applied;
    match (rehearsed, diff.is_empty()) {
        (true, true) => diff.to_string(),
        (true, false) => format!("{diff}\na dry run: nothing was changed"),
        (false, true) => format!("{diff}\nrevision {revision}"),
        (false, false) => format!("{diff}\nin force: revision {revision}"),
    }
}
