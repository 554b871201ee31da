//! Can who is paged see the channel? Looked up before the page, and given where it is missing: Discord takes a mention of
//! somebody who cannot see it, and pings nobody. Decides nothing about paging.
//!
//! What cannot be found out is no reason to keep a page back: whoever may see it is pinged.

use futures::future::join_all;
use serde_json::json;

use super::rest::{Call, Endpoint, Lane, RestError};
use super::shape::{Bits, Channel, Guild, Member, OF_MEMBER, PRIVATE_THREAD};
use super::{Discord, channel_id, urgent, user_id};
use crate::app::view::PagedView;
use crate::domain::id::{ChannelId, GuildId, PageId, UserId};
use crate::domain::timeline::Unreached;

/// What people need in an incident's channel.
pub(super) const OF_PEOPLE: Bits = Bits::VIEW.or(Bits::SEND).or(Bits::HISTORY);

/// Unknown member, unknown user: <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>.
pub(super) const NOT_A_MEMBER: [i64; 2] = [10007, 10013];

impl Discord {
    /// Gives access to those who lack it; returns whose pages cannot reach them, and why.
    pub(super) async fn let_in(
        &self,
        guild: GuildId,
        channel: ChannelId,
        people: &[PagedView],
    ) -> Vec<(PageId, Unreached)> {
        let open = || people.iter().filter(|person| person.open);
        let asked = open().map(|person| self.member(guild, person.user, Lane::Page));
        let (place, members) = tokio::join!(self.channel(channel, Lane::Page), join_all(asked));
        let place = match place {
            Ok(place) => place,
            Err(error) => {
                tracing::info!(%error, "a channel cannot be looked at; its page goes out as it is");
                return Vec::new();
            }
        };
        let entry = Entry { discord: self, guild, place: &place };
        let found: Vec<(&PagedView, Result<Member, RestError>)> = open().zip(members).collect();
        let rules = entry.rules(&found).await;
        let mut checks = Vec::new();
        for (person, member) in found {
            checks.push(entry.check(person, member, rules.as_ref()));
        }
        join_all(checks).await.into_iter().flatten().collect()
    }
}

/// One channel that people are to see.
struct Entry<'a> {
    discord: &'a Discord,
    guild: GuildId,
    place: &'a Channel,
}

/// What decides who sees it: the guild's roles, and the channel whose overwrites count (a thread has its parent's).
struct Rules {
    guild: Guild,
    home: Channel,
}

impl Entry<'_> {
    /// The rules, where somebody's own overwrite does not say it all.
    async fn rules(&self, people: &[(&PagedView, Result<Member, RestError>)]) -> Option<Rules> {
        if people.iter().all(|(person, member)| member.is_err() || self.invited(person.user)) {
            return None;
        }
        let home = async {
            match self.place.parent_id.filter(|_| self.place.is_thread()) {
                Some(parent) => self.discord.channel(parent, Lane::Page).await,
                None => Ok(self.place.clone()),
            }
        };
        let (guild, home) = tokio::join!(self.discord.guild(self.guild, Lane::Page), home);
        let found = guild.and_then(|guild| Ok(Rules { guild, home: home? }));
        found.inspect_err(|error| tracing::info!(%error, "who sees a channel is not known")).ok()
    }

    /// The channel was made with this person's name on the door.
    fn invited(&self, user: UserId) -> bool {
        self.place.own(user).is_some_and(|own| own.allow.has(Bits::VIEW))
    }

    /// The page that cannot reach this person, and why.
    async fn check(
        &self,
        person: &PagedView,
        member: Result<Member, RestError>,
        rules: Option<&Rules>,
    ) -> Option<(PageId, Unreached)> {
        self.admit(person.user, member, rules).await.err().map(|why| (person.page, why))
    }

    async fn admit(
        &self,
        user: UserId,
        member: Result<Member, RestError>,
        rules: Option<&Rules>,
    ) -> Result<(), Unreached> {
        let roles = match member {
            Ok(member) => member.roles,
            Err(error) if error.code().is_some_and(|code| NOT_A_MEMBER.contains(&code)) => {
                self.remember_gone(user).await;
                return Err(Unreached::Gone);
            }
            Err(_) => return Ok(()),
        };
        if self.invited(user) {
            return Ok(());
        }
        let Some(rules) = rules else { return Ok(()) };
        let sees = rules.guild.sees(user, &roles, &rules.home.permission_overwrites);
        match self.place.kind {
            PRIVATE_THREAD if sees => self.add_to_thread(user).await,
            _ if sees => Ok(()),
            _ if self.place.is_thread() => Err(Unreached::NoAccess),
            _ => self.invite(user, rules).await,
        }
    }

    async fn remember_gone(&self, user: UserId) {
        if let Err(fault) = self.discord.app().gone(self.guild, user).await {
            tracing::error!(%fault, "that somebody left was not taken down");
        }
    }

    async fn add_to_thread(&self, user: UserId) -> Result<(), Unreached> {
        let endpoint = Endpoint::add_thread_member(channel_id(self.place.id), user_id(user));
        given(self.discord.rest().call(urgent(endpoint, Lane::Page)).await)
    }

    /// A member overwrite: what was allowed or denied beyond this stays.
    async fn invite(&self, user: UserId, rules: &Rules) -> Result<(), Unreached> {
        let own = self.place.own(user);
        // An overwrite may hold only what the bot has itself.
        let me = self.discord.member(self.guild, self.discord.me(), Lane::Page).await;
        let ours = me.map_or(Bits::VIEW, |me| rules.guild.permissions(me.user.id, &me.roles));
        let needed = OF_PEOPLE.and(ours).or(Bits::VIEW);
        let allow = own.map(|own| own.allow).unwrap_or_default().or(needed);
        let deny = own.map(|own| own.deny).unwrap_or_default().without(needed);
        let body = json!({ "type": OF_MEMBER, "allow": allow.0.to_string(), "deny": deny.0.to_string() });
        let call = Call::new(Endpoint::put_overwrite(channel_id(self.place.id), user.0)).body(body);
        let call = call.lane(Lane::Page).patience(super::PAGE_PATIENCE).reason("Paged for this incident");
        given(self.discord.rest().call(call).await)
    }
}

/// Refused for good: they cannot see it. Anything else may have worked, or works at the next try: the page goes out.
fn given(answer: Result<serde_json::Value, RestError>) -> Result<(), Unreached> {
    match answer {
        Err(error @ RestError::Rejected { .. }) => {
            tracing::warn!(%error, "access to an incident's channel could not be given");
            Err(Unreached::NoAccess)
        }
        Err(error) => {
            tracing::warn!(%error, "whether access was given is not known");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}
