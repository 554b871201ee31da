//! Channels as a reader sees them.

mod support;
use chrono::DateTime;
use muster_playground::{Channel, Paint, Playground};
use serde_json::json;
use support::*;

/// Times of day differ from run to run; everything else must not.
fn steady(text: &str) -> String {
    let hour = |word: &str| {
        word.len() == 5 && word.as_bytes()[2] == b':' && word.chars().filter(char::is_ascii_digit).count() == 4
    };
    let line =
        |line: &str| line.split(' ').map(|word| if hour(word) { "12:34" } else { word }).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_channel_reads_like_a_phone_shows_it() {
    let world = support::sample().channel(Channel::category(900_000_000_000_000_050, "INCIDENTS")).channel(
        Channel::text(900_000_000_000_000_051, "inc-1-db").parent(900_000_000_000_000_050).topic("Payments are slow"),
    );
    let playground = Playground::start(world).await.unwrap();
    let bot = http(&playground);
    let channel = serenity::all::ChannelId::new(900_000_000_000_000_051);
    let card = json!({
        "content": "<@900000000000000010> **Critical** · escalates to <@900000000000000011> <t:1700000300:R>",
        "embeds": [{ "title": "INC-1 Payments", "description": "p99 over 2 s", "color": 16711680,
            "fields": [{ "name": "Impact", "value": "high", "inline": true }, { "name": "Lead", "value": "nobody yet" }], "footer": { "text": "opened by Ana" } }],
        "components": [
            { "type": 1, "components": [
                { "type": 2, "style": 1, "label": "Acknowledge", "custom_id": "a" },
                { "type": 2, "style": 2, "label": "Escalate now", "custom_id": "b", "disabled": true },
                { "type": 2, "style": 5, "label": "Graph", "url": "https://example.org" } ] },
            { "type": 1, "components": [{ "type": 3, "custom_id": "m", "placeholder": "More …", "options": [{ "label": "x", "value": "x" }] }] },
            { "type": 1, "components": [{ "type": 5, "custom_id": "u", "placeholder": "Whom?", "default_values": [{ "id": "900000000000000011", "type": "user" }] }] } ] });
    let message = bot.send_message(channel, vec![], &card).await.unwrap();
    playground.react("Ana", "inc-1-db", message.id.get(), "✅").await.unwrap();
    playground.say("Ana", "inc-1-db", "looking").await.unwrap();
    let paint = Paint { width: 44, now: DateTime::from_timestamp(1_700_000_000, 0), ..Paint::default() };
    let expected = "\
#inc-1-db · INCIDENTS
Payments are slow
────────────────────────────────────────────
Bot [BOT]  12:34
@Ana Critical · escalates to @Ben in 5
minutes
┌──────────────────────────────────────────┐
│ INC-1 Payments                           │
│ p99 over 2 s                             │
│ Impact  high                             │
│ Lead                                     │
│ nobody yet                               │
│ opened by Ana                            │
└──────────────────────────────────────────┘
[ Acknowledge ] [-Escalate now-] [ Graph ↗ ]
( More … v )
( Ben v )
✅ 1

Ana  12:34
looking
";
    let drawn = playground.render_with("inc-1-db", &paint).unwrap();
    assert_eq!(steady(&drawn), expected, "{drawn}");
    let coloured = playground.render_with("inc-1-db", &Paint { colour: true, ..paint }).unwrap();
    assert!(
        coloured.contains("\x1b[44;97m[ Acknowledge ]\x1b[0m") && coloured.contains("\x1b[1mCritical\x1b[22m"),
        "{coloured}"
    );
}

#[tokio::test]
async fn ephemeral_answers_pins_and_edits_are_marked() {
    let (playground, bot) = world().await;
    let body = json!([{ "name": "help", "description": "Help" }]);
    bot.raw(serenity::all::LightMethod::Put, serenity::all::Route::Commands { application_id: APP.into() }, Some(body))
        .await;
    let typed = playground.slash("Ana", "general", "help", json!({})).await.unwrap();
    bot.answer(&bot.interaction().await, json!({ "type": 4, "data": { "content": "just this", "flags": 64 } }))
        .await
        .unwrap();
    typed.reply().await.unwrap();
    let message = playground.say("Ben", "general", "typo").await.unwrap();
    playground.edit_message("general", message, "fixed").await.unwrap();
    playground.set_pinned("Olga", "general", message, true).await.unwrap();
    let drawn = steady(&playground.render("general").unwrap());
    for wanted in
        ["┌ Ana used /help", "only Ana sees this", "Ben  12:34  📌 pinned\nfixed (edited)", "→ Olga pinned a message"]
    {
        assert!(drawn.contains(wanted), "{wanted:?} is missing in\n{drawn}");
    }
    let form = json!({ "title": "Resolve", "components": [{ "type": 1, "components": [{ "type": 4, "label": "Why", "custom_id": "w", "style": 1 }] }] });
    assert!(playground.render_form(&form, &Paint { width: 40, ..Paint::default() }).contains("│ Why *"));
}
