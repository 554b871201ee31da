//! Files from both ends: what people attach to a command can be fetched, what the app uploads can be read.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure here is a failed test")]

mod support;
use serde_json::json;
use serenity::all::{Interaction, LightMethod, Route};
use support::*;

#[tokio::test]
async fn an_attached_file_is_served_and_described() {
    let (playground, bot) = world().await;
    let commands = json!([{ "name": "apply", "description": "d", "options": [
        { "type": 11, "name": "file", "description": "d", "required": true },
    ] }]);
    let (status, _) = bot.raw(LightMethod::Put, Route::Commands { application_id: APP.into() }, Some(commands)).await;
    assert_eq!(status, 200);
    let file = json!({ "file": { "filename": "team.yaml", "content": "kind: contact ✓" } });
    playground.slash("Ana", "general", "apply", file).await.unwrap();
    let Interaction::Command(command) = bot.interaction().await else { panic!("a command") };
    let sent = command.data.resolved.attachments.values().next().unwrap();
    assert_eq!((sent.filename.as_str(), sent.size), ("team.yaml", 17));
    assert!(sent.url.starts_with(playground.url()), "{}", sent.url);
    assert_eq!(playground.file(&sent.url).unwrap(), "kind: contact ✓".as_bytes());
    assert_eq!(fetch(&sent.url).await, "kind: contact ✓");
    assert!(playground.file(&format!("{}/attachments/1/none", playground.url())).is_none());

    let wrong = playground.slash("Ana", "general", "apply", json!({ "file": "team.yaml" })).await;
    assert!(format!("{:#}", wrong.err().unwrap()).contains("an object of `filename` and `content`"));
}

/// One GET over a plain connection: the playground's own client is the app's.
async fn fetch(url: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
