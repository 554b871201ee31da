//! Where things of ours are in Discord: the guild of what was pressed, the messages people react to, who has left. Decides nothing.

use super::fault::Stop;
use super::press::Pressed;
use super::save::GuildState;
use super::{App, Fault};
use crate::domain::id::{CallId, ChannelId, GuildId, IncidentId, MessageId, PostId, Root, UserId};
use crate::store::{Conn, StoreError, call, guild, incident, post};

/// A message of ours that stands in Discord, of an incident or a call that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenPost {
    pub channel: ChannelId,
    pub message: MessageId,
}

impl App {
    /// The guild that a press belongs to: in direct messages Discord does not say it. `None`: stale, forged, or of no incident.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn guild_of_press(&self, pressed: Pressed) -> Result<Option<GuildId>, Fault> {
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                match subject(pressed) {
                    Subject::Incident(incident) => guild_of(conn, Some(Root::Incident(incident))).await,
                    Subject::Post(id) => {
                        let post = post::get(conn, id).await?;
                        guild_of(conn, post.map(|post| post.root)).await
                    }
                    Subject::Call(id) => guild_of(conn, Some(Root::Call(id))).await,
                    Subject::Guild(guild) => Ok(Some(guild)),
                    Subject::Nothing => Ok(None),
                }
            })
        });
        let found: Result<_, StoreError> = found.await;
        let asked = match pressed {
            Pressed::WhichIncident { asked } | Pressed::CorrectNew { asked } => self.guild_of_waiting(asked.0),
            _ => None,
        };
        found.map(|found| found.or(asked)).map_err(|why| Fault::new("look for the guild of a button", why))
    }

    /// The guild whose incident or call a message of ours belongs to; `None`: no message that people react to.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn guild_of_message(&self, message: MessageId) -> Result<Option<GuildId>, Fault> {
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let post = post::by_message(conn, message).await?;
                guild_of(conn, post.map(|post| post.root)).await
            })
        });
        found.await.map_err(|why: StoreError| Fault::new("look for the guild of a message", why))
    }

    /// The messages on which reactions may have been missed.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn open_posts(&self, guild: GuildId) -> Result<Vec<OpenPost>, Fault> {
        let found = self.store().read(move |conn| Box::pin(async move { post::open(conn, guild).await }));
        let rows = found.await.map_err(|why: StoreError| Fault::new("look for open messages", why))?;
        let place = |row: post::PostRow| Some(OpenPost { channel: row.channel_id?, message: row.message_id? });
        Ok(rows.into_iter().filter_map(place).collect())
    }

    /// Somebody is not a member any more: their pages fail at once from now on.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn gone(&self, guild: GuildId, user: UserId) -> Result<(), Fault> {
        self.change_gone(guild, move |state| state.gone.insert(user)).await
    }

    /// Somebody who had left is a member again.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn back(&self, guild: GuildId, user: UserId) -> Result<(), Fault> {
        self.change_gone(guild, move |state| state.gone.remove(&user)).await
    }

    /// Who has left, as far as we know.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn gone_people(&self, guild: GuildId) -> Result<Vec<UserId>, Fault> {
        let found = self.store().read(move |conn| Box::pin(async move { guild::state(conn, guild).await }));
        let state = found.await.map_err(|why: StoreError| Fault::new("look for people who left", why))?;
        Ok(GuildState::read(state).gone.into_iter().collect())
    }

    async fn change_gone(
        &self,
        guild: GuildId,
        change: impl Fn(&mut GuildState) -> bool + Clone + Send + Sync + 'static,
    ) -> Result<(), Fault> {
        let changed = self.store().write(move |tx| {
            Box::pin(async move {
                let mut state = GuildState::read(guild::load_state(tx, guild).await?);
                if change(&mut state) {
                    guild::save_state(tx, guild, &state.write()).await?;
                }
                Ok(())
            })
        });
        changed.await.map_err(|stop: Stop| stop.fault("take down who left"))
    }

    fn guild_of_waiting(&self, asked: u64) -> Option<GuildId> {
        let waiting = self.0.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.iter().find(|(id, _)| *id == asked).map(|(_, request)| request.guild)
    }
}

/// What a press names.
enum Subject {
    Incident(IncidentId),
    Post(PostId),
    Call(CallId),
    Guild(GuildId),
    Nothing,
}

fn subject(pressed: Pressed) -> Subject {
    match pressed {
        Pressed::Ack { post } | Pressed::EscalateAsk { post } | Pressed::Take { post } => Subject::Post(post),
        Pressed::EscalateYes { incident, .. }
        | Pressed::TakeAll { incident }
        | Pressed::Undo { incident, .. }
        | Pressed::StillOnIt { incident }
        | Pressed::CardAck { incident }
        | Pressed::CardUpdate { incident }
        | Pressed::CardResolve { incident }
        | Pressed::CardMore { incident }
        | Pressed::ImpactSelect { incident }
        | Pressed::FormUpdate { incident, .. }
        | Pressed::FormResolve { incident }
        | Pressed::FormCancel { incident }
        | Pressed::DuplicateOf { incident }
        | Pressed::CardReopen { incident }
        | Pressed::StartPlan { incident }
        | Pressed::DeleteYes { incident }
        | Pressed::UndoResolve { incident } => Subject::Incident(incident),
        Pressed::CallAck { call }
        | Pressed::CallTake { call }
        | Pressed::CallUndo { call, .. }
        | Pressed::CallEscalate { call }
        | Pressed::CallEscalateYes { call }
        | Pressed::CallStop { call }
        | Pressed::FormCallStop { call } => Subject::Call(call),
        // The user menu is in a server only.
        Pressed::FormPage { .. } => Subject::Nothing,
        Pressed::ContactTest { guild }
        | Pressed::ContactMute { guild }
        | Pressed::ContactUnmute { guild }
        | Pressed::ContactVerify { guild }
        | Pressed::FormCode { guild } => Subject::Guild(guild),
        Pressed::Dismiss {} | Pressed::WhichIncident { .. } | Pressed::FormNew {} | Pressed::CorrectNew { .. } => {
            Subject::Nothing
        }
        // The guided path is walked in its guild, never in direct messages.
        Pressed::SetupAt { .. }
        | Pressed::SetupPast { .. }
        | Pressed::SetupChange {}
        | Pressed::SetupRoles { .. }
        | Pressed::SetupPlaces { .. }
        | Pressed::SetupZone {}
        | Pressed::SetupZoneOther {}
        | Pressed::SetupZoneTyped {}
        | Pressed::SetupPeople {}
        | Pressed::SetupTest {}
        | Pressed::SetupDay { .. }
        | Pressed::SetupHour { .. }
        | Pressed::SetupTurnsAll { .. }
        | Pressed::SetupTurns { .. }
        | Pressed::SetupPlan {}
        | Pressed::SetupDefault {}
        | Pressed::SetupDrill {} => Subject::Nothing,
        // Who is on call is changed in its guild only, and a notice stands in a channel.
        Pressed::OverrideSave { .. }
        | Pressed::TakeFrom { .. }
        | Pressed::CoverTake { .. }
        | Pressed::CoverBack { .. }
        | Pressed::HandOver { .. } => Subject::Nothing,
        // Set-up is changed in its guild only.
        Pressed::FormDefinition { .. } | Pressed::ConfirmDefinition { .. } | Pressed::CorrectDefinition { .. } => {
            Subject::Nothing
        }
    }
}

async fn guild_of(conn: &mut Conn, root: Option<Root>) -> Result<Option<GuildId>, StoreError> {
    match root {
        Some(Root::Incident(id)) => Ok(incident::peek(conn, id).await?.map(|row| row.guild_id)),
        Some(Root::Call(id)) => Ok(call::peek(conn, id).await?.map(|row| row.guild_id)),
        None => Ok(None),
    }
}
