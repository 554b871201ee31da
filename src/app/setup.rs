//! `/setup`: the guided path from nothing to the first acknowledged test page.

use super::App;
use super::desk::Done;
use super::fault::Stop;
use super::request::Request;
use crate::domain::refusal::Refusal;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Begin,
}

impl Ask {
    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        match self {
            Ask::Begin => false,
        }
    }
}

impl App {
    pub(super) async fn setup(&self, _request: Request, ask: Ask) -> Result<Done, Stop> {
        match ask {
            Ask::Begin => Err(Refusal::StaleButton.into()),
        }
    }
}
