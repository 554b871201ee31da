//! Definitions, `/config …`: what is asked about set-up, in chat. What changes goes through [`apply`], whoever asks.

mod apply;
mod versions;

use super::App;
use super::desk::Done;
use super::fault::Stop;
use super::request::Request;

pub use apply::{Applied, Apply, NotApplied, Overtaken, Seen};
pub use versions::{Difference, Version};

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
    pub(super) async fn config(&self, _request: Request, ask: Ask) -> Result<Done, Stop> {
        match ask {}
    }
}
