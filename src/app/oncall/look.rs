//! Who is on call when, for those who ask. Reads only.

use chrono::{Datelike, TimeDelta};
use chrono_tz::Tz;

use super::{Ask, acts, calendar, code, find, gone, may, meant, overrides_of, say, stretch, titles, when};
use crate::app::App;
use crate::app::contact::own;
use crate::app::desk::Done;
use crate::app::fault::Stop;
use crate::app::plan::{At, zone};
use crate::app::request::Request;
use crate::domain::contact::Day;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::name::Name;
use crate::domain::oncall::{self, AHEAD};
use crate::domain::permission::Act;
use crate::domain::schedule::{self, Gaps, HandOff, Rotation, Schedule};
use crate::store::Conn;
use crate::store::schedule::OverrideRow;
use crate::words::Text;
use crate::words::oncall as words;

/// Weeks of a preview where nobody says.
const PREVIEW_WEEKS: u32 = 2;
/// Hand-offs that are named.
const HAND_OFFS: usize = 4;

impl App {
    pub(super) async fn look_at_oncall(&self, conn: &mut Conn, request: &Request, ask: Ask) -> Result<Done, Stop> {
        let facts = self.facts(conn, request.guild, None).await?;
        if ask != Ask::Mine {
            may(Act::SeeSetup, &request.by, &facts)?;
        }
        let (now, zone) = (self.now(), zone(&request.by, &facts));
        Ok(match ask {
            Ask::Mine => say(mine(own(&request.by, &facts)?.0, &facts, now)),
            Ask::Who { schedule, at } => say(who(schedule.as_ref(), at, zone, &facts, now)?),
            Ask::Show { schedule } => say(self.show_schedule(conn, request.guild, &schedule, &facts, zone).await?),
            Ask::Preview { schedule, weeks } => say(preview(&schedule, weeks, &facts, now)?),
            Ask::Gaps { schedule } => {
                let all = meant(schedule.as_ref(), &facts)?;
                say(words::gaps(&all.iter().map(|(name, spec)| gaps(name, spec, &facts, now)).collect::<Vec<_>>()))
            }
            Ask::Overrides { schedule } => {
                meant(schedule.as_ref(), &facts)?;
                say(words::overrides(&self.override_lines(conn, request.guild, schedule.as_ref(), &facts).await?))
            }
            Ask::Calendar { schedule, weeks } => {
                calendar::calendar(&meant(schedule.as_ref(), &facts)?, weeks, zone, &facts, now)
            }
            Ask::Ical { schedule } => {
                calendar::ical(&meant(schedule.as_ref(), &facts)?, schedule.as_ref(), request.guild, &facts, now)
            }
            _ => return Err(crate::domain::refusal::Refusal::StaleButton.into()),
        })
    }

    async fn show_schedule(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        name: &Name,
        facts: &Facts,
        zone: Tz,
    ) -> Result<Text, Stop> {
        let (spec, now) = (find(name, facts)?, self.now());
        let overrides = overrides_of(name, facts);
        let coming = schedule::shifts(spec, overrides, now, now + AHEAD);
        let lines = spec.rotations.iter().map(|rotation| rotation_line(rotation, zone, facts));
        Ok(words::shown(&words::Shown {
            name: name.to_string(),
            standing: standing(name, spec, facts, now),
            rotations: lines.collect(),
            hand_offs: coming.iter().skip(1).take(HAND_OFFS).map(|shift| stretch(shift, facts)).collect(),
            overrides: self.override_lines(conn, guild, Some(name), facts).await?,
            gaps: gaps(name, spec, facts, now),
        }))
    }

    /// The overrides that are in force or to come, of one schedule or of all.
    pub(super) async fn override_lines(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        schedule: Option<&Name>,
        facts: &Facts,
    ) -> Result<Vec<words::OverrideLine>, Stop> {
        let acts = acts(conn, guild, self.now()).await?;
        let wanted =
            |act: &&Vec<OverrideRow>| schedule.is_none_or(|name| act.iter().any(|row| row.schedule == name.as_str()));
        let mut lines: Vec<_> = acts.iter().filter(wanted).map(|act| override_line(act, facts)).collect();
        lines.sort_by_key(|line| line.from);
        Ok(lines)
    }
}

fn override_line(act: &[OverrideRow], facts: &Facts) -> words::OverrideLine {
    let contacts = |row: &OverrideRow| serde_json::from_str::<Vec<Name>>(&row.contacts).unwrap_or_default();
    let mut who: Vec<Name> = Vec::new();
    for name in act.iter().flat_map(contacts) {
        if !who.contains(&name) {
            who.push(name);
        }
    }
    let mut rotations: Vec<String> = act.iter().filter_map(|row| row.rotation.clone()).collect();
    rotations.dedup();
    let first = act.first();
    let schedule = first.and_then(|row| Name::parse(&row.schedule).ok());
    words::OverrideLine {
        code: first.map(|row| code(row.id)).unwrap_or_default(),
        schedule: schedule.map(|name| facts.schedule_title(&name)).unwrap_or_default(),
        rotations,
        from: act.iter().map(|row| row.from_at).min().unwrap_or_default(),
        until: act.iter().map(|row| row.until_at).max().unwrap_or_default(),
        who: titles(&who, facts),
        by: first.and_then(|row| row.created_by),
        gone: gone(&who, facts),
    }
}

fn who(schedule: Option<&Name>, at: At, zone: Tz, facts: &Facts, now: Timestamp) -> Result<Text, Stop> {
    let asked = when::instant(at, zone, now, now)?;
    let all = meant(schedule, facts)?;
    let lines: Vec<_> = all.iter().map(|(name, spec)| standing(name, spec, facts, asked)).collect();
    Ok(words::who(&lines, Some(asked).filter(|_| at != At::Now)))
}

fn standing(name: &Name, spec: &Schedule, facts: &Facts, at: Timestamp) -> words::Standing {
    let found = oncall::standing(spec, overrides_of(name, facts), at);
    words::Standing {
        schedule: facts.schedule_title(name),
        who: titles(&found.who, facts),
        until: found.until,
        next: titles(&found.next, facts),
    }
}

fn mine(own: &Name, facts: &Facts, now: Timestamp) -> Text {
    let of = |(name, spec): (&Name, &Schedule)| {
        let found = oncall::stretches(spec, overrides_of(name, facts), own, now, now + AHEAD);
        let schedule = facts.schedule_title(name);
        found.into_iter().map(move |(from, until)| words::Mine { schedule: schedule.clone(), from, until })
    };
    let mut shifts: Vec<_> = facts.live.schedules().flat_map(of).collect();
    shifts.sort_by_key(|shift| shift.from);
    words::mine(&shifts, now)
}

fn preview(name: &Name, weeks: Option<u32>, facts: &Facts, now: Timestamp) -> Result<Text, Stop> {
    let (spec, weeks) = (find(name, facts)?, weeks.unwrap_or(PREVIEW_WEEKS));
    let until = now + TimeDelta::weeks(weeks.into());
    let shifts = schedule::shifts(spec, overrides_of(name, facts), now, until);
    let stretches: Vec<_> = shifts.iter().map(|shift| stretch(shift, facts)).collect();
    Ok(words::preview(&facts.schedule_title(name), weeks, &stretches))
}

fn gaps(name: &Name, spec: &Schedule, facts: &Facts, now: Timestamp) -> words::Gaps {
    let found = oncall::gaps(spec, overrides_of(name, facts), now, now + AHEAD);
    words::Gaps {
        schedule: facts.schedule_title(name),
        gaps: found.iter().map(|gap| (gap.from, gap.until)).collect(),
        intended: spec.gaps == Gaps::Intended,
    }
}

/// A rotation as its definition says it, with its zone where that is not the reader's.
fn rotation_line(rotation: &Rotation, reader: Tz, facts: &Facts) -> words::RotationLine {
    let zone = if rotation.time_zone == reader { String::new() } else { format!(" ({})", rotation.time_zone.name()) };
    let mut parts = vec![format!("hands off {}{zone}", hand_off(&rotation.hand_off))];
    if rotation.on_call > 1 {
        parts.push(format!("{} at once", rotation.on_call));
    }
    if rotation.every > 1 {
        parts.push(format!("a shift lasts {} periods", rotation.every));
    }
    parts.extend(rotation.coverage.as_ref().map(coverage));
    words::RotationLine {
        name: rotation.name.clone(),
        members: titles(&rotation.contacts, facts),
        rule: parts.join(" · "),
    }
}

fn hand_off(rule: &HandOff) -> String {
    let listed = |parts: Vec<String>| parts.join(", ");
    match rule {
        HandOff::Daily(times) => {
            format!("daily at {}", listed(times.iter().map(|at| String::from(*at)).collect()))
        }
        HandOff::Weekly(days) => {
            listed(days.iter().map(|hand| format!("{} {}", hand.day.0, String::from(hand.at))).collect())
        }
        HandOff::Monthly(days) => format!(
            "monthly on {}",
            listed(days.iter().map(|hand| format!("the {}. at {}", hand.day, String::from(hand.at))).collect())
        ),
    }
}

/// "covered Mon 09:00–17:00, Tue 09:00–17:00".
fn coverage(days: &std::collections::BTreeMap<Day, Vec<schedule::Window>>) -> String {
    let mut days: Vec<_> = days.iter().collect();
    days.sort_by_key(|(day, _)| day.0.num_days_from_monday());
    let window = |(day, windows): (&Day, &Vec<schedule::Window>)| {
        let shown = windows.iter().map(|one| format!("{}–{}", String::from(one.from), String::from(one.to)));
        format!("{} {}", day.0, shown.collect::<Vec<_>>().join(" and "))
    };
    let shown = days.into_iter().filter(|(_, windows)| !windows.is_empty()).map(window);
    format!("covered {}", shown.collect::<Vec<_>>().join(", "))
}

/// The days of a calendar begin where the reader's do.
pub(super) fn midnight(zone: Tz, at: Timestamp, days: u64) -> Timestamp {
    let today = at.with_timezone(&zone).date_naive();
    let day = today.checked_add_days(chrono::Days::new(days)).unwrap_or(today);
    schedule::instant(zone, day.and_time(chrono::NaiveTime::MIN))
}

/// "Mo 05".
pub(super) fn day_label(zone: Tz, at: Timestamp) -> String {
    let day = at.with_timezone(&zone);
    let name = day.weekday().to_string();
    format!("{} {:02}", name.get(..2).unwrap_or_default(), day.day())
}
