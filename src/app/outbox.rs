//! The way out: claims what is due, draws it from the state as it is now, and takes down what came of it.

use std::time::Duration;

use chrono::TimeDelta;

use super::courier::{Address, Delivery, Miss, Outgoing, Receipt, RoomPlan, What};
use super::facts::read_state;
use super::fault::Stop;
use super::{App, Fault, draw};
use crate::domain::contact::Way;
use crate::domain::effect::{Effect, RoomKind, SourceNote};
use crate::domain::engagement::{Place, Post};
use crate::domain::id::{ChannelId, IncidentId, MessageId, PageId, PostId, Timestamp};
use crate::domain::incident::{Incident, Input};
use crate::domain::reference::Ref;
use crate::domain::timeline::Unreached;
use crate::store::{Conn, Tx, incident, outbox, post, timeline};
use crate::words;

/// How long a claimed row is ours: longer than any delivery may take, so that nobody does it at the same time.
const LEASE: TimeDelta = TimeDelta::seconds(90);
/// Waits between tries of a row, by attempt; the last one stays.
const BACKOFF_S: [i64; 6] = [1, 2, 5, 10, 20, 30];
/// How long something that is not a page is tried before it is given up: nobody waits for an old line.
const DECORATION_FOR: TimeDelta = TimeDelta::hours(6);

/// The two lanes of the outbox: no card edit, storm or rate limit of another route delays a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    Page,
    Normal,
}

impl Lane {
    pub const ALL: [Lane; 2] = [Lane::Page, Lane::Normal];

    pub(super) fn number(self) -> i64 {
        match self {
            Lane::Page => 0,
            Lane::Normal => 1,
        }
    }
}

/// A claimed row: one promise to be kept now.
#[derive(Debug, Clone)]
pub struct Work {
    row: outbox::OutboxRow,
    effect: Effect,
    /// Pages that it asks of their people, once it is drawn.
    asks: Vec<PageId>,
}

impl Work {
    /// Works of one incident go out in order; those of others beside them.
    pub fn room(&self) -> Option<IncidentId> {
        self.row.incident_id
    }

    pub fn due_at(&self) -> Timestamp {
        self.row.due_at
    }

    pub fn kind(&self) -> &str {
        &self.row.kind
    }
}

/// What is to be done about a claimed row.
#[derive(Debug)]
pub enum Prepared {
    Deliver(Box<Delivery>),
    /// Not wanted any more: taken down already.
    Dropped,
}

/// What drawing a row came to.
enum Drawn {
    Send(What),
    /// Nothing is to be sent; this is what the incident is told, if anything.
    Drop(Option<Input>),
}

impl App {
    /// Claims up to `limit` rows of a lane that are due.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn claim(&self, lane: Lane, limit: i64) -> Result<Vec<Work>, Fault> {
        let now = self.now();
        let claimed = self
            .store()
            .write(move |tx| Box::pin(async move { outbox::claim(tx, now, lane.number(), now + LEASE, limit).await }));
        let rows = claimed.await.map_err(|why| Fault::new("claim deliveries", why))?;
        Ok(rows.into_iter().filter_map(read_work).collect())
    }

    /// When the lane has something to do next.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn next_delivery(&self, lane: Lane) -> Result<Option<Timestamp>, Fault> {
        let found = self.store().read(move |conn| Box::pin(async move { outbox::next_due(conn, lane.number()).await }));
        found.await.map_err(|why| Fault::new("look for deliveries", why))
    }

    /// Draws a row from the state as it is now; what nobody wants any more is taken down as not sent.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn prepare(&self, work: &mut Work) -> Result<Prepared, Fault> {
        let drawn = self.draw(work).await.map_err(|stop| stop.fault("draw a delivery"))?;
        match drawn {
            Drawn::Send(what) => {
                work.asks = what.asks();
                let age = (self.now() - work.row.created_at).to_std().unwrap_or(Duration::ZERO);
                Ok(Prepared::Deliver(Box::new(Delivery {
                    guild: work.row.guild_id,
                    incident: work.row.incident_id,
                    attempt: work.row.attempts,
                    age,
                    what,
                })))
            }
            Drawn::Drop(told) => {
                self.finish(work, Ending::Done(None), told).await?;
                Ok(Prepared::Dropped)
            }
        }
    }

    async fn draw(&self, work: &Work) -> Result<Drawn, Stop> {
        let app = self.clone();
        let work = work.clone();
        self.store().read(move |conn| Box::pin(async move { app.draw_with(conn, &work).await })).await
    }

    async fn draw_with(&self, conn: &mut Conn, work: &Work) -> Result<Drawn, Stop> {
        let incident = match work.row.incident_id {
            Some(id) => incident::peek(conn, id).await?.map(|row| read_state(&row)).transpose()?,
            None => None,
        };
        let nothing = Ok(Drawn::Drop(None));
        match (&work.effect, &incident) {
            (Effect::React { channel, message, sign }, _) => {
                Ok(Drawn::Send(What::React { channel: *channel, message_id: *message, sign: *sign }))
            }
            (Effect::Answer { channel, event, .. }, _) => Ok(Drawn::Send(self.answer(work, *channel, event))),
            (Effect::DeleteRoom { channel, number }, _) => {
                Ok(Drawn::Send(What::DeleteRoom { channel: *channel, number: *number }))
            }
            (effect, Some(state)) => self.draw_of(conn, work, effect, state).await,
            _ => nothing,
        }
    }

    async fn draw_of(&self, conn: &mut Conn, work: &Work, effect: &Effect, state: &Incident) -> Result<Drawn, Stop> {
        let nonce = || format!("{}o{}", self.0.salt, base36(work.row.id.0));
        match effect {
            Effect::OpenRoom { how } => self.draw_room(conn, *how, state).await,
            Effect::PostCard { post } => self.draw_card(conn, state, *post).await,
            Effect::UpdateCard { post } => self.draw_card_edit(conn, state, *post).await,
            Effect::PinCard { post } => Ok(match sent_at(conn, *post).await? {
                Some((channel, message_id)) => Drawn::Send(What::Pin { channel, message_id }),
                None => Drawn::Drop(None),
            }),
            Effect::SendPost { post } => self.draw_post(conn, state, *post).await,
            Effect::RedrawPost { post } => self.draw_post_edit(conn, state, *post).await,
            Effect::Line { event } | Effect::SuggestResolve { event } => {
                let line = timeline::get(conn, *event).await?.and_then(|row| draw::event(&row));
                let suggests = matches!(effect, Effect::SuggestResolve { .. });
                let message = line.and_then(|event| draw::line(state, &event, suggests));
                Ok(match message.zip(state.room.channel()) {
                    Some((message, room)) => send(Address::Channel(room), message, nonce()),
                    None => Drawn::Drop(None),
                })
            }
            Effect::Announce { event, channel } => {
                let said = timeline::get(conn, *event).await?.and_then(|row| draw::event(&row));
                let message = said.map(|event| draw::announcement(state, &event));
                // Where the announcement channel is the room itself, its line has said it.
                let elsewhere = state.room.channel() != Some(*channel);
                Ok(match message.filter(|_| elsewhere) {
                    Some(message) => send(Address::Channel(*channel), message, nonce()),
                    None => Drawn::Drop(None),
                })
            }
            Effect::RoomReady | Effect::React { .. } | Effect::Answer { .. } | Effect::DeleteRoom { .. } => {
                Ok(Drawn::Drop(None))
            }
        }
    }

    fn answer(&self, work: &Work, channel: ChannelId, note: &SourceNote) -> What {
        let nonce = format!("{}o{}", self.0.salt, base36(work.row.id.0));
        let message = Outgoing::Line { text: words::source_note(note), controls: Vec::new() };
        What::Send { to: Address::Channel(channel), message, nonce }
    }

    async fn draw_room(&self, conn: &mut Conn, how: RoomKind, state: &Incident) -> Result<Drawn, Stop> {
        if state.room.trying.is_none_or(|trying| trying.kind != how) {
            return Ok(Drawn::Drop(None));
        }
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let settings = facts.live.settings();
        let home = state.home(&settings);
        let parent = home.announce.first().copied().or(state.alerts.first.map(|first| first.channel));
        if how == RoomKind::Thread && parent.is_none() {
            let why = "there is no announcement channel to make a thread in".to_owned();
            return Ok(Drawn::Drop(Some(Input::RoomFailed { kind: how, why })));
        }
        let own = state.plan.as_ref().and_then(|plan| plan.spec.channel.roles.clone());
        let roles = own.unwrap_or_else(|| settings.roles.responder.clone());
        Ok(Drawn::Send(What::OpenRoom(RoomPlan {
            kind: how,
            incident: state.id,
            number: state.number,
            title: state.title.clone(),
            private: state.private,
            drill: state.drill,
            category: settings.incident_category.as_ref().and_then(Ref::id),
            roles: roles.iter().filter_map(Ref::id).collect(),
            people: draw::engaged_people(state),
            parent,
            marker: format!("muster:{}:{}", self.0.salt, base36(state.id.0)),
        })))
    }

    async fn draw_card(&self, conn: &mut Conn, state: &Incident, post: PostId) -> Result<Drawn, Stop> {
        let Some(room) = state.room.channel().filter(|_| state.room.card.post == post) else {
            return Ok(Drawn::Drop(None));
        };
        if state.room.card.posted {
            return Ok(Drawn::Drop(None));
        }
        let card = self.card(conn, state).await?;
        Ok(send(Address::Channel(room), card, self.post_nonce(post)))
    }

    async fn draw_card_edit(&self, conn: &mut Conn, state: &Incident, post: PostId) -> Result<Drawn, Stop> {
        let Some((channel, message_id)) = sent_at(conn, post).await?.filter(|_| state.room.card.post == post) else {
            return Ok(Drawn::Drop(None));
        };
        let message = self.card(conn, state).await?;
        Ok(Drawn::Send(What::Edit { channel, message_id, message }))
    }

    async fn card(&self, conn: &mut Conn, state: &Incident) -> Result<Outgoing, Stop> {
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let silent = draw::silent_kinds();
        let silent: Vec<&str> = silent.iter().map(String::as_str).collect();
        let latest = timeline::latest(conn, state.id, draw::CARD_EVENTS, &silent).await?;
        let now = self.now();
        Ok(Outgoing::Card(Box::new(draw::card(state, &facts, self.mint(now), &latest, now))))
    }

    /// A page, or a fallback's call, if it is still wanted.
    async fn draw_post(&self, conn: &mut Conn, state: &Incident, id: PostId) -> Result<Drawn, Stop> {
        let Some(post) = state.paging.post(id).filter(|post| post.sent.is_none()) else {
            return Ok(Drawn::Drop(None));
        };
        // One that may be out already is sent once more, closed and without a ping: the same nonce finds it, and it is drawn anew.
        if !state.paging.open(post) && !post.unsure {
            return Ok(Drawn::Drop(Some(Input::PostWithdrawn { post: id })));
        }
        let to = match post.place {
            Place::Direct { user } => Address::Dm(user),
            Place::Outside => return Ok(outside(state, post)),
            Place::Room | Place::Announcement { .. } => match state.place_of(post.place) {
                Some(channel) => Address::Channel(channel),
                None => return Ok(Drawn::Drop(Some(Input::PostFailed { post: id, why: Unreached::NoRoom }))),
            },
        };
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let now = self.now();
        let message = draw::post(state, post, &facts, self.mint(now), now);
        Ok(send(to, message, self.post_nonce(id)))
    }

    async fn draw_post_edit(&self, conn: &mut Conn, state: &Incident, id: PostId) -> Result<Drawn, Stop> {
        let (Some(post), Some((channel, message_id))) = (state.paging.post(id), sent_at(conn, id).await?) else {
            return Ok(Drawn::Drop(None));
        };
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let now = self.now();
        let message = draw::post(state, post, &facts, self.mint(now), now);
        Ok(Drawn::Send(What::Edit { channel, message_id, message }))
    }

    /// The same for every try at a post, whichever row carries it: Discord drops the second.
    fn post_nonce(&self, post: PostId) -> String {
        format!("{}p{}", self.0.salt, base36(post.0))
    }

    /// Takes down what came of a delivery, and tells the incident.
    ///
    /// # Errors
    /// A fault of the store: the row stays ours until its lease ends, and is delivered again with the same nonce.
    pub async fn record(&self, work: &Work, told: Result<Receipt, Miss>) -> Result<(), Fault> {
        match told {
            Ok(receipt) => {
                let input = self.receipt_input(work, &receipt);
                self.finish(work, Ending::Done(message_of(&receipt)), input).await
            }
            Err(Miss::Retry { after, why }) if self.may_retry(work) => {
                let after = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or(backoff(work));
                self.finish(work, Ending::Retry(self.now() + after, why), None).await
            }
            Err(Miss::Unsure { why }) if self.may_retry(work) => {
                let unsure = match &work.effect {
                    Effect::SendPost { post } => Some(Input::PostUnsure { post: *post }),
                    _ => None,
                };
                self.finish(work, Ending::Retry(self.now() + backoff(work), why), unsure).await
            }
            Err(miss) => {
                let (input, why) = miss_input(work, miss);
                tracing::warn!(kind = work.kind(), incident = ?work.row.incident_id, why, "a delivery has failed for good");
                self.finish(work, Ending::Failed(why), input).await
            }
        }
    }

    /// Pages are tried as long as they are wanted; the rest not for ever.
    fn may_retry(&self, work: &Work) -> bool {
        work.row.lane == Lane::Page.number() || self.now() - work.row.created_at < DECORATION_FOR
    }

    fn receipt_input(&self, work: &Work, receipt: &Receipt) -> Option<Input> {
        match (&work.effect, receipt) {
            (Effect::OpenRoom { how }, Receipt::Room { channel }) => {
                Some(Input::RoomMade { kind: *how, channel: *channel })
            }
            (Effect::PostCard { .. }, _) => Some(Input::CardPosted),
            (Effect::SendPost { post }, Receipt::Message { failed, .. }) => {
                Some(Input::PostSent { post: *post, asked: work.asks.clone(), failed: failed.clone() })
            }
            (Effect::SendPost { post }, _) => {
                Some(Input::PostSent { post: *post, asked: work.asks.clone(), failed: Vec::new() })
            }
            _ => None,
        }
    }

    /// Ends a row and tells the incident, in one transaction.
    async fn finish(&self, work: &Work, ending: Ending, told: Option<Input>) -> Result<(), Fault> {
        let app = self.clone();
        let work = work.clone();
        let done =
            self.store().write(move |tx| Box::pin(async move { app.finish_with(tx, &work, ending, told).await }));
        done.await.map_err(|stop: Stop| stop.fault("take down a delivery"))
    }

    async fn finish_with(&self, tx: &mut Tx, work: &Work, ending: Ending, told: Option<Input>) -> Result<(), Stop> {
        let (id, fence) = (work.row.id, work.row.fence);
        let held = match &ending {
            Ending::Done(_) => outbox::done(tx, id, fence).await?,
            Ending::Retry(due, why) => outbox::retry(tx, id, fence, *due, why).await?,
            Ending::Failed(why) => outbox::fail(tx, id, fence, why).await?,
        };
        if !held {
            // Somebody else has claimed it since: their report counts. Or its incident was deleted.
            return self.forsaken(tx, work, told).await;
        }
        if let (Ending::Done(Some((channel, message))), Some(post)) = (&ending, posted(&work.effect)) {
            post::receipt(tx, post, *channel, *message, self.now()).await?;
        }
        let Some((incident, input)) = work.row.incident_id.zip(told) else {
            return self.card_given_up(tx, work, &ending).await;
        };
        let carded = matches!(input, Input::CardPosted);
        let outcome = self.change(tx, incident, input).await?;
        if let Some(outcome) = outcome.filter(|_| carded) {
            self.after_card(tx, &outcome.incident, self.now()).await?;
        }
        Ok(())
    }

    /// A room that was made for an incident which was deleted meanwhile is nobody's.
    async fn forsaken(&self, tx: &mut Tx, work: &Work, told: Option<Input>) -> Result<(), Stop> {
        let (Some(Input::RoomMade { channel, .. }), Some(id)) = (told, work.row.incident_id) else { return Ok(()) };
        if incident::peek(tx, id).await?.is_some() {
            return Ok(());
        }
        let effect = Effect::DeleteRoom { channel, number: None };
        self.put_for_guild(tx, work.row.guild_id, &effect, self.now()).await
    }

    /// A card that cannot be posted keeps nothing else back.
    async fn card_given_up(&self, tx: &mut Tx, work: &Work, ending: &Ending) -> Result<(), Stop> {
        if let (Effect::PostCard { post }, Ending::Failed(_)) = (&work.effect, ending) {
            outbox::release(tx, &format!("card:{post}"), self.now()).await?;
        }
        Ok(())
    }

    /// Rows that were parked too long are let go: what has no room by then is dropped when it is drawn.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn free_parked(&self) -> Result<usize, Fault> {
        let now = self.now();
        let app = self.clone();
        let freed = self.store().write(move |tx| {
            Box::pin(async move {
                let stopped = outbox::stop_parked_due(tx, now, "its room was not made in time", PARKED_BATCH).await?;
                let works: Vec<Work> = stopped.into_iter().filter_map(read_work).collect();
                for work in &works {
                    match app.unpark(tx, work).await {
                        // One incident that cannot be read keeps nobody else's pages back.
                        Err(stop @ Stop::Unreadable { .. }) => {
                            let fault = stop.fault("free a parked page");
                            tracing::error!(%fault, incident = ?work.room(), "a page is lost with its incident");
                        }
                        freed => freed?,
                    }
                }
                Ok(works.len())
            })
        });
        freed.await.map_err(|stop: Stop| stop.fault("free parked deliveries"))
    }

    /// A page that waited for its room in vain has failed, and moves on.
    async fn unpark(&self, tx: &mut Tx, work: &Work) -> Result<(), Stop> {
        let (Effect::SendPost { post }, Some(id)) = (&work.effect, work.row.incident_id) else { return Ok(()) };
        let told = Input::PostFailed { post: *post, why: Unreached::NoRoom };
        self.change(tx, id, told).await.map(drop)
    }
}

/// Parked rows that are let go at once.
const PARKED_BATCH: i64 = 100;

/// What an incident is told of a delivery that has failed for good, and why for the log.
fn miss_input(work: &Work, miss: Miss) -> (Option<Input>, String) {
    let (unreached, why) = match &miss {
        Miss::Retry { why, .. } | Miss::Unsure { why } => (Unreached::Rejected, why.clone()),
        Miss::Never { why, detail } => (*why, detail.clone()),
        Miss::NobodyReached(_) => (Unreached::NoAccess, "nobody in it can be reached".to_owned()),
        Miss::Lost { detail } => (Unreached::Rejected, detail.clone()),
    };
    let input = match (&work.effect, miss) {
        (Effect::OpenRoom { how }, _) => Some(Input::RoomFailed { kind: *how, why: why.clone() }),
        (Effect::SendPost { .. }, Miss::NobodyReached(failed)) => Some(Input::NobodyReached { failed }),
        (Effect::SendPost { post }, _) => Some(Input::PostFailed { post: *post, why: unreached }),
        (Effect::UpdateCard { .. }, Miss::Lost { .. }) => Some(Input::CardLost),
        _ => None,
    };
    (input, why)
}

fn backoff(work: &Work) -> TimeDelta {
    let tries = usize::try_from(work.row.attempts - 1).unwrap_or(0);
    TimeDelta::seconds(BACKOFF_S[tries.min(BACKOFF_S.len() - 1)])
}

enum Ending {
    Done(Option<(ChannelId, MessageId)>),
    Retry(Timestamp, String),
    Failed(String),
}

fn read_work(row: outbox::OutboxRow) -> Option<Work> {
    match serde_json::from_str(&row.payload) {
        Ok(effect) => Some(Work { row, effect, asks: Vec::new() }),
        Err(why) => {
            tracing::error!(outbox = row.id.0, kind = row.kind, %why, "an outbox row cannot be read");
            None
        }
    }
}

fn send(to: Address, message: Outgoing, nonce: String) -> Drawn {
    Drawn::Send(What::Send { to, message, nonce })
}

/// Webhooks and mail: public text only.
fn outside(state: &Incident, post: &Post) -> Drawn {
    let Some(page) = state.paging.pages_of(post).next() else { return Drawn::Drop(None) };
    debug_assert!(matches!(page.way, Way::Webhook | Way::Email));
    Drawn::Send(What::Outside { page: page.id, public: draw::public_text(state) })
}

fn message_of(receipt: &Receipt) -> Option<(ChannelId, MessageId)> {
    match receipt {
        Receipt::Message { channel, message, .. } => Some((*channel, *message)),
        Receipt::Room { .. } | Receipt::Done => None,
    }
}

/// The post that a first sending makes.
fn posted(effect: &Effect) -> Option<PostId> {
    match effect {
        Effect::PostCard { post } | Effect::SendPost { post } => Some(*post),
        _ => None,
    }
}

async fn sent_at(conn: &mut Conn, post: PostId) -> Result<Option<(ChannelId, MessageId)>, Stop> {
    Ok(post::get(conn, post).await?.and_then(|row| row.channel_id.zip(row.message_id)))
}

/// A number in as few characters as a nonce has room for.
pub(super) fn base36(number: i64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[(rest % 36) as usize]));
        rest /= 36;
        if rest == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}
