//! The auditor: what should have happened by now against what did. A lost deadline is set again and a lost page asked for again;
//! everything else it only says: in the log, in the announcement channels (once, until it is gone), and for the gauges.
//!
//! It reads by indexes, and the states of the live roots, [`ROOTS_AT_ONCE`] a round; it changes a root only under its lock, after a
//! second look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::call::{CALL, read};
use super::facts::read_state;
use super::fault::Stop;
use super::outbox::{LEASE, Lane};
use super::save::{INCIDENT, ask_again};
use super::{App, Fault};
use crate::domain::effect::{Alarm, Effect, Trouble};
use crate::domain::engagement::Paging;
use crate::domain::id::{CallId, GuildId, IncidentId, PostId, Root, Timestamp};
use crate::domain::reference::Ref;
use crate::store::{Conn, Tx, call, incident, outbox, wake};

/// A deadline is late by then: looking takes milliseconds, and 10,000 of them five seconds.
const OVERDUE_AFTER: TimeDelta = TimeDelta::seconds(10);
/// A page that is due and that nobody takes: every loop looks twice a second.
const UNTAKEN_AFTER: TimeDelta = TimeDelta::seconds(30);
/// A page that was tried so long in vain is for people to know, whatever the reason.
const IN_VAIN_AFTER: TimeDelta = TimeDelta::minutes(5);
/// States that are read in one round; with more than that live, each is read every other round, and so on.
const ROOTS_AT_ONCE: i64 = 300;
/// Rows of one kind that are named in one round: one is enough to look.
const ROWS_MAX: i64 = 50;
/// Lines in one round; the rest is in the log.
const LINES_MAX: usize = 5;
/// How much longer than its lease a claim may seem to last: it was made while the audit ran, or by a clock a little ahead. Whoever
/// made it is at work on it, and would be overtaken.
const CLAIM_SLACK: TimeDelta = TimeDelta::seconds(60);
/// What comes back within this time was never gone.
const SAID_FOR: TimeDelta = TimeDelta::minutes(10);

/// Something that should have happened and did not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What kind of thing, one word for gauges and logs: `overdue`, `stuck`, `asleep`, `lost`, `parked`.
    pub kind: &'static str,
    /// What it is about, such as `INC-42`.
    pub subject: String,
}

/// What the auditor remembers from round to round.
#[derive(Debug, Default)]
pub(super) struct Audited {
    findings: Vec<Finding>,
    /// Seen in the latest round: what may pass by itself is said when it is seen twice.
    seen: BTreeSet<Finding>,
    /// When it was last seen, of what was said.
    said: BTreeMap<Finding, Timestamp>,
    /// Where the next round reads on.
    from: Option<IncidentId>,
}

/// A finding, and where it is said.
#[derive(Debug, Clone)]
struct Found {
    guild: GuildId,
    trouble: Trouble,
    number: Option<i64>,
}

/// What one look brought.
struct Looked {
    found: Vec<Found>,
    /// Roots that need a second look.
    suspects: Vec<Root>,
    /// Where the next round reads on.
    next: IncidentId,
    /// A claim lasts longer than any may.
    endless: bool,
}

impl Found {
    fn finding(&self) -> Finding {
        let subject = self.number.map_or_else(|| "a call or test page".to_owned(), |number| format!("INC-{number}"));
        Finding { kind: self.trouble.word(), subject }
    }

    /// It may be over a moment later: said only when the next round finds it too.
    fn may_pass(&self) -> bool {
        matches!(self.trouble, Trouble::Overdue | Trouble::Stuck | Trouble::Parked)
    }
}

impl App {
    /// What the latest audit found.
    pub fn findings(&self) -> Vec<Finding> {
        self.audited().findings.clone()
    }

    /// Looks once. What was found is said and, where that is safe, mended.
    ///
    /// # Errors
    /// A fault of the store; the next round looks again.
    pub async fn audit(&self) -> Result<(), Fault> {
        let (now, from) = (self.now(), self.audited().from.unwrap_or(IncidentId(0)));
        let app = self.clone();
        let looked = self.store().read(move |conn| Box::pin(async move { app.find_trouble(conn, now, from).await }));
        let Looked { mut found, suspects, next, endless } = looked.await.map_err(|stop: Stop| stop.fault("audit"))?;
        self.audited().from = Some(next);
        for root in suspects {
            let app = self.clone();
            let mended = self.store().write(move |tx| Box::pin(async move { app.mend(tx, root).await }));
            found.extend(mended.await.or_else(unreadable).map_err(|stop| stop.fault("mend what an audit found"))?);
        }
        if endless {
            found.extend(self.end_claims().await?);
        }
        self.wake_offers().await?;
        self.say_found(found, now).await
    }

    /// What is late, and roots that need a second look; and where the next round reads on.
    async fn find_trouble(&self, conn: &mut Conn, now: Timestamp, from: IncidentId) -> Result<Looked, Stop> {
        let mut found = Vec::new();
        for woken in wake::overdue(conn, now - OVERDUE_AFTER, now, ROWS_MAX).await? {
            if let Some(root) = root_of(&woken) {
                found.extend(find(conn, root, Trouble::Overdue).await?);
            }
        }
        let limits = outbox::Limits { due: now - UNTAKEN_AFTER, tried: now - IN_VAIN_AFTER };
        let in_outage = self.outage().is_some();
        for row in outbox::stuck(conn, Lane::Page.number(), limits, ROWS_MAX).await? {
            // What an outage holds up is known.
            if let Some(root) = row.root.filter(|_| !in_outage || row.attempts == 0) {
                found.extend(find(conn, root, Trouble::Stuck).await?);
            }
        }
        for row in outbox::parked_over(conn, now - OVERDUE_AFTER, ROWS_MAX).await? {
            if let Some(root) = row.root {
                found.extend(find(conn, root, Trouble::Parked).await?);
            }
        }
        let claims = outbox::latest_claim(conn).await?.into_iter().chain(wake::latest_claim(conn).await?);
        let endless = claims.max().is_some_and(|latest| latest > self.longest_claim());
        let (suspects, next) = suspects(conn, from).await?;
        Ok(Looked { found, suspects, next, endless })
    }

    /// Looks at a root under its lock: its deadline is the one of its state, and what waits to be sent has its row.
    async fn mend(&self, tx: &mut Tx, root: Root) -> Result<Vec<Found>, Stop> {
        let now = self.now();
        let (guild, number, noun, id, paging, due) = match root {
            Root::Incident(id) => match App::load(tx, id).await? {
                Some((row, state)) if row.over_at.is_none() => {
                    let due = state.next_deadline();
                    (row.guild_id, Some(row.number), INCIDENT, id.0, state.paging, due)
                }
                _ => return Ok(Vec::new()),
            },
            Root::Call(id) => match call::load(tx, id).await? {
                Some(row) if row.over_at.is_none() => {
                    let state = read(&row)?;
                    let due = state.next_deadline();
                    (row.guild_id, None, CALL, id.0, state.paging, due)
                }
                _ => return Ok(Vec::new()),
            },
        };
        let found = |trouble| Found { guild, trouble, number };
        let mut all = Vec::new();
        if wake::due(tx, noun, id).await? != due {
            wake::set(tx, noun, id, due).await?;
            all.push(found(Trouble::Asleep));
        } else if due.is_none() && never_goes_on(&paging) {
            all.push(found(Trouble::Asleep));
        }
        for post in waiting(&paging) {
            if !outbox::waits(tx, Effect::SendPost { post }.word(), &post.to_string()).await? {
                let mut mint = self.mint(now);
                ask_again(tx, (guild, root), post, now, &mut mint).await?;
                all.push(found(Trouble::Lost));
            }
        }
        Ok(all)
    }

    /// A claim that lasts longer than any (the clock was set back, or somebody wrote it): it is nobody's.
    async fn end_claims(&self) -> Result<Vec<Found>, Fault> {
        let app = self.clone();
        let ended = self.store().write(move |tx| {
            Box::pin(async move {
                let latest = app.longest_claim();
                let mut found = Vec::new();
                for row in outbox::end_claims_beyond(tx, latest, app.now()).await? {
                    if let Some(root) = row.root.filter(|_| row.lane == Lane::Page.number()) {
                        found.extend(find(tx, root, Trouble::Lost).await?);
                    }
                }
                for woken in wake::end_claims_beyond(tx, latest).await? {
                    if let Some(root) = root_of(&woken) {
                        found.extend(find(tx, root, Trouble::Asleep).await?);
                    }
                }
                Ok(found)
            })
        });
        ended.await.map_err(|stop: Stop| stop.fault("end claims"))
    }

    /// Until when a claim may last that somebody has just made.
    fn longest_claim(&self) -> Timestamp {
        self.now() + LEASE + CLAIM_SLACK
    }

    /// Says what is new, once.
    async fn say_found(&self, found: Vec<Found>, now: Timestamp) -> Result<(), Fault> {
        let new = self.audited().take(&found, now);
        for found in &new {
            let Finding { kind, subject } = found.finding();
            tracing::error!(kind, subject, "what should have happened did not");
        }
        let mut lines: BTreeMap<GuildId, Vec<Found>> = BTreeMap::new();
        for found in new {
            lines.entry(found.guild).or_default().push(found);
        }
        for (guild, found) in lines {
            let app = self.clone();
            let said = self.store().write(move |tx| Box::pin(async move { app.shout(tx, guild, &found, now).await }));
            said.await.map_err(|stop: Stop| stop.fault("say what an audit found"))?;
        }
        Ok(())
    }

    async fn shout(&self, tx: &mut Tx, guild: GuildId, found: &[Found], now: Timestamp) -> Result<(), Stop> {
        let facts = self.facts(tx, guild, None).await?;
        let settings = facts.live.settings();
        for channel in settings.announce.iter().filter_map(Ref::id) {
            for found in found.iter().take(LINES_MAX) {
                let alarm = Alarm { trouble: found.trouble, number: found.number };
                self.put_for_guild(tx, guild, &Effect::Alarm { channel, alarm }, now).await?;
            }
        }
        Ok(())
    }

    fn audited(&self) -> MutexGuard<'_, Audited> {
        self.0.audited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audited {
    /// Takes down a round; returns what is to be said.
    fn take(&mut self, found: &[Found], now: Timestamp) -> Vec<Found> {
        let before = std::mem::take(&mut self.seen);
        let mut all: BTreeMap<Finding, Found> = BTreeMap::new();
        for found in found {
            all.entry(found.finding()).or_insert_with(|| found.clone());
        }
        self.seen = all.keys().cloned().collect();
        all.retain(|finding, found| !found.may_pass() || before.contains(finding));
        self.findings = all.keys().cloned().collect();
        self.said.retain(|_, last| now - *last < SAID_FOR);
        let new = |(finding, found): (Finding, Found)| self.said.insert(finding, now).is_none().then_some(found);
        all.into_iter().filter_map(new).collect()
    }
}

/// Roots whose wake row, or whose outbox rows, do not fit their state; at the end it begins anew.
async fn suspects(conn: &mut Conn, from: IncidentId) -> Result<(Vec<Root>, IncidentId), Stop> {
    let mut suspects = Vec::new();
    let rows = incident::live_after(conn, from, ROOTS_AT_ONCE).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == ROOTS_AT_ONCE);
    let next = rows.last().filter(|_| full).map_or(IncidentId(0), |row| row.id);
    for row in &rows {
        let root = (INCIDENT, row.id.0);
        let Some(state) = read_state(row).map(Some).or_else(unreadable)? else { continue };
        if doubtful(conn, root, state.next_deadline(), &state.paging).await? {
            suspects.push(Root::Incident(row.id));
        }
    }
    for id in call::live_ids(conn).await? {
        let Some(row) = call::peek(conn, id).await? else { continue };
        let Some(state) = read(&row).map(Some).or_else(unreadable)? else { continue };
        if doubtful(conn, (CALL, id.0), state.next_deadline(), &state.paging).await? {
            suspects.push(Root::Call(id));
        }
    }
    Ok((suspects, next))
}

/// One that cannot be read keeps the auditor from none of the others: it is in the log, and overdue as soon as it has a deadline.
fn unreadable<T: Default>(stop: Stop) -> Result<T, Stop> {
    match stop {
        stop @ Stop::Unreadable { .. } => {
            let fault = stop.fault("audit");
            tracing::error!(%fault, "what cannot be read is not audited");
            Ok(T::default())
        }
        stop => Err(stop),
    }
}

async fn doubtful(
    conn: &mut Conn,
    (noun, id): (&str, i64),
    due: Option<Timestamp>,
    paging: &Paging,
) -> Result<bool, Stop> {
    if wake::due(conn, noun, id).await? != due || due.is_none() && never_goes_on(paging) {
        return Ok(true);
    }
    for post in waiting(paging) {
        if !outbox::waits(conn, Effect::SendPost { post }.word(), &post.to_string()).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Posts that somebody waits for.
fn waiting(paging: &Paging) -> Vec<PostId> {
    let waits = |post: &&crate::domain::engagement::Post| post.sent.is_none() && paging.open(post);
    paging.posts.iter().filter(waits).map(|post| post.id).collect()
}

/// Nobody has answered, nothing holds it, and nothing will happen by itself (ARCHITECTURE, invariant 5).
fn never_goes_on(paging: &Paging) -> bool {
    paging.must_go_on()
}

fn root_of(woken: &wake::Woken) -> Option<Root> {
    match woken.noun.as_str() {
        INCIDENT => Some(Root::Incident(IncidentId(woken.id))),
        CALL => Some(Root::Call(CallId(woken.id))),
        _ => None,
    }
}

async fn find(conn: &mut Conn, root: Root, trouble: Trouble) -> Result<Option<Found>, Stop> {
    Ok(match root {
        Root::Incident(id) => incident::peek(conn, id).await?.map(|row| (row.guild_id, Some(row.number))),
        Root::Call(id) => call::peek(conn, id).await?.map(|row| (row.guild_id, None)),
    }
    .map(|(guild, number)| Found { guild, trouble, number }))
}
