//! A calendar file (RFC 5545) with one event a shift, in UTC. Decides nothing: what is in it, and by what each event is known,
//! is given.

use icalendar::{Calendar, Component, EventLike};

use crate::domain::id::Timestamp;

/// One shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same for the same shift in every file: calendars replace what they know.
    pub uid: String,
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    pub title: String,
    pub about: String,
}

/// The file. `now`: when it was made.
pub fn calendar(title: &str, events: &[Event], now: Timestamp) -> String {
    let mut calendar = Calendar::new();
    calendar.name(title);
    for event in events {
        let shift = icalendar::Event::new()
            .uid(&event.uid)
            .timestamp(now)
            .starts(event.from)
            .ends(event.until)
            .summary(&event.title)
            .description(&event.about)
            .done();
        calendar.push(shift);
    }
    calendar.done().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Reads a file as strictly as a calendar would: lines end in CRLF and have at most 75 bytes (a folded one with the blank before it
    /// 76, as the library counts), folded lines go on.
    fn read(file: &str) -> Vec<BTreeMap<String, String>> {
        assert!(file.ends_with("END:VCALENDAR\r\n"), "{file:?}");
        let lines: Vec<&str> = file.split("\r\n").collect();
        assert!(
            lines
                .iter()
                .all(|line| line.len() <= 75 + usize::from(line.starts_with(' ')) && !line.contains(['\r', '\n'])),
            "{file:?}"
        );
        let unfolded = file.replace("\r\n ", "");
        let mut events = Vec::new();
        for line in unfolded.lines() {
            let (name, value) = line.split_once(':').expect("a name and a value");
            match (name, value) {
                ("BEGIN", "VEVENT") => events.push(BTreeMap::new()),
                ("BEGIN" | "END", _) => {}
                (name, value) => {
                    let (name, value) = (name.to_owned(), unescaped(value));
                    let doubled = events.last_mut().and_then(|event: &mut BTreeMap<_, _>| event.insert(name, value));
                    assert_eq!(doubled, None);
                }
            }
        }
        events
    }

    fn unescaped(value: &str) -> String {
        let (mut text, mut escaped) = (String::new(), false);
        for c in value.chars() {
            match (escaped, c) {
                (false, '\\') => escaped = true,
                (true, 'n' | 'N') => {
                    text.push('\n');
                    escaped = false;
                }
                (_, c) => {
                    text.push(c);
                    escaped = false;
                }
            }
        }
        text
    }

    fn event(title: &str) -> Event {
        let at = |text: &str| text.parse().unwrap();
        Event {
            uid: "20260105T090000Z-primary-one-5@muster".to_owned(),
            from: at("2026-01-05T09:00:00Z"),
            until: at("2026-01-06T09:00:00Z"),
            title: title.to_owned(),
            about: "On call for Payments, rotation one".to_owned(),
        }
    }

    #[test]
    fn what_is_written_reads_back_as_the_shift_it_was() {
        let file = calendar(
            "Payments",
            &[event("Ana · Payments"), event("Ben · Payments")],
            "2026-01-05T10:00:00Z".parse().unwrap(),
        );
        assert!(file.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), "{file}");
        let events = read(&file);
        assert_eq!(events.len(), 2);
        let wanted = [
            ("UID", "20260105T090000Z-primary-one-5@muster"),
            ("DTSTAMP", "20260105T100000Z"),
            ("DTSTART", "20260105T090000Z"),
            ("DTEND", "20260106T090000Z"),
            ("SUMMARY", "Ana · Payments"),
            ("DESCRIPTION", "On call for Payments, rotation one"),
        ];
        for (name, value) in wanted {
            assert_eq!(events[0].get(name).map(String::as_str), Some(value), "{file}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A name can break no line and begin no property.
        #[test]
        fn words_of_others_stay_words(title in "[a-zé·,;:\\\\🔥 \"]{0,90}") {
            let events = read(&calendar("x", &[event(&title)], "2026-01-05T10:00:00Z".parse().unwrap()));
            prop_assert_eq!(events.len(), 1);
            prop_assert_eq!(events[0].get("SUMMARY"), Some(&title));
        }
    }
}
