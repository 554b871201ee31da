//! What the auditor says where people see it: what did not happen, in which incident, and what to do.

use super::text::Text;
use crate::domain::effect::{Alarm, Trouble};

pub fn alarm(alarm: Alarm) -> Text {
    let whose = alarm.number.map_or_else(|| "A call or test page".to_owned(), |number| format!("INC-{number}"));
    let (what, rest) = match alarm.trouble {
        Trouble::Overdue => (" is overdue.", "Its next step has not happened in time. "),
        Trouble::Stuck => (" has a page that does not go out.", "Whoever it is for has not been reached by it. "),
        Trouble::Parked => (" has messages that wait for its channel too long.", "They should have gone another way. "),
        Trouble::Asleep => (" had lost its next step.", "It was put back, and paging goes on. "),
        Trouble::Lost => (" had lost a page.", "It goes out now, late. "),
    };
    let todo = match alarm.trouble {
        Trouble::Overdue | Trouble::Stuck | Trouble::Parked => {
            "Call people by hand where it matters, and have somebody look at Muster's host and log."
        }
        Trouble::Asleep | Trouble::Lost => "Check who has been paged, and have somebody look at Muster's log.",
    };
    Text::from("⚠ ").strong(whose).ours(what).ours(" ").ours(rest).ours(todo)
}
