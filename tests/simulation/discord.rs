//! A small model of Discord, as far as paging depends on it: channels, messages with nonces that are forgotten after minutes, edits, who
//! can be reached, and every way in which a call goes wrong. Knows nothing of the database; the bot's own courier is checked elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use muster::app::App;
use muster::app::courier::{Address, Courier, Delivery, Miss, Outgoing, Receipt, RoomPlan, What};
use muster::app::request::Request;
use muster::app::view::{Asks, Calls, PagedView};
use muster::clock::{Clock, TestClock};
use muster::domain::effect::RoomKind;
use muster::domain::id::{ChannelId, MessageId, PageId, PostId, RoleId, Root, Timestamp, UserId};
use muster::domain::timeline::Unreached;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::Notify;

/// How long a nonce is remembered: "a few minutes" is all that is promised.
const NONCE_REMEMBERED: TimeDelta = TimeDelta::minutes(3);
/// Younger than this, the bot's courier trusts the nonce; older, it looks for the message first.
const NONCE_TRUSTED: Duration = Duration::from_secs(60);
/// How far back it looks.
const LOOKED_AT: usize = 50;
/// Calls at one instant: more, and something goes in a circle.
const IN_A_ROW_MAX: u32 = 2_000;
/// Of a hundred calls in bad times, so many go wrong.
const BAD_PER_CENT: u32 = 25;

/// Whom a message makes ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ping {
    User(UserId),
    Role(RoleId),
    Owner,
}

/// A message that can be seen.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: MessageId,
    pub channel: ChannelId,
    pub to: Address,
    pub root: Option<Root>,
    pub post: Option<PostId>,
    /// As it was posted.
    pub first: Outgoing,
    /// As it stands.
    pub now: Outgoing,
    pub pings: BTreeSet<Ping>,
    pub nonce: String,
    /// By Discord's clock.
    pub at: Timestamp,
    /// How often the bot asked for it.
    pub tries: u32,
    /// Which call it was.
    pub order: u64,
}

/// What a call that goes wrong does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bad {
    /// It never arrived, and the bot knows.
    NotSent,
    /// It never arrived, and the bot does not know.
    LostBefore,
    /// It took effect and the answer was lost.
    LostAfter,
    /// Come back later.
    Limited,
    /// The bot dies before it arrives.
    CrashBefore,
    /// The bot dies after it took effect.
    CrashAfter,
}

impl Bad {
    pub const ALL: [Bad; 6] =
        [Bad::NotSent, Bad::LostBefore, Bad::LostAfter, Bad::Limited, Bad::CrashBefore, Bad::CrashAfter];
}

/// What this Discord does that no Discord does: deliberate mutations, which the checks must catch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    IgnoresNonces,
    PingsOneMore,
    PingsOneLess,
    /// Its courier comes back before it was allowed to.
    ComesEarly,
    /// Pages again when a page is closed.
    PagesTheAnswered,
    LosesMessages,
    LosesEdits,
    /// Direct messages go to somebody else.
    WrongPerson,
}

/// How it is at the moment.
#[derive(Debug, Default)]
pub struct Mood {
    pub down: bool,
    pub bad: bool,
    pub no_channels: bool,
    pub dms_closed: BTreeSet<UserId>,
    pub left: BTreeSet<UserId>,
    pub no_access: BTreeSet<UserId>,
}

pub struct Discord {
    state: Mutex<State>,
    /// Discord's own time: never steps.
    real: Arc<TestClock>,
    /// The bot's.
    bots: Arc<TestClock>,
    dead: Notify,
}

struct State {
    rng: StdRng,
    mood: Mood,
    lie: Option<Lie>,
    /// The n-th call from now goes wrong like this.
    armed: Option<(u32, Bad)>,
    /// At the n-th call from now somebody asks this of the bot.
    meanwhile: Option<(u32, App, Request)>,
    crashed: bool,
    next: u64,
    order: u64,
    rooms: BTreeMap<String, ChannelId>,
    messages: Vec<Message>,
    nonces: BTreeMap<(ChannelId, String), (MessageId, Timestamp)>,
    /// No call with this key before, by the bot's clock.
    not_before: BTreeMap<String, Timestamp>,
    /// What the calls themselves showed to be wrong, with the check that says so.
    wrongs: Vec<(&'static str, String)>,
    /// Calls since somebody began to count.
    in_a_row: u32,
    injected: BTreeMap<&'static str, u64>,
    calls: u64,
    effects: u64,
}

impl Discord {
    pub fn new(seed: u64, real: Arc<TestClock>, bots: Arc<TestClock>, lie: Option<Lie>) -> Discord {
        let state = State {
            rng: StdRng::seed_from_u64(seed ^ 0xD15C),
            mood: Mood::default(),
            lie,
            armed: None,
            meanwhile: None,
            crashed: false,
            next: 0,
            order: 0,
            rooms: BTreeMap::new(),
            messages: Vec::new(),
            nonces: BTreeMap::new(),
            not_before: BTreeMap::new(),
            wrongs: Vec::new(),
            in_a_row: 0,
            injected: BTreeMap::new(),
            calls: 0,
            effects: 0,
        };
        Discord { state: Mutex::new(state), real, bots, dead: Notify::new() }
    }

    pub fn mood(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut self.lock().mood);
    }

    /// The n-th call from now goes wrong like this; 0 = none does.
    pub fn arm(&self, nth: u32, bad: Bad) {
        self.lock().armed = (nth > 0).then_some((nth, bad));
    }

    /// While the n-th call from now is under way, somebody asks this.
    pub fn meanwhile(&self, nth: u32, app: App, request: Request) {
        self.lock().meanwhile = Some((nth, app, request));
    }

    /// Time has moved, or something else has happened: calls are counted anew.
    pub fn next_round(&self) {
        self.lock().in_a_row = 0;
    }

    /// Nothing is armed any more.
    pub fn disarm(&self) {
        let mut state = self.lock();
        (state.armed, state.meanwhile) = (None, None);
    }

    /// Comes when a call killed the bot.
    pub async fn killed(&self) {
        loop {
            let dead = self.dead.notified();
            if self.lock().crashed {
                return;
            }
            dead.await;
        }
    }

    /// Nobody waits for anything any more.
    pub fn forget_waits(&self) {
        self.lock().not_before.clear();
    }

    /// Another life of the bot.
    pub fn revive(&self) {
        self.lock().crashed = false;
    }

    pub fn messages(&self) -> Vec<Message> {
        self.lock().messages.clone()
    }

    /// Calls that changed something, or showed that something is wrong.
    pub fn effects(&self) -> u64 {
        let state = self.lock();
        state.effects + state.wrongs.len() as u64
    }

    pub fn count(&self) -> usize {
        self.lock().messages.len()
    }

    /// What a call itself showed to be wrong.
    pub fn take_wrong(&self) -> Option<(&'static str, String)> {
        self.lock().wrongs.pop()
    }

    /// Faults so far, by kind, and calls.
    pub fn injected(&self) -> (BTreeMap<&'static str, u64>, u64) {
        let state = self.lock();
        (state.injected.clone(), state.calls)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn die<T>(&self) -> T {
        self.lock().crashed = true;
        self.dead.notify_waiters();
        std::future::pending().await
    }

    /// Somebody asks the bot something while it waits for an answer of Discord's.
    async fn let_others_ask(&self) {
        let asked = {
            let mut state = self.lock();
            match state.meanwhile.take() {
                Some((1, app, request)) => Some((app, request)),
                Some((nth, app, request)) => {
                    state.meanwhile = Some((nth - 1, app, request));
                    None
                }
                None => None,
            }
        };
        if let Some((app, request)) = asked {
            self.lock().count("asked while a call was under way");
            drop(app.handle(request).await);
        }
    }
}

#[async_trait::async_trait]
impl Courier for Discord {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        self.let_others_ask().await;
        let bots_now = self.bots.now();
        let bad = self.lock().begin(&delivery, bots_now);
        match bad {
            Some(Bad::NotSent) => Err(Miss::Retry { after: None, why: "it did not get out".to_owned() }),
            Some(Bad::LostBefore) => Err(Miss::Unsure { why: "no answer".to_owned() }),
            Some(Bad::Limited) => Err(self.lock().limit(&delivery, bots_now)),
            Some(Bad::CrashBefore) => self.die().await,
            Some(Bad::CrashAfter) => {
                drop(self.lock().carry_out(&delivery, self.real.now()));
                self.die().await
            }
            Some(Bad::LostAfter) => {
                let told = self.lock().carry_out(&delivery, self.real.now());
                told.and_then(|_| Err(Miss::Unsure { why: "the answer was lost".to_owned() }))
            }
            None => self.lock().carry_out(&delivery, self.real.now()),
        }
    }
}

impl State {
    fn count(&mut self, what: &'static str) {
        *self.injected.entry(what).or_default() += 1;
    }

    /// What is to go wrong with this call.
    fn begin(&mut self, delivery: &Delivery, now: Timestamp) -> Option<Bad> {
        self.order += 1;
        self.calls += 1;
        if let Some(allowed) = self.not_before.remove(&key(delivery)).filter(|allowed| now < *allowed) {
            self.wrongs.push(("retry after", format!("called at {now}, {allowed} was asked for: {:?}", delivery.what)));
        }
        self.in_a_row += 1;
        if self.in_a_row > IN_A_ROW_MAX {
            self.wrongs.push(("a circle", format!("called again and again: {:?}", delivery.what)));
            return Some(Bad::CrashBefore);
        }
        let armed = match self.armed.take() {
            Some((1, bad)) => Some(bad),
            other => {
                self.armed = other.map(|(nth, bad)| (nth - 1, bad));
                None
            }
        };
        let by_chance = || -> Option<Bad> {
            let rng = &mut self.rng;
            (self.mood.bad && rng.random_range(0..100) < BAD_PER_CENT).then(|| Bad::ALL[rng.random_range(0..4)])
        };
        let bad = if self.mood.down { Some(Bad::NotSent) } else { armed.or_else(by_chance) };
        if let Some(bad) = bad {
            self.count(match bad {
                Bad::NotSent => "not sent",
                Bad::LostBefore => "answer lost, no effect",
                Bad::LostAfter => "answer lost after the effect",
                Bad::Limited => "limited",
                Bad::CrashBefore => "crash before a call took effect",
                Bad::CrashAfter => "crash after a call took effect",
            });
        }
        bad
    }

    fn limit(&mut self, delivery: &Delivery, now: Timestamp) -> Miss {
        let after = self.rng.random_range(1..100);
        self.not_before.insert(key(delivery), now + TimeDelta::seconds(after));
        let told = if self.lie == Some(Lie::ComesEarly) { after / 2 } else { after };
        Miss::Retry { after: Some(Duration::from_secs(told.unsigned_abs())), why: "limited".to_owned() }
    }

    fn carry_out(&mut self, delivery: &Delivery, now: Timestamp) -> Result<Receipt, Miss> {
        self.effects += 1;
        match &delivery.what {
            What::OpenRoom(plan) => self.open_room(plan),
            What::Send { to, message, nonce } => self.send(delivery, *to, message, nonce, now),
            What::Edit { message_id, message, .. } => self.edit(*message_id, message),
            What::Pin { message_id, .. } => self.known(*message_id).map(|_| Receipt::Done),
            What::React { .. } | What::DeleteRoom { .. } | What::SyncRole { .. } => Ok(Receipt::Done),
            What::Outside(_) | What::Hush(_) | What::AskReceipt(_) => Err(never(Unreached::NoCarrier)),
        }
    }

    fn open_room(&mut self, plan: &RoomPlan) -> Result<Receipt, Miss> {
        if self.mood.no_channels && plan.kind == RoomKind::Channel {
            return Err(never(Unreached::NoAccess));
        }
        let fresh = ChannelId(700_000_000_000_000_000 + self.id());
        let channel = *self.rooms.entry(format!("{}{:?}", plan.marker, plan.kind)).or_insert(fresh);
        Ok(Receipt::Room { channel })
    }

    fn send(
        &mut self,
        delivery: &Delivery,
        to: Address,
        message: &Outgoing,
        nonce: &str,
        now: Timestamp,
    ) -> Result<Receipt, Miss> {
        let failed = self.unreached(to, message)?;
        let channel = self.channel_of(to);
        let post = post_of(message);
        let looks = delivery.attempt > 1 && delivery.age > NONCE_TRUSTED;
        if let Some(known) = self.nonce(channel, nonce, now).or_else(|| self.look(channel, message).filter(|_| looks)) {
            self.messages.iter_mut().filter(|sent| sent.id == known).for_each(|sent| sent.tries += 1);
            return Ok(Receipt::Message { channel, message: known, failed });
        }
        let id = MessageId(800_000_000_000_000_000 + self.id());
        if self.lie == Some(Lie::LosesMessages) && post.is_some() && self.rng.random_bool(0.2) {
            return Ok(Receipt::Message { channel, message: id, failed });
        }
        let pings = self.pings(message, &failed);
        self.nonces.insert((channel, nonce.to_owned()), (id, now));
        self.messages.push(Message {
            id,
            channel,
            to,
            root: delivery.root,
            post,
            first: message.clone(),
            now: message.clone(),
            pings,
            nonce: nonce.to_owned(),
            at: now,
            tries: 1,
            order: self.order,
        });
        Ok(Receipt::Message { channel, message: id, failed })
    }

    fn channel_of(&mut self, to: Address) -> ChannelId {
        match to {
            Address::Channel(channel) => channel,
            Address::Dm(user) if self.lie == Some(Lie::WrongPerson) => direct(UserId(user.0 ^ 1)),
            Address::Dm(user) => direct(user),
        }
    }

    fn nonce(&self, channel: ChannelId, nonce: &str, now: Timestamp) -> Option<MessageId> {
        let (id, at) = *self.nonces.get(&(channel, nonce.to_owned()))?;
        (now - at <= NONCE_REMEMBERED && self.lie != Some(Lie::IgnoresNonces)).then_some(id)
    }

    /// One of the latest messages of the channel that is this one.
    fn look(&self, channel: ChannelId, message: &Outgoing) -> Option<MessageId> {
        let here = self.messages.iter().rev().filter(|sent| sent.channel == channel).take(LOOKED_AT);
        let is_it = |sent: &&Message| match (&sent.now, message) {
            (Outgoing::Card(sent), Outgoing::Card(card)) => sent.incident == card.incident,
            _ => sent.post.is_some() && sent.post == post_of(message),
        };
        here.filter(|_| self.lie != Some(Lie::IgnoresNonces)).find(is_it).map(|sent| sent.id)
    }

    /// Who in it cannot be reached; refused where that is everybody.
    fn unreached(&self, to: Address, message: &Outgoing) -> Result<Vec<(PageId, Unreached)>, Miss> {
        if let Address::Dm(user) = to {
            return match (self.mood.left.contains(&user), self.mood.dms_closed.contains(&user)) {
                (true, _) => Err(never(Unreached::Gone)),
                (_, true) => Err(never(Unreached::DmsClosed)),
                _ => Ok(Vec::new()),
            };
        }
        let why = |person: &PagedView| match person.user {
            user if self.mood.left.contains(&user) => Some(Unreached::Gone),
            user => self.mood.no_access.contains(&user).then_some(Unreached::NoAccess),
        };
        let open = people(message).iter().filter(|person| person.open);
        let failed: Vec<_> = open.filter_map(|person| Some((person.page, why(person)?))).collect();
        let reached = |person: &PagedView| person.open && failed.iter().all(|(page, _)| *page != person.page);
        if !failed.is_empty() && !people(message).iter().any(reached) {
            return Err(Miss::NobodyReached(failed));
        }
        Ok(failed)
    }

    fn pings(&mut self, message: &Outgoing, failed: &[(PageId, Unreached)]) -> BTreeSet<Ping> {
        let mut pings = rings(message, failed);
        match self.lie {
            Some(Lie::PingsOneMore) if !pings.is_empty() => drop(pings.insert(Ping::User(UserId(1)))),
            Some(Lie::PingsOneLess) => drop(pings.pop_first()),
            _ => {}
        }
        pings
    }

    fn edit(&mut self, id: MessageId, to: &Outgoing) -> Result<Receipt, Miss> {
        let index = self.known(id)?;
        let closed = open(&self.messages[index].now) && !open(to);
        if self.lie == Some(Lie::LosesEdits) && closed {
            return Ok(Receipt::Done);
        }
        let before = std::mem::replace(&mut self.messages[index].now, to.clone());
        if self.lie == Some(Lie::PagesTheAnswered) && closed {
            let (id, order, nonce) = (MessageId(800_000_000_000_000_000 + self.id()), self.order, String::new());
            let again = Message { id, order, nonce, first: before, ..self.messages[index].clone() };
            self.messages.push(again);
        }
        Ok(Receipt::Done)
    }

    fn known(&self, id: MessageId) -> Result<usize, Miss> {
        let found = self.messages.iter().position(|sent| sent.id == id);
        found.ok_or_else(|| Miss::Lost { detail: "Unknown Message".to_owned() })
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// Where direct messages to a person go.
pub fn direct(user: UserId) -> ChannelId {
    ChannelId(600_000_000_000_000_000 + user.0 % 1_000)
}

/// It asks somebody for something.
pub fn open(message: &Outgoing) -> bool {
    match message {
        Outgoing::Page(page) => page.closed.is_none(),
        Outgoing::Fallback(call) => call.closed.is_none(),
        Outgoing::Call(call) => call.closed.is_none(),
        Outgoing::Called(call) => !matches!(call.asks, Asks::Nothing | Asks::Steer),
        Outgoing::Card(_) | Outgoing::Cover(_) | Outgoing::Line { .. } => false,
    }
}

/// Who is asked in a message.
pub fn people(message: &Outgoing) -> &[PagedView] {
    match message {
        Outgoing::Page(page) => &page.people,
        Outgoing::Call(call) => &call.people,
        Outgoing::Called(call) => &call.people,
        _ => &[],
    }
}

fn rings(message: &Outgoing, failed: &[(PageId, Unreached)]) -> BTreeSet<Ping> {
    if !open(message) {
        return BTreeSet::new();
    }
    if let Outgoing::Fallback(call) = message {
        return match &call.calls {
            Calls::Roles(roles) => roles.iter().map(|role| Ping::Role(*role)).collect(),
            Calls::Person(user) => BTreeSet::from([Ping::User(*user)]),
            Calls::Owner => BTreeSet::from([Ping::Owner]),
        };
    }
    let reached = |person: &&PagedView| person.open && failed.iter().all(|(page, _)| *page != person.page);
    people(message).iter().filter(reached).map(|person| Ping::User(person.user)).collect()
}

fn post_of(message: &Outgoing) -> Option<PostId> {
    match message {
        Outgoing::Page(page) => Some(page.post),
        Outgoing::Fallback(call) => Some(call.post),
        Outgoing::Call(call) => Some(call.post),
        Outgoing::Called(call) => call.post,
        Outgoing::Card(_) | Outgoing::Cover(_) | Outgoing::Line { .. } => None,
    }
}

fn never(why: Unreached) -> Miss {
    Miss::Never { why, detail: "refused".to_owned() }
}

/// What "come back later" is about.
fn key(delivery: &Delivery) -> String {
    match &delivery.what {
        What::OpenRoom(plan) => format!("room {} {:?}", plan.marker, plan.kind),
        What::Send { nonce, .. } => format!("send {nonce}"),
        What::Edit { message_id, .. } => format!("edit {message_id}"),
        What::Pin { message_id, .. } => format!("pin {message_id}"),
        What::React { message_id, sign, .. } => format!("react {message_id} {sign:?}"),
        What::DeleteRoom { channel, .. } => format!("delete {channel}"),
        What::SyncRole { role, .. } => format!("role {role}"),
        What::Outside(page) => format!("outside {}", page.page.0),
        What::Hush(ring) | What::AskReceipt(ring) => format!("ring {}", ring.key),
    }
}
