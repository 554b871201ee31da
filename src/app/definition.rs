//! Definitions, `/config …`: `apply(documents, by) → diff`, the one path for the command line, commands, menus and forms. All of it or nothing.

use super::desk::Done;
use super::fault::Stop;
use super::request::Request;
use super::{App, Fault};
use crate::definitions::{self, Diff, Problem, Source};
use crate::domain::definition::{Kind, Set};
use crate::domain::id::{GuildId, MessageId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::snowflake;
use crate::store::definition::Change;
use crate::store::{Tx, audit, definition, guild, source};

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {}

impl Ask {
    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        match *self {}
    }
}

/// What an apply did.
#[derive(Debug, Clone)]
pub struct Applied {
    pub revision: i64,
    pub diff: Diff,
    pub warnings: Vec<Problem>,
}

/// Why an apply did nothing.
#[derive(Debug)]
pub enum NotApplied {
    /// What the documents say is wrong.
    Wrong(Vec<Problem>),
    Failed(Fault),
}

/// What to apply, for whom.
#[derive(Debug, Clone)]
pub struct Apply {
    pub guild: GuildId,
    pub sources: Vec<Source>,
    /// Remove what is not in the documents.
    pub prune: bool,
    pub by: Option<UserId>,
    /// `cli` or `chat`.
    pub via: &'static str,
}

impl App {
    pub(super) async fn config(&self, _request: Request, ask: Ask) -> Result<Done, Stop> {
        match ask {}
    }

    /// Reads, checks and puts documents in force: within a second in every running bot.
    ///
    /// # Errors
    /// Everything that is wrong, with file, line and field; then nothing has changed.
    pub async fn apply(&self, apply: Apply) -> Result<Applied, NotApplied> {
        let app = self.clone();
        let documents = definitions::parse(&apply.sources).map_err(NotApplied::Wrong)?;
        let applied =
            self.store().write(move |tx| Box::pin(async move { app.apply_with(tx, &apply, &documents).await }));
        match applied.await {
            Ok(Ok(applied)) => Ok(applied),
            Ok(Err(problems)) => Err(NotApplied::Wrong(problems)),
            Err(stop) => {
                self.forget_sets();
                let stop: Stop = stop;
                Err(NotApplied::Failed(stop.fault("apply the definitions")))
            }
        }
    }

    async fn apply_with(
        &self,
        tx: &mut Tx,
        apply: &Apply,
        documents: &[definitions::Document],
    ) -> Result<Result<Applied, Vec<Problem>>, Stop> {
        // Applies of one guild follow one another: the lock comes before the reading.
        guild::load_state(tx, apply.guild).await?;
        let revision = guild::revision(tx, apply.guild).await?;
        let old = self.set(tx, apply.guild, revision).await?;
        let new = definitions::merged(&old, documents, apply.prune);
        let now = self.now();
        let mut checked = definitions::check(&new, &|name| (self.0.secrets)(name), now);
        checked.problems.extend(definitions::unresolved(&new));
        if !checked.problems.is_empty() {
            definitions::locate(&mut checked.problems, documents);
            return Ok(Err(checked.problems));
        }
        definitions::locate(&mut checked.warnings, documents);
        let diff = definitions::diff(&old, &new);
        let warnings = checked.warnings;
        if diff.is_empty() {
            return Ok(Ok(Applied { revision, diff, warnings }));
        }
        let changes = changes(&diff, &new);
        let revision = definition::record(tx, apply.guild, &changes, apply.by, now, apply.via).await?;
        start_sources(tx, apply.guild, &new, now).await?;
        self.audit(tx, apply, &changes, &old, now).await?;
        Ok(Ok(Applied { revision, diff, warnings }))
    }

    async fn audit(
        &self,
        tx: &mut Tx,
        apply: &Apply,
        changes: &[Change],
        old: &Set,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let mut mint = self.mint(now);
        for change in changes {
            let kind = Kind::from_word(&change.kind);
            let before = kind.zip(Name::parse(&change.name).ok()).and_then(|(kind, name)| old.get(kind, &name));
            let entry = audit::AuditRow {
                id: mint.id(),
                guild_id: apply.guild,
                at: now,
                by_user: apply.by,
                via: apply.via.to_owned(),
                what: if change.spec.is_some() { "apply" } else { "remove" }.to_owned(),
                subject: format!("{} {}", change.kind, change.name),
                old: before.map(definitions::to_json),
                new: change.spec.clone(),
            };
            audit::add(tx, &entry).await?;
        }
        Ok(())
    }

    /// The definitions of a guild that are in force.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn in_force(&self, guild: GuildId) -> Result<std::sync::Arc<Set>, Fault> {
        let app = self.clone();
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let revision = guild::revision(conn, guild).await?;
                app.set(conn, guild, revision).await
            })
        });
        found.await.map_err(|stop: Stop| stop.fault("read the definitions"))
    }
}

fn changes(diff: &Diff, new: &Set) -> Vec<Change> {
    let written =
        diff.added.iter().cloned().chain(diff.changed.iter().map(|changed| (changed.kind, changed.name.clone())));
    let spec = |kind: Kind, name: &Name| new.get(kind, name).map(definitions::to_json);
    let change = |(kind, name): (Kind, Name)| Change {
        kind: kind.word().to_owned(),
        name: name.to_string(),
        spec: spec(kind, &name),
    };
    written.chain(diff.removed.iter().cloned()).map(change).collect()
}

/// A new source starts at its first apply: what was said before is not read. `advance` never goes back.
async fn start_sources(tx: &mut Tx, guild: GuildId, new: &Set, now: Timestamp) -> Result<(), Stop> {
    let known = source::all(tx, guild).await?;
    for (name, spec) in new.alert_sources() {
        let Some(channel) = spec.channel.as_ref().and_then(Ref::id) else { continue };
        let started = known.iter().any(|mark| mark.source == name.as_str() && mark.channel_id == channel);
        if !started {
            source::advance(tx, guild, name.as_str(), channel, MessageId(snowflake::at(now))).await?;
        }
    }
    Ok(())
}
