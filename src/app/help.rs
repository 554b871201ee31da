//! `/help`: what this person can do in this place. Reads only.

use super::App;
use super::desk::Done;
use super::facts::read_state;
use super::fault::Stop;
use super::reply::Say;
use super::request::Request;
use crate::domain::facts::Facts;
use crate::domain::id::Timestamp;
use crate::domain::incident::Incident;
use crate::domain::permission::{self, Act, Part, Person};
use crate::store::{Conn, incident};
use crate::words::{self, Elsewhere, HelpLine, InRoom};

/// What is said in a direct message, where no guild is meant.
pub fn in_private() -> Say {
    Say { text: words::help_in_private(), controls: Vec::new() }
}

impl App {
    /// `known`: the words of every command that can be typed; others are not mentioned.
    pub(super) async fn help(&self, request: Request, known: Vec<String>) -> Result<Done, Stop> {
        let app = self.clone();
        self.store().read(move |conn| Box::pin(async move { app.help_with(conn, &request, &known).await })).await
    }

    async fn help_with(&self, conn: &mut Conn, request: &Request, known: &[String]) -> Result<Done, Stop> {
        let here = match request.channel {
            Some(channel) => incident::by_channel(conn, channel).await?,
            None => None,
        };
        let here = here.filter(|row| row.guild_id == request.guild).as_ref().map(read_state).transpose()?;
        let facts = self.facts(conn, request.guild, here.as_ref()).await?;
        let text = match here.filter(|state| may(Act::See, &request.by, state.part_of(&request.by, &facts), &facts)) {
            Some(state) => in_room(&state, &request.by, &facts, known),
            None => {
                let open = self.open_for(conn, request, &facts).await?;
                elsewhere(&request.by, &facts, open, self.now(), known)
            }
        };
        Ok(Done::Say(Say { text, controls: Vec::new() }))
    }

    /// How many incidents are not over, of those that the person may see.
    async fn open_for(&self, conn: &mut Conn, request: &Request, facts: &Facts) -> Result<usize, Stop> {
        let live = incident::not_over(conn, request.guild).await?;
        let states = live.iter().map(read_state).collect::<Result<Vec<_>, _>>()?;
        let visible = |state: &&Incident| may(Act::See, &request.by, state.part_of(&request.by, facts), facts);
        Ok(states.iter().filter(visible).count())
    }
}

fn may(act: Act, by: &Person, part: Part, facts: &Facts) -> bool {
    permission::check(act, by, part, &facts.live.settings()).is_ok()
}

/// Lines that the person may use and that can be typed.
fn usable(lines: Vec<HelpLine>, by: &Person, part: Part, facts: &Facts, known: &[String]) -> Vec<HelpLine> {
    let fits = |line: &HelpLine| known.iter().any(|path| path == line.command) && may(line.needs, by, part, facts);
    lines.into_iter().filter(fits).collect()
}

fn in_room(state: &Incident, by: &Person, facts: &Facts, known: &[String]) -> words::Text {
    let part = state.part_of(by, facts);
    let room = InRoom {
        number: state.number,
        status: state.status,
        unanswered: state.paging.unanswered() && !state.status.over(),
        held: state.lead.is_some() || state.paging.answered(),
        engaged: part.engaged,
        leads: state.lead == Some(by.user),
    };
    words::help_in_room(&room, &usable(room.lines(), by, part, facts, known))
}

fn elsewhere(by: &Person, facts: &Facts, open: usize, now: Timestamp, known: &[String]) -> words::Text {
    let settings = facts.live.settings();
    let contact = facts.contact_of(by.user);
    let part = Part { contact: contact.is_some(), ..Part::default() };
    let on_call = |name: &crate::domain::name::Name| contact.is_some_and(|own| facts.on_call(name, now).contains(own));
    let schedules = facts.live.schedules().map(|(name, _)| name).filter(|name| on_call(name));
    let refused = permission::check(Act::Declare, by, part, &settings).err();
    let place = Elsewhere {
        // Who may see no incident is not told how many there are.
        open,
        contact: contact.map(|name| facts.contact_title(name)),
        on_call: schedules.map(|name| facts.schedule_title(name)).collect(),
        rank: Some(permission::rank(by, part, &settings)),
        ask: refused.map(|why| why.roles).unwrap_or_default(),
        bare: facts.live.contacts().next().is_none() && facts.live.response_plans().next().is_none(),
    };
    let setup = known.iter().any(|path| path == "setup");
    words::help_elsewhere(&place, &usable(place.lines(), by, part, facts, known), setup)
}
