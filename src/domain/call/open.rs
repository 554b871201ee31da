//! Opening a call: whom it pages, through what, and why it cannot be.

use chrono::TimeDelta;

use super::{Answer, CALL_LASTS, Call, Kind, Outcome, TEST_LASTS, may_be_called};
use crate::domain::contact::{Contact, ContactChannel, Way};
use crate::domain::effect::Effect;
use crate::domain::engagement::{Engagement, Origin, Paging};
use crate::domain::facts::{Facts, Revision};
use crate::domain::id::{CallId, ChannelId, GuildId, Mint, PostId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::plan::Engage;
use crate::domain::refusal::{CallRefusal, ContactRefusal, Refusal};
use crate::domain::turn::Turn;

/// Longest sentence that goes with a call, in characters: what a phone shows at one glance.
pub const MESSAGE_MAX: usize = 300;

/// What `app` knows of a new call.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    pub guild: GuildId,
    pub by: UserId,
    /// Where it was typed; none: in a direct message.
    pub room: Option<ChannelId>,
    pub revision: Revision,
    pub now: Timestamp,
}

/// The channels of a contact, by what a test makes of them.
#[derive(Default)]
struct Ways {
    paged: Vec<String>,
    muted: Vec<String>,
    /// Mentions, which a direct message cannot carry.
    need_room: Vec<String>,
    /// Addresses that nobody has proved.
    unverified: Vec<String>,
}

/// Opens a call: the record and its first pages, in one outcome.
///
/// # Errors
/// A refusal where nobody would be paged.
pub fn open(kind: Kind, opening: Opening, facts: &Facts, mint: Mint) -> Result<Outcome, Refusal> {
    match kind.clone() {
        Kind::Test { contact, channel } => {
            open_test(blank(kind, opening, TEST_LASTS), (&contact, channel), facts, mint)
        }
        Kind::Page { target, message } => open_page(blank(kind, opening, CALL_LASTS), &target, message, facts, mint),
    }
}

fn open_test(call: Call, whom: (&Name, Option<String>), facts: &Facts, mint: Mint) -> Result<Outcome, Refusal> {
    let (mut call, (name, channel), mut mint) = (call, whom, mint);
    let contact = known(name, facts)?;
    let ways = ways(name, contact, channel.as_deref(), call.room, facts)?;
    let (name, display) = (name.clone(), contact.display_name.clone());
    call.id = CallId(mint.id());
    let mut turn = Turn::new(call.opened_at, facts, mint, Some(call.by), call.home(&facts.live.settings()));
    let once = Engagement::once(&name, &ways.paged, TEST_LASTS, call.revision, &mut turn);
    call.paging.start(once.into_iter().collect(), &mut turn);
    let answer = Answer::Opened { name: display, through: ways.paged, muted: ways.muted, need_room: ways.need_room };
    Ok(Outcome::new(call, turn, answer))
}

fn open_page(
    call: Call,
    target: &Engage,
    message: Option<String>,
    facts: &Facts,
    mint: Mint,
) -> Result<Outcome, Refusal> {
    may_be_called(target, facts)?;
    let (mut call, mut mint) = (call, mint);
    let card = PostId(mint.id());
    (call.id, call.card) = (CallId(mint.id()), Some(card));
    let mut turn = Turn::new(call.opened_at, facts, mint, Some(call.by), call.home(&facts.live.settings()));
    let origin = Origin::Paged { user: call.by, message };
    let made = Engagement::made(target, call.revision, origin, &mut turn);
    let engagement = made.ok_or_else(|| CallRefusal::Nobody { said: target.name().to_string(), like: Vec::new() })?;
    let title = engagement.title.clone();
    call.paging.start(vec![engagement], &mut turn);
    turn.ask(Effect::PostCard { post: card });
    let (names, fallback) = call.paging.engagements.first().map(Engagement::calls_now).unwrap_or_default();
    Ok(Outcome::new(call, turn, Answer::Called { title, names, fallback }))
}

fn known<'f>(name: &Name, facts: &'f Facts) -> Result<&'f Contact, Refusal> {
    let contact = find(name, facts)?;
    if contact.user().is_none_or(|user| facts.gone.contains(&user)) {
        return Err(ContactRefusal::ContactGone { name: contact.display_name.clone() }.into());
    }
    Ok(contact)
}

/// Sorts the channels that are meant: all, or the one that is named.
fn ways(
    name: &Name,
    contact: &Contact,
    only: Option<&str>,
    room: Option<ChannelId>,
    facts: &Facts,
) -> Result<Ways, Refusal> {
    let meant = |channel: &&ContactChannel| only.is_none_or(|only| channel.name == only);
    let mut ways = Ways::default();
    for channel in contact.channels.iter().filter(meant) {
        let muted = facts.muted.contains(&(name.clone(), channel.name.clone()));
        let list = match channel.way {
            _ if muted => &mut ways.muted,
            _ if facts.shut(name, &channel.name).is_some() => &mut ways.unverified,
            Way::Mention if room.is_none() => &mut ways.need_room,
            Way::Mention | Way::Dm | Way::Webhook | Way::Email => &mut ways.paged,
        };
        list.push(channel.name.clone());
    }
    if ways.paged.is_empty() && !ways.unverified.is_empty() {
        let name = contact.display_name.clone();
        return Err(ContactRefusal::NotVerified { name, channels: ways.unverified }.into());
    }
    match (ways.paged.is_empty(), ways.muted.is_empty() && ways.need_room.is_empty()) {
        (false, _) => Ok(ways),
        (true, true) => Err(no_such_channel(contact, only.unwrap_or_default())),
        (true, false) => {
            let name = contact.display_name.clone();
            Err(ContactRefusal::NothingToTest { name, muted: ways.muted, need_room: ways.need_room }.into())
        }
    }
}

/// A contact by name.
///
/// # Errors
/// A refusal that lists those there are.
pub fn find<'f>(name: &Name, facts: &'f Facts) -> Result<&'f Contact, Refusal> {
    let known = || facts.live.contacts().map(|(name, _)| name.to_string()).collect();
    let found = facts.live.contact(name);
    found.ok_or_else(|| ContactRefusal::NoSuchContact { said: name.to_string(), known: known() }.into())
}

/// Nothing of theirs has this name.
pub fn no_such_channel(contact: &Contact, said: &str) -> Refusal {
    let known = contact.channels.iter().map(|channel| channel.name.clone()).collect();
    ContactRefusal::NoSuchContactChannel { said: said.to_owned(), known }.into()
}

/// The id comes with the outcome.
fn blank(kind: Kind, opening: Opening, lasts: TimeDelta) -> Call {
    Call {
        id: CallId(0),
        guild: opening.guild,
        kind,
        by: opening.by,
        room: opening.room,
        card: None,
        revision: opening.revision,
        opened_at: opening.now,
        ends_at: opening.now + lasts,
        over_at: None,
        stands_until: None,
        answered: None,
        paging: Paging::default(),
    }
}
