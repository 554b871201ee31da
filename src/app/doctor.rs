//! `/doctor`: what would keep a page from its person.

use super::App;
use super::desk::Done;
use super::fault::Stop;
use super::request::Request;
use crate::domain::refusal::Refusal;

impl App {
    pub(super) async fn doctor(&self, _request: Request) -> Result<Done, Stop> {
        Err(Refusal::StaleButton.into())
    }
}
