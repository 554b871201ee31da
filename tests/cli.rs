//! The command line as people and scripts use it: the real binary, in an empty directory with an environment of its own.
//! Talks to no network.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

#[path = "cli/shifts.rs"]
mod shifts;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use muster::app::App;
use muster::clock::SystemClock;
use muster::domain::id::GuildId;
use muster::domain::name::Name;
use muster::store::Store;
use rand::SeedableRng;
use tempfile::TempDir;

const GUILD: &str = "900000000000000001";
const OTHER: &str = "900000000000000002";
const PHONE: (&str, &str) = ("MUSTER_SECRET_ANA_PHONE", "https://hunter2.example");

/// A directory to work in.
struct Shell {
    dir: TempDir,
}

#[derive(Debug, PartialEq, Eq)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Shell {
    fn new() -> Shell {
        Shell { dir: tempfile::tempdir().unwrap() }
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        ran(self.command(env!("CARGO_BIN_EXE_muster")).args(args).envs(variables.iter().copied()))
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(self.dir.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Somebody else on the same database, as a running bot is.
    async fn app(&self) -> App {
        let store = Store::open(&format!("sqlite://{}", self.path("muster.db").display())).await.unwrap();
        let random = Box::new(rand::rngs::StdRng::seed_from_u64(1));
        App::open(store, Arc::new(SystemClock::new()), random, Arc::new(|_| true)).await.unwrap()
    }
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    #[track_caller]
    fn done(self) -> Ran {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn wrong(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{}", self.err);
        self.err
    }
}

fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    path.to_str().unwrap().to_owned()
}

fn team() -> String {
    data("definitions/team.yaml")
}

#[test]
fn a_good_file_passes_check_and_makes_no_database() {
    let shell = Shell::new();
    let ran = shell.run(&["check", &team()]).done();
    assert_eq!(ran.out, "10 definitions, nothing wrong\n");
    let warning = "team.yaml:24:62: contact ana: spec.channels[2].url_env: `MUSTER_SECRET_ANA_PHONE` is not set here";
    assert!(ran.err.starts_with("warning: /") && ran.err.contains(warning), "{}", ran.err);
    assert_eq!(fs::read_dir(shell.dir.path()).unwrap().count(), 0);
}

#[test]
fn a_name_passes_check_and_apply_without_a_token_wants_its_id() {
    let shell = Shell::new();
    let reference = data("definitions/reference.yaml");
    let checked = shell.run(&["check", &reference]).done().err;
    let note = "names of Discord's are looked up when they are applied, not by check";
    assert!(checked.contains("note: ") && checked.contains(note) && !checked.contains("#announcements"), "{checked}");
    let right = "settings guild: spec.announce[0]: `#announcements` is a name, and without DISCORD_TOKEN Discord cannot be asked; \
                 write the channel's id, in quotes";
    for more in [&["--dry-run"][..], &[]] {
        let refused = shell.run(&[&["apply", &reference, "--guild", GUILD], more].concat()).wrong();
        assert!(refused.contains("error: ") && refused.contains(right), "{refused}");
    }
}

#[test]
fn a_secret_counts_as_set_in_the_environment_in_dotenv_and_as_a_file() {
    let shell = Shell::new();
    assert_eq!(shell.run_with(&["check", &team()], &[PHONE]).done().err, "");

    fs::create_dir(shell.path("secrets")).unwrap();
    shell.write("secrets/MUSTER_SECRET_ANA_PHONE", "https://hunter2.example\n");
    assert_eq!(shell.run_with(&["check", &team()], &[("MUSTER_SECRETS_DIR", "secrets")]).done().err, "");

    shell.write(".env", "MUSTER_SECRET_ANA_PHONE=https://hunter2.example\n");
    assert_eq!(shell.run(&["check", &team()]).done().err, "");
}

#[test]
fn a_broken_file_is_refused_with_file_line_and_field() {
    let shell = Shell::new();
    shell.write(
        "broken.yaml",
        "kind: contact\nname: ana\nspec:\n  discord_user: \"200000000000000001\"\n  time_zone: Europe/Dublin\n  \
         channels: [{name: mention, type: mention}]\n  stagess: []\n---\nkind: response_plan\nname: db\nspec:\n  \
         incident: {title: Down, impact: 9}\n",
    );
    let said = shell.run(&["check", "broken.yaml"]).wrong();
    insta::assert_snapshot!(said);
    assert_eq!(shell.run(&["apply", "broken.yaml", "--guild", GUILD]).wrong(), said);
    assert_eq!(
        shell.run(&["check", "missing.yaml"]).wrong(),
        "error: cannot read missing.yaml: No such file or directory (os error 2)\n"
    );
}

#[test]
fn references_are_checked_over_all_files_together() {
    let shell = Shell::new();
    let contact = "kind: contact\nname: ana\nspec: {display_name: Ana, discord_user: \"200000000000000001\", time_zone: Europe/Dublin, \
                   channels: [{name: mention, type: mention}], \
                   stages: [{duration: 0s, targets: [{channel: mention}]}]}\n";
    let plan = "kind: escalation_plan\nname: db\nspec: {display_name: Databases, stages: [{duration: 5m, targets: \
                [{contact: ana, essential: true}]}]}\n";
    shell.write("ana.yaml", contact);
    shell.write("db.yaml", plan);
    let said = shell.run(&["check", "db.yaml"]).wrong();
    assert!(said.starts_with("error: db.yaml:3:77: escalation_plan db: "), "{said}");
    assert!(said.contains("there is no contact `ana`"), "{said}");
    shell.run(&["check", "db.yaml", "ana.yaml"]).done();
    shell.run(&["apply", "ana.yaml", "--guild", GUILD]).done();
    shell.run(&["apply", "db.yaml", "--guild", GUILD, "--dry-run"]).done();
    shell.run(&["apply", "db.yaml", "--guild", GUILD]).done();
}

#[test]
fn no_definition_reaches_the_token() {
    let shell = Shell::new();
    let text = fs::read_to_string(team()).unwrap().replace("MUSTER_SECRET_ANA_PHONE", "DISCORD_TOKEN");
    shell.write("team.yaml", &text);
    let token = [("DISCORD_TOKEN", "hunter2.token")];
    for args in [&["check", "team.yaml"][..], &["apply", "team.yaml", "--guild", GUILD]] {
        let said = shell.run_with(args, &token).wrong();
        let refusal = "spec.channels[2].url_env: `DISCORD_TOKEN` must not be read from a definition";
        assert!(said.contains(refusal) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn what_is_applied_is_shown_kept_and_exported() {
    let shell = Shell::new();
    let apply = |file: &str, more: &[&str]| {
        shell.run_with(&[&["apply", file, "--guild", GUILD], more].concat(), &[PHONE]).done().out
    };
    let team = team();

    let rehearsed = apply(&team, &["--dry-run"]);
    assert!(rehearsed.starts_with("+ settings guild\n+ contact ana\n"), "{rehearsed}");
    assert!(rehearsed.ends_with("0 unchanged\na dry run: nothing was changed\n"), "{rehearsed}");
    let applied = apply(&team, &[]);
    assert!(applied.starts_with("+ settings guild\n+ contact ana\n"), "{applied}");
    assert!(applied.ends_with("0 unchanged\nin force: revision 1\n"), "{applied}");
    assert_eq!(apply(&team, &[]), "nothing changes\nrevision 1\n");

    let exported = shell.run(&["export", "--guild", GUILD]).done().out;
    shell.write("exported.yaml", &exported);
    assert_eq!(apply("exported.yaml", &[]), "nothing changes\nrevision 1\n");
    shell.run_with(&["apply", "exported.yaml", "--guild", OTHER], &[PHONE]).done();
    assert_eq!(shell.run(&["export", "--guild", OTHER]).done().out, exported);

    let quieter = exported.replace("impact: 2", "impact: 4");
    shell.write("quieter.yaml", &quieter);
    let changed = apply("quieter.yaml", &[]);
    assert_eq!(
        changed,
        "~ response_plan payments-outage\n    spec.incident.impact: 2 → 4\n9 unchanged\nin force: revision 2\n"
    );
}

#[test]
fn prune_removes_what_is_not_in_the_files() {
    let shell = Shell::new();
    shell.run_with(&["apply", &team(), "--guild", GUILD], &[PHONE]).done();
    shell.write("settings.yaml", "kind: settings\nname: guild\nspec: {time_zone: Europe/Dublin}\n");
    let args = ["apply", "settings.yaml", "--guild", GUILD, "--prune"];
    let rehearsed = shell.run(&[&args[..], &["--dry-run"]].concat()).done().out;
    let pruned = shell.run(&args).done().out;
    assert!(rehearsed.contains("- contact ana\n") && pruned.contains("- contact ana\n"), "{pruned}");
    let left = shell.run(&["export", "--guild", GUILD]).done().out;
    assert!(left.starts_with("kind: settings\n") && !left.contains("---"), "{left}");
}

#[tokio::test]
async fn a_running_bot_has_what_was_applied() {
    let shell = Shell::new();
    let app = shell.app().await;
    let guild = GuildId(GUILD.parse().unwrap());
    assert!(app.in_force(guild).await.unwrap().is_empty());
    shell.run_with(&["apply", &team(), "--guild", GUILD], &[PHONE]).done();
    let plan = Name::parse("payments-outage").unwrap();
    assert!(app.in_force(guild).await.unwrap().response_plan(&plan).is_some());
    assert!(app.in_force(GuildId(OTHER.parse().unwrap())).await.unwrap().is_empty());
}

#[test]
fn a_guild_is_named_by_its_id_and_must_be_served() {
    let shell = Shell::new();
    let ran = shell.run(&["export", "--guild", "muster"]);
    assert_eq!(ran.code, 2);
    let right = "a server's id is 17 to 20 digits, like 900000000000000001";
    assert!(ran.err.contains("'muster' for '--guild <ID>'") && ran.err.contains(right), "{}", ran.err);

    let unknown = shell.run(&["export", "--guild", GUILD]).wrong();
    assert!(unknown.starts_with(&format!("error: server {GUILD} has no definitions here; ")), "{unknown}");
    for args in [&["apply", &team(), "--guild", GUILD][..], &["export", "--guild", GUILD]] {
        let refused = shell.run_with(args, &[("MUSTER_GUILDS", OTHER)]).wrong();
        assert!(refused.starts_with(&format!("error: server {GUILD} is not one of MUSTER_GUILDS")), "{refused}");
    }
}

#[test]
fn a_wrong_command_line_is_told_apart_from_wrong_input() {
    let shell = Shell::new();
    for args in [&["aply"][..], &["apply", "team.yaml"], &["check"], &["alert", "a.json", "--source", "a"]] {
        assert_eq!(shell.run(args).code, 2, "{args:?}");
    }
    assert_eq!(shell.run(&["--version"]).done().out, format!("muster {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_settings_are_refused_without_a_secret_in_a_word() {
    let shell = Shell::new();
    let export = ["export", "--guild", GUILD];
    for url in ["mysql://ana:hunter2@db/x", "postgres://ana:hunter2@127.0.0.1:1/muster", "postgres://ana:hunter2@[/x"] {
        let said = shell.run_with(&export, &[("DATABASE_URL", url), ("RUST_LOG", "trace")]).err;
        assert!(said.contains("error: ") && !said.contains("hunter2"), "{said}");
    }
    shell.write(".env", "LOG_FORMAT=text\nDISCORD_TOKEN=\"hunter2\n");
    let said = shell.run(&export).wrong();
    assert!(said.starts_with("error: .env: line 2 cannot be read; ") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_database_that_cannot_be_written_is_refused_in_one_line() {
    let shell = Shell::new();
    // Root may write everywhere: the test becomes nobody, who must reach the binary.
    let binary = shell.path("muster");
    fs::hard_link(env!("CARGO_BIN_EXE_muster"), &binary)
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_muster"), &binary).map(drop))
        .unwrap();
    fs::set_permissions(shell.dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = shell.command(&binary);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let said = ran(command.args(["export", "--guild", GUILD])).wrong();
    assert!(said.starts_with("error: cannot open the database muster.db: "), "{said}");
    assert!(said.ends_with("unable to open database file\n") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_message_is_shown_as_it_is_read() {
    let shell = Shell::new();
    let firing = data("alerts/alertmanager-real/v0.33.1-single-firing.json");
    let read = shell.run(&["alert", &firing]).done().out;
    let (file, told) = read.split_once('\n').unwrap();
    assert!(file.ends_with("v0.33.1-single-firing.json: an alert"), "{file}");
    insta::assert_snapshot!(told);
    assert!(!shell.path("muster.db").exists());

    shell.write("strange.json", r#"{"content": "\u001b[2J\u0007 good morning"}"#);
    let ran = shell.run(&["alert", "strange.json"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "strange.json: not recognised\n"));
    assert_eq!(ran.err, "error: 1 of 1 messages: nothing recognises them; a rule of the source can\n");
}

#[test]
fn a_message_is_read_as_its_source_does() {
    let shell = Shell::new();
    shell.run_with(&["apply", &team(), "--guild", GUILD], &[PHONE]).done();
    shell.write("down.json", r#"{"content": "ALERT CRIT db-1: the \u001b[31mdisk is full"}"#);
    let alert = |source| shell.run(&["alert", "down.json", "--source", source, "--guild", GUILD]);
    let read = alert("homegrown").done().out;
    assert!(read.contains("  title: the ") && read.contains("  key: db-1\n  severity: CRIT\n"), "{read}");
    assert!(!read.contains('\u{1b}'), "{read}");
    let unknown = alert("homegrwn").wrong();
    assert!(unknown.contains("has no alert source `homegrwn`; it has homegrown, prod-alertmanager"), "{unknown}");
}

#[test]
fn a_definition_is_deleted_unless_another_one_names_it() {
    let shell = Shell::new();
    shell.run_with(&["apply", &team(), "--guild", GUILD], &[PHONE]).done();
    let refused = shell.run(&["delete", "contact", "cleo", "--guild", GUILD]).wrong();
    assert_eq!(
        refused,
        "error: contact cleo: it cannot be removed: schedule payments-primary (spec.rotations[1].contacts[0]), \
         escalation_plan payments (spec.stages[1].targets[1].contact) still name it; change or remove those first, or in the \
         same apply\n1 problem; nothing was changed\n"
    );
    let missing = shell.run(&["delete", "contact", "clea", "--guild", GUILD]).wrong();
    assert!(missing.contains("contact clea: it is not there: nothing to remove; did you mean `cleo`?"), "{missing}");
    let delete = ["delete", "alert_source", "homegrown", "--guild", GUILD];
    let rehearsed = shell.run(&[&delete[..], &["--dry-run"]].concat()).done().out;
    assert_eq!(rehearsed, "- alert_source homegrown\n9 unchanged\na dry run: nothing was changed\n");
    assert_eq!(shell.run(&delete).done().out, "- alert_source homegrown\n9 unchanged\nin force: revision 2\n");
    let unknown = shell.run(&["delete", "contcat", "ana", "--guild", GUILD]);
    assert!(unknown.code == 2 && unknown.err.contains("possible: settings, contact, schedule"), "{}", unknown.err);
}

#[test]
fn what_was_changed_can_be_seen_and_taken_back() {
    let shell = Shell::new();
    let contact = |duration: &str| {
        format!(
            "kind: contact\nname: ana\nspec: {{display_name: Ana, discord_user: \"200000000000000001\", channels: [{{name: here, \
             type: mention}}], stages: [{{duration: {duration}, targets: [{{channel: here}}]}}]}}\n"
        )
    };
    let apply = |text: &str| {
        shell.write("it.yaml", text);
        shell.run(&["apply", "it.yaml", "--guild", GUILD]).done().out
    };
    apply(&contact("0s"));
    apply(&contact("2m"));
    shell.run(&["delete", "contact", "ana", "--guild", GUILD]).done();
    let history = |shell: &Shell| {
        let out = shell.run(&["history", "contact", "ana", "--guild", GUILD]).done().out;
        out.lines()
            .map(|line| line.split("  ").filter(|part| !part.contains("UTC")).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    let cli = "the operator (cli)";
    assert_eq!(
        history(&shell),
        [
            format!("3 {cli}"),
            "  removed".into(),
            format!("2 {cli}"),
            "  spec.stages[0].duration: 0s → 2m".into(),
            format!("1 {cli}"),
            "  added".into()
        ]
    );

    let back = shell.run(&["rollback", "contact", "ana", "2", "--guild", GUILD]).done().out;
    assert_eq!(back, "+ contact ana\n0 unchanged\nin force: revision 4\n");
    let again = shell.run(&["rollback", "contact", "ana", "2", "--guild", GUILD]).done().out;
    assert_eq!(again, "nothing changes\nrevision 4\n");
    let changed = shell.run(&["rollback", "contact", "ana", "1", "--guild", GUILD, "--dry-run"]).done().out;
    assert_eq!(
        changed,
        "~ contact ana\n    spec.stages[0].duration: 2m → 0s\n0 unchanged\na dry run: nothing was changed\n"
    );
    let gone = shell.run(&["rollback", "contact", "ana", "3", "--guild", GUILD]).done().out;
    assert_eq!(gone, "- contact ana\n0 unchanged\nin force: revision 5\n", "a rollback to a removal removes");
    let none = shell.run(&["rollback", "contact", "ana", "9", "--guild", GUILD]).wrong();
    assert!(none.starts_with("error: contact ana has no version 9; `muster history contact ana --guild"), "{none}");
    let never = shell.run(&["history", "contact", "nobody", "--guild", GUILD]).wrong();
    assert!(never.starts_with("error: there never was a contact `nobody` here; "), "{never}");
}

#[test]
fn a_rollback_to_what_no_longer_fits_is_refused() {
    let shell = Shell::new();
    let apply = |text: &str| {
        shell.write("it.yaml", text);
        shell.run(&["apply", "it.yaml", "--guild", GUILD]).done();
    };
    let contact = |name: &str| {
        format!(
            "kind: contact\nname: {name}\nspec: {{display_name: {name}, discord_user: \"200000000000000001\", channels: [{{name: here, \
             type: mention}}], stages: [{{duration: 0s, targets: [{{channel: here}}]}}]}}\n"
        )
    };
    let plan = |name: &str| {
        format!(
            "kind: escalation_plan\nname: db\nspec: {{stages: [{{duration: 5m, targets: [{{contact: {name}}}]}}]}}\n"
        )
    };
    apply(&[contact("ana"), contact("ben"), plan("ana")].join("---\n"));
    apply(&plan("ben"));
    shell.run(&["delete", "contact", "ana", "--guild", GUILD]).done();
    let refused = shell.run(&["rollback", "escalation_plan", "db", "1", "--guild", GUILD]).wrong();
    assert!(
        refused
            .starts_with("error: escalation_plan db: spec.stages[0].targets[0].contact: there is no contact `ana`; "),
        "{refused}"
    );
}

mod discord {
    //! With a Discord of our own beside the binary.

    use muster_playground::{Playground, World};

    use super::*;

    async fn server() -> Playground {
        Playground::start(World::sample()).await.unwrap()
    }

    async fn run(shell: &Arc<Shell>, discord: &Playground, args: &[&str]) -> Ran {
        let (shell, url, token) = (shell.clone(), discord.url().to_owned(), discord.token());
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let run = move || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            shell.run_with(&args, &[("DISCORD_API_URL", &url), ("DISCORD_TOKEN", &token), PHONE])
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    #[tokio::test]
    async fn the_first_file_of_a_server_passes_check_and_applies() {
        let (shell, discord) = (Arc::new(Shell::new()), server().await);
        let first = run(&shell, &discord, &["init", "--guild", GUILD]).await.done();
        assert!(first.out.contains("#alerts\n") && first.out.contains("@oncall\n"), "{}", first.out);
        shell.write("first.yaml", &first.out);
        assert_eq!(shell.run(&["check", "first.yaml"]).done().err, "");
        let applied = run(&shell, &discord, &["apply", "first.yaml", "--guild", GUILD]).await.done();
        assert_eq!((applied.out.lines().count(), applied.err.as_str()), (7, ""), "{}", applied.out);
        let exported = shell.run(&["export", "--guild", GUILD]).done().out;
        shell.write("exported.yaml", &exported);
        let again = run(&shell, &discord, &["apply", "exported.yaml", "--guild", GUILD, "--prune"]).await.done().out;
        assert_eq!(again, "nothing changes\nrevision 1\n");

        let token = shell.run(&["init", "--guild", GUILD]).wrong();
        assert!(token.starts_with("error: DISCORD_TOKEN: it is not set; "), "{token}");
        let elsewhere = run(&shell, &discord, &["init", "--guild", "900000000000009999"]).await.wrong();
        assert_eq!(elsewhere, "error: the bot is not in this server: `muster doctor --invite` prints its link\n");
    }

    #[tokio::test]
    async fn names_become_ids_at_apply() {
        let (shell, discord) = (Arc::new(Shell::new()), server().await);
        let settings = |announce: &str| {
            format!(
                "kind: settings\nname: guild\nspec: {{announce: [\"{announce}\"], fallback: {{role: \"@oncall\"}}}}\n"
            )
        };
        shell.write("it.yaml", &settings("#alerts"));
        let applied = run(&shell, &discord, &["apply", "it.yaml", "--guild", GUILD]).await.done();
        assert_eq!(applied.err, "");
        let exported = shell.run(&["export", "--guild", GUILD]).done().out;
        assert!(exported.contains("900000000000000031") && !exported.contains("#alerts"), "{exported}");

        shell.write("it.yaml", &settings("#alert"));
        let refused = run(&shell, &discord, &["apply", "it.yaml", "--guild", GUILD]).await.wrong();
        assert!(
            refused.contains("it.yaml:3:19: settings guild: spec.announce[0]: there is no text channel `#alert` in this server; did you mean `#alerts`?"),
            "{refused}"
        );

        shell.write("it.yaml", &settings("900000000000000031"));
        drop(discord);
        let unreachable = [("DISCORD_API_URL", "http://127.0.0.1:9"), ("DISCORD_TOKEN", "hunter2")];
        let ran = shell.run_with(&["apply", "it.yaml", "--guild", GUILD], &unreachable);
        assert!(ran.err.starts_with("error: it.yaml:3:55: settings guild: spec.fallback.role: `@oncall` is a name, and Discord could not be asked") || ran.err.starts_with("note: "), "{}", ran.err);
        assert!(!ran.err.contains("hunter2"));
    }
}
