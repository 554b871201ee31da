//! REST as the bot uses it: permissions, refusals, messages, mentions, pins, threads, channels.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure here is a failed test")]

mod support;
use muster_playground::{Channel, Member, Overwrite, Ping, Playground, Role, channel::kind, permission::bit::*};
use serde_json::{Value, json};
use serenity::all::{ChannelId, LightMethod, Route};
use std::time::Duration;
use support::*;

/// Any request by path, with the right token.
async fn ask(playground: &Playground, method: &str, path: &str, body: Value) -> (u16, Value) {
    ask_as(playground, &format!("Bot {}", playground.token()), method, path, body).await
}

async fn ask_as(playground: &Playground, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/v10{path}", playground.url());
    let request = reqwest::Client::new().request(method.parse().unwrap(), url).header("authorization", token);
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
}

async fn fresh() -> Playground {
    Playground::start(support::sample()).await.unwrap()
}

fn pinged(playground: &Playground) -> Vec<String> {
    playground.pings().into_iter().map(|Ping { name, .. }| name).collect()
}

#[tokio::test]
async fn refusals_carry_discords_codes() {
    let world = support::sample()
        .channel(Channel::text(900_000_000_000_000_060, "hidden").overwrite(Overwrite::member(APP).deny(VIEW_CHANNEL)))
        .channel(
            Channel::text(900_000_000_000_000_061, "mute")
                .overwrite(Overwrite::member(APP).deny(SEND_MESSAGES | ADD_REACTIONS | PIN_MESSAGES)),
        )
        .channel(Channel::category(900_000_000_000_000_062, "cat"))
        .member(Member::new(900_000_000_000_000_063, "Closed").dms_closed());
    let playground = Playground::start(world).await.unwrap();
    let (hidden, mute, cat) = (900_000_000_000_000_060_u64, 900_000_000_000_000_061_u64, 900_000_000_000_000_062_u64);
    let message = playground.say("Ana", "mute", "x").await.unwrap();
    let text = json!({ "content": "x" });
    let closed = playground.open_dm("Closed").unwrap();
    let strangers = playground.open_dm("Cleo").unwrap();
    playground.leave("Cleo").await.unwrap();
    for (method, path, body, expected) in [
        ("POST", "/channels/1/messages".to_owned(), text.clone(), (404, 10003)),
        ("POST", format!("/channels/{hidden}/messages"), text.clone(), (403, 50001)),
        ("POST", format!("/channels/{mute}/messages"), text.clone(), (403, 50013)),
        ("POST", format!("/channels/{cat}/messages"), text.clone(), (400, 50008)),
        ("POST", format!("/channels/{GENERAL}/messages"), json!({}), (400, 50006)),
        ("POST", format!("/channels/{GENERAL}/messages"), json!({ "content": "x".repeat(2001) }), (400, 50035)),
        ("POST", format!("/channels/{GENERAL}/messages"), json!("no object"), (400, 50035)),
        ("POST", format!("/channels/{closed}/messages"), text.clone(), (403, 50007)),
        ("POST", format!("/channels/{strangers}/messages"), text.clone(), (403, 50278)),
        ("GET", format!("/channels/{GENERAL}/messages/5"), Value::Null, (404, 10008)),
        ("PATCH", format!("/channels/{mute}/messages/{message}"), text.clone(), (403, 50005)),
        ("PUT", format!("/channels/{mute}/messages/{message}/reactions/%E2%9C%85/@me"), Value::Null, (403, 50013)),
        ("PUT", format!("/channels/{mute}/messages/{message}/reactions/word/@me"), Value::Null, (400, 10014)),
        ("PUT", format!("/channels/{mute}/messages/pins/{message}"), Value::Null, (403, 50013)),
        ("GET", "/guilds/5".to_owned(), Value::Null, (404, 10004)),
        ("GET", format!("/guilds/{GUILD}/members/{}", 5), Value::Null, (404, 10013)),
        ("GET", format!("/guilds/{GUILD}/members/{CLEO}"), Value::Null, (404, 10007)),
        ("PUT", format!("/guilds/{GUILD}/members/{ANA}/roles/5"), Value::Null, (404, 10011)),
        ("POST", "/users/@me/channels".to_owned(), json!({ "recipient_id": "5" }), (404, 10013)),
        ("POST", "/webhooks/5/x".to_owned(), text.clone(), (404, 10015)),
        ("POST", format!("/webhooks/{MONITOR}/wrong"), text.clone(), (401, 50027)),
        ("POST", "/interactions/5/x/callback".to_owned(), json!({ "type": 5 }), (404, 10062)),
        ("GET", "/nothing/here".to_owned(), Value::Null, (404, 0)),
    ] {
        let (status, answer) = ask(&playground, method, &path, body).await;
        assert_eq!((status, answer["code"].as_u64().unwrap()), expected, "{method} {path}: {answer}");
    }
    assert_eq!(
        ask_as(&playground, "Bot wrong", "GET", "/users/@me", Value::Null).await,
        (401, json!({ "message": "401: Unauthorized", "code": 0 }))
    );
    assert_eq!(playground.unknown_routes(), ["GET /nothing/here"]);
}

#[tokio::test]
async fn form_errors_name_the_field() {
    let playground = fresh().await;
    let body = json!({ "content": "x", "embeds": [{ "title": "t", "fields": [{ "name": "n" }] }] });
    let (_, answer) = ask(&playground, "POST", &format!("/channels/{GENERAL}/messages"), body).await;
    assert_eq!(answer["errors"]["embeds"]["0"]["fields"]["0"]["value"]["_errors"][0]["code"], "BASE_TYPE_REQUIRED");
}

#[tokio::test]
async fn an_enforced_nonce_returns_the_earlier_message_while_it_is_remembered() {
    let playground = fresh().await;
    let path = format!("/channels/{GENERAL}/messages");
    let post = |enforce: bool| {
        ask(
            &playground,
            "POST",
            &path,
            json!({ "content": "<@900000000000000010>", "nonce": "n1", "enforce_nonce": enforce }),
        )
    };
    let first = post(true).await.1;
    assert_eq!(post(true).await, (200, first.clone()));
    assert_eq!((playground.messages("general").len(), pinged(&playground)), (1, vec!["Ana".to_owned()]));
    let alerts = format!("/channels/{ALERTS}/messages");
    let elsewhere = ask(&playground, "POST", &alerts, json!({ "content": "x", "nonce": "n1", "enforce_nonce": true }));
    assert_eq!(elsewhere.await.1["id"], first["id"], "a nonce is the author's, not the channel's");
    assert_ne!(post(false).await.1["id"], first["id"]);
    playground.advance(Duration::from_secs(301));
    assert_ne!(post(true).await.1["id"], first["id"]);
    assert_eq!(playground.messages("general").len(), 3);
}

/// Posts a message of the bot in a fresh sample world with a private channel that Ana and Cleo see, and lists who was notified.
async fn notifies(channel: &str, body: Value, expected: &[&str]) {
    let seen_by = [Overwrite::member(ANA), Overwrite::member(CLEO)];
    let world = support::sample()
        .private_channel(900_000_000_000_000_070, "secret", &seen_by)
        .role(Role::new(900_000_000_000_000_071, "all").mentionable());
    let world = world.app_permissions(muster_playground::permission::BOT & !MENTION_EVERYONE);
    let playground = Playground::start(world).await.unwrap();
    playground
        .change_member("Cleo", |member| {
            member.roles.insert(900_000_000_000_000_071);
        })
        .await
        .unwrap();
    let id = playground.channel(channel).unwrap().id;
    let (status, answer) = ask(&playground, "POST", &format!("/channels/{id}/messages"), body.clone()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(pinged(&playground), expected, "{body}");
}

#[tokio::test]
async fn only_those_are_notified_whom_discord_notifies() {
    let people = format!("<@{ANA}> <@{BEN}>");
    let only = |parse: Value, users: Value| json!({ "content": people, "allowed_mentions": { "parse": parse, "users": users } });
    notifies("general", json!({ "content": people }), &["Ana", "Ben"]).await;
    notifies("general", only(json!([]), json!([])), &[]).await;
    notifies("general", only(json!([]), json!([BEN.to_string()])), &["Ben"]).await;
    notifies("general", only(json!([]), json!([CLEO.to_string()])), &[]).await;
    notifies("general", only(json!(["users"]), json!([])), &["Ana", "Ben"]).await;
    notifies("general", json!({ "embeds": [{ "description": people }] }), &[]).await;
    notifies("general", json!({ "content": format!("`{people}`") }), &[]).await;
    notifies("general", json!({ "content": people, "flags": 4096 }), &[]).await;
    notifies("secret", json!({ "content": people }), &["Ana"]).await;
    notifies("general", json!({ "content": format!("<@&{ONCALL}>") }), &[]).await;
    notifies("general", json!({ "content": "<@&900000000000000071> @everyone" }), &["Cleo"]).await;
    notifies("general", json!({ "flags": 32768, "components": [{ "type": 10, "content": people }] }), &["Ana", "Ben"])
        .await;
}

#[tokio::test]
async fn mention_everyone_lets_the_bot_ping_roles_and_edits_never_ping() {
    let playground = fresh().await;
    let path = format!("/channels/{GENERAL}/messages");
    let (_, message) = ask(&playground, "POST", &path, json!({ "content": format!("<@&{ONCALL}>") })).await;
    assert_eq!(
        (pinged(&playground), &message["mention_roles"]),
        (vec!["Ana".to_owned(), "Ben".to_owned()], &json!([ONCALL.to_string()]))
    );
    let edited = ask(
        &playground,
        "PATCH",
        &format!("{path}/{}", message["id"].as_str().unwrap()),
        json!({ "content": "<@900000000000000012>" }),
    )
    .await
    .1;
    assert_eq!((pinged(&playground).len(), &edited["mentions"][0]["username"]), (2, &json!("cleo")));
    let dm = ask(&playground, "POST", "/users/@me/channels", json!({ "recipient_id": CLEO.to_string() })).await.1;
    ask(
        &playground,
        "POST",
        &format!("/channels/{}/messages", dm["id"].as_str().unwrap()),
        json!({ "content": "wake up" }),
    )
    .await;
    assert_eq!(pinged(&playground), ["Ana", "Ben", "Cleo"]);
    assert_eq!(playground.dms("Cleo")[0].content, "wake up");
    ask(&playground, "POST", &path, json!({ "content": format!("<@{ANA}>"), "flags": 4096 })).await;
    assert_eq!(playground.quiet_pings()[0].name, "Ana");
}

#[tokio::test]
async fn history_pages_before_after_and_around_and_is_empty_without_the_right() {
    let playground = fresh().await;
    let ids = playground.flood("Ana", "general", (0..10).map(|n| n.to_string())).await.unwrap();
    let path = format!("/channels/{GENERAL}/messages");
    for (query, expected) in [
        ("limit=3".to_owned(), vec!["9", "8", "7"]),
        (format!("limit=3&before={}", ids[5]), vec!["4", "3", "2"]),
        (format!("limit=3&after={}", ids[5]), vec!["8", "7", "6"]),
        (format!("limit=3&around={}", ids[5]), vec!["6", "5", "4"]),
    ] {
        let (_, page) = ask(&playground, "GET", &format!("{path}?{query}"), Value::Null).await;
        let texts: Vec<&str> =
            page.as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect();
        assert_eq!(texts, expected, "{query}");
    }
    assert_eq!(ask(&playground, "GET", &format!("{path}?limit=101"), Value::Null).await.0, 400);
    playground.overwrite("general", Overwrite::member(APP).deny(READ_MESSAGE_HISTORY)).await.unwrap();
    assert_eq!(ask(&playground, "GET", &path, Value::Null).await, (200, json!([])));
    assert_eq!(ask(&playground, "GET", &format!("{path}/{}", ids[0]), Value::Null).await.0, 403);
}

#[tokio::test]
async fn pins_by_both_routes() {
    let playground = fresh().await;
    let message = playground.say("Ana", "general", "x").await.unwrap();
    assert_eq!(
        ask(&playground, "PUT", &format!("/channels/{GENERAL}/messages/pins/{message}"), Value::Null).await.0,
        204
    );
    let (_, new) = ask(&playground, "GET", &format!("/channels/{GENERAL}/messages/pins"), Value::Null).await;
    let (_, old) = ask(&playground, "GET", &format!("/channels/{GENERAL}/pins"), Value::Null).await;
    assert_eq!(
        (&new["items"][0]["message"]["id"], &old[0]["id"]),
        (&json!(message.to_string()), &json!(message.to_string()))
    );
    assert_eq!(playground.last("general").unwrap().kind, muster_playground::message::kind::PINNED);
    assert_eq!(ask(&playground, "DELETE", &format!("/channels/{GENERAL}/pins/{message}"), Value::Null).await.0, 204);
    assert!(playground.pins("general").is_empty());
}

#[tokio::test]
async fn a_private_channel_needs_the_bots_own_allow_and_bits_it_has() {
    let playground = fresh().await;
    let path = format!("/guilds/{GUILD}/channels");
    let hide = json!({ "id": GUILD.to_string(), "type": 0, "deny": VIEW_CHANNEL.to_string() });
    let me = |bits: u64| json!({ "id": APP.to_string(), "type": 1, "allow": bits.to_string() });
    let (status, made) = ask(
        &playground,
        "POST",
        &path,
        json!({ "name": "Inc 1 DB", "topic": "t", "permission_overwrites": [hide, me(VIEW_CHANNEL)] }),
    )
    .await;
    assert_eq!(
        (status, &made["name"], &made["permission_overwrites"][1]["allow"]),
        (201, &json!("inc-1-db"), &json!("1024"))
    );
    assert_eq!(
        ask(
            &playground,
            "POST",
            &format!("/channels/{}/messages", made["id"].as_str().unwrap()),
            json!({ "content": "x" })
        )
        .await
        .0,
        200
    );
    assert_eq!(
        (playground.permissions("Ana", "inc-1-db"), playground.permissions("Olga", "inc-1-db") & VIEW_CHANNEL != 0),
        (0, true)
    );
    let (_, locked_out) =
        ask(&playground, "POST", &path, json!({ "name": "out", "permission_overwrites": [hide] })).await;
    assert_eq!(
        ask(&playground, "GET", &format!("/channels/{}", locked_out["id"].as_str().unwrap()), Value::Null).await.1["code"],
        50001
    );
    for bits in [MANAGE_WEBHOOKS, MANAGE_ROLES] {
        assert_eq!(
            ask(&playground, "POST", &path, json!({ "name": "x", "permission_overwrites": [me(bits)] })).await.1["code"],
            50013
        );
    }
    let overwrite = format!("/channels/{}/permissions/{BEN}", made["id"].as_str().unwrap());
    assert_eq!(ask(&playground, "PUT", &overwrite, json!({ "type": 1, "allow": "1024" })).await.0, 204);
    assert!(playground.permissions("Ben", "inc-1-db") & VIEW_CHANNEL != 0);
    assert_eq!(ask(&playground, "DELETE", &overwrite, Value::Null).await.0, 204);
    assert_eq!(ask(&playground, "DELETE", &overwrite, Value::Null).await.1["code"], 10009);
}

#[tokio::test]
async fn full_guilds_and_categories_refuse_channels() {
    let category = 900_000_000_000_000_062_u64;
    let playground = Playground::start(support::sample().channel(Channel::category(category, "cat"))).await.unwrap();
    let path = format!("/guilds/{GUILD}/channels");
    let make = || ask(&playground, "POST", &path, json!({ "name": "x", "parent_id": category.to_string() }));
    for _ in 0..50 {
        assert_eq!(make().await.0, 201);
    }
    assert_eq!(make().await.1["errors"]["parent_id"]["_errors"][0]["code"], "CHANNEL_PARENT_MAX_CHANNELS");
    playground.fill_channels(500);
    assert_eq!(ask(&playground, "POST", &path, json!({ "name": "x" })).await.1["code"], 30013);
    assert_eq!(
        ask(&playground, "POST", &format!("/channels/{GENERAL}/threads"), json!({ "name": "t", "type": 11 })).await.0,
        201,
        "threads do not count"
    );
}

#[tokio::test]
async fn threads_public_private_from_messages_and_in_forums() {
    let forum = 900_000_000_000_000_062_u64;
    let playground =
        Playground::start(support::sample().channel(Channel::new(forum, kind::FORUM, "forum"))).await.unwrap();
    let (_, private) =
        ask(&playground, "POST", &format!("/channels/{GENERAL}/threads"), json!({ "name": "quiet", "type": 12 })).await;
    assert_eq!((private["type"].as_u64(), playground.permissions("Ana", "quiet")), (Some(12), 0));
    let thread = private["id"].as_str().unwrap();
    assert_eq!(ask(&playground, "PUT", &format!("/channels/{thread}/thread-members/{ANA}"), Value::Null).await.0, 204);
    assert!(playground.permissions("Ana", "quiet") & VIEW_CHANNEL != 0);
    let message = playground.say("Ana", "general", "topic").await.unwrap();
    let (status, public) = ask(
        &playground,
        "POST",
        &format!("/channels/{GENERAL}/messages/{message}/threads"),
        json!({ "name": "public" }),
    )
    .await;
    assert_eq!((status, public["id"].as_str()), (201, Some(message.to_string().as_str())));
    assert_eq!(
        ask(
            &playground,
            "POST",
            &format!("/channels/{GENERAL}/messages/{message}/threads"),
            json!({ "name": "again" })
        )
        .await
        .1["code"],
        160004
    );
    let (_, post) = ask(
        &playground,
        "POST",
        &format!("/channels/{forum}/threads"),
        json!({ "name": "post", "message": { "content": "first" } }),
    )
    .await;
    assert_eq!(post["message"]["content"], "first");
    let (_, active) = ask(&playground, "GET", &format!("/guilds/{GUILD}/threads/active"), Value::Null).await;
    assert_eq!(active["threads"].as_array().unwrap().len(), 3);
    assert_eq!(
        ask(&playground, "PATCH", &format!("/channels/{thread}"), json!({ "archived": true, "locked": true })).await.0,
        200
    );
    assert_eq!(
        ask(&playground, "POST", &format!("/channels/{thread}/messages"), json!({ "content": "x" })).await.1["code"],
        50083
    );
}

#[tokio::test]
async fn commands_are_checked_kept_and_replaced() {
    let playground = fresh().await;
    let path = format!("/applications/{APP}/commands");
    let command = |name: &str| json!({ "name": name, "description": "d" });
    let (status, first) = ask(&playground, "PUT", &path, json!([command("a"), command("b")])).await;
    assert_eq!(status, 200);
    let (_, second) = ask(&playground, "PUT", &path, json!([command("b")])).await;
    assert_eq!((&second[0]["id"], playground.commands().len()), (&first[1]["id"], 1));
    for bad in [
        json!([command("Upper")]),
        json!([command("a"), command("a")]),
        json!([{ "name": "a", "description": "d".repeat(101) }]),
        json!([{ "name": "a", "description": "d", "optoins": [] }]),
        json!([{ "name": "a", "description": "d", "options": [{ "type": 3, "name": "x", "description": "d" }, { "type": 3, "name": "y", "description": "d", "required": true }] }]),
        json!([{ "name": "a", "description": "d", "options": [{ "type": 3, "name": "x", "description": "d", "autocomplete": true, "choices": [{ "name": "c", "value": "c" }] }] }]),
    ] {
        let (status, answer) = ask(&playground, "PUT", &path, bad.clone()).await;
        assert_eq!((status, &answer["code"]), (400, &json!(50035)), "{bad} {answer}");
    }
}

#[tokio::test]
async fn real_senders_post_through_the_webhooks_address() {
    let playground = fresh().await;
    let path = format!("/webhooks/{MONITOR}/webhook-token-{MONITOR}");
    let body = json!({ "username": "Grafana", "embeds": [{ "title": "CPU" }] });
    assert_eq!(ask_as(&playground, "", "POST", &path, body.clone()).await, (204, Value::Null));
    let (status, message) = ask_as(&playground, "", "POST", &format!("{path}?wait=true"), body).await;
    assert_eq!(
        (status, &message["webhook_id"], &message["author"]["id"]),
        (200, &json!(MONITOR.to_string()), &json!(MONITOR.to_string()))
    );
    assert_eq!(playground.messages("alerts").len(), 2);
}

#[tokio::test]
async fn files_arrive_as_attachments_and_reasons_are_kept() {
    let (playground, bot) = world().await;
    let file = serenity::all::CreateAttachment::bytes(b"# Timeline".to_vec(), "timeline.md");
    let message =
        bot.http.send_message(ChannelId::new(GENERAL), vec![file], &json!({ "content": "export" })).await.unwrap();
    assert_eq!((message.attachments[0].filename.as_str(), message.attachments[0].size), ("timeline.md", 10));
    let channel =
        bot.http.edit_channel(ChannelId::new(GENERAL), &json!({ "topic": "new" }), Some("INC-1 closed")).await.unwrap();
    assert_eq!(channel.topic.as_deref(), Some("new"));
    let call = playground.calls_to("PATCH", "/channels/*").pop().unwrap();
    assert_eq!((call.reason.as_deref(), call.status, call.authorized), (Some("INC-1 closed"), 200, true));
}

#[tokio::test]
async fn what_serenity_asks_is_all_known() {
    let (playground, bot) = world().await;
    bot.http.get_current_user().await.unwrap();
    bot.http.get_current_application_info().await.unwrap();
    bot.http.get_guild(GUILD.into()).await.unwrap();
    bot.http.get_channels(GUILD.into()).await.unwrap();
    bot.http.get_guild_roles(GUILD.into()).await.unwrap();
    bot.http.get_guild_members(GUILD.into(), Some(10), None).await.unwrap();
    bot.http.search_guild_members(GUILD.into(), "an", Some(5)).await.unwrap();
    bot.http.get_guild_active_threads(GUILD.into()).await.unwrap();
    bot.http.get_bot_gateway().await.unwrap();
    let message = bot.post(GENERAL, json!({ "content": "x" })).await.unwrap();
    bot.http.broadcast_typing(GENERAL.into()).await.unwrap();
    bot.http.create_reaction(GENERAL.into(), message.id, &'✅'.into()).await.unwrap();
    assert_eq!(
        bot.http.get_reaction_users(GENERAL.into(), message.id, &'✅'.into(), 10, None).await.unwrap()[0].id.get(),
        APP
    );
    bot.http.delete_reaction_me(GENERAL.into(), message.id, &'✅'.into()).await.unwrap();
    bot.http.pin_message(GENERAL.into(), message.id, None).await.unwrap();
    assert_eq!(bot.http.get_pins(GENERAL.into()).await.unwrap().len(), 1);
    bot.http.add_member_role(GUILD.into(), CLEO.into(), ONCALL.into(), None).await.unwrap();
    bot.http.delete_message(GENERAL.into(), message.id, None).await.unwrap();
    bot.http.delete_channel(GENERAL.into(), None).await.unwrap();
    let (status, _) = bot.raw(LightMethod::Get, Route::GuildChannels { guild_id: GUILD.into() }, None).await;
    assert_eq!((status, playground.unknown_routes()), (200, vec![]));
}
