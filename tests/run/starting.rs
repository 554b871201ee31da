//! What has to be right before a bot starts, what is waited for, and what ends it at once.

use std::net::{Ipv4Addr, TcpListener};

use muster_playground::{Fault, Playground, World};

use super::{Bot, PATIENCE, down, is_there};

const MESSAGE_CONTENT: u64 = 1 << 15;

#[tokio::test]
async fn definitions_applied_beside_a_running_bot_are_in_force() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let bot = Bot::of(&discord).set("RUST_LOG", "trace");
    let running = bot.start();
    is_there(&discord).await;
    let _bot = bot.with_team().await;
    down(&discord, "the hunter2 database").await;
    let pinged = discord.wait_for(PATIENCE, |look| look.pings().iter().find(|ping| ping.name == "Ana").cloned()).await;
    let (code, said) = running.terminate().await;
    assert!(pinged.is_ok(), "{said}");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("hunter2"), "words of a message were logged");
}

#[tokio::test]
async fn a_token_that_discord_refuses_ends_the_bot_with_what_to_do() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let (code, said) = Bot::with(discord.url(), "hunter2.hunter2").start().ends().await;
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("DISCORD_TOKEN") && !said.contains("hunter2"), "{said}");

    let bot = Bot::of(&discord);
    let running = bot.start();
    is_there(&discord).await;
    discord.revoke_token("another.token");
    let (code, said) = running.ends().await;
    assert_eq!(code, 3, "{said}");
}

#[tokio::test]
async fn an_intent_that_is_not_granted_ends_the_bot_with_what_to_do() {
    let discord = Playground::start(World::sample().without_intents(MESSAGE_CONTENT)).await.unwrap();
    let (code, said) = Bot::of(&discord).start().ends().await;
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("Message Content Intent"), "{said}");
}

#[tokio::test]
async fn what_is_wrong_here_is_said_before_discord_is_asked() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let cases = [
        (Bot::of(&discord).set("DISCORD_TOKEN", ""), "error: DISCORD_TOKEN: it is not set; "),
        (Bot::of(&discord).set("MUSTER_HTTP_ADDR", taken), "MUSTER_HTTP_ADDR"),
        (
            Bot::of(&discord).set("DATABASE_URL", "sqlite://no/such/folder/muster.db"),
            "cannot open the database no/such",
        ),
        (Bot::of(&discord).set("MUSTER_GUILDS", "muster"), "error: MUSTER_GUILDS: "),
    ];
    for (bot, expected) in cases {
        let (code, said) = bot.start().ends().await;
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(expected), "{said}");
    }
    assert!(discord.calls().is_empty());
}

#[tokio::test]
async fn a_discord_that_stumbles_at_the_start_is_asked_again() {
    let discord = Playground::start(World::sample()).await.unwrap();
    discord.fault(Fault::on("GET", "/users/@me").times(4).answer(503, "{}"));
    let bot = Bot::of(&discord);
    let running = bot.start();
    is_there(&discord).await;
    assert_eq!(running.terminate().await.0, 0);
}
