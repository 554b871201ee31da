//! The command line as people and scripts use it: the real binary, in an empty directory with an environment of its own.
//! Talks to no network.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

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
fn a_name_passes_check_and_apply_wants_its_id() {
    let shell = Shell::new();
    let reference = data("definitions/reference.yaml");
    let right =
        "settings guild: spec.announce[0]: `#announcements` is a name that is not resolved; write the channel's id";
    let warned = shell.run(&["check", &reference]).done().err;
    assert!(warned.contains("warning: ") && warned.contains(right), "{warned}");
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
