//! A look ahead is what then happens: random plans, contacts, mutes and overrides are previewed, the same incident is opened on
//! the real application, nobody answers, and page by page and call by call the two are compared.

use chrono::TimeDelta;
use muster::domain::engagement::{PageState, Place, PostKind};
use muster::domain::id::Timestamp;
use muster::domain::incident::Incident;
use muster::domain::name::Name;
use muster::domain::preview::{Preview, What};
use muster::store::{Store, StoreError, contact, schedule};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{CONTACTS, databases, incidents, pick, scenario, set_up};

/// How much of what is to come is compared.
const COMPARED: TimeDelta = TimeDelta::minutes(40);

/// A page: when after the opening, to whom, by which of their channels, which of its series.
type Sent = (TimeDelta, String, String, u32);
/// A first call of the fallback: when, for which engagement, in how many places.
type Called = (TimeDelta, String, usize);

#[tokio::test]
async fn a_preview_is_what_then_happens() {
    let first = std::env::var("MUSTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let seeds = if std::env::var_os("MUSTER_LONG").is_some() { 60 } else { 2 };
    let (mut pages, mut warned) = (0, 0);
    for seed in first..first + seeds {
        let (seen, warnings) = compare(seed).await;
        pages += seen;
        warned += warnings;
    }
    assert!(pages > seeds * 5 && warned > 0, "{pages} pages and {warned} warnings: too little was compared");
}

/// Gives back how many pages and warnings there were.
async fn compare(seed: u64) -> (u64, u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let database = databases::sqlite().await;
    let mut stage = scenario::Stage::open(database.store.clone(), "2026-01-05T23:30:00Z").await;
    let mut steps = set_up(&mut rng);
    stage.play(&steps.iter().map(String::as_str).collect::<Vec<_>>()).await;
    change(&database.store, stage.now(), &mut rng).await.expect("mutes and overrides are written");

    let db = Name::parse("db").expect("a name");
    let preview = stage.app().preview(scenario::GUILD, &db, stage.now()).await.expect("the store works");
    let preview = preview.expect("there is a plan");
    assert!(
        incidents(&database.store).await.expect("incidents").is_empty(),
        "seed {seed}: a preview left something behind"
    );
    steps.extend(["alert firing db critical".to_owned(), format!("advance {}m", COMPARED.num_minutes())]);
    let told = stage.play(&[&steps[steps.len() - 2], &steps[steps.len() - 1]]).await;

    let state = incidents(&database.store).await.expect("incidents").remove(0);
    let happened = || format!("seed {seed}\n{}\n{}", steps.join("\n"), told.join("\n"));
    assert_eq!(foreseen(&preview), sent(&state), "{}", happened());
    assert_eq!(calls_foreseen(&preview), calls(&state), "{}", happened());
    let warnings =
        preview.entries.iter().filter(|entry| matches!(entry.what, What::Failed { .. } | What::Nobody { .. }));
    (sent(&state).len() as u64, warnings.count() as u64)
}

/// A mute that ends on the way, and somebody who stands in for a while.
async fn change(store: &Store, now: Timestamp, rng: &mut StdRng) -> Result<(), StoreError> {
    let channel = pick(rng, &["here", "dm"]).to_owned();
    let until_at = rng.random_bool(0.7).then(|| now + TimeDelta::minutes(rng.random_range(1..10)));
    let mute = contact::MuteRow { contact: pick(rng, &CONTACTS).to_owned(), channel, until_at };
    let from_at = now + TimeDelta::minutes(rng.random_range(0..10));
    let stand_in = schedule::OverrideRow {
        id: 1,
        guild_id: scenario::GUILD,
        schedule: "primary".to_owned(),
        rotation: None,
        from_at,
        until_at: from_at + TimeDelta::minutes(5),
        contacts: pick(rng, &["[]", "[\"cleo\"]", "[\"dan\", \"eve\"]"]).to_owned(),
        created_at: now,
        created_by: None,
    };
    store
        .write(move |tx| {
            Box::pin(async move {
                contact::mute(tx, scenario::GUILD, &mute).await?;
                schedule::add(tx, &stand_in).await
            })
        })
        .await
}

fn foreseen(preview: &Preview) -> Vec<Sent> {
    let pages = preview.pages().filter(|(after, _)| *after <= COMPARED);
    sorted(pages.map(|(after, page)| (after, page.contact.to_string(), page.channel.clone(), page.attempt)))
}

fn sent(state: &Incident) -> Vec<Sent> {
    let sent = state.paging.pages.iter().filter(|page| matches!(page.state, PageState::Sent { .. }));
    sorted(sent.map(|page| {
        let attempt = page.reasons.iter().map(|reason| reason.attempt).max().unwrap_or(1);
        (page.at - state.opened_at, page.contact.to_string(), page.channel.clone(), attempt)
    }))
}

fn calls_foreseen(preview: &Preview) -> Vec<Called> {
    let called = preview.entries.iter().filter(|entry| entry.after <= COMPARED).filter_map(|entry| match &entry.what {
        What::Fallback { plan, places, .. } => Some((entry.after, plan.clone(), places.len())),
        _ => None,
    });
    sorted(called)
}

fn calls(state: &Incident) -> Vec<Called> {
    let mut calls: Vec<Called> = Vec::new();
    for post in &state.paging.posts {
        let PostKind::Fallback { engagement, count: 1, .. } = &post.kind else { continue };
        assert!(matches!(post.place, Place::Room | Place::Announcement { .. }));
        let plan = state.paging.engagement(*engagement).map(|e| e.title.clone()).unwrap_or_default();
        let at = post.at - state.opened_at;
        match calls.iter_mut().find(|(known, title, _)| *known == at && *title == plan) {
            Some((_, _, places)) => *places += 1,
            None => calls.push((at, plan, 1)),
        }
    }
    sorted(calls.into_iter())
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}
