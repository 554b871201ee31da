//! The world a playground starts with: guilds, roles, members, channels, webhooks, the application.
//! Never runs anything; `Playground::start` does.

use crate::{
    channel::{Channel, Overwrite, kind},
    guild::{Guild, Member, Role},
    id::Id,
    permission,
    state::{App, State, Webhook},
};
use std::{collections::BTreeSet, path::PathBuf};

/// Privileged intents: they must be switched on in the developer portal.
pub mod intent {
    /// Member events and lists.
    pub const GUILD_MEMBERS: u64 = 1 << 1;
    /// Presences.
    pub const GUILD_PRESENCES: u64 = 1 << 8;
    /// Others' message content.
    pub const MESSAGE_CONTENT: u64 = 1 << 15;
}

/// A world under construction. Every method acts on the newest guild.
#[derive(Clone, Debug)]
pub struct World {
    app: App,
    guilds: Vec<Guild>,
    channels: Vec<Channel>,
    webhooks: Vec<Webhook>,
    not_joined: BTreeSet<Id>,
    record: Option<PathBuf>,
}

impl World {
    /// One guild, the application in it with [`permission::BOT`] through its own role, nobody else and no channel.
    /// The app's id is 900000000000000002, its token `playground-token`, and every privileged intent is granted.
    pub fn new(guild: Id, name: impl Into<String>) -> Self {
        let granted_intents = intent::GUILD_MEMBERS | intent::GUILD_PRESENCES | intent::MESSAGE_CONTENT;
        let app = App {
            id: 900_000_000_000_000_002,
            name: "Bot".into(),
            token: "playground-token".into(),
            granted_intents,
            permissions: permission::BOT,
        };
        let guilds = vec![Guild::new(guild, name)];
        Self { app, guilds, channels: Vec::new(), webhooks: Vec::new(), not_joined: BTreeSet::new(), record: None }
    }

    /// A small ready-made world: guild 900000000000000001 with members Ana (…10), Ben (…11), Cleo (…12), owner Olga (…19);
    /// role `oncall` (…20) of Ana and Ben; channels `general` (…30), `alerts` (…31); webhook `monitor` (…40) on `alerts`.
    pub fn sample() -> Self {
        let id = |n: u64| 900_000_000_000_000_000 + n;
        Self::new(id(1), "Acme")
            .role(Role::new(id(20), "oncall"))
            .member(Member::new(id(19), "Olga"))
            .owner(id(19))
            .member(Member::new(id(10), "Ana").roles([id(20)]))
            .member(Member::new(id(11), "Ben").roles([id(20)]))
            .member(Member::new(id(12), "Cleo"))
            .channel(Channel::text(id(30), "general"))
            .channel(Channel::text(id(31), "alerts"))
            .webhook(id(40), id(31), "monitor")
    }

    /// Sets the application's id (also its user id), name and token.
    pub fn app(mut self, id: Id, name: impl Into<String>, token: impl Into<String>) -> Self {
        self.app = App { id, name: name.into(), token: token.into(), ..self.app };
        self
    }

    /// Sets what the application's role may do, in every guild.
    pub fn app_permissions(mut self, bits: u64) -> Self {
        self.app.permissions = bits;
        self
    }

    /// Takes privileged intents away: asking for them closes the gateway with 4014. See [`intent`].
    pub fn without_intents(mut self, bits: u64) -> Self {
        self.app.granted_intents &= !bits;
        self
    }

    /// Begins a further guild.
    pub fn guild(mut self, id: Id, name: impl Into<String>) -> Self {
        self.guilds.push(Guild::new(id, name));
        self
    }

    /// Makes a member the owner.
    pub fn owner(mut self, user: Id) -> Self {
        self.last().owner = user;
        self
    }

    /// Who has not chosen hears only of mentions in this guild.
    pub fn mentions_only(mut self) -> Self {
        self.last().mentions_only = true;
        self
    }

    /// Moderation of this guild needs two-factor authentication.
    pub fn two_factor(mut self) -> Self {
        self.last().two_factor = true;
        self
    }

    /// Where Discord greets new members of this guild.
    pub fn system_channel(mut self, channel: Id) -> Self {
        self.last().system_channel = Some(channel);
        self
    }

    /// The app is not in this guild yet; see [`crate::Gateway::guild_joined`].
    pub fn not_joined(mut self) -> Self {
        let id = self.last().id;
        self.not_joined.insert(id);
        self
    }

    /// Sets the permissions of @everyone.
    pub fn everyone(mut self, bits: u64) -> Self {
        let guild = self.last();
        let id = guild.id;
        guild.roles.insert(id, Role { position: 0, ..Role::new(id, "@everyone").permissions(bits) });
        self
    }

    /// Adds a role above the others.
    pub fn role(mut self, role: Role) -> Self {
        self.last().add_role(role);
        self
    }

    /// Adds a member; [`Member::bot`] makes it another bot.
    pub fn member(mut self, member: Member) -> Self {
        self.last().members.insert(member.user.id, member);
        self
    }

    /// Adds a channel or category.
    pub fn channel(mut self, channel: Channel) -> Self {
        let guild = Some(self.last().id);
        let position = u32::try_from(self.channels.len()).unwrap_or(u32::MAX);
        self.channels.push(Channel { guild, position, ..channel });
        self
    }

    /// Adds a text channel only these roles or members see, besides the app; [`World::app`] comes before it.
    pub fn private_channel(self, id: Id, name: impl Into<String>, seen_by: &[Overwrite]) -> Self {
        let view = permission::bit::VIEW_CHANNEL;
        let everyone = Overwrite::role(self.guilds.last().expect("a world has a guild").id).deny(view);
        let app = Overwrite::member(self.app.id).allow(view);
        let allowed = seen_by.iter().cloned().map(|one| one.allow(view));
        let overwrites = [everyone, app].into_iter().chain(allowed).collect();
        self.channel(Channel { overwrites, ..Channel::new(id, kind::TEXT, name) })
    }

    /// Adds a webhook; its token is `webhook-token-ID`.
    pub fn webhook(mut self, id: Id, channel: Id, name: impl Into<String>) -> Self {
        self.webhooks.push(Webhook { id, channel, name: name.into(), token: format!("webhook-token-{id}") });
        self
    }

    /// Writes every REST exchange to a file, one JSON object a line.
    pub fn record_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.record = Some(path.into());
        self
    }

    fn last(&mut self) -> &mut Guild {
        self.guilds.last_mut().expect("a world has a guild")
    }

    /// The state this world begins as.
    pub(crate) fn build(self) -> anyhow::Result<State> {
        let mut state = State::new(self.app);
        for mut guild in self.guilds {
            if !self.not_joined.contains(&guild.id) {
                state.app.join(&mut guild);
            }
            for member in guild.members.values() {
                state.users.insert(member.user.id, member.user.clone());
            }
            state.guilds.insert(guild.id, guild);
        }
        state.channels.extend(self.channels.into_iter().map(|channel| (channel.id, channel)));
        state.webhooks.extend(self.webhooks.into_iter().map(|webhook| (webhook.id, webhook)));
        if let Some(path) = self.record {
            state.journal.record_to(&path)?;
        }
        Ok(state)
    }
}
