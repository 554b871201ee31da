//! The guild as Discord shows it, in our words: roles, channels, what the bot may do where, and the people asked for. Read by
//! whoever can reach Discord, handed in with a request; what is not known is said so. Never asks, and never guesses.

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, GuildId, RoleId, UserId, WebhookId};

/// Channels of one guild, categories included, threads not: <https://discord.com/developers/docs/topics/threads>.
pub const CHANNELS_MAX: usize = 500;
/// Channels of one category: <https://discord.com/developers/docs/resources/channel>.
pub const CHILDREN_MAX: usize = 50;

/// Whom to look for when the guild is read; everything else is read anyway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Are they members?
    pub people: Vec<UserId>,
    /// Members whose names begin like this, without `@`.
    pub names: Vec<String>,
}

/// A guild at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    pub guild: GuildId,
    pub name: String,
    pub owner: UserId,
    /// The bot's own user.
    pub me: UserId,
    /// What the bot may do where no channel says otherwise.
    pub abilities: Abilities,
    /// Highest first; @everyone, whose id is the guild's, is the last.
    pub roles: Vec<Role>,
    /// As Discord sorts them, threads that are not archived last.
    pub channels: Vec<Channel>,
    /// Those who were looked for and are here.
    pub members: Vec<Member>,
    /// Those who were looked for and are not here.
    pub left: Vec<UserId>,
    /// Names that were looked for without an answer.
    pub unanswered: Vec<String>,
    /// None: the bot may not list them (Manage Webhooks, which it does not need otherwise).
    pub webhooks: Option<Vec<Webhook>>,
    /// Whether messages of others arrive with their text; none: Discord did not say.
    pub message_content: Option<bool>,
    pub notify: Notify,
    /// Moderation needs two-factor authentication, of the bot's owner too.
    pub two_factor: bool,
    /// Where Discord greets new members.
    pub system_channel: Option<ChannelId>,
}

/// What members hear of a guild where they have not chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    AllMessages,
    Mentions,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub id: RoleId,
    pub name: String,
    /// Height in the list, @everyone is 0.
    pub position: i64,
    /// It belongs to a bot or an integration: nobody can be given it.
    pub managed: bool,
    /// A mention by the bot notifies its members.
    pub mentionable: bool,
    /// The bot may give and take it.
    pub assignable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub name: String,
    pub kind: ChannelKind,
    /// The category; of a thread, its channel.
    pub parent: Option<ChannelId>,
    /// What the bot may do there.
    pub abilities: Abilities,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    Text,
    Announcement,
    Category,
    /// Voice channels and stages, which have a chat of their own.
    Voice,
    /// Only posts, which are threads.
    Forum,
    Thread,
    /// Of a kind that this version does not know.
    Other,
}

impl ChannelKind {
    /// Whether messages can be sent there, and read.
    pub fn takes_messages(self) -> bool {
        match self {
            ChannelKind::Text | ChannelKind::Announcement | ChannelKind::Voice | ChannelKind::Thread => true,
            ChannelKind::Category | ChannelKind::Forum | ChannelKind::Other => false,
        }
    }

    /// Whether the room of an incident can be a thread there.
    pub fn takes_threads(self) -> bool {
        matches!(self, ChannelKind::Text | ChannelKind::Announcement)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    /// Unique in all of Discord, lower case.
    pub username: String,
    /// Chosen for all guilds.
    pub global_name: Option<String>,
    /// Chosen for this guild.
    pub nick: Option<String>,
    pub bot: bool,
    pub roles: Vec<RoleId>,
}

impl Member {
    /// As people see them here.
    pub fn title(&self) -> &str {
        self.nick.as_deref().or(self.global_name.as_deref()).unwrap_or(&self.username)
    }

    /// Every name they can be called by here.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [Some(self.username.as_str()), self.global_name.as_deref(), self.nick.as_deref()].into_iter().flatten()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    /// Where it posts.
    pub channel: ChannelId,
}

/// Whether somebody is a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Here,
    Left,
    /// They were not asked for, or Discord did not say.
    Unknown,
}

impl Survey {
    pub fn role(&self, id: RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }

    pub fn presence(&self, user: UserId) -> Presence {
        match self.member(user) {
            Some(_) => Presence::Here,
            None if self.left.contains(&user) => Presence::Left,
            None => Presence::Unknown,
        }
    }

    /// Channels of this name, written without `#`; case counts as little as it does in Discord's search.
    pub fn channels_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Channel> {
        self.channels.iter().filter(move |channel| same(&channel.name, name))
    }

    /// Roles of this name, written without `@`; @everyone is none of them.
    pub fn roles_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Role> {
        self.roles.iter().filter(move |role| role.id.0 != self.guild.0 && same(&role.name, name))
    }

    /// Members of those looked for who are called this, written without `@`. A username is unique: who has it is the only one.
    pub fn members_named(&self, name: &str) -> Vec<&Member> {
        let username = self.members.iter().find(|member| same(&member.username, name));
        match username {
            Some(only) => vec![only],
            None => self.members.iter().filter(|member| member.names().any(|own| same(own, name))).collect(),
        }
    }

    /// Channels that count towards [`CHANNELS_MAX`].
    pub fn channel_count(&self) -> usize {
        self.channels.iter().filter(|channel| channel.kind != ChannelKind::Thread).count()
    }

    /// Channels of a category, which count towards [`CHILDREN_MAX`].
    pub fn children(&self, category: ChannelId) -> usize {
        let inside = |channel: &&Channel| channel.kind != ChannelKind::Thread && channel.parent == Some(category);
        self.channels.iter().filter(inside).count()
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

macro_rules! abilities {
    ($($(#[$doc:meta])* $name:ident = $bit:literal,)*) => {
        /// What the bot needs to be allowed, and nothing else: the one table. The invite link asks for these.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Ability {
            $($(#[$doc])* $name,)*
        }

        impl Ability {
            pub const ALL: &'static [Ability] = &[$(Ability::$name),*];

            /// Discord's bit for it:
            /// <https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags>.
            pub const fn bit(self) -> u64 {
                match self {
                    $(Ability::$name => 1 << $bit,)*
                }
            }
        }
    };
}

abilities! {
    See = 10,
    Send = 11,
    History = 16,
    Embed = 14,
    Attach = 15,
    React = 6,
    ManageChannels = 4,
    ManageRoles = 28,
    /// Manage Messages is no longer enough for it.
    Pin = 51,
    /// Mention roles that not everybody may mention. Never used for @everyone.
    MentionRoles = 17,
    PublicThreads = 35,
    PrivateThreads = 36,
    SendInThreads = 38,
    ManageThreads = 34,
}

/// A set of [`Ability`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities(u64);

impl Abilities {
    pub const NONE: Abilities = Abilities(0);
    /// Everything the bot needs: the number of the invite link.
    pub const ALL: Abilities = Abilities::of(Ability::ALL);

    pub const fn of(abilities: &[Ability]) -> Abilities {
        let (mut bits, mut at) = (0, 0);
        while at < abilities.len() {
            bits |= abilities[at].bit();
            at += 1;
        }
        Abilities(bits)
    }

    /// What Discord's bits allow; bits that the bot does not need are dropped.
    pub const fn from_bits(bits: u64) -> Abilities {
        Abilities(bits & Abilities::ALL.0)
    }

    pub const fn bits(self) -> u64 {
        self.0
    }

    pub const fn has(self, ability: Ability) -> bool {
        self.0 & ability.bit() != 0
    }

    /// Which of those needed are not there, in the order of the table. Who cannot see a channel can do nothing in it: then
    /// that alone is lacking.
    pub fn lacking(self, needed: &[Ability]) -> Vec<Ability> {
        if needed.contains(&Ability::See) && !self.has(Ability::See) {
            return vec![Ability::See];
        }
        Ability::ALL.iter().copied().filter(|one| needed.contains(one) && !self.has(*one)).collect()
    }

    /// In the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Ability> {
        Ability::ALL.iter().copied().filter(move |one| self.has(*one))
    }
}

impl std::fmt::Debug for Abilities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(user: u64, username: &str, nick: Option<&str>) -> Member {
        Member {
            user: UserId(user),
            username: username.to_owned(),
            global_name: None,
            nick: nick.map(str::to_owned),
            bot: false,
            roles: Vec::new(),
        }
    }

    fn channel(id: u64, kind: ChannelKind, parent: Option<u64>) -> Channel {
        let parent = parent.map(ChannelId);
        Channel { id: ChannelId(id), name: format!("c{id}"), kind, parent, abilities: Abilities::ALL }
    }

    fn survey() -> Survey {
        let role = |id: u64, name: &str| Role {
            id: RoleId(id),
            name: name.to_owned(),
            position: 0,
            managed: false,
            mentionable: true,
            assignable: false,
        };
        Survey {
            guild: GuildId(1),
            name: "Acme".to_owned(),
            owner: UserId(2),
            me: UserId(3),
            abilities: Abilities::ALL,
            roles: vec![role(7, "Leads"), role(8, "leads"), role(1, "everyone")],
            channels: vec![
                channel(20, ChannelKind::Category, None),
                channel(21, ChannelKind::Text, Some(20)),
                channel(22, ChannelKind::Thread, Some(21)),
            ],
            members: vec![member(10, "ana", None), member(11, "ben", Some("Ana")), member(12, "cleo", Some("Boss"))],
            left: vec![UserId(19)],
            unanswered: Vec::new(),
            webhooks: None,
            message_content: None,
            notify: Notify::Mentions,
            two_factor: false,
            system_channel: None,
        }
    }

    #[test]
    fn names_find_everybody_they_could_mean() {
        let survey = survey();
        let users = |name| survey.members_named(name).iter().map(|member| member.user.0).collect::<Vec<_>>();
        assert_eq!(users("Ana"), [10], "a username is unique");
        assert_eq!(users("boss"), [12]);
        assert_eq!(users("an"), [0_u64; 0], "the beginning of a name is not the name");
        let roles = |name| survey.roles_named(name).map(|role| role.id.0).collect::<Vec<_>>();
        assert_eq!(roles("leads"), [7, 8]);
        assert_eq!(roles("everyone"), [0_u64; 0], "whatever the guild calls it");
        assert_eq!(survey.channels_named("C21").count(), 1);
    }

    #[test]
    fn who_was_not_asked_for_is_not_known() {
        let survey = survey();
        let rows = [(10, Presence::Here), (19, Presence::Left), (99, Presence::Unknown)];
        for (user, presence) in rows {
            assert_eq!(survey.presence(UserId(user)), presence, "{user}");
        }
    }

    #[test]
    fn threads_count_towards_no_limit() {
        assert_eq!((survey().channel_count(), survey().children(ChannelId(20))), (2, 1));
        assert_eq!(survey().children(ChannelId(21)), 0);
    }

    #[test]
    fn what_is_lacking_names_the_cause_alone() {
        use Ability::{History, React, See, Send};
        let of = Abilities::of;
        let rows: &[(Abilities, &[Ability], &[Ability])] = &[
            (of(&[See, Send]), &[See, Send], &[]),
            (of(&[See, Send]), &[React, See, History], &[History, React]),
            (of(&[Send, History]), &[See, Send, React], &[See]),
            (Abilities::NONE, &[Send], &[Send]),
        ];
        for (have, needed, lacking) in rows {
            assert_eq!(have.lacking(needed), *lacking, "{have:?} for {needed:?}");
        }
    }

    #[test]
    fn every_ability_has_a_bit_of_its_own() {
        assert_eq!(Abilities::ALL.bits().count_ones() as usize, Ability::ALL.len());
        assert_eq!(Abilities::from_bits(u64::MAX), Abilities::ALL);
        assert_eq!(Abilities::ALL.iter().collect::<Vec<_>>(), Ability::ALL);
        assert_eq!(Ability::Pin.bit(), 2_251_799_813_685_248);
    }
}
