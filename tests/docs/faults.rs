//! `docs/faults.md` lists every fault once, the tests that it names are there, and what breaks the code on purpose still fits it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::root;

/// How many faults there are.
const FAULTS: usize = 70;
/// What rows without a test may wait for: work that is still to come.
const SUBJECTS: &[&str] =
    &["several instances", "runbooks", "storms", "other senders", "analysis and export", "release"];

/// The rows by number: the whole line, and its last column.
fn rows() -> BTreeMap<usize, (String, String)> {
    let text = std::fs::read_to_string(root().join("docs/faults.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let columns: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let Ok(number) = columns[0].parse() else { continue };
        let last = columns.last().unwrap_or(&"").trim_end_matches('|').trim().to_owned();
        assert!(rows.insert(number, (line.to_owned(), last)).is_none(), "{number} is there twice");
    }
    rows
}

/// What stands between back quotes and names a test.
fn named(proof: &str) -> Vec<(&str, &str)> {
    proof.split('`').skip(1).step_by(2).filter_map(|name| name.split_once("::")).collect()
}

#[test]
fn every_fault_is_listed_once() {
    let rows = rows();
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=FAULTS).collect::<Vec<_>>());
    for (number, (line, _)) in rows {
        assert_eq!(line.matches(" | ").count(), 3, "{number} has four columns");
    }
}

#[test]
fn every_fault_has_its_test_or_says_what_it_waits_for() {
    for (number, (_, proof)) in rows() {
        let subjects = proof.split_once("waits for: ").map(|(_, subjects)| subjects);
        for subject in subjects.into_iter().flat_map(|subjects| subjects.split(", ")) {
            assert!(SUBJECTS.contains(&subject), "{number} waits for {subject:?}, which nobody plans");
        }
        let says = subjects.is_some() || proof.starts_with("does not apply: ");
        assert!(says || !named(&proof).is_empty(), "{number} has no test: {proof}");
    }
}

#[test]
fn every_test_that_is_named_is_there() {
    for (number, (_, proof)) in rows() {
        for (file, name) in named(&proof) {
            let text =
                std::fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{number}: {file}: {why}"));
            let is_it = match Path::new(file).extension().and_then(|ending| ending.to_str()) {
                Some("rs") => is_test(&text, name),
                _ => text.lines().any(|line| line.strip_prefix("# ") == Some(name)),
            };
            assert!(is_it, "{number}: {file} has no test {name}");
        }
    }
}

/// A function under a mark, or in a `proptest!`.
fn is_test(text: &str, name: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let mark = before.rfind("#[").map_or("", |at| &before[at..]);
    mark.contains("test") && !mark.contains('}') || mark.contains("ignore")
}

/// What `tests/mutate` would break is there to be broken; whether the tests then turn red takes hours, and is run by hand.
#[test]
fn every_deliberate_fault_still_fits_the_code() {
    let table = std::fs::read_to_string(root().join("tests/mutations.txt")).unwrap();
    let mut count = 0;
    for line in table.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [faults, file, text, _, arguments] = columns[..] else { panic!("five columns are wanted: {line}") };
        let known = |fault: &str| fault.parse().is_ok_and(|number: usize| (1..=FAULTS).contains(&number));
        assert!(faults.split(' ').all(known), "{faults}: numbers of faults");
        let code = std::fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"));
        let text = text.replace("\\\\n", "\u{0}").replace("\\n", "\n").replace('\u{0}', "\\n");
        assert_eq!(code.matches(&text).count(), 1, "{file}: {text:?}");
        assert!(["--test ", "--lib ", "--bin "].iter().any(|what| arguments.starts_with(what)), "{arguments}");
        count += 1;
    }
    assert!(count >= 30, "{count}");
}
