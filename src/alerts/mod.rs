//! A source's message → what it says ([`Reading`]): the source's own rules first, then what is known of the senders. Pure; decides nothing
//! about incidents, trusts no name, never fails on a message.
//!
//! One more sender is one file and one line in [`SENDERS`].

mod alertmanager;
mod limits;
mod rules;

use std::fmt;

use serde::Serialize;

use crate::domain::alert::{Message, Reading};
use crate::domain::source::{AlertSource, Preset};

pub use rules::RuleError;

/// Every sender that is read, the ones with the surest marks first.
const SENDERS: &[Sender] =
    &[Sender { preset: Preset::Alertmanager, recognises: alertmanager::recognises, read: alertmanager::read }];

/// What is known of one sender's messages. Both see a bounded message ([`limits::bound`]).
struct Sender {
    preset: Preset,
    /// By structure, sure enough to tell it from every other sender: asked where the source does not say who sends.
    recognises: fn(&Message) -> bool,
    /// None: not a message of this sender.
    read: fn(&Message) -> Option<Reading>,
}

/// Reads the messages of one source. Made once a source: patterns and templates are compiled here.
pub struct Reader {
    rules: Vec<rules::Rule>,
    senders: Senders,
}

/// Who is asked after the rules.
enum Senders {
    Nobody,
    WhoeverRecognises,
    Only(&'static Sender),
}

/// Why a source cannot be read. Until it is mended all its messages are [`Reading::Unrecognised`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReaderError {
    #[error("preset {} is not read yet; until it is, `rules` can read its messages", Word(*.0))]
    NotReadYet(Preset),
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl Reader {
    /// Errors: a preset without a reader, a rule that cannot be compiled.
    pub fn new(source: &AlertSource) -> Result<Reader, ReaderError> {
        let senders = match source.preset() {
            Preset::Rules => Senders::Nobody,
            Preset::Auto => Senders::WhoeverRecognises,
            preset => Senders::Only(sender(preset).ok_or(ReaderError::NotReadYet(preset))?),
        };
        Ok(Reader { rules: rules::compile(&source.rules)?, senders })
    }

    /// What the message says. Takes any message, edited ones too; time is bounded by the text limits and the rules' sizes.
    pub fn read(&self, message: &Message) -> Reading {
        let message = limits::bound(message);
        let by_rule = self.rules.iter().find_map(|rule| rule.read(&message));
        by_rule.or_else(|| self.senders.read(&message)).unwrap_or(Reading::Unrecognised)
    }
}

impl Senders {
    fn read(&self, message: &Message) -> Option<Reading> {
        match self {
            Senders::Nobody => None,
            Senders::WhoeverRecognises => {
                SENDERS.iter().filter(|sender| (sender.recognises)(message)).find_map(|sender| (sender.read)(message))
            }
            Senders::Only(sender) => (sender.read)(message),
        }
    }
}

fn sender(preset: Preset) -> Option<&'static Sender> {
    SENDERS.iter().find(|sender| sender.preset == preset)
}

/// A preset as it is written in definitions.
struct Word(Preset);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}
