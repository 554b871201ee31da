//! `muster shifts`: of files without a database, of a server with its overrides, and what is said of what cannot be.

use muster::domain::id::GuildId;
use muster::store::StoreError;
use muster::store::schedule::{OverrideRow, add};

use super::{GUILD, OTHER, Shell};

const SCHEDULE: &str = r#"
kind: settings
name: guild
spec: {time_zone: Europe/Dublin, announce: ["900000000000000020"], fallback: {role: "900000000000000102"}}
---
kind: schedule
name: payments
spec:
  gaps: intended
  rotations:
    - {name: Days, start: 2026-03-26T09:00, time_zone: Europe/Dublin, contacts: [ana, ben], hand_off: {daily: ['09:00']},
       coverage: {SAT: [{from: '09:00', to: '17:00'}], SUN: [{from: '22:00', to: '06:00'}]}}
    - {name: Backup, start: 2026-03-23T09:00, time_zone: Europe/Dublin, contacts: [cleo], hand_off: {weekly: [{day: MON, at: '09:00'}]}}
---
kind: contact
name: ana
spec: {display_name: Ana, discord_user: "200000000000000001", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: contact
name: ben
spec: {display_name: Ben, discord_user: "200000000000000002", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
---
kind: contact
name: cleo
spec: {display_name: Cleo, discord_user: "200000000000000003", channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}
"#;

fn shell() -> Shell {
    let shell = Shell::new();
    shell.write("team.yaml", SCHEDULE);
    shell
}

fn asked<'a>(schedule: &'a str, from: &'a str, to: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&["shifts", "--schedule", schedule, "--from", from, "--to", to], rest].concat()
}

/// Over the night in which Dublin's clocks go forward. Cleo, alone in her rotation, is one piece.
const NIGHT: &str = r#"[
{"start":"2026-03-28T00:00:00Z","end":"2026-03-30T12:00:00Z","contacts":["cleo"],"rotation":"Backup","kind":"regular"},
{"start":"2026-03-28T09:00:00Z","end":"2026-03-28T17:00:00Z","contacts":["ana"],"rotation":"Days","kind":"regular"},
{"start":"2026-03-29T21:00:00Z","end":"2026-03-30T05:00:00Z","contacts":["ben"],"rotation":"Days","kind":"regular"}
]
"#;

#[test]
fn files_are_laid_out_without_a_database() {
    let shell = shell();
    let (from, to) = ("2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z");
    let ran = shell.run(&asked("payments", from, to, &["--file", "team.yaml"])).done();
    assert_eq!(ran.out, NIGHT);
    assert!(serde_json::from_str::<serde_json::Value>(&ran.out).unwrap().is_array());
    assert!(!shell.path("muster.db").exists(), "a database was made");
    let local = shell.run(&asked("payments", "2026-03-28", "2026-03-30T13:00", &["--file", "team.yaml"])).done();
    assert_eq!(local.out, NIGHT, "times without an offset are those of the settings' zone");
    let offset = shell.run(&asked("payments", from, "2026-03-30T14:00:00+02:00", &["--file", "team.yaml"])).done();
    assert_eq!(offset.out, NIGHT);
    let before = shell.run(&asked("payments", "2025-03-28", "2025-03-30", &["--file", "team.yaml"])).done();
    assert_eq!(before.out, "[]\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_laid_out_with_its_overrides() {
    let shell = shell();
    shell.run(&["apply", "team.yaml", "--guild", GUILD]).done();
    let app = shell.app().await;
    let written = app.store().write(|tx| {
        Box::pin(async move {
            add(tx, &replaced(1, None, "2026-03-28T10:00:00Z", "2026-03-28T12:00:00Z", r#"["ben"]"#)).await?;
            add(tx, &replaced(2, Some("Days"), "2026-03-28T11:00:00Z", "2026-03-28T18:00:00Z", "[]")).await
        })
    });
    written.await.unwrap_or_else(|why: StoreError| panic!("{why}"));
    app.store().close().await;
    let (from, to) = ("2026-03-28T08:00:00Z", "2026-03-28T20:00:00Z");
    let expected = r#"[
{"start":"2026-03-28T08:00:00Z","end":"2026-03-28T10:00:00Z","contacts":["cleo"],"rotation":"Backup","kind":"regular"},
{"start":"2026-03-28T09:00:00Z","end":"2026-03-28T10:00:00Z","contacts":["ana"],"rotation":"Days","kind":"regular"},
{"start":"2026-03-28T10:00:00Z","end":"2026-03-28T12:00:00Z","contacts":["ben"],"rotation":null,"kind":"override"},
{"start":"2026-03-28T11:00:00Z","end":"2026-03-28T18:00:00Z","contacts":[],"rotation":"Days","kind":"override"},
{"start":"2026-03-28T12:00:00Z","end":"2026-03-28T20:00:00Z","contacts":["cleo"],"rotation":"Backup","kind":"regular"}
]
"#;
    assert_eq!(shell.run(&asked("payments", from, to, &["--guild", GUILD])).done().out, expected);
    assert_eq!(shell.run(&asked("payments", from, to, &[])).done().out, expected, "there is one server only");
    shell.run(&["apply", "team.yaml", "--guild", OTHER]).done();
    let which = shell.run(&asked("payments", from, to, &[])).wrong();
    assert_eq!(which, "error: 2 servers have definitions here: say which with --guild\n");
    let other = shell.run(&asked("payments", from, to, &["--guild", OTHER])).done().out;
    assert!(!other.contains("override"), "overrides are of one server: {other}");
}

fn replaced(id: i64, rotation: Option<&str>, from: &str, until: &str, contacts: &str) -> OverrideRow {
    OverrideRow {
        id,
        guild_id: GUILD.parse::<GuildId>().unwrap(),
        schedule: "payments".to_owned(),
        rotation: rotation.map(str::to_owned),
        from_at: from.parse().unwrap(),
        until_at: until.parse().unwrap(),
        contacts: contacts.to_owned(),
        created_at: chrono::DateTime::from_timestamp(1_767_000_000 + id, 0).unwrap(),
        created_by: None,
    }
}

#[test]
fn what_cannot_be_laid_out_is_said() {
    let shell = shell();
    let (from, to) = ("2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z");
    let file = &["--file", "team.yaml"][..];
    let cases = [
        (asked("payment", from, to, file), "error: there is no schedule `payment`: there is payments\n"),
        (
            asked("payments", "tomorrow", to, file),
            "error: --from tomorrow is not a time: write it like 2026-01-31T09:00:00Z, or 2026-01-31T09:00 as clocks in Europe/Dublin \
             show it\n",
        ),
        (
            asked("payments", to, from, file),
            "error: --to is not after --from: nothing lies between 2026-03-30T00:00:00Z and 2026-03-28T00:00:00Z\n",
        ),
        (
            asked("payments", "2026-01-01", "2036-01-01", file),
            "error: 2026-01-01 to 2036-01-01 is too long: ask for 5 years at most\n",
        ),
        (
            asked("payments", from, to, &[]),
            "error: no server has definitions here: `muster apply` some, or name a file with --file\n",
        ),
        (
            asked("payments", from, to, &["--guild", GUILD]),
            "error: there is no schedule `payments`: none is defined at all\n",
        ),
    ];
    for (args, expected) in cases {
        assert_eq!(shell.run(&args).wrong(), expected);
    }
    let both = shell.run(&asked("payments", from, to, &["--guild", GUILD, "--file", "team.yaml"]));
    assert_eq!(both.code, 2, "{}", both.err);
}
