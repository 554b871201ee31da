//! A phone that rings at Pushover until it is answered there or stopped from here: whole stories, on both databases, with a stand-in
//! for Pushover at the other end.

use std::sync::{Arc, Mutex};

use muster::app::App;
use muster::app::courier::{Courier, Delivery, Miss, Receipt, What};
use muster::app::request::{Ask, Request, Which};
use muster::domain::id::UserId;
use muster::domain::incident;
use muster::domain::permission::Person;

use super::databases::{TestStore, on_both};
use super::scenario::{GUILD, Stage};
use super::standin::{Heard, StandIn};
use super::{VARIABLE, router};

const RINGS: &str = r#"{"status":1,"request":"x","receipt":"r1"}"#;
const UNANSWERED: &str = r#"{"status":1,"acknowledged":0,"expired":0}"#;
const ANSWERED: &str = r#"{"status":1,"acknowledged":1,"expired":0}"#;
const EXPIRED: &str = r#"{"status":1,"acknowledged":0,"expired":1}"#;

/// Ana is called by her phone, Ben in Discord, both at once.
const SETUP: [&str; 2] = ["contact ana: 0s pager", PLAN];
const PLAN: &str = "plan db: stage 5m @ana @ben";
const FIRING: &str = "alert firing db critical";

/// What an answer of the gateway meets on its way to us.
enum Trouble {
    /// It is lost.
    Lost,
    /// Somebody acknowledges before it is here.
    Acknowledged(App),
}

/// The real ways out, with one trouble on the first page.
struct Road {
    router: muster::carriers::Router,
    trouble: Mutex<Option<Trouble>>,
}

#[async_trait::async_trait]
impl Courier for Road {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        let page = matches!(delivery.what, What::Outside(_));
        let told = self.router.deliver(delivery).await;
        let trouble = if page { self.trouble.lock().unwrap().take() } else { None };
        match trouble {
            None => told,
            Some(Trouble::Lost) => Err(Miss::Unsure { why: "the answer was lost".to_owned() }),
            Some(Trouble::Acknowledged(app)) => {
                let by = Person { user: BEN, name: "ben".to_owned(), roles: Vec::new(), manages_guild: false };
                let ask = Ask::On(Which::Number(1), incident::Ask::Ack { post: None, sign: false });
                app.handle(Request { guild: GUILD, by, channel: None, key: "i:ben".to_owned(), ask, survey: None })
                    .await;
                told
            }
        }
    }
}

const BEN: UserId = UserId(200_000_000_000_000_002);

/// A world in which the page has gone out, and its Pushover.
async fn world(made: &TestStore, trouble: impl FnOnce(&App) -> Option<Trouble>) -> (Stage, StandIn) {
    told(made, &SETUP, trouble).await
}

async fn told(made: &TestStore, setup: &[&str], trouble: impl FnOnce(&App) -> Option<Trouble>) -> (Stage, StandIn) {
    let pushover = StandIn::start().await;
    let address = format!("{}/1/messages.json?token=app&user=ana", pushover.url);
    let mut stage = Stage::open(made.store.clone(), "2026-01-05T10:00:00Z").await;
    let trouble = Mutex::new(trouble(stage.app()));
    stage.fake().carry_outside(Arc::new(Road { router: router(&[(VARIABLE, address)], None), trouble }));
    stage.play(setup).await;
    pushover.usually(200, UNANSWERED);
    pushover.answer(200, &[], RINGS);
    stage.play(&[FIRING]).await;
    (stage, pushover)
}

/// What was asked of it; our own word for the page is the same in all of it.
fn lines(heard: &[Heard]) -> Vec<String> {
    let line = |heard: &Heard| match heard.line().strip_prefix("POST /1/receipts/cancel_by_tag/") {
        Some(_) => STOPPED.to_owned(),
        None => heard.line(),
    };
    heard.iter().map(line).collect()
}

const SENT: &str = "POST /1/messages.json";
const ASKED: &str = "GET /1/receipts/r1.json?token=app";
const STOPPED: &str = "POST /1/receipts/cancel_by_tag/TAG.json";

#[tokio::test]
async fn the_phone_does_not_ring_after_the_acknowledgement() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        assert_eq!(lines(&pushover.take()), [SENT]);
        stage.play(&["advance 12s"]).await;
        assert_eq!(lines(&pushover.take()), [ASKED, ASKED], "every five seconds");
        stage.play(&["@ben acknowledges"]).await;
        let heard = pushover.take();
        assert_eq!(lines(&heard), [STOPPED, ASKED], "it is to stop, and: was it answered just before?");
        assert_eq!(heard[0].body, "token=app");
        stage.play(&["advance 2h"]).await;
        assert_eq!(lines(&pushover.take()), Vec::<String>::new(), "nothing is asked any more");
    })
    .await;
}

#[tokio::test]
async fn stopping_it_is_tried_until_it_succeeds() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        pushover.take();
        for _ in 0..3 {
            pushover.answer(503, &[], "");
        }
        stage.play(&["@ben acknowledges", "advance 1m"]).await;
        assert_eq!(lines(&pushover.take()), [STOPPED, STOPPED, STOPPED, STOPPED, ASKED]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_asked_after_is_stopped_all_the_same() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        pushover.take();
        pushover.answer(200, &[], "");
        pushover.answer(503, &[], "");
        stage.play(&["@ben acknowledges"]).await;
        assert_eq!(lines(&pushover.take()), [STOPPED, ASKED]);
        stage.play(&["advance 1m"]).await;
        assert_eq!(lines(&pushover.take()), [STOPPED, ASKED], "and it is heard whether they had answered");
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_refuses_to_answer_is_still_told_to_stop() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        pushover.take();
        pushover.answer(403, &[], "");
        stage.play(&["advance 1m"]).await;
        assert_eq!(lines(&pushover.take()), [ASKED], "not as often as one that answers");
        stage.play(&["@ben acknowledges"]).await;
        assert_eq!(lines(&pushover.take()), [STOPPED, ASKED]);
    })
    .await;
}

#[tokio::test]
async fn an_answer_on_the_phone_is_an_acknowledgement() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        pushover.take();
        pushover.answer(200, &[], ANSWERED);
        let told = stage.play(&["advance 5s"]).await;
        assert!(told.contains(&"> line: @ana acknowledged. Paging of db stops.".to_owned()), "{told:#?}");
        assert!(told.iter().any(|line| line.starts_with("> ~ page @ben: @ana has it since")), "{told:#?}");
        let later = stage.play(&["advance 1h"]).await;
        assert_eq!(later, ["advance 1h"], "nobody else is called");
        assert_eq!(lines(&pushover.take()), [ASKED, STOPPED, ASKED], "a twin, of which we never heard, stops too");
    })
    .await;
}

#[tokio::test]
async fn an_answer_just_before_it_is_stopped_counts() {
    on_both(async |made| {
        // The next page takes the place of this one, and that very moment they press the button of this one.
        let (mut stage, pushover) = told(made, &["contact ana: 0s pager/2m", PLAN], |_| None).await;
        pushover.take();
        stage.play(&["advance 119s"]).await;
        pushover.take();
        pushover.answer(200, &[], r#"{"status":1,"request":"x","receipt":"r2"}"#);
        pushover.answer(200, &[], "");
        pushover.answer(200, &[], ANSWERED);
        let told = stage.play(&["advance 1s"]).await;
        assert!(told.contains(&"> line: @ana acknowledged. Paging of db stops.".to_owned()), "{told:#?}");
        let second = ASKED.replace("r1", "r2");
        assert_eq!(lines(&pushover.take()), [SENT, STOPPED, ASKED, STOPPED, &second]);
        stage.play(&["advance 1h"]).await;
        assert!(pushover.take().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_answer_after_somebody_else_had_it_changes_nothing() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        pushover.answer(200, &[], "");
        pushover.answer(200, &[], ANSWERED);
        let told = stage.play(&["@ben acknowledges"]).await;
        assert!(!told.iter().any(|line| line.contains("@ana acknowledged")), "{told:#?}");
        let later = stage.play(&["advance 1h"]).await;
        assert_eq!(later, ["advance 1h"]);
    })
    .await;
}

#[tokio::test]
async fn a_restart_forgets_neither_to_ask_nor_to_stop() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        pushover.take();
        stage.play(&["restart"]).await;
        stage.app().take_up().await.unwrap();
        stage.play(&["advance 1s"]).await;
        assert_eq!(lines(&pushover.take()), [ASKED], "whoever had it in hand is gone");
        stage.play(&["advance 5s"]).await;
        assert_eq!(lines(&pushover.take()), [ASKED]);
        stage.play(&["@ben acknowledges"]).await;
        assert_eq!(lines(&pushover.take()), [STOPPED, ASKED]);
    })
    .await;
}

#[tokio::test]
async fn a_phone_is_stopped_though_we_never_heard_that_it_rings() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| Some(Trouble::Lost)).await;
        stage.play(&["@ben acknowledges", "advance 1s"]).await;
        let heard = pushover.take();
        let tag = heard[0].form()["tags"].clone();
        assert_eq!(lines(&heard), [SENT, STOPPED]);
        assert_eq!(heard[1].line(), format!("POST /1/receipts/cancel_by_tag/{tag}.json"));
        stage.play(&["advance 1m"]).await;
        let again = lines(&pushover.take());
        assert!(again.len() <= 4 && again.iter().all(|line| line == STOPPED), "while it may be on its way: {again:?}");
        stage.play(&["advance 2h"]).await;
        assert!(pushover.take().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_acknowledgement_while_the_page_is_on_its_way_stops_it_when_it_is_out() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |app| Some(Trouble::Acknowledged(app.clone()))).await;
        assert_eq!(lines(&pushover.take()), [SENT, STOPPED, ASKED]);
        stage.play(&["advance 1h"]).await;
        assert!(pushover.take().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_rang_in_vain_is_asked_after_no_more() {
    on_both(async |made| {
        let (mut stage, pushover) = world(made, |_| None).await;
        pushover.take();
        pushover.answer(200, &[], EXPIRED);
        stage.play(&["advance 2m"]).await;
        assert_eq!(lines(&pushover.take()), [ASKED]);
    })
    .await;
}
