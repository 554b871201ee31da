//! A tiny reader of Discord's markdown, stricter than Discord: whatever could be more than plain words is an error.

/// What somebody sees of a line in which nothing is ours; addresses in `<…>` are seen as they are.
///
/// # Errors
/// The construct that would not be shown literally.
pub fn visible(drawn: &str) -> Result<String, String> {
    let mut seen = String::new();
    let mut rest = drawn;
    starts_markup(drawn)?;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let (shown, taken) = match c {
            '\\' if after.starts_with(|c: char| c.is_ascii_punctuation() && c != '@') => (after[..1].to_owned(), 2),
            '<' => bracketed(rest)?,
            '@' if !after.starts_with('\u{200b}') => return Err(format!("a mention may begin at {rest:?}")),
            '@' => ("@".to_owned(), 1 + '\u{200b}'.len_utf8()),
            '`' | '*' | '_' | '~' | '|' | '[' | ']' => return Err(format!("markup begins at {rest:?}")),
            ':' if shortcode(after) => return Err(format!("an emoji at {rest:?}")),
            c if scheme(rest) => return Err(format!("a bare link at {c}{after:?}")),
            c => (c.to_string(), c.len_utf8()),
        };
        seen.push_str(&shown);
        rest = &rest[taken..];
    }
    Ok(seen)
}

/// Headings, small print, quotes, lists: what counts at the start of a line.
fn starts_markup(line: &str) -> Result<(), String> {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < line.len() && number.starts_with('.');
    if line.starts_with(['#', '>', '-', '*']) || numbered {
        Err(format!("{line:?} begins with markup"))
    } else {
        Ok(())
    }
}

/// The only thing in angle brackets that is what it shows: an address.
fn bracketed(text: &str) -> Result<(String, usize), String> {
    let refuse = || format!("a token at {text:?}");
    let (inside, _) = text[1..].split_once('>').ok_or_else(refuse)?;
    let web = inside.starts_with("http://") || inside.starts_with("https://");
    let harmless = web && !inside.contains([' ', '<', '@', '`', '*', '|', '[', ']', '(', ')']);
    if harmless { Ok((inside.to_owned(), inside.len() + 2)) } else { Err(refuse()) }
}

fn shortcode(after: &str) -> bool {
    let name = after.find(|c: char| !(c.is_ascii_alphanumeric() || "_+-~".contains(c)));
    name.is_some_and(|end| end > 0 && after[end..].starts_with(':'))
}

fn scheme(text: &str) -> bool {
    let word = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    word.len() < text.len() && word.starts_with("://")
}

#[test]
fn the_reader_sees_through_tricks() {
    for trick in [
        "<@200000000000000001>",
        "@everyone",
        "\\@everyone",
        "<@&1>",
        "<#1>",
        "<t:0:R>",
        "</cmd:1>",
        "<:a:1>",
        "<a:b:1>",
        "<id:home>",
        "`x`",
        "```x```",
        "**x**",
        "_x_",
        "~~x~~",
        "||x||",
        "[a](https://b)",
        "https://a.b",
        "steam://run/1",
        ":fire:",
        "# x",
        "-# x",
        "> x",
        ">>> x",
        "- x",
        "* x",
        "1. x",
        "<https://a@b>",
        "\\\\*x*",
    ] {
        assert!(visible(trick).is_err(), "{trick}");
    }
    for (plain, seen) in [("a \\*b\\* \\<c", "a *b* <c"), ("<https://a.b/c_d>", "https://a.b/c_d"), ("03:12", "03:12")]
    {
        assert_eq!(visible(plain), Ok(seen.to_owned()));
    }
}
