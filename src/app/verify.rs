//! Addresses outside Discord that somebody added in chat: a code goes there, and typing it proves that they read it (ENGAGEMENT 7).
//! What the operator applies needs no proof.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::answer::button;
use super::call::{TestPage, read};
use super::contact::own;
use super::fault::Stop;
use super::press::Pressed;
use super::reply::{Say, Style};
use super::request::Request;
use crate::domain::call::{self, Call};
use crate::domain::contact::{Contact, ContactChannel};
use crate::domain::definition::{Kind, Set};
use crate::domain::engagement::Place;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::name::Name;
use crate::domain::refusal::{ContactRefusal, Refusal};
use crate::store::{Conn, Tx, call as calls, contact};
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

    /// Sends a code through an address of theirs that needs one; the answer opens the form for it. Asked again, it goes to the next: one
    /// that does not arrive keeps no other from being proved.
    pub(super) async fn verify(&self, tx: &mut Tx, request: &Request, facts: &Facts) -> Result<Say, Stop> {
        let (name, contact) = own(&request.by, facts)?;
        let way = |channel: &ContactChannel| (name.clone(), channel.name.clone());
        let needs: Vec<&ContactChannel> =
            contact.channels.iter().filter(|channel| facts.unverified.contains(&way(channel))).collect();
        let asked = self.asked_at(tx, request.guild, (name, contact)).await?;
        // The first of those that were asked longest ago, or never. A muted one takes no code.
        let waits =
            |channel: &&&ContactChannel| (facts.muted.contains(&way(channel)), asked.get(&channel.name).copied());
        let channel = needs.iter().min_by_key(waits).ok_or(Refusal::from(ContactRefusal::NothingToVerify))?;
        let left = needs.len() - 1;
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

    /// When each of their contact channels was tested last, or is being tested.
    async fn asked_at(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        (name, contact): (&Name, &Contact),
    ) -> Result<BTreeMap<String, Timestamp>, Stop> {
        let tests = self.contact_tests(conn, guild).await?;
        let tested =
            |channel: &ContactChannel| Some((channel.name.clone(), tests.of(name, contact, &channel.name)?.at));
        let mut asked: BTreeMap<_, _> = contact.channels.iter().filter_map(tested).collect();
        for row in calls::not_over(conn, guild).await? {
            let test = read(&row)?;
            if test.tests(name) {
                asked.extend(test.paging.pages.iter().map(|page| (page.channel.clone(), test.opened_at)));
            }
        }
        Ok(asked)
    }

    /// A test that was answered by the code of a message outside Discord proves the address that it went to: not one that was put in
    /// its place since.
    pub(super) async fn take_proof(
        &self,
        tx: &mut Tx,
        old: Option<&Call>,
        state: &Call,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let call::Kind::Test { contact: name, .. } = &state.kind else { return Ok(()) };
        let answered = state.answered.filter(|_| old.is_none_or(|old| old.answered.is_none()));
        let Some(post) = answered.and_then(|post| state.paging.post(post)) else { return Ok(()) };
        if post.place != Place::Outside {
            return Ok(());
        }
        let facts = self.facts_of_call(tx, state).await?;
        let (Some(then), Some(live)) = (facts.at(state.revision).contact(name), facts.live.contact(name)) else {
            return Ok(());
        };
        // Whoever has the name by now has typed nothing.
        if then.user() != live.user() {
            return Ok(());
        }
        for channel in state.answered_through() {
            let Some(address) = then.channel(&channel).map(written) else { continue };
            contact::proved(tx, state.guild, (name.as_str(), &channel, &address), now).await?;
        }
        Ok(())
    }
}

/// Who made an apply, as far as addresses go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author<'a> {
    /// Whatever they wrote needs no proof, also where it changes nothing.
    Operator { written: &'a [(Kind, Name)] },
    /// What is new must be proved.
    Person,
    /// Guided set-up makes no addresses, and vouches for none that somebody else made.
    Setup,
}

/// Which addresses an apply leaves unproved.
pub(super) async fn note_addresses(
    tx: &mut Tx,
    guild: GuildId,
    (old, new): (&Set, &Set),
    author: Author<'_>,
) -> Result<(), Stop> {
    for (name, contact) in new.contacts() {
        let before = old.contact(name);
        let same_person = before.is_some_and(|before| before.user() == contact.user());
        for channel in contact.channels.iter().filter(|channel| !channel.way.in_discord()) {
            let same = same_person && before.and_then(|before| before.channel(&channel.name)) == Some(channel);
            match author {
                Author::Operator { written }
                    if written.iter().any(|(kind, one)| *kind == Kind::Contact && one == name) =>
                {
                    contact::need_no_proof(tx, guild, name.as_str(), &channel.name).await?;
                }
                Author::Person if !same => {
                    contact::ask_proof(tx, guild, name.as_str(), &channel.name, &written(channel)).await?;
                }
                Author::Operator { .. } | Author::Person | Author::Setup => {}
            }
        }
    }
    Ok(())
}

fn written(channel: &ContactChannel) -> String {
    serde_json::to_string(channel).unwrap_or_default()
}
