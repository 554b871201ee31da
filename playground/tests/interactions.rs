//! Interactions from both ends: what people may do, what the app answers, Discord's deadlines.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure here is a failed test")]

mod support;
use muster_playground::{Key, Playground};
use serde_json::{Value, json};
use serenity::all::{ChannelId, Interaction, LightMethod, MessageId, RoleId, Route, UserId};
use std::time::Duration;
use support::*;

fn commands() -> Value {
    let text = |name: &str, more: Value| {
        let mut option = json!({ "type": 3, "name": name, "description": "d" });
        option.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        option
    };
    json!([
        { "name": "incident", "description": "Incidents", "contexts": [0], "options": [
            { "type": 1, "name": "new", "description": "Declare", "options": [
                text("title", json!({ "required": true, "max_length": 20 })),
                text("impact", json!({ "choices": [{ "name": "High", "value": "high" }, { "name": "Low", "value": "low" }] })),
                { "type": 6, "name": "lead", "description": "who" },
                { "type": 8, "name": "team", "description": "role" },
                { "type": 7, "name": "room", "description": "channel" },
            ] },
            { "type": 2, "name": "role", "description": "Roles", "options": [
                { "type": 1, "name": "give", "description": "Give", "options": [text("what", json!({ "autocomplete": true, "required": true }))] },
            ] },
        ] },
        { "name": "admin", "description": "Only some", "default_member_permissions": "16" },
        { "name": "Add to timeline", "type": 3 },
        { "name": "Page this person", "type": 2 },
    ])
}

async fn registered() -> (Playground, Bot) {
    let (playground, bot) = world().await;
    let (status, body) =
        bot.raw(LightMethod::Put, Route::Commands { application_id: APP.into() }, Some(commands())).await;
    assert_eq!((status, body.as_array().unwrap().len()), (200, 4), "{body}");
    (playground, bot)
}

#[tokio::test]
async fn a_slash_command_arrives_with_everything_and_its_answer_is_seen() {
    let (playground, bot) = registered().await;
    let options = json!({ "title": "DB", "impact": "high", "lead": "Ben", "team": "oncall", "room": "#alerts" });
    let typed = playground.slash("Ana", "general", "incident new", options).await.unwrap();
    let interaction = bot.interaction().await;
    let Interaction::Command(command) = &interaction else { panic!("{interaction:?}") };
    assert_eq!(
        (command.data.name.as_str(), command.user.id.get(), command.guild_id.unwrap().get()),
        ("incident", ANA, GUILD)
    );
    assert!(
        command.data.resolved.users.contains_key(&UserId::new(BEN))
            && command.data.resolved.roles.contains_key(&RoleId::new(ONCALL))
    );
    assert!(
        command.data.resolved.channels.contains_key(&ChannelId::new(ALERTS))
            && command.data.resolved.members.contains_key(&UserId::new(BEN))
    );
    let member = command.member.as_ref().unwrap();
    assert!(
        member.permissions.unwrap().send_messages()
            && member.roles == [RoleId::new(ONCALL)]
            && command.app_permissions.unwrap().manage_channels()
    );
    bot.answer(&interaction, json!({ "type": 4, "data": { "content": "**INC-1**", "flags": 64 } })).await.unwrap();
    let reply = typed.reply().await.unwrap();
    assert_eq!((reply.content.as_str(), reply.only_for), ("**INC-1**", Some(ANA)));
    assert!(typed.callback().await.unwrap().after < Duration::from_millis(500));
    let (_, listed) = bot.raw(LightMethod::Get, Route::ChannelMessages { channel_id: GENERAL.into() }, None).await;
    assert_eq!(listed, json!([]), "an ephemeral answer is nobody else's");
    assert_eq!(
        code(&bot.answer(&interaction, json!({ "type": 4, "data": { "content": "again" } })).await.unwrap_err()),
        40060
    );
}

#[tokio::test]
async fn what_a_client_would_not_send_is_refused() {
    let (playground, _bot) = registered().await;
    for (user, channel, path, options) in [
        ("Ana", "general", "incidents new", json!({})),
        ("Ana", "general", "incident", json!({})),
        ("Ana", "general", "incident old", json!({})),
        ("Ana", "general", "incident new", json!({})),
        ("Ana", "general", "incident new", json!({ "title": "x", "odd": 1 })),
        ("Ana", "general", "incident new", json!({ "title": "x".repeat(21) })),
        ("Ana", "general", "incident new", json!({ "title": "x", "impact": "huge" })),
        ("Ana", "general", "incident new", json!({ "title": "x", "lead": "Nobody" })),
        ("Ana", "general", "admin", json!({})),
        ("Nobody", "general", "incident new", json!({ "title": "x" })),
    ] {
        assert!(playground.slash(user, channel, path, options.clone()).await.is_err(), "{user} {path} {options}");
    }
    assert!(playground.slash("Olga", "general", "admin", json!({})).await.is_ok());
    let dm = playground.open_dm("Ana").unwrap();
    assert!(playground.slash("Ana", dm, "incident new", json!({ "title": "x" })).await.is_err(), "contexts");
}

#[tokio::test]
async fn a_deferred_answer_is_thinking_until_it_is_edited_and_followups_come_after() {
    let (playground, bot) = registered().await;
    let typed = playground.slash("Ana", "general", "incident new", json!({ "title": "x" })).await.unwrap();
    let interaction = bot.interaction().await;
    bot.answer(&interaction, json!({ "type": 5 })).await.unwrap();
    assert_eq!(typed.callback().await.unwrap().kind, 5);
    assert!(typed.original().unwrap().has(muster_playground::message::flag::LOADING));
    bot.http
        .edit_original_interaction_response(interaction.token(), &json!({ "content": "done" }), vec![])
        .await
        .unwrap();
    assert_eq!(typed.reply().await.unwrap().content, "done");
    bot.http
        .create_followup_message(interaction.token(), &json!({ "content": "more", "flags": 64 }), vec![])
        .await
        .unwrap();
    assert_eq!(typed.text().await.unwrap(), "done\nmore");
    bot.http.delete_original_interaction_response(interaction.token()).await.unwrap();
    assert!(typed.original().is_none());
}

#[tokio::test]
async fn tokens_die_after_three_seconds_and_fifteen_minutes() {
    let (playground, bot) = registered().await;
    let start = || playground.slash("Ana", "general", "incident new", json!({ "title": "x" }));
    let silent = start().await.unwrap();
    let interaction = bot.interaction().await;
    playground.times(|times| times.callback = Duration::from_millis(200));
    assert!(silent.callback().await.is_err(), "did not respond");
    let late = bot.answer(&interaction, json!({ "type": 4, "data": { "content": "late" } })).await.unwrap_err();
    assert_eq!((status(&late), code(&late)), (404, 10062));
    playground.times(|times| times.callback = Duration::from_secs(3));
    start().await.unwrap();
    let interaction = bot.interaction().await;
    bot.answer(&interaction, json!({ "type": 5 })).await.unwrap();
    playground.advance(Duration::from_secs(901));
    let expired = bot
        .http
        .edit_original_interaction_response(interaction.token(), &json!({ "content": "x" }), vec![])
        .await
        .unwrap_err();
    assert_eq!((status(&expired), code(&expired)), (401, 50027));
}

#[tokio::test]
async fn the_same_interaction_can_come_twice() {
    let (playground, bot) = registered().await;
    let typed = playground.slash("Ana", "general", "incident new", json!({ "title": "x" })).await.unwrap();
    typed.again();
    assert_eq!(bot.interaction().await.id(), bot.interaction().await.id());
}

fn buttons() -> Value {
    json!({ "content": "card", "components": [
        { "type": 1, "components": [
            { "type": 2, "style": 1, "label": "Acknowledge", "custom_id": "ack" },
            { "type": 2, "style": 2, "label": "Old", "custom_id": "old", "disabled": true },
        ] },
        { "type": 1, "components": [{ "type": 3, "custom_id": "more", "placeholder": "More", "options": [
            { "label": "Impact", "value": "impact" }, { "label": "Page", "value": "page" }] }] },
        { "type": 1, "components": [{ "type": 5, "custom_id": "whom" }] },
    ] })
}

#[tokio::test]
async fn buttons_and_selects_work_as_shown_and_no_other_way() {
    let (playground, bot) = world().await;
    let card = bot.post(GENERAL, buttons()).await.unwrap().id.get();
    let pressed = playground.press("Ben", "general", card, "ack").await.unwrap();
    let interaction = bot.interaction().await;
    let Interaction::Component(component) = &interaction else { panic!("{interaction:?}") };
    assert_eq!(
        (component.data.custom_id.as_str(), component.message.id.get(), component.user.id.get()),
        ("ack", card, BEN)
    );
    bot.answer(&interaction, json!({ "type": 7, "data": { "content": "Ben has it", "components": [] } }))
        .await
        .unwrap();
    assert_eq!(pressed.reply().await.unwrap().id, card);
    assert!(playground.press("Ben", "general", card, "ack").await.is_err(), "the button is gone");
    let card = bot.post(GENERAL, buttons()).await.unwrap().id.get();
    assert!(playground.press("Ben", "general", card, "old").await.is_err(), "disabled");
    assert!(playground.press("Ben", "general", card, "more").await.is_err(), "no button");
    assert!(playground.select("Ben", "general", card, "more", &["nothing"]).await.is_err());
    playground.select("Ben", "general", card, "more", &["page"]).await.unwrap();
    bot.interaction().await;
    playground.select("Ben", "general", card, "whom", &["Ana"]).await.unwrap();
    let Interaction::Component(chosen) = bot.interaction().await else { panic!() };
    assert_eq!(format!("{:?}", chosen.data.kind), format!("UserSelect {{ values: [UserId({ANA})] }}"));
    let only_categories = json!({ "content": "Where?", "components": [{ "type": 1, "components": [
        { "type": 8, "custom_id": "where", "channel_types": [4] }] }] });
    let question = bot.post(GENERAL, only_categories).await.unwrap().id.get();
    assert!(playground.select("Ben", "general", question, "where", &["alerts"]).await.is_err(), "no category");
    playground.press_unchecked("Ben", "alerts", card, "v1:forged").await.unwrap();
    let Interaction::Component(forged) = bot.interaction().await else { panic!() };
    assert_eq!((forged.data.custom_id.as_str(), forged.channel_id.get()), ("v1:forged", ALERTS));
}

#[tokio::test]
async fn twenty_presses_in_one_instant_are_twenty_interactions() {
    let (playground, bot) = world().await;
    let card = bot.post(GENERAL, buttons()).await.unwrap().id.get();
    let users: Vec<Key> = [ANA, BEN, CLEO, OLGA].into_iter().cycle().take(20).map(Key::Id).collect();
    let pressed = playground.press_together(&users, "general", card, "ack").await.unwrap();
    for _ in 0..20 {
        let interaction = bot.interaction().await;
        bot.answer(&interaction, json!({ "type": 6 })).await.unwrap();
    }
    for one in pressed {
        assert_eq!(one.callback().await.unwrap().kind, 6);
    }
}

#[tokio::test]
async fn a_form_is_shown_filled_in_and_submitted() {
    let (playground, bot) = world().await;
    let card = bot.post(GENERAL, buttons()).await.unwrap().id.get();
    let pressed = playground.press("Ana", "general", card, "ack").await.unwrap();
    let input = |id: &str, required: bool| json!({ "type": 1, "components": [{ "type": 4, "custom_id": id, "label": id, "style": 1, "required": required, "max_length": 10 }] });
    let form = json!({ "type": 9, "data": { "custom_id": "form", "title": "Resolve", "components": [input("why", true), input("note", false)] } });
    bot.answer(&bot.interaction().await, form).await.unwrap();
    for bad in [json!({}), json!({ "why": "x".repeat(11) }), json!({ "why": "x", "odd": "y" })] {
        assert!(playground.submit("Ana", &pressed, bad.clone()).await.is_err(), "{bad}");
    }
    assert!(playground.submit("Ben", &pressed, json!({ "why": "x" })).await.is_err(), "Ben was shown nothing");
    let submitted = playground.submit("Ana", &pressed, json!({ "why": "fixed" })).await.unwrap();
    let interaction = bot.interaction().await;
    let Interaction::Modal(modal) = &interaction else { panic!("{interaction:?}") };
    assert_eq!((modal.data.custom_id.as_str(), modal.data.components.len()), ("form", 2));
    assert_eq!(modal.message.as_ref().unwrap().id.get(), card);
    assert_eq!(
        code(
            &bot.answer(
                &interaction,
                json!({ "type": 9, "data": { "custom_id": "f", "title": "t", "components": [input("a", true)] } })
            )
            .await
            .unwrap_err()
        ),
        50035
    );
    bot.answer(&interaction, json!({ "type": 4, "data": { "content": "resolved" } })).await.unwrap();
    assert_eq!(submitted.text().await.unwrap(), "resolved");
}

#[tokio::test]
async fn completions_and_menus() {
    let (playground, bot) = registered().await;
    let asked = playground
        .autocomplete("Ana", "general", "incident role give", json!({ "what": "com" }), "what")
        .await
        .unwrap();
    let interaction = bot.interaction().await;
    let Interaction::Autocomplete(typed) = &interaction else { panic!("{interaction:?}") };
    assert_eq!(typed.data.autocomplete().unwrap().value, "com");
    assert_eq!(code(&bot.answer(&interaction, json!({ "type": 5 })).await.unwrap_err()), 50035);
    bot.answer(
        &interaction,
        json!({ "type": 8, "data": { "choices": [{ "name": "Commander", "value": "commander" }] } }),
    )
    .await
    .unwrap();
    assert_eq!(asked.choices().await.unwrap(), [("Commander".to_owned(), json!("commander"))]);
    let message = playground.say("Ben", "general", "it was DNS").await.unwrap();
    playground.message_menu("Ana", "general", message, "Add to timeline").await.unwrap();
    let Interaction::Command(menu) = bot.interaction().await else { panic!() };
    assert_eq!(menu.data.resolved.messages[&MessageId::new(message)].content, "it was DNS");
    playground.user_menu("Ana", "general", "Ben", "Page this person").await.unwrap();
    let Interaction::Command(menu) = bot.interaction().await else { panic!() };
    assert_eq!(menu.data.target_id.unwrap().get(), BEN);
}

#[tokio::test]
async fn a_bare_bot_answers_within_a_millisecond_or_so() {
    let (playground, bot) = registered().await;
    let mut times = Vec::new();
    for _ in 0..200 {
        let typed = playground.slash("Ana", "general", "incident new", json!({ "title": "x" })).await.unwrap();
        let interaction = bot.interaction().await;
        bot.answer(&interaction, json!({ "type": 4, "data": { "content": "x" } })).await.unwrap();
        times.push(typed.callback().await.unwrap().after);
    }
    times.sort();
    println!("interaction to callback: p50 {:?}, p99 {:?}", times[100], times[198]);
    // Measured in a release build on loopback: p50 0.26 ms, p99 0.41 ms. The bound is for unoptimised builds on busy machines.
    assert!(times[100] < Duration::from_millis(20), "{:?}", times[100]);
}

#[tokio::test]
async fn answers_to_buttons_and_forms_decode_as_messages() {
    let (playground, bot) = world().await;
    let card = bot.post(GENERAL, buttons()).await.unwrap().id.get();
    let pressed = playground.press("Ana", "general", card, "ack").await.unwrap();
    bot.answer(&bot.interaction().await, json!({ "type": 4, "data": { "content": "yours" } })).await.unwrap();
    let answer = bot.message().await;
    assert_eq!((answer.content.as_str(), answer.application_id.map(|id| id.get())), ("yours", Some(APP)));
    assert!(answer.interaction_metadata.is_some() && answer.webhook_id.is_some());
    assert_eq!(pressed.text().await.unwrap(), "yours");
    let pressed = playground.press("Ana", "general", card, "ack").await.unwrap();
    let row = json!({ "type": 1, "components": [{ "type": 4, "custom_id": "why", "label": "Why", "style": 2 }] });
    bot.answer(
        &bot.interaction().await,
        json!({ "type": 9, "data": { "custom_id": "f", "title": "t", "components": [row] } }),
    )
    .await
    .unwrap();
    playground.submit("Ana", &pressed, json!({ "why": "x" })).await.unwrap();
    bot.answer(&bot.interaction().await, json!({ "type": 4, "data": { "content": "thanks" } })).await.unwrap();
    let answer = bot.message().await;
    assert!(answer.content == "thanks" && answer.interaction_metadata.is_some());
}

#[tokio::test]
async fn commands_and_buttons_work_in_direct_messages() {
    let (playground, bot) = world().await;
    let commands = json!([{ "name": "ack", "description": "Acknowledge", "contexts": [0, 1] }]);
    bot.raw(LightMethod::Put, Route::Commands { application_id: APP.into() }, Some(commands)).await;
    let dm = playground.open_dm("Ana").unwrap();
    let typed = playground.slash("Ana", dm, "ack", json!({})).await.unwrap();
    let interaction = bot.interaction().await;
    let Interaction::Command(command) = &interaction else { panic!("{interaction:?}") };
    assert_eq!((command.guild_id, command.user.id.get(), command.channel_id.get()), (None, ANA, dm));
    bot.answer(&interaction, json!({ "type": 4, "data": { "content": "done" } })).await.unwrap();
    assert_eq!(typed.text().await.unwrap(), "done");
    let page = bot.post(dm, buttons()).await.unwrap().id.get();
    playground.press("Ana", dm, page, "ack").await.unwrap();
    let Interaction::Component(pressed) = bot.interaction().await else { panic!() };
    assert_eq!((pressed.user.id.get(), pressed.message.id.get()), (ANA, page));
    assert!(playground.press("Ben", dm, page, "ack").await.is_err(), "Ben cannot see it");
}
