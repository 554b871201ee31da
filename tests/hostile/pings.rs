//! The whole way of words that others wrote: an alert becomes an incident, people write titles, summaries, updates, reasons; what is
//! drawn of it goes to the playground, which takes or refuses it and finds mentions as Discord does. Whatever the words are, those
//! are pinged who are asked, and each message is built as it is with plain words.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use muster::app::courier::{Address, Courier, Delivery, Miss, Outgoing, Receipt, What};
use muster::app::request::{Ask, Request, Which};
use muster::app::view::Calls;
use muster::app::{App, Apply};
use muster::clock::{Clock, TestClock};
use muster::definitions::Source;
use muster::discord::draw::{self, Scene, room_name};
use muster::domain::alert::{Embed, Field, Message, MessageAuthor};
use muster::domain::id::{ChannelId, GuildId, MessageId, Timestamp, UserId, WebhookId};
use muster::domain::incident::{self, Edit};
use muster::domain::permission::Person;
use muster::worker;
use muster_playground::{Id, Playground, World};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::bench::{ANA, BEN, GUILD, MONITOR};
use crate::{databases, shape};

pub const ALERTS: Id = 900_000_000_000_000_031;
const ROLE: Id = 900_000_000_000_000_020;

/// Ana, then Ben, then the role; their names are no better than the alerts.
pub const TEAM: &str = r##"
kind: settings
name: guild
spec: {announce: ["900000000000000030"], fallback: {role: "900000000000000020"}}
---
kind: contact
name: ana
spec: {display_name: NAME, discord_user: "900000000000000010", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: contact
name: ben
spec: {display_name: NAME, discord_user: "900000000000000011", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: escalation_plan
name: db
spec: {stages: [{duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ben}]}]}
---
kind: response_plan
name: db
spec: {incident: {title: "{{ alert.title }}", impact: 2}, engagements: [{escalation_plan: db}], channel: {mode: channel, private: false}}
---
kind: alert_source
name: monitor
spec:
  channel: "900000000000000031"
  author: {webhook: "900000000000000040"}
  response_plan: db
  rules: [{state: firing, content: '(?s)^ALERT (?P<key>\w+) (?P<title>.*)$'}]
"##;

/// Pieces of attacks. Cleo (…12) and Olga (…19) are there, and nobody asks them anything.
fn fragment() -> impl Strategy<Value = String> {
    let fixed = proptest::sample::select(vec![
        "<@900000000000000012>",
        "<@!900000000000000019>",
        "<@&900000000000000020>",
        "<@900000000000000010>",
        "@everyone",
        "@here",
        "<#900000000000000030>",
        "<t:0:R>",
        "</ack:1>",
        "<:x:1>",
        "<a:x:1>",
        "<id:home>",
        "[ok](https://evil.example)",
        "[x](<https://evil.example>)",
        "https://run.example/a_b*c",
        "http://a@evil.example",
        "`",
        "```",
        "```sh\n",
        "**",
        "***",
        "__",
        "~~",
        "||",
        "\\",
        "\\\\",
        "[",
        "](",
        "\n",
        "\r\n",
        "\n# ",
        "\n-# ",
        "\n> ",
        "\n>>> ",
        "\n- ",
        "\n1. ",
        "# ",
        ">>> ",
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{feff}",
        "\u{0}",
        "\u{1b}[31m",
        "\u{fffd}",
        "🔥",
        "👩‍👩‍👧",
        "e\u{301}",
        " ",
        "word",
        "InstanceDown",
        "INC-42 is resolved",
        "{{ env.DISCORD_TOKEN }}",
        "<",
        "@",
        "&",
        ">",
    ]);
    prop_oneof![5 => fixed.prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

/// Words somebody wrote; they end in a letter, so that something is left of them.
fn hostile() -> impl Strategy<Value = String> {
    let some = proptest::collection::vec(fragment(), 1..10).prop_map(|parts| parts.concat());
    let giant = (fragment(), 100usize..3_000).prop_map(|(part, times)| part.repeat(times));
    prop_oneof![6 => some, 1 => giant].prop_map(|text| format!("{text}z"))
}

/// At most so many characters, the end kept.
fn fitting(text: &str, max: usize) -> String {
    let mut short: String = text.chars().take(max - 1).collect();
    short.push('z');
    short
}

/// A message as it went out: what it was, and the shape of each of its texts.
#[derive(Debug, Clone)]
struct Shaped {
    kind: &'static str,
    shapes: Vec<Vec<String>>,
}

/// Draws as the bot does and posts to the playground, without waiting for anything: what Discord refuses fails the test.
struct Posting {
    discord: Playground,
    http: reqwest::Client,
    shaped: Mutex<Vec<Shaped>>,
    rooms: Mutex<Vec<Id>>,
    clock: Arc<TestClock>,
}

#[async_trait::async_trait]
impl Courier for Posting {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        match delivery.what {
            What::OpenRoom(plan) => {
                let body = json!({ "name": room_name(plan.number, &plan.title), "type": 0, "topic": plan.marker });
                let made = self.call(reqwest::Method::POST, format!("guilds/{GUILD}/channels"), &body).await;
                let channel = id(&made["id"]);
                self.rooms.lock().unwrap().push(channel);
                Ok(Receipt::Room { channel: ChannelId(channel) })
            }
            What::Send { to: Address::Channel(channel), message, .. } => {
                let said = self.post(reqwest::Method::POST, format!("channels/{channel}/messages"), &message).await;
                only_the_asked(&message, &said);
                Ok(Receipt::Message { channel, message: MessageId(id(&said["id"])), failed: Vec::new() })
            }
            What::Edit { channel, message_id, message } => {
                let path = format!("channels/{channel}/messages/{message_id}");
                let said = self.post(reqwest::Method::PATCH, path, &message).await;
                only_the_asked(&message, &said);
                Ok(Receipt::Done)
            }
            _ => Ok(Receipt::Done),
        }
    }
}

impl Posting {
    async fn post(&self, method: reqwest::Method, path: String, message: &Outgoing) -> Value {
        let mut body = draw::message(message, Scene { guild: GuildId(GUILD), now: self.clock.now() }).body;
        let shapes = texts(&body).iter().map(|text| shape::of(text)).collect();
        self.shaped.lock().unwrap().push(Shaped { kind: kind(message), shapes });
        if method == reqwest::Method::PATCH {
            body["flags"] = json!(body["flags"].as_u64().unwrap_or(0) & 4);
        }
        self.call(method, path, &body).await
    }

    async fn call(&self, method: reqwest::Method, path: String, body: &Value) -> Value {
        let url = format!("{}/api/v10/{path}", self.discord.url());
        let request = self.http.request(method, url).header("authorization", format!("Bot {}", self.discord.token()));
        let answer = request.json(body).send().await.unwrap();
        let status = answer.status();
        let said: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "Discord refuses it: {said}\n{body:#}");
        said
    }
}

fn id(value: &Value) -> Id {
    value.as_str().and_then(|id| id.parse().ok()).unwrap()
}

fn kind(message: &Outgoing) -> &'static str {
    match message {
        Outgoing::Card(_) => "card",
        Outgoing::Page(_) => "page",
        Outgoing::Fallback(_) => "fallback",
        Outgoing::Call(_) => "call",
        Outgoing::Cover(_) => "cover",
        Outgoing::Called(_) => "called",
        Outgoing::Line { .. } => "line",
    }
}

/// Every text of a body in which Discord reads markdown.
fn texts(body: &Value) -> Vec<String> {
    let mut all = vec![body["content"].as_str().unwrap_or_default().to_owned()];
    for embed in body["embeds"].as_array().into_iter().flatten() {
        let fields = embed["fields"].as_array().into_iter().flatten();
        let fields = fields.flat_map(|field| [field["name"].clone(), field["value"].clone()]);
        let of_embed = [embed["title"].clone(), embed["description"].clone()].into_iter().chain(fields);
        all.extend(of_embed.filter_map(|text| text.as_str().map(str::to_owned)));
    }
    all
}

/// What the playground took for mentions are those whom the message asks; embeds and buttons mention nobody.
fn only_the_asked(message: &Outgoing, said: &Value) {
    let (mut users, mut roles): (Vec<Id>, Vec<Id>) = match message {
        Outgoing::Page(page) if page.closed.is_none() => {
            (page.people.iter().filter(|person| person.open).map(|person| person.user.0).collect(), Vec::new())
        }
        Outgoing::Fallback(call) if call.closed.is_none() => match &call.calls {
            Calls::Roles(roles) => (Vec::new(), roles.iter().map(|role| role.0).collect()),
            Calls::Person(user) => (vec![user.0], Vec::new()),
            Calls::Owner => (Vec::new(), Vec::new()),
        },
        Outgoing::Cover(cover) => (cover.pings.iter().map(|user| user.0).collect(), Vec::new()),
        _ => (Vec::new(), Vec::new()),
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut mentions: Vec<Id> = list(&said["mentions"]).iter().map(|user| id(&user["id"])).collect();
    let mut mention_roles: Vec<Id> = list(&said["mention_roles"]).iter().map(id).collect();
    [&mut users, &mut roles, &mut mentions, &mut mention_roles].into_iter().for_each(|list| list.sort_unstable());
    assert_eq!((mentions, mention_roles), (users, roles), "{said:#}");
    assert_eq!(said["mention_everyone"], false, "{said:#}");
}

/// The words of one story.
#[derive(Debug, Clone)]
struct Words {
    alert: String,
    title: String,
    summary: String,
    update: String,
    event: String,
    end: String,
    field: String,
}

fn words() -> impl Strategy<Value = Words> {
    (hostile(), hostile(), hostile(), hostile(), hostile(), hostile(), hostile()).prop_map(
        |(alert, title, summary, update, event, end, field)| Words { alert, title, summary, update, event, end, field },
    )
}

fn plain() -> Words {
    let word = |word: &str| format!("{word}z");
    let [alert, title, summary, update, event, end, field] =
        ["alert", "title", "summary", "update", "event", "end", "field"].map(word);
    Words { alert, title, summary, update, event, end, field }
}

struct Server {
    app: App,
    clock: Arc<TestClock>,
    courier: Posting,
    stories: u64,
}

impl Server {
    async fn new(database: &databases::TestStore) -> Server {
        let start: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let clock = Arc::new(TestClock::at(start));
        let shared: Arc<dyn Clock> = clock.clone();
        let rng = Box::new(StdRng::seed_from_u64(7));
        let app = App::open(database.store.clone(), shared, rng, Arc::new(|_| true)).await.unwrap();
        let (shaped, rooms) = Default::default();
        let discord = Playground::start(World::sample()).await.unwrap();
        let courier = Posting { discord, http: reqwest::Client::new(), shaped, rooms, clock: clock.clone() };
        Server { app, clock, courier, stories: 0 }
    }

    async fn named(&self, name: &str) {
        let text = TEAM.replace("NAME", &json!(name).to_string());
        let sources = vec![Source { file: "team.yaml".to_owned(), text }];
        self.app.apply(Apply { sources, ..Apply::new(GuildId(GUILD), None, "test") }).await.unwrap();
    }

    async fn drain(&self) {
        worker::drain(&self.app, &self.courier).await.unwrap();
    }

    async fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.drain().await;
    }

    async fn ask(&mut self, name: &str, room: Id, ask: Ask) {
        self.stories += 1;
        let by = Person { user: UserId(ANA), name: name.to_owned(), roles: Vec::new(), manages_guild: false };
        let key = format!("i:{}", self.stories);
        let channel = Some(ChannelId(room));
        self.app.handle(Request { guild: GuildId(GUILD), by, channel, key, ask, survey: None }).await;
        self.drain().await;
    }

    /// From the alert to the end of the incident; returns what went out.
    async fn story(&mut self, words: &Words) -> Vec<Shaped> {
        self.stories += 1;
        let content = format!("ALERT key{} {}", self.stories, fitting(&words.alert, 3_900));
        let field = Field { name: fitting(&words.field, 256), value: fitting(&words.field, 1_024) };
        let embed = Embed { title: Some(fitting(&words.alert, 256)), fields: vec![field; 25], ..Embed::default() };
        let message = Message {
            id: MessageId(1_450_000_000_000_000_000 + self.stories),
            channel: ChannelId(ALERTS),
            at: self.clock.now(),
            author: MessageAuthor::Webhook(WebhookId(MONITOR)),
            username: Some(words.field.clone()),
            content,
            embeds: vec![embed],
            custom_ids: Vec::new(),
        };
        self.app.message(GuildId(GUILD), message, None).await.unwrap();
        self.drain().await;
        let room = self.courier.rooms.lock().unwrap().pop().unwrap();
        let edit = |edit: Edit| Ask::On(Which::Here, incident::Ask::Edit(edit));
        let (title, summary) = (fitting(&words.title, 200), fitting(&words.summary, 8_000));
        let name = fitting(&words.field, 80);
        self.ask(&name, room, edit(Edit { title: Some(title), ..Edit::default() })).await;
        self.ask(&name, room, edit(Edit { summary: Some(summary), ..Edit::default() })).await;
        self.ask(&name, room, edit(Edit { message: Some(fitting(&words.update, 1_000)), ..Edit::default() })).await;
        let text = fitting(&words.event, 1_000);
        self.ask(&name, room, Ask::AddToTimeline { which: Which::Here, text, at: None }).await;
        self.later(TimeDelta::minutes(5)).await;
        self.later(TimeDelta::minutes(5)).await;
        let message = Some(fitting(&words.end, 300));
        self.ask(&name, room, Ask::On(Which::Here, incident::Ask::Resolve { message })).await;
        self.later(TimeDelta::seconds(1)).await;
        // Discord keeps 500 channels at most.
        self.courier.discord.delete_channel(room).await.unwrap();
        std::mem::take(&mut self.courier.shaped.lock().unwrap())
    }
}

#[tokio::test]
async fn whatever_is_written_those_are_pinged_who_are_asked_and_nothing_breaks_out() {
    let database = databases::sqlite().await;
    let mut server = Server::new(&database).await;
    server.named("wordz").await;
    let built = server.story(&plain()).await;
    assert!(
        built.iter().filter(|one| one.kind == "page").count() >= 2 && built.iter().any(|one| one.kind == "fallback")
    );
    let mut runner = TestRunner::deterministic();
    // Seven texts a story, each drawn in two places or more.
    for n in 0..crate::cases() / 14 {
        let words = words().new_tree(&mut runner).unwrap().current();
        if n % 8 == 0 {
            let name: String = words.field.chars().filter(|c| !c.is_control()).take(40).collect();
            server.named(&format!("z{name}z")).await;
        }
        let told = server.story(&words).await;
        let kinds = |all: &[Shaped]| all.iter().map(|one| one.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&told), kinds(&built), "{words:#?}");
        for (one, plain) in told.iter().zip(&built) {
            assert_eq!(one.shapes.len(), plain.shapes.len(), "{words:#?}");
            for (is, would_be) in one.shapes.iter().zip(&plain.shapes) {
                assert!(shape::within(is, would_be), "{}: {is:?} is not within {would_be:?}\n{words:#?}", one.kind);
            }
        }
    }
    let pinged: std::collections::BTreeSet<Id> = server.courier.discord.pings().iter().map(|ping| ping.user).collect();
    assert_eq!(pinged, [ANA, BEN].into());
    let of_role = server.courier.discord.guild(GUILD).unwrap().members;
    assert!(
        of_role.values().filter(|member| member.roles.contains(&ROLE)).all(|member| pinged.contains(&member.user.id))
    );
}
