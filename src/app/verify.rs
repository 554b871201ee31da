//! Addresses outside Discord that somebody added in chat: a code goes there, and typing it proves that they read it (ENGAGEMENT 7).
//! What the operator applies needs no proof.

use std::collections::BTreeSet;

use super::App;
use super::answer::button;
use super::call::TestPage;
use super::contact::own;
use super::fault::Stop;
use super::press::Pressed;
use super::reply::{Say, Style};
use super::request::Request;
use crate::domain::call::{Call, Kind};
use crate::domain::contact::ContactChannel;
use crate::domain::definition::Set;
use crate::domain::engagement::Place;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::name::Name;
use crate::domain::refusal::{ContactRefusal, Refusal};
use crate::store::{Conn, Tx, contact};
use crate::words::contact as words;

impl App {
    /// The contact channels that nobody has proved, of those that are set up now.
    pub(super) async fn unverified(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        live: &Set,
    ) -> Result<BTreeSet<(Name, String)>, Stop> {
        let rows = contact::proofs(conn, guild).await?;
        let open = rows.into_iter().filter(|row| row.proved_at.is_none());
        let found = open.filter_map(|row| {
            let name = Name::parse(&row.contact).ok()?;
            let channel = live.contact(&name)?.channel(&row.channel)?;
            (written(channel) == row.address).then_some((name, row.channel))
        });
        Ok(found.collect())
    }

    /// Sends a code through the first address of theirs that needs one; the answer opens the form for it.
    pub(super) async fn verify(&self, tx: &mut Tx, request: &Request, facts: &Facts) -> Result<Say, Stop> {
        let (name, contact) = own(&request.by, facts)?;
        let needs = |channel: &&ContactChannel| facts.unverified.contains(&(name.clone(), channel.name.clone()));
        let channel = contact.channels.iter().find(needs).ok_or(Refusal::from(ContactRefusal::NothingToVerify))?;
        let left = contact.channels.iter().filter(needs).count() - 1;
        let page = TestPage {
            guild: request.guild,
            by: request.by.user,
            contact: name.clone(),
            channel: Some(channel.name.clone()),
            room: request.channel,
        };
        self.send_proof(tx, page).await?;
        let does = Pressed::ContactVerify { guild: request.guild };
        let text = words::code_sent(&channel.name, channel.way, left);
        Ok(Say { text, controls: vec![button("Enter the code", Style::Primary, does)] })
    }
}

/// A test that was answered by the code of a message outside Discord proves the address that it went to.
pub(super) async fn take_proof(tx: &mut Tx, old: Option<&Call>, state: &Call, now: Timestamp) -> Result<(), Stop> {
    let Kind::Test { contact: name, .. } = &state.kind else { return Ok(()) };
    let answered = state.answered.filter(|_| old.is_none_or(|old| old.answered.is_none()));
    let Some(post) = answered.and_then(|post| state.paging.post(post)) else { return Ok(()) };
    if post.place != Place::Outside {
        return Ok(());
    }
    for channel in state.answered_through() {
        contact::proved(tx, state.guild, name.as_str(), &channel, now).await?;
    }
    Ok(())
}

/// Which addresses an apply leaves unproved. `in_chat`: a person made it; else the operator did.
pub(super) async fn note_addresses(
    tx: &mut Tx,
    guild: GuildId,
    (old, new): (&Set, &Set),
    in_chat: bool,
) -> Result<(), Stop> {
    for (name, contact) in new.contacts() {
        let before = old.contact(name);
        let same_person = before.is_some_and(|before| before.user() == contact.user());
        for channel in contact.channels.iter().filter(|channel| !channel.way.in_discord()) {
            let same = before.and_then(|before| before.channel(&channel.name)) == Some(channel);
            if same && same_person {
                continue;
            }
            match in_chat {
                true => contact::ask_proof(tx, guild, name.as_str(), &channel.name, &written(channel)).await?,
                false => contact::need_no_proof(tx, guild, name.as_str(), &channel.name).await?,
            }
        }
    }
    Ok(())
}

fn written(channel: &ContactChannel) -> String {
    serde_json::to_string(channel).unwrap_or_default()
}
