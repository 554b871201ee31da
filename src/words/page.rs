//! What a page says: why it came, and later who has it. And the only text of ours that leaves Discord.

use super::text::Text;
use crate::domain::engagement::Closing;
use crate::domain::id::Timestamp;
use crate::domain::impact::Impact;
use crate::domain::text::one_line;

/// Longest name of a plan in a text that leaves Discord, in characters: an SMS has 160.
const PUBLIC_PLAN_MAX: usize = 60;

/// The way that led to a page: plan → stage → schedule → contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'a> {
    /// The contact, where the message pages several; none: "you".
    pub who: Option<&'a str>,
    /// The schedule they are on call in, as people call it.
    pub via: Option<&'a str>,
    /// The escalation plan, as people call it.
    pub plan: &'a str,
    /// From 1.
    pub stage: u32,
    pub of: u32,
    pub essential: bool,
}

/// Why this person: "You are on call for Payments primary · stage 1 of 2".
pub fn page_why(path: &Path<'_>) -> Text {
    let (who, are) = match path.who {
        Some(name) => (Text::new().said(name), " is"),
        None => (Text::from("You"), " are"),
    };
    let text = match path.via {
        Some(schedule) => who.ours(format!("{are} on call for ")).said(schedule),
        None => who.ours(format!("{are} called by ")).said(path.plan),
    };
    let text = if path.of > 1 { text.ours(format!(" · stage {} of {}", path.stage, path.of)) } else { text };
    if path.essential { text } else { text.ours(" · others stay called until one of them answers") }
}

/// The same, where it is only shown: at this impact they are not to be pinged.
pub fn without_ping(why: Text) -> Text {
    why.ours(" · no ping at this impact")
}

/// Whoever has it has been silent: a sign of them is wanted.
pub fn still_on_it(until: Timestamp) -> Text {
    let text = Text::new().strong("Still on it?").ours(" There was no sign of you for a while.");
    text.line().ours("Press, or write here. Otherwise paging starts again ").ago(until).ours(".")
}

/// What a page says once nothing is to be done about it. `still`: who is called on, where only own pages ended.
pub fn closed(how: &Closing, at: Timestamp, still: &[String]) -> Text {
    let nothing = ". Nothing to do for you.";
    match how {
        Closing::Repeated => Text::from("There is a newer page below."),
        Closing::Acked { user } => Text::new().user(*user).ours(" has it since ").clock(at).ours(nothing),
        Closing::OwnAcked => Text::from("Your pages stop. ").join(still_called(still)),
        Closing::StillOnIt { user } => {
            Text::new().user(*user).ours(" is still on it: last heard of at ").clock(at).ours(".")
        }
        Closing::Lapsed => Text::from("No sign until ").clock(at).ours(": paging started again."),
        Closing::Needless => Text::from("Nothing to do for you any more."),
        Closing::Passed => Text::from("Handed on at ").clock(at).ours(nothing),
        Closing::Stopped { reason } => {
            Text::from("Paging was stopped at ").clock(at).ours(": ").said(reason).ours(nothing)
        }
        Closing::Resolved { user: Some(user) } => {
            Text::from("Resolved by ").user(*user).ours(" at ").clock(at).ours(nothing)
        }
        Closing::Unanswered => Text::from("Nobody answered until ").clock(at).ours(nothing),
        Closing::Cancelled { user } => {
            Text::from("A false alarm, says ").user(*user).ours(" at ").clock(at).ours(nothing)
        }
        Closing::Duplicate { of } => Text::from(format!("This is INC-{of}, and goes on there{nothing}")),
        Closing::Resolved { user: None } => Text::from("Resolved by itself at ").clock(at).ours(nothing),
    }
}

/// "Ben is still being called.", "Ben and Cleo are …", "The others are …".
pub fn still_called(names: &[String]) -> Text {
    match names {
        [] => Text::from("The others are still being called."),
        [name] => Text::new().said(name).ours(" is still being called."),
        names => Text::new().names(names).ours(" are still being called."),
    }
}

/// The first line of what leaves Discord: nothing that must not be read by others.
pub fn public_head(number: i64, impact: Impact, plan: Option<&str>) -> String {
    let plan = plan.map(|plan| format!(" · {}", public_plan(plan))).unwrap_or_default();
    format!("INC-{number} · impact {}{plan}", impact.number())
}

/// The name of a plan, as it may leave Discord.
pub fn public_plan(plan: &str) -> String {
    one_line(plan, PUBLIC_PLAN_MAX)
}

/// What a webhook or a mail carries. `link` is the jump link, `code` answers by `/ack`.
pub fn public_text(head: &str, link: Option<&str>, code: Option<&str>) -> String {
    let link = link.map(|link| format!("\n{link}")).unwrap_or_default();
    let code = code.map(|code| format!("\n{}", public_answer(code))).unwrap_or_default();
    format!("{head}{link}{code}")
}

/// How a page outside Discord is answered.
pub fn public_answer(code: &str) -> String {
    format!("/ack {code}")
}

/// The same as it is spoken on the phone: figures of a code one by one.
pub fn spoken_page(head: &str, code: Option<&str>) -> String {
    let head = head.replace("INC-", "Incident ").replace(" · ", ". ");
    let figures = |code: &str| code.chars().map(|figure| figure.to_string()).collect::<Vec<_>>().join(" ");
    let code =
        code.map(|code| format!(" To answer, write slash ack {} in Discord.", figures(code))).unwrap_or_default();
    format!("Muster calls. {head}.{code}")
}

/// The first line of a call that leaves Discord: the sentence that goes with it stays there.
pub fn public_call(title: &str) -> String {
    format!("Call · {}", one_line(title, PUBLIC_PLAN_MAX))
}
