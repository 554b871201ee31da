//! A team's own rules: what they read, and which are refused.

use muster::alerts::{Reader, ReaderError};
use muster::domain::alert::{Embed, Field, Message, NoteKind, Reading};
use muster::domain::source::AlertSource;
use serde_json::{Value, json};

use crate::{alert, embedded, ruled, said, samples, source, titled};

/// The source of that name in a file of definitions.
fn defined(file: &str, name: &str) -> AlertSource {
    let path = format!("{}/tests/data/definitions/{file}", env!("CARGO_MANIFEST_DIR"));
    let documents: Vec<Value> = serde_saphyr::from_multiple(&std::fs::read_to_string(path).unwrap()).unwrap();
    let document =
        documents.iter().find(|document| document["kind"] == "alert_source" && document["name"] == name).unwrap();
    serde_json::from_value(document["spec"].clone()).unwrap()
}

#[test]
fn the_homegrown_source_reads_its_own_words() {
    let reader = Reader::new(&defined("team.yaml", "homegrown")).unwrap();
    let fired = alert(&reader, &said("ALERT CRIT db-1.disk: Disk is full"));
    assert_eq!(
        (fired.key.as_str(), fired.title.as_str(), fired.severity.as_deref()),
        ("db-1.disk", "Disk is full", Some("CRIT"))
    );
    assert!(fired.firing() && !fired.all_resolved && !fired.truncated);
    let over = alert(&reader, &said("OK db-1.disk"));
    assert_eq!((over.key.as_str(), over.firing(), over.all_resolved), ("db-1.disk", false, true));
    assert_eq!(over.instances[0].key, fired.instances[0].key);
    for other in ["ALERT", "all fine", ""] {
        assert_eq!(reader.read(&said(other)), Reading::Unrecognised, "{other:?}");
    }
}

#[test]
fn the_reference_source_reads_all_its_rules() {
    let reader = Reader::new(&defined("reference.yaml", "prod-alertmanager")).unwrap();
    assert_eq!(alert(&reader, &said("ALERT warning web.1: Slow")).title, "Slow");
    let over = alert(&reader, &titled("OK web.1", ""));
    assert_eq!((over.key.as_str(), over.all_resolved), ("web.1", true));
    let fields = vec![Field { name: "Host".to_owned(), value: "web-7".to_owned() }];
    let host = alert(&reader, &embedded(Embed { fields, ..Embed::default() }));
    assert_eq!((host.key.as_str(), host.title.as_str()), ("web-7", "Host web-7"));
}

#[test]
fn all_patterns_of_a_rule_must_match_and_the_first_rule_wins() {
    let reader = ruled(json!([
        {"state": "ignore", "content": "(?i)drill"},
        {"state": "firing", "username": "^mon$", "content": "^(?P<title>.+) is (?P<state>DOWN|UP)$", "key": "host {{ title }}"},
        {"state": "firing", "embed": {"title": "^(?P<key>\\w+)", "footer": "^prod$"}, "field": {"name": "Team", "value": "(?P<team>.+)"}},
    ]));
    let by = |name: &str, content: &str| Message { username: Some(name.to_owned()), ..said(content) };
    assert_eq!(reader.read(&by("mon", "Drill: db is DOWN")), Reading::Note(NoteKind::Info));
    assert_eq!(reader.read(&by("someone", "db is DOWN")), Reading::Unrecognised);
    let (down, up) = (alert(&reader, &by("mon", "db is DOWN")), alert(&reader, &by("mon", "db is UP")));
    assert_eq!((down.key.as_str(), down.title.as_str()), ("host db", "db"));
    assert!(down.firing() && up.all_resolved && up.key == down.key);

    let embed = |title: &str, footer: &str, team: &str| Embed {
        title: Some(title.to_owned()),
        footer: Some(footer.to_owned()),
        url: Some("https://board.example/1".to_owned()),
        fields: vec![Field { name: "Team".to_owned(), value: team.to_owned() }],
        ..Embed::default()
    };
    let two = Message { embeds: vec![embed("a", "test", "web"), embed("b", "prod", "db")], ..samples::empty() };
    let read = alert(&reader, &two);
    assert_eq!((read.key.as_str(), read.title.as_str(), read.labels["team"].as_str()), ("b", "a", "web"));
    assert_eq!(read.url.as_deref(), Some("https://board.example/1"));
    assert_eq!(reader.read(&embedded(embed("a", "test", "web"))), Reading::Unrecognised);
}

#[test]
fn auto_asks_the_rules_first() {
    let rule = json!([{"state": "ignore", "embed": {"title": "Watchdog"}}]);
    let reader = Reader::new(&source(json!({"preset": "auto", "rules": rule}))).unwrap();
    assert_eq!(reader.read(&titled("[FIRING:1] Watchdog", "")), Reading::Note(NoteKind::Info));
    assert_eq!(alert(&reader, &titled("[FIRING:1] InstanceDown", "")).key, "InstanceDown");
}

#[test]
fn a_rule_without_values_titles_by_the_first_line() {
    let reader = ruled(json!([{"state": "firing", "content": "", "severity": "high"}]));
    let read = alert(&reader, &said("\n**db** is gone\nsince noon"));
    assert_eq!((read.title.as_str(), read.key.as_str()), ("**db** is gone", "**db** is gone"));
    assert_eq!((read.description.as_str(), read.severity.as_deref()), ("**db** is gone\nsince noon", Some("high")));
    assert!(!alert(&reader, &samples::empty()).title.is_empty());
}

#[track_caller]
fn refused(spec: Value, expected: &str) {
    let error = Reader::new(&source(spec)).err().unwrap().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_cannot_be_read_is_refused_with_the_place_and_the_reason() {
    refused(json!({"preset": "grafana"}), "preset grafana is not read yet");
    refused(json!({"preset": "uptime_kuma"}), "preset uptime_kuma is not read yet");
    let one = |rule: Value| json!({"rules": [{"state": "ignore", "content": "x"}, rule]});
    refused(one(json!({"state": "firing"})), "rule 2 has no pattern");
    refused(
        one(json!({"state": "firing", "content": "("})),
        "rule 2, content: the pattern is not a regular expression",
    );
    refused(one(json!({"state": "firing", "embed": {"footer": "(a)\\1"}})), "rule 2, embed.footer");
    refused(one(json!({"state": "firing", "content": "x", "title": "{{ host }}"})), "rule 2, title: `{{ host }}`");
    refused(one(json!({"state": "firing", "content": "x", "key": "{{ key"})), "rule 2, key: `{{` is not closed");
    refused(json!({"rules": vec![json!({"state": "firing", "content": "x"}); 201]}), "201 rules are too many");
    refused(one(json!({"state": "firing", "content": "(\\w{100}){100}"})), "rule 2, content: the pattern is too big");
    refused(one(json!({"state": "firing", "field": {"name": "Host", "value": "x".repeat(2_000_000)}})), "too big");
    for fits in ["\\w{1,32}", "[a-z]{1,1000}", "(?-u:\\w){1,64}"] {
        ruled(json!([{"state": "firing", "content": fits}]));
    }
    assert!(matches!(Reader::new(&source(json!({"preset": "any"}))), Err(ReaderError::NotReadYet(_))));
}
