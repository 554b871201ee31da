//! What happens in a world: people, alerts, time and faults, by chance. A seed is a story.

use chrono::TimeDelta;
use muster::app::contact;
use muster::app::request::{Ask, Request, Which};
use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, UserId, WebhookId};
use muster::domain::incident;
use muster::domain::permission::Person;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::checks::{self, Wrong};
use crate::discord::{Bad, Lie, people};
use crate::setup;
use crate::world::{GUILD, World};

const ALERTS: ChannelId = ChannelId(900_000_000_000_000_030);
const SENDER: WebhookId = WebhookId(900_000_000_000_000_301);
const CONTACTS: [&str; 5] = ["ana", "ben", "cleo", "dan", "eve"];
const EVERYBODY: [&str; 8] = ["ana", "ben", "cleo", "dan", "eve", "kim", "rob", "lea"];
/// Steps of one story.
const STEPS: usize = 24;
/// Of a hundred requests and messages, so many come a second time.
const TWICE_PER_CENT: u32 = 25;
/// Of a hundred steps, so many are hit by a fault.
const FAULTS_PER_CENT: u32 = 45;

/// Plays one seed to its end.
pub async fn play(world: &mut World, seed: u64) -> Result<(), Wrong> {
    let mut story = Story { rng: StdRng::seed_from_u64(seed), requests: 0, messages: 0, heard: Vec::new() };
    let lines = story.definitions();
    world.set_up(&lines).await;
    story.alert(world, "ALERT critical db: db is down").await?;
    world.advance(TimeDelta::seconds(5)).await?;
    for _ in 0..STEPS {
        story.step(world).await?;
        world.settle().await?;
    }
    world.told.push("the end".to_owned());
    world.end().await?;
    world.look().await
}

/// Runs a seed; a mutation, where one is wanted.
pub async fn run(seed: u64, trigger: Option<&'static str>, lie: Option<Lie>) -> (World, Result<(), Wrong>) {
    let mut world = World::open(seed, trigger, lie).await;
    let told = play(&mut world, seed).await;
    world.stop().await;
    (world, told)
}

struct Story {
    rng: StdRng,
    requests: u64,
    messages: u64,
    /// Alert messages that were taken in.
    heard: Vec<(Message, Option<String>)>,
}

impl Story {
    fn definitions(&mut self) -> Vec<String> {
        let mut lines: Vec<String> = CONTACTS.iter().map(|name| self.contact(name)).collect();
        lines.push("schedule primary: @ana @ben".to_owned());
        lines.push(self.plan());
        if self.rng.random_bool(0.5) {
            lines.push(format!("settings fallback_every: {}", self.pick(&["5m", "15m"])));
        }
        lines
    }

    fn contact(&mut self, name: &str) -> String {
        let count = self.rng.random_range(1..=2);
        let stage = |story: &mut Story, last| {
            let duration = if last { "0s" } else { story.pick(&["0s", "1m", "2m"]) };
            format!("{duration} {}", story.pick(&["here", "here/3m", "dm", "dm/2m", "here dm", "here dm/5m", "phone"]))
        };
        let stages: Vec<String> = (1..=count).map(|n| stage(self, n == count)).collect();
        format!("contact {name}: {}", stages.join(" · "))
    }

    fn plan(&mut self) -> String {
        let mut stages = String::new();
        for _ in 0..self.rng.random_range(0..=2) {
            let count = self.rng.random_range(0..=3);
            let duration = if count == 0 { "1m" } else { self.pick(&["0s", "1m", "3m", "5m"]) };
            stages += &format!("stage {duration}");
            for who in ["@ana", "@ben", "@cleo", "@dan", "#primary"].choose_multiple(&mut self.rng, count) {
                stages += &format!(" {who}{}", ["", "", "?"].choose(&mut self.rng).expect("three"));
            }
            stages += " · ";
        }
        let also = self.pick(&["", "", " · also @ana", " · also @eve #primary", " · also @ben @cleo"]);
        let more = self.pick(&["", " · refire_after 1m", " · on_recovery keep", " · fallback {contact: eve}"]);
        format!("plan db: {stages}stage 2m @dan @eve? · repeat {}{also}{more}", self.rng.random_range(0..=2))
    }

    /// One thing happens, perhaps with a fault.
    async fn step(&mut self, world: &mut World) -> Result<(), Wrong> {
        if self.rng.random_range(0..100) < FAULTS_PER_CENT {
            self.fault(world).await?;
        }
        match self.rng.random_range(0..20) {
            0..=6 => {
                let by = self.pick(&["1s", "5s", "30s", "1m", "2m", "3m", "7m"]);
                world.told.push(format!("advance {by}"));
                world.advance(span(by)).await
            }
            7..=13 => self.person(world).await,
            14..=16 => {
                let content = self.pick(&[
                    "ALERT critical db: db is down",
                    "ALERT critical web: web is down",
                    "ALERT warning db: db is slow",
                    "OK db",
                    "OK web",
                    "nonsense",
                ]);
                self.alert(world, content).await
            }
            17 => self.edited(world).await,
            18 => self.absence(world).await,
            _ => {
                world.told.push("the bot is killed and starts again".to_owned());
                world.count("restart");
                world.restart().await
            }
        }
    }

    async fn absence(&mut self, world: &mut World) -> Result<(), Wrong> {
        let by = self.pick(&["20s", "2m", "5m", "12m", "40m"]);
        world.told.push(format!("the bot is away for {by}"));
        world.count("absence");
        world.stop().await;
        world.pass(span(by));
        if self.rng.random_bool(0.3) {
            world.step_the_clock(TimeDelta::hours(self.rng.random_range(-1..=1)));
        }
        world.start().await
    }

    /// Something goes wrong, now or at one of the next calls and statements.
    async fn fault(&mut self, world: &mut World) -> Result<(), Wrong> {
        let nth = self.rng.random_range(1..=12);
        match self.rng.random_range(0..12) {
            0..=2 => {
                let (nth, bad) = (nth.min(4), *Bad::ALL.choose(&mut self.rng).expect("there are some"));
                world.told.push(format!("  fault: call {nth} from now: {bad:?}"));
                world.discord.arm(nth, bad);
            }
            3 => {
                let on = self.rng.random_bool(0.5);
                world.told.push(format!("  fault: Discord down: {on}"));
                world.discord.mood(|mood| mood.down = on);
            }
            4 => {
                let on = self.rng.random_bool(0.6);
                world.told.push(format!("  fault: Discord in bad times: {on}"));
                world.discord.mood(|mood| mood.bad = on);
            }
            5 => self.shut_out(world),
            6..=8 => {
                let (nth, dies) = (nth * 3, self.rng.random_bool(0.6));
                world.told.push(format!(
                    "  fault: statement {nth} from now fails{}",
                    if dies { ", the bot dies" } else { "" }
                ));
                world.arm_gate(nth, dies);
            }
            9 => {
                let hours = TimeDelta::hours(self.rng.random_range(-1..=1));
                world.step_the_clock(hours);
                world.restart().await?;
            }
            _ => {
                if let Some(request) = self.request(world).await {
                    let nth = nth.min(3);
                    world.told.push(format!("  while call {nth} from now is under way: {:?}", request.ask));
                    world.discord.meanwhile(nth, world.app().clone(), request);
                }
            }
        }
        Ok(())
    }

    fn shut_out(&mut self, world: &mut World) {
        let user = user(self.pick(&CONTACTS));
        let (what, on) = (self.rng.random_range(0..4), self.rng.random_bool(0.5));
        world.told.push(format!("  fault: person {user}, way {what}: {on}"));
        world.count("person out of reach");
        world.discord.mood(|mood| {
            let set = match what {
                0 => &mut mood.dms_closed,
                1 => &mut mood.left,
                2 => &mut mood.no_access,
                _ => return mood.no_channels = on,
            };
            let _changed = if on { set.insert(user) } else { set.remove(&user) };
        });
    }

    async fn alert(&mut self, world: &mut World, content: &str) -> Result<(), Wrong> {
        self.messages += 1;
        let message = Message {
            id: MessageId(1_450_000_000_000_000_000 + self.messages),
            channel: ALERTS,
            at: world.now(),
            author: MessageAuthor::Webhook(SENDER),
            username: None,
            content: content.to_owned(),
            embeds: Vec::new(),
            custom_ids: Vec::new(),
        };
        world.told.push(format!("message {}: {content}", self.messages));
        self.hear(world, message, None).await
    }

    /// An alert message is edited.
    async fn edited(&mut self, world: &mut World) -> Result<(), Wrong> {
        let Some((message, _)) = self.heard.choose(&mut self.rng).cloned() else { return Ok(()) };
        let content = self.pick(&["OK db", "ALERT critical db: db is down again", "ALERT critical web: web is down"]);
        let edit = Some(format!("e{}", self.rng.random_range(0..1_000_000)));
        world.told.push(format!("message {} becomes: {content}", message.id));
        self.hear(world, Message { content: content.to_owned(), ..message }, edit).await
    }

    /// Takes a message in; what was not taken in comes again, and perhaps what was.
    async fn hear(&mut self, world: &mut World, message: Message, edit: Option<String>) -> Result<(), Wrong> {
        if !world.hear(message.clone(), edit.clone()).await? {
            world.count("alert read again");
            world.hear(message.clone(), edit.clone()).await?;
        }
        self.heard.push((message, edit));
        if self.rng.random_range(0..100) < TWICE_PER_CENT {
            let (message, edit) = self.heard.choose(&mut self.rng).cloned().expect("one was just heard");
            world.count("alert delivered twice");
            world.hear_again(message, edit).await?;
        }
        Ok(())
    }

    /// Somebody asks something, perhaps twice.
    async fn person(&mut self, world: &mut World) -> Result<(), Wrong> {
        let Some(request) = self.request(world).await else { return Ok(()) };
        world.told.push(format!("{} {:?}", request.by.name, request.ask));
        let changed = world.changes(request.clone()).await?;
        let counts_again = matches!(request.ask, Ask::Sign { live: true, .. });
        if changed && !counts_again && self.rng.random_range(0..100) < TWICE_PER_CENT {
            world.count("request delivered twice");
            world.ask_again(request).await?;
        }
        Ok(())
    }

    /// What somebody asks next.
    async fn request(&mut self, world: &World) -> Option<Request> {
        let messages = world.discord.messages();
        let post = messages.iter().filter(|message| message.post.is_some()).collect::<Vec<_>>();
        let post = post.choose(&mut self.rng).copied().cloned();
        let asked = post.as_ref().map(|message| people(&message.first).to_vec()).unwrap_or_default();
        let named = asked.choose(&mut self.rng).and_then(|person| name_of(person.user));
        let who = named.filter(|_| self.rng.random_bool(0.7)).unwrap_or_else(|| self.pick(&EVERYBODY));
        let incidents = checks::incidents(world.store(), GUILD).await;
        let (incident, room) = *incidents.choose(&mut self.rng)?;
        let on = |ask| Some(Ask::On(Which::Id(incident), ask));
        let ask = match self.rng.random_range(0..26) {
            0..=4 => post
                .and_then(|message| message.post)
                .map(|post| Ask::On(Which::Post(post), incident::Ask::Ack { post: Some(post), sign: false })),
            5..=8 => post.map(|message| Ask::Sign { message: message.id, live: true }),
            9..=10 => on(incident::Ask::Ack { post: None, sign: false }),
            11..=12 => on(incident::Ask::Take { post: None }),
            13..=15 => on(incident::Ask::Unack { ack: None }),
            16..=17 => on(incident::Ask::Escalate { post: None }),
            18 => on(incident::Ask::Mitigate { message: None }),
            19 => on(incident::Ask::Resolve { message: None }),
            20 => on(incident::Ask::UndoResolve),
            21 => on(incident::Ask::Reopen { reason: None, page: self.rng.random_bool(0.5) }),
            22 => on(incident::Ask::StartPlan),
            23 => Some(Ask::Contact(contact::Ask::Test { contact: None })),
            24 => Some(match self.rng.random_bool(0.5) {
                true => Ask::Contact(contact::Ask::Mute { channel: Some("here".to_owned()), until: None }),
                false => Ask::Contact(contact::Ask::Unmute { channel: None }),
            }),
            _ => Some(Ask::Stop { engagement: "db".to_owned(), reason: "no".to_owned() }),
        }?;
        self.requests += 1;
        let by = Person { user: user(who), name: who.to_owned(), roles: setup::roles_of(who), manages_guild: false };
        let key = format!("i:{}", self.requests);
        Some(Request { guild: GUILD, by, channel: room.or(Some(ALERTS)), key, ask, survey: None })
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.choose(&mut self.rng).expect("there is something to pick from")
    }
}

fn user(name: &str) -> UserId {
    setup::PEOPLE.iter().find(|(known, _)| *known == name).map(|(_, user)| *user).expect("somebody is called that")
}

fn name_of(user: UserId) -> Option<&'static str> {
    setup::PEOPLE.iter().find(|(_, known)| *known == user).map(|(name, _)| *name)
}

fn span(text: &str) -> TimeDelta {
    text.parse::<muster::domain::span::Span>().expect("a span").delta()
}
