//! What people ask: understood already, decided by `domain`, answered here. Duplicates are one request.

use chrono::{NaiveDate, TimeDelta, TimeZone};

use super::facts::read_state;
use super::fault::Stop;
use super::reply::{Control, Reply, Say};
use super::request::{Ask, Filter, NewIncident, Request, When, Which};
use super::save::{GuildState, INCIDENT};
use super::{App, Fault, WAITING_MAX, answer, form, listing, press};
use crate::domain::definition::Set;
use crate::domain::engagement::Told;
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, IncidentId, Timestamp, UserId};
use crate::domain::incident::{self, Answer, Draft, FrozenPlan, Incident, Input, Opening, Outcome};
use crate::domain::name::Name;
use crate::domain::permission::{self, Act, Part, Person};
use crate::domain::refusal::Refusal;
use crate::store::{Conn, Tx, guild, incident as incidents, post, seen, wake};
use crate::words;

/// Declarations per person in this time; opening that further is a setting.
const DECLARATIONS_MAX: usize = 3;
const DECLARATIONS_IN: TimeDelta = TimeDelta::minutes(10);
/// Options of one select menu.
const CHOICES_MAX: usize = 25;

/// What one request came to, before it is said.
pub(super) enum Done {
    /// The same request was here before, or nothing was asked of us after all.
    Nothing,
    Incident(Box<Outcome>),
    /// Several could be meant: the person is asked.
    AskWhich(Vec<(IncidentId, i64, String)>),
    Say(Say),
    Replace(Say),
    File(Say, super::reply::File),
    Form(super::reply::Form),
}

impl App {
    /// Answers one request of one person. Never fails: a fault is logged here and told with a short id.
    pub async fn handle(&self, request: Request) -> Reply {
        let action = action_of(&request.ask);
        let done = self.done_in_the_end(request.clone()).await;
        let looked = match &done {
            // The incident has seen it; or it was here before.
            Ok(Done::Incident(_) | Done::Nothing) => false,
            Ok(_) | Err(Stop::Refused(_)) => true,
            // Who is told that nothing was done can rely on it.
            Err(_) => false,
        };
        if let Some(channel) = request.channel.filter(|_| looked) {
            self.looked(channel, request.by.user).await;
        }
        match done {
            Ok(done) => self.reply(request, done),
            Err(stop) => match stop.split(action) {
                Ok(refusal) => {
                    // What was refused may have come after an apply in the same transaction, whose revision never was.
                    self.forget_sets();
                    Reply::say(words::refusal(&refusal))
                }
                Err(fault) => Reply::say(self.told_fault(&fault)),
            },
        }
    }

    /// Logs a fault, and says it to whoever asked.
    pub fn told_fault(&self, fault: &Fault) -> words::Text {
        self.forget_sets();
        if fault.is_full() {
            tracing::error!(%fault, "a request was refused and nothing of it was kept");
            return words::disk_full();
        }
        let id = self.fault_id();
        if fault.is_unknown() {
            tracing::error!(fault = id, %fault, "a request failed, and whether it was kept is not known");
            return words::fault_unknown(&id);
        }
        tracing::error!(fault = id, %fault, "a request failed and nothing of it was kept");
        words::fault(&id)
    }

    /// What somebody is told whose request made us panic: nobody knows how far it came.
    pub fn told_panic(&self) -> Reply {
        let id = self.fault_id();
        tracing::error!(fault = id, "a request made its handler panic");
        Reply::say(words::panicked(&id))
    }

    /// Short enough to be read out.
    fn fault_id(&self) -> String {
        let id = super::outbox::base36(self.mint(self.now()).id());
        id[id.len().saturating_sub(6)..].to_owned()
    }

    fn reply(&self, request: Request, done: Done) -> Reply {
        match done {
            Done::Nothing => Reply::Nothing,
            Done::Incident(outcome) if outcome.answer == Answer::Quiet => Reply::Nothing,
            Done::Incident(outcome) => Reply::Say(answer::say(&outcome.incident, &outcome.answer)),
            Done::AskWhich(options) => self.ask_which(request, options),
            Done::Say(say) => Reply::Say(say),
            Done::Replace(say) => Reply::Replace(say),
            Done::File(say, file) => Reply::File(say, file),
            Done::Form(form) => Reply::Form(form),
        }
    }

    /// The request that is meant: an answer to "which incident?" is the one that asked, once.
    pub(super) fn meant(&self, request: Request) -> Result<Request, Stop> {
        let Ask::Chosen { asked, incident } = request.ask else { return Ok(request) };
        let waiting = self.take_waiting(asked, &request.by).ok_or(Refusal::StaleButton)?;
        Ok(Request { ask: aim(waiting.ask, Which::Id(incident)), ..request })
    }

    /// Does it, or tries to: a fault that passes is met by `again`.
    pub(super) async fn done(&self, request: Request) -> Result<Done, Stop> {
        if takes_in(&request.ask) {
            self.room_for_more()?;
        }
        match request.ask.clone() {
            Ask::Ack(code) => self.ack(request, code).await,
            Ask::Page(ask) => self.page(request, ask).await,
            Ask::Plan(ask) => self.plan(request, ask).await,
            Ask::Contact(ask) => self.contact(request, ask).await,
            Ask::OnCall(ask) => self.oncall(request, ask).await,
            Ask::Config(ask) => self.config(request, ask).await,
            Ask::Setup(ask) => self.setup(request, ask).await,
            Ask::Doctor => self.doctor(request).await,
            Ask::Help { known } => self.help(request, known).await,
            Ask::FormNew => self.form_new(request).await,
            Ask::NewWritten(written) => self.declare_written(request, written).await,
            Ask::CorrectNew { asked } => self.correct_new(request, asked).await,
            Ask::Duplicate { which, of } => self.duplicate(request, which, of).await,
            Ask::Delete(which) => self.delete(request, which).await,
            Ask::List(_)
            | Ask::Show(_)
            | Ask::Timeline(_)
            | Ask::Engagements(_)
            | Ask::FormUpdate(_)
            | Ask::FormResolve(_)
            | Ask::FormCancel(_) => {
                let app = self.clone();
                self.0.store.read(move |conn| Box::pin(async move { app.look(conn, request).await })).await
            }
            _ => {
                let app = self.clone();
                self.0.store.write(move |tx| Box::pin(async move { app.act(tx, request).await })).await
            }
        }
    }

    /// Questions: read, never write.
    async fn look(&self, conn: &mut Conn, request: Request) -> Result<Done, Stop> {
        if let Ask::List(filter) = &request.ask {
            return self.list(conn, &request, filter).await;
        }
        let (Ask::Show(which)
        | Ask::Timeline(which)
        | Ask::Engagements(which)
        | Ask::FormUpdate(which)
        | Ask::FormResolve(which)
        | Ask::FormCancel(which)) = request.ask
        else {
            return Err(Refusal::StaleButton.into());
        };
        let Some(state) = self.find(conn, &request, which).await? else {
            return self.choices(conn, &request, |_| true).await;
        };
        let facts = self.facts(conn, request.guild, Some(&state)).await?;
        let act = match request.ask {
            Ask::FormUpdate(_) => Act::Edit,
            Ask::FormResolve(_) | Ask::FormCancel(_) => Act::Resolve,
            _ => Act::See,
        };
        allow(act, &request.by, state.part_of(&request.by, &facts), &facts)?;
        Ok(match request.ask {
            Ask::FormUpdate(_) => Done::Form(form::update(&state)),
            Ask::FormResolve(_) => Done::Form(form::resolve(&state)),
            Ask::FormCancel(_) => Done::Form(form::cancel(&state)),
            Ask::Timeline(_) => Done::Say(self.timeline(conn, &state).await?),
            Ask::Engagements(_) => self.engagements(&state, &facts),
            _ => Done::Say(self.show(conn, &state, &facts).await?),
        })
    }

    async fn list(&self, conn: &mut Conn, request: &Request, filter: &Filter) -> Result<Done, Stop> {
        let facts = self.facts(conn, request.guild, None).await?;
        let part = Part { contact: facts.contact_of(request.by.user).is_some(), ..Part::default() };
        allow(Act::See, &request.by, part, &facts)?;
        let found = listing::list(conn, request.guild, filter, self.now()).await?;
        let states = found.iter().map(read_state).collect::<Result<Vec<_>, _>>()?;
        let seen = states.iter().filter(|state| {
            let part = state.part_of(&request.by, &facts);
            permission::check(Act::See, &request.by, part, &facts.live.settings()).is_ok()
        });
        Ok(Done::Say(listing::say(seen, filter)))
    }

    /// Changes: one transaction.
    async fn act(&self, tx: &mut Tx, request: Request) -> Result<Done, Stop> {
        let again = matches!(request.ask, Ask::Sign { live: true, .. });
        if !seen::first(tx, &request.key, self.now()).await? && !again {
            return Ok(Done::Nothing);
        }
        if let Some(meant) = self.call_meant(tx, &request.ask).await? {
            return self.ask_call(tx, &request, meant).await;
        }
        let which = match &request.ask {
            Ask::New(new) => return self.declare(tx, &request, new.clone()).await,
            Ask::On(which, _) | Ask::AddToTimeline { which, .. } => *which,
            Ask::Sign { message, .. } => Which::Message(*message),
            Ask::Stop { .. } => Which::Here,
            Ask::HandOver(asked) => return self.hand_over(tx, &request, *asked).await,
            _ => return Err(Refusal::StaleButton.into()),
        };
        let Some(found) = self.find(tx, &request, which).await? else {
            if matches!(request.ask, Ask::Sign { .. }) {
                return Ok(Done::Nothing);
            }
            return self.choices(tx, &request, |_| true).await;
        };
        if overtaken(tx, &request.ask, &found).await? {
            return Ok(Done::Nothing);
        }
        let ask = self.ask_of(tx, &request, &found).await?;
        let input = Input::Ask { by: request.by.clone(), ask };
        let outcome = self.change(tx, found.id, input).await?;
        Ok(outcome.map_or(Done::Nothing, |outcome| Done::Incident(Box::new(outcome))))
    }

    /// The request in the incident's own terms.
    async fn ask_of(&self, tx: &mut Tx, request: &Request, state: &Incident) -> Result<incident::Ask, Stop> {
        Ok(match &request.ask {
            Ask::On(_, ask) => ask.clone(),
            Ask::Sign { message, .. } => {
                let found = post::by_message(tx, *message).await?;
                incident::Ask::Ack { post: found.map(|row| row.id), sign: true }
            }
            Ask::AddToTimeline { text, at, .. } => {
                let facts = self.facts(tx, request.guild, Some(state)).await?;
                let at = at.map(|at| instant(at, &request.by, &facts, self.now())).transpose()?;
                incident::Ask::AddToTimeline { text: text.clone(), at }
            }
            Ask::Stop { engagement, reason } => {
                let id = named_engagement(state, engagement)?;
                incident::Ask::Stop { engagement: id, reason: reason.clone() }
            }
            _ => return Err(Refusal::StaleButton.into()),
        })
    }

    /// Loads an incident, takes one step, saves. `None`: there is no such incident.
    pub(super) async fn change(&self, tx: &mut Tx, id: IncidentId, input: Input) -> Result<Option<Outcome>, Stop> {
        let Some((row, state)) = App::load(tx, id).await? else { return Ok(None) };
        let facts = self.facts(tx, state.guild, Some(&state)).await?;
        // Read after the row is ours: two requests on one incident see time in the order of their saves.
        let now = self.now();
        let outcome = incident::step(&state, input, &facts, self.mint(now), now)?;
        if outcome.incident == state && outcome.events.is_empty() && outcome.effects.is_empty() {
            wake::set(tx, INCIDENT, id.0, state.next_deadline()).await?;
        } else {
            self.save_step(tx, (&row, &state), &outcome).await?;
        }
        Ok(Some(outcome))
    }

    /// A deadline has come: look at the incident again.
    ///
    /// # Errors
    /// A fault of the store; the claim runs out and somebody looks again.
    pub async fn tick(&self, incident: IncidentId) -> Result<(), Fault> {
        let app = self.clone();
        let ticked = self
            .0
            .store
            .write(move |tx| Box::pin(async move { app.change(tx, incident, Input::Tick).await.map(drop) }));
        ticked.await.map_err(|stop: Stop| stop.fault("look at an incident again"))
    }

    /// Somebody looked, or was refused: that changes nothing, and is a sign of life all the same (ENGAGEMENT 18).
    async fn looked(&self, channel: ChannelId, by: UserId) {
        if let Err(fault) = self.wrote(channel, by).await {
            tracing::warn!(%fault, "that somebody looked is not written down");
        }
    }

    /// A person wrote in a channel: if it is the room of an incident that has paged them, their pages have been seen; if they have
    /// acknowledged it, they are still on it.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn wrote(&self, channel: ChannelId, by: UserId) -> Result<(), Fault> {
        let found = self.0.store.read(move |conn| {
            Box::pin(async move { incidents::by_channel(conn, channel).await?.as_ref().map(read_state).transpose() })
        });
        let found: Option<Incident> = found.await.map_err(|stop: Stop| stop.fault("look for a room"))?;
        let Some(state) = found.filter(|state| !state.status.over() && state.paging.awaits_sign(by, self.now())) else {
            return Ok(());
        };
        let app = self.clone();
        let told = self.0.store.write(move |tx| {
            Box::pin(async move { app.change(tx, state.id, Input::Told(Told::Wrote { by })).await.map(drop) })
        });
        told.await.map_err(|stop: Stop| stop.fault("take down who has seen a page"))
    }

    pub(super) async fn declare(&self, tx: &mut Tx, request: &Request, new: NewIncident) -> Result<Done, Stop> {
        let facts = self.facts(tx, request.guild, None).await?;
        let part = Part { contact: facts.contact_of(request.by.user).is_some(), ..Part::default() };
        allow(Act::Declare, &request.by, part, &facts)?;
        self.count_declaration(tx, request).await?;
        let settings = facts.live.settings();
        let plan = match new.plan.as_ref().or(settings.default_plan.as_ref()) {
            Some(name) => Some(frozen_plan(&facts.live, name)?),
            None => None,
        };
        let title = new.title.filter(|title| !title.trim().is_empty());
        let mut draft = Draft::by_person(request.by.user, plan, title, new.impact, new.summary);
        draft.drill = new.drill;
        draft.private = new.private.unwrap_or(draft.private);
        let outcome = self.open_incident(tx, request.guild, draft, &facts, None).await?;
        Ok(Done::Incident(Box::new(outcome)))
    }

    /// Opens an incident in this transaction.
    pub(super) async fn open_incident(
        &self,
        tx: &mut Tx,
        guild: crate::domain::id::GuildId,
        draft: Draft,
        facts: &Facts,
        key: Option<&str>,
    ) -> Result<Outcome, Stop> {
        let (number, revision) = (guild::take_number(tx, guild).await?, guild::revision(tx, guild).await?);
        let now = self.now();
        let outcome = incident::open(draft, Opening { guild, number, revision, now }, facts, self.mint(now));
        self.save_new(tx, &outcome, key).await?;
        Ok(outcome)
    }

    async fn count_declaration(&self, tx: &mut Tx, request: &Request) -> Result<(), Stop> {
        let now = self.now();
        let mut state = GuildState::read(guild::load_state(tx, request.guild).await?);
        state.declared.retain(|(_, at)| now - *at < DECLARATIONS_IN);
        let own = state.declared.iter().filter(|(user, _)| *user == request.by.user).count();
        if own >= DECLARATIONS_MAX {
            let minutes = DECLARATIONS_IN.num_minutes();
            return Err(Refusal::TooManyDeclarations { max: DECLARATIONS_MAX, minutes }.into());
        }
        state.declared.push((request.by.user, now));
        Ok(guild::save_state(tx, request.guild, &state.write()).await?)
    }

    /// The incident that is meant; `None` where the person must be asked.
    pub(super) async fn find(
        &self,
        conn: &mut Conn,
        request: &Request,
        which: Which,
    ) -> Result<Option<Incident>, Stop> {
        let row = match which {
            Which::Here => match request.channel {
                Some(channel) => incidents::by_channel(conn, channel).await?,
                None => None,
            },
            Which::Number(number) => {
                let row = incidents::by_number(conn, request.guild, number).await?;
                Some(row.ok_or_else(|| Refusal::NoSuchIncident { said: Some(format!("INC-{number}")) })?)
            }
            Which::Id(id) => incidents::peek(conn, id).await?,
            Which::Post(post) => {
                let post = post::get(conn, post).await?.ok_or(Refusal::StaleButton)?;
                incident_of(conn, Some(post)).await?
            }
            Which::Message(message) => {
                let post = post::by_message(conn, message).await?;
                incident_of(conn, post).await?
            }
        };
        let aimed = matches!(which, Which::Id(_) | Which::Post(_));
        // A button of another guild, or of an incident that was deleted: forged or stale.
        let foreign = row.as_ref().is_none_or(|row| row.guild_id != request.guild);
        if aimed && foreign {
            return Err(Refusal::StaleButton.into());
        }
        row.filter(|row| row.guild_id == request.guild).as_ref().map(read_state).transpose()
    }

    /// Nothing says which incident is meant: those that could be.
    pub(super) async fn choices(
        &self,
        conn: &mut Conn,
        request: &Request,
        fits: impl Fn(&Incident) -> bool,
    ) -> Result<Done, Stop> {
        let facts = self.facts(conn, request.guild, None).await?;
        let rows = match wants_over(&request.ask) {
            true => listing::over(conn, request.guild).await?,
            false => incidents::not_over(conn, request.guild).await?,
        };
        let states = rows.iter().map(read_state).collect::<Result<Vec<_>, _>>()?;
        let visible = |state: &Incident| {
            let part = state.part_of(&request.by, &facts);
            permission::check(Act::See, &request.by, part, &facts.live.settings()).is_ok()
        };
        let fitting = states.into_iter().filter(|state| visible(state) && fits(state));
        let options: Vec<_> = fitting.map(|state| (state.id, state.number, state.title)).collect();
        match options.is_empty() {
            true => Err(Refusal::NoSuchIncident { said: None }.into()),
            false => Ok(Done::AskWhich(options)),
        }
    }

    fn ask_which(&self, request: Request, options: Vec<(IncidentId, i64, String)>) -> Reply {
        let asked = self.mint(self.now()).id().unsigned_abs();
        let options = options.into_iter().take(CHOICES_MAX).map(answer::choice).collect();
        self.put_waiting(asked, request);
        Reply::Say(Say {
            text: words::Text::from("Which incident do you mean?"),
            controls: vec![Control::Select {
                placeholder: "Which incident?".to_owned(),
                options,
                does: press::Pressed::WhichIncident { asked: press::InteractionId(asked) },
            }],
        })
    }

    pub(super) fn put_waiting(&self, asked: u64, request: Request) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            waiting.remove(0);
        }
        waiting.push((asked, request));
    }

    /// The same, kept for another time.
    pub(super) fn waiting(&self, asked: u64, by: &Person) -> Option<Request> {
        let waiting = self.0.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.iter().find(|(id, request)| *id == asked && request.by.user == by.user).map(|(_, found)| found.clone())
    }

    /// Only who asked may answer.
    fn take_waiting(&self, asked: u64, by: &Person) -> Option<Request> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let index = waiting.iter().position(|(id, request)| *id == asked && request.by.user == by.user)?;
        Some(waiting.remove(index).1)
    }
}

/// The incident that a post belongs to; `None`: it belongs to none.
async fn incident_of(conn: &mut Conn, post: Option<post::PostRow>) -> Result<Option<incidents::IncidentRow>, Stop> {
    match post.and_then(|post| post.root.incident()) {
        Some(id) => Ok(incidents::peek(conn, id).await?),
        None => Ok(None),
    }
}

/// A reaction that was caught up may be from before the plan started again: it says nothing about now.
async fn overtaken(conn: &mut Conn, ask: &Ask, state: &Incident) -> Result<bool, Stop> {
    let Ask::Sign { message, live: false } = ask else { return Ok(false) };
    let post = post::by_message(conn, *message).await?;
    Ok(post.and_then(|row| state.paging.post(row.id)).is_some_and(|post| state.paging.outdated(post)))
}

/// The plan of a name, as it is now: frozen for the incident that opens.
pub(super) fn frozen_plan(set: &Set, name: &Name) -> Result<FrozenPlan, Refusal> {
    let spec = set.response_plan(name).cloned().ok_or_else(|| Refusal::NoSuchPlan {
        said: name.to_string(),
        known: set.response_plans().map(|(name, _)| name.to_string()).collect(),
    })?;
    Ok(FrozenPlan { name: name.clone(), spec })
}

pub(super) fn allow(act: Act, by: &Person, part: Part, facts: &Facts) -> Result<(), Stop> {
    permission::check(act, by, part, &facts.live.settings()).map_err(|no| Refusal::NotAllowed(no).into())
}

/// The same request, about this incident.
fn aim(ask: Ask, which: Which) -> Ask {
    match ask {
        Ask::On(_, ask) => Ask::On(which, ask),
        Ask::Show(_) => Ask::Show(which),
        Ask::Timeline(_) => Ask::Timeline(which),
        Ask::Engagements(_) => Ask::Engagements(which),
        Ask::AddToTimeline { text, at, .. } => Ask::AddToTimeline { which, text, at },
        Ask::FormUpdate(_) => Ask::FormUpdate(which),
        Ask::FormResolve(_) => Ask::FormResolve(which),
        Ask::FormCancel(_) => Ask::FormCancel(which),
        Ask::Duplicate { of, .. } => Ask::Duplicate { which, of },
        other => other,
    }
}

/// Whether it is asked of what is over.
fn wants_over(ask: &Ask) -> bool {
    matches!(ask, Ask::On(_, incident::Ask::Reopen { .. } | incident::Ask::DeleteAsk))
}

fn named_engagement(state: &Incident, said: &str) -> Result<crate::domain::id::EngagementId, Refusal> {
    let running = || state.paging.engagements.iter().filter(|engagement| engagement.end.is_none());
    let matches = |e: &&crate::domain::engagement::Engagement| {
        e.id.to_string() == said || e.title.eq_ignore_ascii_case(said) || e.target.name().as_str() == said
    };
    let known = || running().map(|engagement| engagement.title.clone()).collect();
    let found = running().find(matches).map(|engagement| engagement.id);
    found.ok_or_else(|| Refusal::NoSuchEngagement { said: said.to_owned(), known: known() })
}

/// A time as a person wrote it, in their own zone or the guild's.
fn instant(when: When, by: &Person, facts: &Facts, now: Timestamp) -> Result<Timestamp, Refusal> {
    let own = facts.contact_of(by.user).and_then(|name| facts.live.contact(name)).and_then(|c| c.time_zone);
    let zone = own.unwrap_or(facts.live.settings().time_zone);
    let local = |day: NaiveDate, time: chrono::NaiveTime| {
        let at = zone.from_local_datetime(&day.and_time(time)).earliest();
        at.map(|at| at.to_utc()).ok_or_else(|| Refusal::BadValue {
            field: "at",
            said: time.format("%H:%M").to_string(),
            right: format!("a time that exists in {zone}"),
        })
    };
    match when {
        When::Ago(span) => Ok(now - span.delta()),
        When::Local(local_time) => local(local_time.date(), local_time.time()),
        When::Clock(time) => {
            let today = now.with_timezone(&zone).date_naive();
            let at = local(today, time.time())?;
            if at <= now { Ok(at) } else { local(today - TimeDelta::days(1), time.time()) }
        }
    }
}

/// Whether it brings something new, for which a full disk keeps no room: incidents, set-up, test pages.
fn takes_in(ask: &Ask) -> bool {
    match ask {
        Ask::New(_) | Ask::FormNew | Ask::NewWritten(_) => true,
        Ask::Setup(ask) => ask.changes(),
        Ask::Config(ask) => matches!(ask, super::definition::Ask::Confirm(_)),
        Ask::Contact(ask) => ask.changes(),
        Ask::Page(ask) => ask.takes_in(),
        Ask::OnCall(ask) => ask.changes(),
        _ => false,
    }
}

pub(super) fn action_of(ask: &Ask) -> &'static str {
    match ask {
        Ask::New(_) | Ask::NewWritten(_) => "open the incident",
        Ask::Duplicate { .. } => "mark the incident as a duplicate",
        Ask::Delete(_) => "delete the incident",
        Ask::On(..) | Ask::Stop { .. } | Ask::Sign { .. } => "change the incident",
        Ask::AddToTimeline { .. } => "add to the timeline",
        Ask::List(_) | Ask::Show(_) | Ask::Timeline(_) | Ask::Engagements(_) => "look that up",
        Ask::FormUpdate(_) | Ask::FormResolve(_) | Ask::FormCancel(_) => "open the form",
        Ask::FormNew | Ask::CorrectNew { .. } => "open the form",
        Ask::Ack(_) => "acknowledge",
        Ask::Page(_) => "page somebody",
        Ask::Plan(_) => "look at the plans",
        Ask::Contact(_) => "look after the contacts",
        Ask::OnCall(_) => "look after who is on call",
        Ask::Config(_) | Ask::Setup(_) => "change the set-up",
        Ask::Doctor => "examine the server",
        Ask::HandOver(_) => "move the incidents",
        Ask::Help { .. } => "help",
        Ask::Chosen { .. } => "answer",
    }
}
