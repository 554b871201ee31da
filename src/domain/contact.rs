//! A contact: a person, the ways to reach them, and their engagement plan over these ways.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta, Weekday};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Timestamp, UserId};
use super::impact::Impact;
use super::reference::Ref;
use super::schedule;
use super::span::{Span, TimeOfDay};
use super::written::{MailAddress, Variable, Zone, between};

/// Most ways to reach one person, and most stages over them.
pub const CHANNELS_MAX: usize = 25;
pub const STAGES_MAX: usize = 25;
/// Repeats closer than this are noise, and Discord limits them anyway.
pub const RETRY_MIN: Span = Span::secs(10);
/// Longest duration of a stage and distance of repeats.
pub const STAGE_MAX: Span = Span::secs(7 * 86_400);
/// Longest address of an e-mail (RFC 5321), in characters.
pub const ADDRESS_MAX: usize = 254;

/// Longest display name, in characters.
pub const DISPLAY_NAME_MAX: usize = 80;

/// A person who can be paged: the ways to reach them, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What people call them.
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub display_name: String,
    /// Who they are in the server.
    pub discord_user: Ref<UserId>,
    /// Theirs. Without it: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Zone>")]
    pub time_zone: Option<Tz>,
    /// The ways to reach them.
    #[schemars(length(min = 1, max = CHANNELS_MAX))]
    pub channels: Vec<ContactChannel>,
    /// Their engagement plan: which ways are used when. At least one stage has a target.
    #[schemars(length(min = 1, max = STAGES_MAX))]
    pub stages: Vec<ContactStage>,
    /// What an incident may do to them, by its impact (1 to 5). An impact may never be louder than a worse one. Without an impact in it: `page`.
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

/// A way to reach a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactChannel {
    /// Unique among their channels; stages name it.
    #[schemars(length(min = 1, max = DISPLAY_NAME_MAX))]
    pub name: String,
    /// How it carries a page.
    #[serde(rename = "type")]
    pub way: Way,
    /// Of a webhook: the service behind it. Without it: `generic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<WebhookPreset>,
    /// Of a webhook, and needed there: the variable that holds its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Variable>")]
    pub url_env: Option<String>,
    /// Of a generic webhook: the variable with the key that signs the body. Without it: not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Variable>")]
    pub secret_env: Option<String>,
    /// Of an e-mail, and needed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<MailAddress>", length(max = ADDRESS_MAX))]
    pub address: Option<String>,
}

/// How a contact channel carries a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// An @-mention in the incident's channel.
    Mention,
    /// A direct message from the bot.
    Dm,
    /// A call of a web address: a phone gateway, a push service.
    Webhook,
    /// A mail.
    Email,
}

impl Way {
    /// Discord itself carries it: when Discord fails, so does this.
    pub fn in_discord(self) -> bool {
        matches!(self, Way::Mention | Way::Dm)
    }
}

/// The service behind a webhook: what the body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookPreset {
    /// JSON with the number, the impact, the plan and a link.
    Generic,
    /// ntfy.
    Ntfy,
    /// Pushover, with the priority of an emergency at impact 1 and 2.
    Pushover,
    /// Gotify.
    Gotify,
    /// A call by Twilio.
    TwilioCall,
    /// A text message by Twilio.
    TwilioSms,
}

/// One stage of an engagement plan: its channels are used together when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactStage {
    /// Until the next stage starts. `0s`: at once.
    #[schemars(extend("x-range" = between(Span::ZERO, STAGE_MAX)))]
    pub duration: Span,
    /// The channels it uses. None: a pure delay.
    #[serde(default)]
    pub targets: Vec<ChannelTarget>,
}

/// One channel of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelTarget {
    /// The name of one of their channels.
    pub channel: String,
    /// The page is repeated this often until it is acknowledged, thirty times at most. Without it: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-range" = between(RETRY_MIN, STAGE_MAX)))]
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

/// What becomes of a page at some instant, by the loudness of whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Page,
    /// It is their night: the page waits for its end.
    Hold {
        until: Timestamp,
    },
    /// Shown, no ping.
    Show,
}

impl Loudness {
    /// What becomes of a page at `at`, by the wall clock of `zone`.
    pub fn manner(self, at: Timestamp, zone: Tz) -> Manner {
        match self {
            Loudness::Page => Manner::Page,
            Loudness::Channel => Manner::Show,
            Loudness::HoldUntil(end) => night(at, end, zone).map_or(Manner::Page, |until| Manner::Hold { until }),
        }
    }
}

/// The end of the night that `at` falls in: nights begin at 22:00. Both ends are instants of the wall clock, so that a night in which
/// the clocks change is as long as it really is.
fn night(at: Timestamp, end: TimeOfDay, zone: Tz) -> Option<Timestamp> {
    let evening = NaiveTime::from_hms_opt(22, 0, 0)?;
    let today = at.with_timezone(&zone).date_naive();
    // It began today or yesterday.
    (0..=1).find_map(|days| {
        let began = today.checked_sub_signed(TimeDelta::days(days))?;
        let ends = if end.time() < evening { began.succ_opt()? } else { began };
        let (from, until) = (began.and_time(evening), ends.and_time(end.time()));
        let (from, until) = (schedule::instant(zone, from), schedule::instant(zone, until));
        (from <= at && at < until).then_some(until)
    })
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

/// How [`Loudness`] is written, for the reference.
#[derive(JsonSchema)]
#[schemars(rename = "Loudness", rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum WrittenLoudness {
    /// They are paged.
    Page,
    /// It is shown, without a ping.
    Channel,
    /// In their night (22:00 to this time, their zone) pages wait for its end; outside it they are paged.
    HoldUntil(TimeOfDay),
}

impl JsonSchema for Loudness {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        WrittenLoudness::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        WrittenLoudness::json_schema(generator)
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

pub const DAYS: [(&str, Weekday); 7] = [
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a page to somebody in `zone` whose nights end at `until`.
    fn manner(at: &str, until: &str, zone: Tz) -> Option<String> {
        let until = TimeOfDay::try_from(until.to_owned()).unwrap();
        match Loudness::HoldUntil(until).manner(at.parse().unwrap(), zone) {
            Manner::Hold { until } => Some(until.format("%FT%RZ").to_string()),
            Manner::Page => None,
            Manner::Show => panic!("nobody asked for that"),
        }
    }

    #[test]
    fn a_night_begins_at_ten_and_ends_by_the_clock_on_the_wall() {
        let (dublin, howe, tokyo) = (Tz::Europe__Dublin, Tz::Australia__Lord_Howe, Tz::Asia__Tokyo);
        let rows = [
            ("2026-01-05T21:59:59Z", "09:00", dublin, None),
            ("2026-01-05T22:00:00Z", "09:00", dublin, Some("2026-01-06T09:00Z")),
            ("2026-01-06T08:59:59Z", "09:00", dublin, Some("2026-01-06T09:00Z")),
            ("2026-01-06T09:00:00Z", "09:00", dublin, None),
            // Clocks go forward: the night is an hour shorter. They go back: it is an hour longer.
            ("2026-03-28T23:00:00Z", "09:00", dublin, Some("2026-03-29T08:00Z")),
            ("2026-10-24T21:30:00Z", "09:00", dublin, Some("2026-10-25T09:00Z")),
            ("2026-10-25T08:30:00Z", "09:00", dublin, Some("2026-10-25T09:00Z")),
            // By half an hour, and where it ends in the hour that is skipped.
            ("2026-10-03T12:00:00Z", "02:15", howe, Some("2026-10-03T15:30Z")),
            // A day that is not the one in Greenwich.
            ("2026-01-05T14:00:00Z", "07:00", tokyo, Some("2026-01-05T22:00Z")),
            // It ends on the evening it began, or as it begins.
            ("2026-01-05T22:30:00Z", "23:00", dublin, Some("2026-01-05T23:00Z")),
            ("2026-01-05T23:30:00Z", "23:00", dublin, None),
            ("2026-01-05T23:30:00Z", "22:00", dublin, None),
        ];
        for (at, until, zone, held) in rows {
            assert_eq!(manner(at, until, zone).as_deref(), held, "{at} {until} {zone}");
        }
    }
}
