//! The calls Muster makes, one named constructor each: method, path, and what the limits are counted by.
//!
//! Never decides when a call may go out. Paths are held by template because the template is half of a bucket's key, and
//! because a path that carries an interaction or webhook token must have a masked twin for the logs. serenity's `Route`
//! has neither (and lacks the pins routes of 2025), so paths are our own; a test holds them against serenity's.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serenity::http::LightMethod as Method;
use serenity::model::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

/// Discord's version of the API; the one serenity 0.12 speaks on the gateway as well.
const VERSION: &str = "/api/v10";

/// Most messages Discord lists at once.
pub const MESSAGES_PER_LIST: u8 = 100;
/// Most users of one reaction Discord lists at once.
pub const USERS_PER_LIST: u8 = 100;
/// Most pins Discord lists at once.
pub const PINS_PER_LIST: u8 = 50;

/// Most guilds Discord lists at once.
pub const GUILDS_PER_LIST: u8 = 200;

/// Where a list of messages starts; the message named is itself left out, except by `Around`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Latest,
    Before(MessageId),
    After(MessageId),
    Around(MessageId),
}

/// One call's address. `Debug` and `Display` show the path with tokens masked.
#[derive(Clone)]
pub struct Endpoint {
    pub(super) method: Method,
    pub(super) template: &'static str,
    pub(super) major: Major,
    /// The token is in the path: no `Authorization` header, and not under the global limit.
    pub(super) token_in_path: bool,
    path: String,
    masked: String,
    query: String,
}

/// The top-level resource limits are counted by, as Discord defines it: a channel, a guild, or a webhook with its token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Major {
    id: u64,
    /// A hash: two tokens of one webhook are two resources, and a key in a map must not keep the token.
    token: u64,
}

/// What fills a placeholder of a template.
enum Part<'a> {
    Id(u64),
    Text(&'a str),
    Secret(&'a str),
}

use Part::{Id, Secret, Text};

impl Endpoint {
    // The application itself.

    pub fn get_gateway() -> Self {
        Self::new(Method::Get, "/gateway", &[])
    }

    /// Like `get_gateway`, with the recommended shards and how many IDENTIFYs are left today.
    pub fn gateway_bot() -> Self {
        Self::new(Method::Get, "/gateway/bot", &[])
    }

    pub fn me() -> Self {
        Self::new(Method::Get, "/users/@me", &[])
    }

    pub fn application() -> Self {
        Self::new(Method::Get, "/applications/@me", &[])
    }

    /// Guilds the application is in, ids ascending, after the guild given; at most 200.
    pub fn my_guilds(after: Option<GuildId>) -> Self {
        let list = Self::new(Method::Get, "/users/@me/guilds", &[]).with("limit", GUILDS_PER_LIST.to_string());
        match after {
            None => list,
            Some(guild) => list.with("after", guild.to_string()),
        }
    }

    pub fn global_commands(app: ApplicationId) -> Self {
        Self::new(Method::Get, "/applications/{application}/commands", &[Id(app.get())])
    }

    /// Replaces all global commands.
    pub fn put_global_commands(app: ApplicationId) -> Self {
        Self::new(Method::Put, "/applications/{application}/commands", &[Id(app.get())])
    }

    /// Replaces all commands of the guild.
    pub fn put_guild_commands(app: ApplicationId, guild: GuildId) -> Self {
        Self::new(Method::Put, GUILD_COMMANDS, &[Id(app.get()), Id(guild.get())])
    }

    // Guilds and their members.

    pub fn guild(guild: GuildId) -> Self {
        Self::new(Method::Get, "/guilds/{guild}", &[Id(guild.get())])
    }

    pub fn guild_channels(guild: GuildId) -> Self {
        Self::new(Method::Get, "/guilds/{guild}/channels", &[Id(guild.get())])
    }

    pub fn create_channel(guild: GuildId) -> Self {
        Self::new(Method::Post, "/guilds/{guild}/channels", &[Id(guild.get())])
    }

    pub fn guild_roles(guild: GuildId) -> Self {
        Self::new(Method::Get, "/guilds/{guild}/roles", &[Id(guild.get())])
    }

    pub fn active_threads(guild: GuildId) -> Self {
        Self::new(Method::Get, "/guilds/{guild}/threads/active", &[Id(guild.get())])
    }

    pub fn member(guild: GuildId, user: UserId) -> Self {
        Self::new(Method::Get, "/guilds/{guild}/members/{user}", &[Id(guild.get()), Id(user.get())])
    }

    /// Members whose username or nick begins with `query`, at most `limit` of them (brought into 1..=1000).
    pub fn search_members(guild: GuildId, query: &str, limit: u16) -> Self {
        Self::new(Method::Get, "/guilds/{guild}/members/search", &[Id(guild.get())])
            .with("query", encode(query))
            .with("limit", limit.clamp(1, 1_000).to_string())
    }

    /// Needs Manage Webhooks.
    pub fn guild_webhooks(guild: GuildId) -> Self {
        Self::new(Method::Get, "/guilds/{guild}/webhooks", &[Id(guild.get())])
    }

    pub fn add_member_role(guild: GuildId, user: UserId, role: RoleId) -> Self {
        Self::new(Method::Put, MEMBER_ROLE, &[Id(guild.get()), Id(user.get()), Id(role.get())])
    }

    pub fn remove_member_role(guild: GuildId, user: UserId, role: RoleId) -> Self {
        Self::new(Method::Delete, MEMBER_ROLE, &[Id(guild.get()), Id(user.get()), Id(role.get())])
    }

    // Channels and threads (a thread is a channel).

    pub fn channel(channel: ChannelId) -> Self {
        Self::new(Method::Get, CHANNEL, &[Id(channel.get())])
    }

    pub fn edit_channel(channel: ChannelId) -> Self {
        Self::new(Method::Patch, CHANNEL, &[Id(channel.get())])
    }

    pub fn delete_channel(channel: ChannelId) -> Self {
        Self::new(Method::Delete, CHANNEL, &[Id(channel.get())])
    }

    /// `target`: the id of a role or of a member; the body's `type` says which.
    pub fn put_overwrite(channel: ChannelId, target: u64) -> Self {
        Self::new(Method::Put, OVERWRITE, &[Id(channel.get()), Id(target)])
    }

    pub fn channel_webhooks(channel: ChannelId) -> Self {
        Self::new(Method::Get, "/channels/{channel}/webhooks", &[Id(channel.get())])
    }

    /// A thread of its own, or a post when `channel` is a forum.
    pub fn create_thread(channel: ChannelId) -> Self {
        Self::new(Method::Post, "/channels/{channel}/threads", &[Id(channel.get())])
    }

    /// The thread gets the message's id; a message has at most one.
    pub fn create_thread_from_message(channel: ChannelId, message: MessageId) -> Self {
        let parts = [Id(channel.get()), Id(message.get())];
        Self::new(Method::Post, "/channels/{channel}/messages/{message}/threads", &parts)
    }

    pub fn add_thread_member(thread: ChannelId, user: UserId) -> Self {
        Self::new(Method::Put, THREAD_MEMBER, &[Id(thread.get()), Id(user.get())])
    }

    pub fn thread_members(thread: ChannelId) -> Self {
        Self::new(Method::Get, "/channels/{channel}/thread-members", &[Id(thread.get())])
    }

    /// Returns the channel that already exists, if there is one.
    pub fn create_dm() -> Self {
        Self::new(Method::Post, "/users/@me/channels", &[])
    }

    // Messages.

    /// Newest first. `limit` is brought into 1..=[`MESSAGES_PER_LIST`].
    pub fn messages(channel: ChannelId, start: Start, limit: u8) -> Self {
        let list = Self::new(Method::Get, MESSAGES, &[Id(channel.get())])
            .with("limit", limit.clamp(1, MESSAGES_PER_LIST).to_string());
        match start {
            Start::Latest => list,
            Start::Before(id) => list.with("before", id.to_string()),
            Start::After(id) => list.with("after", id.to_string()),
            Start::Around(id) => list.with("around", id.to_string()),
        }
    }

    pub fn message(channel: ChannelId, message: MessageId) -> Self {
        Self::new(Method::Get, MESSAGE, &[Id(channel.get()), Id(message.get())])
    }

    pub fn create_message(channel: ChannelId) -> Self {
        Self::new(Method::Post, MESSAGES, &[Id(channel.get())])
    }

    pub fn edit_message(channel: ChannelId, message: MessageId) -> Self {
        Self::new(Method::Patch, MESSAGE, &[Id(channel.get()), Id(message.get())])
    }

    pub fn delete_message(channel: ChannelId, message: MessageId) -> Self {
        Self::new(Method::Delete, MESSAGE, &[Id(channel.get()), Id(message.get())])
    }

    /// `emoji`: the character itself, or `name:id` of a custom one.
    pub fn add_reaction(channel: ChannelId, message: MessageId, emoji: &str) -> Self {
        Self::new(Method::Put, OWN_REACTION, &[Id(channel.get()), Id(message.get()), Text(emoji)])
    }

    pub fn remove_reaction(channel: ChannelId, message: MessageId, emoji: &str, user: UserId) -> Self {
        let parts = [Id(channel.get()), Id(message.get()), Text(emoji), Id(user.get())];
        Self::new(Method::Delete, "/channels/{channel}/messages/{message}/reactions/{emoji}/{user}", &parts)
    }

    /// The first [`USERS_PER_LIST`] users, ids ascending, after the user given.
    pub fn reaction_users(channel: ChannelId, message: MessageId, emoji: &str, after: Option<UserId>) -> Self {
        let parts = [Id(channel.get()), Id(message.get()), Text(emoji)];
        let list = Self::new(Method::Get, "/channels/{channel}/messages/{message}/reactions/{emoji}", &parts)
            .with("limit", USERS_PER_LIST.to_string());
        match after {
            None => list,
            Some(user) => list.with("after", user.to_string()),
        }
    }

    /// The first [`PINS_PER_LIST`] pins, newest pinned first, pinned before the ISO 8601 time given.
    pub fn pins(channel: ChannelId, before: Option<&str>) -> Self {
        let list = Self::new(Method::Get, "/channels/{channel}/messages/pins", &[Id(channel.get())])
            .with("limit", PINS_PER_LIST.to_string());
        match before {
            None => list,
            Some(time) => list.with("before", encode(time)),
        }
    }

    pub fn pin(channel: ChannelId, message: MessageId) -> Self {
        Self::new(Method::Put, PIN, &[Id(channel.get()), Id(message.get())])
    }

    // Interactions: the token in the path is the credential.

    /// Must reach Discord within 3 s of the interaction. Answers 204.
    pub fn callback(interaction: InteractionId, token: &str) -> Self {
        let parts = [Id(interaction.get()), Secret(token)];
        Self::new(Method::Post, "/interactions/{interaction}/{token}/callback", &parts)
    }

    pub fn edit_original_response(app: ApplicationId, token: &str) -> Self {
        Self::new(Method::Patch, ORIGINAL, &[Id(app.get()), Secret(token)])
    }

    pub fn followup(app: ApplicationId, token: &str) -> Self {
        Self::new(Method::Post, "/webhooks/{webhook}/{token}", &[Id(app.get()), Secret(token)])
    }

    fn new(method: Method, template: &'static str, parts: &[Part<'_>]) -> Self {
        let secret = parts.iter().find_map(|part| if let Secret(token) = part { Some(*token) } else { None });
        Self {
            method,
            template,
            major: Major { id: major_id(template, parts), token: secret.map_or(0, fingerprint) },
            token_in_path: secret.is_some(),
            path: fill(template, parts, Part::sent),
            masked: fill(template, parts, Part::shown),
            query: String::new(),
        }
    }

    fn with(mut self, name: &str, value: String) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(name);
        self.query.push('=');
        self.query.push_str(&value);
        self
    }

    /// The full address below `base`. It may carry a token: for the wire only, never for a log.
    pub(super) fn url(&self, base: &str) -> String {
        format!("{base}{VERSION}{}{}", self.path, self.query)
    }
}

const CHANNEL: &str = "/channels/{channel}";
const MESSAGES: &str = "/channels/{channel}/messages";
const MESSAGE: &str = "/channels/{channel}/messages/{message}";
const OWN_REACTION: &str = "/channels/{channel}/messages/{message}/reactions/{emoji}/@me";
const PIN: &str = "/channels/{channel}/messages/pins/{message}";
const OVERWRITE: &str = "/channels/{channel}/permissions/{target}";
const THREAD_MEMBER: &str = "/channels/{channel}/thread-members/{user}";
const MEMBER_ROLE: &str = "/guilds/{guild}/members/{user}/roles/{role}";
const GUILD_COMMANDS: &str = "/applications/{application}/guilds/{guild}/commands";
const ORIGINAL: &str = "/webhooks/{webhook}/{token}/messages/@original";

impl Part<'_> {
    fn sent(&self) -> String {
        match self {
            Id(id) => id.to_string(),
            Text(text) | Secret(text) => encode(text),
        }
    }

    fn shown(&self) -> String {
        match self {
            Secret(_) => "***".to_owned(),
            Id(_) | Text(_) => self.sent(),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method.reqwest_method(), self.masked, self.query)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Percent-encodes everything but letters, digits and `-._~`: for a path segment, a query value, a header.
pub(super) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Puts the parts into the placeholders, in order.
fn fill<'a>(template: &str, parts: &[Part<'a>], text: fn(&Part<'a>) -> String) -> String {
    let mut parts = parts.iter();
    let segment = |segment: &str| match segment.strip_prefix('{') {
        None => segment.to_owned(),
        Some(_) => text(parts.next().expect("every template is used with as many parts as it has placeholders")),
    };
    template.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn major_id(template: &str, parts: &[Part<'_>]) -> u64 {
    let majors = ["/channels/{", "/guilds/{", "/webhooks/{", "/interactions/{"];
    match parts.first() {
        Some(Id(id)) if majors.iter().any(|major| template.starts_with(major)) => *id,
        _ => 0,
    }
}

fn fingerprint(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serenity::http::Route;

    const C: ChannelId = ChannelId::new(10);
    const M: MessageId = MessageId::new(20);
    const U: UserId = UserId::new(30);
    const G: GuildId = GuildId::new(40);
    const R: RoleId = RoleId::new(50);
    const A: ApplicationId = ApplicationId::new(60);

    #[test]
    fn paths_agree_with_serenity() {
        use Route::*;
        let pairs = [
            (Endpoint::get_gateway(), Gateway),
            (Endpoint::gateway_bot(), GatewayBot),
            (Endpoint::me(), UserMe),
            (Endpoint::put_global_commands(A), Commands { application_id: A }),
            (Endpoint::put_guild_commands(A, G), GuildCommands { application_id: A, guild_id: G }),
            (Endpoint::guild(G), Guild { guild_id: G }),
            (Endpoint::create_channel(G), GuildChannels { guild_id: G }),
            (Endpoint::guild_roles(G), GuildRoles { guild_id: G }),
            (Endpoint::active_threads(G), GuildThreadsActive { guild_id: G }),
            (Endpoint::member(G, U), GuildMember { guild_id: G, user_id: U }),
            (Endpoint::add_member_role(G, U, R), GuildMemberRole { guild_id: G, user_id: U, role_id: R }),
            (Endpoint::remove_member_role(G, U, R), GuildMemberRole { guild_id: G, user_id: U, role_id: R }),
            (Endpoint::edit_channel(C), Channel { channel_id: C }),
            (Endpoint::put_overwrite(C, 70), ChannelPermission { channel_id: C, target_id: 70.into() }),
            (Endpoint::channel_webhooks(C), ChannelWebhooks { channel_id: C }),
            (Endpoint::create_thread(C), ChannelThreads { channel_id: C }),
            (Endpoint::create_thread_from_message(C, M), ChannelMessageThreads { channel_id: C, message_id: M }),
            (Endpoint::add_thread_member(C, U), ChannelThreadMember { channel_id: C, user_id: U }),
            (Endpoint::thread_members(C), ChannelThreadMembers { channel_id: C }),
            (Endpoint::create_dm(), UserMeDmChannels),
            (Endpoint::create_message(C), ChannelMessages { channel_id: C }),
            (Endpoint::edit_message(C, M), ChannelMessage { channel_id: C, message_id: M }),
            (
                Endpoint::add_reaction(C, M, "%"),
                ChannelMessageReactionMe { channel_id: C, message_id: M, reaction: "%25" },
            ),
            (
                Endpoint::remove_reaction(C, M, "x:1", U),
                ChannelMessageReaction { channel_id: C, message_id: M, user_id: U, reaction: "x%3A1" },
            ),
            (Endpoint::callback(70.into(), "tok"), InteractionResponse { interaction_id: 70.into(), token: "tok" }),
            (
                Endpoint::edit_original_response(A, "tok"),
                WebhookOriginalInteractionResponse { application_id: A, token: "tok" },
            ),
            (Endpoint::followup(A, "tok"), WebhookFollowupMessages { application_id: A, token: "tok" }),
        ];
        for (ours, theirs) in pairs {
            assert_eq!(ours.url("https://discord.com"), theirs.path(), "{ours}");
        }
    }

    #[test]
    fn lists_and_pins_have_their_queries() {
        let cases = [
            (Endpoint::messages(C, Start::Latest, 0), "/channels/10/messages?limit=1"),
            (Endpoint::messages(C, Start::After(M), 250), "/channels/10/messages?limit=100&after=20"),
            (Endpoint::reaction_users(C, M, "✅", Some(U)), {
                "/channels/10/messages/20/reactions/%E2%9C%85?limit=100&after=30"
            }),
            (Endpoint::pin(C, M), "/channels/10/messages/pins/20"),
            (Endpoint::my_guilds(Some(G)), "/users/@me/guilds?limit=200&after=40"),
            (Endpoint::search_members(G, "ana maria", 5_000), "/guilds/40/members/search?query=ana%20maria&limit=1000"),
            (Endpoint::pins(C, Some("2026-01-01T00:00:00+00:00")), {
                "/channels/10/messages/pins?limit=50&before=2026-01-01T00%3A00%3A00%2B00%3A00"
            }),
        ];
        for (endpoint, path) in cases {
            assert_eq!(endpoint.url("http://x"), format!("http://x/api/v10{path}"));
        }
    }

    #[test]
    fn a_token_in_a_path_is_never_shown() {
        let endpoint = Endpoint::callback(7.into(), "s3cret");
        assert!(endpoint.url("http://x").contains("s3cret"));
        for shown in [format!("{endpoint}"), format!("{endpoint:?}"), format!("{:?}", endpoint.major)] {
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        assert_eq!(endpoint.to_string(), "POST /interactions/7/***/callback");
    }

    #[test]
    fn limits_are_counted_by_channel_guild_and_webhook_token() {
        assert_eq!(Endpoint::message(C, M).major, Endpoint::create_message(C).major);
        assert_ne!(Endpoint::create_message(C).major, Endpoint::create_message(ChannelId::new(11)).major);
        assert_ne!(Endpoint::followup(A, "a").major, Endpoint::followup(A, "b").major);
        assert_eq!(Endpoint::global_commands(A).major, Endpoint::me().major);
    }
}
