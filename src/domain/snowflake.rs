//! When a Discord id was made, and which ids are made from an instant on.

use super::id::Timestamp;

/// 2015-01-01T00:00:00Z, the first instant of Discord's ids, in milliseconds since 1970.
const EPOCH_MS: i64 = 1_420_070_400_000;

/// The smallest id that can be made at `at`: messages after it are later ones.
pub fn at(at: Timestamp) -> u64 {
    let ms = at.timestamp_millis() - EPOCH_MS;
    u64::try_from(ms).unwrap_or(0) << 22
}

/// When an id was made.
pub fn made_at(id: u64) -> Timestamp {
    let ms = i64::try_from(id >> 22).unwrap_or(0) + EPOCH_MS;
    Timestamp::from_timestamp_millis(ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_knows_its_instant() {
        let instant = made_at(175_928_847_299_117_063);
        assert_eq!(instant.to_rfc3339(), "2016-04-30T11:18:25.796+00:00");
        assert_eq!(at(instant), 175_928_847_299_117_063 >> 22 << 22);
    }
}
