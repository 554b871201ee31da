//! The bot as an operator runs it: the real binary against a local Discord, started, watched and stopped from outside.
//! Looks at exit codes, log lines and what Discord sees; what the bot decides is tested elsewhere.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

#[path = "run/doctor.rs"]
mod doctor;
#[path = "run/starting.rs"]
mod starting;
#[path = "run/stopping.rs"]
mod stopping;
#[path = "run/watching.rs"]
mod watching;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::{Duration, Instant};

use muster_playground::Playground;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long anything may take to happen on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is promised to systemd and Docker.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
/// Ids of the playground's sample world.
const GUILD: &str = "900000000000000001";

const TEAM: &str = r#"
kind: contact
name: ana
spec:
  display_name: Ana
  discord_user: "900000000000000010"
  time_zone: Europe/Dublin
  channels: [{name: mention, type: mention}]
  stages: [{duration: 0s, targets: [{channel: mention}]}]
---
kind: escalation_plan
name: db
spec:
  display_name: Databases
  stages: [{duration: 5m, targets: [{contact: ana, essential: true}]}]
---
kind: response_plan
name: db
spec:
  display_name: Databases
  incident: {title: "{{ alert.title }}", impact: 2}
  engagements: [{escalation_plan: db}]
---
kind: alert_source
name: monitor
spec:
  channel: "900000000000000031"
  author: {webhook: "900000000000000040"}
  response_plan: db
  rules: [{state: firing, content: '^DOWN (?P<title>.+)$'}]
"#;

/// A bot in a directory of its own.
struct Bot {
    dir: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Bot {
    fn of(discord: &Playground) -> Bot {
        Bot::with(discord.url(), &discord.token())
    }

    fn with(url: &str, token: &str) -> Bot {
        let variables = vec![("DISCORD_API_URL", url.to_owned()), ("DISCORD_TOKEN", token.to_owned())];
        Bot { dir: tempfile::tempdir().unwrap(), variables }
    }

    fn set(mut self, name: &'static str, value: impl Into<String>) -> Bot {
        self.variables.push((name, value.into()));
        self
    }

    fn start(&self) -> Running {
        self.run(&[])
    }

    fn run(&self, args: &[&str]) -> Running {
        // A file, not a pipe: who does not read a full pipe stops the writer.
        let log = tempfile::NamedTempFile::new().unwrap();
        let out = log.reopen().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(args).current_dir(self.dir.path()).env_clear().envs(self.variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out).kill_on_drop(true);
        Running { child: command.spawn().unwrap(), log }
    }

    /// The same with a standard error that is somebody else's.
    fn start_with_errors_to(&self, errors: impl Into<Stdio>) -> Running {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.current_dir(self.dir.path()).env_clear().envs(self.variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.reopen().unwrap()).stderr(errors).kill_on_drop(true);
        Running { child: command.spawn().unwrap(), log }
    }

    /// The same bot with the sample's definitions in force.
    async fn with_team(self) -> Bot {
        std::fs::write(self.dir.path().join("team.yaml"), TEAM).unwrap();
        let (code, said) = self.run(&["apply", "team.yaml", "--guild", GUILD]).ends().await;
        assert_eq!(code, 0, "{said}");
        self
    }
}

struct Running {
    child: Child,
    log: tempfile::NamedTempFile,
}

impl Running {
    /// Waits until it ends by itself: the exit code and everything that was said.
    async fn ends(mut self) -> (i32, String) {
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        let said = std::fs::read_to_string(self.log.path()).unwrap();
        (status.code().unwrap_or_else(|| panic!("a signal ended it: {said}")), said)
    }

    async fn terminate(self) -> (i32, String) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let asked = Instant::now();
        let (code, said) = self.ends().await;
        assert!(asked.elapsed() < STOPS_WITHIN, "it took {:?}: {said}", asked.elapsed());
        (code, said)
    }
}

/// Until the bot has registered its commands, which it does once it may.
async fn is_there(discord: &Playground) {
    discord.wait_for(PATIENCE, |look| (!look.commands().is_empty()).then_some(())).await.unwrap();
}

fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Discord at an address where nobody listens.
fn nowhere() -> String {
    format!("http://{}", free_port())
}

/// The monitor of the sample's team says that something is down.
async fn down(discord: &Playground, what: &str) {
    let alert = serde_json::json!({ "content": format!("DOWN {what}") });
    discord.webhook_post(900_000_000_000_000_040, alert).await.unwrap();
}
