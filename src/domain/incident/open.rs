//! Opening an incident: from an alert or by a person, with or without a plan.

use std::collections::BTreeMap;

use super::room::{CardSite, Room};
use super::{Alerts, FrozenPlan, Incident, MessageLink, Origin, Outcome, SUMMARY_MAX, Status, TITLE_MAX};
use crate::domain::alert::Alert;
use crate::domain::effect::{Effect, Sign};
use crate::domain::engagement::{self, Engagement, Paging};
use crate::domain::facts::{Facts, Revision};
use crate::domain::id::{GuildId, IncidentId, Mint, PostId, Timestamp, UserId};
use crate::domain::impact::Impact;
use crate::domain::name::Name;
use crate::domain::plan::ResponsePlan;
use crate::domain::source::AlertSource;
use crate::domain::template::Template;
use crate::domain::text;
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// The impact where neither a person, an alert nor a plan says one.
pub const DEFAULT_IMPACT: Impact = Impact::Medium;

/// What an incident begins with.
#[derive(Debug, Clone)]
pub struct Draft {
    pub title: String,
    pub summary: String,
    pub impact: Impact,
    pub impact_by_person: bool,
    pub labels: BTreeMap<String, String>,
    pub plan: Option<FrozenPlan>,
    pub origin: Origin,
    pub drill: bool,
    pub private: bool,
    /// The alert that opens it, with its message.
    pub alert: Option<(Alert, MessageLink)>,
    /// Pages nobody (a route says `do: channel`).
    pub quiet: bool,
}

/// Ids and numbers that `app` gives to a new incident.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    pub guild: GuildId,
    pub number: i64,
    pub revision: Revision,
    pub now: Timestamp,
}

impl Draft {
    /// From an alert: a route's word before the source's map before the plan's.
    pub fn from_alert(
        source: (&Name, &AlertSource),
        plan: FrozenPlan,
        alert: Alert,
        message: MessageLink,
        impact: Option<Impact>,
        late: bool,
    ) -> Draft {
        let look_up = |path: &[&str]| alert_value(&alert, source.0, path);
        let template = &plan.spec.incident;
        let title = render(&template.title, &look_up);
        let title = if title.trim().is_empty() { alert.title.clone() } else { title };
        Draft {
            title: text::one_line(&title, TITLE_MAX),
            summary: text::block(&render(&template.summary, &look_up), SUMMARY_MAX),
            impact: impact.unwrap_or(template.impact),
            impact_by_person: false,
            labels: template.labels.clone(),
            origin: Origin::Alert { source: source.0.clone(), late },
            drill: false,
            private: plan.spec.channel.private,
            plan: Some(plan),
            alert: Some((alert, message)),
            quiet: false,
        }
    }

    /// By a person, whose words count most.
    pub fn by_person(
        user: UserId,
        plan: Option<FrozenPlan>,
        title: Option<String>,
        impact: Option<Impact>,
        summary: Option<String>,
    ) -> Draft {
        let nothing = |_: &[&str]| None;
        let template = plan.as_ref().map(|plan| &plan.spec.incident);
        let from_plan = |text: &dyn Fn(&crate::domain::plan::IncidentTemplate) -> String| {
            template.map(|t| render(&text(t), &nothing)).filter(|text| !text.trim().is_empty())
        };
        let plan_title = || plan.as_ref().map(|plan| plan.title().to_owned());
        let title = title.or_else(plan_title).unwrap_or_else(|| "Incident".to_owned());
        Draft {
            title: text::one_line(&title, TITLE_MAX),
            summary: summary.or_else(|| from_plan(&|t| t.summary.clone())).unwrap_or_default(),
            impact: impact.or(template.map(|t| t.impact)).unwrap_or(DEFAULT_IMPACT),
            impact_by_person: impact.is_some(),
            labels: template.map(|t| t.labels.clone()).unwrap_or_default(),
            origin: Origin::Person { user },
            drill: false,
            private: plan.as_ref().is_some_and(|plan| plan.spec.channel.private),
            plan,
            alert: None,
            quiet: false,
        }
    }
}

/// The key under which alerts are one incident: the plan's, else the source's name and the alert's own.
pub fn dedupe_key(plan: &ResponsePlan, source: &Name, alert: &Alert) -> String {
    let own = || format!("{source}:{}", alert.key);
    let Some(written) = &plan.incident.dedupe else { return own() };
    let key = render(written, &|path: &[&str]| alert_value(alert, source, path));
    let key = text::one_line(&key, TITLE_MAX);
    if key.is_empty() { own() } else { format!("plan:{key}") }
}

/// Checked at apply; a text that is no template after all stands for itself.
fn render(text: &str, look_up: &dyn Fn(&[&str]) -> Option<String>) -> String {
    Template::parse(text, &["alert"]).map_or_else(|_| text.to_owned(), |template| template.render(look_up))
}

/// What templates may look up in an alert.
fn alert_value(alert: &Alert, source: &Name, path: &[&str]) -> Option<String> {
    match path {
        ["alert", "title"] => Some(alert.title.clone()),
        ["alert", "description"] => Some(alert.description.clone()),
        ["alert", "severity"] => alert.severity.clone(),
        ["alert", "source"] => Some(source.to_string()),
        ["alert", "url"] => alert.url.clone(),
        ["alert", "state"] => Some(if alert.firing() { "firing" } else { "resolved" }.to_owned()),
        ["alert", "labels", name] => alert.labels.get(*name).cloned(),
        ["alert", "annotations", name] => alert.annotations.get(*name).cloned(),
        _ => None,
    }
}

/// Opens an incident: the record, its first events, its engagements and first pages, in one outcome.
pub fn open(draft: Draft, opening: Opening, facts: &Facts, mint: Mint) -> Outcome {
    let mut mint = mint;
    let (id, card) = (IncidentId(mint.id()), PostId(mint.id()));
    let by = match draft.origin {
        Origin::Person { user } => Some(user),
        Origin::Alert { .. } => None,
    };
    let quiet = draft.quiet;
    let alert = draft.alert.clone();
    let mut incident = blank(draft, opening, id, card);
    let home = incident.home(&facts.live.settings());
    let mut turn = Turn::new(opening.now, facts, mint, by, home);
    incident.open_room(&mut turn);
    incident.note_opened(&mut turn);
    if let Some((alert, message)) = alert {
        incident.first_alert(&alert, message, &mut turn);
    }
    if !quiet {
        incident.start_plan(&mut turn);
    }
    if incident.paging.engagements.is_empty() {
        turn.tell(Fact::NobodyPaged);
    }
    incident.announce_opened(&mut turn);
    Outcome::new(incident, turn, super::Answer::Opened)
}

fn blank(draft: Draft, opening: Opening, id: IncidentId, card: PostId) -> Incident {
    Incident {
        id,
        guild: opening.guild,
        number: opening.number,
        title: draft.title,
        summary: draft.summary,
        summary_version: 0,
        summary_by: None,
        impact: draft.impact,
        impact_by_person: draft.impact_by_person,
        status: Status::Open,
        labels: draft.labels,
        plan: draft.plan,
        revision: opening.revision,
        origin: draft.origin,
        drill: draft.drill,
        private: draft.private,
        opened_at: opening.now,
        lead: None,
        update_due: None,
        mitigated_at: None,
        over_at: None,
        over_by: None,
        plan_rests: false,
        stands_until: None,
        duplicate_of: None,
        alerts: Alerts::default(),
        paging: Paging::default(),
        room: Room { site: None, trying: None, card: CardSite { post: card, posted: false } },
    }
}

impl Incident {
    fn note_opened(&self, turn: &mut Turn<'_>) {
        let (source, late) = match &self.origin {
            Origin::Alert { source, late } => (Some(source.to_string()), *late),
            Origin::Person { .. } => (None, false),
        };
        turn.note(Fact::Opened { plan: self.plan.as_ref().map(|plan| plan.title().to_owned()), source, late });
    }

    fn first_alert(&mut self, alert: &Alert, message: MessageLink, turn: &mut Turn<'_>) {
        self.alerts.first = Some(message);
        self.alerts.count = 1;
        self.alerts.groups.entry(alert.key.clone()).or_default().first(alert);
        let MessageLink { channel, message } = message;
        turn.ask(Effect::React { channel, message, sign: Sign::Opened });
    }

    /// Starts every engagement of the plan, together.
    pub(super) fn start_plan(&mut self, turn: &mut Turn<'_>) {
        let Some(plan) = &self.plan else { return };
        let revision = self.revision;
        let made = plan
            .spec
            .engagements
            .iter()
            .filter_map(|target| Engagement::made(target, revision, engagement::Origin::Plan, turn));
        let engagements: Vec<Engagement> = made.collect();
        self.plan_rests = false;
        self.alerts.plan_started_at = Some(turn.now);
        self.paging.start(engagements, turn);
    }

    fn announce_opened(&self, turn: &mut Turn<'_>) {
        let Some(event) = turn.events.first().map(|event| event.id) else { return };
        turn.announce(event);
    }
}
