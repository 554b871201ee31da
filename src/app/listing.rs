//! Lists and views for those who ask: `/incident list`, `show`, `/timeline show`, completion. Reads only.

use super::facts::read_state;
use super::fault::Stop;
use super::reply::Say;
use super::request::{Completing, Filter};
use super::{App, draw, show};
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, GuildId, Timestamp};
use crate::domain::incident::{Incident, Status};
use crate::domain::permission::{self, Act, Person};
use crate::store::{Conn, incident, timeline};
use crate::words;

/// Incidents in one list.
const LIST_MAX: i64 = 20;
/// Events in one look at the timeline, the latest.
const TIMELINE_MAX: i64 = 40;
/// Incidents that are over among which one is looked for; older ones are named by their number.
const OVER_MAX: i64 = 50;
/// Suggestions Discord takes.
const COMPLETIONS_MAX: usize = 25;

/// Rows of the incidents that a filter lets through, newest first.
pub(super) async fn list(
    conn: &mut Conn,
    guild: GuildId,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<incident::IncidentRow>, Stop> {
    let status = filter.status.map(|status| [status.word()]);
    let live = [Status::Open.word(), Status::Mitigated.word()];
    let plan = filter.plan.as_ref().map(ToString::to_string);
    let wanted = incident::Filter {
        statuses: status.as_ref().map_or(&live[..], |status| &status[..]),
        impact: filter.impact.map(|impact| i64::from(impact.number())),
        plan: plan.as_deref(),
        since: filter.since.map(|since| now - since.delta()),
        before: None,
        limit: LIST_MAX,
    };
    Ok(incident::list(conn, guild, &wanted).await?)
}

/// Rows of those that are over, newest first.
pub(super) async fn over(conn: &mut Conn, guild: GuildId) -> Result<Vec<incident::IncidentRow>, Stop> {
    let over: Vec<&str> = Status::ALL.into_iter().filter(|status| status.over()).map(Status::word).collect();
    let wanted = incident::Filter { statuses: &over, limit: OVER_MAX, ..Default::default() };
    Ok(incident::list(conn, guild, &wanted).await?)
}

/// The list as it is said.
pub(super) fn say<'a>(incidents: impl Iterator<Item = &'a Incident>, filter: &Filter) -> Say {
    let labelled =
        |incident: &&Incident| filter.label.as_ref().is_none_or(|(key, value)| incident.labels.get(key) == Some(value));
    let rows: Vec<words::ListRow> = incidents.filter(labelled).map(row).collect();
    Say { text: words::list(&rows, 0), controls: Vec::new() }
}

fn row(state: &Incident) -> words::ListRow {
    words::ListRow {
        number: state.number,
        title: state.title.clone(),
        impact: state.impact,
        status: state.status,
        opened_at: state.opened_at,
        lead: state.lead,
        unanswered: state.paging.unanswered() && !state.status.over(),
        room: state.room.channel(),
        drill: state.drill,
    }
}

impl App {
    /// The card of an incident, in words.
    pub(super) async fn show(&self, conn: &mut Conn, state: &Incident, facts: &Facts) -> Result<Say, Stop> {
        let silent = draw::silent_kinds();
        let silent: Vec<&str> = silent.iter().map(String::as_str).collect();
        let latest = timeline::latest(conn, state.id, draw::CARD_EVENTS, &silent).await?;
        let now = self.now();
        let card = draw::card(state, facts, self.mint(now), &latest, now);
        Ok(show::show(&card))
    }

    /// The latest events, oldest of them first.
    pub(super) async fn timeline(&self, conn: &mut Conn, state: &Incident) -> Result<Say, Stop> {
        let mut rows = timeline::latest(conn, state.id, TIMELINE_MAX, &[]).await?;
        rows.reverse();
        let events: Vec<_> = rows.iter().filter_map(draw::event).collect();
        Ok(Say { text: words::history(state.number, &events), controls: Vec::new() })
    }

    /// Completes what somebody types: value and label. Empty where nothing fits, or anything fails.
    pub async fn complete(
        &self,
        guild: GuildId,
        by: Person,
        channel: Option<ChannelId>,
        what: Completing,
        partial: String,
    ) -> Vec<(String, String)> {
        let app = self.clone();
        let found = self
            .store()
            .read(move |conn| Box::pin(async move { app.completions(conn, guild, &by, channel, what).await }));
        let found: Result<_, Stop> = found.await;
        let wanted = partial.trim().to_lowercase();
        let fits = |(value, label): &(String, String)| {
            label.to_lowercase().contains(&wanted) || value.to_lowercase().contains(&wanted)
        };
        found.unwrap_or_default().into_iter().filter(fits).take(COMPLETIONS_MAX).collect()
    }

    async fn completions(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        by: &Person,
        channel: Option<ChannelId>,
        what: Completing,
    ) -> Result<Vec<(String, String)>, Stop> {
        if let Completing::Definition(kind) | Completing::Version(kind, _) = &what {
            let name = if let Completing::Version(_, name) = &what { Some(name) } else { None };
            return self.complete_definition(conn, (guild, by), *kind, name).await;
        }
        let facts = self.facts(conn, guild, None).await?;
        if what == Completing::OwnChannel {
            return Ok(super::contact::own_channels(by, &facts));
        }
        if what == Completing::Who {
            return Ok(super::page::completions(&facts));
        }
        if what == Completing::Contact {
            let contacts = facts.live.contacts();
            return Ok(contacts.map(|(name, contact)| (name.to_string(), contact.display_name.clone())).collect());
        }
        if let Some(found) = self.complete_oncall(conn, (guild, by), &what, &facts).await? {
            return Ok(found);
        }
        if what == Completing::Plan {
            let plans = facts.live.response_plans();
            let label = |spec: &crate::domain::plan::ResponsePlan| spec.display_name.clone();
            return Ok(plans.map(|(n, s)| (n.to_string(), label(s).unwrap_or_else(|| n.to_string()))).collect());
        }
        let rows = match what {
            Completing::Engagement => match channel {
                Some(channel) => incident::by_channel(conn, channel).await?.into_iter().collect(),
                None => Vec::new(),
            },
            _ => incident::list(conn, guild, &incident::Filter { limit: 50, ..Default::default() }).await?,
        };
        let states = rows.iter().map(read_state).collect::<Result<Vec<_>, _>>()?;
        let visible = states.iter().filter(|state| {
            state.guild == guild
                && permission::check(Act::See, by, state.part_of(by, &facts), &facts.live.settings()).is_ok()
        });
        Ok(match what {
            Completing::Engagement => visible.flat_map(engagements).collect(),
            _ => visible.map(|state| (format!("INC-{}", state.number), label(state))).collect(),
        })
    }
}

fn engagements(state: &Incident) -> Vec<(String, String)> {
    let running = state.paging.engagements.iter().filter(|engagement| engagement.end.is_none());
    running.map(|engagement| (engagement.id.to_string(), engagement.title.clone())).collect()
}

fn label(state: &Incident) -> String {
    let status = state.status.word();
    crate::domain::text::one_line(&format!("INC-{} · {status} · {}", state.number, state.title), 100)
}
