//! Signs of life of those who acknowledged (ENGAGEMENT 18): after too long without one they are asked whether they are still on it, and
//! ten minutes later what they had acknowledged starts again. How long is too long is the incident's to say.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::page::{Closing, PageState, Place, Post, PostKind};
use super::{Ack, End, Engagement, LATE_AFTER, Page, Paging, Progress};
use crate::domain::contact::Way;
use crate::domain::effect::Effect;
use crate::domain::id::{PageId, PostId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// How long after the question acknowledgements lapse.
pub const LAPSE_AFTER: TimeDelta = TimeDelta::minutes(10);
/// Signs closer together than this are one: whoever works on it writes a lot, and each is a save.
const SIGN_EVERY: TimeDelta = TimeDelta::minutes(1);
/// The contact channel of a question; it is none of theirs.
const STILL_ON_IT: &str = "still on it?";

/// What has lapsed of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapsed {
    pub by: UserId,
    /// Their acknowledgement had made them lead.
    pub made_lead: bool,
}

impl Paging {
    /// Acknowledgements by which an engagement is ended: those of people who only stopped their own pages are none.
    fn standing(&self) -> impl Iterator<Item = &Ack> {
        self.acks.iter().filter(|ack| self.engagements.iter().any(|engagement| engagement.is_ended_by(ack)))
    }

    /// Whoever has something here.
    fn holders(&self) -> BTreeSet<UserId> {
        self.standing().map(|ack| ack.by).collect()
    }

    /// When somebody who has something here was last heard of.
    pub fn last_sign(&self, by: UserId) -> Option<Timestamp> {
        self.standing().filter(|ack| ack.by == by).map(|ack| ack.sign.unwrap_or(ack.at).max(ack.at)).max()
    }

    /// The open question to a person.
    fn question(&self, to: UserId) -> Option<&Page> {
        self.pages.iter().find(|page| page.is_open_question() && page.user == to)
    }

    /// When somebody is to be asked, or has not answered in time.
    pub fn next_sign(&self, timeout: TimeDelta) -> Option<Timestamp> {
        let due = |by| match self.question(by).and_then(|page| page.lapses_at) {
            Some(lapses_at) => Some(lapses_at),
            None => self.last_sign(by).map(|last| last + timeout),
        };
        self.holders().into_iter().filter_map(due).min()
    }

    /// A sign of life of this person would be news.
    pub fn awaits_sign(&self, by: UserId, now: Timestamp) -> bool {
        let silent = self.last_sign(by).is_some_and(|last| now - last >= SIGN_EVERY);
        silent || self.question(by).is_some() || self.unseen_by(by)
    }

    /// A person did something in the incident: their pages have been seen, and they are still on it.
    pub fn sign(&mut self, by: UserId, turn: &mut Turn<'_>) {
        self.seen(by, turn.now);
        for ack in self.acks.iter_mut().filter(|ack| ack.by == by) {
            ack.sign = Some(turn.now);
        }
        self.close_pages(Closing::StillOnIt { user: by }, turn, |page| page.is_open_question() && page.user == by);
    }

    /// Asks whoever has been silent for too long, and lets lapse what nobody stands by. `timeout`: none, nobody is asked now.
    pub fn watch(&mut self, timeout: Option<TimeDelta>, turn: &mut Turn<'_>) -> Vec<Lapsed> {
        let holders = self.holders();
        let needless = |page: &Page| page.is_open_question() && (timeout.is_none() || !holders.contains(&page.user));
        self.close_pages(Closing::Needless, turn, needless);
        let Some(timeout) = timeout else { return Vec::new() };
        let mut lapsed = Vec::new();
        for by in holders {
            match self.question(by).map(|page| (page.id, page.lapses_at, page.waits())) {
                Some((page, Some(at), waits)) if at <= turn.now => {
                    // What Discord has not taken has asked nobody; and who answered while nobody listened is still to be heard.
                    match waits || turn.now - at > LATE_AFTER {
                        true => self.ask_until(page, turn.now + LAPSE_AFTER),
                        false => lapsed.extend(self.lapse(by, turn)),
                    }
                }
                Some(_) => {}
                None if self.last_sign(by).is_some_and(|last| last + timeout <= turn.now) => self.ask_still(by, turn),
                None => {}
            }
        }
        lapsed
    }

    fn ask_until(&mut self, page: PageId, until: Timestamp) {
        for page in self.pages.iter_mut().filter(|known| known.id == page) {
            page.lapses_at = page.lapses_at.map(|at| at.max(until));
        }
    }

    /// The question is out: the ten minutes begin.
    pub(super) fn question_sent(&mut self, page: PageId, turn: &Turn<'_>) {
        self.ask_until(page, turn.now + LAPSE_AFTER);
    }

    fn ask_still(&mut self, user: UserId, turn: &mut Turn<'_>) {
        let known = turn.facts.contact_of(user).cloned();
        let display = known.as_ref().map_or_else(|| "Whoever has it".to_owned(), |name| turn.facts.contact_title(name));
        // Who took it need not be a contact; digits are a name.
        let Some(contact) = known.or_else(|| Name::parse(&user.to_string()).ok()) else { return };
        let (id, post) = (PageId(turn.mint.id()), PostId(turn.mint.id()));
        let place = if turn.home.direct { Place::Direct { user } } else { Place::Room };
        self.pages.push(Page {
            id,
            post,
            contact,
            display: display.clone(),
            user,
            channel: STILL_ON_IT.to_owned(),
            way: if turn.home.direct { Way::Dm } else { Way::Mention },
            at: turn.now,
            reasons: Vec::new(),
            state: PageState::Queued,
            closed: None,
            late: None,
            seen: None,
            quiet: false,
            lapses_at: Some(turn.now + LAPSE_AFTER),
        });
        let (kind, at, pages) = (PostKind::Pages, turn.now, vec![id]);
        self.posts.push(Post::new(post, kind, place, pages, at));
        turn.note(Fact::StillAsked { contact: display });
        turn.ask(Effect::SendPost { post });
    }

    /// Everything that this person has acknowledged is called again, from its first stage.
    fn lapse(&mut self, by: UserId, turn: &mut Turn<'_>) -> Option<Lapsed> {
        let silent = turn.now - self.last_sign(by)?;
        let (theirs, others): (Vec<Ack>, Vec<Ack>) =
            std::mem::take(&mut self.acks).into_iter().partition(|a| a.by == by);
        self.acks = others;
        let ended = |engagement: &Engagement| theirs.iter().any(|ack| engagement.is_ended_by(ack));
        let (again, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.engagements).into_iter().partition(ended);
        self.engagements = kept;
        // What others had answered of it for themselves lapses with it; what this person answered elsewhere does not.
        let lapsed = |id: &super::EngagementId| again.iter().any(|engagement| engagement.id == *id);
        for ack in &mut self.acks {
            ack.own.retain(|id| !lapsed(id));
        }
        self.acks.retain(|ack| !ack.own.is_empty() || !ack.stopped.is_empty());
        let made_lead = theirs.iter().any(|ack| ack.made_lead);
        let rest = theirs.into_iter().map(|mut ack| {
            ack.own.retain(|id| !lapsed(id));
            Ack { stopped: Vec::new(), ..ack }
        });
        self.acks.extend(rest.filter(|ack| !ack.own.is_empty()));
        self.close_pages(Closing::Lapsed, turn, |page| page.is_open_question() && page.user == by);
        turn.tell_of(by, Fact::AckLapsed { why: format!("no sign of life for {} min", silent.num_minutes()) });
        let again = again.into_iter().map(|engagement| Engagement {
            clocks: Vec::new(),
            end: None,
            started_at: turn.now,
            progress: Progress::Stage { run: 0, stage: 0, since: turn.now, engaged: Vec::new() },
            ..engagement
        });
        self.start(again.collect(), turn);
        Some(Lapsed { by, made_lead })
    }
}

impl Engagement {
    fn is_ended_by(&self, ack: &Ack) -> bool {
        self.end == Some(End::Acked { by: ack.by, at: ack.at })
    }
}

impl Page {
    /// It asks whether they are still on it, and has no answer yet.
    pub fn is_open_question(&self) -> bool {
        self.lapses_at.is_some() && self.closed.is_none()
    }
}
