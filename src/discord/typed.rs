//! What people type into options that are text for Discord and more than text for us. Reads and writes; looks nothing up.
//!
//! Phones capitalise and people add a `#` or a space: what can be meant only one way is read that way.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDateTime;
use serde::{Deserialize, Deserializer};

use crate::domain::id::{EngagementId, UserId};
use crate::domain::name::Name;
use crate::domain::span::{Span, TimeOfDay};

/// The number people know an incident by, from 1, per guild; written `INC-42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct IncidentNumber(i64);

/// The text is not an incident's number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an incident: write its number, such as INC-42, or choose one from the list")]
pub struct NotAnIncident(pub String);

impl IncidentNumber {
    /// `None` below 1.
    pub fn new(number: i64) -> Option<IncidentNumber> {
        (number >= 1).then_some(IncidentNumber(number))
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

impl FromStr for IncidentNumber {
    type Err = NotAnIncident;

    /// Reads `INC-42`, `inc 42`, `#42`, `42`.
    fn from_str(text: &str) -> Result<IncidentNumber, NotAnIncident> {
        let lower = text.trim().to_lowercase();
        let bare = lower.strip_prefix("inc").unwrap_or(&lower).trim_start_matches(['-', '#', ' ']);
        let digits = Some(bare).filter(|bare| bare.bytes().all(|b| b.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).and_then(IncidentNumber::new);
        number.ok_or_else(|| NotAnIncident(text.to_owned()))
    }
}

impl TryFrom<String> for IncidentNumber {
    type Error = NotAnIncident;

    fn try_from(text: String) -> Result<IncidentNumber, NotAnIncident> {
        text.parse()
    }
}

impl fmt::Display for IncidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INC-{}", self.0)
    }
}

/// Fewest digits of an id of ours: every id made since 1971 has more, no name that people choose looks like one.
const ID_DIGITS_MIN: usize = 15;

/// Whose paging is meant: the engagement that the list offered, or the name somebody typed without choosing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Engaged {
    Id(EngagementId),
    /// Of a contact, schedule or escalation plan.
    Name(Name),
}

/// The text names no engagement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nobody who is being paged: choose from the list, or write a name such as ana")]
pub struct NotEngaged(pub String);

impl TryFrom<String> for Engaged {
    type Error = NotEngaged;

    fn try_from(text: String) -> Result<Engaged, NotEngaged> {
        let bare = text.trim();
        if bare.len() >= ID_DIGITS_MIN && bare.bytes().all(|b| b.is_ascii_digit()) {
            return bare.parse().map(|id| Engaged::Id(EngagementId(id))).map_err(|_| NotEngaged(text));
        }
        let name = Name::parse(&bare.trim_start_matches('@').to_lowercase());
        name.map(Engaged::Name).map_err(|_| NotEngaged(text))
    }
}

impl fmt::Display for Engaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Engaged::Id(id) => id.fmt(f),
            Engaged::Name(name) => name.fmt(f),
        }
    }
}

/// A past moment in the words of whoever typed it; it becomes an instant once their zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Moment {
    /// This long before the command: `20m`, `20m ago`.
    Ago(Span),
    /// The latest such time of day that is not in the future: `03:12`.
    Clock(TimeOfDay),
    /// Wall clock: `2026-08-31 03:12`.
    Local(NaiveDateTime),
}

/// The text is not a past moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write 03:12, 20m ago or 2026-08-31 03:12, in your own time zone")]
pub struct NotAMoment(pub String);

impl TryFrom<String> for Moment {
    type Error = NotAMoment;

    fn try_from(text: String) -> Result<Moment, NotAMoment> {
        let lower = text.trim().to_lowercase();
        let read = match wall_clock(&lower) {
            Some(WallClock::Time(time)) => Some(Moment::Clock(time)),
            Some(WallClock::Day(local)) => Some(Moment::Local(local)),
            None => lower.strip_suffix("ago").unwrap_or(&lower).trim_end().parse().ok().map(Moment::Ago),
        };
        read.ok_or(NotAMoment(text))
    }
}

/// A moment to look at, now or ahead, in the words of whoever typed it; it becomes an instant once their zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Ahead {
    Now,
    /// This long after the command: `2h`, `in 2h`.
    In(Span),
    /// The next such time of day: `03:12`.
    Clock(TimeOfDay),
    /// Wall clock: `2026-12-24 18:00`.
    Local(NaiveDateTime),
}

/// The text is no moment to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write now, in 2h, 03:12 or 2026-12-24 18:00, in your own time zone")]
pub struct NotAhead(pub String);

impl TryFrom<String> for Ahead {
    type Error = NotAhead;

    fn try_from(text: String) -> Result<Ahead, NotAhead> {
        let lower = text.trim().to_lowercase();
        if lower == "now" {
            return Ok(Ahead::Now);
        }
        let read = match wall_clock(&lower) {
            Some(WallClock::Time(time)) => Some(Ahead::Clock(time)),
            Some(WallClock::Day(local)) => Some(Ahead::Local(local)),
            None => lower.strip_prefix("in").unwrap_or(&lower).trim_start().parse().ok().map(Ahead::In),
        };
        read.ok_or(NotAhead(text))
    }
}

/// What a clock on a wall shows.
enum WallClock {
    Time(TimeOfDay),
    Day(NaiveDateTime),
}

/// Reads `03:12`, `3:12`, `2026-08-31 03:12`, lower case.
fn wall_clock(text: &str) -> Option<WallClock> {
    match text.len() {
        4 | 5 if text.contains(':') => TimeOfDay::try_from(format!("{text:0>5}")).ok().map(WallClock::Time),
        16 => NaiveDateTime::parse_from_str(&text.replace('t', " "), "%Y-%m-%d %H:%M").ok().map(WallClock::Day),
        _ => None,
    }
}

/// An end in the words of whoever typed it; it becomes an instant once their zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum End {
    /// So long after the command: `8h`.
    For(Span),
    /// The next such time of day: `18:00`.
    Clock(TimeOfDay),
    /// Wall clock: `2026-08-31 18:00`.
    Local(NaiveDateTime),
}

/// The text is not an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write 8h, 18:00 or 2026-08-31 18:00, in your own time zone")]
pub struct NotAnEnd(pub String);

impl TryFrom<String> for End {
    type Error = NotAnEnd;

    fn try_from(text: String) -> Result<End, NotAnEnd> {
        match (text.to_lowercase().contains("ago"), Moment::try_from(text.clone())) {
            (false, Ok(Moment::Ago(span))) => Ok(End::For(span)),
            (false, Ok(Moment::Clock(time))) => Ok(End::Clock(time)),
            (false, Ok(Moment::Local(at))) => Ok(End::Local(at)),
            _ => Err(NotAnEnd(text)),
        }
    }
}

/// A label to look for: `key=value`, spaces around either left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Label {
    pub key: String,
    pub value: String,
}

/// The text is not a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a label: write key=value, such as team=payments")]
pub struct NotALabel(pub String);

impl TryFrom<String> for Label {
    type Error = NotALabel;

    fn try_from(text: String) -> Result<Label, NotALabel> {
        match text.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                Ok(Label { key: key.to_owned(), value: value.to_owned() })
            }
            _ => Err(NotALabel(text)),
        }
    }
}

/// Who is to be on call: contacts, or `none`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Members(pub Vec<Member>);

/// A contact by name, or the person who was mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    Contact(Name),
    User(UserId),
}

/// The text names nobody, nor says that nobody is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nobody: write contacts such as ana or ana ben, or none for nobody")]
pub struct NotMembers(pub String);

impl TryFrom<String> for Members {
    type Error = NotMembers;

    fn try_from(text: String) -> Result<Members, NotMembers> {
        let words: Vec<&str> = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()).collect();
        if words.len() == 1 && ["none", "nobody"].contains(&words[0].to_lowercase().as_str()) {
            return Ok(Members(Vec::new()));
        }
        let members: Option<Vec<Member>> =
            words.into_iter().filter(|word| !word.eq_ignore_ascii_case("and")).map(member).collect();
        members.filter(|members| !members.is_empty()).map(Members).ok_or(NotMembers(text))
    }
}

fn member(word: &str) -> Option<Member> {
    if let Some(id) = word.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>')) {
        return id.trim_start_matches('!').parse().ok().map(Member::User);
    }
    let word = word.trim_start_matches('@').to_lowercase();
    let reserved = ["none", "nobody"].contains(&word.as_str());
    Name::parse(&word).ok().filter(|_| !reserved).map(Member::Contact)
}

/// As [`name`], where one must be given.
pub fn one_name<'de, D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
    let text = String::deserialize(from)?;
    Name::parse(text.trim().trim_start_matches('@').to_lowercase().as_str()).map_err(serde::de::Error::custom)
}

/// Reads the name of a definition as typed: names are lower case, the first letter on a phone is not.
pub fn name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Name>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| Name::parse(&text.trim().to_lowercase()).map_err(serde::de::Error::custom)).transpose()
}

/// The same, where a name must be given.
pub fn required_name<'de, D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
    let text = String::deserialize(from)?;
    Name::parse(&text.trim().to_lowercase()).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row reads as said, or is refused in words that quote it.
    fn check<T>(rows: &[(&str, Option<T>)])
    where
        T: TryFrom<String> + PartialEq + fmt::Debug + Clone,
        T::Error: fmt::Display,
    {
        for (text, wanted) in rows {
            let read = T::try_from((*text).to_owned());
            assert_eq!(read.as_ref().ok(), wanted.as_ref(), "{text:?}");
            let quoted = read.err().is_none_or(|refusal| refusal.to_string().starts_with(&format!("`{text}` ")));
            assert!(quoted, "{text:?}");
        }
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn an_incident_is_meant_in_many_ways() {
        let inc = |n| IncidentNumber::new(n);
        check(&[
            ("INC-42", inc(42)),
            ("inc-42", inc(42)),
            ("Inc 42", inc(42)),
            (" #42 ", inc(42)),
            ("42", inc(42)),
            ("0", None),
            ("", None),
            ("INC-", None),
            ("INC+42", None),
            ("42a", None),
            ("db is down", None),
            ("99999999999999999999", None),
        ]);
        assert_eq!(IncidentNumber(42).to_string().parse(), Ok(IncidentNumber(42)));
    }

    #[test]
    fn an_engagement_is_chosen_or_named() {
        let id = EngagementId(3_700_000_000_000_000_001);
        check(&[
            ("3700000000000000001", Some(Engaged::Id(id))),
            ("@Ana", Some(Engaged::Name(name("ana")))),
            ("db", Some(Engaged::Name(name("db")))),
            ("99999999999999999999", None),
            ("<@200000000000000001>", None),
            ("", None),
        ]);
        assert_eq!(Engaged::try_from(Engaged::Id(id).to_string()), Ok(Engaged::Id(id)));
    }

    #[test]
    fn a_moment_is_a_clock_a_date_or_a_while_ago() {
        let clock = |h, m| TimeOfDay::new(h, m).map(Moment::Clock);
        let local =
            chrono::NaiveDate::from_ymd_opt(2026, 8, 31).and_then(|day| day.and_hms_opt(3, 12, 0)).map(Moment::Local);
        check(&[
            ("20m", Some(Moment::Ago(Span::mins(20)))),
            ("1h30m ago", Some(Moment::Ago(Span::mins(90)))),
            ("20M ago", Some(Moment::Ago(Span::mins(20)))),
            ("03:12", clock(3, 12)),
            ("3:12", clock(3, 12)),
            ("2026-08-31 03:12", local),
            ("2026-08-31T03:12", local),
            ("25:00", None),
            (":12", None),
            ("26-08-31 03:12", None),
            ("2026-02-30 03:12", None),
            ("ago", None),
            ("yesterday", None),
            ("", None),
        ]);
    }

    #[test]
    fn a_moment_ahead_is_now_a_while_a_clock_or_a_date() {
        let clock = |h, m| TimeOfDay::new(h, m).map(Ahead::Clock);
        let local =
            chrono::NaiveDate::from_ymd_opt(2026, 12, 24).and_then(|day| day.and_hms_opt(18, 0, 0)).map(Ahead::Local);
        check(&[
            ("now", Some(Ahead::Now)),
            (" Now ", Some(Ahead::Now)),
            ("2h", Some(Ahead::In(Span::mins(120)))),
            ("In 2h", Some(Ahead::In(Span::mins(120)))),
            ("03:12", clock(3, 12)),
            ("3:12", clock(3, 12)),
            ("2026-12-24 18:00", local),
            ("2026-12-24T18:00", local),
            ("20m ago", None),
            ("25:00", None),
            ("in", None),
            ("tomorrow", None),
            ("", None),
        ]);
    }

    #[test]
    fn an_end_is_a_while_a_clock_or_a_date() {
        check(&[
            ("8h", Some(End::For(Span::mins(480)))),
            ("18:00", TimeOfDay::new(18, 0).map(End::Clock)),
            ("8h ago", None),
            ("tomorrow", None),
            ("", None),
        ]);
    }

    #[test]
    fn members_are_contacts_mentions_or_nobody() {
        let contacts = |names: &[&str]| Some(Members(names.iter().map(|text| Member::Contact(name(text))).collect()));
        let user = Member::User(UserId(200_000_000_000_000_001));
        check(&[
            ("ana", contacts(&["ana"])),
            ("Ana, @ben  and cleo", contacts(&["ana", "ben", "cleo"])),
            ("<@200000000000000001> ben", Some(Members(vec![user, Member::Contact(name("ben"))]))),
            ("None", Some(Members(vec![]))),
            ("nobody", Some(Members(vec![]))),
            ("ana none", None),
            (" , ", None),
            ("<@&900000000000000101>", None),
            ("ana!", None),
        ]);
    }

    #[test]
    fn a_label_has_a_key_and_a_value() {
        let label = |key: &str, value: &str| Some(Label { key: key.to_owned(), value: value.to_owned() });
        check(&[
            ("team=payments", label("team", "payments")),
            ("query = a=b", label("query", "a=b")),
            ("team", None),
            ("=payments", None),
            ("team= ", None),
        ]);
    }
}
