//! What people answer to paging, and what that means for the incident: acknowledge, take, take back, escalate, stop (ENGAGEMENT 12 to 17).
//! The machine itself is in [`engagement`](crate::domain::engagement).

use super::step::Answer;
use super::{Incident, UNDO_ACK};
use crate::domain::engagement::{Answered, Escalation};
use crate::domain::id::{EngagementId, EventId, PostId, UserId};
use crate::domain::permission::{Act, Person};
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::domain::turn::Turn;

/// Longest reason for stopping something, in characters.
const REASON_MAX: usize = 300;

impl Incident {
    pub(super) fn ack(
        &mut self,
        by: &Person,
        post: Option<PostId>,
        sign: bool,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        match self.paging.acknowledge(by.user, &by.roles, post, turn) {
            Answered::Acked { ack, stopped, own } => Ok(self.acked(by, ack, &stopped, !own.is_empty(), turn)),
            Answered::Already { by, at } => Ok(Answer::AlreadyAcked { by, at }),
            Answered::NotEngaged { takeable } if takeable.is_empty() => {
                Err(Refusal::NothingToAck { number: self.number })
            }
            Answered::NotEngaged { .. } if sign => Ok(Answer::Quiet),
            Answered::NotEngaged { takeable } => {
                self.allow(Act::Take, by, turn)?;
                Ok(Answer::OfferTake { post, from: self.called(&takeable) })
            }
        }
    }

    pub(super) fn take(&mut self, by: &Person, post: Option<PostId>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.allow(Act::Take, by, turn)?;
        let takeable = self.paging.takeable(post);
        match self.paging.take(by.user, &takeable, turn) {
            Answered::Acked { ack, stopped, own } => Ok(self.acked(by, ack, &stopped, !own.is_empty(), turn)),
            Answered::Already { by, at } => Ok(Answer::AlreadyAcked { by, at }),
            Answered::NotEngaged { .. } => Err(Refusal::NothingToAck { number: self.number }),
        }
    }

    /// What an acknowledgement means beyond paging: the first one leads.
    fn acked(&mut self, by: &Person, ack: EventId, stopped: &[EngagementId], own: bool, turn: &mut Turn<'_>) -> Answer {
        self.touched_by(by.user, (!stopped.is_empty()).then_some(ack), turn);
        let titles = stopped.iter().filter_map(|id| self.paging.engagement(*id)).map(|e| e.title.clone());
        Answer::Acked {
            ack,
            stopped: titles.collect(),
            own,
            spared: self.spared(stopped, by.user, turn),
            still: self.paging.still_called().into_iter().filter(|name| *name != by.name).collect(),
        }
    }

    /// Somebody has looked; whoever has it first leads.
    pub(super) fn touched_by(&mut self, user: UserId, has_it: Option<EventId>, turn: &mut Turn<'_>) {
        self.alerts.tell_untouched_at = None;
        let Some(ack) = has_it.filter(|_| self.lead.is_none()) else { return };
        self.set_lead(Some(user), turn);
        if let Some(ack) = self.paging.acks.iter_mut().find(|known| known.id == ack) {
            ack.made_lead = true;
        }
    }

    /// Names of those whom these engagements have engaged.
    fn called(&self, engagements: &[EngagementId]) -> Vec<String> {
        let engagements = engagements.iter().filter_map(|id| self.paging.engagement(*id));
        let mut names: Vec<String> = engagements.flat_map(|e| e.clocks.iter().map(|c| c.display.clone())).collect();
        names.dedup();
        names
    }

    /// Who would have been called next, and now will not be.
    fn spared(&self, stopped: &[EngagementId], by: UserId, turn: &mut Turn<'_>) -> Vec<String> {
        let next = self.paging.next_called(stopped, by, turn);
        next.into_iter().take(3).collect()
    }

    pub(super) fn unack(&mut self, by: &Person, ack: Option<EventId>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        let own = self.paging.ack_of(by.user).ok_or(Refusal::NothingToUndo)?;
        let expired = ack.is_some() && turn.now - own.at > UNDO_ACK;
        if ack.is_some_and(|ack| ack != own.id) || expired {
            return Err(Refusal::UndoExpired { what: "acknowledgement", minutes: UNDO_ACK.num_minutes() });
        }
        let id = own.id;
        self.hold_recovered();
        let undone = self.paging.undo(id, turn).ok_or(Refusal::NothingToUndo)?;
        // Who had been called is called on: there is nothing left to be started by hand.
        self.plan_rests = false;
        if undone.made_lead && self.lead == Some(by.user) {
            self.set_lead(None, turn);
        }
        Ok(Answer::Unacked)
    }

    fn escalations(
        &self,
        by: &Person,
        post: Option<PostId>,
        turn: &mut Turn<'_>,
    ) -> Result<(Vec<Escalation>, Vec<String>, bool), Refusal> {
        self.allow(Act::Escalate, by, turn)?;
        let what = self.paging.escalations(post, by.user, turn);
        if what.is_empty() {
            return Err(Refusal::NobodyToEscalateTo { number: self.number });
        }
        let mut names: Vec<String> = what.iter().flat_map(Escalation::names).collect();
        names.dedup();
        let fallback = what.iter().any(|escalation| matches!(escalation, Escalation::Fallback { .. }));
        Ok((what, names, fallback))
    }

    pub(super) fn escalate_ask(
        &self,
        by: &Person,
        post: Option<PostId>,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        let (_, names, fallback) = self.escalations(by, post, turn)?;
        Ok(Answer::OfferEscalate { post, names, fallback })
    }

    pub(super) fn escalate(
        &mut self,
        by: &Person,
        post: Option<PostId>,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        let (what, names, fallback) = self.escalations(by, post, turn)?;
        self.paging.escalate(what, by.user, turn);
        Ok(Answer::Escalated { names, fallback })
    }

    pub(super) fn stop(
        &mut self,
        by: &Person,
        id: EngagementId,
        reason: &str,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        self.allow(Act::Stop, by, turn)?;
        let reason = text::one_line(reason, REASON_MAX);
        if reason.is_empty() {
            return Err(Refusal::BadText { field: "reason", max: REASON_MAX, length: 0 });
        }
        let plan = self.paging.engagement(id).map(|engagement| engagement.title.clone());
        match plan.filter(|_| self.paging.stop(id, &reason, turn)) {
            Some(plan) => Ok(Answer::Stopped { plan }),
            None => {
                let running = self.paging.engagements.iter().filter(|e| e.runs());
                let known = running.map(|engagement| engagement.title.clone()).collect();
                Err(Refusal::NoSuchEngagement { said: id.to_string(), known })
            }
        }
    }
}
