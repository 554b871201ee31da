//! Who may do what, through every way there is: each command, each button, select and form, the reaction, from a direct message and
//! from another server. One row a verb; a verb without a row fails.

use std::collections::BTreeSet;

use muster::app::Apply;
use muster::app::courier::Outgoing;
use muster::app::press::{self, Pressed};
use muster::app::reply::{Chosen, Picked, Reply};
use muster::app::request::{Ask, Request};
use muster::definitions::Source;
use muster::discord::commands;
use muster::discord::parse::{self, Press};
use muster::domain::id::{CallId, ChannelId, GuildId, IncidentId, PostId, RoleId, ScheduleId, UserId};
use muster::domain::permission::{self, Act, Part, Person};
use muster::domain::reference::Ref;
use muster::domain::refusal::Refusal;
use muster::domain::settings::Settings;
use muster::store::oncall::{self, OncallRow};
use muster::store::{StoreError, incident};
use muster::words;
use serde_json::{Value, json};

use crate::contents::Contents;
use crate::databases::{self, TestStore};
use crate::fake;
use crate::scenario::{GUILD, Stage};

const ELSEWHERE: GuildId = GuildId(500_000_000_000_000_009);
const OBSERVER: RoleId = RoleId(900_000_000_000_000_111);
const RESPONDER: RoleId = RoleId(900_000_000_000_000_101);
const MANAGER: RoleId = RoleId(900_000_000_000_000_112);
const ADMIN: RoleId = RoleId(900_000_000_000_000_113);

const SCHEDULE: ScheduleId = ScheduleId(77);

const SETTINGS: &str = r#"
kind: settings
name: guild
spec:
  announce: ["900000000000000020"]
  roles: {observer: ["900000000000000111"], responder: ["900000000000000101"], manager: ["900000000000000112"], admin: ["900000000000000113"]}
  fallback: {role: "900000000000000102"}
"#;

/// Who may.
#[derive(Debug, Clone, Copy)]
enum Who {
    Anybody,
    /// It is about what is one's own: who has nothing there changes nothing.
    OneOnesOwn,
    May(Act),
}
use Who::{Anybody, May, OneOnesOwn};

/// Every command, what is typed with it, and who may.
fn typed() -> Vec<(&'static str, Value, Who)> {
    let inc = json!({"incident": "INC-1"});
    vec![
        ("ack", json!({}), OneOnesOwn),
        ("config apply", json!({"file": 7}), May(Act::Configure)),
        ("config delete", json!({"kind": "contact", "name": "ana"}), May(Act::Configure)),
        ("config edit", json!({"kind": "contact", "name": "ana"}), May(Act::Configure)),
        ("config export", json!({}), May(Act::Configure)),
        ("config history", json!({"kind": "contact", "name": "ana"}), May(Act::Configure)),
        ("config new", json!({"kind": "contact"}), May(Act::Configure)),
        ("config rollback", json!({"kind": "contact", "name": "ana", "version": "1"}), May(Act::Configure)),
        ("contact list", json!({}), May(Act::SeeSetup)),
        ("contact me", json!({}), OneOnesOwn),
        ("contact mute", json!({"channel": "dm"}), OneOnesOwn),
        ("contact show", json!({"contact": "ana"}), May(Act::SeeSetup)),
        ("contact test", json!({"contact": "ana"}), May(Act::TestOthers)),
        ("contact verify", json!({}), OneOnesOwn),
        ("doctor", json!({}), May(Act::Examine)),
        ("help", json!({}), Anybody),
        ("incident ack", inc.clone(), May(Act::Take)),
        ("incident cancel", json!({"reason": "No.", "incident": "INC-1"}), May(Act::Resolve)),
        ("incident delete", json!({"incident": "INC-2"}), May(Act::Delete)),
        ("incident duplicate", json!({"of": "INC-3", "incident": "INC-1"}), May(Act::Resolve)),
        ("incident engagements", inc.clone(), May(Act::See)),
        ("incident escalate", inc.clone(), May(Act::Escalate)),
        ("incident impact", json!({"level": 1, "incident": "INC-1"}), May(Act::Edit)),
        ("incident list", json!({}), May(Act::See)),
        ("incident mitigate", inc.clone(), May(Act::Resolve)),
        ("incident new", json!({"title": "Mine"}), May(Act::Declare)),
        ("incident reopen", json!({"incident": "INC-2"}), May(Act::Resolve)),
        ("incident resolve", json!({"message": "Done.", "incident": "INC-1"}), May(Act::Resolve)),
        ("incident show", inc.clone(), May(Act::See)),
        ("incident stop", json!({"engagement": "db", "reason": "No."}), May(Act::Stop)),
        ("incident unack", inc.clone(), OneOnesOwn),
        ("incident update", json!({"title": "Mine", "incident": "INC-1"}), May(Act::Edit)),
        ("oncall calendar", json!({}), May(Act::SeeSetup)),
        ("oncall cancel", json!({"override": "zzzzz"}), May(Act::Override)),
        ("oncall cover", json!({"from": "now", "to": "2h"}), OneOnesOwn),
        ("oncall gaps", json!({}), May(Act::SeeSetup)),
        ("oncall ical", json!({}), May(Act::SeeSetup)),
        ("oncall mine", json!({}), OneOnesOwn),
        (
            "oncall override",
            json!({"schedule": "primary", "from": "now", "to": "2h", "members": "ben"}),
            May(Act::Override),
        ),
        ("oncall overrides", json!({}), May(Act::SeeSetup)),
        ("oncall preview", json!({"schedule": "primary"}), May(Act::SeeSetup)),
        ("oncall show", json!({"schedule": "primary"}), May(Act::SeeSetup)),
        ("oncall take", json!({"schedule": "primary"}), OneOnesOwn),
        ("oncall who", json!({}), May(Act::SeeSetup)),
        ("page", json!({"who": "ana", "incident": "INC-3"}), May(Act::Page)),
        ("plan list", json!({}), May(Act::SeeSetup)),
        ("plan preview", json!({"plan": "db"}), May(Act::SeeSetup)),
        ("plan show", json!({"plan": "db"}), May(Act::SeeSetup)),
        ("setup", json!({}), May(Act::Configure)),
        ("timeline add", json!({"text": "Mine", "incident": "INC-1"}), May(Act::Edit)),
        ("timeline show", inc, May(Act::See)),
    ]
}

/// Every verb of a custom id, with the numbers behind it (`I` an open incident, `O` one that is over, `P` a page, `C` a call, `U` a person,
/// `S` a hand-off), what is
/// chosen or written with it, and who may.
fn pressed() -> Vec<(&'static str, &'static str, Sent, Who)> {
    let people = || {
        Sent::Picked(Picked::People(vec![Chosen {
            user: UserId(200_000_000_000_000_007),
            name: "Rob".to_owned(),
            bot: false,
        }]))
    };
    let value = |value: &str| Sent::Picked(Picked::Values(vec![value.to_owned()]));
    let roles = Sent::Picked(Picked::Roles(vec![RoleId(900_000_000_000_000_999)]));
    let places = Sent::Picked(Picked::Channels(vec![ChannelId(900_000_000_000_000_031)]));
    let form = |id: &str, text: &str| Sent::Form(vec![(id.to_owned(), text.to_owned())]);
    let button = || Sent::Picked(Picked::Values(Vec::new()));
    vec![
        ("ack", "P", button(), May(Act::Take)),
        ("escalate", "P", button(), May(Act::Escalate)),
        ("escalate-yes", "I:P", button(), May(Act::Escalate)),
        ("take", "P", button(), May(Act::Take)),
        ("take-all", "I", button(), May(Act::Take)),
        ("undo-ack", "I:5", button(), OneOnesOwn),
        ("still-on-it", "I", button(), May(Act::See)),
        ("dismiss", "", button(), Anybody),
        ("card-ack", "I", button(), May(Act::Take)),
        ("card-update", "I", button(), May(Act::Edit)),
        ("card-resolve", "I", button(), May(Act::Resolve)),
        ("card-more", "I", value("mitigate"), May(Act::Resolve)),
        ("impact", "I", value("1"), May(Act::Edit)),
        ("which", "9", value("I"), OneOnesOwn),
        ("form-new", "", form("title", "Mine"), May(Act::Declare)),
        ("form-update", "I:0", form("title", "Mine"), May(Act::Edit)),
        ("form-resolve", "I", form("message", "Done."), May(Act::Resolve)),
        ("correct-new", "9", button(), OneOnesOwn),
        ("form-cancel", "I", form("reason", "No."), May(Act::Resolve)),
        ("duplicate-of", "I", value("O"), May(Act::Resolve)),
        ("card-reopen", "O", button(), May(Act::Resolve)),
        ("start-plan", "I", button(), May(Act::Escalate)),
        ("delete-yes", "O", button(), May(Act::Delete)),
        ("undo-resolve", "O", button(), May(Act::Resolve)),
        ("call-ack", "C", button(), May(Act::Take)),
        ("call-take", "C", button(), May(Act::Take)),
        ("call-undo", "C:5", button(), OneOnesOwn),
        ("call-escalate", "C", button(), May(Act::Escalate)),
        ("call-escalate-yes", "C", button(), May(Act::Escalate)),
        ("call-stop", "C", button(), May(Act::Stop)),
        ("form-call-stop", "C", form("reason", "No."), May(Act::Stop)),
        ("form-page", "U", form("message", "Mine"), May(Act::Page)),
        ("contact-verify", "G", button(), OneOnesOwn),
        ("form-code", "G", form("code", "12"), OneOnesOwn),
        ("setup-at", "1", button(), May(Act::Configure)),
        ("setup-past", "1", button(), May(Act::Configure)),
        ("setup-change", "", value("1"), May(Act::Configure)),
        ("setup-roles", "2", roles, May(Act::Configure)),
        ("setup-places", "5", places, May(Act::Configure)),
        ("setup-zone", "", value("Europe/Berlin"), May(Act::Configure)),
        ("setup-zone-other", "", button(), May(Act::Configure)),
        ("setup-zone-typed", "", form("zone", "Europe/Berlin"), May(Act::Configure)),
        ("setup-people", "", people(), May(Act::Configure)),
        ("setup-test", "", button(), May(Act::Configure)),
        ("setup-day", "9", value("1"), May(Act::Configure)),
        ("setup-hour", "1", value("9"), May(Act::Configure)),
        ("setup-turns-all", "1:9", button(), May(Act::Configure)),
        ("setup-turns", "1:9", people(), May(Act::Configure)),
        ("setup-plan", "", button(), May(Act::Configure)),
        ("setup-default", "", value("db"), May(Act::Configure)),
        ("setup-drill", "", button(), May(Act::Configure)),
        ("contact-test", "G", button(), OneOnesOwn),
        ("contact-mute", "G", value("mute:dm"), OneOnesOwn),
        ("contact-unmute", "G", button(), OneOnesOwn),
        ("form-definition", "0", form("definition", "kind: settings\nname: guild\nspec: {}"), May(Act::Configure)),
        ("definition-yes", "9", button(), May(Act::Configure)),
        ("definition-form", "9", button(), May(Act::Configure)),
        ("oncall-save", "9", button(), OneOnesOwn),
        ("oncall-place", "9", value("ana"), OneOnesOwn),
        ("cover-take", "9", button(), OneOnesOwn),
        ("cover-back", "9", button(), OneOnesOwn),
        ("hand-over", "S", button(), May(Act::Edit)),
    ]
}

/// A schedule whose shift has ended: Ana's, who leads INC-3, and Ben comes.
async fn handed_off(database: &TestStore) {
    let moves = json!([{ "from": "ana", "to": "ben" }]);
    let relay = json!({ "at": "2026-01-05T08:00:00Z", "before": ["ana"], "moves": moves });
    let state = json!({ "relay": relay }).to_string();
    let row = OncallRow { id: SCHEDULE, guild_id: GUILD, schedule: "primary".to_owned(), state };
    let written = database.store.write(move |tx| {
        Box::pin(async move {
            if let Some(known) = oncall::load_named(tx, GUILD, "primary").await? {
                oncall::delete(tx, known.id).await?;
            }
            oncall::insert(tx, &row).await
        })
    });
    written.await.unwrap_or_else(|why: StoreError| panic!("{why}"));
}

/// What comes with a press.
#[derive(Debug, Clone)]
enum Sent {
    Picked(Picked),
    Form(Vec<(String, String)>),
}

/// The server, with one incident that pages Ana, one that is over, and one that goes on.
pub struct World {
    pub stage: Stage,
    pub database: TestStore,
    pub open: IncidentId,
    pub over: IncidentId,
    pub page: PostId,
    pub call: CallId,
    pub room: ChannelId,
    next: u64,
}

impl World {
    pub async fn new() -> World {
        let database = databases::sqlite().await;
        let mut stage = Stage::open(database.store.clone(), "2026-01-05T10:00:00Z").await;
        let before = ["schedule primary: @ana", "plan db: stage 5m @ana · stage 5m @ben", "alert firing db critical"];
        stage.play(&before).await;
        let page = page(stage.fake());
        stage.play(&["@kim in the office /page: eve"]).await;
        let call = call(stage.fake());
        let after = [
            "alert firing web critical",
            "@ana ✅",
            "@ana /incident resolve: Done.",
            "alert firing queue critical",
            "@ana ✅",
        ];
        stage.play(&after).await;
        handed_off(&database).await;
        let sources = vec![Source { file: "settings.yaml".to_owned(), text: SETTINGS.to_owned() }];
        stage.app().apply(Apply { sources, ..Apply::new(GUILD, None, "test") }).await.unwrap();
        let (open, over) = (numbered(&database, 1).await, numbered(&database, 2).await);
        let room = stage.fake().oldest(|posted| matches!(posted.outgoing, Outgoing::Card(_))).unwrap().channel;
        World { stage, database, open, over, page, call, room, next: 0 }
    }

    /// One request, from here or from another server, in a room or in a direct message.
    pub async fn ask(&mut self, by: &Person, guild: GuildId, channel: Option<ChannelId>, ask: Ask) -> Reply {
        self.next += 1;
        let request = Request { guild, by: by.clone(), channel, key: format!("i:h{}", self.next), ask, survey: None };
        self.stage.app().handle(request).await
    }

    pub async fn contents(&self) -> Contents {
        Contents::of(&self.database.url).await
    }

    /// With the real numbers in place of `I`, `O`, `P`, `G`, `C` and `U`.
    pub fn filled(&self, parts: &str) -> String {
        parts
            .replace('I', &self.open.to_string())
            .replace('O', &self.over.to_string())
            .replace('P', &self.page.to_string())
            .replace('G', &GUILD.to_string())
            .replace('C', &self.call.to_string())
            .replace('U', "200000000000000001")
            .replace('S', &format!("{SCHEDULE}:1767600000000000:0"))
    }

    /// What the row asks: `None` where a press asks nothing.
    fn pressed(&self, verb: &str, parts: &str, sent: &Sent) -> Option<Ask> {
        let parts = self.filled(parts);
        let id = if parts.is_empty() { format!("v1:{verb}") } else { format!("v1:{verb}:{parts}") };
        let pressed = press::parse(&id).unwrap_or_else(|why| panic!("{id}: {why}"));
        match sent {
            Sent::Form(values) => Some(parse::form(pressed, values).unwrap_or_else(|why| panic!("{id}: {why:?}"))),
            Sent::Picked(Picked::Values(values)) => {
                let picked = Picked::Values(values.iter().map(|value| self.value(value)).collect());
                asked(parse::press(pressed, &picked).unwrap_or_else(|why| panic!("{id}: {why:?}")))
            }
            Sent::Picked(picked) => asked(parse::press(pressed, picked).unwrap_or_else(|why| panic!("{id}: {why:?}"))),
        }
    }

    fn value(&self, value: &str) -> String {
        if ["I", "O"].contains(&value) { self.filled(value) } else { value.to_owned() }
    }

    /// Every row, as who may and what is asked.
    fn rows(&self) -> Vec<(String, Who, Ask)> {
        let slash = typed().into_iter().map(|(path, options, who)| (format!("/{path}"), who, read(path, &options)));
        let press = pressed().into_iter().filter_map(|(verb, parts, sent, who)| {
            Some((format!("v1:{verb}"), who, self.pressed(verb, parts, &sent)?))
        });
        slash.chain(press).collect()
    }
}

fn asked(press: Press) -> Option<Ask> {
    match press {
        Press::Ask(ask) => Some(ask),
        Press::Dismiss => None,
    }
}

fn page(fake: &fake::Fake) -> PostId {
    fake.newest(|posted| posted.post.is_some()).and_then(|posted| posted.post).unwrap()
}

fn call(fake: &fake::Fake) -> CallId {
    let card = fake.newest(|posted| matches!(&posted.outgoing, Outgoing::Called(call) if call.post.is_none()));
    match card.unwrap().outgoing {
        Outgoing::Called(card) => card.call,
        other => panic!("{other:?}"),
    }
}

async fn numbered(database: &TestStore, number: i64) -> IncidentId {
    let found = database.store.read(move |conn| {
        Box::pin(async move { Ok::<_, StoreError>(incident::by_number(conn, GUILD, number).await?.map(|row| row.id)) })
    });
    found.await.unwrap().unwrap()
}

/// A command as Discord sends it.
fn read(path: &str, options: &Value) -> Ask {
    let words: Vec<&str> = path.split(' ').collect();
    let kind = |value: &Value| if value.is_number() { 4 } else { 3 };
    let given = options.as_object().into_iter().flatten();
    let mut inner: Vec<Value> = given
        .map(|(name, value)| match name.as_str() {
            "file" => json!({ "name": name, "type": 11,
                "value": { "id": "7", "filename": "team.yaml", "url": "https://cdn.discordapp.com/7", "size": 9 } }),
            _ => json!({ "name": name, "type": kind(value), "value": value }),
        })
        .collect();
    if let Some(word) = words.get(1) {
        inner = vec![json!({ "name": word, "type": 1, "options": inner })];
    }
    parse::command(words[0], &inner).unwrap_or_else(|why| panic!("/{path}: {why}"))
}

pub fn person(user: u64, name: &str, roles: &[RoleId]) -> Person {
    let user = UserId(200_000_000_000_000_000 + user);
    Person { user, name: name.to_owned(), roles: roles.to_vec(), manages_guild: false }
}

/// Nobody special, and one on every rung.
fn ladder() -> [Person; 5] {
    [
        person(7, "rob", &[]),
        person(21, "olly", &[OBSERVER]),
        person(22, "resi", &[RESPONDER]),
        person(23, "mina", &[MANAGER]),
        person(24, "adam", &[ADMIN]),
    ]
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    let one = |role| vec![Ref::Id(role)];
    settings.roles.observer = one(OBSERVER);
    settings.roles.responder = one(RESPONDER);
    settings.roles.manager = one(MANAGER);
    settings.roles.admin = one(ADMIN);
    settings
}

fn said(reply: &Reply) -> String {
    match reply {
        Reply::Say(say) | Reply::Replace(say) | Reply::File(say, _) => say.text.plain(),
        Reply::Form(form) => format!("form {}", form.title),
        Reply::Nothing => String::new(),
    }
}

/// What the person is told who may not; `None`: they may.
fn refused(act: Act, by: &Person) -> Option<String> {
    let no = permission::check(act, by, Part::default(), &settings()).err()?;
    Some(words::refusal(&Refusal::NotAllowed(no)).plain())
}

#[test]
fn every_command_and_every_verb_has_its_row() {
    let known: BTreeSet<String> = commands::paths().into_iter().collect();
    let rows: BTreeSet<String> = typed().iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(rows, known);
    let known: BTreeSet<&str> = Pressed::VERBS.iter().copied().collect();
    let rows: BTreeSet<&str> = pressed().iter().map(|(verb, ..)| *verb).collect();
    assert_eq!(rows, known);
}

#[tokio::test]
async fn who_may_not_is_told_who_could_and_changes_nothing() {
    let mut world = World::new().await;
    let mut contents = world.contents().await;
    for by in ladder() {
        for (what, who, ask) in world.rows() {
            let expected = match who {
                May(act) => refused(act, &by),
                _ => None,
            };
            let Some(expected) = expected else { continue };
            // In its room and in a direct message: it is the same person. A stop is typed in the room.
            let direct = !matches!(ask, Ask::Stop { .. });
            for channel in [Some(world.room), None].into_iter().filter(|channel| direct || channel.is_some()) {
                let reply = world.ask(&by, GUILD, channel, ask.clone()).await;
                assert_eq!(said(&reply), expected, "{} {what}", by.name);
                assert_eq!(contents.changed().await, Vec::<String>::new(), "{} {what}", by.name);
            }
        }
    }
}

#[tokio::test]
async fn who_has_nothing_of_their_own_there_changes_nothing() {
    let mut world = World::new().await;
    let mut contents = world.contents().await;
    let rob = person(7, "rob", &[]);
    for (what, who, ask) in world.rows() {
        if matches!(who, OneOnesOwn) {
            let reply = world.ask(&rob, GUILD, None, ask).await;
            assert!(!said(&reply).is_empty(), "{what} says what to do instead");
            assert_eq!(contents.changed().await, Vec::<String>::new(), "{what}");
        }
    }
}

/// The other half: a refusal of everybody would pass the tests above.
#[tokio::test]
async fn who_may_is_not_turned_away() {
    for by in ladder() {
        let mut world = World::new().await;
        for (what, who, ask) in world.rows() {
            let May(act) = who else { continue };
            if refused(act, &by).is_some() {
                continue;
            }
            let reply = said(&world.ask(&by, GUILD, Some(world.room), ask).await);
            let anybody = person(7, "rob", &[]);
            assert_ne!(Some(&reply), refused(act, &anybody).as_ref(), "{} {what}", by.name);
        }
    }
}

#[tokio::test]
async fn a_strangers_check_mark_does_nothing_and_is_not_answered() {
    let mut world = World::new().await;
    let page = world.stage.fake().oldest(|posted| posted.post == Some(world.page)).unwrap();
    let mut contents = world.contents().await;
    for by in ladder() {
        let ask = Ask::Sign { message: page.message, live: true };
        assert_eq!(world.ask(&by, GUILD, Some(page.channel), ask).await, Reply::Nothing);
        assert_eq!(contents.changed().await, Vec::<String>::new(), "{}", by.name);
    }
}

/// Its admin is nobody here.
#[tokio::test]
async fn from_another_server_nothing_here_can_be_reached() {
    let mut world = World::new().await;
    let mut contents = world.contents().await;
    let stranger = Person { manages_guild: true, ..person(66, "mallory", &[ADMIN]) };
    let about_one = pressed().into_iter().filter(|(_, parts, ..)| parts.contains(['I', 'O', 'P', 'S']));
    let presses: Vec<_> =
        about_one.filter_map(|(verb, parts, sent, _)| Some((verb, world.pressed(verb, parts, &sent)?))).collect();
    assert!(presses.len() >= 18, "{}", presses.len());
    for (what, ask) in presses {
        let reply = world.ask(&stranger, ELSEWHERE, Some(ChannelId(1)), ask).await;
        assert_eq!(said(&reply), words::refusal(&Refusal::StaleButton).plain(), "{what}");
        assert_eq!(contents.changed().await, Vec::<String>::new(), "{what}");
    }
    for (path, options, _) in typed().into_iter().filter(|(_, options, _)| options["incident"].is_string()) {
        let reply = said(&world.ask(&stranger, ELSEWHERE, Some(ChannelId(1)), read(path, &options)).await);
        assert!(reply.contains("There is no incident"), "{path}: {reply}");
        assert_eq!(contents.changed().await, Vec::<String>::new(), "{path}");
    }
}
