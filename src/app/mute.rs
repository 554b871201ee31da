//! Mutes: a contact channel of one's own rests for a while. Whoever pages them passes it over.

use chrono::{NaiveDateTime, TimeDelta};

use super::App;
use super::answer::{button, only};
use super::contact::own;
use super::fault::Stop;
use super::press::Pressed;
use super::reply::{Say, Style};
use super::request::Request;
use crate::domain::call;
use crate::domain::contact::Contact;
use crate::domain::facts::Facts;
use crate::domain::id::Timestamp;
use crate::domain::name::Name;
use crate::domain::refusal::Refusal;
use crate::domain::schedule;
use crate::domain::span::{Span, TimeOfDay};
use crate::store::contact::MuteRow;
use crate::store::{Tx, audit, contact as contacts};
use crate::words::contact as words;

/// How long a mute lasts where nobody says: a night.
pub(super) const MUTE_FOR: TimeDelta = TimeDelta::hours(8);
/// The longest mute: a longer one is forgotten, and then nobody is called.
const MUTE_MAX: TimeDelta = TimeDelta::days(30);

/// An end that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    For(Span),
    /// The next such time of day, in the zone of the person or guild.
    Clock(TimeOfDay),
    Local(NaiveDateTime),
}

impl Default for Until {
    fn default() -> Until {
        Until::For(Span::secs(MUTE_FOR.num_seconds().unsigned_abs()))
    }
}

impl App {
    pub(super) async fn mute(
        &self,
        tx: &mut Tx,
        request: &Request,
        channel: Option<&str>,
        until: Option<Until>,
        facts: &Facts,
    ) -> Result<Say, Stop> {
        let (name, contact) = own(&request.by, facts)?;
        let meant = meant(contact, channel)?;
        let muted = |channel: &String| facts.muted.contains(&(name.clone(), channel.clone()));
        if until.is_none() && meant.iter().all(muted) {
            return self.unmute(tx, request, channel, facts).await;
        }
        let until = instant(until.unwrap_or_default(), contact, facts, self.now())?;
        for channel in &meant {
            let row = MuteRow { contact: name.to_string(), channel: channel.clone(), until_at: Some(until) };
            contacts::mute(tx, request.guild, &row).await?;
        }
        self.note_mute(tx, request, name, &meant, Some(until)).await?;
        let open = |channel: &String| facts.shut(name, channel).is_none();
        let reaches = |channel: &String| !meant.contains(channel) && open(channel) && used(contact, channel);
        let names = contact.channels.iter().map(|channel| channel.name.clone());
        let left: Vec<String> = names.filter(reaches).collect();
        let label = if meant.len() > 1 { "Unmute all" } else { "Unmute" };
        let unmute = button(label, Style::Grey, Pressed::ContactUnmute { guild: request.guild });
        Ok(Say { text: words::muted(&meant, until, &left), controls: vec![unmute] })
    }

    pub(super) async fn unmute(
        &self,
        tx: &mut Tx,
        request: &Request,
        channel: Option<&str>,
        facts: &Facts,
    ) -> Result<Say, Stop> {
        let (name, contact) = own(&request.by, facts)?;
        let mut freed = Vec::new();
        for channel in meant(contact, channel)? {
            let known = contacts::unmute(tx, request.guild, name.as_str(), &channel).await?;
            if known && facts.muted.contains(&(name.clone(), channel.clone())) {
                freed.push(channel);
            }
        }
        if !freed.is_empty() {
            self.note_mute(tx, request, name, &freed, None).await?;
        }
        Ok(only(words::unmuted(&freed)))
    }

    async fn note_mute(
        &self,
        tx: &mut Tx,
        request: &Request,
        name: &Name,
        channels: &[String],
        until: Option<Timestamp>,
    ) -> Result<(), Stop> {
        let now = self.now();
        let entry = audit::AuditRow {
            id: self.mint(now).id(),
            guild_id: request.guild,
            at: now,
            by_user: Some(request.by.user),
            via: "chat".to_owned(),
            what: if until.is_some() { "mute" } else { "unmute" }.to_owned(),
            subject: format!("contact {name}: {}", channels.join(", ")),
            old: None,
            new: until.map(|until| until.to_rfc3339()),
        };
        Ok(audit::add(tx, &entry).await?)
    }
}

/// The contact channels that are meant: the one that is named, or all.
fn meant(contact: &Contact, named: Option<&str>) -> Result<Vec<String>, Refusal> {
    let Some(said) = named else { return Ok(contact.channels.iter().map(|channel| channel.name.clone()).collect()) };
    let same = |name: &String| name.eq_ignore_ascii_case(said);
    let found = contact.channels.iter().map(|channel| &channel.name).find(|name| same(name));
    found.map(|name| vec![name.clone()]).ok_or_else(|| call::no_such_channel(contact, said))
}

/// Whether a stage of theirs pages through the channel.
fn used(contact: &Contact, channel: &str) -> bool {
    contact.stages.iter().flat_map(|stage| &stage.targets).any(|target| target.channel == channel)
}

/// When a mute ends.
fn instant(until: Until, contact: &Contact, facts: &Facts, now: Timestamp) -> Result<Timestamp, Refusal> {
    let zone = contact.time_zone.unwrap_or(facts.live.settings().time_zone);
    let (at, said) = match until {
        Until::For(span) => (now + span.delta(), span.to_string()),
        Until::Local(local) => (schedule::instant(zone, local), local.format("%Y-%m-%d %H:%M").to_string()),
        Until::Clock(time) => {
            let today = now.with_timezone(&zone).date_naive();
            let on = |day: chrono::NaiveDate| schedule::instant(zone, day.and_time(time.time()));
            let next = || today.succ_opt().map_or(now, on);
            let at = Some(on(today)).filter(|at| *at > now).unwrap_or_else(next);
            (at, String::from(time))
        }
    };
    if at <= now || at > now + MUTE_MAX {
        let right = format!("a time to come within {} days, such as 8h or 18:00", MUTE_MAX.num_days());
        return Err(Refusal::BadValue { field: "until", said, right });
    }
    Ok(at)
}
