//! A guild, its roles, members and the users behind them, and how Discord writes each as JSON.
//! Never sends anything and checks no permission.

use crate::{channel::stamp, id::Id, permission, state::State};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A server. Its id is also the id of its @everyone role.
#[derive(Clone, Debug)]
pub struct Guild {
    /// Snowflake.
    pub id: Id,
    /// Shown name.
    pub name: String,
    /// The user who may do everything.
    pub owner: Id,
    /// Roles by id, @everyone included.
    pub roles: BTreeMap<Id, Role>,
    /// Members by user id.
    pub members: BTreeMap<Id, Member>,
    /// An outage: no events, no GUILD_CREATE until it is back.
    pub unavailable: bool,
    /// Who has not chosen hears only of mentions; otherwise of every message, as in a new server.
    pub mentions_only: bool,
    /// Moderation needs two-factor authentication.
    pub two_factor: bool,
    /// Where Discord greets new members.
    pub system_channel: Option<Id>,
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Snowflake.
    pub id: Id,
    /// Shown name.
    pub name: String,
    /// Permission bits.
    pub permissions: u64,
    /// Height in the list; @everyone is 0.
    pub position: u16,
    /// May anyone mention it?
    pub mentionable: bool,
    /// The bot this role belongs to.
    pub bot: Option<Id>,
}

/// A member of a guild.
#[derive(Clone, Debug)]
pub struct Member {
    /// The user.
    pub user: User,
    /// Name in this guild.
    pub nick: Option<String>,
    /// Role ids, without @everyone.
    pub roles: BTreeSet<Id>,
    /// When they joined.
    pub joined: DateTime<Utc>,
}

/// An account.
#[derive(Clone, Debug)]
pub struct User {
    /// Snowflake.
    pub id: Id,
    /// The name shown.
    pub name: String,
    /// Is it an application's account?
    pub bot: bool,
    /// Does it accept direct messages from the bot?
    pub dm_open: bool,
}

impl Guild {
    /// A guild with nothing but @everyone.
    pub fn new(id: Id, name: impl Into<String>) -> Self {
        let everyone = Role { position: 0, ..Role::new(id, "@everyone").permissions(permission::EVERYONE) };
        let roles = BTreeMap::from([(id, everyone)]);
        Self {
            id,
            name: name.into(),
            owner: 0,
            roles,
            members: BTreeMap::new(),
            unavailable: false,
            mentions_only: false,
            two_factor: false,
            system_channel: None,
        }
    }

    /// Adds a role above those that are there.
    pub fn add_role(&mut self, mut role: Role) {
        role.position = u16::try_from(self.roles.len()).unwrap_or(u16::MAX);
        self.roles.insert(role.id, role);
    }

    /// The height of a member's highest role.
    pub fn height(&self, user: Id) -> u16 {
        let member = self.members.get(&user);
        let roles = member.into_iter().flat_map(|member| &member.roles);
        roles.filter_map(|id| self.roles.get(id)).map(|role| role.position).max().unwrap_or(0)
    }
}

impl Role {
    /// A role without permissions that only MENTION_EVERYONE may mention.
    pub fn new(id: Id, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), permissions: 0, position: 1, mentionable: false, bot: None }
    }

    /// Sets the permission bits.
    pub fn permissions(mut self, bits: u64) -> Self {
        self.permissions = bits;
        self
    }

    /// Lets everyone mention it.
    pub fn mentionable(mut self) -> Self {
        self.mentionable = true;
        self
    }

    pub(crate) fn json(&self) -> Value {
        let mut role = json!({
            "id": self.id.to_string(), "name": self.name, "permissions": self.permissions.to_string(), "position": self.position,
            "color": 0, "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null }, "hoist": false,
            "managed": self.bot.is_some(), "mentionable": self.mentionable, "icon": null, "unicode_emoji": null, "flags": 0,
        });
        if let Some(bot) = self.bot {
            role["tags"] = json!({ "bot_id": bot.to_string() });
        }
        role
    }
}

impl Member {
    /// A member without roles, joined long ago, whose direct messages are open.
    pub fn new(id: Id, name: impl Into<String>) -> Self {
        let user = User { id, name: name.into(), bot: false, dm_open: true };
        let joined = DateTime::from_timestamp(1_650_000_000, 0).unwrap_or_default();
        Self { user, nick: None, roles: BTreeSet::new(), joined }
    }

    /// Gives roles.
    pub fn roles(mut self, roles: impl IntoIterator<Item = Id>) -> Self {
        self.roles.extend(roles);
        self
    }

    /// Sets the name in this guild.
    pub fn nick(mut self, nick: impl Into<String>) -> Self {
        self.nick = Some(nick.into());
        self
    }

    /// Refuses direct messages: sending answers 50007.
    pub fn dms_closed(mut self) -> Self {
        self.user.dm_open = false;
        self
    }

    /// Makes it another bot's account.
    pub fn bot(mut self) -> Self {
        self.user.bot = true;
        self
    }

    pub(crate) fn json(&self) -> Value {
        let mut member = self.partial_json();
        member["user"] = self.user.json();
        member
    }

    /// The member without its user, as in message events.
    pub(crate) fn partial_json(&self) -> Value {
        json!({
            "avatar": null, "banner": null, "communication_disabled_until": null, "flags": 0, "joined_at": stamp(self.joined),
            "nick": self.nick, "pending": false, "premium_since": null, "mute": false, "deaf": false,
            "roles": self.roles.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

impl User {
    pub(crate) fn json(&self) -> Value {
        let username: String =
            self.name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        json!({
            "id": self.id.to_string(), "username": username, "global_name": if self.bot { Value::Null } else { json!(self.name) },
            "avatar": null, "discriminator": if self.bot { "0420" } else { "0" }, "public_flags": 0, "flags": 0, "bot": self.bot,
            "system": false, "banner": null, "accent_color": null, "avatar_decoration_data": null, "collectibles": null, "primary_guild": null,
        })
    }
}

impl State {
    /// The guild as REST shows it.
    pub(crate) fn guild_json(&self, guild: &Guild) -> Value {
        json!({
            "id": guild.id.to_string(), "name": guild.name, "icon": null, "description": null, "home_header": null, "splash": null,
            "discovery_splash": null, "features": [], "banner": null, "owner_id": guild.owner.to_string(), "application_id": null,
            "region": "deprecated", "afk_channel_id": null, "afk_timeout": 300, "system_channel_id": guild.system_channel.map(|id| id.to_string()), "system_channel_flags": 0,
            "widget_enabled": false, "widget_channel_id": null, "verification_level": 0, "default_message_notifications": u8::from(guild.mentions_only),
            "mfa_level": u8::from(guild.two_factor),
            "roles": guild.roles.values().map(Role::json).collect::<Vec<_>>(), "explicit_content_filter": 0, "max_presences": null,
            "max_members": 500_000, "max_stage_video_channel_users": 50, "max_video_channel_users": 25, "vanity_url_code": null,
            "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": null,
            "safety_alerts_channel_id": null, "public_updates_channel_id": null, "premium_progress_bar_enabled": false, "nsfw": false,
            "nsfw_level": 0, "emojis": [], "stickers": [], "incidents_data": null,
        })
    }

    /// The guild as GUILD_CREATE shows it: with channels, threads and only the bot as a member (no GUILD_MEMBERS needed).
    pub(crate) fn guild_event(&self, guild: &Guild) -> Value {
        let mut event = self.guild_json(guild);
        let visible = |channel: &&crate::channel::Channel| channel.guild == Some(guild.id) && self.app_sees(channel);
        let (threads, channels): (Vec<_>, Vec<_>) =
            self.channels.values().filter(visible).partition(|channel| channel.thread.is_some());
        let active =
            threads.into_iter().filter(|channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived));
        let me = guild.members.get(&self.app.id);
        event["joined_at"] = json!(me.map(|member| stamp(member.joined)));
        event["large"] = json!(guild.members.len() > 250);
        event["unavailable"] = json!(false);
        event["member_count"] = json!(guild.members.len());
        event["members"] = json!(me.into_iter().map(Member::json).collect::<Vec<_>>());
        event["channels"] = json!(channels.into_iter().map(|channel| self.channel_json(channel)).collect::<Vec<_>>());
        event["threads"] = json!(active.map(|channel| self.channel_json(channel)).collect::<Vec<_>>());
        for empty in ["voice_states", "presences", "stage_instances", "guild_scheduled_events", "soundboard_sounds"] {
            event[empty] = json!([]);
        }
        event
    }
}
