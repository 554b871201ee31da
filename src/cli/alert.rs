//! `muster alert`: how messages of a sender are read. Opens nothing, writes nothing.

use anyhow::anyhow;
use muster::alerts::Reader;
use muster::config::Config;
use muster::domain::alert::{Alert, NoteKind, Reading, State};
use muster::domain::definition::{Kind, Set};
use muster::domain::id::GuildId;
use muster::domain::name::Name;
use muster::domain::source::{AlertSource, Preset};

use super::{Alert as Args, Ended, desk, files, message, served, show};

pub async fn run(args: Args) -> Result<(), Ended> {
    let files = files::read(&args.files)?;
    let source = match args.source.zip(args.guild) {
        Some((name, guild)) => stored(guild, &name).await?,
        None => any_sender(),
    };
    let reader = Reader::new(&source).map_err(anyhow::Error::from)?;
    let mut strange = 0;
    for file in &files {
        let reading = reader.read(&message::parse(file)?);
        strange += usize::from(reading == Reading::Unrecognised);
        show::result(&format!("{}: {}", file.file, told(&reading)));
    }
    match strange {
        0 => Ok(()),
        _ => {
            Err(anyhow!("{strange} of {} messages: nothing recognises them; a rule of the source can", files.len())
                .into())
        }
    }
}

/// A source of the server, as it is in force.
async fn stored(guild: GuildId, name: &Name) -> Result<AlertSource, Ended> {
    let config = Config::read()?;
    served(&config, guild)?;
    let app = desk(&config).await?;
    let set = app.in_force(guild).await;
    app.store().close().await;
    let set = set.map_err(anyhow::Error::from)?;
    let found = set.alert_source(name).cloned();
    Ok(found.ok_or_else(|| anyhow!("server {guild} has no alert source `{name}`; it has {}", sources(&set)))?)
}

fn sources(set: &Set) -> String {
    let names: Vec<&str> = set.alert_sources().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() { format!("none: define one, with kind: {}", Kind::AlertSource) } else { names.join(", ") }
}

/// Every sender that is known, and no rules.
fn any_sender() -> AlertSource {
    AlertSource {
        preset: Some(Preset::Auto),
        channel: None,
        author: None,
        sqs: None,
        mode: Default::default(),
        unrecognised: Default::default(),
        response_plan: Name::parse("none").expect("a short lower-case word is a name"),
        impact: Default::default(),
        routes: Vec::new(),
        rules: Vec::new(),
        storm: None,
        flapping: None,
        catch_up: muster::domain::source::CATCH_UP,
    }
}

fn told(reading: &Reading) -> String {
    match reading {
        Reading::Alert(alert) => format!("an alert{}", told_alert(alert)),
        Reading::Test(alert) => format!("a test of the sender{}", told_alert(alert)),
        Reading::Note(NoteKind::Update) => "an update, which opens nothing".to_owned(),
        Reading::Note(NoteKind::Maintenance) => "a note about maintenance, which opens nothing".to_owned(),
        Reading::Note(NoteKind::Info) => "an information, which opens nothing".to_owned(),
        Reading::Unrecognised => "not recognised".to_owned(),
    }
}

fn told_alert(alert: &Alert) -> String {
    let mut lines = vec![format!("title: {}", alert.title), format!("key: {}", alert.key)];
    lines.extend(alert.severity.iter().map(|severity| format!("severity: {severity}")));
    lines.extend(alert.url.iter().map(|url| format!("url: {url}")));
    lines.extend(alert.labels.iter().map(|(name, value)| format!("label {name}: {value}")));
    lines.extend(alert.annotations.iter().map(|(name, value)| format!("annotation {name}: {value}")));
    lines.extend(alert.instances.iter().map(|instance| {
        let state = match instance.state {
            State::Firing => "firing",
            State::Resolved => "recovered",
        };
        format!("{state}: {} ({})", instance.title, instance.key)
    }));
    lines.extend(alert.truncated.then(|| "the message does not name all of the group".to_owned()));
    lines.extend(alert.all_resolved.then(|| "all of the group has recovered".to_owned()));
    lines.iter().map(|line| format!("\n  {}", shown(line))).collect()
}

/// Without control characters: a message must not steer the terminal.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
