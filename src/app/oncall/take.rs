//! Taking somebody's place, now: one person is replaced in their rotations, the others stay. Any contact may: whoever is awake
//! and ready is better than whoever is not, and everybody sees it.

use super::{Ask, find, overrides_of, say, titles, when};
use crate::app::App;
use crate::app::contact::own;
use crate::app::desk::Done;
use crate::app::fault::Stop;
use crate::app::plan::{At, zone};
use crate::app::press::{InteractionId, Pressed};
use crate::app::reply::{Choice, Control, Say};
use crate::app::request::{Ask as Asked, Request};
use crate::domain::effect::OnCallNote;
use crate::domain::facts::Facts;
use crate::domain::id::Timestamp;
use crate::domain::name::Name;
use crate::domain::oncall::{self, Replacement};
use crate::domain::refusal::{OnCallRefusal, Refusal};
use crate::domain::schedule::{self, Schedule};
use crate::store::Tx;
use crate::words::oncall as words;

use chrono::TimeDelta;

/// How long somebody is on call where nobody ever is and no end was given: a night.
const ALONE_FOR: TimeDelta = TimeDelta::hours(12);
/// Most people to choose from.
const CHOICES_MAX: usize = 25;
/// Most overrides of one act.
pub(super) const PIECES_MAX: usize = 100;

impl App {
    pub(super) async fn take_shift(
        &self,
        tx: &mut Tx,
        request: &Request,
        schedule: Name,
        until: Option<At>,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let (me, _) = own(&request.by, facts)?;
        let (spec, now) = (find(&schedule, facts)?, self.now());
        let zone = zone(&request.by, facts);
        let until = until.map(|until| when::stretch((At::Now, until), zone, now)).transpose()?.map(|(_, until)| until);
        let on_call = schedule::who(spec, overrides_of(&schedule, facts), now);
        if on_call.contains(me) {
            let until = oncall::standing(spec, overrides_of(&schedule, facts), now).until;
            let schedule = facts.schedule_title(&schedule);
            return Err(Refusal::from(OnCallRefusal::OnCallAlready { schedule, until }).into());
        }
        match on_call.as_slice() {
            [] => self.take_nobodys(tx, request, (&schedule, spec), until, facts).await,
            [one] => self.take_place(tx, request, (&schedule, spec), one, until, facts).await,
            several => Ok(self.ask_whose_place(request, schedule.clone(), several, until, facts)),
        }
    }

    fn ask_whose_place(
        &self,
        request: &Request,
        schedule: Name,
        several: &[Name],
        until: Option<Timestamp>,
        facts: &Facts,
    ) -> Done {
        let asked = self.mint(self.now()).id().unsigned_abs();
        let text = words::whose_place(&facts.schedule_title(&schedule));
        let choice = |name: &Name| Choice {
            label: facts.contact_title(name),
            value: name.to_string(),
            description: None,
            chosen: false,
        };
        let select = Control::Select {
            placeholder: "In place of …".to_owned(),
            options: several.iter().take(CHOICES_MAX).map(choice).collect(),
            does: Pressed::TakeFrom { asked: InteractionId(asked) },
        };
        self.put_waiting(asked, Request { ask: Asked::OnCall(Ask::Place { schedule, until }), ..request.clone() });
        Done::Say(Say { text, controls: vec![select] })
    }

    /// The answer to that question.
    pub(super) async fn take_from(
        &self,
        tx: &mut Tx,
        request: &Request,
        asked: u64,
        of: &Name,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        own(&request.by, facts)?;
        let waiting = self.waiting(asked, &request.by).filter(|waiting| waiting.guild == request.guild);
        let Some(Asked::OnCall(Ask::Place { schedule, until })) = waiting.map(|waiting| waiting.ask) else {
            return Err(Refusal::from(OnCallRefusal::PreviewGone).into());
        };
        let spec = find(&schedule, facts)?;
        self.take_place(tx, request, (&schedule, spec), of, until, facts).await
    }

    async fn take_place(
        &self,
        tx: &mut Tx,
        request: &Request,
        (schedule, spec): (&Name, &Schedule),
        of: &Name,
        until: Option<Timestamp>,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let (me, _) = own(&request.by, facts)?;
        let (now, overrides) = (self.now(), overrides_of(schedule, facts));
        if !schedule::who(spec, overrides, now).contains(of) {
            return Err(Refusal::from(OnCallRefusal::NotInPlace { name: facts.contact_title(of) }).into());
        }
        let end = until.unwrap_or_else(|| oncall::shift_end(spec, overrides, of, now));
        let pieces = oncall::replaced(spec, overrides, (of, me), now, end);
        self.take_over(tx, request, (schedule, spec), &pieces, Some(of), facts).await
    }

    /// Nobody is on call: until somebody is, or as long as was said.
    async fn take_nobodys(
        &self,
        tx: &mut Tx,
        request: &Request,
        (schedule, spec): (&Name, &Schedule),
        until: Option<Timestamp>,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let (me, _) = own(&request.by, facts)?;
        let (now, overrides) = (self.now(), overrides_of(schedule, facts));
        let next = || oncall::standing(spec, overrides, now).until;
        let end = until.or_else(next).unwrap_or(now + ALONE_FOR);
        let pieces = oncall::added(spec, overrides, me, now, end);
        self.take_over(tx, request, (schedule, spec), &pieces, None, facts).await
    }

    async fn take_over(
        &self,
        tx: &mut Tx,
        request: &Request,
        (schedule, spec): (&Name, &Schedule),
        pieces: &[Replacement],
        of: Option<&Name>,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        if pieces.len() > PIECES_MAX {
            return Err(Refusal::from(OnCallRefusal::TooManyPieces { max: PIECES_MAX }).into());
        }
        self.replace(tx, request, schedule, pieces, "take").await?;
        let until = pieces.iter().map(|piece| piece.until).max().unwrap_or_else(|| self.now());
        let (me, title) = (own(&request.by, facts)?.0, facts.schedule_title(schedule));
        let user = of.and_then(|name| facts.live.contact(name)).and_then(crate::domain::contact::Contact::user);
        let note = OnCallNote::Took { schedule: title.clone(), by: request.by.user, of: user, until };
        self.say_oncall(tx, request, spec, note).await?;
        let others = schedule::who(spec, overrides_of(schedule, facts), self.now());
        let others: Vec<Name> = others.into_iter().filter(|name| name != me && Some(name) != of).collect();
        let of = of.map(|name| facts.contact_title(name));
        Ok(say(words::took(&title, of.as_deref(), until, &titles(&others, facts))))
    }
}
