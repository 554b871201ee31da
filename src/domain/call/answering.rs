//! What people do about a call of a person: acknowledge, take, take back, escalate, stop. The machine itself is in
//! [`engagement`](crate::domain::engagement).

use super::{Answer, Ask, Call};
use crate::domain::engagement::{Answered, Engagement, Escalation};
use crate::domain::facts::Facts;
use crate::domain::id::{EngagementId, EventId, PostId};
use crate::domain::incident::UNDO_ACK;
use crate::domain::permission::{self, Act, Part, Person};
use crate::domain::refusal::{CallRefusal, Refusal};
use crate::domain::text;
use crate::domain::turn::Turn;

/// Longest reason for stopping, in characters.
pub const REASON_MAX: usize = 300;
const NO_REASON: &str = "not needed any more";
/// Names that an answer says.
const NAMES_MAX: usize = 3;

impl Call {
    pub(super) fn asked(&mut self, by: &Person, ask: Ask, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.paging.seen(by.user, turn.now);
        if self.over_at.is_some() && !matches!(ask, Ask::Ack { .. } | Ask::Unack { .. }) {
            return Err(CallRefusal::CallOver.into());
        }
        match ask {
            Ask::Ack { post, sign } => self.ack(by, post, sign, turn),
            Ask::Take => self.take(by, turn),
            Ask::Unack { ack } => self.unack(by, ack, turn),
            Ask::EscalateAsk => {
                let (_, names, fallback) = self.escalations(by, turn)?;
                Ok(Answer::OfferEscalate { names, fallback })
            }
            Ask::Escalate => {
                let (what, names, fallback) = self.escalations(by, turn)?;
                self.paging.escalate(what, by.user, turn);
                Ok(Answer::Escalated { names, fallback })
            }
            Ask::StopAsk => self.may(Act::Stop, by, turn.facts).map(|()| Answer::OfferStop),
            Ask::Stop { reason } => {
                self.may(Act::Stop, by, turn.facts)?;
                let reason =
                    reason.map(|reason| text::one_line(&reason, REASON_MAX)).filter(|reason| !reason.is_empty());
                self.paging.stop_all(&reason.unwrap_or_else(|| NO_REASON.to_owned()), turn);
                Ok(Answer::Stopped)
            }
        }
    }

    /// Whoever called, and whoever is called, has the responder's rights in it.
    pub fn may(&self, act: Act, by: &Person, facts: &Facts) -> Result<(), Refusal> {
        let part = Part {
            contact: facts.contact_of(by.user).is_some(),
            engaged: by.user == self.by || self.paging.engages(by.user) || self.paging.summons(by.user, &by.roles),
            private: false,
        };
        permission::check(act, by, part, &facts.live.settings()).map_err(Refusal::NotAllowed)
    }

    fn ack(&mut self, by: &Person, post: Option<PostId>, sign: bool, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        match self.paging.acknowledge(by.user, &by.roles, post, turn) {
            Answered::Acked { ack, stopped, own } => Ok(self.acked(by, ack, &stopped, !own.is_empty(), turn)),
            Answered::Already { by, at } => Ok(Answer::AlreadyAcked { by, at }),
            Answered::NotEngaged { .. } if sign => Ok(Answer::Quiet),
            Answered::NotEngaged { takeable } if takeable.is_empty() => Err(CallRefusal::CallOver.into()),
            Answered::NotEngaged { takeable } => {
                self.may(Act::Take, by, turn.facts)?;
                Ok(Answer::OfferTake { from: self.called(&takeable) })
            }
        }
    }

    fn take(&mut self, by: &Person, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.may(Act::Take, by, turn.facts)?;
        let takeable = self.paging.takeable(None);
        match self.paging.take(by.user, &takeable, turn) {
            Answered::Acked { ack, stopped, own } => Ok(self.acked(by, ack, &stopped, !own.is_empty(), turn)),
            Answered::Already { by, at } => Ok(Answer::AlreadyAcked { by, at }),
            Answered::NotEngaged { .. } => Err(CallRefusal::CallOver.into()),
        }
    }

    fn acked(&self, by: &Person, ack: EventId, stopped: &[EngagementId], own: bool, turn: &mut Turn<'_>) -> Answer {
        let spared = self.paging.next_called(stopped, by.user, turn).into_iter().take(NAMES_MAX).collect();
        let still = self.paging.still_called().into_iter().filter(|name| *name != by.name).collect();
        Answer::Acked { ack, own: own && stopped.is_empty(), spared, still }
    }

    fn unack(&mut self, by: &Person, ack: EventId, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        let own = self.paging.ack_of(by.user).ok_or(Refusal::NothingToUndo)?;
        if own.id != ack || turn.now - own.at > UNDO_ACK || turn.now >= self.ends_at {
            return Err(Refusal::UndoExpired { what: "answer to a call", minutes: UNDO_ACK.num_minutes() });
        }
        self.over_at = None;
        self.paging.undo(ack, turn);
        Ok(Answer::Unacked)
    }

    fn escalations(&self, by: &Person, turn: &mut Turn<'_>) -> Result<(Vec<Escalation>, Vec<String>, bool), Refusal> {
        self.may(Act::Escalate, by, turn.facts)?;
        let what = self.paging.escalations(None, by.user, turn);
        if what.is_empty() {
            return Err(CallRefusal::NobodyToEscalateTo.into());
        }
        let mut names: Vec<String> = what.iter().flat_map(Escalation::names).collect();
        names.dedup();
        let fallback = what.iter().any(|escalation| matches!(escalation, Escalation::Fallback { .. }));
        Ok((what, names, fallback))
    }

    /// Names of those whom these engagements have called.
    fn called(&self, engagements: &[EngagementId]) -> Vec<String> {
        let engagements = engagements.iter().filter_map(|id| self.paging.engagement(*id));
        let mut names: Vec<String> = engagements.flat_map(named).collect();
        names.dedup();
        names
    }
}

fn named(engagement: &Engagement) -> impl Iterator<Item = String> {
    engagement.clocks.iter().map(|clock| clock.display.clone())
}
