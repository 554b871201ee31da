//! `/oncall …`: who is on call when, and the changes people make to it. Who that is, the domain says.
//!
//! `look` reads, `complete` helps to type, `calendar` draws tables and files, `replace` makes overrides and takes them back, `take` and `cover` put one
//! person in another's place; `offer` is the life of an offer (its deadline, its message); `when` reads times.

mod calendar;
mod complete;
mod cover;
mod look;
mod offer;
mod replace;
mod take;
mod when;

use crate::definitions::Standing;
use crate::domain::definition::Kind;
use crate::domain::effect::{Effect, OnCallNote};
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, CoverId, GuildId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::oncall::Replacement;
use crate::domain::permission::{Act, Part, Person};
use crate::domain::reference::Ref;
use crate::domain::refusal::Refusal;
use crate::domain::schedule::{Override, Schedule, Shift};
use crate::store::audit::AuditRow;
use crate::store::schedule::OverrideRow;
use crate::store::{Conn, Tx, audit, guild, schedule as schedules, seen};
use crate::words::oncall as words;

use super::App;
use super::desk::{Done, allow};
use super::fault::Stop;
use super::outbox::base36;
use super::plan::At;
use super::reply::Say;
use super::request::Request;

pub use offer::COVER;

/// What is asked. Times are as somebody wrote them, in their own zone.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// `schedule`: none is all.
    Who {
        schedule: Option<Name>,
        at: At,
    },
    Mine,
    Show {
        schedule: Name,
    },
    Preview {
        schedule: Name,
        weeks: Option<u32>,
    },
    Calendar {
        schedule: Option<Name>,
        weeks: Option<u32>,
    },
    Ical {
        schedule: Option<Name>,
    },
    Gaps {
        schedule: Option<Name>,
    },
    Overrides {
        schedule: Option<Name>,
    },
    /// Shows what would change.
    Override {
        schedule: Name,
        from: At,
        until: At,
        /// Empty: nobody.
        members: Vec<Member>,
        rotation: Option<String>,
    },
    /// **Save**: the change that was shown waits under this key.
    Save {
        asked: u64,
    },
    /// That change: never asked by itself.
    Write(Change),
    Cancel {
        /// Its code, or its id.
        said: String,
    },
    Cover {
        from: At,
        until: At,
        schedule: Option<Name>,
    },
    CoverTake(CoverId),
    CoverBack(CoverId),
    Take {
        schedule: Name,
        until: Option<At>,
    },
    /// "Whose place?" The question waits under this key.
    TakeFrom {
        asked: u64,
        contact: Name,
    },
    /// That question: never asked by itself.
    Place {
        schedule: Name,
        until: Option<Timestamp>,
    },
}

impl Ask {
    /// Whether it brings something new.
    pub(super) fn changes(&self) -> bool {
        matches!(self, Ask::Save { .. } | Ask::Cover { .. } | Ask::Take { .. } | Ask::TakeFrom { .. })
    }
}

/// Somebody who is to be on call, as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    Contact(Name),
    User(UserId),
}

/// An override that was shown and waits for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub schedule: Name,
    pub rotation: Option<String>,
    pub from: Timestamp,
    pub until: Timestamp,
    pub contacts: Vec<Name>,
}

impl App {
    pub(super) async fn oncall(&self, request: Request, ask: Ask) -> Result<Done, Stop> {
        let app = self.clone();
        match ask {
            Ask::Who { .. }
            | Ask::Mine
            | Ask::Show { .. }
            | Ask::Preview { .. }
            | Ask::Calendar { .. }
            | Ask::Ical { .. }
            | Ask::Gaps { .. }
            | Ask::Overrides { .. } => {
                self.store()
                    .read(move |conn| Box::pin(async move { app.look_at_oncall(conn, &request, ask).await }))
                    .await
            }
            Ask::Override { .. } => {
                self.store()
                    .read(move |conn| Box::pin(async move { app.propose_override(conn, &request, ask).await }))
                    .await
            }
            _ => {
                self.store().write(move |tx| Box::pin(async move { app.change_oncall(tx, &request, ask).await })).await
            }
        }
    }

    async fn change_oncall(&self, tx: &mut Tx, request: &Request, ask: Ask) -> Result<Done, Stop> {
        if !seen::first(tx, &request.key, self.now()).await? {
            return Ok(Done::Nothing);
        }
        // Changes of a guild follow one another: of two at one moment the later must see the earlier.
        guild::load_state(tx, request.guild).await?;
        let facts = self.facts(tx, request.guild, None).await?;
        match ask {
            Ask::Save { asked } => self.save_override(tx, request, asked, &facts).await,
            Ask::Cancel { said } => self.cancel_override(tx, request, &said, &facts).await,
            Ask::Take { schedule, until } => self.take_shift(tx, request, schedule, until, &facts).await,
            Ask::TakeFrom { asked, contact } => self.take_from(tx, request, asked, &contact, &facts).await,
            Ask::Cover { from, until, schedule } => {
                self.offer_cover(tx, request, (from, until), schedule.as_ref(), &facts).await
            }
            Ask::CoverTake(id) => self.take_cover(tx, request, id, &facts).await,
            Ask::CoverBack(id) => self.take_cover_back(tx, request, id).await,
            _ => Err(Refusal::StaleButton.into()),
        }
    }

    /// Writes overrides that belong to one act, in this transaction, and what follows from them.
    async fn replace(
        &self,
        tx: &mut Tx,
        request: &Request,
        schedule: &Name,
        pieces: &[Replacement],
        what: &str,
    ) -> Result<(), Stop> {
        let now = self.now();
        let mut mint = self.mint(now);
        for piece in pieces {
            let row = OverrideRow {
                id: mint.id(),
                guild_id: request.guild,
                schedule: schedule.to_string(),
                rotation: Some(piece.rotation.clone()),
                from_at: piece.from,
                until_at: piece.until,
                contacts: serde_json::to_string(&piece.contacts).unwrap_or_default(),
                created_at: now,
                created_by: Some(request.by.user),
            };
            schedules::add(tx, &row).await?;
        }
        let said = |piece: &Replacement| said(Some(&piece.rotation), piece.from, piece.until, &piece.contacts);
        let new = pieces.iter().map(said).collect::<Vec<_>>().join("; ");
        self.note_oncall(tx, request, what, schedule, (None, Some(new))).await?;
        self.schedule_changed(tx, request.guild, schedule).await
    }

    /// Who changed what, for the log.
    async fn note_oncall(
        &self,
        tx: &mut Tx,
        request: &Request,
        what: &str,
        schedule: &Name,
        (old, new): (Option<String>, Option<String>),
    ) -> Result<(), Stop> {
        let now = self.now();
        let entry = AuditRow {
            id: self.mint(now).id(),
            guild_id: request.guild,
            at: now,
            by_user: Some(request.by.user),
            via: "chat".to_owned(),
            what: what.to_owned(),
            subject: format!("schedule {schedule}"),
            old,
            new,
        };
        Ok(audit::add(tx, &entry).await?)
    }

    /// Says quietly what has changed: where the schedule's notices go, else where it was typed.
    async fn say_oncall(&self, tx: &mut Tx, request: &Request, spec: &Schedule, note: OnCallNote) -> Result<(), Stop> {
        let Some(channel) = places(spec, request.channel).first().copied() else { return Ok(()) };
        self.put_for_guild(tx, request.guild, &Effect::OnCall { channel, note }, self.now()).await
    }
}

/// Where a schedule's notices go, best first: its own channel, else where it was typed.
fn places(spec: &Schedule, typed: Option<ChannelId>) -> Vec<ChannelId> {
    let own = spec.announce.as_ref().and_then(Ref::id);
    let mut places: Vec<ChannelId> = own.into_iter().chain(typed).collect();
    places.dedup();
    places
}

/// An override in one line of the log.
fn said(rotation: Option<&str>, from: Timestamp, until: Timestamp, contacts: &[Name]) -> String {
    let who = contacts.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
    let who = if who.is_empty() { "nobody" } else { &who };
    let rotation = rotation.map(|name| format!(" in {name}")).unwrap_or_default();
    format!("{who}{rotation} from {} to {}", from.to_rfc3339(), until.to_rfc3339())
}

fn part(by: &Person, facts: &Facts) -> Part {
    Part { contact: facts.contact_of(by.user).is_some(), ..Part::default() }
}

fn may(act: Act, by: &Person, facts: &Facts) -> Result<(), Stop> {
    allow(act, by, part(by, facts), facts)
}

fn find<'f>(name: &Name, facts: &'f Facts) -> Result<&'f Schedule, Refusal> {
    facts.live.schedule(name).ok_or_else(|| Refusal::NoSuchDefinition {
        kind: Kind::Schedule,
        said: name.to_string(),
        known: facts.live.schedules().map(|(name, _)| name.to_string()).collect(),
    })
}

fn overrides_of<'f>(name: &Name, facts: &'f Facts) -> &'f [Override] {
    facts.overrides.get(name).map_or(&[], Vec::as_slice)
}

/// The one that is named, or all.
fn meant<'f>(named: Option<&Name>, facts: &'f Facts) -> Result<Vec<(&'f Name, &'f Schedule)>, Refusal> {
    let Some(named) = named else { return Ok(facts.live.schedules().collect()) };
    find(named, facts)?;
    Ok(facts.live.schedules().filter(|(name, _)| *name == named).collect())
}

/// What people call them.
fn titles(names: &[Name], facts: &Facts) -> Vec<String> {
    names.iter().map(|name| facts.contact_title(name)).collect()
}

fn stretch(shift: &Shift, facts: &Facts) -> words::Stretch {
    words::Stretch { from: shift.from, until: shift.until, who: titles(&shift.who, facts) }
}

/// Of these, whom no page reaches any more, as they have left the server or are no contact.
fn gone(names: &[Name], facts: &Facts) -> Vec<String> {
    let left = |name: &&Name| {
        facts.live.contact(name).is_none_or(|known| known.user().is_some_and(|user| facts.gone.contains(&user)))
    };
    names.iter().filter(left).map(|name| facts.contact_title(name)).collect()
}

/// What people type for an override: short enough to be read out.
fn code(id: i64) -> String {
    const LEN: usize = 5;
    let id = base36(id);
    id[id.len().saturating_sub(LEN)..].to_owned()
}

fn say(text: crate::words::Text) -> Done {
    Done::Say(Say { text, controls: Vec::new() })
}

/// The overrides that have not ended, those of one act together.
async fn acts(conn: &mut Conn, guild: GuildId, now: Timestamp) -> Result<Vec<Vec<OverrideRow>>, Stop> {
    let mut acts: Vec<Vec<OverrideRow>> = Vec::new();
    for row in schedules::overrides(conn, guild).await?.into_iter().filter(|row| row.until_at > now) {
        let same = |act: &&mut Vec<OverrideRow>| {
            act.first().is_some_and(|first| {
                (&first.schedule, first.created_at, first.created_by) == (&row.schedule, row.created_at, row.created_by)
            })
        };
        match acts.iter_mut().find(same) {
            Some(act) => act.push(row),
            None => acts.push(vec![row]),
        }
    }
    Ok(acts)
}

/// What the overrides that have not ended name, act by act.
pub(in crate::app) async fn standing(conn: &mut Conn, guild: GuildId, now: Timestamp) -> Result<Vec<Standing>, Stop> {
    let acts = acts(conn, guild, now).await?;
    Ok(acts.iter().filter_map(|act| named_by(act)).collect())
}

fn named_by(act: &[OverrideRow]) -> Option<Standing> {
    let first = act.first()?;
    let mut rotations: Vec<String> = act.iter().filter_map(|row| row.rotation.clone()).collect();
    let listed = |row: &OverrideRow| serde_json::from_str::<Vec<Name>>(&row.contacts).unwrap_or_default();
    let mut contacts: Vec<Name> = act.iter().flat_map(listed).collect();
    rotations.sort();
    rotations.dedup();
    contacts.sort();
    contacts.dedup();
    let schedule = Name::parse(&first.schedule).ok()?;
    let until = act.iter().map(|row| row.until_at).max()?;
    Some(Standing { code: code(first.id), schedule, rotations, contacts, until })
}
