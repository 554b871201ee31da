//! Schedules: looked at again at each change of who is on call, by the hour where a role is kept in sync, and whenever their set-up
//! changes. Never decides who is on call: `domain::schedule` does.

use std::sync::Arc;

use super::fault::Stop;
use super::outbox::Lane;
use super::{App, Fault};
use crate::domain::definition::{Kind, Set};
use crate::domain::effect::Effect;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, OutboxId, RoleId, ScheduleId, UserId};
use crate::domain::name::Name;
use crate::domain::schedule::Override;
use crate::domain::schedule::duty::{self, Around, Duty, Sync};
use crate::store::definition::Change;
use crate::store::{StoreError, Tx, guild as guilds, oncall, outbox, wake};

/// The noun of schedules in the wake table.
pub const SCHEDULE: &str = "schedule";

/// Why a schedule is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// Its time has come.
    Time,
    Definition,
    /// Whoever changed who is on call: that is said in its own words, and is no hand-off as well.
    Override,
}

impl App {
    /// The definitions in force in a guild, and the overrides of one of its schedules.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn rota(&self, guild: GuildId, schedule: &Name) -> Result<(Arc<Set>, Vec<Override>), Fault> {
        let app = self.clone();
        let read = self.store().read(move |conn| Box::pin(async move { app.facts(conn, guild, None).await }));
        let mut facts = read.await.map_err(|stop: Stop| stop.fault("read a schedule"))?;
        Ok((facts.live, facts.overrides.remove(schedule).unwrap_or_default()))
    }

    /// The guilds that have definitions, or had some.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn guilds(&self) -> Result<Vec<GuildId>, Fault> {
        let read = self.store().read(|conn| Box::pin(async move { guilds::revisions(conn).await }));
        let known = read.await.map_err(|why: StoreError| Fault::new("look for servers", why))?;
        Ok(known.into_iter().filter(|(_, revision)| *revision > 0).map(|(guild, _)| guild).collect())
    }

    /// At the start: schedules of a database that an earlier version wrote are remembered from now on. One server whose definitions
    /// cannot be read keeps nobody from being paged: that is logged, and tried again at its next apply or the next start.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn take_up_schedules(&self) -> Result<(), Fault> {
        for guild in self.guilds().await? {
            let app = self.clone();
            let done = self.store().write(move |tx| {
                Box::pin(async move {
                    // An apply beside us remembers them too.
                    guilds::load_state(tx, guild).await?;
                    let facts = app.facts(tx, guild, None).await?;
                    app.remember_schedules(tx, guild, &facts).await
                })
            });
            if let Err(stop) = done.await {
                let fault = Stop::fault(stop, "take up the schedules");
                tracing::error!(%fault, %guild, "schedules are not followed");
            }
        }
        Ok(())
    }

    /// Its overrides have changed, in this transaction.
    pub(super) async fn schedule_changed(&self, tx: &mut Tx, guild: GuildId, schedule: &Name) -> Result<(), Stop> {
        let facts = self.facts(tx, guild, None).await?;
        match oncall::load_named(tx, guild, schedule.as_str()).await? {
            Some(row) => self.look_at(tx, &row, &facts, Occasion::Override).await,
            None => self.remember_schedules(tx, guild, &facts).await,
        }
    }

    /// Definitions have changed, in this transaction: schedules come, go, and are looked at where it may be about them.
    pub(super) async fn schedules_applied(&self, tx: &mut Tx, guild: GuildId, changes: &[Change]) -> Result<(), Stop> {
        let touches = |kind: Kind, name: Option<&str>| {
            changes.iter().any(|one| one.kind == kind.word() && name.is_none_or(|name| one.name == name))
        };
        let people = touches(Kind::Contact, None);
        if !people && !touches(Kind::Schedule, None) {
            return Ok(());
        }
        let facts = self.facts(tx, guild, None).await?;
        for row in oncall::all(tx, guild).await? {
            if people || touches(Kind::Schedule, Some(&row.schedule)) {
                self.look_at(tx, &row, &facts, Occasion::Definition).await?;
            }
        }
        self.remember_schedules(tx, guild, &facts).await
    }

    /// Begins to remember those that are new.
    async fn remember_schedules(&self, tx: &mut Tx, guild: GuildId, facts: &Facts) -> Result<(), Stop> {
        let known = oncall::all(tx, guild).await?;
        for (name, _) in facts.live.schedules() {
            if known.iter().any(|row| row.schedule == name.as_str()) {
                continue;
            }
            let id = ScheduleId(self.mint(self.now()).id());
            let row = oncall::OncallRow { id, guild_id: guild, schedule: name.to_string(), state: String::new() };
            oncall::insert(tx, &row).await?;
            self.look_at(tx, &row, facts, Occasion::Definition).await?;
        }
        Ok(())
    }

    /// A deadline has come: look at the schedule again.
    ///
    /// # Errors
    /// A fault of the store; the claim runs out and somebody looks again.
    pub async fn tick_schedule(&self, id: ScheduleId) -> Result<(), Fault> {
        let app = self.clone();
        let ticked = self.store().write(move |tx| {
            Box::pin(async move {
                let Some(row) = oncall::load(tx, id).await? else {
                    return Ok(wake::set(tx, SCHEDULE, id.0, None).await?);
                };
                let facts = app.facts(tx, row.guild_id, None).await?;
                app.look_at(tx, &row, &facts, Occasion::Time).await
            })
        });
        ticked.await.map_err(|stop: Stop| stop.fault("look at a schedule again"))
    }

    /// Looks, and saves what came of it.
    async fn look_at(
        &self,
        tx: &mut Tx,
        row: &oncall::OncallRow,
        facts: &Facts,
        occasion: Occasion,
    ) -> Result<(), Stop> {
        let changed = occasion != Occasion::Time;
        let now = self.now();
        let old = read(row);
        let name = Name::parse(&row.schedule).ok();
        let overrides = name.as_ref().and_then(|name| facts.overrides.get(name)).map_or(&[][..], Vec::as_slice);
        let schedule = name.as_ref().and_then(|name| facts.live.schedule(name));
        let user = |name: &Name| facts.live.contact(name).and_then(crate::domain::contact::Contact::user);
        let looked = duty::look(old.as_ref(), &Around { schedule, overrides, user: &user, now, changed });
        for Sync { role, leaving } in looked.syncs {
            // One of each schedule waits at a time: they may share a role.
            let target = format!("role:{role}:{}", row.id);
            self.ask_for(tx, row.guild_id, &Effect::SyncRole { role, leaving }, Some(target)).await?;
        }
        let announces = schedule.is_some_and(|schedule| schedule.announce.is_some());
        if looked.told && announces && occasion != Occasion::Override {
            self.ask_for(tx, row.guild_id, &Effect::HandOff { schedule: row.id, at: now }, None).await?;
        }
        if schedule.is_none() {
            wake::set(tx, SCHEDULE, row.id.0, None).await?;
            return Ok(oncall::delete(tx, row.id).await?);
        }
        if old.as_ref() != Some(&looked.duty) {
            oncall::save(tx, row.id, &write(row.id, &looked.duty)?).await?;
        }
        Ok(wake::set(tx, SCHEDULE, row.id.0, looked.duty.next_deadline()).await?)
    }

    async fn ask_for(&self, tx: &mut Tx, guild: GuildId, effect: &Effect, target: Option<String>) -> Result<(), Stop> {
        let now = self.now();
        let row = outbox::NewRow {
            id: OutboxId(self.mint(now).id()),
            guild_id: guild,
            root: None,
            lane: Lane::Normal.number(),
            kind: effect.word().to_owned(),
            target,
            payload: serde_json::to_string(effect).unwrap_or_default(),
            created_at: now,
            due_at: now,
            parked_on: None,
        };
        outbox::put(tx, &row).await?;
        Ok(())
    }

    /// What came of putting a role in order: who has lost it, or `why` it could not be. Said once, until it can again; tried again by the hour.
    pub(super) async fn role_synced(
        &self,
        tx: &mut Tx,
        guild: GuildId,
        (role, left): (RoleId, &[UserId]),
        why: Option<&str>,
    ) -> Result<(), Stop> {
        let mut said = false;
        for row in oncall::all(tx, guild).await? {
            let Some(found) = read(&row) else { continue };
            let news = found.role == Some(role) && found.refused.is_some() != why.is_some();
            said |= found.role == Some(role) && found.refused.is_some();
            if !news && !found.waits_for(role, left) {
                continue;
            }
            let Some(row) = oncall::load(tx, row.id).await? else { continue };
            let mut duty = read(&row).unwrap_or_default();
            duty.left(role, left);
            if news {
                duty.refused = why.map(str::to_owned);
            }
            oncall::save(tx, row.id, &write(row.id, &duty)?).await?;
            if news && why.is_some() && !said {
                said = true;
                self.ask_for(tx, guild, &Effect::RoleRefused { schedule: row.id }, None).await?;
            }
        }
        Ok(())
    }
}

/// The state in a schedule's row; none: it is new. One that this version cannot read counts as new: what it loses is one notice.
pub(super) fn read(row: &oncall::OncallRow) -> Option<Duty> {
    if row.state.is_empty() {
        return None;
    }
    let unreadable = |why: &serde_json::Error| {
        tracing::error!(schedule = row.id.0, %why, "what is remembered of a schedule cannot be read: it begins anew");
    };
    serde_json::from_str(&row.state).inspect_err(unreadable).ok()
}

fn write(id: ScheduleId, duty: &Duty) -> Result<String, Stop> {
    let unwritable =
        |why: serde_json::Error| Stop::Unreadable { what: "the new state of schedule", id: id.0, why: why.to_string() };
    serde_json::to_string(duty).map_err(unwritable)
}
