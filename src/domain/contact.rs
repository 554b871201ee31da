//! A contact: a person, the ways to reach them, and their engagement plan over these ways.

use std::collections::BTreeMap;

use chrono::Weekday;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::impact::Impact;
use super::reference::Ref;
use super::span::{Span, TimeOfDay};

/// Longest display name, in characters.
pub const DISPLAY_NAME_MAX: usize = 80;

/// A person who can be paged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub display_name: String,
    pub discord_user: Ref<UserId>,
    /// Theirs; none: the guild's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Tz>,
    pub channels: Vec<ContactChannel>,
    /// The engagement plan.
    pub stages: Vec<ContactStage>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loudness: BTreeMap<Impact, Loudness>,
}

impl Contact {
    pub fn user(&self) -> Option<UserId> {
        self.discord_user.id()
    }

    pub fn channel(&self, name: &str) -> Option<&ContactChannel> {
        self.channels.iter().find(|channel| channel.name == name)
    }
}

/// A way to reach a contact. Its name is unique in the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactChannel {
    pub name: String,
    #[serde(rename = "type")]
    pub way: Way,
    /// Of a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<WebhookPreset>,
    /// Of a webhook: the variable (`MUSTER_SECRET_…`) that holds its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// Of a generic webhook: the variable with the key that signs the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// Of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// How a contact channel carries a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// An @-mention in the incident's channel.
    Mention,
    Dm,
    Webhook,
    Email,
}

impl Way {
    /// This version has a carrier for it; a page by any other way fails at once.
    pub fn carried(self) -> bool {
        matches!(self, Way::Mention | Way::Dm)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookPreset {
    Generic,
    Ntfy,
    Pushover,
    Gotify,
    TwilioCall,
    TwilioSms,
}

/// One stage of an engagement plan: its channels are used together when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactStage {
    /// Until the next stage starts; 0s: at once.
    pub duration: Span,
    #[serde(default)]
    pub targets: Vec<ChannelTarget>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelTarget {
    pub channel: String,
    /// The page is repeated this often until acknowledged; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_every: Option<Span>,
}

/// What an incident of some impact may do to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loudness {
    Page,
    /// In their night (22:00 to this time, their zone) pages wait for its end.
    HoldUntil(TimeOfDay),
    /// Shown, no ping.
    Channel,
}

impl<'de> Deserialize<'de> for Loudness {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Loudness, D::Error> {
        from.deserialize_any(LoudnessVisitor)
    }
}

struct LoudnessVisitor;

impl<'de> serde::de::Visitor<'de> for LoudnessVisitor {
    type Value = Loudness;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("page, channel or {hold_until: \"HH:MM\"}")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Loudness, E> {
        match text {
            "page" => Ok(Loudness::Page),
            "channel" => Ok(Loudness::Channel),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Loudness, A::Error> {
        let hold = Hold::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(Loudness::HoldUntil(hold.hold_until))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    hold_until: TimeOfDay,
}

impl Serialize for Loudness {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Loudness::Page => to.serialize_str("page"),
            Loudness::Channel => to.serialize_str("channel"),
            Loudness::HoldUntil(hold_until) => Hold { hold_until: *hold_until }.serialize(to),
        }
    }
}

/// A day of the week as written in definitions: `MON` … `SUN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub Weekday);

const DAYS: [(&str, Weekday); 7] = [
    ("MON", Weekday::Mon),
    ("TUE", Weekday::Tue),
    ("WED", Weekday::Wed),
    ("THU", Weekday::Thu),
    ("FRI", Weekday::Fri),
    ("SAT", Weekday::Sat),
    ("SUN", Weekday::Sun),
];

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Day, String> {
        let found = DAYS.iter().find(|(word, _)| *word == text);
        found.map(|(_, day)| Day(*day)).ok_or_else(|| format!("`{text}` is not a day: MON TUE WED THU FRI SAT SUN"))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        DAYS[day.0.num_days_from_monday() as usize].0.to_owned()
    }
}

impl PartialOrd for Day {
    fn partial_cmp(&self, other: &Day) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Day {
    fn cmp(&self, other: &Day) -> std::cmp::Ordering {
        self.0.num_days_from_monday().cmp(&other.0.num_days_from_monday())
    }
}

/// A day and a time of it: `MON 09:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WeekdayTime {
    pub day: Day,
    pub at: TimeOfDay,
}

impl TryFrom<String> for WeekdayTime {
    type Error = String;

    fn try_from(text: String) -> Result<WeekdayTime, String> {
        let (day, at) =
            text.split_once(' ').ok_or_else(|| format!("`{text}`: write a day and a time, \"MON 09:00\""))?;
        let at = TimeOfDay::try_from(at.to_owned()).map_err(|e| e.to_string())?;
        Ok(WeekdayTime { day: Day::try_from(day.to_owned())?, at })
    }
}

impl From<WeekdayTime> for String {
    fn from(when: WeekdayTime) -> String {
        format!("{} {}", String::from(when.day), String::from(when.at))
    }
}
