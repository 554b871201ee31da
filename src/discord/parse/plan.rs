//! `/plan …` as a request.

use super::super::commands::Plan;
use crate::app::plan::Ask;

pub(super) fn read(command: Plan) -> Ask {
    match command {}
}
