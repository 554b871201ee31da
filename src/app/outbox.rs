//! The way out: claims what is due, draws it from the state as it is now, and takes down what came of it.

use std::sync::PoisonError;
use std::time::Duration;

use chrono::TimeDelta;

use super::courier::{Delivery, Miss, Receipt};
use super::drawing::Drawn;
use super::facts::read_state;
use super::fault::Stop;
use super::{App, Fault};
use crate::domain::call;
use crate::domain::effect::Effect;
use crate::domain::engagement::{Paging, Place, Post, Told};
use crate::domain::id::{ChannelId, GuildId, MessageId, OutboxId, PageId, PostId, Root, Timestamp};
use crate::domain::incident::Input;
use crate::domain::timeline::Unreached;
use crate::store::{Tx, call as calls, incident, outbox, post};

/// How long a claimed row is ours: longer than any delivery may take, so that nobody does it at the same time.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(90);
/// Waits between tries of a row, by attempt; the last one stays.
const BACKOFF_S: [i64; 6] = [1, 2, 5, 10, 20, 30];
/// How long a page rests at most while nothing gets through: as long as it otherwise would. A limit of all of Discord may be given as
/// an hour, which the courier keeps by itself; a page that rested for it would let the outage be forgotten meanwhile.
const PAGE_RESTS: Duration = Duration::from_secs(30);
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
    pub(super) row: outbox::OutboxRow,
    pub(super) effect: Effect,
    /// Pages that it asks of their people, once it is drawn.
    asks: Vec<PageId>,
    /// It goes by a way outside Discord.
    outside: bool,
}

impl Work {
    /// Works of one root go out in order; those of others beside them.
    pub fn root(&self) -> Option<Root> {
        self.row.root
    }

    pub(super) fn id(&self) -> OutboxId {
        self.row.id
    }

    /// Whoever had it before ended without a word: it may be out.
    fn was_cut_off(&self) -> bool {
        self.row.why.as_deref() == Some(outbox::CUT_OFF)
    }

    /// An earlier try at its post may have succeeded without our knowing: the post is sent once more whatever became of it, closed
    /// and without a ping where nothing of it is wanted; the same nonce finds it, and it is drawn anew. Outside Discord nothing
    /// can be drawn anew.
    pub(super) fn may_be_out(&self, post: &Post) -> bool {
        (post.unsure || self.was_cut_off()) && post.place != Place::Outside
    }

    pub(super) fn outside(&self) -> bool {
        self.outside
    }

    pub(super) fn guild(&self) -> GuildId {
        self.row.guild_id
    }

    pub(super) fn root_of_post(&self) -> Option<(Root, PostId)> {
        self.row.root.zip(posted(&self.effect))
    }

    pub fn due_at(&self) -> Timestamp {
        self.row.due_at
    }

    /// Whether it calls somebody; rooms and cards, without which it could not, go the same way.
    pub fn pages(&self) -> bool {
        matches!(self.effect, Effect::SendPost { .. })
    }

    pub fn created_at(&self) -> Timestamp {
        self.row.created_at
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
                work.outside = what.is_outside();
                self.expect_receipt(work, &what).await?;
                Ok(Prepared::Deliver(Box::new(Delivery {
                    guild: work.row.guild_id,
                    root: work.row.root,
                    attempt: work.row.attempts,
                    age: self.age(work),
                    what,
                })))
            }
            Drawn::Drop(told) => {
                self.finish(work, Ending::Done(None), told).await?;
                Ok(Prepared::Dropped)
            }
        }
    }

    /// Deliveries that an earlier process tried.
    pub(super) fn inherits(&self, rows: Vec<OutboxId>) {
        let mut inherited = self.0.inherited.lock().unwrap_or_else(PoisonError::into_inner);
        *inherited = rows.into_iter().collect();
    }

    /// How long ago it was asked for. What an earlier process asked for is of any age: the clock may have been set back since.
    fn age(&self, work: &Work) -> Duration {
        let asked_at = work.row.created_at;
        let inherited = self.0.inherited.lock().unwrap_or_else(PoisonError::into_inner).contains(&work.row.id);
        let ours = !inherited && asked_at > self.0.opened_at;
        (self.now() - asked_at).to_std().ok().filter(|_| ours).unwrap_or(Duration::MAX)
    }

    /// Takes down what came of a delivery, and tells the incident.
    ///
    /// # Errors
    /// A fault of the store: the row stays ours until its lease ends, and is delivered again with the same nonce.
    pub async fn record(&self, work: &Work, told: Result<Receipt, Miss>) -> Result<(), Fault> {
        let turned = self.hear(work, &told);
        let taken = self.take_down(work, told).await;
        match turned {
            Some(turned) => taken.and(self.weather_turned(turned).await),
            None => taken,
        }
    }

    async fn take_down(&self, work: &Work, told: Result<Receipt, Miss>) -> Result<(), Fault> {
        let told = match told {
            Err(Miss::Limited { after, why }) => match self.another_way(work).await? {
                Some(input) => return self.finish(work, Ending::Failed(why), Some(input)).await,
                None => Err(Miss::Retry { after: Some(after), why }),
            },
            Err(Miss::Down { after, why }) if work.pages() => {
                Err(Miss::Down { after: after.map(|after| after.min(PAGE_RESTS)), why })
            }
            told => told,
        };
        match told {
            Ok(receipt) => {
                let input = self.receipt_input(work, &receipt);
                let ending = match receipt {
                    Receipt::Ringing { receipt } => Ending::Rings(receipt),
                    receipt => Ending::Done(message_of(&receipt)),
                };
                self.finish(work, ending, input).await
            }
            Err(Miss::Retry { after, why } | Miss::Down { after, why }) if self.may_retry(work) => {
                let after = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or(backoff(work));
                // This try was refused; what became of the one that was cut off is as unknown as before.
                let unsure = work.was_cut_off().then(|| unsure(work)).flatten();
                self.finish(work, Ending::Retry(self.now() + after, why), unsure).await
            }
            Err(Miss::Unsure { why }) if self.may_retry(work) => {
                self.finish(work, Ending::Retry(self.now() + backoff(work), why), unsure(work)).await
            }
            // It reaches nobody any more; an earlier try may be out all the same. The next one asks nobody, so that nobody can be
            // missed by it, and takes the buttons off.
            Err(miss @ Miss::NobodyReached(_)) if self.post_may_be_out(work).await? => {
                let (input, why) = miss_input(work, miss);
                self.finish(work, Ending::Retry(self.now() + backoff(work), why), input).await
            }
            Err(miss) => {
                let (input, why) = miss_input(work, miss);
                tracing::warn!(kind = work.kind(), root = ?work.row.root, why, "a delivery has failed for good");
                self.finish(work, Ending::Failed(why), input).await
            }
        }
    }

    /// What an incident is told of a page that is limited where it goes; none: it waits there.
    ///
    /// A test page waits: by another way it would prove something else.
    async fn another_way(&self, work: &Work) -> Result<Option<Input>, Fault> {
        let &Effect::SendPost { post } = &work.effect else { return Ok(None) };
        let another = self.paging_of(work).await?.is_some_and(|paging| paging.has_another_way(post));
        Ok(another.then_some(Input::Told(Told::PostLimited { post })))
    }

    /// [`Work::may_be_out`], of the post as it is now.
    async fn post_may_be_out(&self, work: &Work) -> Result<bool, Fault> {
        let &Effect::SendPost { post } = &work.effect else { return Ok(false) };
        let paging = self.paging_of(work).await?;
        Ok(paging.and_then(|paging| paging.post(post).map(|post| work.may_be_out(post))).unwrap_or(false))
    }

    /// The pages of the incident or the call that a row is about, as they are now.
    async fn paging_of(&self, work: &Work) -> Result<Option<Paging>, Fault> {
        let Some(root) = work.row.root else { return Ok(None) };
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                Ok(match root {
                    Root::Incident(id) => {
                        let state = incident::peek(conn, id).await?.as_ref().map(read_state).transpose()?;
                        state.map(|state| state.paging)
                    }
                    Root::Call(id) => {
                        let state = calls::peek(conn, id).await?.as_ref().map(super::call::read).transpose()?;
                        state.map(|state| state.paging)
                    }
                })
            })
        });
        found.await.map_err(|stop: Stop| stop.fault("look at the pages of a row"))
    }

    /// Pages are tried as long as they are wanted, and so is a role, which is put right as things are then; the rest not for ever.
    fn may_retry(&self, work: &Work) -> bool {
        let follows = matches!(work.effect, Effect::SyncRole { .. });
        follows || work.row.lane == Lane::Page.number() || self.now() - work.row.created_at < DECORATION_FOR
    }

    fn receipt_input(&self, work: &Work, receipt: &Receipt) -> Option<Input> {
        match (&work.effect, receipt) {
            (Effect::OpenRoom { how }, Receipt::Room { channel }) => {
                Some(Input::RoomMade { kind: *how, channel: *channel })
            }
            (Effect::PostCard { .. }, _) => Some(Input::CardPosted),
            (Effect::SendPost { post }, Receipt::Message { failed, .. }) => {
                Some(Input::Told(Told::PostSent { post: *post, asked: work.asks.clone(), failed: failed.clone() }))
            }
            (Effect::SendPost { post }, _) => {
                Some(Input::Told(Told::PostSent { post: *post, asked: work.asks.clone(), failed: Vec::new() }))
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
            Ending::Done(_) | Ending::Rings(_) => outbox::done(tx, id, fence).await?,
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
        self.note_receipt(tx, work, &ending).await?;
        let sent = if let Ending::Done(sent) = &ending { *sent } else { None };
        self.offer_delivered(tx, work, sent, matches!(ending, Ending::Failed(_))).await?;
        match (work.row.root, told) {
            (Some(root), Some(told)) => self.tell(tx, root, told).await,
            _ => self.given_up(tx, work, &ending).await,
        }
    }

    /// Tells the incident or the call that a row is about what came of it.
    async fn tell(&self, tx: &mut Tx, root: Root, told: Input) -> Result<(), Stop> {
        match (root, told) {
            (Root::Incident(id), told) => {
                let carded = matches!(told, Input::CardPosted);
                let outcome = self.change(tx, id, told).await?;
                match outcome.filter(|_| carded) {
                    Some(outcome) => self.after_card(tx, &outcome.incident, self.now()).await,
                    None => Ok(()),
                }
            }
            (Root::Call(id), Input::Told(told)) => self.change_call(tx, id, call::Input::Told(told)).await.map(drop),
            (Root::Call(id), Input::CardPosted) => self.change_call(tx, id, call::Input::CardPosted).await.map(drop),
            // A call has no room.
            (Root::Call(_), _) => Ok(()),
        }
    }

    /// A room that was made for an incident which was deleted meanwhile is nobody's.
    async fn forsaken(&self, tx: &mut Tx, work: &Work, told: Option<Input>) -> Result<(), Stop> {
        let (Some(Input::RoomMade { channel, .. }), Some(Root::Incident(id))) = (told, work.row.root) else {
            return Ok(());
        };
        if incident::peek(tx, id).await?.is_some() {
            return Ok(());
        }
        let effect = Effect::DeleteRoom { channel, number: None };
        self.put_for_guild(tx, work.row.guild_id, &effect, self.now()).await
    }

    /// A card that cannot be posted keeps nothing else back; a welcome that is refused is said elsewhere; of a role it is remembered.
    async fn given_up(&self, tx: &mut Tx, work: &Work, ending: &Ending) -> Result<(), Stop> {
        if let (Effect::PostCard { post }, Ending::Failed(_)) = (&work.effect, ending) {
            outbox::release(tx, &format!("card:{post}"), self.now()).await?;
        }
        if let (Effect::Welcome { server, or: Some(channel), .. }, Ending::Failed(_)) = (&work.effect, ending) {
            self.welcome_in(tx, work.row.guild_id, server, *channel).await?;
        }
        match (&work.effect, ending) {
            (Effect::SyncRole { role, leaving }, Ending::Done(_)) => {
                self.role_synced(tx, work.row.guild_id, (*role, leaving), None).await
            }
            (Effect::SyncRole { role, .. }, Ending::Failed(why)) => {
                self.role_synced(tx, work.row.guild_id, (*role, &[]), Some(why)).await
            }
            _ => Ok(()),
        }
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
                        // One that cannot be read keeps nobody else's pages back.
                        Err(stop @ Stop::Unreadable { .. }) => {
                            let fault = stop.fault("free a parked page");
                            tracing::error!(%fault, root = ?work.root(), "a page is lost with what it is about");
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
        let (Effect::SendPost { post }, Some(root)) = (&work.effect, work.row.root) else { return Ok(()) };
        let told = Input::Told(Told::PostFailed { post: *post, why: Unreached::NoRoom });
        self.tell(tx, root, told).await
    }
}

/// Parked rows that are let go at once.
const PARKED_BATCH: i64 = 100;

/// What an incident is told of a page that may be out.
fn unsure(work: &Work) -> Option<Input> {
    match &work.effect {
        Effect::SendPost { post } => Some(Input::Told(Told::PostUnsure { post: *post })),
        _ => None,
    }
}

/// What an incident is told of a delivery that has failed for good, and why for the log.
fn miss_input(work: &Work, miss: Miss) -> (Option<Input>, String) {
    let (unreached, why) = match &miss {
        Miss::Retry { why, .. } | Miss::Limited { why, .. } | Miss::Down { why, .. } | Miss::Unsure { why } => {
            (Unreached::Rejected, why.clone())
        }
        Miss::Never { why, detail } => (*why, detail.clone()),
        Miss::NobodyReached(_) => (Unreached::NoAccess, "nobody in it can be reached".to_owned()),
        Miss::Lost { detail } => (Unreached::Rejected, detail.clone()),
    };
    let input = match (&work.effect, miss) {
        (Effect::OpenRoom { how }, _) => Some(Input::RoomFailed { kind: *how, why: why.clone() }),
        (Effect::SendPost { post }, Miss::NobodyReached(failed)) => {
            Some(Input::Told(Told::NobodyReached { post: *post, failed, unsure: work.was_cut_off() }))
        }
        (Effect::SendPost { post }, _) => Some(Input::Told(Told::PostFailed { post: *post, why: unreached })),
        (Effect::UpdateCard { .. }, Miss::Lost { .. }) => Some(Input::CardLost),
        _ => None,
    };
    (input, why)
}

fn backoff(work: &Work) -> TimeDelta {
    let tries = usize::try_from(work.row.attempts - 1).unwrap_or(0);
    TimeDelta::seconds(BACKOFF_S[tries.min(BACKOFF_S.len() - 1)])
}

#[derive(Clone)]
pub(super) enum Ending {
    Done(Option<(ChannelId, MessageId)>),
    /// It is out, and rings at a gateway that calls it so.
    Rings(String),
    Retry(Timestamp, String),
    Failed(String),
}

fn read_work(row: outbox::OutboxRow) -> Option<Work> {
    match serde_json::from_str(&row.payload) {
        Ok(effect) => Some(Work { row, effect, asks: Vec::new(), outside: false }),
        Err(why) => {
            tracing::error!(outbox = row.id.0, kind = row.kind, %why, "an outbox row cannot be read");
            None
        }
    }
}

fn message_of(receipt: &Receipt) -> Option<(ChannelId, MessageId)> {
    match receipt {
        Receipt::Message { channel, message, .. } => Some((*channel, *message)),
        _ => None,
    }
}

/// The post that a first sending makes.
fn posted(effect: &Effect) -> Option<PostId> {
    match effect {
        Effect::PostCard { post } | Effect::SendPost { post } => Some(*post),
        _ => None,
    }
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
