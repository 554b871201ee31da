//! A look ahead as a timetable on a phone: who is paged when, by what and why; at the end what is worth a warning.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::span::exactly;
use super::text::{Piece, Text};
use super::timeline::unreached;
use crate::domain::contact::Way;
use crate::domain::engagement::{FallbackCall, Place};
use crate::domain::name::Name;
use crate::domain::preview::{AHEAD, Entry, Paged, Preview, What, Why};
use crate::domain::span::Span;

/// Most lines of the timetable: what is beyond is said to be left out.
const ROWS_MAX: usize = 24;
/// Most warnings.
const WARNINGS_MAX: usize = 8;
/// So many equal gaps in a row are one line.
const REPEATS_MIN: usize = 2;

/// What would happen if an incident of the plan opened then, and nobody answered. Nobody is paged by the question.
pub fn preview(plan: &str, preview: &Preview, fallback_every: Span) -> Text {
    let impact = preview.impact;
    let head = Text::from("If ").said_strong(plan).ours(" opened ").clock(preview.at);
    let head = head.ours(format!(" at impact {} ({impact}) and nobody answered:", impact.number()));
    let rows = rows(preview, fallback_every);
    if rows.is_empty() {
        return warnings(head.line().strong("Nobody would be paged.").ours(nobody(preview)), preview);
    }
    let left = rows.len().saturating_sub(ROWS_MAX);
    let text = rows.into_iter().take(ROWS_MAX).fold(head, |text, (_, row)| text.line().join(row));
    let text = match (left, preview.cut) {
        (0, false) => text,
        (0, true) => text.line().ours(format!("… and on; this looks {} ahead.", exactly(AHEAD))),
        (left, _) => text.line().ours(format!("… and {left} more.")),
    };
    warnings(text, preview)
}

fn nobody(preview: &Preview) -> &'static str {
    match preview.entries.is_empty() {
        true => " The plan engages nobody: `/config edit` it, and write `engagements`.",
        false => "",
    }
}

/// The lines of the timetable, in order of time.
fn rows(preview: &Preview, fallback_every: Span) -> Vec<(TimeDelta, Text)> {
    let several = plans(preview) > 1;
    let mut rows: Vec<(TimeDelta, Text)> =
        pings(preview).iter().map(|ping| (ping.after, page_row(ping, several))).collect();
    for Entry { after, what } in &preview.entries {
        if let What::Fallback { plan, call, places } = what {
            let plan = several.then_some(plan.as_str());
            rows.push((*after, fallback_row(*after, plan, call, places, fallback_every)));
        }
    }
    // Stable: what was first at one moment stays first.
    rows.sort_by_key(|(after, _)| *after);
    rows
}

/// How many engagements the pages come from.
fn plans(preview: &Preview) -> usize {
    let mut plans: Vec<&str> =
        preview.pages().flat_map(|(_, page)| page.why.iter().map(|why| why.plan.as_str())).collect();
    plans.sort_unstable();
    plans.dedup();
    plans.len()
}

/// One line: a person, paged at one moment by these ways, perhaps over and over.
struct Ping<'p> {
    after: TimeDelta,
    page: &'p Paged,
    ways: Vec<Way>,
    /// The gap between repeats, and when the last one is.
    repeats: Option<(TimeDelta, TimeDelta)>,
}

/// Pages through one channel of a contact.
type Line<'p> = Vec<(TimeDelta, &'p Paged)>;

/// Pages as lines: repeats in one rhythm are one, ways of one moment share one.
fn pings(preview: &Preview) -> Vec<Ping<'_>> {
    let mut lines: BTreeMap<(&Name, &str), Line<'_>> = BTreeMap::new();
    for (after, page) in preview.pages() {
        lines.entry((&page.contact, &page.channel)).or_default().push((after, page));
    }
    let mut pings: Vec<Ping<'_>> = lines.values().flat_map(|line| in_rhythm(line)).collect();
    let order = |ping: &Ping<'_>| preview.pages().position(|(_, page)| std::ptr::eq(page, ping.page));
    pings.sort_by_key(|ping| (ping.after, order(ping)));
    let mut merged: Vec<Ping<'_>> = Vec::new();
    for ping in pings {
        let same = |known: &&mut Ping<'_>| {
            let alike = (known.page.attempt > 1) == (ping.page.attempt > 1) && known.repeats == ping.repeats;
            known.after == ping.after && known.page.contact == ping.page.contact && alike
        };
        match merged.iter_mut().find(same) {
            Some(known) => known.ways.extend(ping.ways),
            None => merged.push(ping),
        }
    }
    merged
}

/// Cuts the pages of a channel into stretches with one gap between them.
fn in_rhythm<'p>(line: &[(TimeDelta, &'p Paged)]) -> Vec<Ping<'p>> {
    let mut pings = Vec::new();
    let mut rest = line;
    while let Some(((after, page), later)) = rest.split_first() {
        let gap = later.first().map(|(next, _)| *next - *after);
        let steady = rest.windows(2).take_while(|pair| repeats(pair, gap)).count();
        let (repeats, taken) = match gap.filter(|_| steady >= REPEATS_MIN) {
            Some(gap) => (Some((gap, rest[steady].0)), steady),
            None => (None, 0),
        };
        pings.push(Ping { after: *after, page, ways: vec![page.way], repeats });
        rest = &later[taken..];
    }
    pings
}

fn repeats(pair: &[(TimeDelta, &Paged)], gap: Option<TimeDelta>) -> bool {
    let [(one, _), (next, page)] = pair else { return false };
    Some(*next - *one) == gap && page.attempt > 1
}

fn page_row(ping: &Ping<'_>, several: bool) -> Text {
    let again = ping.page.attempt > 1;
    let text = time(ping.after).said_strong(&ping.page.display).ours(if again { " again" } else { "" });
    let text = match ping.page.quiet {
        true => text.ours(" is shown it, no ping"),
        false => text.ours(format!(" by {}", said(&ping.ways))),
    };
    let text = if again { text } else { why(text, ping.page, several) };
    match ping.repeats {
        Some((gap, last)) => text.ours(format!(", then every {} until +{}", exactly(gap), exactly(last))),
        None => text,
    }
}

/// "0 min · ", "+2 min · ".
fn time(after: TimeDelta) -> Text {
    let sign = if after.is_zero() { "" } else { "+" };
    Text::from(format!("{sign}{} · ", exactly(after)))
}

/// "mention and DM".
fn said(ways: &[Way]) -> String {
    let words: Vec<&str> = ways.iter().map(|way| way_word(*way)).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

fn way_word(way: Way) -> &'static str {
    match way {
        Way::Mention => "mention",
        Way::Dm => "DM",
        Way::Webhook => "webhook",
        Way::Email => "e-mail",
    }
}

/// " (stage 1 of 2, on call for Payments primary)".
fn why(text: Text, page: &Paged, several: bool) -> Text {
    let parts: Vec<Text> = page.why.iter().flat_map(|why| reasons(why, &page.display, several)).collect();
    if parts.is_empty() {
        return text;
    }
    let parts = parts.into_iter().enumerate();
    let text = parts.fold(text.ours(" ("), |text, (index, part)| {
        let text = if index == 0 { text } else { text.ours(", ") };
        text.join(part)
    });
    text.ours(")")
}

fn reasons(why: &Why, person: &str, several: bool) -> Vec<Text> {
    let mut parts = Vec::new();
    if why.of > 1 {
        parts.push(Text::from(format!("stage {} of {}", why.stage, why.of)));
    }
    if why.run > 1 {
        parts.push(Text::from(format!("round {}", why.run)));
    }
    match &why.via {
        Some(schedule) => parts.push(Text::from("on call for ").said(schedule)),
        None if several && why.plan == person => parts.push(Text::from("by name")),
        None if several => parts.push(Text::from("part of ").said(&why.plan)),
        None => {}
    }
    if !why.essential {
        parts.push(Text::from("others stay called"));
    }
    parts
}

fn fallback_row(after: TimeDelta, plan: Option<&str>, call: &FallbackCall, places: &[Place], every: Span) -> Text {
    let text = time(after).strong("Fallback").ours(": ");
    let text = whom(text, call);
    let text = match plan {
        Some(plan) => text.ours(" for ").said(plan),
        None => text,
    };
    let announced = places.iter().any(|place| matches!(place, Place::Announcement { .. }));
    let place = if announced { "in its channel and the announcements" } else { "in its channel" };
    text.ours(format!(" {place}, then every {} until somebody takes it", exactly(every.delta())))
}

fn whom(text: Text, call: &FallbackCall) -> Text {
    match call {
        FallbackCall::Roles { roles } => roles.iter().enumerate().fold(text, |text, (index, role)| {
            let text = if index == 0 { text } else { text.ours(" ") };
            text.piece(Piece::Role(*role))
        }),
        FallbackCall::Person { user } => text.user(*user),
        FallbackCall::Owner => text.ours("the owner of this server"),
    }
}

/// What cannot be reached, each once, with the first time it shows.
fn warnings(text: Text, preview: &Preview) -> Text {
    let mut told: Vec<(String, Text)> = Vec::new();
    for Entry { after, what } in &preview.entries {
        let Some(warning) = warning(what) else { continue };
        let key = warning.plain();
        if told.iter().all(|(known, _)| *known != key) {
            told.push((key, time(*after).join(warning)));
        }
    }
    let left = told.len().saturating_sub(WARNINGS_MAX);
    let text = told.into_iter().take(WARNINGS_MAX).fold(text, |text, (_, told)| text.line().ours("⚠️ ").join(told));
    if left > 0 { text.line().ours(format!("⚠️ and {left} more")) } else { text }
}

fn warning(what: &What) -> Option<Text> {
    match what {
        What::Page(_) | What::Fallback { .. } => None,
        What::Held { contact, until } => {
            Some(Text::from("it is night where ").said(contact).ours(" is: held until ").clock(*until))
        }
        What::Rests { plan } => Some(Text::new().said(plan).ours(" rests then: at this impact it pings nobody")),
        What::Skipped { contact, why } => {
            Some(Text::new().said(contact).ours(format!(" is passed over: {}", unreached(*why))))
        }
        What::Failed { contact, way, why } => {
            Some(Text::new().said(contact).ours(format!(" not by {}: {}", way_word(*way), unreached(*why))))
        }
        What::Nobody { plan, stage, schedules } if schedules.is_empty() => {
            Some(Text::from(format!("stage {stage} of ")).said(plan).ours(" names nobody"))
        }
        What::Nobody { schedules, .. } => Some(Text::from("nobody is on call for ").names(schedules)),
    }
}
