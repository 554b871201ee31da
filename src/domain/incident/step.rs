//! One step of an incident: state + input + facts + now → state, timeline, effects, answer. Pure.

use chrono::TimeDelta;

use super::alerts::Arrival;
use super::edit::{Change, Edit};
use super::ending::redraw_card;
use super::{Incident, MessageLink};
use crate::domain::alert::Alert;
use crate::domain::effect::{Effect, RoomKind};
use crate::domain::engagement::Told;
use crate::domain::facts::{Facts, Revision};
use crate::domain::id::{ChannelId, EngagementId, EventId, Mint, PostId, Timestamp, UserId};
use crate::domain::impact::Impact;
use crate::domain::name::Name;
use crate::domain::permission::{self, Act, Part, Person};
use crate::domain::plan::Engage;
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::domain::timeline::{CUSTOM_MAX, Event, Fact};
use crate::domain::turn::Turn;

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
    /// Muster was removed from the server: nobody is called from there any more.
    Removed {
        reason: String,
    },
    /// The database is a backup of that time.
    Restored {
        backup_at: Timestamp,
    },
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
    /// Pull a contact, a schedule or an escalation plan in, frozen as of `revision`.
    Page {
        target: Engage,
        revision: Revision,
        message: Option<String>,
    },
    Edit(Edit),
    Mitigate {
        message: Option<String>,
    },
    Resolve {
        message: Option<String>,
    },
    UndoResolve,
    /// It was a false alarm.
    Cancel {
        reason: String,
    },
    /// Of what is over; `page`: the plan starts again.
    Reopen {
        reason: Option<String>,
        page: bool,
    },
    /// After it was opened again without paging: the plan starts now.
    StartPlan,
    /// Delete it for good? Asked first; the answer carries the button that does it.
    DeleteAsk,
    /// The lead goes from one person to another; where it is not theirs any more, it stays.
    HandOff {
        from: UserId,
        to: UserId,
    },
    /// `at`: when it happened, where not now.
    AddToTimeline {
        text: String,
        at: Option<Timestamp>,
    },
    /// Somebody who acknowledged and was asked.
    StillOnIt,
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
    /// `names`: who is called now; `fallback`: nobody else could be.
    Paged {
        title: String,
        names: Vec<String>,
        fallback: bool,
    },
    Changed(Vec<Change>),
    Mitigated,
    Resolved {
        firing: usize,
    },
    ResolveUndone,
    Cancelled {
        firing: usize,
    },
    Duplicate {
        of: i64,
        room: Option<ChannelId>,
        /// Nobody has acknowledged the other one.
        unanswered: bool,
        /// Who is being called for it.
        called: Vec<String>,
    },
    Reopened {
        /// Paging was asked for.
        paged: bool,
        /// What is called now, by title.
        called: Vec<String>,
        /// It was a duplicate of this one, which keeps its alerts.
        alerts_at: Option<i64>,
    },
    PlanStarted {
        called: Vec<String>,
    },
    /// Delete it for good?
    OfferDelete {
        /// The channel that goes with it.
        room: Option<ChannelId>,
    },
    Added,
    /// `after`: how long until they are asked again, without a sign of them.
    StillOnIt {
        after: Option<TimeDelta>,
    },
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
    redraw_card(incident, &next, &mut turn);
    Ok(Outcome::new(next, turn, answer))
}

impl Incident {
    /// Everything that is due now.
    pub(super) fn tick(&mut self, turn: &mut Turn<'_>) {
        self.room_overdue(turn);
        if !self.status.over() && !self.stands(turn.now) {
            self.alerts_due(turn);
            self.watch(turn);
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
            Input::Removed { reason } => self.paging.stop_all(&reason, turn),
            Input::Restored { backup_at } => self.restored(backup_at, turn),
        }
    }

    fn asked(&mut self, by: &Person, ask: Ask, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        // Of a private incident no refusal tells a stranger anything; a reaction of theirs is not answered anyway.
        if self.private && !matches!(ask, Ask::Ack { sign: true, .. }) {
            self.allow(Act::See, by, turn)?;
        }
        self.paging.sign(by.user, turn);
        self.is_time_for(&ask)?;
        match ask {
            Ask::Ack { post, sign } => self.ack(by, post, sign, turn),
            Ask::Take { post } => self.take(by, post, turn),
            Ask::Unack { ack } => self.unack(by, ack, turn),
            Ask::EscalateAsk { post } => self.escalate_ask(by, post, turn),
            Ask::Escalate { post } => self.escalate(by, post, turn),
            Ask::Stop { engagement, reason } => self.stop(by, engagement, &reason, turn),
            Ask::Page { target, revision, message } => self.page(by, &target, revision, message, turn),
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
            Ask::Cancel { reason } => self.cancel(by, &reason, turn),
            Ask::Reopen { reason, page } => self.reopen_by_hand(by, reason, page, turn),
            Ask::StartPlan => self.start_plan_by_hand(by, turn),
            Ask::DeleteAsk => self.ask_to_delete(by, turn),
            Ask::HandOff { from, to } => {
                self.allow(Act::Edit, by, turn)?;
                self.hand_lead(from, to, turn);
                Ok(Answer::Quiet)
            }
            Ask::AddToTimeline { text, at } => self.add_to_timeline(by, &text, at, turn),
            Ask::StillOnIt => self.still_on_it(by, turn),
            Ask::See => self.allow(Act::See, by, turn).map(|()| Answer::Seen),
        }
    }

    /// Most is for what is not over; some only for what is.
    fn is_time_for(&self, ask: &Ask) -> Result<(), Refusal> {
        let (number, status) = (self.number, self.status);
        match ask {
            Ask::UndoResolve | Ask::See | Ask::AddToTimeline { .. } | Ask::DeleteAsk => Ok(()),
            Ask::Reopen { .. } if !status.over() => Err(Refusal::OpenAlready { number, status }),
            Ask::Reopen { .. } => Ok(()),
            _ if status.over() => Err(Refusal::Over { number, status }),
            _ => Ok(()),
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

    pub(super) fn allow(&self, act: Act, by: &Person, turn: &Turn<'_>) -> Result<(), Refusal> {
        self.may(act, by, turn.facts)
    }

    /// Whether a person may do this here.
    pub(super) fn may(&self, act: Act, by: &Person, facts: &Facts) -> Result<(), Refusal> {
        permission::check(act, by, self.part_of(by, facts), &facts.live.settings()).map_err(Refusal::NotAllowed)
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
}
