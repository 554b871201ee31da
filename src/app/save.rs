//! One save: state, timeline, posts, keys, outbox and wake, in one transaction. Nothing of a step is kept anywhere else.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::App;
use super::fault::Stop;
use super::outbox::Lane;
use crate::domain::effect::Effect;
use crate::domain::engagement::{Paging, Place, Post, PostKind};
use crate::domain::id::{GuildId, IncidentId, Mint, OutboxId, PostId, Root, Timestamp, UserId};
use crate::domain::incident::{Incident, Outcome};
use crate::domain::timeline::Event;
use crate::store::{Tx, dedupe, incident, outbox, post, receipt, timeline, wake};

/// The noun of incidents in the wake table.
pub const INCIDENT: &str = "incident";
/// How long what needs the room may stay parked; the room itself gives up before that.
pub(super) const PARKED_FOR: TimeDelta = TimeDelta::seconds(45);
/// How long pages let the card go first, once the room is there.
const CARD_FIRST: TimeDelta = TimeDelta::seconds(2);
/// Card edits wait this long, so that what happens together is drawn once.
pub(super) const CARD_SETTLES: TimeDelta = TimeDelta::milliseconds(300);
/// Titles and sources are indexed columns; what they hold is the state's.
const KIND_PAGES: &str = "pages";

/// What is kept of a guild outside its definitions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct GuildState {
    /// People who left: their pages fail at once.
    pub gone: BTreeSet<UserId>,
    /// Who declared when, for the limit on declarations.
    pub declared: Vec<(UserId, Timestamp)>,
    /// When an unrecognised message last opened an incident, by source.
    pub unrecognised: std::collections::BTreeMap<String, Timestamp>,
    /// Who called somebody by hand when, for the limit on that.
    pub paged: Vec<(UserId, Timestamp)>,
    /// When the server was told what to do next.
    pub greeted: Option<Timestamp>,
}

impl GuildState {
    pub(super) fn read(text: Option<String>) -> GuildState {
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl App {
    /// Saves a new incident.
    pub(super) async fn save_new(&self, tx: &mut Tx, outcome: &Outcome, key: Option<&str>) -> Result<(), Stop> {
        let state = &outcome.incident;
        incident::insert(tx, &row(state, 1)?).await?;
        if let Some(key) = key {
            dedupe::claim(tx, state.guild, key, state.id).await?;
        }
        insert_card(tx, state).await?;
        self.save_rest(tx, None, outcome).await
    }

    /// Saves a step of an incident that `load` locked.
    pub(super) async fn save_step(
        &self,
        tx: &mut Tx,
        before: (&incident::IncidentRow, &Incident),
        outcome: &Outcome,
    ) -> Result<(), Stop> {
        let (old_row, old) = before;
        let state = &outcome.incident;
        incident::save(tx, &row(state, old_row.version)?, old_row.version).await?;
        match (old.over_at, state.over_at) {
            (None, Some(over_at)) => drop(dedupe::close(tx, state.id, over_at).await?),
            (Some(_), None) => drop(dedupe::reopen(tx, state.id).await?),
            _ => {}
        }
        if old.room.card.post != state.room.card.post {
            insert_card(tx, state).await?;
        }
        self.save_rest(tx, Some(old), outcome).await
    }

    async fn save_rest(&self, tx: &mut Tx, old: Option<&Incident>, outcome: &Outcome) -> Result<(), Stop> {
        let state = &outcome.incident;
        let known = old.map_or(0, |old| old.paging.posts.len());
        for post in state.paging.posts.iter().skip(known) {
            insert_page(tx, Root::Incident(state.id), &state.paging, post).await?;
        }
        for event in &outcome.events {
            save_event(tx, state.id, event).await?;
        }
        let now = outcome.events.first().map_or_else(|| self.now(), |event| event.written_at);
        let mut mint = self.mint(now);
        for effect in &outcome.effects {
            ask(tx, state, effect, now, &mut mint).await?;
        }
        wake::set(tx, INCIDENT, state.id.0, state.next_deadline()).await?;
        Ok(())
    }
}

/// The indexed columns and the state of an incident.
fn row(state: &Incident, version: i64) -> Result<incident::IncidentRow, Stop> {
    let text = serde_json::to_string(state).map_err(|why| Stop::Unreadable {
        what: "the new state of incident",
        id: state.id.0,
        why: why.to_string(),
    })?;
    let source = match &state.origin {
        crate::domain::incident::Origin::Alert { source, .. } => Some(source.to_string()),
        crate::domain::incident::Origin::Person { .. } => None,
    };
    Ok(incident::IncidentRow {
        id: state.id,
        guild_id: state.guild,
        number: state.number,
        status: state.status.word().to_owned(),
        impact: i64::from(state.impact.number()),
        title: state.title.clone(),
        plan: state.plan.as_ref().map(|plan| plan.name.to_string()),
        source,
        // Where commands mean this incident: only in a room of its own.
        channel_id: state.room.own(),
        drill: state.drill,
        private: state.private,
        opened_at: state.opened_at,
        over_at: state.over_at,
        version,
        state: text,
    })
}

/// Writes down that a page, or a call for the fallback, is to be sent.
pub(super) async fn insert_page(tx: &mut Tx, root: Root, paging: &Paging, post: &Post) -> Result<(), Stop> {
    let kind = if post.kind == PostKind::Pages { KIND_PAGES } else { "fallback" };
    let pages: Vec<i64> = post.pages.iter().map(|page| page.0).collect();
    let code = post.code();
    let user_id = paging.pages_of(post).map(|page| page.user).next().filter(|_| code.is_some());
    let row = post::PostRow {
        id: post.id,
        root,
        kind: kind.to_owned(),
        channel_id: None,
        message_id: None,
        sent_at: None,
        pages: serde_json::to_string(&pages).unwrap_or_default(),
        code,
        user_id,
    };
    Ok(post::insert(tx, &row).await?)
}

async fn insert_card(tx: &mut Tx, state: &Incident) -> Result<(), Stop> {
    insert_shown(tx, Root::Incident(state.id), state.room.card.post, "card").await
}

/// Writes down that the card of an incident or a call is to be sent.
pub(super) async fn insert_shown(tx: &mut Tx, root: Root, id: PostId, kind: &str) -> Result<(), Stop> {
    let row = post::PostRow {
        id,
        root,
        kind: kind.to_owned(),
        channel_id: None,
        message_id: None,
        sent_at: None,
        pages: "[]".to_owned(),
        code: None,
        user_id: None,
    };
    Ok(post::insert(tx, &row).await?)
}

async fn save_event(tx: &mut Tx, incident: IncidentId, event: &Event) -> Result<(), Stop> {
    let repeat_key = event.fact.repeat_key();
    if let Some(key) = &repeat_key
        && timeline::repeat(tx, incident, key, event.at).await?
    {
        return Ok(());
    }
    let row = timeline::EventRow {
        id: event.id,
        incident_id: incident,
        kind: event.fact.kind(),
        at: event.at,
        written_at: event.written_at,
        by_user: event.by,
        data: serde_json::to_string(&event.fact).unwrap_or_default(),
        count: 1,
        repeat_key,
    };
    Ok(timeline::add(tx, &row).await?)
}

/// Writes an effect into the outbox: a promise, from here on.
async fn ask(tx: &mut Tx, state: &Incident, effect: &Effect, now: Timestamp, mint: &mut Mint) -> Result<(), Stop> {
    let (room, card) = (format!("room:{}", state.id), format!("card:{}", state.room.card.post));
    let no_room = state.room.site.is_none();
    let no_card = !state.room.card.posted;
    let (lane, target, parked_on, due_at) = match effect {
        Effect::RoomReady => return room_ready(tx, state, &room, now).await,
        Effect::OpenRoom { how } => (Lane::Page, Some(format!("{room}:{how:?}")), None, now),
        Effect::PostCard { post } => (Lane::Page, Some(post.to_string()), None, now),
        Effect::SendPost { post } => {
            let waits = no_room && needs_room(state, *post);
            (Lane::Page, Some(post.to_string()), waits.then_some(room), now)
        }
        // Outside Discord there is nothing to draw anew; what rings there stops.
        Effect::RedrawPost { post } if state.paging.is_outside(*post) => {
            return Ok(receipt::hurry(tx, *post, now).await?);
        }
        Effect::RedrawPost { post } => (Lane::Normal, Some(post.to_string()), None, now),
        Effect::PinCard { post } => (Lane::Normal, Some(post.to_string()), None, now),
        Effect::UpdateCard { post } => (Lane::Normal, Some(post.to_string()), None, now + CARD_SETTLES),
        Effect::Line { .. } | Effect::SuggestResolve { .. } => {
            (Lane::Normal, None, (no_room || no_card).then_some(card), now)
        }
        // The announcement links the room.
        Effect::Announce { .. } => (Lane::Normal, None, no_room.then(|| door(state)), now),
        Effect::React { .. }
        | Effect::Answer { .. }
        | Effect::Welcome { .. }
        | Effect::Alarm { .. }
        | Effect::DeleteRoom { .. }
        | Effect::OfferCover { .. }
        | Effect::RedrawCover { .. }
        | Effect::CoverUntaken { .. }
        | Effect::OnCall { .. }
        | Effect::HandOff { .. }
        | Effect::SyncRole { .. }
        | Effect::RoleRefused { .. } => (Lane::Normal, None, None, now),
    };
    let due_at = if parked_on.is_some() { now + PARKED_FOR } else { due_at };
    put(tx, of(state), effect, (lane, target, parked_on, due_at), now, mint).await
}

/// Lane, target, what it is parked on, when it is due.
type Slot = (Lane, Option<String>, Option<String>, Timestamp);

pub(super) async fn put(
    tx: &mut Tx,
    owner: (GuildId, Root),
    effect: &Effect,
    slot: Slot,
    now: Timestamp,
    mint: &mut Mint,
) -> Result<(), Stop> {
    let (lane, target, parked_on, due_at) = slot;
    let row = outbox::NewRow {
        id: OutboxId(mint.id()),
        guild_id: owner.0,
        root: Some(owner.1),
        lane: lane.number(),
        kind: effect.word().to_owned(),
        target,
        payload: serde_json::to_string(effect).unwrap_or_default(),
        created_at: now,
        due_at,
        parked_on,
    };
    outbox::put(tx, &row).await?;
    Ok(())
}

fn of(state: &Incident) -> (GuildId, Root) {
    (state.guild, Root::Incident(state.id))
}

/// The room is there: its pages go after the card, or in two seconds.
async fn room_ready(tx: &mut Tx, state: &Incident, room: &str, now: Timestamp) -> Result<(), Stop> {
    let with_card = state.room.channel().is_some() && !state.room.card.posted;
    let at = if with_card { now + CARD_FIRST } else { now };
    outbox::release(tx, room, not_before(state, at)).await?;
    outbox::release(tx, &door(state), now).await?;
    Ok(())
}

/// No page of an incident that stands still goes before that is over.
fn not_before(state: &Incident, at: Timestamp) -> Timestamp {
    state.stands_until.map_or(at, |until| at.max(until))
}

/// What waits for the room only to link it.
fn door(state: &Incident) -> String {
    format!("door:{}", state.id)
}

impl App {
    /// The card is posted: lines may follow, and pages that let it go first go now.
    pub(super) async fn after_card(&self, tx: &mut Tx, state: &Incident, now: Timestamp) -> Result<(), Stop> {
        outbox::release(tx, &format!("card:{}", state.room.card.post), now).await?;
        let mut mint = self.mint(now);
        let waiting = state.paging.posts.iter().filter(|post| post.sent.is_none() && post.place == Place::Room);
        for post in waiting.filter(|post| state.paging.open(post) && any_queued(state, post)) {
            let effect = Effect::SendPost { post: post.id };
            let due_at = not_before(state, now);
            put(tx, of(state), &effect, (Lane::Page, Some(post.id.to_string()), None, due_at), now, &mut mint).await?;
        }
        Ok(())
    }
}

/// Asks once more for a post whose row is gone; whichever row carries it, Discord drops the second.
pub(super) async fn ask_again(
    tx: &mut Tx,
    owner: (GuildId, Root),
    post: PostId,
    now: Timestamp,
    mint: &mut Mint,
) -> Result<(), Stop> {
    let slot = (Lane::Page, Some(post.to_string()), None, now);
    put(tx, owner, &Effect::SendPost { post }, slot, now, mint).await
}

fn any_queued(state: &Incident, post: &Post) -> bool {
    matches!(post.kind, PostKind::Fallback { .. }) || state.paging.pages_of(post).any(|page| page.waits())
}

fn needs_room(state: &Incident, post: PostId) -> bool {
    state.paging.post(post).is_some_and(|post| post.place == Place::Room)
}
