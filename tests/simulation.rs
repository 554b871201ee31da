//! Nothing lost, nothing twice: seeded worlds in which everything goes wrong. The real application on a real file, a small model of
//! Discord, a clock that only the story moves; the bot is killed between any two calls and statements and starts again.
//!
//! A seed that fails prints itself with its steps: `MUSTER_SEED=n` begins there. `MUSTER_LONG=1` walks thousands.

#[path = "support/invariants.rs"]
mod invariants;
#[allow(dead_code, reason = "the scenarios use the rest of it")]
#[path = "support/setup.rs"]
mod setup;

#[path = "simulation/checks.rs"]
mod checks;
#[path = "simulation/discord.rs"]
mod discord;
#[path = "simulation/mutations.rs"]
mod mutations;
#[path = "simulation/steps.rs"]
mod steps;
#[path = "simulation/stories.rs"]
mod stories;
#[path = "simulation/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;

/// Worlds side by side: the cores of the machine that the limit on time is for.
const SIDE_BY_SIDE: usize = 2;
/// A world takes a second: one that is not over by then goes round in a circle.
const LIMIT: Duration = Duration::from_secs(120);

const SHORT: u64 = 10;
const LONG: u64 = 2_000;
/// A machine that needs longer for them walks fewer, and says how many: the rest of the long run needs its time too.
const WITHIN: Duration = Duration::from_secs(35 * 60);

#[test]
fn nothing_is_lost_and_nothing_comes_twice_whatever_goes_wrong() {
    let number = |name: &str| std::env::var(name).ok().and_then(|seed| seed.parse::<u64>().ok());
    let first = number("MUSTER_SEED").unwrap_or(0);
    let count = number("MUSTER_SEEDS").unwrap_or(if is_long() { LONG } else { SHORT });
    let (next, walked, began) = (AtomicU64::new(first), AtomicU64::new(0), Instant::now());
    let (failed, figures) = (Mutex::new(Vec::new()), Mutex::new(BTreeMap::<String, u64>::new()));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let enough = seed >= first + count || began.elapsed() > WITHIN;
                    if enough || failed.lock().expect("no test panics with it").len() >= 3 {
                        return;
                    }
                    walked.fetch_add(1, Ordering::Relaxed);
                    match walk(seed) {
                        Ok(counts) => add(&mut figures.lock().expect("no test panics with it"), counts),
                        Err(why) => failed.lock().expect("no test panics with it").push(why),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no test panics with it");
    let took = began.elapsed().as_secs_f64();
    let figures = figures.into_inner().expect("no test panics with it");
    let walked = walked.into_inner();
    let each = took / walked as f64;
    let told = format!("{walked} of {count} seeds from {first} in {took:.1} s, {each:.3} s each: {figures:#?}");
    // Past what captures the output of tests that pass: whether all were walked is to be seen there too.
    writeln!(std::io::stderr(), "{told}").expect("stderr can be written");
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Walks a seed on a runtime of its own; what was injected, or what went wrong.
fn walk(seed: u64) -> Result<BTreeMap<String, u64>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let walking = AssertUnwindSafe(steps::run(seed, None, None)).catch_unwind();
        let Ok(walked) = tokio::time::timeout(LIMIT, walking).await else {
            return Err(format!("seed {seed} does not come to an end"));
        };
        let (world, told) = walked.map_err(|_| format!("seed {seed} panics"))?;
        match told {
            Ok(()) => Ok(figures(&world)),
            Err(why) => Err(format!("seed {seed}, {}: {}\n{}", why.check, why.what, world.told.join("\n"))),
        }
    })
}

fn figures(world: &world::World) -> BTreeMap<String, u64> {
    let (injected, calls) = world.discord.injected();
    let counted = world.counts.iter().chain(&injected).map(|(what, count)| ((*what).to_owned(), *count));
    let messages = ("messages".to_owned(), world.discord.count() as u64);
    counted.chain([("calls".to_owned(), calls), messages]).collect()
}

fn add(sum: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (what, count) in more {
        *sum.entry(what).or_default() += count;
    }
}

fn is_long() -> bool {
    std::env::var_os("MUSTER_LONG").is_some()
}
