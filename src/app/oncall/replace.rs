//! Overrides: shown before they are saved, saved as shown, taken back. The newest one wins.

use super::{Ask, Change, Member, acts, code, find, gone, may, overrides_of, said, stretch, when};
use crate::app::App;
use crate::app::answer::button;
use crate::app::desk::Done;
use crate::app::fault::Stop;
use crate::app::plan::zone;
use crate::app::press::{InteractionId, Pressed};
use crate::app::reply::{Say, Style};
use crate::app::request::{Ask as Asked, Request};
use crate::domain::call;
use crate::domain::effect::OnCallNote;
use crate::domain::facts::Facts;
use crate::domain::id::{Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::oncall;
use crate::domain::permission::{Act, Person};
use crate::domain::refusal::{ContactRefusal, OnCallRefusal, Refusal};
use crate::domain::schedule::{self, Gaps, MEMBERS_MAX, NotAnOverride, Override, Schedule};
use crate::store::schedule::OverrideRow;
use crate::store::{Conn, Tx, schedule as schedules};
use crate::words::oncall as words;

impl App {
    /// Shows what would change; **Save** does exactly that.
    pub(super) async fn propose_override(&self, conn: &mut Conn, request: &Request, ask: Ask) -> Result<Done, Stop> {
        let Ask::Override { schedule, from, until, members, rotation } = ask else {
            return Err(Refusal::StaleButton.into());
        };
        let facts = self.facts(conn, request.guild, None).await?;
        let spec = named(&schedule, &request.by, &facts)?;
        let now = self.now();
        let rotation = rotation.map(|said| self::rotation(spec, &said)).transpose();
        let times = when::stretch((from, until), zone(&request.by, &facts), now);
        let contacts = members.iter().map(|member| contact(member, &facts)).collect::<Result<Vec<_>, _>>();
        // Whether they may at all comes before what is wrong with it.
        if rotation.is_err() || times.is_err() || contacts.is_err() {
            may(Act::HandOver, &request.by, &facts).or_else(|_| may(Act::Override, &request.by, &facts))?;
        }
        let (rotation, (from, until), contacts) = (rotation?, times?, once(contacts?));
        let change = Change { schedule, rotation, from, until, contacts };
        allowed(&change, spec, &request.by, &facts)?;
        checked(&change, spec, 0, now)?;
        let asked = self.mint(now).id().unsigned_abs();
        let text = words::proposed(&shown(&change, spec, &facts, now));
        let waits = Request { ask: Asked::OnCall(Ask::Write(change)), ..request.clone() };
        self.put_waiting(asked, waits);
        let controls = vec![
            button("Save", Style::Primary, Pressed::OverrideSave { asked: InteractionId(asked) }),
            button("Leave it", Style::Grey, Pressed::Dismiss {}),
        ];
        Ok(Done::Say(Say { text, controls }))
    }

    /// **Save**: what was shown, once.
    pub(super) async fn save_override(
        &self,
        tx: &mut Tx,
        request: &Request,
        asked: u64,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let waiting = self.waiting(asked, &request.by).filter(|waiting| waiting.guild == request.guild);
        let Some(Asked::OnCall(Ask::Write(change))) = waiting.map(|waiting| waiting.ask) else {
            return Err(Refusal::from(OnCallRefusal::PreviewGone).into());
        };
        let id = i64::try_from(asked).unwrap_or(i64::MAX);
        if schedules::overrides(tx, request.guild).await?.iter().any(|row| row.id == id) {
            return Err(Refusal::from(OnCallRefusal::SavedAlready).into());
        }
        let (spec, now) = (named(&change.schedule, &request.by, facts)?, self.now());
        let change = Change { from: change.from.max(now), ..change };
        allowed(&change, spec, &request.by, facts)?;
        checked(&change, spec, id, now)?;
        for name in &change.contacts {
            call::find(name, facts)?;
        }
        schedules::add(tx, &row(&change, id, request, now)).await?;
        let new = said(change.rotation.as_deref(), change.from, change.until, &change.contacts);
        self.note_oncall(tx, request, "override", &change.schedule, (None, Some(new))).await?;
        self.schedule_changed(tx, request.guild, &change.schedule).await?;
        let told = shown(&change, spec, facts, now);
        let note = OnCallNote::Put {
            schedule: told.schedule.clone(),
            rotation: change.rotation.clone(),
            by: request.by.user,
            who: super::titles(&change.contacts, facts),
            from: change.from,
            until: change.until,
        };
        self.say_oncall(tx, request, spec, note).await?;
        Ok(super::say(words::saved(&told, &code(id))))
    }

    /// Takes back what was made in one act: by whoever made it, or whoever may change who is on call.
    pub(super) async fn cancel_override(
        &self,
        tx: &mut Tx,
        request: &Request,
        said: &str,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let wanted = said.trim().trim_matches('`').to_lowercase();
        let is = |row: &OverrideRow| code(row.id) == wanted || row.id.to_string() == wanted;
        let found = acts(tx, request.guild, self.now()).await?.into_iter().find(|act| act.iter().any(is));
        let own = found.as_ref().and_then(|act| act.first()).is_some_and(|row| row.created_by == Some(request.by.user));
        if !own {
            may(Act::Override, &request.by, facts)?;
        }
        let gone = || Refusal::from(OnCallRefusal::NoSuchOverride { said: said.to_owned() });
        let act = found.ok_or_else(gone)?;
        let Some((schedule, from, until)) = span(&act) else { return Err(gone().into()) };
        for row in &act {
            schedules::remove(tx, request.guild, row.id).await?;
        }
        let old = act.iter().map(log).collect::<Vec<_>>().join("; ");
        self.note_oncall(tx, request, "cancel override", &schedule, (Some(old), None)).await?;
        self.schedule_changed(tx, request.guild, &schedule).await?;
        let title = facts.schedule_title(&schedule);
        let Some(spec) = facts.live.schedule(&schedule) else {
            return Ok(super::say(words::cancelled(&title, from, until, &[])));
        };
        let note = OnCallNote::Restored { schedule: title.clone(), by: request.by.user, from, until };
        self.say_oncall(tx, request, spec, note).await?;
        let removed = |one: &&Override| act.iter().all(|row| row.id != one.id);
        let left: Vec<Override> = overrides_of(&schedule, facts).iter().filter(removed).cloned().collect();
        let after = schedule::shifts(spec, &left, from.max(self.now()), until);
        let after: Vec<_> = after.iter().map(|shift| stretch(shift, facts)).collect();
        Ok(super::say(words::cancelled(&title, from, until, &after)))
    }
}

/// The schedule; whoever may not change any is told that first.
fn named<'f>(name: &Name, by: &Person, facts: &'f Facts) -> Result<&'f Schedule, Stop> {
    if facts.live.schedule(name).is_none() {
        may(Act::Override, by, facts)?;
    }
    Ok(find(name, facts)?)
}

/// Whoever only gives away shifts of their own, or fills a time that nobody has, needs less than who changes others'.
fn allowed(change: &Change, spec: &Schedule, by: &Person, facts: &Facts) -> Result<(), Stop> {
    let own = facts.contact_of(by.user);
    let displaced = before(change, spec, facts).into_iter().flat_map(|shift| shift.who);
    let only_own = displaced.into_iter().all(|name| Some(&name) == own);
    let harmless = own.is_some() && only_own && !change.contacts.is_empty();
    match harmless {
        true => may(Act::HandOver, by, facts),
        false => may(Act::Override, by, facts),
    }
}

fn checked(change: &Change, spec: &Schedule, id: i64, now: Timestamp) -> Result<(), Refusal> {
    let past = || OnCallRefusal::Past { from: change.from, until: change.until };
    if change.until <= now {
        return Err(past().into());
    }
    let refusal = match as_override(change, id, now).check(spec) {
        Ok(()) => return Ok(()),
        Err(NotAnOverride::Backwards) => past(),
        Err(NotAnOverride::NoRotation(said)) => OnCallRefusal::NoSuchRotation { said, known: rotations(spec) },
        Err(NotAnOverride::TooMany(_)) => OnCallRefusal::TooManyMembers { max: MEMBERS_MAX },
    };
    Err(refusal.into())
}

/// The rotation somebody means.
fn rotation(spec: &Schedule, said: &str) -> Result<String, Refusal> {
    let found = spec.rotations.iter().find(|rotation| rotation.name.eq_ignore_ascii_case(said));
    let unknown = || OnCallRefusal::NoSuchRotation { said: said.to_owned(), known: rotations(spec) };
    found.map(|rotation| rotation.name.clone()).ok_or_else(|| unknown().into())
}

fn rotations(spec: &Schedule) -> Vec<String> {
    spec.rotations.iter().map(|rotation| rotation.name.clone()).collect()
}

fn contact(member: &Member, facts: &Facts) -> Result<Name, Refusal> {
    match member {
        Member::Contact(name) => call::find(name, facts).map(|_| name.clone()),
        Member::User(user) => facts.contact_of(*user).cloned().ok_or_else(|| nobody(*user, facts)),
    }
}

fn nobody(user: UserId, facts: &Facts) -> Refusal {
    let known = facts.live.contacts().map(|(name, _)| name.to_string()).collect();
    ContactRefusal::NoSuchContact { said: format!("<@{user}>"), known }.into()
}

fn once(names: Vec<Name>) -> Vec<Name> {
    let mut kept: Vec<Name> = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

fn as_override(change: &Change, id: i64, now: Timestamp) -> Override {
    Override {
        id,
        rotation: change.rotation.clone(),
        from: change.from,
        until: change.until,
        contacts: change.contacts.clone(),
        created_at: now,
    }
}

/// Who is on call there as it stands, in the rotations that it is about.
fn before(change: &Change, spec: &Schedule, facts: &Facts) -> Vec<schedule::Shift> {
    let about = |rotation: &&schedule::Rotation| change.rotation.as_ref().is_none_or(|name| *name == rotation.name);
    let rotations = spec.rotations.iter().filter(about).cloned().collect();
    let spec = Schedule { rotations, ..spec.clone() };
    schedule::shifts(&spec, overrides_of(&change.schedule, facts), change.from, change.until)
}

/// Before and after, as people read it.
fn shown(change: &Change, spec: &Schedule, facts: &Facts, now: Timestamp) -> words::Proposed {
    let current = overrides_of(&change.schedule, facts);
    let with: Vec<Override> = current.iter().cloned().chain([as_override(change, i64::MAX, now)]).collect();
    let shifts = |overrides: &[Override]| {
        let shifts = schedule::shifts(spec, overrides, change.from, change.until);
        shifts.iter().map(|shift| stretch(shift, facts)).collect::<Vec<_>>()
    };
    let old_gaps = oncall::gaps(spec, current, change.from, change.until);
    let known = |gap: &schedule::Shift| old_gaps.iter().any(|old| old.from <= gap.from && gap.until <= old.until);
    let new_gaps = oncall::gaps(spec, &with, change.from, change.until).into_iter().filter(|gap| !known(gap));
    words::Proposed {
        schedule: facts.schedule_title(&change.schedule),
        rotation: change.rotation.clone(),
        from: change.from,
        until: change.until,
        before: shifts(current),
        after: shifts(&with),
        new_gaps: new_gaps.map(|gap| (gap.from, gap.until)).collect(),
        intended: spec.gaps == Gaps::Intended,
        gone: gone(&change.contacts, facts),
    }
}

fn row(change: &Change, id: i64, request: &Request, now: Timestamp) -> OverrideRow {
    OverrideRow {
        id,
        guild_id: request.guild,
        schedule: change.schedule.to_string(),
        rotation: change.rotation.clone(),
        from_at: change.from,
        until_at: change.until,
        contacts: serde_json::to_string(&change.contacts).unwrap_or_default(),
        created_at: now,
        created_by: Some(request.by.user),
    }
}

/// The schedule of an act, and all of its time.
fn span(act: &[OverrideRow]) -> Option<(Name, Timestamp, Timestamp)> {
    let schedule = act.first().and_then(|row| Name::parse(&row.schedule).ok())?;
    let from = act.iter().map(|row| row.from_at).min()?;
    let until = act.iter().map(|row| row.until_at).max()?;
    Some((schedule, from, until))
}

fn log(row: &OverrideRow) -> String {
    let contacts: Vec<Name> = serde_json::from_str(&row.contacts).unwrap_or_default();
    said(row.rotation.as_deref(), row.from_at, row.until_at, &contacts)
}
