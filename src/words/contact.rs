//! Contacts and their tests: what a test page says, how the ways to a person stand, and what a mute does.

use chrono::TimeDelta;

use super::refusal::no_such;
use super::span::lasting;
use super::text::{Piece, Text};
use super::timeline::unreached;
use crate::domain::call::TestOutcome;
use crate::domain::contact::{ContactStage, Way};
use crate::domain::id::{Timestamp, UserId};
use crate::domain::refusal::ContactRefusal;
use crate::domain::timeline::Unreached;

/// Most contacts in one list: with their channels they fill a long answer.
const LIST_MAX: usize = 25;

/// The first words of a test page, as a lock screen shows them.
pub fn test_title() -> Text {
    Text::new().strong("Test page").ours(": nothing is wrong")
}

/// Why it came. `by`: who asked for it, where that was somebody else.
pub fn test_why(by: Option<UserId>, channels: &[String]) -> Text {
    let text = match by {
        Some(by) => Text::new().user(by).ours(" wants to know whether "),
        None => Text::from("You want to know whether "),
    };
    let reach = if channels.len() == 1 { " reaches you." } else { " reach you." };
    text.join(ways(channels)).ours(reach)
}

/// What to do about it.
pub fn test_asks(until: Timestamp) -> Text {
    Text::from("Press ").strong("Acknowledge").ours(" or react with ✅, as for a real page. Ends ").ago(until).ours(".")
}

/// A contact channel of the same test that did not work.
pub fn test_failed(channel: &str, why: Unreached) -> Text {
    Text::from("⚠ ").said_strong(channel).ours(format!(" did not work: {}.", unreached(why)))
}

pub fn test_received(name: &str, after: TimeDelta) -> Text {
    Text::from("Received by ").said(name).ours(format!(" after {}.", lasting(after)))
}

pub fn test_unanswered() -> Text {
    Text::from("Nobody answered this test.")
}

pub fn test_replaced() -> Text {
    Text::from("A newer test page asks the same.")
}

/// What leaves Discord for a test.
pub fn public_test() -> String {
    "Test page of Muster: nothing is wrong".to_owned()
}

/// The answer to whoever asked for a test. `name`: of somebody else.
pub fn test_sent(name: Option<&str>, through: &[String], muted: &[String], need_room: &[String]) -> Text {
    let text = Text::from("A test page goes out through ").join(ways(through)).ours(".");
    let text = match name {
        Some(name) => {
            text.ours(" It shows when ").said(name).ours(" has answered; `/contact show` says what came of it.")
        }
        None => text.ours(" Answer it as you would a real one; `/contact me` says what came of it."),
    };
    let text = if muted.is_empty() { text } else { text.line().ours("Left out, muted: ").join(ways(muted)).ours(".") };
    if need_room.is_empty() { text } else { text.line().join(need_a_channel(need_room)) }
}

/// Contact channels as one says them; their names are words like `here`, so they stand out.
fn ways(channels: &[String]) -> Text {
    let strong = |piece| match piece {
        Piece::Said(name) => Piece::SaidStrong(name),
        other => other,
    };
    Text(Text::new().names(channels).0.into_iter().map(strong).collect())
}

/// Mentions that a direct message cannot carry.
fn need_a_channel(channels: &[String]) -> Text {
    let are = if channels.len() == 1 { " is a mention: to test it" } else { " are mentions: to test them" };
    ways(channels).ours(format!("{are}, type `/contact test` in a channel of the server."))
}

/// The private answer to the person who acknowledged a test.
pub fn test_answered(channels: &[String], after: TimeDelta) -> Text {
    let works = match channels.len() {
        0 => return Text::from(format!("Received after {}.", lasting(after))),
        1 => " works",
        _ => " work",
    };
    Text::from("Received: ").join(ways(channels)).ours(format!("{works}. It took {}.", lasting(after)))
}

pub fn test_answered_before(at: Timestamp) -> Text {
    Text::from("You answered this test at ").clock(at).ours(". Nothing to do.")
}

/// How one way to a person stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelLine {
    pub name: String,
    pub way: Way,
    pub muted: Option<Muted>,
    /// It was added in chat and its code was never typed: it is not paged.
    pub unverified: bool,
    /// When its latest test began, and what that came to; none: never tested.
    pub test: Option<(Timestamp, TestOutcome)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Muted {
    Until(Timestamp),
    /// Until it is taken back.
    Always,
}

/// When somebody is on call in one schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    pub schedule: String,
    pub shift: Shift,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Until then (none: for as long as can be seen), and again from `next` on.
    Now {
        until: Option<Timestamp>,
        next: Option<Timestamp>,
    },
    Next(Timestamp),
    /// They are in a rotation, and it is not their turn for so many weeks.
    NotWithin(i64),
}

/// Everything about one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet<'a> {
    pub name: &'a str,
    pub display: &'a str,
    /// The reader is this contact.
    pub own: bool,
    pub user: Option<UserId>,
    pub gone: bool,
    pub channels: &'a [ChannelLine],
    pub stages: &'a [ContactStage],
    pub zone: &'a str,
    /// The zone is the server's: they have none of their own.
    pub zone_of_server: bool,
    pub duties: &'a [Duty],
}

/// One contact: their ways and how they stand, when each is used, their zone, when they are on call.
pub fn sheet(sheet: &Sheet<'_>) -> Text {
    let head = Text::new().said_strong(sheet.display).ours(" · contact ").said(sheet.name);
    let head = match sheet.user.filter(|_| !sheet.own) {
        Some(user) => head.ours(" · ").user(user),
        None => head,
    };
    let gone = sheet.gone.then(|| Text::from("⚠ They have left the server: no page reaches them."));
    let silent = all_muted(sheet.channels).then(|| silent(sheet.own));
    let paged = Text::new().strong(if sheet.own { "When you are paged" } else { "When they are paged" });
    let zone = Text::from("Time zone: ").said(sheet.zone);
    let zone = if sheet.zone_of_server { zone.ours(" (the server's)") } else { zone };
    let duties = sheet.duties.iter().map(duty);
    let lines = gone.into_iter().chain(silent).chain(sheet.channels.iter().map(channel));
    let lines = lines.chain([paged]).chain(stages(sheet.stages)).chain([zone]).chain(duties);
    lines.fold(head, |text, line| text.line().join(line))
}

fn all_muted(channels: &[ChannelLine]) -> bool {
    !channels.is_empty() && channels.iter().all(|channel| channel.muted.is_some())
}

fn silent(own: bool) -> Text {
    let who = if own { "you" } else { "them" };
    Text::new().strong(format!("⚠ No page reaches {who}: everything is muted."))
}

/// "✅ dm (direct message) · answered 2 days ago"
fn channel(channel: &ChannelLine) -> Text {
    let text = Text::from(format!("{} ", mark(channel))).said_strong(&channel.name);
    let text = text.ours(format!(" ({})", way(channel.way)));
    let text = match channel.muted {
        Some(Muted::Until(until)) => text.ours(" · muted until ").clock(until),
        Some(Muted::Always) => text.ours(" · muted"),
        None => text,
    };
    if channel.unverified {
        return text.ours(" · not verified, no page goes there: `/contact verify`");
    }
    match channel.test {
        None => text.ours(" · never tested"),
        Some((at, TestOutcome::Acknowledged { .. })) => text.ours(" · test answered ").ago(at),
        Some((at, TestOutcome::Delivered)) => text.ours(" · test delivered ").ago(at),
        Some((at, TestOutcome::Unanswered)) => text.ours(" · nobody answered the test ").ago(at),
        Some((at, TestOutcome::Failed { why })) => {
            text.ours(" · test failed ").ago(at).ours(format!(": {}", unreached(why)))
        }
    }
}

fn mark(channel: &ChannelLine) -> &'static str {
    match (channel.muted, channel.test) {
        (Some(_), _) => "🔕",
        (None, _) if channel.unverified => "⚠",
        (None, Some((_, outcome))) if outcome.works() => "✅",
        (None, _) => "⚠",
    }
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Mention => "mention",
        Way::Dm => "direct message",
        Way::Webhook => "webhook",
        Way::Email => "e-mail",
    }
}

/// "after 5 min: phone, again every 2 min"
fn stages(stages: &[ContactStage]) -> impl Iterator<Item = Text> {
    let mut after = TimeDelta::zero();
    stages.iter().filter_map(move |stage| {
        let start = after;
        after += stage.duration.delta();
        let said = if start.is_zero() { "at once: ".to_owned() } else { format!("after {}: ", lasting(start)) };
        let mut targets = stage.targets.iter();
        let first = target(Text::from(said), targets.next()?);
        Some(targets.fold(first, |text, next| target(text.ours(" · "), next)))
    })
}

fn target(text: Text, target: &crate::domain::contact::ChannelTarget) -> Text {
    let text = text.said(&target.channel);
    match target.retry_every.filter(|every| !every.is_zero()) {
        Some(every) => text.ours(format!(", again every {}", lasting(every.delta()))),
        None => text,
    }
}

fn duty(duty: &Duty) -> Text {
    let text = Text::from("On call for ").said(&duty.schedule).ours(": ");
    match duty.shift {
        Shift::Now { until: None, .. } => text.strong("now"),
        Shift::Now { until: Some(until), next } => {
            let text = text.strong("now").ours(", until ").clock(until);
            match next {
                Some(next) => text.ours("; next ").clock(next),
                None => text,
            }
        }
        Shift::Next(at) => text.ours("next ").clock(at).ours(", ").ago(at),
        Shift::NotWithin(weeks) => text.ours(format!("not within {weeks} weeks")),
    }
}

/// One contact in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLine {
    pub name: String,
    pub display: String,
    pub gone: bool,
    pub channels: Vec<ChannelLine>,
}

/// All contacts, one a line, with the state of each of their channels.
pub fn list(contacts: &[ListLine]) -> Text {
    if contacts.is_empty() {
        return Text::from("Nobody is set up yet. `/setup` makes the first contacts.");
    }
    let shown = contacts.iter().take(LIST_MAX);
    let text = shown.fold(Text::new(), |text, contact| text.join(list_line(contact)).line());
    let text = match contacts.len().saturating_sub(LIST_MAX) {
        0 => text,
        left => text.ours(format!("and {left} more: `/contact show`")).line(),
    };
    text.ours("✅ tested · ⚠ never tested, or it failed · 🔕 muted")
}

fn list_line(contact: &ListLine) -> Text {
    let text = Text::new().said_strong(&contact.display).ours(" ").said(&contact.name);
    let text = if contact.gone { text.ours(" · ⚠ has left the server") } else { text };
    let channels = contact.channels.iter();
    channels.fold(text, |text, channel| text.ours(format!(" · {} ", mark(channel))).said(&channel.name))
}

/// What a mute of one's own does. `left`: what still reaches them.
pub fn muted(channels: &[String], until: Timestamp, left: &[String]) -> Text {
    let are = if channels.len() == 1 { " is" } else { " are" };
    let text = ways(channels).ours(format!("{are} muted until ")).clock(until).ours(".");
    match left {
        [] => text
            .line()
            .strong("⚠ Nothing reaches you now.")
            .ours(" A page to you fails at once, and whoever comes next is called."),
        left => text.ours(" Pages still reach you through ").join(ways(left)).ours("."),
    }
}

/// What taking mutes back did.
pub fn unmuted(channels: &[String]) -> Text {
    match channels {
        [] => Text::from("Nothing of yours is muted. Pages reach you through all your contact channels."),
        [_] => ways(channels).ours(" is not muted any more: pages use it from now on; those of an incident that passed it over, when its plan runs again."),
        _ => ways(channels).ours(" are not muted any more: pages use them from now on; those of an incident that passed them over, when its plan runs again."),
    }
}

/// A code goes to an address that was added in chat. `left`: so many more wait for theirs.
pub fn code_sent(channel: &str, by: Way, left: usize) -> Text {
    let text = Text::from("A code goes to ").said_strong(channel);
    let text = text.ours(format!(" ({}). Type it here within 15 minutes: from then on pages go there too.", way(by)));
    let text = text.ours(" Nothing arrives? Then the address is wrong.");
    match left {
        0 => text,
        1 => text.ours(" One more address waits for its code: `/contact verify` goes on to it, and ends this code."),
        left => text.ours(format!(
            " {left} more addresses wait for their codes: `/contact verify` goes on to the next, and ends this code."
        )),
    }
}

/// Left out of a test: nobody has proved whose they are.
pub fn not_verified(channels: &[String]) -> Text {
    let are = if channels.len() == 1 { " is" } else { " are" };
    let text = Text::from("⚠ ").join(ways(channels));
    text.ours(format!("{are} not verified, so no page goes there: `/contact verify` sends a code."))
}

/// Why the person is refused, and what to do instead.
pub(super) fn refused(why: &ContactRefusal) -> Text {
    match why {
        ContactRefusal::NoSuchContact { said, known } => {
            no_such("There is no contact ", said, known, "Nobody is set up yet: `/setup` makes the first ones.")
        }
        ContactRefusal::NoSuchContactChannel { said, known } => {
            no_such("There is no contact channel ", said, known, "There is none to choose from.")
        }
        ContactRefusal::ContactGone { name } => Text::new()
            .said(name)
            .ours(" is not in this server any more: no page reaches them. Put somebody else in their place."),
        ContactRefusal::NothingToTest { name, muted, need_room } => nothing_to_test(name, muted, need_room),
        ContactRefusal::NotVerified { name, channels } => {
            Text::from("Nothing of ").said(name).ours(" can be tested now. ").join(not_verified(channels))
        }
        ContactRefusal::NothingToVerify => Text::from(
            "Nothing of yours waits for a code: pages go everywhere `/contact me` shows. An address that is added in chat needs one.",
        ),
        ContactRefusal::NotYourTest { name } => Text::from("This test page is for ")
            .said(name)
            .ours(": only they can say that it arrived. To test your own, type `/contact test`."),
        ContactRefusal::TestOver => Text::from("This test has ended. To run it again, type `/contact test`."),
        ContactRefusal::TooManyTests { max, minutes } => Text::from(format!(
            "You have sent {max} test pages in {minutes} minutes. Wait a little; `/contact list` says what came of them."
        )),
        ContactRefusal::NotAContact => Text::from(
            "You are no contact here, so Muster never pages you. Whoever set it up can add you with `/setup`.",
        ),
        ContactRefusal::NotHere => Text::from(
            "Type this in a channel of the server. In a direct message there is `/contact me`, with buttons to test and to mute, and `/oncall mine`.",
        ),
        ContactRefusal::WhichServer { known: 0 } => Text::from(
            "You are no contact of a server that Muster serves, so it never pages you. Whoever set it up there can add you with `/setup`.",
        ),
        ContactRefusal::WhichServer { known } => {
            Text::from(format!("You are a contact in {known} servers. Type this in a channel of the one you mean."))
        }
    }
}

fn nothing_to_test(name: &str, muted: &[String], need_room: &[String]) -> Text {
    let text = Text::from("Nothing of ").said(name).ours(" can be tested now.");
    let text = match muted {
        [] => text,
        muted => text.ours(" Muted: ").join(ways(muted)).ours("; `/contact mute` takes that back."),
    };
    match need_room {
        [] => text,
        need_room => text.ours(" ").join(need_a_channel(need_room)),
    }
}
