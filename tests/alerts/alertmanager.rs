//! Alertmanager's messages as recorded, and what its template can make of others.

use muster::domain::alert::{Alert, Embed, Instance, Reading, State};

use crate::samples::{self, Sample};
use crate::{alert, embedded, preset, titled};

const ALERTMANAGER: &str = "alertmanager-real";

fn count(alert: &Alert, state: State) -> usize {
    alert.instances.iter().filter(|instance| instance.state == state).count()
}

fn keys(alert: &Alert, state: State) -> Vec<&str> {
    alert.instances.iter().filter(|instance| instance.state == state).map(|instance| instance.key.as_str()).collect()
}

fn is_redesigned(sample: &Sample) -> bool {
    sample.case.contains("custom-template")
}

#[test]
fn every_alertmanager_sample_reads_as_it_should() {
    let samples: Vec<Sample> = samples::all().into_iter().filter(|sample| sample.sender == ALERTMANAGER).collect();
    assert_eq!(samples.len(), 15);
    for sample in &samples {
        let read = alert(&preset("alertmanager"), &sample.message);
        let (case, expect) = (&sample.case, &sample.expect);
        assert_eq!(read.firing(), expect["status"] == "firing", "{case}");
        assert_eq!(read.all_resolved, expect["status"] == "resolved", "{case}");
        assert_eq!(read.title, expect["title"].as_str().unwrap(), "{case}");
        if !case.contains("REJECTED") {
            assert_eq!(read.severity.as_deref(), expect["severity"].as_str(), "{case}");
        }
        if let Some(firing) = expect["firing"].as_u64() {
            let named = count(&read, State::Firing) as u64;
            assert!(named == firing || named < firing && read.truncated, "{case}: {named} of {firing}");
        }
        if let Some(resolved) = expect["resolved"].as_u64() {
            assert_eq!(count(&read, State::Resolved) as u64, resolved, "{case}");
        }
        let auto = preset("auto").read(&sample.message);
        let same = if is_redesigned(sample) { Reading::Unrecognised } else { Reading::Alert(read) };
        assert_eq!(auto, same, "{case}: auto needs structure, and finds it in all but redesigned messages");
    }
}

#[test]
fn messages_of_one_group_share_the_key_and_other_groups_do_not() {
    let key = |case: &str| alert(&preset("alertmanager"), &samples::load(ALERTMANAGER, case).message).key;
    let groups = [
        vec!["v0.25.0-bare-alert-firing", "v0.25.0-bare-alert-resolved"],
        vec!["v0.25.0-group-by-all-firing", "v0.25.0-group-by-all-resolved"],
        vec!["v0.25.0-single-firing", "v0.25.0-single-resolved", "v0.33.1-single-firing", "v0.33.1-single-resolved"],
        vec![
            "v0.25.0-grouped-3-firing",
            "v0.25.0-grouped-all-resolved",
            "v0.25.0-grouped-60-firing-REJECTED-BY-DISCORD",
            "v0.33.1-grouped-2-firing-partial",
            "v0.33.1-grouped-60-firing-truncated",
        ],
    ];
    for (number, group) in groups.iter().enumerate() {
        for case in group {
            assert_eq!(key(case), key(group[0]), "{case}");
        }
        for other in &groups[..number] {
            assert_ne!(key(group[0]), key(other[0]));
        }
    }
    assert_eq!(key("v0.25.0-custom-template-firing"), key("v0.25.0-custom-template-resolved"));
}

#[test]
fn members_have_the_same_key_when_they_fire_and_when_they_recover() {
    let read = |case: &str| alert(&preset("alertmanager"), &samples::load(ALERTMANAGER, case).message);
    let (three, partial, recovered) = (
        read("v0.25.0-grouped-3-firing"),
        read("v0.33.1-grouped-2-firing-partial"),
        read("v0.25.0-grouped-all-resolved"),
    );
    let fired = keys(&three, State::Firing);
    assert_eq!(fired.len(), 3);
    assert!(keys(&recovered, State::Resolved).iter().all(|key| fired.contains(key)));
    assert!(keys(&partial, State::Firing).iter().all(|key| fired.contains(key)));
    assert_eq!(three.instances[0].title, "Instance web-1 is down");
    assert_eq!(three.instances[2].severity.as_deref(), Some("warning"));
}

#[test]
fn a_cut_list_names_whom_it_names_whole_and_says_that_others_are_missing() {
    for (case, named) in
        [("v0.33.1-grouped-60-firing-truncated", 11), ("v0.25.0-grouped-60-firing-REJECTED-BY-DISCORD", 11)]
    {
        let read = alert(&preset("alertmanager"), &samples::load(ALERTMANAGER, case).message);
        assert_eq!((count(&read, State::Firing), read.truncated, read.all_resolved), (named, true, false), "{case}");
        assert!(read.instances.iter().all(|instance| instance.key.contains("suite=\"grouped\"")), "{case}");
    }
}

#[test]
fn an_alert_tells_a_tired_person_what_happened() {
    let read = alert(&preset("alertmanager"), &samples::load(ALERTMANAGER, "v0.33.1-single-firing").message);
    assert_eq!(read.description, "checkout error rate above 5% for 5 minutes\n5xx ratio is 12.4% (threshold 5%).");
    assert_eq!(read.url.as_deref(), Some("http://prometheus.example.internal:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"));
    assert_eq!(read.labels["team"], "payments");
    assert_eq!(read.annotations["runbook_url"], "https://runbooks.example.internal/checkout-5xx");
    assert!(!read.truncated);

    let group = alert(&preset("alertmanager"), &samples::load(ALERTMANAGER, "v0.25.0-grouped-3-firing").message);
    assert_eq!(group.description, "Instance web-1 is down\nInstance web-2 is down\nInstance web-3 is down");
    assert_eq!(group.labels.keys().collect::<Vec<_>>(), ["alertname", "job", "suite"]);
}

#[test]
fn auto_takes_no_other_senders_message_for_alertmanagers() {
    let auto = preset("auto");
    for sample in samples::all().iter().filter(|sample| sample.sender != ALERTMANAGER) {
        assert_eq!(auto.read(&sample.message), Reading::Unrecognised, "{}/{}", sample.sender, sample.case);
    }
}

/// The default text of one member.
fn member(labels: &[(&str, &str)]) -> String {
    let pairs: String = labels.iter().map(|(name, value)| format!(" - {name} = {value}\n")).collect();
    format!("Labels:\n{pairs}Annotations:\nSource: http://prometheus.example.internal/graph\n")
}

#[test]
fn a_group_with_a_recovered_member_still_fires() {
    let text = format!(
        "Alerts Firing:\n{}\n\nAlerts Resolved:\n{}",
        member(&[("alertname", "InstanceDown"), ("instance", "web-1")]),
        member(&[("alertname", "InstanceDown"), ("instance", "web-2")]),
    );
    let read = alert(&preset("auto"), &titled("[FIRING:1] InstanceDown (node)", &text));
    assert!(read.firing() && !read.all_resolved && !read.truncated);
    assert_eq!(keys(&read, State::Firing), ["alertname=\"InstanceDown\",instance=\"web-1\""]);
    assert_eq!(keys(&read, State::Resolved), ["alertname=\"InstanceDown\",instance=\"web-2\""]);
    assert_eq!(read.instances[0].title, "web-1");
}

#[test]
fn the_key_is_the_group_whatever_stands_around_it() {
    let disk = |name: &str| {
        format!("Alerts Firing:\n{}", member(&[("alertname", name), ("job", "node"), ("severity", "warning")]))
    };
    let key = |title: &str, text: &str| alert(&preset("auto"), &titled(title, text)).key;
    let rows = [
        // title, text, key
        ("[FIRING:1] InstanceDown (node warning grouped)", String::new(), "InstanceDown"),
        ("[FIRING:12] InstanceDown (node grouped)", String::new(), "InstanceDown"),
        ("[RESOLVED] InstanceDown", String::new(), "InstanceDown"),
        ("[FIRING:1]  (InstanceDown web-8.example.internal:9100 node warning)", String::new(), "*"),
        ("[FIRING:2]  (warning nogroup)", String::new(), "*"),
        ("[RESOLVED]", String::new(), "*"),
        ("[FIRING:1] Disk full (root)", disk("Disk full (root)"), "Disk full (root)"),
        ("[FIRING:1] Disk full (root) (node warning)", disk("Disk full (root)"), "Disk full (root)"),
        ("[RESOLVED] Disk full (data) (node)", disk("Disk full (data)"), "Disk full (data)"),
        ("[FIRING:1] Disk full (a) (b (c) d)", String::new(), "Disk full (a)"),
        ("[FIRING:1] (test) Smoke (node)", String::new(), "(test) Smoke"),
        ("[FIRING:1] InstanceDown (node with a very long na…", String::new(), "InstanceDown"),
        ("[FIRING:1] Instance\u{200b}Down\u{202e}  (node)", String::new(), "InstanceDown"),
    ];
    for (title, text, expected) in rows {
        assert_eq!(key(title, &text), expected, "{title}");
    }
}

#[test]
fn a_title_cut_at_different_places_is_one_group() {
    let long = "x".repeat(300);
    let cut = |front: &str| format!("{}…", format!("{front} {long}").chars().take(255).collect::<String>());
    let key = |title: &str| alert(&preset("auto"), &titled(title, "")).key;
    assert_eq!(key(&cut("[FIRING:1]")), key(&cut("[FIRING:1234]")));
    assert_eq!(key(&cut("[FIRING:10]")), key(&cut("[RESOLVED]")));
}

#[test]
fn a_title_alone_is_one_alert_and_a_counted_crowd_is_a_cut_list() {
    let one = alert(&preset("auto"), &titled("[FIRING:1] InstanceDown (node critical)", "Something is down"));
    assert_eq!(
        one.instances,
        [Instance {
            key: one.key.clone(),
            title: one.title.clone(),
            state: State::Firing,
            severity: one.severity.clone()
        }]
    );
    assert_eq!((one.title.as_str(), one.severity.as_deref(), one.truncated), ("InstanceDown", Some("critical"), false));
    assert_eq!(one.description, "Something is down");
    assert!(alert(&preset("auto"), &titled("[FIRING:3] InstanceDown (node)", "")).truncated);
    let over = alert(&preset("auto"), &titled("[RESOLVED] InstanceDown (node)", ""));
    assert!(over.all_resolved && !over.firing() && over.instances[0].key == one.instances[0].key);
}

#[test]
fn values_may_have_equal_signs_lines_and_headings_in_them() {
    let text = "Alerts Firing:\nLabels:\n - alertname = Query\n - expr = a = b\nor c\n - severity = page\nAnnotations:\n\
                 - description = first\nLabels:\nSource: of all evil\n - a bullet = no pair\nAlerts Resolved:\nSource: http://p.example/graph\n\
                Labels:\n - alertname = Query\n - expr = d\nAnnotations:\nSource:";
    let text = text.replace("\n- description", "\n - description");
    let read = alert(&preset("auto"), &titled("[FIRING:2] Query", &text));
    assert_eq!(
        keys(&read, State::Firing),
        ["alertname=\"Query\",expr=\"a = b or c\",severity=\"page\"", "alertname=\"Query\",expr=\"d\""]
    );
    assert_eq!(read.severity.as_deref(), Some("page"));
    assert_eq!(read.url.as_deref(), Some("http://p.example/graph"));
    assert_eq!(
        read.annotations["description"],
        "first\nLabels:\nSource: of all evil\n - a bullet = no pair\nAlerts Resolved:"
    );
}

#[test]
fn wherever_the_list_is_cut_no_member_is_invented() {
    let sample = samples::load(ALERTMANAGER, "v0.25.0-grouped-3-firing");
    let whole = alert(&preset("alertmanager"), &sample.message);
    let text: Vec<char> = sample.message.embeds[0].description.as_deref().unwrap().chars().collect();
    let second =
        text.windows(8).skip(16).position(|window| window.iter().collect::<String>() == "\nLabels:").unwrap() + 16;
    for kept in 0..text.len() {
        let mut message = sample.message.clone();
        message.embeds[0].description = Some(format!("{}…", text[..kept].iter().collect::<String>()));
        let read = alert(&preset("alertmanager"), &message);
        assert!(read.truncated && read.firing() && !read.all_resolved, "{kept}");
        assert_eq!(read.key, whole.key, "{kept}");
        if kept > second {
            assert_eq!((&read.annotations, &read.url), (&whole.annotations, &whole.url), "{kept}");
        }
        for instance in &read.instances {
            let known = whole.instances.iter().any(|member| member.key == instance.key) || instance.key == read.key;
            assert!(known, "{kept}: {instance:?}");
        }
    }
}

#[test]
fn a_member_that_is_listed_twice_counts_once_and_as_it_fires() {
    let one = member(&[("alertname", "InstanceDown"), ("instance", "web-1")]);
    let text = format!("Alerts Firing:\n{one}{one}\nAlerts Resolved:\n{one}");
    let read = alert(&preset("auto"), &titled("[FIRING:1] InstanceDown", &text));
    assert_eq!(read.instances.iter().map(|instance| instance.state).collect::<Vec<_>>(), [State::Firing]);
}

#[test]
fn a_redesigned_message_without_a_title_is_keyed_by_what_it_says_first() {
    let read = |description: &str, colour: u32| {
        let embed = Embed { description: Some(description.to_owned()), colour: Some(colour), ..Embed::default() };
        alert(&preset("alertmanager"), &embedded(embed)).key
    };
    let listed = member(&[("alertname", "InstanceDown"), ("instance", "web-1")]);
    assert_eq!(read(&format!("Alerts Firing:\n{listed}"), 10_038_562), "InstanceDown");
    assert_eq!(read(&format!("Alerts Resolved:\n{listed}"), 3_066_993), "InstanceDown");
    assert_eq!(read("🔥 Disk of web-1 is full\nsince noon", 10_038_562), "Disk of web-1 is full");
    assert_eq!(read("RESOLVED: Disk of web-1 is full", 3_066_993), "Disk of web-1 is full");
}

#[test]
fn a_redesigned_title_keeps_its_key_by_words_and_symbols() {
    let read = |title: &str, colour: u32| {
        let embed = Embed { title: Some(title.to_owned()), colour: Some(colour), ..Embed::default() };
        preset("alertmanager").read(&embedded(embed))
    };
    let (firing, resolved, grey) = (10_038_562, 3_066_993, 9_807_270);
    for (fired, recovered) in [
        ("🔥 Disk (data)", "✅ Disk (data)"),
        ("FIRING: Disk (data) (warning)", "RESOLVED - Disk (data) (critical)"),
        ("[FIRING:2] Disk (data)", "Resolved: Disk (data)"),
        ("Disk (data)", "Disk (data)"),
    ] {
        let (Reading::Alert(fired), Reading::Alert(recovered)) = (read(fired, firing), read(recovered, resolved))
        else {
            panic!("{fired}");
        };
        assert!(fired.firing() && recovered.all_resolved);
        assert_eq!(recovered.key, "Disk (data)");
    }
    assert_eq!(read("Disk (data)", grey), Reading::Unrecognised);
}

#[test]
fn an_edited_message_is_read_as_it_now_stands() {
    let reader = preset("auto");
    let mut message = samples::load(ALERTMANAGER, "v0.33.1-single-firing").message;
    let before = alert(&reader, &message);
    message.embeds = samples::load(ALERTMANAGER, "v0.33.1-single-resolved").message.embeds;
    let after = alert(&reader, &message);
    assert_eq!(before.key, after.key);
    assert!(before.firing() && after.all_resolved);
}
