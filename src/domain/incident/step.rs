//! One step of an incident: state + input + facts + now → state, timeline, effects, answer. Pure.

use super::alerts::Arrival;
use super::edit::{Change, Edit};
use super::{Incident, MessageLink, Status, UNDO_ACK, UNDO_RESOLVE};
use crate::domain::alert::Alert;
use crate::domain::effect::{Effect, RoomKind};
use crate::domain::engagement::{Answered, Closing, Escalation, Told};
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, EngagementId, EventId, Mint, PostId, Timestamp, UserId};
use crate::domain::impact::Impact;
use crate::domain::name::Name;
use crate::domain::permission::{self, Act, Part, Person};
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::domain::timeline::{CUSTOM_MAX, Event, Fact};
use crate::domain::turn::Turn;

/// Longest reason for stopping something, in characters.
const REASON_MAX: usize = 300;

/// What can happen to an incident.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Time has passed: look again.
    Tick,
    Alert {
        source: Name,
        alert: Alert,
        impact: Option<Impact>,
        message: MessageLink,
    },
    /// From the room of the incident.
    RoomMade {
        kind: RoomKind,
        channel: ChannelId,
    },
    RoomFailed {
        kind: RoomKind,
        why: String,
    },
    CardPosted,
    /// The card cannot be edited any more: a new one is needed.
    CardLost,
    /// What came of paging.
    Told(Told),
    /// What a person asks.
    Ask {
        by: Person,
        ask: Ask,
    },
}

/// What a person can ask of an incident.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// `post`: by the button of that post or a reaction to it. `sign`: a reaction; of people not engaged it does nothing.
    Ack {
        post: Option<PostId>,
        sign: bool,
    },
    Take {
        post: Option<PostId>,
    },
    Unack {
        ack: Option<EventId>,
    },
    /// Whom would it wake?
    EscalateAsk {
        post: Option<PostId>,
    },
    Escalate {
        post: Option<PostId>,
    },
    Stop {
        engagement: EngagementId,
        reason: String,
    },
    Edit(Edit),
    Mitigate {
        message: Option<String>,
    },
    Resolve {
        message: Option<String>,
    },
    UndoResolve,
    /// `at`: when it happened, where not now.
    AddToTimeline {
        text: String,
        at: Option<Timestamp>,
    },
    See,
}

/// What the person who asked is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nobody asked.
    Quiet,
    Opened,
    Acked {
        ack: EventId,
        stopped: Vec<String>,
        own: bool,
        spared: Vec<String>,
        still: Vec<String>,
    },
    AlreadyAcked {
        by: UserId,
        at: Timestamp,
    },
    /// They are not engaged: shall they take it?
    OfferTake {
        post: Option<PostId>,
        from: Vec<String>,
    },
    Unacked,
    /// Shall these be woken?
    OfferEscalate {
        post: Option<PostId>,
        names: Vec<String>,
        fallback: bool,
    },
    Escalated {
        names: Vec<String>,
        fallback: bool,
    },
    Stopped {
        plan: String,
    },
    Changed(Vec<Change>),
    Mitigated,
    Resolved {
        firing: usize,
    },
    ResolveUndone,
    Added,
    Seen,
}

/// What a step leaves behind, to be saved together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub incident: Incident,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
    pub answer: Answer,
}

impl Outcome {
    pub(super) fn new(incident: Incident, turn: Turn<'_>, answer: Answer) -> Outcome {
        let Turn { events, effects, .. } = turn;
        Outcome { incident, events, effects, answer }
    }
}

/// Takes one step. A refusal changes nothing.
pub fn step(incident: &Incident, input: Input, facts: &Facts, mint: Mint, now: Timestamp) -> Result<Outcome, Refusal> {
    let mut next = incident.clone();
    let settings = facts.live.settings();
    let by = match &input {
        Input::Ask { by, .. } => Some(by.user),
        _ => None,
    };
    let mut turn = Turn::new(now, facts, mint, by, next.home(&settings));
    let answer = match input {
        Input::Ask { by, ask } => next.asked(&by, ask, &mut turn)?,
        told => {
            next.told(told, &mut turn);
            Answer::Quiet
        }
    };
    next.tick(&mut turn);
    let changed = next != *incident || !turn.events.is_empty();
    if changed && next.room.card.posted {
        turn.ask(Effect::UpdateCard { post: next.room.card.post });
    }
    Ok(Outcome::new(next, turn, answer))
}

impl Incident {
    /// Everything that is due now.
    fn tick(&mut self, turn: &mut Turn<'_>) {
        self.room_overdue(turn);
        if !self.status.over() {
            self.alerts_due(turn);
            self.paging.advance(turn, None);
        }
    }

    fn told(&mut self, input: Input, turn: &mut Turn<'_>) {
        match input {
            Input::Tick | Input::Ask { .. } => {}
            Input::Alert { source, alert, impact, message } => {
                self.take_alert(&Arrival { source: &source, alert: &alert, impact, message }, turn);
            }
            Input::RoomMade { kind, channel } => self.room_made(kind, channel, turn),
            Input::RoomFailed { kind, why } => self.room_failed(kind, &why, turn),
            Input::CardPosted => {
                self.room.card.posted = true;
                turn.ask(Effect::PinCard { post: self.room.card.post });
                turn.ask(Effect::UpdateCard { post: self.room.card.post });
            }
            Input::CardLost => {
                self.room.card = super::CardSite { post: PostId(turn.mint.id()), posted: false };
                turn.ask(Effect::PostCard { post: self.room.card.post });
            }
            Input::Told(told) => self.paging.told(told, turn),
        }
    }

    fn asked(&mut self, by: &Person, ask: Ask, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.paging.seen(by.user, turn.now);
        if self.status.over() && !matches!(ask, Ask::UndoResolve | Ask::See | Ask::AddToTimeline { .. }) {
            return Err(Refusal::Over { number: self.number, status: self.status });
        }
        match ask {
            Ask::Ack { post, sign } => self.ack(by, post, sign, turn),
            Ask::Take { post } => self.take(by, post, turn),
            Ask::Unack { ack } => self.unack(by, ack, turn),
            Ask::EscalateAsk { post } => self.escalate_ask(by, post, turn),
            Ask::Escalate { post } => self.escalate(by, post, turn),
            Ask::Stop { engagement, reason } => self.stop(by, engagement, &reason, turn),
            Ask::Edit(edit) => {
                self.allow(Act::Edit, by, turn)?;
                self.edit(edit, turn).map(Answer::Changed)
            }
            Ask::Mitigate { message } => self.mitigate(by, message, turn),
            Ask::Resolve { message } => self.resolve(by, message, turn),
            Ask::UndoResolve => {
                self.allow(Act::Resolve, by, turn)?;
                self.undo_resolve(turn).map(|()| Answer::ResolveUndone)
            }
            Ask::AddToTimeline { text, at } => self.add_to_timeline(by, &text, at, turn),
            Ask::See => self.allow(Act::See, by, turn).map(|()| Answer::Seen),
        }
    }

    /// What part a person has in this incident, for the table of rights.
    pub fn part_of(&self, by: &Person, facts: &Facts) -> Part {
        Part {
            contact: facts.contact_of(by.user).is_some(),
            engaged: self.paging.engages(by.user) || self.paging.summons(by.user, &by.roles),
            private: self.private,
        }
    }

    fn allow(&self, act: Act, by: &Person, turn: &Turn<'_>) -> Result<(), Refusal> {
        let part = self.part_of(by, turn.facts);
        permission::check(act, by, part, &turn.facts.live.settings()).map_err(Refusal::NotAllowed)
    }

    fn ack(&mut self, by: &Person, post: Option<PostId>, sign: bool, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
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

    fn take(&mut self, by: &Person, post: Option<PostId>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
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
    fn touched_by(&mut self, user: UserId, has_it: Option<EventId>, turn: &mut Turn<'_>) {
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

    fn unack(&mut self, by: &Person, ack: Option<EventId>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        let own = self.paging.ack_of(by.user).ok_or(Refusal::NothingToUndo)?;
        let expired = ack.is_some() && turn.now - own.at > UNDO_ACK;
        if ack.is_some_and(|ack| ack != own.id) || expired {
            return Err(Refusal::UndoExpired { what: "acknowledgement", minutes: UNDO_ACK.num_minutes() });
        }
        let id = own.id;
        self.hold_recovered();
        let undone = self.paging.undo(id, turn).ok_or(Refusal::NothingToUndo)?;
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

    fn escalate_ask(&self, by: &Person, post: Option<PostId>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        let (_, names, fallback) = self.escalations(by, post, turn)?;
        Ok(Answer::OfferEscalate { post, names, fallback })
    }

    fn escalate(&mut self, by: &Person, post: Option<PostId>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        let (what, names, fallback) = self.escalations(by, post, turn)?;
        self.paging.escalate(what, by.user, turn);
        Ok(Answer::Escalated { names, fallback })
    }

    fn stop(&mut self, by: &Person, id: EngagementId, reason: &str, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
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

    /// Mitigating takes everything that nobody has answered, without asking.
    fn mitigate(&mut self, by: &Person, message: Option<String>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.allow(Act::Resolve, by, turn)?;
        let takeable = self.paging.takeable(None);
        let ack = match self.paging.take(by.user, &takeable, turn) {
            Answered::Acked { ack, .. } => Some(ack),
            Answered::Already { .. } | Answered::NotEngaged { .. } => None,
        };
        self.touched_by(by.user, ack, turn);
        self.alerts.refire_at = None;
        self.mitigated_at = Some(turn.now);
        for member in self.alerts.groups.values_mut().flat_map(|group| group.instances.values_mut()) {
            member.fired_when_mitigated = member.state == crate::domain::alert::State::Firing;
        }
        self.set_status(Status::Mitigated, message, turn);
        Ok(Answer::Mitigated)
    }

    fn resolve(&mut self, by: &Person, message: Option<String>, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        self.allow(Act::Resolve, by, turn)?;
        let message = message.filter(|message| !message.trim().is_empty());
        self.finish(Status::Resolved, message, Closing::Resolved { user: Some(by.user) }, turn);
        Ok(Answer::Resolved { firing: self.alerts.firing() })
    }

    fn add_to_timeline(
        &mut self,
        by: &Person,
        said: &str,
        at: Option<Timestamp>,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        self.allow(Act::Edit, by, turn)?;
        let text = text::block(said, usize::MAX);
        let length = text.chars().count();
        if length == 0 || length > CUSTOM_MAX {
            return Err(Refusal::BadText { field: "text", max: CUSTOM_MAX, length });
        }
        if at.is_some_and(|at| at > turn.now) {
            let said = at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
            return Err(Refusal::BadValue { field: "at", said, right: "a time in the past".to_owned() });
        }
        turn.tell(Fact::Custom { text });
        if let (Some(at), Some(event)) = (at, turn.events.last_mut()) {
            event.at = at;
        }
        Ok(Answer::Added)
    }

    /// Until when the resolution can be undone.
    pub fn resolve_undo_until(&self) -> Option<Timestamp> {
        self.over_at.filter(|_| self.status == Status::Resolved).map(|at| at + UNDO_RESOLVE)
    }
}
