//! A courier that delivers nothing: it writes down what it was asked for, in the words of the scenarios, and fails on demand.

#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use muster::app::courier::{Address, Courier, Delivery, Miss, Outgoing, Outlet, OutsidePage, Receipt, RoomPlan, What};
use muster::app::view::{CallView, CalledView, Calls, CardView, FallbackView, PageView, PagedView};
use muster::domain::effect::RoomKind;
use muster::domain::id::{ChannelId, MessageId, PageId, PostId, RoleId, UserId};
use muster::domain::timeline::Unreached;

/// A message as it stands in the fake's Discord.
#[derive(Debug, Clone)]
pub struct Posted {
    pub channel: ChannelId,
    pub message: MessageId,
    pub outgoing: Outgoing,
    /// The page or call it is, if it is one.
    pub post: Option<PostId>,
}

#[derive(Default)]
pub struct Fake {
    state: Mutex<State>,
    /// Carries what goes past Discord in its place.
    outside: Mutex<Option<Arc<dyn Courier>>>,
}

#[derive(Default)]
struct State {
    next: u64,
    /// What happened since it was last taken.
    log: Vec<String>,
    posted: Vec<Posted>,
    nonces: BTreeMap<String, (ChannelId, MessageId)>,
    rooms: BTreeMap<String, ChannelId>,
    names: BTreeMap<UserId, String>,
    /// Who holds which role.
    roles: BTreeMap<RoleId, BTreeSet<UserId>>,
    faults: Faults,
    /// The codes of what went past Discord, oldest first.
    codes: Vec<String>,
    /// Keys of pages that ring at a gateway, whom they call, and whether they answered there.
    ringing: BTreeMap<String, (String, bool)>,
    /// Keys of pages that went past Discord: who sees one twice sees one page.
    carried: BTreeSet<String>,
}

/// What goes wrong, as the scenarios say it.
#[derive(Default, Clone)]
pub struct Faults {
    pub dms_closed: BTreeSet<UserId>,
    pub left: BTreeSet<UserId>,
    pub no_access: BTreeSet<UserId>,
    pub no_channel: bool,
    pub no_thread: bool,
    pub no_card: bool,
    /// Outside Discord: nobody is there, or they refuse for good.
    pub phone_dead: bool,
    pub phone_refused: bool,
    /// Nothing gets through: everything is to be tried again.
    pub down: bool,
    /// Mentions there, and direct messages to these, are limited for longer than a page waits.
    pub limited_rooms: bool,
    pub limited_dms: BTreeSet<UserId>,
    /// The bot may not give roles.
    pub no_roles: bool,
    /// The answer of the next sends is lost after they took effect.
    pub lost_answers: u32,
}

impl Fake {
    /// Ids go on from here: another fake has used those before.
    pub fn begin(&self, id: u64) {
        self.lock().next = id;
    }

    pub fn name(&self, user: UserId, name: &str) {
        self.lock().names.insert(user, name.to_owned());
    }

    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.lock().faults);
    }

    /// Somebody gives or takes a role by hand.
    pub fn by_hand(&self, role: RoleId, user: UserId, holds: bool) {
        self.lock().hold(role, user, holds);
    }

    /// Takes what happened since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }

    /// From here on what goes past Discord is carried by this.
    pub fn carry_outside(&self, courier: Arc<dyn Courier>) {
        *self.outside.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(courier);
    }

    /// A person answers where their phone rings.
    pub fn answer_ring(&self, person: &str) -> Result<(), String> {
        let mut state = self.lock();
        let ring = state.ringing.values_mut().rev().find(|(called, _)| called == person);
        ring.map(|ring| ring.1 = true).ok_or_else(|| format!("no phone of {person} rings"))
    }

    /// The newest message for which this holds.
    pub fn newest(&self, wanted: impl Fn(&Posted) -> bool) -> Option<Posted> {
        self.lock().posted.iter().rev().find(|posted| wanted(posted)).cloned()
    }

    /// The first message for which this holds.
    pub fn oldest(&self, wanted: impl Fn(&Posted) -> bool) -> Option<Posted> {
        self.lock().posted.iter().find(|posted| wanted(posted)).cloned()
    }

    pub fn card(&self) -> Option<CardView> {
        let card = self.newest(|posted| matches!(posted.outgoing, Outgoing::Card(_)))?;
        match card.outgoing {
            Outgoing::Card(card) => Some(*card),
            _ => None,
        }
    }

    /// The codes of what went past Discord, oldest first.
    pub fn codes(&self) -> Vec<String> {
        self.lock().codes.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl Courier for Fake {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        let outside = self.outside.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(carrier) = outside.filter(|_| delivery.what.is_outside()) {
            return carrier.deliver(delivery).await;
        }
        let mut state = self.lock();
        match &delivery.what {
            What::Outside(page) => return state.carry(page),
            What::Hush(ring) => return Ok(state.hush(&ring.key)),
            What::AskReceipt(ring) => return Ok(state.heard(&ring.key)),
            _ => {}
        }
        if state.faults.down {
            return Err(Miss::Down { after: None, why: "Discord does not answer".to_owned() });
        }
        match delivery.what {
            What::OpenRoom(plan) => state.open_room(&plan),
            What::Send { to, message, nonce } => state.send(to, message, &nonce),
            What::Edit { channel, message_id, message } => state.edit(channel, message_id, message),
            What::Pin { .. } => Ok(Receipt::Done),
            What::React { sign, .. } => {
                state.log.push(format!("react {sign:?}").to_lowercase());
                Ok(Receipt::Done)
            }
            What::DeleteRoom { channel, .. } => {
                state.delete_room(channel);
                Ok(Receipt::Done)
            }
            What::SyncRole { role, people, .. } => state.sync_role(role, &people),
            What::Outside(_) | What::Hush(_) | What::AskReceipt(_) => unreachable!("it goes past Discord"),
        }
    }
}

impl State {
    /// `phone @ana INC-1 · impact 1 · db + link`, `rings …` where it goes on ringing, `mail …`.
    fn carry(&mut self, page: &OutsidePage) -> Result<Receipt, Miss> {
        if self.faults.phone_dead {
            return Err(Miss::Retry { after: None, why: "the gateway was not reached".to_owned() });
        }
        if self.faults.phone_refused {
            return Err(Miss::Never { why: Unreached::KeyRefused, detail: "the gateway answered 403".to_owned() });
        }
        let rings = page.outlet.rings().is_some() && page.public.urgent();
        let (way, person) = match &page.outlet {
            Outlet::Mail { address } => ("mail", address.split('@').next().unwrap_or_default().to_owned()),
            Outlet::Webhook { url_env, .. } => {
                let name = url_env.rsplit('_').next().unwrap_or_default().to_lowercase();
                (if rings { "rings" } else { "phone" }, name)
            }
        };
        if self.carried.insert(page.key.clone()) {
            let link = page.public.link.as_ref().map_or("", |_| " + link");
            self.log.push(format!("{way} @{person} {}{link}", page.public.head));
            self.codes.extend(page.public.code.clone());
        }
        if rings {
            self.ringing.insert(page.key.clone(), (person, false));
        }
        if self.faults.lost_answers > 0 {
            self.faults.lost_answers -= 1;
            return Err(Miss::Unsure { why: "the answer was lost".to_owned() });
        }
        Ok(if rings { Receipt::Ringing { receipt: page.key.clone() } } else { Receipt::Done })
    }

    fn hush(&mut self, key: &str) -> Receipt {
        if let Some((person, _)) = self.ringing.remove(key) {
            self.log.push(format!("hush @{person}"));
        }
        Receipt::Done
    }

    fn heard(&self, key: &str) -> Receipt {
        let (acknowledged, over) = self.ringing.get(key).map_or((false, true), |(_, answered)| (*answered, false));
        Receipt::Heard { acknowledged, over }
    }

    fn open_room(&mut self, plan: &RoomPlan) -> Result<Receipt, Miss> {
        let refused = match plan.kind {
            RoomKind::Channel => self.faults.no_channel,
            _ => self.faults.no_thread,
        };
        if refused {
            return Err(Miss::Never { why: Unreached::NoAccess, detail: "Missing Permissions".to_owned() });
        }
        if let Some(channel) = self.rooms.get(&plan.marker) {
            return Ok(Receipt::Room { channel: *channel });
        }
        let channel = ChannelId(700_000_000_000_000_000 + self.id());
        self.rooms.insert(plan.marker.clone(), channel);
        let kind = if plan.kind == RoomKind::Channel { "channel" } else { "thread" };
        let private = if plan.private { " (private)" } else { "" };
        self.log.push(format!("{kind} inc-{}{private}", plan.number));
        Ok(Receipt::Room { channel })
    }

    fn sync_role(&mut self, role: RoleId, people: &[(UserId, bool)]) -> Result<Receipt, Miss> {
        for (user, holds) in people {
            if self.faults.left.contains(user) || self.held(role, *user) == *holds {
                continue;
            }
            if self.faults.no_roles {
                return Err(Miss::Never { why: Unreached::Rejected, detail: "Muster may not give it".to_owned() });
            }
            self.hold(role, *user, *holds);
            let (sign, name) = (if *holds { "+" } else { "-" }, self.user(*user));
            self.log.push(format!("role {}: {sign}{name}", role.0 % 1_000));
        }
        Ok(Receipt::Done)
    }

    fn held(&self, role: RoleId, user: UserId) -> bool {
        self.roles.get(&role).is_some_and(|all| all.contains(&user))
    }

    fn hold(&mut self, role: RoleId, user: UserId, holds: bool) {
        let all = self.roles.entry(role).or_default();
        if holds {
            all.insert(user)
        } else {
            all.remove(&user)
        };
    }

    fn delete_room(&mut self, channel: ChannelId) {
        self.rooms.retain(|_, room| *room != channel);
        self.posted.retain(|posted| posted.channel != channel);
        self.log.push(format!("channel {channel} is deleted"));
    }

    fn send(&mut self, to: Address, outgoing: Outgoing, nonce: &str) -> Result<Receipt, Miss> {
        let failed = self.unreached(&to, &outgoing);
        let people = people(&outgoing).iter().filter(|person| person.open).count();
        if people > 0 && failed.len() == people {
            return Err(Miss::NobodyReached(failed));
        }
        if let Some((channel, message)) = self.nonces.get(nonce) {
            return Ok(Receipt::Message { channel: *channel, message: *message, failed });
        }
        if matches!(outgoing, Outgoing::Card(_)) && self.faults.no_card {
            return Err(Miss::Retry { after: None, why: "503".to_owned() });
        }
        if self.limited(&to, &outgoing) {
            return Err(Miss::Limited { after: Duration::from_secs(600), why: "429".to_owned() });
        }
        let channel = match to {
            Address::Channel(channel) => channel,
            Address::Dm(user) => ChannelId(600_000_000_000_000_000 + user.0 % 1_000),
        };
        let message = MessageId(800_000_000_000_000_000 + self.id());
        let said = self.describe(&to, &outgoing, &failed);
        self.log.push(said);
        let post = post_of(&outgoing);
        self.posted.push(Posted { channel, message, outgoing, post });
        self.nonces.insert(nonce.to_owned(), (channel, message));
        if self.faults.lost_answers > 0 && post.is_some() {
            self.faults.lost_answers -= 1;
            return Err(Miss::Unsure { why: "the answer was lost".to_owned() });
        }
        Ok(Receipt::Message { channel, message, failed })
    }

    fn limited(&self, to: &Address, outgoing: &Outgoing) -> bool {
        match to {
            Address::Dm(user) => self.faults.limited_dms.contains(user),
            Address::Channel(channel) => {
                let asks = matches!(
                    outgoing,
                    Outgoing::Page(_) | Outgoing::Fallback(_) | Outgoing::Call(_) | Outgoing::Called(_)
                );
                self.faults.limited_rooms && asks && self.rooms.values().any(|room| room == channel)
            }
        }
    }

    fn unreached(&self, to: &Address, outgoing: &Outgoing) -> Vec<(PageId, Unreached)> {
        let why = |person: &PagedView| match to {
            _ if self.faults.left.contains(&person.user) => Some(Unreached::Gone),
            Address::Dm(_) => self.faults.dms_closed.contains(&person.user).then_some(Unreached::DmsClosed),
            Address::Channel(_) => self.faults.no_access.contains(&person.user).then_some(Unreached::NoAccess),
        };
        people(outgoing).iter().filter(|person| person.open).filter_map(|p| Some((p.page, why(p)?))).collect()
    }

    fn edit(&mut self, channel: ChannelId, message: MessageId, outgoing: Outgoing) -> Result<Receipt, Miss> {
        let shown = |posted: &Posted| posted.channel == channel && posted.message == message;
        let Some(index) = self.posted.iter().position(shown) else {
            return Err(Miss::Lost { detail: "Unknown Message".to_owned() });
        };
        let said = match &outgoing {
            Outgoing::Page(page) => Some(format!("~ {}", self.describe_page(page, &[]))),
            Outgoing::Fallback(call) => Some(format!("~ {}", self.describe_call(call))),
            Outgoing::Call(call) => Some(format!("~ {}", self.describe_test(call))),
            Outgoing::Cover(cover) => Some(format!("~ offer: {}", self.named(&cover.text.plain()))),
            Outgoing::Called(_) if self.posted[index].outgoing == outgoing => None,
            Outgoing::Called(call) => Some(format!("~ {}", self.describe_called(call))),
            _ => None,
        };
        self.log.extend(said);
        self.posted[index].outgoing = outgoing;
        Ok(Receipt::Done)
    }

    fn describe(&self, to: &Address, outgoing: &Outgoing, failed: &[(PageId, Unreached)]) -> String {
        match outgoing {
            Outgoing::Card(card) => format!("card {}", card.status.word()),
            Outgoing::Page(page) => self.describe_page(page, failed),
            Outgoing::Fallback(call) => self.describe_call(call),
            Outgoing::Call(call) => self.describe_test(call),
            Outgoing::Cover(cover) => {
                let place = match to {
                    Address::Channel(channel) => format!("#{}", channel.0 % 1_000),
                    Address::Dm(user) => self.user(*user),
                };
                let what = if cover.open { "offer" } else { "tell" };
                let ping = cover.pings.map(|user| format!(" (pings {})", self.user(user))).unwrap_or_default();
                format!("{what} {place}{ping}: {}", self.named(&cover.text.plain()))
            }
            Outgoing::Called(call) => self.describe_called(call),
            Outgoing::Line { text, .. } => {
                let place = match to {
                    Address::Channel(channel) if self.rooms.values().any(|room| room == channel) => "line".to_owned(),
                    Address::Channel(channel) => format!("say #{}", channel.0 % 1_000),
                    Address::Dm(user) => format!("tell {}", self.user(*user)),
                };
                format!("{place}: {}", self.named(&text.plain()))
            }
        }
    }

    fn describe_page(&self, page: &PageView, failed: &[(PageId, Unreached)]) -> String {
        let way = if page.direct { "dm" } else { "page" };
        let reached = |p: &&PagedView| failed.iter().all(|(id, _)| *id != p.page);
        let named = |p: &PagedView| self.user(p.user) + if p.quiet { " (no ping)" } else { "" };
        let people: Vec<String> = page.people.iter().filter(reached).map(named).collect();
        let asks = if page.still.is_some() { "still on it? " } else { "" };
        let mut said = format!("{way} {asks}{}", people.join(" "));
        if page.attempt > 1 && page.closed.is_none() {
            said += &format!(" again ({})", page.attempt);
        }
        if page.late_since.is_some() && page.closed.is_none() {
            said += " late";
        }
        if let Some(closed) = &page.closed {
            said += &format!(": {}", self.named(&closed.plain()));
        }
        said
    }

    fn describe_test(&self, call: &CallView) -> String {
        let way = if call.direct { "test dm" } else { "test page" };
        let mut people: Vec<String> = call.people.iter().map(|p| self.user(p.user)).collect();
        people.dedup();
        let said = call.closed.as_ref().unwrap_or(&call.why).plain();
        let failed: Vec<String> = call.failed.iter().map(|failed| format!(" / {}", failed.plain())).collect();
        format!("{way} {}: {}{}", people.join(" "), self.named(&said), failed.concat())
    }

    fn describe_called(&self, call: &CalledView) -> String {
        let people: Vec<String> = call.people.iter().map(|p| self.user(p.user)).collect();
        let what = match (call.post, &call.calls) {
            (None, _) if call.direct => "call card (dm)".to_owned(),
            (None, _) => "call card".to_owned(),
            (_, Some(calls)) => format!("call fallback {}", self.whom(calls)),
            (_, None) if call.direct => format!("call dm {}", people.join(" ")),
            (_, None) => format!("call {}", people.join(" ")),
        };
        let lines = std::iter::once(&call.head).chain(&call.body).map(|line| self.named(&line.plain()));
        format!("{what}: {}", lines.collect::<Vec<_>>().join(" / "))
    }

    fn whom(&self, calls: &Calls) -> String {
        match calls {
            Calls::Roles(roles) => {
                roles.iter().map(|role| format!("@&{}", role.0 % 1_000)).collect::<Vec<_>>().join(" ")
            }
            Calls::Person(user) => self.user(*user),
            Calls::Owner => "the owner".to_owned(),
        }
    }

    fn describe_call(&self, call: &FallbackView) -> String {
        let whom = self.whom(&call.calls);
        let place = if call.elsewhere { " (announcement)" } else { "" };
        let closed =
            call.closed.as_ref().map(|closed| format!(": {}", self.named(&closed.plain()))).unwrap_or_default();
        format!("fallback {whom} {}{place}{closed}", call.count)
    }

    fn user(&self, user: UserId) -> String {
        self.names.get(&user).map_or_else(|| format!("@{user}"), |name| format!("@{name}"))
    }

    /// Ids in a text as the names people know.
    fn named(&self, text: &str) -> String {
        let mut text = text.replace('\n', " / ");
        for (user, name) in &self.names {
            text = text.replace(&user.to_string(), name);
        }
        text
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// Who is asked in a message.
fn people(outgoing: &Outgoing) -> &[PagedView] {
    match outgoing {
        Outgoing::Page(page) => &page.people,
        Outgoing::Call(call) => &call.people,
        Outgoing::Called(call) => &call.people,
        _ => &[],
    }
}

fn post_of(outgoing: &Outgoing) -> Option<PostId> {
    match outgoing {
        Outgoing::Page(page) => Some(page.post),
        Outgoing::Fallback(call) => Some(call.post),
        Outgoing::Call(call) => Some(call.post),
        Outgoing::Called(call) => call.post,
        _ => None,
    }
}
