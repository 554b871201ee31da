//! What must hold after every step of the simulation. Each check has a name, so that a mutation can say which of them catches it.

use std::collections::{BTreeMap, BTreeSet};

use muster::app::courier::{Address, Outgoing};
use muster::domain::call::Call;
use muster::domain::engagement::{End, FallbackCall, Page, PageState, Paging, Place, Post, PostKind};
use muster::domain::id::{CallId, ChannelId, EngagementId, GuildId, IncidentId, PostId, Root};
use muster::domain::incident::Incident;
use muster::store::{Store, StoreError, call, incident, post, timeline};

use crate::discord::{Message, Ping, direct, open};
use crate::invariants;

/// A check that failed.
#[derive(Debug)]
pub struct Wrong {
    pub check: &'static str,
    pub what: String,
}

pub fn wrong<T>(check: &'static str, what: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { check, what: what.into() })
}

/// An outbox row that is not over.
#[expect(dead_code, reason = "shown where a check fails")]
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Pending {
    pub kind: String,
    pub target: Option<String>,
    pub due_at: i64,
    pub parked_on: Option<String>,
    pub why: Option<String>,
}

/// An incident or a call as it is kept.
struct Kept {
    root: Root,
    name: String,
    paging: Paging,
    incident: Option<Incident>,
    /// Where its posts are, by their receipts.
    receipts: BTreeMap<PostId, post::PostRow>,
    /// The kinds of its timeline.
    facts: Vec<String>,
}

/// What was there at the look before.
#[derive(Default)]
pub struct Known {
    ended: BTreeMap<EngagementId, End>,
    /// Messages up to this call have been looked at.
    seen: u64,
}

/// What a look needs besides the database.
pub struct Scene<'a> {
    pub messages: &'a [Message],
    pub pending: &'a [Pending],
}

impl Known {
    pub async fn check(&mut self, store: &Store, guild: GuildId, scene: &Scene<'_>) -> Result<(), Wrong> {
        invariants::check(store).await.or_else(|what| wrong("invariants", what))?;
        let all = kept(store, guild, scene.messages).await.or_else(|why| wrong("the database", why.to_string()))?;
        let posts = one_message_each(scene.messages)?;
        for kept in &all {
            self.nothing_after_the_answer(kept, scene)?;
            for post in &kept.paging.posts {
                let sent = posts.get(&post.id).copied();
                pinged_as_paged(kept, post, sent)?;
                sent_means_seen(kept, post, sent)?;
                promised(kept, post, scene.pending)?;
                drawn_as_it_is(kept, post, sent, scene.pending)?;
            }
            told_in_the_timeline(kept)?;
            card_as_it_is(kept, scene)?;
            self.remember(kept);
        }
        self.seen = scene.messages.iter().map(|message| message.order).max().unwrap_or(0).max(self.seen);
        Ok(())
    }

    /// No message that rings is newer than the answer to everything that it is about.
    fn nothing_after_the_answer(&self, kept: &Kept, scene: &Scene<'_>) -> Result<(), Wrong> {
        let new =
            scene.messages.iter().filter(|m| m.order > self.seen && m.root == Some(kept.root) && !m.pings.is_empty());
        for message in new {
            let Some(post) = message.post.and_then(|id| kept.paging.post(id)) else { continue };
            let about = kept.paging.about(post);
            if !about.is_empty() && about.iter().all(|id| self.has_ended(&kept.paging, *id)) {
                return wrong("after the answer", format!("{}: {:?} rings {:?}", kept.name, post.kind, message.pings));
            }
        }
        Ok(())
    }

    /// It had ended at the look before, and has since.
    fn has_ended(&self, paging: &Paging, id: EngagementId) -> bool {
        paging.engagement(id).is_some_and(|e| e.end.is_some() && e.end.as_ref() == self.ended.get(&id))
    }

    fn remember(&mut self, kept: &Kept) {
        for engagement in &kept.paging.engagements {
            match &engagement.end {
                Some(end) => drop(self.ended.insert(engagement.id, end.clone())),
                None => drop(self.ended.remove(&engagement.id)),
            }
        }
    }
}

/// Nothing is owed any more: every page was sent, has failed or was not wanted; nothing waits.
pub async fn check_drained(store: &Store, guild: GuildId, scene: &Scene<'_>) -> Result<(), Wrong> {
    let all = kept(store, guild, scene.messages).await.or_else(|why| wrong("the database", why.to_string()))?;
    for kept in &all {
        if let Some(page) = kept.paging.pages.iter().find(|page| page.waits()) {
            return wrong("lost", format!("{}: the page to {} of {} was never sent", kept.name, page.contact, page.at));
        }
        let unsent = |post: &&Post| {
            post.sent.is_none() && matches!(post.kind, PostKind::Fallback { .. }) && kept.paging.open(post)
        };
        if let Some(post) = kept.paging.posts.iter().find(unsent) {
            return lost_call(kept, post);
        }
    }
    match scene.pending.first() {
        Some(pending) => wrong("pending", format!("{} rows wait, such as {pending:?}", scene.pending.len())),
        None => Ok(()),
    }
}

/// A call of the fallback that could not be made is in the timeline.
fn lost_call(kept: &Kept, post: &Post) -> Result<(), Wrong> {
    match kept.facts.iter().any(|kind| kind == "page_failed") {
        true => Ok(()),
        false => wrong("lost", format!("{}: a call of the fallback was never sent: {post:?}", kept.name)),
    }
}

/// One visible message for each page, the card and each line.
fn one_message_each(messages: &[Message]) -> Result<BTreeMap<PostId, &Message>, Wrong> {
    let mut posts = BTreeMap::new();
    for message in messages {
        let Some(post) = message.post else { continue };
        if let Some(other) = posts.insert(post, message) {
            let what = format!("{post} stands as {} ({}) and as {} ({})", other.id, other.at, message.id, message.at);
            return wrong("one message", what);
        }
    }
    let mut cards = BTreeSet::new();
    for message in messages.iter().filter(|message| matches!(message.first, Outgoing::Card(_))) {
        if !cards.insert(&message.nonce) {
            return wrong("one message", format!("the card {} stands twice", message.nonce));
        }
    }
    Ok(posts)
}

/// Whom a message made ring is whom it asks, where it went is where they are.
fn pinged_as_paged(kept: &Kept, post: &Post, sent: Option<&Message>) -> Result<(), Wrong> {
    let Some(message) = sent else { return Ok(()) };
    let pages = || kept.paging.pages_of(post);
    let ping = |page: &Page| Ping::User(page.user);
    let (may, must): (BTreeSet<Ping>, BTreeSet<Ping>) = match &post.kind {
        PostKind::Pages => {
            let asked = pages().filter(|page| matches!(page.state, PageState::Sent { .. }));
            (pages().map(ping).collect(), asked.map(ping).collect())
        }
        PostKind::Fallback { call, .. } => (called(call), BTreeSet::new()),
    };
    let certain = message.tries == 1 && post.sent.is_some();
    if !message.pings.is_subset(&may) || certain && !message.pings.is_superset(&must) {
        return wrong(
            "who rings",
            format!("{}: {:?} for {:?}, paged are {may:?}", kept.name, message.pings, post.kind),
        );
    }
    let right = match (post.place, message.to) {
        (Place::Direct { user }, Address::Dm(to)) => user == to && message.channel == direct(user),
        (Place::Announcement { channel }, Address::Channel(_)) => message.channel == channel,
        (Place::Room, Address::Channel(_)) => true,
        _ => false,
    };
    if right { Ok(()) } else { wrong("where", format!("{}: {post:?} stands in {}", kept.name, message.channel)) }
}

fn called(call: &FallbackCall) -> BTreeSet<Ping> {
    match call {
        FallbackCall::Roles { roles } => roles.iter().map(|role| Ping::Role(*role)).collect(),
        FallbackCall::Person { user } => BTreeSet::from([Ping::User(*user)]),
        FallbackCall::Owner => BTreeSet::from([Ping::Owner]),
    }
}

/// What counts as sent stands in Discord, and its receipt says where.
fn sent_means_seen(kept: &Kept, post: &Post, sent: Option<&Message>) -> Result<(), Wrong> {
    if post.sent.is_none() {
        return Ok(());
    }
    let Some(message) = sent else {
        return wrong("sent and not there", format!("{}: {post:?}", kept.name));
    };
    let receipt = kept.receipts.get(&post.id).and_then(|row| row.channel_id.zip(row.message_id));
    match receipt == Some((message.channel, message.id)) {
        true => Ok(()),
        false => wrong("receipt", format!("{}: {} is {}, kept is {receipt:?}", kept.name, post.id, message.id)),
    }
}

/// Every page that waits has its promise in the outbox, and so has every call of the fallback.
fn promised(kept: &Kept, post: &Post, pending: &[Pending]) -> Result<(), Wrong> {
    let waits = kept.paging.pages_of(post).any(Page::waits);
    let target = post.id.to_string();
    let promise = |row: &&Pending| row.kind == "send_post" && row.target.as_deref() == Some(target.as_str());
    match waits && !pending.iter().any(|row| promise(&row)) {
        true => wrong("promise", format!("{}: nothing will send {post:?}", kept.name)),
        false => Ok(()),
    }
}

/// A message asks for something if and only if it is still to be answered.
fn drawn_as_it_is(kept: &Kept, post: &Post, sent: Option<&Message>, pending: &[Pending]) -> Result<(), Wrong> {
    let target = post.id.to_string();
    let Some(message) = sent.filter(|_| !pending.iter().any(|row| row.target.as_deref() == Some(target.as_str())))
    else {
        return Ok(());
    };
    // A page that was repeated without being wanted by anybody else may stand closed already.
    let shown = open(&message.now);
    if shown && !kept.paging.open(post) {
        return wrong("still asks", format!("{}: {post:?} is over and shows {:?}", kept.name, message.now));
    }
    Ok(())
}

/// Every page that was sent is in the timeline.
fn told_in_the_timeline(kept: &Kept) -> Result<(), Wrong> {
    if kept.incident.is_none() {
        return Ok(());
    }
    let sent = kept.paging.pages.iter().filter(|page| matches!(page.state, PageState::Sent { .. })).count();
    let told = kept.facts.iter().filter(|kind| *kind == "paged").count();
    match told >= sent {
        true => Ok(()),
        false => wrong("timeline", format!("{}: {sent} pages were sent, the timeline knows {told}", kept.name)),
    }
}

/// The card says what is.
fn card_as_it_is(kept: &Kept, scene: &Scene<'_>) -> Result<(), Wrong> {
    let Some(state) = kept.incident.as_ref().filter(|state| state.room.card.posted) else { return Ok(()) };
    let card = state.room.card.post.to_string();
    if scene.pending.iter().any(|row| row.target.as_deref() == Some(card.as_str())) {
        return Ok(());
    }
    let of_ours = |message: &&Message| message.root == Some(kept.root) && matches!(message.now, Outgoing::Card(_));
    let shown = scene.messages.iter().rev().find(of_ours);
    match shown.map(|message| &message.now) {
        Some(Outgoing::Card(card)) if card.status == state.status && card.lead == state.lead => Ok(()),
        Some(Outgoing::Card(card)) => {
            wrong("card", format!("{} is {:?} and its card says {:?}", kept.name, state.status, card.status))
        }
        _ => wrong("card", format!("{}: its card counts as posted and is not there", kept.name)),
    }
}

/// Every incident, and every call that a message is about.
async fn kept(store: &Store, guild: GuildId, messages: &[Message]) -> Result<Vec<Kept>, StoreError> {
    let calls: BTreeSet<CallId> = messages.iter().filter_map(|message| call_of(message.root)).collect();
    store
        .read(move |conn| {
            Box::pin(async move {
                let mut all = Vec::new();
                for number in 1.. {
                    let Some(row) = incident::by_number(conn, guild, number).await? else { break };
                    let receipts = post::of_incident(conn, row.id).await?;
                    let facts = timeline::latest(conn, row.id, i64::MAX, &[]).await?;
                    let facts = facts.into_iter().map(|fact| fact.kind).collect();
                    all.extend(of_incident(row, receipts, facts));
                }
                for id in calls {
                    all.extend(call::peek(conn, id).await?.and_then(of_call));
                }
                // Receipts of calls are read one by one: there are few.
                for kept in all.iter_mut().filter(|kept| kept.incident.is_none()) {
                    for post in &kept.paging.posts {
                        kept.receipts.extend(post::get(conn, post.id).await?.map(|row| (row.id, row)));
                    }
                }
                Ok(all)
            })
        })
        .await
}

fn call_of(root: Option<Root>) -> Option<CallId> {
    match root {
        Some(Root::Call(id)) => Some(id),
        _ => None,
    }
}

fn of_incident(row: incident::IncidentRow, receipts: Vec<post::PostRow>, facts: Vec<String>) -> Option<Kept> {
    let state: Incident = serde_json::from_str(&row.state).ok()?;
    let receipts = receipts.into_iter().map(|row| (row.id, row)).collect();
    let (root, name, paging) = (Root::Incident(state.id), format!("INC-{}", state.number), state.paging.clone());
    Some(Kept { root, name, paging, incident: Some(state), receipts, facts })
}

fn of_call(row: call::CallRow) -> Option<Kept> {
    let state: Call = serde_json::from_str(&row.state).ok()?;
    let (root, name) = (Root::Call(state.id), format!("call {}", state.id));
    let (receipts, facts) = (BTreeMap::new(), Vec::new());
    Some(Kept { root, name, paging: state.paging, incident: None, receipts, facts })
}

/// Everything that a person's or an alert's request could have changed, as one number each.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Print {
    incidents: i64,
    calls: i64,
    facts: i64,
    rows: i64,
    seen: i64,
    mutes: i64,
}

impl Print {
    pub const SQL: &'static str = "SELECT
        (SELECT COALESCE(SUM(version), 0) FROM incident) AS incidents,
        (SELECT COALESCE(SUM(version), 0) FROM call) AS calls,
        (SELECT COALESCE(SUM(count), 0) FROM timeline) AS facts,
        (SELECT COUNT(*) + 1000 * COUNT(*) FILTER (WHERE state = 'pending') FROM outbox) AS rows,
        (SELECT COUNT(*) FROM seen) AS seen,
        (SELECT COUNT(*) FROM mute) AS mutes";
}

/// The incidents there are, by number: id, room.
pub async fn incidents(store: &Store, guild: GuildId) -> Vec<(IncidentId, Option<ChannelId>)> {
    let found = store.read(move |conn| {
        Box::pin(async move {
            let mut found = Vec::new();
            while let Some(row) = incident::by_number(conn, guild, found.len() as i64 + 1).await? {
                found.push((row.id, row.channel_id));
            }
            Ok::<_, StoreError>(found)
        })
    });
    found.await.unwrap_or_default()
}
