//! Faults that pass: a request that met one is tried again with its own key, as long as the person waits. Decides nothing else.
//!
//! Where the connection was lost at the commit, the key says whether it was kept: then it is not done a second time.

use std::time::Duration;

use tokio::time::sleep;

use super::desk::{Done, action_of};
use super::fault::Stop;
use super::reply::Say;
use super::request::{Ask, Request};
use super::{App, Fault};
use crate::store::{StoreError, seen};
use crate::words;

/// Waits before a request is tried again, by attempt; the last one stays.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(800), Duration::from_secs(2)];

/// How long a fault may last before the person is told: they are looking at "thinking …", and an alert is not waited for by anybody.
const TRIED_FOR: Duration = Duration::from_secs(8);

/// As long again, and more, where it is not known whether it was kept: asking again blindly would do it twice. A failover takes half
/// a minute; Discord takes the answer for 15.
const IN_DOUBT_FOR: Duration = Duration::from_secs(45);

/// What one try came to.
enum Tried {
    Ended(Result<Done, Stop>),
    /// Nothing was kept.
    Passing(StoreError),
    /// It may have been kept.
    InDoubt(StoreError),
}

impl App {
    /// Does what is asked; faults that pass are waited for.
    pub(super) async fn done_in_the_end(&self, request: Request) -> Result<Done, Stop> {
        let request = self.meant(request)?;
        let done = self.try_until_done(&request).await;
        match (done, &request.ask) {
            (Err(stop @ (Stop::Failed(_) | Stop::Unreadable { .. })), Ask::NewWritten(written)) => {
                let fault = stop.fault(action_of(&request.ask));
                Ok(self.not_opened(request.clone(), written, &fault))
            }
            (done, _) => done,
        }
    }

    async fn try_until_done(&self, request: &Request) -> Result<Done, Stop> {
        let mut pauses = PAUSES.into_iter().chain(std::iter::repeat(PAUSES[PAUSES.len() - 1]));
        let (mut doubt, mut left) = (None, std::pin::pin!(sleep(TRIED_FOR)));
        loop {
            let why = match self.try_once(request, doubt.is_some()).await {
                Tried::Ended(ended) => return ended,
                Tried::InDoubt(why) if doubt.is_none() => {
                    left.set(sleep(IN_DOUBT_FOR));
                    doubt = Some(why.clone());
                    why
                }
                Tried::InDoubt(why) | Tried::Passing(why) => why,
            };
            tracing::warn!(%why, in_doubt = doubt.is_some(), "a request met a fault that may pass: it is tried again");
            self.forget_sets();
            tokio::select! {
                biased;
                () = &mut left => return Err(Stop::Failed(doubt.unwrap_or(why))),
                () = sleep(pauses.next().unwrap_or(TRIED_FOR)) => {}
            }
        }
    }

    /// `doubted`: an earlier try may have been kept.
    async fn try_once(&self, request: &Request, doubted: bool) -> Tried {
        if doubted {
            match self.was_kept(request).await {
                Ok(true) => return Tried::Ended(Ok(kept_after_all())),
                Ok(false) => {}
                Err(why) => return Tried::InDoubt(why),
            }
        }
        match self.done(request.clone()).await {
            // The commit in doubt came between our look and this try.
            Ok(Done::Nothing) if doubted => Tried::Ended(Ok(kept_after_all())),
            Err(Stop::Failed(why)) if why.is_unknown() => Tried::InDoubt(why),
            Err(Stop::Failed(why)) if why.is_transient() => Tried::Passing(why),
            ended => Tried::Ended(ended),
        }
    }

    async fn was_kept(&self, request: &Request) -> Result<bool, StoreError> {
        let key = request.key.clone();
        self.store().read(move |conn| Box::pin(async move { seen::was(conn, &key).await })).await
    }

    /// Takes in a sign that nobody waits for an answer to, such as a reaction.
    ///
    /// # Errors
    /// A fault of the store, after it was tried for a while: the sign does not count yet.
    pub async fn sign(&self, request: Request) -> Result<(), Fault> {
        let action = action_of(&request.ask);
        match self.done_in_the_end(request).await {
            Ok(_) => Ok(()),
            // A refusal is an answer: a sign that does not count does nothing.
            Err(stop) => stop.split(action).map(drop),
        }
    }
}

fn kept_after_all() -> Done {
    Done::Say(Say { text: words::kept_after_all(), controls: Vec::new() })
}
