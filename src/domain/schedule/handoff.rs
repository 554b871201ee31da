//! The local times of a rotation's hand-offs as arithmetic: how many there are up to a time, and which comes next. Knows
//! no zone and no instant; a rotation that began years ago costs no more than one that began today.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::{HandOff, Rotation};

/// All hand-offs of a rotation, from the beginning of the period that holds its start.
pub(super) enum Series {
    Days(Cycle),
    Months(Months),
}

impl Series {
    pub fn of(rotation: &Rotation) -> Series {
        let (start, every) = (rotation.start.date(), i64::from(rotation.every.max(1)));
        match &rotation.hand_off {
            HandOff::Daily(times) => {
                let offsets = times.iter().map(|at| since_midnight(at.time()));
                Series::Days(Cycle::new(start, TimeDelta::days(every), offsets))
            }
            HandOff::Weekly(days) => {
                let monday = start - Days::new(start.weekday().num_days_from_monday().into());
                let offset = |day: chrono::Weekday| TimeDelta::days(day.num_days_from_monday().into());
                let offsets = days.iter().map(|hand| offset(hand.day.0) + since_midnight(hand.at.time()));
                Series::Days(Cycle::new(monday, TimeDelta::days(7 * every), offsets))
            }
            HandOff::Monthly(days) => {
                let days = days.iter().map(|hand| (hand.day, hand.at.time())).collect();
                Series::Months(Months { first: month_of(start), every, days })
            }
        }
    }

    /// How many different local times of hand-offs there are up to and including `until`.
    pub fn count(&self, until: NaiveDateTime) -> i64 {
        match self {
            Series::Days(cycle) => cycle.count(until),
            Series::Months(months) => months.count(until),
        }
    }

    /// The first one after `after`.
    pub fn following(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Series::Days(cycle) => cycle.following(after),
            Series::Months(months) => months.following(after),
        }
    }

    /// The shortest stretch of wall clock between two of them is longer than `span`.
    pub fn sparser_than(&self, span: TimeDelta) -> bool {
        match self {
            Series::Days(cycle) => cycle.sparser_than(span),
            Series::Months(months) => months.days.len() < 2,
        }
    }
}

fn since_midnight(time: NaiveTime) -> TimeDelta {
    time - NaiveTime::MIN
}

/// The same offsets again and again, each `length` after `origin`.
pub(super) struct Cycle {
    origin: NaiveDateTime,
    length: TimeDelta,
    /// Sorted, no doubles, each shorter than `length`.
    offsets: Vec<TimeDelta>,
}

impl Cycle {
    fn new(first: NaiveDate, length: TimeDelta, offsets: impl Iterator<Item = TimeDelta>) -> Cycle {
        let mut offsets: Vec<TimeDelta> = offsets.collect();
        offsets.sort();
        offsets.dedup();
        Cycle { origin: first.and_time(NaiveTime::MIN), length, offsets }
    }

    /// Which round holds `time`, and how far into it that is.
    fn place(&self, time: NaiveDateTime) -> (i64, TimeDelta) {
        let (since, length) = (time - self.origin, self.length.num_seconds());
        let round = since.num_seconds().div_euclid(length);
        (round, since - TimeDelta::seconds(round * length))
    }

    fn count(&self, until: NaiveDateTime) -> i64 {
        let (round, into) = self.place(until);
        if round < 0 {
            return 0;
        }
        let complete = round * i64::try_from(self.offsets.len()).unwrap_or(i64::MAX);
        complete + counted(self.offsets.iter().filter(|offset| **offset <= into))
    }

    fn following(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let (round, into) = self.place(after);
        let first = *self.offsets.first()?;
        if round < 0 {
            return self.origin.checked_add_signed(first);
        }
        let rest = self.offsets.iter().copied().find(|offset| *offset > into).unwrap_or(first + self.length);
        after.checked_add_signed(rest - into)
    }

    fn sparser_than(&self, span: TimeDelta) -> bool {
        let (Some(first), Some(last)) = (self.offsets.first(), self.offsets.last()) else { return true };
        let round_the_end = *first + self.length - *last;
        round_the_end > span && self.offsets.windows(2).all(|pair| pair[1] - pair[0] > span)
    }
}

/// Days of the month, in every `every`-th month; months are counted from year 0.
pub(super) struct Months {
    first: i64,
    every: i64,
    days: Vec<(u32, NaiveTime)>,
}

impl Months {
    fn count(&self, until: NaiveDateTime) -> i64 {
        let month = month_of(until.date());
        let complete =
            self.months_from(self.first).take_while(|m| *m < month).map(|m| counted(self.of_month(m).iter()));
        let begun = self.months_from(month).take_while(|m| *m == month).flat_map(|m| self.of_month(m));
        complete.sum::<i64>() + counted(begun.filter(|hand_off| *hand_off <= until))
    }

    fn following(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let months = self.months_from(month_of(after.date())).take(2);
        months.flat_map(|m| self.of_month(m)).find(|hand_off| *hand_off > after)
    }

    /// The months that have hand-offs, from `month` on.
    fn months_from(&self, month: i64) -> impl Iterator<Item = i64> + use<> {
        let (every, behind) = (self.every, (month - self.first).max(0));
        let rounds = (behind + every - 1) / every;
        let first = self.first + rounds * every;
        (0..).map(move |round| first + round * every)
    }

    /// The hand-offs of one month, sorted, no doubles. Day 29 to 31 of a shorter month is its last day.
    fn of_month(&self, month: i64) -> Vec<NaiveDateTime> {
        let mut hand_offs: Vec<_> = self.days.iter().filter_map(|(day, at)| on_day(month, *day, *at)).collect();
        hand_offs.sort();
        hand_offs.dedup();
        hand_offs
    }
}

fn month_of(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

fn on_day(month: i64, day: u32, at: NaiveTime) -> Option<NaiveDateTime> {
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let first = NaiveDate::from_ymd_opt(year, u32::try_from(month.rem_euclid(12)).ok()? + 1, 1)?;
    let last = u32::from(first.num_days_in_month());
    Some(first.with_day(day.clamp(1, last))?.and_time(at))
}

fn counted<T>(items: impl Iterator<Item = T>) -> i64 {
    i64::try_from(items.count()).unwrap_or(i64::MAX)
}
