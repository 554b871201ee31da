//! A full disk: what is new is refused and said to be, paging goes on, and all is well again without a restart.

use std::path::{Path, PathBuf};
use std::process::Command;

use muster::domain::alert::{Message, MessageAuthor};
use muster::domain::id::{ChannelId, MessageId, WebhookId};
use muster::store::Store;

use crate::scenario::{GUILD, Stage};
use crate::{PLAN, START, is_root, says, skip};

/// Room for the ballast, as much to spare, and a database.
const DISK: &str = "size=40m";
const REFUSED: &str = "Not saved, nothing was done: Muster's disk is full.";

/// How the disk is full, and how there is room again.
trait Disk {
    async fn fill(&self, store: &Store);
    async fn make_room(&self, store: &Store);
}

/// SQLite refuses to let the file grow: everywhere.
struct Limited;

/// A disk of its own, really full: where mounting is allowed.
struct Mounted(PathBuf);

impl Disk for Limited {
    async fn fill(&self, store: &Store) {
        store.limit_growth(1).await.unwrap();
    }

    async fn make_room(&self, store: &Store) {
        store.limit_growth(1_000_000).await.unwrap();
    }
}

impl Disk for Mounted {
    async fn fill(&self, _: &Store) {
        let mut chunk = 1 << 20;
        let mut file = std::fs::File::create(self.0.join("junk")).unwrap();
        while chunk > 0 {
            match std::io::Write::write(&mut file, &vec![1; chunk]) {
                Ok(written) if written > 0 => {}
                _ => chunk /= 2,
            }
        }
    }

    async fn make_room(&self, _: &Store) {
        std::fs::remove_file(self.0.join("junk")).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// An alert of the scenarios' source, as the gateway brings it.
fn alert(stage: &Stage, number: u64) -> Message {
    Message {
        id: MessageId(1_460_000_000_000_000_000 + number),
        channel: ChannelId(900_000_000_000_000_030),
        at: stage.now(),
        author: MessageAuthor::Webhook(WebhookId(900_000_000_000_000_301)),
        username: None,
        content: "ALERT critical cache: cache is down".to_owned(),
        embeds: Vec::new(),
        custom_ids: Vec::new(),
    }
}

/// Writes until the ballast is given up: every one of these words is kept, the one that found the disk full too.
async fn until_full(stage: &mut Stage, store: &Store) -> usize {
    for n in 0..5_000 {
        if store.cramped() {
            return n;
        }
        let step = format!("@ana /timeline add: note {n} {}", "x".repeat(1_500));
        let told = stage.play(&[&step]).await;
        assert!(!says(&told, "Not saved"), "note {n} was lost: {told:?}");
    }
    panic!("the disk was never full");
}

async fn goes_through_a_full_disk(folder: &Path, disk: impl Disk) {
    let url = format!("sqlite://{}", folder.join("muster.db").display());
    let store = Store::open_alone(&url).await.unwrap();
    let ballast = folder.join("muster.db.ballast");
    assert_eq!(std::fs::metadata(&ballast).unwrap().len(), 16 << 20);
    let mut stage = Stage::open(store.clone(), START).await;
    let told = stage.play(&[PLAN, "alert firing db critical"]).await;
    assert!(says(&told, "> page @ana"), "{told:?}");

    disk.fill(&store).await;
    let notes = until_full(&mut stage, &store).await;
    assert!(!ballast.exists(), "the ballast was not given up");
    let told = stage.play(&["@ana /timeline show"]).await;
    assert!(says(&told, &format!("note {}", notes - 1)), "the word that found the disk full is not there: {told:?}");

    // What is new is refused, and said to be.
    for asked in ["@kim /incident new: plan db", "@kim opens the form", "@ana /contact mute: dm", "@ana /contact test"]
    {
        let told = stage.play(&[asked]).await;
        assert!(says(&told, REFUSED), "{asked}: {told:?}");
    }
    let refused = stage.app().message(GUILD, alert(&stage, 1), None).await.unwrap_err();
    assert!(refused.is_full(), "{refused}");
    assert!(
        store.lay_ballast().await || !matches!(folder.file_name(), Some(name) if name == "disk"),
        "there is no room yet"
    );

    // What was promised is kept.
    let told = stage.play(&["advance 5m", "@ben acknowledges", "advance 20m", "@ben /incident resolve: done"]).await;
    assert!(says(&told, "> page @ben"), "{told:?}");
    assert!(!says(&told, "Not saved"), "{told:?}");
    assert!(stage.play(&["@ben /incident list"]).await.iter().all(|line| !line.contains("INC-1 ")));

    // There is room: as if nothing had been, without a restart. The refused alert is read again, once.
    disk.make_room(&store).await;
    assert!(!store.lay_ballast().await, "there is room, and the store is still cramped");
    assert!(ballast.exists());
    stage.app().message(GUILD, alert(&stage, 1), None).await.unwrap();
    let told = stage.play(&["advance 1s", "@kim /incident list"]).await;
    assert!(says(&told, "> page @ana") && says(&told, "INC-2"), "{told:?}");
}

#[tokio::test]
async fn on_a_file_that_may_not_grow_paging_goes_on_and_what_is_new_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    goes_through_a_full_disk(folder.path(), Limited).await;
}

#[tokio::test]
async fn on_a_full_disk_paging_goes_on_and_what_is_new_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(&disk).output();
    if !is_root() || !mounted.is_ok_and(|done| done.status.success()) {
        return skip("a really full disk (mounting needs root); the file that may not grow was tested in its place");
    }
    goes_through_a_full_disk(&disk.clone(), Mounted(disk)).await;
}

/// Started on a disk that is full already: it takes nothing in, and says so, but it runs.
#[tokio::test]
async fn a_bot_starts_on_a_disk_without_room_for_its_ballast() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=20m", "tmpfs"]).arg(&disk).output();
    if !is_root() || !mounted.is_ok_and(|done| done.status.success()) {
        return skip("a start on a full disk (mounting needs root)");
    }
    let disk = Mounted(disk);
    let store = Store::open_alone(&format!("sqlite://{}", disk.0.join("muster.db").display())).await.unwrap();
    assert!(store.cramped());
    let mut stage = Stage::open(store.clone(), START).await;
    assert!(says(&stage.play(&[PLAN, "@kim /incident new: plan db"]).await, REFUSED));
    store.close().await;
}
