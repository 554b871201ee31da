//! What the guided path asks at each step: the question, what an answer makes, what happens without one.

use super::super::text::{Piece, Text};
use super::super::timeline::unreached;
use super::{ask, contact_title, fallback, plan_title, setup_day, setup_local};
use crate::domain::contact::Way;
use crate::domain::definition::Set;
use crate::domain::escalation::{Stage, Who};
use crate::domain::name::Name;
use crate::domain::settings::Settings;
use crate::domain::setup::{Drill, Handover, Known, News, Reached, Step, propose, takers, turns};
use crate::domain::timeline::Unreached;
use crate::words::{ability, invite_link, lasting};

/// Most people whose test is told one by one.
const TOLD_MAX: usize = 10;

/// What somebody does about closed direct messages.
const OPEN_DMS: &str =
    ". They allow them under the server's name → Privacy Settings; until then only the mention is left";

/// The question of a step: what is asked, what an answer makes, what happens without one.
pub fn setup_question(step: Step, known: &Known<'_>, at: Handover) -> Text {
    match step {
        Step::Permissions => permissions(known),
        Step::Responders => ask("Who responds to incidents?").ours(
            "Choose the roles whose members may open, take and resolve incidents. They also see the channels of incidents. \
             Without a role, whoever can be paged may.",
        ),
        Step::Managers => ask("Who leads?").ours(
            "Choose the roles of team leads. They may do everything a responder may, and use `/doctor` to look for what could fail.",
        ),
        Step::Fallback => fallback_question(known),
        Step::Category => ask("Where shall the channels of incidents be made?").ours(
            "Every incident gets a channel of its own. I can make a category for them, named Incidents, when the first one \
             opens. Or choose one that is there.",
        ),
        Step::Archive => ask("Where do the channels of old incidents go?").ours(
            "This version leaves them where they are; a later one puts them away, a week after the incident is over. I can make a \
             category for that then, named Incident archive. Or choose one that is there.",
        ),
        Step::Announce => ask("Who else should hear of incidents?").ours(
            "I can say it quietly in up to three channels when an incident opens, changes and ends: no ping, one line.",
        ),
        Step::Zone => zone(known),
        Step::People => people_question(known),
        Step::Tests => tests(known),
        Step::Turns => turns_question(known, at),
        Step::Plan => plan(known),
        Step::Drill => drill(known),
    }
}

fn permissions(known: &Known<'_>) -> Text {
    let Some(survey) = known.survey else {
        return ask("Discord did not answer.").ours(
            "I could not see what I may do in this server. Look again; or go on, and `/doctor` will tell later.",
        );
    };
    let lacking = known.lacking().unwrap_or_default();
    if lacking.is_empty() {
        return ask("I may do everything I need here.")
            .ours("Single channels can still say otherwise: `/doctor` looks at them.");
    }
    let missing: Vec<&str> = lacking.iter().map(|one| ability(*one)).collect();
    let url = invite_link(survey.me.0);
    ask("I may not do everything I need here.")
        .ours(format!("Missing: {}.", missing.join(", ")))
        .line()
        .ours("Turn them on in Server Settings → Roles → my role, or ")
        .piece(Piece::Link { label: "invite me once more".to_owned(), url })
        .ours(": that adds what is missing and loses nothing. Then look again.")
}

fn fallback_question(known: &Known<'_>) -> Text {
    let settings = known.set.settings();
    ask("Who is called when nobody answers?")
        .ours(format!(
            "One role. When everybody who was paged stays silent it is mentioned, and again every {}, until somebody takes \
             the incident. Without one it is ",
            lasting(settings.fallback_every.delta())
        ))
        .join(fallback(&Settings { fallback: None, ..settings.clone() }, known.set))
        .ours(".")
}

fn zone(known: &Known<'_>) -> Text {
    let zone = known.set.settings().time_zone;
    ask("Which time zone does the team live in?")
        .ours(format!("Times that people type are read in it, and hand-offs follow its clocks. Now: {}, ", zone.name()))
        .ours(setup_local(zone, known))
        .ours(".")
}

fn people_question(known: &Known<'_>) -> Text {
    let text = match known.set.contacts().count() {
        0 => ask("Who can be paged?")
            .ours("Choose one person or several: yourself first, and whoever shares the nights. "),
        _ => ask("Who else can be paged?").ours("Choose whom to add; nobody is taken away. "),
    };
    text.ours(
        "Each is paged by a mention in the incident's channel and by direct message at once, again every 2 minutes until they \
         answer. They get a test page right away.",
    )
}

fn tests(known: &Known<'_>) -> Text {
    let all: Vec<(&Name, _)> = known.set.contacts().collect();
    let left = known.untested().count();
    let text = match left {
        0 => Text::new().strong("Everybody was reached."),
        _ => ask("Has the test page arrived?")
            .ours("It is a direct message: press its button. Nothing is wrong, it only proves the way."),
    };
    let text = all.iter().take(TOLD_MAX).fold(text, |text, (name, contact)| {
        let text = text.line();
        match known.tests.get(*name) {
            Some(Reached::Answered) => text.ours("✅ ").said(&contact.display_name).ours(" answered"),
            Some(Reached::Waiting) => text.ours("⏳ ").said(&contact.display_name).ours(" has not answered yet"),
            Some(Reached::Unanswered) => text.ours("▫️ ").said(&contact.display_name).ours(" did not answer in time"),
            Some(Reached::Failed(why)) => {
                let text =
                    text.ours("⚠️ ").said(&contact.display_name).ours(" was not reached: ").ours(unreached(*why));
                text.ours(if *why == Unreached::DmsClosed { OPEN_DMS } else { "" })
            }
            None if contact.channels.iter().any(|channel| channel.way == Way::Dm) => {
                text.ours("▫️ ").said(&contact.display_name).ours(" was never tested")
            }
            None => text.ours("▫️ ").said(&contact.display_name).ours(" was never tested, and has no direct message"),
        }
    });
    match all.len().saturating_sub(TOLD_MAX) {
        0 => text,
        more => text.line().ours(format!("and {more} more: `/contact list` shows them")),
    }
}

fn turns_question(known: &Known<'_>, at: Handover) -> Text {
    if let (None, Some((name, schedule))) = (turns(known.set), known.set.schedules().next()) {
        let title = schedule.display_name.clone().unwrap_or_else(|| name.to_string());
        return ask("On call is set up already.")
            .said(title)
            .ours(" was not made here, so I leave it as it is. To change it: ")
            .ours(format!("`/config edit schedule {name}`."));
    }
    let names: Vec<String> = takers(known.set).iter().map(|name| contact_title(known.set, name)).collect();
    if names.len() < 2 {
        return ask("Nobody takes turns yet.")
            .ours("With one person there is nothing to share: they are always paged. Come back when there are two.");
    }
    let zone = known.set.settings().time_zone;
    let begins = names.first().cloned().unwrap_or_default();
    ask("Who is on call, and when is the hand-off?")
        .names(&names)
        .ours(format!(
            ": a week each, in this order, hand-off on {} at {:02}:00 ({}). It begins now, with ",
            setup_day(at.day),
            at.hour,
            zone.name()
        ))
        .said(begins)
        .ours(".")
}

fn plan(known: &Known<'_>) -> Text {
    let set = known.set;
    let default = set.settings().default_plan.map(|name| plan_title(set, &name)).unwrap_or_default();
    let Some(proposal) = propose(set) else {
        return ask("Nobody can be paged yet.").ours("A plan needs people: choose somebody first, under Change.");
    };
    let head = match proposal.news {
        News::ByHand => {
            return ask("There is a default plan.")
                .said(default)
                .ours(" was not made here, so I leave it as it is. `/plan preview` shows whom it pages, and when.");
        }
        News::New => ask("What happens when something breaks?").ours("This plan, unless an alert says otherwise:"),
        News::Grown { .. } => {
            ask("Bring the plan up to date?").ours("People or turns have come since it was made. It would be:")
        }
        News::Same => ask("What happens when something breaks?").said(default).ours(", the default plan:"),
    };
    let stages = proposal.plan.stages.iter().enumerate();
    let text = stages.fold(head, |text, (index, stage)| text.line().join(told_stage(index, stage, known)));
    let text = match proposal.plan.repeat {
        0 => text,
        _ => text.line().ours("· then all of it once more"),
    };
    let settings = set.settings();
    text.line()
        .ours("· then ")
        .join(fallback(&settings, set))
        .ours(format!(" is called every {}, until somebody takes it", lasting(settings.fallback_every.delta())))
}

fn told_stage(index: usize, stage: &Stage, known: &Known<'_>) -> Text {
    let names: Vec<String> = stage.targets.iter().map(|target| who_title(&target.who, known.set)).collect();
    let on_call = stage.targets.iter().any(|target| matches!(target.who, Who::Schedule(_)));
    let begin = if index == 0 { "· at once " } else { "· then " };
    let who = match (on_call, names.len()) {
        (true, _) => match known.on_call.as_slice() {
            [] => Text::from("whoever is on call"),
            now => Text::from("whoever is on call (now ").names(now).ours(")"),
        },
        (false, 1) => Text::new().names(&names),
        (false, _) => Text::from("everyone: ").names(&names),
    };
    Text::from(begin).join(who).ours(format!(", for {}", lasting(stage.duration.delta())))
}

fn who_title(who: &Who, set: &Set) -> String {
    match who {
        Who::Contact(name) => contact_title(set, name),
        Who::Schedule(name) => {
            let shown = set.schedule(name).and_then(|schedule| schedule.display_name.clone());
            shown.unwrap_or_else(|| name.to_string())
        }
    }
}

fn drill(known: &Known<'_>) -> Text {
    match known.drill {
        None | Some(Drill { over: true, acknowledged: true, .. }) => {
            let text =
                ask("Try it: a drill.").ours("I open an incident that is marked DRILL everywhere, and really page ");
            let text = match known.on_call.as_slice() {
                [] => text.ours("by the plan"),
                names => text.names(names),
            };
            let text = text.ours(". Press ").strong("Acknowledge").ours(" on the page, then ").strong("Resolve");
            text.ours(" on the card. It counts in no number.")
        }
        Some(drill @ Drill { over: true, .. }) => ask("Nobody answered the drill.")
            .ours(format!("INC-{} is over, and no page of it was acknowledged. Try once more?", drill.number)),
        Some(drill) if drill.acknowledged => {
            let text = ask("The page was answered.").join(in_room(drill)).ours(": press ").strong("Resolve");
            text.ours(" on the card there, then look again.")
        }
        Some(drill) => {
            let text = ask("The drill runs.").join(in_room(drill)).ours(": press ").strong("Acknowledge");
            text.ours(" on the page, there or in the direct message. Then look again.")
        }
    }
}

fn in_room(drill: Drill) -> Text {
    let text = Text::from(format!("INC-{}", drill.number));
    match drill.room {
        Some(room) => text.ours(" is open in ").piece(Piece::Channel(room)),
        None => text.ours(" is open, its channel is being made"),
    }
}
