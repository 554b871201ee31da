//! `/contact …` as a request.

use super::super::commands::Contact;
use super::super::typed::End;
pub(super) use crate::app::contact::Ask;
use crate::app::contact::Until;

pub(super) fn read(command: Contact) -> Ask {
    match command {
        Contact::Me {} => Ask::Me,
        Contact::Show { contact } => Ask::Show { contact },
        Contact::List {} => Ask::List,
        Contact::Verify {} => Ask::Verify,
        Contact::Test { contact } => Ask::Test { contact },
        Contact::Mute { channel, until } => Ask::Mute { channel, until: until.map(self::until) },
    }
}

fn until(end: End) -> Until {
    match end {
        End::For(span) => Until::For(span),
        End::Clock(time) => Until::Clock(time),
        End::Local(at) => Until::Local(at),
    }
}
