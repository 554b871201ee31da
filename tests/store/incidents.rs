//! Incidents and what hangs on them: keys, events, posts.

use futures::future::join_all;
use muster::domain::id::{ChannelId, EventId, IncidentId, MessageId, PostId, Root, UserId};
use muster::store::dedupe::DedupeRow;
use muster::store::incident::{Filter, IncidentRow};
use muster::store::outbox::NewRow;
use muster::store::post::PostRow;
use muster::store::timeline::EventRow;
use muster::store::{Store, StoreError, dedupe, incident, outbox, post, timeline};

use crate::databases::on_both;
use crate::{GUILD, at, opened, outbox_row, read, write};

pub fn event(id: i64, incident: i64, kind: &str) -> EventRow {
    EventRow {
        id: EventId(id),
        incident_id: IncidentId(incident),
        kind: kind.to_owned(),
        at: at(id),
        written_at: at(id),
        by_user: None,
        data: "{}".to_owned(),
        count: 1,
        repeat_key: None,
    }
}

#[tokio::test]
async fn an_incident_comes_back_as_it_was_saved() {
    on_both(async |db| {
        let store = &db.store;
        let first = opened(store, 7).await;
        assert_eq!(read!(store, |conn| incident::peek(conn, IncidentId(7)).await), Some(first.clone()));

        let changed = IncidentRow {
            status: "resolved".to_owned(),
            impact: 1,
            title: "it's \"fixed\" 🎉".to_owned(),
            plan: None,
            source: Some("grafana".to_owned()),
            // Larger than any i64: kept whole.
            channel_id: Some(ChannelId(u64::MAX)),
            drill: true,
            private: true,
            over_at: Some(at(99)),
            state: "{\"a\":1}".to_owned(),
            version: 2,
            ..first
        };
        let saved = changed.clone();
        write!(store, |tx| incident::save(tx, &saved, 1).await).unwrap();
        assert_eq!(write!(store, |tx| incident::load(tx, IncidentId(7)).await).unwrap(), Some(changed.clone()));
        assert_eq!(read!(store, |conn| incident::by_number(conn, GUILD, 7).await), Some(changed.clone()));
        assert_eq!(read!(store, |conn| incident::by_channel(conn, ChannelId(u64::MAX)).await), Some(changed));
        assert_eq!(read!(store, |conn| incident::by_number(conn, GUILD, 8).await), None);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_save_over_one_version_the_second_is_told() {
    on_both(async |db| {
        let store = &db.store;
        let row = opened(store, 1).await;
        let (first, second) = (row.clone(), row);
        write!(store, |tx| incident::save(tx, &first, 1).await).unwrap();
        let told = write!(store, |tx| incident::save(tx, &second, 1).await);
        assert!(matches!(told, Err(StoreError::Conflict { what: "incident", id: 1 })), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_loaded_incident_is_held_until_the_end() {
    on_both(async |db| {
        let store = &db.store;
        opened(store, 1).await;
        let count_up = || async {
            write!(store, |tx| {
                let mut row = incident::load(tx, IncidentId(1)).await?.expect("it was opened");
                row.impact += 1;
                let version = row.version;
                incident::save(tx, &row, version).await
            })
        };
        for told in join_all((0..30).map(|_| count_up())).await {
            told.expect("nobody saves between load and save");
        }
        let row = read!(store, |conn| incident::peek(conn, IncidentId(1)).await).unwrap();
        assert_eq!((row.impact, row.version), (32, 31));
    })
    .await;
}

async fn listed(store: &Store, filter: Filter<'static>) -> Vec<i64> {
    let rows = read!(store, |conn| incident::list(conn, GUILD, &Filter { limit: 10, ..filter }).await);
    rows.into_iter().map(|row| row.id.0).collect()
}

#[tokio::test]
async fn lists_show_what_was_asked_for() {
    on_both(async |db| {
        let store = &db.store;
        let change = |row: &mut IncidentRow| match row.id.0 {
            2 => (row.status, row.over_at) = ("resolved".to_owned(), Some(at(50))),
            3 => (row.status, row.plan) = ("mitigated".to_owned(), None),
            _ => row.impact = 5,
        };
        for id in 1..=4 {
            let mut row = opened(store, id).await;
            change(&mut row);
            write!(store, |tx| incident::save(tx, &row, 1).await).unwrap();
        }
        let all = Filter::default;
        assert_eq!(listed(store, all()).await, [4, 3, 2, 1]);
        assert_eq!(listed(store, Filter { statuses: &["open", "mitigated"], ..all() }).await, [4, 3, 1]);
        assert_eq!(listed(store, Filter { statuses: &["resolve", "pen"], ..all() }).await, [0; 0], "whole words");
        assert_eq!(listed(store, Filter { impact: Some(5), ..all() }).await, [4, 1]);
        assert_eq!(listed(store, Filter { plan: Some("web"), ..all() }).await, [4, 2, 1]);
        assert_eq!(listed(store, Filter { since: Some(at(3)), ..all() }).await, [4, 3]);
        assert_eq!(listed(store, Filter { before: Some(IncidentId(3)), ..all() }).await, [2, 1]);
        let live = read!(store, |conn| incident::not_over(conn, GUILD).await);
        assert_eq!(live.iter().map(|row| row.id.0).collect::<Vec<_>>(), [4, 3, 1]);
        assert_eq!(read!(store, |conn| incident::live_ids(conn).await), [1, 3, 4].map(IncidentId));
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_one_incident_that_is_not_over() {
    on_both(async |db| {
        let store = &db.store;
        for id in 1..=3 {
            opened(store, id).await;
        }
        let claim = |key: &'static str, id| async move {
            write!(store, |tx| dedupe::claim(tx, GUILD, key, IncidentId(id)).await).unwrap()
        };
        let find = |key: &'static str| async move {
            let found = write!(store, |tx| dedupe::find(tx, GUILD, key).await).unwrap();
            found.map(|row: DedupeRow| (row.incident_id.0, row.over_at))
        };
        assert_eq!(find("db").await, None);
        assert!(claim("db", 1).await);
        assert!(claim("db", 1).await, "again, by the same");
        assert!(!claim("db", 2).await);
        assert_eq!(find("db").await, Some((1, None)));

        assert_eq!(write!(store, |tx| dedupe::close(tx, IncidentId(1), at(9)).await).unwrap(), 1);
        assert_eq!(find("db").await, Some((1, Some(at(9)))), "remembered, for reopening");
        assert_eq!(write!(store, |tx| dedupe::reopen(tx, IncidentId(1)).await).unwrap(), 1);
        assert!(!claim("db", 2).await);

        write!(store, |tx| dedupe::close(tx, IncidentId(1), at(9)).await).unwrap();
        assert!(claim("db", 2).await);
        assert_eq!(write!(store, |tx| dedupe::reopen(tx, IncidentId(1)).await).unwrap(), 0, "it is another's now");

        assert!(claim("web", 2).await);
        assert_eq!(write!(store, |tx| dedupe::hand_over(tx, IncidentId(2), IncidentId(3)).await).unwrap(), 2);
        assert_eq!(find("web").await, Some((3, None)));
    })
    .await;
}

#[tokio::test]
async fn of_many_who_claim_a_new_key_one_gets_it() {
    on_both(async |db| {
        let store = &db.store;
        for id in 1..=12 {
            opened(store, id).await;
        }
        let claims =
            (1..=12).map(|id| async move { write!(store, |tx| dedupe::claim(tx, GUILD, "k", IncidentId(id)).await) });
        let got = join_all(claims).await.into_iter().filter(|told| *told.as_ref().unwrap()).count();
        assert_eq!(got, 1);
    })
    .await;
}

async fn add(store: &Store, event: EventRow) {
    write!(store, |tx| timeline::add(tx, &event).await).unwrap();
}

#[tokio::test]
async fn repeats_in_a_row_are_one_event() {
    on_both(async |db| {
        let store = &db.store;
        opened(store, 1).await;
        opened(store, 2).await;
        let repeat = |at_s| async move {
            write!(store, |tx| timeline::repeat(tx, IncidentId(1), "alert db", at(at_s)).await).unwrap()
        };
        assert!(!repeat(1).await, "nothing to repeat");
        let alert = EventRow { repeat_key: Some("alert db".to_owned()), ..event(10, 1, "alert") };
        add(store, alert.clone()).await;
        add(store, event(11, 2, "elsewhere")).await;
        assert!(repeat(20).await && repeat(30).await);
        let counted = EventRow { count: 3, written_at: at(30), ..alert };
        assert_eq!(read!(store, |conn| timeline::get(conn, EventId(10)).await), Some(counted));
        add(store, event(40, 1, "note")).await;
        assert!(!repeat(50).await, "something else happened in between");
    })
    .await;
}

#[tokio::test]
async fn a_timeline_reads_in_the_order_of_what_happened() {
    on_both(async |db| {
        let store = &db.store;
        opened(store, 1).await;
        add(store, event(1, 1, "opened")).await;
        add(store, event(3, 1, "page_sent")).await;
        add(store, event(4, 1, "pageXsent")).await;
        // Written down last, happened second.
        let told_later =
            EventRow { at: at(2), by_user: Some(UserId(5)), data: "{\"t\":1}".to_owned(), ..event(9, 1, "note") };
        add(store, told_later.clone()).await;

        let kinds = |rows: Vec<EventRow>| rows.into_iter().map(|row| row.kind).collect::<Vec<_>>();
        let all = read!(store, |conn| timeline::list(conn, IncidentId(1), None, 10).await);
        assert_eq!(all[1], told_later);
        assert_eq!(kinds(all), ["opened", "note", "page_sent", "pageXsent"]);
        let from = Some((at(2), EventId(9)));
        let next = read!(store, |conn| timeline::list(conn, IncidentId(1), from, 1).await);
        assert_eq!(kinds(next), ["page_sent"]);
        let latest = read!(store, |conn| timeline::latest(conn, IncidentId(1), 2, &["page_sent", "opened"]).await);
        assert_eq!(kinds(latest), ["pageXsent", "note"]);
        let latest = read!(store, |conn| timeline::latest(conn, IncidentId(1), 1, &[]).await);
        assert_eq!(kinds(latest), ["pageXsent"]);

        write!(store, |tx| timeline::edit(tx, EventId(9), "{\"t\":2}").await).unwrap();
        let edited = read!(store, |conn| timeline::get(conn, EventId(9)).await).unwrap();
        assert_eq!(edited.data, "{\"t\":2}");
        assert!(matches!(
            write!(store, |tx| timeline::edit(tx, EventId(99), "").await),
            Err(StoreError::Conflict { .. })
        ));
    })
    .await;
}

#[tokio::test]
async fn a_post_is_found_by_its_message() {
    on_both(async |db| {
        let store = &db.store;
        let row = opened(store, 1).await;
        let waiting = PostRow {
            id: PostId(1),
            root: Root::Incident(IncidentId(1)),
            kind: "page".to_owned(),
            channel_id: None,
            message_id: None,
            sent_at: None,
            pages: "[4]".to_owned(),
            code: None,
            user_id: None,
        };
        for id in [1, 2] {
            let post = PostRow { id: PostId(id), ..waiting.clone() };
            write!(store, |tx| post::insert(tx, &post).await).unwrap();
        }
        assert_eq!(read!(store, |conn| post::open(conn, GUILD).await), []);
        write!(store, |tx| post::receipt(tx, PostId(1), ChannelId(8), MessageId(9), at(3)).await).unwrap();
        let sent =
            PostRow { channel_id: Some(ChannelId(8)), message_id: Some(MessageId(9)), sent_at: Some(at(3)), ..waiting };
        assert_eq!(read!(store, |conn| post::by_message(conn, MessageId(9)).await), Some(sent.clone()));
        assert_eq!(read!(store, |conn| post::get(conn, PostId(1)).await), Some(sent.clone()));
        assert_eq!(read!(store, |conn| post::open(conn, GUILD).await), [sent]);
        assert_eq!(read!(store, |conn| post::of_incident(conn, IncidentId(1)).await).len(), 2);

        let twice = write!(store, |tx| post::receipt(tx, PostId(2), ChannelId(8), MessageId(9), at(3)).await);
        assert!(matches!(twice, Err(StoreError::Statement { .. })), "one message is one post");
        let unknown = write!(store, |tx| post::receipt(tx, PostId(3), ChannelId(8), MessageId(7), at(3)).await);
        assert!(matches!(unknown, Err(StoreError::Conflict { .. })));

        let over = IncidentRow { over_at: Some(at(9)), ..row };
        write!(store, |tx| incident::save(tx, &over, 1).await).unwrap();
        assert_eq!(read!(store, |conn| post::open(conn, GUILD).await), []);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_incident_leaves_nothing_and_others_stay() {
    on_both(async |db| {
        let store = &db.store;
        for id in [1, 2] {
            opened(store, id).await;
            let (key, row) = (format!("k{id}"), outbox_row(id));
            write!(store, |tx| {
                dedupe::claim(tx, GUILD, &key, IncidentId(id)).await?;
                timeline::add(tx, &event(id, id, "opened")).await?;
                let sent = PostRow {
                    id: PostId(id),
                    root: Root::Incident(IncidentId(id)),
                    kind: "card".to_owned(),
                    channel_id: None,
                    message_id: None,
                    sent_at: None,
                    pages: "[]".to_owned(),
                    code: None,
                    user_id: None,
                };
                post::insert(tx, &sent).await?;
                outbox::put(tx, &NewRow { root: Some(Root::Incident(IncidentId(id))), ..row }).await
            })
            .unwrap();
        }
        write!(store, |tx| incident::delete(tx, IncidentId(1)).await).unwrap();
        let held = |key: &'static str| async move {
            write!(store, |tx| dedupe::find(tx, GUILD, key).await).unwrap().map(|found| found.incident_id)
        };
        let there = |id: i64| async move {
            let row = read!(store, |conn| incident::peek(conn, IncidentId(id)).await).is_some();
            let events = read!(store, |conn| timeline::list(conn, IncidentId(id), None, 9).await).len();
            let posts = read!(store, |conn| post::of_incident(conn, IncidentId(id)).await).len();
            (row, events, posts)
        };
        assert_eq!((there(1).await, there(2).await), ((false, 0, 0), (true, 1, 1)));
        assert_eq!((held("k1").await, held("k2").await), (None, Some(IncidentId(2))));
        let left = write!(store, |tx| outbox::claim(tx, at(9), 1, at(99), 9).await).unwrap();
        assert_eq!(left.iter().map(|row| row.root).collect::<Vec<_>>(), [Some(Root::Incident(IncidentId(2)))]);
        let again = write!(store, |tx| incident::delete(tx, IncidentId(1)).await);
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    })
    .await;
}
