//! A walk: random plans and contacts, random steps of people, alerts, time and faults through the real application, and what must hold
//! after each of them. A failing seed is printed with its steps; `MUSTER_LONG=1` walks many more, from `MUSTER_SEED` on.

#[path = "support/databases.rs"]
mod databases;
#[path = "support/fake.rs"]
mod fake;
#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/scenario.rs"]
mod scenario;
#[path = "support/setup.rs"]
mod setup;

#[path = "walk/ahead.rs"]
mod ahead;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::time::Duration;

use muster::domain::engagement::{End, Place, Post};
use muster::domain::id::{EngagementId, PageId};
use muster::domain::incident::Incident;
use muster::store::{Store, StoreError, incident};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

const CONTACTS: [&str; 5] = ["ana", "ben", "cleo", "dan", "eve"];
const STEPS: usize = 40;
/// A step takes milliseconds: a walk that is not over by then goes round in a circle.
const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn paging_holds_wherever_the_walk_leads() {
    let long = std::env::var_os("MUSTER_LONG").is_some();
    let first = std::env::var("MUSTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let seeds = first..first + if long { 40 } else { 4 };
    for seed in seeds {
        let (done, over) = mpsc::channel::<()>();
        let walking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(walk(seed));
            done.send(()).expect("the test waits");
        });
        match over.recv_timeout(LIMIT) {
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("seed {seed} does not come to an end"),
            _ => walking.join().unwrap_or_else(|_| panic!("seed {seed}")),
        }
    }
}

async fn walk(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let database = databases::sqlite().await;
    let mut stage = scenario::Stage::open(database.store.clone(), "2026-01-05T10:00:00Z").await;
    let mut told = Vec::new();
    let mut known = Known::default();
    let mut steps = set_up(&mut rng);
    steps.push("alert firing db critical".to_owned());
    steps.push("advance 30s".to_owned());
    let mut faulty = steps.iter().any(|line| line.contains("phone"));
    for turn in 0..steps.len() + STEPS {
        let step = steps.get(turn).cloned().unwrap_or_else(|| step(&mut rng, &told));
        faulty |= step.starts_with("fault");
        told.extend(stage.play(&[&step]).await);
        let quiet = !faulty && (step.starts_with("advance") || step.starts_with("alert"));
        if let Err(why) = known.check(&database.store, quiet).await {
            panic!("seed {seed}: {why}\n{}", told.join("\n"));
        }
    }
    told.extend(stage.play(&["mend discord down", "advance 2m"]).await);
    if let Err(why) = known.check_drained(&database.store, &told).await {
        panic!("seed {seed}: {why}\n{}", told.join("\n"));
    }
}

/// Contacts, a schedule and a plan.
fn set_up(rng: &mut StdRng) -> Vec<String> {
    let mut lines: Vec<String> = CONTACTS.iter().map(|name| contact(name, rng)).collect();
    lines.push("schedule primary: @ana @ben".to_owned());
    lines.push(plan(rng));
    lines
}

fn contact(name: &str, rng: &mut StdRng) -> String {
    let count = rng.random_range(1..=3);
    let stages = (0..count).map(|stage| {
        let duration = if stage + 1 == count { "0s" } else { pick(rng, &["0s", "1m", "2m", "5m"]) };
        let channels = pick(rng, &["here", "here/2m", "dm", "dm/1m", "here/3m dm", "here dm/2m", "phone"]);
        format!("{duration} {channels}")
    });
    format!("contact {name}: {}", stages.collect::<Vec<_>>().join(" · "))
}

fn plan(rng: &mut StdRng) -> String {
    let stages = (0..rng.random_range(0..=3)).map(|_| {
        let count = rng.random_range(0..=3);
        let duration = if count == 0 { "1m" } else { pick(rng, &["0s", "1m", "3m", "5m", "10m"]) };
        let who: Vec<&&str> = ["@ana", "@ben", "@cleo", "@dan", "#primary"].choose_multiple(rng, count).collect();
        let who = who.into_iter().map(|who| format!(" {who}{}", pick(rng, &["", "", "?"])));
        format!("stage {duration}{} · ", who.collect::<String>())
    });
    let stages = stages.collect::<String>();
    let also = pick(rng, &["", "", " · also @ana", " · also @eve #primary", " · also @ben @cleo"]);
    let more = pick(rng, &["", " · refire_after 1m", " · refire_after 10m", " · on_recovery keep"]);
    format!("plan db: {stages}stage 2m @dan · repeat {}{also}{more} · ack_timeout usual", rng.random_range(0..=3))
}

/// Something that happens: mostly time, then people, alerts, absences and faults.
fn step(rng: &mut StdRng, told: &[String]) -> String {
    let who = pick(rng, &["ana", "ben", "cleo", "dan", "eve", "kim", "lea"]);
    let paged = told.iter().any(|line| ["> page", "> dm", "> fallback"].iter().any(|sent| line.starts_with(sent)));
    match rng.random_range(0..23) {
        0..=6 => format!("advance {}", pick(rng, &["5s", "30s", "1m", "2m", "3m", "7m", "20m"])),
        7..=9 => format!("@{who} {}", pick(rng, &["/incident ack", "takes all", "undoes", "undoes", "escalates"])),
        10..=12 if paged => format!("@{who} {}", pick(rng, &["✅", "acknowledges", "takes"])),
        13 => format!("@{who} {}", pick(rng, &["mitigates", "/incident resolve", "undoes the resolution"])),
        14 => format!("@{who} stops: {} because no", pick(rng, &["db", "ana", "cleo"])),
        15..=16 => pick(rng, &["alert firing db", "alert resolved db", "alert firing web"]).to_owned(),
        17 => format!("down {}", pick(rng, &["30s", "2m", "12m", "2h"])),
        18 => "restart".to_owned(),
        19 => {
            let fault = pick(rng, &["dms closed @ana", "left @ben", "no access @cleo", "discord down", "lost answer"]);
            format!("{} {fault}", pick(rng, &["fault", "mend", "mend"]))
        }
        // Nothing is deleted: what was sent is counted in the end.
        20 => format!(
            "@{who} {}",
            pick(rng, &["/incident cancel: no", "/incident duplicate: INC-1", "/incident duplicate: INC-2"])
        ),
        21 => format!("@{who} {}", pick(rng, &["/incident reopen", "/incident reopen and page", "starts the plan"])),
        22 => format!("@{who} {}", pick(rng, &["/contact mute: here for 5m", "unmutes", "/contact test"])),
        _ => "advance 10s".to_owned(),
    }
}

fn pick<'a>(rng: &mut StdRng, from: &[&'a str]) -> &'a str {
    from.choose(rng).expect("there is something to pick from")
}

/// What was there at the step before.
#[derive(Default)]
struct Known {
    pages: BTreeSet<PageId>,
    ended: BTreeMap<EngagementId, End>,
}

impl Known {
    /// `quiet`: nobody did anything at this step and nothing failed, so that no two pages of one moment have an excuse.
    async fn check(&mut self, store: &Store, quiet: bool) -> Result<(), String> {
        for state in incidents(store).await? {
            let mut moments = BTreeSet::new();
            // Whether somebody is still on it is asked after the answer.
            let paged = state.paging.pages.iter().filter(|page| page.lapses_at.is_none());
            for page in paged.filter(|page| !self.pages.contains(&page.id)) {
                let wanted = page.reasons.iter().filter(|reason| reason.attempt > 0);
                if wanted.clone().all(|reason| self.has_ended(&state, reason.engagement)) {
                    return Err(format!("INC-{}: {} is paged after the answer", state.number, page.contact));
                }
                if !moments.insert((page.user, page.channel.clone(), page.at)) && quiet {
                    return Err(format!("INC-{}: {} is paged twice at {}", state.number, page.contact, page.at));
                }
            }
            self.pages.extend(state.paging.pages.iter().map(|page| page.id));
            for engagement in &state.paging.engagements {
                match &engagement.end {
                    Some(end) => drop(self.ended.insert(engagement.id, end.clone())),
                    None => drop(self.ended.remove(&engagement.id)),
                }
            }
        }
        Ok(())
    }

    /// It had ended before this step, and has since.
    fn has_ended(&self, state: &Incident, id: EngagementId) -> bool {
        state.paging.engagement(id).is_some_and(|e| e.end.is_some() && e.end.as_ref() == self.ended.get(&id))
    }

    /// Every page was sent, has failed or was not wanted any more; every message that counts as sent was sent, once.
    async fn check_drained(&self, store: &Store, told: &[String]) -> Result<(), String> {
        let mut sent = 0;
        for state in incidents(store).await? {
            if let Some(page) = state.paging.pages.iter().find(|page| page.waits()) {
                return Err(format!("INC-{}: the page to {} of {} was lost", state.number, page.contact, page.at));
            }
            let in_discord = |post: &&Post| post.sent.is_some() && post.place != Place::Outside;
            sent += state.paging.posts.iter().filter(in_discord).count();
        }
        let posted =
            told.iter().filter(|line| ["> page", "> dm", "> fallback"].iter().any(|sent| line.starts_with(sent)));
        match posted.count() {
            posted if posted == sent => Ok(()),
            posted => Err(format!("{posted} messages were posted, {sent} are known to be")),
        }
    }
}

async fn incidents(store: &Store) -> Result<Vec<Incident>, String> {
    let rows = store.read(|conn| {
        Box::pin(async move {
            let mut rows = Vec::new();
            while let Some(row) = incident::by_number(conn, scenario::GUILD, rows.len() as i64 + 1).await? {
                rows.push(row);
            }
            Ok::<_, StoreError>(rows)
        })
    });
    let rows = rows.await.map_err(|why| why.to_string())?;
    rows.iter().map(|row| serde_json::from_str(&row.state).map_err(|why| why.to_string())).collect()
}
