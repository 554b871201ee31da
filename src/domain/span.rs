//! Lengths of time as people write them: `90s 5m 1h30m 2d`; times of day `HH:MM`.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};

/// Longest span that is accepted: ten years, so that no sum of spans can overflow a timestamp.
pub const SPAN_MAX_S: u64 = 10 * 366 * 86_400;

/// A length of time in whole seconds, `0s` to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    seconds: u64,
}

/// The text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration: write 90s, 5m, 1h30m or 2d")]
pub struct NotASpan(pub String);

impl Span {
    pub const ZERO: Span = Span { seconds: 0 };

    pub const fn secs(seconds: u64) -> Span {
        Span { seconds }
    }

    pub const fn mins(minutes: u64) -> Span {
        Span { seconds: minutes * 60 }
    }

    pub const fn as_secs(self) -> u64 {
        self.seconds
    }

    pub const fn is_zero(self) -> bool {
        self.seconds == 0
    }

    /// As what is added to a timestamp.
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.seconds).unwrap_or(i64::MAX / 1_000))
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Span, NotASpan> {
        let refuse = || NotASpan(text.to_owned());
        let (mut seconds, mut number, mut last_unit) = (0u64, None::<u64>, u64::MAX);
        for c in text.chars() {
            if let Some(digit) = c.to_digit(10) {
                let grown = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit.into()));
                number = Some(grown.ok_or_else(refuse)?);
                continue;
            }
            let unit = unit_seconds(c).filter(|unit| *unit < last_unit).ok_or_else(refuse)?;
            let part = number.take().and_then(|n| n.checked_mul(unit)).ok_or_else(refuse)?;
            seconds = seconds.checked_add(part).ok_or_else(refuse)?;
            last_unit = unit;
        }
        let complete = number.is_none() && last_unit != u64::MAX && seconds <= SPAN_MAX_S;
        complete.then_some(Span { seconds }).ok_or_else(refuse)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.seconds;
        for (unit, letter) in UNITS {
            if rest >= unit {
                write!(f, "{}{letter}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Span {
    type Error = NotASpan;

    fn try_from(text: String) -> Result<Span, NotASpan> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

const UNITS: [(u64, char); 4] = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];

fn unit_seconds(letter: char) -> Option<u64> {
    UNITS.iter().find(|(_, l)| *l == letter).map(|(unit, _)| *unit)
}

/// A span, or the written word for "not at all" (`never`, `off`, `forever`; the field's documentation says which).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Lapse {
    After(Span),
    Never,
}

impl Lapse {
    pub fn span(self) -> Option<Span> {
        match self {
            Lapse::After(span) => Some(span),
            Lapse::Never => None,
        }
    }
}

impl TryFrom<String> for Lapse {
    type Error = NotASpan;

    fn try_from(text: String) -> Result<Lapse, NotASpan> {
        match text.as_str() {
            "never" | "off" | "forever" => Ok(Lapse::Never),
            span => span.parse().map(Lapse::After),
        }
    }
}

impl From<Lapse> for String {
    fn from(lapse: Lapse) -> String {
        lapse.span().map_or_else(|| "never".to_owned(), |span| span.to_string())
    }
}

/// A time of day, `HH:MM`, in whatever zone its owner has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(NaiveTime);

/// The text is not a time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of day: write \"HH:MM\", 00:00 to 23:59")]
pub struct NotATimeOfDay(pub String);

impl TimeOfDay {
    /// `None` outside 00:00 to 23:59.
    pub fn new(hour: u32, minute: u32) -> Option<TimeOfDay> {
        NaiveTime::from_hms_opt(hour, minute, 0).map(TimeOfDay)
    }

    pub fn time(self) -> NaiveTime {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NotATimeOfDay;

    fn try_from(text: String) -> Result<TimeOfDay, NotATimeOfDay> {
        let shaped = text.len() == 5 && text.is_ascii();
        let time = NaiveTime::parse_from_str(&text, "%H:%M").ok().filter(|_| shaped);
        time.map(TimeOfDay).ok_or(NotATimeOfDay(text))
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        time.0.format("%H:%M").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("1h30m", 5_400), ("2d", 172_800), ("0s", 0)] {
            assert_eq!(text.parse::<Span>().unwrap().as_secs(), seconds, "{text}");
        }
        assert_eq!(Span::secs(90).to_string(), "1m30s");
        for wrong in ["", "5", "m", "5x", "1m1h", "5m5m", "99999999999999999999s", "-5m", "1.5h", "4000d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_of_day_has_two_and_two_digits() {
        assert!(TimeOfDay::try_from("09:00".to_owned()).is_ok());
        for wrong in ["9:00", "24:00", "09:60", "noon"] {
            assert!(TimeOfDay::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
