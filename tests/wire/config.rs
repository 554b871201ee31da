//! Set-up in chat: what is sent is shown first, and in force only after a yes.

use muster::domain::definition::Kind;
use muster::domain::id::{GuildId, UserId};
use muster::domain::name::Name;
use muster_playground::{Interaction, Message};
use serde_json::{Value, json};

use crate::bench::{Bench, GUILD, answered, button, story};

/// The owner of the sample guild may do everything.
const ADMIN: &str = "Olga";
const OLGA: u64 = GUILD + 18;

fn contact(name: &str, more: &str) -> String {
    format!(
        "kind: contact\nname: {name}\nspec:\n  display_name: {name}\n  discord_user: \"@Cleo\"\n  channels: [{{name: here, type: mention}}]\n  \
         stages: [{{duration: 0s, targets: [{{channel: here}}]}}]\n{more}"
    )
}

async fn typed(bench: &Bench, words: &str, options: Value) -> Interaction {
    bench.discord.slash(ADMIN, "general", words, options).await.unwrap()
}

async fn reply(bench: &Bench, words: &str, options: Value) -> Message {
    typed(bench, words, options).await.reply().await.unwrap()
}

async fn press(bench: &Bench, message: &Message, begins: &str) -> Interaction {
    let id = button(message, begins).unwrap_or_else(|| panic!("no {begins} below {}", message.text()));
    bench.discord.press(ADMIN, "general", message.id, &id).await.unwrap()
}

async fn send(bench: &Bench, form: &Interaction, text: &str) -> Message {
    let sent = bench.discord.submit(ADMIN, form, json!({ "definition": text })).await.unwrap();
    sent.reply().await.unwrap()
}

async fn form_text(form: &Interaction) -> String {
    let data = form.callback().await.unwrap().data;
    data["components"][0]["components"][0]["value"].as_str().unwrap().to_owned()
}

fn path(call: &muster_playground::Exchange) -> String {
    call.path.clone()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_shown_then_confirmed_then_in_force() {
    story(async |bench: Bench| {
        let file = json!({ "file": { "filename": "dora.yaml", "content": contact("dora", "") } });
        let shown = reply(&bench, "config apply", file).await;
        assert!(shown.text().contains("Nothing is changed yet"), "{}", shown.text());
        assert!(shown.text().contains("add **contact dora**"), "{}", shown.text());
        assert!(bench.app.in_force(GuildId(GUILD)).await.unwrap().contact(&name("dora")).is_none());
        assert!(button(&shown, "v1:definition-form:").is_none(), "a file is corrected where it is");

        let done = press(&bench, &shown, "v1:definition-yes:").await.reply().await.unwrap();
        assert!(done.text().starts_with("In force as revision 2: 1 added."), "{}", done.text());
        let set = bench.app.in_force(GuildId(GUILD)).await.unwrap();
        assert_eq!(
            set.contact(&name("dora")).unwrap().user(),
            Some(UserId(crate::bench::CLEO)),
            "the name became an id"
        );
        let version = &bench.app.history(GuildId(GUILD), Kind::Contact, &name("dora"), 5).await.unwrap()[0];
        assert_eq!((version.by, version.via.as_str()), (Some(UserId(OLGA)), "chat"));

        let again = press(&bench, &shown, "v1:definition-yes:").await.reply().await.unwrap();
        assert!(again.text().contains("shown too long ago"), "{}", again.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_with_lines_and_corrected_in_the_form() {
    story(async |bench: Bench| {
        let form = typed(&bench, "config new", json!({ "kind": "contact" })).await;
        assert_eq!(answered(&form).await, 9);
        assert!(form_text(&form).await.starts_with("kind: contact\n"));
        let wrong = contact("dora", "  stagess: []\n");
        let told = send(&bench, &form, &wrong).await;
        assert!(told.text().contains("Nothing was changed: one thing is wrong."), "{}", told.text());
        assert!(told.text().contains("line 8 · contact dora · stagess"), "{}", told.text());

        let form = press(&bench, &told, "v1:definition-form:").await;
        assert_eq!(answered(&form).await, 9);
        assert_eq!(form_text(&form).await, wrong, "nothing typed is lost");
        let shown = send(&bench, &form, &contact("dora", "")).await;
        press(&bench, &shown, "v1:definition-yes:").await.reply().await.unwrap();

        let edit = typed(&bench, "config edit", json!({ "kind": "contact", "name": "dora" })).await;
        let text = form_text(&edit).await;
        let same = send(&bench, &edit, &text).await;
        assert!(same.text().contains("Nothing to change"), "{}", same.text());
        let shown = send(&bench, &edit, &text.replace("display_name: dora", "display_name: Dora")).await;
        assert!(shown.text().contains("display\\_name: dora → Dora"), "{}", shown.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_edit_at_once_see_each_other() {
    story(async |bench: Bench| {
        let mine = typed(&bench, "config edit", json!({ "kind": "contact", "name": "ben" })).await;
        let text = form_text(&mine).await;
        let theirs = typed(&bench, "config edit", json!({ "kind": "contact", "name": "ben" })).await;
        let shown = send(&bench, &theirs, &text.replace("display_name: Ben", "display_name: Benjamin")).await;
        let conflicting = send(&bench, &mine, &text.replace("duration: 0s", "duration: 1m")).await;
        press(&bench, &shown, "v1:definition-yes:").await.reply().await.unwrap();

        let again = press(&bench, &conflicting, "v1:definition-yes:").await.reply().await.unwrap();
        assert!(again.text().contains("Something changed since you were asked"), "{}", again.text());
        assert!(again.text().contains("changed contact ben while you wrote"), "{}", again.text());
        assert!(again.text().contains("Benjamin → Ben"), "it says what it would undo: {}", again.text());
        let set = bench.app.in_force(GuildId(GUILD)).await.unwrap();
        assert_eq!(set.contact(&name("ben")).unwrap().display_name, "Benjamin", "nothing was done yet");

        let form = press(&bench, &again, "v1:definition-form:").await;
        assert!(form_text(&form).await.contains("duration: 1m"), "nothing is lost");
        press(&bench, &again, "v1:definition-yes:").await.reply().await.unwrap();
        let set = bench.app.in_force(GuildId(GUILD)).await.unwrap();
        assert_eq!(set.contact(&name("ben")).unwrap().display_name, "Ben", "the second yes counts");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_applies_with_no_difference() {
    story(async |bench: Bench| {
        let exported = reply(&bench, "config export", json!({})).await;
        let url = exported.attachments[0]["url"].as_str().unwrap().to_owned();
        let content = String::from_utf8(bench.discord.file(&url).unwrap()).unwrap();
        assert!(content.starts_with("kind: settings\n"), "{content}");
        let file = json!({ "file": { "filename": "muster.yaml", "content": content } });
        let told = reply(&bench, "config apply", file).await;
        assert!(told.text().contains("Nothing to change"), "{}", told.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_says_who_needs_it_and_a_rollback_brings_it_back() {
    story(async |bench: Bench| {
        let refused = reply(&bench, "config delete", json!({ "kind": "contact", "name": "ben" })).await;
        assert!(refused.text().contains("escalation\\_plan db"), "{}", refused.text());
        assert!(refused.controls().is_empty(), "there is nothing to say yes to");

        let shown = reply(&bench, "config delete", json!({ "kind": "alert_source", "name": "monitor" })).await;
        assert!(shown.text().contains("remove **alert_source monitor**"), "{}", shown.text());
        press(&bench, &shown, "v1:definition-yes:").await.reply().await.unwrap();
        let gone = bench.app.in_force(GuildId(GUILD)).await.unwrap();
        assert!(gone.alert_source(&name("monitor")).is_none());

        let unknown = reply(&bench, "config edit", json!({ "kind": "alert_source", "name": "monitor" })).await;
        assert!(unknown.text().contains("There is no alert_source"), "{}", unknown.text());
        let told = reply(&bench, "config history", json!({ "kind": "alert_source", "name": "monitor" })).await;
        assert!(told.text().contains("removed") && told.text().contains("added"), "{}", told.text());
        let back = json!({ "kind": "alert_source", "name": "monitor", "version": "1" });
        let shown = reply(&bench, "config rollback", back).await;
        assert!(shown.text().contains("add **alert_source monitor**"), "{}", shown.text());
        press(&bench, &shown, "v1:definition-yes:").await.reply().await.unwrap();
        let set = bench.app.in_force(GuildId(GUILD)).await.unwrap();
        assert!(set.alert_source(&name("monitor")).is_some());
        let none = json!({ "kind": "alert_source", "name": "monitor", "version": "9" });
        let refused = reply(&bench, "config rollback", none).await;
        assert!(refused.text().contains("has no version 9"), "{}", refused.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_versions_are_completed() {
    story(async |bench: Bench| {
        let complete = async |words: &str, given: Value, option: &str| {
            let typing = bench.discord.autocomplete(ADMIN, "general", words, given, option).await.unwrap();
            typing.choices().await.unwrap()
        };
        let names = complete("config edit", json!({ "kind": "contact", "name": "b" }), "name").await;
        assert_eq!(names, [("ben · Ben".to_owned(), json!("ben"))]);
        let versions =
            complete("config rollback", json!({ "kind": "contact", "name": "ben", "version": "" }), "version").await;
        assert!(
            versions.len() == 1 && versions[0].1 == json!("1") && versions[0].0.ends_with("· added"),
            "{versions:?}"
        );
        let stranger = bench.discord.autocomplete(
            "Cleo",
            "general",
            "config edit",
            json!({ "kind": "contact", "name": "" }),
            "name",
        );
        assert_eq!(stranger.await.unwrap().choices().await.unwrap(), []);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_configure_does_and_only_who_asked_says_yes() {
    story(async |bench: Bench| {
        for (words, options) in [("config export", json!({})), ("config new", json!({ "kind": "contact" }))] {
            let typed = bench.discord.slash("Cleo", "general", words, options).await.unwrap();
            let refused = typed.reply().await.unwrap();
            assert!(refused.text().starts_with("You may not change the set-up here."), "{}", refused.text());
        }
        let file = json!({ "file": { "filename": "dora.yaml", "content": contact("dora", "") } });
        let shown = reply(&bench, "config apply", file).await;
        let yes = button(&shown, "v1:definition-yes:").unwrap();
        let forged = bench.discord.press_unchecked("Cleo", "general", shown.id, &yes).await.unwrap();
        let refused = forged.reply().await.unwrap();
        assert!(refused.text().starts_with("You may not change the set-up here."), "{}", refused.text());
        assert!(bench.app.in_force(GuildId(GUILD)).await.unwrap().contact(&name("dora")).is_none());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_definition_is_told_and_much_of_it_is_attached() {
    story(async |bench: Bench| {
        let odd = |n: usize| "t".repeat(if n == 0 { 0 } else { 90 });
        let many: Vec<String> = (0..60).map(|n| format!("kind: contcat{}\nname: n{n}\nspec: {{}}\n", odd(n))).collect();
        let file = json!({ "file": { "filename": "many.yaml", "content": many.join("---\n") } });
        let told = reply(&bench, "config apply", file).await;
        assert!(told.text().contains("21 things are wrong") && told.text().contains("more lines"), "{}", told.text());
        let url = told.attachments[0]["url"].as_str().unwrap().to_owned();
        let all = String::from_utf8(bench.discord.file(&url).unwrap()).unwrap();
        assert_eq!(all.lines().count(), 21, "twenty are told, and that there may be more");
        assert!(all.ends_with("reading stopped there: more may be wrong; mend these first\n"), "{all}");
        assert!(all.starts_with("many.yaml:1:7: kind: there is no kind `contcat`; did you mean `contact`?"), "{all}");

        let big = json!({ "file": { "filename": "big.yaml", "content": "#".repeat((1 << 20) + 1) } });
        let told = reply(&bench, "config apply", big).await;
        assert!(told.text().contains("is too big: at most 1 MiB"), "{}", told.text());
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_or_read_of_somebody_who_may_not() {
    story(async |bench: Bench| {
        let hostile = "[".to_owned() + &"{kind: settings, name: guild, spec: {}},".repeat(20_000) + "]";
        let before = bench.see(|look| Some(look.calls().len())).await;
        let file = json!({ "file": { "filename": "dora.yaml", "content": hostile } });
        let told = bench.discord.slash("Cleo", "general", "config apply", file).await.unwrap();
        let told = told.text().await.unwrap();
        assert!(told.contains("Manage Server"), "{told}");
        let calls: Vec<String> = bench.see(|look| Some(look.calls()[before..].iter().map(path).collect())).await;
        let asked = |path: &&String| path.contains("attachments") || path.starts_with("/guilds/");
        assert_eq!(calls.iter().find(asked), None);
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_press_changes_nothing() {
    story(async |bench: Bench| {
        let file = json!({ "file": { "filename": "dora.yaml", "content": contact("dora", "") } });
        let shown = reply(&bench, "config apply", file).await;
        let yes = button(&shown, "v1:definition-yes:").unwrap();
        let set = bench.app.in_force(GuildId(GUILD)).await.unwrap();
        // Anybody sees the page, and forges what is pressed on it.
        let (room, page) = bench.paged().await;
        let all = [
            yes.as_str(),
            "v1:definition-form:1",
            "v1:setup-at:9",
            "v1:setup-past:1",
            "v1:setup-zone-other",
            "v1:setup-test",
            "v1:setup-turns-all:0:9",
            "v1:setup-plan",
            "v1:setup-drill",
        ];
        for id in all {
            let pressed = bench.discord.press_unchecked("Cleo", room.id, page.id, id).await.unwrap();
            let told = pressed.reply().await.unwrap();
            assert!(told.only_for.is_some() && told.text().contains("Manage Server"), "{id}: {}", told.text());
        }
        assert_eq!(bench.app.in_force(GuildId(GUILD)).await.unwrap(), set);
        bench.end().await;
    })
    .await;
}
