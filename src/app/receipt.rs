//! Pages that ring at a gateway outside Discord: asked after until somebody has answered there, and stopped once nobody is to be
//! called any more. What is answered there is an acknowledgement like any other.
//!
//! The row is written before the page goes out: should we never hear whether it did, it is stopped all the same.

use std::time::Duration;

use chrono::TimeDelta;

use super::call::read;
use super::courier::{Delivery, Miss, Receipt, Ring, What};
use super::facts::read_state;
use super::fault::Stop;
use super::outbox::{Ending, Work};
use super::{App, Fault};
use crate::domain::call;
use crate::domain::engagement::{Closing, Page, Paging, Told};
use crate::domain::id::{PostId, Root, Timestamp, UserId};
use crate::domain::incident::{self, Input};
use crate::domain::permission::Person;
use crate::store::receipt::{self, ReceiptRow};
use crate::store::{Conn, Tx, call as calls, incident as incidents};

/// A gateway is asked this often: Pushover allows no faster.
pub const ASK_EVERY: TimeDelta = TimeDelta::seconds(5);
/// A delivery takes no longer than this, there and back.
const ON_ITS_WAY: TimeDelta = TimeDelta::seconds(20);
/// How long a page rings by itself, at most.
pub const RINGS_FOR: Duration = Duration::from_secs(50 * 60);
/// Whoever has one in hand is done with it by then: two calls of a gateway, and the store's own limits.
const IN_HAND: TimeDelta = TimeDelta::seconds(60);
/// A gateway that refuses to answer is asked again this often: what rings there is still to be stopped.
const REFUSED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// For how much longer it is tried to stop it.
const SLACK: TimeDelta = TimeDelta::minutes(5);

/// A page that rings, or may.
#[derive(Debug, Clone)]
pub struct Ringing(ReceiptRow);

impl App {
    /// Up to `limit` pages that are to be asked after, or stopped, now. They come again when whoever has them in hand must be done, or
    /// when something changes about them.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn ringing(&self, limit: i64) -> Result<Vec<Ringing>, Fault> {
        let now = self.now();
        let fault = |why| Fault::new("look for pages that ring", why);
        let due = self.store().read(move |conn| Box::pin(async move { receipt::due(conn, now, limit).await }));
        let mut due = due.await.map_err(fault)?;
        // In the order in which an acknowledgement hurries them.
        due.sort_unstable_by_key(|row| row.post_id);
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let taken = self.store().write(move |tx| {
            Box::pin(async move {
                let again = now + IN_HAND;
                let mut taken = Vec::with_capacity(due.len());
                for row in due {
                    if receipt::later(tx, &row, again).await? {
                        taken.push(Ringing(ReceiptRow { ask_at: again, ..row }));
                    }
                }
                Ok(taken)
            })
        });
        taken.await.map_err(fault)
    }

    /// When there will be some.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn next_ringing(&self) -> Result<Option<Timestamp>, Fault> {
        let next = self.store().read(|conn| Box::pin(async move { receipt::next_due(conn).await }));
        next.await.map_err(|why| Fault::new("look for pages that ring", why))
    }

    /// What is to be said to the gateway; `None`: nothing now.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn prepare_ringing(&self, ringing: &Ringing) -> Result<Option<Delivery>, Fault> {
        let row = &ringing.0;
        let now = self.now();
        if now > row.until_at {
            self.forget_ringing(row).await?;
            return Ok(None);
        }
        let ring = Ring { url_env: row.url_env.clone(), key: row.key.clone(), receipt: row.receipt.clone() };
        let what = match (self.still_asks(row).await?, &row.receipt) {
            (false, _) => What::Hush(ring),
            (true, Some(_)) => What::AskReceipt(ring),
            // It is on its way, or what became of it is never heard.
            (true, None) => {
                self.look_later(row, now + ON_ITS_WAY).await?;
                return Ok(None);
            }
        };
        Ok(Some(Delivery { guild: row.guild_id, root: Some(row.root), attempt: 1, age: Duration::ZERO, what }))
    }

    /// Takes down what the gateway said.
    ///
    /// # Errors
    /// A fault of the store: it is asked again.
    pub async fn record_ringing(&self, ringing: &Ringing, told: Result<Receipt, Miss>) -> Result<(), Fault> {
        let row = &ringing.0;
        let soon = self.now() + ASK_EVERY;
        match told {
            Ok(Receipt::Heard { acknowledged: true, .. }) => self.answered_there(row).await,
            Ok(Receipt::Heard { over: false, .. }) => self.look_later(row, soon).await,
            // What is still on its way would begin to ring after this.
            Ok(_) if row.receipt.is_none() && self.now() < sent_at(row) + ON_ITS_WAY => {
                self.look_later(row, soon).await
            }
            Ok(_) => self.forget_ringing(row).await,
            Err(Miss::Never { detail, .. }) if self.still_asks(row).await? => {
                tracing::warn!(post = row.post_id.0, why = detail, "a page that rings cannot be asked after");
                self.look_later(row, self.now() + REFUSED_EVERY).await
            }
            Err(Miss::Never { detail, .. }) => {
                tracing::warn!(post = row.post_id.0, why = detail, "a page that rings is not followed any more");
                self.forget_ringing(row).await
            }
            Err(Miss::Retry { after, .. } | Miss::Down { after, .. }) => {
                let after = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or(ASK_EVERY);
                self.look_later(row, self.now() + after.max(ASK_EVERY)).await
            }
            Err(_) => self.look_later(row, soon).await,
        }
    }

    /// Before a page goes out that will ring: from here on somebody sees to it that it stops.
    pub(super) async fn expect_receipt(&self, work: &Work, what: &What) -> Result<(), Fault> {
        let (What::Outside(page), Some((root, post))) = (what, work.root_of_post()) else { return Ok(()) };
        let Some(url_env) = page.outlet.rings().filter(|_| page.public.urgent()) else { return Ok(()) };
        let now = self.now();
        let row = ReceiptRow {
            post_id: post,
            guild_id: work.guild(),
            root,
            url_env: url_env.to_owned(),
            key: page.key.clone(),
            receipt: None,
            ask_at: now + ON_ITS_WAY,
            until_at: now + followed_for(),
        };
        let written = self.store().write(move |tx| Box::pin(async move { receipt::expect(tx, &row).await }));
        written.await.map_err(|why| Fault::new("expect a receipt", why))
    }

    /// What came of sending it.
    pub(super) async fn note_receipt(&self, tx: &mut Tx, work: &Work, ending: &Ending) -> Result<(), Stop> {
        let Some((_, post)) = work.root_of_post() else { return Ok(()) };
        match ending {
            Ending::Rings(name) => receipt::rings(tx, post, name, self.now() + ASK_EVERY).await?,
            // It may ring all the same: an earlier try may have got through.
            Ending::Done(None) | Ending::Failed(_) => receipt::hurry(tx, post, self.now()).await?,
            Ending::Done(Some(_)) | Ending::Retry(..) => {}
        }
        Ok(())
    }

    async fn still_asks(&self, row: &ReceiptRow) -> Result<bool, Fault> {
        let (root, post) = (row.root, row.post_id);
        let found = self.store().read(move |conn| Box::pin(async move { paging_of(conn, root).await }));
        let paging = found.await.map_err(|stop: Stop| stop.fault("look at a page that rings"))?;
        Ok(paging.is_some_and(|paging| paging.post(post).is_some_and(|post| paging.open(post))))
    }

    /// They have answered at the gateway: the same as `/ack` (ENGAGEMENT 12), and a sign that they have seen it. Where that ends
    /// the page, it is also stopped, for a try of which we never heard may ring on.
    async fn answered_there(&self, row: &ReceiptRow) -> Result<(), Fault> {
        let (app, row) = (self.clone(), row.clone());
        let told = self.store().write(move |tx| {
            Box::pin(async move {
                let paging = paging_of(tx, row.root).await?;
                if let Some(user) = paging.and_then(|paging| called(&paging, row.post_id)) {
                    app.acknowledge_for(tx, &row, user).await?;
                }
                Ok(receipt::forget(tx, &row).await?)
            })
        });
        told.await.map_err(|stop: Stop| stop.fault("take down an answer at a gateway"))
    }

    async fn acknowledge_for(&self, tx: &mut Tx, row: &ReceiptRow, user: UserId) -> Result<(), Stop> {
        let by = Person { user, name: String::new(), roles: Vec::new(), manages_guild: false };
        let post = Some(row.post_id);
        let seen = Told::Wrote { by: user };
        let answered = match row.root {
            Root::Incident(id) => {
                self.change(tx, id, Input::Told(seen)).await?;
                let ask = incident::Ask::Ack { post, sign: false };
                self.change(tx, id, Input::Ask { by, ask }).await.map(drop)
            }
            Root::Call(id) => {
                self.change_call(tx, id, call::Input::Told(seen)).await?;
                let ask = call::Ask::Ack { post, sign: false };
                self.change_call(tx, id, call::Input::Ask { by, ask }).await.map(drop)
            }
        };
        match answered {
            // It was over already: nobody is there to be told.
            Err(Stop::Refused(refusal)) => tracing::info!(post = row.post_id.0, ?refusal, "an answer came too late"),
            answered => answered?,
        }
        Ok(())
    }

    async fn look_later(&self, row: &ReceiptRow, at: Timestamp) -> Result<(), Fault> {
        let row = row.clone();
        let written = self.store().write(move |tx| Box::pin(async move { receipt::later(tx, &row, at).await }));
        written.await.map(drop).map_err(|why| Fault::new("look at a page that rings later", why))
    }

    async fn forget_ringing(&self, row: &ReceiptRow) -> Result<(), Fault> {
        let row = row.clone();
        let written = self.store().write(move |tx| Box::pin(async move { receipt::forget(tx, &row).await }));
        written.await.map_err(|why| Fault::new("forget a page that rang", why))
    }
}

/// How long a page that rings is followed.
fn followed_for() -> TimeDelta {
    TimeDelta::from_std(RINGS_FOR).unwrap_or_default() + SLACK
}

/// When it went out last.
fn sent_at(row: &ReceiptRow) -> Timestamp {
    row.until_at - followed_for()
}

/// Whom a page calls. None where nothing more is asked of them but by a newer page, or where its engagements have started
/// again since: then the answer was to what was before.
fn called(paging: &Paging, post: PostId) -> Option<UserId> {
    let post = paging.post(post).filter(|post| !paging.outdated(post))?;
    let asks = |page: &Page| page.closed.as_ref().is_none_or(|closed| closed.how == Closing::Repeated);
    paging.pages_of(post).find(|page| asks(page)).map(|page| page.user)
}

async fn paging_of(conn: &mut Conn, root: Root) -> Result<Option<Paging>, Stop> {
    Ok(match root {
        Root::Incident(id) => {
            incidents::peek(conn, id).await?.map(|row| read_state(&row)).transpose()?.map(|state| state.paging)
        }
        Root::Call(id) => calls::peek(conn, id).await?.map(|row| read(&row)).transpose()?.map(|state| state.paging),
    })
}
