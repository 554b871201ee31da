//! Faults: ours, not the person's. Logged once, where it is handled; the person sees a short id.

use crate::domain::refusal::Refusal;
use crate::store::StoreError;

/// Something of ours went wrong. Nothing of the request was kept, unless it says that this is not known.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action}: {why}")]
pub struct Fault {
    pub action: &'static str,
    #[source]
    pub why: Box<dyn std::error::Error + Send + Sync>,
}

impl Fault {
    pub fn new(action: &'static str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
        Fault { action, why: why.into() }
    }

    /// Whether the same may well succeed if it is tried again soon.
    pub fn is_transient(&self) -> bool {
        self.why.downcast_ref::<StoreError>().is_some_and(StoreError::is_transient)
    }

    /// Whether it is not known if the request was kept.
    pub fn is_unknown(&self) -> bool {
        self.why.downcast_ref::<StoreError>().is_some_and(StoreError::is_unknown)
    }

    /// Whether the fault lies in what was asked, and not in how the database is: trying again will not help.
    pub fn is_lasting(&self) -> bool {
        self.why.is::<Unfit>() || self.why.downcast_ref::<StoreError>().is_some_and(StoreError::is_lasting)
    }
}

/// Why something cannot be done however often it is tried.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unfit(String);

/// Why a transaction of the desk ended without a save.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    Failed(StoreError),
    /// State or definitions in the database that this version cannot read.
    Unreadable {
        what: &'static str,
        id: i64,
        why: String,
    },
}

impl From<StoreError> for Stop {
    fn from(why: StoreError) -> Stop {
        Stop::Failed(why)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl Stop {
    /// The fault, or the refusal of the person's request.
    pub(super) fn split(self, action: &'static str) -> Result<Refusal, Fault> {
        match self {
            Stop::Refused(refusal) => Ok(refusal),
            Stop::Failed(why) => Err(Fault::new(action, why)),
            Stop::Unreadable { what, id, why } => {
                Err(Fault::new(action, Unfit(format!("{what} {id} in the database cannot be read: {why}"))))
            }
        }
    }

    /// As a fault, where no person asked.
    pub(super) fn fault(self, action: &'static str) -> Fault {
        let refused = |refusal| Fault::new(action, Unfit(format!("refused: {refusal:?}")));
        self.split(action).map_or_else(|fault| fault, refused)
    }
}
