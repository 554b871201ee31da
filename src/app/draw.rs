//! State → view: what a message shows, as of the moment it is delivered. Late, repeated or merged deliveries are right by construction.

use super::courier::{Outgoing, Public};
use super::press::Pressed;
use super::reply::{Control, Style};
use super::view::{
    CallView, Calls, CardView, EngagedState, EngagedView, FallbackView, PageView, PagedView, PersonState,
};
use crate::domain::call::Call;
use crate::domain::engagement::{
    Ack, Clock, Closing, End, Engagement, FallbackCall, Origin, Page, PageState, Paging, Place, Post, PostKind,
    Progress,
};
use crate::domain::facts::Facts;
use crate::domain::id::{Mint, Timestamp, UserId};
use crate::domain::incident::Incident;
use crate::domain::name::Name;
use crate::domain::plan::Engage;
use crate::domain::timeline::{Event, Fact};
use crate::domain::turn::Turn;
use crate::store::timeline::EventRow;
use crate::words;

/// Events on the card.
pub(super) const CARD_EVENTS: i64 = 5;
/// Links on the card.
const LINKS_MAX: usize = 3;

/// A stored event; none where a later version wrote a kind that this one does not know.
pub(super) fn event(row: &EventRow) -> Option<Event> {
    let fact: Fact = serde_json::from_str(&row.data).ok()?;
    let count = u32::try_from(row.count).unwrap_or(u32::MAX);
    Some(Event { id: row.id, at: row.at, written_at: row.written_at, by: row.by_user, fact, count })
}

/// The words of facts that are kept off the card.
pub(super) fn silent_kinds() -> Vec<String> {
    Fact::SILENT.iter().map(|kind| (*kind).to_owned()).collect()
}

/// One short line in the room; `suggests`: with a button that resolves.
pub(super) fn line(state: &Incident, event: &Event, suggests: bool) -> Option<Outgoing> {
    let text = if suggests { words::suggest_resolve(state.number, event) } else { words::line(event)? };
    let resolve = || Control::Button {
        label: "Resolve".to_owned(),
        style: Style::Primary,
        does: Pressed::CardResolve { incident: state.id },
    };
    let controls = if suggests && !state.status.over() { vec![resolve()] } else { Vec::new() };
    Some(Outgoing::Line { text, controls })
}

/// What the announcement channels are told of an event.
pub(super) fn announcement(state: &Incident, event: &Event) -> Outgoing {
    let head = words::Headline {
        number: state.number,
        title: state.title.clone(),
        impact: state.impact,
        private: state.private,
        drill: state.drill,
        room: state.room.channel(),
    };
    Outgoing::Line { text: words::announcement(&head, event), controls: Vec::new() }
}

/// All of an incident that leaves Discord.
pub(super) fn public(state: &Incident, post: &Post) -> Public {
    let plan = state.plan.as_ref().map(|plan| plan.title());
    let head = words::public_head(state.number, state.impact, plan);
    Public {
        head: if state.drill { words::public_drill(&head) } else { head },
        number: Some(state.number),
        impact: Some(state.impact),
        plan: plan.map(words::public_plan),
        test: false,
        drill: state.drill,
        link: state.room.channel().map(|room| format!("https://discord.com/channels/{}/{room}", state.guild)),
        code: post.code(),
        at: post.at,
    }
}

/// All of a call that leaves Discord.
pub(super) fn public_call(head: String, test: bool, post: &Post) -> Public {
    Public {
        head,
        number: None,
        impact: None,
        plan: None,
        test,
        drill: false,
        link: None,
        code: post.code(),
        at: post.at,
    }
}

/// Everyone who is engaged so far: they may see the room by name.
pub(super) fn engaged_people(state: &Incident) -> Vec<UserId> {
    let mut people: Vec<UserId> =
        state.paging.engagements.iter().flat_map(|e| e.clocks.iter().map(|clock| clock.user)).collect();
    people.sort_unstable();
    people.dedup();
    people
}

/// The card.
pub(super) fn card(state: &Incident, facts: &Facts, mint: Mint, latest: &[EventRow], now: Timestamp) -> CardView {
    let mut turn = Turn::new(now, facts, mint, None, state.home(&facts.live.settings()));
    let held = state.paging.held_since.is_some();
    let links = state.plan.iter().flat_map(|plan| &plan.spec.links).take(LINKS_MAX);
    let live = !state.status.over();
    CardView {
        incident: state.id,
        number: state.number,
        impact: state.impact,
        title: state.title.clone(),
        status: state.status,
        drill: state.drill,
        private: state.private,
        summary: state.summary.clone(),
        plan: state.plan.as_ref().map(|plan| plan.title().to_owned()),
        fired: state.alerts.first.map(|first| (first.channel, first.message)),
        links: links.map(|link| (link.title.clone(), link.url.clone())).collect(),
        lead: state.lead,
        opened_at: state.opened_at,
        over_at: state.over_at,
        engaged: state.paging.engagements.iter().map(|engagement| engaged(&state.paging, engagement)).collect(),
        next: state.paging.next_escalation(&mut turn, None).filter(|_| live && !held),
        update_due: state.update_due,
        alerts: state.alerts.count,
        firing: state.alerts.firing(),
        latest: latest.iter().filter_map(event).map(|event| (event.at, words::entry(&event))).collect(),
        unanswered: live && state.paging.unanswered(),
        held,
    }
}

pub(super) fn engaged(paging: &Paging, engagement: &Engagement) -> EngagedView {
    let of = engagement.stages.len() as u32;
    let running = match engagement.progress {
        Progress::Stage { stage, .. } => EngagedState::Running { stage: stage as u32 + 1, of },
        Progress::Exhausted { .. } => EngagedState::Exhausted,
        Progress::Resting { .. } => EngagedState::Resting,
        Progress::Done { .. } => EngagedState::Over,
    };
    EngagedView {
        id: engagement.id,
        title: engagement.title.clone(),
        people: engagement.clocks.iter().map(|c| (c.display.clone(), person_state(paging, engagement, c))).collect(),
        state: match &engagement.end {
            None => running,
            Some(End::Acked { by, at }) => EngagedState::Acked { by: *by, at: *at },
            Some(End::Stopped { reason, .. }) => EngagedState::Stopped { reason: reason.clone() },
            Some(End::Over { .. }) => EngagedState::Over,
        },
    }
}

fn person_state(paging: &Paging, engagement: &Engagement, clock: &Clock) -> PersonState {
    let pages = || paging.pages.iter().filter(|page| page.user == clock.user);
    let has = |ack: &&Ack| ack.stopped.contains(&engagement.id) || ack.own.contains(&engagement.id);
    let acked = paging.acks.iter().filter(has).any(|ack| ack.by == clock.user);
    if acked {
        PersonState::Acked
    } else if let Some(hold) = clock.hold.as_ref().filter(|hold| hold.asked.is_some()) {
        PersonState::Held { until: hold.until }
    } else if pages().any(|page| page.seen.is_some()) {
        PersonState::Seen
    } else if clock.shown && !clock.failed() {
        PersonState::Shown
    } else if pages().any(|page| matches!(page.state, PageState::Sent { .. })) {
        PersonState::Paged
    } else if clock.skipped.is_some() || pages().next().is_some() && pages().all(Page::failed) {
        PersonState::NotReached
    } else {
        PersonState::Waiting
    }
}

/// A page, or a call for the fallback.
pub(super) fn post(state: &Incident, post: &Post, facts: &Facts, mint: Mint, now: Timestamp) -> Outgoing {
    match &post.kind {
        PostKind::Pages => Outgoing::Page(Box::new(page(state, post, facts, mint, now))),
        PostKind::Fallback { engagement, call, count } => {
            let engagement = state.paging.engagement(*engagement);
            Outgoing::Fallback(Box::new(fallback(state, post, engagement, call, *count)))
        }
    }
}

fn page(state: &Incident, post: &Post, facts: &Facts, mint: Mint, now: Timestamp) -> PageView {
    let mut turn = Turn::new(now, facts, mint, None, state.home(&facts.live.settings()));
    let pages: Vec<&Page> = state.paging.pages_of(post).collect();
    let closed = pages.iter().rev().find_map(|page| page.closed.as_ref());
    let over = !state.paging.open(post);
    let still = state.paging.still_called();
    let closed = closed.map(|closed| words::closed(&closed.how, closed.at, &still));
    let direct = matches!(post.place, Place::Direct { .. });
    PageView {
        post: post.id,
        incident: state.id,
        number: state.number,
        impact: state.impact,
        title: state.title.clone(),
        drill: state.drill,
        people: pages.iter().map(|page| paged(page)).collect(),
        why: whys(&state.paging, &pages, true, facts),
        next: state.paging.next_escalation(&mut turn, Some(post.id)).filter(|_| !over),
        room: state.room.channel().filter(|_| direct),
        late_since: pages.iter().find_map(|page| page.late),
        attempt: pages.iter().flat_map(|page| page.reasons.iter().map(|r| r.attempt)).max().unwrap_or(1),
        still: pages.iter().find_map(|page| page.lapses_at),
        closed: closed.or_else(|| lost(&pages)).filter(|_| over),
        direct,
    }
}

/// Whom a message did not reach, and why. `None`: it reached everybody.
pub(super) fn lost(pages: &[&Page]) -> Option<words::Text> {
    let lost = pages.iter().filter_map(|page| match page.state {
        PageState::Failed { why, .. } => Some(words::not_reached(&page.display, page.way, why)),
        _ => None,
    });
    lost.reduce(|said, next| said.ours(" ").join(next))
}

pub(super) fn paged(page: &Page) -> PagedView {
    PagedView {
        page: page.id,
        user: page.user,
        name: page.display.clone(),
        open: page.closed.is_none() && !page.failed(),
        quiet: page.quiet,
    }
}

/// A message of a test page to this contact.
pub(super) fn test(state: &Call, contact: &Name, post: &Post, facts: &Facts) -> CallView {
    let pages: Vec<&Page> = state.paging.pages_of(post).collect();
    let own = pages.iter().any(|page| page.user == state.by);
    let channels: Vec<String> = pages.iter().map(|page| page.channel.clone()).collect();
    let (closed, over) = (pages.iter().find_map(|page| page.closed.as_ref()), !state.paging.open(post));
    let closed = closed.map(|closed| match closed.how {
        Closing::Acked { .. } => {
            words::contact::test_received(&facts.contact_title(contact), closed.at - state.opened_at)
        }
        Closing::Repeated => words::contact::test_replaced(),
        _ => words::contact::test_unanswered(),
    });
    let failed = state.paging.pages.iter().filter_map(|page| match page.state {
        PageState::Failed { why, .. } => Some(words::contact::test_failed(&page.channel, why)),
        _ => None,
    });
    CallView {
        post: post.id,
        people: pages.iter().map(|page| paged(page)).collect(),
        why: words::contact::test_why(Some(state.by).filter(|_| !own), &channels),
        ends_at: state.ends_at,
        failed: failed.collect(),
        closed: over.then(|| closed.unwrap_or_else(words::contact::test_unanswered)),
        direct: matches!(post.place, Place::Direct { .. }),
    }
}

/// Why the pages of a message came. `asked`: also who asked for them by hand, where the message does not begin with that.
pub(super) fn whys(paging: &Paging, pages: &[&Page], asked: bool, facts: &Facts) -> Vec<words::Text> {
    pages.iter().flat_map(|page| why(paging, page, (pages.len() > 1, asked), facts)).collect()
}

/// Why a page came: the path from the plan to the person, once a reason.
fn why(paging: &Paging, page: &Page, (shared, asked): (bool, bool), facts: &Facts) -> Vec<words::Text> {
    let mut said: Vec<words::Text> = Vec::new();
    for reason in &page.reasons {
        let Some(engagement) = paging.engagement(reason.engagement) else { continue };
        let schedule = reason.via.as_ref().map(|name| facts.schedule_title(name));
        let path = words::Path {
            who: shared.then_some(page.display.as_str()),
            via: schedule.as_deref(),
            plan: &engagement.title,
            stage: reason.stage + 1,
            of: engagement.stages.len() as u32,
            essential: reason.essential,
        };
        let text = match (&engagement.origin, &engagement.target) {
            // Nothing leads from a person who asks to the person who is asked.
            (Origin::Paged { .. }, Engage::Contact(_)) if !asked => continue,
            (Origin::Paged { user, message }, Engage::Contact(_)) => words::asked_by(*user, message.as_deref()),
            (Origin::Paged { user, message }, _) if asked => {
                words::asked_by(*user, message.as_deref()).line().join(words::page_why(&path))
            }
            _ => words::page_why(&path),
        };
        let text = if page.quiet { words::without_ping(text) } else { text };
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said
}

fn fallback(
    state: &Incident,
    post: &Post,
    engagement: Option<&Engagement>,
    call: &FallbackCall,
    count: u32,
) -> FallbackView {
    let calls = match call {
        FallbackCall::Roles { roles } => Calls::Roles(roles.clone()),
        FallbackCall::Person { user } => Calls::Person(*user),
        FallbackCall::Owner => Calls::Owner,
    };
    let tried = engagement.iter().flat_map(|e| e.clocks.iter().map(|clock| clock.display.clone()));
    FallbackView {
        post: post.id,
        incident: state.id,
        number: state.number,
        impact: state.impact,
        title: state.title.clone(),
        private: state.private,
        drill: state.drill,
        calls,
        count,
        plan: engagement.map(|engagement| engagement.title.clone()).unwrap_or_default(),
        tried: tried.collect(),
        room: state.room.channel(),
        elsewhere: post.place != Place::Room,
        closed: post.closed.as_ref().map(|closed| words::closed(&closed.how, closed.at, &[])),
    }
}
