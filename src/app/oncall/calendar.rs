//! Calendars: a table that reads on a phone, and a file for calendar applications. Reads only.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::look::{day_label, midnight};
use super::{overrides_of, titles};
use crate::app::desk::Done;
use crate::app::reply::{File, Say};
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::name::Name;
use crate::domain::oncall::{self, Turn};
use crate::domain::schedule::{self, Schedule};
use crate::domain::text::{cut, one_line};
use crate::export::ical;
use crate::words::oncall as words;

/// Days of a calendar where nobody says how many weeks: a month.
const MONTH_D: u64 = 31;
/// Letters of one width in a row on a small phone, and of them for the day.
const WIDTH: usize = 34;
const DAY_WIDTH: usize = 6;
/// Schedules side by side: each needs room for a name.
const ABREAST: usize = 3;
/// Letters of the tables that fit into one answer, with some words around them.
const TABLES_MAX: usize = 1_700;
/// How far ahead the file reaches; whoever subscribes anew gets the rest.
const ICAL_AHEAD: TimeDelta = TimeDelta::days(180);

/// A table a few schedules wide; where not all fit, a file has all of them.
pub(super) fn calendar(
    all: &[(&Name, &Schedule)],
    weeks: Option<u32>,
    zone: Tz,
    facts: &Facts,
    now: Timestamp,
) -> Done {
    if all.is_empty() {
        return super::say(words::no_schedules());
    }
    let days = weeks.map_or(MONTH_D, |weeks| u64::from(weeks) * 7);
    let tables: Vec<String> = all.chunks(ABREAST).map(|some| table(some, days, zone, facts, now)).collect();
    let mut room = TABLES_MAX;
    let fits = |table: &&String| {
        let width = table.chars().count();
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    };
    let mut shown: Vec<String> = tables.iter().take_while(fits).cloned().collect();
    let complete = shown.len() == tables.len();
    if shown.is_empty() {
        // A long time: its beginning is shown.
        shown.extend(tables.first().map(|table| first_lines(table)));
    }
    let text = words::calendar(&shown, zone.name(), complete);
    let say = Say { text, controls: Vec::new() };
    match complete {
        true => Done::Say(say),
        false => Done::File(say, File { name: "calendar.txt".to_owned(), text: tables.join("\n\n") }),
    }
}

fn first_lines(table: &str) -> String {
    let mut room = TABLES_MAX;
    let fits = |line: &&str| {
        let width = line.chars().count() + 1;
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    };
    table.lines().take_while(fits).collect::<Vec<_>>().join("\n")
}

/// A day a line, a schedule a column.
fn table(some: &[(&Name, &Schedule)], days: u64, zone: Tz, facts: &Facts, now: Timestamp) -> String {
    let width = (WIDTH - DAY_WIDTH) / some.len();
    let head = some.iter().map(|(name, _)| cell(&facts.schedule_title(name), width));
    let mut lines = vec![line("", head)];
    let mut month = None;
    for day in 0..days {
        let (from, until) = (midnight(zone, now, day), midnight(zone, now, day + 1));
        let named = from.with_timezone(&zone).format("%B %Y").to_string();
        if month.as_ref() != Some(&named) {
            lines.push(named.clone());
            month = Some(named);
        }
        let cells = some.iter().map(|(name, spec)| cell(&on_day(name, spec, facts, from, until), width));
        lines.push(line(&day_label(zone, from), cells));
    }
    lines.join("\n")
}

fn line(day: &str, cells: impl Iterator<Item = String>) -> String {
    let cells = cells.collect::<Vec<_>>().concat();
    format!("{day:<DAY_WIDTH$}{cells}").trim_end().to_owned()
}

fn cell(text: &str, width: usize) -> String {
    let text = cut(&one_line(text, usize::MAX), width - 1);
    format!("{text:<width$}")
}

/// "Ana", or "Ana>Ben" on the day of a hand-off; nobody is "-".
fn on_day(name: &Name, spec: &Schedule, facts: &Facts, from: Timestamp, until: Timestamp) -> String {
    let pieces = schedule::shifts(spec, overrides_of(name, facts), from, until);
    let said = pieces.iter().map(|piece| match piece.who.is_empty() {
        true => "-".to_owned(),
        false => titles(&piece.who, facts).join("+"),
    });
    said.collect::<Vec<_>>().join(">")
}

/// A file with one event a shift, for calendar applications.
pub(super) fn ical(
    all: &[(&Name, &Schedule)],
    named: Option<&Name>,
    guild: GuildId,
    facts: &Facts,
    now: Timestamp,
) -> Done {
    if all.is_empty() {
        return super::say(words::no_schedules());
    }
    let mut events = Vec::new();
    for (name, spec) in all {
        let title = facts.schedule_title(name);
        let turns = oncall::turns(spec, overrides_of(name, facts), now, now + ICAL_AHEAD);
        events.extend(turns.iter().map(|turn| event(name, &title, turn, guild, facts)));
    }
    let title = named.map_or_else(|| "On call".to_owned(), |name| facts.schedule_title(name));
    let file = named.map_or("oncall", Name::as_str);
    let say = Say { text: words::ical(&title, events.len(), ICAL_AHEAD.num_days()), controls: Vec::new() };
    Done::File(say, File { name: format!("{file}.ics"), text: ical::calendar(&title, &events, now) })
}

fn event(schedule: &Name, title: &str, turn: &Turn, guild: GuildId, facts: &Facts) -> ical::Event {
    ical::Event {
        // A shift is known by its beginning, whoever has it: calendars that go by it show it once. What is gone no file takes back.
        uid: format!("{}-{schedule}-{}-{guild}@muster", turn.from.format("%Y%m%dT%H%M%SZ"), slug(&turn.rotation)),
        from: turn.from,
        until: turn.until,
        title: format!("{} · {title}", titles(&turn.who, facts).join(", ")),
        about: format!("On call for {title}, rotation {}", turn.rotation),
    }
}

/// Different names stay different: what is no plain letter is its number.
fn slug(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("_{:x}_", u32::from(c)) };
    name.chars().map(letter).collect()
}
