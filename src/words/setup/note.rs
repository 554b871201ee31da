//! What came of an answer on the guided path, and what to do about it.

use super::super::text::{Piece, Text};
use crate::domain::setup::Note;
use crate::domain::survey::Ability;
use crate::words::ability;

/// What came of an answer, where it is not plain from the next question.
pub fn setup_note(note: &Note) -> Text {
    let text = Text::from("❗ ");
    match note {
        Note::Bots(names) => match names.len() {
            1 => text.names(names).ours(" is a bot: bots cannot be paged."),
            _ => text.names(names).ours(" are bots: bots cannot be paged."),
        },
        Note::Known(names) => text.names(names).ours(" could be paged already: nothing of theirs was changed."),
        Note::Everyone => text.ours("@everyone is no role here. Choose one that people are given."),
        Note::TooMany(names) => text.ours("That is more than can take turns; left out: ").names(names).ours("."),
        Note::Alone => text.ours("One person cannot take turns. Choose two or more."),
        Note::ScheduleByHand(name) => text
            .ours("There is a schedule that was not made here: nothing was changed. ")
            .ours(format!("`/config edit schedule {name}` changes it.")),
        Note::PlanByHand(name) => text
            .ours("There is a default plan that was not made here: nothing was changed. ")
            .ours(format!("`/config edit response_plan {name}` changes it.")),
        Note::NoPlan => text.ours("A drill follows the default plan. Make one first."),
        Note::NoPeople => text.ours("A plan needs people. Choose somebody first."),
        Note::NoSuchPlan(name) => text.ours(format!("The plan `{name}` is gone. Choose another one.")),
        Note::NoSuchZone { said, like: Some(like) } => {
            text.ours("There is no time zone “").said(said).ours(format!("”. Did you mean `{}`?", like.name()))
        }
        Note::NoSuchZone { said, like: None } => text
            .ours("There is no time zone “")
            .said(said)
            .ours("”. Write one like `Europe/Dublin`, or the nearest big city."),
        Note::NothingChosen => text.ours("Nothing was chosen: nothing was changed."),
        Note::Muted(names) => text
            .names(names)
            .ours(" muted every way to be paged: no test page was sent. ")
            .ours("`/contact me` takes a mute back, and only they can."),
        Note::Silent(role) => text
            .ours("A mention of ")
            .piece(Piece::Role(*role))
            .ours(" would notify nobody: allow anyone to mention it in Server Settings → Roles, or give me ")
            .ours(format!("“{}”.", ability(Ability::MentionRoles))),
        Note::Lacking { channel, abilities } => {
            let missing: Vec<&str> = abilities.iter().map(|one| ability(*one)).collect();
            text.ours("In ").piece(Piece::Channel(*channel)).ours(format!(
                " I lack: {}. Allow it in the settings of that channel, under Permissions.",
                missing.join(", ")
            ))
        }
        Note::Wrong(why) => text.ours("That was refused, nothing was changed: ").said(why),
    }
}
