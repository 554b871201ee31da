//! Calls: load → decide → save, as for incidents but without timeline and room. Test pages are opened here, for whoever needs one;
//! calls of people in `page`.

use super::courier::{Address, Outgoing, Public, What};
use super::desk::Done;
use super::drawing::{Drawn, send, sent_at};
use super::fault::Stop;
use super::outbox::{Lane, Work};
use super::request::{Ask, Request, Which};
use super::save::{CARD_SETTLES, insert_page, insert_shown, put};
use super::{App, Fault, answer, calling, draw, tested};
use crate::domain::call::{self, Answer, Call, Input, Kind, Opening, Outcome};
use crate::domain::definition::Set;
use crate::domain::effect::Effect;
use crate::domain::engagement::{Place, Post, Told};
use crate::domain::facts::Facts;
use crate::domain::id::{CallId, ChannelId, GuildId, PostId, Root, Timestamp, UserId};
use crate::domain::incident;
use crate::domain::name::Name;
use crate::domain::refusal::Refusal;
use crate::domain::timeline::Unreached;
use crate::store::{Conn, Tx, call as calls, contact, guild, post, receipt, wake};
use crate::words;

/// The noun of calls in the wake table.
pub const CALL: &str = "call";

/// The card of a call in the table of messages: unlike an incident's it is forgotten with the pages.
const KIND_CARD: &str = "call";

/// A test page to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestPage {
    pub guild: GuildId,
    pub by: UserId,
    pub contact: Name,
    /// None: all contact channels of theirs.
    pub channel: Option<String>,
    /// Where mentions go; none: only ways that need no room are used.
    pub room: Option<ChannelId>,
}

impl App {
    /// Sends a test page, in this transaction. An earlier one of the same contact ends: the newer asks the same.
    ///
    /// Asks nobody whether `by` may.
    pub(super) async fn send_test_page(&self, tx: &mut Tx, page: TestPage) -> Result<Outcome, Stop> {
        self.open_test(tx, page, false).await
    }

    /// The same to an address that nobody has proved yet: whoever reads its code there proves it.
    pub(super) async fn send_proof(&self, tx: &mut Tx, page: TestPage) -> Result<Outcome, Stop> {
        self.open_test(tx, page, true).await
    }

    async fn open_test(&self, tx: &mut Tx, page: TestPage, proves: bool) -> Result<Outcome, Stop> {
        // Test pages of a guild follow one another: of two at one moment the newer must see the earlier.
        guild::load_state(tx, page.guild).await?;
        let mut facts = self.facts(tx, page.guild, None).await?;
        if proves {
            facts.unverified.clear();
        }
        let revision = guild::revision(tx, page.guild).await?;
        for row in calls::not_over(tx, page.guild).await? {
            if read(&row)?.tests(&page.contact) {
                self.change_call(tx, row.id, Input::Replaced).await?;
            }
        }
        let now = self.now();
        let opening = Opening { guild: page.guild, by: page.by, room: page.room, revision, now };
        let kind = Kind::Test { contact: page.contact, channel: page.channel };
        let outcome = call::open(kind, opening, &facts, self.mint(now))?;
        self.save_new_call(tx, &outcome, now).await?;
        Ok(outcome)
    }

    pub(super) async fn save_new_call(&self, tx: &mut Tx, outcome: &Outcome, now: Timestamp) -> Result<(), Stop> {
        let state = &outcome.call;
        calls::insert(tx, &row(state, 1)?).await?;
        if let Some(card) = state.card {
            insert_shown(tx, Root::Call(state.id), card, KIND_CARD).await?;
        }
        self.save_call(tx, None, outcome, now).await
    }

    /// Loads a call, takes one step, saves. `None`: there is no such call.
    pub(super) async fn change_call(&self, tx: &mut Tx, id: CallId, input: Input) -> Result<Option<Outcome>, Stop> {
        let Some(loaded) = calls::load(tx, id).await? else { return Ok(None) };
        let state = read(&loaded)?;
        let facts = self.facts_of_call(tx, &state).await?;
        // Read after the row is ours: two requests on one call see time in the order of their saves.
        let now = self.now();
        let outcome = call::step(&state, input, &facts, self.mint(now), now)?;
        if outcome.call == state && outcome.effects.is_empty() {
            wake::set(tx, CALL, id.0, state.next_deadline()).await?;
        } else {
            calls::save(tx, &row(&outcome.call, loaded.version)?, loaded.version).await?;
            self.save_call(tx, Some(&state), &outcome, now).await?;
        }
        Ok(Some(outcome))
    }

    /// Posts, what the test has proved, deliveries and the next deadline: with the state, or not at all.
    async fn save_call(&self, tx: &mut Tx, old: Option<&Call>, outcome: &Outcome, now: Timestamp) -> Result<(), Stop> {
        let state = &outcome.call;
        let root = Root::Call(state.id);
        let known = old.map_or(0, |old| old.paging.posts.len());
        for post in state.paging.posts.iter().skip(known) {
            insert_page(tx, root, &state.paging, post).await?;
        }
        let before = old.map(Call::tested).unwrap_or_default();
        for test in state.tested().iter().filter(|test| !before.contains(test)) {
            contact::tested(tx, state.guild, &tested::row(state.id, test)).await?;
        }
        self.take_proof(tx, old, state, now).await?;
        let mut mint = self.mint(now);
        for effect in &outcome.effects {
            let (lane, post, due_at) = match effect {
                Effect::SendPost { post } => (Lane::Page, post, now),
                Effect::RedrawPost { post } if state.paging.is_outside(*post) => {
                    receipt::hurry(tx, *post, now).await?;
                    continue;
                }
                Effect::RedrawPost { post } | Effect::PostCard { post } => (Lane::Normal, post, now),
                Effect::UpdateCard { post } => (Lane::Normal, post, now + CARD_SETTLES),
                _ => continue,
            };
            let slot = (lane, Some(post.to_string()), None, due_at);
            put(tx, (state.guild, root), effect, slot, now, &mut mint).await?;
        }
        wake::set(tx, CALL, state.id.0, state.next_deadline()).await?;
        Ok(())
    }

    pub(super) async fn facts_of_call(&self, conn: &mut Conn, state: &Call) -> Result<Facts, Stop> {
        let engagements = state.paging.engagements.iter().map(|engagement| engagement.revision);
        self.facts_at(conn, state.guild, engagements.chain([state.revision]).collect()).await
    }

    /// A deadline has come: look at the call again.
    ///
    /// # Errors
    /// A fault of the store; the claim runs out and somebody looks again.
    pub async fn tick_call(&self, id: CallId) -> Result<(), Fault> {
        let app = self.clone();
        let ticked =
            self.store().write(move |tx| Box::pin(async move { app.change_call(tx, id, Input::Tick).await.map(drop) }));
        ticked.await.map_err(|stop: Stop| stop.fault("look at a call again"))
    }

    /// The call that a press or a reaction is about, and the post of it; `None`: of an incident, or of nothing.
    pub(super) async fn call_meant(&self, conn: &mut Conn, ask: &Ask) -> Result<Option<(CallId, PostId)>, Stop> {
        let found = match ask {
            Ask::On(Which::Post(post), _) => post::get(conn, *post).await?,
            Ask::Sign { message, .. } => post::by_message(conn, *message).await?,
            _ => None,
        };
        Ok(found.and_then(|row| match row.root {
            Root::Call(id) => Some((id, row.id)),
            Root::Incident(_) => None,
        }))
    }

    /// Somebody pressed on a message of a call, or reacted to it.
    pub(super) async fn ask_call(&self, tx: &mut Tx, request: &Request, meant: (CallId, PostId)) -> Result<Done, Stop> {
        let (id, post) = meant;
        let ask = match &request.ask {
            Ask::Sign { .. } => call::Ask::Ack { post: Some(post), sign: true },
            Ask::On(_, incident::Ask::Ack { sign, .. }) => call::Ask::Ack { post: Some(post), sign: *sign },
            Ask::On(_, incident::Ask::Take { .. }) => call::Ask::Take,
            Ask::On(_, incident::Ask::EscalateAsk { .. }) => call::Ask::EscalateAsk,
            _ => return Err(Refusal::StaleButton.into()),
        };
        self.ask_of_call(tx, request, id, ask).await
    }

    /// The same, of a call that is named.
    pub(super) async fn ask_of_call(
        &self,
        tx: &mut Tx,
        request: &Request,
        id: CallId,
        ask: call::Ask,
    ) -> Result<Done, Stop> {
        if calls::peek(tx, id).await?.is_none_or(|row| row.guild_id != request.guild) {
            return Err(Refusal::StaleButton.into());
        }
        let outcome = self.change_call(tx, id, Input::Ask { by: request.by.clone(), ask }).await?;
        Ok(match outcome {
            Some(outcome) if outcome.answer != Answer::Quiet => {
                Done::Say(answer::say_of_call(&outcome.call, &outcome.answer))
            }
            _ => Done::Nothing,
        })
    }

    /// A message of a call, if it is still wanted; or what it has become.
    pub(super) async fn draw_call(&self, conn: &mut Conn, work: &Work, id: CallId) -> Result<Drawn, Stop> {
        let Some(state) = calls::peek(conn, id).await?.map(|row| read(&row)).transpose()? else {
            return Ok(Drawn::Drop(None));
        };
        match &work.effect {
            Effect::PostCard { post } => {
                let facts = self.facts_of_call(conn, &state).await?;
                let to = state.room.map_or(Address::Dm(state.by), Address::Channel);
                Ok(send(to, self.call_card(&state, &facts), self.post_nonce(*post)))
            }
            Effect::UpdateCard { post } => {
                let Some((channel, message_id)) = sent_at(conn, *post).await? else { return Ok(Drawn::Drop(None)) };
                let facts = self.facts_of_call(conn, &state).await?;
                Ok(Drawn::Send(What::Edit { channel, message_id, message: self.call_card(&state, &facts) }))
            }
            Effect::SendPost { post } => match state.paging.post(*post).filter(|post| post.sent.is_none()) {
                Some(post) => self.draw_call_post(conn, work, &state, post).await,
                None => Ok(Drawn::Drop(None)),
            },
            Effect::RedrawPost { post } => {
                let (Some(post), Some((channel, message_id))) = (state.paging.post(*post), sent_at(conn, *post).await?)
                else {
                    return Ok(Drawn::Drop(None));
                };
                let facts = self.facts_of_call(conn, &state).await?;
                Ok(Drawn::Send(What::Edit { channel, message_id, message: self.call_post(&state, post, &facts) }))
            }
            _ => Ok(Drawn::Drop(None)),
        }
    }

    async fn draw_call_post(&self, conn: &mut Conn, work: &Work, state: &Call, post: &Post) -> Result<Drawn, Stop> {
        let drop = |told: Told| Ok(Drawn::Drop(Some(incident::Input::Told(told))));
        if !state.paging.open(post) && !work.may_be_out(post) {
            return drop(Told::PostWithdrawn { post: post.id });
        }
        let to = match post.place {
            Place::Direct { user } => Address::Dm(user),
            Place::Outside => {
                let facts = open_to(state, self.facts_of_call(conn, state).await?);
                return Ok(self.outside(&facts, &state.paging, post, public(state, post)));
            }
            Place::Announcement { channel } => Address::Channel(channel),
            Place::Room => match state.room {
                Some(channel) => Address::Channel(channel),
                None => return drop(Told::PostFailed { post: post.id, why: Unreached::NoRoom }),
            },
        };
        let facts = self.facts_of_call(conn, state).await?;
        Ok(send(to, self.call_post(state, post, &facts), self.post_nonce(post.id)))
    }

    fn call_post(&self, state: &Call, post: &Post, facts: &Facts) -> Outgoing {
        match &state.kind {
            Kind::Test { contact, .. } => Outgoing::Call(Box::new(draw::test(state, contact, post, facts))),
            Kind::Page { .. } => {
                let now = self.now();
                Outgoing::Called(Box::new(calling::post(state, post, facts, self.mint(now), now)))
            }
        }
    }

    fn call_card(&self, state: &Call, facts: &Facts) -> Outgoing {
        let now = self.now();
        Outgoing::Called(Box::new(calling::card(state, facts, self.mint(now), now)))
    }
}

/// A test goes where a page would not go yet, to prove just that; but not to an unproved address that was put there since it began.
fn open_to(state: &Call, mut facts: Facts) -> Facts {
    let Kind::Test { .. } = state.kind else { return facts };
    let (then, live) = (facts.frozen.get(&state.revision).cloned().unwrap_or_default(), facts.live.clone());
    let moved = |name: &Name, channel: &str| {
        let of = |set: &Set| set.contact(name).and_then(|contact| contact.channel(channel)).cloned();
        of(&then) != of(&live)
    };
    facts.muted.clear();
    facts.unverified.retain(|(name, channel)| moved(name, channel));
    facts
}

/// All that leaves Discord: of a test that nothing is wrong, of a call that somebody is needed.
fn public(state: &Call, post: &Post) -> Public {
    match state.kind {
        Kind::Test { .. } => draw::public_call(words::contact::public_test(), true, post),
        Kind::Page { .. } => draw::public_call(words::public_call(&state.title()), false, post),
    }
}

/// The state in a call's row.
pub(super) fn read(row: &calls::CallRow) -> Result<Call, Stop> {
    let unreadable =
        |why: serde_json::Error| Stop::Unreadable { what: "the state of call", id: row.id.0, why: why.to_string() };
    serde_json::from_str(&row.state).map_err(unreadable)
}

fn row(state: &Call, version: i64) -> Result<calls::CallRow, Stop> {
    let unwritable = |why: serde_json::Error| Stop::Unreadable {
        what: "the new state of call",
        id: state.id.0,
        why: why.to_string(),
    };
    Ok(calls::CallRow {
        id: state.id,
        guild_id: state.guild,
        kind: state.kind.word().to_owned(),
        by_user: state.by,
        opened_at: state.opened_at,
        over_at: state.over_at,
        version,
        state: serde_json::to_string(state).map_err(unwritable)?,
    })
}
