//! Text by people who do not wish us well, and any other text.

use muster::domain::alert::{Embed, Field, Message, Reading};
use proptest::prelude::*;
use serde_json::json;

use crate::{alert, preset, ruled, said, samples};

#[test]
fn a_pattern_made_to_explode_ends_and_sees_no_more_than_a_message_can_hold() {
    let reader = ruled(json!([
        {"state": "firing", "content": "^(a+)+$", "title": "short", "key": "short"},
        {"state": "firing", "content": "(a|a)*(a|aa)+b|a", "title": "long", "key": "long"},
    ]));
    assert_eq!(alert(&reader, &said(&"a".repeat(4_000))).title, "short");
    // 50 000 characters are cut, and the cut is marked: `$` does not match there.
    let long = alert(&reader, &said(&format!("{}!", "a".repeat(50_000))));
    assert_eq!(long.title, "long");
    assert!(long.description.chars().count() <= 1_500);
}

#[test]
fn text_that_looks_alike_has_one_key_and_shows_no_invisible_characters() {
    let reader = ruled(json!([{"state": "firing", "content": "^ALERT (?P<title>.+)$"}]));
    let plain = alert(&reader, &said("ALERT pay down")).key;
    for text in [
        "ALERT pay\u{200b} down",
        "ALERT \u{202e}pay down\u{2069}",
        "ALERT pay\0  down",
        "\u{feff}ALERT pay down",
        "ALERT p\u{e0061}ay\tdown",
    ] {
        let read = alert(&reader, &said(text));
        assert_eq!((&read.key, read.title.as_str()), (&plain, "pay down"), "{text:?}");
    }
}

#[test]
fn giant_messages_are_cut_to_what_can_be_shown() {
    let reader = ruled(json!([{"state": "firing", "content": "(?s)(?P<title>.*)"}]));
    let read = alert(&reader, &said(&"𝔞e\u{301}".repeat(4_000)));
    assert_eq!(read.title.chars().count(), 200);
    assert!(read.key.len() <= 200);
    let many =
        vec![
            Embed { title: Some("[FIRING:1] x".to_owned()), description: Some("y".repeat(9_000)), ..Embed::default() };
            500
        ];
    assert_eq!(preset("auto").read(&Message { embeds: many, ..samples::empty() }), Reading::Unrecognised);
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[FIRING:2] ".to_owned()),
        Just("[RESOLVED] ".to_owned()),
        Just("Alerts Firing:\n".to_owned()),
        Just("Alerts Resolved:\n".to_owned()),
        Just("Labels:\n".to_owned()),
        Just("Annotations:\n".to_owned()),
        Just("Source: https://a.example\n".to_owned()),
        Just(" - alertname = X\n".to_owned()),
        Just(" - severity = high\n".to_owned()),
        Just("…".to_owned()),
        Just(" (a b)".to_owned()),
        any::<String>(),
        "\\PC{0,80}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

prop_compose! {
    fn any_embed()(
        texts in prop::collection::vec(prop::option::of(any_text()), 5),
        colour in prop_oneof![Just(None), Just(Some(10_038_562)), Just(Some(3_066_993)), any::<Option<u32>>()],
        fields in prop::collection::vec((any_text(), any_text()), 0..3),
    ) -> Embed {
        let [title, description, url, footer, author] = texts.try_into().unwrap();
        let fields = fields.into_iter().map(|(name, value)| Field { name, value }).collect();
        Embed { title, description, url, footer, author, colour, fields }
    }
}

proptest! {
    #[test]
    fn any_message_is_read_within_bounds(content in any_text(), embeds in prop::collection::vec(any_embed(), 0..3)) {
        let message = Message { content, embeds, ..samples::empty() };
        let everything = ruled(json!([{"state": "firing", "embed": {"title": "(?s)(?P<key>.*)"}}, {"state": "resolved", "content": ""}]));
        for reader in [preset("auto"), preset("alertmanager"), everything] {
            let Reading::Alert(alert) = reader.read(&message) else { continue };
            prop_assert!(!alert.key.is_empty() && alert.key.len() <= 200);
            prop_assert!(!alert.title.is_empty() && alert.title.chars().count() <= 200 && !alert.title.contains('\n'));
            prop_assert!(alert.description.chars().count() <= 1_500);
            prop_assert!(alert.all_resolved != alert.firing(), "a message says either that something fires or that all is over");
            let keys: std::collections::BTreeSet<_> = alert.instances.iter().map(|instance| &instance.key).collect();
            prop_assert_eq!(keys.len(), alert.instances.len());
            prop_assert!(!keys.is_empty());
        }
    }
}
