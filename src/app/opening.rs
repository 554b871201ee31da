//! The form of `/incident new`: opened filled, read, and opened again with what was written where it could not be carried out.
//!
//! A form cannot answer a form, so what was written waits here until **Correct it** is pressed. It waits in memory, with the
//! other open questions: after a restart the button says so, and the message it stands below still quotes every word.

use super::answer;
use super::desk::{Done, allow};
use super::fault::Stop;
use super::form::{self, NewForm};
use super::request::{Ask, NewIncident, Request};
use super::{App, Fault};
use crate::domain::definition::Set;
use crate::domain::facts::Facts;
use crate::domain::incident::DEFAULT_IMPACT;
use crate::domain::permission::{Act, Part};
use crate::domain::refusal::Refusal;
use crate::store::{Tx, seen};
use crate::words::{self, Text};

impl App {
    /// Opens the form, with the default plan and its impact.
    pub(super) async fn form_new(&self, request: Request) -> Result<Done, Stop> {
        let facts = self.facts_of(&request).await?;
        may_declare(&request, &facts)?;
        let default = facts.live.settings().default_plan;
        let plan = default.as_ref().and_then(|name| facts.live.response_plan(name));
        let filled = NewForm::fresh(default.as_ref(), plan.map_or(DEFAULT_IMPACT, |plan| plan.incident.impact));
        Ok(Done::Form(form::new(&filled, &plans(&facts.live))))
    }

    /// Opens the form again, with what was written.
    pub(super) async fn correct_new(&self, request: Request, asked: u64) -> Result<Done, Stop> {
        let Some(Request { ask: Ask::NewWritten(written), .. }) = self.waiting(asked, &request.by) else {
            return Err(Refusal::FormForgotten.into());
        };
        let facts = self.facts_of(&request).await?;
        Ok(Done::Form(form::new(&written, &plans(&facts.live))))
    }

    async fn facts_of(&self, request: &Request) -> Result<Facts, Stop> {
        let (app, guild) = (self.clone(), request.guild);
        self.store().read(move |conn| Box::pin(async move { app.facts(conn, guild, None).await })).await
    }

    /// Opens the incident as it was written. Whatever keeps it from that, nothing that was written is lost.
    pub(super) async fn declare_written(&self, request: Request, written: NewForm) -> Result<Done, Stop> {
        let (app, asked, filled) = (self.clone(), request.clone(), written.clone());
        let opened =
            self.store().write(move |tx| Box::pin(async move { app.declare_in(tx, &asked, &filled).await })).await;
        match opened {
            Err(Stop::Refused(refusal @ Refusal::NotAllowed(_))) => Err(refusal.into()),
            Err(Stop::Refused(refusal)) => Ok(self.to_correct(request, &written, words::refusal(&refusal))),
            opened => opened,
        }
    }

    /// Nothing came of it, and nothing that was written is lost.
    pub(super) fn not_opened(&self, request: Request, written: &NewForm, fault: &Fault) -> Done {
        let told = self.told_fault(fault);
        self.to_correct(request, written, told)
    }

    async fn declare_in(&self, tx: &mut Tx, request: &Request, written: &NewForm) -> Result<Done, Stop> {
        if !seen::first(tx, &request.key, self.now()).await? {
            return Ok(Done::Nothing);
        }
        let facts = self.facts(tx, request.guild, None).await?;
        may_declare(request, &facts)?;
        let wrong = written.wrong(&facts.live);
        if !wrong.is_empty() {
            let wrong = wrong.iter().map(words::refusal).reduce(|text, more| text.line().join(more));
            return Ok(self.to_correct(request.clone(), written, wrong.unwrap_or_default()));
        }
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let new = NewIncident {
            plan: written.plan(&facts.live)?,
            title: text(&written.title),
            impact: written.impact()?,
            summary: text(&written.summary),
            private: None,
            drill: false,
        };
        self.declare(tx, request, new).await
    }

    /// What is wrong, everything that was written, and the way back into the form.
    fn to_correct(&self, request: Request, written: &NewForm, wrong: Text) -> Done {
        let asked = self.mint(self.now()).id().unsigned_abs();
        self.put_waiting(asked, request);
        Done::Say(answer::to_correct(written, wrong, asked))
    }
}

fn may_declare(request: &Request, facts: &Facts) -> Result<(), Stop> {
    let part = Part { contact: facts.contact_of(request.by.user).is_some(), ..Part::default() };
    allow(Act::Declare, &request.by, part, facts)
}

fn plans(set: &Set) -> Vec<String> {
    set.response_plans().map(|(name, _)| name.to_string()).collect()
}
