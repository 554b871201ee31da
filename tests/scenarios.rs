//! The users' stories (`tests/scenarios/*.txt`), each on SQLite and, in the long run, on PostgreSQL; in the short one a part of them.

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

#[path = "docs/forgetting.rs"]
mod forgetting;

#[path = "audit/sabotage.rs"]
mod sabotage;

use std::path::PathBuf;

use scenario::Scenario;

/// Of the stories, PostgreSQL plays one in so many in the short run, and all in the long one.
const PART: usize = 8;

/// Plays every story of a file on both databases, side by side; what happens must be what is told, to the line.
async fn check(file: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(file);
    let stories = scenario::read(&path);
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        let mut told = Vec::new();
        for story in &stories {
            told.push((story.name.clone(), story.play(databases::sqlite().await.store).await));
        }
        return scenario::write(&path, &told);
    }
    let (mut wrong, more) = futures::join!(on_sqlite(&stories), on_postgres(&stories));
    wrong.extend(more);
    assert!(wrong.is_empty(), "{file}:\n\n{}", wrong.join("\n\n"));
}

async fn on_sqlite(stories: &[Scenario]) -> Vec<String> {
    let mut wrong = Vec::new();
    for story in stories {
        wrong.extend(differs(story, databases::sqlite().await, "SQLite").await);
    }
    wrong
}

async fn on_postgres(stories: &[Scenario]) -> Vec<String> {
    let mut wrong = Vec::new();
    // In the short run a part, others in each file.
    let long = std::env::var_os("MUSTER_LONG").is_some();
    let (begin, step) = if long { (0, 1) } else { (stories.len() % PART, PART) };
    if let Some(database) = databases::Emptied::new().await {
        for story in stories.iter().skip(begin).step_by(step) {
            wrong.extend(differs(story, database.again().await, "PostgreSQL").await);
        }
    }
    wrong
}

/// What happened, where it is not what is told.
async fn differs(story: &Scenario, database: databases::TestStore, name: &str) -> Option<String> {
    let happened = story.play(database.store.clone()).await;
    database.store.close().await;
    let told: Vec<&String> = story.lines().iter().filter(|line| !line.is_empty()).collect();
    let differs = !told.iter().copied().eq(&happened);
    differs.then(|| format!("# {} ({name})\n{}", story.name, compare(story.lines(), &happened)))
}

/// Both tellings, line by line: `-` is told and did not happen, `+` happened and is not told.
fn compare(told: &[String], happened: &[String]) -> String {
    let told: Vec<&String> = told.iter().filter(|line| !line.is_empty()).collect();
    let (mut out, mut i, mut j) = (Vec::new(), 0, 0);
    while i < told.len() || j < happened.len() {
        match (told.get(i), happened.get(j)) {
            (Some(a), Some(b)) if *a == b => {
                out.push(format!("  {a}"));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), _) if !happened[j..].contains(a) => {
                out.push(format!("- {a}"));
                i += 1;
            }
            (_, Some(b)) => {
                out.push(format!("+ {b}"));
                j += 1;
            }
            (Some(a), None) => {
                out.push(format!("- {a}"));
                i += 1;
            }
            (None, None) => {}
        }
    }
    out.join("\n")
}

macro_rules! files {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            check(concat!(stringify!($name), ".txt")).await;
        }
    )*};
}

files!(
    rule_09_loudness,
    rule_18_still_on_it,
    shape,
    contacts,
    reaching,
    acknowledging,
    take_and_undo,
    escalate_and_stop,
    absence,
    recovery,
    exhausted,
    alerts,
    work,
    rooms,
    frozen,
    corners,
    test_pages,
    preview,
    ending,
    new_form,
    outage,
    rule_22_calls,
    page,
    rule_12_codes,
    engagements,
    verify,
    ways,
    oncall,
    cover,
    handoffs,
    worst,
);

/// Each rule of the engagement machine has stories that are named after it.
#[test]
fn every_rule_has_a_story() {
    let names = names();
    for rule in 1..=RULES {
        let of_rule = format!("rule {rule}: ");
        assert!(names.iter().any(|name| name.starts_with(&of_rule)), "no story is named after rule {rule}");
    }
}

/// The bugs that cost others their nights.
#[test]
fn every_worst_bug_has_a_story() {
    let names = names();
    for bug in WORST {
        let of_bug = format!("worst: {bug}");
        assert!(names.contains(&of_bug), "no story tells of: {bug}");
    }
}

const RULES: u32 = 23;
const WORST: [&str; 13] = [
    "paging goes on after the acknowledgement",
    "an unreachable recipient blocks the step",
    "a stage whose schedule has nobody on call waits its delay",
    "escalation dies at restart",
    "a stale button",
    "acked and forgotten",
    "two people press in the same millisecond",
    "a schedule is edited during an incident",
    "somebody on call has left the server",
    "a channel due after its escalation stage never rings",
    "an override of a member who left",
    "the phone rings after the acknowledgement",
    "DST moves a hand-over",
];

/// What the stories claim, of all files.
fn names() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files = std::fs::read_dir(folder).expect("the folder of stories").map(|entry| entry.expect("a file").path());
    files.flat_map(|file| scenario::read(&file)).map(|scenario| scenario.name).collect()
}

/// Every file is played: one that is not in the list above would never fail.
#[test]
fn every_file_of_stories_is_played() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let source = include_str!("scenarios.rs");
    for entry in std::fs::read_dir(folder).expect("the folder of stories") {
        let name = entry.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(source.contains(&format!("    {name},")), "{name}.txt is not played");
    }
}
