//! Offers of one's own shifts, and taking one. Any contact may do both: it is their own time, and everybody sees it.

use super::{find, meant, overrides_of, places, say, take::PIECES_MAX, when};
use crate::app::App;
use crate::app::answer::button;
use crate::app::contact::own;
use crate::app::desk::Done;
use crate::app::fault::Stop;
use crate::app::plan::{At, zone};
use crate::app::press::Pressed;
use crate::app::reply::{Say, Style};
use crate::app::request::Request;
use crate::domain::cover::{self, Input, Offer, State};
use crate::domain::facts::Facts;
use crate::domain::id::{CoverId, Timestamp};
use crate::domain::name::Name;
use crate::domain::oncall;
use crate::domain::refusal::{OnCallRefusal, Refusal};
use crate::domain::schedule::Schedule;
use crate::store::{Tx, cover as covers};
use crate::words::cover as words;

/// Offers of one person that may be open at once: more is a matter for the rotation.
const OFFERS_MAX: usize = 20;
/// Shifts of one offer.
const SHIFTS_MAX: usize = 40;

impl App {
    /// Offers all shifts of theirs in that time: one offer a schedule.
    pub(super) async fn offer_cover(
        &self,
        tx: &mut Tx,
        request: &Request,
        times: (At, At),
        schedule: Option<&Name>,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let (me, _) = own(&request.by, facts)?;
        let now = self.now();
        let (from, until) = when::stretch(times, zone(&request.by, facts), now)?;
        let mut offers = Vec::new();
        for (name, spec) in meant(schedule, facts)? {
            let shifts = oncall::stretches(spec, overrides_of(name, facts), me, from, until);
            if shifts.len() > SHIFTS_MAX {
                return Err(Refusal::from(OnCallRefusal::TooManyPieces { max: SHIFTS_MAX }).into());
            }
            if !shifts.is_empty() {
                offers.push((name, spec, shifts));
            }
        }
        if offers.is_empty() {
            return Err(Refusal::from(OnCallRefusal::NotOnCall { from, until }).into());
        }
        self.may_offer(tx, request, &offers, facts).await?;
        let mut mint = self.mint(now);
        let mut made = Vec::new();
        for (name, spec, shifts) in offers {
            let offer = Offer {
                id: CoverId(mint.id()),
                guild: request.guild,
                schedule: name.clone(),
                by: request.by.user,
                contact: me.clone(),
                from,
                until,
                shifts,
                offered_at: now,
                places: places(spec, request.channel),
                posted: None,
                told_at: None,
                state: State::Open,
            };
            self.save_offer(tx, None, &cover::open(offer.clone())).await?;
            let new = format!("{} to {}", from.to_rfc3339(), until.to_rfc3339());
            self.note_oncall(tx, request, "offer shift", name, (None, Some(new))).await?;
            made.push(offer);
        }
        Ok(offered(&made, facts, now))
    }

    /// Nothing is offered twice, and not without end.
    async fn may_offer(
        &self,
        tx: &mut Tx,
        request: &Request,
        offers: &[Offered<'_>],
        facts: &Facts,
    ) -> Result<(), Stop> {
        let open = self.open_offers(tx, request.guild).await?;
        let own: Vec<&Offer> = open.iter().filter(|offer| offer.by == request.by.user).collect();
        if own.len() + offers.len() > OFFERS_MAX {
            return Err(Refusal::from(OnCallRefusal::TooManyOffers { max: OFFERS_MAX }).into());
        }
        let overlaps = |offer: &Offer, shifts: &[(Timestamp, Timestamp)]| {
            offer.shifts.iter().any(|(a, b)| shifts.iter().any(|(from, until)| a < until && from < b))
        };
        let again = offers
            .iter()
            .find(|(name, _, shifts)| own.iter().any(|offer| offer.schedule == **name && overlaps(offer, shifts)));
        match again {
            Some((name, ..)) => {
                Err(Refusal::from(OnCallRefusal::OfferedAlready { schedule: facts.schedule_title(name) }).into())
            }
            None => Ok(()),
        }
    }

    /// **I take it**: the first press has it. Whose shift it is takes the offer back by it.
    pub(super) async fn take_cover(
        &self,
        tx: &mut Tx,
        request: &Request,
        id: CoverId,
        facts: &Facts,
    ) -> Result<Done, Stop> {
        let (me, _) = own(&request.by, facts)?;
        let (row, offer) = self.load_offer(tx, request, id).await?;
        if let Some(state) = over(&offer) {
            return Ok(say(words::over(state)));
        }
        if offer.by == request.by.user {
            self.step_offer(tx, (&row, &offer), Input::TakenBack).await?;
            return Ok(say(words::back()));
        }
        let (spec, now) = (find(&offer.schedule, facts)?, self.now());
        let overrides = overrides_of(&offer.schedule, facts);
        let offered: Vec<_> = offer.shifts_from(now).collect();
        let replaced = |(from, until): &(Timestamp, Timestamp)| {
            oncall::replaced(spec, overrides, (&offer.contact, me), *from, *until)
        };
        let pieces: Vec<_> = offered.iter().flat_map(replaced).collect();
        if pieces.is_empty() {
            self.step_offer(tx, (&row, &offer), Input::NothingLeft).await?;
            return Ok(say(words::nothing_left(offer.by)));
        }
        if pieces.len() > PIECES_MAX {
            return Err(Refusal::from(OnCallRefusal::TooManyPieces { max: PIECES_MAX }).into());
        }
        let taken = super::offer::left(&offer, facts, now);
        self.replace(tx, request, &offer.schedule, &pieces, "cover").await?;
        let input = Input::Taken { by: request.by.user, contact: me.clone() };
        self.step_offer(tx, (&row, &offer), input).await?;
        let schedule = facts.schedule_title(&offer.schedule);
        Ok(say(words::covered(&words::OfferLine { by: offer.by, schedule, stretches: taken })))
    }

    /// **Take it back**, below the private answer to the offer.
    pub(super) async fn take_cover_back(&self, tx: &mut Tx, request: &Request, id: CoverId) -> Result<Done, Stop> {
        let (row, offer) = self.load_offer(tx, request, id).await?;
        if offer.by != request.by.user {
            return Err(Refusal::from(OnCallRefusal::NotYourOffer).into());
        }
        if let Some(state) = over(&offer) {
            return Ok(say(words::over(state)));
        }
        self.step_offer(tx, (&row, &offer), Input::TakenBack).await?;
        Ok(say(words::back()))
    }

    async fn load_offer(&self, tx: &mut Tx, request: &Request, id: CoverId) -> Result<(covers::CoverRow, Offer), Stop> {
        let row = covers::load(tx, id).await?.filter(|row| row.guild_id == request.guild);
        let row = row.ok_or_else(|| Refusal::from(OnCallRefusal::OfferGone))?;
        let offer = super::offer::read(&row)?;
        Ok((row, offer))
    }
}

/// A schedule, and the shifts in it that somebody offers.
type Offered<'f> = (&'f Name, &'f Schedule, Vec<(Timestamp, Timestamp)>);

/// How an offer ended; none: it is open.
fn over(offer: &Offer) -> Option<words::OfferState> {
    Some(super::offer::state(offer)).filter(|state| *state != words::OfferState::Open)
}

fn offered(made: &[Offer], facts: &Facts, now: Timestamp) -> Done {
    let lines: Vec<_> = made.iter().map(|offer| super::offer::line(offer, facts)).collect();
    let soon = made.iter().any(|offer| offer.begins() - now < cover::TOLD_BEFORE);
    let back = |offer: &Offer| button("Take it back", Style::Grey, Pressed::CoverBack { offer: offer.id });
    Done::Say(Say { text: words::offered(&lines, soon), controls: made.iter().map(back).collect() })
}
