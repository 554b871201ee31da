//! A plain model of the rules of ENGAGEMENT.md and the engine agree on who is paged when, over random plans and random days.
//!
//! A seed that differs prints itself, its world and the minutes before: `MUSTER_SEED=n` begins there, `MUSTER_LONG=1` walks thousands.

#[path = "model/calling.rs"]
mod calling;
#[path = "model/engine.rs"]
mod engine;
#[path = "model/plain.rs"]
mod plain;
#[path = "model/world.rs"]
mod world;

use engine::Engine;
use plain::Model;
use world::{MINUTES, World};

const SHORT: u64 = 60;
const LONG: u64 = 5_000;

#[test]
fn the_engine_pages_whom_the_rules_say_when_they_say() {
    let number = |name: &str| std::env::var(name).ok().and_then(|seed| seed.parse::<u64>().ok());
    let long = std::env::var_os("MUSTER_LONG").is_some();
    let first = number("MUSTER_SEED").unwrap_or(0);
    let count = number("MUSTER_SEEDS").unwrap_or(if long { LONG } else { SHORT });
    for seed in first..first + count {
        let world = World::random(seed);
        if let Err(why) = compare(&world) {
            panic!("seed {seed}: {why}\n{world:#?}");
        }
    }
}

/// Minute by minute: what the model says, and what the engine does.
fn compare(world: &World) -> Result<(), String> {
    let (mut model, mut engine) = (Model::open(world), Engine::open(world));
    let mut told: Vec<String> = Vec::new();
    for minute in 0..=MINUTES {
        if minute > 0 {
            model.minute();
            engine.minute();
        }
        for (_, deed) in world.deeds.iter().filter(|(at, _)| *at == minute) {
            told.push(format!("{minute:>4}  {deed:?}"));
            model.deed(deed);
            engine.deed(deed);
        }
        let (expected, happened) = (model.said(), engine.said());
        told.extend(happened.iter().map(|said| format!("{minute:>4}  > {said:?}")));
        if expected != happened {
            let missing: Vec<_> = expected.difference(&happened).collect();
            let needless: Vec<_> = happened.difference(&expected).collect();
            let before = told.len().saturating_sub(40);
            let told = told[before..].join("\n");
            return Err(format!("at minute {minute} missing {missing:?}, needless {needless:?}\n{told}"));
        }
    }
    Ok(())
}
