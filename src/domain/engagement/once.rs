//! An engagement of one contact that pages once: through some of their ways, all at the start (ENGAGEMENT 22).

use chrono::TimeDelta;

use super::{Clock, Engagement, Origin, Progress};
use crate::domain::contact::{ChannelTarget, Contact, ContactStage};
use crate::domain::escalation::{Stage, StageTarget, Who};
use crate::domain::facts::Revision;
use crate::domain::id::EngagementId;
use crate::domain::name::Name;
use crate::domain::plan::Engage;
use crate::domain::span::Span;
use crate::domain::turn::Turn;

impl Engagement {
    /// Pages a contact once through each of these contact channels: no repeats, no later stages, no fallback.
    ///
    /// None where the contact is not known, or is no known person.
    pub fn once(
        contact: &Name,
        channels: &[String],
        lasts: TimeDelta,
        revision: Revision,
        turn: &mut Turn<'_>,
    ) -> Option<Engagement> {
        let known = turn.facts.contact(revision, contact)?;
        let title = known.display_name.clone();
        let duration = Span::secs(lasts.num_seconds().unsigned_abs());
        // Its own clock is there before it starts: the machine takes that one instead of the contact's usual stages.
        let clock = Clock::new(contact, &at_once(known, channels), turn.now, turn.facts)?;
        let who = Who::Contact(contact.clone());
        Some(Engagement {
            id: EngagementId(turn.mint.id()),
            target: Engage::Contact(contact.clone()),
            title,
            revision,
            origin: Origin::Plan,
            stages: vec![Stage { duration, targets: vec![StageTarget { who, essential: true }] }],
            repeat: 0,
            fallback: false,
            started_at: turn.now,
            progress: Progress::Stage { run: 0, stage: 0, since: turn.now, engaged: Vec::new() },
            clocks: vec![clock],
            end: None,
        })
    }
}

/// The same contact with one stage only.
fn at_once(contact: Contact, channels: &[String]) -> Contact {
    let target = |channel: &String| ChannelTarget { channel: channel.clone(), retry_every: None };
    let stage = ContactStage { duration: Span::ZERO, targets: channels.iter().map(target).collect() };
    Contact { stages: vec![stage], ..contact }
}
