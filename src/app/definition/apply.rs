//! `apply(documents, by) → diff`: the one path on which set-up changes, for the command line, commands, menus and forms. All of
//! it or nothing.

use std::sync::Arc;

use crate::app::fault::Stop;
use crate::app::oncall::standing;
use crate::app::verify::{Author, note_addresses};
use crate::app::{App, Fault};
use crate::definitions::{self, Around, Diff, Document, Problem, Proposal, Reviewed, Source};
use crate::domain::contact::Contact;
use crate::domain::definition::{Kind, Set, Spec};
use crate::domain::facts::Revision;
use crate::domain::id::{GuildId, MessageId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::snowflake;
use crate::domain::survey::Survey;
use crate::store::definition::Change;
use crate::store::{Conn, Tx, audit, contact, definition, guild, source};

/// What an apply did, or would do.
#[derive(Debug, Clone)]
pub struct Applied {
    /// In force now.
    pub revision: Revision,
    pub diff: Diff,
    pub warnings: Vec<Problem>,
    /// What others have changed since [`Apply::since`] and this changes too.
    pub overtaken: Vec<Overtaken>,
}

/// Somebody else was faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overtaken {
    pub kind: Kind,
    pub name: Name,
    /// None: the operator, on the host.
    pub by: Option<UserId>,
}

/// Why an apply did nothing.
#[derive(Debug)]
pub enum NotApplied {
    /// What the documents say is wrong.
    Wrong(Vec<Problem>),
    /// It would not do what [`Apply::expect`] says, but this.
    Other(Box<Applied>),
    Failed(Fault),
}

/// Why it cannot be done as it is.
#[derive(Debug)]
pub(in crate::app) enum Unfit {
    Wrong(Vec<Problem>),
    Other(Box<Applied>),
}

impl From<Unfit> for NotApplied {
    fn from(unfit: Unfit) -> NotApplied {
        match unfit {
            Unfit::Wrong(problems) => NotApplied::Wrong(problems),
            Unfit::Other(applied) => NotApplied::Other(applied),
        }
    }
}

/// What to apply, for whom.
#[derive(Debug, Clone)]
pub struct Apply {
    pub guild: GuildId,
    /// As somebody wrote them.
    pub sources: Vec<Source>,
    /// As a command made them.
    pub specs: Vec<(Name, Spec)>,
    pub remove: Vec<(Kind, Name)>,
    /// Remove what is neither in the sources nor in the specs.
    pub prune: bool,
    pub by: Option<UserId>,
    /// `cli`, `chat` or `setup`.
    pub via: &'static str,
    /// Resolves names; without it, they are refused.
    pub seen: Seen,
    /// What was in force when somebody began to write.
    pub since: Option<Revision>,
    /// Do this and nothing else: what was shown and agreed to.
    pub expect: Option<Diff>,
    /// Say what it would do; write nothing.
    pub dry_run: bool,
}

/// What is known of the guild.
#[derive(Debug, Clone, Default)]
pub enum Seen {
    Survey(Arc<Survey>),
    /// Discord could not be asked; says why, after "and".
    Not(String),
    /// Nobody tried.
    #[default]
    Unasked,
}

impl Apply {
    /// Nothing yet.
    pub fn new(guild: GuildId, by: Option<UserId>, via: &'static str) -> Apply {
        Apply {
            guild,
            sources: Vec::new(),
            specs: Vec::new(),
            remove: Vec::new(),
            prune: false,
            by,
            via,
            seen: Seen::Unasked,
            since: None,
            expect: None,
            dry_run: false,
        }
    }

    fn proposal(&self) -> Result<Proposal, Vec<Problem>> {
        let mut documents = match self.sources.is_empty() {
            true => Vec::new(),
            false => definitions::parse(&self.sources)?,
        };
        documents.extend(self.specs.iter().map(|(name, spec)| Document::made(name.clone(), spec.clone())));
        Ok(Proposal { documents, remove: self.remove.clone(), prune: self.prune })
    }
}

impl Seen {
    fn survey(&self) -> Option<&Survey> {
        match self {
            Seen::Survey(survey) => Some(survey),
            Seen::Not(_) | Seen::Unasked => None,
        }
    }

    fn why_not(&self) -> Option<&str> {
        match self {
            Seen::Not(why) => Some(why),
            Seen::Survey(_) | Seen::Unasked => None,
        }
    }
}

/// What an apply by a person is called, and one of guided set-up.
const IN_CHAT: &str = "chat";
const IN_SETUP: &str = "setup";

/// What an apply would do, what is in force and what would be.
struct Looked {
    applied: Applied,
    old: Arc<Set>,
    new: Set,
    /// All that it names, whether that changes or not.
    written: Vec<(Kind, Name)>,
}

impl App {
    /// Reads, checks and puts definitions in force: within a second in every running bot.
    ///
    /// # Errors
    /// Everything that is wrong, with file, line and field; then nothing has changed.
    pub async fn apply(&self, apply: Apply) -> Result<Applied, NotApplied> {
        let app = self.clone();
        let done = match apply.dry_run {
            true => self.rehearse(apply).await,
            false => self.store().write(move |tx| Box::pin(async move { app.apply_in(tx, &apply).await })).await,
        };
        match done {
            Ok(done) => done.map_err(NotApplied::from),
            Err(stop) => {
                self.forget_sets();
                Err(NotApplied::Failed(stop.fault("apply the definitions")))
            }
        }
    }

    /// What an apply would do. Writes nothing, and waits for no other apply.
    pub(in crate::app) async fn rehearse(&self, apply: Apply) -> Result<Result<Applied, Unfit>, Stop> {
        let app = self.clone();
        let reviewed = self.store().read(move |conn| Box::pin(async move { app.reviewed(conn, &apply).await }));
        Ok(reviewed.await?.map(|reviewed| reviewed.applied))
    }

    /// The same in a transaction of the caller's, whose other writes stand or fall with it: what is refused wrote nothing.
    pub(in crate::app) async fn apply_in(&self, tx: &mut Tx, apply: &Apply) -> Result<Result<Applied, Unfit>, Stop> {
        // Applies of one guild follow one another: the lock comes before the reading.
        guild::load_state(tx, apply.guild).await?;
        let Looked { mut applied, old, new, written } = match self.reviewed(tx, apply).await? {
            Ok(looked) => looked,
            Err(unfit) => return Ok(Err(unfit)),
        };
        if apply.dry_run {
            return Ok(Ok(applied));
        }
        let author = match apply.via {
            IN_CHAT => Author::Person,
            IN_SETUP => Author::Setup,
            _ => Author::Operator { written: &written },
        };
        note_addresses(tx, apply.guild, (&old, &new), author).await?;
        if applied.diff.is_empty() {
            return Ok(Ok(applied));
        }
        let now = self.now();
        let changes = changes(&applied.diff, &new);
        applied.revision = definition::record(tx, apply.guild, &changes, apply.by, now, apply.via).await?;
        start_sources(tx, apply.guild, &new, now).await?;
        forget_mutes(tx, apply.guild, &old, &new).await?;
        self.note_apply(tx, apply, &changes, &old, now).await?;
        self.schedules_applied(tx, apply.guild, &changes).await?;
        Ok(Ok(applied))
    }

    async fn reviewed(&self, conn: &mut Conn, apply: &Apply) -> Result<Result<Looked, Unfit>, Stop> {
        let revision = guild::revision(conn, apply.guild).await?;
        let old = self.set(conn, apply.guild, revision).await?;
        let proposal = match apply.proposal() {
            Ok(proposal) => proposal,
            Err(problems) => return Ok(Err(Unfit::Wrong(problems))),
        };
        let written = touched(&proposal);
        let secrets = &self.0.secrets;
        let overrides = standing(conn, apply.guild, self.now()).await?;
        let around = Around { guild: apply.seen.survey(), secrets: &**secrets, now: self.now(), overrides: &overrides };
        let Reviewed { set, diff, warnings, names } =
            match definitions::review(&old, proposal, around, apply.seen.why_not()) {
                Ok(reviewed) => reviewed,
                Err(problems) => return Ok(Err(Unfit::Wrong(problems))),
            };
        if !names.is_empty() {
            return Ok(Err(Unfit::Wrong(names)));
        }
        let overtaken = self.overtaken(conn, apply, &old, &written).await?;
        let applied = Applied { revision, diff, warnings, overtaken };
        match apply.expect.as_ref().is_none_or(|expected| *expected == applied.diff) {
            true => Ok(Ok(Looked { applied, old, new: set, written })),
            false => Ok(Err(Unfit::Other(Box::new(applied)))),
        }
    }

    /// Who has changed the same since the person began.
    async fn overtaken(
        &self,
        conn: &mut Conn,
        apply: &Apply,
        now: &Set,
        touched: &[(Kind, Name)],
    ) -> Result<Vec<Overtaken>, Stop> {
        let Some(since) = apply.since else { return Ok(Vec::new()) };
        let then = self.set(conn, apply.guild, since).await?;
        let mut overtaken = Vec::new();
        for (kind, name) in touched {
            if then.get(*kind, name) != now.get(*kind, name) {
                let newest = definition::history(conn, apply.guild, kind.word(), name.as_str(), 1).await?;
                let by = newest.first().and_then(|row| row.definition.applied_by);
                overtaken.push(Overtaken { kind: *kind, name: name.clone(), by });
            }
        }
        Ok(overtaken)
    }

    async fn note_apply(
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
    pub async fn in_force(&self, guild: GuildId) -> Result<Arc<Set>, Fault> {
        let found = self.newest(guild).await;
        found.map(|(_, set)| set).map_err(|stop| stop.fault("read the definitions"))
    }

    /// The definitions in force, and the apply that made them so.
    pub(in crate::app) async fn newest(&self, guild: GuildId) -> Result<(Revision, Arc<Set>), Stop> {
        let app = self.clone();
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let revision = guild::revision(conn, guild).await?;
                Ok((revision, app.set(conn, guild, revision).await?))
            })
        });
        found.await
    }
}

fn touched(proposal: &Proposal) -> Vec<(Kind, Name)> {
    let written = proposal.documents.iter().map(|document| (document.kind, document.name.clone()));
    written.chain(proposal.remove.iter().cloned()).collect()
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

/// A mute is a person's: it goes with them when the contact is removed, or is somebody else from now on.
async fn forget_mutes(tx: &mut Tx, guild: GuildId, old: &Set, new: &Set) -> Result<(), Stop> {
    for (name, was) in old.contacts() {
        if new.contact(name).map(Contact::user) != Some(was.user()) {
            contact::forget_mutes(tx, guild, name.as_str()).await?;
        }
    }
    Ok(())
}
