//! The guided path: a checklist with what was chosen, its end, and what steps are called. `question`: what is asked at each;
//! `note`: what came of an answer. Controls stand elsewhere.

mod note;
mod question;

use chrono::Weekday;
use chrono_tz::Tz;

pub use note::setup_note;
pub use question::setup_question;

use super::text::{Piece, Text};
use crate::domain::definition::Set;
use crate::domain::id::RoleId;
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::schedule::{HandOff, Rotation};
use crate::domain::settings::{Fallback, Settings};
use crate::domain::setup::{Known, Line, Part, Standing, Step, turns};

/// The whole path at a glance, with what was chosen.
pub fn setup_checklist(known: &Known<'_>, at: Option<Step>) -> Text {
    Part::ALL.into_iter().fold(Text::new().strong("Setting up Muster"), |text, part| {
        let line = known.line(part, at);
        let text = text.line().ours(mark(line));
        match line {
            Line::Here => text.strong(part_word(part)),
            Line::Open => text.ours(part_word(part)),
            Line::Missing => text.ours(part_word(part)).ours(": to do"),
            Line::Unknown => text.ours(part_word(part)).ours(": Discord did not answer"),
            Line::Done | Line::Left => match chosen(part, known) {
                Some(chosen) => text.ours(part_word(part)).ours(": ").join(chosen),
                None => text.ours(part_word(part)),
            },
        }
    })
}

fn mark(line: Line) -> &'static str {
    match line {
        Line::Here => "▶️ ",
        Line::Done => "✅ ",
        Line::Left => "☑️ ",
        Line::Missing => "⚠️ ",
        Line::Unknown => "❔ ",
        Line::Open => "▫️ ",
    }
}

fn part_word(part: Part) -> &'static str {
    match part {
        Part::Permissions => "Permissions",
        Part::Roles => "Roles",
        Part::Channels => "Channels",
        Part::Zone => "Time zone",
        Part::People => "People",
        Part::Turns => "On call",
        Part::Plan => "Plan",
        Part::Drill => "Drill",
    }
}

/// What is in force for a line, or what happens by default.
fn chosen(part: Part, known: &Known<'_>) -> Option<Text> {
    let settings = known.set.settings();
    Some(match part {
        Part::Permissions => return None,
        Part::Roles => responders(&settings).ours(" · if nobody answers: ").join(fallback(&settings, known.set)),
        Part::Channels => places(&settings),
        Part::Zone => Text::from(settings.time_zone.name()),
        Part::People => people(known),
        Part::Turns => on_call(known)?,
        Part::Plan => Text::new().said(plan_title(known.set, settings.default_plan.as_ref()?)),
        Part::Drill => Text::from(format!("INC-{} was answered and resolved", known.drill?.number)),
    })
}

fn responders(settings: &Settings) -> Text {
    match settings.roles.responder.as_slice() {
        [] => Text::from("whoever can be paged responds"),
        roles => mentions(roles).ours(if roles.len() == 1 { " responds" } else { " respond" }),
    }
}

fn mentions(roles: &[Ref<RoleId>]) -> Text {
    let ids = roles.iter().filter_map(Ref::id).enumerate();
    ids.fold(Text::new(), |text, (index, id)| {
        let text = if index == 0 { text } else { text.ours(" ") };
        text.piece(Piece::Role(id))
    })
}

/// Who is called when nobody answers.
fn fallback(settings: &Settings, set: &Set) -> Text {
    match &settings.fallback {
        Some(Fallback::Role(role)) => role.id().map_or_else(Text::new, |id| Text::new().piece(Piece::Role(id))),
        Some(Fallback::Contact(name)) => Text::new().said(contact_title(set, name)),
        None if !settings.roles.admin.is_empty() => mentions(&settings.roles.admin),
        None => Text::from("the server's owner"),
    }
}

fn places(settings: &Settings) -> Text {
    let category = settings.incident_category.as_ref().and_then(Ref::id);
    let text = match category {
        Some(id) => Text::from("in ").piece(Piece::Channel(id)),
        None => Text::from("made by Muster"),
    };
    let announced: Vec<_> = settings.announce.iter().filter_map(Ref::id).collect();
    let text = if announced.is_empty() { text } else { text.ours(" · told in") };
    announced.into_iter().fold(text, |text, id| text.ours(" ").piece(Piece::Channel(id)))
}

fn people(known: &Known<'_>) -> Text {
    let names: Vec<String> = known.set.contacts().map(|(_, contact)| contact.display_name.clone()).collect();
    let text = Text::new().names(&names);
    match known.untested().count() {
        0 => text.ours(" · reached by a test page"),
        left => text.ours(format!(" · {} of {} answered a test page", names.len() - left, names.len())),
    }
}

fn on_call(known: &Known<'_>) -> Option<Text> {
    if known.standing(Step::Turns) == Standing::Later {
        return Some(Text::from("no turns for one person"));
    }
    let Some((name, schedule)) = known.set.schedules().next() else {
        return Some(Text::from("nobody takes turns"));
    };
    let title = schedule.display_name.clone().unwrap_or_else(|| name.to_string());
    let text = match turns(known.set) {
        Some((_, rotation)) => weekly(rotation),
        None => Text::new().said(title),
    };
    Some(match known.on_call.as_slice() {
        [] => text.ours(" · nobody now"),
        names => text.ours(" · now ").names(names),
    })
}

fn weekly(rotation: &Rotation) -> Text {
    match &rotation.hand_off {
        HandOff::Weekly(days) if !days.is_empty() => {
            let (day, at) = (days[0].day.0, days[0].at.time());
            Text::from(format!("weekly, {} {}", setup_day(day), at.format("%H:%M")))
        }
        _ => Text::from("in turns"),
    }
}

/// The end of the path: what works now, or what does not yet, and what to do next.
pub fn setup_finished(known: &Known<'_>) -> Text {
    let needed = Step::ALL.into_iter().filter(|step| known.standing(*step) == Standing::Needed);
    let open: Vec<&str> = needed.map(setup_step).collect();
    if !open.is_empty() {
        return ask("Not done yet.")
            .ours(format!("Still to do: {}. Type `/setup` any time to go on here.", open.join(", ")));
    }
    ask("Muster is ready.")
        .ours("Somebody is called when something breaks, and called again until they answer. Next:")
        .line()
        .ours("· connect what watches your systems: `/config new alert_source`")
        .line()
        .ours("· see whom an alert would wake, and when: `/plan preview`")
        .line()
        .ours("· look for what could fail: `/doctor`")
        .line()
        .ours("· open an incident yourself: `/incident new`")
}

fn ask(question: &str) -> Text {
    Text::new().strong(question).line()
}

/// A step in the select that goes back to it.
pub fn setup_step(step: Step) -> &'static str {
    match step {
        Step::Permissions => "Permissions",
        Step::Responders => "Roles: who responds",
        Step::Managers => "Roles: who leads",
        Step::Fallback => "Roles: who is called last",
        Step::Category => "Channels: where they are made",
        Step::Archive => "Channels: where old ones go",
        Step::Announce => "Channels: where it is told",
        Step::Zone => "Time zone",
        Step::People => "People",
        Step::Tests => "Test pages",
        Step::Turns => "On call",
        Step::Plan => "Plan",
        Step::Drill => "Drill",
    }
}

/// How a step stands, beside its name.
pub fn setup_standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Done => "done",
        Standing::Needed => "still to do",
        Standing::Optional => "not chosen: Muster does without",
        Standing::Later => "something else comes first",
    }
}

/// The title of the drill.
pub fn setup_drill() -> &'static str {
    "Is everybody reached?"
}

/// A day of the week.
pub fn setup_day(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// What the clocks of a zone show now.
pub fn setup_local(zone: Tz, known: &Known<'_>) -> String {
    known.now.with_timezone(&zone).format("%H:%M").to_string()
}

fn contact_title(set: &Set, name: &Name) -> String {
    set.contact(name).map_or_else(|| name.to_string(), |contact| contact.display_name.clone())
}

fn plan_title(set: &Set, name: &Name) -> String {
    let shown = set.response_plan(name).and_then(|plan| plan.display_name.clone());
    shown.unwrap_or_else(|| name.to_string())
}
