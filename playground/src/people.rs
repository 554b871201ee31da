//! What people, their tools and administrators do: write, react, edit, delete, change roles and channels.
//! Never speaks for the app. Each call returns once the events are written to every connected session.

use crate::{
    Playground,
    body::{self, message::CreateMessage},
    channel::{Channel, Overwrite, kind},
    gateway::event::Intent,
    guild::{Guild, Member, Role},
    id::{Id, Key},
    message::Emoji,
    permission::bit::{ADD_REACTIONS, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS},
    post::{Change, Draft},
    refusal::Refusal,
    state::State,
    world::intent::GUILD_MEMBERS,
};
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

fn refused(refusal: Refusal) -> anyhow::Error {
    anyhow!("Discord would refuse this: {}", refusal.body())
}

impl Playground {
    /// Someone writes. Refused if they cannot write there.
    pub async fn say(&self, user: impl Into<Key>, channel: impl Into<Key>, text: &str) -> Result<Id> {
        self.post_as(user.into(), channel.into(), json!({ "content": text })).await
    }

    /// Another bot (or a person) posts any message body: embeds, components.
    pub async fn bot_post(&self, user: impl Into<Key>, channel: impl Into<Key>, message: Value) -> Result<Id> {
        self.post_as(user.into(), channel.into(), message).await
    }

    async fn post_as(&self, user: Key, channel: Key, message: Value) -> Result<Id> {
        self.act(|state| {
            let (user, channel) = (state.find_user(&user)?, state.find_channel(&channel)?);
            let sends =
                if state.channels[&channel].thread.is_some() { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES };
            ensure!(
                state.permissions(channel, user) & sends != 0,
                "{} cannot write in #{}",
                state.users[&user].name,
                state.channels[&channel].name
            );
            let wanted: CreateMessage = body::read(&message).map_err(refused)?;
            let (parts, allowed) = wanted.check(&[], crate::mention::Allowed::all()).map_err(refused)?;
            Ok(state.post(Draft { allowed, ..Draft::of(channel, state.author(user, channel), parts) }))
        })
        .await
    }

    /// Someone answers a message.
    pub async fn reply(&self, user: impl Into<Key>, channel: impl Into<Key>, to: Id, text: &str) -> Result<Id> {
        let (user, channel) = (user.into(), channel.into());
        self.act(|state| {
            let (user, channel) = (state.find_user(&user)?, state.find_channel(&channel)?);
            let guild = state.channels[&channel].guild.map(|id| id.to_string());
            let reference = json!({ "type": 0, "message_id": to.to_string(), "channel_id": channel.to_string(), "guild_id": guild });
            let author = state.author(user, channel);
            let draft = Draft { kind: crate::message::kind::REPLY, reference: Some(reference), content: text.to_owned(), ..Draft::new(channel, author) };
            Ok(state.post(draft))
        })
        .await
    }

    /// A tool posts through a webhook; the body is that of Discord's Execute Webhook. REST works as well:
    /// `POST {url}/api/webhooks/{id}/webhook-token-{id}`.
    pub async fn webhook_post(&self, webhook: Id, message: Value) -> Result<Id> {
        self.act(|state| {
            let webhook = state.webhooks.get(&webhook).cloned().context("no such webhook")?;
            let wanted: CreateMessage = body::read(&message).map_err(refused)?;
            state.execute_webhook(&webhook, webhook.channel, &wanted, &[]).map_err(refused)
        })
        .await
    }

    /// Writes many messages of one person with one bell: a flood.
    pub async fn flood(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        texts: impl IntoIterator<Item = String>,
    ) -> Result<Vec<Id>> {
        let (user, channel) = (user.into(), channel.into());
        self.act(|state| {
            let (user, channel) = (state.find_user(&user)?, state.find_channel(&channel)?);
            let author = state.author(user, channel);
            let drafts = texts.into_iter().map(|content| Draft { content, ..Draft::new(channel, author.clone()) });
            Ok(drafts.map(|draft| state.post(draft)).collect())
        })
        .await
    }

    /// An author edits their message.
    pub async fn edit_message(&self, channel: impl Into<Key>, message: Id, text: &str) -> Result<()> {
        let channel = channel.into();
        self.act(|state| {
            let channel = state.find_channel(&channel)?;
            state.message(channel, message).context("no such message")?;
            state.edit(channel, message, Change { content: Some(text.to_owned()), ..Change::default() });
            Ok(())
        })
        .await
    }

    /// A webhook edits its message: any parts.
    pub async fn edit_embeds(&self, channel: impl Into<Key>, message: Id, embeds: Vec<Value>) -> Result<()> {
        let channel = channel.into();
        self.act(|state| {
            let channel = state.find_channel(&channel)?;
            state.message(channel, message).context("no such message")?;
            let embeds = body::embed::embeds(&embeds).map_err(refused)?;
            state.edit(channel, message, Change { embeds: Some(embeds), ..Change::default() });
            Ok(())
        })
        .await
    }

    /// Someone deletes a message.
    pub async fn delete_message(&self, channel: impl Into<Key>, message: Id) -> Result<()> {
        let channel = channel.into();
        self.act(|state| {
            let channel = state.find_channel(&channel)?;
            ensure!(state.remove_message(channel, message), "no such message");
            Ok(())
        })
        .await
    }

    /// Someone reacts. Refused if they may not.
    pub async fn react(&self, user: impl Into<Key>, channel: impl Into<Key>, message: Id, emoji: &str) -> Result<()> {
        let (user, channel) = (user.into(), channel.into());
        self.act(|state| {
            let (user, channel) = (state.find_user(&user)?, state.find_channel(&channel)?);
            let emoji = Emoji::parse(emoji).context("no emoji")?;
            let found = state.message(channel, message).context("no such message")?;
            let needs = if found.reactions.iter().any(|one| one.emoji == emoji) { 0 } else { ADD_REACTIONS };
            let may = state.sees(channel, user) && state.permissions(channel, user) & needs == needs;
            ensure!(may, "{} may not react there", state.users[&user].name);
            state.add_reaction(channel, message, user, emoji);
            Ok(())
        })
        .await
    }

    /// Someone takes a reaction back.
    pub async fn unreact(&self, user: impl Into<Key>, channel: impl Into<Key>, message: Id, emoji: &str) -> Result<()> {
        let (user, channel) = (user.into(), channel.into());
        self.act(|state| {
            let (user, channel) = (state.find_user(&user)?, state.find_channel(&channel)?);
            let emoji = Emoji::parse(emoji).context("no emoji")?;
            ensure!(state.remove_reaction(channel, message, user, &emoji), "there was no such reaction");
            Ok(())
        })
        .await
    }

    /// Someone pins or unpins a message.
    pub async fn set_pinned(
        &self,
        user: impl Into<Key>,
        channel: impl Into<Key>,
        message: Id,
        pinned: bool,
    ) -> Result<()> {
        let (user, channel) = (user.into(), channel.into());
        self.act(|state| {
            let (user, channel) = (state.find_user(&user)?, state.find_channel(&channel)?);
            let author = state.author(user, channel);
            state.set_pinned(channel, message, &author, pinned);
            Ok(())
        })
        .await
    }

    /// Opens the direct channel between the app and someone.
    pub fn open_dm(&self, user: impl Into<Key>) -> Result<Id> {
        let user = user.into();
        self.hub.change(|state| state.find_user(&user).map(|user| state.dm_channel(user)))
    }

    /// An administrator creates a channel in the first guild (or where `channel.guild` says).
    pub async fn create_channel(&self, channel: Channel) -> Result<Id> {
        self.act(|state| {
            let guild = channel.guild.or_else(|| state.guilds.keys().next().copied());
            let id = if channel.id == 0 { state.new_id() } else { channel.id };
            state.channels.insert(id, Channel { id, guild, ..channel });
            state.emit_channel("CHANNEL_CREATE", id);
            Ok(id)
        })
        .await
    }

    /// An administrator deletes a channel or thread.
    pub async fn delete_channel(&self, channel: impl Into<Key>) -> Result<()> {
        let channel = channel.into();
        self.act(|state| {
            let channel = state.find_channel(&channel)?;
            state.remove_channel(channel);
            Ok(())
        })
        .await
    }

    /// An administrator changes a channel in any way: name, topic, overwrites, thread flags.
    pub async fn change_channel(&self, channel: impl Into<Key>, change: impl FnOnce(&mut Channel)) -> Result<()> {
        let channel = channel.into();
        self.act(|state| {
            let id = state.find_channel(&channel)?;
            let place = state.channels.get_mut(&id).expect("just found");
            change(place);
            let name = if place.thread.is_some() { "THREAD_UPDATE" } else { "CHANNEL_UPDATE" };
            state.emit_channel(name, id);
            Ok(())
        })
        .await
    }

    /// An administrator denies a role or member something in a channel; allowing it again is `allow`.
    pub async fn overwrite(&self, channel: impl Into<Key>, overwrite: Overwrite) -> Result<()> {
        self.change_channel(channel, |channel| {
            channel.overwrites.retain(|one| one.id != overwrite.id);
            channel.overwrites.push(overwrite);
        })
        .await
    }

    /// Fills the first guild with empty text channels until it has `count` channels.
    pub fn fill_channels(&self, count: usize) {
        self.hub.change(|state| {
            let guild = state.guilds.keys().next().copied();
            let there =
                state.channels.values().filter(|channel| channel.guild == guild && channel.thread.is_none()).count();
            for n in there..count {
                let id = state.new_id();
                state.channels.insert(id, Channel { guild, ..Channel::new(id, kind::TEXT, format!("filler-{n}")) });
            }
        });
    }

    /// Changes a member (roles, nick) in the guild; events go to sessions with GUILD_MEMBERS.
    pub async fn change_member(&self, user: impl Into<Key>, change: impl FnOnce(&mut Member)) -> Result<()> {
        let user = user.into();
        self.act(|state| {
            let user = state.find_user(&user)?;
            let guild = state
                .guilds
                .values()
                .find(|guild| guild.members.contains_key(&user))
                .map(|guild| guild.id)
                .context("not a member")?;
            state.change_member(guild, user, change);
            Ok(())
        })
        .await
    }

    /// Someone leaves every guild.
    pub async fn leave(&self, user: impl Into<Key>) -> Result<()> {
        let user = user.into();
        self.act(|state| {
            let user = state.find_user(&user)?;
            let guilds: Vec<Id> =
                state.guilds.values_mut().filter_map(|guild| guild.members.remove(&user).map(|_| guild.id)).collect();
            for guild in guilds {
                let event = json!({ "guild_id": guild.to_string(), "user": state.user_json(user) });
                state.emit_guild("GUILD_MEMBER_REMOVE", guild, GUILD_MEMBERS, &event);
            }
            Ok(())
        })
        .await
    }

    /// Someone joins the first guild.
    pub async fn join(&self, member: Member) -> Result<()> {
        self.act(|state| {
            let guild = state.guilds.values_mut().next().context("there is a guild")?;
            let id = guild.id;
            guild.members.insert(member.user.id, member.clone());
            state.users.insert(member.user.id, member.user.clone());
            state.emit_member("GUILD_MEMBER_ADD", id, &member);
            Ok(())
        })
        .await
    }

    /// Opens or closes someone's direct messages.
    pub fn set_dm_open(&self, user: impl Into<Key>, open: bool) -> Result<()> {
        let user = user.into();
        self.hub.change(|state| {
            let id = state.find_user(&user)?;
            state.users.get_mut(&id).expect("just found").dm_open = open;
            Ok(())
        })
    }

    /// Changes a role (its permissions, for example), the app's own included.
    pub async fn change_role(&self, role: impl Into<Key>, change: impl FnOnce(&mut Role)) -> Result<()> {
        let role = role.into();
        self.act(|state| {
            let (guild, id) = state.find_role(&role)?;
            let role = state.guilds.get_mut(&guild).and_then(|guild| guild.roles.get_mut(&id)).expect("just found");
            change(role);
            let role = role.clone();
            state.emit_role("GUILD_ROLE_UPDATE", guild, &role);
            Ok(())
        })
        .await
    }

    /// Changes a guild's own settings: name, owner, notifications.
    pub async fn change_guild(&self, guild: Id, change: impl FnOnce(&mut Guild)) -> Result<()> {
        self.act(|state| {
            change(state.guilds.get_mut(&guild).context("the playground knows no such guild")?);
            let event = state.guild_json(&state.guilds[&guild]);
            state.emit_guild("GUILD_UPDATE", guild, 1, &event);
            Ok(())
        })
        .await
    }

    /// Switches privileged intents on or off in the developer portal; see [`crate::world::intent`].
    pub fn grant_intents(&self, bits: u64) {
        self.hub.change(|state| state.app.granted_intents = bits);
    }

    /// Deletes a role.
    pub async fn delete_role(&self, role: impl Into<Key>) -> Result<()> {
        let role = role.into();
        self.act(|state| {
            let (guild, id) = state.find_role(&role)?;
            let home = state.guilds.get_mut(&guild).expect("just found");
            home.roles.remove(&id);
            home.members.values_mut().for_each(|member| {
                member.roles.remove(&id);
            });
            state.emit_guild(
                "GUILD_ROLE_DELETE",
                guild,
                1,
                &json!({ "guild_id": guild.to_string(), "role_id": id.to_string() }),
            );
            Ok(())
        })
        .await
    }

    /// Changes the app's token: requests with the old one are 401, the gateway closes with 4004.
    pub fn revoke_token(&self, new: &str) {
        self.hub.change(|state| {
            state.app.token = new.to_owned();
            state.sessions.list.iter_mut().for_each(|session| session.close(4004));
        });
    }

    async fn act<T>(&self, act: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let out = self.hub.change(act)?;
        self.settle().await;
        Ok(out)
    }
}

impl State {
    /// Changes a member and tells those who may know.
    pub(crate) fn change_member(&mut self, guild: Id, user: Id, change: impl FnOnce(&mut Member)) {
        let Some(member) = self.guilds.get_mut(&guild).and_then(|guild| guild.members.get_mut(&user)) else { return };
        change(member);
        let member = member.clone();
        self.emit_member("GUILD_MEMBER_UPDATE", guild, &member);
    }

    /// Removes a channel with its threads and messages; a category leaves its channels without parent.
    pub(crate) fn remove_channel(&mut self, id: Id) {
        let children: Vec<(Id, bool)> = self
            .channels
            .values()
            .filter(|channel| channel.parent == Some(id))
            .map(|channel| (channel.id, channel.thread.is_some()))
            .collect();
        for (child, is_thread) in children {
            if is_thread {
                self.remove_channel(child);
            } else if let Some(channel) = self.channels.get_mut(&child) {
                channel.parent = None;
                self.emit_channel("CHANNEL_UPDATE", child);
            }
        }
        let Some(channel) = self.channels.get(&id) else { return };
        let (name, event) = match channel.thread {
            Some(_) => {
                let parent = channel.parent.map(|id| id.to_string());
                let guild = channel.guild.map(|id| id.to_string());
                (
                    "THREAD_DELETE",
                    json!({ "id": id.to_string(), "guild_id": guild, "parent_id": parent, "type": channel.kind }),
                )
            }
            None => ("CHANNEL_DELETE", self.channel_json(channel)),
        };
        self.emit(name, id, Intent::Guilds, &event);
        self.channels.remove(&id);
        self.messages.remove(&id);
        self.webhooks.retain(|_, webhook| webhook.channel != id);
    }
}
