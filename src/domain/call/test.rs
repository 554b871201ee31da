//! What a test page has proved, contact channel by contact channel. Pure.

use chrono::TimeDelta;

use super::{Call, Kind};
use crate::domain::engagement::{Page, PageState};
use crate::domain::id::{Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::timeline::Unreached;

/// What the latest test of one contact channel came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    pub contact: Name,
    pub channel: String,
    /// Whom it paged: of somebody else who has the contact's name by now it proves nothing.
    pub user: UserId,
    /// When the test began.
    pub at: Timestamp,
    pub outcome: TestOutcome,
}

impl Tested {
    /// Why it reached nobody; none: it was delivered.
    pub fn failed(&self) -> Option<Unreached> {
        match self.outcome {
            TestOutcome::Failed { why } => Some(why),
            TestOutcome::Delivered | TestOutcome::Acknowledged { .. } | TestOutcome::Unanswered => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestOutcome {
    /// It went out, and was not answered by this channel (yet, or because another was first).
    Delivered,
    /// The person answered it by this channel.
    Acknowledged {
        after: TimeDelta,
    },
    /// It went out, its time was up, and nobody had answered by any channel.
    Unanswered,
    Failed {
        why: Unreached,
    },
}

impl TestOutcome {
    /// Whether the way is known to work.
    pub fn works(self) -> bool {
        matches!(self, TestOutcome::Delivered | TestOutcome::Acknowledged { .. })
    }
}

impl Call {
    /// What is known so far. A channel of which nothing is known yet is not among them: its earlier test stands.
    pub fn tested(&self) -> Vec<Tested> {
        let Kind::Test { contact, .. } = &self.kind else { return Vec::new() };
        let tested = |page: &Page| {
            Some(Tested {
                contact: contact.clone(),
                channel: page.channel.clone(),
                user: page.user,
                at: self.opened_at,
                outcome: self.outcome_of(page)?,
            })
        };
        self.paging.pages.iter().filter_map(tested).collect()
    }

    fn outcome_of(&self, page: &Page) -> Option<TestOutcome> {
        let acked_at = self.paging.acks.first().map(|ack| ack.at);
        match (&page.state, acked_at) {
            (PageState::Failed { why, .. }, _) => Some(TestOutcome::Failed { why: *why }),
            (_, Some(at)) if self.answered == Some(page.post) => {
                Some(TestOutcome::Acknowledged { after: at - self.opened_at })
            }
            (PageState::Sent { .. }, None) if self.ran_out() => Some(TestOutcome::Unanswered),
            (PageState::Sent { .. }, _) => Some(TestOutcome::Delivered),
            (PageState::Queued | PageState::Stopped { .. }, _) => None,
        }
    }

    /// Its time was up before anybody answered.
    pub fn ran_out(&self) -> bool {
        self.paging.acks.is_empty() && self.over_at.is_some_and(|over| over >= self.ends_at)
    }

    /// The contact channels of the message by which it was answered.
    pub fn answered_through(&self) -> Vec<String> {
        let pages = self.paging.pages.iter().filter(|page| self.answered == Some(page.post));
        pages.map(|page| page.channel.clone()).collect()
    }
}
