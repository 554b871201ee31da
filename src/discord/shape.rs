//! The parts of Discord's answers that we read, and how permissions follow from them. Never asks and never decides.
//!
//! serenity's types lose permission bits above 50 on reading (RUST.md §2); these keep every bit.

use serde::{Deserialize, Deserializer, de};

use crate::domain::id::{ChannelId, GuildId, RoleId, UserId, WebhookId};
use crate::domain::survey::Ability;

/// Permission bits: <https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags>.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bits(pub u64);

impl Bits {
    pub const ADMINISTRATOR: Bits = Bits(1 << 3);
    pub const MANAGE_CHANNELS: Bits = Bits(Ability::ManageChannels.bit());
    pub const ADD_REACTIONS: Bits = Bits(Ability::React.bit());
    pub const VIEW: Bits = Bits(Ability::See.bit());
    pub const SEND: Bits = Bits(Ability::Send.bit());
    pub const EMBED: Bits = Bits(Ability::Embed.bit());
    pub const ATTACH: Bits = Bits(Ability::Attach.bit());
    pub const HISTORY: Bits = Bits(Ability::History.bit());
    pub const MENTION_EVERYONE: Bits = Bits(Ability::MentionRoles.bit());
    pub const MANAGE_ROLES: Bits = Bits(Ability::ManageRoles.bit());
    pub const SEND_IN_THREADS: Bits = Bits(Ability::SendInThreads.bit());
    pub const PIN: Bits = Bits(Ability::Pin.bit());
    /// Not needed, but where it was given it shows more.
    pub const MANAGE_WEBHOOKS: Bits = Bits(1 << 29);
    pub const ALL: Bits = Bits(u64::MAX);

    pub const fn or(self, other: Bits) -> Bits {
        Bits(self.0 | other.0)
    }

    pub const fn and(self, other: Bits) -> Bits {
        Bits(self.0 & other.0)
    }

    pub const fn without(self, other: Bits) -> Bits {
        Bits(self.0 & !other.0)
    }

    pub const fn has(self, other: Bits) -> bool {
        self.0 & other.0 == other.0
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Bits, D::Error> {
        String::deserialize(from)?.parse().map(Bits).map_err(de::Error::custom)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Guild {
    pub id: GuildId,
    pub name: String,
    pub owner_id: UserId,
    pub roles: Vec<Role>,
    /// [`MENTIONS_ONLY`], or everything.
    #[serde(default)]
    pub default_message_notifications: u8,
    /// 1: moderation needs two-factor authentication.
    #[serde(default)]
    pub mfa_level: u8,
    #[serde(default)]
    pub system_channel_id: Option<ChannelId>,
}

/// Of `default_message_notifications`: <https://discord.com/developers/docs/resources/guild#guild-object>.
pub const MENTIONS_ONLY: u8 = 1;

#[derive(Debug, Clone, Deserialize)]
pub struct Role {
    pub id: RoleId,
    pub permissions: Bits,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub position: i64,
    #[serde(default)]
    pub managed: bool,
    #[serde(default)]
    pub mentionable: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    pub user: User,
    pub nick: Option<String>,
    pub roles: Vec<RoleId>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub global_name: Option<String>,
    #[serde(default)]
    pub bot: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Channel {
    pub id: ChannelId,
    #[serde(rename = "type")]
    pub kind: u8,
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub topic: Option<String>,
    #[serde(default)]
    pub position: i64,
    #[serde(default)]
    pub parent_id: Option<ChannelId>,
    /// Of a thread: who made it.
    #[serde(default)]
    pub owner_id: Option<UserId>,
    #[serde(default)]
    pub permission_overwrites: Vec<Overwrite>,
}

/// Kinds of channels: <https://discord.com/developers/docs/resources/channel#channel-object-channel-types>.
pub const TEXT: u8 = 0;
pub const VOICE: u8 = 2;
pub const CATEGORY: u8 = 4;
pub const ANNOUNCEMENT: u8 = 5;
pub const NEWS_THREAD: u8 = 10;
pub const PUBLIC_THREAD: u8 = 11;
pub const PRIVATE_THREAD: u8 = 12;
pub const STAGE: u8 = 13;
pub const FORUM: u8 = 15;
pub const MEDIA: u8 = 16;

#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    #[serde(default)]
    pub channel_id: Option<ChannelId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Overwrite {
    #[serde(deserialize_with = "snowflake")]
    pub id: u64,
    /// [`OF_ROLE`] or [`OF_MEMBER`].
    #[serde(rename = "type")]
    pub kind: u8,
    pub allow: Bits,
    pub deny: Bits,
}

pub const OF_ROLE: u8 = 0;
pub const OF_MEMBER: u8 = 1;

fn snowflake<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    String::deserialize(from)?.parse().map_err(de::Error::custom)
}

impl Member {
    /// As people see them in the guild.
    pub fn name(&self) -> String {
        self.nick.clone().unwrap_or_else(|| self.user.name())
    }
}

impl User {
    /// As people see them everywhere.
    pub fn name(&self) -> String {
        self.global_name.clone().unwrap_or_else(|| self.username.clone())
    }
}

impl Channel {
    pub fn is_thread(&self) -> bool {
        matches!(self.kind, NEWS_THREAD | PUBLIC_THREAD | PRIVATE_THREAD)
    }

    /// The overwrite for one member.
    pub fn own(&self, user: UserId) -> Option<Overwrite> {
        self.permission_overwrites.iter().find(|one| one.kind == OF_MEMBER && one.id == user.0).copied()
    }
}

impl Guild {
    /// What somebody with these roles may do in the whole guild.
    pub fn permissions(&self, user: UserId, roles: &[RoleId]) -> Bits {
        if user == self.owner_id {
            return Bits::ALL;
        }
        let theirs = self.roles.iter().filter(|role| role.id.0 == self.id.0 || roles.contains(&role.id));
        let granted = theirs.fold(Bits::default(), |sum, role| sum.or(role.permissions));
        if granted.has(Bits::ADMINISTRATOR) { Bits::ALL } else { granted }
    }

    /// Whether somebody sees a channel that has these overwrites.
    pub fn sees(&self, user: UserId, roles: &[RoleId], overwrites: &[Overwrite]) -> bool {
        self.permissions_in(user, roles, overwrites).has(Bits::VIEW)
    }

    /// What somebody may do in a channel that has these overwrites: @everyone's, then all roles', then their own. Nothing, where
    /// they cannot see it.
    pub fn permissions_in(&self, user: UserId, roles: &[RoleId], overwrites: &[Overwrite]) -> Bits {
        let base = self.permissions(user, roles);
        if base == Bits::ALL {
            return base;
        }
        let of_everyone = overwrites.iter().filter(|one| one.kind == OF_ROLE && one.id == self.id.0);
        let theirs = |one: &&Overwrite| one.kind == OF_ROLE && roles.iter().any(|role| role.0 == one.id);
        let of_roles = overwrites.iter().filter(theirs);
        let own = overwrites.iter().filter(|one| one.kind == OF_MEMBER && one.id == user.0);
        let bits = settle(settle(settle(base, of_everyone), of_roles), own);
        if bits.has(Bits::VIEW) { bits } else { Bits::default() }
    }
}

/// All denials first, then everything that is allowed.
fn settle<'a>(bits: Bits, overwrites: impl Iterator<Item = &'a Overwrite>) -> Bits {
    let both = overwrites
        .fold((Bits::default(), Bits::default()), |(deny, allow), one| (deny.or(one.deny), allow.or(one.allow)));
    bits.without(both.0).or(both.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUILD: GuildId = GuildId(1);
    const OWNER: UserId = UserId(2);
    const ANA: UserId = UserId(3);
    const ONCALL: RoleId = RoleId(4);
    const BOSSES: RoleId = RoleId(5);

    fn guild(everyone: Bits) -> Guild {
        let of = |id, permissions| Role {
            id,
            permissions,
            name: String::new(),
            position: 0,
            managed: false,
            mentionable: false,
        };
        let roles = vec![of(RoleId(GUILD.0), everyone), of(ONCALL, Bits::default()), of(BOSSES, Bits::ADMINISTRATOR)];
        Guild {
            id: GUILD,
            name: String::new(),
            owner_id: OWNER,
            roles,
            default_message_notifications: MENTIONS_ONLY,
            mfa_level: 0,
            system_channel_id: None,
        }
    }

    fn role(id: u64, allow: Bits, deny: Bits) -> Overwrite {
        Overwrite { id, kind: OF_ROLE, allow, deny }
    }

    #[test]
    fn a_channel_is_seen_as_discord_computes_it() {
        let none = Bits::default();
        let closed = role(GUILD.0, none, Bits::VIEW);
        let member = |allow, deny| Overwrite { id: ANA.0, kind: OF_MEMBER, allow, deny };
        type Row<'a> = (&'a str, UserId, &'a [RoleId], Bits, &'a [Overwrite], bool);
        let rows: &[Row<'_>] = &[
            ("everybody sees an open channel", ANA, &[], Bits::VIEW, &[], true),
            ("nobody sees a closed one", ANA, &[ONCALL], Bits::VIEW, &[closed], false),
            ("a role opens it", ANA, &[ONCALL], Bits::VIEW, &[closed, role(4, Bits::VIEW, none)], true),
            ("not for others", ANA, &[], Bits::VIEW, &[closed, role(4, Bits::VIEW, none)], false),
            (
                "what one role allows no other denies",
                ANA,
                &[ONCALL, RoleId(6)],
                Bits::VIEW,
                { &[role(6, Bits::VIEW, none), role(4, none, Bits::VIEW)] },
                true,
            ),
            (
                "the member's own counts last",
                ANA,
                &[ONCALL],
                Bits::VIEW,
                { &[closed, role(4, Bits::VIEW, none), member(none, Bits::VIEW)] },
                false,
            ),
            ("and opens it too", ANA, &[], none, &[closed, member(Bits::VIEW, none)], true),
            ("the owner sees all", OWNER, &[], none, &[closed], true),
            ("an administrator too", ANA, &[BOSSES], none, &[closed, member(none, Bits::VIEW)], true),
        ];
        for (what, user, roles, everyone, overwrites, seen) in rows {
            assert_eq!(guild(*everyone).sees(*user, roles, overwrites), *seen, "{what}");
        }
    }

    #[test]
    fn no_bit_is_lost_in_reading() {
        let read: Role = serde_json::from_value(
            serde_json::json!({ "id": "900000000000000004", "permissions": "2251799813686272" }),
        )
        .unwrap();
        assert!(read.permissions.has(Bits::PIN) && read.permissions.has(Bits::VIEW));
    }
}
