//! What was said and pressed while we did not listen: read by REST after every new session, then the gate opens.
//!
//! Decides nothing: `app` knows what was handled already, and the keys are those of live events.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use serde::Deserialize;
use serde_json::Value;

use super::gates::Opened;
use super::messages::{Reacted, SIGNS, Said};
use super::rest::{Call, Endpoint, Lane, MESSAGES_PER_LIST, RestError, Start, USERS_PER_LIST};
use super::{Discord, channel_id, message_id, shape, user_id};
use crate::app::{Fault, OpenPost, SourcePlace};
use crate::domain::alert::Message;
use crate::domain::id::{GuildId, MessageId, UserId};
use crate::gauges::GAUGES;

/// Messages that are taken in together: what fired and recovered among them is listed, not paged. More are read in turns.
const BATCH: usize = 5_000;
/// Waits between tries of a guild that cannot be read, doubling up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long one call may wait for its turn: nobody looks at a screen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest wait where it is our own database: alerts of somebody who is about to be paged wait for it.
const LONGEST_STORE_PAUSE: Duration = Duration::from_secs(10);

/// Why a guild is not caught up.
#[derive(Debug, thiserror::Error)]
enum Missed {
    #[error(transparent)]
    Discord(#[from] RestError),
    #[error(transparent)]
    Store(#[from] Fault),
    /// What was under way is left as it is; tried again, so that the gate does not stay shut unsaid.
    #[error("it panicked")]
    Panicked,
}

impl Missed {
    fn longest_pause(&self) -> Duration {
        match self {
            Missed::Discord(_) | Missed::Panicked => LONGEST_PAUSE,
            Missed::Store(_) => LONGEST_STORE_PAUSE,
        }
    }
}

impl Discord {
    /// Something of a guild could not be taken in: nothing more is, until that has been read again.
    pub(super) fn stumble(&self, guild: GuildId) {
        if self.0.gates.stumble(guild) {
            let discord = self.clone();
            tokio::spawn(async move { discord.catch_up(guild).await });
        }
    }

    /// Catches a guild up, unless that is done or under way; tries until it is done, or a later session begins.
    pub(super) async fn catch_up(&self, guild: GuildId) {
        let gates = &self.0.gates;
        if !self.serves(guild) {
            return;
        }
        let Some(ticket) = gates.begin(guild, gates.session()) else { return };
        let _reading = GAUGES.catching_up();
        let mut pause = FIRST_PAUSE;
        loop {
            let why = match self.read_gap_guarded(guild).await {
                Ok(()) => match gates.open(guild, ticket) {
                    Opened::Yes => break,
                    Opened::Superseded => return,
                    Opened::Again => continue,
                },
                Err(why) => why,
            };
            tracing::warn!(%why, %guild, pause_s = pause.as_secs(), "a guild could not be caught up; its alerts wait");
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(why.longest_pause()),
                () = gates.superseded(guild, ticket) => return,
            }
        }
        if let Err(why) = self.look_for_the_gone(guild).await {
            tracing::warn!(%why, %guild, "who has come back is not known");
        }
    }

    async fn read_gap_guarded(&self, guild: GuildId) -> Result<(), Missed> {
        AssertUnwindSafe(self.read_gap(guild)).catch_unwind().await.unwrap_or_else(|_| {
            GAUGES.panicked();
            Err(Missed::Panicked)
        })
    }

    /// Reactions first: somebody who has acknowledged is not to be called again by what follows.
    async fn read_gap(&self, guild: GuildId) -> Result<(), Missed> {
        for post in self.app().open_posts(guild).await? {
            self.read_signs(guild, post).await?;
        }
        for place in self.app().sources(guild).await? {
            self.read_source(guild, &place).await?;
        }
        Ok(())
    }

    async fn read_source(&self, guild: GuildId, place: &SourcePlace) -> Result<(), Missed> {
        let mut place = place.clone();
        loop {
            let (missed, last) = match self.messages_after(guild, &place).await {
                Ok(found) => found,
                Err(error) if out_of_reach(&error) => {
                    let channel = place.channel;
                    tracing::warn!(%error, source = %place.name, %channel, "an alert source cannot be read");
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            let whole = missed.len() < BATCH;
            if !missed.is_empty() {
                self.app().caught_up(guild, &place, missed).await?;
            }
            match last {
                Some(last) if !whole => place.after = last,
                _ => return Ok(()),
            }
        }
    }

    /// Up to [`BATCH`] messages after the mark, oldest first, and the last id that was looked at.
    async fn messages_after(
        &self,
        guild: GuildId,
        place: &SourcePlace,
    ) -> Result<(Vec<Message>, Option<MessageId>), RestError> {
        let (mut found, mut last) = (Vec::new(), None);
        if self.is_elsewhere(guild, place).await? {
            return Ok((found, last));
        }
        while found.len() < BATCH {
            let after = Start::After(message_id(last.unwrap_or(place.after)));
            let list = Endpoint::messages(channel_id(place.channel), after, MESSAGES_PER_LIST);
            let page: Vec<Value> = self.ask(Call::new(list).patience(PATIENCE)).await?;
            last = page.iter().filter_map(|said| said["id"].as_str()?.parse().ok()).max().or(last);
            let mut read: Vec<Said> = page.iter().filter_map(said).collect();
            read.sort_by_key(|said| said.id);
            found.extend(read.into_iter().filter_map(|said| said.by_others(self.me())));
            if page.len() < usize::from(MESSAGES_PER_LIST) {
                break;
            }
        }
        Ok((found, last))
    }

    /// Whoever sets up one server may name any id: what is said in another server is none of theirs.
    async fn is_elsewhere(&self, guild: GuildId, place: &SourcePlace) -> Result<bool, RestError> {
        let call = Call::new(Endpoint::channel(channel_id(place.channel))).patience(PATIENCE);
        let home = self.ask::<shape::Channel>(call).await?.guild_id;
        let elsewhere = home.is_some_and(|home| home != guild);
        if elsewhere {
            tracing::warn!(source = %place.name, channel = %place.channel, %guild, "an alert source is in another server");
        }
        Ok(elsewhere)
    }

    async fn read_signs(&self, guild: GuildId, post: OpenPost) -> Result<(), Missed> {
        for emoji in SIGNS {
            let people = match self.people_of(post, emoji).await {
                Ok(people) => people,
                // Deleted by hand, or out of our sight: no sign can be on it.
                Err(error) if out_of_reach(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            for user in people {
                let reacted = Reacted {
                    guild: Some(guild),
                    channel: post.channel,
                    message: post.message,
                    user,
                    author: None,
                    emoji: emoji.to_owned(),
                    bot: false,
                    by: None,
                };
                match self.sign(guild, reacted, false).await {
                    // Whatever is wrong with this one, those behind it have waited enough.
                    Err(fault) if fault.is_lasting() => tracing::error!(%fault, %guild, "a reaction is passed over"),
                    signed => signed?,
                }
            }
        }
        Ok(())
    }

    /// The people who reacted with this, bots left out.
    async fn people_of(&self, post: OpenPost, emoji: &str) -> Result<Vec<UserId>, RestError> {
        let (mut people, mut after) = (Vec::new(), None);
        loop {
            let (channel, message) = (channel_id(post.channel), message_id(post.message));
            let list = Endpoint::reaction_users(channel, message, emoji, after.map(user_id));
            let page: Vec<shape::User> = self.ask(Call::new(list).patience(PATIENCE)).await?;
            let full = page.len() >= usize::from(USERS_PER_LIST);
            after = page.last().map(|user| user.id);
            people.extend(page.into_iter().filter(|user| !user.bot).map(|user| user.id));
            if !full {
                return Ok(people);
            }
        }
    }

    /// Whoever had left and is a member again is paged again.
    async fn look_for_the_gone(&self, guild: GuildId) -> Result<(), Missed> {
        for user in self.app().gone_people(guild).await? {
            if self.member(guild, user, Lane::Normal).await.is_ok() {
                self.app().back(guild, user).await?;
            }
        }
        Ok(())
    }
}

/// A message of a list; one that cannot be read is left out, so that the others are not lost with it.
fn said(one: &Value) -> Option<Said> {
    let read = Said::deserialize(one);
    read.inspect_err(|why| tracing::warn!(%why, "a missed message cannot be read")).ok()
}

/// Nothing is to be had there until somebody changes it: deleted, or hidden from us.
fn out_of_reach(error: &RestError) -> bool {
    matches!(error, RestError::Rejected { status: 403 | 404, .. })
}
