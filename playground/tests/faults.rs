//! Faults and limits: each does what it says, to the requests it names, and no more.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure here is a failed test")]

mod support;
use muster_playground::{Fault, Limits, Playground, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::*;

struct Client {
    playground: Playground,
    http: reqwest::Client,
}

impl Client {
    async fn new() -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
        Self { playground: Playground::start(support::sample()).await.unwrap(), http }
    }

    async fn post(&self) -> Result<reqwest::Response, reqwest::Error> {
        let url = format!("{}/api/v10/channels/{GENERAL}/messages", self.playground.url());
        let token = format!("Bot {}", self.playground.token());
        self.http
            .post(url)
            .header("authorization", token)
            .json(&json!({ "content": "x", "nonce": "1", "enforce_nonce": true }))
            .send()
            .await
    }

    fn stored(&self) -> usize {
        self.playground.messages("general").len()
    }
}

fn fault() -> Fault {
    Fault::on("POST", "/channels/*/messages").once()
}

/// Posts under a fault, then again: what was stored after the first, and whether the first was answered with this status.
async fn check(fault: Fault, status: Option<u16>, stored: usize) {
    let client = Client::new().await;
    let number = client.playground.fault(fault);
    let answered = client.post().await.ok().map(|response| response.status().as_u16());
    assert_eq!((answered, client.stored(), client.playground.hits(number)), (status, stored, 1));
    assert_eq!(client.post().await.unwrap().status(), 200, "the fault is spent");
    assert_eq!(client.stored(), 1, "the nonce makes one of two");
}

#[tokio::test]
async fn an_answer_instead() {
    check(fault().answer(500, "{}"), Some(500), 0).await;
}

#[tokio::test]
async fn an_answer_after_it_took_effect() {
    check(fault().answer(502, "oops").applied(), Some(502), 1).await;
}

#[tokio::test]
async fn a_dropped_connection_before_and_after() {
    check(fault().drop_connection(), None, 0).await;
    check(fault().drop_connection().applied(), None, 1).await;
}

#[tokio::test]
async fn a_hanging_request_before_and_after() {
    check(fault().hang(), None, 0).await;
    check(fault().hang().applied(), None, 1).await;
}

#[tokio::test]
async fn refusals_limits_and_cloudflare() {
    check(fault().refuse(403, 50013, "Missing Permissions"), Some(403), 0).await;
    check(fault().limited(1.5, "shared"), Some(429), 0).await;
    let client = Client::new().await;
    client.playground.fault(fault().cloudflare());
    let answer = client.post().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (429, "text/html"));
    assert!(answer.text().await.unwrap().contains("Error 1015"));
}

#[tokio::test]
async fn delays_before_and_after_and_only_what_is_named() {
    let client = Client::new().await;
    client.playground.fault(fault().delay(Duration::from_millis(200)).delay_answer(Duration::from_millis(200)));
    client
        .playground
        .fault(Fault::on("POST", "/channels/*/messages").when(|body| body["content"] == "other").answer(500, ""));
    let begin = Instant::now();
    assert_eq!(client.post().await.unwrap().status(), 200);
    assert!(begin.elapsed() >= Duration::from_millis(400));
    assert!(client.playground.calls()[0].took >= Duration::from_millis(400));
}

#[tokio::test]
async fn discords_limits_are_told_in_headers_and_refused_with_429() {
    let client = Client::new().await;
    client.playground.limits(Limits::discord());
    for left in (0..5).rev() {
        let answer = client.post().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["x-ratelimit-remaining"].to_str().unwrap()),
            (200, left.to_string().as_str())
        );
        assert_eq!(answer.headers()["x-ratelimit-limit"], "5");
        assert!(
            answer.headers().contains_key("x-ratelimit-bucket")
                && answer.headers().contains_key("x-ratelimit-reset-after")
        );
    }
    let answer = client.post().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-ratelimit-scope"].to_str().unwrap()), (429, "user"));
    let body: Value = answer.json().await.unwrap();
    assert!((0.1..=5.0).contains(&body["retry_after"].as_f64().unwrap()) && body["global"] == false, "{body}");
    assert_eq!(client.playground.refused_by_limits(), 1);
}

#[tokio::test]
async fn the_global_limit_says_so() {
    let client = Client::new().await;
    client.playground.limits(Limits::off().global(2, Duration::from_secs(60)));
    client.post().await.unwrap();
    client.post().await.unwrap();
    let answer = client.post().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-ratelimit-global"].to_str().unwrap()), (429, "true"));
    assert_eq!(answer.json::<Value>().await.unwrap()["global"], true);
}

#[tokio::test]
async fn old_edits_are_refused_when_switched_on() {
    let (playground, bot) = world().await;
    let message = bot.post(GENERAL, json!({ "content": "x" })).await.unwrap().id.get();
    playground.refuse_old_edits(true);
    bot.edit(GENERAL, message, json!({ "content": "y" })).await.unwrap();
    playground.advance(Duration::from_secs(3601));
    assert_eq!(code(&bot.edit(GENERAL, message, json!({ "content": "z" })).await.unwrap_err()), 30046);
}

#[tokio::test]
async fn waiting_ends_when_it_is_seen_or_says_what_happened_instead() {
    let client = Client::new().await;
    let seen = client.playground.wait_for(Duration::from_secs(5), |look| look.messages("general").pop());
    let (seen, _) = tokio::join!(seen, client.post());
    assert_eq!(seen.unwrap().content, "x");
    let never =
        client.playground.wait_for(Duration::from_millis(50), |look| (look.pings().len() > 5).then_some(())).await;
    assert!(never.unwrap_err().to_string().contains("POST /channels/"));
}

#[tokio::test]
async fn the_record_holds_what_was_asked_and_never_the_token() {
    let file = std::env::temp_dir().join(format!("playground-record-{}.jsonl", std::process::id()));
    let playground = Playground::start(World::sample().record_to(&file)).await.unwrap();
    let http = http(&playground);
    http.get_current_user().await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&line["method"], &line["path"], &line["status"]),
        (&json!("GET"), &json!("/api/v10/users/@me"), &json!(200))
    );
    assert!(line["headers"]["authorized"] == true && !text.contains(&playground.token()));
}

#[tokio::test]
async fn a_stopped_playground_is_gone() {
    let (playground, _bot) = world().await;
    let url = playground.url().to_owned();
    drop(playground);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(reqwest::get(format!("{url}/api/v10/gateway")).await.is_err());
}

#[tokio::test]
async fn a_storm_of_ten_thousand_messages_reaches_the_bot() {
    let (playground, bot) = world().await;
    let begin = Instant::now();
    playground.flood("Ana", "alerts", (0..10_000).map(|n| format!("alert {n}"))).await.unwrap();
    let mut last = String::new();
    while last != "alert 9999" {
        last = bot.message().await.content;
    }
    println!("10,000 messages in {:?}", begin.elapsed());
    let count = playground.wait_for(Duration::from_secs(1), |look| Some(look.count("alerts"))).await.unwrap();
    assert_eq!(count, 10_000);
}
