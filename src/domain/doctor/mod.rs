//! What keeps a page from its person: the set-up held against the guild as Discord shows it. Pure; mends nothing, and says
//! nothing about what is not known.
//!
//! [`uses`] says what is needed where, `places` and `people` what of it is not there.

use crate::domain::call::Tested;
use crate::domain::definition::Set;
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, RoleId, UserId, WebhookId};
use crate::domain::name::Name;
use crate::domain::survey::{Ability, Survey};
use crate::domain::timeline::Unreached;

mod people;
mod places;
#[cfg(test)]
mod tests;
pub mod uses;

use uses::{Use, Uses};

/// What is examined.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// What is in force, who muted what, who left.
    pub facts: &'a Facts,
    pub survey: &'a Survey,
    /// The latest test of each contact channel.
    pub tests: &'a [Tested],
    /// Says whether a variable that definitions may name is set here.
    pub secrets: &'a dyn Fn(&str) -> bool,
}

/// How bad it is; the worst is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Somebody is not paged, or an incident is not opened.
    StopsPaging,
    /// It works, but not as it was set up.
    Degrades,
    Advice,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub trouble: Trouble,
}

/// What is the matter, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    NoContacts,
    NoPlans,
    NoSources,
    /// Messages of others arrive without their text.
    NoMessageContent,
    LacksInGuild {
        abilities: Vec<Ability>,
    },
    LacksIn {
        channel: ChannelId,
        abilities: Vec<Ability>,
        uses: Vec<Use>,
    },
    /// No channel can be made for an incident, and there is no other place to say it.
    NowhereToPage,
    ChannelGone {
        channel: ChannelId,
        uses: Vec<Use>,
    },
    /// A category where a channel is needed, or the other way round.
    WrongKind {
        channel: ChannelId,
        uses: Vec<Use>,
    },
    RoleGone {
        role: RoleId,
        uses: Vec<Use>,
    },
    /// A mention of the role notifies nobody.
    NotMentionable {
        role: RoleId,
        uses: Vec<Use>,
    },
    /// The bot cannot give it.
    NotAssignable {
        role: RoleId,
        managed: bool,
        uses: Vec<Use>,
    },
    SenderGone {
        sender: Sender,
        source: Name,
    },
    SenderElsewhere {
        webhook: WebhookId,
        source: Name,
        /// Where it posts.
        channel: ChannelId,
        /// Where it is expected.
        expected: ChannelId,
    },
    CategoryFull {
        category: ChannelId,
        children: usize,
    },
    ChannelsFull {
        count: usize,
    },
    ContactLeft {
        contact: String,
        user: UserId,
    },
    /// All ways to reach them are muted.
    ContactMuted {
        contact: String,
    },
    /// The latest test of this way reached nobody.
    WayFailed {
        contact: String,
        channel: String,
        why: Unreached,
    },
    NeverTested {
        contacts: Vec<String>,
    },
    SecretUnset {
        variable: String,
        needed_by: NeededBy,
    },
    /// When nobody answers, only the server's owner is called.
    NoFallback,
    /// Members are notified of every message, quiet ones included.
    EveryMessageNotifies,
    TwoFactor,
    /// Discord did not say of these people whether they are here.
    PeopleUnknown {
        count: usize,
    },
}

/// Whose messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    Bot(UserId),
    Webhook(WebhookId),
}

/// What does not work without a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeededBy {
    Way { contact: String, channel: String },
    Notify { plan: String },
    Metric { plan: String },
}

/// What was found, worst first, and how much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
    /// Channels, roles and people that the set-up names.
    pub channels: usize,
    pub roles: usize,
    pub people: usize,
}

impl Diagnosis {
    pub fn stops_paging(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::StopsPaging)
    }
}

/// Holds the set-up against the guild.
pub fn examine(case: Case<'_>) -> Diagnosis {
    let set = &*case.facts.live;
    let uses = Uses::of(set);
    let mut findings = nothing_yet(set);
    places::examine(case, &uses, &mut findings);
    people::examine(case, &mut findings);
    // Of one severity, in the order in which they were found: what Discord forbids before what people could tidy.
    findings.sort_by_key(|finding| finding.severity);
    Diagnosis { findings, channels: uses.channels.len(), roles: uses.roles.len(), people: set.contacts().count() }
}

fn nothing_yet(set: &Set) -> Vec<Finding> {
    let parts = [
        (set.contacts().next().is_none(), Severity::StopsPaging, Trouble::NoContacts),
        (set.response_plans().next().is_none(), Severity::StopsPaging, Trouble::NoPlans),
        (set.alert_sources().next().is_none(), Severity::Advice, Trouble::NoSources),
    ];
    parts.into_iter().filter(|(none, ..)| *none).map(|(_, severity, trouble)| Finding { severity, trouble }).collect()
}

fn found(severity: Severity, trouble: Trouble) -> Finding {
    Finding { severity, trouble }
}

/// Stops paging where that is so, else it works worse.
fn if_vital(vital: bool) -> Severity {
    if vital { Severity::StopsPaging } else { Severity::Degrades }
}
