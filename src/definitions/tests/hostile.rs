//! Files that nobody wrote in good faith: refused quickly, and no more is told than somebody reads.

use std::time::{Duration, Instant};

use super::*;

/// For all of them, also in a debug build on a busy machine. The bot does nothing else on this thread meanwhile.
const QUICK: Duration = Duration::from_secs(60);
/// Most problems that are told of one file.
const TOLD_MAX: usize = 40;
/// Long enough to tell what grows with the square of it.
const LONG: usize = 1 << 16;

fn full(one: &str) -> String {
    one.repeat(LONG / one.len())
}

fn refused(text: String) -> Vec<Problem> {
    let began = Instant::now();
    let problems = parse(&[source("f.yaml", &text)]).map(drop).unwrap_err();
    println!("{} bytes: {:?}", text.len(), began.elapsed());
    problems
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
    let began = Instant::now();
    for file in files {
        let problems = refused(file);
        assert!(problems.len() <= TOLD_MAX, "{} problems", problems.len());
    }
    assert!(began.elapsed() < QUICK, "{:?}", began.elapsed());
}

#[test]
fn every_element_of_a_list_that_is_wrong_is_told() {
    let text = "[{kind: settings, name: guild, spec: {a: 1}}, 7, {kind: contact, name: x, spec: {}}, \
                {kind: settings, name: other, spec: {}}]";
    insta::assert_debug_snapshot!(lines(&parse(&[source("f.yaml", text)]).unwrap_err()));
}
