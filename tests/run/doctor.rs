//! `muster doctor` as an operator runs it: what it prints and how it ends.

use muster_playground::{Overwrite, Playground, World, permission::bit};

use super::{Bot, GUILD};

#[tokio::test]
async fn the_doctor_ends_with_one_while_something_stops_paging() {
    let discord =
        Playground::start(World::sample().guild(2_000_000_000_000_000_000, "Elsewhere").not_joined()).await.unwrap();
    let bot = Bot::of(&discord).with_team().await;

    let (code, said) = bot.run(&["doctor"]).ends().await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("Acme ({GUILD})")) && !said.contains("Elsewhere"), "{said}");

    discord.overwrite("alerts", Overwrite::role(900_000_000_000_000_001).deny(bit::VIEW_CHANNEL)).await.unwrap();
    let (code, said) = bot.run(&["doctor", "--guild", GUILD]).ends().await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("In #alerts (alerts of monitor) Muster lacks View Channels."), "{said}");

    let (code, said) = bot.run(&["doctor", "--guild", "2000000000000000000"]).ends().await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("not in this server"), "{said}");

    let only = bot.set("MUSTER_GUILDS", "2000000000000000000");
    let (code, said) = only.run(&["doctor", "--guild", GUILD]).ends().await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("MUSTER_GUILDS"), "{said}");
    assert_eq!(discord.gateway().identifies(), 0, "a running bot keeps its session");
    assert_eq!(discord.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn the_doctor_prints_the_link_that_invites_the_bot() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let (code, said) = Bot::of(&discord).run(&["doctor", "--invite"]).ends().await;
    assert_eq!(code, 0, "{said}");
    let link = format!("client_id={}&scope=bot+applications.commands&permissions=2252195219360848", discord.app_id());
    assert!(said.contains(&link), "{said}");
    assert!(said.contains("Pin Messages") && said.contains("1<<51"), "{said}");
    let (code, said) = Bot::with(discord.url(), "wrong").run(&["doctor", "--invite"]).ends().await;
    assert_eq!(code, 3, "{said}");
}
