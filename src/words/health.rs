//! What keeps the bot from its job, in one line each, for whoever watches over it: a probe, an operator, an alarm.

use chrono::TimeDelta;

use super::span::lasting;
use crate::domain::health::Trouble;

/// One trouble as one line.
pub fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::LoopLost => "A part of Muster has failed: the process ends and must be started again.".to_owned(),
        Trouble::LoopStuck { which, lasting: time } => {
            format!("The loop `{which}` has stood still for {}: start Muster again.", lasting(*time))
        }
        Trouble::DatabaseSilent => "The database does not answer.".to_owned(),
        Trouble::DatabaseSlow { took } => {
            format!("The database is slow: it took {} ms to answer.", took.num_milliseconds())
        }
        Trouble::NeverConnected { lasting: time } => {
            format!("Not connected to Discord yet, {} after the start.", lasting(*time))
        }
        Trouble::GatewayAway { lasting: time } => {
            format!("The connection to Discord has been lost for {}.", lasting(*time))
        }
        Trouble::CatchingUp { servers: 1 } => "Reading what was said meanwhile: 1 server to go.".to_owned(),
        Trouble::CatchingUp { servers } => format!("Reading what was said meanwhile: {servers} servers to go."),
        Trouble::PageLate { lasting: time } => format!("A page has been waiting to go out for {}.", lasting(*time)),
        Trouble::Outage { lasting: time } => format!("Nothing has got through to Discord for {}.", lasting(*time)),
        Trouble::Cramped => "The disk is full: nothing new is taken in. Make room.".to_owned(),
        Trouble::Found { kind, count } => format!("The audit found {count} × {kind}: the log says what."),
    }
}

/// The text of the operator's alarm: Discord is out of reach.
pub fn alarm_down(gateway: bool, time: TimeDelta) -> String {
    let what = if gateway { "has no connection to Discord" } else { "gets nothing through to Discord" };
    format!("Muster {what} for {}: pages wait until it is back. See https://discordstatus.com.", lasting(time))
}

/// The text that ends it.
pub fn alarm_over(time: TimeDelta) -> String {
    format!("Muster reaches Discord again, after {}: what waited goes out now.", lasting(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_is_one_plain_line() {
        let time = TimeDelta::seconds(75);
        let all = [
            Trouble::LoopLost,
            Trouble::LoopStuck { which: "wake", lasting: time },
            Trouble::DatabaseSilent,
            Trouble::DatabaseSlow { took: TimeDelta::milliseconds(1_400) },
            Trouble::NeverConnected { lasting: time },
            Trouble::GatewayAway { lasting: time },
            Trouble::CatchingUp { servers: 1 },
            Trouble::CatchingUp { servers: 3 },
            Trouble::PageLate { lasting: time },
            Trouble::Outage { lasting: time },
            Trouble::Cramped,
            Trouble::Found { kind: "overdue", count: 2 },
        ];
        let said = [
            "A part of Muster has failed: the process ends and must be started again.",
            "The loop `wake` has stood still for 1 min: start Muster again.",
            "The database does not answer.",
            "The database is slow: it took 1400 ms to answer.",
            "Not connected to Discord yet, 1 min after the start.",
            "The connection to Discord has been lost for 1 min.",
            "Reading what was said meanwhile: 1 server to go.",
            "Reading what was said meanwhile: 3 servers to go.",
            "A page has been waiting to go out for 1 min.",
            "Nothing has got through to Discord for 1 min.",
            "The disk is full: nothing new is taken in. Make room.",
            "The audit found 2 × overdue: the log says what.",
        ];
        assert_eq!(all.map(|one| trouble(&one)), said);
    }

    #[test]
    fn an_alarm_says_what_and_how_long() {
        let time = TimeDelta::seconds(130);
        let said = [alarm_down(true, time), alarm_down(false, time), alarm_over(time)];
        let expected = [
            "Muster has no connection to Discord for 2 min: pages wait until it is back. See https://discordstatus.com.",
            "Muster gets nothing through to Discord for 2 min: pages wait until it is back. See https://discordstatus.com.",
            "Muster reaches Discord again, after 2 min: what waited goes out now.",
        ];
        assert_eq!(said, expected);
    }
}
