//! Contacts: `/contact …`.

use super::App;
use super::desk::Done;
use super::fault::Stop;
use super::request::Request;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {}

impl Ask {
    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        match *self {}
    }
}

impl App {
    pub(super) async fn contact(&self, _request: Request, ask: Ask) -> Result<Done, Stop> {
        match ask {}
    }
}
