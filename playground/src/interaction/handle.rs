//! A started interaction in the hands of a test: how the app answered it, and when.
//! Never answers it.

use super::record::{Done, Record};
use crate::{hub::Hub, id::Id, message::Message, message::flag, state::State};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;

/// How long a deferred answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// One started interaction.
#[derive(Clone)]
pub struct Interaction {
    hub: Hub,
    id: Id,
}

impl Interaction {
    pub(super) fn new(hub: Hub, id: Id) -> Self {
        Self { hub, id }
    }

    /// The interaction's snowflake.
    pub fn id(&self) -> Id {
        self.id
    }

    fn record<T>(state: &State, id: Id, read: impl FnOnce(&Record) -> T) -> T {
        read(&state.interactions[&id])
    }

    /// Waits for the first answer; an error if the app stays silent beyond the deadline ("did not respond").
    pub async fn callback(&self) -> Result<Done> {
        let deadline = self.hub.look(|state| state.times.callback) + Duration::from_millis(100);
        let answered =
            self.hub.wait_until(deadline, |state| Self::record(state, self.id, |record| record.done.clone()));
        answered.await.context("The application did not respond")
    }

    /// The answer as the person finally reads it: waits until it is no longer "thinking" (10 s at most).
    pub async fn reply(&self) -> Result<Message> {
        let done = self.callback().await?;
        if matches!(done.kind, 8 | 9) {
            bail!("answered with callback type {}, not with a message: {}", done.kind, done.data);
        }
        let ready = |state: &State| self.message(state).filter(|message| !message.has(flag::LOADING));
        self.hub.wait_until(PATIENCE, ready).await.with_context(|| format!("still thinking after {PATIENCE:?}"))
    }

    /// Everything readable of the answer and its followups, one per line.
    pub async fn text(&self) -> Result<String> {
        let mut lines = vec![self.reply().await?.text()];
        lines.extend(self.followups().iter().map(Message::text));
        Ok(lines.join("\n"))
    }

    /// The original answer as it stands now; none before the first answer or after its deletion.
    pub fn original(&self) -> Option<Message> {
        self.hub.look(|state| self.message(state))
    }

    fn message(&self, state: &State) -> Option<Message> {
        let record = state.interactions.get(&self.id)?;
        state.message(record.channel, record.original?).cloned()
    }

    /// The followups as they stand now.
    pub fn followups(&self) -> Vec<Message> {
        self.hub.look(|state| {
            let record = &state.interactions[&self.id];
            record.followups.iter().filter_map(|id| state.message(record.channel, *id)).cloned().collect()
        })
    }

    /// Waits for so many followups.
    pub async fn wait_followups(&self, count: usize) -> Result<Vec<Message>> {
        let enough = |state: &State| (state.interactions[&self.id].followups.len() >= count).then_some(());
        self.hub
            .wait_until(PATIENCE, enough)
            .await
            .with_context(|| format!("fewer than {count} followups after {PATIENCE:?}"))?;
        Ok(self.followups())
    }

    /// The form it was answered with: `custom_id`, `title`, `components`.
    pub async fn modal(&self) -> Result<Value> {
        let done = self.callback().await?;
        if done.kind == 9 { Ok(done.data) } else { bail!("answered with callback type {}, not with a form", done.kind) }
    }

    /// The completions it was answered with, as name and value.
    pub async fn choices(&self) -> Result<Vec<(String, Value)>> {
        let done = self.callback().await?;
        let choices = done.data["choices"]
            .as_array()
            .with_context(|| format!("answered with callback type {}, not with choices", done.kind))?;
        Ok(choices
            .iter()
            .map(|choice| (choice["name"].as_str().unwrap_or_default().to_owned(), choice["value"].clone()))
            .collect())
    }

    /// Dispatches the very same event again: same id, same token.
    pub fn again(&self) {
        self.hub.change(|state| {
            let event = state.interactions[&self.id].event.clone();
            state.broadcast("INTERACTION_CREATE", 0, &event);
        });
    }
}
