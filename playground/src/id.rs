//! Snowflakes: what every noun of the playground is known by, and how a test may point at one.
//! Never decides what an id refers to; the state looks that up.

/// A snowflake. Discord writes it as a decimal string.
pub type Id = u64;

/// The first millisecond a snowflake can carry (2015-01-01T00:00:00Z).
const EPOCH_MS: u64 = 1_420_070_400_000;

/// Points at a user, role, channel or guild, by id or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// By snowflake.
    Id(Id),
    /// By name: a user's or channel's, with or without `@` or `#`.
    Name(String),
}

impl From<Id> for Key {
    fn from(id: Id) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for Key {
    /// A text of 15 digits or more is an id, anything else a name.
    fn from(text: &str) -> Self {
        let text = text.trim_start_matches(['#', '@']);
        match text.parse() {
            Ok(id) if text.len() >= 15 => Self::Id(id),
            _ => Self::Name(text.to_owned()),
        }
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

/// Hands out snowflakes that sort by time and never repeat.
#[derive(Debug, Default)]
pub struct Ids {
    last: Id,
}

impl Ids {
    /// The next snowflake for a moment given in milliseconds since 1970.
    pub fn next(&mut self, now_ms: i64) -> Id {
        let wanted = u64::try_from(now_ms).unwrap_or(EPOCH_MS).saturating_sub(EPOCH_MS) << 22;
        self.last = wanted.max(self.last + 1);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snowflakes_rise_even_when_the_clock_does_not() {
        let mut ids = Ids::default();
        let first = ids.next(1_700_000_000_000);
        assert!(ids.next(1_700_000_000_000) > first);
        assert!(ids.next(1_600_000_000_000) > first);
    }

    #[test]
    fn long_digits_are_ids_and_the_rest_are_names() {
        assert_eq!(Key::from("900000000000000030"), Key::Id(900_000_000_000_000_030));
        assert_eq!(Key::from("#alerts"), Key::Name("alerts".into()));
        assert_eq!(Key::from("42"), Key::Name("42".into()));
    }
}
