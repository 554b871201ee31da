//! Text from outside, made harmless to show and to compare: no control, bidi or zero-width characters, bounded.

/// Whether a character is shown as nothing, or changes how others are shown (Trojan Source): these never pass.
pub fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// One line: white space folded, invisible and control characters dropped, at most `max` characters (cut with `…`).
pub fn one_line(text: &str, max: usize) -> String {
    let shown = |c: &char| !invisible(*c) && (!c.is_control() || c.is_whitespace());
    let kept: String = text.chars().filter(shown).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    cut(&words.join(" "), max)
}

/// Several lines: as `one_line`, but line breaks stay.
pub fn block(text: &str, max: usize) -> String {
    let shown = |c: &char| *c == '\n' || *c == '\t' || (!c.is_control() && !invisible(*c));
    let kept: String = text.chars().filter(shown).collect();
    cut(kept.trim(), max)
}

/// At most `max` characters, the last one `…` where something was cut.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_shown_as_what_it_is() {
        let rows = [("a\u{202e}b\u{200b}c", "abc"), ("a\n\n b\tc", "a b c"), ("  x\u{0}y ", "xy"), ("\u{e0041}z", "z")];
        for (text, shown) in rows {
            assert_eq!(one_line(text, 100), shown);
        }
        assert_eq!(block("a\r\nb\u{202e}\n", 100), "a\nb");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
