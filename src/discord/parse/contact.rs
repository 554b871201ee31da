//! `/contact …` as a request.

use super::super::commands::Contact;
use crate::app::contact::Ask;

pub(super) fn read(command: Contact) -> Ask {
    match command {}
}
