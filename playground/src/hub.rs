//! The state behind its lock, and the bell that rings when it changes.
//! The lock is never held across an await; waiting means looking again after the bell.

use crate::state::State;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Shared by the server, the gateway sockets and the people.
#[derive(Clone)]
pub(crate) struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    bell: watch::Sender<u64>,
}

impl Hub {
    pub fn new(state: State) -> Self {
        Self { inner: Arc::new(Inner { state: Mutex::new(state), bell: watch::Sender::new(0) }) }
    }

    /// A test's assertion may fail while it looks: the state is whole all the same, and later looks must say what they see.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks, without ringing the bell.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes, then rings the bell.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let out = change(&mut self.lock());
        self.inner.bell.send_modify(|rings| *rings += 1);
        out
    }

    /// Looks after every change until there is something to see, or the time is up.
    pub async fn wait_until<T>(&self, patience: Duration, mut seen: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let mut bell = self.inner.bell.subscribe();
        let watching = async {
            loop {
                bell.borrow_and_update();
                if let Some(found) = self.look(&mut seen) {
                    return found;
                }
                bell.changed().await.expect("the hub holds the bell");
            }
        };
        tokio::time::timeout(patience, watching).await.ok()
    }
}
