//! Opening a call: whom it pages, through what, and why it cannot be.

use chrono::TimeDelta;

use super::{Answer, Call, Kind, Outcome, TEST_LASTS};
use crate::domain::contact::{Contact, ContactChannel, Way};
use crate::domain::engagement::{Engagement, Paging};
use crate::domain::facts::{Facts, Revision};
use crate::domain::id::{CallId, ChannelId, GuildId, Mint, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::refusal::{ContactRefusal, Refusal};
use crate::domain::turn::Turn;

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
}

/// Opens a call: the record and its first pages, in one outcome.
///
/// # Errors
/// A refusal where nobody would be paged.
pub fn open(kind: Kind, opening: Opening, facts: &Facts, mint: Mint) -> Result<Outcome, Refusal> {
    let Kind::Test { contact: name, channel } = &kind;
    let contact = known(name, facts)?;
    let ways = ways(name, contact, channel.as_deref(), opening.room, facts)?;
    let (name, display) = (name.clone(), contact.display_name.clone());
    let mut mint = mint;
    let mut call = blank(kind, CallId(mint.id()), opening, TEST_LASTS);
    let mut turn = Turn::new(opening.now, facts, mint, Some(opening.by), call.home());
    let once = Engagement::once(&name, &ways.paged, TEST_LASTS, opening.revision, &mut turn);
    call.paging.start(once.into_iter().collect(), &mut turn);
    let answer = Answer::Opened { name: display, through: ways.paged, muted: ways.muted, need_room: ways.need_room };
    Ok(Outcome::new(call, turn, answer))
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
            Way::Mention if room.is_none() => &mut ways.need_room,
            Way::Mention | Way::Dm | Way::Webhook | Way::Email => &mut ways.paged,
        };
        list.push(channel.name.clone());
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

fn blank(kind: Kind, id: CallId, opening: Opening, lasts: TimeDelta) -> Call {
    Call {
        id,
        guild: opening.guild,
        kind,
        by: opening.by,
        room: opening.room,
        revision: opening.revision,
        opened_at: opening.now,
        ends_at: opening.now + lasts,
        over_at: None,
        answered: None,
        paging: Paging::default(),
    }
}
