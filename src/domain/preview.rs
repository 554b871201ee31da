//! A look ahead: who would be paged, when and by what, if an incident of a plan opened at some moment and nobody answered.
//!
//! No second simulation: the very machine ([`incident::open`], [`incident::step`]) runs on a made-up incident that is never
//! saved, told that its room was made and each of its pages went out. What the machine does, the preview says.

use std::collections::VecDeque;

use chrono::TimeDelta;

use super::contact::Way;
use super::effect::Effect;
use super::engagement::{FallbackCall, Page, Place, PostKind, Progress, Told};
use super::facts::{Facts, Revision};
use super::id::{ChannelId, GuildId, IDS_PER_TURN, Mint, PostId, Timestamp, UserId};
use super::impact::Impact;
use super::incident::{self, Draft, FrozenPlan, Incident, Input, Opening, Outcome};
use super::name::Name;
use super::timeline::{Fact, Unreached};

/// How far ahead it looks: by then somebody has changed a shift.
pub const AHEAD: TimeDelta = TimeDelta::hours(24);
/// Most steps it takes: thirty pages of twenty contacts; a plan that needs more is cut, and says so.
const STEPS_MAX: u32 = 600;

/// What is asked: which plan, when, and what is known of that moment.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub plan: FrozenPlan,
    pub revision: Revision,
    pub at: Timestamp,
    /// What is muted is in [`Question::mutes`] and taken from there, as of each instant.
    pub facts: &'a Facts,
    pub mutes: &'a [Mute],
}

/// A contact channel that its owner muted; `until`: for ever where none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    pub contact: Name,
    pub channel: String,
    pub until: Option<Timestamp>,
}

/// What would happen, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub at: Timestamp,
    pub impact: Impact,
    pub entries: Vec<Entry>,
    /// There is more after the last entry: it looked [`AHEAD`], or far enough.
    pub cut: bool,
}

/// One thing, this long after the incident has opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub after: TimeDelta,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Page(Paged),
    /// A contact is passed over altogether.
    Skipped {
        contact: String,
        why: Unreached,
    },
    /// It is their night: their pages wait until then.
    Held {
        contact: String,
        until: Timestamp,
    },
    /// The plan is over: at this impact it pings nobody.
    Rests {
        plan: String,
    },
    /// One way to a contact cannot be used.
    Failed {
        contact: String,
        way: Way,
        why: Unreached,
    },
    /// A stage names nobody: nobody is on call in these schedules then.
    Nobody {
        plan: String,
        stage: u32,
        schedules: Vec<String>,
    },
    /// The first call of the fallback; it is repeated until somebody takes the incident.
    Fallback {
        plan: String,
        call: FallbackCall,
        places: Vec<Place>,
    },
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged {
    pub contact: Name,
    /// What people call them.
    pub display: String,
    /// Its name at the contact.
    pub channel: String,
    pub way: Way,
    /// Shown, without a ping.
    pub quiet: bool,
    /// Which page of its series, from 1.
    pub attempt: u32,
    pub why: Vec<Why>,
}

/// The path that leads to a page, in the words of the set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The engagement, as people call it.
    pub plan: String,
    /// From 1.
    pub stage: u32,
    pub of: u32,
    /// Which run of the plan, from 1.
    pub run: u32,
    /// The schedule that names them, as people call it.
    pub via: Option<String>,
    pub essential: bool,
}

/// Looks ahead from `question.at` until nothing more happens by itself: every plan has called its fallback and no page repeats.
pub fn preview(question: &Question<'_>) -> Preview {
    let mut walk = Walk::open(question);
    let mut steps = 0;
    let until = question.at + AHEAD;
    while let Some(at) = walk.next_deadline() {
        if at > until || steps >= STEPS_MAX {
            return walk.done(true);
        }
        steps += 1;
        walk.tell(Input::Tick, at);
    }
    walk.done(false)
}

/// The made-up incident on its way.
struct Walk<'a> {
    question: &'a Question<'a>,
    incident: Incident,
    turns: i64,
    entries: Vec<Entry>,
}

impl<'a> Walk<'a> {
    fn open(question: &'a Question<'a>) -> Walk<'a> {
        let draft = Draft::by_person(UserId(0), Some(question.plan.clone()), None, None, None);
        let opening = Opening { guild: GuildId(0), number: 0, revision: question.revision, now: question.at };
        let facts = question.facts_at(question.at);
        let opened = incident::open(draft, opening, &facts, Mint::new(0));
        let mut walk = Walk { question, incident: opened.incident.clone(), turns: 1, entries: Vec::new() };
        walk.take(opened, question.at);
        walk
    }

    /// One step of the machine, and the receipts of what it asked for. An input that it refuses changes nothing.
    fn tell(&mut self, input: Input, at: Timestamp) {
        let mint = Mint::new(self.turns * IDS_PER_TURN);
        self.turns += 1;
        let facts = self.question.facts_at(at);
        if let Ok(outcome) = incident::step(&self.incident, input, &facts, mint, at) {
            self.take(outcome, at);
        }
    }

    fn take(&mut self, outcome: Outcome, at: Timestamp) {
        self.incident = outcome.incident;
        let facts: Vec<What> = outcome.events.into_iter().filter_map(|event| said(event.fact)).collect();
        for what in facts {
            self.write(at, what);
        }
        let mut effects = VecDeque::from(outcome.effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::OpenRoom { how } => self.tell(Input::RoomMade { kind: how, channel: ChannelId(0) }, at),
                Effect::SendPost { post } => self.send(post, at),
                _ => {}
            }
        }
    }

    /// A post goes out, or cannot because nothing carries its pages yet.
    fn send(&mut self, id: PostId, at: Timestamp) {
        let paging = &self.incident.paging;
        let Some(post) = paging.post(id).filter(|post| post.sent.is_none() && paging.open(post)) else { return };
        let asked: Vec<&Page> = paging.pages_of(post).filter(|page| page.waits()).collect();
        let carried = |way: Way| way.in_discord() || self.question.facts.outside.contains(&way);
        if !asked.iter().all(|page| carried(page.way)) {
            return self.tell(Input::Told(Told::PostFailed { post: id, why: Unreached::NoCarrier }), at);
        }
        let pages: Vec<What> = asked.iter().map(|page| What::Page(self.paged(page))).collect();
        let call = self.first_call(id);
        let asked = asked.into_iter().map(|page| page.id).collect();
        for what in pages.into_iter().chain(call) {
            self.write(at, what);
        }
        self.tell(Input::Told(Told::PostSent { post: id, asked, failed: Vec::new() }), at);
    }

    fn paged(&self, page: &Page) -> Paged {
        let reasons = page.reasons.iter().filter(|reason| reason.attempt > 0);
        let why = reasons.clone().filter_map(|reason| {
            let engagement = self.incident.paging.engagement(reason.engagement)?;
            Some(Why {
                plan: engagement.title.clone(),
                stage: reason.stage + 1,
                of: engagement.stages.len() as u32,
                run: reason.run + 1,
                via: reason.via.as_ref().map(|schedule| self.question.facts.schedule_title(schedule)),
                essential: reason.essential,
            })
        });
        Paged {
            contact: page.contact.clone(),
            display: page.display.clone(),
            channel: page.channel.clone(),
            way: page.way,
            quiet: page.quiet,
            attempt: reasons.map(|reason| reason.attempt).max().unwrap_or(1),
            why: why.collect(),
        }
    }

    /// The call of a fallback, if the post is the first of its engagement in this place.
    fn first_call(&self, id: PostId) -> Option<What> {
        let post = self.incident.paging.post(id)?;
        let PostKind::Fallback { engagement, call, count: 1 } = &post.kind else { return None };
        let plan = self.incident.paging.engagement(*engagement)?.title.clone();
        Some(What::Fallback { plan, call: call.clone(), places: vec![post.place] })
    }

    /// The same call in two places is one entry.
    fn write(&mut self, at: Timestamp, what: What) {
        let after = at - self.question.at;
        if let What::Fallback { plan, places, .. } = &what
            && let Some(Entry { what: What::Fallback { places: known, .. }, .. }) =
                self.entries.iter_mut().find(|entry| {
                    entry.after == after && matches!(&entry.what, What::Fallback { plan: known, .. } if known == plan)
                })
        {
            known.extend(places);
            return;
        }
        self.entries.push(Entry { after, what });
    }

    /// When the machine must look again; none once only the fallback is called over and over.
    fn next_deadline(&self) -> Option<Timestamp> {
        let over = self.incident.paging.engagements.iter().all(|engagement| {
            let called = match engagement.progress {
                Progress::Stage { .. } => false,
                Progress::Exhausted { calls, .. } => calls > 0,
                Progress::Resting { .. } | Progress::Done { .. } => true,
            };
            let repeats = engagement.clocks.iter().flat_map(|clock| &clock.series).any(|series| series.next.is_some());
            let held = engagement.clocks.iter().any(|clock| clock.hold.is_some());
            called && !repeats && !held
        });
        self.incident.next_deadline().filter(|_| !over)
    }

    fn done(self, cut: bool) -> Preview {
        Preview { at: self.question.at, impact: self.incident.impact, entries: self.entries, cut }
    }
}

impl Question<'_> {
    /// The facts with what is muted at this instant.
    fn facts_at(&self, at: Timestamp) -> Facts {
        let in_force = self.mutes.iter().filter(|mute| mute.until.is_none_or(|until| until > at));
        let muted = in_force.map(|mute| (mute.contact.clone(), mute.channel.clone())).collect();
        Facts { muted, outage: None, ..self.facts.clone() }
    }
}

impl Preview {
    /// Pages that go out, in order.
    pub fn pages(&self) -> impl Iterator<Item = (TimeDelta, &Paged)> {
        self.entries.iter().filter_map(|entry| match &entry.what {
            What::Page(page) => Some((entry.after, page)),
            _ => None,
        })
    }
}

/// What the machine writes down that somebody who sets up wants to know.
fn said(fact: Fact) -> Option<What> {
    match fact {
        Fact::Skipped { contact, why } => Some(What::Skipped { contact, why }),
        Fact::PageFailed { contact, way, why } => Some(What::Failed { contact, way, why }),
        Fact::Held { contact, until } => Some(What::Held { contact, until }),
        Fact::Rests { plan } => Some(What::Rests { plan }),
        Fact::StageEmpty { plan, stage, schedules } => Some(What::Nobody { plan, stage, schedules }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::contact::{ChannelTarget, Contact, ContactChannel, ContactStage};
    use crate::domain::definition::{Set, Spec};
    use crate::domain::escalation::{EscalationPlan, Stage, StageTarget, Who};
    use crate::domain::id::UserId;
    use crate::domain::plan::{Engage, ResponsePlan};
    use crate::domain::reference::Ref;
    use crate::domain::span::Span;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// A contact with one stage over these channels, `/` how often in minutes.
    fn contact(user: u64, targets: &[(&str, Way, Option<u64>)]) -> Contact {
        let channel = |(name, way, _): &(&str, Way, Option<u64>)| {
            let written = serde_json::json!({ "name": name, "type": way });
            serde_json::from_value::<ContactChannel>(written).unwrap()
        };
        let target = |(name, _, every): &(&str, Way, Option<u64>)| ChannelTarget {
            channel: (*name).to_owned(),
            retry_every: every.map(Span::mins),
        };
        Contact {
            display_name: format!("User {user}"),
            discord_user: Ref::Id(UserId(user)),
            time_zone: None,
            channels: targets.iter().map(channel).collect(),
            stages: vec![ContactStage { duration: Span::ZERO, targets: targets.iter().map(target).collect() }],
            loudness: Default::default(),
        }
    }

    fn stage(minutes: u64, who: &[&str]) -> Stage {
        let target = |who: &&str| StageTarget { who: Who::Contact(name(who)), essential: true };
        Stage { duration: Span::mins(minutes), targets: who.iter().map(target).collect() }
    }

    fn set(ana: &[(&str, Way, Option<u64>)], repeat: u8) -> Set {
        let written = r#"{"incident": {"title": "Down", "impact": 2}}"#;
        let mut plan: ResponsePlan = serde_json::from_str(written).unwrap();
        plan.engagements = vec![Engage::EscalationPlan(name("db"))];
        let stages = vec![stage(5, &["ana"]), stage(10, &["ben"])];
        [
            (name("ana"), Spec::from(contact(1, ana))),
            (name("ben"), contact(2, &[("here", Way::Mention, None)]).into()),
            (name("db"), EscalationPlan { display_name: None, stages, repeat }.into()),
            (name("db"), plan.into()),
        ]
        .into_iter()
        .collect()
    }

    fn ahead(set: Set, mutes: &[Mute]) -> Preview {
        let plan = FrozenPlan { name: name("db"), spec: set.response_plan(&name("db")).unwrap().clone() };
        let facts = Facts { live: Arc::new(set), ..Facts::default() };
        preview(&Question { plan, revision: 1, at: start(), facts: &facts, mutes })
    }

    fn start() -> Timestamp {
        "2026-01-05T03:00:00Z".parse().unwrap()
    }

    /// Pages as `minutes contact channel attempt`, then `minutes fallback`.
    fn told(preview: &Preview) -> Vec<String> {
        let told = |entry: &Entry| {
            let at = entry.after.num_minutes();
            match &entry.what {
                What::Page(page) => format!("{at} {} {} {}", page.contact, page.channel, page.attempt),
                What::Fallback { places, .. } => format!("{at} fallback {}", places.len()),
                What::Failed { why, .. } | What::Skipped { why, .. } => format!("{at} {why:?}"),
                What::Nobody { stage, .. } => format!("{at} nobody {stage}"),
                What::Held { contact, .. } => format!("{at} held {contact}"),
                What::Rests { .. } => format!("{at} rests"),
            }
        };
        preview.entries.iter().map(told).collect()
    }

    #[test]
    fn a_preview_walks_the_stages_to_the_fallback() {
        let here = [("here", Way::Mention, None)];
        assert_eq!(told(&ahead(set(&here, 0), &[])), ["0 ana here 1", "5 ben here 1", "15 fallback 1"]);
        let twice = ["0 ana here 1", "5 ben here 1", "15 ana here 1", "20 ben here 1", "30 fallback 1"];
        assert_eq!(told(&ahead(set(&here, 1), &[])), twice);
    }

    #[test]
    fn repeats_go_on_past_the_fallback_until_they_are_used_up() {
        let seen = ahead(set(&[("here", Way::Mention, Some(10))], 0), &[]);
        let ana = seen.pages().filter(|(_, page)| page.contact == name("ana"));
        assert_eq!(
            ana.map(|(after, _)| after.num_minutes()).collect::<Vec<_>>(),
            (0..30).map(|n| n * 10).collect::<Vec<_>>()
        );
        assert!(!seen.cut);
    }

    #[test]
    fn a_day_is_as_far_as_it_looks() {
        let seen = ahead(set(&[("here", Way::Mention, Some(90))], 0), &[]);
        assert!(seen.cut);
        assert!(seen.entries.iter().all(|entry| entry.after <= AHEAD));
    }

    #[test]
    fn a_way_without_a_carrier_moves_on_at_once() {
        let seen = ahead(set(&[("phone", Way::Webhook, None)], 0), &[]);
        assert_eq!(told(&seen), ["0 NoCarrier", "0 ben here 1", "10 fallback 1"]);
    }

    #[test]
    fn a_mute_counts_as_long_as_it_lasts() {
        let mute = |until: Option<&str>| {
            let until = until.map(|at| at.parse().unwrap());
            [Mute { contact: name("ben"), channel: "here".to_owned(), until }]
        };
        let here = || set(&[("here", Way::Mention, None)], 0);
        assert_eq!(told(&ahead(here(), &mute(None))), ["0 ana here 1", "5 Muted", "5 fallback 1"]);
        // It ends before Ben's stage begins.
        let awake = ahead(here(), &mute(Some("2026-01-05T03:04:00Z")));
        assert_eq!(told(&awake), ["0 ana here 1", "5 ben here 1", "15 fallback 1"]);
    }
}
