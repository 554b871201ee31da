//! Interactions as people start them: slash commands, buttons, selects, forms, completions, menus. What a Discord client would
//! not let a person do is refused here, before the app hears of it.
//! Never answers an interaction; the app does, over REST.

mod event;
mod handle;
mod options;
pub(crate) mod record;

use crate::{
    Playground,
    id::{Id, Key},
    message::Message,
    permission::{self, bit::USE_APPLICATION_COMMANDS},
    state::{Command, State},
};
use anyhow::{Context, Result, bail, ensure};
use event::Start;
pub use handle::Interaction;
pub use record::Done;
use serde_json::{Value, json};

impl Playground {
    /// Types a slash command: `path` is `"incident new"`, `options` an object of option values (users, roles and channels by
    /// name or id, files as objects of `filename` and `content`), or Discord's nested options array as it is. Refused if the command is not registered, an option is unknown,
    /// misses, or is none of its choices, or the person may not use it there.
    pub async fn slash(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        path: &str,
        options: Value,
    ) -> Result<Interaction> {
        let (user, channel) = (user.into(), channel.into());
        self.begin(|state| {
            let (user, channel) = placed(state, &user, &channel)?;
            let (command, tail) = find(state, channel, path, 1)?;
            usable(state, user, channel, &command)?;
            let options = match options {
                Value::Array(ready) => ready,
                map => {
                    let map = options::with_files(state, map);
                    options::nested(state, &command.json, &tail, &map, None)?
                }
            };
            Ok(event::command(state, user, channel, &command, &options))
        })
        .await
    }

    /// Asks for completions of the option `focused`, with what was typed so far in `options`.
    pub async fn autocomplete(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        path: &str,
        options: Value,
        focused: &str,
    ) -> Result<Interaction> {
        let (user, channel) = (user.into(), channel.into());
        self.begin(|state| {
            let (user, channel) = placed(state, &user, &channel)?;
            let (command, tail) = find(state, channel, path, 1)?;
            let options = options::nested(state, &command.json, &tail, &options, Some(focused))?;
            Ok(Start { kind: 4, ..event::command(state, user, channel, &command, &options) })
        })
        .await
    }

    /// Sends any command data as it is, checked by nothing: forged names, wrong types, missing options.
    pub async fn command_unchecked(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        data: Value,
    ) -> Result<Interaction> {
        let (user, channel) = (user.into(), channel.into());
        self.begin(|state| {
            let (user, channel) = placed(state, &user, &channel)?;
            let name = data["name"].as_str().unwrap_or_default().to_owned();
            Ok(Start { name, ..Start::new(2, user, channel, data) })
        })
        .await
    }

    /// Chooses a message's context menu command.
    pub async fn message_menu(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        message: Id,
        name: &str,
    ) -> Result<Interaction> {
        let (user, channel) = (user.into(), channel.into());
        self.begin(|state| {
            let (user, channel) = placed(state, &user, &channel)?;
            let (command, _) = find(state, channel, name, 3)?;
            usable(state, user, channel, &command)?;
            let target = state.message(channel, message).context("no such message")?;
            let resolved = json!({ "messages": { message.to_string(): state.message_json(target) } });
            Ok(event::menu(user, channel, &command, message, resolved))
        })
        .await
    }

    /// Chooses a user's context menu command.
    pub async fn user_menu(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        target: impl Into<Key>,
        name: &str,
    ) -> Result<Interaction> {
        let (user, channel, target) = (user.into(), channel.into(), target.into());
        self.begin(|state| {
            let (user, channel) = placed(state, &user, &channel)?;
            let (command, _) = find(state, channel, name, 2)?;
            usable(state, user, channel, &command)?;
            let target = state.find_user(&target)?;
            let mut resolved = json!({});
            options::resolve(state, channel, 6, target, &mut resolved);
            Ok(event::menu(user, channel, &command, target, resolved))
        })
        .await
    }

    /// Presses a button. Refused if the message has no such enabled button or the person cannot see it.
    pub async fn press(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        message: Id,
        custom_id: &str,
    ) -> Result<Interaction> {
        let (user, channel) = (user.into(), channel.into());
        self.begin(|state| pressed(state, &user, &channel, message, custom_id)).await
    }

    /// Several people press one button in the same instant.
    pub async fn press_together(
        &self,
        users: &[Key],
        channel: impl Into<Key>,
        message: Id,
        custom_id: &str,
    ) -> Result<Vec<Interaction>> {
        let channel = channel.into();
        let ids = self.hub.change(|state| -> Result<Vec<Id>> {
            let starts = users
                .iter()
                .map(|user| pressed(state, user, &channel, message, custom_id))
                .collect::<Result<Vec<_>>>()?;
            Ok(starts.into_iter().map(|start| state.dispatch(start)).collect())
        })?;
        self.settle().await;
        Ok(ids.into_iter().map(|id| Interaction::new(self.hub.clone(), id)).collect())
    }

    /// Sends a button press whatever the message shows: forged, stale, from elsewhere.
    pub async fn press_unchecked(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        message: Id,
        custom_id: &str,
    ) -> Result<Interaction> {
        let (user, channel) = (user.into(), channel.into());
        self.begin(|state| {
            let (user, channel) = placed(state, &user, &channel)?;
            let found =
                state.messages.values().find_map(|all| all.get(&message)).cloned().context("no such message")?;
            Ok(event::component(
                state,
                user,
                channel,
                &found,
                &json!({ "type": 2, "custom_id": custom_id, "id": 1 }),
                None,
            ))
        })
        .await
    }

    /// Chooses in a select menu: values of a string select, or names and ids of users, roles and channels.
    pub async fn select(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        message: Id,
        custom_id: &str,
        values: &[&str],
    ) -> Result<Interaction> {
        let (user, channel) = (user.into(), channel.into());
        self.begin(|state| {
            let (user, channel) = placed(state, &user, &channel)?;
            let found = shown(state, user, channel, message)?;
            let menu = control(&found, custom_id)?;
            let values = options::chosen(state, &menu, values)?;
            Ok(event::component(state, user, channel, &found, &menu, Some(values)))
        })
        .await
    }

    /// Submits the form an interaction was answered with: text by `custom_id`. Refused if a required field is empty, a text is
    /// too short or too long, or a field is unknown.
    pub async fn submit(&self, user: impl Into<Key>, shown: &Interaction, values: Value) -> Result<Interaction> {
        let user = user.into();
        let form = shown.modal().await?;
        let from = shown.id();
        self.begin(|state| {
            let user = state.find_user(&user)?;
            let opened = state.interactions.get(&from).context("the interaction that showed the form")?.clone();
            ensure!(opened.user == user, "only the person who was shown a form can submit it");
            let components = options::filled(&form, &values)?;
            let data = json!({ "custom_id": form["custom_id"], "components": components, "resolved": {} });
            Ok(Start { source: opened.source, name: opened.name, ..Start::new(5, user, opened.channel, data) })
        })
        .await
    }

    async fn begin(&self, begin: impl FnOnce(&mut State) -> Result<Start>) -> Result<Interaction> {
        let id = self.hub.change(|state| begin(state).map(|start| state.dispatch(start)))?;
        self.settle().await;
        Ok(Interaction::new(self.hub.clone(), id))
    }
}

/// Who and where; the person must see the place.
fn placed(state: &State, user: &Key, channel: &Key) -> Result<(Id, Id)> {
    let (user, channel) = (state.find_user(user)?, state.find_channel(channel)?);
    ensure!(state.sees(channel, user), "{} cannot see #{}", state.users[&user].name, state.channels[&channel].name);
    Ok((user, channel))
}

/// The registered command; one of the guild wins over a global one. Also the rest of the path.
fn find(state: &State, channel: Id, path: &str, kind: u8) -> Result<(Command, Vec<String>)> {
    let guild = state.channels[&channel].guild;
    let fits = |command: &&Command| {
        let name = if kind == 1 { path.split(' ').next().unwrap_or_default() } else { path };
        command.kind == kind && command.name == name && (command.guild.is_none() || command.guild == guild)
    };
    let found = state.commands.iter().filter(fits).max_by_key(|command| command.guild.is_some()).cloned();
    let known: Vec<&str> =
        state.commands.iter().filter(|command| command.kind == kind).map(|command| command.name.as_str()).collect();
    let command = found.with_context(|| format!("no command {path:?} is registered; there are {known:?}"))?;
    Ok((command, path.split(' ').skip(1).map(str::to_owned).collect()))
}

/// May this person use this command here?
fn usable(state: &State, user: Id, channel: Id, command: &Command) -> Result<()> {
    let context = u8::from(state.channels[&channel].guild.is_none());
    let contexts = command.json["contexts"].as_array();
    ensure!(
        contexts.is_none_or(|all| all.contains(&json!(context))),
        "/{} is not offered here (contexts)",
        command.name
    );
    let Some(guild) = state.guild_of(channel) else { return Ok(()) };
    let bits = state.permissions(channel, user);
    ensure!(bits & USE_APPLICATION_COMMANDS != 0, "USE_APPLICATION_COMMANDS is missing here");
    let needs: Option<u64> = command.json["default_member_permissions"].as_str().and_then(|text| text.parse().ok());
    match needs {
        Some(0) if permission::in_guild(guild, user) != permission::ALL => {
            bail!("/{} is for administrators", command.name)
        }
        Some(needs) if permission::in_guild(guild, user) & needs != needs => {
            bail!("/{} needs permissions {needs}", command.name)
        }
        _ => Ok(()),
    }
}

/// The message as this person has it on the screen.
fn shown(state: &State, user: Id, channel: Id, message: Id) -> Result<Message> {
    let found = state.message(channel, message).with_context(|| format!("no message {message} in that channel"))?;
    ensure!(found.only_for.is_none_or(|only| only == user), "only somebody else sees that message");
    Ok(found.clone())
}

fn control(message: &Message, custom_id: &str) -> Result<Value> {
    let controls = message.controls();
    let known: Vec<&str> = controls.iter().filter_map(|one| one["custom_id"].as_str()).collect();
    let found = controls
        .iter()
        .find(|one| one["custom_id"] == custom_id)
        .with_context(|| format!("no component {custom_id:?}; there are {known:?}"))?;
    ensure!(found["disabled"] != true, "the component {custom_id:?} is disabled");
    Ok(found.clone())
}

fn pressed(state: &State, user: &Key, channel: &Key, message: Id, custom_id: &str) -> Result<Start> {
    let (user, channel) = placed(state, user, channel)?;
    let found = shown(state, user, channel, message)?;
    let button = control(&found, custom_id)?;
    ensure!(button["type"] == 2, "{custom_id:?} is no button");
    Ok(event::component(state, user, channel, &found, &button, None))
}
