//! Lengths of time as people say them: two units at most, no seconds once there are minutes.

use chrono::TimeDelta;

const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];

/// "45 s", "12 min", "3 h 5 min", "2 d 4 h". What is negative counts as nothing: "0 s".
pub fn lasting(time: TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    let Some(first) = UNITS.iter().position(|(unit, _)| seconds >= *unit) else { return "0 s".to_owned() };
    let (unit, word) = UNITS[first];
    let whole = format!("{} {word}", seconds / unit);
    // Next to minutes nobody counts seconds.
    match UNITS.get(first + 1).filter(|(smaller, _)| *smaller > 1) {
        Some((smaller, word)) if seconds % unit >= *smaller => format!("{whole} {} {word}", seconds % unit / smaller),
        _ => whole,
    }
}

/// To the second, as a timetable needs it: "0 min", "30 s", "1 min 30 s", "1 h 5 min".
pub fn exactly(time: TimeDelta) -> String {
    let mut rest = time.num_seconds().max(0);
    let mut said: Vec<String> = Vec::new();
    for (unit, word) in UNITS {
        if rest >= unit {
            said.push(format!("{} {word}", rest / unit));
            rest %= unit;
        }
    }
    if said.is_empty() { "0 min".to_owned() } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_two_units_at_most() {
        let rows = [
            (-5, "0 s"),
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (745, "12 min"),
            (3_600, "1 h"),
            (3_660, "1 h 1 min"),
            (11_100, "3 h 5 min"),
            (86_400, "1 d"),
            (86_400 + 59, "1 d"),
            (2 * 86_400 + 4 * 3_600 + 61, "2 d 4 h"),
        ];
        for (seconds, said) in rows {
            assert_eq!(lasting(TimeDelta::seconds(seconds)), said);
        }
    }

    #[test]
    fn a_timetable_counts_every_second() {
        let rows =
            [(-5, "0 min"), (0, "0 min"), (30, "30 s"), (90, "1 min 30 s"), (3_900, "1 h 5 min"), (86_400, "1 d")];
        for (seconds, said) in rows {
            assert_eq!(exactly(TimeDelta::seconds(seconds)), said);
        }
    }
}
