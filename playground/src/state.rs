//! Everything the playground knows, and how it is looked up. One value behind one lock that is never held across an await.
//! Never reads the network and decides no answer.

use crate::{
    channel::{Channel, kind},
    fault::Faults,
    file::File,
    gateway::session::Sessions,
    guild::{Guild, Member, Role, User},
    id::{Id, Ids, Key},
    interaction::record::Record,
    journal::Journal,
    limit::Limits,
    mention::Ping,
    message::{Author, Message},
    permission::{self, bit::MANAGE_THREADS, bit::VIEW_CHANNEL},
};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// The whole world.
pub(crate) struct State {
    pub app: App,
    pub guilds: BTreeMap<Id, Guild>,
    pub users: BTreeMap<Id, User>,
    pub channels: BTreeMap<Id, Channel>,
    pub messages: HashMap<Id, BTreeMap<Id, Message>>,
    pub webhooks: BTreeMap<Id, Webhook>,
    pub commands: Vec<Command>,
    pub interactions: BTreeMap<Id, Record>,
    pub pings: Vec<Ping>,
    pub quiet_pings: Vec<Ping>,
    pub sessions: Sessions,
    pub faults: Faults,
    pub limits: Limits,
    pub journal: Journal,
    pub times: Times,
    pub edits_of_old_refused: bool,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// By attachment id.
    pub files: HashMap<Id, File>,
    pub nonces: HashMap<String, (DateTime<Utc>, Id, Id)>,
    ids: Ids,
    ahead: Duration,
}

/// The application under test. Its id is also its user id.
#[derive(Clone, Debug)]
pub struct App {
    /// Application and user id.
    pub id: Id,
    /// Shown name.
    pub name: String,
    /// The token it must send.
    pub token: String,
    /// Intents switched on in the developer portal: privileged ones it may ask for.
    pub granted_intents: u64,
    /// What its invite link asks for, and every guild grants.
    pub permissions: u64,
}

impl App {
    /// Somebody invites it: it becomes a member, with a role of its own.
    pub(crate) fn join(&self, guild: &mut Guild) {
        let role =
            Role { bot: Some(self.id), ..Role::new(guild.id + 500_000, &self.name).permissions(self.permissions) };
        let me = Member::new(self.id, &self.name).bot().roles([role.id]);
        guild.add_role(role);
        guild.members.insert(self.id, me);
    }
}

/// A webhook people's tools post through.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Snowflake.
    pub id: Id,
    /// Where it posts.
    pub channel: Id,
    /// Default name of its messages.
    pub name: String,
    /// The secret of its address.
    pub token: String,
}

/// A registered application command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Snowflake.
    pub id: Id,
    /// None: global.
    pub guild: Option<Id>,
    /// 1 slash, 2 user menu, 3 message menu.
    pub kind: u8,
    /// Name.
    pub name: String,
    /// As Discord returns it.
    pub json: Value,
}

/// Discord's deadlines, changeable.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long an interaction waits for its first answer (3 s).
    pub callback: Duration,
    /// How long its token lives (15 min).
    pub token: Duration,
    /// How long a nonce is remembered ("a few minutes").
    pub nonce: Duration,
    /// Age from which the edit limit of 30046 counts (1 h).
    pub old_message: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let min = |n: u64| Duration::from_secs(60 * n);
        Self { callback: Duration::from_secs(3), token: min(15), nonce: min(5), old_message: min(60) }
    }
}

impl State {
    /// An empty world around an app.
    pub(crate) fn new(app: App) -> Self {
        let me = User { id: app.id, name: app.name.clone(), bot: true, dm_open: true };
        Self {
            users: BTreeMap::from([(app.id, me)]),
            app,
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: HashMap::new(),
            webhooks: BTreeMap::new(),
            commands: Vec::new(),
            interactions: BTreeMap::new(),
            pings: Vec::new(),
            quiet_pings: Vec::new(),
            sessions: Sessions::default(),
            faults: Faults::default(),
            limits: Limits::off(),
            journal: Journal::default(),
            times: Times::default(),
            edits_of_old_refused: false,
            url: String::new(),
            files: HashMap::new(),
            nonces: HashMap::new(),
            ids: Ids::default(),
            ahead: Duration::ZERO,
        }
    }

    /// The playground's time: the machine's, plus what was skipped.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.ahead
    }

    /// Skips time.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// A fresh snowflake.
    pub(crate) fn new_id(&mut self) -> Id {
        let now = self.now().timestamp_millis();
        self.ids.next(now)
    }

    /// The guild a channel belongs to.
    pub(crate) fn guild_of(&self, channel: Id) -> Option<&Guild> {
        self.guilds.get(&self.channels.get(&channel)?.guild?)
    }

    /// A member of the guild a channel belongs to.
    pub(crate) fn member_in(&self, channel: Id, user: Id) -> Option<&Member> {
        self.guild_of(channel)?.members.get(&user)
    }

    /// A message by channel and id.
    pub(crate) fn message(&self, channel: Id, id: Id) -> Option<&Message> {
        self.messages.get(&channel)?.get(&id)
    }

    /// Someone's permission bits in a channel. A thread's are its channel's; a direct message has no permissions to check.
    pub(crate) fn permissions(&self, channel: Id, user: Id) -> u64 {
        let Some(place) = self.channels.get(&channel) else { return 0 };
        let Some(guild) = self.guild_of(channel) else {
            return if place.recipient == Some(user) || user == self.app.id { permission::ALL } else { 0 };
        };
        let Some(thread) = &place.thread else { return permission::in_channel(guild, place, user) };
        let parent = place.parent.and_then(|id| self.channels.get(&id));
        let Some(parent) = parent else { return 0 };
        let shaped = Channel { thread: place.thread.clone(), ..parent.clone() };
        let bits = permission::in_channel(guild, &shaped, user);
        let hidden =
            place.kind == kind::PRIVATE_THREAD && !thread.members.contains_key(&user) && bits & MANAGE_THREADS == 0;
        if hidden { 0 } else { bits }
    }

    /// Can someone see a channel?
    pub(crate) fn sees(&self, channel: Id, user: Id) -> bool {
        self.permissions(channel, user) & VIEW_CHANNEL != 0
    }

    /// Can the app see a channel?
    pub(crate) fn app_sees(&self, channel: &Channel) -> bool {
        self.sees(channel.id, self.app.id)
    }

    /// A user as JSON; one who left is still written, by id.
    pub(crate) fn user_json(&self, id: Id) -> Value {
        let stranger = || User { id, name: "deleted user".into(), bot: false, dm_open: false };
        self.users.get(&id).cloned().unwrap_or_else(stranger).json()
    }

    /// Someone as the author of messages, under the name used in the channel's guild.
    pub(crate) fn author(&self, user: Id, channel: Id) -> Author {
        let known = self.users.get(&user);
        let nick = self.member_in(channel, user).and_then(|member| member.nick.clone());
        let name = nick.or_else(|| known.map(|user| user.name.clone())).unwrap_or_else(|| "deleted user".into());
        Author { id: user, name, bot: known.is_some_and(|user| user.bot), webhook: false }
    }

    /// The direct channel between the app and someone, made if need be.
    pub(crate) fn dm_channel(&mut self, user: Id) -> Id {
        if let Some(channel) = self.channels.values().find(|channel| channel.recipient == Some(user)) {
            return channel.id;
        }
        let id = self.new_id();
        let name =
            format!("dm-{}", self.users.get(&user).map_or_else(|| user.to_string(), |user| user.name.to_lowercase()));
        self.channels.insert(id, Channel { recipient: Some(user), ..Channel::new(id, kind::DM, name) });
        id
    }

    /// Finds a user by id, name or nick.
    pub(crate) fn find_user(&self, key: &Key) -> Result<Id> {
        match key {
            Key::Id(id) => self.users.contains_key(id).then_some(*id),
            Key::Name(name) => {
                let member = self
                    .guilds
                    .values()
                    .flat_map(|guild| guild.members.values())
                    .find(|one| one.nick.as_ref() == Some(name));
                let user = self.users.values().find(|user| user.name.eq_ignore_ascii_case(name)).map(|user| user.id);
                user.or(member.map(|member| member.user.id))
            }
        }
        .with_context(|| format!("the playground knows no user {key:?}"))
    }

    /// Finds a channel or thread by id or name; of several with one name, the newest.
    pub(crate) fn find_channel(&self, key: &Key) -> Result<Id> {
        match key {
            Key::Id(id) => self.channels.contains_key(id).then_some(*id),
            Key::Name(name) => {
                self.channels.values().rev().find(|channel| channel.name == *name).map(|channel| channel.id)
            }
        }
        .with_context(|| format!("the playground knows no channel {key:?}"))
    }

    /// Finds a role by id or name.
    pub(crate) fn find_role(&self, key: &Key) -> Result<(Id, Id)> {
        let all = self.guilds.values().flat_map(|guild| guild.roles.values().map(move |role| (guild.id, role)));
        let found = all.into_iter().find(|(_, role)| match key {
            Key::Id(id) => role.id == *id,
            Key::Name(name) => role.name.trim_start_matches('@') == name,
        });
        found.map(|(guild, role)| (guild, role.id)).with_context(|| format!("the playground knows no role {key:?}"))
    }
}
