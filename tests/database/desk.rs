//! A desk on a database, and people who ask it for something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use muster::app::reply::Reply;
use muster::app::request::{Ask, NewIncident, Request};
use muster::app::{App, Apply};
use muster::clock::{Clock, SystemClock};
use muster::definitions::Source;
use muster::domain::id::{GuildId, UserId};
use muster::domain::name::Name;
use muster::domain::permission::Person;
use muster::store::{Store, StoreError, incident};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::bench::TEAM;

pub const GUILD: GuildId = GuildId(crate::bench::GUILD);

/// More than any test opens.
const ALL: i64 = 100_000;

/// Ids of the people who ask begin here.
const PEOPLE: u64 = 100_000_000_000_000_000;

pub struct Desk {
    pub app: App,
    pub store: Store,
}

impl Desk {
    pub async fn open(url: &str) -> Desk {
        Desk::over(Store::open(url).await.unwrap(), Arc::new(SystemClock::new()), TEAM).await
    }

    /// With a team, on a store that is open.
    pub async fn over(store: Store, clock: Arc<dyn Clock>, team: &str) -> Desk {
        let random = Box::new(StdRng::from_os_rng());
        let app = App::open(store.clone(), clock, random, Arc::new(|_| true)).await.unwrap();
        let sources = vec![Source { file: "team.yaml".to_owned(), text: team.to_owned() }];
        app.apply(Apply { sources, ..Apply::new(GUILD, None, "test") }).await.unwrap();
        Desk { app, store }
    }

    /// Somebody, each time somebody else, types `/incident new`; what they are told.
    pub async fn declares(&self, title: &str) -> String {
        said(&self.app.handle(declaration(title)).await)
    }

    /// The titles of all incidents, sorted.
    pub async fn titles(&self) -> Vec<String> {
        let rows = self.store.read::<_, StoreError, _>(|conn| {
            Box::pin(async move {
                let filter = incident::Filter { limit: ALL, ..Default::default() };
                incident::list(conn, GUILD, &filter).await
            })
        });
        let mut titles: Vec<String> = rows.await.unwrap().into_iter().map(|row| row.title).collect();
        titles.sort();
        titles
    }
}

/// `/incident new` by somebody who has not asked before: one person may not open many.
pub fn declaration(title: &str) -> Request {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let by = Person { user: UserId(PEOPLE + n), name: format!("Person {n}"), roles: Vec::new(), manages_guild: true };
    let plan = Some(Name::parse("db").unwrap());
    let new = NewIncident { plan, title: Some(title.to_owned()), ..NewIncident::default() };
    Request { guild: GUILD, by, channel: None, key: format!("i:{n}"), ask: Ask::New(new), survey: None }
}

pub fn said(reply: &Reply) -> String {
    match reply {
        Reply::Say(say) | Reply::Replace(say) | Reply::File(say, _) => say.text.plain(),
        Reply::Form(_) => "a form".to_owned(),
        Reply::Nothing => String::new(),
    }
}
