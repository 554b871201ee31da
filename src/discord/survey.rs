//! Reads a guild into a [`Survey`], by REST alone: a token is enough, the gateway is not needed. Never writes, and never says
//! that somebody left because Discord did not answer.

use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::access::NOT_A_MEMBER;
use super::rest::{Call, Endpoint, GUILDS_PER_LIST, Lane, Rest, RestError};
use super::shape::{
    self, ANNOUNCEMENT, Bits, CATEGORY, FORUM, MEDIA, MENTIONS_ONLY, NEWS_THREAD, PRIVATE_THREAD, PUBLIC_THREAD, STAGE,
    TEXT, VOICE,
};
use super::{Discord, guild_id, user_id};
use crate::domain::id::{GuildId, UserId};
use crate::domain::survey::{Abilities, Channel, ChannelKind, Member, Notify, Role, Survey, Wanted, Webhook};

/// People and names that are looked for at most: the limits of definitions stay below, and Discord answers one at a time.
const LOOKED_FOR_MAX: usize = 500;
/// How many of them are asked for at the same time.
const AT_ONCE: usize = 8;
/// How long all of them may take together; who has not been found by then is not known. Somebody waits for the answer.
const PEOPLE_WITHIN: Duration = Duration::from_secs(8);
/// Members of one name that are told apart.
const NAMESAKES_MAX: u16 = 20;
/// Flags of an application that reads messages, below and above 100 guilds:
/// <https://discord.com/developers/docs/resources/application#application-object-application-flags>.
const MESSAGE_CONTENT: u64 = 1 << 18 | 1 << 19;

impl Discord {
    /// Reads a guild, and looks for whom a request needs.
    ///
    /// # Errors
    /// Why Discord could not be asked for the guild.
    pub async fn survey(&self, guild: GuildId, wanted: &Wanted) -> Result<Survey, RestError> {
        read(self.rest(), self.me(), guild, wanted).await
    }
}

/// Who the bot is.
///
/// # Errors
/// Why Discord could not be asked; 401 where the token is refused.
pub async fn me(rest: &Rest) -> Result<UserId, RestError> {
    let me: shape::User = ask(rest, Endpoint::me()).await?;
    Ok(me.id)
}

/// The application's id, which invite links carry.
///
/// # Errors
/// Why Discord could not be asked; 401 where the token is refused.
pub async fn application(rest: &Rest) -> Result<u64, RestError> {
    let application: Application = ask(rest, Endpoint::application()).await?;
    Ok(application.id.0)
}

/// The guilds that the bot is in, by id, with their names.
///
/// # Errors
/// Why Discord could not be asked; 401 where the token is refused.
pub async fn guilds(rest: &Rest) -> Result<Vec<(GuildId, String)>, RestError> {
    let mut all: Vec<(GuildId, String)> = Vec::new();
    loop {
        let after = all.last().map(|(last, _)| guild_id(*last));
        let page: Vec<Joined> = ask(rest, Endpoint::my_guilds(after)).await?;
        let full = page.len() >= usize::from(GUILDS_PER_LIST);
        all.extend(page.into_iter().map(|guild| (guild.id, guild.name)));
        if !full {
            return Ok(all);
        }
    }
}

/// Reads a guild that the bot `me` is in.
///
/// # Errors
/// Why Discord could not be asked for the guild, its channels or the bot's own membership. What else is not answered is
/// left unknown in the survey.
pub async fn read(rest: &Rest, me: UserId, guild: GuildId, wanted: &Wanted) -> Result<Survey, RestError> {
    let id = guild_id(guild);
    let (home, own, channels, threads, application) = tokio::join!(
        ask::<shape::Guild>(rest, Endpoint::guild(id)),
        ask::<shape::Member>(rest, Endpoint::member(id, user_id(me))),
        ask::<Vec<shape::Channel>>(rest, Endpoint::guild_channels(id)),
        ask::<Threads>(rest, Endpoint::active_threads(id)),
        ask::<Application>(rest, Endpoint::application()),
    );
    let (home, own) = (home?, own?);
    let bits = home.permissions(me, &own.roles);
    let (people, webhooks) = tokio::join!(People::find(rest, guild, wanted), webhooks(rest, guild, bits));
    let threads = threads.map(|all| all.threads).unwrap_or_default();
    Ok(Survey {
        guild,
        owner: home.owner_id,
        me,
        abilities: Abilities::from_bits(bits.0),
        roles: roles(&home, &own, bits),
        channels: seen(&home, &own, channels?, threads),
        members: people.members,
        left: people.left,
        unanswered: people.unanswered,
        webhooks,
        message_content: application.ok().map(|application| application.flags & MESSAGE_CONTENT != 0),
        notify: if home.default_message_notifications == MENTIONS_ONLY {
            Notify::Mentions
        } else {
            Notify::AllMessages
        },
        two_factor: home.mfa_level > 0,
        system_channel: home.system_channel_id,
        name: home.name,
    })
}

#[derive(serde::Deserialize)]
struct Threads {
    threads: Vec<shape::Channel>,
}

#[derive(serde::Deserialize)]
struct Application {
    id: UserId,
    #[serde(default)]
    flags: u64,
}

#[derive(serde::Deserialize)]
struct Joined {
    id: GuildId,
    name: String,
}

async fn ask<T: DeserializeOwned>(rest: &Rest, endpoint: Endpoint) -> Result<T, RestError> {
    let answer: Value = rest.call(Call::new(endpoint).lane(Lane::Reply)).await?;
    serde_json::from_value(answer).map_err(|why| RestError::Undecodable(why.to_string()))
}

fn roles(home: &shape::Guild, own: &shape::Member, bits: Bits) -> Vec<Role> {
    let held = home.roles.iter().filter(|role| own.roles.contains(&role.id));
    let height = held.map(|role| role.position).max().unwrap_or(0);
    let shown = |role: &shape::Role| {
        let everyone = role.id.0 == home.id.0;
        Role {
            id: role.id,
            name: role.name.clone(),
            position: role.position,
            managed: role.managed,
            mentionable: !everyone && (role.mentionable || bits.has(Bits::MENTION_EVERYONE)),
            assignable: !everyone && !role.managed && role.position < height && bits.has(Bits::MANAGE_ROLES),
        }
    };
    let mut roles: Vec<Role> = home.roles.iter().map(shown).collect();
    roles.sort_by_key(|role| (std::cmp::Reverse(role.position), role.id));
    roles
}

/// Channels as Discord sorts them, then threads, each with what the bot may do there: in a thread what it may in its channel.
fn seen(
    home: &shape::Guild,
    own: &shape::Member,
    mut channels: Vec<shape::Channel>,
    threads: Vec<shape::Channel>,
) -> Vec<Channel> {
    channels.sort_by_key(|channel| (channel.position, channel.id));
    let abilities = |channel: &shape::Channel| {
        let bits = home.permissions_in(own.user.id, &own.roles, &channel.permission_overwrites);
        Abilities::from_bits(bits.0)
    };
    let mut seen: Vec<Channel> = channels.iter().map(|channel| shown(channel, abilities(channel))).collect();
    for thread in &threads {
        let parent = channels.iter().find(|channel| Some(channel.id) == thread.parent_id);
        seen.push(shown(thread, parent.map(abilities).unwrap_or_default()));
    }
    seen
}

fn shown(channel: &shape::Channel, abilities: Abilities) -> Channel {
    Channel {
        id: channel.id,
        name: channel.name.clone().unwrap_or_default(),
        kind: kind(channel.kind),
        parent: channel.parent_id,
        abilities,
    }
}

fn kind(kind: u8) -> ChannelKind {
    match kind {
        TEXT => ChannelKind::Text,
        ANNOUNCEMENT => ChannelKind::Announcement,
        CATEGORY => ChannelKind::Category,
        VOICE | STAGE => ChannelKind::Voice,
        FORUM | MEDIA => ChannelKind::Forum,
        NEWS_THREAD | PUBLIC_THREAD | PRIVATE_THREAD => ChannelKind::Thread,
        _ => ChannelKind::Other,
    }
}

async fn webhooks(rest: &Rest, guild: GuildId, bits: Bits) -> Option<Vec<Webhook>> {
    if !bits.has(Bits::MANAGE_WEBHOOKS) {
        return None;
    }
    let all: Vec<shape::Webhook> = ask(rest, Endpoint::guild_webhooks(guild_id(guild))).await.ok()?;
    let posting = |one: shape::Webhook| one.channel_id.map(|channel| Webhook { id: one.id, channel });
    Some(all.into_iter().filter_map(posting).collect())
}

/// What became of the search for people.
#[derive(Default)]
struct People {
    members: Vec<Member>,
    left: Vec<UserId>,
    unanswered: Vec<String>,
}

impl People {
    async fn find(rest: &Rest, guild: GuildId, wanted: &Wanted) -> People {
        let mut found = People { unanswered: wanted.names.clone(), ..People::default() };
        let mut answers = std::pin::pin!(asked(rest, guild, wanted).take_until(tokio::time::sleep(PEOPLE_WITHIN)));
        while let Some(answer) = answers.next().await {
            found.take(answer);
        }
        found.members.sort_by_key(|member| member.user);
        found.members.dedup_by_key(|member| member.user);
        found
    }

    fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Here(found) => self.members.push(member(found)),
            Answer::Left(user) => self.left.push(user),
            Answer::Named(name, members) => {
                self.unanswered.retain(|one| *one != name);
                self.members.extend(members.into_iter().map(member));
            }
            Answer::Nothing => {}
        }
    }
}

enum Answer {
    Here(shape::Member),
    Left(UserId),
    Named(String, Vec<shape::Member>),
    Nothing,
}

fn asked<'a>(rest: &'a Rest, guild: GuildId, wanted: &'a Wanted) -> impl Stream<Item = Answer> + 'a {
    let people = stream::iter(wanted.people.iter().take(LOOKED_FOR_MAX))
        .map(move |user| by_id(rest, guild, *user).left_future());
    let names = stream::iter(wanted.names.iter().take(LOOKED_FOR_MAX))
        .map(move |name| by_name(rest, guild, name).right_future());
    names.chain(people).buffer_unordered(AT_ONCE)
}

async fn by_id(rest: &Rest, guild: GuildId, user: UserId) -> Answer {
    match ask(rest, Endpoint::member(guild_id(guild), user_id(user))).await {
        Ok(member) => Answer::Here(member),
        Err(error) if error.code().is_some_and(|code| NOT_A_MEMBER.contains(&code)) => Answer::Left(user),
        Err(error) => {
            tracing::info!(%error, "whether somebody is a member is not known");
            Answer::Nothing
        }
    }
}

async fn by_name(rest: &Rest, guild: GuildId, name: &str) -> Answer {
    match ask(rest, Endpoint::search_members(guild_id(guild), name, NAMESAKES_MAX)).await {
        Ok(members) => Answer::Named(name.to_owned(), members),
        Err(error) => {
            tracing::info!(%error, "a member's name could not be looked for");
            Answer::Nothing
        }
    }
}

fn member(found: shape::Member) -> Member {
    Member {
        user: found.user.id,
        username: found.user.username,
        global_name: found.user.global_name,
        nick: found.nick,
        bot: found.user.bot,
        roles: found.roles,
    }
}
