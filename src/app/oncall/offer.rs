//! The life of an offer: loaded, changed and saved with its deadline and its deliveries; its message drawn as it stands then.

use super::overrides_of;
use crate::app::courier::{Address, Outgoing, What};
use crate::app::drawing::{Drawn, send};
use crate::app::fault::Stop;
use crate::app::outbox::{Lane, Work};
use crate::app::view::CoverView;
use crate::app::{App, Fault};
use crate::domain::cover::{self, Input, Offer, Outcome, State};
use crate::domain::effect::Effect;
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, CoverId, GuildId, MessageId, OutboxId, Timestamp};
use crate::domain::oncall;
use crate::store::cover::CoverRow;
use crate::store::{Conn, Tx, cover as covers, outbox, wake};
use crate::words::cover::{self as words, OfferLine, OfferState};

/// The noun of offers in the wake table.
pub const COVER: &str = "cover";

impl App {
    /// A deadline has come: look at the offer again.
    ///
    /// # Errors
    /// A fault of the store; the claim runs out and somebody looks again.
    pub async fn tick_cover(&self, id: CoverId) -> Result<(), Fault> {
        let app = self.clone();
        let ticked = self.store().write(move |tx| Box::pin(async move { app.tick_offer(tx, id).await }));
        ticked.await.map_err(|stop: Stop| stop.fault("look at an offer again"))
    }

    /// What is nobody's to take any more ends by it: nothing is said of it that is not so.
    async fn tick_offer(&self, tx: &mut Tx, id: CoverId) -> Result<(), Stop> {
        let Some(row) = covers::load(tx, id).await? else { return Ok(wake::set(tx, COVER, id.0, None).await?) };
        let (offer, now) = (read(&row)?, self.now());
        let facts = self.facts(tx, offer.guild, None).await?;
        // Of one whose time is over it counts whether any of it was theirs in the end.
        let from = if now < offer.until { now } else { offer.from };
        let input = if left(&offer, &facts, from).is_empty() { Input::NothingLeft } else { Input::Tick };
        self.step_offer(tx, (&row, &offer), input).await
    }

    /// Loads an offer, takes one step, saves.
    pub(in crate::app) async fn change_offer(&self, tx: &mut Tx, id: CoverId, input: Input) -> Result<(), Stop> {
        let Some(row) = covers::load(tx, id).await? else { return Ok(wake::set(tx, COVER, id.0, None).await?) };
        let offer = read(&row)?;
        self.step_offer(tx, (&row, &offer), input).await
    }

    pub(super) async fn step_offer(
        &self,
        tx: &mut Tx,
        (row, offer): (&CoverRow, &Offer),
        input: Input,
    ) -> Result<(), Stop> {
        let outcome = cover::step(offer, input, self.now());
        self.save_offer(tx, Some(row), &outcome).await
    }

    /// State, deliveries and the next deadline, in this transaction.
    pub(super) async fn save_offer(&self, tx: &mut Tx, old: Option<&CoverRow>, outcome: &Outcome) -> Result<(), Stop> {
        let offer = &outcome.offer;
        match old {
            None => covers::insert(tx, &row(offer, 1)?).await?,
            Some(old) => covers::save(tx, &row(offer, old.version)?, old.version).await?,
        }
        let now = self.now();
        let mut mint = self.mint(now);
        for effect in &outcome.effects {
            let row = outbox::NewRow {
                id: OutboxId(mint.id()),
                guild_id: offer.guild,
                root: None,
                lane: Lane::Normal.number(),
                kind: effect.word().to_owned(),
                target: Some(format!("{COVER}:{}", offer.id)),
                payload: serde_json::to_string(effect).unwrap_or_default(),
                created_at: now,
                due_at: now,
                parked_on: None,
            };
            outbox::put(tx, &row).await?;
        }
        Ok(wake::set(tx, COVER, offer.id.0, offer.next_deadline()).await?)
    }

    pub(super) async fn open_offers(&self, conn: &mut Conn, guild: GuildId) -> Result<Vec<Offer>, Stop> {
        covers::not_over(conn, guild).await?.iter().map(read).collect()
    }

    /// Offers whose wake row is not the one of their state get it again: they page nobody, so this is only logged.
    pub(in crate::app) async fn wake_offers(&self) -> Result<(), Fault> {
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let mut asleep = Vec::new();
                for id in covers::live_ids(conn).await? {
                    let offer = covers::peek(conn, id).await?.and_then(|row| read(&row).ok());
                    let due = wake::due(conn, COVER, id.0).await?;
                    asleep.extend(offer.filter(|offer| offer.next_deadline() != due).map(|offer| offer.id));
                }
                Ok(asleep)
            })
        });
        let asleep: Vec<CoverId> = found.await.map_err(|stop: Stop| stop.fault("audit offers"))?;
        for id in asleep {
            tracing::error!(offer = id.0, "an offer of a shift would not have been looked at again");
            self.tick_cover(id).await?;
        }
        Ok(())
    }

    /// Muster was removed from a server: nothing is offered there any more, and nobody told.
    pub(in crate::app) async fn drop_offers(&self, tx: &mut Tx, guild: GuildId) -> Result<(), Stop> {
        for offer in self.open_offers(tx, guild).await? {
            self.change_offer(tx, offer.id, Input::TakenBack).await?;
        }
        Ok(())
    }

    /// What an offer is told of one of its deliveries.
    pub(in crate::app) async fn offer_delivered(
        &self,
        tx: &mut Tx,
        work: &Work,
        sent: Option<(ChannelId, MessageId)>,
        failed: bool,
    ) -> Result<(), Stop> {
        match (&work.effect, sent) {
            (Effect::OfferCover { offer }, Some((channel, message))) => {
                self.change_offer(tx, *offer, Input::Posted { channel, message }).await
            }
            (Effect::OfferCover { offer }, None) if failed => self.change_offer(tx, *offer, Input::NotPosted).await,
            (Effect::CoverUntaken { offer, direct: false }, None) if failed => {
                let effect = Effect::CoverUntaken { offer: *offer, direct: true };
                self.put_for_guild(tx, work.guild(), &effect, self.now()).await
            }
            _ => Ok(()),
        }
    }

    /// A message of an offer, as it stands now.
    pub(in crate::app) async fn draw_offer(
        &self,
        conn: &mut Conn,
        effect: &Effect,
        id: CoverId,
        nonce: String,
    ) -> Result<Drawn, Stop> {
        let Some(offer) = covers::peek(conn, id).await?.map(|row| read(&row)).transpose()? else {
            return Ok(Drawn::Drop(None));
        };
        let facts = self.facts(conn, offer.guild, None).await?;
        let line = line(&offer, &facts);
        let shows = || Outgoing::Cover(Box::new(view(&offer, &line)));
        Ok(match (effect, offer.posted, offer.open()) {
            (Effect::OfferCover { .. }, None, true) => match offer.places.first() {
                Some(channel) => send(Address::Channel(*channel), shows(), nonce),
                None => Drawn::Drop(None),
            },
            (Effect::RedrawCover { .. }, Some((channel, message_id)), _) => {
                Drawn::Send(What::Edit { channel, message_id, message: shows() })
            }
            (Effect::CoverUntaken { direct, .. }, posted, true) => {
                let Some((begins, _)) = left(&offer, &facts, self.now()).first().copied() else {
                    return Ok(Drawn::Drop(None));
                };
                let channel = posted.map(|(channel, _)| channel).or(offer.places.first().copied());
                let to = channel.filter(|_| !direct).map_or(Address::Dm(offer.by), Address::Channel);
                let shown = posted.is_some() || !offer.places.is_empty();
                let text = words::untaken(&line, begins, shown, self.now());
                let told = CoverView { offer: offer.id, text, open: false, pings: Some(offer.by) };
                send(to, Outgoing::Cover(Box::new(told)), nonce)
            }
            _ => Drawn::Drop(None),
        })
    }
}

pub(super) fn line(offer: &Offer, facts: &Facts) -> OfferLine {
    OfferLine { by: offer.by, schedule: facts.schedule_title(&offer.schedule), stretches: offer.shifts.clone() }
}

/// What of it somebody could still take at `now`: theirs is what no override has given away, in a schedule that is there.
pub(super) fn left(offer: &Offer, facts: &Facts, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let Some(spec) = facts.live.schedule(&offer.schedule) else { return Vec::new() };
    let overrides = overrides_of(&offer.schedule, facts);
    let theirs = |(from, until)| oncall::stretches(spec, overrides, &offer.contact, from, until);
    offer.shifts_from(now).flat_map(theirs).collect()
}

pub(super) fn state(offer: &Offer) -> OfferState {
    match &offer.state {
        State::Open => OfferState::Open,
        State::Taken { by, at, .. } => OfferState::Taken { by: *by, at: *at },
        State::Back { .. } => OfferState::Back,
        State::Lapsed { .. } => OfferState::Lapsed,
        State::Empty { .. } => OfferState::Empty,
    }
}

fn view(offer: &Offer, line: &OfferLine) -> CoverView {
    CoverView { offer: offer.id, text: words::offer(line, state(offer)), open: offer.open(), pings: None }
}

/// The state in an offer's row.
pub(in crate::app) fn read(row: &CoverRow) -> Result<Offer, Stop> {
    let unreadable =
        |why: serde_json::Error| Stop::Unreadable { what: "the state of offer", id: row.id.0, why: why.to_string() };
    serde_json::from_str(&row.state).map_err(unreadable)
}

fn row(offer: &Offer, version: i64) -> Result<CoverRow, Stop> {
    let unwritable = |why: serde_json::Error| Stop::Unreadable {
        what: "the new state of offer",
        id: offer.id.0,
        why: why.to_string(),
    };
    Ok(CoverRow {
        id: offer.id,
        guild_id: offer.guild,
        by_user: offer.by,
        offered_at: offer.offered_at,
        over_at: offer.over_at(),
        version,
        state: serde_json::to_string(offer).map_err(unwritable)?,
    })
}
