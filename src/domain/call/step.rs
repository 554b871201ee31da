//! One step of a call: state + input + facts + now → state, effects, answer. Pure.

use chrono::TimeDelta;

use super::{Call, Kind};
use crate::domain::effect::Effect;
use crate::domain::engagement::{Answered, Closing, Told};
use crate::domain::facts::Facts;
use crate::domain::id::{Mint, PostId, Timestamp};
use crate::domain::permission::Person;
use crate::domain::refusal::{ContactRefusal, Refusal};
use crate::domain::turn::Turn;

/// What can happen to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Time has passed: look again.
    Tick,
    /// What came of paging.
    Told(Told),
    /// A newer one asks the same.
    Replaced,
    /// Muster was removed from the server.
    Removed {
        reason: String,
    },
    Ask {
        by: Person,
        ask: Ask,
    },
}

/// What a person can ask of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// `post`: by the button of that post or a reaction to it. `sign`: a reaction; of others it does nothing.
    Ack { post: Option<PostId>, sign: bool },
}

/// What the person who asked is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nobody asked.
    Quiet,
    /// `through`, `muted`, `need_room`: contact channels, by what the test makes of them.
    Opened { name: String, through: Vec<String>, muted: Vec<String>, need_room: Vec<String> },
    /// They have it. `channels`: the contact channels that are proved by that.
    Received { channels: Vec<String>, after: TimeDelta },
    /// They had said so before.
    AlreadyReceived { at: Timestamp },
}

/// What a step leaves behind, to be saved together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub call: Call,
    pub effects: Vec<Effect>,
    pub answer: Answer,
}

impl Outcome {
    /// A call has no timeline: of what a turn says must happen, only its messages are kept.
    pub(super) fn new(call: Call, turn: Turn<'_>, answer: Answer) -> Outcome {
        let of_calls = |effect: &Effect| matches!(effect, Effect::SendPost { .. } | Effect::RedrawPost { .. });
        Outcome { call, effects: turn.effects.into_iter().filter(of_calls).collect(), answer }
    }
}

/// Takes one step. A refusal changes nothing.
///
/// # Errors
/// A refusal of what a person asked.
pub fn step(call: &Call, input: Input, facts: &Facts, mint: Mint, now: Timestamp) -> Result<Outcome, Refusal> {
    let mut next = call.clone();
    let by = match &input {
        Input::Ask { by, .. } => Some(by.user),
        Input::Tick | Input::Told(_) | Input::Replaced | Input::Removed { .. } => None,
    };
    let mut turn = Turn::new(now, facts, mint, by, next.home());
    let answer = match input {
        Input::Tick => Answer::Quiet,
        Input::Told(told) => {
            next.paging.told(told, &mut turn);
            Answer::Quiet
        }
        Input::Replaced => {
            next.end(Closing::Repeated, &mut turn);
            Answer::Quiet
        }
        Input::Removed { reason } => {
            next.end(Closing::Stopped { reason }, &mut turn);
            Answer::Quiet
        }
        Input::Ask { by, ask: Ask::Ack { post, sign } } => next.ack(&by, post, sign, &mut turn)?,
    };
    next.tick(&mut turn);
    next.show_failures(call, &mut turn);
    Ok(Outcome::new(next, turn, answer))
}

impl Call {
    /// Everything that is due now. A call with nobody left to wait for is over.
    fn tick(&mut self, turn: &mut Turn<'_>) {
        if self.over_at.is_some() {
            return;
        }
        if turn.now >= self.ends_at {
            return self.end(Closing::Unanswered, turn);
        }
        self.paging.advance(turn, None);
        if !self.paging.unanswered() {
            self.over_at = Some(turn.now);
        }
    }

    /// A way that has failed meanwhile is said where the others ask.
    fn show_failures(&self, before: &Call, turn: &mut Turn<'_>) {
        let failed = |call: &Call| call.paging.pages.iter().filter(|page| page.failed()).count();
        if failed(self) == failed(before) {
            return;
        }
        for post in self.paging.posts.iter().filter(|post| post.sent.is_some() && self.paging.open(post)) {
            turn.redraw(post.id);
        }
    }

    fn end(&mut self, how: Closing, turn: &mut Turn<'_>) {
        if self.over_at.is_none() {
            self.paging.end_all(how, turn);
            self.over_at = Some(turn.now);
        }
    }

    /// "I have it", which in a test only the person who is tested can say.
    fn ack(&mut self, by: &Person, post: Option<PostId>, sign: bool, turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
        let Kind::Test { contact, .. } = &self.kind;
        let name = turn.facts.contact_title(contact);
        if !self.paging.engages(by.user) {
            return if sign { Ok(Answer::Quiet) } else { Err(ContactRefusal::NotYourTest { name }.into()) };
        }
        if let Some(ack) = self.paging.ack_of(by.user) {
            return Ok(Answer::AlreadyReceived { at: ack.at });
        }
        self.paging.seen(by.user, turn.now);
        if self.over_at.is_some() || turn.now >= self.ends_at {
            return Err(ContactRefusal::TestOver.into());
        }
        match self.paging.acknowledge(by.user, &by.roles, post, turn) {
            Answered::Acked { .. } => {
                self.answered = post;
                Ok(Answer::Received { channels: self.answered_through(), after: turn.now - self.opened_at })
            }
            Answered::Already { at, .. } => Ok(Answer::AlreadyReceived { at }),
            Answered::NotEngaged { .. } => Err(ContactRefusal::TestOver.into()),
        }
    }
}
