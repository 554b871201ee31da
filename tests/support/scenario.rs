//! Scenarios: stories in the words of the chat. Parses a file of them and plays each on the real application, with a clock that only the
//! story moves and a courier that fails on everything the story does not tell.
//!
//! ```text
//! # a name that is a claim
//! plan db: stage 5m @ana · stage 5m @ben? · repeat 1
//! alert firing db critical
//! > channel inc-1
//! > page @ana
//! advance 5m
//! > page @ben
//! ```
//! `>` lines are everything that was sent or redrawn since the last step, in order (cards are redrawn silently); `= ` is the private answer.
//! With `UPDATE_SCENARIOS=1` the files are written anew from what happens: read the difference before you believe it.

#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use muster::app::courier::Outgoing;
use muster::app::press::Pressed;
use muster::app::reply::{Control, Reply};
use muster::app::request::{Ask, Request, Which};
use muster::app::{App, Apply, NotApplied};
use muster::app::{contact, page, plan};
use muster::clock::{Clock, TestClock};
use muster::definitions::Source;
use muster::domain::alert::{Embed, Message, MessageAuthor};
use muster::domain::call;
use muster::domain::id::{ChannelId, GuildId, IncidentId, MessageId, RoleId, Timestamp, UserId, WebhookId};
use muster::domain::incident::{self, Edit};
use muster::domain::permission::Person;
use muster::store::Store;
use muster::worker;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::fake::{Fake, Posted};
use crate::invariants;
use crate::setup;

#[path = "oncall.rs"]
mod oncall;
#[path = "typed.rs"]
mod typed;

use typed::{
    called, hand_over, impact, mute, name, named, new_incident, numbered, preview, signed, span, told, written,
};

pub const GUILD: GuildId = GuildId(500_000_000_000_000_001);
const ALERTS: ChannelId = ChannelId(900_000_000_000_000_030);
const SENDER: WebhookId = WebhookId(900_000_000_000_000_301);

/// Where people type who are in no incident's room.
const OFFICE: ChannelId = ChannelId(900_000_000_000_000_021);

/// 2026-01-05T10:00:00Z, when the stories begin.
const EARLIEST_S: i64 = 1_767_607_200;

/// One story.
pub struct Scenario {
    pub name: String,
    lines: Vec<String>,
}

/// The stories of a file.
pub fn read(path: &Path) -> Vec<Scenario> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let mut scenarios: Vec<Scenario> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# ") {
            Some(name) => scenarios.push(Scenario { name: name.to_owned(), lines: Vec::new() }),
            None => scenarios.last_mut().into_iter().for_each(|s| s.lines.push(line.to_owned())),
        }
    }
    scenarios
}

/// Writes the stories of a file back.
pub fn write(path: &Path, scenarios: &[(String, Vec<String>)]) {
    let told: Vec<String> =
        scenarios.iter().map(|(name, lines)| format!("# {name}\n{}\n", lines.join("\n").trim_end())).collect();
    std::fs::write(path, told.join("\n")).expect("the scenario file can be written");
}

/// The world of one story.
pub struct Stage {
    store: Store,
    app: App,
    clock: Arc<TestClock>,
    fake: Arc<Fake>,
    setup: setup::Setup,
    messages: u64,
    requests: u64,
    answer: Option<String>,
    /// What the latest answer offered to press.
    offered: Vec<Control>,
    /// The code of an override that was told last.
    code: Option<String>,
}

impl Scenario {
    /// Plays it; returns its lines as they really go.
    pub async fn play(&self, store: Store) -> Vec<String> {
        let steps = self.lines.iter().filter(|line| !line.starts_with('>') && !line.starts_with('='));
        let steps: Vec<&str> = steps.map(String::as_str).collect();
        Stage::open(store, "2026-01-05T10:00:00Z").await.play(&steps).await
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// Which of several people was first is nobody's choice: it is told of `@first`.
fn call_first(race: &str, told: &mut [String]) {
    let names: BTreeSet<&str> = race.split(" & ").filter_map(|part| part.split_whitespace().next()).collect();
    let is_first = |name: &&&str| told.iter().any(|line| line.contains(&format!("{name} acknowledged")));
    if let Some(first) = names.iter().find(is_first).filter(|_| names.len() > 1) {
        for line in told {
            for does in ["acknowledged", "has"] {
                *line = line.replace(&format!("{first} {does}"), &format!("@first {does}"));
            }
        }
    }
}

impl Stage {
    /// The world as of `start`.
    pub async fn open(store: Store, start: &str) -> Stage {
        let start: Timestamp = start.parse().expect("an instant");
        let clock = Arc::new(TestClock::at(start));
        let fake = Arc::new(Fake::default());
        // A later world goes on with ids that the earlier one did not use.
        let later = (start.timestamp() - EARLIEST_S).unsigned_abs();
        fake.begin(later);
        for (name, user) in setup::PEOPLE {
            fake.name(user, name);
        }
        let app = open(&store, &clock).await;
        Stage {
            store,
            app,
            clock,
            fake,
            setup: setup::Setup::default(),
            messages: later,
            requests: later,
            answer: None,
            offered: Vec::new(),
            code: None,
        }
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What was sent so far, as it stands.
    pub fn fake(&self) -> &Fake {
        &self.fake
    }

    /// Takes these steps; returns them with what happened at each.
    pub async fn play(&mut self, steps: &[&str]) -> Vec<String> {
        let mut told = Vec::new();
        for step in steps.iter().filter(|step| !step.trim().is_empty()) {
            told.push((*step).to_owned());
            let begins = told.len();
            self.step(step.trim()).await.unwrap_or_else(|why| panic!("`{step}`: {why}"));
            told.extend(self.answer.take().map(|answer| format!("= {}", answer.trim_end())));
            told.extend(self.fake.take().into_iter().map(|sent| format!("> {}", sent.trim_end())));
            if let Some(race) = step.trim().strip_prefix("together ") {
                call_first(race, &mut told[begins..]);
            }
            if std::env::var_os("TELL").is_some() {
                println!("{told:#?}");
            }
        }
        told
    }

    async fn step(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "plan" | "contact" | "schedule" | "settings" | "source" => {
                self.setup.add(word, rest)?;
                return self.apply().await;
            }
            "chat" => {
                // The same, but a person applies it.
                let (kind, rest) = rest.split_once(' ').ok_or("chat KIND …")?;
                self.setup.add(kind, rest)?;
                return self.apply_via("chat").await;
            }
            "remove" => {
                self.setup.remove(rest)?;
                return self.apply().await;
            }
            "tries" => return self.tries(rest).await,
            "alert" => self.alert(rest).await?,
            "group" => self.group(rest).await?,
            "say" => self.say(rest, &[]).await?,
            "advance" => return self.advance(span(rest)?).await,
            "down" => {
                self.clock.advance(span(rest)?);
                return Ok(());
            }
            "clock" => self.clock.advance(signed(rest)?),
            "restart" => self.app = open(&self.store, &self.clock).await,
            "by" => self.by_hand(rest)?,
            "fault" => self.fault(rest, true)?,
            "mend" => self.fault(rest, false)?,
            "card" => {
                // Card edits settle first.
                self.advance(TimeDelta::milliseconds(300)).await?;
                return self.card_shows(rest);
            }
            "together" => return self.together(rest).await,
            person if person.starts_with('@') => self.person(line).await?,
            other => return Err(format!("no such step: {other}")),
        }
        self.settle().await
    }

    async fn apply(&mut self) -> Result<(), String> {
        self.apply_via("test").await
    }

    /// `tries remove schedule primary`, `tries schedule primary: …`: an apply that is refused, and why.
    async fn tries(&mut self, line: &str) -> Result<(), String> {
        let before = self.setup.clone();
        let (word, rest) = line.split_once(' ').ok_or("tries KIND …")?;
        match word {
            "remove" => self.setup.remove(rest)?,
            kind => self.setup.add(kind, rest)?,
        }
        let apply = self.applied("test");
        self.setup = before;
        let Err(NotApplied::Wrong(problems)) = self.app.apply(apply).await else {
            return Err("it was not refused".to_owned());
        };
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let (told, code) = oncall::masked(&problems.join(" / "));
        self.code = code.or(self.code.take());
        self.answer = Some(told);
        self.settle().await
    }

    fn applied(&self, via: &'static str) -> Apply {
        let sources = vec![Source { file: "scenario.yaml".to_owned(), text: self.setup.yaml() }];
        Apply { sources, prune: true, ..Apply::new(GUILD, None, via) }
    }

    async fn apply_via(&mut self, via: &'static str) -> Result<(), String> {
        let told = self.app.apply(self.applied(via)).await;
        told.map(drop).map_err(|why| format!("{why:?}\n{}", self.setup.yaml()))
    }

    async fn settle(&self) -> Result<(), String> {
        worker::drain(&self.app, &*self.fake).await.map(drop).map_err(|why| why.to_string())?;
        invariants::check(&self.store).await
    }

    /// Walks every deadline and every delivery that comes due on the way.
    async fn advance(&mut self, by: TimeDelta) -> Result<(), String> {
        let until = self.clock.now() + by;
        loop {
            self.settle().await?;
            let mut next = self.app.next_wake().await.map_err(|why| why.to_string())?;
            for lane in muster::app::Lane::ALL {
                let due = self.app.next_delivery(lane).await.map_err(|why| why.to_string())?;
                next = next.into_iter().chain(due).min();
            }
            let rings = self.app.next_ringing().await.map_err(|why| why.to_string())?;
            next = next.into_iter().chain(rings).min();
            match next.filter(|at| *at <= until) {
                Some(at) => self.clock.set(at.max(self.clock.now())),
                None => break,
            }
        }
        self.clock.set(until);
        self.settle().await
    }

    /// `alert firing db critical [title…]`, `alert resolved db`: a message of the source that has rules.
    async fn alert(&mut self, said: &str) -> Result<(), String> {
        let words: Vec<&str> = said.split(' ').collect();
        let content = match words[..] {
            ["firing", key] => format!("ALERT critical {key}: {key} is down"),
            ["firing", key, severity] => format!("ALERT {severity} {key}: {key} is down"),
            ["firing", key, severity, ref title @ ..] => format!("ALERT {severity} {key}: {}", title.join(" ")),
            ["resolved", key] => format!("OK {key}"),
            _ => return Err("alert firing|resolved KEY [severity] [title]".to_owned()),
        };
        self.say(&content, &[]).await
    }

    /// `group firing web-1,web-2 resolved web-3`, `group resolved`: a grouped message in Alertmanager's own format.
    async fn group(&mut self, said: &str) -> Result<(), String> {
        self.say("", &[setup::alertmanager(said)?]).await
    }

    async fn say(&mut self, content: &str, embeds: &[Embed]) -> Result<(), String> {
        self.messages += 1;
        let source = if embeds.is_empty() { SENDER } else { WebhookId(SENDER.0 + 1) };
        let message = Message {
            id: MessageId(1_450_000_000_000_000_000 + self.messages),
            channel: ALERTS,
            at: self.clock.now(),
            author: MessageAuthor::Webhook(source),
            username: None,
            content: content.to_owned(),
            embeds: embeds.to_vec(),
            custom_ids: Vec::new(),
        };
        self.app.message(GUILD, message, None).await.map(drop).map_err(|why| why.to_string())
    }

    /// `@ana ✅`, `@ana acknowledge`, `@ana /incident ack`, …
    async fn person(&mut self, line: &str) -> Result<(), String> {
        let (name, said) = line.split_once(' ').ok_or("what does the person do?")?;
        if said == "writes" {
            return self.writes(name).await;
        }
        if said == "answers the ring" {
            return self.fake.answer_ring(name.trim_start_matches('@'));
        }
        if said == "leaves" {
            return self.leaves(name).await;
        }
        let (said, elsewhere) = said.strip_prefix("elsewhere ").map_or((said, false), |said| (said, true));
        let (office, said) = said.strip_prefix("in the office ").map_or((false, said), |said| (true, said));
        let (privately, said) = said.strip_prefix("privately ").map_or((false, said), |said| (true, said));
        let mut request = self.request_of(name, self.ask(said, elsewhere)?)?;
        request.channel = request.channel.filter(|_| !privately && !elsewhere);
        if office {
            request.channel = Some(OFFICE);
        }
        let reply = self.app.handle(request).await;
        let masks = said == "saves" || said.starts_with("/oncall ");
        let told = told(&reply).map(|told| if masks { oncall::masked(&told) } else { (told, None) });
        self.code = told.as_ref().and_then(|(_, code)| code.clone()).or(self.code.take());
        self.answer = told.map(|(told, _)| told);
        if let Reply::Say(say) = reply
            && said != "saves"
        {
            self.offered = say.controls;
        }
        Ok(())
    }

    /// `together @ana acknowledge & @ben acknowledge`: at one instant, on several tasks.
    async fn together(&mut self, line: &str) -> Result<(), String> {
        let mut tasks = Vec::new();
        for part in line.split(" & ") {
            let (name, said) = part.trim().split_once(' ').ok_or("what does the person do?")?;
            let request = self.request_of(name, self.ask(said, false)?)?;
            let app = self.app.clone();
            tasks.push(tokio::spawn(async move { app.handle(request).await }));
        }
        let mut answers = Vec::new();
        for task in tasks {
            answers.extend(told(&task.await.map_err(|why| why.to_string())?));
        }
        answers.sort();
        self.answer = Some(answers.join(" | "));
        self.settle().await
    }

    async fn leaves(&self, name: &str) -> Result<(), String> {
        let user = setup::PEOPLE.iter().find(|(known, _)| name.ends_with(known)).ok_or("nobody is called that")?.1;
        self.app.gone(GUILD, user).await.map_err(|why| why.to_string())
    }

    async fn writes(&self, name: &str) -> Result<(), String> {
        let room = self.room().ok_or("there is no room")?;
        let user = setup::PEOPLE.iter().find(|(known, _)| name.ends_with(known)).ok_or("nobody is called that")?.1;
        self.app.wrote(room, user).await.map_err(|why| why.to_string())
    }

    fn request_of(&mut self, name: &str, ask: Ask) -> Result<Request, String> {
        self.requests += 1;
        let name = name.trim_start_matches('@');
        let (_, user) =
            setup::PEOPLE.iter().find(|(known, _)| *known == name).ok_or(format!("nobody is called {name}"))?;
        let roles: Vec<RoleId> = setup::roles_of(name);
        let by = Person { user: *user, name: name.to_owned(), roles, manages_guild: name == "admin" };
        let channel = self.room().or(Some(OFFICE));
        Ok(Request { guild: GUILD, by, channel, key: format!("i:{}", self.requests), ask, survey: None })
    }

    /// The newest room there is.
    fn room(&self) -> Option<ChannelId> {
        self.fake.newest(|posted| matches!(posted.outgoing, Outgoing::Card(_))).map(|card| card.channel)
    }

    /// `elsewhere`: not in a room of an incident.
    fn ask(&self, said: &str, elsewhere: bool) -> Result<Ask, String> {
        let page = || self.fake.newest(|posted| posted.post.is_some()).ok_or("there is no page");
        let which = if self.room().is_some() || elsewhere { Which::Here } else { Which::Number(1) };
        let on = |ask| Ok(Ask::On(which, ask));
        let (verb, rest) = said.split_once(": ").unwrap_or((said, ""));
        let text = (!rest.is_empty()).then(|| rest.to_owned());
        match verb {
            "✅" | "👀" => Ok(Ask::Sign { message: page()?.message, live: true }),
            "✅ earlier, on the first page" => {
                let first = self.fake.oldest(|posted| matches!(posted.outgoing, Outgoing::Page(_)));
                Ok(Ask::Sign { message: first.ok_or("there is no page")?.message, live: false })
            }
            "acknowledges" => {
                let post = page()?.post;
                Ok(Ask::On(Which::Post(post.ok_or("no post")?), incident::Ask::Ack { post, sign: false }))
            }
            "✅ in dm" => {
                let direct = |posted: &Posted| matches!(&posted.outgoing, Outgoing::Call(call) if call.direct);
                let page = self.fake.newest(direct).ok_or("there is no direct message")?;
                Ok(Ask::Sign { message: page.message, live: true })
            }
            "takes" => {
                let post = page()?.post;
                Ok(Ask::On(Which::Post(post.ok_or("no post")?), incident::Ask::Take { post }))
            }
            "takes all" => on(incident::Ask::Take { post: None }),
            "/incident ack" => on(incident::Ask::Ack { post: None, sign: false }),
            "/incident unack" | "undoes" => on(incident::Ask::Unack { ack: None }),
            "is still on it" => on(incident::Ask::StillOnIt),
            "asks to escalate" => on(incident::Ask::EscalateAsk { post: None }),
            "escalates" => on(incident::Ask::Escalate { post: None }),
            "/incident resolve" => on(incident::Ask::Resolve { message: text }),
            "undoes the resolution" => on(incident::Ask::UndoResolve),
            "mitigates" => on(incident::Ask::Mitigate { message: text }),
            "/incident cancel" => on(incident::Ask::Cancel { reason: rest.to_owned() }),
            "/incident reopen" => on(incident::Ask::Reopen { reason: text, page: false }),
            "/incident reopen and page" => on(incident::Ask::Reopen { reason: text, page: true }),
            "starts the plan" => on(incident::Ask::StartPlan),
            "/incident duplicate" => Ok(Ask::Duplicate { which, of: text.as_deref().map(numbered).transpose()? }),
            "/incident delete" => Ok(Ask::On(numbered(rest)?, incident::Ask::DeleteAsk)),
            "deletes" => Ok(Ask::Delete(numbered(rest)?)),
            "chooses" => self.chosen(rest),
            "moves them" => self.moved(),
            "opens the form" => Ok(Ask::FormNew),
            "sends the form" => Ok(Ask::NewWritten(written(rest)?)),
            "corrects it" => self.corrected(),
            "stops" => {
                let (engagement, reason) = rest.split_once(" because ").ok_or("stops: PLAN because REASON")?;
                Ok(Ask::Stop { engagement: engagement.to_owned(), reason: reason.to_owned() })
            }
            "impact" => on(incident::Ask::Edit(Edit { impact: Some(impact(rest)?), ..Edit::default() })),
            "title" => on(incident::Ask::Edit(Edit { title: text, ..Edit::default() })),
            "summary" => on(incident::Ask::Edit(Edit { summary: text, ..Edit::default() })),
            "summary from version" => {
                let (version, summary) = rest.split_once(' ').ok_or("VERSION TEXT")?;
                let version = version.parse().map_err(|_| "a number")?;
                on(incident::Ask::Edit(Edit {
                    summary: Some(summary.to_owned()),
                    summary_version: Some(version),
                    ..Edit::default()
                }))
            }
            "update" => on(incident::Ask::Edit(Edit { message: text, ..Edit::default() })),
            "next update" => on(incident::Ask::Edit(Edit {
                next_update: Some(rest.parse().map_err(|_| "a span")?),
                ..Edit::default()
            })),
            "/timeline add" => Ok(Ask::AddToTimeline { which: Which::Here, text: rest.to_owned(), at: None }),
            "/timeline show" => Ok(Ask::Timeline(Which::Here)),
            "/incident list" => Ok(Ask::List(Default::default())),
            "/incident engagements" => Ok(Ask::Engagements(Which::Here)),
            "/incident show" => Ok(Ask::Show(Which::Here)),
            oncall if oncall.starts_with("/oncall ") => {
                oncall::typed(oncall, &rest.replace("CODE", self.code.as_deref().unwrap_or("CODE")))
            }
            "saves" | "takes it back" | "puts away" => oncall::pressed(verb, &self.offered),
            "takes the shift" => self.offer(|_| true),
            "takes the first shift" => self.first_offer(),
            "/contact me" => Ok(Ask::Contact(contact::Ask::Me)),
            "/contact list" => Ok(Ask::Contact(contact::Ask::List)),
            "/contact show" => Ok(Ask::Contact(contact::Ask::Show { contact: name(rest)? })),
            "/contact test" => {
                let contact = text.map(|text| name(&text)).transpose()?;
                Ok(Ask::Contact(contact::Ask::Test { contact }))
            }
            "/contact mute" => Ok(Ask::Contact(mute(rest)?)),
            "/contact verify" => Ok(Ask::Contact(contact::Ask::Verify)),
            "opens the form for the code" => Ok(Ask::Contact(contact::Ask::FormVerify)),
            "unmutes" => Ok(Ask::Contact(contact::Ask::Unmute { channel: text })),
            "/incident new" => Ok(Ask::New(new_incident(rest)?)),
            "/page" => Ok(Ask::Page(called(rest))),
            "/page menu" => {
                let (_, user) = setup::PEOPLE.iter().find(|(known, _)| format!("@{known}") == rest).ok_or("who?")?;
                Ok(Ask::Page(page::Ask::Form { user: *user, name: rest.trim_start_matches('@').to_owned() }))
            }
            "sends the page" => {
                let (who, message) = rest.split_once(' ').unwrap_or((rest, ""));
                let (_, user) = setup::PEOPLE.iter().find(|(known, _)| format!("@{known}") == who).ok_or("who?")?;
                let message = (!message.is_empty()).then(|| message.to_owned());
                Ok(Ask::Page(page::Ask::Written { user: *user, message }))
            }
            "/ack" => Ok(Ask::Ack(text)),
            "/ack the code" => Ok(Ask::Ack(self.fake.codes().pop())),
            "/ack the first code" => Ok(Ask::Ack(self.fake.codes().first().cloned())),
            "acknowledges the call" => self.on_call(call::Ask::Ack { post: None, sign: false }),
            "takes the call" => self.on_call(call::Ask::Take),
            "takes the call back" => self.pressed_back(),
            "asks to escalate the call" => self.on_call(call::Ask::EscalateAsk),
            "escalates the call" => self.on_call(call::Ask::Escalate),
            "asks to stop the call" => self.on_call(call::Ask::StopAsk),
            "stops the call" => self.on_call(call::Ask::Stop { reason: text }),
            "/plan list" => Ok(Ask::Plan(plan::Ask::List)),
            "/plan show" => Ok(Ask::Plan(plan::Ask::Show { plan: named(rest)? })),
            "/plan preview" => Ok(Ask::Plan(preview(rest)?)),
            "/help" => Ok(Ask::Help { known: muster::discord::commands::paths() }),
            other => Err(format!("nobody can `{other}`")),
        }
    }

    /// Something about the newest call.
    fn on_call(&self, ask: call::Ask) -> Result<Ask, String> {
        let card = self.fake.newest(|posted| matches!(&posted.outgoing, Outgoing::Called(call) if call.post.is_none()));
        match card.ok_or("there is no call")?.outgoing {
            Outgoing::Called(card) => Ok(Ask::Page(page::Ask::On { call: card.call, ask })),
            _ => Err("that is no call".to_owned()),
        }
    }

    /// The button **Undo** of the latest answer.
    fn pressed_back(&self) -> Result<Ask, String> {
        let undo = self.offered.iter().find_map(|control| match control {
            Control::Button { does: Pressed::CallUndo { call, ack }, .. } => Some((*call, *ack)),
            _ => None,
        });
        let (call, ack) = undo.ok_or("there is nothing to take back")?;
        Ok(Ask::Page(page::Ask::On { call, ask: call::Ask::Unack { ack } }))
    }

    /// The answer to a question with a select.
    fn chosen(&self, label: &str) -> Result<Ask, String> {
        let asked = self.offered.iter().find_map(|control| match control {
            Control::Select { options, does, .. } => Some((options, does)),
            Control::Button { .. } | Control::Pick { .. } => None,
        });
        let (options, does) = asked.ok_or("there is nothing to choose")?;
        let option = options.iter().find(|option| option.label.starts_with(label)).ok_or("no such choice")?;
        if let Pressed::TakeFrom { asked } = does {
            return oncall::place(asked.0, &option.value);
        }
        let incident = IncidentId(option.value.parse().map_err(|_| "an incident")?);
        match does {
            Pressed::WhichIncident { asked } => Ok(Ask::Chosen { asked: asked.0, incident }),
            Pressed::DuplicateOf { incident: which } => {
                Ok(Ask::Duplicate { which: Which::Id(*which), of: Some(Which::Id(incident)) })
            }
            other => Err(format!("nobody chooses at {other}")),
        }
    }

    /// **I take it** on the newest offer for which this holds.
    fn offer(&self, wanted: impl Fn(&Posted) -> bool) -> Result<Ask, String> {
        let newest = self.fake.newest(|posted| matches!(posted.outgoing, Outgoing::Cover(_)) && wanted(posted));
        oncall::take(newest)
    }

    fn first_offer(&self) -> Result<Ask, String> {
        oncall::take(self.fake.oldest(|posted| matches!(posted.outgoing, Outgoing::Cover(_))))
    }

    /// The button of the newest notice of a hand-off.
    fn moved(&self) -> Result<Ask, String> {
        let notice = self.fake.newest(|posted| hand_over(&posted.outgoing).is_some()).ok_or("there is no notice")?;
        hand_over(&notice.outgoing).map(Ask::HandOver).ok_or_else(|| "there is no button".to_owned())
    }

    /// The button **Correct it**.
    fn corrected(&self) -> Result<Ask, String> {
        let asked = self.offered.iter().find_map(|control| match control {
            Control::Button { does: Pressed::CorrectNew { asked }, .. } => Some(asked.0),
            _ => None,
        });
        asked.map(|asked| Ask::CorrectNew { asked }).ok_or_else(|| "there is nothing to correct".to_owned())
    }

    /// `by hand 201 +@dan`, `by hand 201 -@ana`: somebody else gives or takes a role.
    fn by_hand(&self, said: &str) -> Result<(), String> {
        let (role, who) =
            said.strip_prefix("hand ").and_then(|said| said.split_once(' ')).ok_or("by hand ROLE ±@NAME")?;
        let role = RoleId(900_000_000_000_000_000 + role.parse::<u64>().map_err(|_| "a role")?);
        let holds = who.starts_with('+');
        let user = setup::PEOPLE.iter().find(|(name, _)| *name == &who[2..]).ok_or("nobody is called that")?.1;
        self.fake.by_hand(role, user, holds);
        Ok(())
    }

    fn fault(&self, said: &str, on: bool) -> Result<(), String> {
        let (what, who) = said.rsplit_once(" @").unwrap_or((said, ""));
        let user = setup::PEOPLE.iter().find(|(name, _)| *name == who).map(|(_, user)| *user);
        let put = |set: &mut std::collections::BTreeSet<UserId>| {
            let user = user.expect("a person");
            if on { set.insert(user) } else { set.remove(&user) }
        };
        self.fake.faults(|faults| match what {
            "dms closed" => drop(put(&mut faults.dms_closed)),
            "left" => drop(put(&mut faults.left)),
            "no access" => drop(put(&mut faults.no_access)),
            "limited room" => faults.limited_rooms = on,
            "limited" => drop(put(&mut faults.limited_dms)),
            "no channel" => faults.no_channel = on,
            "no thread" => faults.no_thread = on,
            "no card" => faults.no_card = on,
            "no roles" => faults.no_roles = on,
            "discord down" => faults.down = on,
            "phone dead" => faults.phone_dead = on,
            "phone refused" => faults.phone_refused = on,
            "lost answer" => faults.lost_answers = u32::from(on),
            other => panic!("no such fault: {other}"),
        });
        Ok(())
    }

    fn card_shows(&self, wanted: &str) -> Result<(), String> {
        let card = self.fake.card().ok_or("there is no card")?;
        let shown = format!("{card:?}");
        if shown.contains(wanted) { Ok(()) } else { Err(format!("the card shows no {wanted}: {shown}")) }
    }
}

async fn open(store: &Store, clock: &Arc<TestClock>) -> App {
    let clock: Arc<dyn Clock> = clock.clone();
    let app = App::open(store.clone(), clock, Box::new(StdRng::seed_from_u64(7)), Arc::new(|_| true))
        .await
        .expect("the application opens");
    app.carry_mail();
    app
}
