//! Somebody is pulled into an incident by hand: `/page`. One more engagement, with its own clock and its own fallback.

use super::Incident;
use super::step::Answer;
use crate::domain::call;
use crate::domain::engagement::{Engagement, Origin};
use crate::domain::facts::Revision;
use crate::domain::permission::{Act, Person};
use crate::domain::plan::Engage;
use crate::domain::refusal::{CallRefusal, Refusal};
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

impl Incident {
    pub(super) fn page(
        &mut self,
        by: &Person,
        target: &Engage,
        revision: Revision,
        message: Option<String>,
        turn: &mut Turn<'_>,
    ) -> Result<Answer, Refusal> {
        self.allow(Act::Page, by, turn)?;
        call::may_be_called(target, turn.facts)?;
        if let Some(running) = self.paging.calls(target) {
            let (title, since) = (running.title.clone(), running.started_at);
            return Err(CallRefusal::CalledAlready { title, since, number: Some(self.number) }.into());
        }
        let origin = Origin::Paged { user: by.user, message: message.clone() };
        let made = Engagement::made(target, revision, origin, turn);
        let engagement =
            made.ok_or_else(|| CallRefusal::Nobody { said: target.name().to_string(), like: Vec::new() })?;
        let (id, title) = (engagement.id, engagement.title.clone());
        turn.tell(Fact::PageAsked { to: title.clone(), message });
        self.touched_by(by.user, None, turn);
        self.paging.start(vec![engagement], turn);
        let (names, fallback) = self.paging.engagement(id).map(Engagement::calls_now).unwrap_or_default();
        Ok(Answer::Paged { title, names, fallback })
    }
}
