//! Replies: a courtesy to the person who asked. Private, may be lost; what must happen is in the outbox.

use super::press::Pressed;
use crate::domain::impact::Impact;
use crate::words::Text;

/// What the person who asked sees.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A private message.
    Say(Say),
    /// The same, with a file.
    File(Say, File),
    /// A form, where people would rather type into one.
    Form(Form),
    /// Nothing (a reaction; a duplicate).
    Nothing,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Say {
    pub text: Text,
    pub controls: Vec<Control>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    Button { label: String, style: Style, does: Pressed },
    Select { placeholder: String, options: Vec<Choice>, does: Pressed },
}

/// A text to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The one thing to press.
    Primary,
    Grey,
    Danger,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub label: String,
    pub value: String,
    pub description: Option<String>,
    pub chosen: bool,
}

/// A form of text inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    pub title: String,
    pub does: Pressed,
    pub inputs: Vec<FormInput>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormInput {
    pub id: &'static str,
    pub label: String,
    pub value: String,
    pub long: bool,
    pub required: bool,
    /// In characters.
    pub max: usize,
    pub placeholder: String,
}

impl Reply {
    pub fn say(text: impl Into<Text>) -> Reply {
        Reply::Say(Say { text: text.into(), controls: Vec::new() })
    }
}

impl From<Text> for Say {
    fn from(text: Text) -> Say {
        Say { text, controls: Vec::new() }
    }
}

impl Control {
    /// The five impacts, each with its sentence.
    pub fn impacts(does: Pressed, current: Impact) -> Control {
        let choice = |impact: Impact| Choice {
            label: format!("{} · {}", impact.number(), impact.word()),
            value: impact.number().to_string(),
            description: Some(impact.sentence().to_owned()),
            chosen: impact == current,
        };
        Control::Select {
            placeholder: "Impact".to_owned(),
            options: Impact::ALL.into_iter().map(choice).collect(),
            does,
        }
    }
}
