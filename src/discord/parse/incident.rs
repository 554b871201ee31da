//! `/incident …` as a request.

use super::super::commands::{self, Incident};
use super::which;
use crate::app::request::{Ask, Filter, NewIncident, Which};
use crate::domain::incident::{Ask as Change, Edit, Status};

pub(super) fn read(command: Incident) -> Ask {
    match command {
        Incident::New { plan, title, impact, summary, private, drill } => {
            let new = NewIncident { plan, title, impact, summary, private, drill };
            if new == NewIncident::default() { Ask::FormNew } else { Ask::New(new) }
        }
        Incident::List { status: wanted, impact, plan, since, label } => {
            let label = label.map(|label| (label.key, label.value));
            Ask::List(Filter { status: wanted.map(status), impact, plan, since, label })
        }
        Incident::Show { incident } => Ask::Show(which(incident)),
        Incident::Engagements { incident } => Ask::Engagements(which(incident)),
        Incident::Ack { incident } => Ask::On(which(incident), Change::Ack { post: None, sign: false }),
        Incident::Escalate { incident } => Ask::On(which(incident), Change::EscalateAsk { post: None }),
        Incident::Stop { engagement, reason } => Ask::Stop { engagement: engagement.to_string(), reason },
        Incident::Update { title, summary, impact, next_update, message, incident } => {
            let edit = Edit { title, impact, summary, summary_version: None, next_update, message, reason: None };
            match edit == Edit::default() {
                true => Ask::FormUpdate(which(incident)),
                false => Ask::On(which(incident), Change::Edit(edit)),
            }
        }
        Incident::Impact { level, reason, incident } => {
            Ask::On(which(incident), Change::Edit(Edit { impact: Some(level), reason, ..Edit::default() }))
        }
        Incident::Unack { incident } => Ask::On(which(incident), Change::Unack { ack: None }),
        Incident::Mitigate { message, incident } => Ask::On(which(incident), Change::Mitigate { message }),
        Incident::Reopen { reason, page, incident } => Ask::On(which(incident), Change::Reopen { reason, page }),
        Incident::Cancel { reason, incident } => Ask::On(which(incident), Change::Cancel { reason }),
        Incident::Duplicate { of, incident } => {
            Ask::Duplicate { which: which(incident), of: Some(Which::Number(of.get())) }
        }
        Incident::Delete { incident } => Ask::On(Which::Number(incident.get()), Change::DeleteAsk),
        Incident::Resolve { message: None, incident } => Ask::FormResolve(which(incident)),
        Incident::Resolve { message, incident } => Ask::On(which(incident), Change::Resolve { message }),
    }
}

fn status(status: commands::Status) -> Status {
    match status {
        commands::Status::Open => Status::Open,
        commands::Status::Mitigated => Status::Mitigated,
        commands::Status::Resolved => Status::Resolved,
        commands::Status::Cancelled => Status::Cancelled,
        commands::Status::Duplicate => Status::Duplicate,
    }
}
