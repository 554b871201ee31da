//! `/plan …` as a request.

use super::super::commands::Plan;
use super::super::typed::Ahead;
use crate::app::plan::{Ask, At};

pub(super) fn read(command: Plan) -> Ask {
    match command {
        Plan::List {} => Ask::List,
        Plan::Show { plan } => Ask::Show { plan },
        Plan::Preview { plan, at } => Ask::Preview { plan, at: at.map_or(At::Now, self::at) },
    }
}

pub(super) fn at(at: Ahead) -> At {
    match at {
        Ahead::Now => At::Now,
        Ahead::In(span) => At::In(span),
        Ahead::Clock(time) => At::Clock(time),
        Ahead::Local(local) => At::Local(local),
    }
}
