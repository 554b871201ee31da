//! `/setup` from an empty server to the first acknowledged test page and a drill, as a team lead does it on a phone: no id typed,
//! no YAML. Every step is counted and printed as the screen shows it (`--nocapture`).

use muster::domain::id::GuildId;
use muster_playground::{Id, Interaction, Member, Message, Paint, permission::bit};
use serde_json::json;

use crate::bench::{ANA, Bench, CLEO, GUILD, answered, bosses, button, sample, story_from_nothing};

/// The bot's own role.
const BOTS: Id = GUILD + 500_000;
/// A role of administrators.
const BOSSES: Id = GUILD + 98;

/// What the first acknowledged test page may cost: presses, choices and typed commands, the press on the page included.
const TO_THE_FIRST_PAGE: usize = 8;
/// The same to the end: two people, turns, a plan, a drill answered and resolved.
const TO_THE_END: usize = 18;

/// Somebody on the path.
struct Walk<'b> {
    bench: &'b Bench,
    who: &'static str,
    /// The one message that the path is.
    message: Message,
    steps: usize,
}

impl<'b> Walk<'b> {
    /// Types `/setup`.
    async fn begin(bench: &'b Bench, who: &'static str) -> Walk<'b> {
        let typed = bench.discord.slash(who, "general", "setup", json!({})).await.unwrap();
        let message = typed.reply().await.unwrap();
        let walk = Walk { bench, who, message, steps: 1 };
        walk.print("types /setup");
        walk
    }

    async fn press(&mut self, label: &str) {
        let id = self.message.button(label).unwrap_or_else(|| panic!("no button {label} in {}", self.text()));
        let pressed = self.bench.discord.press(self.who, "general", self.message.id, &id).await.unwrap();
        self.drawn_anew(&pressed, &format!("presses {label}")).await;
    }

    async fn select(&mut self, begins: &str, values: &[&str]) {
        let id = button(&self.message, begins).unwrap_or_else(|| panic!("no select {begins} in {}", self.text()));
        let chosen = self.bench.discord.select(self.who, "general", self.message.id, &id, values).await.unwrap();
        self.drawn_anew(&chosen, &format!("chooses {}", values.join(", "))).await;
    }

    /// The message is put off without a word, then drawn anew in its place.
    async fn drawn_anew(&mut self, asked: &Interaction, did: &str) {
        assert_eq!(answered(asked).await, 6, "{did}");
        let (id, before) = (self.message.id, self.message.edited);
        self.message = self.bench.see(|look| look.message(id).filter(|message| message.edited != before)).await;
        self.steps += 1;
        self.print(did);
    }

    /// Somebody does something elsewhere that the path asked for.
    fn elsewhere(&mut self, did: &str) {
        self.steps += 1;
        println!("{:>2}. {did}\n", self.steps);
    }

    fn text(&self) -> String {
        self.message.text()
    }

    fn asks(&self, question: &str) {
        assert!(self.text().contains(question), "not {question}: {}", self.text());
    }

    fn print(&self, did: &str) {
        let paint = Paint { width: 46, ..Paint::default() };
        let shown = self.bench.discord.render_message(self.message.id, &paint).unwrap();
        println!("{:>2}. {} {did}\n\n{shown}", self.steps, self.who);
    }
}

/// The direct message that waits for an answer, and its button.
async fn test_page(bench: &Bench, who: &'static str) -> (Message, String) {
    bench
        .see(|look| {
            let waiting = |message: Message| button(&message, "v1:ack:").map(|id| (message, id));
            look.dms(who).into_iter().rev().find_map(waiting)
        })
        .await
}

async fn acknowledge(bench: &Bench, who: &'static str) {
    let (page, id) = test_page(bench, who).await;
    bench.discord.press(who, page.channel, page.id, &id).await.unwrap().reply().await.unwrap();
    bench.closed(page.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_server_to_the_first_page_and_a_drill() {
    story_from_nothing(sample(), async |bench: Bench| {
        let mut walk = Walk::begin(&bench, "Olga").await;
        walk.asks("Who responds");
        walk.select("v1:setup-roles:2", &["oncall"]).await;
        walk.select("v1:setup-roles:4", &["oncall"]).await;
        walk.press("Make one for me").await;
        walk.select("v1:setup-places:7", &["general"]).await;
        walk.select("v1:setup-zone", &["Europe/Berlin"]).await;
        walk.select("v1:setup-people", &["Ana", "Ben"]).await;
        walk.asks("Has the test page arrived?");
        acknowledge(&bench, "Ana").await;
        walk.elsewhere("Ana answers the test page");
        assert!(walk.steps <= TO_THE_FIRST_PAGE, "{} steps to the first acknowledged test page", walk.steps);

        acknowledge(&bench, "Ben").await;
        walk.elsewhere("Ben answers the test page");
        walk.press("Look again").await;
        walk.asks("Who is on call");
        walk.press("Make it").await;
        walk.asks("now Ana");
        walk.press("Make it").await;
        walk.asks("a drill");
        walk.press("Start the drill").await;
        walk.asks("The drill runs");
        let room = bench.room(1).await;
        let page = bench.page(room.id).await;
        let id = button(&page, "v1:ack:").unwrap();
        bench.discord.press("Ana", room.id, page.id, &id).await.unwrap().reply().await.unwrap();
        walk.elsewhere("Ana acknowledges the page of the drill");
        let card = bench.see(|look| look.pins(room.id).into_iter().next()).await;
        assert!(card.text().contains("DRILL"), "{}", card.text());
        let resolve = button(&card, "v1:card-resolve:").unwrap();
        let form = bench.discord.press("Ana", room.id, card.id, &resolve).await.unwrap();
        walk.elsewhere("Ana presses Resolve on the card");
        bench.discord.submit("Ana", &form, json!({ "message": "" })).await.unwrap().reply().await.unwrap();
        walk.elsewhere("Ana sends the form");
        walk.press("Look again").await;
        walk.asks("Muster is ready");
        println!("{} steps from an empty server to the end", walk.steps);
        assert!(walk.steps <= TO_THE_END, "{} steps to the end", walk.steps);

        let own = bench.discord.messages("general").iter().filter(|message| message.only_for.is_some()).count();
        assert_eq!(own, 1, "one message from the first step to the last");
        let again = Walk::begin(&bench, "Olga").await;
        again.asks("Muster is ready");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_on_the_way_is_said_in_place() {
    story_from_nothing(sample(), async |bench: Bench| {
        let refused = bench.discord.slash("Cleo", "general", "setup", json!({})).await.unwrap();
        let refused = refused.text().await.unwrap();
        assert!(refused.contains("Manage Server"), "{refused}");

        bench.discord.change_role(BOTS, |role| role.permissions &= !bit::MANAGE_CHANNELS).await.unwrap();
        let mut walk = Walk::begin(&bench, "Olga").await;
        walk.asks("Manage Channels");
        bench.discord.change_role(BOTS, |role| role.permissions |= bit::MANAGE_CHANNELS).await.unwrap();
        walk.press("Look again").await;
        walk.asks("Who responds");

        walk.select("v1:setup-change", &["8"]).await;
        for (typed, told) in [("Berlim", "Did you mean"), ("berlin", "Europe/Berlin")] {
            let other = walk.message.button("Other …").unwrap();
            let form = bench.discord.press("Olga", "general", walk.message.id, &other).await.unwrap();
            assert_eq!(answered(&form).await, 9);
            let sent = bench.discord.submit("Olga", &form, json!({ "zone": typed })).await.unwrap();
            walk.drawn_anew(&sent, &format!("types {typed}")).await;
            walk.asks(told);
        }

        walk.asks("Who can be paged?");
        bench.discord.join(Member::new(GUILD + 99, "Robo").bot()).await.unwrap();
        walk.select("v1:setup-people", &["Robo"]).await;
        walk.asks("bots cannot be paged");
        bench.discord.set_dm_open("Ana", false).unwrap();
        walk.select("v1:setup-people", &["Robo", "Ana"]).await;
        walk.asks("Has the test page arrived?");
        bench.see(|look| look.calls().iter().any(|call| call.status == 403).then_some(())).await;
        while !walk.text().contains("was not reached") {
            walk.press("Look again").await;
        }
        bench.discord.set_dm_open("Ana", true).unwrap();
        walk.press("Test again").await;
        walk.asks("Ana has not answered yet");
        acknowledge(&bench, "Ana").await;
        walk.press("Look again").await;
        walk.asks("What happens when something breaks?");
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_muted_their_ways_keeps_nobody_else_from_a_test_page() {
    story_from_nothing(sample(), async |bench: Bench| {
        let mut walk = Walk::begin(&bench, "Olga").await;
        walk.select("v1:setup-change", &["9"]).await;
        walk.select("v1:setup-people", &["Ana", "Ben"]).await;
        acknowledge(&bench, "Ben").await;
        test_page(&bench, "Ana").await;
        for way in ["mute:here", "mute:dm"] {
            let sheet = bench.discord.slash("Ana", "general", "contact me", json!({})).await.unwrap();
            let sheet = sheet.reply().await.unwrap();
            let mute = button(&sheet, "v1:contact-mute:").unwrap();
            let muted = bench.discord.select("Ana", "general", sheet.id, &mute, &[way]).await.unwrap();
            muted.reply().await.unwrap();
        }
        walk.select("v1:setup-change", &["9"]).await;
        walk.select("v1:setup-people", &["Ana", "Ben", "Cleo"]).await;
        walk.press("Test again").await;
        walk.asks("Ana muted every way");
        walk.asks("Has the test page arrived?");
        walk.asks("Cleo has not answered yet");
        acknowledge(&bench, "Cleo").await;
        bench.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_walk_at_once_without_harm() {
    let world = sample().role(bosses(BOSSES)).member(Member::new(CLEO, "Cleo").roles([BOSSES]));
    story_from_nothing(world, async |bench: Bench| {
        let (mut olga, mut cleo) = (Walk::begin(&bench, "Olga").await, Walk::begin(&bench, "Cleo").await);
        for walk in [&mut olga, &mut cleo] {
            walk.select("v1:setup-change", &["9"]).await;
            walk.select("v1:setup-people", &["Ana", "Ben"]).await;
            walk.select("v1:setup-change", &["11"]).await;
        }
        // Both are shown the same question, and both answer it.
        olga.press("Make it").await;
        cleo.press("Make it").await;
        olga.asks("What happens when");
        cleo.asks("What happens when");
        let both = async |walk: &Walk<'_>| {
            let id = walk.message.button("Make it").unwrap();
            bench.discord.press(walk.who, "general", walk.message.id, &id).await.unwrap()
        };
        let (one, other) = tokio::join!(both(&olga), both(&cleo));
        olga.drawn_anew(&one, "presses Make it").await;
        cleo.drawn_anew(&other, "presses Make it").await;
        let set = bench.app.in_force(GuildId(GUILD)).await.unwrap();
        let count = (set.contacts().count(), set.schedules().count(), set.escalation_plans().count());
        assert_eq!((count, set.response_plans().count()), ((2, 1, 1), 1));
        let ana = set.contacts().filter(|(_, contact)| contact.user().is_some_and(|user| user.0 == ANA)).count();
        assert_eq!(ana, 1);
        olga.press("Start the drill").await;
        cleo.press("Start the drill").await;
        cleo.asks("The drill runs");
        bench.room(1).await;
        let drills = bench.discord.channels().iter().filter(|channel| channel.name.starts_with("inc-")).count();
        assert_eq!(drills, 1, "the second press finds the drill of the first");
        bench.end().await;
    })
    .await;
}
