//! Changes by people: title, summary, impact, the next update, status. Every change is an event and one line in the channel.

use chrono::TimeDelta;

use super::{Incident, SUMMARY_MAX, Status, TITLE_MAX};
use crate::domain::engagement::Place;
use crate::domain::id::{EventId, UserId};
use crate::domain::impact::Impact;
use crate::domain::refusal::Refusal;
use crate::domain::span::Span;
use crate::domain::text;
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// What an update asks to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    pub title: Option<String>,
    pub impact: Option<Impact>,
    pub summary: Option<String>,
    /// The version that the form was filled from; none: a command, which knows no version.
    pub summary_version: Option<u64>,
    pub next_update: Option<Span>,
    pub message: Option<String>,
    pub reason: Option<String>,
}

/// What an update changed, for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Title,
    Impact,
    Summary,
    NextUpdate,
    Message,
}

/// Longest message of an update, in characters.
const MESSAGE_MAX: usize = 1_500;
/// Longest time to the next update.
const NEXT_UPDATE_MAX: TimeDelta = TimeDelta::days(7);

impl Incident {
    /// Applies an edit; all of it or nothing.
    pub(super) fn edit(&mut self, edit: Edit, turn: &mut Turn<'_>) -> Result<Vec<Change>, Refusal> {
        if edit == (Edit { summary_version: edit.summary_version, ..Edit::default() }) {
            return Err(Refusal::NothingToChange);
        }
        let mut changed = Vec::new();
        let version = edit.summary_version;
        if let Some(title) = edit.title {
            changed.extend(self.set_title(&title, turn)?);
        }
        if let Some(impact) = edit.impact {
            changed.extend(self.set_impact(impact, edit.reason, turn));
        }
        if let Some(summary) = edit.summary {
            changed.extend(self.set_summary(&summary, version, turn)?);
        }
        if let Some(span) = edit.next_update {
            changed.push(self.set_next_update(span, turn)?);
        }
        if let Some(message) = edit.message {
            let message = bounded("message", &text::block(&message, usize::MAX), MESSAGE_MAX)?;
            turn.tell(Fact::Update { message });
            changed.push(Change::Message);
        }
        Ok(changed)
    }

    fn set_title(&mut self, title: &str, turn: &mut Turn<'_>) -> Result<Option<Change>, Refusal> {
        let title = bounded("title", &text::one_line(title, usize::MAX), TITLE_MAX)?;
        if title == self.title {
            return Ok(None);
        }
        let old = std::mem::replace(&mut self.title, title.clone());
        turn.tell(Fact::TitleChanged { old, new: title });
        Ok(Some(Change::Title))
    }

    fn set_impact(&mut self, impact: Impact, reason: Option<String>, turn: &mut Turn<'_>) -> Option<Change> {
        self.impact_by_person = true;
        if impact == self.impact {
            return None;
        }
        let reason = reason.map(|reason| text::one_line(&reason, MESSAGE_MAX));
        turn.tell(Fact::ImpactChanged { old: self.impact, new: impact, reason });
        self.impact = impact;
        turn.home.impact = Some(impact);
        Some(Change::Impact)
    }

    fn set_summary(
        &mut self,
        summary: &str,
        version: Option<u64>,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Change>, Refusal> {
        let summary = text::block(summary, usize::MAX);
        let length = summary.chars().count();
        if length > SUMMARY_MAX {
            return Err(Refusal::BadText { field: "summary", max: SUMMARY_MAX, length });
        }
        if summary == self.summary {
            return Ok(None);
        }
        if version.is_some_and(|version| version != self.summary_version) {
            let theirs = self.summary.clone();
            return Err(Refusal::SummaryConflict { theirs, yours: summary, by: self.summary_by });
        }
        self.summary_version += 1;
        self.summary_by = turn.by;
        let old = std::mem::replace(&mut self.summary, summary.clone());
        turn.tell(Fact::SummaryChanged { old, new: summary });
        Ok(Some(Change::Summary))
    }

    fn set_next_update(&mut self, span: Span, turn: &mut Turn<'_>) -> Result<Change, Refusal> {
        if span.is_zero() || span.delta() > NEXT_UPDATE_MAX {
            let right = "1m to 7d".to_owned();
            return Err(Refusal::BadValue { field: "next_update", said: span.to_string(), right });
        }
        let at = turn.now + span.delta();
        self.update_due = Some(at);
        turn.tell(Fact::UpdateDue { at });
        Ok(Change::NextUpdate)
    }

    pub(super) fn set_lead(&mut self, lead: Option<UserId>, turn: &mut Turn<'_>) {
        let old = std::mem::replace(&mut self.lead, lead);
        if old != lead {
            turn.note(Fact::LeadChanged { old, new: lead });
        }
    }

    /// Somebody else leads from now on; the channel hears of it.
    pub(super) fn hand_lead(&mut self, from: UserId, to: UserId, turn: &mut Turn<'_>) {
        if self.lead == Some(from) && from != to {
            self.lead = Some(to);
            turn.tell(Fact::LeadChanged { old: Some(from), new: Some(to) });
        }
    }

    pub(super) fn set_status(&mut self, status: Status, message: Option<String>, turn: &mut Turn<'_>) -> EventId {
        let old = std::mem::replace(&mut self.status, status);
        turn.tell(Fact::StatusChanged { old, new: status, message })
    }

    /// Where the person may look for the incident: its room, as far as it is known.
    pub fn place_of(&self, place: Place) -> Option<crate::domain::id::ChannelId> {
        match place {
            Place::Room => self.room.channel(),
            Place::Announcement { channel } => Some(channel),
            Place::Direct { .. } | Place::Outside => None,
        }
    }
}

/// A text that says something and is not too long; lengths in characters.
pub(super) fn bounded(field: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    let length = text.chars().count();
    if length == 0 || length > max {
        return Err(Refusal::BadText { field, max, length });
    }
    Ok(text.to_owned())
}
