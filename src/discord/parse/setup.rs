//! What was pressed, chosen or sent on the guided path. A step, day or hour that does not exist is somebody else's work.

use chrono::Weekday;

use crate::app::form::Values;
use crate::app::press::{BadId, Pressed};
use crate::app::reply::Picked;
use crate::app::setup::{Ask, ZONE};
use crate::domain::id::{ChannelId, RoleId};
use crate::domain::name::Name;
use crate::domain::setup::{Choice, Chosen, Handover, Step};

pub(super) fn press(pressed: Pressed, picked: &Picked) -> Result<Ask, BadId> {
    let first = || picked.first().ok_or(BadId::BadParts);
    Ok(match pressed {
        Pressed::SetupAt { step } => Ask::Look(read_step(step)?),
        Pressed::SetupPast { step } => Ask::Past(read_step(step)?),
        Pressed::SetupChange {} => Ask::At(read_step(number(first()?)?)?, None),
        Pressed::SetupRoles { step } => Ask::Choose(with_roles(read_step(step)?, roles(picked)?)?),
        Pressed::SetupPlaces { step } => Ask::Choose(with_places(read_step(step)?, places(picked)?)?),
        Pressed::SetupZone {} => Ask::Choose(Choice::Zone(first()?.parse().map_err(|_| BadId::BadParts)?)),
        Pressed::SetupZoneOther {} => Ask::ZoneForm,
        Pressed::SetupPeople {} => Ask::Choose(Choice::People(people(picked)?)),
        Pressed::SetupTest {} => Ask::Test,
        Pressed::SetupDay { hour } => Ask::At(Step::Turns, Some(handover(number(first()?)?, hour)?)),
        Pressed::SetupHour { day } => Ask::At(Step::Turns, Some(handover(day, number(first()?)?)?)),
        Pressed::SetupTurnsAll { day, hour } => {
            Ask::Choose(Choice::Turns { people: Vec::new(), at: handover(day, hour)? })
        }
        Pressed::SetupTurns { day, hour } => {
            Ask::Choose(Choice::Turns { people: people(picked)?, at: handover(day, hour)? })
        }
        Pressed::SetupPlan {} => Ask::Choose(Choice::Plan),
        Pressed::SetupDefault {} => {
            Ask::Choose(Choice::DefaultPlan(Name::parse(first()?).map_err(|_| BadId::BadParts)?))
        }
        Pressed::SetupDrill {} => Ask::Drill,
        // A form is sent, never pressed.
        _ => return Err(BadId::OldOrForged),
    })
}

pub(super) fn form(values: Values<'_>) -> Ask {
    let said = values.iter().find(|(input, _)| input == ZONE).map(|(_, text)| text.trim());
    Ask::ZoneTyped(said.unwrap_or_default().to_owned())
}

fn with_roles(step: Step, roles: Vec<RoleId>) -> Result<Choice, BadId> {
    Ok(match (step, roles.as_slice()) {
        (Step::Responders, _) => Choice::Responders(roles),
        (Step::Managers, _) => Choice::Managers(roles),
        (Step::Fallback, [role, ..]) => Choice::Fallback(*role),
        _ => return Err(BadId::BadParts),
    })
}

fn with_places(step: Step, places: Vec<ChannelId>) -> Result<Choice, BadId> {
    Ok(match (step, places.as_slice()) {
        (Step::Category, [place, ..]) => Choice::Category(*place),
        (Step::Archive, [place, ..]) => Choice::Archive(*place),
        (Step::Announce, _) => Choice::Announce(places),
        _ => return Err(BadId::BadParts),
    })
}

fn roles(picked: &Picked) -> Result<Vec<RoleId>, BadId> {
    match picked {
        Picked::Roles(roles) if !roles.is_empty() => Ok(roles.clone()),
        _ => Err(BadId::BadParts),
    }
}

fn places(picked: &Picked) -> Result<Vec<ChannelId>, BadId> {
    match picked {
        Picked::Channels(channels) if !channels.is_empty() => Ok(channels.clone()),
        _ => Err(BadId::BadParts),
    }
}

fn people(picked: &Picked) -> Result<Vec<Chosen>, BadId> {
    match picked {
        Picked::People(people) if !people.is_empty() => Ok(people.clone()),
        _ => Err(BadId::BadParts),
    }
}

fn read_step(number: i64) -> Result<Step, BadId> {
    Step::from_number(number).ok_or(BadId::BadParts)
}

fn number(value: &str) -> Result<i64, BadId> {
    value.parse().map_err(|_| BadId::BadParts)
}

/// A day counted from Monday, 0 to 6; an hour, 0 to 23.
fn handover(day: i64, hour: i64) -> Result<Handover, BadId> {
    let day = u8::try_from(day).ok().and_then(|day| Weekday::try_from(day).ok());
    let hour = u32::try_from(hour).ok().filter(|hour| *hour < 24);
    day.zip(hour).map(|(day, hour)| Handover { day, hour }).ok_or(BadId::BadParts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(value: &str) -> Picked {
        Picked::Values(vec![value.to_owned()])
    }

    #[test]
    fn what_is_pressed_is_what_is_asked() {
        let friday = Handover { day: Weekday::Fri, hour: 17 };
        let ana = Chosen { user: crate::domain::id::UserId(1), name: "Ana".to_owned(), bot: false };
        let nothing = Picked::Values(Vec::new());
        let rows = [
            ("v1:setup-at:10", nothing.clone(), Ask::Look(Step::Tests)),
            ("v1:setup-past:2", nothing.clone(), Ask::Past(Step::Responders)),
            ("v1:setup-change", values("8"), Ask::At(Step::Zone, None)),
            ("v1:setup-roles:4", Picked::Roles(vec![RoleId(7)]), Ask::Choose(Choice::Fallback(RoleId(7)))),
            ("v1:setup-places:5", Picked::Channels(vec![ChannelId(7)]), Ask::Choose(Choice::Category(ChannelId(7)))),
            ("v1:setup-zone", values("Europe/Dublin"), Ask::Choose(Choice::Zone(chrono_tz::Tz::Europe__Dublin))),
            ("v1:setup-people", Picked::People(vec![ana.clone()]), Ask::Choose(Choice::People(vec![ana.clone()]))),
            ("v1:setup-day:17", values("4"), Ask::At(Step::Turns, Some(friday))),
            ("v1:setup-hour:4", values("17"), Ask::At(Step::Turns, Some(friday))),
            (
                "v1:setup-turns:4:17",
                Picked::People(vec![ana.clone()]),
                Ask::Choose(Choice::Turns { people: vec![ana], at: friday }),
            ),
            ("v1:setup-turns-all:4:17", nothing, Ask::Choose(Choice::Turns { people: vec![], at: friday })),
        ];
        for (id, picked, ask) in rows {
            assert_eq!(press(crate::app::press::parse(id).unwrap(), &picked), Ok(ask), "{id}");
        }
    }

    #[test]
    fn what_no_screen_shows_is_refused() {
        let roles = || Picked::Roles(vec![RoleId(7)]);
        let rows = [
            ("v1:setup-at:0", values("")),
            ("v1:setup-at:99", values("")),
            ("v1:setup-change", values("-1")),
            ("v1:setup-roles:5", roles()),
            ("v1:setup-roles:2", Picked::Roles(vec![])),
            ("v1:setup-places:2", Picked::Channels(vec![ChannelId(7)])),
            ("v1:setup-places:5", roles()),
            ("v1:setup-people", roles()),
            ("v1:setup-zone", values("Dublin")),
            ("v1:setup-day:24", values("0")),
            ("v1:setup-day:9", values("7")),
            ("v1:setup-turns-all:7:9", values("")),
            ("v1:setup-default", values("No Name")),
            ("v1:setup-zone-typed", values("")),
            ("v1:ack:5", values("")),
        ];
        for (id, picked) in rows {
            assert!(press(crate::app::press::parse(id).unwrap(), &picked).is_err(), "{id}");
        }
    }
}
