//! What a team sets up: definitions and their history, overrides, mutes; and the books kept about it.

use futures::future::join_all;
use muster::domain::id::{ChannelId, GuildId, MessageId, UserId};
use muster::store::audit::AuditRow;
use muster::store::contact::MuteRow;
use muster::store::definition::Change;
use muster::store::schedule::OverrideRow;
use muster::store::source::SourceMark;
use muster::store::{Store, StoreError, audit, contact, definition, guild, install, schedule, seen, source};

use crate::databases::on_both;
use crate::{GUILD, at, read, write};

async fn apply(store: &Store, changes: &[(&str, Option<&str>)]) -> i64 {
    let changes: Vec<Change> = changes
        .iter()
        .map(|(name, spec)| Change {
            kind: "contact".to_owned(),
            name: (*name).to_owned(),
            spec: spec.map(str::to_owned),
        })
        .collect();
    write!(store, |tx| definition::record(tx, GUILD, &changes, Some(UserId(7)), at(1), "test").await).unwrap()
}

/// Name, version and spec of what is in force.
async fn in_force(store: &Store, at_revision: Option<i64>) -> Vec<(String, i64, String)> {
    let rows = read!(store, |conn| definition::in_force(conn, GUILD, at_revision).await);
    rows.into_iter().map(|row| (row.name, row.version, row.spec.unwrap())).collect()
}

fn entry(name: &str, version: i64, spec: &str) -> (String, i64, String) {
    (name.to_owned(), version, spec.to_owned())
}

#[tokio::test]
async fn every_apply_is_a_revision_that_can_be_gone_back_to() {
    on_both(async |db| {
        let store = &db.store;
        assert_eq!(apply(store, &[("ana", Some("a1")), ("ben", Some("b1"))]).await, 1);
        assert_eq!(apply(store, &[("ana", Some("a2"))]).await, 2);
        assert_eq!(apply(store, &[("ana", None)]).await, 3);
        assert_eq!(apply(store, &[]).await, 3, "nothing to change is no apply");
        assert_eq!(apply(store, &[("ana", Some("a4"))]).await, 4);

        assert_eq!(in_force(store, None).await, [entry("ana", 4, "a4"), entry("ben", 1, "b1")]);
        assert_eq!(in_force(store, Some(3)).await, [entry("ben", 1, "b1")]);
        assert_eq!(in_force(store, Some(2)).await, [entry("ana", 2, "a2"), entry("ben", 1, "b1")]);
        assert_eq!(in_force(store, Some(0)).await, []);

        let history = read!(store, |conn| definition::history(conn, GUILD, "contact", "ana", 3).await);
        let specs: Vec<_> =
            history.iter().map(|row| (row.definition.version, row.definition.spec.as_deref())).collect();
        assert_eq!(specs, [(4, Some("a4")), (3, None), (2, Some("a2"))]);
        assert!(history.iter().all(|row| row.via == "test"), "each knows where its apply came from");
        let first = read!(store, |conn| definition::first_version(conn, GUILD, "contact", "ana").await).unwrap();
        assert_eq!(
            (first.spec.as_deref(), first.revision, first.applied_by, first.applied_at),
            (Some("a1"), 1, Some(UserId(7)), at(1))
        );
        assert_eq!(read!(store, |conn| definition::version(conn, GUILD, "plan", "ana", 1).await), None);
        let applies = read!(store, |conn| definition::applies(conn, GUILD, 2).await);
        assert_eq!(applies.iter().map(|row| row.revision).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(read!(store, |conn| guild::revisions(conn).await), [(GUILD, 4)]);
    })
    .await;
}

#[tokio::test]
async fn applies_at_once_come_one_after_the_other() {
    on_both(async |db| {
        let store = &db.store;
        let mut revisions = join_all((0..20).map(|_| apply(store, &[("ana", Some("x"))]))).await;
        revisions.sort_unstable();
        assert_eq!(revisions, (1..=20).collect::<Vec<_>>());
        let history = read!(store, |conn| definition::history(conn, GUILD, "contact", "ana", 100).await);
        assert!(
            history.iter().all(|row| row.definition.version == row.definition.revision),
            "versions in the order of the applies"
        );
        assert_eq!(history.len(), 20);
    })
    .await;
}

#[tokio::test]
async fn a_guild_counts_and_remembers_for_itself() {
    on_both(async |db| {
        let store = &db.store;
        let other = GuildId(2);
        let take = |guild| async move { write!(store, |tx| guild::take_number(tx, guild).await).unwrap() };
        assert_eq!((take(GUILD).await, take(GUILD).await, take(other).await), (1, 2, 1));
        assert_eq!(read!(store, |conn| guild::state(conn, other).await), None);
        write!(store, |tx| guild::save_state(tx, other, "{\"day\":1}").await).unwrap();
        assert_eq!(write!(store, |tx| guild::load_state(tx, other).await).unwrap().as_deref(), Some("{\"day\":1}"));
        assert_eq!(read!(store, |conn| guild::state(conn, other).await).as_deref(), Some("{\"day\":1}"));
        assert_eq!(take(other).await, 2, "saving state touches no counter");
        assert_eq!(write!(store, |tx| guild::load_state(tx, GuildId(3)).await).unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_salt_is_the_first_one_for_ever() {
    on_both(async |db| {
        let salt = |proposed: &'static str| {
            let store = db.store.clone();
            async move { write!(store, |tx| install::salt(tx, proposed).await).unwrap() }
        };
        assert_eq!((salt("one").await, salt("two").await), ("one".to_owned(), "one".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_first_once_until_it_is_cleaned() {
    on_both(async |db| {
        let store = &db.store;
        let first = |at_s| async move { write!(store, |tx| seen::first(tx, "press 1", at(at_s)).await).unwrap() };
        assert!(first(1).await);
        assert!(!first(2).await);
        assert_eq!(write!(store, |tx| seen::clean(tx, at(1), 100).await).unwrap(), 0);
        assert_eq!(write!(store, |tx| seen::clean(tx, at(2), 100).await).unwrap(), 1);
        assert!(first(3).await);
    })
    .await;
}

#[tokio::test]
async fn a_source_mark_never_goes_back() {
    on_both(async |db| {
        let store = &db.store;
        let advance = |channel, message| async move {
            write!(store, |tx| source::advance(tx, GUILD, "grafana", ChannelId(channel), MessageId(message)).await)
                .unwrap();
        };
        advance(1, 10).await;
        advance(1, 30).await;
        advance(1, 20).await;
        advance(2, 5).await;
        let mark = |channel, message| SourceMark {
            source: "grafana".to_owned(),
            channel_id: ChannelId(channel),
            last_message_id: MessageId(message),
        };
        assert_eq!(read!(store, |conn| source::all(conn, GUILD).await), [mark(1, 30), mark(2, 5)]);
        assert_eq!(read!(store, |conn| source::all(conn, GuildId(2)).await), []);
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_reads_backwards_in_pages() {
    on_both(async |db| {
        let store = &db.store;
        let entry = |id| AuditRow {
            id,
            guild_id: GUILD,
            at: at(id),
            by_user: (id > 1).then_some(UserId(7)),
            via: "command".to_owned(),
            what: "set".to_owned(),
            subject: "INC-1 impact".to_owned(),
            old: Some("3".to_owned()),
            new: None,
        };
        for id in 1..=3 {
            write!(store, |tx| audit::add(tx, &entry(id)).await).unwrap();
        }
        assert_eq!(read!(store, |conn| audit::list(conn, GUILD, None, 2).await), [entry(3), entry(2)]);
        assert_eq!(read!(store, |conn| audit::list(conn, GUILD, Some(2), 2).await), [entry(1)]);
    })
    .await;
}

#[tokio::test]
async fn overrides_come_in_the_order_in_which_they_were_made() {
    on_both(async |db| {
        let store = &db.store;
        let made = |id, created| OverrideRow {
            id,
            guild_id: GUILD,
            schedule: "web".to_owned(),
            rotation: (id == 1).then(|| "day".to_owned()),
            from_at: at(0),
            until_at: at(60),
            contacts: "[\"ana\"]".to_owned(),
            created_at: at(created),
            created_by: None,
        };
        for (id, created) in [(1, 9), (2, 5)] {
            write!(store, |tx| schedule::add(tx, &made(id, created)).await).unwrap();
        }
        assert_eq!(read!(store, |conn| schedule::overrides(conn, GUILD).await), [made(2, 5), made(1, 9)]);
        assert!(!write!(store, |tx| schedule::remove(tx, GuildId(2), 1).await).unwrap(), "another guild's");
        assert!(write!(store, |tx| schedule::remove(tx, GUILD, 1).await).unwrap());
        assert!(!write!(store, |tx| schedule::remove(tx, GUILD, 1).await).unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_mute_is_set_changed_and_taken_back() {
    on_both(async |db| {
        let store = &db.store;
        let muted = |until: Option<i64>| MuteRow {
            contact: "ana".to_owned(),
            channel: "dm".to_owned(),
            until_at: until.map(at),
        };
        for until in [Some(5), None] {
            write!(store, |tx| contact::mute(tx, GUILD, &muted(until)).await).unwrap();
            assert_eq!(read!(store, |conn| contact::mutes(conn, GUILD).await), [muted(until)]);
        }
        assert!(write!(store, |tx| contact::unmute(tx, GUILD, "ana", "dm").await).unwrap());
        assert!(!write!(store, |tx| contact::unmute(tx, GUILD, "ana", "dm").await).unwrap());
    })
    .await;
}
