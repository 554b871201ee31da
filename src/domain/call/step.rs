//! One step of a call: state + input + facts + now → state, effects, answer. Pure.

use chrono::TimeDelta;

use super::{Call, Kind};
use crate::domain::effect::Effect;
use crate::domain::engagement::{Answered, Closing, Told};
use crate::domain::facts::Facts;
use crate::domain::id::{EventId, Mint, PostId, Timestamp, UserId};
use crate::domain::incident::STANDS_FOR;
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
    /// The database is a backup.
    Restored,
    /// The card is out: it shows how things are by now.
    CardPosted,
    Ask {
        by: Person,
        ask: Ask,
    },
}

/// What a person can ask of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `post`: by the button of that post or a reaction to it. `sign`: a reaction; of others it does nothing.
    Ack {
        post: Option<PostId>,
        sign: bool,
    },
    /// Somebody who is not called takes it.
    Take,
    Unack {
        ack: EventId,
    },
    /// Whom would it wake?
    EscalateAsk,
    Escalate,
    /// May they stop it? Then the form asks why.
    StopAsk,
    /// Without a reason: it is not needed any more.
    Stop {
        reason: Option<String>,
    },
}

/// What the person who asked is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nobody asked.
    Quiet,
    /// `through`, `muted`, `need_room`: contact channels, by what the test makes of them.
    Opened {
        name: String,
        through: Vec<String>,
        muted: Vec<String>,
        need_room: Vec<String>,
    },
    /// They have it. `channels`: the contact channels that are proved by that.
    Received {
        channels: Vec<String>,
        after: TimeDelta,
    },
    /// They had said so before.
    AlreadyReceived {
        at: Timestamp,
    },
    /// `names`: who is called now; `fallback`: nobody else could be.
    Called {
        title: String,
        names: Vec<String>,
        fallback: bool,
    },
    /// `own`: only their own pages end. `still`: who is called on, `spared`: who would have come next.
    Acked {
        ack: EventId,
        own: bool,
        spared: Vec<String>,
        still: Vec<String>,
    },
    AlreadyAcked {
        by: UserId,
        at: Timestamp,
    },
    /// They are not called: shall they take it?
    OfferTake {
        from: Vec<String>,
    },
    Unacked,
    OfferEscalate {
        names: Vec<String>,
        fallback: bool,
    },
    Escalated {
        names: Vec<String>,
        fallback: bool,
    },
    OfferStop,
    Stopped,
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
        let of_calls = |effect: &Effect| {
            use Effect::{PostCard, RedrawPost, SendPost, UpdateCard};
            matches!(effect, SendPost { .. } | RedrawPost { .. } | PostCard { .. } | UpdateCard { .. })
        };
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
        _ => None,
    };
    let mut turn = Turn::new(now, facts, mint, by, next.home(&facts.live.settings()));
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
        Input::Restored => {
            next.restored(&mut turn);
            Answer::Quiet
        }
        Input::CardPosted => {
            next.redraw_card(&mut turn);
            Answer::Quiet
        }
        Input::Ask { by, ask } => match (&next.kind, ask) {
            (Kind::Test { .. }, Ask::Ack { post, sign }) => next.ack_test(&by, post, sign, &mut turn)?,
            (Kind::Test { .. }, _) => return Err(Refusal::StaleButton),
            (Kind::Page { .. }, ask) => next.asked(&by, ask, &mut turn)?,
        },
    };
    next.tick(&mut turn);
    next.show(call, &mut turn);
    Ok(Outcome::new(next, turn, answer))
}

impl Call {
    /// Everything that is due now. A call with nobody left to wait for is over.
    fn tick(&mut self, turn: &mut Turn<'_>) {
        self.stands_until = self.stands_until.filter(|until| turn.now < *until);
        if self.over_at.is_some() {
            return;
        }
        if self.stands_until.is_none() {
            if turn.now >= self.ends_at {
                return self.end(Closing::Unanswered, turn);
            }
            self.paging.advance(turn, None);
        }
        if !self.paging.unanswered() {
            self.over_at = Some(turn.now);
        }
    }

    /// What people see of it is brought up to date: the card of a call, the failures of a test.
    fn show(&self, before: &Call, turn: &mut Turn<'_>) {
        match self.kind {
            Kind::Test { .. } => self.show_failures(before, turn),
            Kind::Page { .. } if self != before => self.redraw_card(turn),
            Kind::Page { .. } => {}
        }
    }

    fn redraw_card(&self, turn: &mut Turn<'_>) {
        if let Some(post) = self.card {
            turn.ask(Effect::UpdateCard { post });
        }
    }

    /// It may have been answered since the backup was made: nobody is paged until people have had time to say so.
    fn restored(&mut self, turn: &mut Turn<'_>) {
        let asks = matches!(self.kind, Kind::Page { .. }) && self.over_at.is_none();
        self.stands_until = asks.then(|| turn.now + STANDS_FOR);
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

    pub(super) fn end(&mut self, how: Closing, turn: &mut Turn<'_>) {
        if self.over_at.is_none() {
            self.paging.end_all(how, turn);
            self.over_at = Some(turn.now);
        }
    }

    /// "I have it", which in a test only the person who is tested can say.
    fn ack_test(
        &mut self,
        by: &Person,
        post: Option<PostId>,
        sign: bool,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        let Kind::Test { contact, .. } = &self.kind else { return Err(Refusal::StaleButton) };
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
