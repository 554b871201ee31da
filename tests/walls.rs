//! The walls between the rooms of `src/`, and what every file keeps: read from the source text, so that no review has to.
//! Comments and the text of literals do not count. What a wall costs and why it stands is in the table; never run by hand.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// One room: which of our rooms it may use, and which words it must never mention.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

/// Words that no pure room may mention: what waits, what talks, what knows the time.
const PURE: &[&str] = &["async", "sqlx", "serenity", "axum", "tokio", "now("];
/// The rooms where the parts are put together.
const ALL: &[&str] = &["*"];

const ROOMS: &[Room] = &[
    Room {
        name: "domain",
        may_use: &[],
        never: &["async", "sqlx", "serenity", "axum", "tokio", "tracing", "rand", "now("],
    },
    Room { name: "definitions", may_use: &["domain"], never: PURE },
    Room { name: "alerts", may_use: &["domain"], never: PURE },
    Room { name: "words", may_use: &["domain"], never: PURE },
    Room { name: "export", may_use: &["domain", "words"], never: PURE },
    Room { name: "store", may_use: &["domain"], never: &["serenity", "axum", "Clock", "now("] },
    Room {
        name: "app",
        may_use: &["domain", "definitions", "alerts", "words", "export", "store", "clock"],
        never: &["sqlx", "serenity", "axum", "reqwest"],
    },
    Room { name: "discord", may_use: &["domain", "words", "app", "clock", "gauges"], never: &["sqlx"] },
    Room { name: "carriers", may_use: &["domain", "words", "app", "clock", "gauges"], never: &["sqlx", "serenity"] },
    Room { name: "runner", may_use: &["domain", "words", "app", "clock", "gauges"], never: &["sqlx", "serenity"] },
    Room { name: "http", may_use: &["app", "clock", "gauges"], never: &["sqlx", "serenity"] },
    // `step` and `decide` are the decisions: a loop asks `app`, which asks the domain.
    Room {
        name: "worker",
        may_use: &["domain", "app", "store", "clock", "gauges"],
        never: &["serenity", "sqlx", "step", "decide"],
    },
    Room { name: "gauges", may_use: &["domain"], never: &["sqlx", "serenity", "axum", "now("] },
    Room { name: "clock", may_use: ALL, never: &["sqlx", "serenity", "axum"] },
    Room { name: "config", may_use: ALL, never: &["sqlx", "serenity", "axum", "async"] },
    Room { name: "lib", may_use: ALL, never: &["fn"] },
    Room { name: "main", may_use: ALL, never: &["sqlx", "serenity", "axum"] },
    Room { name: "log", may_use: ALL, never: &["sqlx", "serenity", "axum"] },
    Room { name: "run", may_use: ALL, never: &["sqlx", "serenity", "axum"] },
    Room { name: "supervisor", may_use: ALL, never: &["sqlx", "serenity", "axum"] },
    Room { name: "cli", may_use: ALL, never: &["sqlx", "serenity", "axum"] },
];

/// What a file may mention all the same.
struct Exception {
    /// A file, or a folder with `/` at its end.
    path: &'static str,
    word: &'static str,
    #[expect(dead_code, reason = "it is for the person who wonders why")]
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        path: "src/store/dialect.rs",
        word: "now(",
        reason: "it measures how far the database's clock is ahead of this machine's",
    },
    Exception {
        path: "src/discord/rest/",
        word: "::now(",
        reason: "waits for Discord are counted by tokio's clock, which its tests stop; nothing of it is kept",
    },
    Exception {
        path: "src/discord/gateway.rs",
        word: "::now(",
        reason: "how long a connection lasts is counted by the machine's clock; nothing of it is kept",
    },
];

/// Longest file: what is longer has two ideas.
const LINES_MAX: usize = 700;

#[test]
fn every_room_keeps_its_walls() {
    let mut found = String::new();
    for file in sources("src") {
        for wrong in broken_walls(&file.path, &file.code) {
            writeln!(found, "{}{wrong}", file.path).unwrap();
        }
    }
    assert!(found.is_empty(), "walls are broken:\n{found}");
}

#[test]
fn every_file_is_tidy() {
    let mut found = String::new();
    let all = ["src", "tests", "examples", "benches", "playground", "build.rs"];
    for file in all.into_iter().flat_map(sources) {
        for wrong in untidy(&file) {
            writeln!(found, "{}{wrong}", file.path).unwrap();
        }
    }
    assert!(found.is_empty(), "files are untidy:\n{found}");
}

#[test]
fn only_the_clock_asks_what_time_it_is() {
    let mut found = String::new();
    for file in sources("src").iter().filter(|file| file.path != "src/clock.rs") {
        for at in places(&file.code, "::now(").filter(|_| !excepted(&file.path, "now(")) {
            writeln!(found, "{}:{}: ask the `Clock`", file.path, line(&file.code, at)).unwrap();
        }
    }
    assert!(found.is_empty(), "the time comes from clock.rs:\n{found}");
}

#[test]
fn only_config_reads_the_environment() {
    let mut found = String::new();
    for file in sources("src").iter().filter(|file| file.path != "src/config.rs") {
        for word in ["env::var", "env::vars", "env::var_os", "env::vars_os", "dotenvy"] {
            for at in places(&file.code, word) {
                writeln!(found, "{}:{}: {word}", file.path, line(&file.code, at)).unwrap();
            }
        }
    }
    assert!(found.is_empty(), "settings come from config.rs:\n{found}");
}

#[test]
fn the_playground_knows_nothing_of_the_bot() {
    for file in sources("playground") {
        assert_eq!(places(&file.code, "muster").count(), 0, "{} mentions the bot", file.path);
    }
    let manifest = fs::read_to_string(root().join("playground/Cargo.toml")).unwrap();
    let depends = manifest.lines().filter(|line| line.starts_with("muster") || line.contains("path ="));
    assert_eq!(depends.collect::<Vec<_>>(), Vec::<&str>::new(), "the playground depends on the bot");
}

/// A test that cannot fail is none: each kind of fault is found in made-up source.
#[test]
fn faults_are_found() {
    let cases: &[(&str, &str, &str)] = &[
        ("src/domain/a.rs", "use rand::Rng;", ":1: `domain` must not mention `rand`"),
        ("src/domain/a.rs", "fn random() { operand(7) }", ""),
        ("src/domain/a.rs", "// async\n/* tokio /* sqlx */ */ const A: &str = \"async tokio\";", ""),
        ("src/domain/a.rs", "const A: char = '\"';\nasync fn f() {}", ":2: `domain` must not mention `async`"),
        ("src/domain/a.rs", "fn f<'a>(a: &'a str) {}\nuse tokio::time;", ":2: `domain` must not mention `tokio`"),
        ("src/domain/a.rs", "const A: &str = r#\"a \" tokio\"#; use sqlx::A;", ":1: `domain` must not mention `sqlx`"),
        ("src/domain/a.rs", "let now = clock.now();", ":1: `domain` must not mention `now(`"),
        ("src/domain/a.rs", "fn f(now: Timestamp) { known(now) }", ""),
        ("src/discord/a.rs", "use crate::store::Store;", ":1: `discord` must not use `store`"),
        ("src/discord/a.rs", "use crate::{app, store::{self, wake}};", ":1: `discord` must not use `store`"),
        ("src/discord/a.rs", "use crate::{app::{App, Lane}, words};", ""),
        ("src/discord/a.rs", "use super::super::store::Store;", ":1: `discord` must not use `store`"),
        ("src/domain/incident/open.rs", "use super::alerts::one;", ""),
        ("src/worker/wake.rs", "incident::step(state);", ":1: `worker` must not mention `step`"),
        ("src/store/dialect.rs", "let t = SystemTime::now();", ""),
        ("src/store/wake.rs", "let t = SystemTime::now();", ":1: `store` must not mention `now(`"),
        ("src/attic/a.rs", "", ": there is no room `attic` in the table of walls"),
    ];
    for (path, text, expected) in cases {
        assert_eq!(broken_walls(path, &code(text)).join("\n"), *expected, "{path}: {text}");
    }
    let tidy: &[(&str, &str)] = &[
        ("//! Why.\nfn f() {}", ""),
        ("fn f() {}", ":1: a file begins with `//!`: what it does and what it never does"),
        ("//! Why.\n#[allow(dead_code)]\nfn f() {}", ":2: write #[expect(lint, reason = \"…\")]"),
        ("//! Why.\n#![allow(dead_code, reason = \"shared\")]", ""),
        ("//! Why.\n// #[allow(dead_code)]", ""),
    ];
    for (text, expected) in tidy {
        let file = File { path: String::new(), text: (*text).to_owned(), code: code(text) };
        assert_eq!(untidy(&file).join("\n"), *expected, "{text}");
    }
    let long = "//! Why.\n".repeat(LINES_MAX + 1);
    let file = File { path: String::new(), code: code(&long), text: long };
    assert_eq!(untidy(&file), [": 701 lines: at most 700"]);
}

/// What is wrong with a file of `src/`: `:line: what`.
fn broken_walls(path: &str, code: &str) -> Vec<String> {
    let inside: Vec<&str> = path.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    let Some(room) = ROOMS.iter().find(|room| room.name == inside[0]) else {
        return vec![format!(": there is no room `{}` in the table of walls", inside[0])];
    };
    let depth = inside.iter().filter(|part| **part != "mod").count();
    let mut found = Vec::new();
    for word in room.never.iter().filter(|word| !excepted(path, word)) {
        let wrong = |at| format!(":{}: `{}` must not mention `{word}`", line(code, at), room.name);
        found.extend(places(code, word).map(wrong));
    }
    if room.may_use != ALL {
        let allowed = |used: &str| used == room.name || room.may_use.contains(&used);
        let strangers = used_rooms(code, depth).into_iter().filter(|(_, used)| !allowed(used));
        found.extend(strangers.map(|(at, used)| format!(":{}: `{}` must not use `{used}`", line(code, at), room.name)));
    }
    found
}

/// The rooms that are used by `crate::room`, `crate::{room, …}`, or by as many `super::` as lead out of the room.
fn used_rooms(code: &str, depth: usize) -> Vec<(usize, &str)> {
    let mut used = Vec::new();
    for at in places(code, "crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => used.extend(firsts(group).into_iter().map(|name| (at, name))),
            None => used.push((at, word(rest))),
        }
    }
    let out = "super::".repeat(depth);
    let is_room = |name: &str| ROOMS.iter().any(|room| room.name == name);
    let outside = places(code, &out).map(|at| (at, word(&code[at + out.len()..])));
    used.extend(outside.filter(|(_, name)| is_room(name)));
    used
}

/// The first word of each member of `a::b, c::{d, e}}`, up to the bracket that ends it.
fn firsts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(word(group[start..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(word(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn untidy(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    if !file.text.starts_with("//!") {
        found.push(":1: a file begins with `//!`: what it does and what it never does".to_owned());
    }
    let lines = file.text.lines().count();
    if lines > LINES_MAX {
        found.push(format!(": {lines} lines: at most {LINES_MAX}"));
    }
    for at in places(&file.code, "allow(") {
        let attribute = file.code[..at].trim_end().ends_with(['[']);
        let arguments = file.code[at..].split(']').next().unwrap_or_default();
        if attribute && places(arguments, "reason").next().is_none() {
            found.push(format!(":{}: write #[expect(lint, reason = \"…\")]", line(&file.code, at)));
        }
    }
    found
}

fn excepted(path: &str, word: &str) -> bool {
    let here = |exception: &Exception| match exception.path.ends_with('/') {
        true => path.starts_with(exception.path),
        false => path == exception.path,
    };
    EXCEPTIONS.iter().any(|exception| exception.word.ends_with(word) && here(exception))
}

/// Where a word stands in code, not as a part of a longer word.
fn places<'a>(code: &'a str, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = move |at: usize| {
        let before = code[..at].chars().next_back().is_some_and(is_word);
        let after = code[at + wanted.len()..].chars().next().is_some_and(is_word);
        let begins = wanted.starts_with(is_word);
        let ends = wanted.ends_with(is_word);
        !(begins && before || ends && after)
    };
    code.match_indices(wanted).map(|(at, _)| at).filter(move |at| whole(*at))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(text: &str) -> &str {
    text.split(|c| !is_word(c)).next().unwrap_or_default()
}

fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

struct File {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
    code: String,
}

/// All Rust files of a folder, or the one file.
fn sources(of: &str) -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root().join(of), &mut paths);
    paths.sort();
    paths.into_iter().map(|path| read(&path)).collect()
}

fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| walk(&entry.unwrap().path(), found));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

fn read(path: &Path) -> File {
    let text = fs::read_to_string(path).unwrap();
    let inside = path.strip_prefix(root()).unwrap();
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    File { path: parts.join("/"), code: code(&text), text }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text without comments and without what literals say; every line stays where it is.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let skipped = skipped(rest, code.chars().next_back());
        let taken = skipped.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
        match skipped {
            Some(_) => code.extend(rest[..taken].chars().filter(|c| *c == '\n')),
            None => code.push_str(&rest[..taken]),
        }
        rest = &rest[taken..];
    }
    code
}

/// The bytes of a comment or literal that the text begins with.
fn skipped(text: &str, before: Option<char>) -> Option<usize> {
    let inside_word = before.is_some_and(is_word);
    match text.as_bytes()[0] {
        b'/' if text.starts_with("//") => Some(text.find('\n').unwrap_or(text.len())),
        b'/' if text.starts_with("/*") => Some(block_comment(text)),
        b'r' | b'b' | b'c' if !inside_word => raw_text(text),
        b'"' => Some(quoted(text, '"')),
        b'\'' => character(text),
        _ => None,
    }
}

fn block_comment(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
            [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#`, `br"…"` and their like. None: a plain word, or a raw identifier.
fn raw_text(text: &str) -> Option<usize> {
    let start = text.find('r').filter(|at| *at <= 1)? + 1;
    let hashes = text[start..].bytes().take_while(|b| *b == b'#').count();
    let body = text[start + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(start + hashes + 1 + length)
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `'a'` or `'\n'`. None: a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    let (at, second) = chars.next()?;
    match (first, second) {
        ('\\', _) => Some(quoted(text, '\'')),
        (_, '\'') => Some(at + 1),
        _ => None,
    }
}
