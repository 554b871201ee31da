//! Makes the room of an incident: a channel, or a thread. Creating is not idempotent, so the marker is looked for before it is
//! done again. Never changes a room that is there.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::access::OF_PEOPLE;
use super::deliver::missed;
use super::rest::{Endpoint, Lane, RestError};
use super::shape::{
    Bits, CATEGORY, Channel, Guild, OF_MEMBER, OF_ROLE, Overwrite, PRIVATE_THREAD, PUBLIC_THREAD, TEXT,
};
use super::{Discord, channel_id, draw, guild_id, lock, urgent, user_id};
use crate::app::courier::{Delivery, Miss, Receipt, RoomPlan};
use crate::domain::effect::RoomKind;
use crate::domain::id::{ChannelId, GuildId, IncidentId};
use crate::domain::text;
use crate::domain::timeline::Unreached;

/// Name of the category that the bot makes; a full one is followed by "Incidents 2".
const CATEGORY_NAME: &str = "Incidents";
/// Channels of one category, categories the bot makes: <https://discord.com/developers/docs/resources/channel>.
const CHILDREN_MAX: usize = 50;
const CATEGORIES_MAX: usize = 9;
/// Overwrites in one create call.
const OVERWRITES_MAX: usize = 100;
/// Longest name of a thread, in characters.
const THREAD_NAME_MAX: usize = 100;
/// A thread of an incident stays in the list for a week without a message.
const ARCHIVE_AFTER_MIN: u32 = 10_080;
/// Between the two looks for a room that an earlier try may have made: Discord's lists lag.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// What the bot needs in its own channels, as far as it has it.
const OF_BOT: Bits = OF_PEOPLE
    .or(Bits::EMBED)
    .or(Bits::ATTACH)
    .or(Bits::ADD_REACTIONS)
    .or(Bits::MANAGE_CHANNELS)
    .or(Bits::MENTION_EVERYONE)
    .or(Bits::SEND_IN_THREADS)
    .or(Bits::PIN);

/// Codes of <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>.
const FORM_INVALID: i64 = 50035;

/// Incidents whose room certainly was not made by the tries so far: nothing has to be looked for.
#[derive(Debug, Default)]
pub(super) struct Unmade(Mutex<HashSet<IncidentId>>);

impl Unmade {
    fn note(&self, incident: IncidentId) {
        lock(&self.0).insert(incident);
    }

    /// Says so once: what happens next is not known any more.
    fn take(&self, incident: IncidentId) -> bool {
        lock(&self.0).remove(&incident)
    }
}

impl Discord {
    /// Makes the room, or finds the one that an earlier try made.
    pub(super) async fn open_room(&self, delivery: &Delivery, plan: &RoomPlan) -> Result<Receipt, Miss> {
        let certain = self.0.rooms.take(plan.incident) || delivery.attempt <= 1;
        if !certain && let Some(channel) = self.find_room(delivery.guild, plan).await? {
            return Ok(Receipt::Room { channel });
        }
        let made = match plan.kind {
            RoomKind::Channel => self.make_channel(delivery.guild, plan).await,
            RoomKind::Thread => self.make_thread(plan).await,
            RoomKind::Announcement | RoomKind::Direct => {
                return match plan.parent.filter(|_| plan.kind == RoomKind::Announcement) {
                    Some(channel) => Ok(Receipt::Room { channel }),
                    None => Err(never("there is no channel for it")),
                };
            }
        };
        match made {
            Ok(channel) => Ok(Receipt::Room { channel: channel.id }),
            Err(RestError::Ambiguous { cause, .. }) => self.adopt_or_retry(delivery, plan, cause).await,
            Err(RestError::Undecodable(cause)) => self.adopt_or_retry(delivery, plan, cause).await,
            Err(error) => {
                self.0.rooms.note(plan.incident);
                Err(missed(&error, Unreached::NoRoom))
            }
        }
    }

    /// It may have been made: look, and only where it was not, try again.
    async fn adopt_or_retry(&self, delivery: &Delivery, plan: &RoomPlan, cause: String) -> Result<Receipt, Miss> {
        if let Some(channel) = self.find_room(delivery.guild, plan).await? {
            return Ok(Receipt::Room { channel });
        }
        self.0.rooms.note(plan.incident);
        Err(Miss::Retry { after: Some(Duration::ZERO), why: cause })
    }

    /// Looks for the marker twice.
    async fn find_room(&self, guild: GuildId, plan: &RoomPlan) -> Result<Option<ChannelId>, Miss> {
        let found = self.look_for_room(guild, plan).await?;
        if found.is_some() {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        self.look_for_room(guild, plan).await
    }

    async fn look_for_room(&self, guild: GuildId, plan: &RoomPlan) -> Result<Option<ChannelId>, Miss> {
        let found = match plan.kind {
            RoomKind::Thread => self.active_threads(guild).await.map(|threads| self.own_thread(&threads, plan)),
            _ => self.channels(guild).await.map(|channels| marked(&channels, plan)),
        };
        found.map_err(|error| missed(&error, Unreached::NoRoom))
    }

    /// Our thread below this parent that carries the number.
    fn own_thread(&self, threads: &[Channel], plan: &RoomPlan) -> Option<ChannelId> {
        let name = thread_name(plan);
        let ours = |thread: &&Channel| {
            thread.owner_id == Some(self.me()) && thread.parent_id == plan.parent && thread.name.as_ref() == Some(&name)
        };
        threads.iter().find(ours).map(|thread| thread.id)
    }

    async fn make_channel(&self, guild: GuildId, plan: &RoomPlan) -> Result<Channel, RestError> {
        if let Some(category) = plan.category {
            return self.make_channel_in(guild, plan, category).await;
        }
        let known = lock(&self.0.categories).get(&guild).copied();
        if let Some(category) = known {
            match self.make_channel_in(guild, plan, category).await {
                Err(error) if no_room_there(&error) => drop(lock(&self.0.categories).remove(&guild)),
                made => return made,
            }
        }
        let category = self.own_category(guild).await?;
        lock(&self.0.categories).insert(guild, category);
        self.make_channel_in(guild, plan, category).await
    }

    async fn make_channel_in(
        &self,
        guild: GuildId,
        plan: &RoomPlan,
        category: ChannelId,
    ) -> Result<Channel, RestError> {
        let (home, me, place) = tokio::join!(
            self.guild(guild, Lane::Page),
            self.member(guild, self.me(), Lane::Page),
            self.channel(category, Lane::Page),
        );
        let home = home?;
        let own = home.permissions(self.me(), &me?.roles);
        let inherited = place.map(|place| place.permission_overwrites).unwrap_or_default();
        let body = json!({
            "name": draw::room_name(plan.number, &plan.title),
            "type": TEXT,
            "topic": topic(plan),
            "parent_id": category,
            "permission_overwrites": self.overwrites(plan, &home, own, inherited),
        });
        let call = urgent(Endpoint::create_channel(guild_id(guild)), Lane::Page).body(body);
        self.ask(call.reason(format!("INC-{}", plan.number))).await
    }

    /// A channel with overwrites of its own has none of its category's: a public incident keeps those, a private one has only its own.
    /// Overwrites may hold only what the bot has itself.
    fn overwrites(&self, plan: &RoomPlan, home: &Guild, own: Bits, inherited: Vec<Overwrite>) -> Vec<Value> {
        let nothing = Bits::default();
        // Only an administrator may hand on Manage Roles.
        let grantable = if own == Bits::ALL { own } else { own.without(Bits::MANAGE_ROLES) };
        let everyone = Overwrite { id: home.id.0, kind: OF_ROLE, allow: nothing, deny: Bits::VIEW };
        let mut all = if plan.private { vec![everyone] } else { inherited };
        let known = |id: u64| home.roles.iter().any(|role| role.id.0 == id);
        all.retain(|one| one.kind == OF_MEMBER || known(one.id));
        let mut allow = |id: u64, kind: u8, bits: Bits| match all.iter_mut().find(|one| one.id == id) {
            Some(one) => {
                one.allow = one.allow.or(bits);
                one.deny = one.deny.without(bits);
            }
            None => all.push(Overwrite { id, kind, allow: bits, deny: nothing }),
        };
        allow(self.me().0, OF_MEMBER, OF_BOT);
        plan.roles.iter().filter(|role| known(role.0)).for_each(|role| allow(role.0, OF_ROLE, OF_PEOPLE));
        plan.people.iter().for_each(|user| allow(user.0, OF_MEMBER, OF_PEOPLE));
        let written = all.into_iter().take(OVERWRITES_MAX).map(|one| {
            let (allow, deny) = (one.allow.and(grantable), one.deny.and(grantable));
            json!({ "id": one.id.to_string(), "type": one.kind, "allow": allow.0.to_string(), "deny": deny.0.to_string() })
        });
        written.collect()
    }

    /// The bot's own category with room in it: found by name, or made.
    async fn own_category(&self, guild: GuildId) -> Result<ChannelId, RestError> {
        let channels = self.channels(guild).await?;
        let named = |name: &str| {
            channels
                .iter()
                .find(|one| one.kind == CATEGORY && one.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)))
        };
        let children = |id: ChannelId| channels.iter().filter(|one| one.parent_id == Some(id)).count();
        let mut name = CATEGORY_NAME.to_owned();
        for next in 2..=CATEGORIES_MAX + 1 {
            match named(&name) {
                None => break,
                Some(found) if children(found.id) < CHILDREN_MAX => return Ok(found.id),
                Some(_) => name = format!("{CATEGORY_NAME} {next}"),
            }
        }
        let body = json!({ "name": name, "type": CATEGORY });
        let call = urgent(Endpoint::create_channel(guild_id(guild)), Lane::Page).body(body);
        let made: Channel = self.ask(call.reason("For the channels of incidents")).await?;
        Ok(made.id)
    }

    async fn make_thread(&self, plan: &RoomPlan) -> Result<Channel, RestError> {
        let parent = plan.parent.unwrap_or(ChannelId(0));
        let mut body = json!({
            "name": thread_name(plan),
            "type": if plan.private { PRIVATE_THREAD } else { PUBLIC_THREAD },
            "auto_archive_duration": ARCHIVE_AFTER_MIN,
        });
        if plan.private {
            body["invitable"] = json!(false);
        }
        let call = urgent(Endpoint::create_thread(channel_id(parent)), Lane::Page).body(body);
        let thread: Channel = self.ask(call).await?;
        // Who cannot be added is found out, and told, when they are paged.
        let added = plan.people.iter().map(|user| {
            let endpoint = Endpoint::add_thread_member(channel_id(thread.id), user_id(*user));
            self.rest().call(urgent(endpoint, Lane::Page))
        });
        join_all(added).await;
        Ok(thread)
    }

    async fn channels(&self, guild: GuildId) -> Result<Vec<Channel>, RestError> {
        self.ask(urgent(Endpoint::guild_channels(guild_id(guild)), Lane::Page)).await
    }

    async fn active_threads(&self, guild: GuildId) -> Result<Vec<Channel>, RestError> {
        let mut answer = self.rest().call(urgent(Endpoint::active_threads(guild_id(guild)), Lane::Page)).await?;
        serde_json::from_value(answer["threads"].take()).map_err(|why| RestError::Undecodable(why.to_string()))
    }
}

fn marked(channels: &[Channel], plan: &RoomPlan) -> Option<ChannelId> {
    let ours = |channel: &&Channel| {
        let topic = channel.topic.as_deref().unwrap_or_default();
        topic.split_whitespace().any(|word| word == plan.marker)
    };
    channels.iter().find(ours).map(|channel| channel.id)
}

fn topic(plan: &RoomPlan) -> String {
    let drill = if plan.drill { "DRILL · " } else { "" };
    format!("{drill}INC-{} · made by Muster; keep this: {}", plan.number, plan.marker)
}

fn thread_name(plan: &RoomPlan) -> String {
    text::one_line(&format!("INC-{} {}", plan.number, plan.title), THREAD_NAME_MAX)
}

/// The category is full, or gone.
fn no_room_there(error: &RestError) -> bool {
    error.code() == Some(FORM_INVALID) || matches!(error, RestError::Rejected { status: 404, .. })
}

fn never(detail: &str) -> Miss {
    Miss::Never { why: Unreached::NoRoom, detail: detail.to_owned() }
}
