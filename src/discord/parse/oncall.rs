//! `/oncall …` as a request.

use super::super::commands::{Focused, Oncall};
use super::super::typed::{Ahead, Member as Typed, Members};
use super::plan;
use crate::app::oncall::{Ask, Member};
use crate::app::plan::At;
use crate::app::request::Completing;
use crate::domain::name::Name;

pub(super) fn read(command: Oncall) -> Ask {
    let at = |at: Ahead| plan::at(at);
    match command {
        Oncall::Who { schedule, at: moment } => Ask::Who { schedule, at: moment.map_or(At::Now, at) },
        Oncall::Mine {} => Ask::Mine,
        Oncall::Show { schedule } => Ask::Show { schedule },
        Oncall::Preview { schedule, weeks } => Ask::Preview { schedule, weeks },
        Oncall::Calendar { schedule, weeks } => Ask::Calendar { schedule, weeks },
        Oncall::Ical { schedule } => Ask::Ical { schedule },
        Oncall::Gaps { schedule } => Ask::Gaps { schedule },
        Oncall::Overrides { schedule } => Ask::Overrides { schedule },
        Oncall::Override { schedule, from, to, members, rotation } => {
            Ask::Override { schedule, from: at(from), until: at(to), members: self::members(members), rotation }
        }
        Oncall::Cancel { r#override } => Ask::Cancel { said: r#override },
        Oncall::Cover { from, to, schedule } => Ask::Cover { from: at(from), until: at(to), schedule },
        Oncall::Take { schedule, until } => Ask::Take { schedule, until: until.map(at) },
    }
}

fn members(members: Members) -> Vec<Member> {
    let member = |typed| match typed {
        Typed::Contact(name) => Member::Contact(name),
        Typed::User(user) => Member::User(user),
    };
    members.0.into_iter().map(member).collect()
}

/// What an option of `/oncall` is completed with: rotations need the schedule, members go on where the last one ends.
pub(super) fn completing(focused: &Focused<'_>) -> Option<Completing> {
    match focused.option {
        "schedule" => Some(Completing::Schedule),
        "override" => Some(Completing::Override),
        "members" => Some(Completing::Members(before(&focused.partial))),
        "rotation" => {
            let name = focused.given.get("schedule")?.as_str()?.to_lowercase();
            Name::parse(&name).ok().map(Completing::Rotation)
        }
        _ => None,
    }
}

/// The names that stand already, as they are written before the next: `ana, `.
fn before(partial: &str) -> String {
    partial.rfind([',', ' ']).and_then(|end| partial.get(..=end)).unwrap_or_default().to_lowercase()
}
