//! An offer of one's shifts: somebody takes it, or it is taken back, or nobody does and it changes nothing. Who is on call is
//! not decided here: what a taken offer changes are overrides, made in the same transaction.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::id::{ChannelId, CoverId, GuildId, MessageId, Timestamp, UserId};
use super::name::Name;

/// So long before the first of the offered shifts begins, whoever offered it is told that nobody has taken it.
pub const TOLD_BEFORE: TimeDelta = TimeDelta::hours(1);

/// The state of one offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub id: CoverId,
    pub guild: GuildId,
    pub schedule: Name,
    /// Whose shifts they are.
    pub by: UserId,
    pub contact: Name,
    /// The shifts in `[from, until)` are offered.
    pub from: Timestamp,
    pub until: Timestamp,
    /// As they were when it was offered, in order; at least one.
    pub shifts: Vec<(Timestamp, Timestamp)>,
    pub offered_at: Timestamp,
    /// Where its message goes; the next one where Discord refuses the first.
    pub places: Vec<ChannelId>,
    /// Its message.
    #[serde(default)]
    pub posted: Option<(ChannelId, MessageId)>,
    /// When it was said that nobody has taken it.
    #[serde(default)]
    pub told_at: Option<Timestamp>,
    pub state: State,
}

/// What has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Open,
    Taken {
        by: UserId,
        contact: Name,
        at: Timestamp,
    },
    /// Whoever offered it keeps it.
    Back {
        at: Timestamp,
    },
    /// The end came and nobody had taken it.
    Lapsed {
        at: Timestamp,
    },
    /// Whose it was is not on call then any more: there was nothing left to take.
    Empty {
        at: Timestamp,
    },
}

/// What happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Look at the clock.
    Tick,
    Posted {
        channel: ChannelId,
        message: MessageId,
    },
    /// Discord has refused the message for good.
    NotPosted,
    Taken {
        by: UserId,
        contact: Name,
    },
    TakenBack,
    NothingLeft,
}

/// The offer after a step, and what must follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub offer: Offer,
    pub effects: Vec<Effect>,
}

impl Offer {
    pub fn open(&self) -> bool {
        self.state == State::Open
    }

    pub fn over_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Open => None,
            State::Taken { at, .. } | State::Back { at } | State::Lapsed { at } | State::Empty { at } => Some(*at),
        }
    }

    /// When it must be looked at again; saved with it.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let next = if self.told_at.is_none() { self.told_from() } else { self.until };
        self.open().then_some(next)
    }

    /// When the first of the shifts begins, or goes on.
    pub fn begins(&self) -> Timestamp {
        self.shifts.first().map_or(self.from, |(begins, _)| *begins)
    }

    /// What was offered, as far as it is not over at `now`.
    pub fn shifts_from(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.shifts.iter().map(move |(from, until)| (now.max(*from), *until)).filter(|(from, until)| from < until)
    }

    fn told_from(&self) -> Timestamp {
        (self.begins() - TOLD_BEFORE).max(self.offered_at)
    }
}

/// Its first message is asked for.
pub fn open(offer: Offer) -> Outcome {
    let effects = vec![Effect::OfferCover { offer: offer.id }];
    Outcome { offer, effects }
}

/// One step. What comes too late changes nothing.
pub fn step(offer: &Offer, input: Input, now: Timestamp) -> Outcome {
    match input {
        Input::Tick => tick(offer.clone(), now),
        Input::Posted { channel, message } => posted(offer.clone(), (channel, message)),
        Input::NotPosted => not_posted(offer.clone(), now),
        Input::Taken { by, contact } => end(offer.clone(), State::Taken { by, contact, at: now }),
        Input::TakenBack => end(offer.clone(), State::Back { at: now }),
        Input::NothingLeft => end(offer.clone(), State::Empty { at: now }),
    }
}

fn tick(mut offer: Offer, now: Timestamp) -> Outcome {
    if now >= offer.until {
        return end(offer, State::Lapsed { at: now });
    }
    let tells = offer.open() && offer.told_at.is_none() && now >= offer.told_from();
    if tells {
        offer.told_at = Some(now);
    }
    let effects = tells.then_some(Effect::CoverUntaken { offer: offer.id, direct: false });
    Outcome { effects: effects.into_iter().collect(), offer }
}

fn posted(mut offer: Offer, at: (ChannelId, MessageId)) -> Outcome {
    offer.posted = Some(at);
    // What ended it meanwhile could not be drawn into a message that was not there.
    let effects = if offer.open() { Vec::new() } else { vec![Effect::RedrawCover { offer: offer.id }] };
    Outcome { offer, effects }
}

/// The next place, or whoever offered it is told that nobody can see it.
fn not_posted(mut offer: Offer, now: Timestamp) -> Outcome {
    if !offer.open() || offer.places.is_empty() {
        return Outcome { offer, effects: Vec::new() };
    }
    offer.places.remove(0);
    let effect = match offer.places.is_empty() {
        false => Effect::OfferCover { offer: offer.id },
        true => {
            offer.told_at = Some(now);
            Effect::CoverUntaken { offer: offer.id, direct: true }
        }
    };
    Outcome { effects: vec![effect], offer }
}

fn end(mut offer: Offer, state: State) -> Outcome {
    if !offer.open() {
        return Outcome { offer, effects: Vec::new() };
    }
    offer.state = state;
    let redraw = offer.posted.map(|_| Effect::RedrawCover { offer: offer.id });
    Outcome { effects: redraw.into_iter().collect(), offer }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn offer(begins: i64) -> Offer {
        let name = |text| Name::parse(text).unwrap();
        Offer {
            id: CoverId(7),
            guild: GuildId(100_000_000_000_000_001),
            schedule: name("primary"),
            by: UserId(200_000_000_000_000_002),
            contact: name("ana"),
            from: at(begins),
            until: at(begins + 600),
            shifts: vec![(at(begins), at(begins + 60))],
            offered_at: at(0),
            places: vec![ChannelId(300_000_000_000_000_003), ChannelId(300_000_000_000_000_004)],
            posted: None,
            told_at: None,
            state: State::Open,
        }
    }

    fn told(direct: bool) -> Effect {
        Effect::CoverUntaken { offer: CoverId(7), direct }
    }

    #[test]
    fn it_is_said_an_hour_before_once_or_at_once() {
        for (begins, says) in [(300, 240), (60, 0), (30, 0), (0, 0)] {
            let offer = offer(begins);
            assert_eq!(offer.next_deadline(), Some(at(says)), "{begins}");
            let early = step(&offer, Input::Tick, at(says) - TimeDelta::seconds(1));
            assert_eq!((early.effects, early.offer), (vec![], offer.clone()));
            let said = step(&offer, Input::Tick, at(says));
            assert_eq!(said.effects, [told(false)]);
            assert_eq!(said.offer.next_deadline(), Some(at(begins + 600)));
            assert_eq!(step(&said.offer, Input::Tick, at(says + 5)).effects, []);
        }
    }

    #[test]
    fn what_nobody_took_ends_and_says_nothing_late() {
        let lapsed = step(&offer(300), Input::Tick, at(900));
        assert_eq!((lapsed.effects, lapsed.offer.next_deadline()), (vec![], None));
        assert_eq!(lapsed.offer.state, State::Lapsed { at: at(900) });
    }

    #[test]
    fn the_first_to_take_it_has_it() {
        let taken = |offer: &Offer, by| {
            let contact = Name::parse("ben").unwrap();
            step(offer, Input::Taken { by: UserId(by), contact }, at(5)).offer
        };
        let first = taken(&offer(300), 8);
        assert_eq!(first.next_deadline(), None);
        assert_eq!(taken(&first, 9), first);
        assert_eq!(step(&first, Input::TakenBack, at(6)).offer, first);
        let (channel, message) = (ChannelId(3), MessageId(5));
        let posted = step(&first, Input::Posted { channel, message }, at(6));
        assert_eq!(posted.effects, [Effect::RedrawCover { offer: CoverId(7) }], "its message came out late");
    }

    #[test]
    fn where_discord_refuses_the_next_place_is_tried_and_in_the_end_it_is_said() {
        let once = step(&offer(300), Input::NotPosted, at(1));
        assert_eq!(once.effects, [Effect::OfferCover { offer: CoverId(7) }]);
        let twice = step(&once.offer, Input::NotPosted, at(2));
        assert_eq!(twice.effects, [told(true)]);
        assert!(twice.offer.open());
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let offer = offer(300);
        assert_eq!(serde_json::from_str::<Offer>(&serde_json::to_string(&offer).unwrap()).unwrap(), offer);
    }
}
