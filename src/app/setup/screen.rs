//! A screen of the guided path: the checklist, one question, and what can be pressed or chosen. One primary button at most.

use chrono::Weekday;
use chrono_tz::Tz;

use crate::app::press::Pressed;
use crate::app::reply::{Choice, Control, Form, FormInput, Pick, Say, Style};
use crate::domain::id::{ChannelId, RoleId};
use crate::domain::reference::{Ref, Sigil};
use crate::domain::settings::Fallback;
use crate::domain::setup::{Handover, Known, News, Note, Standing, Step, handover, propose, takers, turns};
use crate::words;

/// The input of the form for a time zone.
pub const ZONE: &str = "zone";
/// Longest time zone that can be typed, in characters: no IANA name is half as long.
const ZONE_MAX: usize = 60;
/// Most roles or channels that one answer names.
const ROLES_MAX: u8 = 10;
const ANNOUNCE_MAX: u8 = 3;
/// Most options of a select: <https://discord.com/developers/docs/components/reference#string-select>.
const OPTIONS_MAX: usize = 25;

/// Zones that most teams find theirs in, from west to east.
const ZONES: [Tz; 24] = [
    Tz::Pacific__Honolulu,
    Tz::America__Anchorage,
    Tz::America__Los_Angeles,
    Tz::America__Denver,
    Tz::America__Chicago,
    Tz::America__New_York,
    Tz::America__Halifax,
    Tz::America__Sao_Paulo,
    Tz::UTC,
    Tz::Europe__London,
    Tz::Africa__Lagos,
    Tz::Europe__Berlin,
    Tz::Europe__Paris,
    Tz::Africa__Johannesburg,
    Tz::Europe__Helsinki,
    Tz::Europe__Istanbul,
    Tz::Asia__Dubai,
    Tz::Asia__Kolkata,
    Tz::Asia__Jakarta,
    Tz::Asia__Singapore,
    Tz::Asia__Shanghai,
    Tz::Asia__Tokyo,
    Tz::Australia__Sydney,
    Tz::Pacific__Auckland,
];

/// Draws the path with the question at `at`; none: its end. `shift`: the hand-off as chosen so far.
pub fn screen(known: &Known<'_>, at: Option<Step>, shift: Option<Handover>, notes: &[Note]) -> Say {
    let shift = shift.unwrap_or_else(|| handover(known.set));
    let question = match at {
        Some(step) => words::setup_question(step, known, shift),
        None => words::setup_finished(known),
    };
    let head = words::setup_checklist(known, at).line();
    let told = notes.iter().fold(head, |text, note| text.line().join(words::setup_note(note)));
    let told = if notes.is_empty() { told } else { told.line() };
    let mut controls = at.map(|step| asked(step, known, shift, notes)).unwrap_or_default();
    controls.push(change(known, at));
    Say { text: told.line().join(question), controls }
}

/// The form for a time zone that is in no list.
pub fn zone_form() -> Form {
    let input = FormInput {
        id: ZONE,
        label: "Time zone, or the nearest big city".to_owned(),
        value: String::new(),
        long: false,
        required: true,
        max: ZONE_MAX,
        placeholder: "Europe/Dublin, or Dublin".to_owned(),
    };
    Form { title: "Time zone".to_owned(), does: Pressed::SetupZoneTyped {}, inputs: vec![input] }
}

/// What answers a question.
fn asked(step: Step, known: &Known<'_>, shift: Handover, notes: &[Note]) -> Vec<Control> {
    let settings = known.set.settings();
    match step {
        Step::Permissions => match known.standing(step) {
            Standing::Done => vec![go_on(step)],
            _ => vec![look_again(step), past(step, "Go on anyway")],
        },
        Step::Responders => {
            vec![roles(step, ROLES_MAX, "Roles that respond", &settings.roles.responder), skip(step, known)]
        }
        Step::Managers => vec![roles(step, ROLES_MAX, "Roles that lead", &settings.roles.manager), skip(step, known)],
        Step::Fallback => {
            let chosen: Vec<Ref<RoleId>> = match settings.fallback {
                Some(Fallback::Role(role)) => vec![role],
                _ => Vec::new(),
            };
            vec![roles(step, 1, "The role that is called last", &chosen), skip(step, known)]
        }
        Step::Category => category(step, known, settings.incident_category.as_ref()),
        Step::Archive => category(step, known, settings.archive_category.as_ref()),
        Step::Announce => {
            vec![
                places(step, Pick::Channels, ANNOUNCE_MAX, "Channels that hear of it", &settings.announce),
                skip(step, known),
            ]
        }
        Step::Zone => zone(known, notes),
        Step::People => people(known),
        Step::Tests => tests(known),
        Step::Turns => turns_controls(known, shift),
        Step::Plan => plan(known),
        Step::Drill => match known.drill {
            Some(drill) if !drill.over => vec![look_again(step), past(step, "Later")],
            _ => vec![primary("Start the drill", Pressed::SetupDrill {}), past(step, "Later")],
        },
    }
}

/// Back to any step.
fn change(known: &Known<'_>, at: Option<Step>) -> Control {
    let option = |step: Step| Choice {
        label: words::setup_step(step).to_owned(),
        value: step.number().to_string(),
        description: Some(words::setup_standing(known.standing(step)).to_owned()),
        chosen: false,
    };
    Control::Select {
        placeholder: "Change …".to_owned(),
        options: Step::ALL.into_iter().filter(|step| Some(*step) != at).map(option).collect(),
        does: Pressed::SetupChange {},
    }
}

fn primary(label: &str, does: Pressed) -> Control {
    Control::Button { label: label.to_owned(), style: Style::Primary, does }
}

fn grey(label: &str, does: Pressed) -> Control {
    Control::Button { label: label.to_owned(), style: Style::Grey, does }
}

fn look_again(step: Step) -> Control {
    primary("Look again", Pressed::SetupAt { step: step.number() })
}

fn past(step: Step, label: &str) -> Control {
    grey(label, Pressed::SetupPast { step: step.number() })
}

fn go_on(step: Step) -> Control {
    primary("Go on", Pressed::SetupPast { step: step.number() })
}

/// Passes a question over that needs no answer, or has one.
fn skip(step: Step, known: &Known<'_>) -> Control {
    match known.standing(step) {
        Standing::Done => go_on(step),
        _ => past(step, "Skip"),
    }
}

fn roles(step: Step, max: u8, placeholder: &str, chosen: &[Ref<RoleId>]) -> Control {
    let does = Pressed::SetupRoles { step: step.number() };
    Control::Pick {
        what: Pick::Roles,
        max,
        placeholder: placeholder.to_owned(),
        chosen: ids(chosen, |role| role.0),
        does,
    }
}

fn places(step: Step, what: Pick, max: u8, placeholder: &str, chosen: &[Ref<ChannelId>]) -> Control {
    let does = Pressed::SetupPlaces { step: step.number() };
    Control::Pick { what, max, placeholder: placeholder.to_owned(), chosen: ids(chosen, |channel| channel.0), does }
}

fn ids<T: Sigil>(chosen: &[Ref<T>], number: impl Fn(T) -> u64) -> Vec<u64> {
    chosen.iter().filter_map(Ref::id).map(number).collect()
}

fn category(step: Step, known: &Known<'_>, chosen: Option<&Ref<ChannelId>>) -> Vec<Control> {
    let chosen: Vec<Ref<ChannelId>> = chosen.into_iter().cloned().collect();
    let button = match known.standing(step) {
        Standing::Done => go_on(step),
        _ => primary("Make one for me", Pressed::SetupPast { step: step.number() }),
    };
    vec![places(step, Pick::Categories, 1, "A category that is there", &chosen), button]
}

/// The zones, those first that are most likely meant.
fn zone(known: &Known<'_>, notes: &[Note]) -> Vec<Control> {
    let now = known.set.settings().time_zone;
    let like = notes.iter().find_map(|note| match note {
        Note::NoSuchZone { like, .. } => *like,
        _ => None,
    });
    let mut zones: Vec<Tz> = like.into_iter().chain((!ZONES.contains(&now)).then_some(now)).collect();
    let common: Vec<Tz> = ZONES.into_iter().filter(|zone| !zones.contains(zone)).collect();
    zones.extend(common);
    let option = |zone: &Tz| Choice {
        label: zone.name().to_owned(),
        value: zone.name().to_owned(),
        description: Some(format!("{} there now", words::setup_local(*zone, known))),
        chosen: *zone == now && known.standing(Step::Zone) == Standing::Done,
    };
    let options = zones.iter().take(OPTIONS_MAX).map(option).collect();
    vec![
        Control::Select { placeholder: "Time zone".to_owned(), options, does: Pressed::SetupZone {} },
        grey("Other …", Pressed::SetupZoneOther {}),
        past(Step::Zone, &format!("Stay with {}", now.name())),
    ]
}

fn people(known: &Known<'_>) -> Vec<Control> {
    let pick = Control::Pick {
        what: Pick::People,
        max: 25,
        placeholder: "People who can be paged".to_owned(),
        chosen: Vec::new(),
        does: Pressed::SetupPeople {},
    };
    match known.standing(Step::People) {
        Standing::Done => vec![pick, go_on(Step::People)],
        _ => vec![pick],
    }
}

fn tests(known: &Known<'_>) -> Vec<Control> {
    match known.untested().next() {
        None => vec![go_on(Step::Tests)],
        Some(_) => vec![look_again(Step::Tests), grey("Test again", Pressed::SetupTest {}), past(Step::Tests, "Go on")],
    }
}

fn turns_controls(known: &Known<'_>, shift: Handover) -> Vec<Control> {
    let by_hand = turns(known.set).is_none() && known.set.schedules().next().is_some();
    if by_hand || takers(known.set).len() < 2 {
        return vec![go_on(Step::Turns)];
    }
    let (day, hour) = (i64::from(shift.day.num_days_from_monday()), i64::from(shift.hour));
    vec![
        primary("Make it", Pressed::SetupTurnsAll { day, hour }),
        past(Step::Turns, "Skip"),
        Control::Select {
            placeholder: "Day of the hand-off".to_owned(),
            options: (0..7).filter_map(|at| day_option(at, shift)).collect(),
            does: Pressed::SetupDay { hour },
        },
        Control::Select {
            placeholder: "Hour of the hand-off".to_owned(),
            options: (0..24).map(|at| hour_option(at, shift)).collect(),
            does: Pressed::SetupHour { day },
        },
        Control::Pick {
            what: Pick::People,
            max: 25,
            placeholder: "Others, in the order in which you choose".to_owned(),
            chosen: Vec::new(),
            does: Pressed::SetupTurns { day, hour },
        },
    ]
}

fn day_option(number: u8, shift: Handover) -> Option<Choice> {
    let day = Weekday::try_from(number).ok()?;
    let label = words::setup_day(day).to_owned();
    Some(Choice { label, value: number.to_string(), description: None, chosen: day == shift.day })
}

fn hour_option(hour: u32, shift: Handover) -> Choice {
    let label = format!("{hour:02}:00");
    Choice { label, value: hour.to_string(), description: None, chosen: hour == shift.hour }
}

fn plan(known: &Known<'_>) -> Vec<Control> {
    let make = |label| primary(label, Pressed::SetupPlan {});
    let mut controls = match propose(known.set).map(|proposal| proposal.news) {
        Some(News::New) => vec![make("Make it"), past(Step::Plan, "Later")],
        Some(News::Grown { .. }) => vec![make("Bring it up to date"), past(Step::Plan, "Leave it")],
        None | Some(News::Same | News::ByHand) => vec![go_on(Step::Plan)],
    };
    let default = known.set.settings().default_plan;
    let option = |(name, plan): (&crate::domain::name::Name, &crate::domain::plan::ResponsePlan)| Choice {
        label: plan.display_name.clone().unwrap_or_else(|| name.to_string()),
        value: name.to_string(),
        description: None,
        chosen: default.as_ref() == Some(name),
    };
    let options: Vec<Choice> = known.set.response_plans().take(OPTIONS_MAX).map(option).collect();
    // One that is the default already is nothing to choose from.
    if options.iter().any(|option| !option.chosen) {
        let does = Pressed::SetupDefault {};
        controls.push(Control::Select { placeholder: "A plan that is there".to_owned(), options, does });
    }
    controls
}
