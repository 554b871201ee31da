//! Calls, their posts and deliveries, and what the tests of contact channels came to.

use muster::domain::id::{CallId, ChannelId, MessageId, OutboxId, PostId, Root, UserId};
use muster::store::call::CallRow;
use muster::store::contact::TestRow;
use muster::store::outbox::NewRow;
use muster::store::post::PostRow;
use muster::store::{Store, StoreError, call, contact, guild, outbox, post};

use crate::databases::on_both;
use crate::{GUILD, at, outbox_row, read, write};

async fn called(store: &Store, id: i64, by: u64) -> CallRow {
    let row = CallRow {
        id: CallId(id),
        guild_id: GUILD,
        kind: "test".to_owned(),
        by_user: UserId(by),
        opened_at: at(id),
        over_at: None,
        version: 1,
        state: "{}".to_owned(),
    };
    let new = row.clone();
    write!(store, |tx| {
        guild::ensure(tx, GUILD).await?;
        call::insert(tx, &new).await
    })
    .unwrap();
    row
}

#[tokio::test]
async fn a_call_comes_back_as_it_was_saved() {
    on_both(async |db| {
        let store = &db.store;
        let first = called(store, 7, 1).await;
        assert_eq!(read!(store, |conn| call::peek(conn, CallId(7)).await), Some(first.clone()));
        assert_eq!(read!(store, |conn| call::live_ids(conn).await), [CallId(7)]);

        let over = CallRow { over_at: Some(at(9)), state: "{\"n\":1}".to_owned(), ..first.clone() };
        let saved = over.clone();
        write!(store, |tx| call::save(tx, &saved, 1).await).unwrap();
        let wanted = CallRow { version: 2, ..over.clone() };
        assert_eq!(write!(store, |tx| call::load(tx, CallId(7)).await).unwrap(), Some(wanted));
        assert_eq!(read!(store, |conn| call::live_ids(conn).await), []);
        assert_eq!(read!(store, |conn| call::not_over(conn, GUILD).await), []);

        let late = write!(store, |tx| call::save(tx, &over, 1).await);
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "somebody saved meanwhile");
    })
    .await;
}

#[tokio::test]
async fn the_calls_of_a_person_are_counted() {
    on_both(async |db| {
        let store = &db.store;
        for (id, by) in [(1, 1), (2, 1), (3, 2), (4, 1)] {
            called(store, id, by).await;
        }
        for (since, count) in [(0, 3), (2, 2), (4, 1), (5, 0)] {
            let found = read!(store, |conn| call::asked_since(conn, GUILD, UserId(1), "test", at(since)).await);
            assert_eq!(found, count, "since {since}");
        }
    })
    .await;
}

#[tokio::test]
async fn posts_and_deliveries_belong_to_a_call() {
    on_both(async |db| {
        let store = &db.store;
        let row = called(store, 7, 1).await;
        let root = Root::Call(CallId(7));
        let new = PostRow {
            id: PostId(1),
            root,
            kind: "pages".to_owned(),
            channel_id: None,
            message_id: None,
            sent_at: None,
            pages: "[4]".to_owned(),
            code: Some("031415".to_owned()),
            user_id: Some(UserId(5)),
        };
        let waiting = new.clone();
        write!(store, |tx| post::insert(tx, &waiting).await).unwrap();
        write!(store, |tx| post::receipt(tx, PostId(1), ChannelId(8), MessageId(9), at(3)).await).unwrap();
        let found = read!(store, |conn| post::by_message(conn, MessageId(9)).await).unwrap();
        assert_eq!(found.root, root);
        let by_code = read!(store, |conn| post::by_code(conn, UserId(5), "031415").await);
        assert_eq!(by_code, Some(found.clone()), "its person answers it by its code");
        assert_eq!(read!(store, |conn| post::by_code(conn, UserId(6), "031415").await), None, "nobody else does");
        assert_eq!(read!(store, |conn| post::open(conn, GUILD).await), [found], "its reactions are caught up");

        let delivery = NewRow { root: Some(root), ..outbox_row(5) };
        write!(store, |tx| outbox::put(tx, &delivery).await).unwrap();
        let claimed = read!(store, |conn| outbox::get(conn, OutboxId(5)).await).unwrap();
        assert_eq!(claimed.root, Some(root));

        let over = CallRow { over_at: Some(at(9)), ..row };
        write!(store, |tx| call::save(tx, &over, 1).await).unwrap();
        assert_eq!(read!(store, |conn| post::open(conn, GUILD).await), []);
    })
    .await;
}

#[tokio::test]
async fn the_latest_test_of_a_channel_stands() {
    on_both(async |db| {
        let store = &db.store;
        for id in [7, 8] {
            called(store, id, 1).await;
        }
        let test = |call: i64, outcome: &str| TestRow {
            contact: "ana".to_owned(),
            channel: "dm".to_owned(),
            call_id: CallId(call),
            user_id: UserId(1),
            tested_at: at(call),
            outcome: outcome.to_owned(),
            answered_at: (outcome == "acknowledged").then(|| at(call + 12)),
            why: (outcome == "failed").then(|| "dms_closed".to_owned()),
        };
        assert_eq!(read!(store, |conn| contact::tests(conn, GUILD).await), [], "never tested");
        // What comes late of the seventh call says nothing once the eighth has spoken.
        let told = [(7, "delivered", 7), (7, "acknowledged", 7), (8, "failed", 8), (7, "unanswered", 8)];
        let mut stands = test(7, "delivered");
        for (call, outcome, by) in told {
            let row = test(call, outcome);
            stands = if call == by { row.clone() } else { stands };
            write!(store, |tx| contact::tested(tx, GUILD, &row).await).unwrap();
            assert_eq!(read!(store, |conn| contact::tests(conn, GUILD).await), [stands.clone()], "{outcome}");
        }
    })
    .await;
}
