//! Messages → readings: the samples of real senders, a team's rules, hostile text. Never touches incidents.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod alertmanager;
mod hostile;
mod rules;
#[path = "../support/samples.rs"]
mod samples;

use muster::alerts::Reader;
use muster::domain::alert::{Alert, Embed, Message, Reading};
use muster::domain::source::AlertSource;
use serde_json::{Value, json};

fn source(spec: Value) -> AlertSource {
    let mut whole = json!({"response_plan": "plan"});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

fn preset(name: &str) -> Reader {
    Reader::new(&source(json!({"preset": name}))).unwrap()
}

fn ruled(rules: Value) -> Reader {
    Reader::new(&source(json!({"rules": rules}))).unwrap()
}

fn said(content: &str) -> Message {
    Message { content: content.to_owned(), ..samples::empty() }
}

fn embedded(embed: Embed) -> Message {
    Message { embeds: vec![embed], ..samples::empty() }
}

fn titled(title: &str, description: &str) -> Message {
    embedded(Embed { title: Some(title.to_owned()), description: Some(description.to_owned()), ..Embed::default() })
}

#[track_caller]
fn alert(reader: &Reader, message: &Message) -> Alert {
    match reader.read(message) {
        Reading::Alert(alert) => alert,
        other => panic!("read as {other:?}"),
    }
}
