//! What each service is asked: method, path, headers and body, as its own reference has them.

use muster::app::courier::{Courier, Outlet, Public, Receipt, Ring, What};
use muster::domain::contact::WebhookPreset;
use muster::domain::impact::Impact;
use serde_json::json;

use super::standin::{Heard, StandIn};
use super::{KEY, VARIABLE, delivery, public, router, send, webhook};

/// Sends one page to a stand-in, whose address ends so; what it heard.
async fn heard(preset: WebhookPreset, rest: &str, public: Public) -> Heard {
    let service = StandIn::start().await;
    let router = router(&[(VARIABLE, format!("{}{rest}", service.url))], None);
    assert_eq!(send(&router, webhook(preset, None), public).await, Ok(Receipt::Done));
    let mut heard = service.take();
    assert_eq!(heard.len(), 1, "{heard:?}");
    heard.remove(0)
}

fn bare(impact: Option<Impact>) -> Public {
    Public { impact, link: None, code: None, ..public() }
}

#[tokio::test]
async fn generic_is_the_documented_json_with_one_key_for_every_try() {
    let call = heard(WebhookPreset::Generic, "/hook?x=1", public()).await;
    assert_eq!(call.line(), "POST /hook?x=1");
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!(call.header("idempotency-key"), KEY);
    assert_eq!(call.header("muster-signature"), "");
    let body = json!({
        "version": 1,
        "event": "page",
        "key": KEY,
        "incident": 42,
        "impact": 1,
        "plan": "Payments",
        "link": "https://discord.com/channels/1/2",
        "code": "471100",
        "text": "INC-42 · impact 1 · Payments\nhttps://discord.com/channels/1/2\n/ack 471100",
        "paged_at": "2026-01-05T10:00:00Z",
    });
    assert_eq!(call.json(), body);
    let documented = include_str!("../../docs/ways.md");
    for field in body.as_object().unwrap().keys() {
        assert!(documented.contains(&format!("`{field}`")), "docs/ways.md says nothing of {field}");
    }
}

#[tokio::test]
async fn generic_is_signed_where_a_key_is_set_and_not_sent_where_it_is_named_and_not_set() {
    let service = StandIn::start().await;
    let secrets = [(VARIABLE, service.url.clone()), ("MUSTER_SECRET_HMAC", "hunter2".to_owned())];
    let outlet = || webhook(WebhookPreset::Generic, Some("MUSTER_SECRET_HMAC"));
    send(&router(&secrets, None), outlet(), public()).await.unwrap();
    let call = service.take().remove(0);
    assert_eq!(call.header("muster-timestamp"), "1767607207");
    let signature = call.header("muster-signature").strip_prefix("v1=").unwrap();
    assert_eq!(signature, by_openssl("hunter2", &format!("1767607207.{}", call.body)));
    let unset = send(&router(&secrets[..1], None), outlet(), public()).await;
    assert!(format!("{unset:?}").contains("SecretUnset"), "{unset:?}");
    assert!(service.take().is_empty(), "an unsigned page went out");
}

/// HMAC-SHA256 as another tool makes it.
fn by_openssl(key: &str, text: &str) -> String {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut tool = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl");
    tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = String::from_utf8(tool.wait_with_output().unwrap().stdout).unwrap();
    said.rsplit(' ').next().unwrap().trim().to_owned()
}

#[tokio::test]
async fn ntfy_is_published_as_json_at_the_root_of_the_server() {
    let call = heard(WebhookPreset::Ntfy, "/ana-pages", public()).await;
    assert_eq!(call.line(), "POST /");
    assert_eq!(
        call.json(),
        json!({
            "topic": "ana-pages",
            "title": "INC-42 · impact 1 · Payments",
            "message": "/ack 471100",
            "priority": 5,
            "tags": ["rotating_light"],
            "click": "https://discord.com/channels/1/2",
        })
    );
    for (impact, priority) in [(Impact::High, 5), (Impact::Medium, 4), (Impact::Low, 3), (Impact::None, 3)] {
        let call = heard(WebhookPreset::Ntfy, "/ana-pages", bare(Some(impact))).await;
        assert_eq!((call.json()["priority"].as_i64(), call.json().get("click")), (Some(priority), None));
    }
}

#[tokio::test]
async fn credentials_in_an_address_go_where_credentials_go() {
    let service = StandIn::start().await;
    let address = service.url.replace("http://", "http://:tk_x@");
    let router = router(&[(VARIABLE, format!("{address}/ana-pages"))], None);
    send(&router, webhook(WebhookPreset::Ntfy, None), public()).await.unwrap();
    // base64 of `:tk_x`.
    assert_eq!(service.take().remove(0).header("authorization"), "Basic OnRrX3g=");
}

#[tokio::test]
async fn gotify_gets_its_token_in_a_header() {
    let call = heard(WebhookPreset::Gotify, "/push/message?token=Axyz", public()).await;
    assert_eq!(call.line(), "POST /push/message");
    assert_eq!(call.header("x-gotify-key"), "Axyz");
    assert_eq!(
        call.json(),
        json!({
            "title": "INC-42 · impact 1 · Payments",
            "message": "/ack 471100",
            "priority": 10,
            "extras": { "client::notification": { "click": { "url": "https://discord.com/channels/1/2" } } },
        })
    );
}

#[tokio::test]
async fn pushover_rings_at_impact_1_and_2_and_is_followed() {
    let service = StandIn::start().await;
    let address = format!("{}/1/messages.json?token=app&user=ana&device=phone", service.url);
    let router = router(&[(VARIABLE, address)], None);
    service.answer(200, &[], r#"{"status":1,"request":"x","receipt":"r4nd0m"}"#);
    let told = send(&router, webhook(WebhookPreset::Pushover, None), public()).await;
    assert_eq!(told, Ok(Receipt::Ringing { receipt: "r4nd0m".to_owned() }));
    let call = service.take().remove(0);
    assert_eq!(call.line(), "POST /1/messages.json");
    let form: Vec<String> = call.form().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        form,
        [
            "device=phone",
            "expire=3000",
            "message=/ack 471100",
            "priority=2",
            "retry=60",
            "tags=1a2b3c4dp9zz",
            "timestamp=1767607200",
            "title=INC-42 · impact 1 · Payments",
            "token=app",
            "url=https://discord.com/channels/1/2",
            "user=ana",
        ]
    );

    let ring = |receipt: Option<&str>| Ring {
        url_env: VARIABLE.to_owned(),
        key: KEY.to_owned(),
        receipt: receipt.map(str::to_owned),
    };
    let told =
        r#"{"status":1,"acknowledged":1,"acknowledged_at":1767607300,"expired":0,"last_delivered_at":1767607260}"#;
    service.answer(200, &[], told);
    let heard = router.deliver(delivery(What::AskReceipt(ring(Some("r4nd0m"))))).await;
    assert_eq!(heard, Ok(Receipt::Heard { acknowledged: true, over: false }));
    service.answer(200, &[], "");
    service.answer(200, &[], &told.replace(r#""acknowledged":1"#, r#""acknowledged":0"#));
    for receipt in [Some("r4nd0m"), None] {
        assert_eq!(router.deliver(delivery(What::Hush(ring(receipt)))).await, Ok(Receipt::Done));
    }
    let calls = service.take();
    let lines: Vec<String> = calls.iter().map(Heard::line).collect();
    assert_eq!(
        lines,
        [
            "GET /1/receipts/r4nd0m.json?token=app",
            "POST /1/receipts/cancel_by_tag/1a2b3c4dp9zz.json",
            "GET /1/receipts/r4nd0m.json?token=app",
            "POST /1/receipts/cancel_by_tag/1a2b3c4dp9zz.json",
        ]
    );
    for cancel in [&calls[1], &calls[3]] {
        assert_eq!(cancel.body, "token=app");
    }
}

#[tokio::test]
async fn pushover_does_not_ring_below_impact_2() {
    for (impact, priority) in [(Impact::Medium, "1"), (Impact::Low, "0")] {
        let call = heard(WebhookPreset::Pushover, "/1/messages.json?token=app&user=ana", bare(Some(impact))).await;
        let form = call.form();
        assert_eq!((form["priority"].as_str(), form.get("retry"), form.get("tags")), (priority, None, None));
        assert_eq!(form["message"], "INC-42 · impact 1 · Payments");
    }
}

#[tokio::test]
async fn twilio_calls_and_says_it_twice() {
    let service = StandIn::start().await;
    let rest = "/2010-04-01/Accounts/AC1/Calls.json?From=%2B15550001&To=%2B353850001";
    let address = format!("{}{rest}", service.url.replace("http://", "http://AC1:s3cret@"));
    let router = router(&[(VARIABLE, address)], None);
    service.answer(201, &[], r#"{"sid":"CA1","status":"queued"}"#);
    let mut page = public();
    page.head = "INC-42 · impact 1 · Pay & <rest>".to_owned();
    assert_eq!(send(&router, webhook(WebhookPreset::TwilioCall, None), page).await, Ok(Receipt::Done));
    let call = service.take().remove(0);
    assert_eq!(call.line(), "POST /2010-04-01/Accounts/AC1/Calls.json");
    // base64 of `AC1:s3cret`.
    assert_eq!(call.header("authorization"), "Basic QUMxOnMzY3JldA==");
    let form = call.form();
    assert_eq!((form["From"].as_str(), form["To"].as_str(), form.len()), ("+15550001", "+353850001", 3));
    let said = "Muster calls. Incident 42. impact 1. Pay &amp; &lt;rest&gt;. To answer, write slash ack 4 7 1 1 0 0 in Discord.";
    let twiml = format!("<Response><Say>{said}</Say><Pause length=\"1\"/><Say>{said}</Say></Response>");
    assert_eq!(form["Twiml"], twiml);
}

#[tokio::test]
async fn twilio_writes_one_text_message_with_link_and_code_whole() {
    let rest = "/2010-04-01/Accounts/AC1/Messages.json?MessagingServiceSid=MG1&To=%2B353850001";
    let call = heard(WebhookPreset::TwilioSms, rest, public()).await;
    assert_eq!(call.line(), "POST /2010-04-01/Accounts/AC1/Messages.json");
    let form = call.form();
    assert_eq!((form["MessagingServiceSid"].as_str(), form["To"].as_str(), form.len()), ("MG1", "+353850001", 3));
    assert_eq!(form["Body"], "INC-42, impact 1, Payments\nhttps://discord.com/channels/1/2\n/ack 471100");

    let mut long = public();
    long.head = format!("INC-42 · impact 1 · {}", "x".repeat(70));
    long.link = Some("https://discord.com/channels/900000000000000001/1450000000000000001".to_owned());
    let body = heard(WebhookPreset::TwilioSms, rest, long).await.form()["Body"].clone();
    assert_eq!(body.chars().count(), 160);
    assert!(body.ends_with("/1450000000000000001\n/ack 471100"), "{body}");
}

#[tokio::test]
async fn an_address_that_lacks_what_its_service_needs_has_failed_now() {
    let cases = [
        (WebhookPreset::Ntfy, "/", "topic"),
        (WebhookPreset::Pushover, "/1/messages.json?user=ana", "token"),
        (WebhookPreset::Pushover, "/1/messages.json?token=hunter2", "user"),
        (WebhookPreset::TwilioCall, "/Calls.json?To=%2B1", "From"),
        (WebhookPreset::TwilioSms, "/Messages.json?From=%2B1", "To"),
    ];
    let service = StandIn::start().await;
    for (preset, rest, lacks) in cases {
        let router = router(&[(VARIABLE, format!("{}{rest}", service.url))], None);
        let said = format!("{:?}", send(&router, webhook(preset, None), public()).await);
        assert!(said.contains("BadAddress") && said.contains(&format!("no {lacks} in it")), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert!(service.take().is_empty());
}

#[tokio::test]
async fn mail_without_a_mail_server_has_failed_now() {
    let outlet = Outlet::Mail { address: "ana@example.org".to_owned() };
    let said = format!("{:?}", send(&router(&[], None), outlet, public()).await);
    assert!(said.contains("NoCarrier") && said.contains("SMTP_URL"), "{said}");
}
