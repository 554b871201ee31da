//! Who watches the bot from outside, and what they see: a probe, Prometheus, systemd, a dead man's switch.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use muster_playground::{Fault, Playground, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixDatagram;
use tokio::time::{sleep, timeout};

use super::{Bot, PATIENCE, down, free_port, is_there, nowhere};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// An answer: its status and text. None: nobody listens yet.
async fn get(at: SocketAddr, path: &str) -> Option<(u16, String)> {
    let answer = reqwest::get(format!("http://{at}{path}")).await.ok()?;
    Some((answer.status().as_u16(), answer.text().await.ok()?))
}

/// Until the answer is as wanted.
async fn until(at: SocketAddr, path: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
    let mut last = None;
    let looks = async {
        loop {
            last = get(at, path).await;
            if let Some((status, text)) = &last
                && wanted(*status, text)
            {
                return text.clone();
            }
            sleep(PAUSE).await;
        }
    };
    let seen = timeout(PATIENCE, looks).await;
    seen.unwrap_or_else(|_| panic!("{path} never was as wanted, at last {last:?}"))
}

/// The figures by name and labels, as Prometheus reads them; every one has a type and a help.
fn figures(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let described: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next()).collect();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("muster_"), "{line}");
            assert!(described.iter().any(|known| name.starts_with(known)), "{line} is not described");
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_bot_starts_says_that_it_is_well_and_stops_when_asked() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let at = free_port();
    let bot = Bot::of(&discord).set("MUSTER_HTTP_ADDR", at.to_string()).set("RUST_LOG", "trace");
    let running = bot.start();
    is_there(&discord).await;
    until(at, "/readyz", |status, text| status == 200 && text == "ready\n").await;
    assert_eq!(get(at, "/healthz").await, Some((200, "up\n".to_owned())));
    assert_eq!(get(at, "/incidents").await.unwrap().0, 404);
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Muster has stopped"), "{said}");
    assert!(!said.contains(&discord.token()), "the token was logged");
}

#[tokio::test]
async fn prometheus_sees_a_page_go_out() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let at = free_port();
    let bot = Bot::of(&discord).set("MUSTER_HTTP_ADDR", at.to_string()).with_team().await;
    let _running = bot.start();
    until(at, "/readyz", |status, _| status == 200).await;
    let before = figures(&get(at, "/metrics").await.unwrap().1);
    let expected = [
        ("muster_database_up", 1.0),
        ("muster_delivery_outage", 0.0),
        ("muster_storage_cramped", 0.0),
        ("muster_gateway_sessions_total", 1.0),
        ("muster_open_incidents", 0.0),
        ("muster_page_lateness_seconds_count", 0.0),
        ("muster_pages_failed_total", 0.0),
        ("muster_lost_loops_total", 0.0),
        ("muster_oldest_undelivered_page_seconds", 0.0),
        ("muster_findings{kind=\"overdue\"}", 0.0),
    ];
    for (name, value) in expected {
        assert_eq!(before.get(name), Some(&value), "{name} in {before:#?}");
    }
    assert!(
        before["muster_gateway_away_seconds"] < 30.0 && before["muster_discord_calls_total{outcome=\"done\"}"] > 0.0
    );

    let limited = Fault::on("POST", "/channels/*/messages").once().limited(0.2, "shared");
    discord.fault(limited);
    down(&discord, "the database").await;
    discord.wait_for(PATIENCE, |look| (!look.pings().is_empty()).then_some(())).await.unwrap();
    let counted = |text: &str| figures(text).get("muster_page_lateness_seconds_count") == Some(&1.0);
    let after = figures(&until(at, "/metrics", |status, text| status == 200 && counted(text)).await);
    assert_eq!(after["muster_open_incidents"], 1.0);
    assert_eq!(after["muster_page_lateness_seconds_bucket{le=\"+Inf\"}"], 1.0);
    assert!(after["muster_page_lateness_seconds_sum"] > 0.0);
    assert_eq!(after["muster_discord_limits_total{scope=\"shared\"}"], 1.0);
    for which in ["pages", "other_deliveries", "deadlines"] {
        assert!(after.contains_key(&format!("muster_loop_idle_seconds{{loop=\"{which}\"}}")), "{after:#?}");
    }
}

/// FAULTS, "silent bot with process alive": Discord is away at the start, the rest works, and whoever asks is told.
#[tokio::test]
async fn a_bot_works_and_says_so_while_discord_is_away_from_the_start() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let at = free_port();
    let bot = Bot::of(&discord).set("MUSTER_HTTP_ADDR", at.to_string()).with_team().await;
    let running = bot.start();
    until(at, "/readyz", |status, _| status == 200).await;
    // Nothing gets out any more: what is paged now waits in the outbox.
    let away = discord.fault(Fault::on("*", "/**").answer(503, "{}"));
    down(&discord, "the database").await;
    until(at, "/metrics", |_, text| text.contains("muster_open_incidents 1")).await;
    assert_eq!(running.terminate().await.0, 0);

    let running = bot.start();
    let said =
        until(at, "/readyz", |status, text| status == 503 && text.contains("Not connected to Discord yet")).await;
    assert!(!said.contains("database"), "{said}");
    // Everything else runs: deadlines are looked at, the process lives.
    let turning = until(at, "/metrics", |_, text| text.contains("loop=\"deadlines\"")).await;
    assert_eq!(figures(&turning)["muster_database_up"], 1.0);
    assert_eq!(get(at, "/healthz").await, Some((200, "up\n".to_owned())));
    discord.end_fault(away);
    discord.wait_for(PATIENCE, |look| (!look.pings().is_empty()).then_some(())).await.unwrap();
    until(at, "/readyz", |status, _| status == 200).await;
    assert_eq!(discord.pings().len(), 1, "{:?}", discord.pings());
    assert_eq!(running.terminate().await.0, 0);
}

/// The next message of the bot to its service manager.
async fn told(manager: &UnixDatagram) -> String {
    let mut bytes = [0; 256];
    let length = timeout(PATIENCE, manager.recv(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
}

#[tokio::test]
async fn systemd_is_told_that_the_bot_works_still_works_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    // Discord is away: a service manager that waited for it would kill a bot that waits for it, too.
    let bot = Bot::with(&nowhere(), "a.token").set("NOTIFY_SOCKET", socket.to_string_lossy());
    let bot = bot.set("WATCHDOG_USEC", "3000000");
    let running = bot.start();
    assert_eq!(told(&manager).await, "READY=1");
    assert_eq!((told(&manager).await, told(&manager).await), ("WATCHDOG=1".to_owned(), "WATCHDOG=1".to_owned()));
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
    let mut last = told(&manager).await;
    while last == "WATCHDOG=1" {
        last = told(&manager).await;
    }
    assert_eq!(last, "STOPPING=1");
}

#[tokio::test]
async fn a_heartbeat_goes_out_while_all_is_well_and_its_address_stays_secret() {
    let discord = Playground::start(World::sample()).await.unwrap();
    let switch = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = switch.local_addr().unwrap();
    let url = format!("http://ana:hunter2@{address}/ping/hunter3");
    let bot = Bot::of(&discord).set("MUSTER_HEARTBEAT_URL", url).set("RUST_LOG", "trace");
    let running = bot.start();
    let asked = timeout(PATIENCE, async {
        let (mut stream, _) = switch.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let length = stream.read(&mut bytes).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    });
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("GET /ping/hunter3 HTTP/1.1\r\n"), "{asked}");
    let (code, said) = running.terminate().await;
    assert_eq!(code, 0, "{said}");
    for secret in ["hunter2", "hunter3", &address.to_string()] {
        assert!(!said.contains(secret), "{secret} was logged");
    }
}
