//! What becomes of a page by the answer of its gateway: sent, tried again, or failed now. And what is never shown of it.

use std::time::Duration;

use muster::app::courier::{Miss, Receipt};
use muster::domain::contact::WebhookPreset;
use muster::domain::timeline::Unreached;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::standin::StandIn;
use super::{VARIABLE, public, router, send, webhook};

async fn told(address: &str) -> Result<Receipt, Miss> {
    let router = router(&[(VARIABLE, address.to_owned())], None);
    send(&router, webhook(WebhookPreset::Generic, None), public()).await
}

#[tokio::test]
async fn each_status_means_one_thing() {
    let service = StandIn::start().await;
    let address = format!("{}/hook", service.url);
    for status in [200, 201, 202, 204] {
        service.answer(status, &[], "");
        assert_eq!(told(&address).await, Ok(Receipt::Done), "{status}");
    }
    for status in [400, 404, 405, 410, 413, 422] {
        service.answer(status, &[], "");
        let told = told(&address).await;
        assert!(matches!(told, Err(Miss::Never { why: Unreached::Rejected, .. })), "{status}: {told:?}");
    }
    for status in [401, 403] {
        service.answer(status, &[], "");
        let told = told(&address).await;
        assert!(matches!(told, Err(Miss::Never { why: Unreached::KeyRefused, .. })), "{status}: {told:?}");
    }
    for status in [408, 425, 429, 500, 502, 503, 504] {
        service.answer(status, &[], "");
        let told = told(&address).await;
        assert!(matches!(told, Err(Miss::Retry { after: None, .. })), "{status}: {told:?}");
    }
}

#[tokio::test]
async fn a_service_may_ask_for_patience_but_not_for_long() {
    let service = StandIn::start().await;
    // It is 10:00:07.
    let cases = [
        ("7", Some(7)),
        ("3600", Some(60)),
        ("Mon, 05 Jan 2026 10:00:37 GMT", Some(30)),
        ("Mon, 05 Jan 2026 09:00:00 GMT", Some(0)),
        ("soon", None),
    ];
    for (header, seconds) in cases {
        service.answer(429, &[("retry-after", header)], "");
        let Err(Miss::Retry { after, .. }) = told(&service.url).await else { panic!("{header}") };
        assert_eq!(after, seconds.map(Duration::from_secs), "{header}");
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let service = StandIn::start().await;
    service.answer(302, &[("location", "http://127.0.0.1:1/")], "");
    let told = told(&service.url).await;
    assert!(matches!(&told, Err(Miss::Never { detail, .. }) if detail.contains("redirect")), "{told:?}");
    assert_eq!(service.take().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_it_open_and_nobody_there_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (asked, lost) = tokio::join!(told(&address), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read(&mut [0; 64]).await.unwrap()
    });
    assert!(lost > 0);
    assert!(matches!(asked, Err(Miss::Unsure { .. })), "{asked:?}");
    drop(listener);
    let nobody = told(&address).await;
    assert!(matches!(nobody, Err(Miss::Retry { after: None, .. })), "{nobody:?}");
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let service = StandIn::start().await;
    service.answer(200, &[], &"x".repeat(8 << 20));
    assert_eq!(told(&service.url).await, Ok(Receipt::Done));
}

#[tokio::test]
async fn what_may_not_be_called_has_failed_now_and_shows_no_secret() {
    let cases = [
        ("http://ana:hunter2@10.0.0.1/hunter2?token=hunter2", Unreached::Private),
        ("http://169.254.169.254/hunter2", Unreached::Private),
        ("hunter2", Unreached::BadAddress),
        ("file:///hunter2", Unreached::BadAddress),
    ];
    for (address, expected) in cases {
        let told = told(address).await;
        let said = format!("{told:?}");
        assert!(matches!(told, Err(Miss::Never { why, .. }) if why == expected), "{address}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let service = StandIn::start().await;
    service.answer(403, &[], "hunter2");
    let said = format!("{:?}", told(&format!("{}/hunter2?token=hunter2", service.url)).await);
    assert!(said.contains("127.0.0.1 answered 403") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_variable_that_is_not_set_has_failed_now() {
    let said = send(&router(&[], None), webhook(WebhookPreset::Ntfy, None), public()).await;
    assert!(matches!(&said, Err(Miss::Never { why: Unreached::SecretUnset, detail }) if detail.contains(VARIABLE)));
}
