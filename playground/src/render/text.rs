//! Discord's text as a reader sees it: mentions by name, times in words, markdown as emphasis, lines broken to a width.
//! Never looks up anything but names.

use crate::state::State;
use chrono::{DateTime, Utc};

/// Marks the begin and end of emphasis until the lines are broken; no width, never in Discord's text.
pub(super) const BOLD: char = '\u{1}';
pub(super) const PLAIN: char = '\u{2}';

/// Text with names, times and emphasis in place.
pub(super) fn readable(state: &State, text: &str, now: DateTime<Utc>) -> String {
    text.lines().map(|line| emphasis(&names(state, line, now))).collect::<Vec<_>>().join("\n")
}

/// Replaces everything Discord writes in angle brackets.
fn names(state: &State, line: &str, now: DateTime<Utc>) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let inside =
            rest[start + 1..].split_once('>').and_then(|(inside, after)| Some((bracket(state, inside, now)?, after)));
        match inside {
            Some((text, after)) => {
                out.push_str(&text);
                rest = after;
            }
            None => {
                out.push('<');
                rest = &rest[start + 1..];
            }
        }
    }
    out + rest
}

fn bracket(state: &State, inside: &str, now: DateTime<Utc>) -> Option<String> {
    if let Some(role) = inside.strip_prefix("@&") {
        let id = role.parse().ok()?;
        let role = state.guilds.values().find_map(|guild| guild.roles.get(&id));
        return Some(format!("@{}", role.map_or("deleted-role", |role| role.name.trim_start_matches('@'))));
    }
    if let Some(user) = inside.strip_prefix('@') {
        let id = user.trim_start_matches('!').parse().ok()?;
        return Some(format!("@{}", state.users.get(&id).map_or("unknown-user", |user| &user.name)));
    }
    if let Some(channel) = inside.strip_prefix('#') {
        let id = channel.parse().ok()?;
        return Some(format!("#{}", state.channels.get(&id).map_or("unknown", |channel| &channel.name)));
    }
    if let Some(time) = inside.strip_prefix("t:") {
        return moment(time, now);
    }
    match inside.split(':').collect::<Vec<_>>()[..] {
        [command, id] if command.starts_with('/') && id.parse::<u64>().is_ok() => Some(command.to_owned()),
        ["" | "a", name, id] if id.parse::<u64>().is_ok() => Some(format!(":{name}:")),
        _ => None,
    }
}

/// `1700000000` or `1700000000:R`.
fn moment(text: &str, now: DateTime<Utc>) -> Option<String> {
    let (seconds, style) = text.split_once(':').unwrap_or((text, "f"));
    let at = DateTime::from_timestamp(seconds.parse().ok()?, 0)?;
    let pattern = match style {
        "R" => return Some(relative((at - now).num_seconds())),
        "t" => "%H:%M",
        "T" => "%H:%M:%S",
        "d" => "%d/%m/%Y",
        "D" => "%-d %B %Y",
        "f" => "%-d %B %Y %H:%M",
        "F" => "%A, %-d %B %Y %H:%M",
        _ => return None,
    };
    Some(at.format(pattern).to_string())
}

/// Seconds from now, in words as clients write them.
fn relative(seconds: i64) -> String {
    let amount = seconds.unsigned_abs();
    let (count, unit) = match amount {
        0..60 => (amount, "second"),
        60..3570 => ((amount + 30) / 60, "minute"),
        3570..84_600 => ((amount + 1800) / 3600, "hour"),
        84_600..2_592_000 => ((amount + 43_200) / 86_400, "day"),
        2_592_000..31_536_000 => (amount / 2_592_000, "month"),
        _ => (amount / 31_536_000, "year"),
    };
    let words = match (count, unit) {
        (1, "hour") => "an hour".to_owned(),
        (1, unit) => format!("a {unit}"),
        (count, unit) => format!("{count} {unit}s"),
    };
    if seconds > 0 { format!("in {words}") } else { format!("{words} ago") }
}

/// Bold and headings become emphasis; links keep their text; backslashes go.
fn emphasis(line: &str) -> String {
    let (line, heading) = match line.trim_start_matches('#') {
        rest if rest.len() < line.len() && line.len() - rest.len() <= 3 && rest.starts_with(' ') => {
            (rest.trim_start(), true)
        }
        _ => (line.strip_prefix("-# ").unwrap_or(line), false),
    };
    let line = line.strip_prefix("> ").map_or_else(|| line.to_owned(), |quoted| format!("│ {quoted}"));
    let text = unescaped(&links(&bold(&line)));
    if heading { format!("{BOLD}{text}{PLAIN}") } else { text }
}

fn bold(line: &str) -> String {
    let parts: Vec<&str> = line.split("**").collect();
    if parts.len() < 3 {
        return line.to_owned();
    }
    let paired = parts.len() - (parts.len() + 1) % 2;
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        match at {
            0 => {}
            at if at >= paired => out.push_str("**"),
            at if at % 2 == 1 => out.push(BOLD),
            _ => out.push(PLAIN),
        }
        out.push_str(part);
    }
    out
}

/// `[text](https://…)` shows as its text, also where `<…>` around the address keeps its preview away.
fn links(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let link = after.split_once("](").and_then(|(text, tail)| Some((text, tail.split_once(')')?)));
        match link {
            Some((text, (url, tail))) if url.trim_start_matches('<').starts_with("http") && !text.contains('[') => {
                out.push_str(text);
                rest = tail;
            }
            _ => {
                out.push('[');
                rest = after;
            }
        }
    }
    out + rest
}

fn unescaped(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => {}
            _ => out.push(c),
        }
    }
    out
}

/// How many columns a text takes: emoji two, marks and colours none.
pub(super) fn columns(text: &str) -> usize {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default();
    let coloured = parts.map(|part| part.split_once('m').map_or(part, |(_, after)| after));
    std::iter::once(first).chain(coloured).flat_map(str::chars).map(width).sum()
}

fn width(c: char) -> usize {
    match c {
        BOLD | PLAIN | '\u{200d}' | '\u{fe0f}' => 0,
        '\u{1f300}'..='\u{1faff}'
        | '\u{2705}'
        | '\u{274c}'
        | '\u{2728}'
        | '\u{23f0}'
        | '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{9fff}' => 2,
        '\u{ac00}'..='\u{d7a3}' | '\u{ff00}'..='\u{ff60}' => 2,
        _ => 1,
    }
}

/// Breaks text into lines of at most so many columns; emphasis is closed and reopened at the break.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ').flat_map(|word| chunks(word, limit)) {
            let gap = usize::from(!line.is_empty());
            if columns(&line) + gap + columns(&word) > limit && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            } else if gap == 1 {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    close_emphasis(&mut lines);
    lines
}

fn chunks(word: &str, limit: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    for c in word.chars() {
        let last = out.last_mut().expect("never empty");
        if columns(last) + width(c) > limit {
            out.push(c.to_string());
        } else {
            last.push(c);
        }
    }
    out
}

fn close_emphasis(lines: &mut [String]) {
    let mut open = false;
    for line in lines {
        if open {
            line.insert(0, BOLD);
        }
        open = line.rfind(BOLD) > line.rfind(PLAIN);
        if open {
            line.push(PLAIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::World;

    #[test]
    fn text_reads_as_a_client_shows_it() {
        let state = World::sample().build().unwrap();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        for (written, read) in [
            ("<@900000000000000010> <@!900000000000000011> <@&900000000000000020>", "@Ana @Ben @oncall"),
            ("<#900000000000000031> <#5> <@5>", "#alerts #unknown @unknown-user"),
            ("<t:1700000300:R> <t:1699999970:R> <t:1700003600:R>", "in 5 minutes 30 seconds ago in an hour"),
            ("<t:1700000000:t> </incident new:77> <:ok:88> 1 < 2 <b>", "22:13 /incident new :ok: 1 < 2 <b>"),
            ("**bold** and **open", "\u{1}bold\u{2} and **open"),
            ("## Head", "\u{1}Head\u{2}"),
            ("[text](https://x.y/z) [no](link) \\*plain\\*", "text [no](link) *plain*"),
            ("[quiet](<https://x.y/z>)", "quiet"),
            ("> quoted", "│ quoted"),
        ] {
            assert_eq!(readable(&state, written, now), read, "{written}");
        }
    }

    #[test]
    fn lines_break_at_words_and_emphasis_with_them() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("\u{1}aa bb\u{2} c", 2), ["\u{1}aa\u{2}", "\u{1}bb\u{2}", "c"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
    }
}
