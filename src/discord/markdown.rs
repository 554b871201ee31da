//! Draws [`Text`] as Discord's markdown. Words of others show literally: they format, mention, link and embed nothing.
//!
//! Lengths are UTF-16 units, the strictest way to count that Discord may use.
//!
//! How words of others are made harmless, character by character ([`atoms`]):
//! - what may begin markup gets a backslash, which Discord takes as "literally" for all ASCII punctuation;
//! - `@` gets a zero-width space behind it: whether a backslash stops a mention is undocumented, a broken token always does;
//! - a plain `http(s)` address becomes `<address>`, which is a link to what it shows and unfurls nothing; any other scheme loses its
//!   colon's meaning to a backslash.

use crate::domain::id::{GuildId, Timestamp};
use crate::domain::text::{block, one_line};
use crate::words::{Piece, Text};

/// Longest label of a link, in characters.
const LABEL_MAX: usize = 80;
/// Longest address that is drawn as a link, in bytes: what a link button would take.
const URL_MAX: usize = 512;
/// Instants nearer than this are told by their time of day alone.
const TODAY_H: i64 = 12;

/// What drawing needs to know of the surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// Jump links name it.
    pub guild: GuildId,
    pub now: Timestamp,
}

/// At most `max` UTF-16 units. Words of others are cut first, the longest first; ours go whole, from the end, only where they
/// alone are too long.
pub fn draw(text: &Text, scene: Scene, max: usize) -> String {
    let mut parts: Vec<Part> = text.0.iter().map(|piece| part(piece, scene)).collect();
    while parts.iter().map(Part::fixed).sum::<usize>() > max {
        parts.pop();
    }
    let free = max - parts.iter().map(Part::fixed).sum::<usize>();
    let cap = fair_cap(parts.iter().map(Part::free).collect(), free);
    let mut page = Page::default();
    parts.iter().for_each(|part| page.put(part, cap));
    page.drawn
}

/// Plain words for a label, a title or a hint, which Discord shows as they are: one line of at most `max` UTF-16 units.
pub fn plain(words: &str, max: usize) -> String {
    let atoms = one_line(words, usize::MAX).chars().map(String::from).collect::<Vec<_>>();
    shorten(&atoms, max)
}

/// UTF-16 units of a text.
pub fn width(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Where a channel is, as an address.
pub fn channel_url(scene: Scene, channel: crate::domain::id::ChannelId) -> String {
    format!("https://discord.com/channels/{}/{channel}", scene.guild)
}

/// A drawn piece, before it is known how much of it there is room for.
enum Part {
    Ours(String),
    Break,
    Said {
        around: &'static str,
        atoms: Vec<String>,
    },
    /// Lines of its own.
    Quote {
        atoms: Vec<String>,
    },
}

fn part(piece: &Piece, scene: Scene) -> Part {
    match piece {
        Piece::Ours(text) => Part::Ours(text.clone()),
        Piece::Strong(text) => Part::Ours(format!("**{text}**")),
        Piece::Said(text) => Part::Said { around: "", atoms: atoms(&one_line(text, usize::MAX)) },
        Piece::SaidStrong(text) => Part::Said { around: "**", atoms: atoms(&one_line(text, usize::MAX)) },
        Piece::Quote(text) => Part::Quote { atoms: quoted(text) },
        Piece::Table(table) => Part::Ours(fenced(table)),
        Piece::User(user) => Part::Ours(format!("<@{user}>")),
        Piece::Role(role) => Part::Ours(format!("<@&{role}>")),
        Piece::Channel(channel) => Part::Ours(format!("<#{channel}>")),
        Piece::Jump { label, channel, message } => {
            Part::Ours(format!("[{label}](<{}/{message}>)", channel_url(scene, *channel)))
        }
        Piece::Link { label, url } => Part::Ours(link(label, url)),
        Piece::Ago(at) => Part::Ours(format!("<t:{}:R>", at.timestamp())),
        Piece::Clock(at) => Part::Ours(clock(*at, scene.now)),
        Piece::Line => Part::Break,
    }
}

/// Between fences nothing is markup but another fence.
fn fenced(table: &str) -> String {
    let lines = table.lines().map(|line| line.replace('`', "\u{2cb}").replace('@', "@\u{200b}"));
    format!("\n```\n{}\n```\n", lines.collect::<Vec<_>>().join("\n"))
}

fn clock(at: Timestamp, now: Timestamp) -> String {
    let style = if (now - at).num_hours().abs() < TODAY_H { 't' } else { 'f' };
    format!("<t:{}:{style}>", at.timestamp())
}

impl Part {
    /// What it takes whatever is cut.
    fn fixed(&self) -> usize {
        match self {
            Part::Ours(text) => width(text),
            Part::Break => 1,
            Part::Said { around, .. } => 2 * around.len(),
            // A new line and `> ` before it, a new line behind it.
            Part::Quote { .. } => 4,
        }
    }

    /// What of it can be cut.
    fn free(&self) -> usize {
        match self {
            Part::Ours(_) | Part::Break => 0,
            Part::Said { atoms, .. } | Part::Quote { atoms } => atoms.iter().map(|atom| width(atom)).sum(),
        }
    }
}

/// How long each may be at most, so that together they fit: those below it stay whole.
fn fair_cap(mut widths: Vec<usize>, free: usize) -> usize {
    widths.sort_unstable();
    let (mut left, mut count) = (free, widths.len());
    for width in widths {
        if width > left / count {
            return left / count;
        }
        left -= width;
        count -= 1;
    }
    usize::MAX
}

/// What is drawn so far.
#[derive(Default)]
struct Page {
    drawn: String,
    /// A quote has ended: whatever comes next starts a line.
    ended: bool,
}

impl Page {
    fn put(&mut self, part: &Part, cap: usize) {
        match part {
            Part::Break => {
                self.ended = false;
                self.drawn.push('\n');
            }
            Part::Ours(text) => self.words(text),
            Part::Said { around, atoms } => {
                let said = shorten(atoms, cap);
                if !said.is_empty() {
                    self.words(&format!("{around}{said}{around}"));
                }
            }
            Part::Quote { atoms } => {
                self.ended |= !self.drawn.is_empty() && !self.drawn.ends_with('\n');
                self.words(&format!("> {}", shorten(atoms, cap)));
                self.ended = true;
            }
        }
    }

    fn words(&mut self, words: &str) {
        if std::mem::take(&mut self.ended) {
            self.drawn.push('\n');
        }
        self.drawn.push_str(words);
    }
}

/// As many whole atoms as fit into `max`, with `…` where some did not.
fn shorten(atoms: &[String], max: usize) -> String {
    let total: usize = atoms.iter().map(|atom| width(atom)).sum();
    if total <= max {
        return atoms.concat();
    }
    let Some(room) = max.checked_sub(1) else { return String::new() };
    let mut used = 0;
    let fits = |atom: &&String| {
        used += width(atom);
        used <= room
    };
    let kept: String = atoms.iter().take_while(fits).map(String::as_str).collect();
    format!("{}…", kept.trim_end())
}

/// Several lines as quoted atoms.
fn quoted(said: &str) -> Vec<String> {
    let text = block(said, usize::MAX);
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            all.push("\n> ".to_owned());
        }
        all.extend(atoms(line));
    }
    all
}

/// One line of others' words as what must be drawn whole or not at all: escaped characters and addresses.
fn atoms(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = line;
    let mut starts = true;
    while let Some(c) = rest.chars().next() {
        let (atom, taken) = match address(rest) {
            Some(address) => (format!("<{address}>"), address.len()),
            None if starts && ordinal(rest).is_some() => ordinal(rest).unwrap_or_default(),
            None => (literal(c, rest, starts), c.len_utf8()),
        };
        starts &= c.is_whitespace();
        rest = &rest[taken..];
        all.push(atom);
    }
    all
}

/// `1.` at the start would number a list.
fn ordinal(line: &str) -> Option<(String, usize)> {
    let digits = line.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
    line[digits..].starts_with('.').then(|| (format!("{}\\.", &line[..digits]), digits + 1))
}

/// A character such that Discord shows it and nothing else.
fn literal(c: char, rest: &str, starts: bool) -> String {
    match c {
        '\\' | '*' | '_' | '~' | '|' | '`' | '<' | '[' | ']' => format!("\\{c}"),
        '#' | '-' | '>' if starts => format!("\\{c}"),
        ':' if opens(&rest[1..]) => "\\:".to_owned(),
        '@' => "@\u{200b}".to_owned(),
        c => c.to_string(),
    }
}

/// Whether a colon before this begins an address (`//…`) or an emoji (`name:`).
fn opens(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_+-~".contains(c));
    rest.starts_with('/') || name.len() < rest.len() && name.starts_with(':')
}

/// The plain web address at the start of the text, if one is there that shows honestly where it leads.
fn address(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let inside = |c: char| c.is_ascii_alphanumeric() || "-._~/?#!$&+,;=%:".contains(c);
    let end = text.find(|c: char| !inside(c)).unwrap_or(text.len());
    // `https://bank.example@evil.example` leads to the second.
    if text[end..].starts_with('@') {
        return None;
    }
    let address = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let host = address.get(scheme.len()..)?;
    (host.starts_with(|c: char| c.is_ascii_alphanumeric()) && address.len() <= URL_MAX).then_some(address)
}

/// `[label](<address>)`; only the label where the address is none of the web.
fn link(label: &str, url: &str) -> String {
    let label = shorten(&atoms(&one_line(label, usize::MAX)), LABEL_MAX);
    let url: String = url.trim().bytes().map(in_address).collect();
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web && !label.is_empty() && url.len() <= URL_MAX { format!("[{label}](<{url}>)") } else { label }
}

/// A byte of an address; what could end the link early, or mention somebody, is percent-encoded.
fn in_address(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte if b"-._~/?#!$&+,;=%:".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}
