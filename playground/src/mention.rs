//! Whom a message mentions, and who is really notified by it.
//! Never sends a notification; `post` records what this finds.
//! <https://docs.discord.com/developers/resources/message#allowed-mentions-object>

use crate::{
    id::Id,
    message::{Author, walk},
    permission::bit::MENTION_EVERYONE,
    state::State,
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

/// One person really notified by one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Who.
    pub user: Id,
    /// Their name.
    pub name: String,
    /// By which message.
    pub message: Id,
    /// In which channel.
    pub channel: Id,
    /// When.
    pub at: DateTime<Utc>,
}

/// What `allowed_mentions` lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// @everyone and @here.
    pub everyone: bool,
    /// Roles.
    pub roles: Scope,
    /// Users.
    pub users: Scope,
    /// The author of the message replied to.
    pub replied_user: bool,
}

/// All that are mentioned, or only these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every one in the text.
    All,
    /// These, if they are in the text too.
    Only(Vec<Id>),
}

impl Scope {
    fn lets(&self, id: Id) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&id),
        }
    }
}

impl Allowed {
    /// What an ordinary message without `allowed_mentions` does: everything pings.
    pub fn all() -> Self {
        Self { everyone: true, roles: Scope::All, users: Scope::All, replied_user: true }
    }

    /// What interaction answers and webhooks do without `allowed_mentions`: users only.
    pub fn users_only() -> Self {
        Self { everyone: false, roles: Scope::Only(vec![]), users: Scope::All, replied_user: true }
    }
}

/// What the text mentions, before anything is asked.
#[derive(Debug, Default, PartialEq, Eq)]
struct Written {
    users: Vec<Id>,
    roles: Vec<Id>,
    everyone: bool,
}

/// Mentions that count: they stand in the message object and decide who is notified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Users.
    pub users: Vec<Id>,
    /// Roles.
    pub roles: Vec<Id>,
    /// @everyone or @here.
    pub everyone: bool,
}

/// Reads `<@1>`, `<@!1>`, `<@&1>`, `@everyone` and `@here` outside code.
fn read(text: &str) -> Written {
    let mut written = Written::default();
    let plain = without_code(text);
    written.everyone = plain.contains("@everyone") || plain.contains("@here");
    for piece in plain.split("<@").skip(1) {
        let Some((inside, _)) = piece.split_once('>') else { continue };
        let (list, digits) = match inside.strip_prefix('&') {
            Some(digits) => (&mut written.roles, digits),
            None => (&mut written.users, inside.trim_start_matches('!')),
        };
        if let Ok(id) = digits.parse()
            && !list.contains(&id)
        {
            list.push(id);
        }
    }
    written
}

/// Drops code blocks and inline code: Discord parses no mention there.
fn without_code(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let fence = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let after = &rest[start + fence..];
        let Some(end) = after.find(&"`".repeat(fence)) else { break };
        kept.push_str(&rest[..start]);
        kept.push(' ');
        rest = &after[end + fence..];
    }
    kept + rest
}

impl State {
    /// The mentions that count. `components` matter only when they carry the text (Components V2).
    pub(crate) fn mentions(
        &self,
        place: Id,
        author: &Author,
        content: &str,
        components: &[Value],
        allowed: &Allowed,
    ) -> Mentions {
        let mut text = content.to_owned();
        walk(components, &mut |component| {
            if component["type"] == 10 {
                text.push('\n');
                text.push_str(component["content"].as_str().unwrap_or_default());
            }
        });
        let written = read(&text);
        let guild = self.guild_of(place);
        let strong = author.webhook || self.permissions(place, author.id) & MENTION_EVERYONE != 0;
        let known_role =
            |id: &Id| guild.is_some_and(|guild| guild.roles.get(id).is_some_and(|role| role.mentionable || strong));
        Mentions {
            users: written
                .users
                .into_iter()
                .filter(|id| allowed.users.lets(*id) && self.users.contains_key(id))
                .collect(),
            roles: written.roles.into_iter().filter(|id| allowed.roles.lets(*id) && known_role(id)).collect(),
            everyone: written.everyone && allowed.everyone && strong && guild.is_some(),
        }
    }

    /// The people a new message notifies: they must be able to see the channel; bots and the author are never notified.
    pub(crate) fn notified(&self, place: Id, author: Id, mentions: &Mentions) -> BTreeSet<Id> {
        let Some(channel) = self.channels.get(&place) else { return BTreeSet::new() };
        if let Some(recipient) = channel.recipient {
            return BTreeSet::from([recipient]).into_iter().filter(|id| *id != author).collect();
        }
        let Some(guild) = self.guild_of(place) else { return BTreeSet::new() };
        let meant = guild.members.values().filter(|member| {
            let by_role = mentions.roles.iter().any(|role| member.roles.contains(role));
            mentions.everyone || by_role || mentions.users.contains(&member.user.id)
        });
        let reachable =
            meant.filter(|member| !member.user.bot && member.user.id != author && self.sees(place, member.user.id));
        reachable.map(|member| member.user.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_read_outside_code_only() {
        let check = |text: &str, users: &[Id], roles: &[Id], everyone: bool| {
            assert_eq!(read(text), Written { users: users.to_vec(), roles: roles.to_vec(), everyone }, "{text}");
        };
        check("<@1> and <@!2>, <@1> again", &[1, 2], &[], false);
        check("<@&3> @here", &[], &[3], true);
        check("`<@1>` <@2>", &[2], &[], false);
        check("```\n@everyone <@1>\n``` <@&2>", &[], &[2], false);
        check("an open ` <@1>", &[1], &[], false);
        check("<@x> <@", &[], &[], false);
    }
}
