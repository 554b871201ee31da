//! People, times and views that the tests share: Ana is on call for payments, Ben is next.

use muster::app::view::{Calls, CardView, EngagedState, EngagedView, FallbackView, PageView, PagedView, PersonState};
use muster::discord::draw::Scene;
use muster::domain::facts::Facts;
use muster::domain::id::{
    ChannelId, EngagementId, GuildId, IncidentId, MessageId, Mint, PageId, PostId, RoleId, Timestamp, UserId,
};
use muster::domain::impact::Impact;
use muster::domain::incident::{Draft, Incident, Opening, Status, open};
use muster::words::{Path, Text, page_why};

pub const ANA: UserId = UserId(200_000_000_000_000_001);
pub const BEN: UserId = UserId(200_000_000_000_000_002);
pub const LEADS: RoleId = RoleId(900_000_000_000_000_101);
pub const ROOM: ChannelId = ChannelId(900_000_000_000_000_042);
pub const ALERTS: ChannelId = ChannelId(900_000_000_000_000_030);
pub const FIRED: MessageId = MessageId(950_000_000_000_000_001);
pub const GUILD: GuildId = GuildId(100_000_000_000_000_001);

/// 2026-03-05 03:12 and some minutes, UTC.
pub fn at(minute: i64) -> Timestamp {
    let start = chrono::DateTime::parse_from_rfc3339("2026-03-05T03:12:00Z").unwrap().to_utc();
    start + chrono::TimeDelta::minutes(minute)
}

pub fn scene() -> Scene {
    Scene { guild: GUILD, now: at(0) }
}

pub fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// INC-42, opened by Ana, without a plan.
pub fn incident() -> Incident {
    let draft = Draft::by_person(ANA, None, Some("Payments: InstanceDown".to_owned()), Some(Impact::Critical), None);
    let opening = Opening { guild: GUILD, number: 42, revision: 1, now: at(0) };
    let mut incident = open(draft, opening, &Facts::default(), Mint::new(7)).incident;
    incident.id = IncidentId(7);
    incident
}

/// Why Ana is paged.
pub fn ana_is_on_call() -> Path<'static> {
    Path { who: None, via: Some("Payments primary"), plan: "Payments", stage: 1, of: 2, essential: true }
}

pub fn paged(user: UserId, name: &str, open: bool) -> PagedView {
    PagedView { page: PageId(1), user, name: name.to_owned(), open, quiet: false }
}

pub fn page() -> PageView {
    PageView {
        post: PostId(5),
        incident: IncidentId(7),
        number: 42,
        impact: Impact::Critical,
        title: "Payments: InstanceDown".to_owned(),
        drill: false,
        people: vec![paged(ANA, "Ana", true)],
        why: vec![page_why(&ana_is_on_call())],
        next: Some((at(5), strings(&["Ben"]))),
        room: Some(ROOM),
        late_since: None,
        attempt: 1,
        still: None,
        closed: None,
        direct: false,
    }
}

pub fn fallback() -> FallbackView {
    FallbackView {
        post: PostId(6),
        incident: IncidentId(7),
        number: 42,
        impact: Impact::Critical,
        title: "Payments: InstanceDown".to_owned(),
        private: false,
        drill: false,
        calls: Calls::Roles(vec![LEADS]),
        count: 1,
        plan: "Payments".to_owned(),
        tried: strings(&["Ana", "Ben"]),
        room: Some(ROOM),
        elsewhere: false,
        closed: None,
    }
}

pub fn card() -> CardView {
    CardView {
        incident: IncidentId(7),
        number: 42,
        impact: Impact::Critical,
        title: "Payments: InstanceDown".to_owned(),
        status: Status::Open,
        drill: false,
        private: false,
        summary: "pay-3:9100 of job node has been down for more than 1 minute.".to_owned(),
        plan: Some("Payments".to_owned()),
        fired: Some((ALERTS, FIRED)),
        links: vec![("Dashboard".to_owned(), "https://grafana.example/d/pay?from=now-1h".to_owned())],
        lead: None,
        opened_at: at(-3),
        over_at: None,
        engaged: vec![engaged()],
        next: Some((at(2), strings(&["Ben"]))),
        update_due: None,
        alerts: 1,
        firing: 1,
        latest: vec![
            (at(-3), Text::from("Payments began stage 1 of 2: Ana.")),
            (at(-3), Text::from("Opened by an alert of alertmanager with the plan Payments.")),
        ],
        unanswered: true,
        held: false,
    }
}

pub fn engaged() -> EngagedView {
    EngagedView {
        id: EngagementId(8),
        title: "Payments".to_owned(),
        people: vec![("Ana".to_owned(), PersonState::Paged), ("Ben".to_owned(), PersonState::Waiting)],
        state: EngagedState::Running { stage: 1, of: 2 },
    }
}
