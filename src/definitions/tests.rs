//! Definitions as features: the two contract files, a table of broken documents with what is said about each, warnings, diff,
//! names, and forms that read back the same.

mod guild;
mod hostile;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::check::check;
use super::diff::diff;
use super::problem::locate;
use super::refs::unresolved;
use super::review::merged;
use super::*;
use crate::domain::definition::{Kind, Set, Spec};
use crate::domain::id::{ChannelId, GuildId, RoleId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::survey::{Abilities, Channel, ChannelKind, Member, Notify, Role, Survey};

const TEAM: &str = include_str!("../../tests/data/definitions/team.yaml");
const REFERENCE: &str = include_str!("../../tests/data/definitions/reference.yaml");
const BROKEN: &str = include_str!("../../tests/data/definitions/broken.txt");

fn source(file: &str, text: &str) -> Source {
    Source { file: file.to_owned(), text: text.to_owned() }
}

fn read(text: &str) -> Vec<Document> {
    parse(&[source("f.yaml", text)]).unwrap_or_else(|problems| panic!("{}", lines(&problems).join("\n")))
}

fn set(text: &str) -> Set {
    merged(&Set::default(), &read(text), false)
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn today() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Everything that is said about a text applied on top of team.yaml; every secret is set.
fn said(text: &str) -> Vec<String> {
    let documents = match parse(&[source("f.yaml", text)]) {
        Ok(documents) => documents,
        Err(problems) => return lines(&problems),
    };
    let mut problems = check(&merged(&set(TEAM), &documents, false), &|_| true, today()).problems;
    locate(&mut problems, &documents);
    lines(&problems)
}

#[test]
fn broken_documents_get_the_line_that_helps() {
    let mut wrong = Vec::new();
    let cases: Vec<&str> = BROKEN.split("\n=== ").skip(1).collect();
    assert!(cases.len() >= 50);
    for case in cases {
        let (title, rest) = case.split_once('\n').unwrap();
        let (text, expected) = rest.split_once("\n>>> ").unwrap_or((rest, ""));
        let told = said(text).join("\n>>> ");
        if told != expected.trim_end() {
            wrong.push(format!("=== {title}\n{text}\n>>> {told}"));
        }
    }
    assert!(wrong.is_empty(), "these are said otherwise:\n{}", wrong.join("\n"));
}

#[test]
fn the_contract_files_apply() {
    for (file, count) in [(TEAM, 10), (REFERENCE, 10)] {
        let documents = read(file);
        assert!(documents.len() >= count);
        let checked = check(&merged(&Set::default(), &documents, false), &|_| true, today());
        assert_eq!(lines(&checked.problems), Vec::<String>::new());
    }
    assert_eq!(lines(&unresolved(&set(TEAM), None)), Vec::<String>::new());
    assert!(unresolved(&set(REFERENCE), None).len() > 10);
}

#[test]
fn every_definition_reads_back_the_same_from_both_forms() {
    for document in read(TEAM).into_iter().chain(read(REFERENCE)) {
        let json = to_json(&document.spec);
        let back = from_json(document.kind, &json).unwrap();
        assert_eq!(back, document.spec);
        assert_eq!(to_json(&back), json);
        let yaml = to_yaml(document.kind, &document.name, &document.spec);
        let again = read(&yaml);
        assert_eq!(
            (again[0].kind, &again[0].name, &again[0].spec),
            (document.kind, &document.name, &document.spec),
            "{yaml}"
        );
    }
    for set in [set(TEAM), set(REFERENCE)] {
        assert_eq!(self::set(&export(&set)), set);
    }
    assert_eq!(
        from_json(Kind::Contact, "{}").unwrap_err().to_string(),
        "the stored contact cannot be read: missing field `display_name` at line 1 column 2"
    );
}

#[test]
fn json_is_read_as_one_object_or_a_list() {
    let documents = read(TEAM);
    let objects: Vec<serde_json::Value> =
        documents.iter().map(|d| serde_json::json!({"kind": d.kind, "name": d.name, "spec": d.spec})).collect();
    for text in
        [serde_json::to_string(&objects).unwrap(), serde_json::to_string_pretty(&objects).unwrap().replace("  ", "\t")]
    {
        let back = read(&text);
        assert_eq!(back.len(), documents.len());
        for (a, b) in back.iter().zip(&documents) {
            assert_eq!((a.kind, &a.name, &a.spec), (b.kind, &b.name, &b.spec));
        }
    }
    let one = r#"{"kind": "maintenance", "name": "m", "spec": {"scope": {"all": true}, "from": "2026-12-04T22:00", "until": "2026-12-05T02:00", "reason": "\ud83d\ude80 \"ship\" \/ \u00e9"}}"#;
    let Spec::Maintenance(maintenance) = &read(one)[0].spec else { panic!() };
    assert_eq!(maintenance.reason, "🚀 \"ship\" / é");
    let broken = r#"[{"kind": "maintenance", "name": "m", "spec": {}}, {"kind": "runbok", "name": "r", "spec": {}}]"#;
    assert_eq!(
        said(broken),
        [
            "f.yaml:1:47: maintenance m: spec.scope: `scope` is missing",
            "f.yaml:1:61: kind: there is no kind `runbok`; did you mean `runbook`?"
        ]
    );
}

#[test]
fn a_document_of_aws_is_a_runbook_as_it_is() {
    let document = include_str!("../../tests/data/definitions/aws-runbook.yaml").replace('\n', "\n  ");
    let text = format!("kind: runbook\nname: checkout\nspec:\n  {document}");
    assert_eq!(said(&text), Vec::<String>::new());
    let set = set(&text);
    let runbook = set.runbook(&name("checkout")).unwrap();
    assert!(runbook.needs_approval(), "it calls AWS and runs a script");
    assert_eq!(runbook.step("WaitHealthy").unwrap().nested().unwrap().unwrap().len(), 2);
    assert!(!self::set(TEAM).runbook(&name("first-response")).unwrap().needs_approval());
    let warnings = lines(&check(&set, &|_| true, today()).warnings);
    let told = "runbook checkout: spec.mainSteps[8].inputs.DocumentName: there is no runbook `Checkout-PostStatus` here: the step will fail; define it, or name another one";
    assert_eq!(warnings, [told]);
}

#[test]
fn files_of_other_systems_are_read() {
    let team = read(TEAM);
    for text in [
        TEAM.replace('\n', "\r\n"),
        format!("\u{feff}{TEAM}"),
        format!("%YAML 1.2\n---\n{TEAM}"),
        format!("{TEAM}...\n"),
    ] {
        let again = read(&text);
        assert_eq!(again.len(), team.len());
        assert!(again.iter().zip(&team).all(|(a, b)| a.spec == b.spec && a.name == b.name), "{text:.20}");
    }
    let windows = TEAM.replace("repeat: 1", "repeat: one").replace('\n', "\r\n");
    assert_eq!(
        said(&windows),
        ["f.yaml:100:11: escalation_plan payments: spec.repeat: this is not a whole number, 0 to 255"]
    );
}

#[test]
fn anchors_and_merges_are_part_of_yaml() {
    let text = "kind: escalation_plan\nname: p\nspec:\n  stages:\n    - &s {duration: 5m, targets: [{contact: ana}]}\n    - {<<: *s, duration: 10m}\n    - *s\n";
    let set = set(text);
    let plan = set.escalation_plan(&name("p")).unwrap();
    assert_eq!(plan.stages.iter().map(|s| s.duration.to_string()).collect::<Vec<_>>(), ["5m", "10m", "5m"]);
    let broken = text.replace("duration: 5m", "duration: 5");
    assert_eq!(
        said(&broken),
        ["f.yaml:5:21: escalation_plan p: spec.stages[0].duration: `5` is not a duration; write 90s, 5m, 1h30m or 2d"]
    );
}

#[test]
fn nothing_and_too_much_are_refused() {
    for text in ["", "# only a comment\n", "---\n---\n"] {
        assert_eq!(said(text), ["f.yaml: there is no definition in it; a definition is `kind`, `name`, `spec`"]);
    }
    let told = said(&"#".repeat(SOURCE_MAX + 1));
    assert_eq!(told, ["f.yaml: the file has 1048577 bytes; at most 1048576: use several files"]);
}

#[test]
fn a_guild_has_so_many_definitions_and_no_more() {
    let document = read("kind: maintenance\nname: m\nspec: {scope: {all: true}, from: 2026-12-04T22:00, until: 2026-12-05T02:00, reason: x}").remove(0);
    let set: Set = (0..2_001).map(|n| (name(&format!("m{n}")), document.spec.clone())).collect();
    let told = lines(&check(&set, &|_| true, today()).problems);
    assert_eq!(told, ["maintenance m999: the guild has 2001 definitions; at most 2000"]);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "kind: contact\nname: a\nx0: &x0 [a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..12 {
        let inner = format!("*x{}, ", level - 1).repeat(9);
        text.push_str(&format!("x{level}: &x{level} [{inner}]\n"));
    }
    assert_eq!(said(&text).len(), 1);
}

#[test]
fn warnings_say_what_is_unwise_and_what_to_do() {
    let text = "
kind: contact
name: dora
spec:
  display_name: Dora
  discord_user: '200000000000000004'
  channels: [{name: here, type: mention}, {name: phone, type: webhook, preset: ntfy, url_env: MUSTER_SECRET_DORA, secret_env: MUSTER_SECRET_DORA}]
  stages: [{duration: 10m, targets: [{channel: here}]}, {duration: 0s, targets: [{channel: phone}]}]
---
kind: schedule
name: office
spec: {rotations: [{name: r, start: 2026-01-05T09:00, time_zone: Europe/Dublin, contacts: [dora], hand_off: {daily: ['09:00']}, coverage: {MON: [{from: '09:00', to: '09:00'}]}}]}
---
kind: escalation_plan
name: slow
spec: {stages: [{duration: 5m, targets: [{schedule: office, essential: false}]}, {duration: 1m, targets: [{contact: dora}]}]}
---
kind: response_plan
name: quiet
spec: {incident: {title: '{{ alert.titel }} {{ alert.labels.team }}', impact: 3}}
---
kind: alert_source
name: homely
spec: {channel: '900000000000000031', author: {bot: '900000000000000302'}, response_plan: quiet, rules: [{state: resolved, content: 'OK'}]}
";
    let documents = read(text);
    let mut warnings = check(&merged(&Set::default(), &documents, false), &|_| false, today()).warnings;
    locate(&mut warnings, &documents);
    insta::assert_snapshot!(lines(&warnings).join("\n"), @r#"
    f.yaml:7:95: contact dora: spec.channels[1].url_env: `MUSTER_SECRET_DORA` is not set here: what needs it fails at once; set it in the environment, or as a file in MUSTER_SECRETS_DIR
    f.yaml:7:127: contact dora: spec.channels[1].secret_env: `MUSTER_SECRET_DORA` is not set here: what needs it fails at once; set it in the environment, or as a file in MUSTER_SECRETS_DIR
    f.yaml:7:127: contact dora: spec.channels[1].secret_env: only the preset `generic` signs: this is not used; leave `secret_env` out
    f.yaml:12:19: schedule office: spec.rotations: nobody is on call 10 times in the next 60 days, first Sun 22 Nov 12:00 to Mon 23 Nov 09:00 (Europe/Dublin); cover it, or write gaps: intended
    f.yaml:16:41: escalation_plan slow: spec.stages[0].targets: no target is essential: no answer from this stage stops the plan; leave out `essential: false` for one of them
    f.yaml:16:42: escalation_plan slow: spec.stages[0].targets[0]: `phone` of dora starts 10m after they are engaged, this stage ends after 5m; make the stage last 10m, or start `phone` earlier
    f.yaml:20:26: response_plan quiet: spec.incident.title: `alert.titel` is always empty; possible: alert.{title,description,severity,source,url,state}, alert.labels.X, alert.annotations.X
    f.yaml:20:7: response_plan quiet: spec.engagements: this plan pages nobody; engage a contact, a schedule or an escalation plan
    f.yaml:20:7: response_plan quiet: spec.fallback: there is nobody to fall back on but the server's owner; write `fallback` here or in the settings, or name admin roles
    f.yaml:24:106: alert_source homely: spec.rules[0]: nothing says which alert has recovered: the rule has no key; capture it with (?P<key>…), or write `key`
    "#);
}

#[test]
fn one_person_as_two_contacts_is_warned_of() {
    let twin = "kind: contact\nname: ana2\nspec: {display_name: Ana again, discord_user: '200000000000000001', channels: [{name: here, type: mention}], stages: [{duration: 0s, targets: [{channel: here}]}]}";
    let documents = read(twin);
    let mut warnings = check(&merged(&set(TEAM), &documents, false), &|_| true, today()).warnings;
    locate(&mut warnings, &documents);
    let wanted = "f.yaml:3:47: contact ana2: spec.discord_user: `ana` is the same person: a plan that names both may page them twice; keep one of them";
    assert_eq!(lines(&warnings), [wanted]);
}

#[test]
fn gaps_that_are_intended_are_not_warned_of() {
    let schedule = "kind: schedule\nname: office\nspec: {gaps: intended, rotations: [{name: r, start: 2026-01-05T09:00, time_zone: Europe/Dublin, contacts: [ana], hand_off: {daily: ['09:00']}, coverage: {MON: [{from: '09:00', to: '09:00'}]}}]}";
    let checked = check(&merged(&set(TEAM), &read(schedule), false), &|_| true, today());
    assert_eq!(lines(&checked.warnings), Vec::<String>::new());
}

#[test]
fn a_problem_shows_the_excerpt_it_is_about() {
    let text = "\u{feff}# première\n--- {kind: nope, name: x, spec: {}}\n---\nkind: contact # é\nname: dora\nspec:\n  display_nam: Dora\n";
    let problems = parse(&[source("f.yaml", text)]).unwrap_err();
    assert_eq!(
        lines(&problems),
        [
            "f.yaml:2:12: kind: there is no kind `nope`; possible: settings, contact, schedule, escalation_plan, response_plan, alert_source, change_source, runbook, analysis_template, maintenance",
            "f.yaml:7:3: contact dora: spec.display_nam: unknown field `display_nam`; did you mean `display_name`?"
        ]
    );
    for (problem, word) in problems.iter().zip(["nope", "display_nam"]) {
        let label = miette::Diagnostic::labels(problem).unwrap().next().unwrap();
        let shown = text.trim_start_matches('\u{feff}');
        assert_eq!(&shown[label.offset()..label.offset() + label.len()], word);
    }
    let shown = format!("{:?}", miette::Report::new(problems.into_iter().nth(1).unwrap()));
    assert!(shown.contains("display_nam: Dora") && shown.contains("did you mean"), "{shown}");
}

#[test]
fn a_diff_names_fields_and_what_stays() {
    let old = set(TEAM);
    let change =
        TEAM.replace("every: 1", "every: 2").replacen("- {channel: dm}", "- {channel: dm, retry_every: 5m}", 1);
    let fresh = "\n---\nkind: maintenance\nname: m\nspec: {scope: {all: true}, from: 2026-12-04T22:00, until: 2026-12-05T02:00, reason: x}\n";
    let documents = read(&format!("{change}{fresh}"));
    let changes = diff(&old, &merged(&old, &documents, false));
    insta::assert_snapshot!(changes.to_string(), @r#"
    + maintenance m
    ~ contact ana
        spec.stages[0].targets[1].retry_every: + 5m
    ~ schedule payments-primary
        spec.rotations[0].every: 1 → 2
        spec.rotations[1].every: 1 → 2
    8 unchanged
    "#);
    let pruned = diff(&old, &merged(&old, &documents[..1], true));
    assert_eq!(pruned.removed.len(), old.len() - 1);
    assert!(diff(&old, &old).is_empty());
    assert_eq!(diff(&old, &old).to_string(), "nothing changes");
}

#[test]
fn what_names_a_definition_is_known() {
    let team = set(TEAM);
    let of = |kind, text| {
        let all = references_to(&team, kind, &name(text));
        all.into_iter().map(|r| format!("{} {} {}", r.kind, r.name, r.field)).collect::<Vec<_>>()
    };
    assert_eq!(
        of(Kind::Contact, "ben"),
        [
            "schedule payments-primary spec.rotations[0].contacts[1]",
            "escalation_plan payments spec.stages[1].targets[0].contact"
        ]
    );
    assert_eq!(
        of(Kind::ResponsePlan, "payments-outage"),
        ["alert_source homegrown spec.response_plan", "alert_source prod-alertmanager spec.response_plan"]
    );
    assert_eq!(
        of(Kind::EscalationPlan, "payments"),
        ["response_plan payments-outage spec.engagements[0].escalation_plan"]
    );
    assert_eq!(of(Kind::Runbook, "first-response"), ["response_plan payments-outage spec.runbooks[0].runbook"]);
    assert!(of(Kind::AlertSource, "homegrown").is_empty());
}

/// Texts that YAML could take for something else.
fn texts() -> impl Strategy<Value = String> {
    let odd = [
        "yes",
        "null",
        "~",
        "0x1f",
        "1e3",
        "09:00",
        "- a",
        "a: b",
        "#x",
        "'",
        "\"",
        "{{ a }}",
        " x ",
        "x\n",
        "\n\nx",
        "---",
        "a\n---\nb",
        "é🚀",
        "|",
        ">-",
        "\t",
        "%",
        "@a",
        "!!int 1",
        "2026-01-01",
        ".inf",
        "",
        "*a",
        "&a",
        "?",
        "a\\b",
        "a\r\nb",
        "\u{1f}",
        "\u{2028}",
        "\u{feff}x",
    ];
    prop_oneof![prop::sample::select(odd.to_vec()).prop_map(str::to_owned), "[ -~\\n]{0,120}", "\\PC{0,30}"]
}

fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        texts().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        (-1_000_000i32..1_000_000).prop_map(|n| serde_json::Value::from(f64::from(n) / 64.0)),
        Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map(texts(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_runbook_reads_back_the_same(
        step in "[A-Za-z0-9_]{1,20}", description in texts(), inputs in prop::collection::btree_map(texts(), values(), 0..4),
        attempts in any::<u32>(), timeout in prop::option::of(any::<u64>()), default in prop::option::of(values()),
    ) {
        use crate::domain::runbook::*;
        let step = Step {
            name: step.clone(), action: description.clone(), description: Some(description.clone()), inputs, outputs: Vec::new(),
            max_attempts: attempts, timeout_seconds: timeout, on_failure: Onward::Step(step), on_cancel: Onward::Abort,
            is_end: attempts % 2 == 0, next_step: None, is_critical: None,
        };
        // A default of null is the same as none: JSON and YAML know no difference.
        let default = default.filter(|value| !value.is_null());
        let parameter = Parameter {
            kind: ValueType::StringList, description: None, default, allowed_values: Vec::new(), allowed_pattern: None,
            min_items: None, max_items: None, min_chars: None, max_chars: None, display_type: None,
        };
        let runbook = Runbook {
            schema_version: SchemaVersion::V03, description: None, assume_role: None,
            parameters: [(description, parameter)].into_iter().collect(), variables: BTreeMap::new(),
            main_steps: vec![step], outputs: Vec::new(), files: BTreeMap::new(),
        };
        reads_back(Spec::Runbook(runbook))?;
    }

    #[test]
    fn any_plan_reads_back_the_same(title in texts(), labels in prop::collection::btree_map(texts(), texts(), 0..4), impact in 1u8..6, seconds in 0u64..100_000_000) {
        use crate::domain::plan::*;
        use crate::domain::span::{Lapse, Span};
        let mut plan: ResponsePlan = serde_json::from_value(serde_json::json!({"incident": {"title": title, "impact": impact, "labels": labels}})).unwrap();
        plan.incident.summary = title;
        plan.ack_timeout = Some(if seconds % 3 == 0 { Lapse::Never } else { Lapse::After(Span::secs(seconds)) });
        plan.recovery = Recovery::ResolveAfter(Span::secs(seconds));
        plan.announce = Some(Vec::new());
        reads_back(Spec::ResponsePlan(plan))?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(kind: contact\\n)?[a-z:{}\\[\\]\\-'\"|>&*# \\n]{0,80}") {
        let _ = said(&text);
    }
}

fn reads_back(spec: Spec) -> Result<(), TestCaseError> {
    let yaml = to_yaml(spec.kind(), &name("n"), &spec);
    let documents = parse(&[source("f.yaml", &yaml)])
        .map_err(|problems| TestCaseError::fail(format!("{}\n{yaml}", lines(&problems).join("\n"))))?;
    prop_assert_eq!(&documents[0].spec, &spec, "{}", yaml);
    prop_assert_eq!(&from_json(spec.kind(), &to_json(&spec)).unwrap(), &spec);
    // What is exported beside others applies with no difference.
    let whole: Set = read(TEAM).into_iter().map(|d| (d.name, d.spec)).chain([(name("n"), spec)]).collect();
    let again = merged(&whole, &read(&export(&whole)), true);
    prop_assert!(diff(&whole, &again).is_empty(), "{}", diff(&whole, &again));
    Ok(())
}
