//! When the operator's alarm is due: once Discord has been out of reach long enough, again while it lasts, and once when it
//! is over. Knows no clock and sends nothing.

use chrono::TimeDelta;

use crate::domain::health::Vitals;
use crate::domain::id::Timestamp;

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The gateway is away this long before anybody is told.
    pub after: TimeDelta,
    /// Told again this often while it lasts.
    pub again: TimeDelta,
    /// Tried again after this long, where nobody heard.
    pub retry: TimeDelta,
    /// A gateway that was seen this lately is back.
    pub fresh: TimeDelta,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            after: TimeDelta::minutes(2),
            again: TimeDelta::minutes(15),
            retry: TimeDelta::seconds(30),
            fresh: TimeDelta::seconds(10),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The bot hears nothing.
    Gateway,
    /// Nothing the bot says gets through.
    Deliveries,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Down,
    StillDown,
    Back,
}

/// What is to be told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub what: What,
    pub state: State,
    pub since: Timestamp,
}

/// What was told, to know what is to be told next.
#[derive(Debug)]
pub struct Alarm {
    pace: Pace,
    standing: Option<Standing>,
    /// Not before: the latest try was not heard.
    try_at: Option<Timestamp>,
}

/// A trouble that is not over, or of whose end nobody has heard.
#[derive(Debug, Clone, Copy)]
struct Standing {
    what: What,
    since: Timestamp,
    /// When it was last heard of; `None`: never.
    told_at: Option<Timestamp>,
}

impl Alarm {
    pub fn new(pace: Pace) -> Alarm {
        Alarm { pace, standing: None, try_at: None }
    }

    /// What is to be told now, if anything. `outage`: since when no delivery has got through.
    pub fn look(&mut self, vitals: &Vitals, outage: Option<Timestamp>) -> Option<Notice> {
        let now = vitals.now;
        let trouble = self.trouble(vitals, outage);
        let standing = match (self.standing, trouble) {
            (None, None) => return None,
            (None, Some((what, since))) => Standing { what, since, told_at: None },
            // It was over before anybody heard of it.
            (Some(Standing { told_at: None, .. }), None) => {
                (self.standing, self.try_at) = (None, None);
                return None;
            }
            (Some(standing), _) => standing,
        };
        self.standing = Some(standing);
        if self.try_at.is_some_and(|at| now < at) {
            return None;
        }
        let state = match (standing.told_at, trouble) {
            (_, None) => State::Back,
            (None, Some(_)) => State::Down,
            (Some(told_at), Some(_)) if now - told_at >= self.pace.again => State::StillDown,
            (Some(_), Some(_)) => return None,
        };
        Some(Notice { what: standing.what, state, since: standing.since })
    }

    /// Whether it was heard.
    pub fn told(&mut self, now: Timestamp, notice: &Notice, heard: bool) {
        self.try_at = (!heard).then(|| now + self.pace.retry);
        if heard {
            self.standing = match notice.state {
                State::Back => None,
                _ => self.standing.map(|standing| Standing { told_at: Some(now), ..standing }),
            };
        }
    }

    fn trouble(&self, vitals: &Vitals, outage: Option<Timestamp>) -> Option<(What, Timestamp)> {
        let away = vitals.gateway_away();
        // What was told of is over when the connection stands, not when it stood two minutes ago.
        let limit = if self.standing.is_some() { self.pace.fresh } else { self.pace.after };
        let gateway = (away >= limit).then(|| (What::Gateway, vitals.now - away));
        gateway.or(outage.map(|since| (What::Deliveries, since)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_timestamp_micros((1_800_000_000 + s) * 1_000_000).unwrap()
    }

    /// A minute a step of 10 s: the alarm, and what of Discord is seen.
    struct Story {
        alarm: Alarm,
        now_s: i64,
        connected_s: Option<i64>,
        outage_s: Option<i64>,
        heard: bool,
        said: Vec<(i64, State)>,
    }

    impl Story {
        fn new() -> Story {
            let alarm = Alarm::new(Pace::default());
            Story { alarm, now_s: 0, connected_s: None, outage_s: None, heard: true, said: Vec::new() }
        }

        /// Until then, the gateway stands or not.
        fn until(mut self, end_s: i64, connected: bool) -> Story {
            while self.now_s < end_s {
                self.now_s += 10;
                if connected {
                    self.connected_s = Some(self.now_s);
                }
                let vitals = Vitals {
                    now: at(self.now_s),
                    started_at: at(0),
                    connected_at: self.connected_s.map(at),
                    catching_up: 0,
                    lost_loops: 0,
                    turns: BTreeMap::new(),
                };
                if let Some(notice) = self.alarm.look(&vitals, self.outage_s.map(at)) {
                    self.said.push((self.now_s, notice.state));
                    self.alarm.told(at(self.now_s), &notice, self.heard);
                }
            }
            self
        }

        fn heard(mut self, heard: bool) -> Story {
            self.heard = heard;
            self
        }

        fn outage(mut self, since_s: Option<i64>) -> Story {
            self.outage_s = since_s;
            self
        }
    }

    #[test]
    fn two_minutes_without_a_gateway_are_told_once_then_every_quarter_of_an_hour_and_the_end_of_it() {
        let story = Story::new().until(60, true).until(2_200, false).until(2_400, true);
        let said = [(180, State::Down), (1_080, State::StillDown), (1_980, State::StillDown), (2_210, State::Back)];
        assert_eq!(story.said, said);
    }

    #[test]
    fn a_gateway_that_is_away_for_less_is_nobodys_business() {
        assert_eq!(Story::new().until(60, true).until(170, false).until(600, true).said, []);
    }

    #[test]
    fn a_discord_that_is_away_from_the_start_is_told_of() {
        assert_eq!(Story::new().until(300, false).said, [(120, State::Down)]);
    }

    #[test]
    fn what_nobody_heard_is_told_again_the_end_of_it_too() {
        let story = Story::new().until(60, true).heard(false).until(220, false).heard(true).until(300, false);
        let story = story.heard(false).until(340, true).heard(true).until(400, true);
        let said = [180, 210, 240].map(|s| (s, State::Down));
        let over = [310, 340, 370].map(|s| (s, State::Back));
        assert_eq!(story.said, [said, over].concat());
    }

    #[test]
    fn what_was_over_before_anybody_heard_of_it_is_not_told_of() {
        let story = Story::new().until(60, true).heard(false).until(190, false).heard(true).until(600, true);
        assert_eq!(story.said, [(180, State::Down)]);
    }

    #[test]
    fn deliveries_that_do_not_get_through_are_told_of_though_the_gateway_stands() {
        let story = Story::new().until(100, true).outage(Some(40)).until(200, true).outage(None).until(300, true);
        assert_eq!(story.said, [(110, State::Down), (210, State::Back)]);
    }

    #[test]
    fn a_connection_that_comes_and_goes_is_one_alarm_until_it_stands() {
        let story = Story::new().until(60, true).until(180, false).until(190, true).until(300, false);
        assert_eq!(story.said, [(180, State::Down), (190, State::Back)]);
    }
}
