//! Carries out what the outbox asks for: sends, edits, pins, reacts. Decides nothing about when, whether or to whom.

use std::time::Duration;

use serde_json::{Value, json};

use super::messages::custom_ids;
use super::rest::{Call, Endpoint, Lane, RestError, Start};
use super::{Discord, channel_id, draw, message_id, message_of, urgent};
use crate::app::courier::{Address, Courier, Delivery, Miss, Outgoing, Receipt, What};
use crate::app::press::Pressed;
use crate::app::view::{CallView, CalledView, Calls, FallbackView, PageView, PagedView};
use crate::domain::effect::Sign;
use crate::domain::id::{ChannelId, GuildId, MessageId, PageId, UserId};
use crate::domain::timeline::Unreached;

/// Older than this, an unfinished sending is looked for before it is repeated: Discord forgets nonces after minutes.
const NONCE_TRUSTED: Duration = Duration::from_secs(60);
/// How far back it is looked for.
const LOOKED_AT: u8 = 50;
/// After a refused token nothing helps but a new start; until then it is not hammered.
const REVOKED_PAUSE: Duration = Duration::from_secs(60);
/// How long what is for a server in an outage waits for its next try; the end of the outage makes all of it due at once.
const AWAY_PAUSE: Duration = Duration::from_secs(30);
/// A channel that is limited for longer keeps no page waiting: it goes another way.
const TOO_LONG: Duration = Duration::from_secs(30);
/// The only flag an edit may carry: no preview of links.
const SUPPRESS_EMBEDS: u64 = 1 << 2;

/// Codes of <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>.
mod code {
    pub const UNKNOWN_CHANNEL: i64 = 10003;
    pub const UNKNOWN_MEMBER: i64 = 10007;
    pub const UNKNOWN_MESSAGE: i64 = 10008;
    pub const UNKNOWN_USER: i64 = 10013;
    pub const PINS_FULL: i64 = 30003;
    pub const CHANNELS_FULL: i64 = 30013;
    pub const REACTIONS_FULL: i64 = 30010;
    pub const TOO_OLD_TO_EDIT: i64 = 30046;
    pub const MISSING_ACCESS: i64 = 50001;
    pub const DMS_CLOSED: i64 = 50007;
    pub const MISSING_PERMISSION: i64 = 50013;
    pub const FORM_INVALID: i64 = 50035;
    pub const NO_MUTUAL_GUILD: i64 = 50278;
}

#[async_trait::async_trait]
impl Courier for Discord {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        let guild = delivery.guild;
        if self.is_away(guild) && !reaches_people_elsewhere(&delivery.what) {
            let why = "Discord cannot serve this server at present".to_owned();
            return Err(Miss::Retry { after: Some(AWAY_PAUSE), why });
        }
        match &delivery.what {
            What::OpenRoom(plan) => self.open_room(&delivery, plan).await,
            What::Send { to, message, nonce } => self.send(&delivery, *to, message, nonce).await,
            What::Edit { channel, message_id, message } => self.edit(guild, *channel, *message_id, message).await,
            What::Pin { channel, message_id: message } => {
                let pinned =
                    self.rest().call(Call::new(Endpoint::pin(channel_id(*channel), message_id(*message)))).await;
                done_unless_full(pinned, code::PINS_FULL)
            }
            What::React { channel, message_id: message, sign } => {
                let endpoint = Endpoint::add_reaction(channel_id(*channel), message_id(*message), emoji(*sign));
                done_unless_full(self.rest().call(Call::new(endpoint)).await, code::REACTIONS_FULL)
            }
            What::DeleteRoom { channel, number } => self.delete_room(*channel, *number).await,
            What::SyncRole { role, people, reason } => self.sync_role(guild, *role, people, reason).await,
            What::Outside(_) | What::Hush(_) | What::AskReceipt(_) => {
                Err(Miss::Never { why: Unreached::NoCarrier, detail: "Discord does not carry it".to_owned() })
            }
        }
    }
}

/// Direct messages need no server.
fn reaches_people_elsewhere(what: &What) -> bool {
    matches!(what, What::Send { to: Address::Dm(_), .. })
}

/// A message on its way, with those in it who cannot be reached.
struct Ready {
    channel: ChannelId,
    message: Outgoing,
    failed: Vec<(PageId, Unreached)>,
}

impl Discord {
    async fn send(&self, delivery: &Delivery, to: Address, message: &Outgoing, nonce: &str) -> Result<Receipt, Miss> {
        let ready = self.ready(delivery.guild, to, message).await?;
        let (channel, failed) = (ready.channel, ready.failed);
        if delivery.attempt > 1
            && delivery.age > NONCE_TRUSTED
            && let Some(message) = self.sent_before(channel, &ready.message).await?
        {
            return Ok(Receipt::Message { channel, message, failed });
        }
        let mut body = draw::message(&ready.message, self.scene(delivery.guild)).body;
        body["nonce"] = json!(nonce);
        body["enforce_nonce"] = json!(true);
        let call = urgent(Endpoint::create_message(channel_id(channel)), lane(message)).body(body);
        let sent = self.rest().call(call).await.and_then(|answer| message_of(&answer));
        let message = sent.map_err(|error| missed(&error, Unreached::Rejected))?;
        Ok(Receipt::Message { channel, message, failed })
    }

    /// Finds the channel, and lets in whom the message pings.
    async fn ready(&self, guild: GuildId, to: Address, message: &Outgoing) -> Result<Ready, Miss> {
        let message = match message {
            Outgoing::Fallback(call) => Outgoing::Fallback(Box::new(self.aimed(guild, call).await?)),
            Outgoing::Called(call) if call.calls == Some(Calls::Owner) => {
                let calls = Some(Calls::Person(self.owner(guild).await?));
                Outgoing::Called(Box::new(CalledView { calls, ..(**call).clone() }))
            }
            other => other.clone(),
        };
        let plain = |channel, message| Ok(Ready { channel, message, failed: Vec::new() });
        match (to, message) {
            (Address::Dm(user), message) => {
                let opened = self.dm(user).await;
                plain(opened.map_err(|error| missed(&error, Unreached::DmsClosed))?, message)
            }
            (Address::Channel(channel), Outgoing::Page(page)) => self.ready_page(guild, channel, *page).await,
            (Address::Channel(channel), Outgoing::Call(call)) => self.ready_call(guild, channel, *call).await,
            (Address::Channel(channel), Outgoing::Called(call)) => self.ready_called(guild, channel, *call).await,
            (Address::Channel(channel), Outgoing::Fallback(call)) => {
                self.let_in_the_called(guild, channel, &call).await;
                plain(channel, Outgoing::Fallback(call))
            }
            (Address::Channel(channel), message) => plain(channel, message),
        }
    }

    async fn ready_page(&self, guild: GuildId, channel: ChannelId, mut page: PageView) -> Result<Ready, Miss> {
        let failed = self.let_in(guild, channel, &page.people).await;
        leave_out(&mut page.people, &failed)?;
        Ok(Ready { channel, message: Outgoing::Page(Box::new(page)), failed })
    }

    /// A call goes out where it was typed: nobody is let in there for it.
    async fn ready_call(&self, guild: GuildId, channel: ChannelId, mut call: CallView) -> Result<Ready, Miss> {
        let failed = self.shut_out(guild, channel, &call.people).await;
        leave_out(&mut call.people, &failed)?;
        Ok(Ready { channel, message: Outgoing::Call(Box::new(call)), failed })
    }

    /// The same of a person's call.
    async fn ready_called(&self, guild: GuildId, channel: ChannelId, mut call: CalledView) -> Result<Ready, Miss> {
        let failed = self.shut_out(guild, channel, &call.people).await;
        leave_out(&mut call.people, &failed)?;
        Ok(Ready { channel, message: Outgoing::Called(Box::new(call)), failed })
    }

    /// The owner of the server is a person.
    async fn aimed(&self, guild: GuildId, call: &FallbackView) -> Result<FallbackView, Miss> {
        if call.calls != Calls::Owner {
            return Ok(call.clone());
        }
        Ok(FallbackView { calls: Calls::Person(self.owner(guild).await?), ..call.clone() })
    }

    async fn owner(&self, guild: GuildId) -> Result<UserId, Miss> {
        let home = self.guild(guild, Lane::Page).await.map_err(|error| missed(&error, Unreached::Rejected))?;
        Ok(home.owner_id)
    }

    /// A call that reaches nobody is still better than none: it is said, whoever can see it.
    async fn let_in_the_called(&self, guild: GuildId, channel: ChannelId, call: &FallbackView) {
        if let Calls::Person(user) = call.calls {
            let called = PagedView { page: PageId(0), user, name: String::new(), open: true, quiet: false };
            for (_, why) in self.let_in(guild, channel, &[called]).await {
                tracing::warn!(?why, "who is called in the end cannot see the channel");
            }
        }
    }

    /// A message of ours in the channel that is this one: sent by an earlier try, before a restart.
    async fn sent_before(&self, channel: ChannelId, message: &Outgoing) -> Result<Option<MessageId>, Miss> {
        let Some(mark) = mark(message) else { return Ok(None) };
        let call = urgent(Endpoint::messages(channel_id(channel), Start::Latest, LOOKED_AT), lane(message));
        let said: Vec<Value> = self.ask(call).await.map_err(|error| missed(&error, Unreached::Rejected))?;
        let ours = |said: &&Value| {
            let author: Option<UserId> = said["author"]["id"].as_str().and_then(|id| id.parse().ok());
            let components = said["components"].as_array().map(Vec::as_slice).unwrap_or_default();
            author == Some(self.me()) && custom_ids(components).contains(&mark)
        };
        Ok(said.iter().find(ours).and_then(|said| message_of(said).ok()))
    }

    async fn delete_room(&self, channel: ChannelId, number: Option<i64>) -> Result<Receipt, Miss> {
        let call = Call::new(Endpoint::delete_channel(channel_id(channel)));
        let incident = number.map_or_else(|| "The incident".to_owned(), |number| format!("INC-{number}"));
        match self.rest().call(call.reason(format!("{incident} was deleted"))).await {
            Ok(_) => Ok(Receipt::Done),
            // Somebody was first.
            Err(error) if error.code() == Some(code::UNKNOWN_CHANNEL) => Ok(Receipt::Done),
            Err(error) => Err(missed(&error, Unreached::NoRoom)),
        }
    }

    async fn edit(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: MessageId,
        outgoing: &Outgoing,
    ) -> Result<Receipt, Miss> {
        let mut body = draw::message(outgoing, self.scene(guild)).body;
        body["flags"] = json!(body["flags"].as_u64().unwrap_or(0) & SUPPRESS_EMBEDS);
        let call = Call::new(Endpoint::edit_message(channel_id(channel), message_id(message))).body(body);
        self.rest().call(call).await.map_err(|error| lost_or(&error))?;
        Ok(Receipt::Done)
    }
}

/// Takes those out of a message whom it cannot reach; refused where nobody is left in it.
fn leave_out(people: &mut Vec<PagedView>, failed: &[(PageId, Unreached)]) -> Result<(), Miss> {
    let reached = |person: &PagedView| !failed.iter().any(|(page, _)| *page == person.page);
    if !failed.is_empty() && !people.iter().any(|person| person.open && reached(person)) {
        return Err(Miss::NobodyReached(failed.to_vec()));
    }
    people.retain(reached);
    Ok(())
}

/// What wakes somebody, and what must be there before it can, goes first.
fn lane(message: &Outgoing) -> Lane {
    match message {
        Outgoing::Page(_) | Outgoing::Fallback(_) | Outgoing::Call(_) | Outgoing::Card(_) => Lane::Page,
        Outgoing::Called(call) if call.post.is_some() => Lane::Page,
        Outgoing::Called(_) | Outgoing::Cover(_) | Outgoing::Line { .. } => Lane::Normal,
    }
}

/// The custom id that only this message carries.
fn mark(message: &Outgoing) -> Option<String> {
    let pressed = match message {
        // Two questions in one incident have the same button.
        Outgoing::Page(page) if page.still.is_some() => return None,
        Outgoing::Page(page) => Pressed::Ack { post: page.post },
        Outgoing::Fallback(call) => Pressed::Ack { post: call.post },
        Outgoing::Call(call) => Pressed::Ack { post: call.post },
        Outgoing::Called(call) => match call.post {
            Some(post) => Pressed::Ack { post },
            None => Pressed::CallAck { call: call.call },
        },
        Outgoing::Card(card) => Pressed::CardUpdate { incident: card.incident },
        Outgoing::Cover(cover) if cover.open => Pressed::CoverTake { offer: cover.offer },
        Outgoing::Cover(_) | Outgoing::Line { .. } => return None,
    };
    Some(pressed.to_string())
}

fn emoji(sign: Sign) -> &'static str {
    match sign {
        Sign::Opened => "🚨",
        Sign::Attached => "🔁",
        Sign::Recovered => "✅",
        Sign::Unrecognised => "❔",
    }
}

/// A decoration for which there is no room left is no failure.
fn done_unless_full(answer: Result<Value, RestError>, full: i64) -> Result<Receipt, Miss> {
    match answer {
        Ok(_) => Ok(Receipt::Done),
        Err(error) if error.code() == Some(full) => {
            tracing::info!(%error, "no room for a decoration");
            Ok(Receipt::Done)
        }
        Err(error) => Err(lost_or(&error)),
    }
}

/// The message is gone, or Discord does not let it be edited any more.
fn lost_or(error: &RestError) -> Miss {
    match error.code() {
        Some(code::UNKNOWN_MESSAGE | code::UNKNOWN_CHANNEL | code::TOO_OLD_TO_EDIT) => {
            Miss::Lost { detail: error.to_string() }
        }
        _ => missed(error, Unreached::Rejected),
    }
}

/// What a failed call means for the outbox. `otherwise`: why nobody is reached where Discord's reason says nothing else.
pub(super) fn missed(error: &RestError, otherwise: Unreached) -> Miss {
    match error {
        RestError::NotSent(_) => Miss::Down { after: None, why: error.to_string() },
        RestError::Ambiguous { .. } | RestError::Undecodable(_) => Miss::Unsure { why: error.to_string() },
        RestError::Limited { after, global: true, .. } => Miss::Down { after: Some(*after), why: error.to_string() },
        RestError::Limited { after, .. } if *after > TOO_LONG => {
            Miss::Limited { after: *after, why: error.to_string() }
        }
        RestError::Limited { after, .. } => Miss::Retry { after: Some(*after), why: error.to_string() },
        RestError::Rejected { status: 401, .. } => Miss::Down { after: Some(REVOKED_PAUSE), why: error.to_string() },
        RestError::Rejected { code, message, .. } => {
            let (why, detail) = refused(*code, message, otherwise);
            Miss::Never { why, detail: [detail].into_iter().chain(error.details()).collect::<Vec<_>>().join(" · ") }
        }
    }
}

/// Discord's refusal in words that say what to do.
fn refused(code: i64, message: &str, otherwise: Unreached) -> (Unreached, String) {
    let said = |why: Unreached, words: &str| (why, words.to_owned());
    let no_access = if otherwise == Unreached::NoRoom { Unreached::NoRoom } else { Unreached::NoAccess };
    match code {
        code::DMS_CLOSED | code::NO_MUTUAL_GUILD => said(Unreached::DmsClosed, "their direct messages are closed"),
        code::UNKNOWN_CHANNEL => said(Unreached::NoRoom, "the channel is gone"),
        code::UNKNOWN_MEMBER | code::UNKNOWN_USER => said(Unreached::Gone, "they have left the server"),
        code::MISSING_ACCESS => said(no_access, "Muster cannot see that channel: give its role View Channel there"),
        code::MISSING_PERMISSION => {
            said(no_access, "Muster lacks a permission there: /doctor shows which, its role should have it")
        }
        code::CHANNELS_FULL => {
            said(Unreached::NoRoom, "the server has 500 channels, which is the most: delete old ones")
        }
        code::FORM_INVALID if otherwise == Unreached::NoRoom => {
            said(otherwise, "Discord does not take the channel as it was asked for")
        }
        _ => (otherwise, format!("Discord refused it: {message} ({code})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{IncidentId, PostId};
    use crate::domain::impact::Impact;

    fn rejected(status: u16, code: i64) -> RestError {
        RestError::Rejected { status, code, message: "No.".to_owned(), errors: Value::Null }
    }

    #[test]
    fn a_refusal_says_whether_trying_again_helps() {
        let after = Duration::from_secs(7);
        let limited = RestError::Limited { after, global: false, scope: super::super::rest::Scope::User };
        assert!(matches!(missed(&limited, Unreached::Rejected), Miss::Retry { after: Some(a), .. } if a == after));
        let long = Duration::from_secs(31);
        let limited = RestError::Limited { after: long, global: false, scope: super::super::rest::Scope::Shared };
        assert!(matches!(missed(&limited, Unreached::Rejected), Miss::Limited { after: a, .. } if a == long));
        let everything = RestError::Limited { after: long, global: true, scope: super::super::rest::Scope::Edge };
        assert!(matches!(missed(&everything, Unreached::Rejected), Miss::Down { after: Some(a), .. } if a == long));
        let unsent = RestError::NotSent("no route".to_owned());
        assert!(matches!(missed(&unsent, Unreached::Rejected), Miss::Down { after: None, .. }));
        let unclear = RestError::Ambiguous { status: Some(502), cause: "bad gateway".to_owned() };
        assert!(matches!(missed(&unclear, Unreached::Rejected), Miss::Unsure { .. }));
        assert!(matches!(missed(&rejected(401, 0), Unreached::Rejected), Miss::Down { after: Some(_), .. }));
        let rows = [
            (50007, Unreached::DmsClosed),
            (50278, Unreached::DmsClosed),
            (10003, Unreached::NoRoom),
            (10013, Unreached::Gone),
            (50001, Unreached::NoAccess),
            (50013, Unreached::NoAccess),
            (50006, Unreached::Rejected),
        ];
        for (code, expected) in rows {
            let miss = missed(&rejected(403, code), Unreached::Rejected);
            assert!(matches!(&miss, Miss::Never { why, .. } if *why == expected), "{code}: {miss:?}");
        }
        let room = missed(&rejected(403, 50013), Unreached::NoRoom);
        assert!(matches!(room, Miss::Never { why: Unreached::NoRoom, .. }), "{room:?}");
    }

    #[test]
    fn what_wakes_somebody_goes_before_what_decorates() {
        let page = PageView {
            post: PostId(1),
            incident: IncidentId(1),
            number: 1,
            impact: Impact::High,
            title: "Payments are down".to_owned(),
            drill: false,
            people: Vec::new(),
            why: Vec::new(),
            next: None,
            room: None,
            late_since: None,
            attempt: 1,
            still: None,
            closed: None,
            direct: true,
        };
        let line = Outgoing::Line { text: "Ben joined.".into(), controls: Vec::new() };
        assert!(lane(&Outgoing::Page(Box::new(page))) < lane(&line));
    }

    #[test]
    fn what_cannot_be_edited_is_lost() {
        for code in [10008, 10003, 30046] {
            assert!(matches!(lost_or(&rejected(404, code)), Miss::Lost { .. }), "{code}");
        }
        assert!(matches!(lost_or(&rejected(403, 50001)), Miss::Never { .. }));
    }
}
