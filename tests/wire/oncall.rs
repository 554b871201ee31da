//! `/oncall` over the whole way: what is typed, completed, pressed and opened, in the server and in a direct message.

use muster_playground::{Fault, Interaction, Key, Message};
use serde_json::{Value, json};

use crate::bench::{ANA, BEN, Bench, CLEO, TEAM, button, sample, story_in};

/// Ana is on call, day after day; notices go to #incidents, the announcement channel.
const SCHEDULE: &str = r#"
---
kind: contact
name: cleo
spec: {display_name: Cleo, discord_user: "900000000000000012", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: schedule
name: primary
spec:
  display_name: Payments primary
  announce: "900000000000000030"
  rotations: [{name: one, start: 2026-01-05T00:00, time_zone: UTC, contacts: [ana], hand_off: {daily: ["00:00"]}}]
"#;
const ANNOUNCE: u64 = 900_000_000_000_000_030;
const ELSEWHERE: u64 = 900_000_000_000_000_031;

fn team() -> String {
    format!("{}{SCHEDULE}", TEAM.trim_end())
}

async fn story(told: impl AsyncFn(Bench)) {
    story_in(sample(), &team(), told).await;
}

async fn typed(bench: &Bench, who: &str, words: &str, options: Value) -> Interaction {
    bench.discord.slash(who, "general", words, options).await.unwrap()
}

async fn said(bench: &Bench, who: &str, words: &str, options: Value) -> Message {
    typed(bench, who, words, options).await.reply().await.unwrap()
}

async fn press(bench: &Bench, who: &str, place: impl Into<Key>, message: &Message, begins: &str) -> Message {
    let id = button(message, begins).unwrap_or_else(|| panic!("no {begins} below {}", message.text()));
    bench.discord.press(who, place, message.id, &id).await.unwrap().reply().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_reads_who_is_on_call() {
    story(async |bench: Bench| {
        let rows = [
            ("oncall who", json!({}), "Ana"),
            ("oncall show", json!({ "schedule": "Primary" }), "hands off daily"),
            ("oncall preview", json!({ "schedule": "primary", "weeks": 1 }), "Ana"),
            ("oncall calendar", json!({ "weeks": 2 }), "```"),
            ("oncall gaps", json!({}), "all the time"),
            ("oncall overrides", json!({}), "No override"),
            ("oncall who", json!({ "at": "yesterday" }), "is not a time"),
        ];
        for (words, options, wanted) in rows {
            let reply = said(&bench, "Olga", words, options).await;
            assert!(reply.text().contains(wanted), "{words}: {}", reply.text());
        }
        let file = said(&bench, "Olga", "oncall ical", json!({ "schedule": "primary" })).await;
        assert!(file.attachments[0]["filename"].as_str().unwrap().ends_with("primary.ics"));
        let ics = bench.discord.file(file.attachments[0]["url"].as_str().unwrap()).unwrap();
        let ics = String::from_utf8(ics).unwrap();
        assert!(ics.starts_with("BEGIN:VCALENDAR\r\n") && ics.matches("BEGIN:VEVENT").count() >= 180, "{ics}");

        let dm = bench.discord.open_dm("Ana").unwrap();
        let mine = bench.discord.slash("Ana", dm, "oncall mine", json!({})).await.unwrap();
        assert!(mine.text().await.unwrap().contains("You are on call"));
        let elsewhere = bench.discord.slash("Ana", dm, "oncall who", json!({})).await.unwrap();
        assert!(elsewhere.text().await.unwrap().contains("in a channel of the server"));
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_completed() {
    story(async |bench: Bench| {
        let complete = async |words: &str, options: Value, focused: &str| {
            let typing = bench.discord.autocomplete("Olga", "general", words, options, focused).await.unwrap();
            typing.choices().await.unwrap()
        };
        let schedules = complete("oncall who", json!({ "schedule": "pay" }), "schedule").await;
        assert_eq!(schedules, [("Payments primary".to_owned(), json!("primary"))]);
        let given = |members: &str| json!({ "schedule": "primary", "from": "now", "to": "2h", "members": members });
        let first = complete("oncall override", given("be"), "members").await;
        assert_eq!(first, [("Ben".to_owned(), json!("ben"))]);
        let second = complete("oncall override", given("ben, "), "members").await;
        assert_eq!(second.iter().map(|(_, value)| value).collect::<Vec<_>>(), ["ben, ana", "ben, cleo"]);
        let mut options = given("ben");
        options["rotation"] = json!("o");
        assert_eq!(complete("oncall override", options, "rotation").await, [("one".to_owned(), json!("one"))]);

        let shown = said(&bench, "Olga", "oncall override", given("ben")).await;
        press(&bench, "Olga", "general", &shown, "v1:oncall-save:").await;
        let overrides = complete("oncall cancel", json!({ "override": "" }), "override").await;
        assert!(overrides.len() == 1 && overrides[0].0.contains("Ben"), "{overrides:?}");
        let back = said(&bench, "Olga", "oncall cancel", json!({ "override": overrides[0].1 })).await;
        assert!(back.text().contains("Ana"), "{}", back.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_is_shown_then_saved_then_told_quietly() {
    story(async |bench: Bench| {
        let asked =
            json!({ "schedule": "primary", "from": "now", "to": "2h", "members": "<@900000000000000011> cleo" });
        let shown = said(&bench, "Olga", "oncall override", asked.clone()).await;
        assert!(shown.text().contains("Nothing is changed yet"), "{}", shown.text());
        let left = bench.discord.press("Olga", "general", shown.id, "v1:dismiss").await.unwrap();
        left.callback().await.unwrap();
        let who = said(&bench, "Olga", "oncall who", json!({})).await;
        assert!(who.text().contains("Ana"), "{}", who.text());
        let shown = said(&bench, "Olga", "oncall override", asked).await;
        press(&bench, "Olga", "general", &shown, "v1:oncall-save:").await;
        let who = said(&bench, "Olga", "oncall who", json!({})).await;
        assert!(who.text().contains("Ben and Cleo until"), "{}", who.text());
        let told = |message: &Message| message.text().contains("on call for **Payments primary**");
        bench.see(|look| look.messages(ANNOUNCE).into_iter().find(told)).await;
        assert_eq!(bench.pinged(), Vec::<String>::new());

        let stranger = said(&bench, "Ben", "oncall take", json!({ "schedule": "primary" })).await;
        assert!(stranger.text().contains("on call for **Payments primary** already"), "{}", stranger.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_chosen_where_several_are_on_call() {
    let team = team().replace("contacts: [ana]", "contacts: [ana, ben], on_call: 2");
    story_in(sample(), &team, async |bench: Bench| {
        let asked = said(&bench, "Cleo", "oncall take", json!({ "schedule": "primary", "until": "3h" })).await;
        let select = button(&asked, "v1:oncall-place:").unwrap();
        let taken = bench.discord.select("Cleo", "general", asked.id, &select, &["ben"]).await.unwrap();
        let taken = taken.reply().await.unwrap();
        assert_eq!(taken.only_for, Some(CLEO));
        assert!(taken.text().contains("in place of Ben") && taken.text().contains("with Ana"), "{}", taken.text());
        let told = |message: &Message| message.text().contains(&format!("in place of <@{BEN}>"));
        bench.see(|look| look.messages(ANNOUNCE).into_iter().find(told)).await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_taken_by_one_of_two_who_press_at_once() {
    story(async |bench: Bench| {
        let offered = said(&bench, "Ana", "oncall cover", json!({ "from": "in 3h", "to": "2h" })).await;
        assert_eq!(offered.only_for, Some(ANA));
        let open = |message: &Message| button(message, "v1:cover-take:").is_some();
        let offer = bench.see(|look| look.messages(ANNOUNCE).into_iter().find(open)).await;
        assert_eq!(offer.mentions, Vec::<u64>::new(), "an offer pings nobody");
        let take = button(&offer, "v1:cover-take:").unwrap();
        let pressed =
            bench.discord.press_together(&["Ben".into(), "Cleo".into()], ANNOUNCE, offer.id, &take).await.unwrap();
        let mut answers = Vec::new();
        for one in pressed {
            answers.push(one.reply().await.unwrap().text());
        }
        assert_eq!(answers.iter().filter(|text| text.starts_with("Yours.")).count(), 1, "{answers:?}");
        let closed = bench.closed(offer.id).await;
        assert!(closed.text().contains("Taken by"), "{}", closed.text());
        let back = press(&bench, "Ana", "general", &offered, "v1:cover-back:").await;
        assert!(back.text().contains("took it"), "too late to take it back: {}", back.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_that_begins_soon_is_said_to_be_nobodys_at_once() {
    story(async |bench: Bench| {
        said(&bench, "Ana", "oncall cover", json!({ "from": "in 10m", "to": "2h" })).await;
        bench.see(|look| look.pings().iter().any(|ping| ping.user == ANA).then_some(())).await;
        let open = |message: &Message| button(message, "v1:cover-take:").is_some();
        let offer = bench.see(|look| look.messages(ANNOUNCE).into_iter().find(open)).await;
        let mine = press(&bench, "Ana", ANNOUNCE, &offer, "v1:cover-take:").await;
        assert!(mine.text().contains("stays yours"), "{}", mine.text());
        bench.closed(offer.id).await;
        assert_eq!(bench.pinged(), ["Ana"]);
        bench.end().await;
    })
    .await;
}

/// Where Discord refuses the channel of notices, the offer stands where it was typed.
#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_refused_in_one_channel_is_shown_in_the_other() {
    story(async |bench: Bench| {
        let refused = Fault::on("POST", format!("/channels/{ANNOUNCE}/messages"));
        bench.discord.fault(refused.refuse(403, 50001, "Missing Access"));
        let options = json!({ "from": "in 3h", "to": "2h" });
        bench.discord.slash("Ana", ELSEWHERE, "oncall cover", options).await.unwrap().reply().await.unwrap();
        let open = |message: &Message| button(message, "v1:cover-take:").is_some();
        bench.see(|look| look.messages(ELSEWHERE).into_iter().find(open)).await;
        bench.end().await;
    })
    .await;
}
