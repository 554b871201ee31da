//! The outbox: merged while it waits, held by one at a time, parked until its room exists.

use muster::domain::id::{CallId, OutboxId, Root};
use muster::store::outbox::{self, NewRow, OutboxRow};
use muster::store::{Store, StoreError};

use crate::databases::on_both;
use crate::{at, outbox_row, read, write};

fn edit(id: i64) -> NewRow {
    NewRow { kind: "card".to_owned(), target: Some("inc-1".to_owned()), ..outbox_row(id) }
}

async fn put(store: &Store, row: NewRow) -> i64 {
    write!(store, |tx| outbox::put(tx, &row).await).unwrap().0
}

/// Claims everything of lane 1 that is due at `now`, for 60 s.
async fn claim(store: &Store, now: i64) -> Vec<OutboxRow> {
    write!(store, |tx| outbox::claim(tx, at(now), 1, at(now + 60), 100).await).unwrap()
}

fn ids(rows: &[OutboxRow]) -> Vec<i64> {
    rows.iter().map(|row| row.id.0).collect()
}

async fn get(store: &Store, id: i64) -> OutboxRow {
    read!(store, |conn| outbox::get(conn, OutboxId(id)).await).expect("the row is there")
}

#[tokio::test]
async fn claims_come_by_time_and_lane_and_limit() {
    on_both(async |db| {
        let store = &db.store;
        put(store, NewRow { due_at: at(3), ..outbox_row(1) }).await;
        put(store, NewRow { due_at: at(1), ..outbox_row(3) }).await;
        put(store, NewRow { due_at: at(1), ..outbox_row(2) }).await;
        put(store, NewRow { due_at: at(9), ..outbox_row(4) }).await;
        put(store, NewRow { lane: 2, ..outbox_row(5) }).await;

        let two = write!(store, |tx| outbox::claim(tx, at(5), 1, at(65), 2).await).unwrap();
        assert_eq!(ids(&two), [2, 3]);
        assert_eq!(ids(&claim(store, 5).await), [1]);
        assert_eq!(ids(&claim(store, 5).await), [0; 0]);
        assert_eq!(read!(store, |conn| outbox::next_due(conn, 1).await), Some(at(9)));
        assert_eq!(read!(store, |conn| outbox::next_due(conn, 2).await), Some(at(0)));
        assert_eq!(read!(store, |conn| outbox::next_due(conn, 3).await), None);
    })
    .await;
}

#[tokio::test]
async fn a_row_comes_back_as_it_was_written() {
    on_both(async |db| {
        let new = NewRow {
            root: Some(Root::Call(CallId(7))),
            payload: "{\"text\":\"ünïcode 🚨 'quotes'\"}".to_owned(),
            ..edit(1)
        };
        put(&db.store, new.clone()).await;
        let [row] = claim(&db.store, 1).await.try_into().unwrap();
        let wanted = OutboxRow {
            id: new.id,
            guild_id: new.guild_id,
            root: new.root,
            lane: 1,
            kind: new.kind,
            target: new.target,
            payload: new.payload,
            created_at: at(0),
            due_at: at(0),
            attempts: 1,
            fence: 1,
            parked_on: None,
            state: "pending".to_owned(),
            why: None,
        };
        assert_eq!(row, wanted);
    })
    .await;
}

#[tokio::test]
async fn an_expired_claim_is_taken_over_and_its_holder_has_no_say() {
    on_both(async |db| {
        let store = &db.store;
        put(store, outbox_row(1)).await;
        let [first] = claim(store, 0).await.try_into().unwrap();
        assert_eq!(read!(store, |conn| outbox::next_due(conn, 1).await), Some(at(60)));
        assert_eq!(ids(&claim(store, 59).await), [0; 0]);
        let [second] = claim(store, 60).await.try_into().unwrap();
        assert_eq!((second.attempts, second.fence), (2, 2));

        let (id, old, new) = (first.id, first.fence, second.fence);
        assert!(!write!(store, |tx| outbox::done(tx, id, old).await).unwrap());
        assert!(!write!(store, |tx| outbox::retry(tx, id, old, at(99), "late").await).unwrap());
        assert!(!write!(store, |tx| outbox::park(tx, id, old, "room", at(99)).await).unwrap());
        assert!(!write!(store, |tx| outbox::fail(tx, id, old, "late").await).unwrap());
        assert!(write!(store, |tx| outbox::done(tx, id, new).await).unwrap());
        assert!(!write!(store, |tx| outbox::done(tx, id, new).await).unwrap(), "once");
        assert_eq!(get(store, 1).await.state, "done");
    })
    .await;
}

#[tokio::test]
async fn two_claimers_never_hold_one_row() {
    on_both(async |db| {
        let store = &db.store;
        for id in 1..=200 {
            put(store, outbox_row(id)).await;
        }
        let claimers = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let got = write!(store, |tx| outbox::claim(tx, at(1), 1, at(61), 7).await).unwrap();
                    if got.is_empty() {
                        return mine;
                    }
                    assert!(got.len() <= 7, "{} at once", got.len());
                    mine.extend(ids(&got));
                }
            })
        });
        let mut all: Vec<i64> =
            futures::future::join_all(claimers).await.into_iter().flat_map(Result::unwrap).collect();
        // Who finds everything locked stops early; what is left is still there to be claimed.
        all.extend(ids(&write!(store, |tx| outbox::claim(tx, at(1), 1, at(61), 200).await).unwrap()));
        all.sort_unstable();
        assert_eq!(all, (1..=200).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_waiting_edit_takes_in_the_next_one() {
    on_both(async |db| {
        let store = &db.store;
        assert_eq!(put(store, edit(1)).await, 1);
        assert_eq!(put(store, edit(2)).await, 1);
        assert_eq!(put(store, NewRow { target: Some("inc-2".to_owned()), ..edit(3) }).await, 3);
        assert_eq!(put(store, NewRow { kind: "topic".to_owned(), ..edit(4) }).await, 4);
        assert_eq!(put(store, outbox_row(5)).await, 5);
        assert_eq!(put(store, outbox_row(6)).await, 6, "without a target nothing is merged");
        let claimed = claim(store, 1).await;
        assert_eq!(ids(&claimed), [1, 3, 4, 5, 6]);
        assert_eq!(claimed[0].payload, edit(2).payload, "the last value wins");
    })
    .await;
}

#[tokio::test]
async fn an_edit_in_flight_takes_in_nothing_and_goes_first() {
    on_both(async |db| {
        let store = &db.store;
        put(store, edit(1)).await;
        let [flying] = claim(store, 1).await.try_into().unwrap();
        assert_eq!(put(store, edit(2)).await, 2, "drawn already: a second row");
        assert_eq!(put(store, edit(3)).await, 2, "which takes in the third");
        assert_eq!(ids(&claim(store, 2).await), [0; 0], "two edits of one message at once may land in the wrong order");
        assert_eq!(read!(store, |conn| outbox::next_due(conn, 1).await), Some(at(61)), "no reason to look earlier");

        let mut bell = store.committed();
        bell.mark_unchanged();
        assert!(write!(store, |tx| outbox::done(tx, flying.id, flying.fence).await).unwrap());
        assert!(bell.has_changed().unwrap(), "somebody waits for it");
        assert_eq!(ids(&claim(store, 2).await), [2]);
    })
    .await;
}

#[tokio::test]
async fn a_failed_edit_gives_way_to_the_newer_one() {
    on_both(async |db| {
        let store = &db.store;
        put(store, edit(1)).await;
        let [flying] = claim(store, 1).await.try_into().unwrap();
        put(store, edit(2)).await;
        assert!(write!(store, |tx| outbox::retry(tx, flying.id, flying.fence, at(30), "429").await).unwrap());
        assert_eq!(get(store, 1).await.state, "done");
        assert_eq!(put(store, edit(3)).await, 2);
        assert_eq!(ids(&claim(store, 29).await), [0; 0], "the limit holds for the newer ones too");
        let [again] = claim(store, 30).await.try_into().unwrap();
        assert_eq!((again.id, again.payload, again.attempts), (OutboxId(2), edit(3).payload, 2));
    })
    .await;
}

#[tokio::test]
async fn a_retried_edit_goes_on_backing_off_with_the_newest_content() {
    on_both(async |db| {
        let store = &db.store;
        put(store, edit(1)).await;
        let [flying] = claim(store, 1).await.try_into().unwrap();
        assert!(write!(store, |tx| outbox::retry(tx, flying.id, flying.fence, at(30), "503").await).unwrap());
        assert_eq!(get(store, 1).await.why.as_deref(), Some("503"));
        assert_eq!(put(store, edit(2)).await, 1);
        assert_eq!(ids(&claim(store, 29).await), [0; 0]);
        let [again] = claim(store, 30).await.try_into().unwrap();
        assert_eq!((again.payload, again.attempts), (edit(2).payload, 2));
    })
    .await;
}

#[tokio::test]
async fn parked_rows_wait_for_their_room() {
    on_both(async |db| {
        let store = &db.store;
        let parked = |id, room: &str| NewRow { parked_on: Some(room.to_owned()), due_at: at(30), ..outbox_row(id) };
        put(store, parked(1, "room-1")).await;
        put(store, parked(2, "room-1")).await;
        put(store, parked(3, "room-2")).await;
        assert_eq!(ids(&claim(store, 500).await), [0; 0]);
        assert_eq!(read!(store, |conn| outbox::next_due(conn, 1).await), None);
        assert_eq!(read!(store, |conn| outbox::next_parked_due(conn).await), Some(at(30)));

        assert_eq!(write!(store, |tx| outbox::release(tx, "room-1", at(5)).await).unwrap(), 2);
        assert_eq!(write!(store, |tx| outbox::release(tx, "room-1", at(5)).await).unwrap(), 0);
        assert_eq!(ids(&claim(store, 5).await), [1, 2]);

        let stop = |now| write_stop(store, now);
        assert_eq!(ids(&stop(29).await), [0; 0]);
        let [stopped] = stop(30).await.try_into().unwrap();
        assert_eq!((stopped.id.0, stopped.why.as_deref()), (3, Some("no room")));
        assert_eq!(ids(&stop(30).await), [0; 0], "once");
        assert_eq!(write!(store, |tx| outbox::release(tx, "room-2", at(31)).await).unwrap(), 0, "it went another way");
    })
    .await;
}

async fn write_stop(store: &Store, now: i64) -> Vec<OutboxRow> {
    write!(store, |tx| outbox::stop_parked_due(tx, at(now), "no room", 10).await).unwrap()
}

#[tokio::test]
async fn a_claimed_row_whose_room_is_gone_is_parked() {
    on_both(async |db| {
        let store = &db.store;
        put(store, outbox_row(1)).await;
        let [row] = claim(store, 1).await.try_into().unwrap();
        assert!(write!(store, |tx| outbox::park(tx, row.id, row.fence, "room", at(31)).await).unwrap());
        assert_eq!(ids(&claim(store, 100).await), [0; 0]);
        assert_eq!(write!(store, |tx| outbox::release(tx, "room", at(10)).await).unwrap(), 1);
        assert_eq!(ids(&claim(store, 10).await), [1]);
    })
    .await;
}

#[tokio::test]
async fn an_edit_that_has_to_wait_for_a_room_parks_the_one_that_waits() {
    on_both(async |db| {
        let store = &db.store;
        put(store, edit(1)).await;
        let parked = NewRow { parked_on: Some("room".to_owned()), due_at: at(30), ..edit(2) };
        assert_eq!(put(store, parked).await, 1);
        let row = get(store, 1).await;
        assert_eq!((row.parked_on.as_deref(), row.due_at), (Some("room"), at(30)));
        assert_eq!(put(store, NewRow { due_at: at(4), ..edit(3) }).await, 1);
        let row = get(store, 1).await;
        assert_eq!((row.parked_on, row.due_at), (None, at(4)), "the room is there");
    })
    .await;
}

#[tokio::test]
async fn a_restart_takes_up_an_edit_in_flight_before_the_one_that_waits_behind_it() {
    on_both(async |db| {
        let store = &db.store;
        put(store, edit(1)).await;
        assert_eq!(ids(&claim(store, 1).await), [1]);
        assert_eq!(put(store, edit(2)).await, 2, "the first is in flight");
        assert_eq!(write!(store, |tx| outbox::forget_claims(tx).await).unwrap(), 1);
        assert!(read!(store, |conn| outbox::next_due(conn, 1).await) <= Some(at(2)), "it is due at once");
        let [taken] = claim(store, 2).await.try_into().unwrap();
        assert_eq!((taken.id.0, taken.attempts), (1, 2));
        assert!(write!(store, |tx| outbox::done(tx, taken.id, taken.fence).await).unwrap());
        assert_eq!(ids(&claim(store, 2).await), [2]);
    })
    .await;
}

#[tokio::test]
async fn what_is_held_while_it_was_in_flight_is_not_looked_for_before_its_time() {
    on_both(async |db| {
        let store = &db.store;
        put(store, outbox_row(1)).await;
        assert_eq!(ids(&claim(store, 9).await), [1]);
        assert_eq!(write!(store, |tx| outbox::hold(tx, "post", at(300)).await).unwrap(), 1);
        assert_eq!(write!(store, |tx| outbox::forget_claims(tx).await).unwrap(), 1);
        assert_eq!(ids(&claim(store, 10).await), Vec::<i64>::new());
        assert_eq!(
            read!(store, |conn| outbox::next_due(conn, 1).await),
            Some(at(300)),
            "nobody looks in vain until then"
        );
        assert_eq!(ids(&claim(store, 300).await), [1]);
    })
    .await;
}

#[tokio::test]
async fn cleaning_takes_what_is_over_and_old() {
    on_both(async |db| {
        let store = &db.store;
        for id in 1..=4 {
            put(store, NewRow { created_at: at(id), due_at: at(id), ..outbox_row(id) }).await;
        }
        let claimed = claim(store, 3).await;
        for row in claimed {
            assert!(write!(store, |tx| outbox::fail(tx, row.id, row.fence, "gone").await).unwrap());
        }
        assert_eq!(get(store, 1).await.why.as_deref(), Some("gone"));
        assert_eq!(write!(store, |tx| outbox::clean(tx, at(3), 100).await).unwrap(), 2);
        assert_eq!(write!(store, |tx| outbox::clean(tx, at(100), 100).await).unwrap(), 1, "what is pending stays");
        assert_eq!(get(store, 4).await.state, "pending");
    })
    .await;
}

/// How late we are is counted from when a page was asked for: a try that failed makes it no younger.
#[tokio::test]
async fn the_oldest_row_that_is_still_to_go_is_found_whatever_it_waits_for() {
    on_both(async |db| {
        let store = &db.store;
        let oldest = async |now| read!(store, |conn| outbox::oldest_undelivered(conn, 1, at(now)).await);
        assert_eq!(oldest(100).await, None);
        put(store, NewRow { created_at: at(5), due_at: at(50), ..outbox_row(1) }).await;
        put(store, NewRow { created_at: at(1), lane: 2, ..outbox_row(2) }).await;
        assert_eq!(oldest(49).await, None, "it is not due");
        assert_eq!(oldest(50).await, Some(at(5)));

        let claimed = claim(store, 50).await.remove(0);
        assert_eq!(oldest(51).await, Some(at(5)), "on its way");
        let held = write!(store, |tx| outbox::retry(tx, claimed.id, claimed.fence, at(80), "later").await).unwrap();
        assert!(held);
        assert_eq!(oldest(51).await, Some(at(5)), "to be tried again");
        let parked = NewRow { created_at: at(3), due_at: at(90), parked_on: Some("room".to_owned()), ..outbox_row(3) };
        put(store, parked).await;
        assert_eq!(oldest(51).await, Some(at(3)), "its room is not there yet");
    })
    .await;
}
