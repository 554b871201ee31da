//! How single values are written in definitions: what each kind of them is called, looks like, and an example, for the
//! reference and for editors. Parses nothing: reading them is their own business.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::contact::{DAYS, Day, WeekdayTime};
use super::id::{ChannelId, RoleId, UserId, WebhookId};
use super::impact::Impact;
use super::name::{NAME_MAX, Name};
use super::reference::{Ref, Sigil};
use super::runbook::{ACTIONS, Onward, ValueType};
use super::span::{Lapse, Span, TimeOfDay};

/// What a variable that a definition names must begin with.
pub const SECRET_PREFIX: &str = "MUSTER_SECRET_";

/// A range of lengths of time, as it is shown: "10s to 7d".
pub fn between(least: Span, most: Span) -> String {
    format!("{least} to {most}")
}

/// The names of all actions of runbooks.
pub fn actions() -> Vec<&'static str> {
    ACTIONS.iter().map(|action| action.name).collect()
}

/// Texts that are more than text, and types that are written as one.
macro_rules! written {
    ($($(#[doc = $doc:literal])+ $type:ty: $word:literal, like $example:expr, pattern $pattern:expr;)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $word.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                text($word, concat!($($doc),+).trim(), &$example, $pattern)
            }
        }
    )*};
}

/// `x-word` and `x-meaning` say what people call such a value and how it is written; the pattern is for editors.
fn text(word: &str, meaning: &str, example: &str, pattern: Option<String>) -> Schema {
    let mut schema = json_schema!({ "type": "string", "x-word": word, "x-meaning": meaning, "examples": [example] });
    if let Some(pattern) = pattern {
        schema.insert("pattern".to_owned(), pattern.into());
    }
    schema
}

/// A time zone.
pub enum Zone {}
/// A wall clock.
pub enum WallClock {}
/// The name of a variable.
pub enum Variable {}
/// A text with look-ups in the alert.
pub enum TemplateText {}
/// A text with look-ups in the groups of a rule.
pub enum GroupTemplate {}
/// A regular expression.
pub enum Pattern {}
/// An address of the web.
pub enum WebAddress {}
/// An address of e-mail.
pub enum MailAddress {}

const SPAN: &str = "([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?";
const TIME: &str = "([01][0-9]|2[0-3]):[0-5][0-9]";

written! {
    /// `a-z`, `0-9`, `_` and `-`, 64 characters at most.
    Name: "name", like "payments-outage", pattern Some(format!("^[a-z0-9_-]{{1,{NAME_MAX}}}$"));
    /// Whole days, hours, minutes and seconds, larger units first: `90s`, `5m`, `1h30m`, `2d`. Ten years at most.
    Span: "duration", like "5m", pattern Some(format!("^{SPAN}$"));
    /// A duration, or the word for not at all: `never`, `off` or `forever`, which mean the same.
    Lapse: "duration or `never`", like "7d", pattern Some(format!("^({SPAN}|never|off|forever)$"));
    /// `"HH:MM"`, in quotes, 00:00 to 23:59.
    TimeOfDay: "time of day", like "09:00", pattern Some(format!("^{TIME}$"));
    /// `MON`, `TUE`, `WED`, `THU`, `FRI`, `SAT`, `SUN`.
    Day: "day of the week", like "MON", pattern Some(format!("^({})$", DAYS.map(|(word, _)| word).join("|")));
    /// A day and a time of it: `"MON 09:00"`.
    WeekdayTime: "day and time", like "MON 09:00",
        pattern Some(format!("^({}) {TIME}$", DAYS.map(|(word, _)| word).join("|")));
    /// An id of Discord in quotes, or `"#name"`.
    Ref<ChannelId>: "channel", like "#alerts", pattern Some(reference::<ChannelId>());
    /// An id of Discord in quotes, or `"@name"`.
    Ref<RoleId>: "role", like "@responders", pattern Some(reference::<RoleId>());
    /// An id of Discord in quotes, or `"@name"`.
    Ref<UserId>: "user", like "200000000000000001", pattern Some(reference::<UserId>());
    /// An id of Discord, in quotes.
    WebhookId: "webhook id", like "900000000000000301", pattern Some("^[0-9]{15,20}$".to_owned());
    /// A name of the IANA data base.
    Zone: "time zone", like "Europe/Dublin", pattern None;
    /// A local time, `YYYY-MM-DDTHH:MM`. One that clocks skip is the first instant after; of one that they repeat the earlier counts.
    WallClock: "local time", like "2026-01-05T09:00", pattern Some(format!("^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{TIME}$"));
    /// The name of a variable of the host that holds a secret: `MUSTER_SECRET_…`, of `A-Z`, `0-9` and `_`. Secrets themselves
    /// are never written in definitions.
    Variable: "variable", like "MUSTER_SECRET_ANA_PHONE", pattern Some(format!("^{SECRET_PREFIX}[A-Z0-9_]+$"));
    /// Text with look-ups: `{{ alert.X }}` with `title`, `description`, `severity`, `source`, `url` or `state`,
    /// `{{ alert.labels.X }}`, `{{ alert.annotations.X }}`. What is not there is empty.
    TemplateText: "template", like "Payments: {{ alert.title }}", pattern None;
    /// Text with look-ups of the rule's own groups: `{{ key }}`.
    GroupTemplate: "template over groups", like "Host {{ key }}", pattern None;
    /// A regular expression in the syntax of Rust, <https://docs.rs/regex/#syntax>; matches anywhere unless anchored.
    Pattern: "pattern", like "^OK (?P<key>[\\w.-]+)", pattern None;
    /// `https://…` or `http://…` in full, 2000 characters at most.
    WebAddress: "web address", like "https://grafana.example.org/d/x", pattern Some("^https?://[^/\\s]".to_owned());
    /// As in `ana@example.org`.
    MailAddress: "mail address", like "ana@example.org", pattern Some("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$".to_owned());
    /// `String`, `StringList`, `Integer`, `Boolean`, `StringMap`, `MapList`, or a type of AWS such as
    /// `AWS::EC2::Instance::Id` or `List<AWS::EC2::Instance::Id>`.
    ValueType: "type", like "String", pattern None;
    /// `Abort`, `Continue` or `step:NAME`.
    Onward: "way on", like "step:Clean_up", pattern Some("^(Abort|Continue|step:.+)$".to_owned());
}

/// An id, or a name with its sign.
fn reference<T: Sigil>() -> String {
    format!("^([0-9]{{15,20}}|{}.+)$", T::SIGIL)
}

impl JsonSchema for Impact {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "impact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let said = Impact::ALL.map(|impact| format!("{} {impact}: {}", impact.number(), impact.sentence()));
        let (first, last) = (Impact::Critical.number(), Impact::None.number());
        let meaning = format!("{}.", said.join(" · "));
        json_schema!({
            "type": "integer", "minimum": first, "maximum": last,
            "x-word": "impact", "x-meaning": meaning, "examples": [Impact::High.number()],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a value must not promise more or less than its reader takes.
    #[test]
    fn patterns_say_what_is_read() {
        fn check<T: JsonSchema + serde::de::DeserializeOwned>(good: &[&str], wrong: &[&str]) {
            let schema = T::json_schema(&mut SchemaGenerator::default());
            let pattern = schema.get("pattern").and_then(|pattern| pattern.as_str()).unwrap();
            let pattern = regex::Regex::new(pattern).unwrap();
            let example = schema.get("examples").unwrap()[0].as_str().unwrap().to_owned();
            for (text, reads) in
                good.iter().chain([&example.as_str()]).map(|t| (*t, true)).chain(wrong.iter().map(|t| (*t, false)))
            {
                assert_eq!(pattern.is_match(text), reads, "{}: {text}", T::schema_name());
                assert_eq!(serde_json::from_value::<T>(text.into()).is_ok(), reads, "{}: {text}", T::schema_name());
            }
        }
        check::<Name>(&["a", "db-1_x"], &["", "Ana", "a b"]);
        check::<Span>(&["90s", "1h30m", "2d", "0s"], &["5", "5x", "1m1h", "-5m"]);
        check::<Lapse>(&["never", "off", "forever", "5m"], &["none", "5"]);
        check::<TimeOfDay>(&["00:00", "23:59"], &["9:00", "24:00", "09:60"]);
        check::<Day>(&["SUN"], &["Sunday", "mon"]);
        check::<WeekdayTime>(&["SUN 23:59"], &["SUN", "SUN 9:00"]);
        check::<Ref<ChannelId>>(&["#a", "900000000000000001"], &["@a", "#", "12"]);
        check::<Ref<RoleId>>(&["@a", "900000000000000001"], &["#a", "@"]);
        check::<WebhookId>(&["900000000000000001"], &["@a", "12"]);
        check::<Onward>(&["Abort", "Continue", "step:A"], &["abort", "step:"]);
    }
}
