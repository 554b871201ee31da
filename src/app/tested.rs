//! What the tests of contact channels came to: rows ↔ the domain's words. Decides nothing.

use chrono::TimeDelta;

use super::App;
use super::fault::Stop;
use crate::domain::call::{TestOutcome, Tested};
use crate::domain::contact::Contact;
use crate::domain::id::{CallId, GuildId};
use crate::domain::name::Name;
use crate::domain::timeline::Unreached;
use crate::store::{Conn, contact};

/// The latest test of every contact channel of a guild. What is not in it was never tested.
#[derive(Debug, Clone, Default)]
pub struct Tests(Vec<Tested>);

impl Tests {
    pub fn all(&self) -> &[Tested] {
        &self.0
    }

    /// The latest test of a contact channel; `None`: never tested, or it was somebody else's by then.
    pub fn of(&self, name: &Name, contact: &Contact, channel: &str) -> Option<&Tested> {
        let theirs = |test: &&Tested| test.contact == *name && test.channel == channel;
        self.0.iter().find(theirs).filter(|test| contact.user() == Some(test.user))
    }
}

impl App {
    /// What the tests of a guild's contact channels came to.
    pub(super) async fn contact_tests(&self, conn: &mut Conn, guild: GuildId) -> Result<Tests, Stop> {
        let rows = contact::tests(conn, guild).await?;
        Ok(Tests(rows.into_iter().filter_map(read).collect()))
    }
}

/// The words under which outcomes are stored.
mod word {
    pub const DELIVERED: &str = "delivered";
    pub const ACKNOWLEDGED: &str = "acknowledged";
    pub const UNANSWERED: &str = "unanswered";
    pub const FAILED: &str = "failed";
}

pub(super) fn row(call: CallId, test: &Tested) -> contact::TestRow {
    let (outcome, after, why) = match test.outcome {
        TestOutcome::Delivered => (word::DELIVERED, None, None),
        TestOutcome::Acknowledged { after } => (word::ACKNOWLEDGED, Some(after), None),
        TestOutcome::Unanswered => (word::UNANSWERED, None, None),
        TestOutcome::Failed { why } => (word::FAILED, None, Some(why)),
    };
    contact::TestRow {
        contact: test.contact.to_string(),
        channel: test.channel.clone(),
        call_id: call,
        user_id: test.user,
        tested_at: test.at,
        outcome: outcome.to_owned(),
        answered_at: after.map(|after| test.at + after),
        why: why.and_then(|why| Some(serde_json::to_value(why).ok()?.as_str()?.to_owned())),
    }
}

/// None where a later version wrote what this one does not know.
fn read(row: contact::TestRow) -> Option<Tested> {
    let after = row.answered_at.map_or(TimeDelta::zero(), |at| at - row.tested_at);
    let outcome = match row.outcome.as_str() {
        word::DELIVERED => TestOutcome::Delivered,
        word::ACKNOWLEDGED => TestOutcome::Acknowledged { after },
        word::UNANSWERED => TestOutcome::Unanswered,
        word::FAILED => {
            let why = row.why.and_then(|why| serde_json::from_value(why.into()).ok());
            TestOutcome::Failed { why: why.unwrap_or(Unreached::Rejected) }
        }
        _ => return None,
    };
    let contact = Name::parse(&row.contact).ok()?;
    Some(Tested { contact, channel: row.channel, user: row.user_id, at: row.tested_at, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{Timestamp, UserId};

    #[test]
    fn every_outcome_reads_back() {
        let outcomes = [
            TestOutcome::Delivered,
            TestOutcome::Acknowledged { after: TimeDelta::seconds(12) },
            TestOutcome::Unanswered,
            TestOutcome::Failed { why: Unreached::DmsClosed },
            TestOutcome::Failed { why: Unreached::NoCarrier },
        ];
        for outcome in outcomes {
            let test = Tested {
                contact: Name::parse("ana").unwrap(),
                channel: "dm".to_owned(),
                user: UserId(1),
                at: Timestamp::default(),
                outcome,
            };
            assert_eq!(read(row(CallId(7), &test)), Some(test));
        }
    }
}
