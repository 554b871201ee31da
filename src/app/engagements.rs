//! `/incident engagements`: for each engagement the path from the plan to the person, and each page with its receipts. Reads only.

use super::App;
use super::desk::Done;
use super::draw;
use super::reply::{File, Say};
use super::show;
use crate::domain::engagement::{Closing, Engagement, Origin, Page, PageState, Reason};
use crate::domain::facts::Facts;
use crate::domain::incident::Incident;
use crate::domain::turn::Turn;
use crate::words::{self, PathLine, Receipts, Traced};

/// Lines of one answer: what a phone shows in two screens. The rest is in the file.
const LINES_MAX: usize = 30;

impl App {
    pub(super) fn engagements(&self, state: &Incident, facts: &Facts) -> Done {
        let now = self.now();
        let mut turn = Turn::new(now, facts, self.mint(now), None, state.home(&facts.live.settings()));
        let live = !state.status.over();
        let traced: Vec<Traced> = state.paging.engagements.iter().map(|e| trace(state, e, live, &mut turn)).collect();
        let (text, left) = words::engagements(state.number, &traced, LINES_MAX);
        if left == 0 {
            return Done::Say(Say { text, controls: Vec::new() });
        }
        let (whole, _) = words::engagements(state.number, &traced, usize::MAX);
        let file = File { name: format!("inc-{}-engagements.txt", state.number), text: whole.plain() };
        Done::File(Say { text, controls: Vec::new() }, file)
    }
}

fn trace(state: &Incident, engagement: &Engagement, live: bool, turn: &mut Turn<'_>) -> Traced {
    let by = match &engagement.origin {
        Origin::Paged { user, .. } | Origin::Escalated { user, .. } => Some(*user),
        Origin::Plan => None,
    };
    Traced {
        standing: show::engaged(&draw::engaged(&state.paging, engagement)),
        by,
        next: state.paging.next_of(engagement.id, turn).filter(|_| live),
        paths: paths(state, engagement, turn.facts),
    }
}

/// Each person once a stage and run, in the order in which they were paged.
fn paths(state: &Incident, engagement: &Engagement, facts: &Facts) -> Vec<PathLine> {
    let mut paths: Vec<PathLine> = Vec::new();
    for page in &state.paging.pages {
        let Some(reason) = page.reasons.iter().find(|reason| reason.engagement == engagement.id) else { continue };
        // A repeat belongs to the stage that paged them, whichever runs by now.
        let known = |path: &&mut PathLine| {
            let same = path.stage == reason.stage + 1 && path.run == reason.run + 1;
            path.contact == page.display && (same || reason.attempt > 1)
        };
        match paths.iter_mut().rev().find(known) {
            Some(path) => add(path, state, page),
            None => {
                let mut path = path(engagement, page, reason, facts);
                add(&mut path, state, page);
                paths.push(path);
            }
        }
    }
    paths
}

fn path(engagement: &Engagement, page: &Page, reason: &Reason, facts: &Facts) -> PathLine {
    PathLine {
        contact: page.display.clone(),
        via: reason.via.as_ref().map(|schedule| facts.schedule_title(schedule)),
        stage: reason.stage + 1,
        of: engagement.stages.len() as u32,
        run: reason.run + 1,
        essential: reason.essential,
        pages: Vec::new(),
    }
}

/// A later page through the same channel takes the place of the one before, and counts it.
fn add(path: &mut PathLine, state: &Incident, page: &Page) {
    let mut line = receipts(state, page);
    match path.pages.iter_mut().find(|known| known.channel == page.channel) {
        Some(known) => {
            line.count = known.count + 1;
            *known = line;
        }
        None => path.pages.push(line),
    }
}

fn receipts(state: &Incident, page: &Page) -> Receipts {
    let answered = page.closed.as_ref().filter(|closed| match closed.how {
        Closing::Acked { user } => user == page.user,
        Closing::OwnAcked => true,
        _ => false,
    });
    let (sent, failed, stopped) = match page.state {
        PageState::Queued => (None, None, None),
        PageState::Sent { at } => (Some(at), None, None),
        PageState::Failed { at, why } => (None, Some((at, why)), None),
        PageState::Stopped { at } => (None, None, Some(at)),
    };
    // Closed before its turn came: nothing goes out any more.
    let stopped = stopped.or(page.closed.as_ref().map(|closed| closed.at).filter(|_| page.state == PageState::Queued));
    let acked = state.paging.ack_of(page.user).map(|ack| ack.at);
    Receipts {
        channel: page.channel.clone(),
        way: page.way,
        count: 1,
        queued: page.at,
        sent,
        seen: page.seen,
        acknowledged: answered.map(|closed| closed.at).and(acked),
        failed,
        stopped,
    }
}
