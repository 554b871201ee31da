//! Rule 10 where something carries ways outside Discord: a small world in which Discord takes nothing and a phone still rings.

use std::sync::Arc;

use super::super::{End, Engagement, Origin, Paging, Place, Progress, Told};
use super::*;
use crate::domain::contact::{ChannelTarget, Contact, ContactChannel, ContactStage};
use crate::domain::definition::{Set, Spec};
use crate::domain::effect::Effect;
use crate::domain::escalation::{Stage, StageTarget};
use crate::domain::facts::Facts;
use crate::domain::id::{Mint, UserId};
use crate::domain::plan::Engage;
use crate::domain::reference::Ref;
use crate::domain::span::Span;
use crate::domain::turn::{Home, Turn};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn start() -> Timestamp {
    "2026-01-05T03:00:00Z".parse().unwrap()
}

/// `here 5m phone`: their stages, with how long the one before lasts.
fn contact(user: u64, stages: &str) -> Contact {
    let channel = |(name, way): (&str, Way)| {
        serde_json::from_value::<ContactChannel>(serde_json::json!({ "name": name, "type": way })).unwrap()
    };
    let mut words = stages.split(' ').peekable();
    let mut own = Vec::new();
    while let Some(channel) = words.next() {
        let duration = words.next().map_or(Span::ZERO, |span| span.parse().unwrap());
        own.push(ContactStage {
            duration,
            targets: vec![ChannelTarget { channel: channel.to_owned(), retry_every: None }],
        });
    }
    Contact {
        display_name: format!("User {user}"),
        discord_user: Ref::Id(UserId(user)),
        time_zone: None,
        channels: [("here", Way::Mention), ("dm", Way::Dm), ("phone", Way::Webhook)].map(channel).to_vec(),
        stages: own,
        loudness: Default::default(),
    }
}

/// Ana, Ben and Cleo, five minutes each, with these ways.
struct World {
    facts: Facts,
    paging: Paging,
    now: Timestamp,
    said: Vec<String>,
    down: bool,
}

impl World {
    fn new(ways: [&str; 3], outside: bool) -> World {
        let names = ["ana", "ben", "cleo"];
        let spec = |(user, (who, ways)): (u64, (&str, &str))| (name(who), Spec::from(contact(user, ways)));
        let set: Set = (1..).zip(names.into_iter().zip(ways)).map(spec).collect();
        let stage = |who: &str| Stage {
            duration: Span::mins(5),
            targets: vec![StageTarget { who: Who::Contact(name(who)), essential: true }],
        };
        let outside = [Way::Webhook].into_iter().filter(|_| outside).collect();
        let mut world = World {
            facts: Facts { live: Arc::new(set), outside, ..Facts::default() },
            paging: Paging::default(),
            now: start(),
            said: Vec::new(),
            down: true,
        };
        let engagement = Engagement {
            id: EngagementId(1),
            target: Engage::EscalationPlan(name("db")),
            title: "db".to_owned(),
            revision: 1,
            origin: Origin::Plan,
            stages: names.map(stage).to_vec(),
            repeat: 0,
            fallback: true,
            started_at: start(),
            progress: Progress::Stage { run: 0, stage: 0, since: start(), engaged: Vec::new() },
            clocks: Vec::new(),
            end: None,
        };
        world.turn(|paging, turn| paging.start(vec![engagement], turn));
        world
    }

    /// One turn of the machine, and what goes out by it.
    fn turn(&mut self, turn: impl FnOnce(&mut Paging, &mut Turn<'_>)) {
        let facts = self.facts.clone();
        let mut asked = Turn::new(self.now, &facts, Mint::new(self.now.timestamp_micros()), None, Home::default());
        turn(&mut self.paging, &mut asked);
        let facts = asked.events.iter().filter_map(|event| match &event.fact {
            Fact::CaughtUp { why, .. } => Some(format!("caught up: {why:?}")),
            Fact::Outage { .. } => Some("outage over".to_owned()),
            _ => None,
        });
        let minute = (self.now - start()).num_minutes();
        self.said.extend(facts.map(|fact| format!("{minute} {fact}")));
        let sent = |effect: &Effect| match effect {
            Effect::SendPost { post } => Some(*post),
            _ => None,
        };
        for post in asked.effects.iter().filter_map(sent) {
            self.deliver(post);
        }
    }

    fn deliver(&mut self, id: crate::domain::id::PostId) {
        let Some(post) = self.paging.post(id).filter(|post| post.sent.is_none()).cloned() else { return };
        if !self.paging.open(&post) || self.down && post.place != Place::Outside {
            return;
        }
        let minute = (self.now - start()).num_minutes();
        let pages: Vec<_> = self.paging.pages_of(&post).filter(|page| page.waits()).cloned().collect();
        for page in &pages {
            let late = if page.late.is_some() { " late" } else { "" };
            self.said.push(format!("{minute} {} {}{late}", page.contact, page.channel));
        }
        let asked = pages.iter().map(|page| page.id).collect();
        self.turn(|paging, turn| paging.told(Told::PostSent { post: id, asked, failed: Vec::new() }, turn));
    }

    /// Looks at every deadline up to this minute; nothing may look for ever.
    fn until(&mut self, minute: i64) {
        let end = start() + TimeDelta::minutes(minute);
        for _ in 0..1_000 {
            match self.paging.next_deadline().filter(|at| *at <= end) {
                Some(at) => self.now = at.max(self.now),
                None => break,
            }
            self.turn(|paging, turn| paging.advance(turn, None));
        }
        assert!(self.paging.next_deadline().is_none_or(|at| at > end), "it looks for ever");
        self.now = end;
    }

    /// Discord takes nothing, and that is known.
    fn outage(&mut self) {
        self.facts.outage = Some(start());
        self.turn(|paging, turn| paging.advance(turn, None));
    }

    /// Discord is back; what waited goes first.
    fn back(&mut self) {
        (self.down, self.facts.outage) = (false, None);
        for post in self.paging.posts.iter().map(|post| post.id).collect::<Vec<_>>() {
            self.deliver(post);
        }
        self.turn(|paging, turn| paging.advance(turn, None));
    }

    fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }
}

#[test]
fn contacts_with_another_way_move_on_to_it_at_once() {
    let mut world = World::new(["here 10m dm 10m phone", "here", "here"], true);
    world.until(1);
    assert_eq!(world.said(), Vec::<String>::new());
    world.outage();
    assert_eq!(world.said(), ["1 ana phone"]);
    world.until(30);
    assert_eq!(world.said(), Vec::<String>::new(), "Ben and Cleo have no other way");
}

#[test]
fn who_was_paged_before_the_outage_keeps_their_time() {
    let mut world = World::new(["here 3m phone", "here", "here"], true);
    world.down = false;
    let posts: Vec<_> = world.paging.posts.iter().map(|post| post.id).collect();
    posts.into_iter().for_each(|post| world.deliver(post));
    world.down = true;
    world.until(1);
    world.outage();
    assert_eq!(world.said(), ["0 ana here"]);
    world.until(3);
    assert_eq!(world.said(), ["3 ana phone"]);
}

#[test]
fn a_plan_goes_on_while_a_later_stage_has_another_way() {
    let mut world = World::new(["here", "here", "here 10m phone"], true);
    world.until(1);
    world.outage();
    world.until(9);
    assert_eq!(world.said(), Vec::<String>::new());
    world.until(10);
    assert_eq!(world.said(), ["10 cleo phone"]);
}

#[test]
fn a_way_that_nothing_carries_is_no_way() {
    let mut world = World::new(["here 1m phone", "here", "here 10m phone"], false);
    world.until(0);
    world.outage();
    world.until(60);
    assert_eq!(world.said(), Vec::<String>::new());
}

#[test]
fn a_way_that_has_failed_is_no_way() {
    let mut world = World::new(["here 10m phone", "here", "here"], true);
    world.until(1);
    world.outage();
    assert_eq!(world.said(), ["1 ana phone"]);
    let page = world.paging.pages.iter().find(|page| page.channel == "phone").unwrap().id;
    world.turn(|paging, turn| paging.page_failed(page, crate::domain::timeline::Unreached::SecretUnset, turn));
    world.until(60);
    assert!(matches!(world.paging.engagements[0].progress, Progress::Stage { stage: 0, .. }));
}

#[test]
fn what_is_still_wanted_goes_out_once_when_discord_is_back() {
    let mut world = World::new(["here", "here", "here"], true);
    world.until(1);
    world.outage();
    world.until(12);
    assert_eq!(world.said(), Vec::<String>::new());
    world.back();
    let said = ["12 ana here late", "12 outage over", "12 caught up: Outage", "12 ben here late", "12 cleo here late"];
    let mut told = world.said();
    told.sort();
    let mut said = said.map(str::to_owned).to_vec();
    said.sort();
    assert_eq!(told, said);
    world.until(16);
    assert_eq!(world.said(), Vec::<String>::new(), "the last stage has its full time");
}

#[test]
fn an_answer_in_the_outage_ends_it_all() {
    let mut world = World::new(["here", "here", "here"], true);
    world.until(1);
    world.outage();
    let engagement = EngagementId(1);
    world.turn(|paging, turn| {
        paging.acknowledge(UserId(1), &[], None, turn);
        paging.advance(turn, None);
    });
    assert!(matches!(world.paging.engagement(engagement).unwrap().end, Some(End::Acked { .. })));
    assert_eq!((world.paging.outage, world.paging.next_deadline()), (None, None));
    world.back();
    assert_eq!(world.said(), Vec::<String>::new());
}
