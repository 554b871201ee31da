//! What is more than a step of one incident: marked as a duplicate of another, deleted for good. Each is one transaction.

use super::desk::{Done, allow};
use super::facts::read_state;
use super::fault::Stop;
use super::request::{Request, Which};
use super::save::INCIDENT;
use super::{App, answer};
use crate::domain::effect::Effect;
use crate::domain::id::IncidentId;
use crate::domain::incident::{self, Incident, Merged, Side, Status};
use crate::domain::permission::Act;
use crate::domain::refusal::Refusal;
use crate::store::{Conn, Tx, audit, dedupe, guild, incident as incidents, seen, wake};

/// How far a chain of duplicates is followed; each link was made by a person.
const CHAIN_MAX: usize = 20;

impl App {
    /// Marks an incident as a duplicate of another; without the other, asks which it is.
    pub(super) async fn duplicate(&self, request: Request, which: Which, of: Option<Which>) -> Result<Done, Stop> {
        let app = self.clone();
        let done =
            self.store().write(move |tx| Box::pin(async move { app.duplicate_in(tx, &request, which, of).await }));
        done.await
    }

    async fn duplicate_in(
        &self,
        tx: &mut Tx,
        request: &Request,
        which: Which,
        of: Option<Which>,
    ) -> Result<Done, Stop> {
        if !seen::first(tx, &request.key, self.now()).await? {
            return Ok(Done::Nothing);
        }
        let root = match of {
            Some(of) => self.find(tx, request, of).await?,
            None => None,
        };
        let Some(found) = self.find(tx, request, which).await? else {
            let fits = |state: &Incident| {
                root.as_ref().is_none_or(|root| incident::check_merge(state, root, root.number).is_ok())
            };
            return self.choices(tx, request, fits).await;
        };
        match root {
            Some(root) => self.merge(tx, request, found.id, root.id).await,
            None => self.offer_roots(tx, request, &found).await,
        }
    }

    /// Of which one? Those that it could be a duplicate of.
    async fn offer_roots(&self, tx: &mut Tx, request: &Request, state: &Incident) -> Result<Done, Stop> {
        let facts = self.facts(tx, request.guild, Some(state)).await?;
        allow(Act::Resolve, &request.by, state.part_of(&request.by, &facts), &facts)?;
        let fits = |root: &Incident| incident::check_merge(state, root, root.number).is_ok();
        if state.status.over() {
            return Err(Refusal::Over { number: state.number, status: state.status }.into());
        }
        match self.choices(tx, request, fits).await {
            Ok(Done::AskWhich(options)) => Ok(Done::Say(answer::offer_roots(state, options))),
            Err(Stop::Refused(Refusal::NoSuchIncident { .. })) => {
                Err(Refusal::NothingToMergeWith { number: state.number }.into())
            }
            other => other,
        }
    }

    async fn merge(&self, tx: &mut Tx, request: &Request, id: IncidentId, root: IncidentId) -> Result<Done, Stop> {
        // Alerts of the guild wait meanwhile: none may be heard between two owners of its key.
        guild::load_state(tx, request.guild).await?;
        let (first, second) = (App::load(tx, id.min(root)).await?, App::load(tx, id.max(root)).await?);
        let (Some(first), Some(second)) = (first, second) else { return Err(Refusal::StaleButton.into()) };
        let (duplicate, root) = if id <= root { (first, second) } else { (second, first) };
        let facts = self.facts(tx, request.guild, Some(&duplicate.1)).await?;
        let root_facts = self.facts(tx, request.guild, Some(&root.1)).await?;
        let end = end_of_chain(tx, &root.1).await?;
        let now = self.now();
        let Merged { duplicate: merged, root: into } = incident::merge(
            Side { incident: &duplicate.1, facts: &facts, mint: self.mint(now) },
            Side { incident: &root.1, facts: &root_facts, mint: self.mint(now) },
            end,
            &request.by,
            now,
        )?;
        dedupe::hand_over(tx, merged.incident.id, into.incident.id).await?;
        self.save_step(tx, (&root.0, &root.1), &into).await?;
        self.save_step(tx, (&duplicate.0, &duplicate.1), &merged).await?;
        Ok(Done::Incident(Box::new(merged)))
    }

    /// Deletes an incident for good: the person has said yes.
    pub(super) async fn delete(&self, request: Request, which: Which) -> Result<Done, Stop> {
        let app = self.clone();
        self.store().write(move |tx| Box::pin(async move { app.delete_in(tx, &request, which).await })).await
    }

    async fn delete_in(&self, tx: &mut Tx, request: &Request, which: Which) -> Result<Done, Stop> {
        if !seen::first(tx, &request.key, self.now()).await? {
            return Ok(Done::Nothing);
        }
        let found = self.find(tx, request, which).await?.ok_or(Refusal::StaleButton)?;
        let (_, state) = App::load(tx, found.id).await?.ok_or(Refusal::StaleButton)?;
        let facts = self.facts(tx, request.guild, Some(&state)).await?;
        let deletion = state.delete(&request.by, &facts)?;
        let now = self.now();
        wake::set(tx, INCIDENT, state.id.0, None).await?;
        incidents::delete(tx, state.id).await?;
        let entry = audit::AuditRow {
            id: self.mint(now).id(),
            guild_id: request.guild,
            at: now,
            by_user: Some(request.by.user),
            via: "chat".to_owned(),
            what: "delete".to_owned(),
            subject: format!("incident INC-{}", state.number),
            // What it was about is deleted with it.
            old: Some(format!("{}, opened {}", state.status.word(), state.opened_at.format("%Y-%m-%d %H:%M UTC"))),
            new: None,
        };
        audit::add(tx, &entry).await?;
        if let Some(channel) = deletion.room {
            let effect = Effect::DeleteRoom { channel, number: Some(state.number) };
            self.put_for_guild(tx, request.guild, &effect, now).await?;
        }
        Ok(Done::Say(answer::deleted(state.number, deletion.room.is_some())))
    }
}

/// The number of the incident in which a chain of duplicates goes on.
async fn end_of_chain(conn: &mut Conn, from: &Incident) -> Result<i64, Stop> {
    let mut end = from.clone();
    for _ in 0..CHAIN_MAX {
        let Some(root) = end.duplicate_of.filter(|_| end.status == Status::Duplicate) else { break };
        let Some(row) = incidents::peek(conn, root.id).await? else { return Ok(root.number) };
        end = read_state(&row)?;
    }
    Ok(end.number)
}
