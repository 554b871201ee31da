//! Permissions as Discord computes them: @everyone, roles, overwrites, owner and administrator, implicit denies.
//! Pure; never refuses anything itself. <https://docs.discord.com/developers/topics/permissions>

use crate::{channel::Channel, guild::Guild, id::Id};

/// Permission bits by their Discord names.
pub mod bit {
    macro_rules! bits { ($($name:ident = $shift:literal)*) => { $(
        #[doc = concat!("`1 << ", $shift, "`")]
        pub const $name: u64 = 1 << $shift;
    )* }; }
    bits! {
        ADMINISTRATOR = 3  MANAGE_CHANNELS = 4  MANAGE_GUILD = 5  ADD_REACTIONS = 6  VIEW_CHANNEL = 10  SEND_MESSAGES = 11
        MANAGE_MESSAGES = 13  EMBED_LINKS = 14  ATTACH_FILES = 15  READ_MESSAGE_HISTORY = 16  MENTION_EVERYONE = 17
        CONNECT = 20  MANAGE_ROLES = 28  MANAGE_WEBHOOKS = 29  USE_APPLICATION_COMMANDS = 31  MANAGE_THREADS = 34
        CREATE_PUBLIC_THREADS = 35  CREATE_PRIVATE_THREADS = 36  SEND_MESSAGES_IN_THREADS = 38  CREATE_EVENTS = 44  PIN_MESSAGES = 51
    }
}
use bit::*;

/// Every bit Discord knows (0 to 52).
pub const ALL: u64 = (1 << 53) - 1;

/// What a fresh server gives @everyone, as far as it matters here.
pub const EVERYONE: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | ADD_REACTIONS
    | USE_APPLICATION_COMMANDS
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_MESSAGES_IN_THREADS
    | CONNECT;

/// What an incident bot is usually granted: no ADMINISTRATOR.
pub const BOT: u64 =
    EVERYONE | MANAGE_CHANNELS | MANAGE_ROLES | MANAGE_MESSAGES | PIN_MESSAGES | MENTION_EVERYONE | MANAGE_THREADS;

/// A member's permissions in the whole guild; 0 for strangers.
pub fn in_guild(guild: &Guild, user: Id) -> u64 {
    let Some(member) = guild.members.get(&user) else { return 0 };
    if guild.owner == user {
        return ALL;
    }
    let granted = guild.roles.values().filter(|role| role.id == guild.id || member.roles.contains(&role.id));
    let granted = granted.fold(0, |sum, role| sum | role.permissions);
    if granted & ADMINISTRATOR != 0 { ALL } else { granted }
}

/// A member's permissions in one channel, from the overwrites given (a thread's are its parent's).
pub fn in_channel(guild: &Guild, channel: &Channel, user: Id) -> u64 {
    let base = in_guild(guild, user);
    if base & ADMINISTRATOR != 0 || !guild.members.contains_key(&user) {
        return base;
    }
    implied(overwritten(guild, channel, user, base), channel)
}

/// @everyone deny, allow; all role denies, all role allows; member deny, allow.
fn overwritten(guild: &Guild, channel: &Channel, user: Id, base: u64) -> u64 {
    let roles = &guild.members[&user].roles;
    let mut bits = base;
    let (mut allow, mut deny) = (0, 0);
    for one in channel.overwrites.iter().filter(|one| one.kind == 0) {
        if one.id == guild.id {
            bits = bits & !one.deny | one.allow;
        } else if roles.contains(&one.id) {
            allow |= one.allow;
            deny |= one.deny;
        }
    }
    bits = bits & !deny | allow;
    match channel.overwrites.iter().find(|one| one.kind == 1 && one.id == user) {
        Some(own) => bits & !own.deny | own.allow,
        None => bits,
    }
}

/// Denying VIEW_CHANNEL takes everything, denying SEND_MESSAGES takes what belongs to sending.
fn implied(bits: u64, channel: &Channel) -> u64 {
    if bits & VIEW_CHANNEL == 0 {
        return 0;
    }
    let sends = if channel.thread.is_some() { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES };
    if bits & sends == 0 { bits & !(MENTION_EVERYONE | EMBED_LINKS | ATTACH_FILES) } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channel::Overwrite,
        guild::{Member, Role},
    };

    fn guild() -> Guild {
        let mut guild = Guild::new(1, "g");
        guild.owner = 9;
        guild.add_role(Role::new(2, "red").permissions(MANAGE_CHANNELS));
        guild.add_role(Role::new(3, "root").permissions(ADMINISTRATOR));
        for (user, roles) in [(5, vec![2]), (6, vec![3]), (9, vec![])] {
            guild.members.insert(user, Member::new(user, "x").roles(roles));
        }
        guild
    }

    #[test]
    fn overwrites_apply_in_discords_order() {
        let guild = guild();
        let check = |overwrites: Vec<Overwrite>, user, wanted_bit, expected: bool| {
            let mut channel = Channel::text(10, "c");
            channel.overwrites = overwrites;
            assert_eq!(in_channel(&guild, &channel, user) & wanted_bit != 0, expected);
        };
        let hidden = Overwrite::role(1).deny(VIEW_CHANNEL);
        check(vec![], 5, MANAGE_CHANNELS, true);
        check(vec![hidden.clone()], 5, MANAGE_CHANNELS, false);
        check(vec![hidden.clone(), Overwrite::role(2).allow(VIEW_CHANNEL)], 5, VIEW_CHANNEL, true);
        check(
            vec![Overwrite::role(2).allow(VIEW_CHANNEL), Overwrite::member(5).deny(VIEW_CHANNEL)],
            5,
            VIEW_CHANNEL,
            false,
        );
        check(vec![hidden.clone(), Overwrite::member(5).allow(VIEW_CHANNEL)], 5, SEND_MESSAGES, true);
        check(vec![hidden.clone()], 6, VIEW_CHANNEL, true);
        check(vec![hidden.clone()], 9, VIEW_CHANNEL, true);
        check(vec![Overwrite::role(1).deny(SEND_MESSAGES)], 5, EMBED_LINKS, false);
        check(vec![hidden], 77, VIEW_CHANNEL, false);
    }
}
