//! Files that nobody wrote in good faith: refused quickly, and no more is told than somebody reads.

use std::sync::mpsc;
use std::time::Duration;

use super::*;

/// For one file, also in a debug build on a busy machine. The bot does nothing else on this thread meanwhile.
const QUICK: Duration = Duration::from_secs(60);
/// Most problems that are told of one file.
const TOLD_MAX: usize = 40;
/// Long enough to tell what grows with the square of it.
const LONG: usize = 1 << 16;

fn full(one: &str) -> String {
    one.repeat(LONG / one.len())
}

/// What is said about a file, within the time.
fn refused(text: String) -> Vec<Problem> {
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || told.send(parse(&[source("f.yaml", &text)]).map(drop).unwrap_err()));
    heard.recv_timeout(QUICK).expect("it takes too long")
}

#[test]
fn hostile_files_are_refused_quickly() {
    let many = |alias: &str| format!("{alias},").repeat(100);
    let bomb = format!(
        "a: &a [{}]\nb: &b [{}]\nc: &c [{}]\nkind: settings\nname: guild\nspec: *c\n",
        many("x"),
        many("*a"),
        many("*b")
    );
    let nested = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>();
    let files = [
        format!("[{}]", full("{kind: settings, name: guild, spec: {}},")),
        format!("[{}]", full("{kind: settings, name: guild, spec: {a: 1}},")),
        format!("[{}]", full("x,")),
        full("---\nx\n"),
        full(&format!("---\n{bomb}")),
        nested,
        full("- ").trim_end().to_owned(),
        "[".repeat(LONG),
        full("{a: "),
    ];
    for file in files {
        let problems = refused(file);
        assert!(problems.len() <= TOLD_MAX, "{} problems", problems.len());
    }
}

#[test]
fn every_element_of_a_list_that_is_wrong_is_told() {
    let text = "[{kind: settings, name: guild, spec: {a: 1}}, 7, {kind: contact, name: x, spec: {}}, \
                {kind: settings, name: other, spec: {}}]";
    insta::assert_debug_snapshot!(lines(&parse(&[source("f.yaml", text)]).unwrap_err()));
}
