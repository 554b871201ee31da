//! A backup is put back: what happened since is not known, so people are asked before they are woken again.

use muster::store::Store;
use muster::store::backup::backup;

use crate::databases::{TestStore, on_both, sqlite};
use crate::scenario::Stage;
use crate::{PLAN, START, says};

/// The backup as the bot finds it after `seconds`; on PostgreSQL, as on SQLite, it is a SQLite file.
async fn put_back(db: &TestStore, stage: &Stage, folder: &std::path::Path) -> Store {
    let file = folder.join("backup.db");
    backup(&db.url, &file, stage.now()).await.unwrap();
    Store::open_alone(&format!("sqlite://{}", file.display())).await.unwrap()
}

#[tokio::test]
async fn after_a_restore_people_are_asked_before_anybody_is_woken_again() {
    on_both(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let mut before = Stage::open(db.store.clone(), START).await;
        before.play(&[PLAN, "alert firing db critical", "advance 1m"]).await;
        let store = put_back(db, &before, folder.path()).await;

        let mut after = Stage::open(store.clone(), "2026-01-05T12:00:00Z").await;
        assert_eq!(after.app().take_note_of_restore().await.unwrap(), Some(before.now()));
        let told = after.play(&["advance 1s", "advance 4m"]).await;
        assert!(says(&told, "restored from a backup"), "nobody was asked: {told:#?}");
        assert!(!says(&told, "> page"), "somebody was woken blindly: {told:#?}");
        let told = after.play(&["advance 2m"]).await;
        assert!(says(&told, "> page @ben") && says(&told, "late"), "paging did not go on: {told:#?}");
        assert_eq!(after.app().take_note_of_restore().await.unwrap(), None, "it is asked once");
    })
    .await;
}

#[tokio::test]
async fn who_confirms_after_a_restore_is_left_alone() {
    on_both(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let mut before = Stage::open(db.store.clone(), START).await;
        before.play(&[PLAN, "alert firing db critical"]).await;
        let store = put_back(db, &before, folder.path()).await;

        let mut after = Stage::open(store.clone(), "2026-01-05T12:00:00Z").await;
        after.app().take_note_of_restore().await.unwrap();
        let told = after.play(&["advance 1m", "@ana /incident resolve: it was over", "advance 1h"]).await;
        assert!(!says(&told, "> page"), "{told:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_fires_anew_after_a_restore_does_not_wait() {
    on_both(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let mut before = Stage::open(db.store.clone(), START).await;
        before.play(&[PLAN, "alert firing db critical", "advance 4m", "alert resolved db"]).await;
        let store = put_back(db, &before, folder.path()).await;

        let mut after = Stage::open(store.clone(), "2026-01-05T12:00:00Z").await;
        after.app().take_note_of_restore().await.unwrap();
        // A minute of Ana's stage was left when it recovered.
        let told = after.play(&["alert firing db critical", "advance 61s"]).await;
        assert!(says(&told, "> page @ben"), "{told:#?}");
    })
    .await;
}

#[tokio::test]
async fn pages_that_waited_when_the_backup_was_made_wait_for_people_too() {
    // With a room and without.
    for story in [
        &[PLAN, "alert firing db critical", "fault discord down", "advance 5m"][..],
        &[PLAN, "fault discord down", "alert firing db critical"],
    ] {
        let db = sqlite().await;
        let folder = tempfile::tempdir().unwrap();
        let mut before = Stage::open(db.store.clone(), START).await;
        before.play(story).await;
        let store = put_back(&db, &before, folder.path()).await;

        let mut after = Stage::open(store.clone(), "2026-01-05T12:00:00Z").await;
        after.app().take_note_of_restore().await.unwrap();
        let told = after.play(&["advance 4m"]).await;
        assert!(!says(&told, "> page"), "{told:#?}");
        let told = after.play(&["advance 2m"]).await;
        assert!(says(&told, "> page"), "{told:#?}");
    }
}
