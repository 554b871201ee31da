//! `/config …` as a request.

use super::super::commands::Config;
use crate::app::definition::Ask;

pub(super) fn read(command: Config) -> Ask {
    match command {}
}
