//! Bodies about channels, threads, overwrites, direct channels and webhooks.
//! Never checks a permission.

use super::{Checked, message::CreateMessage, present};
use crate::refusal::Refusal;
use serde::Deserialize;
use serde_json::Value;
use twilight_model::{
    http::permission_overwrite::PermissionOverwrite,
    id::{
        Id as Snowflake,
        marker::{ChannelMarker, GenericMarker, UserMarker},
    },
};

/// POST /guilds/{guild}/channels
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateChannel {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Option<u8>,
    pub topic: Option<String>,
    pub parent_id: Option<Snowflake<ChannelMarker>>,
    pub position: Option<u32>,
    pub permission_overwrites: Option<Vec<PermissionOverwrite>>,
    pub nsfw: Option<bool>,
    pub rate_limit_per_user: Option<u16>,
    pub bitrate: Option<u32>,
    pub user_limit: Option<u16>,
    pub default_auto_archive_duration: Option<u64>,
    pub available_tags: Option<Vec<Value>>,
    pub rtc_region: Option<String>,
    pub video_quality_mode: Option<u8>,
}

/// PATCH /channels/{channel}, threads included
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct EditChannel {
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<u8>,
    #[serde(default, deserialize_with = "present")]
    pub topic: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    pub parent_id: Option<Option<Snowflake<ChannelMarker>>>,
    pub position: Option<u32>,
    pub permission_overwrites: Option<Vec<PermissionOverwrite>>,
    pub nsfw: Option<bool>,
    pub rate_limit_per_user: Option<u16>,
    pub bitrate: Option<u32>,
    pub user_limit: Option<u16>,
    pub lock_permissions: Option<bool>,
    pub archived: Option<bool>,
    pub locked: Option<bool>,
    pub invitable: Option<bool>,
    pub auto_archive_duration: Option<u64>,
    pub default_auto_archive_duration: Option<u64>,
    pub flags: Option<u64>,
}

/// PUT /channels/{channel}/permissions/{overwrite}
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct PutOverwrite {
    pub id: Option<Snowflake<GenericMarker>>,
    #[serde(rename = "type")]
    pub kind: u8,
    pub allow: Option<twilight_model::guild::Permissions>,
    pub deny: Option<twilight_model::guild::Permissions>,
}

/// POST /channels/{channel}/threads and …/messages/{message}/threads
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateThread {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Option<u8>,
    pub auto_archive_duration: Option<u64>,
    pub invitable: Option<bool>,
    pub rate_limit_per_user: Option<u16>,
    pub message: Option<CreateMessage>,
    pub applied_tags: Option<Vec<Snowflake<GenericMarker>>>,
}
/// POST /users/@me/channels
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenDm {
    pub recipient_id: Snowflake<UserMarker>,
}

/// POST /channels/{channel}/webhooks
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "accepted and checked for shape as Discord does; nothing here depends on the rest")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWebhook {
    pub name: String,
    pub avatar: Option<String>,
}
/// A channel name: 1 to 100 characters.
pub(crate) fn channel_name(name: &str) -> Checked<()> {
    twilight_validate::channel::name(name)
        .map_err(|_| Refusal::form("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."))
}

/// A topic: up to 1024 characters.
pub(crate) fn topic(topic: Option<&str>) -> Checked<()> {
    let checked = topic.map_or(Ok(()), twilight_validate::channel::topic);
    checked.map_err(|_| Refusal::form("topic", "BASE_TYPE_MAX_LENGTH", "Must be 1024 or fewer in length."))
}
