//! Completes what somebody types after `/oncall`. Reads only; who may not see the set-up is offered nothing.

use chrono_tz::Tz;

use super::may;
use crate::app::App;
use crate::app::fault::Stop;
use crate::app::plan::zone;
use crate::app::request::Completing;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::permission::{Act, Person};
use crate::domain::text::one_line;
use crate::store::Conn;
use crate::words::oncall as words;

/// Longest label and value Discord takes of a completion.
const COMPLETED_MAX: usize = 100;

impl App {
    /// Completes options of `/oncall`; `None`: none of them is meant.
    pub(in crate::app) async fn complete_oncall(
        &self,
        conn: &mut Conn,
        (guild, by): (GuildId, &Person),
        what: &Completing,
        facts: &Facts,
    ) -> Result<Option<Vec<(String, String)>>, Stop> {
        let own = matches!(
            what,
            Completing::Schedule | Completing::Rotation(_) | Completing::Members(_) | Completing::Override
        );
        if !own || may(Act::SeeSetup, by, facts).is_err() {
            return Ok(own.then(Vec::new));
        }
        Ok(Some(match what {
            Completing::Schedule => {
                let names = facts.live.schedules().map(|(name, _)| name);
                names.map(|name| (name.to_string(), facts.schedule_title(name))).collect()
            }
            Completing::Rotation(schedule) => {
                let rotations = facts.live.schedule(schedule).map_or(&[][..], |spec| &spec.rotations);
                rotations.iter().map(|rotation| (rotation.name.clone(), rotation.name.clone())).collect()
            }
            Completing::Members(before) => members(before, facts),
            _ => self.overrides_to_cancel(conn, guild, zone(by, facts), facts).await?,
        }))
    }

    /// What an override can be named by, and how it reads, to complete what somebody types.
    async fn overrides_to_cancel(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        zone: Tz,
        facts: &Facts,
    ) -> Result<Vec<(String, String)>, Stop> {
        let lines = self.override_lines(conn, guild, None, facts).await?;
        let shown = |at: Timestamp| at.with_timezone(&zone).format("%a %d %b %H:%M").to_string();
        let label = |line: &words::OverrideLine| {
            let who = if line.who.is_empty() { "nobody".to_owned() } else { line.who.join(", ") };
            let label = format!("{} · {} – {} · {who}", line.schedule, shown(line.from), shown(line.until));
            one_line(&label, COMPLETED_MAX)
        };
        Ok(lines.iter().map(|line| (line.code.clone(), label(line))).collect())
    }
}

/// Those who do not stand there yet, each behind those who do.
fn members(before: &str, facts: &Facts) -> Vec<(String, String)> {
    let known: Vec<&str> = before.split([',', ' ']).map(|word| word.trim_start_matches('@')).collect();
    let contacts = facts.live.contacts().filter(|(name, _)| !known.contains(&name.as_str()));
    let more = contacts.map(|(name, contact)| (name.as_str(), contact.display_name.as_str()));
    let none = before.is_empty().then_some(("none", "none: nobody"));
    let put = |(name, label): (&str, &str)| {
        let value = format!("{before}{name}");
        (value.clone(), one_line(&if before.is_empty() { label.to_owned() } else { value }, COMPLETED_MAX))
    };
    more.chain(none).map(put).filter(|(value, _)| value.len() <= COMPLETED_MAX).collect()
}
