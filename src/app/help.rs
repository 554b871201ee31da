//! `/help`: what this person can do here.

use super::App;
use super::desk::Done;
use super::fault::Stop;
use super::request::Request;
use crate::domain::refusal::Refusal;

impl App {
    pub(super) async fn help(&self, _request: Request) -> Result<Done, Stop> {
        Err(Refusal::StaleButton.into())
    }
}
