//! What is said below a message of an alert source.

use super::text::Text;
use crate::domain::effect::SourceNote;
use crate::domain::impact::Impact;

/// Most alerts that are listed by title.
const TITLES_MAX: usize = 10;

pub fn source_note(note: &SourceNote) -> Text {
    match note {
        SourceNote::Test { title, severity, impact, plan, pages } => {
            let read = test_read(title, severity.as_deref());
            read.line().join(test_would(*impact, plan, pages))
        }
        SourceNote::Unrecognised => Text::from(
            "This does not read as an alert, so nothing was opened. Check the preset or the rules of this alert source.",
        ),
        SourceNote::Blank => Text::from(
            "This message arrives here without text and embeds. Turn on Message Content Intent for this bot in Discord's \
             developer portal, then restart Muster: until then no alert is read.",
        ),
        SourceNote::MissedAndOver { titles } => missed_and_over(titles),
    }
}

fn test_read(title: &str, severity: Option<&str>) -> Text {
    let text = Text::from("A test: nothing was opened. It reads as ").said_strong(title);
    match severity {
        Some(severity) => text.ours(", severity ").said(severity).ours("."),
        None => text.ours(", without a severity."),
    }
}

fn test_would(impact: u8, plan: &str, pages: &[String]) -> Text {
    let word = Impact::try_from(impact).map(|impact| format!(" ({impact})")).unwrap_or_default();
    let text = Text::from(format!("A real one would open an incident of impact {impact}{word} with ")).said(plan);
    match pages {
        [] => text.ours(" and page nobody."),
        names => text.ours(" and page ").names(names).ours(" now."),
    }
}

fn missed_and_over(titles: &[String]) -> Text {
    let intro = match titles.len() {
        1 => "While Muster was away, one alert fired and recovered. Nobody was paged for it:".to_owned(),
        count => format!("While Muster was away, {count} alerts fired and recovered. Nobody was paged for them:"),
    };
    let shown = titles.iter().take(TITLES_MAX);
    let text = shown.fold(Text::from(intro), |text, title| text.line().ours("• ").said(title));
    match titles.len().saturating_sub(TITLES_MAX) {
        0 => text,
        left => text.line().ours(format!("and {left} more")),
    }
}
