//! The seam to the outside: what is to be delivered, and what came of it. Decides nothing about when or whether.

use std::time::Duration;

use super::reply::Control;
use super::view::{CallView, CalledView, CardView, CoverView, FallbackView, PageView, PagedView};
use crate::domain::contact::{ContactChannel, Way, WebhookPreset};
use crate::domain::effect::{RoomKind, Sign};
use crate::domain::id::{ChannelId, GuildId, IncidentId, MessageId, PageId, RoleId, Root, Timestamp, UserId};
use crate::domain::impact::Impact;
use crate::domain::timeline::Unreached;
use crate::words::{self, Text};

/// Carries one delivery out. May be asked twice for the same: the nonce and the markers make it one.
#[async_trait::async_trait]
pub trait Courier: Send + Sync + 'static {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss>;
}

/// One thing to do outside, drawn from the state as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub guild: GuildId,
    pub root: Option<Root>,
    /// 1 = the first try.
    pub attempt: i64,
    /// How long ago it was asked for first: Discord forgets nonces after minutes. The longest there is where an earlier process did.
    pub age: Duration,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    OpenRoom(RoomPlan),
    Send {
        to: Address,
        message: Outgoing,
        nonce: String,
    },
    Edit {
        channel: ChannelId,
        message_id: MessageId,
        message: Outgoing,
    },
    Pin {
        channel: ChannelId,
        message_id: MessageId,
    },
    React {
        channel: ChannelId,
        message_id: MessageId,
        sign: Sign,
    },
    /// Delete a room that was made for an incident; everything said in it goes.
    DeleteRoom {
        channel: ChannelId,
        number: Option<i64>,
    },
    /// Give a role to these people (`true`) and take it from those (`false`), where it is otherwise.
    SyncRole {
        role: RoleId,
        people: Vec<(UserId, bool)>,
        /// For the server's own log.
        reason: String,
    },
    /// Through a way outside Discord: public text only.
    Outside(Box<OutsidePage>),
    /// Stop a page outside Discord that goes on ringing by itself.
    Hush(Ring),
    /// Ask what became of a page that rings outside Discord.
    AskReceipt(Ring),
}

impl What {
    /// The pages that this asks of their people.
    pub fn asks(&self) -> Vec<PageId> {
        let open = |people: &[PagedView]| people.iter().filter(|person| person.open).map(|p| p.page).collect();
        match self {
            What::Send { message: Outgoing::Page(page), .. } => open(&page.people),
            What::Send { message: Outgoing::Call(call), .. } => open(&call.people),
            What::Send { message: Outgoing::Called(call), .. } => open(&call.people),
            What::Outside(page) => vec![page.page],
            _ => Vec::new(),
        }
    }

    /// It goes past Discord, and says nothing about it.
    pub fn is_outside(&self) -> bool {
        matches!(self, What::Outside(_) | What::Hush(_) | What::AskReceipt(_))
    }
}

/// One page by a way outside Discord.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsidePage {
    pub page: PageId,
    pub outlet: Outlet,
    pub public: Public,
    /// The same for every try: whoever has seen it has seen the page.
    pub key: String,
}

/// Where a page outside Discord goes, as it is set up now. Secrets are named; whoever carries it looks them up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlet {
    Webhook { preset: WebhookPreset, url_env: String, secret_env: Option<String> },
    Mail { address: String },
}

impl Outlet {
    /// How a contact channel is reached outside Discord; `None`: it is not, or not any more.
    pub fn of(channel: &ContactChannel) -> Option<Outlet> {
        match (channel.way, &channel.url_env, &channel.address) {
            (Way::Webhook, Some(url_env), _) => Some(Outlet::Webhook {
                preset: channel.preset.unwrap_or(WebhookPreset::Generic),
                url_env: url_env.clone(),
                secret_env: channel.secret_env.clone(),
            }),
            (Way::Email, _, Some(address)) => Some(Outlet::Mail { address: address.clone() }),
            _ => None,
        }
    }

    /// The variable of a gateway that goes on ringing until it is stopped or answered there.
    pub fn rings(&self) -> Option<&str> {
        match self {
            Outlet::Webhook { preset: WebhookPreset::Pushover, url_env, .. } => Some(url_env),
            _ => None,
        }
    }
}

/// All that a page may say outside Discord (ENGAGEMENT 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// Its first line: `INC-42 · impact 1 · Payments`.
    pub head: String,
    /// Of an incident.
    pub number: Option<i64>,
    pub impact: Option<Impact>,
    pub plan: Option<String>,
    /// It only proves the way.
    pub test: bool,
    /// Jumps to the room, once there is one.
    pub link: Option<String>,
    /// Answers it by `/ack`.
    pub code: Option<String>,
    /// When it was wanted first.
    pub at: Timestamp,
}

impl Public {
    /// Everything, for people.
    pub fn text(&self) -> String {
        words::public_text(&self.head, self.link.as_deref(), self.code.as_deref())
    }

    /// It must get through whatever the phone is set to: at impact 1 and 2, and wherever a person or a test calls.
    pub fn urgent(&self) -> bool {
        self.impact.is_none_or(|impact| impact <= Impact::High)
    }
}

/// A page that goes on ringing at a gateway until it is stopped or answered there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// The variable with the gateway's address.
    pub url_env: String,
    /// The key of the page.
    pub key: String,
    /// What the gateway calls it; `None`: its answer never came.
    pub receipt: Option<String>,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    Channel(ChannelId),
    Dm(UserId),
}

/// A message as views and words, not as Discord's JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    Card(Box<CardView>),
    Page(Box<PageView>),
    Fallback(Box<FallbackView>),
    Call(Box<CallView>),
    Called(Box<CalledView>),
    Cover(Box<CoverView>),
    /// One short line, which never pings.
    Line {
        text: Text,
        controls: Vec<Control>,
    },
}

/// A room to be made, with everything that its creation needs: nothing is added later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomPlan {
    pub kind: RoomKind,
    pub incident: IncidentId,
    pub number: i64,
    pub title: String,
    pub private: bool,
    pub drill: bool,
    /// None: the category that the bot makes, named Incidents.
    pub category: Option<ChannelId>,
    /// Who may see it by role.
    pub roles: Vec<RoleId>,
    /// Who is engaged: they may see it by name.
    pub people: Vec<UserId>,
    /// Of a thread: the channel it is made in.
    pub parent: Option<ChannelId>,
    /// The marker in its topic (or name) by which it is found again.
    pub marker: String,
}

/// It was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    Room {
        channel: ChannelId,
    },
    /// `failed`: pages in it that could not reach their person.
    Message {
        channel: ChannelId,
        message: MessageId,
        failed: Vec<(PageId, Unreached)>,
    },
    Done,
    /// A gateway has it, rings, and will tell what became of it.
    Ringing {
        receipt: String,
    },
    /// What a gateway says of a page that rings.
    Heard {
        /// They have it.
        acknowledged: bool,
        /// It rings no more by itself.
        over: bool,
    },
}

/// It was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// Try again after this long (none: with the usual backoff): Discord asked for it, or we know that it would.
    Retry { after: Option<Duration>, why: String },
    /// This channel takes nothing for so long that a page should go another way; whatever else, try again then.
    Limited { after: Duration, why: String },
    /// Nothing gets through to Discord, whatever it is: try again, after this long if it is known.
    Down { after: Option<Duration>, why: String },
    /// It may have taken effect and the answer was lost: try again, with the same nonce.
    Unsure { why: String },
    /// It can never succeed.
    Never { why: Unreached, detail: String },
    /// None of the pages could reach their person.
    NobodyReached(Vec<(PageId, Unreached)>),
    /// The message that was to be edited, pinned or reacted to is gone, or cannot be edited any more.
    Lost { detail: String },
}
