//! How a bot ends: in time, with nothing lost, whoever reads its log or not.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use muster_playground::{Fault, Playground, World};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{Bot, PATIENCE, down, is_there};

/// Alerts of the storm: enough that some are posted, some on their way and some not begun when it ends.
const STORM: usize = 20;

/// How often somebody was pinged in each incident's channel.
fn pages(discord: &Playground) -> BTreeMap<String, usize> {
    let channels = discord.channels();
    let name = |id| channels.iter().find(|channel| channel.id == id).map(|channel| channel.name.clone());
    let mut pages = BTreeMap::new();
    for channel in discord.pings().iter().filter_map(|ping| name(ping.channel)) {
        *pages.entry(channel).or_default() += 1;
    }
    pages
}

/// A call that pings somebody and asks for an answer.
fn is_page(body: &Value) -> bool {
    let pings = body["allowed_mentions"]["users"].as_array().is_some_and(|users| !users.is_empty());
    pings && body["components"].as_array().is_some_and(|rows| !rows.is_empty())
}

/// FAULTS 66.
#[tokio::test]
async fn stopped_in_the_middle_of_a_storm_it_ends_in_time_and_every_page_comes_once() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let bot = Bot::of(&discord).with_team().await;
    let running = bot.start();
    is_there(&discord).await;
    // Half of the pages hang longer than a stop may take; they take effect all the same.
    let hang = Fault::on("POST", "/channels/*/messages").when(is_page).probability(0.5).applied().hang();
    let hang = discord.fault(hang);
    for n in 0..STORM {
        down(&discord, &format!("database {n}")).await;
    }
    let hung = async {
        while discord.hits(hang) < 2 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, hung).await.expect("pages are on their way");
    // `terminate` sees to the five seconds.
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
    assert!(pages(&discord).len() < STORM, "it ended when all was done: the storm was too small");

    discord.clear_faults();
    let running = bot.start();
    let paged = discord.wait_for(PATIENCE, |look| (look.pings().len() >= STORM).then_some(())).await;
    assert!(paged.is_ok(), "{} incidents are paged: {:?}", pages(&discord).len(), pages(&discord));
    // A second page of an incident would have come with those of the others: they are in one lane.
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
    let pages = pages(&discord);
    assert_eq!(pages.len(), STORM, "{pages:?}");
    assert!(pages.values().all(|count| *count == 1), "{pages:?}");
}

/// A standard error that is full and that nobody reads.
fn unread() -> (UnixStream, OwnedFd) {
    let (reader, mut writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    let full = loop {
        if let Err(why) = writer.write_all(&[b'x'; 4096]) {
            break why.kind();
        }
    };
    assert_eq!(full, ErrorKind::WouldBlock);
    writer.set_nonblocking(false).unwrap();
    (reader, writer.into())
}

#[tokio::test]
async fn a_log_that_nobody_reads_keeps_no_page_from_its_person_and_no_bot_from_its_end() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let bot = Bot::of(&discord).set("RUST_LOG", "trace").with_team().await;
    let (_reader, errors) = unread();
    let running = bot.start_with_errors_to(errors);
    is_there(&discord).await;
    down(&discord, "the database").await;
    discord.wait_for(PATIENCE, |look| (!look.pings().is_empty()).then_some(())).await.unwrap();
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test]
async fn a_bot_whose_last_words_nobody_reads_ends_all_the_same() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let (_reader, errors) = unread();
    let (code, _) = Bot::with(discord.url(), "wrong").start_with_errors_to(errors).ends().await;
    assert_eq!(code, 3);
}
