//! Incidents from outside their room: announcements, lists, the timeline as a whole.

use super::text::{Piece, Text};
use super::timeline::entry;
use crate::domain::id::{ChannelId, Timestamp, UserId};
use crate::domain::impact::Impact;
use crate::domain::incident::Status;
use crate::domain::timeline::{Event, Fact};

/// Most incidents in one list: their links and our own words then leave room for titles in a message.
const LIST_MAX: usize = 12;
/// What a private answer holds, in characters, with room for the words around it.
const ANSWER_ROOM: usize = 3_700;
/// How much of somebody's words counts when events are fitted into a message; the rest may be cut.
const SAID_ROOM: usize = 60;
/// A mention, an instant, a link: more than any of them takes.
const TOKEN_ROOM: usize = 26;

/// What an announcement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    pub number: i64,
    pub title: String,
    pub impact: Impact,
    pub private: bool,
    pub drill: bool,
    /// Where it is worked on, where that is known.
    pub room: Option<ChannelId>,
}

/// What the announcement channels hear of an event. Of a private incident only that it needs somebody, or no longer does.
pub fn announcement(head: &Headline, event: &Event) -> Text {
    let drill = Text::from(if head.drill { "DRILL · " } else { "" });
    let over = match event.fact {
        Fact::StatusChanged { new, .. } => new.over(),
        Fact::DuplicateOf { .. } => true,
        _ => false,
    };
    let number = Text::new().strong(format!("INC-{}", head.number));
    if head.private {
        return drill.join(number).ours(if over { " is over." } else { " needs somebody." });
    }
    let text = drill.join(number).ours(" · ").strong(head.impact.word()).ours(" · ").said(&head.title);
    let text = match head.room {
        Some(room) => text.ours(" · ").piece(Piece::Channel(room)),
        None => text,
    };
    text.line().join(entry(event))
}

/// All alerts have recovered: shall it be resolved? A button stands below.
pub fn suggest_resolve(number: i64, event: &Event) -> Text {
    entry(event).ours(format!(" Is INC-{number} over?"))
}

/// One incident in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    pub number: i64,
    pub impact: Impact,
    pub status: Status,
    pub title: String,
    pub drill: bool,
    pub lead: Option<UserId>,
    pub opened_at: Timestamp,
    /// Somebody is being paged and nobody has acknowledged.
    pub unanswered: bool,
    pub room: Option<ChannelId>,
}

/// Incidents, one a line; `left`: how many more there are. What is not shown is counted.
pub fn list(rows: &[ListRow], left: usize) -> Text {
    if rows.is_empty() {
        return Text::from("No such incident. To open one: `/incident new`.");
    }
    let shown = rows.iter().take(LIST_MAX).enumerate();
    let text = shown.fold(Text::new(), |text, (index, row)| {
        let text = if index == 0 { text } else { text.line() };
        text.join(list_row(row))
    });
    match left + rows.len().saturating_sub(LIST_MAX) {
        0 => text,
        left => text.line().ours(format!("and {left} more: narrow it with `status`, `impact`, `plan` or `since`.")),
    }
}

fn list_row(row: &ListRow) -> Text {
    let drill = if row.drill { "DRILL · " } else { "" };
    let text = Text::from(drill).strong(format!("INC-{}", row.number)).ours(format!(" · {} · ", row.impact.word()));
    let text = text.said(&row.title).ours(format!(" · {}", row.status.word()));
    let text = match (row.lead, row.unanswered) {
        (Some(lead), _) => text.ours(" · ").user(lead),
        (None, true) => text.ours(" · ").strong("unanswered"),
        (None, false) => text,
    };
    let text = text.ours(" · ").ago(row.opened_at);
    match row.room {
        Some(room) => text.ours(" · ").piece(Piece::Channel(room)),
        None => text,
    }
}

/// The timeline, oldest first; of a long one the newest events, as many as an answer holds.
pub fn history(number: i64, events: &[Event]) -> Text {
    let told: Vec<Text> = events.iter().map(|event| Text::new().clock(event.at).ours(" ").join(entry(event))).collect();
    let mut room = ANSWER_ROOM;
    let fits = |text: &&Text| {
        let left = room.checked_sub(weight(text));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let shown = told.iter().rev().take_while(fits).count();
    let head = match told.len() - shown {
        0 => format!("INC-{number}"),
        earlier => format!("INC-{number}, the latest {shown} events; {earlier} before"),
    };
    let newest = told.into_iter().skip(events.len() - shown);
    newest.fold(Text::new().strong(head), |text, told| text.line().join(told))
}

/// About how many characters a text takes at least.
fn weight(text: &Text) -> usize {
    let of = |piece: &Piece| match piece {
        Piece::Ours(words) | Piece::Strong(words) => words.chars().count() + 4,
        Piece::Said(words) | Piece::SaidStrong(words) | Piece::Quote(words) => words.chars().count().min(SAID_ROOM) + 6,
        Piece::Table(table) => table.chars().count() + 10,
        Piece::Jump { .. } | Piece::Link { .. } => 6 * TOKEN_ROOM,
        Piece::User(_) | Piece::Role(_) | Piece::Channel(_) | Piece::Ago(_) | Piece::Clock(_) | Piece::Line => {
            TOKEN_ROOM
        }
    };
    text.0.iter().map(of).sum()
}
