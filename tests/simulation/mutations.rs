//! That the simulation can fail: deliberate mutations, each caught within a few seeds and by the check that is there for it.
//!
//! Two kinds are made at the seams, without touching the product: triggers in the database file, and lies of the model of Discord. A third
//! was made by hand in the source and is written down in [`BY_HAND`].

use std::collections::BTreeSet;

use crate::discord::Lie;
use crate::{is_long, steps};

/// Seeds within which a mutation must be caught.
const SEEDS: u64 = 40;

/// A mutation at a seam.
struct Mutation {
    name: &'static str,
    how: How,
    /// The checks that may be the first to see it.
    caught_by: &'static [&'static str],
    /// In the short run too.
    short: bool,
}

enum How {
    Trigger(&'static str),
    Lie(Lie),
}

const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "a page's row is not written",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON outbox WHEN NEW.kind = 'send_post' AND NEW.id % 3 = 0
             BEGIN DELETE FROM outbox WHERE id = NEW.id; END",
        ),
        caught_by: &["promise"],
        short: true,
    },
    Mutation {
        name: "a page's row is over when it is claimed",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER UPDATE OF attempts ON outbox WHEN NEW.kind = 'send_post' AND NEW.id % 3 = 0
             BEGIN UPDATE outbox SET state = 'done', lease_until = NULL WHERE id = NEW.id; END",
        ),
        caught_by: &["promise", "one message", "lost"],
        short: false,
    },
    Mutation {
        name: "a row that is tried again is dropped",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER UPDATE OF due_at ON outbox
             WHEN NEW.kind = 'send_post' AND NEW.attempts > 0 AND NEW.lease_until IS NULL
             BEGIN DELETE FROM outbox WHERE id = NEW.id; END",
        ),
        caught_by: &["promise"],
        short: false,
    },
    Mutation {
        name: "a row that is tried again comes at once",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER UPDATE OF due_at ON outbox
             WHEN NEW.attempts > 0 AND NEW.lease_until IS NULL AND NEW.due_at > OLD.due_at
             BEGIN UPDATE outbox SET due_at = OLD.due_at WHERE id = NEW.id; END",
        ),
        caught_by: &["retry after", "a circle"],
        short: false,
    },
    Mutation {
        name: "a deadline is not written",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON wake WHEN NEW.noun = 'incident'
             BEGIN DELETE FROM wake WHERE noun = NEW.noun AND id = NEW.id; END",
        ),
        caught_by: &["invariants"],
        short: true,
    },
    Mutation {
        name: "a deadline is an hour late",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER UPDATE OF due_at ON wake WHEN NEW.due_at > OLD.due_at
             BEGIN UPDATE wake SET due_at = OLD.due_at + 3600000000 WHERE noun = NEW.noun AND id = NEW.id; END",
        ),
        caught_by: &["invariants"],
        short: false,
    },
    Mutation {
        name: "a deadline that moves earlier stays",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER UPDATE OF due_at ON wake WHEN NEW.due_at < OLD.due_at
             BEGIN UPDATE wake SET due_at = OLD.due_at WHERE noun = NEW.noun AND id = NEW.id; END",
        ),
        caught_by: &["invariants"],
        short: false,
    },
    Mutation {
        name: "what was seen is forgotten",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON seen BEGIN DELETE FROM seen WHERE key = NEW.key; END",
        ),
        caught_by: &["twice"],
        short: true,
    },
    Mutation {
        name: "the requests of people are forgotten",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON seen WHEN NEW.key LIKE 'i:%'
             BEGIN DELETE FROM seen WHERE key = NEW.key; END",
        ),
        caught_by: &["twice"],
        short: false,
    },
    Mutation {
        name: "the receipt of a post is lost",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER UPDATE OF message_id ON post WHEN NEW.message_id IS NOT NULL AND NEW.kind = 'pages'
             BEGIN UPDATE post SET channel_id = NULL, message_id = NULL, sent_at = NULL WHERE id = NEW.id; END",
        ),
        caught_by: &["receipt"],
        short: false,
    },
    Mutation {
        name: "a page that is over is not drawn anew",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON outbox WHEN NEW.kind = 'redraw_post'
             BEGIN DELETE FROM outbox WHERE id = NEW.id; END",
        ),
        caught_by: &["still asks"],
        short: true,
    },
    Mutation {
        name: "the card is not drawn anew",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON outbox WHEN NEW.kind = 'update_card'
             BEGIN DELETE FROM outbox WHERE id = NEW.id; END",
        ),
        caught_by: &["card"],
        short: false,
    },
    Mutation {
        name: "pages that were sent are not told",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON timeline WHEN NEW.kind = 'paged'
             BEGIN DELETE FROM timeline WHERE id = NEW.id; END",
        ),
        caught_by: &["timeline"],
        short: false,
    },
    Mutation {
        name: "an answer is not kept, what follows from it is",
        how: How::Trigger(
            "CREATE TRIGGER m AFTER INSERT ON timeline WHEN NEW.kind = 'acknowledged'
             BEGIN UPDATE incident SET state = json_set(state, '$.paging.pages[0].closed', NULL) WHERE id = NEW.incident_id; END",
        ),
        caught_by: &["invariants", "promise", "still asks"],
        short: false,
    },
    Mutation { name: "Discord forgets nonces", how: How::Lie(Lie::IgnoresNonces), caught_by: &["one message"], short: false },
    Mutation { name: "one more rings", how: How::Lie(Lie::PingsOneMore), caught_by: &["who rings"], short: true },
    Mutation { name: "one less rings", how: How::Lie(Lie::PingsOneLess), caught_by: &["who rings"], short: false },
    Mutation { name: "a call comes too early", how: How::Lie(Lie::ComesEarly), caught_by: &["retry after"], short: false },
    Mutation {
        name: "who has answered is paged",
        how: How::Lie(Lie::PagesTheAnswered),
        caught_by: &["one message", "after the answer"],
        short: false,
    },
    Mutation {
        name: "a message that counts as sent is not there",
        how: How::Lie(Lie::LosesMessages),
        caught_by: &["sent and not there"],
        short: false,
    },
    Mutation { name: "an edit is lost", how: How::Lie(Lie::LosesEdits), caught_by: &["still asks"], short: false },
    Mutation { name: "somebody else gets it", how: How::Lie(Lie::WrongPerson), caught_by: &["where"], short: false },
];

#[test]
fn every_mutation_is_caught() {
    let mut missed = Vec::new();
    for mutation in MUTATIONS.iter().filter(|mutation| mutation.short || is_long()) {
        match catch(mutation) {
            Some((seed, check)) => println!("{}: caught at seed {seed} by \"{check}\"", mutation.name),
            None => missed.push(mutation.name),
        }
    }
    assert!(missed.is_empty(), "nothing within {SEEDS} seeds, or the wrong check, caught: {missed:?}");
}

/// The seed at which it is caught, and the check; none where that is not one of those that should.
fn catch(mutation: &Mutation) -> Option<(u64, &'static str)> {
    let (trigger, lie) = match mutation.how {
        How::Trigger(sql) => (Some(sql), None),
        How::Lie(lie) => (None, Some(lie)),
    };
    for seed in 0..SEEDS {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (_, told) = runtime.block_on(steps::run(seed, trigger, lie));
        let Err(wrong) = told else { continue };
        let right = mutation.caught_by.contains(&wrong.check);
        if !right {
            println!("{}: seed {seed}, \"{}\": {}", mutation.name, wrong.check, wrong.what);
        }
        return right.then_some((seed, wrong.check));
    }
    None
}

#[test]
fn every_mutation_has_a_name_of_its_own() {
    let names: BTreeSet<_> =
        MUTATIONS.iter().map(|mutation| mutation.name).chain(BY_HAND.iter().map(|hand| hand.0)).collect();
    assert_eq!(names.len(), MUTATIONS.len() + BY_HAND.len());
}

/// Mutations of the source, made by hand and taken back: what, where, the check that caught it and the first seed.
const BY_HAND: &[(&str, &str, &str, u64)] = &[
    ("an alert message is taken in although it was seen", "src/app/intake.rs, take_message", "twice", 0),
    ("a post that is over is not drawn anew", "src/domain/engagement/page.rs, redraw_closed", "still asks", 0),
];
