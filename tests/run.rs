//! The bot as an operator runs it: the real binary against a local Discord, started, watched and stopped from outside.
//! Looks at exit codes, log lines and what Discord sees; what the bot decides is tested elsewhere.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::{Duration, Instant};

use muster_playground::{Fault, Overwrite, Playground, World, permission::bit};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long anything may take to happen on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is promised to systemd and Docker.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
/// Ids of the playground's sample world.
const GUILD: &str = "900000000000000001";
const MESSAGE_CONTENT: u64 = 1 << 15;

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

async fn get(at: SocketAddr, path: &str) -> Option<u16> {
    let answer = reqwest::get(format!("http://{at}{path}")).await.ok()?;
    Some(answer.status().as_u16())
}

#[tokio::test]
async fn a_bot_starts_says_that_it_is_well_and_stops_when_asked() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let at = free_port();
    let bot = Bot::of(&discord).set("MUSTER_HTTP_ADDR", at.to_string()).set("RUST_LOG", "trace");
    let running = bot.start();
    is_there(&discord).await;
    assert_eq!((get(at, "/healthz").await, get(at, "/readyz").await), (Some(200), Some(200)));
    assert_eq!(get(at, "/incidents").await, Some(404));
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Muster has stopped"), "{said}");
    assert!(!said.contains(&discord.token()), "the token was logged");
}

#[tokio::test]
async fn definitions_applied_beside_a_running_bot_are_in_force() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let bot = Bot::of(&discord).set("RUST_LOG", "trace");
    let running = bot.start();
    is_there(&discord).await;
    std::fs::write(bot.dir.path().join("team.yaml"), TEAM).unwrap();
    let (code, said) = bot.run(&["apply", "team.yaml", "--guild", GUILD]).ends().await;
    assert_eq!(code, 0, "{said}");

    let alert = serde_json::json!({ "content": "DOWN the hunter2 database" });
    discord.webhook_post(900_000_000_000_000_040, alert).await.unwrap();
    let pinged = discord.wait_for(PATIENCE, |look| look.pings().iter().find(|ping| ping.name == "Ana").cloned()).await;
    let (code, said) = running.terminate().await;
    assert!(pinged.is_ok(), "{said}");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("hunter2"), "words of a message were logged");
}

#[tokio::test]
async fn a_token_that_discord_refuses_ends_the_bot_with_what_to_do() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let (code, said) = Bot::with(discord.url(), "hunter2.hunter2").start().ends().await;
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("DISCORD_TOKEN") && !said.contains("hunter2"), "{said}");

    let bot = Bot::of(&discord);
    let running = bot.start();
    is_there(&discord).await;
    discord.revoke_token("another.token");
    let (code, said) = running.ends().await;
    assert_eq!(code, 3, "{said}");
}

#[tokio::test]
async fn an_intent_that_is_not_granted_ends_the_bot_with_what_to_do() {
    let discord = Playground::start(World::sample().without_intents(MESSAGE_CONTENT)).await.unwrap();
    let (code, said) = Bot::of(&discord).start().ends().await;
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("Message Content Intent"), "{said}");
}

#[tokio::test]
async fn what_is_wrong_here_is_said_before_discord_is_asked() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let cases = [
        (Bot::of(&discord).set("DISCORD_TOKEN", ""), "error: DISCORD_TOKEN: it is not set; "),
        (Bot::of(&discord).set("MUSTER_HTTP_ADDR", taken), "MUSTER_HTTP_ADDR"),
        (
            Bot::of(&discord).set("DATABASE_URL", "sqlite://no/such/folder/muster.db"),
            "cannot open the database no/such",
        ),
        (Bot::of(&discord).set("MUSTER_GUILDS", "muster"), "error: MUSTER_GUILDS: "),
    ];
    for (bot, expected) in cases {
        let (code, said) = bot.start().ends().await;
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(expected), "{said}");
    }
    assert!(discord.calls().is_empty());
}

#[tokio::test]
async fn a_bot_waits_for_a_discord_that_is_away_and_stops_when_asked() {
    let at = free_port();
    let bot = Bot::with(&nowhere(), "a.token").set("MUSTER_HTTP_ADDR", at.to_string());
    let running = bot.start();
    timeout(PATIENCE, async {
        while get(at, "/readyz").await != Some(200) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test]
async fn a_discord_that_stumbles_at_the_start_is_asked_again() {
    let discord = Playground::start(World::sample()).await.unwrap();
    discord.fault(Fault::on("GET", "/users/@me").times(4).answer(503, "{}"));
    let bot = Bot::of(&discord);
    let running = bot.start();
    is_there(&discord).await;
    assert_eq!(running.terminate().await.0, 0);
}

#[tokio::test]
async fn the_doctor_ends_with_one_while_something_stops_paging() {
    let discord =
        Playground::start(World::sample().guild(2_000_000_000_000_000_000, "Elsewhere").not_joined()).await.unwrap();
    let bot = Bot::of(&discord);
    std::fs::write(bot.dir.path().join("team.yaml"), TEAM).unwrap();
    let (code, said) = bot.run(&["apply", "team.yaml", "--guild", GUILD]).ends().await;
    assert_eq!(code, 0, "{said}");

    let (code, said) = bot.run(&["doctor"]).ends().await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("Acme ({GUILD})")) && !said.contains("Elsewhere"), "{said}");

    discord.overwrite("alerts", Overwrite::role(900_000_000_000_000_001).deny(bit::VIEW_CHANNEL)).await.unwrap();
    let (code, said) = bot.run(&["doctor", "--guild", GUILD]).ends().await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("In #alerts (alerts of monitor) Muster lacks View Channels."), "{said}");

    let (code, said) = bot.run(&["doctor", "--guild", "2000000000000000000"]).ends().await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("not in this server"), "{said}");

    let only = bot.set("MUSTER_GUILDS", "2000000000000000000");
    let (code, said) = only.run(&["doctor", "--guild", GUILD]).ends().await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("MUSTER_GUILDS"), "{said}");
    assert_eq!(discord.gateway().identifies(), 0, "a running bot keeps its session");
    assert_eq!(discord.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn the_doctor_prints_the_link_that_invites_the_bot() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let (code, said) = Bot::of(&discord).run(&["doctor", "--invite"]).ends().await;
    assert_eq!(code, 0, "{said}");
    let link = format!("client_id={}&scope=bot+applications.commands&permissions=2252195219360848", discord.app_id());
    assert!(said.contains(&link), "{said}");
    assert!(said.contains("Pin Messages") && said.contains("1<<51"), "{said}");
    let (code, said) = Bot::with(discord.url(), "wrong").run(&["doctor", "--invite"]).ends().await;
    assert_eq!(code, 3, "{said}");
}
