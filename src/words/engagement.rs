//! Who was pulled into an incident, by which path, and what came of each page: `/incident engagements`.

use super::text::Text;
use super::timeline::unreached;
use crate::domain::contact::Way;
use crate::domain::id::{Timestamp, UserId};
use crate::domain::timeline::Unreached;

/// One engagement.
#[derive(Debug, Clone, PartialEq)]
pub struct Traced {
    /// How it stands, in one line.
    pub standing: Text,
    /// Who asked for it by hand.
    pub by: Option<UserId>,
    /// When it moves on by itself, and to whom; nobody: to the fallback.
    pub next: Option<(Timestamp, Vec<String>)>,
    pub paths: Vec<PathLine>,
}

/// A person, the path that led to them, and their pages, one line a contact channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathLine {
    pub contact: String,
    pub via: Option<String>,
    /// From 1.
    pub stage: u32,
    pub of: u32,
    /// From 1; more: the plan was repeated.
    pub run: u32,
    pub essential: bool,
    pub pages: Vec<Receipts>,
}

/// What came of the pages through one contact channel; of several, of the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipts {
    pub channel: String,
    pub way: Way,
    pub count: usize,
    pub queued: Timestamp,
    pub sent: Option<Timestamp>,
    pub seen: Option<Timestamp>,
    /// They answered by it, or anywhere.
    pub acknowledged: Option<Timestamp>,
    pub failed: Option<(Timestamp, Unreached)>,
    /// Not wanted any more when it was its turn.
    pub stopped: Option<Timestamp>,
}

/// All of them; what is beyond `most` lines is counted and left out. Says how many that were.
pub fn engagements(number: i64, traced: &[Traced], most: usize) -> (Text, usize) {
    if traced.is_empty() {
        return (Text::from(format!("Nobody was called for INC-{number}. `/page` calls somebody.")), 0);
    }
    let lines: Vec<Text> = traced.iter().flat_map(of_one).collect();
    let left = lines.len().saturating_sub(most);
    let head = Text::new().strong(format!("INC-{number}: who was called"));
    let text = lines.into_iter().take(most).fold(head, |text, line| text.line().join(line));
    match left {
        0 => (text, 0),
        left => (text.line().ours(format!("{left} more lines are in the file.")), left),
    }
}

fn of_one(traced: &Traced) -> Vec<Text> {
    let head = match traced.by {
        Some(by) => traced.standing.clone().ours(" · called by ").user(by),
        None => traced.standing.clone(),
    };
    let next = traced.next.as_ref().map(|(at, names)| match names.as_slice() {
        [] => Text::from("Next: the fallback ").ago(*at),
        names => Text::from("Next: ").names(names).ours(" ").ago(*at),
    });
    let paths = traced.paths.iter().flat_map(path);
    [head].into_iter().chain(next).chain(paths).collect()
}

/// "Ana · stage 1 of 2 · on call for Payments primary", and below it her pages.
fn path(path: &PathLine) -> Vec<Text> {
    let text = Text::from("· ").said_strong(&path.contact);
    let text = if path.of > 1 { text.ours(format!(" · stage {} of {}", path.stage, path.of)) } else { text };
    let text = if path.run > 1 { text.ours(format!(", run {}", path.run)) } else { text };
    let text = match &path.via {
        Some(schedule) => text.ours(" · on call for ").said(schedule),
        None => text,
    };
    let text = if path.essential { text } else { text.ours(" · not essential") };
    [text].into_iter().chain(path.pages.iter().map(receipts)).collect()
}

/// "  dm (direct message): sent 10:00, seen 10:01"
fn receipts(page: &Receipts) -> Text {
    let text = Text::from("  – ").said(&page.channel).ours(format!(" ({}): ", way(page.way)));
    let text = if page.count > 1 { text.ours(format!("{} pages, the last ", page.count)) } else { text };
    let text = match (page.failed, page.stopped, page.sent) {
        (Some((at, why)), ..) => text.ours("failed ").clock(at).ours(format!(", {}", unreached(why))),
        (None, Some(at), _) => text.ours("stopped ").clock(at).ours(" before it went out"),
        (None, None, Some(at)) => text.ours("sent ").clock(at),
        (None, None, None) => text.ours("queued ").clock(page.queued).ours(", not sent yet"),
    };
    let text = page.seen.filter(|_| page.failed.is_none()).map_or(text.clone(), |at| text.ours(", seen ").clock(at));
    page.acknowledged.map_or(text.clone(), |at| text.ours(", acknowledged ").clock(at))
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Mention => "mention",
        Way::Dm => "direct message",
        Way::Webhook => "webhook",
        Way::Email => "e-mail",
    }
}
