//! Text for people, in pieces: what is ours and what was said by others stay apart until a surface draws them.
//!
//! A surface (Discord, a mail, a terminal) decides how a piece looks; untrusted pieces ([`Piece::Said`]) are escaped there and
//! nowhere else, so that no alert can ping, break out of a block or fake a card.

use crate::domain::id::{ChannelId, MessageId, RoleId, Timestamp, UserId};

/// Most names in a row; more than that are counted.
const NAMES_MAX: usize = 6;

/// A text of pieces, drawn in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Our own words.
    Ours(String),
    /// Our own words, strong.
    Strong(String),
    /// Somebody else's words (alerts, people): shown as they are, whatever is in them, on one line.
    Said(String),
    /// Somebody else's words, strong.
    SaidStrong(String),
    /// Somebody else's words over several lines, set off so that none of them passes for ours. Starts and ends a line.
    Quote(String),
    /// Lines in letters of one width, as they are; starts and ends a line.
    Table(String),
    User(UserId),
    Role(RoleId),
    Channel(ChannelId),
    /// A jump link to a message.
    Jump {
        label: &'static str,
        channel: ChannelId,
        message: MessageId,
    },
    /// A link; only http and https addresses are drawn as links.
    Link {
        label: String,
        url: String,
    },
    /// An instant, as "in 5 minutes".
    Ago(Timestamp),
    /// An instant, as a time of day (with the date where it is not today).
    Clock(Timestamp),
    /// A new line.
    Line,
}

impl Text {
    pub fn new() -> Text {
        Text::default()
    }

    pub fn ours(mut self, words: impl Into<String>) -> Text {
        self.0.push(Piece::Ours(words.into()));
        self
    }

    pub fn strong(mut self, words: impl Into<String>) -> Text {
        self.0.push(Piece::Strong(words.into()));
        self
    }

    pub fn said(mut self, words: impl Into<String>) -> Text {
        self.0.push(Piece::Said(words.into()));
        self
    }

    pub fn said_strong(mut self, words: impl Into<String>) -> Text {
        self.0.push(Piece::SaidStrong(words.into()));
        self
    }

    /// Somebody else's words over several lines.
    pub fn quote(mut self, words: impl Into<String>) -> Text {
        self.0.push(Piece::Quote(words.into()));
        self
    }

    /// Names as one says them: "Ben", "Ben and Cleo", "Ben, Cleo and 3 more".
    pub fn names(self, names: &[String]) -> Text {
        let shown = if names.len() > NAMES_MAX { NAMES_MAX - 1 } else { names.len() };
        let left = names.len() - shown;
        let last = names.len().min(NAMES_MAX).saturating_sub(1);
        let between = |index: usize| match index {
            0 => "",
            index if index == last => " and ",
            _ => ", ",
        };
        let said = names[..shown].iter().enumerate();
        let text = said.fold(self, |text, (index, name)| text.glue(between(index)).said(name));
        if left > 0 { text.ours(format!(" and {left} more")) } else { text }
    }

    fn glue(self, words: &str) -> Text {
        if words.is_empty() { self } else { self.ours(words) }
    }

    pub fn user(mut self, user: UserId) -> Text {
        self.0.push(Piece::User(user));
        self
    }

    pub fn ago(self, at: Timestamp) -> Text {
        self.piece(Piece::Ago(at))
    }

    pub fn clock(self, at: Timestamp) -> Text {
        self.piece(Piece::Clock(at))
    }

    pub fn line(mut self) -> Text {
        self.0.push(Piece::Line);
        self
    }

    pub fn piece(mut self, piece: Piece) -> Text {
        self.0.push(piece);
        self
    }

    pub fn join(mut self, other: Text) -> Text {
        self.0.extend(other.0);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Without any mark-up, as a test, a log or a plain mail shows it: users and roles by id, instants in UTC.
    pub fn plain(&self) -> String {
        let mut plain = String::new();
        let mut ended = false;
        for piece in &self.0 {
            let quote = matches!(piece, Piece::Quote(_));
            let apart = ended || quote && !plain.is_empty() && !plain.ends_with('\n');
            if apart && *piece != Piece::Line {
                plain.push('\n');
            }
            plain.push_str(&piece.plain());
            ended = quote;
        }
        plain
    }
}

impl Piece {
    fn plain(&self) -> String {
        match self {
            Piece::Ours(text) | Piece::Strong(text) | Piece::Said(text) | Piece::SaidStrong(text) => text.clone(),
            Piece::Quote(text) => text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n"),
            Piece::Table(table) => format!("\n{}\n", table.trim_end()),
            Piece::User(user) => format!("@{user}"),
            Piece::Role(role) => format!("@&{role}"),
            Piece::Channel(channel) => format!("#{channel}"),
            Piece::Jump { label, .. } => (*label).to_owned(),
            Piece::Link { label, url } => format!("{label} ({url})"),
            Piece::Ago(at) | Piece::Clock(at) => at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            Piece::Line => "\n".to_owned(),
        }
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Text {
        Text::new().ours(words)
    }
}

impl From<String> for Text {
    fn from(words: String) -> Text {
        Text::new().ours(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_has_lines_of_its_own() {
        let text = Text::from("Ana:").quote("a\nb").ours("then").line().quote("c").line().ours("end");
        assert_eq!(text.plain(), "Ana:\n> a\n> b\nthen\n> c\nend");
    }

    #[test]
    fn names_are_said_as_one_says_them() {
        let check = |count: usize, said: &str| {
            let names: Vec<String> =
                ["A", "B", "C", "D", "E", "F", "G", "H"][..count].iter().map(|n| n.to_string()).collect();
            assert_eq!(Text::new().names(&names).plain(), said);
        };
        check(0, "");
        check(1, "A");
        check(2, "A and B");
        check(3, "A, B and C");
        check(6, "A, B, C, D, E and F");
        check(8, "A, B, C, D, E and 3 more");
    }
}
