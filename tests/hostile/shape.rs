//! What Discord would make of a text: every construct in it, in order, and none of the words. Stricter than Discord: what could be
//! markup is taken for it. <https://discord.com/developers/docs/reference#message-formatting>

/// Every construct of a text.
pub fn of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut quoted = false;
    for line in text.split('\n') {
        let inside = line.strip_prefix("> ").unwrap_or(line);
        let quote = inside.len() < line.len();
        if quote && !quoted {
            found.push("quote".to_owned());
        }
        quoted = quote;
        found.extend(begins(inside.trim_start()).map(str::to_owned));
        inline(inside, &mut found);
    }
    found
}

/// What counts at the start of a line.
fn begins(line: &str) -> Option<&'static str> {
    let marks = ["# ", "## ", "### ", "-# ", "- ", "* ", "+ ", ">>> ", "> "];
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < line.len() && number.starts_with(". ");
    marks.into_iter().find(|mark| line.starts_with(mark)).or(numbered.then_some("1. "))
}

fn inline(line: &str, found: &mut Vec<String>) {
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' if rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) => 2,
            _ => match construct(rest) {
                Some((kind, taken)) => {
                    found.extend(kind);
                    taken
                }
                None => c.len_utf8(),
            },
        };
        rest = &rest[taken..];
    }
}

/// The construct that begins here, and how much of the text it takes; an address that shows itself is none.
fn construct(rest: &str) -> Option<(Option<String>, usize)> {
    if let Some((inside, _)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        let taken = inside.len() + 2;
        if inside.starts_with("http://") || inside.starts_with("https://") {
            return Some((None, taken));
        }
        if let Some(kind) = token(inside) {
            return Some((Some(kind), taken));
        }
    }
    if let Some(after) = rest.strip_prefix("](") {
        return Some((Some("](".to_owned()), 2 + after.find(')').map_or(0, |end| end + 1)));
    }
    let marks = ["@everyone", "@here", "```", "`", "***", "**", "*", "__", "_", "~~", "||", "[", "http://", "https://"];
    let mark = marks.into_iter().find(|mark| rest.starts_with(mark))?;
    Some((Some(mark.to_owned()), mark.len()))
}

/// What stands in angle brackets; people and roles by name, for it matters who they are.
fn token(inside: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let after = |mark: &str| inside.strip_prefix(mark);
    if after("@").is_some_and(|id| digits(id.trim_start_matches(['!', '&']))) {
        return Some(format!("<{inside}>"));
    }
    if after("#").is_some_and(digits) {
        return Some("<#>".to_owned());
    }
    let kinds = [("t:", "<t>"), (":", "<emoji>"), ("a:", "<emoji>"), ("/", "<command>"), ("id:", "<id>")];
    kinds.into_iter().find(|(mark, _)| inside.starts_with(mark)).map(|(_, kind)| kind.to_owned())
}

/// Whether all of `some` is in `all`, in order.
pub fn within(some: &[String], all: &[String]) -> bool {
    let mut all = all.iter();
    some.iter().all(|one| all.any(|other| other == one))
}

#[test]
fn constructs_are_found() {
    let rows: &[(&str, &[&str])] = &[
        ("plain words, 1 < 2 and a_b is \\*not\\* it", &["_"]),
        ("**a** <@12> <@&13> <#14> <t:0:R>", &["**", "**", "<@12>", "<@&13>", "<#>", "<t>"]),
        ("[ok](https://evil.example) <https://shown.example/a_b>", &["[", "]("]),
        ("> a\n> b\n# c\n1. d\n>>> e", &["quote", "# ", "1. ", ">>> "]),
        (
            "</ack:1> <:x:1> <a:x:1> <id:home> ||s|| ```",
            &["<command>", "<emoji>", "<emoji>", "<id>", "||", "||", "```"],
        ),
        ("@everyone \\<@12\\> https://a.b", &["@everyone", "https://"]),
    ];
    for (text, shape) in rows {
        assert_eq!(of(text), *shape, "{text}");
    }
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(within(&words("a c"), &words("a b c")) && !within(&words("c a"), &words("a b c")));
}
