//! The pinned card: one embed, edited in place. Embeds ping nobody, whatever they mention.

use serde_json::{Value, json};

use super::controls::{button, rows};
use super::{Drawn, Pings, SUPPRESS_NOTIFICATIONS, Scene, with_mentions};
use crate::app::press::{More, Pressed};
use crate::app::reply::{Choice, Control, Style};
use crate::app::show;
use crate::app::view::CardView;
use crate::discord::markdown::{draw, plain, width};
use crate::domain::impact::Impact;
use crate::domain::incident::Status;
use crate::words::{Piece, Text};

/// <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>; all bounds together stay below 6000.
const TITLE_MAX: usize = 256;
const DESCRIPTION_MAX: usize = 2_500;
const FIELD_MAX: usize = 900;
/// Longest line of a field, so that one long one does not push out the others.
const LINE_MAX: usize = 280;
/// Most links of a plan.
const LINKS_MAX: usize = 3;

pub fn draw_card(card: &CardView, scene: Scene) -> Drawn {
    let body = json!({
        "content": "",
        "embeds": [embed(card, scene)],
        "components": rows(&controls(card)),
        "flags": SUPPRESS_NOTIFICATIONS,
    });
    Drawn { body: with_mentions(body, &Pings::default()), pings: Pings::default() }
}

fn embed(card: &CardView, scene: Scene) -> Value {
    json!({
        "title": plain(&show::headline(card), TITLE_MAX),
        "description": draw(&description(card), scene, DESCRIPTION_MAX),
        "color": colour(card),
        "fields": fields(card, scene),
    })
}

fn colour(card: &CardView) -> u32 {
    if card.over_at.is_some() {
        return 0x8A_8F_98;
    }
    match card.impact {
        Impact::Critical => 0xD9_2D_20,
        Impact::High => 0xE8_71_0A,
        Impact::Medium => 0xE8_B0_0A,
        Impact::Low => 0x2F_80_ED,
        Impact::None => 0x6C_7A_89,
    }
}

fn description(card: &CardView) -> Text {
    let text = Text::new().said_strong(&card.title).line().join(show::standing(card));
    let text = if card.summary.trim().is_empty() { text } else { text.quote(show::summary(card)) };
    let links = links(card);
    if links.is_empty() {
        return text;
    }
    let text = text.line();
    links.into_iter().enumerate().fold(text, |text, (index, link)| {
        let text = if index > 0 { text.ours(" · ") } else { text };
        text.piece(link)
    })
}

fn links(card: &CardView) -> Vec<Piece> {
    let fired = card.fired.map(|(channel, message)| Piece::Jump { label: "What fired", channel, message });
    let plan = card.links.iter().filter(|(label, _)| !label.trim().is_empty()).take(LINKS_MAX);
    let plan = plan.map(|(label, url)| Piece::Link { label: label.clone(), url: url.clone() });
    fired.into_iter().chain(plan).collect()
}

fn fields(card: &CardView, scene: Scene) -> Vec<Value> {
    let lead = match card.lead {
        Some(lead) => Text::new().user(lead),
        None => Text::from("nobody yet"),
    };
    let plan = card.plan.iter().map(|plan| Text::new().said(plan)).collect();
    let next = show::next(card).into_iter().collect();
    let due = card.update_due.map(|at| Text::new().ago(at)).into_iter().collect();
    let engaged = card.engaged.iter().map(show::engaged).collect();
    let latest = card.latest.iter().map(|(at, told)| show::event(*at, told)).collect();
    let all: [(&str, Vec<Text>, bool); 6] = [
        ("Lead", vec![lead], true),
        ("Plan", plan, true),
        ("Next update", due, true),
        ("Engaged", engaged, false),
        ("Next", next, false),
        ("Latest", latest, false),
    ];
    let drawn = all.into_iter().map(|(name, lines, inline)| (name, stacked(&lines, scene), inline));
    // Discord refuses a field without a value.
    let filled = drawn.filter(|(_, value, _)| !value.trim().is_empty());
    filled.map(|(name, value, inline)| json!({ "name": name, "value": value, "inline": inline })).collect()
}

/// Lines one below the other; those that have no room are counted.
fn stacked(lines: &[Text], scene: Scene) -> String {
    let mut drawn = String::new();
    for (index, line) in lines.iter().enumerate() {
        let line = draw(line, scene, LINE_MAX);
        if width(&drawn) + width(&line) > FIELD_MAX {
            return format!("{drawn}\nand {} more", lines.len() - index);
        }
        if index > 0 {
            drawn.push('\n');
        }
        drawn.push_str(&line);
    }
    drawn
}

fn controls(card: &CardView) -> Vec<Control> {
    let incident = card.incident;
    if card.over_at.is_some() {
        return vec![button("Reopen", Style::Grey, Pressed::CardReopen { incident })];
    }
    let ack = card.unanswered.then(|| button("Acknowledge", Style::Primary, Pressed::CardAck { incident }));
    let rest = [
        button("Update", Style::Grey, Pressed::CardUpdate { incident }),
        button("Resolve", Style::Grey, Pressed::CardResolve { incident }),
        more(card),
    ];
    ack.into_iter().chain(rest).collect()
}

/// What there is no button for; never the impact that it has already.
fn more(card: &CardView) -> Control {
    let choice = |more: More, label: &str, description: &str| Choice {
        label: label.to_owned(),
        value: more.to_string(),
        description: Some(description.to_owned()),
        chosen: false,
    };
    let escalate = choice(More::Escalate, "Escalate now", "Asks first whom it wakes");
    let mitigate = choice(More::Mitigate, "Mitigated", "Customers are fine again; nobody is paged any more");
    let ends = [
        choice(More::FalseAlarm, "False alarm", "Ends it; asks for the reason"),
        choice(More::Duplicate, "Duplicate", "Ends it; asks which incident goes on"),
    ];
    let impact = |impact: Impact| Choice {
        label: format!("Impact: {} · {}", impact.number(), impact.word()),
        value: More::Impact(impact).to_string(),
        description: Some(impact.sentence().to_owned()),
        chosen: false,
    };
    let impacts = Impact::ALL.into_iter().filter(|other| *other != card.impact).map(impact);
    let escalate = Some(escalate).filter(|_| !card.engaged.is_empty());
    let mitigate = Some(mitigate).filter(|_| card.status != Status::Mitigated);
    Control::Select {
        placeholder: "More …".to_owned(),
        options: escalate.into_iter().chain(mitigate).chain(impacts).chain(ends).collect(),
        does: Pressed::CardMore { incident: card.incident },
    }
}
