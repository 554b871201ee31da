//! A time zone as people type it: its IANA name in any case, or a city that one is named after.

use std::str::FromStr;

use chrono_tz::{TZ_VARIANTS, Tz};

/// A zone as alike as this may be the one that is meant.
const ALIKE: f64 = 0.8;

/// Reads a time zone.
///
/// # Errors
/// The zone that may have been meant, if one is like it.
pub fn zone(said: &str) -> Result<Tz, Option<Tz>> {
    let said = folded(said);
    if let Ok(zone) = Tz::from_str(said.as_str()) {
        return Ok(zone);
    }
    let named = |zone: &&Tz| folded(zone.name()) == said;
    let near = |zone: &&Tz| folded(city_of(zone)) == said;
    if let Some(zone) = TZ_VARIANTS.iter().find(named).or_else(|| TZ_VARIANTS.iter().find(near)) {
        return Ok(*zone);
    }
    let likeness = |zone: &Tz| {
        let of = |name: &str| strsim::jaro_winkler(&said, &folded(name));
        of(zone.name()).max(of(city_of(zone)))
    };
    let best = TZ_VARIANTS.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    Err(best.filter(|best| likeness(best) >= ALIKE).copied())
}

/// `Europe/Dublin` → `Dublin`.
fn city_of(zone: &Tz) -> &'static str {
    zone.name().rsplit('/').next().unwrap_or_default()
}

fn folded(said: &str) -> String {
    said.trim().to_lowercase().replace(' ', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_as_people_write_it() {
        let rows = [
            ("Europe/Dublin", Ok(Tz::Europe__Dublin)),
            (" europe/dublin ", Ok(Tz::Europe__Dublin)),
            ("dublin", Ok(Tz::Europe__Dublin)),
            ("New York", Ok(Tz::America__New_York)),
            ("utc", Ok(Tz::UTC)),
            ("Europe/Dubln", Err(Some(Tz::Europe__Dublin))),
            ("Berlim", Err(Some(Tz::Europe__Berlin))),
            ("?", Err(None)),
            ("", Err(None)),
        ];
        for (said, read) in rows {
            assert_eq!(zone(said), read, "{said}");
        }
    }
}
