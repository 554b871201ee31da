//! Alert messages on their way in: which source, how it reads, which incident. One message does one thing, however often it comes.

use chrono::TimeDelta;

use super::desk::frozen_plan;
use super::fault::Stop;
use super::outbox::Lane;
use super::save::GuildState;
use super::{App, Fault};
use crate::alerts::Reader;
use crate::domain::alert::{Alert, Instance, Message, MessageAuthor, NoteKind, Reading, State};
use crate::domain::definition::Set;
use crate::domain::effect::{Effect, Sign, SourceNote};
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, GuildId, IncidentId, MessageId, OutboxId, Timestamp};
use crate::domain::impact::Impact;
use crate::domain::incident::{Draft, Incident, Input, Intake, MessageLink, decide, dedupe_key};
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::source::{AlertSource, Author, Mode, Route, RouteAction, Unrecognised};
use crate::domain::{snowflake, text};
use crate::store::{Tx, dedupe, guild, outbox, seen, source};

/// An alert that is later than this says so.
const LATE_AFTER: TimeDelta = TimeDelta::seconds(60);
/// Messages that nothing recognises open at most one incident a source in this time.
const UNRECOGNISED_EVERY: TimeDelta = TimeDelta::hours(1);
/// Longest title made of an unrecognised message.
const FIRST_LINE_MAX: usize = 150;

/// How often a message is tried that fails by itself, not by the state of the database; then those behind it have waited enough.
const TRIES_MAX: u32 = 3;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    /// Nobody's business: not a message of a source.
    NotASource,
    /// It was here before.
    Duplicate,
    Opened(IncidentId),
    Attached(IncidentId),
    /// Read, and nothing follows.
    Noted,
    /// It cannot be taken in as it is, however often it is tried.
    PassedOver,
}

/// Where a source listens, and from where its messages are still to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    pub name: Name,
    pub channel: ChannelId,
    pub author: MessageAuthor,
    /// Messages after this one have not been handled.
    pub after: MessageId,
}

/// A source with everything that its message needs.
struct At<'a> {
    name: &'a Name,
    source: &'a AlertSource,
    message: &'a Message,
    facts: &'a Facts,
    now: Timestamp,
}

impl App {
    /// A message is here and will be taken in: until it is, the mark of its channel does not pass it.
    pub fn expect(&self, guild: GuildId, message: &Message) {
        self.0.arriving.begin((guild, message.channel), message.id);
    }

    /// It will not be taken in now: it is read again later.
    pub fn expect_no_more(&self, guild: GuildId, message: &Message) {
        self.0.arriving.leave((guild, message.channel), message.id);
    }

    /// Takes in one message of a guild's channel, live or caught up. `edit`: makes an edited message another one than it was.
    ///
    /// # Errors
    /// A fault of the store: nothing is known to have been kept. It may be asked again, and is read again at the next catch-up.
    pub async fn message(&self, guild: GuildId, message: Message, edit: Option<String>) -> Result<Arrived, Fault> {
        let (line, id, edited) = ((guild, message.channel), message.id, edit.is_some());
        let arriving = &self.0.arriving;
        if !edited {
            arriving.begin(line, id);
        }
        let taken = self.take_in(guild, message, edit).await;
        let arrived = match taken {
            Err(fault) if fault.is_lasting() && (edited || arriving.failed(line, id) >= TRIES_MAX) => {
                tracing::error!(%fault, %guild, channel = %line.1, message = %id, "an alert message is passed over");
                Arrived::PassedOver
            }
            taken => taken?,
        };
        if !edited {
            arriving.done(line, id);
        }
        Ok(arrived)
    }

    async fn take_in(&self, guild: GuildId, message: Message, edit: Option<String>) -> Result<Arrived, Fault> {
        // Most messages of a server are of no source: they cost a look, not a transaction.
        if source_of(&*self.in_force(guild).await?, message.channel, message.author).is_none() {
            return Ok(Arrived::NotASource);
        }
        self.room_for_more().map_err(|why| Fault::new("take an alert message in", why))?;
        let app = self.clone();
        let taken = self
            .store()
            .write(move |tx| Box::pin(async move { app.take_message(tx, guild, &message, edit.as_deref()).await }));
        let arrived = taken.await.map_err(|stop: Stop| stop.fault("take an alert message in"));
        arrived.inspect_err(|_| self.forget_sets())
    }

    async fn take_message(
        &self,
        tx: &mut Tx,
        guild: GuildId,
        message: &Message,
        edit: Option<&str>,
    ) -> Result<Arrived, Stop> {
        let revision = guild::revision(tx, guild).await?;
        let live = self.set(tx, guild, revision).await?;
        let Some((name, source)) = source_of(&live, message.channel, message.author) else {
            return Ok(Arrived::NotASource);
        };
        let key = format!("m:{}:{}", message.id, edit.unwrap_or_default());
        if !seen::first(tx, &key, self.now()).await? {
            return Ok(Arrived::Duplicate);
        }
        // One intake a guild at a time: two messages of one key at once must not open two incidents.
        let mut state = GuildState::read(guild::load_state(tx, guild).await?);
        let now = self.now();
        let mark = self.0.arriving.mark((guild, message.channel), message.id, &[]);
        source::advance(tx, guild, name.as_str(), message.channel, mark).await?;
        let facts = self.facts(tx, guild, None).await?;
        let at = At { name, source, message, facts: &facts, now };
        let reading = match Reader::new(source) {
            Ok(reader) => reader.read(message),
            Err(why) => {
                tracing::error!(source = %name, %why, "a source cannot be read as it is set up");
                Reading::Unrecognised
            }
        };
        match reading {
            Reading::Alert(alert) => self.take_alert(tx, guild, &at, alert).await,
            Reading::Test(alert) => self.answer_test(tx, guild, &at, &alert).await,
            Reading::Note(NoteKind::Update | NoteKind::Maintenance | NoteKind::Info) => Ok(Arrived::Noted),
            Reading::Unrecognised => self.take_unrecognised(tx, guild, &at, &mut state).await,
        }
    }

    async fn take_alert(&self, tx: &mut Tx, guild: GuildId, at: &At<'_>, alert: Alert) -> Result<Arrived, Stop> {
        let (route, plan) = routed(at.source, &alert);
        let action = route.map_or(RouteAction::Page, |route| route.action);
        if action == RouteAction::Ignore {
            return Ok(Arrived::Noted);
        }
        if at.source.mode == Mode::Observe {
            return self.answer_test(tx, guild, at, &alert).await;
        }
        let plan = frozen_plan(&at.facts.live, plan)?;
        let impact = route.and_then(|route| route.impact).or_else(|| worst_impact(at.source, &alert));
        let link = MessageLink { channel: at.message.channel, message: at.message.id };
        let key = dedupe_key(&plan.spec, at.name, &alert);
        let holder = self.holder(tx, guild, &key).await?;
        match decide(&alert, holder.as_ref(), at.now) {
            Intake::Nothing => Ok(Arrived::Noted),
            Intake::Attach | Intake::Reopen => {
                let id = holder.map(|holder| holder.id).unwrap_or(IncidentId(0));
                let input = Input::Alert { source: at.name.clone(), alert, impact, message: link };
                self.change(tx, id, input).await?;
                Ok(Arrived::Attached(id))
            }
            Intake::Open => {
                let late = at.now - at.message.at > LATE_AFTER;
                let mut draft = Draft::from_alert((at.name, at.source), plan, alert, link, impact, late);
                draft.quiet = action == RouteAction::Channel;
                let outcome = self.open_incident(tx, guild, draft, at.facts, Some(&key)).await?;
                Ok(Arrived::Opened(outcome.incident.id))
            }
        }
    }

    /// The incident that has, or last had, the key; ours until the transaction ends, so that it is what it was decided for.
    async fn holder(&self, tx: &mut Tx, guild: GuildId, key: &str) -> Result<Option<Incident>, Stop> {
        let Some(found) = dedupe::find(tx, guild, key).await? else { return Ok(None) };
        Ok(App::load(tx, found.incident_id).await?.map(|(_, state)| state))
    }

    /// How a test was read, what a real one would do, whom it would page now.
    async fn answer_test(&self, tx: &mut Tx, guild: GuildId, at: &At<'_>, alert: &Alert) -> Result<Arrived, Stop> {
        let plan = frozen_plan(&at.facts.live, &at.source.response_plan)?;
        let impact = worst_impact(at.source, alert).unwrap_or(plan.spec.incident.impact);
        let pages = crate::domain::engagement::first_called(&plan.spec.engagements, at.facts, at.now);
        let note = SourceNote::Test {
            title: alert.title.clone(),
            severity: alert.severity.clone(),
            impact: impact.number(),
            plan: plan.title().to_owned(),
            pages,
        };
        self.answer_source(tx, guild, at, note).await?;
        Ok(Arrived::Noted)
    }

    async fn take_unrecognised(
        &self,
        tx: &mut Tx,
        guild: GuildId,
        at: &At<'_>,
        state: &mut GuildState,
    ) -> Result<Arrived, Stop> {
        let blank = at.message.content.is_empty() && at.message.embeds.is_empty();
        let recently = state.unrecognised.get(at.name.as_str()).is_some_and(|last| at.now - *last < UNRECOGNISED_EVERY);
        match at.source.unrecognised {
            Unrecognised::Ignore => return Ok(Arrived::Noted),
            _ if recently => {
                self.react(tx, guild, at, Sign::Unrecognised).await?;
                return Ok(Arrived::Noted);
            }
            _ => {}
        }
        state.unrecognised.insert(at.name.to_string(), at.now);
        guild::save_state(tx, guild, &state.write()).await?;
        if blank || at.source.unrecognised == Unrecognised::Warn {
            let note = if blank { SourceNote::Blank } else { SourceNote::Unrecognised };
            self.answer_source(tx, guild, at, note).await?;
            return Ok(Arrived::Noted);
        }
        self.take_alert(tx, guild, at, unrecognised(at.message)).await
    }

    async fn react(&self, tx: &mut Tx, guild: GuildId, at: &At<'_>, sign: Sign) -> Result<(), Stop> {
        let effect = Effect::React { channel: at.message.channel, message: at.message.id, sign };
        self.put_for_guild(tx, guild, &effect, at.now).await
    }

    async fn answer_source(&self, tx: &mut Tx, guild: GuildId, at: &At<'_>, note: SourceNote) -> Result<(), Stop> {
        let effect = Effect::Answer { channel: at.message.channel, message: at.message.id, event: note };
        self.put_for_guild(tx, guild, &effect, at.now).await
    }

    /// A promise that belongs to no incident.
    pub(super) async fn put_for_guild(
        &self,
        tx: &mut Tx,
        guild: GuildId,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let row = outbox::NewRow {
            id: OutboxId(self.mint(now).id()),
            guild_id: guild,
            root: None,
            lane: Lane::Normal.number(),
            kind: effect.word().to_owned(),
            target: None,
            payload: serde_json::to_string(effect).unwrap_or_default(),
            created_at: now,
            due_at: now,
            parked_on: None,
        };
        outbox::put(tx, &row).await?;
        Ok(())
    }

    /// The sources of a guild that listen in channels, with where to read on.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn sources(&self, guild: GuildId) -> Result<Vec<SourcePlace>, Fault> {
        let app = self.clone();
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let revision = guild::revision(conn, guild).await?;
                let live = app.set(conn, guild, revision).await?;
                let marks = source::all(conn, guild).await?;
                let mut places = places(&live, &marks, app.now());
                let from = |place: &SourcePlace| app.0.arriving.after((guild, place.channel), place.after);
                places.iter_mut().for_each(|place| place.after = from(place));
                Ok(places)
            })
        });
        found.await.map_err(|stop: Stop| stop.fault("look for alert sources"))
    }

    /// Takes in what was said while we were away, oldest first. What fired and recovered in the gap is listed, not paged.
    ///
    /// # Errors
    /// A fault of the store; what was taken in before it stays.
    pub async fn caught_up(&self, guild: GuildId, place: &SourcePlace, missed: Vec<Message>) -> Result<(), Fault> {
        let ours: Vec<Message> = missed.into_iter().filter(|message| message.author == place.author).collect();
        self.room_for_more().map_err(|why| Fault::new("take in what was missed", why))?;
        let over = match self.over_in_gap(guild, place, &ours).await {
            // Better paged for what is over than nobody for what is not: each is taken in by itself.
            Err(fault) if fault.is_lasting() => {
                tracing::error!(%fault, %guild, source = %place.name, "what is over by now is not known");
                Vec::new()
            }
            over => over?,
        };
        let mut listed: Vec<String> = Vec::new();
        for message in &ours {
            match over.iter().find(|(id, _)| *id == message.id) {
                Some((_, title)) if !listed.contains(title) => listed.push(title.clone()),
                Some(_) => {}
                None => drop(self.message(guild, message.clone(), None).await?),
            }
        }
        if let Some(last) = ours.last().filter(|_| !listed.is_empty()) {
            self.list_missed(guild, place, last, &over, listed).await?;
        }
        Ok(())
    }

    /// Messages of alerts that had recovered by the end of the gap, and that no incident knows.
    async fn over_in_gap(
        &self,
        guild: GuildId,
        place: &SourcePlace,
        missed: &[Message],
    ) -> Result<Vec<(MessageId, String)>, Fault> {
        let app = self.clone();
        let (place, missed) = (place.clone(), missed.to_vec());
        let found = self.store().write(move |tx| {
            Box::pin(async move {
                let revision = guild::revision(tx, guild).await?;
                let live = app.set(tx, guild, revision).await?;
                let Some(source) = live.alert_source(&place.name) else { return Ok(Vec::new()) };
                let Ok(reader) = Reader::new(source) else { return Ok(Vec::new()) };
                let read = missed.iter().filter_map(|message| match reader.read(message) {
                    Reading::Alert(alert) => Some((message.id, alert)),
                    _ => None,
                });
                let read: Vec<(MessageId, Alert)> = read.collect();
                let mut over = Vec::new();
                for (id, alert) in &read {
                    let last = read.iter().rev().find(|(_, later)| later.key == alert.key);
                    let recovered = last.is_some_and(|(_, last)| last.all_resolved || !last.firing());
                    let Ok(plan) = frozen_plan(&live, routed(source, alert).1) else { continue };
                    let key = dedupe_key(&plan.spec, &place.name, alert);
                    let held = app.holder(tx, guild, &key).await?.is_some_and(|holder| !holder.status.over());
                    if recovered && !held {
                        over.push((*id, alert.title.clone()));
                    }
                }
                Ok(over)
            })
        });
        found.await.map_err(|stop: Stop| stop.fault("read what was missed"))
    }

    async fn list_missed(
        &self,
        guild: GuildId,
        place: &SourcePlace,
        last: &Message,
        over: &[(MessageId, String)],
        titles: Vec<String>,
    ) -> Result<(), Fault> {
        let app = self.clone();
        let (place, last, ids) = (place.clone(), last.id, over.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        let (line, listed) = ((guild, place.channel), ids.clone());
        let told = self.store().write(move |tx| {
            Box::pin(async move {
                let now = app.now();
                let mut fresh = false;
                for id in &ids {
                    fresh |= seen::first(tx, &format!("m:{id}:"), now).await?;
                }
                let mark = app.0.arriving.mark(line, last, &ids);
                source::advance(tx, guild, place.name.as_str(), place.channel, mark).await?;
                if fresh {
                    let event = SourceNote::MissedAndOver { titles };
                    let effect = Effect::Answer { channel: place.channel, message: last, event };
                    app.put_for_guild(tx, guild, &effect, now).await?;
                }
                Ok(())
            })
        });
        told.await.map_err(|stop: Stop| stop.fault("list what was missed"))?;
        listed.into_iter().for_each(|message| self.0.arriving.done(line, message));
        Ok(())
    }
}

/// The source that a message of this channel and author belongs to: trust is by id, never by name.
pub(super) fn source_of(live: &Set, channel: ChannelId, author: MessageAuthor) -> Option<(&Name, &AlertSource)> {
    live.alert_sources().find(|(_, source)| {
        source.channel.as_ref().and_then(Ref::id) == Some(channel) && author_of(source) == Some(author)
    })
}

fn author_of(source: &AlertSource) -> Option<MessageAuthor> {
    match source.author.as_ref()? {
        Author::Webhook(webhook) => Some(MessageAuthor::Webhook(*webhook)),
        Author::Bot(user) => user.id().map(MessageAuthor::Bot),
    }
}

fn places(live: &Set, marks: &[source::SourceMark], now: Timestamp) -> Vec<SourcePlace> {
    let place = |(name, source): (&Name, &AlertSource)| {
        let channel = source.channel.as_ref().and_then(Ref::id)?;
        let mark = marks.iter().find(|mark| mark.source == name.as_str() && mark.channel_id == channel)?;
        let earliest = snowflake::at(now - source.catch_up.delta());
        let after = MessageId(mark.last_message_id.0.max(earliest));
        Some(SourcePlace { name: name.clone(), channel, author: author_of(source)?, after })
    };
    live.alert_sources().filter_map(place).collect()
}

/// The first route that an alert fits, and the plan that it therefore opens an incident with.
fn routed<'a>(source: &'a AlertSource, alert: &Alert) -> (Option<&'a Route>, &'a Name) {
    let route = source.routes.iter().find(|route| matches(route, alert));
    (route, route.and_then(|route| route.response_plan.as_ref()).unwrap_or(&source.response_plan))
}

/// All that is given in a route must match. Patterns were checked at apply.
fn matches(route: &Route, alert: &Alert) -> bool {
    let title = |pattern: &String| regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&alert.title));
    let severity = |wanted: &String| alert.severity.as_ref().is_some_and(|said| said.eq_ignore_ascii_case(wanted));
    route.when.title.as_ref().is_none_or(title)
        && route.when.severity.as_ref().is_none_or(severity)
        && route.when.labels.iter().all(|(key, value)| alert.labels.get(key) == Some(value))
}

/// The worst impact that the severities of what fires stand for.
fn worst_impact(source: &AlertSource, alert: &Alert) -> Option<Impact> {
    let firing = alert.instances.iter().filter(|instance| instance.state == State::Firing);
    let said = firing.filter_map(|instance| instance.severity.as_ref()).chain(&alert.severity);
    said.filter_map(|severity| source.impact_of(severity)).min()
}

/// A message that nothing recognises, as an alert: nobody should sleep through it because a format changed.
fn unrecognised(message: &Message) -> Alert {
    let embed = message.embeds.first();
    let lines = [Some(message.content.as_str()), embed.and_then(|e| e.title.as_deref())];
    let more = embed.and_then(|embed| embed.description.as_deref());
    let mut said = lines.into_iter().chain([more]).flatten();
    let first = said.find_map(|said| said.lines().find(|line| !line.trim().is_empty())).unwrap_or_default();
    let title = text::one_line(first, FIRST_LINE_MAX);
    let instance = Instance { key: String::new(), title: title.clone(), state: State::Firing, severity: None };
    Alert {
        key: "unrecognised".to_owned(),
        title,
        description: text::block(&message.content, 1_000),
        severity: None,
        url: None,
        labels: Default::default(),
        annotations: Default::default(),
        instances: vec![instance],
        all_resolved: false,
        truncated: false,
    }
}
