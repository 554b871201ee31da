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
use crate::domain::engagement::{Paging, Told};
use crate::domain::id::{PostId, Root, Timestamp, UserId};
use crate::domain::incident::{self, Input};
use crate::domain::permission::Person;
use crate::store::receipt::{self, ReceiptRow};
use crate::store::{Conn, Tx, call as calls, incident as incidents};

/// A gateway is asked this often: Pushover allows no faster.
pub const ASK_EVERY: TimeDelta = TimeDelta::seconds(5);
/// What is on its way is looked at after this: longer than a delivery takes.
const ON_ITS_WAY: TimeDelta = TimeDelta::seconds(20);
/// How long a page rings by itself, at most.
pub const RINGS_FOR: Duration = Duration::from_secs(50 * 60);
/// For how much longer it is tried to stop it.
const SLACK: TimeDelta = TimeDelta::minutes(5);
/// Looked at in one turn.
const BATCH: i64 = 16;

/// A page that rings, or may.
#[derive(Debug, Clone)]
pub struct Ringing(ReceiptRow);

impl App {
    /// Pages that are to be asked after, or stopped, now.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn ringing(&self) -> Result<Vec<Ringing>, Fault> {
        let now = self.now();
        let due = self.store().read(move |conn| Box::pin(async move { receipt::due(conn, now, BATCH).await }));
        let due = due.await.map_err(|why| Fault::new("look for pages that ring", why))?;
        Ok(due.into_iter().map(Ringing).collect())
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
            self.forget_ringing(row.post_id).await?;
            return Ok(None);
        }
        let ring = Ring { url_env: row.url_env.clone(), key: row.key.clone(), receipt: row.receipt.clone() };
        let what = match (self.still_asks(row).await?, &row.receipt) {
            (false, _) => What::Hush(ring),
            (true, Some(_)) => What::AskReceipt(ring),
            (true, None) => {
                self.look_later(row.post_id, now + ON_ITS_WAY).await?;
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
        let post = ringing.0.post_id;
        match told {
            Ok(Receipt::Heard { acknowledged: true, .. }) => self.answered_there(&ringing.0).await,
            Ok(Receipt::Heard { over: false, .. }) => self.look_later(post, self.now() + ASK_EVERY).await,
            Ok(_) => self.forget_ringing(post).await,
            Err(Miss::Never { detail, .. }) => {
                tracing::warn!(post = post.0, why = detail, "a page that rings is not followed any more");
                self.forget_ringing(post).await
            }
            Err(Miss::Retry { after, .. } | Miss::Down { after, .. }) => {
                let after = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or(ASK_EVERY);
                self.look_later(post, self.now() + after.max(ASK_EVERY)).await
            }
            Err(_) => self.look_later(post, self.now() + ASK_EVERY).await,
        }
    }

    /// Before a page goes out that will ring: from here on somebody sees to it that it stops.
    pub(super) async fn expect_receipt(&self, work: &Work, what: &What) -> Result<(), Fault> {
        let (What::Outside(page), Some((root, post))) = (what, work.root_of_post()) else { return Ok(()) };
        let Some(url_env) = page.outlet.rings().filter(|_| page.public.urgent()) else { return Ok(()) };
        let now = self.now();
        let rings_for = TimeDelta::from_std(RINGS_FOR).unwrap_or_default();
        let row = ReceiptRow {
            post_id: post,
            guild_id: work.guild(),
            root,
            url_env: url_env.to_owned(),
            key: page.key.clone(),
            receipt: None,
            ask_at: now + ON_ITS_WAY,
            until_at: now + rings_for + SLACK,
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

    /// They have answered at the gateway: the same as `/ack` (ENGAGEMENT 12), and a sign that they have seen it.
    async fn answered_there(&self, row: &ReceiptRow) -> Result<(), Fault> {
        let (app, row) = (self.clone(), row.clone());
        let told = self.store().write(move |tx| {
            Box::pin(async move {
                let paging = paging_of(tx, row.root).await?;
                if let Some(user) = paging.and_then(|paging| called(&paging, row.post_id)) {
                    app.acknowledge_for(tx, &row, user).await?;
                }
                Ok(receipt::forget(tx, row.post_id).await?)
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

    async fn look_later(&self, post: PostId, at: Timestamp) -> Result<(), Fault> {
        let written = self.store().write(move |tx| Box::pin(async move { receipt::later(tx, post, at).await }));
        written.await.map_err(|why| Fault::new("look at a page that rings later", why))
    }

    async fn forget_ringing(&self, post: PostId) -> Result<(), Fault> {
        let written = self.store().write(move |tx| Box::pin(async move { receipt::forget(tx, post).await }));
        written.await.map_err(|why| Fault::new("forget a page that rang", why))
    }
}

/// Whom a page calls, unless its engagements have started again since: then the answer was to what was before.
fn called(paging: &Paging, post: PostId) -> Option<UserId> {
    let post = paging.post(post).filter(|post| !paging.outdated(post))?;
    paging.pages_of(post).map(|page| page.user).next()
}

async fn paging_of(conn: &mut Conn, root: Root) -> Result<Option<Paging>, Stop> {
    Ok(match root {
        Root::Incident(id) => {
            incidents::peek(conn, id).await?.map(|row| read_state(&row)).transpose()?.map(|state| state.paging)
        }
        Root::Call(id) => calls::peek(conn, id).await?.map(|row| read(&row)).transpose()?.map(|state| state.paging),
    })
}
