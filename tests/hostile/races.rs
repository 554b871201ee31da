//! Two people at one instant, on both databases: one is first, the other is told how things stand, and nobody is called after the end.

use crate::databases::{self, TestStore};
use crate::scenario::Stage;

/// How often each pair meets: who wins is up to the scheduler.
fn rounds() -> u32 {
    if crate::long() { 40 } else { 4 }
}

/// What the two do, what each answer may begin with, and whether anybody may still be called afterwards.
struct Pair {
    together: &'static str,
    answers: &'static [&'static str],
}

async fn meet(pair: Pair) {
    databases::on_both(async |database: &TestStore| {
        let mut stage = Stage::open(database.store.clone(), "2026-01-05T10:00:00Z").await;
        stage.play(&["plan db: stage 5m @ana @cleo · stage 5m @ben"]).await;
        for round in 0..rounds() {
            let alert = format!("alert firing key{round} critical");
            let told = stage.play(&[&alert, pair.together]).await;
            let answer = told.iter().rev().find_map(|line| line.strip_prefix("= ")).unwrap_or_default();
            for one in answer.split(" | ") {
                assert!(pair.answers.iter().any(|known| one.contains(known)), "{one}\n{told:#?}");
            }
            let later = stage.play(&["advance 1h"]).await;
            let called =
                later.iter().any(|line| line.starts_with("> page") && !line.contains(':') || line.contains("fallback"));
            assert!(!called, "somebody is called after the end: {told:#?}\n{later:#?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_and_an_escalation_at_once() {
    meet(Pair {
        together: "together @ana /incident resolve: Done. & @kim escalates",
        answers: &["is resolved", "is called now", "resolved already"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_and_an_escalation_at_once() {
    meet(Pair {
        together: "together @ana acknowledges & @kim escalates",
        answers: &["is yours", "is called now", "Nobody is left"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_acknowledgements_and_an_end_at_once() {
    meet(Pair {
        together: "together @ana acknowledges & @cleo acknowledges & @kim /incident resolve: Done.",
        answers: &["is yours", "has INC-", "resolved"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ends_at_once_are_one() {
    meet(Pair {
        together: "together @ana /incident resolve: Done. & @cleo /incident cancel: No.",
        answers: &["resolved", "cancelled", "false alarm"],
    })
    .await;
}

/// Of two incidents one becomes the other's duplicate while its page is acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_and_an_acknowledgement_at_once() {
    databases::on_both(async |database: &TestStore| {
        let mut stage = Stage::open(database.store.clone(), "2026-01-05T10:00:00Z").await;
        stage.play(&["plan db: stage 5m @ana · stage 5m @ben", "alert firing root critical", "@ana ✅"]).await;
        for round in 0..rounds() {
            let alert = format!("alert firing key{round} critical");
            let told = stage.play(&[&alert, "together @ana acknowledges & @kim /incident duplicate: INC-1"]).await;
            let answer = told.iter().rev().find_map(|line| line.strip_prefix("= ")).unwrap_or_default();
            for one in answer.split(" | ") {
                let known = ["is yours", "duplicate", "has INC-"];
                assert!(known.iter().any(|known| one.contains(known)), "{one}\n{told:#?}");
            }
            let listed = stage.play(&["@kim elsewhere /incident list"]).await.concat();
            let number = format!("INC-{}", round + 2);
            assert!(
                listed.contains("INC-1") && !listed.contains(&number),
                "the merge counts whoever was first: {listed}"
            );
        }
    })
    .await;
}
