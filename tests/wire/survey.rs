//! The guild is read by REST alone, as Discord shows it: nothing is asked of the gateway, and nothing unknown is made up.

use muster::discord::rest::{Call, Endpoint, Rest};
use muster::discord::survey::{me, read};
use muster::domain::id::{ChannelId, GuildId, RoleId, UserId};
use muster::domain::survey::{Abilities, Ability, ChannelKind, Notify, Presence, Survey, Wanted};
use muster_playground::{Fault, Id, Member, Overwrite, Playground, Role, World, permission::bit};
use serde_json::json;

use crate::bench::{ANA, BEN, GUILD, sample};

const ALERTS: Id = GUILD + 30;
const ONCALL: Id = GUILD + 19;

async fn look(discord: &Playground, wanted: &Wanted) -> Survey {
    let rest = Rest::new(discord.token().into(), discord.url()).unwrap();
    let me = me(&rest).await.unwrap();
    read(&rest, me, GuildId(GUILD), wanted).await.unwrap()
}

async fn begin(world: World) -> Playground {
    Playground::start(world).await.unwrap()
}

#[tokio::test]
async fn a_guild_is_read_as_it_is() {
    let discord = begin(sample().two_factor().system_channel(GUILD + 29)).await;
    let survey = look(&discord, &Wanted::default()).await;
    assert_eq!((survey.name.as_str(), survey.me), ("Acme", UserId(discord.app_id())));
    assert_eq!((survey.notify, survey.two_factor), (Notify::AllMessages, true));
    assert_eq!(survey.message_content, Some(true));
    assert_eq!(survey.abilities, Abilities::ALL);
    assert_eq!(survey.system_channel, Some(ChannelId(GUILD + 29)));
    let alerts = survey.channel(ChannelId(ALERTS)).unwrap();
    assert_eq!((alerts.name.as_str(), alerts.kind, alerts.abilities), ("alerts", ChannelKind::Text, Abilities::ALL));
    assert!(survey.roles.first().unwrap().managed, "the bot's own role is the highest");
    assert_eq!(survey.roles.last().unwrap().id, RoleId(GUILD), "@everyone is the last");
    assert_eq!(survey.webhooks, None, "the bot may not list them");
    assert_eq!(discord.gateway().identifies(), 0);
    assert!(discord.unknown_routes().is_empty());

    discord.change_guild(GUILD, |guild| guild.mentions_only = true).await.unwrap();
    discord.grant_intents(0);
    let survey = look(&discord, &Wanted::default()).await;
    assert_eq!((survey.notify, survey.message_content), (Notify::Mentions, Some(false)));
}

#[tokio::test]
async fn what_the_bot_may_do_is_computed_channel_by_channel() {
    let discord = begin(sample()).await;
    let rest = Rest::new(discord.token().into(), discord.url()).unwrap();
    let thread = Call::new(Endpoint::create_thread(ALERTS.into())).body(json!({ "name": "talk", "type": 11 }));
    rest.call(thread).await.unwrap();
    let denied = Overwrite::role(GUILD).deny(bit::SEND_MESSAGES | bit::PIN_MESSAGES);
    discord.overwrite(ALERTS, denied).await.unwrap();
    discord.overwrite(GUILD + 29, Overwrite::role(GUILD).deny(bit::VIEW_CHANNEL)).await.unwrap();
    let survey = look(&discord, &Wanted::default()).await;
    let lacking = |id| survey.channel(ChannelId(id)).unwrap().abilities.lacking(Ability::ALL);
    assert_eq!(lacking(ALERTS), [Ability::Send, Ability::Pin]);
    let thread = survey.channels_named("talk").next().unwrap();
    assert_eq!((thread.kind, thread.parent), (ChannelKind::Thread, Some(ChannelId(ALERTS))));
    assert_eq!(lacking(thread.id.0), [Ability::Send, Ability::Pin], "a thread has what its channel has");
    assert_eq!(lacking(GUILD + 29), [Ability::See]);
    assert_eq!(survey.channel_count(), 2, "threads do not count");
}

#[tokio::test]
async fn roles_say_whether_the_bot_can_ping_and_give_them() {
    let open = Role::new(GUILD + 50, "open").mentionable();
    let world = sample().app_permissions(bit::VIEW_CHANNEL | bit::MANAGE_ROLES).role(open);
    let discord = begin(world).await;
    let of = |survey: &Survey, id| {
        let role = survey.role(RoleId(id)).unwrap().clone();
        (role.mentionable, role.assignable)
    };
    let survey = look(&discord, &Wanted::default()).await;
    assert_eq!(of(&survey, ONCALL), (false, true));
    assert_eq!(of(&survey, GUILD + 50), (true, true));
    assert_eq!(of(&survey, GUILD), (false, false), "everyone");
    discord.change_role(ONCALL, |role| role.position = 90).await.unwrap();
    discord.change_role("Bot", |role| role.permissions |= bit::MENTION_EVERYONE).await.unwrap();
    let survey = look(&discord, &Wanted::default()).await;
    assert_eq!(of(&survey, ONCALL), (true, false), "above the bot's own");
}

#[tokio::test]
async fn people_are_found_by_id_and_by_name_or_said_to_be_unknown() {
    let discord = begin(sample().member(Member::new(GUILD + 60, "dora").nick("Ana Lena"))).await;
    let wanted = Wanted {
        people: [ANA, BEN, GUILD + 60, GUILD + 61].map(UserId).to_vec(),
        names: ["ana", "nobody", "cleo"].map(str::to_owned).to_vec(),
    };
    discord.leave("Ben").await.unwrap();
    discord.fault(Fault::on("GET", "/guilds/*/members/900000000000000062").refuse(403, 50001, "Missing Access"));
    let survey = look(&discord, &wanted).await;
    let presence = wanted.people.iter().map(|user| survey.presence(*user)).collect::<Vec<_>>();
    assert_eq!(presence, [Presence::Here, Presence::Left, Presence::Here, Presence::Unknown]);
    assert_eq!(survey.members.len(), 3, "Ana was found twice and is one: {:?}", survey.members);
    let named = |name| survey.members_named(name).iter().map(|member| member.title().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (named("Ana"), named("ana lena"), named("nobody")),
        (vec!["Ana".into()], vec!["Ana Lena".into()], vec![])
    );
    assert_eq!(survey.unanswered, Vec::<String>::new());

    discord.fault(Fault::on("GET", "/guilds/*/members/search").refuse(403, 50001, "Missing Access"));
    let survey = look(&discord, &wanted).await;
    assert_eq!(survey.unanswered, wanted.names, "no answer is not the answer that there is nobody");
}

#[tokio::test]
async fn webhooks_are_listed_where_the_bot_may() {
    let discord = begin(sample().app_permissions(bit::VIEW_CHANNEL | bit::MANAGE_WEBHOOKS)).await;
    let webhooks = look(&discord, &Wanted::default()).await.webhooks.unwrap();
    assert_eq!(webhooks.iter().map(|one| (one.id.0, one.channel.0)).collect::<Vec<_>>(), [(GUILD + 39, ALERTS)]);
}
