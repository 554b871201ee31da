//! Identifiers: ours (time-sorted `i64`) and Discord's (snowflakes). Never made here: ours come from `app`, Discord's from outside.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Microseconds UTC is the resolution of everything that is stored; `app` truncates what the clock says.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Bits of randomness below the 42 bits of milliseconds in an id of ours.
pub const RANDOM_BITS: u32 = 21;

/// An id of ours from a time and randomness: 42 bits of milliseconds, 21 random bits. Sorts by time.
pub fn compose(at: Timestamp, random: u32) -> i64 {
    (at.timestamp_millis() << RANDOM_BITS) | i64::from(random & ((1 << RANDOM_BITS) - 1))
}

/// When an id of ours was made, to the millisecond.
pub fn made_at(id: i64) -> Timestamp {
    Timestamp::from_timestamp_millis(id >> RANDOM_BITS).unwrap_or_default()
}

/// Makes the ids of one turn, ascending from where `app` lets it begin: same turn, same ids, in the order they were made.
#[derive(Debug, Clone)]
pub struct Mint {
    next: i64,
}

/// Ids that one turn may make; `app` begins the next turn after them.
pub const IDS_PER_TURN: i64 = 4_096;

impl Mint {
    pub fn new(first: i64) -> Mint {
        Mint { next: first }
    }

    /// The next id; unique in the turn, greater than those before it.
    pub fn id(&mut self) -> i64 {
        let id = self.next;
        self.next += 1;
        id
    }
}

macro_rules! ours {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

macro_rules! snowflakes {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotASnowflake;

            fn from_str(text: &str) -> Result<Self, NotASnowflake> {
                parse_snowflake(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                parse_snowflake(&text).map(Self).map_err(de::Error::custom)
            }
        }
    )*};
}

ours! {
    /// One incident (people see its number).
    IncidentId,
    /// One engagement outside any incident.
    CallId,
    /// One offer of somebody's shifts.
    CoverId,
    /// One contact, schedule or escalation plan pulled into one incident.
    EngagementId,
    /// One attempt to reach one contact through one contact channel.
    PageId,
    /// One message of ours that may be edited later; its Discord ids arrive with the receipt.
    PostId,
    /// One past fact of an incident.
    EventId,
    /// One row of the outbox.
    OutboxId,
    /// One schedule, as what is remembered of it.
    ScheduleId,
}

snowflakes! {
    /// A Discord server.
    GuildId,
    /// A channel, thread, category or DM.
    ChannelId,
    /// A role.
    RoleId,
    /// A person or a bot.
    UserId,
    /// A webhook.
    WebhookId,
    /// A message.
    MessageId,
}

/// A root of state that sends messages: what a post or a delivery belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    Incident(IncidentId),
    Call(CallId),
}

impl Root {
    /// The incident, if it is one.
    pub fn incident(self) -> Option<IncidentId> {
        match self {
            Root::Incident(id) => Some(id),
            Root::Call(_) => None,
        }
    }
}

/// The text is not a Discord id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a Discord id: 17 to 20 digits, in quotes")]
pub struct NotASnowflake(pub String);

fn parse_snowflake(text: &str) -> Result<u64, NotASnowflake> {
    let refuse = || NotASnowflake(text.to_owned());
    if !(15..=20).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refuse());
    }
    text.parse().map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_fit_63_bits() {
        let at = |ms| chrono::DateTime::from_timestamp_millis(ms).unwrap();
        assert!(compose(at(1_000), u32::MAX) < compose(at(1_001), 0));
        assert!(compose(at((1 << 42) - 1), u32::MAX) > 0);
    }

    #[test]
    fn snowflakes_are_digits_in_a_string() {
        let json = serde_json::to_string(&UserId(200000000000000001)).unwrap();
        assert_eq!(json, "\"200000000000000001\"");
        assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), UserId(200000000000000001));
        assert!("@ana".parse::<UserId>().is_err());
    }
}
