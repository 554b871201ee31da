//! Loads what a decision needs: the incident, and the facts around it, in the transaction of the decision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::App;
use super::fault::Stop;
use super::save::GuildState;
use crate::definitions;
use crate::domain::definition::{Kind, Set};
use crate::domain::facts::{Facts, Revision};
use crate::domain::id::{GuildId, IncidentId};
use crate::domain::incident::Incident;
use crate::domain::name::Name;
use crate::domain::schedule::Override;
use crate::store::{Conn, Tx, contact, definition, guild, incident, schedule};

/// Sets of definitions that are kept in memory; immutable, so only their number is a matter.
const SETS_MAX: usize = 64;

impl App {
    /// The incident with its row; locked until the transaction ends.
    pub(super) async fn load(tx: &mut Tx, id: IncidentId) -> Result<Option<(incident::IncidentRow, Incident)>, Stop> {
        let Some(row) = incident::load(tx, id).await? else { return Ok(None) };
        let state = read_state(&row)?;
        Ok(Some((row, state)))
    }

    /// Facts for a decision about an incident, or (with none) about a new one.
    pub(super) async fn facts(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        incident: Option<&Incident>,
    ) -> Result<Facts, Stop> {
        self.facts_at(conn, guild, incident.map(revisions).unwrap_or_default()).await
    }

    /// Facts for a decision about what was frozen at these revisions.
    pub(super) async fn facts_at(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        revisions: BTreeSet<Revision>,
    ) -> Result<Facts, Stop> {
        let revision = guild::revision(conn, guild).await?;
        let live = self.set(conn, guild, revision).await?;
        let mut frozen = BTreeMap::new();
        for revision in revisions {
            frozen.insert(revision, self.set(conn, guild, revision).await?);
        }
        let newcomers = self.newcomers(conn, guild, &live, &frozen).await?;
        let state = GuildState::read(guild::state(conn, guild).await?);
        let unverified = self.unverified(conn, guild, &live).await?;
        Ok(Facts {
            unverified,
            live,
            frozen,
            newcomers,
            overrides: overrides(conn, guild).await?,
            muted: self.muted(conn, guild).await?,
            gone: state.gone,
            outage: self.outage(),
            outside: self.ways_outside(),
        })
    }

    /// The definitions of a guild as of a revision.
    pub(super) async fn set(&self, conn: &mut Conn, guild: GuildId, revision: Revision) -> Result<Arc<Set>, Stop> {
        let known = self.sets().get(&(guild, revision)).cloned();
        if let Some(set) = known {
            return Ok(set);
        }
        let mut set = Set::default();
        for row in definition::in_force(conn, guild, Some(revision)).await? {
            let unreadable = |why: String| Stop::Unreadable { what: "a definition of guild", id: guild.0 as i64, why };
            let kind = Kind::from_word(&row.kind).ok_or_else(|| unreadable(format!("no kind {}", row.kind)))?;
            let name = Name::parse(&row.name).map_err(|why| unreadable(why.to_string()))?;
            let Some(spec) = row.spec else { continue };
            let spec = definitions::from_json(kind, &spec).map_err(|why| unreadable(why.to_string()))?;
            set.insert(name, spec);
        }
        let set = Arc::new(set);
        let mut sets = self.sets();
        if sets.len() >= SETS_MAX {
            sets.clear();
        }
        sets.insert((guild, revision), set.clone());
        Ok(set)
    }

    /// A failed commit may have left a revision behind that never was.
    pub(super) fn forget_sets(&self) {
        self.sets().clear();
    }

    fn sets(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<(GuildId, Revision), Arc<Set>>> {
        self.0.sets.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Contacts that are in force now and were not when some frozen set was: their first version (ENGAGEMENT 23).
    async fn newcomers(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        live: &Set,
        frozen: &BTreeMap<Revision, Arc<Set>>,
    ) -> Result<BTreeMap<Name, crate::domain::contact::Contact>, Stop> {
        let missing = |name: &&Name| frozen.values().any(|set| set.contact(name).is_none());
        let names: Vec<Name> = live.contacts().map(|(name, _)| name).filter(missing).cloned().collect();
        let mut newcomers = BTreeMap::new();
        for name in names {
            let first = definition::first_version(conn, guild, Kind::Contact.word(), name.as_str()).await?;
            let spec = first.and_then(|row| row.spec).and_then(|spec| serde_json::from_str(&spec).ok());
            if let Some(contact) = spec {
                newcomers.insert(name, contact);
            }
        }
        Ok(newcomers)
    }

    async fn muted(&self, conn: &mut Conn, guild: GuildId) -> Result<BTreeSet<(Name, String)>, Stop> {
        let now = self.now();
        let mutes = contact::mutes(conn, guild).await?;
        let in_force = mutes.into_iter().filter(|mute| mute.until_at.is_none_or(|until| until > now));
        Ok(in_force.filter_map(|mute| Some((Name::parse(&mute.contact).ok()?, mute.channel))).collect())
    }
}

/// The state in an incident's row.
pub(super) fn read_state(row: &incident::IncidentRow) -> Result<Incident, Stop> {
    serde_json::from_str(&row.state).map_err(|why| Stop::Unreadable {
        what: "the state of incident",
        id: row.id.0,
        why: why.to_string(),
    })
}

fn revisions(incident: &Incident) -> BTreeSet<Revision> {
    let engagements = incident.paging.engagements.iter().map(|engagement| engagement.revision);
    engagements.chain([incident.revision]).collect()
}

async fn overrides(conn: &mut Conn, guild: GuildId) -> Result<BTreeMap<Name, Vec<Override>>, Stop> {
    let mut by_schedule: BTreeMap<Name, Vec<Override>> = BTreeMap::new();
    for row in schedule::overrides(conn, guild).await? {
        let (Ok(name), Ok(contacts)) = (Name::parse(&row.schedule), serde_json::from_str(&row.contacts)) else {
            continue;
        };
        by_schedule.entry(name).or_default().push(Override {
            id: row.id,
            rotation: row.rotation,
            from: row.from_at,
            until: row.until_at,
            contacts,
            created_at: row.created_at,
        });
    }
    Ok(by_schedule)
}
