//! `/page`, the user menu **Page this person**, and what is pressed on a call: somebody is called by hand, in an incident or outside any.

use chrono::TimeDelta;

use super::desk::{Done, allow};
use super::fault::Stop;
use super::request::{Request, Which};
use super::save::GuildState;
use super::{App, answer, form};
use crate::domain::call::{self, Call, Input, Kind, MESSAGE_MAX, Opening};
use crate::domain::facts::Facts;
use crate::domain::id::{CallId, UserId};
use crate::domain::incident::{self, Incident};
use crate::domain::permission::{self, Act, Part, Rank};
use crate::domain::plan::Engage;
use crate::domain::refusal::{CallRefusal, Refusal};
use crate::domain::text;
use crate::store::{Conn, Tx, call as calls, guild, seen};

/// Pages by hand per person in this time: in a bad quarter of an hour a responder calls many; whoever is no responder, as few as they
/// may open incidents.
const PAGES_MAX: usize = 10;
const PAGES_OF_OTHERS_MAX: usize = 3;
const PAGES_IN: TimeDelta = TimeDelta::minutes(10);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `who` as it was typed. `incident`: its number; none: the one of this channel, else a call.
    Who { who: String, message: Option<String>, incident: Option<i64> },
    /// The form for this person.
    Form { user: UserId, name: String },
    /// The form as it was sent.
    Written { user: UserId, message: Option<String> },
    /// Something about one call.
    On { call: CallId, ask: call::Ask },
}

impl Ask {
    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        matches!(self, Ask::Form { .. } | Ask::On { ask: call::Ask::StopAsk, .. })
    }

    /// Whether it opens something new, for which a full disk keeps no room. What runs already goes on.
    pub(super) fn takes_in(&self) -> bool {
        matches!(self, Ask::Who { .. } | Ask::Form { .. } | Ask::Written { .. })
    }
}

impl App {
    pub(super) async fn page(&self, request: Request, ask: Ask) -> Result<Done, Stop> {
        let app = self.clone();
        match ask {
            Ask::Form { user, name } => {
                self.store()
                    .read(move |conn| Box::pin(async move { app.page_form(conn, &request, user, &name).await }))
                    .await
            }
            ask => self.store().write(move |tx| Box::pin(async move { app.page_in(tx, &request, ask).await })).await,
        }
    }

    async fn page_form(&self, conn: &mut Conn, request: &Request, user: UserId, name: &str) -> Result<Done, Stop> {
        let here = self.incident_here(conn, request).await?;
        let facts = self.facts(conn, request.guild, here.as_ref()).await?;
        may_page(request, here.as_ref(), &facts)?;
        let target = call::contact_of(user, &facts.live);
        let target = target.ok_or(Refusal::from(CallRefusal::NoContact { name: name.to_owned() }))?;
        call::may_be_called(&target, &facts)?;
        Ok(Done::Form(form::page(user, &facts.contact_title(target.name()))))
    }

    async fn page_in(&self, tx: &mut Tx, request: &Request, ask: Ask) -> Result<Done, Stop> {
        if !seen::first(tx, &request.key, self.now()).await? {
            return Ok(Done::Nothing);
        }
        let (who, message, number) = match ask {
            Ask::On { call, ask } => return self.on_call(tx, request, call, ask).await,
            Ask::Written { user, message } => (format!("<@{user}>"), message, None),
            Ask::Who { who, message, incident } => (who, message, incident),
            Ask::Form { .. } => return Err(Refusal::StaleButton.into()),
        };
        let state = match number {
            Some(number) => self.find(tx, request, Which::Number(number)).await?,
            None => self.incident_here(tx, request).await?,
        };
        let facts = self.facts(tx, request.guild, state.as_ref()).await?;
        may_page(request, state.as_ref(), &facts)?;
        let target = call::who(&who, &facts.live)?;
        self.count_page(tx, request, &facts).await?;
        let message = message.map(|said| text::one_line(&said, MESSAGE_MAX)).filter(|said| !said.is_empty());
        match state {
            Some(state) => {
                let revision = guild::revision(tx, request.guild).await?;
                let ask = incident::Ask::Page { target, revision, message };
                let outcome = self.change(tx, state.id, incident::Input::Ask { by: request.by.clone(), ask }).await?;
                Ok(outcome.map_or(Done::Nothing, |outcome| Done::Incident(Box::new(outcome))))
            }
            None => self.call_somebody(tx, request, target, message, &facts).await,
        }
    }

    /// The incident of this channel; none where there is none, or it is over: then it is a call like anywhere.
    async fn incident_here(&self, conn: &mut Conn, request: &Request) -> Result<Option<Incident>, Stop> {
        Ok(self.find(conn, request, Which::Here).await?.filter(|state| !state.status.over()))
    }

    async fn call_somebody(
        &self,
        tx: &mut Tx,
        request: &Request,
        target: Engage,
        message: Option<String>,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let revision = guild::revision(tx, request.guild).await?;
        let now = self.now();
        let opening = Opening { guild: request.guild, by: request.by.user, room: request.channel, revision, now };
        let outcome = call::open(Kind::Page { target, message }, opening, facts, self.mint(now))?;
        if let Some(running) = self.running_call(tx, &outcome.call).await? {
            let (title, since) = (running.title(), running.opened_at);
            return Err(Refusal::from(CallRefusal::CalledAlready { title, since, number: None }).into());
        }
        self.save_new_call(tx, &outcome, now).await?;
        Ok(Done::Say(answer::say_of_call(&outcome.call, &outcome.answer)))
    }

    /// A call that asks the same already.
    async fn running_call(&self, conn: &mut Conn, new: &Call) -> Result<Option<Call>, Stop> {
        for row in calls::not_over(conn, new.guild).await? {
            let known = super::call::read(&row)?;
            if known.repeats(new) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    async fn on_call(&self, tx: &mut Tx, request: &Request, id: CallId, ask: call::Ask) -> Result<Done, Stop> {
        if ask != call::Ask::StopAsk {
            return self.ask_of_call(tx, request, id, ask).await;
        }
        let ours = calls::peek(tx, id).await?.is_some_and(|row| row.guild_id == request.guild);
        let input = Input::Ask { by: request.by.clone(), ask };
        let outcome = if ours { self.change_call(tx, id, input).await? } else { None };
        let state = outcome.ok_or(Refusal::StaleButton)?.call;
        Ok(Done::Form(form::stop_call(id, &state.title())))
    }

    async fn count_page(&self, tx: &mut Tx, request: &Request, facts: &Facts) -> Result<(), Stop> {
        let now = self.now();
        let part = Part { contact: facts.contact_of(request.by.user).is_some(), ..Part::default() };
        let responds = permission::rank(&request.by, part, &facts.live.settings()) >= Rank::Responder;
        let max = if responds { PAGES_MAX } else { PAGES_OF_OTHERS_MAX };
        let mut state = GuildState::read(guild::load_state(tx, request.guild).await?);
        state.paged.retain(|(_, at)| now - *at < PAGES_IN);
        if state.paged.iter().filter(|(user, _)| *user == request.by.user).count() >= max {
            return Err(Refusal::from(CallRefusal::TooManyPages { max, minutes: PAGES_IN.num_minutes() }).into());
        }
        state.paged.push((request.by.user, now));
        Ok(guild::save_state(tx, request.guild, &state.write()).await?)
    }
}

/// In an incident whoever is engaged in it may as well.
fn may_page(request: &Request, state: Option<&Incident>, facts: &Facts) -> Result<(), Stop> {
    let outside = || Part { contact: facts.contact_of(request.by.user).is_some(), ..Part::default() };
    let part = state.map_or_else(outside, |state| state.part_of(&request.by, facts));
    allow(Act::Page, &request.by, part, facts)
}

/// Everything that can be called, to complete what somebody types.
pub(super) fn completions(facts: &Facts) -> Vec<(String, String)> {
    let label = |engage: &Engage, title: &str| match engage {
        Engage::Contact(_) => title.to_owned(),
        Engage::Schedule(_) => format!("{title} · on call now"),
        Engage::EscalationPlan(_) => format!("{title} · escalation plan"),
    };
    call::all(&facts.live).iter().map(|(engage, title)| (call::written(engage), label(engage, title))).collect()
}
