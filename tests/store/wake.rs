//! Deadlines: claimed by one, superseded by a save.

use std::collections::HashMap;

use muster::store::wake::{self, Woken};
use muster::store::{Store, StoreError};

use crate::databases::on_both;
use crate::{at, read, write};

async fn set(store: &Store, id: i64, due: Option<i64>) {
    write!(store, |tx| wake::set(tx, "incident", id, due.map(at)).await).unwrap();
}

async fn claim(store: &Store, now: i64) -> Vec<Woken> {
    write!(store, |tx| wake::claim(tx, at(now), at(now + 10), 100).await).unwrap()
}

async fn next_due(store: &Store) -> Option<muster::domain::id::Timestamp> {
    read!(store, |conn| wake::next_due(conn).await)
}

async fn holds(store: &Store, claim: &Woken) -> bool {
    let claim = claim.clone();
    read!(store, |conn| wake::holds(conn, &claim).await)
}

#[tokio::test]
async fn what_is_due_is_claimed_once_and_earliest_first() {
    on_both(async |db| {
        let store = &db.store;
        assert_eq!(next_due(store).await, None);
        set(store, 1, Some(5)).await;
        set(store, 2, Some(3)).await;
        set(store, 3, Some(20)).await;
        write!(store, |tx| wake::set(tx, "guild", 2, Some(at(4))).await).unwrap();
        assert_eq!(next_due(store).await, Some(at(3)));
        let order: Vec<_> =
            claim(store, 6).await.into_iter().map(|woken| (woken.noun, woken.id, woken.due_at)).collect();
        let name = str::to_owned;
        assert_eq!(order, [(name("incident"), 2, at(3)), (name("guild"), 2, at(4)), (name("incident"), 1, at(5))]);
        assert_eq!(claim(store, 6).await, []);
        assert_eq!(next_due(store).await, Some(at(16)), "the claims end before the third is due");
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_ran_out_goes_to_the_next() {
    on_both(async |db| {
        let store = &db.store;
        set(store, 1, Some(0)).await;
        let [first] = claim(store, 0).await.try_into().unwrap();
        assert!(holds(store, &first).await);
        let [second] = claim(store, 10).await.try_into().unwrap();
        assert!(!holds(store, &first).await && holds(store, &second).await);
    })
    .await;
}

#[tokio::test]
async fn a_save_supersedes_the_claim() {
    on_both(async |db| {
        let store = &db.store;
        set(store, 1, Some(0)).await;
        let [held] = claim(store, 0).await.try_into().unwrap();
        set(store, 1, Some(2)).await;
        assert!(!holds(store, &held).await);
        assert_eq!(read!(store, |conn| wake::due(conn, "incident", 1).await), Some(at(2)));
        let [again] = claim(store, 2).await.try_into().unwrap();
        set(store, 1, None).await;
        assert!(!holds(store, &again).await);
        assert_eq!(next_due(store).await, None);
    })
    .await;
}

#[tokio::test]
async fn many_claimers_share_what_is_due() {
    on_both(async |db| {
        let store = &db.store;
        write!(store, |tx| {
            for id in 0..300 {
                wake::set(tx, "incident", id, Some(at(0))).await?;
            }
            Ok(())
        })
        .unwrap();
        let claimers = (0..6).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let got @ [_, ..] = &write!(store, |tx| wake::claim(tx, at(1), at(11), 10).await).unwrap()[..] {
                    mine.extend_from_slice(got);
                }
                mine
            })
        });
        let mut times: HashMap<i64, u32> = HashMap::new();
        let claimed = futures::future::join_all(claimers).await.into_iter().flat_map(Result::unwrap);
        let rest = write!(store, |tx| wake::claim(tx, at(1), at(11), 300).await).unwrap();
        for woken in claimed.chain(rest) {
            *times.entry(woken.id).or_default() += 1;
        }
        assert_eq!(times.len(), 300);
        assert!(times.values().all(|&times| times == 1), "{times:?}");
    })
    .await;
}
