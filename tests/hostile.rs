//! People and machines that do not wish us well: what they may not do they cannot do, whichever way they try, and what they write
//! stays words. FAULTS 43 to 46, 52 to 54, 61, 63, 69.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

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

#[path = "wire/bench.rs"]
mod bench;

#[path = "hostile/authority.rs"]
mod authority;
#[path = "hostile/contents.rs"]
mod contents;
#[path = "hostile/forged.rs"]
mod forged;
#[path = "hostile/impostors.rs"]
mod impostors;
#[path = "hostile/pings.rs"]
mod pings;
#[path = "hostile/races.rs"]
mod races;
#[path = "hostile/salt.rs"]
mod salt;
#[path = "hostile/shape.rs"]
mod shape;
#[path = "hostile/typing.rs"]
mod typing;

/// The long run: everything more often.
fn long() -> bool {
    std::env::var_os("MUSTER_LONG").is_some()
}

/// Made-up cases of one property.
fn cases() -> u32 {
    if long() { 1_024 } else { 256 }
}
