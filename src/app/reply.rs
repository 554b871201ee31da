//! Replies: a courtesy to the person who asked. Private, may be lost; what must happen is in the outbox.

use super::press::Pressed;
use crate::domain::id::{ChannelId, RoleId};
use crate::domain::impact::Impact;
pub use crate::domain::setup::Chosen;
use crate::words::Text;

/// What the person who asked sees.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A private message.
    Say(Say),
    /// A private message in place of the one that was pressed on; a new one where nothing was.
    Replace(Say),
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
    Button {
        label: String,
        style: Style,
        does: Pressed,
    },
    Select {
        placeholder: String,
        options: Vec<Choice>,
        does: Pressed,
    },
    /// A select of what the guild has; Discord fills it. At least one is chosen, at most `max` (1 to 25).
    Pick {
        what: Pick,
        max: u8,
        placeholder: String,
        /// What is chosen already, as ids; more than `max` is as if nothing were.
        chosen: Vec<u64>,
        does: Pressed,
    },
}

/// What of the guild's a [`Control::Pick`] offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    People,
    Roles,
    /// Channels that people write in.
    Channels,
    Categories,
}

/// What was chosen in a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// Of options of ours, their values; of a button, none.
    Values(Vec<String>),
    People(Vec<Chosen>),
    Roles(Vec<RoleId>),
    Channels(Vec<ChannelId>),
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

impl Picked {
    /// The first value of a select of ours.
    pub fn first(&self) -> Option<&str> {
        match self {
            Picked::Values(values) => values.first().map(String::as_str),
            _ => None,
        }
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
