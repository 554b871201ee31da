//! How people are reached, as it is said: their ways with mutes and tests, their shifts. Reads only.

use chrono::TimeDelta;

use super::App;
use super::fault::Stop;
use super::tested::Tests;
use crate::domain::contact::Contact;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::name::Name;
use crate::domain::schedule;
use crate::store::contact::MuteRow;
use crate::store::{Conn, contact};
use crate::words::Text;
use crate::words::contact::{ChannelLine, Duty, ListLine, Muted, Sheet, Shift, list, sheet};

/// How far ahead somebody's next shift is looked for.
const AHEAD: TimeDelta = TimeDelta::weeks(12);

/// What is known of the ways to a guild's contacts, beside their definitions.
pub(super) struct Sheets {
    tests: Tests,
    /// Those in force.
    mutes: Vec<MuteRow>,
    now: Timestamp,
}

impl App {
    pub(super) async fn sheets(&self, conn: &mut Conn, guild: GuildId) -> Result<Sheets, Stop> {
        let now = self.now();
        let mut mutes = contact::mutes(conn, guild).await?;
        mutes.retain(|mute| mute.until_at.is_none_or(|until| until > now));
        Ok(Sheets { tests: self.contact_tests(conn, guild).await?, mutes, now })
    }
}

impl Sheets {
    /// One contact in full; `own`: the reader is this contact.
    pub(super) fn sheet(&self, name: &Name, contact: &Contact, own: bool, facts: &Facts) -> Text {
        let zone = contact.time_zone.unwrap_or(facts.live.settings().time_zone);
        sheet(&Sheet {
            name: name.as_str(),
            display: &contact.display_name,
            own,
            user: contact.user(),
            gone: gone(contact, facts),
            channels: &self.channels(name, contact, facts),
            stages: &contact.stages,
            zone: zone.name(),
            zone_of_server: contact.time_zone.is_none(),
            duties: &self.duties(name, facts),
        })
    }

    /// All contacts, a line each.
    pub(super) fn list(&self, facts: &Facts) -> Text {
        let line = |(name, contact): (&Name, &Contact)| ListLine {
            name: name.to_string(),
            display: contact.display_name.clone(),
            gone: gone(contact, facts),
            channels: self.channels(name, contact, facts),
        };
        list(&facts.live.contacts().map(line).collect::<Vec<_>>())
    }

    /// The ways to a contact, as they stand.
    pub(super) fn channels(&self, name: &Name, contact: &Contact, facts: &Facts) -> Vec<ChannelLine> {
        let line = |channel: &crate::domain::contact::ContactChannel| ChannelLine {
            name: channel.name.clone(),
            way: channel.way,
            muted: self.muted(name, &channel.name),
            unverified: facts.unverified.contains(&(name.clone(), channel.name.clone())),
            test: self.tests.of(name, contact, &channel.name).map(|test| (test.at, test.outcome)),
        };
        contact.channels.iter().map(line).collect()
    }

    fn muted(&self, name: &Name, channel: &str) -> Option<Muted> {
        let mute = self.mutes.iter().find(|mute| mute.contact == name.as_str() && mute.channel == channel)?;
        Some(mute.until_at.map_or(Muted::Always, Muted::Until))
    }

    /// Their shifts, a schedule at a time: those they are in a rotation of, or have taken over.
    fn duties(&self, name: &Name, facts: &Facts) -> Vec<Duty> {
        let duty = |(schedule, spec): (&Name, &schedule::Schedule)| {
            let overrides = facts.overrides.get(schedule).map_or(&[][..], Vec::as_slice);
            let end = self.now + AHEAD;
            let member = spec.rotations.iter().any(|rotation| rotation.contacts.contains(name));
            let first = |from: Timestamp| schedule::first_of(spec, overrides, name, from, end);
            let shift = match first(self.now) {
                Some(shift) if shift.from > self.now => Shift::Next(shift.from),
                Some(shift) => {
                    let next = first(shift.until).map(|next| next.from);
                    Shift::Now { until: Some(shift.until).filter(|until| *until < end), next }
                }
                None if member => Shift::NotWithin(AHEAD.num_weeks()),
                None => return None,
            };
            Some(Duty { schedule: facts.schedule_title(schedule), shift })
        };
        facts.live.schedules().filter_map(duty).collect()
    }
}

fn gone(contact: &Contact, facts: &Facts) -> bool {
    contact.user().is_some_and(|user| facts.gone.contains(&user))
}
