//! How an incident ends, and begins again: mitigated, resolved, cancelled, opened again, deleted. The end stops all paging; opening
//! again by hand pages nobody unless asked (PRODUCT §6).

use super::edit::bounded;
use super::step::Answer;
use super::{Incident, Status, UNDO_RESOLVE};
use crate::domain::alert::State;
use crate::domain::effect::Effect;
use crate::domain::engagement::{Answered, Closing};
use crate::domain::facts::Facts;
use crate::domain::id::ChannelId;
use crate::domain::permission::{Act, Person};
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// Longest word on how it ended, in characters.
const MESSAGE_MAX: usize = 1_500;
/// Longest reason for cancelling or opening again, in characters.
pub const ENDING_REASON_MAX: usize = 500;

/// What goes with the record of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// The channel or thread that was made for it.
    pub room: Option<ChannelId>,
}

impl Incident {
    /// Mitigating takes everything that nobody has answered, without asking.
    pub(super) fn mitigate(
        &mut self,
        by: &Person,
        message: Option<String>,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        self.allow(Act::Resolve, by, turn)?;
        let message = said(message);
        let takeable = self.paging.takeable(None);
        if self.status == Status::Mitigated && takeable.is_empty() && message.is_none() {
            return Err(Refusal::MitigatedAlready { number: self.number });
        }
        let ack = match self.paging.take(by.user, &takeable, turn) {
            Answered::Acked { ack, .. } => Some(ack),
            Answered::Already { .. } | Answered::NotEngaged { .. } => None,
        };
        self.touched_by(by.user, ack, turn);
        self.alerts.refire_at = None;
        self.mitigated_at = Some(turn.now);
        for member in self.alerts.groups.values_mut().flat_map(|group| group.instances.values_mut()) {
            member.fired_when_mitigated = member.state == State::Firing;
        }
        self.set_status(Status::Mitigated, message, turn);
        Ok(Answer::Mitigated)
    }

    pub(super) fn resolve(
        &mut self,
        by: &Person,
        message: Option<String>,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        self.allow(Act::Resolve, by, turn)?;
        self.finish(Status::Resolved, said(message), Closing::Resolved { user: Some(by.user) }, turn);
        Ok(Answer::Resolved { firing: self.alerts.firing() })
    }

    /// A false alarm: over, with the reason why nothing had to be done.
    pub(super) fn cancel(&mut self, by: &Person, reason: &str, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.allow(Act::Resolve, by, turn)?;
        let reason = bounded("reason", &text::block(reason, usize::MAX), ENDING_REASON_MAX)?;
        self.finish(Status::Cancelled, Some(reason), Closing::Cancelled { user: by.user }, turn);
        Ok(Answer::Cancelled { firing: self.alerts.firing() })
    }

    /// The incident is over: all paging stops.
    pub(super) fn finish(&mut self, status: Status, message: Option<String>, closing: Closing, turn: &mut Turn<'_>) {
        let fact = Fact::StatusChanged { old: self.status, new: status, message };
        self.end(status, fact, closing, turn);
    }

    /// The same, told as `fact`.
    pub(super) fn end(&mut self, status: Status, fact: Fact, closing: Closing, turn: &mut Turn<'_>) {
        self.status = status;
        self.over_at = Some(turn.now);
        self.over_by = turn.by;
        self.update_due = None;
        let told = turn.tell(fact);
        turn.announce(told);
        self.paging.end_all(closing, turn);
    }

    /// Takes a resolution back within 5 minutes: what was unacknowledged goes on by the old clock.
    pub(super) fn undo_resolve(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        let over_at = self.over_at.filter(|_| self.status == Status::Resolved).ok_or(Refusal::NothingToUndo)?;
        if turn.now - over_at > UNDO_RESOLVE {
            return Err(Refusal::UndoExpired { what: "resolution", minutes: UNDO_RESOLVE.num_minutes() });
        }
        self.status = if self.mitigated_at.is_some() { Status::Mitigated } else { Status::Open };
        (self.over_at, self.over_by) = (None, None);
        // What was to resolve it by itself has been overtaken.
        self.alerts.resolve_at = self.alerts.resolve_at.filter(|at| *at > turn.now);
        turn.tell(Fact::ResolveUndone);
        self.paging.reopen_unanswered(over_at, turn);
        Ok(())
    }

    /// Opens it again: by an alert, or by hand.
    pub(super) fn reopen(&mut self) {
        self.status = Status::Open;
        self.duplicate_of = None;
        self.mitigated_at = None;
        (self.over_at, self.over_by) = (None, None);
    }

    /// By hand: pages nobody unless asked.
    pub(super) fn reopen_by_hand(
        &mut self,
        by: &Person,
        reason: Option<String>,
        page: bool,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        self.allow(Act::Resolve, by, turn)?;
        let reason = said(reason);
        let reason = reason.map(|reason| bounded("reason", &reason, ENDING_REASON_MAX)).transpose()?;
        let alerts_at = self.duplicate_of.take().map(|root| root.number);
        self.reopen();
        self.plan_rests = !page && self.plan_calls();
        // What time was to bring about before the end is not to happen after it.
        (self.alerts.resolve_at, self.alerts.refire_at, self.alerts.tell_untouched_at) = (None, None, None);
        let told = turn.tell(Fact::Reopened { source: None, reason, paging: page && self.plan_calls() });
        turn.announce(told);
        let called = if page { self.page_plan(turn) } else { Vec::new() };
        Ok(Answer::Reopened { paged: page, called, alerts_at })
    }

    /// After it was opened again without paging: the plan starts now.
    pub(super) fn start_plan_by_hand(&mut self, by: &Person, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.allow(Act::Escalate, by, turn)?;
        if !self.plan_rests {
            return Err(Refusal::StaleButton);
        }
        let called = self.page_plan(turn);
        Ok(Answer::PlanStarted { called })
    }

    /// The plan starts again; titles of what is called now.
    fn page_plan(&mut self, turn: &mut Turn<'_>) -> Vec<String> {
        if self.paging.engagements.is_empty() && self.plan_calls() {
            turn.note(Fact::PlanStarted);
            self.start_plan(turn);
        } else if self.plan_calls() {
            self.start_plan_again(turn);
        } else {
            turn.tell(Fact::NobodyPaged);
        }
        let running = self.paging.engagements.iter().filter(|engagement| engagement.runs());
        running.map(|engagement| engagement.title.clone()).collect()
    }

    /// The plan calls somebody.
    pub fn plan_calls(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| !plan.spec.engagements.is_empty())
    }

    /// Whether a person may delete it now, and what goes with it.
    ///
    /// # Errors
    /// It is not over, or they are no admin.
    pub fn delete(&self, by: &Person, facts: &Facts) -> Result<Deletion, Refusal> {
        self.may(Act::Delete, by, facts)?;
        if !self.status.over() {
            return Err(Refusal::NotOver { number: self.number, status: self.status });
        }
        Ok(Deletion { room: self.room.own() })
    }

    pub(super) fn ask_to_delete(&self, by: &Person, turn: &Turn<'_>) -> Result<Answer, Refusal> {
        self.delete(by, turn.facts).map(|Deletion { room }| Answer::OfferDelete { room })
    }
}

/// The card shows what has changed.
pub(super) fn redraw_card(before: &Incident, after: &Incident, turn: &mut Turn<'_>) {
    // When an outage was last looked at, or somebody was last heard of, is not shown.
    let looked_only = || {
        let mut paging = super::Paging { outage: before.paging.outage, ..after.paging.clone() };
        for (ack, old) in paging.acks.iter_mut().zip(&before.paging.acks) {
            ack.sign = old.sign;
        }
        Incident { paging, ..after.clone() }
    };
    let changed = !turn.events.is_empty() || after != before && looked_only() != *before;
    if changed && after.room.card.posted {
        turn.ask(Effect::UpdateCard { post: after.room.card.post });
    }
}

/// A text that says something, bounded.
fn said(text: Option<String>) -> Option<String> {
    let text = text::block(&text?, MESSAGE_MAX);
    (!text.is_empty()).then_some(text)
}
