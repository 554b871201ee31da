//! Response plans: `/plan …`. Reads only: a look ahead pages nobody, and leaves no trace.

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::App;
use super::desk::{Done, allow, frozen_plan};
use super::fault::{Fault, Stop};
use super::reply::Say;
use super::request::Request;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::name::Name;
use crate::domain::permission::{Act, Part, Person};
use crate::domain::preview::{self, Mute, Preview, Question};
use crate::domain::refusal::Refusal;
use crate::domain::schedule;
use crate::domain::span::{Span, TimeOfDay};
use crate::store::{Conn, contact, guild};
use crate::words;

/// How far from now, in days, somebody may look: further away nobody has planned yet, nor remembers.
const DISTANCE_MAX_D: i64 = 366;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    List,
    Show {
        plan: Name,
    },
    /// Who would be paged, when and by what.
    Preview {
        plan: Name,
        at: At,
    },
}

/// A moment as a person wrote it, now or ahead, in their own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Now,
    In(Span),
    /// Today, or tomorrow where that is past.
    Clock(TimeOfDay),
    Local(NaiveDateTime),
}

impl Ask {
    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        match self {
            Ask::List | Ask::Show { .. } | Ask::Preview { .. } => false,
        }
    }
}

impl App {
    pub(super) async fn plan(&self, request: Request, ask: Ask) -> Result<Done, Stop> {
        let app = self.clone();
        self.store().read(move |conn| Box::pin(async move { app.plan_with(conn, &request, &ask).await })).await
    }

    async fn plan_with(&self, conn: &mut Conn, request: &Request, ask: &Ask) -> Result<Done, Stop> {
        let facts = self.facts(conn, request.guild, None).await?;
        let part = Part { contact: facts.contact_of(request.by.user).is_some(), ..Part::default() };
        allow(Act::SeeSetup, &request.by, part, &facts)?;
        let text = match ask {
            Ask::List => words::plan_list(&facts.live),
            Ask::Show { plan } => words::plan_shown(plan, &frozen_plan(&facts.live, plan)?.spec, &facts.live),
            Ask::Preview { plan, at } => {
                let at = instant(*at, zone(&request.by, &facts), self.now())?;
                let (title, seen) = self.look_ahead(conn, request.guild, &facts, plan, at).await?;
                words::preview(&title, &seen, facts.live.settings().fallback_every)
            }
        };
        Ok(Done::Say(Say { text, controls: Vec::new() }))
    }

    /// Who would be paged, when and by what, if an incident of this plan opened at `at` and nobody answered.
    ///
    /// # Errors
    /// A fault of the store; `None` where there is no such plan.
    pub async fn preview(&self, guild: GuildId, plan: &Name, at: Timestamp) -> Result<Option<Preview>, Fault> {
        let (app, plan) = (self.clone(), plan.clone());
        let seen = self.store().read(move |conn| {
            Box::pin(async move {
                let facts = app.facts(conn, guild, None).await?;
                match facts.live.response_plan(&plan).is_some() {
                    true => app.look_ahead(conn, guild, &facts, &plan, at).await.map(|(_, seen)| Some(seen)),
                    false => Ok(None),
                }
            })
        });
        seen.await.map_err(|stop: Stop| stop.fault("look ahead"))
    }

    async fn look_ahead(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        facts: &Facts,
        plan: &Name,
        at: Timestamp,
    ) -> Result<(String, Preview), Stop> {
        let plan = frozen_plan(&facts.live, plan)?;
        let title = plan.title().to_owned();
        let revision = guild::revision(conn, guild).await?;
        let mutes = mutes(conn, guild).await?;
        Ok((title, preview::preview(&Question { plan, revision, at, facts, mutes: &mutes })))
    }
}

async fn mutes(conn: &mut Conn, guild: GuildId) -> Result<Vec<Mute>, Stop> {
    let rows = contact::mutes(conn, guild).await?;
    let mute = |row: contact::MuteRow| {
        Some(Mute { contact: Name::parse(&row.contact).ok()?, channel: row.channel, until: row.until_at })
    };
    Ok(rows.into_iter().filter_map(mute).collect())
}

/// The person's own zone, else the guild's.
pub(super) fn zone(by: &Person, facts: &Facts) -> Tz {
    let own = facts.contact_of(by.user).and_then(|name| facts.live.contact(name)).and_then(|own| own.time_zone);
    own.unwrap_or(facts.live.settings().time_zone)
}

/// The instant that was meant.
fn instant(at: At, zone: Tz, now: Timestamp) -> Result<Timestamp, Refusal> {
    let meant = match at {
        At::Now => now,
        At::In(span) => now + span.delta(),
        At::Local(local) => schedule::instant(zone, local),
        At::Clock(time) => {
            let today = now.with_timezone(&zone).date_naive();
            let first = schedule::instant(zone, today.and_time(time.time()));
            if first > now {
                first
            } else {
                schedule::instant(zone, (today + TimeDelta::days(1)).and_time(time.time()))
            }
        }
    };
    if (meant - now).abs() > TimeDelta::days(DISTANCE_MAX_D) {
        let said = meant.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
        return Err(Refusal::BadValue { field: "at", said, right: "a time within a year from now".to_owned() });
    }
    Ok(meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_the_persons_zone() {
        let now: Timestamp = "2026-07-01T10:00:00Z".parse().unwrap();
        let local = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        let clock = |hour| At::Clock(TimeOfDay::new(hour, 0).unwrap());
        let rows = [
            (At::Now, Some("2026-07-01T10:00:00Z")),
            (At::In(Span::mins(90)), Some("2026-07-01T11:30:00Z")),
            // 11:00 in Dublin is now: the next one is tomorrow's.
            (clock(11), Some("2026-07-02T10:00:00Z")),
            (clock(12), Some("2026-07-01T11:00:00Z")),
            (clock(3), Some("2026-07-02T02:00:00Z")),
            (At::Local(local("2026-12-24 18:00")), Some("2026-12-24T18:00:00Z")),
            // Skipped by summer time: the first instant after it.
            (At::Local(local("2027-03-28 01:30")), Some("2027-03-28T01:00:00Z")),
            (At::Local(local("2026-06-30 09:00")), Some("2026-06-30T08:00:00Z")),
            (At::Local(local("2030-01-01 00:00")), None),
            (At::In(Span::secs(400 * 86_400)), None),
        ];
        for (at, meant) in rows {
            let read = instant(at, Tz::Europe__Dublin, now).ok();
            assert_eq!(read, meant.map(|text| text.parse().unwrap()), "{at:?}");
        }
    }
}
