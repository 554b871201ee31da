//! `/doctor`: what would keep a page from its person. Looks; the only thing it mends is what we wrongly remember of who left.

use super::desk::{Done, allow};
use super::fault::Stop;
use super::reply::Say;
use super::request::Request;
use super::tested::Tests;
use super::{App, Fault};
use crate::domain::doctor::{self, Case, Diagnosis};
use crate::domain::facts::Facts;
use crate::domain::id::GuildId;
use crate::domain::permission::{Act, Part};
use crate::domain::survey::{Presence, Survey};
use crate::words;

/// What an examination reads of the store.
struct History {
    facts: Facts,
    tests: Tests,
}

impl App {
    pub(super) async fn doctor(&self, request: Request) -> Result<Done, Stop> {
        let history = self.records(request.guild).await?;
        allow(Act::Examine, &request.by, Part::default(), &history.facts)?;
        let text = match &request.survey {
            Some(survey) => {
                self.welcome_back(&history.facts, survey).await;
                words::diagnosis(&self.examined(&history, survey), words::FITS_A_MESSAGE)
            }
            None => words::no_survey(),
        };
        Ok(Done::Say(Say { text, controls: Vec::new() }))
    }

    /// Holds what is in force in a guild against the guild as Discord shows it.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn examine(&self, survey: &Survey) -> Result<Diagnosis, Fault> {
        let history = self.records(survey.guild).await.map_err(|stop| stop.fault("examine the set-up"))?;
        Ok(self.examined(&history, survey))
    }

    fn examined(&self, history: &History, survey: &Survey) -> Diagnosis {
        doctor::examine(Case { facts: &history.facts, survey, tests: history.tests.all(), secrets: &*self.0.secrets })
    }

    async fn records(&self, guild: GuildId) -> Result<History, Stop> {
        let app = self.clone();
        let read = self.store().read(move |conn| {
            Box::pin(async move {
                let facts = app.facts(conn, guild, None).await?;
                Ok(History { facts, tests: app.contact_tests(conn, guild).await? })
            })
        });
        read.await
    }

    /// Who is seen to be here again is paged again.
    async fn welcome_back(&self, facts: &Facts, survey: &Survey) {
        for user in facts.gone.iter().filter(|user| survey.presence(**user) == Presence::Here) {
            if let Err(fault) = self.back(survey.guild, *user).await {
                tracing::error!(%fault, "that somebody is back was not taken down");
            }
        }
    }
}
