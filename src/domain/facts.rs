//! What a decision needs to know beyond the state it changes: definitions frozen and live, who is on call, who cannot be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::contact::{Contact, Loudness, Manner, Way};
use super::definition::Set;
use super::id::{Timestamp, UserId};
use super::impact::Impact;
use super::name::Name;
use super::schedule::{self, Override};
use super::timeline::Unreached;

/// A guild's revision of its definitions; every apply makes the next one.
pub type Revision = i64;

/// Loaded by `app` in the transaction of the decision, read by `domain`.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Definitions as they are now.
    pub live: Arc<Set>,
    /// Definitions as they were at the revisions that the state names.
    pub frozen: BTreeMap<Revision, Arc<Set>>,
    /// Contacts that are in no frozen set: their first version (ENGAGEMENT 23).
    pub newcomers: BTreeMap<Name, Contact>,
    pub overrides: BTreeMap<Name, Vec<Override>>,
    /// Contact channels that their owner muted.
    pub muted: BTreeSet<(Name, String)>,
    /// Contact channels whose address a person added in chat and nobody has proved (ENGAGEMENT 7).
    pub unverified: BTreeSet<(Name, String)>,
    /// People who left the guild.
    pub gone: BTreeSet<UserId>,
    /// Since when Discord takes nothing; none: it does, as far as is known.
    pub outage: Option<Timestamp>,
    /// Ways outside Discord that something carries here.
    pub outside: BTreeSet<Way>,
}

impl Facts {
    /// Definitions as of `revision`; the live ones where that revision was not loaded.
    pub fn at(&self, revision: Revision) -> &Set {
        self.frozen.get(&revision).unwrap_or(&self.live)
    }

    /// A contact as frozen at `revision`, or its first version if it is newer; its address is always the live one.
    pub fn contact(&self, revision: Revision, name: &Name) -> Option<Contact> {
        let mut contact = self.at(revision).contact(name).or_else(|| self.newcomers.get(name))?.clone();
        if let Some(live) = self.live.contact(name) {
            contact.discord_user = live.discord_user.clone();
            contact.display_name = live.display_name.clone();
        }
        Some(contact)
    }

    /// What becomes of a page to a contact: their loudness is the live one (ENGAGEMENT 9). Without an impact (of a call) it goes out.
    pub fn manner(&self, name: &Name, impact: Option<Impact>, at: Timestamp) -> Manner {
        let known = self.live.contact(name).or_else(|| self.newcomers.get(name));
        let (Some(contact), Some(impact)) = (known, impact) else { return Manner::Page };
        let zone = contact.time_zone.unwrap_or_else(|| self.live.settings().time_zone);
        contact.loudness.get(&impact).copied().unwrap_or(Loudness::Page).manner(at, zone)
    }

    /// Why nothing may be sent through a contact channel now.
    pub fn shut(&self, contact: &Name, channel: &str) -> Option<Unreached> {
        let way = (contact.clone(), channel.to_owned());
        let muted = self.muted.contains(&way).then_some(Unreached::Muted);
        muted.or_else(|| self.unverified.contains(&way).then_some(Unreached::Unverified))
    }

    /// What people call a contact.
    pub fn contact_title(&self, name: &Name) -> String {
        self.live.contact(name).map_or_else(|| name.to_string(), |contact| contact.display_name.clone())
    }

    /// What people call a schedule.
    pub fn schedule_title(&self, name: &Name) -> String {
        let shown = self.live.schedule(name).and_then(|schedule| schedule.display_name.clone());
        shown.unwrap_or_else(|| name.to_string())
    }

    /// What people call a contact; its name, where it was removed.
    pub fn display(&self, name: &Name) -> String {
        self.live.contact(name).map_or_else(|| name.to_string(), |contact| contact.display_name.clone())
    }

    /// Who is on call in a schedule: rotations and overrides are live.
    pub fn on_call(&self, name: &Name, at: Timestamp) -> Vec<Name> {
        let overrides = self.overrides.get(name).map_or(&[][..], Vec::as_slice);
        self.live.schedule(name).map_or_else(Vec::new, |schedule| schedule::who(schedule, overrides, at))
    }

    /// The contact that a Discord user is, if any.
    pub fn contact_of(&self, user: UserId) -> Option<&Name> {
        self.live.contacts().find(|(_, contact)| contact.user() == Some(user)).map(|(name, _)| name)
    }
}
