//! The two columns that say what a post or a delivery belongs to, as one type. No table of its own.

use sqlx::FromRow;

use crate::domain::id::{CallId, IncidentId, Root};

/// `incident_id` and `call_id` of a row.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Owner {
    pub incident_id: Option<IncidentId>,
    pub call_id: Option<CallId>,
}

impl From<Option<Root>> for Owner {
    fn from(root: Option<Root>) -> Owner {
        match root {
            Some(Root::Incident(id)) => Owner { incident_id: Some(id), call_id: None },
            Some(Root::Call(id)) => Owner { incident_id: None, call_id: Some(id) },
            None => Owner { incident_id: None, call_id: None },
        }
    }
}

impl From<Owner> for Option<Root> {
    fn from(owner: Owner) -> Option<Root> {
        owner.incident_id.map(Root::Incident).or(owner.call_id.map(Root::Call))
    }
}

/// A row that must belong to something belongs to nothing.
#[derive(Debug, thiserror::Error)]
#[error("neither an incident nor a call")]
pub(super) struct NoOwner;

impl TryFrom<Owner> for Root {
    type Error = NoOwner;

    fn try_from(owner: Owner) -> Result<Root, NoOwner> {
        Option::<Root>::from(owner).ok_or(NoOwner)
    }
}
