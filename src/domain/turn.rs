//! One turn of the machine: what it may read, and what it says must happen.

use super::effect::Effect;
use super::facts::Facts;
use super::id::{ChannelId, EventId, Mint, PostId, Timestamp, UserId};
use super::impact::Impact;
use super::settings::Fallback;
use super::timeline::{Event, Fact};

/// The surroundings of one decision. Time is read once, before the turn, and does not move in it.
pub struct Turn<'a> {
    pub now: Timestamp,
    pub facts: &'a Facts,
    pub mint: Mint,
    /// Who asked, where a person did.
    pub by: Option<UserId>,
    pub home: Home,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

/// Whom and where to call when nobody answers, as the incident's plan says.
#[derive(Debug, Clone, Default)]
pub struct Home {
    pub fallback: Option<Fallback>,
    pub announce: Vec<ChannelId>,
    /// How bad it is: pages are as loud as their contacts allow. Of a call none: it always pages.
    pub impact: Option<Impact>,
    /// There is no room: who would be mentioned there gets a direct message.
    pub direct: bool,
}

impl<'a> Turn<'a> {
    pub fn new(now: Timestamp, facts: &'a Facts, mint: Mint, by: Option<UserId>, home: Home) -> Turn<'a> {
        Turn { now, facts, mint, by, home, events: Vec::new(), effects: Vec::new() }
    }

    /// Writes a fact into the timeline, silently.
    pub fn note(&mut self, fact: Fact) -> EventId {
        let id = EventId(self.mint.id());
        self.events.push(Event { id, at: self.now, written_at: self.now, by: self.by, fact, count: 1 });
        id
    }

    /// Writes a fact into the timeline and says it in the channel as one line.
    pub fn tell(&mut self, fact: Fact) -> EventId {
        let event = self.note(fact);
        self.effects.push(Effect::Line { event });
        event
    }

    /// The same of somebody's earlier word, whoever asks now.
    pub fn tell_of(&mut self, user: UserId, fact: Fact) {
        let asks = self.by.replace(user);
        self.tell(fact);
        self.by = asks;
    }

    /// Asks for an effect, once.
    pub fn ask(&mut self, effect: Effect) {
        if !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    /// Tells the announcement channels.
    pub fn announce(&mut self, event: EventId) {
        for channel in self.home.announce.clone() {
            self.ask(Effect::Announce { event, channel });
        }
    }

    pub fn redraw(&mut self, post: PostId) {
        self.ask(Effect::RedrawPost { post });
    }
}
