//! `/setup`: the guided path from nothing to the first acknowledged test page. Every answer is one apply through the one path,
//! in one transaction with the reading it was decided on; the message is drawn anew from what is in force then.

mod reached;
mod screen;

pub use screen::{ZONE, screen, zone_form};

use super::App;
use super::definition::{Apply, Seen, Unfit};
use super::desk::{Done, allow};
use super::facts::read_state;
use super::fault::Stop;
use super::request::{NewIncident, Request};
use crate::definitions;
use crate::domain::facts::Facts;
use crate::domain::id::GuildId;
use crate::domain::name::Name;
use crate::domain::permission::{Act, Part};
use crate::domain::setup::{Choice, Drill, Handover, Known, Made, Note, Standing, Step, make, remarks};
use crate::store::{Conn, Tx, guild, incident as incidents, seen};
use crate::words;

/// Among how many of the latest incidents a drill is looked for.
const DRILL_WITHIN: i64 = 50;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// `/setup`: the first thing that is missing.
    Begin,
    /// Look again: goes on where the step is done by now.
    Look(Step),
    /// Show this step; the hand-off as chosen so far.
    At(Step, Option<Handover>),
    /// Pass a step over.
    Past(Step),
    Choose(Choice),
    /// Another test page for whoever has not answered.
    Test,
    Drill,
    ZoneForm,
    /// What was typed into it.
    ZoneTyped(String),
}

impl Ask {
    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        matches!(self, Ask::ZoneForm)
    }

    /// Whether it writes.
    pub(in crate::app) fn changes(&self) -> bool {
        matches!(self, Ask::Choose(_) | Ask::Test | Ask::Drill | Ask::ZoneTyped(_))
    }
}

/// Where the person is led, and what they are told on the way.
struct Led {
    at: Option<Step>,
    handover: Option<Handover>,
    notes: Vec<Note>,
}

impl App {
    pub(super) async fn setup(&self, request: Request, ask: Ask) -> Result<Done, Stop> {
        let app = self.clone();
        match ask.changes() {
            false => {
                self.store().read(move |conn| Box::pin(async move { app.setup_look(conn, &request, ask).await })).await
            }
            true => self.store().write(move |tx| Box::pin(async move { app.setup_act(tx, &request, ask).await })).await,
        }
    }

    async fn setup_look(&self, conn: &mut Conn, request: &Request, ask: Ask) -> Result<Done, Stop> {
        let facts = self.facts(conn, request.guild, None).await?;
        allow(Act::Configure, &request.by, Part::default(), &facts)?;
        if ask == Ask::ZoneForm {
            return Ok(Done::Form(zone_form()));
        }
        let known = self.known(conn, request, &facts).await?;
        let (at, handover) = match ask {
            Ask::Look(step) if known.standing(step) == Standing::Done => (known.after(step), None),
            Ask::Look(step) => (Some(step), None),
            Ask::At(step, handover) => (Some(step), handover),
            Ask::Past(step) => (known.after(step), None),
            _ => (known.first(), None),
        };
        Ok(Done::Replace(screen(&known, at, handover, &[])))
    }

    async fn setup_act(&self, tx: &mut Tx, request: &Request, ask: Ask) -> Result<Done, Stop> {
        if !seen::first(tx, &request.key, self.now()).await? {
            return Ok(Done::Nothing);
        }
        // Answers of one guild follow one another: two people may walk at once.
        guild::load_state(tx, request.guild).await?;
        let facts = self.facts(tx, request.guild, None).await?;
        allow(Act::Configure, &request.by, Part::default(), &facts)?;
        let led = match ask {
            Ask::Choose(choice) => self.setup_choose(tx, request, &facts, &choice).await?,
            Ask::ZoneTyped(said) => match definitions::zone(&said) {
                Ok(zone) => self.setup_choose(tx, request, &facts, &Choice::Zone(zone)).await?,
                Err(like) => stay(Step::Zone, Note::NoSuchZone { said, like }),
            },
            Ask::Test => self.setup_test(tx, request, &facts).await?,
            _ => self.setup_drill(tx, request, &facts).await?,
        };
        let facts = self.facts(tx, request.guild, None).await?;
        let known = self.known(tx, request, &facts).await?;
        Ok(Done::Replace(screen(&known, led.at, led.handover, &led.notes)))
    }

    /// An answer: what it makes is applied, new contacts are tested, and the next question is asked.
    async fn setup_choose(&self, tx: &mut Tx, request: &Request, facts: &Facts, choice: &Choice) -> Result<Led, Stop> {
        let mut made = make(&facts.live, request.guild, choice, self.now());
        let refused = made.refused() || !self.setup_apply(tx, request, &mut made).await?;
        if refused {
            let handover = match choice {
                Choice::Turns { at, .. } => Some(*at),
                _ => None,
            };
            return Ok(Led { at: Some(choice.step()), handover, notes: made.notes });
        }
        if let Some(survey) = &request.survey {
            made.notes.extend(remarks(choice, survey));
        }
        made.notes.extend(self.send_tests(tx, request, &made.contacts).await?);
        let facts = self.facts(tx, request.guild, None).await?;
        let at = self.known(tx, request, &facts).await?.after(choice.step());
        Ok(Led { at, handover: None, notes: made.notes })
    }

    /// Puts what was made in force, through the one path. Refused: nothing has changed, and a note says why.
    async fn setup_apply(&self, tx: &mut Tx, request: &Request, made: &mut Made) -> Result<bool, Stop> {
        if made.definitions.is_empty() {
            return Ok(true);
        }
        let seen = request.survey.clone().map(Seen::Survey).unwrap_or_default();
        let specs = made.definitions.clone();
        let apply = Apply { specs, seen, ..Apply::new(request.guild, Some(request.by.user), "setup") };
        let problems = match self.apply_in(tx, &apply).await? {
            Ok(_) => return Ok(true),
            Err(Unfit::Wrong(problems)) => problems,
            // Nothing certain was expected.
            Err(Unfit::Other(_)) => Vec::new(),
        };
        made.notes.extend(problems.first().map(|problem| Note::Wrong(problem.to_string())));
        Ok(false)
    }

    async fn setup_test(&self, tx: &mut Tx, request: &Request, facts: &Facts) -> Result<Led, Stop> {
        let untested: Vec<Name> = self.known(tx, request, facts).await?.untested().cloned().collect();
        let notes = self.send_tests(tx, request, &untested).await?.into_iter().collect();
        Ok(Led { at: Some(Step::Tests), handover: None, notes })
    }

    /// Opens a drill, unless one runs: two people may press at once.
    async fn setup_drill(&self, tx: &mut Tx, request: &Request, facts: &Facts) -> Result<Led, Stop> {
        if facts.live.settings().default_plan.is_none() {
            return Ok(stay(Step::Plan, Note::NoPlan));
        }
        if latest_drill(tx, request.guild).await?.is_none_or(|drill| drill.over) {
            let title = Some(words::setup_drill().to_owned());
            self.declare(tx, request, NewIncident { title, drill: true, ..NewIncident::default() }).await?;
        }
        Ok(Led { at: Some(Step::Drill), handover: None, notes: Vec::new() })
    }

    /// What the path is derived from, as it is in this transaction.
    async fn known<'a>(&self, conn: &mut Conn, request: &'a Request, facts: &'a Facts) -> Result<Known<'a>, Stop> {
        let now = self.now();
        let schedule = facts.live.schedules().map(|(name, _)| name).next();
        let on_call = schedule.map(|name| facts.on_call(name, now)).unwrap_or_default();
        Ok(Known {
            set: &facts.live,
            survey: request.survey.as_deref(),
            tests: self.reached(conn, request.guild, facts).await?,
            on_call: on_call.iter().map(|name| facts.contact_title(name)).collect(),
            drill: latest_drill(conn, request.guild).await?,
            now,
        })
    }
}

fn stay(step: Step, note: Note) -> Led {
    Led { at: Some(step), handover: None, notes: vec![note] }
}

async fn latest_drill(conn: &mut Conn, guild: GuildId) -> Result<Option<Drill>, Stop> {
    let latest = incidents::Filter { limit: DRILL_WITHIN, ..incidents::Filter::default() };
    let rows = incidents::list(conn, guild, &latest).await?;
    let Some(row) = rows.iter().find(|row| row.drill) else { return Ok(None) };
    let state = read_state(row)?;
    Ok(Some(Drill {
        number: state.number,
        room: state.room.channel(),
        acknowledged: !state.paging.acks.is_empty(),
        over: state.status.over(),
    }))
}
