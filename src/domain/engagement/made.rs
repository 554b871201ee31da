//! An engagement as definitions say: of a contact, a schedule or an escalation plan, frozen when it is made (ENGAGEMENT 1, 23). Starts nothing.

use super::{Engagement, Origin, Progress};
use crate::domain::escalation::{Stage, StageTarget, Who};
use crate::domain::facts::Revision;
use crate::domain::id::EngagementId;
use crate::domain::plan::Engage;
use crate::domain::span::Span;
use crate::domain::turn::Turn;

impl Engagement {
    /// Of these definitions as of `revision`; a contact or a schedule is a plan of one essential stage. `None`: there is no such thing.
    pub fn made(target: &Engage, revision: Revision, origin: Origin, turn: &mut Turn<'_>) -> Option<Engagement> {
        let set = turn.facts.at(revision);
        let one_stage =
            |who: Who| vec![Stage { duration: Span::ZERO, targets: vec![StageTarget { who, essential: true }] }];
        let (title, stages, repeat) = match target {
            Engage::Contact(name) => {
                let contact = turn.facts.contact(revision, name)?;
                (contact.display_name, one_stage(Who::Contact(name.clone())), 0)
            }
            Engage::Schedule(name) => {
                let title = set.schedule(name).and_then(|s| s.display_name.clone()).unwrap_or_else(|| name.to_string());
                (title, one_stage(Who::Schedule(name.clone())), 0)
            }
            Engage::EscalationPlan(name) => {
                let plan = set.escalation_plan(name)?;
                let title = plan.display_name.clone().unwrap_or_else(|| name.to_string());
                (title, plan.stages.clone(), u32::from(plan.repeat))
            }
        };
        let since = turn.now;
        Some(Engagement {
            id: EngagementId(turn.mint.id()),
            target: target.clone(),
            title,
            revision,
            origin,
            stages,
            repeat,
            fallback: true,
            started_at: since,
            progress: Progress::Stage { run: 0, stage: 0, since, engaged: Vec::new() },
            clocks: Vec::new(),
            end: None,
        })
    }

    /// Names of those whom it calls now, and whether its fallback is called already: nobody could be reached.
    pub fn calls_now(&self) -> (Vec<String>, bool) {
        let reached = self
            .clocks
            .iter()
            .filter(|clock| !clock.silent() && !clock.failed() && !clock.shown && clock.hold.is_none());
        let names = reached.map(|clock| clock.display.clone()).collect();
        (names, matches!(self.progress, Progress::Exhausted { .. }))
    }
}
