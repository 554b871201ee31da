//! Hand-offs: the notice, the role, and the incidents that go along, as they are when they are drawn or asked for.

use std::collections::BTreeSet;

use super::courier::{Address, Outgoing, What};
use super::desk::Done;
use super::drawing::{Drawn, send};
use super::facts::read_state;
use super::fault::Stop;
use super::outbox::{Work, base36};
use super::press::Pressed;
use super::reply::{Control, Style};
use super::request::Request;
use super::schedule::read;
use super::{App, answer};
use crate::domain::contact::Contact;
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, RoleId, ScheduleId, Timestamp, UserId};
use crate::domain::incident::{self, Incident, Input};
use crate::domain::name::Name;
use crate::domain::permission::{self, Act};
use crate::domain::reference::Ref;
use crate::domain::refusal::Refusal;
use crate::domain::schedule::duty::{self, Duty, Relay};
use crate::domain::schedule::{self, Schedule};
use crate::store::{Conn, Tx, audit, incident as incidents, oncall};
use crate::words;
use crate::words::handoff::{Led, Notice, OnCall};

/// People whom one delivery looks at: a call or two each, some seconds together. Where there are more contacts, each delivery takes
/// others of those who are neither on call nor just were, so that all come round in hours.
const LOOKED_AT: usize = 60;
/// How far ahead the end of a shift is looked for; what lasts longer has no end worth telling.
const ENDS_WITHIN: chrono::TimeDelta = chrono::TimeDelta::days(60);
/// Buttons of one notice: one row of Discord's.
const BUTTONS_MAX: usize = 5;

/// The press on a notice's button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOver {
    pub schedule: ScheduleId,
    /// The hand-off that the notice is about, in µs.
    pub at: i64,
    /// Which of those who left.
    pub place: i64,
}

impl App {
    /// The notice of a hand-off, unless there was another one since, or nobody wants it said any more.
    pub(super) async fn draw_hand_off(
        &self,
        conn: &mut Conn,
        work: &Work,
        id: ScheduleId,
        at: Timestamp,
    ) -> Result<Drawn, Stop> {
        let Some((name, duty)) = remembered(conn, id).await? else { return Ok(Drawn::Drop(None)) };
        let facts = self.facts(conn, work.guild(), None).await?;
        let schedule = facts.live.schedule(&name);
        let channel = schedule.and_then(|schedule| schedule.announce.as_ref()).and_then(Ref::id);
        let relay = duty.relay.filter(|relay| relay.at == at);
        let (Some(schedule), Some(channel), Some(relay)) = (schedule, channel, relay) else {
            return Ok(Drawn::Drop(None));
        };
        let open = open_incidents(conn, work.guild()).await?;
        let (text, controls) = self.notice(&facts, (id, &name, schedule), &relay, &open);
        let nonce = format!("{}o{}", self.0.salt, base36(work.id().0));
        Ok(send(Address::Channel(channel), Outgoing::Line { text, controls }, nonce))
    }

    fn notice(
        &self,
        facts: &Facts,
        (id, name, schedule): (ScheduleId, &Name, &Schedule),
        relay: &Relay,
        open: &[Incident],
    ) -> (words::Text, Vec<Control>) {
        let now = self.now();
        let overrides = facts.overrides.get(name).map_or(&[][..], Vec::as_slice);
        let on_call = schedule::who(schedule, overrides, now);
        let shift = schedule::shifts(schedule, overrides, now, now + ENDS_WITHIN).into_iter().next();
        let until = shift.map(|shift| shift.until).filter(|until| *until < now + ENDS_WITHIN);
        let (mut led, mut controls) = (Vec::new(), Vec::new());
        for (place, one) in (0..).zip(&relay.moves) {
            let theirs: Vec<&Incident> = led_by(open, user(facts, &one.from)).collect();
            let Some(first) = theirs.first() else { continue };
            let what = if theirs.len() == 1 { format!("INC-{}", first.number) } else { "them".to_owned() };
            let incidents = theirs.iter().map(|state| words::handoff::LedIncident {
                number: state.number,
                title: state.title.clone(),
                room: state.room.channel(),
            });
            led.push(Led { lead: on_call_as(facts, &one.from), incidents: incidents.collect() });
            let does = Pressed::HandOver { schedule: id, at: relay.at.timestamp_micros(), place };
            controls.push(answer::button(words::handoff::button(&what, &facts.display(&one.to)), Style::Primary, does));
        }
        controls.truncate(BUTTONS_MAX);
        let people = |names: &[Name]| names.iter().map(|name| on_call_as(facts, name)).collect();
        let notice = Notice {
            title: facts.schedule_title(name),
            on_call: people(&on_call),
            until,
            before: people(&relay.before),
            led,
        };
        (words::handoff::notice(&notice), controls)
    }

    /// Who should hold a role now and who should not, as far as one delivery goes.
    pub(super) async fn draw_role(
        &self,
        conn: &mut Conn,
        work: &Work,
        role: RoleId,
        leaving: &[UserId],
    ) -> Result<Drawn, Stop> {
        let (facts, now) = (self.facts(conn, work.guild(), None).await?, self.now());
        let names_it = |schedule: &Schedule| schedule.discord_role.as_ref().and_then(Ref::id) == Some(role);
        let naming: Vec<&Name> =
            facts.live.schedules().filter(|(_, schedule)| names_it(schedule)).map(|(name, _)| name).collect();
        let on_call = naming.iter().flat_map(|name| facts.on_call(name, now));
        let holders: BTreeSet<UserId> = on_call.filter_map(|name| user(&facts, &name)).collect();
        // A role that no schedule names any more is nobody's business but theirs who had it from here.
        let others = facts.live.contacts().filter_map(|(_, contact)| contact.user()).filter(|_| !naming.is_empty());
        let people = in_turn(&holders, leaving, others.collect(), now);
        if people.is_empty() {
            return Ok(Drawn::Drop(None));
        }
        let titles: Vec<String> = naming.iter().map(|name| facts.schedule_title(name)).collect();
        let reason = words::handoff::role_reason(&titles);
        Ok(Drawn::Send(What::SyncRole { role, people, reason }))
    }

    /// That a role cannot be kept in sync, unless it can by now.
    pub(super) async fn draw_role_refused(&self, conn: &mut Conn, work: &Work, id: ScheduleId) -> Result<Drawn, Stop> {
        let Some((name, duty)) = remembered(conn, id).await? else { return Ok(Drawn::Drop(None)) };
        let facts = self.facts(conn, work.guild(), None).await?;
        let own = facts.live.schedule(&name).and_then(|schedule| schedule.announce.as_ref()).and_then(Ref::id);
        let general = facts.live.settings().announce.iter().find_map(Ref::id);
        let (Some(role), Some(why), Some(channel)) = (duty.role, duty.refused, own.or(general)) else {
            return Ok(Drawn::Drop(None));
        };
        let text = words::handoff::role_refused(&facts.schedule_title(&name), role, &why);
        let nonce = format!("{}o{}", self.0.salt, base36(work.id().0));
        Ok(send(Address::Channel(channel), Outgoing::Line { text, controls: Vec::new() }, nonce))
    }

    /// The incidents that somebody leads whose shift has ended go to who came for them: all that the person who asks may change.
    pub(super) async fn hand_over(&self, tx: &mut Tx, request: &Request, asked: HandOver) -> Result<Done, Stop> {
        let row = oncall::peek(tx, asked.schedule).await?.filter(|row| row.guild_id == request.guild);
        let relay = row.as_ref().map(read).transpose()?.and_then(|duty| duty.relay);
        let relay = relay.filter(|relay| relay.at.timestamp_micros() == asked.at).ok_or(Refusal::StaleButton)?;
        let place = usize::try_from(asked.place).map_err(|_| Refusal::StaleButton)?;
        let one = relay.moves.get(place).ok_or(Refusal::StaleButton)?;
        let facts = self.facts(tx, request.guild, None).await?;
        let (Some(from), Some(to)) = (user(&facts, &one.from), user(&facts, &one.to)) else {
            return Err(Refusal::StaleButton.into());
        };
        let open = open_incidents(tx, request.guild).await?;
        let (mut moved, mut refused) = (Vec::new(), None);
        for state in led_by(&open, Some(from)) {
            let part = state.part_of(&request.by, &facts);
            match permission::check(Act::Edit, &request.by, part, &facts.live.settings()) {
                Ok(()) => {
                    let ask = incident::Ask::HandOff { from, to };
                    self.change(tx, state.id, Input::Ask { by: request.by.clone(), ask }).await?;
                    self.note_lead(tx, request, state.number, (from, to)).await?;
                    moved.push(state.number);
                }
                Err(no) => refused = Some(no),
            }
        }
        match refused.filter(|_| moved.is_empty()) {
            Some(no) => Err(Refusal::NotAllowed(no).into()),
            None => {
                Ok(Done::Say(words::handoff::moved(&moved, &facts.display(&one.from), &facts.display(&one.to)).into()))
            }
        }
    }

    async fn note_lead(
        &self,
        tx: &mut Tx,
        request: &Request,
        number: i64,
        (from, to): (UserId, UserId),
    ) -> Result<(), Stop> {
        let now = self.now();
        let entry = audit::AuditRow {
            id: self.mint(now).id(),
            guild_id: request.guild,
            at: now,
            by_user: Some(request.by.user),
            via: "chat".to_owned(),
            what: "lead".to_owned(),
            subject: format!("incident INC-{number}"),
            old: Some(from.to_string()),
            new: Some(to.to_string()),
        };
        Ok(audit::add(tx, &entry).await?)
    }
}

async fn remembered(conn: &mut Conn, id: ScheduleId) -> Result<Option<(Name, Duty)>, Stop> {
    let Some(row) = oncall::peek(conn, id).await? else { return Ok(None) };
    let duty = read(&row)?;
    Ok(Name::parse(&row.schedule).ok().map(|name| (name, duty)))
}

/// What is open; of private incidents nothing is said in a channel that others read.
async fn open_incidents(conn: &mut Conn, guild: GuildId) -> Result<Vec<Incident>, Stop> {
    let rows = incidents::not_over(conn, guild).await?;
    let mut open = rows.iter().filter(|row| !row.private).map(read_state).collect::<Result<Vec<Incident>, Stop>>()?;
    open.sort_by_key(|state| state.number);
    Ok(open)
}

fn led_by(open: &[Incident], lead: Option<UserId>) -> impl Iterator<Item = &Incident> {
    open.iter().filter(move |state| lead.is_some() && state.lead == lead)
}

fn user(facts: &Facts, name: &Name) -> Option<UserId> {
    facts.live.contact(name).and_then(Contact::user)
}

fn on_call_as(facts: &Facts, name: &Name) -> OnCall {
    user(facts, name).map_or_else(|| OnCall::Named(facts.display(name)), OnCall::User)
}

/// Who is looked at in this delivery: who holds the role, or just did, first; then as many of the others as there is time for, by the
/// hour other ones. `true`: they should hold it.
fn in_turn(
    holders: &BTreeSet<UserId>,
    leaving: &[UserId],
    mut others: Vec<UserId>,
    now: Timestamp,
) -> Vec<(UserId, bool)> {
    let mut first: Vec<UserId> = holders.iter().copied().collect();
    first.extend(leaving.iter().filter(|user| !holders.contains(user)));
    others.sort_unstable();
    others.dedup();
    others.retain(|user| !first.contains(user));
    let room = LOOKED_AT.saturating_sub(first.len());
    if others.len() > room {
        let hour = usize::try_from(now.timestamp() / duty::SYNC_EVERY.num_seconds()).unwrap_or(0);
        let start = (hour % others.len()) * room.max(1) % others.len();
        others.rotate_left(start);
    }
    let all = first.into_iter().chain(others).take(LOOKED_AT);
    all.map(|user| (user, holders.contains(&user))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(from: u64, count: u64) -> Vec<UserId> {
        (from..from + count).map(UserId).collect()
    }

    #[test]
    fn everybody_comes_round_and_who_is_on_call_is_always_looked_at() {
        let holders: BTreeSet<UserId> = people(1, 2).into_iter().collect();
        let all = people(1, 500);
        let mut seen = BTreeSet::new();
        for hour in 490_000..490_020 {
            let now = Timestamp::from_timestamp(hour * 3_600, 0).expect("an instant");
            let turn = in_turn(&holders, &people(900, 1), all.clone(), now);
            assert_eq!(turn.len(), LOOKED_AT);
            assert_eq!(turn[..3], [(UserId(1), true), (UserId(2), true), (UserId(900), false)]);
            seen.extend(turn.into_iter().map(|(user, _)| user));
        }
        assert_eq!(seen.len(), 501, "all of them within a day");
    }

    #[test]
    fn a_small_server_is_looked_at_whole() {
        let turn = in_turn(&people(2, 1).into_iter().collect(), &[], people(1, 3), Timestamp::UNIX_EPOCH);
        assert_eq!(turn, [(UserId(2), true), (UserId(1), false), (UserId(3), false)]);
    }
}
