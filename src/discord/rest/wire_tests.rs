//! Whole calls against a server on loopback, in real time with short windows.

use std::sync::Mutex;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use serenity::model::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::fake::{Bucket, Fake, Reply, TOKEN, rest, text};
use super::{Call, Endpoint, Lane, Rest, RestError, Scope};

const CHANNEL: ChannelId = ChannelId::new(10);

fn post(channel: u64) -> Call {
    Call::new(Endpoint::create_message(ChannelId::new(channel))).body(text("hello"))
}

fn with_nonce() -> Call {
    post(10).body(json!({"content": "hello", "nonce": "m-1", "enforce_nonce": true}))
}

fn callback() -> Call {
    let endpoint = Endpoint::callback(InteractionId::new(7), "interaction-secret");
    Call::new(endpoint).lane(Lane::Reply).body(json!({"type": 5}))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test]
async fn a_burst_meets_no_429_and_loses_no_time() {
    let bucket = Mutex::new(Bucket::new(5, ms(500)));
    let fake = Fake::start(move |_, _| Reply::of(&bucket.lock().unwrap().take("b", Instant::now()))).await;
    let (rest, start) = (fake.rest(), Instant::now());
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let rest = rest.clone();
        calls.spawn(async move { rest.call(post(10)).await.is_ok() });
    }
    assert!(calls.join_all().await.into_iter().all(|ok| ok));
    assert_eq!(fake.seen().len(), 20, "20 calls, 20 requests");
    assert_eq!(rest.invalid_count(), 0);
    let took = start.elapsed();
    assert!(took >= ms(1500) && took < ms(4000), "{took:?}");
}

#[tokio::test]
async fn a_limited_rename_stops_neither_messages_nor_other_edits() {
    let fake = Fake::start(|seen, _| match seen.body.contains("\"name\"") {
        true => Reply::new(429, json!({"retry_after": 540.0, "global": false}))
            .with("x-ratelimit-bucket", "channel")
            .with("x-ratelimit-scope", "user"),
        false => Reply::ok().with("x-ratelimit-bucket", "channel"),
    })
    .await;
    let (rest, start) = (fake.rest(), Instant::now());
    let rename = || Call::new(Endpoint::edit_channel(CHANNEL)).body(json!({"name": "inc-1"}));
    for _ in 0..2 {
        let error = rest.call(rename()).await.unwrap_err();
        let RestError::Limited { after, global: false, scope: Scope::User } = error else { panic!("{error}") };
        assert!(after > ms(539_000) && after <= ms(540_000), "{after:?}");
    }
    rest.call(post(10)).await.unwrap();
    rest.call(Call::new(Endpoint::edit_channel(CHANNEL)).body(json!({"parent_id": "1"}))).await.unwrap();
    rest.call(Call::new(Endpoint::channel(CHANNEL))).await.unwrap();
    assert!(start.elapsed() < ms(5000), "{:?}", start.elapsed());
    assert_eq!(fake.seen().len(), 4, "the second rename never left");
}

#[tokio::test]
async fn a_global_429_holds_everybody_back_but_interactions() {
    let fake = Fake::start(|seen, before| match seen.line.contains("/channels/1/") && before == 0 {
        true => Reply::new(429, json!({"retry_after": 2.0, "global": true})).with("x-ratelimit-scope", "global"),
        false => Reply::ok(),
    })
    .await;
    let (rest, start) = (fake.rest(), Instant::now());
    let first = tokio::spawn({
        let rest = rest.clone();
        async move { rest.call(post(1)).await }
    });
    sleep(ms(200)).await;
    let error = rest.call(post(2).lane(Lane::Page).patience(Duration::ZERO)).await.unwrap_err();
    assert!(matches!(error, RestError::Limited { global: true, scope: Scope::Global, .. }), "{error}");
    rest.call(callback().patience(Duration::ZERO)).await.unwrap();
    assert!(start.elapsed() < ms(2000));
    rest.call(post(2)).await.unwrap();
    assert!(start.elapsed() >= ms(2000) && start.elapsed() < ms(4000), "{:?}", start.elapsed());
    first.await.unwrap().unwrap();
    assert_eq!(fake.count("/channels/1/messages"), 2);
}

#[tokio::test]
async fn routes_with_one_bucket_wait_for_each_other() {
    let bucket = Mutex::new(Bucket::new(3, ms(500)));
    let fake = Fake::start(move |_, _| Reply::of(&bucket.lock().unwrap().take("same", Instant::now()))).await;
    let (rest, start) = (fake.rest(), Instant::now());
    let edit = || Call::new(Endpoint::edit_message(CHANNEL, MessageId::new(1))).body(text("x"));
    for call in [post(10), edit(), post(10), edit()] {
        rest.call(call).await.unwrap();
    }
    assert_eq!((fake.seen().len(), rest.invalid_count()), (4, 0));
    assert!(start.elapsed() >= ms(500), "the fourth waited: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_429_is_obeyed_and_the_call_made_again() {
    let bare = || Reply::new(429, "");
    let cases = [
        (Reply::new(429, json!({"retry_after": 0.3})), 300),
        (Reply::new(429, json!({"retry_after": "0.3"})), 300),
        (Reply::new(429, "{}").with("retry-after", "0.3"), 300),
        (bare().with("x-ratelimit-reset-after", "0.3"), 300),
        (Reply::new(429, "<html>1015</html>").with("retry-after", "1"), 1000),
    ];
    for (reply, wait) in cases {
        let label = format!("{reply:?}");
        let fake = Fake::start(move |_, before| if before == 0 { reply.clone() } else { Reply::ok() }).await;
        let (rest, start) = (fake.rest(), Instant::now());
        rest.call(post(10)).await.expect(&label);
        let took = start.elapsed();
        assert!(took >= ms(wait) && took < ms(wait + 2000), "{label}: {took:?}");
        assert_eq!((fake.seen().len(), rest.invalid_count()), (2, 1), "{label}");
    }
}

#[tokio::test]
async fn a_wait_beyond_patience_comes_back_at_once() {
    let cases = [
        (Reply::new(429, "<html>1015</html>"), 60.0, true),
        (Reply::new(429, ""), 5.0, false),
        (Reply::new(429, json!({"retry_after": 86_400})), 3600.0, false),
    ];
    for (reply, seconds, expected) in cases {
        let fake = Fake::start(move |_, _| reply.clone()).await;
        let (rest, start) = (fake.rest(), Instant::now());
        let error = rest.call(post(10).patience(ms(2000))).await.unwrap_err();
        let RestError::Limited { after, global, .. } = error else { panic!("{error}") };
        assert!((after.as_secs_f64() - seconds).abs() < 1.5 && global == expected, "{after:?}");
        assert!(start.elapsed() < ms(1500), "{:?}", start.elapsed());
        assert_eq!(fake.seen().len(), 1);
    }
}

#[tokio::test]
async fn endless_429s_end_after_a_few_tries() {
    let fake = Fake::start(|_, _| Reply::new(429, json!({"retry_after": 0}))).await;
    let error = fake.rest().call(post(10).patience(ms(60_000))).await.unwrap_err();
    assert!(matches!(error, RestError::Limited { .. }), "{error}");
    assert_eq!(fake.seen().len(), 5);
}

#[tokio::test]
async fn what_may_have_happened_is_repeated_only_where_harmless() {
    let cases = [
        (post(10), 1),
        (with_nonce(), 3),
        (Call::new(Endpoint::create_channel(GuildId::new(1))).body(json!({"name": "inc-1"})), 1),
        (Call::new(Endpoint::create_dm()).body(json!({"recipient_id": "1"})), 1),
        (Call::new(Endpoint::edit_message(CHANNEL, MessageId::new(1))).body(text("x")), 3),
        (Call::new(Endpoint::guild_channels(GuildId::new(1))), 3),
        (Call::new(Endpoint::delete_message(CHANNEL, MessageId::new(1))), 3),
    ];
    for (call, requests) in cases {
        let label = format!("{call:?}");
        let fake = Fake::start(|_, before| if before < 2 { Reply::new(502, "<html>") } else { Reply::ok() }).await;
        let outcome = fake.rest().call(call).await;
        assert_eq!(fake.seen().len(), requests, "{label}");
        match outcome {
            Ok(_) => assert_eq!(requests, 3, "{label}"),
            Err(error) => assert!(matches!(error, RestError::Ambiguous { status: Some(502), .. }), "{label}: {error}"),
        }
        let bodies: Vec<String> = fake.seen().into_iter().map(|seen| seen.body).collect();
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same nonce every time");
    }
}

#[tokio::test]
async fn a_server_that_stays_silent_is_left() {
    let fake = Fake::start(|_, _| Reply::ok().late(ms(30_000))).await;
    let rest = Rest::with_time_limit(SecretString::from(TOKEN), &fake.base(), ms(200)).unwrap();
    let start = Instant::now();
    let error = rest.call(post(10)).await.unwrap_err();
    assert!(matches!(error, RestError::Ambiguous { status: None, .. }), "{error}");
    assert_eq!(fake.seen().len(), 1);
    let error = rest.call(with_nonce().patience(ms(1500))).await.unwrap_err();
    assert!(matches!(error, RestError::Ambiguous { status: None, .. }), "{error}");
    let tries = fake.seen().len() - 1;
    assert!((2..=6).contains(&tries), "{tries} tries within 1.5 s of patience");
    assert!(start.elapsed() < ms(5000), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_slow_channel_does_not_slow_another() {
    let fake = Fake::start(|seen, _| match seen.line.contains("/channels/1/") {
        true => Reply::ok().late(ms(30_000)),
        false => Reply::ok(),
    })
    .await;
    let rest = fake.rest();
    let slow = tokio::spawn({
        let rest = rest.clone();
        async move { rest.call(post(1)).await }
    });
    sleep(ms(100)).await;
    let start = Instant::now();
    for channel in 2..12 {
        rest.call(post(channel)).await.unwrap();
    }
    assert!(start.elapsed() < ms(5000), "{:?}", start.elapsed());
    assert!(!slow.is_finished());
    slow.abort();
}

#[tokio::test]
async fn a_closed_door_is_tried_three_times_for_any_method() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let start = Instant::now();
    let error = rest(&base).call(post(10)).await.unwrap_err();
    assert!(matches!(error, RestError::NotSent(_)), "{error}");
    assert!(start.elapsed() >= ms(300), "two pauses of 100 and 200 ms at the least: {:?}", start.elapsed());
    let start = Instant::now();
    let error = rest(&base).call(post(10).patience(Duration::ZERO)).await.unwrap_err();
    assert!(matches!(error, RestError::NotSent(_)) && start.elapsed() < ms(300), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_may_have_delivered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let broken = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        drop(stream);
        // A second try would be accepted here.
        tokio::time::timeout(ms(800), listener.accept()).await.is_err()
    });
    let error = rest(&base).call(callback()).await.unwrap_err();
    assert!(matches!(error, RestError::Ambiguous { status: None, .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    assert!(broken.await.unwrap(), "a POST without a nonce went out twice");
}

#[tokio::test]
async fn refusals_are_final_and_tell_why() {
    let body = json!({"code": 50035, "message": "Invalid Form Body",
        "errors": {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Too long."}]}}});
    let fake = Fake::start(move |_, _| Reply::new(400, &body)).await;
    let error = fake.rest().call(with_nonce()).await.unwrap_err();
    assert_eq!((error.code(), error.details()), (Some(50035), vec!["content: Too long.".to_owned()]));
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn an_unreadable_success_is_not_repeated() {
    let fake = Fake::start(|_, _| Reply::new(200, "{\"id\": ")).await;
    let error = fake.rest().call(with_nonce()).await.unwrap_err();
    assert!(matches!(error, RestError::Undecodable(_)), "{error}");
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn a_revoked_token_is_never_shown_again() {
    let fake = Fake::start(|_, _| Reply::new(401, json!({"code": 0, "message": "401: Unauthorized"}))).await;
    let rest = fake.rest();
    let mut revoked = rest.revoked();
    assert!(rest.call(callback()).await.is_err());
    assert!(!*revoked.borrow_and_update(), "the interaction's token died, not the bot's");
    assert!(rest.call(Call::new(Endpoint::me())).await.is_err());
    revoked.changed().await.unwrap();
    assert!(*revoked.borrow());
    for call in [post(10).lane(Lane::Page), callback(), Call::new(Endpoint::me())] {
        let error = rest.clone().call(call).await.unwrap_err();
        assert!(matches!(error, RestError::Rejected { status: 401, .. }), "{error}");
    }
    assert_eq!(fake.seen().len(), 2);
}

#[tokio::test]
async fn those_in_the_queue_learn_of_the_revocation_too() {
    let fake = Fake::start(|seen, _| match seen.line.ends_with("@me") {
        true => Reply::new(401, "{}"),
        false => Reply::new(200, "{}").late(ms(1500)),
    })
    .await;
    let rest = fake.rest();
    let mut calls = JoinSet::new();
    for _ in 0..5 {
        let rest = rest.clone();
        calls.spawn(async move { rest.call(post(10)).await.is_ok() });
    }
    sleep(ms(100)).await;
    assert!(rest.call(Call::new(Endpoint::me())).await.is_err());
    assert_eq!(calls.join_all().await.into_iter().filter(|ok| *ok).count(), 1, "the one under way");
    assert_eq!(fake.count("/messages"), 1);
}

#[tokio::test]
async fn requests_look_as_discord_wants_them() {
    let fake = Fake::start(|_, _| Reply::new(204, "")).await;
    let rest = fake.rest();
    let rename = Call::new(Endpoint::edit_channel(CHANNEL)).body(json!({"name": "x"})).reason("ä\nb");
    assert_eq!(rest.call(rename).await.unwrap(), Value::Null);
    rest.call(Call::new(Endpoint::pin(CHANNEL, MessageId::new(2)))).await.unwrap();
    rest.call(Call::new(Endpoint::followup(ApplicationId::new(3), "tok")).body(text("x"))).await.unwrap();
    rest.call(post(10).file("timeline.md", b"# one".to_vec())).await.unwrap();
    let seen = fake.seen();
    let header =
        |index: usize, name: &str| seen[index].headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(seen[0].line, "PATCH /api/v10/channels/10");
    assert_eq!(header(0, "authorization"), Some(format!("Bot {TOKEN}")));
    assert_eq!(header(0, "x-audit-log-reason").as_deref(), Some("%C3%A4%0Ab"));
    assert!(header(0, "user-agent").unwrap().starts_with("DiscordBot (https://"));
    assert_eq!((seen[1].line.as_str(), header(1, "content-length").as_deref()), {
        ("PUT /api/v10/channels/10/messages/pins/2", Some("0"))
    });
    assert_eq!(header(2, "authorization"), None, "the token in the path is the credential");
    assert!(header(3, "content-type").unwrap().starts_with("multipart/form-data"));
    for part in
        ["name=\"payload_json\"", "\"content\":\"hello\"", "name=\"files[0]\"; filename=\"timeline.md\"", "# one"]
    {
        assert!(seen[3].body.contains(part), "{part} in {}", seen[3].body);
    }
}

#[tokio::test]
async fn nothing_shows_the_token() {
    let error = Rest::new(SecretString::from("to\nken-secret"), "http://x").unwrap_err();
    assert!(!format!("{error:?}").contains("secret"));
    assert!(Rest::new(SecretString::from(TOKEN), "no address").is_err());
    let fake = Fake::start(|_, _| Reply::new(500, TOKEN)).await;
    let rest = fake.rest();
    let error = rest.call(callback()).await.unwrap_err();
    for shown in [format!("{rest:?}"), format!("{error:?}"), format!("{error}"), format!("{:?}", callback())] {
        assert!(!shown.contains("own-token") && !shown.contains("secret"), "{shown}");
    }
}
