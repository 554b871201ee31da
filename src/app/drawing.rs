//! What a claimed row says now: drawn from the state as it is when it goes out, or dropped where nobody wants it any more.

use super::courier::{Address, Outgoing, Outlet, OutsidePage, Public, RoomPlan, What};
use super::facts::read_state;
use super::fault::Stop;
use super::outbox::{Work, base36};
use super::{App, draw};
use crate::domain::effect::{Effect, RoomKind, SourceNote};
use crate::domain::engagement::{Paging, Place, Post, Told};
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, IncidentId, MessageId, PostId, Root};
use crate::domain::incident::{Incident, Input};
use crate::domain::reference::Ref;
use crate::domain::timeline::Unreached;
use crate::store::{Conn, incident, post, timeline};
use crate::words;

/// What drawing a row came to.
pub(super) enum Drawn {
    Send(What),
    /// Nothing is to be sent; this is what the incident is told, if anything.
    Drop(Option<Input>),
}

impl App {
    pub(super) async fn draw(&self, work: &Work) -> Result<Drawn, Stop> {
        let app = self.clone();
        let work = work.clone();
        self.store().read(move |conn| Box::pin(async move { app.draw_with(conn, &work).await })).await
    }

    async fn draw_with(&self, conn: &mut Conn, work: &Work) -> Result<Drawn, Stop> {
        match (&work.effect, work.row.root) {
            (Effect::React { channel, message, sign }, _) => {
                Ok(Drawn::Send(What::React { channel: *channel, message_id: *message, sign: *sign }))
            }
            (Effect::Answer { channel, event, .. }, _) => Ok(Drawn::Send(self.answer(work, *channel, event))),
            (Effect::Alarm { channel, alarm }, _) => {
                let message = Outgoing::Line { text: words::alarm(*alarm), controls: Vec::new() };
                let nonce = format!("{}o{}", self.0.salt, base36(work.row.id.0));
                Ok(send(Address::Channel(*channel), message, nonce))
            }
            (Effect::DeleteRoom { channel, number }, _) => {
                Ok(Drawn::Send(What::DeleteRoom { channel: *channel, number: *number }))
            }
            (
                effect @ (Effect::OfferCover { offer }
                | Effect::RedrawCover { offer }
                | Effect::CoverUntaken { offer, .. }),
                _,
            ) => self.draw_offer(conn, effect, *offer, self.row_nonce(work)).await,
            (Effect::OnCall { channel, note }, _) => {
                let message = Outgoing::Line { text: words::oncall::note(note), controls: Vec::new() };
                Ok(send(Address::Channel(*channel), message, self.row_nonce(work)))
            }
            (Effect::HandOff { schedule, at }, _) => self.draw_hand_off(conn, work, *schedule, *at).await,
            (Effect::SyncRole { role, leaving }, _) => self.draw_role(conn, work, *role, leaving).await,
            (Effect::RoleRefused { schedule }, _) => self.draw_role_refused(conn, work, *schedule).await,
            (Effect::Welcome { server, to, .. }, _) => self.draw_welcome(conn, work, server, *to).await,
            (_, Some(Root::Incident(id))) => self.draw_of_incident(conn, work, id).await,
            (_, Some(Root::Call(id))) => self.draw_call(conn, work, id).await,
            (_, None) => Ok(Drawn::Drop(None)),
        }
    }

    async fn draw_of_incident(&self, conn: &mut Conn, work: &Work, id: IncidentId) -> Result<Drawn, Stop> {
        match incident::peek(conn, id).await? {
            Some(row) => self.draw_of(conn, work, &work.effect, &read_state(&row)?).await,
            None => Ok(Drawn::Drop(None)),
        }
    }

    async fn draw_of(&self, conn: &mut Conn, work: &Work, effect: &Effect, state: &Incident) -> Result<Drawn, Stop> {
        let nonce = || format!("{}o{}", self.0.salt, base36(work.row.id.0));
        match effect {
            Effect::OpenRoom { how } => self.draw_room(conn, *how, state).await,
            Effect::PostCard { post } => self.draw_card(conn, state, *post).await,
            Effect::UpdateCard { post } => self.draw_card_edit(conn, state, *post).await,
            Effect::PinCard { post } => Ok(match sent_at(conn, *post).await? {
                Some((channel, message_id)) => Drawn::Send(What::Pin { channel, message_id }),
                None => Drawn::Drop(None),
            }),
            Effect::SendPost { post } => self.draw_post(conn, work, state, *post).await,
            Effect::RedrawPost { post } => self.draw_post_edit(conn, state, *post).await,
            Effect::Line { event } | Effect::SuggestResolve { event } => {
                let line = timeline::get(conn, *event).await?.and_then(|row| draw::event(&row));
                let suggests = matches!(effect, Effect::SuggestResolve { .. });
                let message = line.and_then(|event| draw::line(state, &event, suggests));
                Ok(match message.zip(state.room.channel()) {
                    Some((message, room)) => send(Address::Channel(room), message, nonce()),
                    None => Drawn::Drop(None),
                })
            }
            Effect::Announce { event, channel } => {
                let said = timeline::get(conn, *event).await?.and_then(|row| draw::event(&row));
                let message = said.map(|event| draw::announcement(state, &event));
                // Where the announcement channel is the room itself, its line has said it.
                let elsewhere = state.room.channel() != Some(*channel);
                Ok(match message.filter(|_| elsewhere) {
                    Some(message) => send(Address::Channel(*channel), message, nonce()),
                    None => Drawn::Drop(None),
                })
            }
            Effect::RoomReady
            | Effect::React { .. }
            | Effect::Answer { .. }
            | Effect::Welcome { .. }
            | Effect::Alarm { .. }
            | Effect::DeleteRoom { .. }
            | Effect::OfferCover { .. }
            | Effect::RedrawCover { .. }
            | Effect::CoverUntaken { .. }
            | Effect::OnCall { .. }
            | Effect::HandOff { .. }
            | Effect::SyncRole { .. }
            | Effect::RoleRefused { .. } => Ok(Drawn::Drop(None)),
        }
    }

    /// The same for every try at a row: Discord drops the second.
    fn row_nonce(&self, work: &Work) -> String {
        format!("{}o{}", self.0.salt, base36(work.row.id.0))
    }

    fn answer(&self, work: &Work, channel: ChannelId, note: &SourceNote) -> What {
        let nonce = format!("{}o{}", self.0.salt, base36(work.row.id.0));
        let message = Outgoing::Line { text: words::source_note(note), controls: Vec::new() };
        What::Send { to: Address::Channel(channel), message, nonce }
    }

    async fn draw_room(&self, conn: &mut Conn, how: RoomKind, state: &Incident) -> Result<Drawn, Stop> {
        if state.room.trying.is_none_or(|trying| trying.kind != how) {
            return Ok(Drawn::Drop(None));
        }
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let settings = facts.live.settings();
        let home = state.home(&settings);
        let parent = home.announce.first().copied().or(state.alerts.first.map(|first| first.channel));
        if how == RoomKind::Thread && parent.is_none() {
            let why = "there is no announcement channel to make a thread in".to_owned();
            return Ok(Drawn::Drop(Some(Input::RoomFailed { kind: how, why })));
        }
        let own = state.plan.as_ref().and_then(|plan| plan.spec.channel.roles.clone());
        let roles = own.unwrap_or_else(|| settings.roles.responder.clone());
        Ok(Drawn::Send(What::OpenRoom(RoomPlan {
            kind: how,
            incident: state.id,
            number: state.number,
            title: state.title.clone(),
            private: state.private,
            drill: state.drill,
            category: settings.incident_category.as_ref().and_then(Ref::id),
            roles: roles.iter().filter_map(Ref::id).collect(),
            people: draw::engaged_people(state),
            parent,
            marker: format!("muster:{}:{}", self.0.salt, base36(state.id.0)),
        })))
    }

    async fn draw_card(&self, conn: &mut Conn, state: &Incident, post: PostId) -> Result<Drawn, Stop> {
        let Some(room) = state.room.channel().filter(|_| state.room.card.post == post) else {
            return Ok(Drawn::Drop(None));
        };
        if state.room.card.posted {
            return Ok(Drawn::Drop(None));
        }
        let card = self.card(conn, state).await?;
        Ok(send(Address::Channel(room), card, self.post_nonce(post)))
    }

    async fn draw_card_edit(&self, conn: &mut Conn, state: &Incident, post: PostId) -> Result<Drawn, Stop> {
        let Some((channel, message_id)) = sent_at(conn, post).await?.filter(|_| state.room.card.post == post) else {
            return Ok(Drawn::Drop(None));
        };
        let message = self.card(conn, state).await?;
        Ok(Drawn::Send(What::Edit { channel, message_id, message }))
    }

    async fn card(&self, conn: &mut Conn, state: &Incident) -> Result<Outgoing, Stop> {
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let silent = draw::silent_kinds();
        let silent: Vec<&str> = silent.iter().map(String::as_str).collect();
        let latest = timeline::latest(conn, state.id, draw::CARD_EVENTS, &silent).await?;
        let now = self.now();
        Ok(Outgoing::Card(Box::new(draw::card(state, &facts, self.mint(now), &latest, now))))
    }

    /// A page, or a fallback's call, if it is still wanted.
    async fn draw_post(&self, conn: &mut Conn, work: &Work, state: &Incident, id: PostId) -> Result<Drawn, Stop> {
        let Some(post) = state.paging.post(id).filter(|post| post.sent.is_none()) else {
            return Ok(Drawn::Drop(None));
        };
        if !state.paging.open(post) && !work.may_be_out(post) {
            return Ok(Drawn::Drop(Some(Input::Told(Told::PostWithdrawn { post: id }))));
        }
        let to = match post.place {
            Place::Direct { user } => Address::Dm(user),
            Place::Outside => {
                let facts = self.facts(conn, state.guild, Some(state)).await?;
                return Ok(self.outside(&facts, &state.paging, post, draw::public(state, post)));
            }
            Place::Room | Place::Announcement { .. } => match state.place_of(post.place) {
                Some(channel) => Address::Channel(channel),
                None => {
                    return Ok(Drawn::Drop(Some(Input::Told(Told::PostFailed { post: id, why: Unreached::NoRoom }))));
                }
            },
        };
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let now = self.now();
        let message = draw::post(state, post, &facts, self.mint(now), now);
        Ok(send(to, message, self.post_nonce(id)))
    }

    async fn draw_post_edit(&self, conn: &mut Conn, state: &Incident, id: PostId) -> Result<Drawn, Stop> {
        let (Some(post), Some((channel, message_id))) = (state.paging.post(id), sent_at(conn, id).await?) else {
            return Ok(Drawn::Drop(None));
        };
        let facts = self.facts(conn, state.guild, Some(state)).await?;
        let now = self.now();
        let message = draw::post(state, post, &facts, self.mint(now), now);
        Ok(Drawn::Send(What::Edit { channel, message_id, message }))
    }

    /// Webhooks and mail: public text only, to the address as it is now (ENGAGEMENT 23), unless it was shut while the page waited
    /// (ENGAGEMENT 7).
    pub(super) fn outside(&self, facts: &Facts, paging: &Paging, post: &Post, public: Public) -> Drawn {
        let Some(page) = paging.pages_of(post).next() else { return Drawn::Drop(None) };
        if let Some(why) = facts.shut(&page.contact, &page.channel) {
            return Drawn::Drop(Some(Input::Told(Told::PostFailed { post: post.id, why })));
        }
        let channel = facts.live.contact(&page.contact).and_then(|contact| contact.channel(&page.channel));
        match channel.and_then(Outlet::of) {
            Some(outlet) => Drawn::Send(What::Outside(Box::new(OutsidePage {
                page: page.id,
                outlet,
                public,
                key: self.post_nonce(post.id),
            }))),
            None => Drawn::Drop(Some(Input::Told(Told::PostFailed { post: post.id, why: Unreached::Unknown }))),
        }
    }

    /// The same for every try at a post, whichever row carries it: Discord drops the second.
    pub(super) fn post_nonce(&self, post: PostId) -> String {
        format!("{}p{}", self.0.salt, base36(post.0))
    }
}

pub(super) fn send(to: Address, message: Outgoing, nonce: String) -> Drawn {
    Drawn::Send(What::Send { to, message, nonce })
}

pub(super) async fn sent_at(conn: &mut Conn, post: PostId) -> Result<Option<(ChannelId, MessageId)>, Stop> {
    Ok(post::get(conn, post).await?.and_then(|row| row.channel_id.zip(row.message_id)))
}
