//! One thing wrong at a time, and what is found: a team whose set-up is well is the ground that every row changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::domain::call::TestOutcome;
use crate::domain::definition::{Kind, Spec};
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::survey::{Abilities, Channel, ChannelKind, Member, Notify, Role, Webhook};
use Severity::{Advice, Degrades, StopsPaging};

const GUILD: GuildId = GuildId(900_000_000_000_000_001);
const ANA: UserId = UserId(200_000_000_000_000_001);
const ALERTBOT: UserId = UserId(200_000_000_000_000_009);
const ROOMS: ChannelId = ChannelId(900_000_000_000_000_010);
const NEWS: ChannelId = ChannelId(900_000_000_000_000_020);
const ALERTS: ChannelId = ChannelId(900_000_000_000_000_030);
const ONCALL: RoleId = RoleId(900_000_000_000_000_101);
const WEBHOOK: WebhookId = WebhookId(900_000_000_000_000_301);

/// All that an examination looks at.
struct Team {
    facts: Facts,
    survey: Survey,
    tests: Vec<Tested>,
    secrets: BTreeSet<&'static str>,
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn spec<T: Into<Spec> + serde::de::DeserializeOwned>(spec: serde_json::Value) -> Spec {
    serde_json::from_value::<T>(spec).unwrap().into()
}

fn definitions() -> Set {
    use crate::domain::{
        contact::Contact, plan::ResponsePlan, schedule::Schedule, settings::Settings, source::AlertSource,
    };
    let all = [
        (
            "guild",
            spec::<Settings>(json!({ "incident_category": ROOMS, "announce": [NEWS], "fallback": { "role": ONCALL } })),
        ),
        (
            "ana",
            spec::<Contact>(json!({
                "display_name": "Ana", "discord_user": ANA,
                "channels": [
                    { "name": "here", "type": "mention" },
                    { "name": "phone", "type": "webhook", "preset": "ntfy", "url_env": "MUSTER_SECRET_ANA" },
                ],
                "stages": [{ "duration": "0s", "targets": [{ "channel": "here" }, { "channel": "phone" }] }],
            })),
        ),
        ("primary", spec::<Schedule>(json!({ "discord_role": ONCALL, "rotations": [] }))),
        ("db", spec::<ResponsePlan>(json!({ "incident": { "title": "DB", "impact": 1 } }))),
        (
            "monitor",
            spec::<AlertSource>(json!({ "channel": ALERTS, "author": { "webhook": WEBHOOK }, "response_plan": "db" })),
        ),
    ];
    all.into_iter().map(|(word, spec)| (name(word), spec)).collect()
}

fn channel(id: ChannelId, kind: ChannelKind) -> Channel {
    Channel { id, name: id.to_string(), kind, parent: None, abilities: Abilities::ALL }
}

fn survey() -> Survey {
    let role = Role {
        id: ONCALL,
        name: "oncall".to_owned(),
        position: 1,
        managed: false,
        mentionable: true,
        assignable: true,
    };
    let ana = Member {
        user: ANA,
        username: "ana".to_owned(),
        global_name: None,
        nick: None,
        bot: false,
        roles: vec![ONCALL],
    };
    Survey {
        guild: GUILD,
        name: "Acme".to_owned(),
        owner: ANA,
        me: UserId(2),
        abilities: Abilities::ALL,
        roles: vec![role],
        channels: vec![
            channel(ROOMS, ChannelKind::Category),
            channel(NEWS, ChannelKind::Text),
            channel(ALERTS, ChannelKind::Text),
        ],
        members: vec![ana],
        left: Vec::new(),
        unanswered: Vec::new(),
        webhooks: None,
        message_content: Some(true),
        notify: Notify::Mentions,
        two_factor: false,
        system_channel: None,
    }
}

fn test(channel: &str, failed: Option<Unreached>) -> Tested {
    let outcome = failed.map_or(TestOutcome::Delivered, |why| TestOutcome::Failed { why });
    Tested { contact: name("ana"), channel: channel.to_owned(), user: ANA, at: Timestamp::default(), outcome }
}

fn team() -> Team {
    Team {
        facts: Facts { live: Arc::new(definitions()), ..Facts::default() },
        survey: survey(),
        tests: vec![test("here", None)],
        secrets: BTreeSet::from(["MUSTER_SECRET_ANA"]),
    }
}

impl Team {
    fn examine(&self) -> Vec<Finding> {
        let secrets = |name: &str| self.secrets.contains(name);
        let case = Case { facts: &self.facts, survey: &self.survey, tests: &self.tests, secrets: &secrets };
        examine(case).findings
    }

    fn change(&mut self, kind: Kind, word: &str, change: impl FnOnce(&mut serde_json::Value)) {
        let set = Arc::make_mut(&mut self.facts.live);
        let mut value = serde_json::to_value(set.get(kind, &name(word)).unwrap()).unwrap();
        change(&mut value);
        let new = match kind {
            Kind::Settings => spec::<crate::domain::settings::Settings>(value),
            Kind::ResponsePlan => spec::<crate::domain::plan::ResponsePlan>(value),
            Kind::AlertSource => spec::<crate::domain::source::AlertSource>(value),
            other => panic!("no row changes a {other}"),
        };
        set.insert(name(word), new);
    }

    fn place(&mut self, id: ChannelId) -> &mut Channel {
        self.survey.channels.iter_mut().find(|channel| channel.id == id).unwrap()
    }

    fn without(&mut self, id: ChannelId) {
        self.survey.channels.retain(|channel| channel.id != id);
    }

    fn fill(&mut self, count: usize, parent: Option<ChannelId>) {
        for n in 0..count {
            let id = ChannelId(1_000 + n as u64);
            self.survey.channels.push(Channel { parent, ..channel(id, ChannelKind::Text) });
        }
    }
}

fn except(ability: Ability) -> Abilities {
    Abilities::from_bits(Abilities::ALL.bits() & !ability.bit())
}

#[test]
fn a_team_that_is_well_is_told_nothing() {
    assert_eq!(team().examine(), []);
}

#[test]
fn a_guild_without_set_up_is_sent_to_set_it_up() {
    let mut team = team();
    team.facts = Facts::default();
    let found = |severity, trouble| Finding { severity, trouble };
    let nothing = [
        found(StopsPaging, Trouble::NoContacts),
        found(StopsPaging, Trouble::NoPlans),
        found(Advice, Trouble::NoSources),
    ];
    assert_eq!(team.examine(), nothing);
}

type Row = (&'static str, fn(&mut Team), Vec<(Severity, Trouble)>);

fn check(rows: Vec<Row>) {
    for (what, harm, expected) in rows {
        let mut team = team();
        harm(&mut team);
        let found: Vec<_> = team.examine().into_iter().map(|finding| (finding.severity, finding.trouble)).collect();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn permissions_are_held_against_what_each_place_is_for() {
    let alerts = || vec![Use::Alerts(name("monitor"))];
    let lacks = |channel, abilities, uses| Trouble::LacksIn { channel, abilities, uses };
    check(vec![
        (
            "alerts are not seen",
            |team| team.place(ALERTS).abilities = Abilities::NONE,
            vec![(StopsPaging, lacks(ALERTS, vec![Ability::See], alerts()))],
        ),
        (
            "alerts of an absence are not read",
            |team| team.place(ALERTS).abilities = except(Ability::History),
            vec![(StopsPaging, lacks(ALERTS, vec![Ability::History], alerts()))],
        ),
        (
            "alerts are not marked",
            |team| team.place(ALERTS).abilities = except(Ability::React),
            vec![(Degrades, lacks(ALERTS, vec![Ability::React], alerts()))],
        ),
        (
            "what a place is not for is not needed there",
            |team| team.place(NEWS).abilities = except(Ability::React),
            vec![],
        ),
        (
            "no incident channels, but announcements",
            |team| team.place(ROOMS).abilities = except(Ability::ManageChannels),
            vec![(Degrades, lacks(ROOMS, vec![Ability::ManageChannels], vec![Use::Rooms]))],
        ),
        (
            "neither",
            |team| {
                team.place(ROOMS).abilities = except(Ability::ManageChannels);
                team.place(NEWS).abilities = except(Ability::Send);
            },
            vec![
                (StopsPaging, Trouble::NowhereToPage),
                (Degrades, lacks(ROOMS, vec![Ability::ManageChannels], vec![Use::Rooms])),
                (Degrades, lacks(NEWS, vec![Ability::Send], vec![Use::Announcements])),
            ],
        ),
        (
            "what is lacking everywhere is said once",
            |team| {
                team.survey.abilities = except(Ability::React);
                team.survey.channels.iter_mut().for_each(|channel| channel.abilities = except(Ability::React));
            },
            vec![(Degrades, Trouble::LacksInGuild { abilities: vec![Ability::React] })],
        ),
        (
            "a bot that may send nothing pages nobody",
            |team| team.survey.abilities = except(Ability::Send),
            vec![(StopsPaging, Trouble::LacksInGuild { abilities: vec![Ability::Send] })],
        ),
        (
            "threads need their own",
            |team| {
                team.change(Kind::ResponsePlan, "db", |plan| plan["channel"] = json!({ "mode": "thread" }));
                team.place(NEWS).abilities = except(Ability::PublicThreads);
            },
            vec![(
                Degrades,
                lacks(
                    NEWS,
                    vec![Ability::PublicThreads],
                    vec![Use::Announcements, Use::Threads { plan: name("db"), private: false }],
                ),
            )],
        ),
        ("no text", |team| team.survey.message_content = Some(false), vec![(StopsPaging, Trouble::NoMessageContent)]),
        ("what Discord did not say is not said", |team| team.survey.message_content = None, vec![]),
    ]);
}

#[test]
fn what_is_gone_or_full_is_named() {
    let calls = || vec![Use::Fallback, Use::OnCall(name("primary"))];
    check(vec![
        (
            "the alerts' channel",
            |team| team.without(ALERTS),
            vec![(StopsPaging, Trouble::ChannelGone { channel: ALERTS, uses: vec![Use::Alerts(name("monitor"))] })],
        ),
        (
            "the announcements' channel",
            |team| team.without(NEWS),
            vec![(Degrades, Trouble::ChannelGone { channel: NEWS, uses: vec![Use::Announcements] })],
        ),
        (
            "a channel for a category",
            |team| team.place(ROOMS).kind = ChannelKind::Text,
            vec![(Degrades, Trouble::WrongKind { channel: ROOMS, uses: vec![Use::Rooms] })],
        ),
        (
            "the role",
            |team| team.survey.roles.clear(),
            vec![(StopsPaging, Trouble::RoleGone { role: ONCALL, uses: calls() })],
        ),
        (
            "a role that cannot be mentioned calls nobody",
            |team| team.survey.roles[0].mentionable = false,
            vec![(StopsPaging, Trouble::NotMentionable { role: ONCALL, uses: vec![Use::Fallback] })],
        ),
        (
            "a role above the bot's cannot be given",
            |team| team.survey.roles[0].assignable = false,
            vec![(
                Degrades,
                Trouble::NotAssignable { role: ONCALL, managed: false, uses: vec![Use::OnCall(name("primary"))] },
            )],
        ),
        ("webhooks that cannot be listed", |team| team.survey.webhooks = None, vec![]),
        (
            "the webhook",
            |team| team.survey.webhooks = Some(vec![]),
            vec![(StopsPaging, Trouble::SenderGone { sender: Sender::Webhook(WEBHOOK), source: name("monitor") })],
        ),
        (
            "a webhook that moved",
            |team| team.survey.webhooks = Some(vec![Webhook { id: WEBHOOK, channel: NEWS }]),
            vec![(
                StopsPaging,
                Trouble::SenderElsewhere { webhook: WEBHOOK, source: name("monitor"), channel: NEWS, expected: ALERTS },
            )],
        ),
        (
            "the sending bot",
            |team| {
                team.change(Kind::AlertSource, "monitor", |source| source["author"] = json!({ "bot": ALERTBOT }));
                team.survey.left = vec![ALERTBOT];
            },
            vec![(StopsPaging, Trouble::SenderGone { sender: Sender::Bot(ALERTBOT), source: name("monitor") })],
        ),
        (
            "a category nearly full",
            |team| team.fill(45, Some(ROOMS)),
            vec![(Advice, Trouble::CategoryFull { category: ROOMS, children: 45 })],
        ),
        (
            "a full one",
            |team| team.fill(50, Some(ROOMS)),
            vec![(Degrades, Trouble::CategoryFull { category: ROOMS, children: 50 })],
        ),
        ("a guild with room", |team| team.fill(446, None), vec![]),
        ("one nearly full", |team| team.fill(447, None), vec![(Advice, Trouble::ChannelsFull { count: 450 })]),
        ("a full one", |team| team.fill(497, None), vec![(Degrades, Trouble::ChannelsFull { count: 500 })]),
        (
            "notifications of everything",
            |team| team.survey.notify = Notify::AllMessages,
            vec![(Advice, Trouble::EveryMessageNotifies)],
        ),
        ("two factors", |team| team.survey.two_factor = true, vec![(Advice, Trouble::TwoFactor)]),
    ]);
}

#[test]
fn people_who_cannot_be_reached_are_named() {
    let ana = || "Ana".to_owned();
    let failed = |channel: &str, why| Trouble::WayFailed { contact: ana(), channel: channel.to_owned(), why };
    let unset = || Trouble::SecretUnset {
        variable: "MUSTER_SECRET_ANA".to_owned(),
        needed_by: NeededBy::Way { contact: ana(), channel: "phone".to_owned() },
    };
    let left = || (StopsPaging, Trouble::ContactLeft { contact: ana(), user: ANA });
    check(vec![
        (
            "who left",
            |team| {
                team.survey.members.clear();
                team.survey.left = vec![ANA];
            },
            vec![left()],
        ),
        (
            "who left as far as we knew",
            |team| {
                team.survey.members.clear();
                team.facts.gone.insert(ANA);
            },
            vec![left()],
        ),
        ("who is back", |team| team.facts.gone.extend([ANA]), vec![]),
        ("who is not known", |team| team.survey.members.clear(), vec![(Advice, Trouble::PeopleUnknown { count: 1 })]),
        (
            "who was never tested",
            |team| team.tests.clear(),
            vec![(Advice, Trouble::NeverTested { contacts: vec![ana()] })],
        ),
        (
            "who had another account when they were tested",
            |team| team.tests[0].user = ALERTBOT,
            vec![(Advice, Trouble::NeverTested { contacts: vec![ana()] })],
        ),
        (
            "one way that failed, and one that is left",
            |team| team.tests = vec![test("here", Some(Unreached::NoAccess))],
            vec![(Degrades, failed("here", Unreached::NoAccess))],
        ),
        (
            "no way left",
            |team| {
                team.tests = vec![test("here", Some(Unreached::NoAccess)), test("phone", Some(Unreached::Rejected))];
            },
            vec![
                (StopsPaging, failed("here", Unreached::NoAccess)),
                (StopsPaging, failed("phone", Unreached::Rejected)),
            ],
        ),
        ("a secret that is not set", |team| team.secrets.clear(), vec![(Degrades, unset())]),
        ("one that was not, and is", |team| team.tests.push(test("phone", Some(Unreached::SecretUnset))), vec![]),
        (
            "all muted",
            |team| {
                team.facts.muted = ["here", "phone"].map(|way| (name("ana"), way.to_owned())).into();
            },
            vec![(StopsPaging, Trouble::ContactMuted { contact: ana() })],
        ),
        ("one muted", |team| team.facts.muted = [(name("ana"), "here".to_owned())].into(), vec![]),
        (
            "nobody to fall back on",
            |team| team.change(Kind::Settings, "guild", |settings| settings["fallback"] = json!(null)),
            vec![(Degrades, Trouble::NoFallback)],
        ),
    ]);
}

#[test]
fn the_worst_comes_first() {
    let mut team = team();
    team.survey.notify = Notify::AllMessages;
    team.secrets.clear();
    team.without(ALERTS);
    let severities: Vec<_> = team.examine().iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [StopsPaging, Degrades, Advice]);
}
