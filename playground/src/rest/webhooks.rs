//! Webhooks over REST: real ones, through which people's tools post, and interaction tokens, through which the app answers.
//! Never takes an interaction's first answer; `interactions` does.

use super::{
    call::{Answer, Call, Outcome},
    channels::may,
    guilds, interactions,
};
use crate::{
    body::{
        channel::CreateWebhook,
        message::{CreateMessage, EditMessage},
    },
    id::Id,
    mention::Allowed,
    message::{Author, Message, flag},
    permission::{self, bit::MANAGE_WEBHOOKS},
    post::Draft,
    refusal::Refusal,
    state::{State, Webhook},
};
use serde_json::{Value, json};

/// Webhooks a channel may have.
const WEBHOOKS_MAX: usize = 15;

fn webhook_json(state: &State, webhook: &Webhook, with_token: bool) -> Value {
    let guild = state.channels.get(&webhook.channel).and_then(|channel| channel.guild).map(|id| id.to_string());
    let mut json = json!({ "id": webhook.id.to_string(), "type": 1, "guild_id": guild, "channel_id": webhook.channel.to_string(),
        "name": webhook.name, "avatar": null, "application_id": null });
    if with_token {
        json["token"] = json!(webhook.token);
        json["url"] = json!(format!("{}/api/webhooks/{}/{}", state.url, webhook.id, webhook.token));
    }
    json
}

pub(super) fn of_channel(state: &mut State, call: &Call) -> Outcome {
    let channel = may(state, call, MANAGE_WEBHOOKS)?;
    let listed = state.webhooks.values().filter(|webhook| webhook.channel == channel);
    Answer::ok(listed.map(|webhook| webhook_json(state, webhook, true)).collect())
}

pub(super) fn of_guild(state: &mut State, call: &Call) -> Outcome {
    let guild = guilds::guild(state, call)?;
    if permission::in_guild(guild, state.app.id) & MANAGE_WEBHOOKS == 0 {
        return Err(Refusal::missing_permissions());
    }
    let here = |webhook: &&Webhook| {
        state.channels.get(&webhook.channel).is_some_and(|channel| channel.guild == Some(guild.id))
    };
    Answer::ok(state.webhooks.values().filter(here).map(|webhook| webhook_json(state, webhook, true)).collect())
}

pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let wanted: CreateWebhook = call.body()?;
    let channel = may(state, call, MANAGE_WEBHOOKS)?;
    check_name(&wanted.name)?;
    if state.webhooks.values().filter(|webhook| webhook.channel == channel).count() >= WEBHOOKS_MAX {
        return Err(Refusal::too_many_webhooks());
    }
    let id = state.new_id();
    let webhook = Webhook { id, channel, name: wanted.name, token: format!("webhook-token-{id}") };
    let json = webhook_json(state, &webhook, true);
    state.webhooks.insert(id, webhook);
    Answer::ok(json)
}

/// 1 to 80 characters, without "clyde" and "discord".
fn check_name(name: &str) -> Result<(), Refusal> {
    let checked = twilight_validate::request::webhook_username(name);
    checked.map_err(|error| Refusal::form("name", "BASE_TYPE_BAD_LENGTH", error.to_string()))
}

/// The webhook in the path, with the right token.
fn webhook(state: &State, call: &Call) -> Result<Webhook, Refusal> {
    let webhook = state.webhooks.get(&call.id(0)?).ok_or_else(Refusal::unknown_webhook)?;
    if Some(&webhook.token) == call.args.get(1) { Ok(webhook.clone()) } else { Err(Refusal::invalid_webhook_token()) }
}

pub(super) fn get(state: &mut State, call: &Call) -> Outcome {
    Answer::ok(webhook_json(state, &webhook(state, call)?, true))
}

pub(super) fn execute(state: &mut State, call: &Call) -> Outcome {
    if call.id(0)? == state.app.id {
        return interactions::followup(state, call);
    }
    let webhook = webhook(state, call)?;
    let wanted: CreateMessage = call.body()?;
    let place = call.query.get("thread_id").and_then(|id| id.parse().ok()).unwrap_or(webhook.channel);
    let id = state.execute_webhook(&webhook, place, &wanted, &call.files)?;
    match call.query.get("wait").map(String::as_str) {
        Some("true" | "1") => Answer::ok(state.message_json(&state.messages[&place][&id])),
        _ => Answer::empty(),
    }
}

impl State {
    /// Posts through a webhook: the author is the webhook, not a user. <https://docs.discord.com/developers/resources/webhook#execute-webhook>
    pub(crate) fn execute_webhook(
        &mut self,
        webhook: &Webhook,
        place: Id,
        wanted: &CreateMessage,
        files: &[Value],
    ) -> Result<Id, Refusal> {
        wanted.no_nonce()?;
        let channel = self.channels.get(&place).ok_or_else(Refusal::unknown_channel)?;
        if place != webhook.channel && channel.parent != Some(webhook.channel) {
            return Err(Refusal::unknown_channel());
        }
        if let Some(name) = &wanted.username {
            check_name(name)?;
        }
        let (parts, allowed) = wanted.check(files, Allowed::users_only())?;
        let name = wanted.username.clone().unwrap_or_else(|| webhook.name.clone());
        let author = Author { id: webhook.id, name, bot: true, webhook: true };
        let flags = parts.flags & (flag::SUPPRESS_EMBEDS | flag::SUPPRESS_NOTIFICATIONS | flag::COMPONENTS_V2);
        Ok(self.post(Draft { allowed, flags, ..Draft::of(place, author, parts) }))
    }
}

/// A message this token may touch: of the webhook, or of the interaction.
fn reached(state: &State, call: &Call) -> Result<Message, Refusal> {
    if call.id(0)? == state.app.id {
        return interactions::answer(state, call).cloned();
    }
    let webhook = webhook(state, call)?;
    let mut own = state.messages.values().filter_map(|all| all.get(&call.id(2).ok()?));
    own.find(|message| message.author.webhook && message.author.id == webhook.id)
        .cloned()
        .ok_or_else(Refusal::unknown_message)
}

pub(super) fn get_message(state: &mut State, call: &Call) -> Outcome {
    Answer::ok(state.message_json(&reached(state, call)?))
}

pub(super) fn edit_message(state: &mut State, call: &Call) -> Outcome {
    let message = reached(state, call)?;
    let wanted: EditMessage = call.body()?;
    let change = super::messages::change(&wanted, &message, &call.files, Allowed::users_only())?;
    state.edit(message.channel, message.id, change);
    Answer::ok(state.message_json(&state.messages[&message.channel][&message.id]))
}

pub(super) fn delete_message(state: &mut State, call: &Call) -> Outcome {
    let message = reached(state, call)?;
    state.remove_message(message.channel, message.id);
    Answer::empty()
}
