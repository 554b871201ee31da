//! Shows `app` the servers that the bot is in, with a place where something can be said. Decides nothing about whether it is.

use serenity::model::channel::{ChannelType, GuildChannel};
use serenity::model::guild::Guild;
use serenity::model::permissions::Permissions;

use super::{Discord, user_id};
use crate::app::Joined;
use crate::domain::id::{ChannelId, GuildId, UserId};

impl Discord {
    pub(super) async fn greet(&self, guild: &Guild) {
        let joined = Joined {
            guild: GuildId(guild.id.get()),
            name: guild.name.clone(),
            owner: UserId(guild.owner_id.get()),
            place: place(guild, self.me()),
        };
        if !self.serves(joined.guild) {
            return;
        }
        if let Err(fault) = self.app().joined(joined).await {
            tracing::error!(%fault, "a server was not greeted");
        }
    }
}

/// Where Discord itself greets people; else the first text channel in which the bot may write.
fn place(guild: &Guild, me: UserId) -> Option<ChannelId> {
    let me = guild.members.get(&user_id(me))?;
    let may_write = |channel: &&GuildChannel| {
        let needed = Permissions::VIEW_CHANNEL | Permissions::SEND_MESSAGES;
        channel.kind == ChannelType::Text && guild.user_permissions_in(channel, me).contains(needed)
    };
    let greeting = guild.system_channel_id.and_then(|id| guild.channels.get(&id)).filter(may_write);
    let first = || guild.channels.values().filter(may_write).min_by_key(|channel| (channel.position, channel.id));
    greeting.or_else(first).map(|channel| ChannelId(channel.id.get()))
}
