//! `/help`: a few lines for this person in this place. Names only what they may do, and only commands that there are.

use super::text::{Piece, Text};
use crate::domain::id::RoleId;
use crate::domain::incident::Status;
use crate::domain::permission::{Act, Rank};

/// Most lines of commands: more is a manual, and nobody reads one at 3 am.
const LINES_MAX: usize = 8;
/// Most roles that are named as those to ask.
const ROLES_MAX: usize = 5;

/// One command worth knowing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelpLine {
    /// Its words, without the slash.
    pub command: &'static str,
    /// What one must be allowed to do for it.
    pub needs: Act,
    pub says: &'static str,
}

const fn line(command: &'static str, needs: Act, says: &'static str) -> HelpLine {
    HelpLine { command, needs, says }
}

/// The room of an incident, as this person stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InRoom {
    pub number: i64,
    pub status: Status,
    /// Somebody is being paged and nobody has acknowledged.
    pub unanswered: bool,
    /// Somebody has acknowledged, or leads.
    pub held: bool,
    /// They have been paged for it.
    pub engaged: bool,
    pub leads: bool,
}

/// Anywhere else in the guild.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Incidents that are not over, of those the person may see.
    pub open: usize,
    /// They can be paged, under this name.
    pub contact: Option<String>,
    /// Schedules in which they are on call now.
    pub on_call: Vec<String>,
    pub rank: Option<Rank>,
    /// Who could open an incident, where they may not; empty: those with Manage Server.
    pub ask: Vec<RoleId>,
    /// Nobody can be paged yet: there is neither a contact nor a plan.
    pub bare: bool,
}

impl InRoom {
    /// The verbs that fit its state, most pressing first.
    pub fn lines(&self) -> Vec<HelpLine> {
        if self.status.over() {
            return OVER.to_vec();
        }
        let ack = match (self.unanswered, self.engaged) {
            (true, true) => Some(line("incident ack", Act::See, "it is yours, and nobody else is called")),
            (true, false) => Some(line("incident ack", Act::Take, "take it from those who are being called")),
            (false, _) => None,
        };
        let escalate = self.unanswered.then_some(ESCALATE);
        let mitigate = (self.status == Status::Open).then_some(MITIGATE);
        let unack = (!self.unanswered && self.leads).then_some(UNACK);
        ack.into_iter()
            .chain(escalate)
            .chain([UPDATE])
            .chain(mitigate)
            .chain([RESOLVE, TELL])
            .chain(unack)
            .chain([SHOW])
            .collect()
    }
}

const ESCALATE: HelpLine = line("incident escalate", Act::Escalate, "call the next ones now");
const UPDATE: HelpLine = line("incident update", Act::Edit, "title, summary, impact, next update");
const MITIGATE: HelpLine = line("incident mitigate", Act::Resolve, "the harm has stopped, the work goes on");
const RESOLVE: HelpLine = line("incident resolve", Act::Resolve, "it is over");
const TELL: HelpLine = line("timeline add", Act::Edit, "write down what happened");
const UNACK: HelpLine = line("incident unack", Act::See, "give it back: those who were called are called again");
const SHOW: HelpLine = line("incident show", Act::See, "how it stands");
const OVER: [HelpLine; 4] = [
    line("incident reopen", Act::Resolve, "it is not over after all"),
    line("timeline add", Act::Edit, "write down what is missing"),
    line("timeline show", Act::See, "what happened"),
    SHOW,
];

impl Elsewhere {
    /// What may be worth doing from here, most common first.
    pub fn lines(&self) -> Vec<HelpLine> {
        let own = [
            line("contact me", Act::See, "how you are reached"),
            line("contact test", Act::See, "a page to try your phone"),
        ];
        let own = own.into_iter().filter(|_| self.contact.is_some());
        let always = [
            line("incident new", Act::Declare, "something is wrong: a channel, and the right people are paged"),
            line("incident list", Act::See, "what goes on"),
            line("plan preview", Act::See, "who would be paged, and when"),
            line("oncall who", Act::SeeSetup, "who is on call, until when, and who is next"),
        ];
        let set_up = [
            line("config apply", Act::Configure, "change the set-up from a file"),
            line("doctor", Act::Configure, "what would keep a page from arriving"),
        ];
        always.into_iter().chain(own).chain(set_up).collect()
    }
}

/// In the room of an incident.
pub fn help_in_room(room: &InRoom, lines: &[HelpLine]) -> Text {
    let text = Text::new().strong(format!("INC-{} is {}.", room.number, room.status.word()));
    put(text.ours(standing(room)), lines)
}

/// Whose it is.
fn standing(room: &InRoom) -> &'static str {
    match (room.unanswered, room.engaged) {
        _ if room.status.over() => "",
        _ if room.leads => " You lead it.",
        (true, true) => " You are paged for it, and nobody has it yet.",
        (true, false) => " Nobody has it yet.",
        (false, _) if !room.held => " Nobody has it, and nobody is being paged.",
        (false, true) => " You were paged for it; somebody has it.",
        (false, false) => " Somebody has it.",
    }
}

/// Anywhere else in the guild. `setup`: whether `/setup` is there to be typed.
pub fn help_elsewhere(place: &Elsewhere, lines: &[HelpLine], setup: bool) -> Text {
    if place.bare {
        return bare(place.rank == Some(Rank::Admin), setup);
    }
    let text = match place.open {
        0 => Text::from("No incident is open."),
        1 => Text::new().strong("1 incident is open."),
        open => Text::new().strong(format!("{open} incidents are open.")),
    };
    let text = match (&place.contact, place.on_call.is_empty()) {
        (Some(_), false) => text.ours(" You are on call for ").names(&place.on_call).ours("."),
        (Some(name), true) => text.ours(" You can be paged, as ").said(name).ours(", and are not on call now."),
        (None, _) => text,
    };
    let text = put(text, lines);
    let may_open = lines.iter().any(|line| line.needs == Act::Declare);
    if may_open { text } else { whom_to_ask(text, &place.ask) }
}

fn bare(admin: bool, setup: bool) -> Text {
    let text = Text::new().strong("Muster is not set up here yet: nobody can be paged.");
    text.ours(match (admin, setup) {
        (true, true) => " Type `/setup`: it asks for everything, and ends with a test page.",
        (true, false) => " Whoever runs Muster types `muster apply FILE` on its host.",
        (false, true) => " Somebody with Manage Server types `/setup`.",
        (false, false) => " Ask whoever runs Muster.",
    })
}

fn put(text: Text, lines: &[HelpLine]) -> Text {
    lines
        .iter()
        .take(LINES_MAX)
        .fold(text, |text, line| text.line().ours("`/").ours(line.command).ours("`: ").ours(line.says))
}

fn whom_to_ask(text: Text, roles: &[RoleId]) -> Text {
    let text = text.line().ours("To have an incident opened, ask ");
    if roles.is_empty() {
        return text.ours("one of those who are on call, or somebody with Manage Server.");
    }
    let roles = roles.iter().take(ROLES_MAX).enumerate();
    let text = roles.fold(text, |text, (index, role)| {
        let text = if index == 0 { text } else { text.ours(" or ") };
        text.piece(Piece::Role(*role))
    });
    text.ours(".")
}

/// In a direct message with the bot.
pub fn help_in_private() -> Text {
    Text::from("Here you get your pages.")
        .line()
        .ours("The buttons below a page work right here, and so does ✅ as a reaction to it.")
        .line()
        .ours("Everything else is typed in your server: `/help` there says what you can do.")
}
