//! Whether those who acknowledged are still on it (ENGAGEMENT 18): how long they may be silent, and what follows.

use chrono::TimeDelta;

use super::step::Answer;
use super::{Incident, Status};
use crate::domain::id::Timestamp;
use crate::domain::impact::Impact;
use crate::domain::permission::{Act, Person};
use crate::domain::plan::ACK_TIMEOUT;
use crate::domain::refusal::Refusal;
use crate::domain::span::Lapse;
use crate::domain::turn::Turn;

impl Incident {
    /// How long somebody who acknowledged may be silent before they are asked; none: as long as they like.
    ///
    /// While it is mitigated nobody is asked, nor while all has recovered and paging would wait for that, nor where it was opened again
    /// without paging: nobody is called in the end, so nobody is woken for it.
    fn silence_allowed(&self) -> Option<TimeDelta> {
        let waits =
            self.status != Status::Open || self.plan_rests || self.alerts.recovered_at.is_some() && self.holds();
        let written = self.plan.as_ref().and_then(|plan| plan.spec.ack_timeout);
        let after = match written {
            Some(Lapse::After(after)) => Some(after),
            Some(Lapse::Never) => None,
            None => Some(ACK_TIMEOUT).filter(|_| self.impact <= Impact::High),
        };
        after.filter(|_| !waits).map(|after| after.delta())
    }

    /// When somebody is to be asked, or has not answered in time.
    pub(super) fn next_sign(&self) -> Option<Timestamp> {
        self.paging.next_sign(self.silence_allowed()?)
    }

    /// Asks who is due, and starts again what nobody stands by.
    pub(super) fn watch(&mut self, turn: &mut Turn<'_>) {
        for lapsed in self.paging.watch(self.silence_allowed(), turn) {
            if lapsed.made_lead && self.lead == Some(lapsed.by) {
                self.set_lead(None, turn);
            }
        }
    }

    /// "Still on it": that it was pressed is the sign.
    pub(super) fn still_on_it(&mut self, by: &Person, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.allow(Act::See, by, turn)?;
        match self.paging.last_sign(by.user) {
            Some(_) => Ok(Answer::StillOnIt { after: self.silence_allowed() }),
            None => Err(Refusal::NotOnIt { number: self.number }),
        }
    }
}
