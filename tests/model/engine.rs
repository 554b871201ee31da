//! The engine in a random world: the very `incident::open` and `incident::step`, whose messages all arrive at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use chrono::TimeDelta;
use muster::domain::alert::{Alert, Instance, State};
use muster::domain::contact::Contact;
use muster::domain::definition::{Set, Spec};
use muster::domain::effect::Effect;
use muster::domain::engagement::{PostKind, Told};
use muster::domain::escalation::EscalationPlan;
use muster::domain::facts::Facts;
use muster::domain::id::{ChannelId, GuildId, IDS_PER_TURN, MessageId, Mint, PostId, Timestamp, UserId};
use muster::domain::impact::Impact;
use muster::domain::incident::{
    self, Ask, Draft, Edit, FrozenPlan, Incident, Input, MessageLink, Opening, Origin, Outcome,
};
use muster::domain::name::Name;
use muster::domain::permission::Person;
use muster::domain::plan::ResponsePlan;
use muster::domain::schedule::{self, Override};
use muster::domain::timeline::Unreached;
use serde_json::{Value, json};

use super::plain::Said;
use super::world::{CHANNELS, CONTACTS, Deed, Loudness, Target, World, ZED};

pub struct Engine {
    facts: Facts,
    incident: Incident,
    turns: i64,
    now: Timestamp,
    /// Engagements in the order of the plans: they keep their ids.
    ids: Vec<muster::domain::id::EngagementId>,
    broken: BTreeSet<(usize, usize)>,
    said: BTreeSet<Said>,
}

impl Engine {
    pub fn open(world: &World) -> Engine {
        let facts = Facts {
            live: Arc::new(definitions(world)),
            overrides: overrides(world),
            gone: world.gone.iter().map(|who| user(*who)).collect(),
            ..Facts::default()
        };
        let spec = facts.live.response_plan(&name("plan")).expect("the plan").clone();
        let draft = Draft {
            title: "Down".to_owned(),
            summary: String::new(),
            impact: impact(world.impact),
            impact_by_person: false,
            labels: BTreeMap::new(),
            plan: Some(FrozenPlan { name: name("plan"), spec }),
            origin: Origin::Alert { source: name("source"), late: false },
            drill: false,
            private: false,
            alert: Some((alert(State::Firing), link())),
            quiet: false,
        };
        let opening = Opening { guild: GuildId(1), number: 1, revision: 1, now: world.start };
        let opened = incident::open(draft, opening, &facts, Mint::new(1));
        let ids = opened.incident.paging.engagements.iter().map(|engagement| engagement.id).collect();
        let mut engine = Engine {
            facts,
            incident: opened.incident.clone(),
            turns: 1,
            now: world.start,
            ids,
            broken: world.broken.clone(),
            said: BTreeSet::new(),
        };
        engine.take(opened);
        engine.due();
        engine
    }

    pub fn said(&mut self) -> BTreeSet<Said> {
        std::mem::take(&mut self.said)
    }

    pub fn minute(&mut self) {
        self.now += TimeDelta::minutes(1);
        self.due();
    }

    /// Everything that is due.
    fn due(&mut self) {
        for _ in 0..1_000 {
            if self.incident.next_deadline().is_none_or(|at| at > self.now) {
                return;
            }
            self.tell(Input::Tick);
        }
        panic!("it is looked at over and over at {}", self.now);
    }

    pub fn deed(&mut self, deed: &Deed) {
        let ask = |who: usize, ask: Ask| Input::Ask { by: person(who), ask };
        let input = match deed {
            Deed::Ack { who } => ask(*who, Ask::Ack { post: None, sign: false }),
            Deed::Take => ask(ZED, Ask::Take { post: None }),
            Deed::Write { who } => Input::Told(Told::Wrote { by: user(*who) }),
            Deed::Stop { engagement } => {
                ask(ZED, Ask::Stop { engagement: self.ids[*engagement], reason: "enough".to_owned() })
            }
            Deed::Impact { impact: number } => {
                ask(ZED, Ask::Edit(Edit { impact: Some(impact(*number)), ..Edit::default() }))
            }
            Deed::Mute { who, channel } => {
                self.facts.muted.insert((contact(*who), CHANNELS[*channel].to_owned()));
                Input::Tick
            }
            Deed::Unmute { who, channel } => {
                self.facts.muted.remove(&(contact(*who), CHANNELS[*channel].to_owned()));
                Input::Tick
            }
            Deed::Break { who, channel } => {
                self.broken.insert((*who, *channel));
                Input::Tick
            }
            Deed::Recover => self.alert(State::Resolved),
            Deed::Fire => self.alert(State::Firing),
        };
        let refused = !self.tell(input);
        if let Some(who) = deed.by().filter(|_| refused) {
            // What is refused changes nothing; that it was asked is a sign of life all the same, as `app` tells.
            self.tell(Input::Told(Told::Wrote { by: user(who) }));
        }
        self.due();
    }

    fn alert(&self, state: State) -> Input {
        Input::Alert { source: name("source"), alert: alert(state), impact: None, message: link() }
    }

    /// One step; what it refuses changes nothing.
    fn tell(&mut self, input: Input) -> bool {
        let mint = Mint::new(self.turns * IDS_PER_TURN);
        self.turns += 1;
        let outcome = incident::step(&self.incident, input, &self.facts, mint, self.now);
        let done = outcome.is_ok();
        if let Ok(outcome) = outcome {
            self.take(outcome);
        }
        done
    }

    /// Keeps what a step left, and delivers what it asked for, one after the other.
    fn take(&mut self, outcome: Outcome) {
        self.incident = outcome.incident;
        let mut effects = VecDeque::from(outcome.effects);
        while let Some(effect) = effects.pop_front() {
            let told = match effect {
                Effect::OpenRoom { how } => Some(Input::RoomMade { kind: how, channel: ChannelId(7) }),
                Effect::SendPost { post } => self.deliver(post).map(Input::Told),
                _ => None,
            };
            let Some(told) = told else { continue };
            let mint = Mint::new(self.turns * IDS_PER_TURN);
            self.turns += 1;
            if let Ok(outcome) = incident::step(&self.incident, told, &self.facts, mint, self.now) {
                self.incident = outcome.incident;
                effects.extend(outcome.effects);
            }
        }
    }

    fn deliver(&mut self, id: PostId) -> Option<Told> {
        let paging = &self.incident.paging;
        let post = paging.post(id).filter(|post| post.sent.is_none() && paging.open(post))?;
        if let PostKind::Fallback { engagement, .. } = post.kind {
            let engagement = self.ids.iter().position(|id| *id == engagement).expect("an engagement of the plan");
            self.said.insert(Said::Fallback { engagement });
            return Some(Told::PostSent { post: id, asked: Vec::new(), failed: Vec::new() });
        }
        let (mut asked, mut failed) = (Vec::new(), Vec::new());
        for page in paging.pages_of(post).filter(|page| page.waits()) {
            let who = usize::try_from(page.user.0 - USERS).expect("a contact");
            let channel = CHANNELS.iter().position(|known| *known == page.channel);
            if channel.is_some_and(|channel| self.broken.contains(&(who, channel))) {
                failed.push((page.id, Unreached::Rejected));
                continue;
            }
            asked.push(page.id);
            self.said.insert(match channel {
                _ if page.quiet => Said::Shown { who },
                Some(channel) => Said::Page { who, channel },
                None => Said::StillOnIt { who },
            });
        }
        Some(match asked.is_empty() {
            true => Told::NobodyReached { post: id, failed, unsure: false },
            false => Told::PostSent { post: id, asked, failed },
        })
    }
}

/// Ids of people begin here.
const USERS: u64 = 200_000_000_000_000_000;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn contact(who: usize) -> Name {
    name(&format!("c{who}"))
}

fn user(who: usize) -> UserId {
    UserId(USERS + who as u64)
}

fn person(who: usize) -> Person {
    Person { user: user(who), name: format!("c{who}"), roles: Vec::new(), manages_guild: who == ZED }
}

fn impact(number: u8) -> Impact {
    Impact::try_from(number).expect("an impact")
}

fn link() -> MessageLink {
    MessageLink { channel: ChannelId(3), message: MessageId(4) }
}

fn alert(state: State) -> Alert {
    let instance = Instance { key: "one".to_owned(), title: "one".to_owned(), state, severity: None };
    Alert {
        key: "db".to_owned(),
        title: "db is down".to_owned(),
        description: String::new(),
        severity: None,
        url: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        instances: vec![instance],
        all_resolved: state == State::Resolved,
        truncated: false,
    }
}

fn minutes(minutes: i64) -> String {
    format!("{}s", minutes * 60)
}

fn target(target: &Target) -> (&'static str, String) {
    match target {
        Target::Contact(who) => ("contact", format!("c{who}")),
        Target::Schedule(schedule) => ("schedule", format!("s{schedule}")),
    }
}

fn definitions(world: &World) -> Set {
    let mut specs: Vec<(Name, Spec)> = Vec::new();
    for (who, known) in world.contacts.iter().enumerate() {
        let spec: Contact = serde_json::from_value(contact_json(who, known)).expect("a contact");
        specs.push((contact(who), spec.into()));
    }
    for (index, known) in world.schedules.iter().enumerate() {
        let members: Vec<String> = known.members.iter().map(|who| format!("c{who}")).collect();
        let rotation = json!({
            "name": "one", "start": format!("{}T00:00", world.first_day()), "time_zone": "UTC", "contacts": members,
            "hand_off": { "daily": ["00:00"] },
        });
        let spec: schedule::Schedule = serde_json::from_value(json!({ "rotations": [rotation] })).expect("a schedule");
        specs.push((name(&format!("s{index}")), spec.into()));
    }
    for (index, plan) in world.plans.iter().enumerate().filter(|(_, plan)| plan.direct.is_none()) {
        let stages = plan.stages.iter().map(|stage| {
            let targets = stage.targets.iter().map(|(who, essential)| {
                let (kind, name) = target(who);
                json!({ kind: name, "essential": essential })
            });
            json!({ "duration": minutes(stage.minutes), "targets": targets.collect::<Vec<_>>() })
        });
        let spec: EscalationPlan =
            serde_json::from_value(json!({ "stages": stages.collect::<Vec<_>>(), "repeat": plan.repeat }))
                .expect("an escalation plan");
        specs.push((name(&format!("p{index}")), spec.into()));
    }
    let spec: ResponsePlan = serde_json::from_value(plan_json(world)).expect("a response plan");
    specs.push((name("plan"), spec.into()));
    specs.into_iter().collect()
}

fn contact_json(who: usize, known: &super::world::Contact) -> Value {
    let ways = [("here", "mention"), ("dm", "dm"), ("phone", "webhook")];
    let channels: Vec<Value> = ways.iter().map(|(name, way)| json!({ "name": name, "type": way })).collect();
    let stages = known.stages.iter().map(|stage| {
        let targets = stage.channels.iter().map(|(channel, every)| match every {
            Some(every) => json!({ "channel": CHANNELS[*channel], "retry_every": minutes(*every) }),
            None => json!({ "channel": CHANNELS[*channel] }),
        });
        json!({ "duration": minutes(stage.minutes), "targets": targets.collect::<Vec<_>>() })
    });
    let loudness = known.loudness.iter().enumerate().map(|(index, loudness)| {
        let how = match loudness {
            Loudness::Page => json!("page"),
            Loudness::Hold(until) => json!({ "hold_until": format!("{until:02}:00") }),
            Loudness::Channel => json!("channel"),
        };
        ((index + 1).to_string(), how)
    });
    json!({
        "display_name": format!("c{who}"), "discord_user": user(who).to_string(), "time_zone": known.zone.name(),
        "channels": channels, "stages": stages.collect::<Vec<_>>(), "loudness": loudness.collect::<serde_json::Map<_, _>>(),
    })
}

fn plan_json(world: &World) -> Value {
    let engagements = world.plans.iter().enumerate().map(|(index, plan)| match &plan.direct {
        Some(direct) => {
            let (kind, name) = target(direct);
            json!({ kind: name })
        }
        None => json!({ "escalation_plan": format!("p{index}") }),
    });
    let engagements: Vec<Value> = engagements.collect();
    let mut plan = json!({
        "incident": { "title": "Down", "impact": world.impact }, "engagements": engagements, "refire_after": "30d",
        "recovery": "note",
    });
    match world.ack_timeout {
        Some(Some(after)) => plan["ack_timeout"] = json!(minutes(after)),
        Some(None) => plan["ack_timeout"] = json!("off"),
        None => {}
    }
    plan
}

fn overrides(world: &World) -> BTreeMap<Name, Vec<Override>> {
    let of = |known: &super::world::Schedule| {
        let made = known.overrides.iter().enumerate().map(|(index, (from, until, who))| Override {
            id: index as i64,
            rotation: None,
            from: world.start + TimeDelta::minutes(*from),
            until: world.start + TimeDelta::minutes(*until),
            contacts: who.iter().map(|who| contact(*who)).collect(),
            created_at: world.start + TimeDelta::seconds(index as i64),
        });
        made.collect::<Vec<_>>()
    };
    let all = world.schedules.iter().enumerate();
    all.map(|(index, known)| (name(&format!("s{index}")), of(known))).collect()
}

const _: () = assert!(ZED == CONTACTS);
