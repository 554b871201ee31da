//! Test pages of the guided path: sent to whoever was chosen, and what has become of them.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::call::read;
use crate::app::fault::Stop;
use crate::app::request::Request;
use crate::domain::call::TestOutcome;
use crate::domain::contact::{ContactChannel, Way};
use crate::domain::facts::Facts;
use crate::domain::id::{GuildId, Timestamp};
use crate::domain::name::Name;
use crate::domain::setup::{Note, Reached};
use crate::store::{Conn, Tx, call as calls};

impl App {
    /// Sends test pages; notes who muted all that could be tested, which keeps nobody else from theirs.
    pub(super) async fn send_tests(&self, tx: &mut Tx, request: &Request, to: &[Name]) -> Result<Option<Note>, Stop> {
        let mut muted = Vec::new();
        for name in to {
            match self.send_test(tx, request, name).await {
                Err(Stop::Refused(_)) => muted.push(name),
                done => done?,
            }
        }
        let facts = self.facts(tx, request.guild, None).await?;
        let muted: Vec<String> = muted.into_iter().map(|name| facts.contact_title(name)).collect();
        Ok((!muted.is_empty()).then_some(Note::Muted(muted)))
    }

    /// Sends a test page. By direct message, so that it disturbs nobody else; where that is no way of theirs, where this was typed.
    async fn send_test(&self, tx: &mut Tx, request: &Request, name: &Name) -> Result<(), Stop> {
        let facts = self.facts(tx, request.guild, None).await?;
        let heard = |channel: &&ContactChannel| !facts.muted.contains(&(name.clone(), channel.name.clone()));
        let channels = facts.live.contact(name).map(|contact| contact.channels.as_slice()).unwrap_or_default();
        let direct = channels.iter().filter(heard).any(|channel| channel.way == Way::Dm);
        let room = if direct { None } else { request.channel };
        self.test_contact(tx, request.guild, request.by.user, name, room).await.map(drop)
    }

    /// What became of the last test page of each contact.
    pub(super) async fn reached(
        &self,
        conn: &mut Conn,
        guild: GuildId,
        facts: &Facts,
    ) -> Result<BTreeMap<Name, Reached>, Stop> {
        let tests = self.contact_tests(conn, guild).await?;
        let open = calls::not_over(conn, guild).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut reached = BTreeMap::new();
        for (name, contact) in facts.live.contacts() {
            let asked = open.iter().find(|call| call.tests(name)).map(|call| call.opened_at);
            let found = contact.channels.iter().filter_map(|channel| tests.of(name, contact, &channel.name));
            let outcomes: Vec<(Timestamp, TestOutcome)> = found.map(|test| (test.at, test.outcome)).collect();
            if let Some(found) = told(&outcomes, asked) {
                reached.insert(name.clone(), found);
            }
        }
        Ok(reached)
    }
}

/// What the tests of a contact's channels came to, as one; `asked`: when the test page began that may still be answered. An
/// answer by one way proves that they are reached; while one way may still be answered, others may fail; what failed before they
/// were asked again does not count.
fn told(outcomes: &[(Timestamp, TestOutcome)], asked: Option<Timestamp>) -> Option<Reached> {
    if outcomes.iter().any(|(_, outcome)| matches!(outcome, TestOutcome::Acknowledged { .. })) {
        return Some(Reached::Answered);
    }
    let latest = outcomes.iter().filter(|(at, _)| asked.is_none_or(|asked| *at >= asked)).map(|(_, outcome)| outcome);
    let waiting = asked.map(|_| Reached::Waiting);
    if latest.clone().any(|outcome| *outcome == TestOutcome::Delivered) && waiting.is_some() {
        return waiting;
    }
    let failed = latest.into_iter().find_map(|outcome| match outcome {
        TestOutcome::Failed { why } => Some(Reached::Failed(*why)),
        _ => None,
    });
    failed.or(waiting).or((!outcomes.is_empty()).then_some(Reached::Unanswered))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::timeline::Unreached;

    #[test]
    fn one_answer_is_enough_and_a_failure_is_told_until_they_are_asked_again() {
        let (then, later) = (Timestamp::default(), Timestamp::default() + TimeDelta::minutes(1));
        let acknowledged = TestOutcome::Acknowledged { after: TimeDelta::seconds(5) };
        let closed = TestOutcome::Failed { why: Unreached::DmsClosed };
        let (sent, silent) = (TestOutcome::Delivered, TestOutcome::Unanswered);
        let failed = Some(Reached::Failed(Unreached::DmsClosed));
        let failed_too = failed.clone();
        let rows: &[(&[TestOutcome], Option<Timestamp>, Option<Reached>)] = &[
            (&[], None, None),
            (&[], Some(then), Some(Reached::Waiting)),
            (&[sent], Some(then), Some(Reached::Waiting)),
            (&[silent], None, Some(Reached::Unanswered)),
            (&[silent], Some(later), Some(Reached::Waiting)),
            (&[closed], None, failed.clone()),
            (&[closed], Some(then), failed),
            (&[closed], Some(later), Some(Reached::Waiting)),
            (&[closed, sent], Some(then), Some(Reached::Waiting)),
            (&[closed, silent], None, failed_too),
            (&[closed, acknowledged], None, Some(Reached::Answered)),
            (&[acknowledged], Some(later), Some(Reached::Answered)),
        ];
        for (outcomes, asked, reached) in rows {
            let outcomes: Vec<_> = outcomes.iter().map(|outcome| (then, *outcome)).collect();
            assert_eq!(told(&outcomes, *asked), *reached, "{outcomes:?} {asked:?}");
        }
    }
}
