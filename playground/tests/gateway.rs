//! The gateway as serenity uses it: connect, events, resume with replay, every way to lose a connection.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure here is a failed test")]

mod support;
use muster_playground::{Miss, Playground, world::intent};
use serde_json::json;
use serenity::{all::GatewayIntents, model::event::Event};
use std::time::Duration;
use support::*;

#[tokio::test]
async fn messages_of_people_webhooks_and_bots_arrive_decodable() {
    let (playground, bot) = world().await;
    playground.say("Ana", "general", "hello <@900000000000000002>").await.unwrap();
    let message = bot.message().await;
    assert_eq!((message.author.name.as_str(), message.content.as_str()), ("ana", "hello <@900000000000000002>"));
    assert!(message.member.is_some() && message.guild_id.is_some() && message.mentions.len() == 1);
    playground
        .webhook_post(MONITOR, json!({ "username": "Grafana", "embeds": [{ "title": "CPU", "color": 255 }] }))
        .await
        .unwrap();
    let message = bot.message().await;
    assert_eq!(message.webhook_id.map(|id| id.get()), Some(MONITOR));
    assert!(message.author.bot && message.member.is_none() && message.embeds.len() == 1);
    assert_eq!(message.author.id.get(), MONITOR);
}

#[tokio::test]
async fn every_kind_of_event_decodes() {
    let (playground, bot) = world().await;
    let id = playground.say("Ana", "general", "x").await.unwrap();
    playground.react("Ben", "general", id, "✅").await.unwrap();
    playground.unreact("Ben", "general", id, "✅").await.unwrap();
    playground.edit_message("general", id, "y").await.unwrap();
    playground.set_pinned("Olga", "general", id, true).await.unwrap();
    playground.delete_message("general", id).await.unwrap();
    playground.change_member("Ana", |member| member.nick = Some("A".into())).await.unwrap();
    playground.change_role("oncall", |role| role.mentionable = true).await.unwrap();
    playground.change_channel("general", |channel| channel.topic = Some("t".into())).await.unwrap();
    playground.delete_channel("general").await.unwrap();
    playground.leave("Cleo").await.unwrap();
    // serenity runs every event as a task of its own: the order is not kept.
    let mut missing = vec![
        "MessageCreate",
        "ReactionAdd",
        "ReactionRemove",
        "MessageUpdate",
        "ChannelPinsUpdate",
        "MessageDelete",
        "GuildMemberUpdate",
        "GuildRoleUpdate",
        "ChannelUpdate",
        "ChannelDelete",
        "GuildMemberRemove",
    ];
    bot.wait(|event| {
        let name = format!("{event:?}");
        missing.retain(|wanted| name.split('(').next() != Some(wanted));
        missing.is_empty().then_some(())
    })
    .await;
    assert_eq!(playground.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn without_the_intent_content_is_blank_except_for_mentions_and_direct_messages() {
    let playground = Playground::start(support::sample().without_intents(intent::MESSAGE_CONTENT)).await.unwrap();
    let bot = Bot::connect(&playground, GatewayIntents::all() & !GatewayIntents::MESSAGE_CONTENT).await;
    playground.say("Ana", "general", "secret").await.unwrap();
    assert_eq!(bot.message().await.content, "");
    playground.say("Ana", "general", &format!("<@{APP}> public")).await.unwrap();
    assert!(bot.message().await.content.contains("public"));
    playground.webhook_post(MONITOR, json!({ "content": "a", "embeds": [{ "title": "t" }] })).await.unwrap();
    let message = bot.message().await;
    assert!(message.content.is_empty() && message.embeds.is_empty());
    let dm = playground.open_dm("Ana").unwrap();
    playground.say("Ana", dm, "direct").await.unwrap();
    assert_eq!(bot.message().await.content, "direct");
}

#[tokio::test]
async fn asking_for_an_intent_that_is_not_granted_ends_with_4014() {
    let playground = Playground::start(support::sample().without_intents(intent::MESSAGE_CONTENT)).await.unwrap();
    let bot = Bot::begin(&playground, GatewayIntents::all()).await;
    assert!(bot.gave_up().await.is_err());
    assert_eq!(playground.gateway().identifies(), 1);
}

#[tokio::test]
async fn channels_the_bot_cannot_see_are_silent() {
    let playground = Playground::start(support::sample()).await.unwrap();
    let bot = Bot::connect(&playground, GatewayIntents::all()).await;
    let deny = muster_playground::permission::bit::VIEW_CHANNEL;
    playground.overwrite("general", muster_playground::Overwrite::member(APP).deny(deny)).await.unwrap();
    playground.say("Ana", "general", "unseen").await.unwrap();
    playground.say("Ana", "alerts", "seen").await.unwrap();
    assert_eq!(bot.message().await.content, "seen");
}

/// Breaks the connection, lets Ana speak meanwhile, and says whether the bot resumed and heard her.
async fn broken(breaking: impl FnOnce(&Playground), resumes: bool) {
    let (playground, bot) = world().await;
    playground.gateway().miss(Miss::Replayable);
    playground.say("Ana", "general", "missed").await.unwrap();
    playground.gateway().miss(Miss::Nothing);
    breaking(&playground);
    if resumes {
        let (mut heard, mut resumed) = (false, false);
        bot.wait(|event| {
            heard |= matches!(event, Event::MessageCreate(created) if created.message.content == "missed");
            resumed |= matches!(event, Event::Resumed(_));
            (heard && resumed).then_some(())
        })
        .await;
    } else {
        bot.ready().await;
        bot.wait(|event| matches!(event, Event::GuildCreate(_)).then_some(())).await;
    }
    playground.say("Ana", "general", "after").await.unwrap();
    assert_eq!(bot.message().await.content, "after");
    assert_eq!(playground.gateway().identifies(), if resumes { 1 } else { 2 });
    assert!(!resumes || playground.gateway().resumes() > 0);
}

#[tokio::test]
async fn op_7_resumes_with_replay() {
    broken(|playground| playground.gateway().reconnect(), true).await;
}

#[tokio::test]
async fn op_9_true_resumes() {
    broken(|playground| playground.gateway().invalidate(true), true).await;
}

#[tokio::test]
async fn op_9_false_identifies_anew_and_what_was_missed_is_lost() {
    broken(|playground| playground.gateway().invalidate(false), false).await;
}

#[tokio::test]
async fn close_4000_resumes() {
    broken(|playground| playground.gateway().close(4000), true).await;
}

#[tokio::test]
async fn close_4009_identifies_anew() {
    broken(|playground| playground.gateway().close(4009), false).await;
}

#[tokio::test]
async fn a_cut_wire_resumes() {
    broken(|playground| playground.gateway().cut(), true).await;
}

#[tokio::test]
async fn a_refused_resume_identifies_anew() {
    broken(
        |playground| {
            playground.gateway().refuse_resumes(true);
            playground.gateway().reconnect();
        },
        false,
    )
    .await;
}

#[tokio::test]
async fn a_zombie_is_noticed_by_missing_acknowledgements() {
    let playground = Playground::start(support::sample()).await.unwrap();
    playground.gateway().heartbeat_every(Duration::from_millis(300));
    let bot = Bot::connect(&playground, GatewayIntents::all()).await;
    playground.gateway().blackhole(true);
    playground.say("Ana", "general", "into the hole").await.unwrap();
    // serenity gives a zombie up and identifies anew: what fell into the hole is only to be found over REST.
    bot.ready().await;
    playground.say("Ana", "general", "after the hole").await.unwrap();
    assert_eq!(bot.message().await.content, "after the hole");
    assert!(playground.gateway().identifies() == 2 && playground.gateway().heartbeats() >= 1);
}

#[tokio::test]
async fn events_can_come_twice_late_or_never() {
    let (playground, bot) = world().await;
    playground.gateway().duplicate(1);
    let id = playground.say("Ana", "general", "twice").await.unwrap();
    assert_eq!((bot.message().await.id.get(), bot.message().await.id.get()), (id, id));
    playground.gateway().miss(Miss::Lost);
    playground.say("Ana", "general", "never").await.unwrap();
    playground.gateway().miss(Miss::Nothing);
    playground.gateway().delay(Duration::from_millis(200));
    let before = std::time::Instant::now();
    playground.say("Ana", "general", "late").await.unwrap();
    assert_eq!(bot.message().await.content, "late");
    assert!(before.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn refused_connections_and_revoked_tokens() {
    let (playground, bot) = world().await;
    playground.gateway().refuse_connections(true);
    playground.gateway().cut();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(playground.gateway().connected(), 0);
    playground.gateway().refuse_connections(false);
    playground.gateway().wait_connected(1, Duration::from_secs(30)).await.unwrap();
    playground.revoke_token("another");
    assert_eq!(code(&bot.post(GENERAL, json!({ "content": "x" })).await.unwrap_err()), 0);
    bot.gave_up().await.ok();
}

#[tokio::test]
async fn a_guild_goes_away_comes_back_and_throws_the_bot_out() {
    let (playground, bot) = world().await;
    playground.gateway().guild_unavailable(GUILD);
    assert!(
        bot.wait(|event| if let Event::GuildDelete(gone) = event { Some(gone.guild.unavailable) } else { None }).await
    );
    playground.gateway().guild_back(GUILD);
    bot.wait(|event| matches!(event, Event::GuildCreate(_)).then_some(())).await;
    playground.gateway().guild_left(GUILD);
    assert!(
        !bot.wait(|event| if let Event::GuildDelete(gone) = event { Some(gone.guild.unavailable) } else { None }).await
    );
    assert_eq!(code(&bot.post(GENERAL, json!({ "content": "x" })).await.unwrap_err()), 50001);
}

#[tokio::test]
async fn unknown_events_pass_through() {
    let (playground, bot) = world().await;
    playground.gateway().dispatch("SOMETHING_NEW", &json!({ "a": 1 }));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let unknown = bot
        .drain()
        .await
        .into_iter()
        .any(|event| matches!(event, Event::Unknown(unknown) if unknown.kind == "SOMETHING_NEW"));
    assert!(unknown);
}

#[tokio::test]
async fn threads_channels_and_roles_decode_in_events_and_at_the_start() {
    let (playground, bot) = world().await;
    let thread = json!({ "name": "side talk", "type": 11 });
    let made = bot.http.create_thread(GENERAL.into(), &thread, None).await.unwrap();
    bot.http.edit_thread(made.id, &json!({ "archived": true }), None).await.unwrap();
    bot.http.edit_thread(made.id, &json!({ "archived": false }), None).await.unwrap();
    let channel = bot.http.create_channel(GUILD.into(), &json!({ "name": "inc-1" }), None).await.unwrap();
    bot.http.broadcast_typing(channel.id).await.unwrap();
    playground.join(muster_playground::Member::new(900_000_000_000_000_077, "New")).await.unwrap();
    playground.delete_role("oncall").await.unwrap();
    let mut missing =
        vec!["ThreadCreate", "ThreadUpdate", "ChannelCreate", "TypingStart", "GuildMemberAdd", "GuildRoleDelete"];
    bot.wait(|event| {
        let name = format!("{event:?}");
        missing.retain(|wanted| name.split('(').next() != Some(wanted));
        missing.is_empty().then_some(())
    })
    .await;
    let late = Bot::begin(&playground, GatewayIntents::all()).await;
    let guild = late
        .wait(|event| if let Event::GuildCreate(created) = event { Some(created.guild.clone()) } else { None })
        .await;
    assert_eq!((guild.threads.len(), guild.threads[0].name.as_str(), guild.channels.len()), (1, "side talk", 3));
    assert!(guild.members.contains_key(&APP.into()) && guild.roles.len() == 2 && guild.member_count == 6);
    bot.http.delete_channel(made.id, None).await.unwrap();
    bot.wait(|event| matches!(event, Event::ThreadDelete(_)).then_some(())).await;
}
