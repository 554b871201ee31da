//! `/ack`: all that is mine, or the page that a code stands for, from anywhere. Bound to the person: a code of somebody else does nothing.

use chrono::TimeDelta;

use super::desk::Done;
use super::facts::read_state;
use super::fault::Stop;
use super::reply::{Reply, Say};
use super::request::{Ask, Request};
use super::{App, Fault, answer, call as calling};
use crate::domain::call;
use crate::domain::engagement::CODE_DIGITS;
use crate::domain::id::{CallId, GuildId, IncidentId, PostId, Root};
use crate::domain::incident::{self, Input};
use crate::domain::permission::Person;
use crate::domain::refusal::{CallRefusal, Refusal};
use crate::store::{Tx, call as calls, code, incident as incidents, post, seen};
use crate::words;

/// Wrong codes in this time before one must wait. A code is of one person, so whoever guesses must have their account; this keeps
/// them from guessing for a night.
const TRIES_MAX: usize = 5;
pub(super) const TRIES_IN: TimeDelta = TimeDelta::minutes(10);
/// Servers that one bare `/ack` in a direct message looks through.
const GUILDS_MAX: usize = 25;

impl App {
    /// `typed`: a code as a person writes it; none: everything of theirs that is open in this guild.
    pub(super) async fn ack(&self, request: Request, typed: Option<String>) -> Result<Done, Stop> {
        let digits = typed.as_deref().map(digits).transpose()?;
        let app = self.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if !seen::first(tx, &request.key, app.now()).await? {
                        return Ok(Done::Nothing);
                    }
                    match digits {
                        Some(digits) => app.ack_by_code(tx, &request, &digits).await,
                        None => app.ack_open(tx, &request).await,
                    }
                })
            })
            .await
    }

    /// `/ack` in a direct message, asked of every guild that the person is a contact in: what each says that had something to say.
    pub async fn ack_everywhere(&self, requests: Vec<Request>) -> Vec<(GuildId, Reply)> {
        let mut said = Vec::new();
        for request in requests.into_iter().take(GUILDS_MAX) {
            let guild = request.guild;
            let reply = self.handle(request).await;
            if reply != Reply::say(words::refusal(&CallRefusal::NothingToAnswer.into())) {
                said.push((guild, reply));
            }
        }
        if said.is_empty() {
            said.push((GuildId(0), Reply::say(words::refusal(&CallRefusal::NothingToAnswer.into()))));
        }
        said
    }

    /// Every page of theirs that is open here, in incidents and in calls.
    async fn ack_open(&self, tx: &mut Tx, request: &Request) -> Result<Done, Stop> {
        let (incidents, asking) = self.asked_of(tx, request).await?;
        let mut said = Vec::new();
        for id in incidents {
            said.extend(self.ack_incident(tx, &request.by, id, None).await?);
        }
        for id in asking {
            said.extend(self.ack_call(tx, &request.by, id, None).await?);
        }
        match said.len() {
            0 => Err(Refusal::from(CallRefusal::NothingToAnswer).into()),
            1 => Ok(Done::Say(said.remove(0))),
            _ => Ok(Done::Say(together(said))),
        }
    }

    /// Incidents and calls that page this person now, in the order in which transactions lock them.
    async fn asked_of(&self, tx: &mut Tx, request: &Request) -> Result<(Vec<IncidentId>, Vec<CallId>), Stop> {
        let by = &request.by;
        let mut incidents = Vec::new();
        for row in incidents::not_over(tx, request.guild).await? {
            if read_state(&row)?.paging.asks(by.user, &by.roles) {
                incidents.push(row.id);
            }
        }
        incidents.sort_unstable();
        let mut asking = Vec::new();
        for row in calls::not_over(tx, request.guild).await? {
            if calling::read(&row)?.paging.asks(by.user, &by.roles) {
                asking.push(row.id);
            }
        }
        Ok((incidents, asking))
    }

    /// None: somebody was first, or it is over by now.
    async fn ack_incident(
        &self,
        tx: &mut Tx,
        by: &Person,
        id: IncidentId,
        post: Option<PostId>,
    ) -> Result<Option<Say>, Stop> {
        let ask = incident::Ask::Ack { post, sign: false };
        match self.change(tx, id, Input::Ask { by: by.clone(), ask }).await {
            Ok(outcome) => Ok(outcome.map(|outcome| answer::say(&outcome.incident, &outcome.answer))),
            Err(Stop::Refused(_)) if post.is_none() => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    async fn ack_call(&self, tx: &mut Tx, by: &Person, id: CallId, post: Option<PostId>) -> Result<Option<Say>, Stop> {
        let ask = call::Ask::Ack { post, sign: false };
        match self.change_call(tx, id, call::Input::Ask { by: by.clone(), ask }).await {
            Ok(outcome) => Ok(outcome.map(|outcome| answer::say_of_call(&outcome.call, &outcome.answer))),
            Err(Stop::Refused(_)) if post.is_none() => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// A wrong code is taken down, so it is an answer and no refusal, which would undo that.
    async fn ack_by_code(&self, tx: &mut Tx, request: &Request, digits: &str) -> Result<Done, Stop> {
        let (now, user) = (self.now(), request.by.user);
        let wrong = code::tries_since(tx, user, now - TRIES_IN).await?;
        if let Some(first) = wrong.first().filter(|_| wrong.len() >= TRIES_MAX) {
            return Err(Refusal::from(CallRefusal::TooManyCodes { until: *first + TRIES_IN }).into());
        }
        let Some(found) = post::by_code(tx, user, digits).await? else {
            code::tried(tx, self.mint(now).id(), user, now).await?;
            return Ok(Done::Say(words::refusal(&CallRefusal::NotYourCode.into()).into()));
        };
        let guild = match found.root {
            Root::Incident(id) => incidents::peek(tx, id).await?.map(|row| row.guild_id),
            Root::Call(id) => calls::peek(tx, id).await?.map(|row| row.guild_id),
        };
        let by = match guild {
            Some(guild) if guild == request.guild => request.by.clone(),
            // Roles of one server mean nothing in another.
            _ => Person { roles: Vec::new(), manages_guild: false, ..request.by.clone() },
        };
        let said = match found.root {
            Root::Incident(id) => self.ack_incident(tx, &by, id, Some(found.id)).await?,
            Root::Call(id) => self.ack_call(tx, &by, id, Some(found.id)).await?,
        };
        Ok(said.map_or(Done::Nothing, Done::Say))
    }

    /// The guilds in which `/ack` in a direct message looks.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn guilds_to_ack(&self, ask: &Ask, by: &Person) -> Result<Vec<GuildId>, Fault> {
        match ask {
            // The code says which it is.
            Ask::Ack(Some(_)) => Ok(vec![GuildId(0)]),
            _ => self.guilds_of_contact(by.user).await,
        }
    }
}

/// Spaces and dashes are forgiven: a phone groups digits.
fn digits(typed: &str) -> Result<String, Refusal> {
    let bare: String = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '.' | '`')).collect();
    if bare.len() == CODE_DIGITS && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(bare);
    }
    let right = format!("the {CODE_DIGITS} digits of the page, or nothing to answer all your open pages");
    Err(Refusal::BadValue { field: "code", said: typed.to_owned(), right })
}

/// Several answers as one; each can be taken back by its own command.
fn together(said: Vec<Say>) -> Say {
    let mut texts = said.into_iter().map(|say| say.text);
    let first = texts.next().unwrap_or_default();
    let text = texts.fold(first, |text, next| text.line().join(next));
    text.line().ours("`/incident unack` takes one back.").into()
}
