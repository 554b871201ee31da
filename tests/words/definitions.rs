//! Changes of set-up as they are shown before and after, on a phone: short lines, the dangerous first, the rest counted.

use std::fmt::Write;

use muster::app::reply::Say;
use muster::discord::draw::{CONTENT_MAX, reply};
use muster::words::Text;
use muster::words::definition::{self, Change, Field, Mark, Past, Remark};

use super::samples::{BEN, at, scene};
use super::screen::screen;

fn field(path: &str, old: Option<&str>, new: Option<&str>) -> Field {
    Field { path: path.to_owned(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

fn change(mark: Mark, what: &str, fields: Vec<Field>) -> Change {
    Change { mark, what: what.to_owned(), fields }
}

fn warning() -> Remark {
    Remark {
        line: Some(24),
        of: Some("contact ana".to_owned()),
        field: "channels[2].url_env".to_owned(),
        what: "`MUSTER_SECRET_ANA_PHONE` is not set here: what needs it fails at once".to_owned(),
        right: Some("set it in the environment, or as a file in MUSTER_SECRETS_DIR".to_owned()),
    }
}

fn problem(line: usize) -> Remark {
    Remark {
        line: Some(line),
        of: Some("contact dora".to_owned()),
        field: "display_nam".to_owned(),
        what: "unknown field `display_nam`".to_owned(),
        right: Some("did you mean `display_name`?".to_owned()),
    }
}

fn some() -> Vec<Change> {
    let fields = vec![
        field("incident.impact", Some("2"), Some("4")),
        field(
            "links[0]",
            None,
            Some("{\"title\":\"Board\",\"url\":\"https://grafana.example.org/d/x?from=now-1h&to=now\"}"),
        ),
        field("update_every", Some("30m"), None),
        field("incident.title", Some("**@everyone** `x`"), Some("<@&900000000000000101> ||spoiler||")),
    ];
    vec![
        change(Mark::Removed, "runbook first-response", vec![]),
        change(Mark::Changed, "response_plan payments-outage", fields),
        change(Mark::Added, "contact dora", vec![]),
    ]
}

fn past(number: i64, mark: Option<Mark>, fields: Vec<Field>) -> Past {
    Past { number, at: at(-60 * number), by: (number > 1).then_some(BEN), via: "chat".to_owned(), mark, fields }
}

#[test]
fn set_up_reads_well_on_a_phone() {
    let overtaken = [("contact dora".to_owned(), Some(BEN)), ("runbook x".to_owned(), None)];
    let history = [
        past(4, Some(Mark::Removed), vec![]),
        past(3, None, vec![]),
        past(2, Some(Mark::Changed), vec![field("stages[0].duration", Some("0s"), Some("2m")); 5]),
        past(1, Some(Mark::Added), vec![]),
    ];
    let rows: Vec<(&str, Text)> = vec![
        ("a change", definition::proposal(&some(), &[warning()], &[], false).0),
        ("overtaken", definition::proposal(&some()[2..], &[], &overtaken, false).0),
        ("shown again", definition::proposal(&some()[..1], &[], &[], true).0),
        ("in force", definition::applied(7, [1, 2, 0])),
        ("nothing", definition::nothing(&[warning()]).0),
        ("one thing is wrong", definition::wrong(&[problem(7)]).0),
        ("two things are wrong", definition::wrong(&[problem(7), problem(12)]).0),
        ("history", definition::history("contact dora", &history)),
        ("exported", definition::exported(10)),
        ("nothing to export", definition::nothing_to_export()),
        ("too long", definition::too_long_to_edit("runbook db", 4_000)),
        ("not fetched", definition::not_fetched("te**am**.yaml", "is not text. Send YAML or JSON, as UTF-8.")),
    ];
    let mut said = String::new();
    for (what, text) in rows {
        let drawn = reply(&Say { text, controls: Vec::new() }, scene());
        writeln!(said, "== {what}\n{}", screen(&drawn)).unwrap();
    }
    insta::assert_snapshot!("definitions", said);
}

#[test]
fn what_does_not_fit_is_counted() {
    let many: Vec<Change> = (0..300).map(|n| change(Mark::Added, &format!("contact person-{n}"), vec![])).collect();
    let (text, left) = definition::proposal(&many, &[warning()], &[], false);
    let shown = text.plain().lines().filter(|line| line.starts_with("add ")).count();
    assert!(text.plain().ends_with(&format!("and {left} more lines")) && shown > 20, "{}", text.plain());
    assert_eq!(shown + left, 302, "every change, the heading of the warnings and the warning");

    let fields = vec![field("x", Some("*".repeat(500).as_str()), Some("_".repeat(500).as_str())); 40];
    let (text, _) = definition::proposal(&[change(Mark::Changed, "contact ana", fields)], &[], &[], false);
    assert!(text.plain().contains("and 28 more fields") || text.plain().contains("more lines"), "{}", text.plain());

    let (text, left) = definition::wrong(&(1..100).map(problem).collect::<Vec<_>>());
    assert!(left > 50 && text.plain().contains("99 things are wrong"));
    let body = reply(&Say { text, controls: Vec::new() }, scene());
    let content = body["content"].as_str().unwrap();
    assert!(!content.is_empty() && content.encode_utf16().count() <= CONTENT_MAX, "it needs no embed");
}
